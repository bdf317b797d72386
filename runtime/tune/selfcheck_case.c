/* SPDX-License-Identifier: MIT */
/* One check of one kernel: a small layer is computed on a device and by the reference in C, and the values are compared
 * one by one, in units of the largest. Before and behind the images that are computed there are others, filled with a
 * NaN that no kernel computes, so that a write outside of what was asked for is found as well. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "selfcheck.h"

enum { BEHIND = 64 }; /* floats behind the images, which must not be written */

/* Runs the forward pass of images first .. first+count-1 of x, the whole layer's inputs. out: `count` images;
 * one_image: image `first`, which is computed alone before; *unasked: whether another image or what is behind the last
 * was written. */
static int case_run_half(struct layer *l, float *const x[], int first, int count, float *out, float *one_image,
                         int *unasked, struct alexcl_error *err) {
    const enum layer_pass_kind pass = LAYER_FORWARD;
    int status = ALEXCL_OK, inputs = l->shape.input_count;
    size_t images = (size_t)(first + count), size = shape_size(l->shape.out), each = layer_out_floats(l),
           floats = images * each + BEHIND;
    size_t before = (size_t)first * each;
    float *scratch = NULL, *made = NULL;
    struct selfcheck_input given[LAYER_SAMPLE_INPUTS] = {{{0}, {0}}};
    struct layer_source sources[LAYER_SAMPLE_INPUTS];
    struct storage to = {0}, workspace = {0};
    for (int i = 0; i < inputs; i++) {
        TRY(selfcheck_make_input(l, i, x[i], images, &given[i], err));
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
    struct layer_io one = {.in = sources,
                           .out = &to,
                           .workspace = &workspace,
                           .first = first,
                           .count = 1,
                           .random = selfcheck_random},
                    all = one;
    all.count = count;
    TRY(layer_run(l, pass, &one, err));
    TRY(storage_read(&to, before, made, each, err));
    layer_take_out(l, made, one_image);
    TRY(layer_run(l, pass, &all, err));
    TRY(storage_read(&to, 0, made, floats, err));
    for (size_t n = 0; n < (size_t)count; n++) layer_take_out(l, made + before + n * each, out + n * size);
    *unasked = !selfcheck_is_nobody(made, before) || !selfcheck_is_nobody(made + images * each, BEHIND);
    if (l->target->device) TRY(buffer_check_guards(l->target->device, err));
done:
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) selfcheck_free_input(&given[i]);
    storage_free(&to);
    storage_free(&workspace);
    free(scratch);
    free(made);
    return status;
}

int selfcheck_describe_layer(const struct selfcheck_case *c, int half, struct layer *l, struct alexcl_error *err) {
    struct alexcl_shape in[LAYER_SAMPLE_INPUTS] = {c->in};
    int count = 1;
    for (; count < LAYER_SAMPLE_INPUTS && c->more[count - 1].c; count++) in[count] = c->more[count - 1];
    int status = layer_describe_inputs(l, &c->desc, half, in, count, err);
    if (status == ALEXCL_OK && (c->training || c->pass != LAYER_FORWARD)) layer_train(l);
    return status;
}

/* A case's layer on the device and on the reference, and the random values of both. */
struct case_run {
    const struct selfcheck_case *c;
    struct layer l, reference;
    float *x[LAYER_SAMPLE_INPUTS], *w[LAYER_TENSORS];
};

static int case_describe(struct case_run *r, const struct selfcheck_case *c, int half, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct layer *l = &r->l;
    size_t images = (size_t)(c->first + c->images);
    r->c = c;
    TRY(selfcheck_describe_layer(c, half, l, err));
    l->choice.precision = c->precision;
    l->choice.all_ties = c->all_ties;
    r->reference = *l;
    l->choice.in_block = c->in_block ? c->in_block : 1;
    l->choice.out_block = c->out_block ? c->out_block : 1;
    l->choice.reproducible = c->reproducible;
    l->choice.max_images = c->one_image;
    l->pass[c->pass].tile = c->tile;
    for (int i = 0; i < l->shape.input_count; i++) {
        char name[16] = "x";
        if (i) snprintf(name, sizeof name, "x%d", i);
        TRY(selfcheck_make_random(images * shape_size(l->shape.inputs[i].whole), name, 2.0, &r->x[i], err));
    }
    /* The half's own rows: which ones of the whole does not matter. */
    for (int t = 0; t < l->shape.tensor_count; t++)
        TRY(selfcheck_make_random(layer_tensor_floats(&l->shape.tensors[t]), l->shape.tensors[t].suffix, 0.5, &r->w[t],
                                  err));
done:
    return status;
}

static int case_run_forward(struct case_run *r, int half, struct selfcheck_found *found, struct alexcl_error *err) {
    int status = ALEXCL_OK, unasked = 0, first = r->c->first, images = r->c->images;
    size_t size = shape_size(r->l.shape.out), floats = (size_t)images * size;
    float *buffers = NULL, *one_image = NULL;
    TRY(memory_alloc_floats(&buffers, 2 * floats, "a check", err));
    TRY(memory_alloc_floats(&one_image, 2 * size, "a check", err));
    TRY(case_run_half(&r->reference, r->x, first, images, buffers, one_image, &unasked, err));
    TRY(case_run_half(&r->l, r->x, first, images, buffers + floats, one_image + size, &unasked, err));
    selfcheck_compare(buffers + floats, buffers, floats, half, found);
    selfcheck_compare(one_image + size, buffers, size, half, found);
    if (unasked) found->unasked = 1;
done:
    free(buffers);
    free(one_image);
    return status;
}

static int case_run_layer(struct target *target, const struct selfcheck_case *c, int half,
                          struct selfcheck_found *found, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct target host = {NULL};
    struct case_run r = {0};
    TRY(case_describe(&r, c, half, err));
    TRY(layer_prepare(&r.reference, c->pass, &host, (const float *const *)r.w, err));
    TRY(layer_prepare_variant(&r.l, c->pass, target, c->variant, (const float *const *)r.w, err));
    if (c->pass == LAYER_FORWARD)
        TRY(case_run_forward(&r, half, found, err));
    else
        TRY(selfcheck_run_gradient(&r.l, &r.reference, c, r.x, (const float *const *)r.w, found, err));
done:
    layer_release(&r.reference);
    layer_release(&r.l);
    for (int t = 0; t < LAYER_TENSORS; t++) free(r.w[t]);
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) free(r.x[i]);
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

const char *selfcheck_pass_name(enum layer_pass_kind pass) {
    static const char *const names[LAYER_PASSES] = {"forward", "input gradient", "weight gradient"};
    return names[pass];
}

const char *selfcheck_kernels(const struct selfcheck_case *c) {
    const char *kernels = c->variant ? c->variant->kernels : c->part->kernels;
    return kernels ? kernels : "";
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
    if (c->precision) snprintf(groups, sizeof groups, "%s", precision_told(c->precision));
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
