/* SPDX-License-Identifier: MIT */
/* Checks of kernels that are not a layer by themselves: the join of halves; im2col and bias, which convolution by
 * CLBlast uses; the kernel that measures a device's bandwidth; an optimiser's step; sums of gradients. They are
 * launched as the program launches them elsewhere, and compared like layers. */
#include <stdlib.h>
#include <string.h>

#include "accumulate.h"
#include "kernel.h"
#include "memory.h"
#include "selfcheck.h"
#include "update.h"

enum { IMAGES = 5, BEHIND = 64 };

struct selfcheck_case selfcheck_case_of_part(const struct selfcheck_part *part, int first) {
    return (struct selfcheck_case){.desc = part->desc, .in = part->in, .part = part, .first = first, .images = IMAGES};
}

/* `got` and `due`: `before` values that are not asked for, `count` that are; behind them `got` has BEHIND more. */
static void part_compare(const float *got, const float *due, size_t before, size_t count,
                         struct selfcheck_found *found) {
    selfcheck_compare(got + before, due + before, count, 0, found);
    if (!selfcheck_is_nobody(got, before) || !selfcheck_is_nobody(got + before + count, BEHIND)) found->unasked = 1;
}

/* ---- join ---- */

static int part_join_on(struct target *target, const struct selfcheck_case *c, const float *a, const float *b,
                        float *out, struct alexcl_error *err) {
    int status = ALEXCL_OK, channels[2] = {shape_half_count(c->in.c, 0), shape_half_count(c->in.c, 1)},
        hw = c->in.h * c->in.w;
    size_t images = (size_t)(c->first + c->images), floats = images * shape_size(c->in) + BEHIND;
    struct storage half[2] = {{0}, {0}}, to = {0};
    struct join *join = NULL;
    selfcheck_fill_nobody(out, floats);
    TRY(selfcheck_store(target, a, images * (size_t)(channels[0] * hw), &half[0], err));
    TRY(selfcheck_store(target, b, images * (size_t)(channels[1] * hw), &half[1], err));
    TRY(selfcheck_store(target, out, floats, &to, err));
    TRY(join_create(target, &join, err));
    TRY(join_run(join, "join", (size_t)(channels[0] * hw), (size_t)(channels[1] * hw), &half[0], &half[1], &to,
                 c->first, c->images, err));
    TRY(storage_read(&to, 0, out, floats, err));
done:
    join_free(join);
    storage_free(&half[0]);
    storage_free(&half[1]);
    storage_free(&to);
    return status;
}

static int part_join(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct target host = {NULL};
    size_t size = shape_size(c->in), floats = (size_t)(c->first + c->images) * size + BEHIND;
    float *a = NULL, *b = NULL, *buffers = NULL;
    TRY(selfcheck_make_random(floats, "a", 2.0, &a, err));
    TRY(selfcheck_make_random(floats, "b", 2.0, &b, err));
    TRY(memory_alloc_floats(&buffers, 2 * floats, "a check", err));
    TRY(part_join_on(&host, c, a, b, buffers, err));
    TRY(part_join_on(target, c, a, b, buffers + floats, err));
    part_compare(buffers + floats, buffers, (size_t)c->first * size, (size_t)c->images * size, found);
done:
    free(a);
    free(b);
    free(buffers);
    return status;
}

/* ---- im2col, bias: launched as the layers do (layer_conv.c) ---- */

/* Makes storage, launches kernel `function` of <kernels>.cl on it, compares: out must be `due`, whose values from
 * `before` on are asked for. */
static int part_launch(struct target *target, const struct selfcheck_case *c, const char *function, const float *in,
                       size_t in_count, const float *due, size_t before, size_t count, const struct kernel_range *range,
                       struct kernel_arg *args, size_t arg_count, int in_arg, struct selfcheck_found *found,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t floats = before + count + BEHIND;
    float *got = NULL;
    struct storage from = {0}, to = {0};
    struct kernel *kernel = NULL;
    TRY(memory_alloc_floats(&got, floats, "a check", err));
    selfcheck_fill_nobody(got, floats);
    TRY(selfcheck_store(target, in, in_count, &from, err));
    TRY(selfcheck_store(target, got, floats, &to, err));
    TRY(kernel_create(target->device, c->part->kernels, function, "", &kernel, err));
    args[in_arg] = ARG_BUFFER(from.buffer);
    args[1 - in_arg] = ARG_BUFFER(to.buffer);
    TRY(kernel_launch(kernel, c->part->desc.name, range, args, arg_count, err));
    TRY(storage_read(&to, 0, got, floats, err));
    part_compare(got, due, before, count, found);
done:
    kernel_free(kernel);
    storage_free(&from);
    storage_free(&to);
    free(got);
    return status;
}

