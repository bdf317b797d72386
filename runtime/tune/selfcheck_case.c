/* SPDX-License-Identifier: MIT */
/* One check of one kernel: a small layer is computed on a device and by the reference in C, and the values are compared
 * one by one, in units of the largest. Before and behind the images that are computed there are others, filled with a
 * NaN that no kernel computes, so that a write outside of what was asked for is found as well. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "memory.h"
#include "selfcheck.h"

enum { BEHIND = 64 }; /* floats behind the images, which must not be written */
const double selfcheck_tolerance = 1e-5;

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

/* One input of a half of a layer, on the target. */
struct case_input {
    struct storage own, halo;
};

static void case_free_input(struct case_input *in) {
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

static int case_make_input(const struct layer *l, int input, const float *x, size_t images, struct case_input *out,
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

/* Runs images first .. first+count-1 of x, the whole layer's inputs. out: `count` images; one_image: image `first`,
 * which is computed alone before; *unasked: whether another image or what is behind the last was written. */
static int case_run_half(struct layer *l, enum layer_pass_kind pass, float *const x[], int first, int count, float *out,
                         float *one_image, int *unasked, struct alexcl_error *err) {
    int status = ALEXCL_OK, inputs = l->shape.input_count;
    size_t images = (size_t)(first + count), size = shape_size(l->shape.out), each = layer_out_floats(l),
           floats = images * each + BEHIND;
    size_t before = (size_t)first * each;
    float *scratch = NULL, *made = NULL;
    struct case_input given[LAYER_SAMPLE_INPUTS] = {{{0}, {0}}};
    struct layer_source sources[LAYER_SAMPLE_INPUTS];
    struct storage to = {0}, workspace = {0};
    for (int i = 0; i < inputs; i++) {
        TRY(case_make_input(l, i, x[i], images, &given[i], err));
        sources[i] = (struct layer_source){&given[i].own, &given[i].halo};
    }
    if (l->pass[pass].workspace) {
        TRY(memory_alloc_floats(&scratch, l->pass[pass].workspace, "a check", err));
        selfcheck_fill_nobody(scratch, l->pass[pass].workspace);
        TRY(selfcheck_store(l->target, scratch, l->pass[pass].workspace, &workspace, err));
    }
    TRY(memory_alloc_floats(&made, floats, "a check", err));
    selfcheck_fill_nobody(made, floats);
    TRY(selfcheck_store(l->target, made, floats, &to, err));
    const struct layer_io one = {sources, &to, &workspace, first, 1}, all = {sources, &to, &workspace, first, count};
    TRY(layer_run(l, pass, &one, err));
    TRY(storage_read(&to, before, made, each, err));
    layer_take_out(l, made, one_image);
    TRY(layer_run(l, pass, &all, err));
    TRY(storage_read(&to, 0, made, floats, err));
    for (size_t n = 0; n < (size_t)count; n++) layer_take_out(l, made + before + n * each, out + n * size);
    *unasked = !selfcheck_is_nobody(made, before) || !selfcheck_is_nobody(made + images * each, BEHIND);
    if (l->target->device) TRY(buffer_check_guards(l->target->device, err));
done:
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) case_free_input(&given[i]);
    storage_free(&to);
    storage_free(&workspace);
    free(scratch);
    free(made);
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

int selfcheck_describe_layer(const struct selfcheck_case *c, int half, struct layer *l, struct alexcl_error *err) {
    struct alexcl_shape in[LAYER_SAMPLE_INPUTS] = {c->in};
    int count = 1;
    for (; count < LAYER_SAMPLE_INPUTS && c->more[count - 1].c; count++) in[count] = c->more[count - 1];
    return layer_describe_inputs(l, &c->desc, half, in, count, err);
}

static int case_run_layer(struct target *target, const struct selfcheck_case *c, int half,
                          struct selfcheck_found *found, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct target host = {NULL};
    struct layer l = {0}, reference = {0};
    float *x[LAYER_SAMPLE_INPUTS] = {0}, *w[LAYER_TENSORS] = {0}, *buffers = NULL, *one_image = NULL;
    size_t images = (size_t)(c->first + c->images);
    TRY(selfcheck_describe_layer(c, half, &l, err));
    l.choice.fp16 = c->fp16;
    reference = l;
    l.choice.in_block = c->in_block ? c->in_block : 1;
    l.choice.out_block = c->out_block ? c->out_block : 1;
    l.choice.reproducible = c->reproducible;
    l.choice.max_images = c->one_image;
    l.pass[c->pass].tile = c->tile;
    for (int i = 0; i < l.shape.input_count; i++) {
        char name[16] = "x";
        if (i) snprintf(name, sizeof name, "x%d", i);
        TRY(selfcheck_make_random(images * shape_size(l.shape.inputs[i].whole), name, 2.0, &x[i], err));
    }
    /* The half's own rows: which ones of the whole does not matter. */
    for (int t = 0; t < l.shape.tensor_count; t++)
        TRY(selfcheck_make_random(layer_tensor_floats(&l.shape.tensors[t]), l.shape.tensors[t].suffix, 0.5, &w[t],
                                  err));
    size_t floats = (size_t)c->images * shape_size(l.shape.out);
    int unasked = 0;
    TRY(memory_alloc_floats(&buffers, 2 * floats, "a check", err));
    TRY(memory_alloc_floats(&one_image, 2 * shape_size(l.shape.out), "a check", err));
    TRY(layer_prepare(&reference, c->pass, &host, (const float *const *)w, err));
    TRY(layer_prepare_variant(&l, c->pass, target, c->variant, (const float *const *)w, err));
    TRY(case_run_half(&reference, c->pass, x, c->first, c->images, buffers, one_image, &unasked, err));
    TRY(case_run_half(&l, c->pass, x, c->first, c->images, buffers + floats, one_image + shape_size(l.shape.out),
                      &unasked, err));
    selfcheck_compare(buffers + floats, buffers, floats, half, found);
    selfcheck_compare(one_image + shape_size(l.shape.out), buffers, shape_size(l.shape.out), half, found);
    if (unasked) found->unasked = 1;
done:
    layer_release(&reference);
    layer_release(&l);
    for (int t = 0; t < LAYER_TENSORS; t++) free(w[t]);
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) free(x[i]);
    free(buffers);
    free(one_image);
    return status;
}

int selfcheck_run_case(struct target *target, const struct selfcheck_case *c, struct selfcheck_found *found,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    *found = (struct selfcheck_found){0};
    if (!c->variant)
        status = c->part->run(target, c, found, err);
    else
        for (int half = 0; half < 2 && status == ALEXCL_OK; half++)
            status = case_run_layer(target, c, half, found, err);
    /* A command that failed is reported as an error, not as the wrong value that it has left. */
    if (status == ALEXCL_OK && target->device) status = device_finish(target->device, err);
    return status;
}

/* ---- for people ---- */

const char *selfcheck_kernels(const struct selfcheck_case *c) {
    return c->variant ? c->variant->kernels : c->part->kernels;
}

void selfcheck_describe(const struct selfcheck_case *c, char *out, size_t size) {
    const struct alexcl_layer *d = &c->desc;
    char window[LAYER_WINDOW_TEXT], outputs[24] = "", groups[24] = "";
    int units = c->in.h == 1 && c->in.w == 1;
    layer_window_text(d, window);
    const char *over =
        layer_type(d->type)->fields & LAYER_FIELD_LRN_SCOPE && d->lrn_scope == ALEXCL_LRN_SCOPE_LAYER ? " (layer)" : "";
    if (d->outputs) snprintf(outputs, sizeof outputs, " to %d", d->outputs);
    if (d->groups > 1) snprintf(groups, sizeof groups, ", %d groups", d->groups);
    if (c->fp16) snprintf(groups, sizeof groups, ", half weights");
    if (units)
        snprintf(out, size, "%d%s%s%s%s", c->in.c, window, over, outputs, groups);
    else
        snprintf(out, size, "%dx%dx%d%s%s%s%s", c->in.c, c->in.h, c->in.w, window, over, outputs, groups);
}

void selfcheck_explain(const struct selfcheck_found *found, char *out, size_t size) {
    if (found->wrong)
        snprintf(out, size, "half %d, value %zu: %.9g where %.9g is due; error %.2g, %.0e allowed", found->half,
                 found->index, (double)found->got, (double)found->due, found->error, selfcheck_tolerance);
    else if (found->unasked)
        snprintf(out, size, "it writes values outside the images that it is asked for");
    else
        snprintf(out, size, "right");
}
