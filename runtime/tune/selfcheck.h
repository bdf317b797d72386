/* SPDX-License-Identifier: MIT */
/* Checks of a driver: a small layer is computed on a device and by the reference, and the two are compared. All of them
 * for `alexcl check` (check.c, with the layers of selfcheck_table.c); those that a model uses, before its first run
 * (selfcheck_first.c). */
#ifndef ALEXCL_SELFCHECK_H
#define ALEXCL_SELFCHECK_H
#include "graph.h"

struct selfcheck_found;
struct selfcheck_part;

/* A case: one small layer, and what computes it, which is a variant of its type or a part (selfcheck_part.c). */
struct selfcheck_case {
    struct alexcl_layer desc;
    /* the input of the whole layer, as desc's outputs are those of the whole */
    struct alexcl_shape in;
    struct alexcl_shape more[LAYER_SAMPLE_INPUTS - 1]; /* its further inputs, if it reads several */
    enum layer_pass_kind pass;
    const struct layer_variant *variant; /* of that pass */
    const struct selfcheck_part *part;   /* when variant is NULL */
    int first, images;                   /* so many images, behind `first` others that must stay as they were */
    /* one way of computing for every batch size; images come one by one (layer.h's max_images is 1) */
    int reproducible, one_image;
    enum precision precision; /* of the weights (layer.h) */
    int training, all_ties;   /* layer.h; a backward pass is always as in training */
    int in_block, out_block;  /* how values lie (layer.h); 0: 1 */
    struct layer_tile tile;   /* of the variant (layer.h) */
};

/* A part: a kernel that is not a layer by itself, such as the join of halves, what surrounds CLBlast's GEMM, what
 * measures a device, an optimiser's step, and sums of gradients. */
struct selfcheck_part {
    const char *kernels;
    struct alexcl_layer desc;
    struct alexcl_shape in;
    int (*run)(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
               struct alexcl_error *err);
};
extern const struct selfcheck_part selfcheck_join, selfcheck_im2col, selfcheck_bias, selfcheck_peak, selfcheck_sgd,
    selfcheck_adam, selfcheck_accumulate;

/* How the two results differ, over both halves. */
struct selfcheck_found {
    double error;    /* largest |got - due| in units of the largest |due| */
    int wrong, half; /* 1: some value is wrong; the half that has the first of them */
    size_t index;    /* the index of that value, among those of the half's images */
    float got, due;
    int unasked; /* a value outside the images that were asked for was written */
};

/* The largest error that a right kernel may have. */
extern const double selfcheck_tolerance;

/* Describes the layer of a case, given its inputs (layer_describe). */
int selfcheck_describe_layer(const struct selfcheck_case *c, int half, struct layer *l, struct alexcl_error *err);
/* Runs both halves of the case on random values, one image alone and then several, and compares with the reference. An
 * error means that something failed. Of a kernel that computes wrongly the status is ALEXCL_OK, and found->wrong or
 * found->unasked is set. */
int selfcheck_run_case(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                       struct alexcl_error *err);
/* Compares `count` values, and adds what differs to *found. */
void selfcheck_compare(const float *got, const float *due, size_t count, int half, struct selfcheck_found *found);
/* A small case for a pass of a layer that is prepared or has its variant set, such that the programs built for the
 * layer compute it. */
struct selfcheck_case selfcheck_shrink(const struct layer *l, enum layer_pass_kind pass);
struct selfcheck_case selfcheck_case_of_part(const struct selfcheck_part *part, int first);

/* What cases are made of. Random values in [-scale, scale); the caller frees them. */
int selfcheck_make_random(size_t count, const char *name, double scale, float **out, struct alexcl_error *err);
int selfcheck_store(struct target *target, const float *values, size_t count, struct storage *out,
                    struct alexcl_error *err);
/* One input of a half of a layer, on the layer's target, of `images` images of the whole input x. */
struct selfcheck_input {
    struct storage own, halo;
};
int selfcheck_make_input(const struct layer *l, int input, const float *x, size_t images, struct selfcheck_input *out,
                         struct alexcl_error *err);
void selfcheck_free_input(struct selfcheck_input *in);
/* The backward pass of a case, both of whose layers are prepared for it: x whole inputs, w the half's tensors. */
int selfcheck_run_gradient(struct layer *l, struct layer *reference, const struct selfcheck_case *c, float *const x[],
                           const float *const w[LAYER_TENSORS], struct selfcheck_found *found,
                           struct alexcl_error *err);
/* What layers draw at random that do. */
extern const struct layer_random selfcheck_random;
/* Values that stand for "nobody wrote here". */
void selfcheck_fill_nobody(float *x, size_t count);
int selfcheck_is_nobody(const float *x, size_t count);

/* The shape for people, at most 47 characters: "3x31x35, 11x11/4 to 34". */
void selfcheck_describe(const struct selfcheck_case *c, char *out, size_t size);
/* What is wrong in one sentence. */
void selfcheck_explain(const struct selfcheck_found *found, char *out, size_t size);
/* "input gradient" */
const char *selfcheck_pass_name(enum layer_pass_kind pass);
/* Its kernel files, "im2col bias"; "" where it is CLBlast's alone. */
const char *selfcheck_kernels(const struct selfcheck_case *c);

/* The case of `alexcl check` with this number on a target; 0 behind the last one. Cases for CLBlast are among them with
 * ALEXCL_GEMM=clblast only, since its kernels take up to a minute to compile. */
int selfcheck_table_case(const struct target *target, unsigned number, struct selfcheck_case *out);
/* The kernel files and the type of layer of an entry of the table, whatever the device; 0 behind the last one. */
int selfcheck_table_names(unsigned number, const char **kernels, const char **layer);

/* To be called when a net's layers are prepared on `target`, before its first run. Checks the kernels that these layers
 * use for `images` images at once, unless a file in the cache folder tells that this driver computed them right
 * (ALEXCL_CHECK). ALEXCL_E_DEVICE names driver and kernel. */
int selfcheck_before_use(const struct graph *g, unsigned halves, struct target *target, int images, const char *driver,
                         struct alexcl_error *err);
#endif