/* columns[channel][ky][kx][pixel] of the upper channels of image `first`. */
static int part_im2col(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK, k = c->desc.kernel[0], stride = c->desc.stride[0], pad = c->desc.pad[0], skipped = 1,
        channels = c->in.c - skipped;
    int out_h = (c->in.h + 2 * pad - k) / stride + 1, out_w = (c->in.w + 2 * pad - k) / stride + 1,
        pixels = out_h * out_w;
    size_t in_count = (size_t)(c->first + 1) * shape_size(c->in), count = (size_t)(channels * k * k * pixels),
           start = 3, i = start;
    float *x = NULL, *due = NULL;
    TRY(selfcheck_make_random(in_count, "x", 2.0, &x, err));
    TRY(memory_alloc_floats(&due, start + count, "a check", err));
    for (int channel = skipped; channel < c->in.c; channel++)
        for (int ky = 0; ky < k; ky++)
            for (int kx = 0; kx < k; kx++)
                for (int p = 0; p < pixels; p++) {
                    int row = p / out_w * stride + ky - pad, column = p % out_w * stride + kx - pad;
                    int inside = row >= 0 && row < c->in.h && column >= 0 && column < c->in.w;
                    due[i++] = inside ? x[((size_t)(c->first * c->in.c + channel) * (size_t)c->in.h + (size_t)row) *
                                              (size_t)c->in.w +
                                          (size_t)column]
                                      : 0.0f;
                }
    struct kernel_range range = {3, {0, 0, (size_t)c->first}, {(size_t)pixels, (size_t)channels, 1}, {64, 1, 1}};
    struct kernel_arg args[] = {ARG_INT(0),       ARG_INT(0),        ARG_INT((int)start), ARG_INT(c->in.c),
                                ARG_INT(skipped), ARG_INT(channels), ARG_INT(c->in.h),    ARG_INT(c->in.w),
                                ARG_INT(out_h),   ARG_INT(out_w),    ARG_INT(k),          ARG_INT(k),
                                ARG_INT(stride),  ARG_INT(stride),   ARG_INT(pad),        ARG_INT(pad)};
    TRY(part_launch(target, c, "im2col", x, in_count, due, start, count, &range, args, sizeof args / sizeof *args, 0,
                    found, err));
done:
    free(x);
    free(due);
    return status;
}

/* The sum of all images' values of a channel. */
static int part_bias_gradient(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                              struct alexcl_error *err) {
    int status = ALEXCL_OK, pixels = c->in.h * c->in.w, end = c->first + c->images;
    size_t channels = (size_t)c->in.c, count = (size_t)end * shape_size(c->in);
    float *gradient = NULL, *due = NULL;
    TRY(selfcheck_make_random(count, "gradient", 2.0, &gradient, err));
    TRY(memory_alloc_floats(&due, channels, "a check", err));
    for (size_t i = 0; i < channels; i++) {
        double sum = 0;
        for (size_t at = (size_t)c->first * shape_size(c->in); at < count; at++)
            if (at / (size_t)pixels % channels == i) sum += (double)gradient[at];
        due[i] = (float)sum;
    }
    struct kernel_range range = {1, {0}, {channels}, {64}};
    struct kernel_arg args[] = {ARG_INT(0), ARG_INT(0),       ARG_INT(c->first), ARG_INT(end),
                                ARG_INT(0), ARG_INT(c->in.c), ARG_INT(pixels)};
    TRY(part_launch(target, c, "bias_gradient", gradient, count, due, 0, channels, &range, args,
                    sizeof args / sizeof *args, 0, found, err));
done:
    free(gradient);
    free(due);
    return status;
}

/* out[image][channel][pixel] = bias[channel], and back. */
static int part_bias(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK, pixels = c->in.h * c->in.w;
    size_t size = shape_size(c->in), before = (size_t)c->first * size, count = (size_t)c->images * size;
    float *bias = NULL, *due = NULL;
    TRY(selfcheck_make_random((size_t)c->in.c, "bias", 2.0, &bias, err));
    TRY(memory_alloc_floats(&due, before + count, "a check", err));
    for (size_t i = before; i < before + count; i++) due[i] = bias[i / (size_t)pixels % (size_t)c->in.c];
    struct kernel_range range = {2, {0, (size_t)c->first, 0}, {size, (size_t)c->images, 1}, {64, 1, 1}};
    struct kernel_arg args[] = {ARG_INT(0), ARG_INT(0), ARG_INT(c->in.c), ARG_INT(pixels)};
    TRY(part_launch(target, c, "bias_fill", bias, (size_t)c->in.c, due, before, count, &range, args,
                    sizeof args / sizeof *args, 1, found, err));
    TRY(part_bias_gradient(target, c, found, err));
done:
    free(bias);
    free(due);
    return status;
}

