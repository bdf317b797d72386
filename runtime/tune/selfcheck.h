/* SPDX-License-Identifier: MIT */
/* Is a driver right? A small layer computed on a device and by the reference, and the two compared. The whole of it for
 * `alexcl check` (check.c, with the layers of selfcheck_table.c); what a model uses before its first run
 * (selfcheck_first.c). */
#ifndef ALEXCL_SELFCHECK_H
#define ALEXCL_SELFCHECK_H
#include "graph.h"

struct selfcheck_found;
struct selfcheck_part;

/* One small layer, and who computes it: a variant of its kind, or a part (selfcheck_part.c). */
struct selfcheck_case {
    struct alexcl_layer desc;
    struct alexcl_shape in;                            /* of the whole layer, as desc's outputs are */
    struct alexcl_shape more[LAYER_SAMPLE_INPUTS - 1]; /* its further inputs, if it reads several */
    enum layer_pass_kind pass;
    const struct layer_variant *variant; /* of that pass */
    const struct selfcheck_part *part;   /* when variant is NULL */
    int first, images;                   /* so many images behind `first` others that must stay as they were */
    /* one way of computing for every batch size; images come one by one (layer.h's max_images is 1) */
    int reproducible, one_image;
    int fp16;                /* weights in half precision (layer.h) */
    int in_block, out_block; /* how values lie (layer.h); 0: 1 */
    struct layer_tile tile;  /* of the variant (layer.h) */
};

/* A kernel that is no layer by itself: the join of halves, what surrounds CLBlast's GEMM, and what measures a
 * device. */
struct selfcheck_part {
    const char *kernels;
    struct alexcl_layer desc;
    struct alexcl_shape in;
    int (*run)(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
               struct alexcl_error *err);
};
extern const struct selfcheck_part selfcheck_join, selfcheck_im2col, selfcheck_bias, selfcheck_peak;

/* How the two differ, over both halves. */
struct selfcheck_found {
    double error;    /* largest |got - due| in units of the largest |due| */
    int wrong, half; /* some value is off, the first one in this half */
    size_t index;    /* of that value, among those of the half's images */
    float got, due;
    int unasked; /* a value outside the images that were asked for was written */
};

/* Largest error of a right kernel. */
extern const double selfcheck_tolerance;

/* Describes the layer of a case behind its inputs (layer_describe). */
int selfcheck_describe_layer(const struct selfcheck_case *c, int half, struct layer *l, struct alexcl_error *err);
/* Runs both halves of the case on random values, one image alone and then several, and compares with the reference. A
 * status is that something failed; a kernel that computes wrongly is ALEXCL_OK with found->wrong or found->unasked. */
int selfcheck_run_case(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                       struct alexcl_error *err);
/* `count` values of both; adds to *found. */
void selfcheck_compare(const float *got, const float *due, size_t count, int half, struct selfcheck_found *found);
/* A pass of a layer that is prepared, or has its variant set, in small: so that the programs that are built for it
 * compute that. */
struct selfcheck_case selfcheck_shrink(const struct layer *l, enum layer_pass_kind pass);
struct selfcheck_case selfcheck_case_of_part(const struct selfcheck_part *part, int first);

/* What the cases are made of. Values in [-scale, scale); free() them. */
int selfcheck_make_random(size_t count, const char *name, double scale, float **out, struct alexcl_error *err);
int selfcheck_store(struct target *target, const float *values, size_t count, struct storage *out,
                    struct alexcl_error *err);
/* Values that stand for "nobody wrote here". */
void selfcheck_fill_nobody(float *x, size_t count);
int selfcheck_is_nobody(const float *x, size_t count);

/* The shape for people, at most 47 characters: "3x31x35, 11x11/4 to 34". */
void selfcheck_describe(const struct selfcheck_case *c, char *out, size_t size);
/* What is wrong in one sentence. */
void selfcheck_explain(const struct selfcheck_found *found, char *out, size_t size);
/* Its kernel files, "im2col bias". */
const char *selfcheck_kernels(const struct selfcheck_case *c);

/* The case of `alexcl check` with this number on a target; 0 behind the last. CLBlast's variants are there with
 * ALEXCL_GEMM=clblast: to compile its kernels takes up to a minute. */
int selfcheck_table_case(const struct target *target, unsigned number, struct selfcheck_case *out);
/* What there can be on any device: kernel files and kind of layer of the entry with this number; 0 behind the last. */
int selfcheck_table_names(unsigned number, const char **kernels, const char **layer);

/* Before a net's first run, when its layers are prepared on `target`: checks the kernels that these layers use for
 * `images` at once, unless the cache folder remembers that this driver had them right (ALEXCL_CHECK). ALEXCL_E_DEVICE
 * names driver and kernel. */
int selfcheck_before_use(const struct graph *g, unsigned halves, struct target *target, int images, const char *driver,
                         struct alexcl_error *err);
#endif
