/* SPDX-License-Identifier: MIT */
/* One layer of one half on one place: what it reads, its parameters, its variant, its forward pass.
 * A kind of layer is a row of layer_ops (one file each); a variant is a row inside that file. */
#ifndef ALEXCL_LAYER_H
#define ALEXCL_LAYER_H
#include "buffer.h"
#include "shape.h"

/* Where a half runs: an OpenCL device, or NULL for the plain C reference. */
struct place { struct device *device; };

/* Float memory of a place: `buffer` on a device, `host` for the reference. The other one is NULL. */
struct storage { struct buffer *buffer; float *host; };
int storage_create(struct place *place, size_t floats, const char *what, struct storage *out, struct alexcl_error *err);
void storage_free(struct storage *s);
int storage_write(struct storage *s, size_t first, const float *values, size_t count, struct alexcl_error *err);
int storage_read(struct storage *s, size_t first, float *values, size_t count, struct alexcl_error *err);

/* What a layer of a half reads of its predecessor (design: what crosses is derived, never listed). */
struct layer_reads {
    int all;  /* every channel of both halves: they are joined before it */
    int seam; /* only this many channels of the other half, those nearest to the cut */
};

/* A tensor of the weight file that a layer owns, and the half's slice of it along its first axis. */
struct layer_tensor {
    const char *suffix;  /* "weight", "bias" */
    int dims, shape[4];  /* of the whole layer */
    int first, count;    /* this half's rows */
    int trainable;       /* connections that a model leaves out (desc->connections) are in the shape, and must be zeros in the file */
};
enum { LAYER_TENSORS = 2 };

/* One layer of one half, before any device is known. */
struct layer {
    const struct alexcl_layer *desc;
    const struct layer_ops *ops;
    int half;
    struct alexcl_shape whole_in, whole_out; /* one image, both halves */
    struct alexcl_shape in, out;             /* what this half is given (all channels if reads.all) and what it makes */
    struct layer_reads reads;
    struct layer_tensor tensors[LAYER_TENSORS];
    int tensor_count;
    uint64_t macs;                           /* per image; of conv, fc, rbf: products of absent connections are not counted */
    int in_place;                            /* may write its output over its input */
    int view;                                /* output is its input (flatten): nothing to run */
    int reproducible;                        /* set by the caller before layer_prepare: one form of computing for every batch size, to the bit */
    /* set by layer_prepare */
    size_t workspace;                        /* floats that io->workspace must have */
    struct place *place;
    struct storage parameters[LAYER_TENSORS]; /* as the variant wants them, packed once */
    void *state;                             /* the variant's: kernels ... */
    const struct layer_variant *variant;
};

/* One forward call: images first .. first+count-1 of the buffers. */
struct layer_io {
    const struct storage *in, *out;
    const struct storage *seam;      /* reads.seam: n x seam x h x w of the other half; else NULL */
    const struct storage *workspace; /* layer.workspace floats, or NULL */
    int first, count;
};

/* How one place can compute a layer. */
struct layer_variant {
    const char *name; /* "ref", "own", "clblast" ... */
    int (*applicable)(const struct layer *l, const struct place *place);
    size_t (*workspace)(const struct layer *l, const struct place *place); /* floats; NULL: none */
    /* Builds kernels, packs parameters. values[i]: tensor i's slice of this half, in the file's layout. */
    int (*prepare)(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err);
    int (*enqueue)(struct layer *l, const struct layer_io *io, struct alexcl_error *err);
    void (*release)(struct layer *l); /* frees state; NULL: nothing */
    const char *kernels; /* the .cl files it uses, without their ending: "im2col bias"; NULL: none */
};

struct layer_ops {
    enum alexcl_layer_type type;
    /* Fills whole_out, reads, in, out, tensors, macs, in_place, view from desc, half and whole_in. ALEXCL_E_USAGE when the shapes do not fit. */
    int (*describe)(struct layer *l, struct alexcl_error *err);
    const struct layer_variant *const *variants; /* best first, ends with NULL */
};

/* Describes half `half` of a layer behind one with output `whole_in`. */
int layer_describe(struct layer *l, const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in, struct alexcl_error *err);
/* The variant that `place` would use: the first applicable, ALEXCL_GEMM respected. place->device NULL: the reference. NULL for a view. */
const struct layer_variant *layer_choose(const struct layer *l, const struct place *place);
/* Floats of workspace that variant wants, whatever the batch. */
size_t layer_workspace(const struct layer *l, const struct place *place);
/* Builds and uploads for the variant that layer_choose gives. */
int layer_prepare(struct layer *l, struct place *place, const float *const values[LAYER_TENSORS], struct alexcl_error *err);
/* The same with a variant of the caller's choice, of l->ops->variants (the tests, a tuner). */
int layer_prepare_variant(struct layer *l, struct place *place, const struct layer_variant *variant, const float *const values[LAYER_TENSORS],
                          struct alexcl_error *err);
/* Enqueues images io->first .. first+count-1, in launches that no device takes seconds for. A value depends on its image alone. */
int layer_forward(struct layer *l, const struct layer_io *io, struct alexcl_error *err);
void layer_release(struct layer *l);

/* The join of two halves: out (n x (a.c + b.c) x h x w) from a and b (n x .c x h x w), half 0 first. `hw` is h * w. */
struct join;
int join_create(struct place *place, struct join **out, struct alexcl_error *err);
int join_run(struct join *j, const char *label, int channels0, int channels1, int hw, const struct storage *half0, const struct storage *half1,
             const struct storage *out, int first, int count, struct alexcl_error *err);
void join_free(struct join *j);
#endif
