/* SPDX-License-Identifier: MIT */
/* What the checks of passes are made of: random values, inputs as they lie on a target, memory in which nobody wrote,
 * and how results are compared: value by value, in units of the largest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "memory.h"
#include "selfcheck.h"

const double selfcheck_tolerance = 1e-5;
const struct layer_random selfcheck_random = {.on = 1, .key = 0x9E3779B97F4A7C15, .image = 3};

/* What a buffer holds where nothing was written: a NaN of its own, which is told apart from one that a sum has made. */
static const uint32_t nobody = 0x7fc0beef;

void selfcheck_fill_nobody(float *x, size_t count) {
    for (size_t i = 0; i < count; i++) memcpy(x + i, &nobody, sizeof *x);
}

int selfcheck_is_nobody(const float *x, size_t count) {
    uint32_t bits = nobody;
    for (size_t i = 0; i < count && bits == nobody; i++) memcpy(&bits, x + i, sizeof bits);
    return bits == nobody;
}

int selfcheck_make_random(size_t count, const char *name, double scale, float **out, struct alexcl_error *err) {
    int status = memory_alloc_floats(out, count, "a check", err);
    if (status == ALEXCL_OK) counter_rng_fill_uniform(*out, counter_rng_key(1, name), 0, count, scale, 0);
    return status;
}

/* Channels first .. first+channels-1 of every image. */
static int case_cut(const float *x, size_t images, struct alexcl_shape s, int first, int channels, float **out,
                    struct alexcl_error *err) {
    size_t hw = (size_t)s.h * (size_t)s.w, width = (size_t)channels * hw;
    int status = memory_alloc_floats(out, images * width, "a check", err);
    for (size_t n = 0; status == ALEXCL_OK && n < images; n++)
        memcpy(*out + n * width, x + n * shape_size(s) + (size_t)first * hw, width * sizeof **out);
    return status;
}

int selfcheck_store(struct target *target, const float *values, size_t count, struct storage *out,
                    struct alexcl_error *err) {
    int status = storage_create(target, count, "a check", out, err);
    return status == ALEXCL_OK ? storage_write(out, 0, values, count, err) : status;
}

void selfcheck_free_input(struct selfcheck_input *in) {
    storage_free(&in->own);
    storage_free(&in->halo);
}

/* Stores channels first .. first+channels-1 of an input, in the layout of a half's own channels or as a halo. */
static int case_lay(const struct layer *l, int input, const float *x, size_t images, int first, int channels, int halo,
                    struct storage *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_shape whole = l->shape.inputs[input].whole;
    size_t size = (size_t)channels * (size_t)whole.h * (size_t)whole.w,
           floats = halo ? size : layer_own_floats(l, input);
    float *plain = NULL, *laid = NULL;
    if (l->shape.reads.all) floats = layer_in_floats(l);
    TRY(case_cut(x, images, whole, first, channels, &plain, err));
    TRY(memory_alloc_floats(&laid, images * floats, "a check", err));
    for (size_t i = 0; i < images * floats; i++) laid[i] = 0.0f;
    for (size_t n = 0; n < images; n++) {
        if (halo)
            layer_lay_halo(l, channels, plain + n * size, laid + n * floats);
        else if (l->shape.reads.all)
            layer_lay_in(l, plain + n * size, laid + n * floats);
        else
            layer_lay_own(l, input, plain + n * size, laid + n * floats);
    }
    TRY(selfcheck_store(l->target, laid, images * floats, out, err));
done:
    free(plain);
    free(laid);
    return status;
}

int selfcheck_make_input(const struct layer *l, int input, const float *x, size_t images, struct selfcheck_input *out,
                         struct alexcl_error *err) {
    int status = ALEXCL_OK, channels = l->shape.inputs[input].whole.c, half = l->shape.half;
    const struct layer_halo *halo = &l->shape.inputs[input].halo;
    TRY(case_lay(l, input, x, images, l->shape.reads.all ? 0 : shape_half_first(channels, half),
                 l->shape.reads.all ? channels : shape_half_count(channels, half), 0, &out->own, err));
    if (halo->count)
        TRY(case_lay(l, input, x, images, shape_half_first(channels, 1 - half) + halo->first, halo->count, 1,
                     &out->halo, err));
done:
    return status;
}

void selfcheck_compare(const float *got, const float *due, size_t count, int half, struct selfcheck_found *found) {
    double scale = 0;
    for (size_t i = 0; i < count; i++)
        if (fabs((double)due[i]) > scale) scale = fabs((double)due[i]);
    if (scale == 0) scale = 1;
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)got[i] - (double)due[i]) / scale;
        if (isnan(error)) error = INFINITY;
        if (error > found->error) found->error = error;
        if (error <= selfcheck_tolerance || found->wrong) continue;
        found->wrong = 1;
        found->half = half;
        found->index = i;
        found->got = got[i];
        found->due = due[i];
    }
}
