/* SPDX-License-Identifier: MIT */
/* What the files of the convolution share. */
#ifndef ALEXCL_LAYER_CONV_H
#define ALEXCL_LAYER_CONV_H
#include "layer_private.h"

struct shape_conv conv_shape(const struct layer *l);
/* Whether the window is as high as wide, its strides are equal too, and it is not dilated. */
int conv_is_square(const struct layer *l);
/* Writes the defines of the window; returns what snprintf returns. */
int conv_window_defines(const struct layer *l, char *out, size_t size);
/* The outputs of this half that read group g, which are rows of its weights; *count may be below 1. */
void conv_group_rows(const struct shape_conv *s, int g, int *first, int *count);
/* Whether it reads and makes feature maps in blocks (layer_ops.takes_blocks). */
int conv_takes_blocks(const struct layer *l);

/* Whether kernels for CPU devices can compute it, making blocks. */
int conv_makes_blocks(const struct layer *l, const struct target *target);
/* Size of the frame that holds one map, and zeros wherever the windows of so many columns of outputs read outside
 * it. */
void conv_frame_size(const struct layer *l, int columns, int *h, int *w);
/* Writes the frames of the images of io to the start of the workspace. Kernel 0 of the pass is conv_cpu_frame. */
int conv_run_frame(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, int columns,
                   struct alexcl_error *err);

/* Whether winograd_cpu.cl can transform the input, in blocks or, with a stride, in planes; whether it does with a
 * stride (see the head of winograd_cpu.cl); and the window that walks over blocks. */
int conv_winograd_applicable(const struct layer *l, const struct target *target);
int conv_winograd_strides(const struct layer *l);
int conv_winograd_window(const struct layer *l);
/* Outputs along a side of a tile: of those that there are for the window the ones by which a row takes the fewest
 * products. They decide the bits, so they do not depend on the device. */
int conv_winograd_out(const struct layer *l);

/* A weight gradient on a device, of a layer that leaves connections out: what sets their gradients to 0, in slot
 * CONV_CUT. Of other layers these do nothing, but conv_free_weight_gradient frees the kernels of every layer. */
enum { CONV_CUT = 4 };
int conv_build_cut(struct layer *l, struct alexcl_error *err);
int conv_enqueue_cut(struct layer *l, const struct layer_io *io, struct alexcl_error *err);
void conv_free_weight_gradient(struct layer *l, enum layer_pass_kind pass);

/* The variants for CPU devices (layer_conv_cpu.c). */
extern const struct layer_variant conv_cpu, conv_winograd, conv_winograd_mem;
extern const struct layer_tile conv_cpu_tiles[], winograd_fused_tiles[], winograd_mem_tiles[];
/* Those for GPUs, which read and make plain maps (layer_conv.c). */
extern const struct layer_variant conv_own, conv_pipelined, conv_split, conv_wino, conv_fused;
/* Those by CLBlast (layer_conv_blas.c). */
extern const struct layer_variant conv_clblast, conv_clblast_weight_gradient;
/* The reference's input gradient, and the last resort's (layer_conv_gradient.c). */
extern const struct layer_variant conv_ref_input_gradient, conv_naive_input_gradient;
/* Those of the weight gradient for CPU devices and for GPUs (layer_conv_gradient_cpu.c, layer_conv_gradient_tiles.c).
 */
extern const struct layer_variant conv_cpu_weight_gradient, conv_tiles_weight_gradient;
/* That by Winograd's filtering (layer_conv_gradient_winograd.c). */
extern const struct layer_variant conv_winograd_weight_gradient;
/* All of the backward passes: conv_turned.c, layer_conv_gradient.c. */
extern const struct layer_variant *const conv_input_gradients[], *const conv_weight_gradients[];
#endif