/* out[i]: the sum of the vectors i, i + items, ... of 4 floats. `alexcl time` measures the device by it; no score
 * depends on it. */
static int part_peak(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    enum { WIDTH = 4, VECTORS = 4 };
    size_t items = (size_t)c->in.c, in_count = items * VECTORS * WIDTH;
    float *x = NULL, *due = NULL;
    TRY(selfcheck_make_random(in_count, "x", 2.0, &x, err));
    TRY(memory_alloc_floats(&due, items, "a check", err));
    for (size_t i = 0; i < items; i++) {
        double sum = 0;
        for (size_t k = 0; k < (size_t)VECTORS * WIDTH; k++)
            sum += (double)x[(i + k / WIDTH * items) * WIDTH + k % WIDTH];
        due[i] = (float)sum;
    }
    struct kernel_range range = {1, {0}, {items}, {64}};
    struct kernel_arg args[] = {ARG_INT(0), ARG_INT(0), ARG_INT((int)items),
                                ARG_INT(1), ARG_INT(1), ARG_INT((int)items)};
    TRY(part_launch(target, c, "peak_read", x, in_count, due, 0, items, &range, args, sizeof args / sizeof *args, 0,
                    found, err));
done:
    free(x);
    free(due);
    return status;
}

/* ---- the step of an optimiser ---- */

/* weights, gradient, states */
enum { TENSORS = 2 + UPDATE_STATES };

/* A step on `count` values behind `before` others; x[] are the tensors before it, and behind it. */
static int part_step(struct target *target, enum update_form form, size_t before, size_t count, float *const x[TENSORS],
                     struct alexcl_error *err) {
    static const struct update_factors f = {0.3f, 0.1f, 0.9f, {0.2f, 0.4f}, 0.05f};
    int status = ALEXCL_OK;
    struct storage tensors[TENSORS] = {{0}};
    struct update *update = NULL;
    size_t floats = before + count + BEHIND;
    for (int t = 0; t < TENSORS; t++) TRY(selfcheck_store(target, x[t], floats, &tensors[t], err));
    TRY(update_create(target, form, &update, err));
    TRY(update_run(update, "update", &tensors[0], &tensors[1], tensors + 2, before, count, &f, err));
    for (int t = 0; t < TENSORS; t++) TRY(storage_read(&tensors[t], 0, x[t], floats, err));
done:
    update_free(update);
    for (int t = 0; t < TENSORS; t++) storage_free(&tensors[t]);
    return status;
}

static int part_is_same(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}

static int part_update(struct target *target, const struct selfcheck_case *c, enum update_form form,
                       struct selfcheck_found *found, struct alexcl_error *err) {
    static const char *const names[TENSORS] = {"w", "g", "m", "v"};
    int status = ALEXCL_OK;
    struct target host = {NULL};
    size_t size = shape_size(c->in), before = (size_t)c->first * size, count = (size_t)c->images * size,
           floats = before + count + BEHIND;
    float *got[TENSORS] = {0}, *due[TENSORS] = {0};
    for (int t = 0; t < TENSORS; t++) {
        TRY(selfcheck_make_random(floats, names[t], 1.0, &got[t], err));
        for (size_t i = 0; t == TENSORS - 1 && i < floats; i++) got[t][i] *= got[t][i]; /* a mean of squares */
        TRY(memory_alloc_floats(&due[t], floats, "a check", err));
        memcpy(due[t], got[t], floats * sizeof **due);
    }
    TRY(part_step(&host, form, before, count, due, err));
    TRY(part_step(target, form, before, count, got, err));
    for (int t = 0; t < TENSORS; t++) {
        selfcheck_compare(got[t] + before, due[t] + before, count, 0, found);
        if (!part_is_same(got[t], due[t], before) ||
            !part_is_same(got[t] + before + count, due[t] + before + count, BEHIND))
            found->unasked = 1;
    }
done:
    for (int t = 0; t < TENSORS; t++) {
        free(got[t]);
        free(due[t]);
    }
    return status;
}

