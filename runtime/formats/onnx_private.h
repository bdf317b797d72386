/* SPDX-License-Identifier: MIT */
/* What the files onnx*.c share: a file while it is read, and what its tensors and its net stand in afterwards. */
#ifndef ALEXCL_ONNX_PRIVATE_H
#define ALEXCL_ONNX_PRIVATE_H
#include <onnx.pb-c.h>

#include "arena.h"
#include "memory.h"
#include "source.h"
#include "wire.h"

enum {
    ONNX_MOST_NODES = 1 << 16,
    ONNX_MOST_SIDE = 1 << 24, /* of a shape, an attribute: further bounds are the layers' own */
    ONNX_MOST_AXES = 4,
    ONNX_MOST_FOLDED = 1 << 26, /* values that are computed here, of all tensors together */
    ONNX_NEWEST_IR = 14,
    ONNX_NEWEST_OPSET = 27,
};
/* TensorProto.DataType. */
enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_BOOL = 9,
    ONNX_FLOAT16 = 10,
    ONNX_DOUBLE = 11,
    ONNX_BFLOAT16 = 16,
};

/* A tensor of the file, or made of some. */
struct onnx_tensor {
    struct source_tensor values; /* its name is not set */
    int type;                    /* enum onnx_type, or another number of TensorProto.DataType */
};

/* A norm that the file has as a division and nodes before it (onnx_lrn.c). */
struct onnx_norm {
    struct alexcl_layer layer;
    int64_t side[2][3]; /* channels, height, width of the two shapes that it makes on its way; -1: those of its input */
};

/* A name of the graph, or of a branch of an If. */
struct onnx_value {
    const char *name; /* NULL: an empty place of the table */
    /* What has it as its output; or it is an initializer, or an input. */
    const Onnx__NodeProto *maker;
    const Onnx__TensorProto *initial;
    const struct onnx_norm *norm; /* the maker is a division that ends this; or NULL */
    enum { ONNX_UNKNOWN, ONNX_CONSTANT, ONNX_MAPS } is;
    int needed, output;          /* by the net's output; it is that */
    size_t readers;              /* how many nodes that are needed read it, and the output */
    struct onnx_tensor constant; /* ONNX_CONSTANT */
    int read;                    /* it is known what it is, before nodes are read */
    int visits;                  /* by patterns: bounded, so that the file's size bounds their work */
    /* ONNX_MAPS: the row that makes them, -1: they are the net's input; N x c x h x w or, of rank 2, N x c. */
    int row, rank;
    struct alexcl_shape shape;
};

/* A layer. */
struct onnx_row {
    struct alexcl_layer layer;
    int parameters;                       /* it has the tensors weight and bias */
    int biased;                           /* bias is the file's, not zeros */
    struct source_tensor tensor[2];       /* weight, bias */
    double *scale, *shift;                /* affine: its factors, one a channel */
    const struct onnx_value *from, *made; /* its only input, or NULL; its output */
};

struct onnx {
    const char *path; /* while it is read */
    struct wire_file file;
    const Onnx__GraphProto *graph;
    int64_t opset;
    struct arena memory;   /* what lasts as long as this */
    struct source *source; /* while it is read: whose `beside` are the files that it names */
    const char **paths;    /* of these */
    size_t folded;         /* values, so far */
    struct onnx_value *values;
    size_t value_places;
    struct onnx_row *rows;
    size_t row_count;
    struct alexcl_layer *layers;
    struct alexcl_model model;
    struct alexcl_error refused; /* why it is no net here */
};

/* ---- onnx_tensor.c ---- */

/* A tensor of the file, or of one beside it; every number is checked. */
int onnx_read_tensor(struct onnx *o, const Onnx__TensorProto *t, struct onnx_tensor *out, struct alexcl_error *err);
/* The whole numbers of a tensor of int64 or int32 that has one axis at most; at most `most`. */
int onnx_read_integers(const struct onnx_tensor *t, size_t most, int64_t *out, size_t *count, struct alexcl_error *err);
uint64_t onnx_count(const struct source_tensor *t);
/* Zeros, or another value, of any shape. */
int onnx_fill(struct onnx *o, float value, int dims, const uint64_t *shape, struct source_tensor *out,
              struct alexcl_error *err);
