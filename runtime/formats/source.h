/* SPDX-License-Identifier: MIT */
/* Files of weights and nets, whatever their format: named tensors, texts about them, and layers where the format has
 * them. A file is mapped; its format says where the tensors lie in it, and all else is done here. */
#ifndef ALEXCL_SOURCE_H
#define ALEXCL_SOURCE_H
#include "memory.h"
#include "status.h"

enum source_type { SOURCE_F32, SOURCE_F16, SOURCE_BF16, SOURCE_F64, SOURCE_OTHER };

struct source_tensor {
    const char *name;
    enum source_type type;
    const char *type_name; /* as the format writes it: "F32", "I64" ... */
    int dims;
    uint64_t shape[4];         /* its first four axes */
    int strided;               /* the values do not stand in C order, but each axis `stride` values apart */
    uint64_t stride[4];        /* where strided; then there are at most four axes, or the type is OTHER */
    const unsigned char *data; /* little-endian, of any alignment */
    uint64_t begin;            /* from the start of the data, where the format has one */
    uint64_t bytes;            /* of its values */
};
struct source_pair {
    const char *key, *value;
};

struct source_mapping {
    void *bytes;
    size_t length;
};

struct source {
    struct source_tensor *tensors; /* in the order of their data, or of the format's list */
    struct source_pair *pairs;     /* the file's metadata */
    size_t tensor_count, pair_count;
    const char *kind;  /* what the file is, "torch-zip"; NULL: the format's name */
    int in_order;      /* tensors stand in the order of the layers, and can be told by it where names do not help */
    int channels_last; /* maps were flattened as H,W,C: so stand the columns of a fully connected layer behind maps */
    /* The net that the file describes, whose tensors have this model's names ("conv1.weight"); part of `own`; NULL: it
     * describes none. */
    const struct alexcl_model *model;
    const char *no_model;      /* why a file that describes a net has none here; NULL */
    struct string_buffer told; /* of the net, a line each: what is assumed, what is left out */
    struct string_buffer done; /* what was translated, a line each: "kernels from H,W,I,O to O,I,H,W" */
    void *own;                 /* the format's: names and values stand in it */
    const struct source_format *format;
    void *mapping; /* NULL: the bytes are the caller's */
    size_t mapping_length;
    struct source_mapping *beside; /* of further files that the format has mapped, by memory_alloc */
    size_t beside_count;
};

/* A format. */
struct source_format {
    const char *name;
    /* Whether a file that begins so is of this format; NULL: it is, where it is of no other. */
    int (*probe)(const unsigned char *bytes, size_t length);
    /* Fills tensors, pairs, both by memory_alloc, own, and what else it knows. Every number in the file is checked
     * before it is used. What is not of the format after all is ALEXCL_E_DATA, as what is damaged is. */
    int (*parse)(const unsigned char *bytes, size_t length, const char *path, struct source *out,
                 struct alexcl_error *err);
    void (*release)(void *own);
};
/* The formats that there are, in the order in which they are tried; the last takes what is of no other. A new one is a
 * line here, and <format>.c with its row. */
#define SOURCE_FORMATS(ROW)                                                                                            \
    ROW(torch_format)                                                                                                  \
    ROW(keras_format)                                                                                                  \
    ROW(keras_h5_format)                                                                                               \
    ROW(onnx_format)                                                                                                   \
    ROW(caffemodel_format)                                                                                             \
    ROW(prototxt_format)                                                                                               \
    ROW(safetensors_format)
#define SOURCE_DECLARE(format) extern const struct source_format format;
SOURCE_FORMATS(SOURCE_DECLARE)

/* Maps a file read-only and has its format read it. It must not be shortened while it is open. */
int source_open(const char *path, struct source **out, struct alexcl_error *err);
/* The same on `length` bytes in memory, which must outlive the object; `path` is for messages. */
int source_parse(const unsigned char *bytes, size_t length, const char *path, struct source **out,
                 struct alexcl_error *err);
void source_free(struct source *s);
/* The kind of a file that is not read, by its first bytes; "unknown". */
const char *source_kind(const char *path);

const struct source_tensor *source_find(const struct source *s, const char *name); /* or NULL */
/* Warns of each line of s->told, which is for whoever runs the net. */
void source_tell(const struct source *s, const char *path);
/* For formats that do not say it themselves: ALEXCL_E_DATA where two tensors have one name. */
int source_check_names(const struct source *s, const char *path, struct alexcl_error *err);
/* Bytes of a value; 0 for OTHER. */
unsigned source_width(enum source_type type);
/* Values first .. first+count-1 in C order of a tensor of any type but OTHER, as float32. */
void source_read(const struct source_tensor *t, uint64_t first, size_t count, float *out);
/* Where these values stand as float32 in memory, or NULL where they have another type, order or
 * alignment. */
const float *source_in_place(const struct source_tensor *t, uint64_t first);
/* Bytes of a tensor in the file are not read again soon: their pages need not stay in memory. */
void source_let_go(const struct source *s, const void *from, size_t bytes);

/* A text from a file made fit for a message: control characters become '?', what is too long is cut. Returns `out`. */
enum { SOURCE_SHOWN = 160 };
const char *source_show(const char *text, char out[SOURCE_SHOWN]);
/* A net's name from a file made fit for a model's: blanks and what is not ASCII become '_'. */
void source_make_plain(char *name);
/* "4096x9216", "scalar". */
const char *source_show_shape(int dims, const uint64_t shape[4], char out[SOURCE_SHOWN]);
#endif