static int part_sgd(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                    struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int form = UPDATE_SGD; status == ALEXCL_OK && form < UPDATE_ADAM; form++)
        status = part_update(target, c, (enum update_form)form, found, err);
    return status;
}

static int part_adam(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int form = UPDATE_ADAM; status == ALEXCL_OK && form < UPDATE_FORMS; form++)
        status = part_update(target, c, (enum update_form)form, found, err);
    return status;
}

/* ---- sums of gradients ---- */

enum { HALO_FIRST = 5, HALO_COUNT = 9, PART_FIRST = 3 };

/* a is `pitch` floats an image, of which PART_FIRST and those behind are added. */
static int part_accumulate_on(struct target *target, const struct accumulate_channels *to, int images, size_t pitch,
                              const float *a, const float *halo, float *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t n = (size_t)images, floats = n * to->floats + BEHIND;
    struct storage from = {0}, channels = {0}, sum = {0};
    struct accumulate *accumulate = NULL;
    TRY(selfcheck_store(target, a, n * pitch, &from, err));
    TRY(selfcheck_store(target, halo, n * (size_t)(to->count * to->hw), &channels, err));
    TRY(selfcheck_store(target, out, floats, &sum, err));
    TRY(accumulate_create(target, &accumulate, err));
    const struct accumulate_part parts[] = {{&from, PART_FIRST, pitch}, {&from, 0, pitch}};
    TRY(accumulate_sum(accumulate, "accumulate", parts, 2, &sum, to->floats, 1, images, err));
    TRY(accumulate_halo(accumulate, "accumulate", &channels, &sum, to, images, err));
    TRY(storage_read(&sum, 0, out, floats, err));
done:
    accumulate_free(accumulate);
    storage_free(&from);
    storage_free(&channels);
    storage_free(&sum);
    return status;
}

static int part_accumulate(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                           struct alexcl_error *err) {
    int status = ALEXCL_OK, images = c->first + c->images, block = layer_block(target), hw = c->in.h * c->in.w;
    const struct accumulate_channels to = {shape_floats(c->in, block), HALO_FIRST, HALO_COUNT, hw, block};
    size_t n = (size_t)images, pitch = to.floats + PART_FIRST, floats = n * to.floats;
    float *a = NULL, *halo = NULL, *got = NULL, *due = NULL;
    TRY(selfcheck_make_random(n * pitch, "a", 1.0, &a, err));
    TRY(selfcheck_make_random(n * HALO_COUNT * (size_t)hw, "b", 1.0, &halo, err));
    TRY(selfcheck_make_random(floats + BEHIND, "x", 1.0, &got, err));
    TRY(memory_alloc_floats(&due, floats, "a check", err));
    for (size_t i = 0; i < floats; i++) {
        const float *image = a + i / to.floats * pitch + i % to.floats;
        due[i] = got[i] + (image[PART_FIRST] + image[0]);
    }
    for (size_t i = 0; i < n * HALO_COUNT * (size_t)hw; i++) {
        size_t image = i / (HALO_COUNT * (size_t)hw), at = i % (HALO_COUNT * (size_t)hw),
               channel = block > 1 ? at % HALO_COUNT : at / (size_t)hw,
               pixel = block > 1 ? at / HALO_COUNT : at % (size_t)hw;
        due[image * to.floats + shape_position(HALO_FIRST + channel, pixel, (size_t)hw, (size_t)block)] += halo[i];
    }
    selfcheck_fill_nobody(got + floats, BEHIND);
    TRY(part_accumulate_on(target, &to, images, pitch, a, halo, got, err));
    part_compare(got, due, 0, floats, found);
done:
    free(a);
    free(halo);
    free(got);
    free(due);
    return status;
}

const struct selfcheck_part selfcheck_join = {"join", {.name = "join"}, {7, 3, 11}, part_join};
const struct selfcheck_part selfcheck_im2col = {
    "im2col", {.name = "im2col", .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}, {5, 9, 23}, part_im2col};
const struct selfcheck_part selfcheck_bias = {"bias", {.name = "bias"}, {7, 3, 11}, part_bias};
const struct selfcheck_part selfcheck_peak = {"peak", {.name = "peak"}, {130, 1, 1}, part_peak};
const struct selfcheck_part selfcheck_sgd = {"sgd", {.name = "update"}, {61, 1, 1}, part_sgd};
const struct selfcheck_part selfcheck_adam = {"adam", {.name = "update"}, {61, 1, 1}, part_adam};
const struct selfcheck_part selfcheck_accumulate = {"accumulate", {.name = "accumulate"}, {20, 3, 11}, part_accumulate};
