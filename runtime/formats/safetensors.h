/* SPDX-License-Identifier: MIT */
/* The safetensors format (github huggingface/safetensors, README "Format"): 8 bytes of header length, little-endian; a
 * JSON object of name -> {dtype, shape, data_offsets} and string -> string under "__metadata__"; then the tensors'
 * bytes, C order, little-endian, without holes. Every number of the header is checked before it is used. */
#ifndef ALEXCL_SAFETENSORS_H
#define ALEXCL_SAFETENSORS_H
#include "status.h"

enum safetensors_type { SAFETENSORS_F32, SAFETENSORS_F16, SAFETENSORS_BF16, SAFETENSORS_OTHER };

struct safetensors_tensor {
    const char *name;
    enum safetensors_type type;
    const char *type_name; /* as the format writes it: "F32", "I64" ... */
    int dims;
    uint64_t shape[4];         /* its first four axes */
    const unsigned char *data; /* of any alignment */
    uint64_t begin, bytes;     /* from the start of the data */
};

struct safetensors;
/* Maps a file read-only and checks its header. It must not be shortened while it is open. */
int safetensors_open(const char *path, struct safetensors **out, struct alexcl_error *err);
/* The same on `length` bytes in memory, which must outlive the object; `path` is for messages. */
int safetensors_parse(const unsigned char *bytes, size_t length, const char *path, struct safetensors **out,
                      struct alexcl_error *err);
void safetensors_free(struct safetensors *s);

/* Tensors in the order of their data. */
size_t safetensors_count(const struct safetensors *s);
const struct safetensors_tensor *safetensors_get(const struct safetensors *s, size_t index);
const struct safetensors_tensor *safetensors_find(const struct safetensors *s, const char *name); /* or NULL */
/* The i-th pair of the metadata, or 0 past the end. */
int safetensors_metadata(const struct safetensors *s, size_t index, const char **key, const char **value);

/* Values first .. first+count-1 of a tensor of type F32, F16 or BF16, as float32. */
void safetensors_read(const struct safetensors_tensor *t, uint64_t first, size_t count, float *out);
/* Where these values stand as float32 in memory, or NULL where they have another type or alignment. */
const float *safetensors_in_place(const struct safetensors_tensor *t, uint64_t first);
/* Values of safetensors_in_place are not read again soon: their pages need not stay in memory. */
void safetensors_let_go(const struct safetensors *s, const float *values, size_t count);

/* A text from a file made fit for a message: control characters become '?', what is too long is cut. Returns `out`. */
enum { SAFETENSORS_SHOWN = 160 };
const char *safetensors_show(const char *text, char out[SAFETENSORS_SHOWN]);
/* "4096x9216", "scalar". */
const char *safetensors_show_shape(int dims, const uint64_t shape[4], char out[SAFETENSORS_SHOWN]);

/* What a new file holds: float32 tensors. */
struct safetensors_entry {
    const char *name;
    int dims, shape[4];
};
struct safetensors_pair {
    const char *key, *value;
};
struct safetensors_content {
    const struct safetensors_pair *metadata;
    size_t metadata_count;
    const struct safetensors_entry *entries; /* at least one axis each */
    size_t entry_count;
    /* Asked for the rows of each tensor in turn, in order; *values stay valid until rows_done. */
    int (*rows)(void *user, size_t entry, int first, int count, const float **values, struct alexcl_error *err);
    void (*rows_done)(void *user); /* the values of the last call are written */
    void *user;
};
/* Writes a file tensor by tensor, never held whole; it takes its name when complete. */
int safetensors_write(const char *path, const struct safetensors_content *content, struct alexcl_error *err);
#endif
