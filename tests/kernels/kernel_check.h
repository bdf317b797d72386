/* SPDX-License-Identifier: MIT */
/* What the kernels' check programs share: a kernel is tested as the layers use it, through describe, prepare and
 * forward of one variant. */
#ifndef ALEXCL_KERNEL_CHECK_H
#define ALEXCL_KERNEL_CHECK_H
#include "support.h"

/* How much is tried. */
struct kernel_check_extent {
    int images;
    int first, count;  /* those computed together */
    int singles;       /* how many are computed alone as well */
    int all_ways;      /* golden vectors, and the same once more cut into other launches */
    int cheap, costly; /* the shapes with few products, with most */
};
const struct kernel_check_extent *kernel_check_extent(const char *variant, enum alexcl_layer_type type);
const struct layer_variant *kernel_check_variant(const struct layer *l, enum layer_pass_kind pass, const char *name);
/* Whether the variant reads maps with that many channels side by side, and sets how they lie. */
int kernel_check_set_blocks(struct layer *l, const char *variant, int in_block);
int kernel_check_is_winograd(const char *variant);
/* Whether this target can run a variant: kernels named *_cpu.cl are for CPU devices alone. ALEXCL_TEST_CPU_KERNELS=1
 * lets them run anywhere (Oclgrind says it is a GPU). */
int kernel_check_possible(const char *variant);
/* Whether buffers hold nothing but what was written (ALEXCL_BARE_BUFFERS, buffer.h): then nothing can be asked of the
 * rest of them. */
int kernel_check_bare(void);
/* Both halves of a layer on random values, by that variant on the target under test, against the reference: batches in
 * the middle of a larger buffer, of 9, 5 and 1, and images that are not asked for must stay untouched. The bits of an
 * image must not depend on the batch it is in. With channels side by side in memory too, where the variant can. Layers
 * that may write over their input do so as well. ALEXCL_TEST_GRID=small tries less. */
void kernel_check_layer(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in);
/* The same for a layer that reads `maps` as units, behind a flatten layer. */
void kernel_check_flattened(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                            struct alexcl_shape maps);
/* Both halves together against a golden vector, within 1e-5 of the largest value: x, w and b where the layer has them,
 * and `key`. */
void kernel_check_golden(const char *variant, const struct alexcl_layer *desc, const char *dir, const char *key);
/* The same of a layer whose weights are kept in that precision: y is of the narrowed ones. */
void kernel_check_golden_narrow(const char *variant, const struct alexcl_layer *desc, const char *dir,
                                enum precision precision);
/* Both halves of a layer, each by itself, as one: images x whole_out. w[t]: whole tensors. NULL where the variant does
 * not read maps with that many channels side by side. free() it. */
float *kernel_check_run_whole(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                              const float *x, int images, const float *const w[LAYER_TENSORS], int in_block,
                              enum precision precision);
/* Error allowed, of the largest value. */
#define KERNEL_CHECK_TOLERANCE 1e-5
/* Whether a variant of a pass is for a convolution. */
int kernel_check_does(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc);
/* A golden case's window to a description. */
void kernel_check_oracle_window(const char *dir, struct alexcl_layer *desc);
/* Both halves of a layer that reads several values, on random ones, to the bit what `due` makes of whole inputs (images
 * x c x h x w); batches and blocks as above. */
typedef void kernel_check_due(float *out, float *const x[], const struct alexcl_shape *shapes, int count, int images);
void kernel_check_several(const struct alexcl_layer *desc, const struct alexcl_shape *shapes, int count,
                          kernel_check_due *due);
/* A backward pass of both halves on random values, by that variant on the target under test, against the reference,
 * with and without channels side by side. Of an input gradient the bits of an image must not depend on the batch it is
 * in; a weight gradient is also added to what is there. `maps`: what the inputs were before a flatten layer, else
 * shapes[0]. */
void kernel_check_gradient(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                           const struct alexcl_shape *shapes, int count, struct alexcl_shape maps);
/* The same against a golden vector, both halves together: x, w and b where the layer has them, and the gradient of the
 * output; `key` is the input's gradient ("gx_allties": that of layer_choice.all_ties), gw and gb are the tensors'. */
void kernel_check_golden_gradient(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                                  const char *dir, const char *gradient, const char *key);
/* kernel_check_layer or kernel_check_gradient, and the same of golden vectors: y, or gx where it is known. */
void kernel_check_pass(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                       struct alexcl_shape whole_in);
void kernel_check_golden_pass(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                              const char *dir);
/* describe must fail with ALEXCL_E_USAGE and a text that has `part` in it. */
void kernel_check_refused(const struct alexcl_layer *desc, struct alexcl_shape whole_in, const char *part);
/* Every golden case of a convolution. */
void kernel_check_golden_conv(const char *variant);
/* Convolutions of many shapes: windows and strides, sides, channels and groups that are no multiples of any tile. */
void kernel_check_conv_grid(const char *variant);
void kernel_check_conv_windows(const char *variant);
/* A backward pass on the same shapes and golden cases; and on a layer that leaves connections out. */
void kernel_check_conv_gradient_grid(const char *variant, enum layer_pass_kind pass);
void kernel_check_conv_gradient_windows(const char *variant, enum layer_pass_kind pass);
void kernel_check_golden_conv_gradient(const char *variant, enum layer_pass_kind pass);
void kernel_check_conv_connections(const char *variant);
/* The same for fully connected layers; their weights in every precision. */
void kernel_check_golden_fc(const char *variant);
void kernel_check_golden_int8(const char *variant);
void kernel_check_fc_grid(const char *variant);
/* More images in a call than any variant computes together, against the reference; a layer with weights and biases. */
void kernel_check_gradient_many(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                                struct alexcl_shape in);
/* The gradients of these, of sub-sampling and of affine layers. */
void kernel_check_fc_gradient_grid(const char *variant, enum layer_pass_kind pass);
void kernel_check_golden_fc_gradient(const char *variant, enum layer_pass_kind pass);
void kernel_check_subsample_gradient_grid(const char *variant, enum layer_pass_kind pass);
void kernel_check_affine_gradient_grid(enum layer_pass_kind pass);
/* And for LRN, the norm within a map, and max-pooling. */
void kernel_check_lrn_grid(const char *variant, enum layer_pass_kind pass);
void kernel_check_golden_lrn(const char *variant, enum layer_pass_kind pass);
void kernel_check_rnorm_grid(const char *variant, enum layer_pass_kind pass);
void kernel_check_golden_rnorm(const char *variant, enum layer_pass_kind pass);
struct alexcl_layer kernel_check_lrn(int first, int last, enum alexcl_lrn_scope span);
struct alexcl_layer kernel_check_maxpool(int kernel, int stride, int ceil_mode);
/* Layers of desc's type with windows of all kinds. */
void kernel_check_pool_grid(const char *variant, enum layer_pass_kind pass, struct alexcl_layer desc);
void kernel_check_pool_windows(const char *variant, enum layer_pass_kind pass, struct alexcl_layer desc);
/* A NaN wins wherever it stands in its window, and only there. */
void kernel_check_maxpool_nan(const char *variant, int block);
void kernel_check_maxpool_nan_gradient(const char *variant, int block);
void kernel_check_golden_maxpool(const char *variant, enum layer_pass_kind pass);
#endif
