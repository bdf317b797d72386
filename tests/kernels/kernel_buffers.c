/* SPDX-License-Identifier: MIT */
/* What is in memory before and behind what a kernel is asked for: a NaN of its own, so that a write outside is seen. */
#include "kernel_buffers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"

enum { BEHIND = 64 /* floats behind a buffer's images that nobody may write */ };

float *kernel_buffers_cut(const float *x, int images, struct alexcl_shape s, int first, int count) {
    size_t hw = (size_t)s.h * (size_t)s.w, width = (size_t)count * hw;
    float *cut = support_floats((size_t)images * width);
    for (size_t n = 0; n < (size_t)images; n++)
        memcpy(cut + n * width, x + n * shape_size(s) + (size_t)first * hw, width * sizeof *cut);
    return cut;
}

float *kernel_buffers_half(const struct layer *l, const float *x, int images) {
    return kernel_buffers_cut(x, images, l->shape.whole_in,
                              l->shape.reads.all ? 0 : shape_half_first(l->shape.whole_in.c, l->shape.half),
                              l->shape.in.c);
}

/* What a buffer holds where nobody wrote: a NaN of its own, so that one that came out of a sum is told apart. */
static const uint32_t NOBODY = 0x7fc0beef;
static void kernel_buffers_fill_nobody(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) memcpy(x + i, &NOBODY, sizeof *x);
}
int kernel_buffers_is_nobody(const float *x) { return memcmp(x, &NOBODY, sizeof *x) == 0; }

void kernel_buffers_make(struct target *target, const float *values, size_t size, int images, int first, int count,
                         struct storage *out) {
    struct alexcl_error err = {0};
    size_t floats = size * (size_t)images, from = size * (size_t)first;
    if (kernel_check_bare()) {
        EXPECT_OK(storage_create(target, floats, "a test", out, &err), err);
        /* From the start: a write further in leaves Oclgrind 21.10 believing that the place was never written. */
        if (values) EXPECT_OK(storage_write(out, 0, values, from + size * (size_t)count, &err), err);
        return;
    }
    float *start = support_floats(floats + BEHIND);
    kernel_buffers_fill_nobody(start, floats + BEHIND);
    if (values) memcpy(start + from, values + from, size * (size_t)count * sizeof *values);
    EXPECT_OK(storage_create(target, floats + BEHIND, "a test", out, &err), err);
    EXPECT_OK(storage_write(out, 0, start, floats + BEHIND, &err), err);
    free(start);
}

void kernel_buffers_check_behind(const struct layer *l, struct storage *s, size_t count) {
    struct alexcl_error err = {0};
    float behind[BEHIND];
    if (kernel_check_bare()) return;
    EXPECT_OK(storage_read(s, count, behind, BEHIND, &err), err);
    for (size_t i = 0; i < BEHIND; i++)
        ck_assert_msg(kernel_buffers_is_nobody(behind + i), "%s: written %zu floats behind a buffer of %zu",
                      l->shape.desc->name, i + 1, count);
}

float *kernel_buffers_lay_in(const struct layer *l, const float *x, int images) {
    size_t floats = layer_in_floats(l);
    float *laid = support_floats((size_t)images * floats);
    for (size_t i = 0; i < (size_t)images * floats; i++) laid[i] = 3.0f;
    for (size_t n = 0; n < (size_t)images; n++) layer_lay_in(l, x + n * shape_size(l->shape.in), laid + n * floats);
    return laid;
}

float *kernel_buffers_lay_out(const struct layer *l, const float *y, int images) {
    size_t floats = layer_out_floats(l), size = shape_size(l->shape.out);
    float *laid = support_floats((size_t)images * floats);
    for (size_t i = 0; i < (size_t)images * floats; i++) laid[i] = 3.0f;
    for (size_t n = 0; n < (size_t)images; n++) layer_lay_out(l, y + n * size, laid + n * floats);
    return laid;
}

float *kernel_buffers_take_out(const struct layer *l, const float *laid, int images, int first, int count) {
    size_t floats = layer_out_floats(l);
    float *got = support_floats((size_t)images * shape_size(l->shape.out));
    for (size_t n = 0; n < (size_t)images; n++) {
        layer_take_out(l, laid + n * floats, got + n * shape_size(l->shape.out));
        for (size_t i = 0; i < floats && n >= (size_t)first && n < (size_t)(first + count); i++)
            ck_assert_msg(isfinite(laid[n * floats + i]), "%s: value %zu in memory of image %zu is not finite",
                          l->shape.desc->name, i, n);
    }
    return got;
}

void kernel_buffers_make_source(const struct layer *l, int input, const float *x, int images, int first, int count,
                                int halo, struct storage *out) {
    struct alexcl_shape whole = l->shape.inputs[input].whole;
    const struct layer_halo *read = &l->shape.inputs[input].halo;
    int half = halo ? 1 - l->shape.half : l->shape.half,
        from = shape_half_first(whole.c, half) + (halo ? read->first : 0),
        channels = halo ? read->count : shape_half_count(whole.c, half);
    size_t size = (size_t)channels * (size_t)(whole.h * whole.w), floats = halo ? size : layer_own_floats(l, input);
    float *plain = kernel_buffers_cut(x, images, whole, from, channels),
          *laid = support_floats((size_t)images * floats);
    for (size_t i = 0; i < (size_t)images * floats; i++) laid[i] = 3.0f;
    for (size_t n = 0; n < (size_t)images; n++) {
        if (halo)
            layer_lay_halo(l, channels, plain + n * size, laid + n * floats);
        else
            layer_lay_own(l, input, plain + n * size, laid + n * floats);
    }
    kernel_buffers_make(l->target, laid, floats, images, first, count, out);
    free(plain), free(laid);
}