/* A view of t, whose axes count from the last, in another shape, as NumPy broadcasts it; 0 where it does not. */
int onnx_broadcast(const struct source_tensor *t, int dims, const uint64_t *shape, struct source_tensor *out);
/* A view of a constant as one value a channel of maps or units; 0 where it is something else. */
int onnx_as_channels(const struct source_tensor *t, int rank, int channels, struct source_tensor *out);
/* Strides of any tensor of at most four axes. */
void onnx_set_strides(struct source_tensor *t);
/* a * b or a + b, of the shape that both broadcast to; b NULL: a * factor. */
int onnx_combine(struct onnx *o, const struct source_tensor *a, const struct source_tensor *b, int product,
                 double factor, struct source_tensor *out, struct alexcl_error *err);

/* ---- onnx_values.c ---- */

int onnx_open_values(struct onnx *o, size_t most, struct alexcl_error *err);
struct onnx_value *onnx_find_value(const struct onnx *o, const char *name); /* or NULL */
/* NULL: it is there already. */
struct onnx_value *onnx_add_value(struct onnx *o, const char *name);

/* Of a node: ALEXCL_E_DATA, with the node before the text. */
int onnx_refuse(const Onnx__NodeProto *n, struct alexcl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* as for error_set */
#define onnx_refuse(n, err, ...) (onnx_refuse((n), (err), __VA_ARGS__), ALEXCL_E_DATA)
#endif
int onnx_is_own_domain(const char *domain);                                             /* or NULL */
const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *n, const char *name); /* or NULL */
/* What an If computes where its condition is true; NULL: it is none. */
const Onnx__GraphProto *onnx_then_branch(const Onnx__NodeProto *n);
int64_t onnx_integer(const Onnx__NodeProto *n, const char *name, int64_t otherwise);
double onnx_number(const Onnx__NodeProto *n, const char *name, double otherwise);
/* `count` whole numbers from `low`; as they are where there is no such attribute. */
int onnx_integers(const Onnx__NodeProto *n, const char *name, int low, int count, int *out, struct alexcl_error *err);
/* NULL where it is left out. */
struct onnx_value *onnx_input(const struct onnx *o, const Onnx__NodeProto *n, size_t i);
int onnx_input_maps(const struct onnx *o, const Onnx__NodeProto *n, size_t i, struct onnx_value **out,
                    struct alexcl_error *err);
int onnx_input_constant(const struct onnx *o, const Onnx__NodeProto *n, size_t i, const struct onnx_tensor **out,
                        struct alexcl_error *err);
/* What a node Constant or ConstantOfShape has as its value. */
int onnx_read_constant(struct onnx *o, const Onnx__NodeProto *n, struct onnx_tensor *out, struct alexcl_error *err);
/* What the node makes: the same as another value, a constant, or a new layer. */
int onnx_make_same(struct onnx *o, const Onnx__NodeProto *n, const struct onnx_value *as, struct alexcl_error *err);
int onnx_make_constant(struct onnx *o, const Onnx__NodeProto *n, const struct onnx_tensor *constant,
                       struct alexcl_error *err);
/* A layer's name, by a wish: no blank, no other's, none that the program uses itself. */
int onnx_name_row(struct onnx *o, const char *wish, const char **out, struct alexcl_error *err);
/* A layer that reads `in` and makes maps of a shape. `name`: NULL for the node's. */
int onnx_make_row(struct onnx *o, const Onnx__NodeProto *n, const struct alexcl_layer *layer, const char *name,
                  struct onnx_value *const *in, size_t count, int rank, struct alexcl_shape shape,
                  struct onnx_row **out, struct alexcl_error *err);

/* ---- onnx_operators.c ---- */

#define NODE struct onnx *o, const Onnx__NodeProto *n, struct alexcl_error *err
typedef int onnx_operator(NODE);
onnx_operator *onnx_find_operator(const char *name); /* or NULL */

/* ---- onnx_affine.c, onnx_shapes.c: one function for each operator of that name ---- */

onnx_operator onnx_add, onnx_batch_norm, onnx_mul, onnx_sum;
onnx_operator onnx_concat, onnx_constant, onnx_constant_of_shape, onnx_flatten, onnx_reshape, onnx_unsqueeze;

/* ---- onnx_lrn.c ---- */

/* A norm into the output of the division that ends it, if the node is such a one. To be asked before it is known which
 * values are needed: of the division's inputs only the first is. */
int onnx_find_norm(struct onnx *o, const Onnx__NodeProto *n, struct alexcl_error *err);
onnx_operator onnx_make_norm;

/* ---- onnx_graph.c ---- */

/* Rows of the model, and the model, out of the graph; ALEXCL_E_DATA where it is no net that is computed here. */
int onnx_read_graph(struct onnx *o, struct source *s, struct alexcl_error *err);
#endif
