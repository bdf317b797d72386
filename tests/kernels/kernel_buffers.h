/* SPDX-License-Identifier: MIT */
/* Memory for the kernels' check programs: what a half reads of whole images, as it lies in memory, among images that
 * nobody may read or write. */
#ifndef ALEXCL_KERNEL_BUFFERS_H
#define ALEXCL_KERNEL_BUFFERS_H
#include "support.h"

/* Channels first .. first+count-1 of every image. */
float *kernel_buffers_cut(const float *x, int images, struct alexcl_shape s, int first, int count);
/* What the half reads of whole images. */
float *kernel_buffers_half(const struct layer *l, const float *x, int images);
int kernel_buffers_is_nobody(const float *x);
/* `images` of `size` floats; those asked for hold `values`, if there are any. Bare buffers have nothing else in them,
 * and nothing behind. */
void kernel_buffers_make(struct target *target, const float *values, size_t size, int images, int first, int count,
                         struct storage *out);
void kernel_buffers_check_behind(const struct layer *l, struct storage *s, size_t count);
/* What the half reads of each image, as it lies in memory; what fills up the last block is finite and must not
 * matter. */
float *kernel_buffers_lay_in(const struct layer *l, const float *x, int images);
/* The same of a half's output. */
float *kernel_buffers_lay_out(const struct layer *l, const float *y, int images);
/* An output buffer as n x c x h x w. What fills up the last block is finite where an image was asked for. */
float *kernel_buffers_take_out(const struct layer *l, const float *laid, int images, int first, int count);
/* What a half is given of input `input`: its own channels, or the halo. */
void kernel_buffers_make_source(const struct layer *l, int input, const float *x, int images, int first, int count,
                                int halo, struct storage *out);
#endif
