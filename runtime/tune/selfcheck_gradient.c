/* SPDX-License-Identifier: MIT */
/* One check of one backward pass: random gradients of the output go through it on a device and through the reference,
 * behind images that it must leave as they were. What the forward pass made is the reference's. All gradients that a
 * pass makes are compared as one row of values: those of each input, then of its halo; or those of each tensor. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "selfcheck.h"

enum { BEHIND = 64 }; /* floats behind what is asked for, which must not be written */

/* A pass in memory: what it reads, and the gradients that it makes, each with the floats of an image. */
struct gradient_memory {
    struct selfcheck_input in[LAYER_SAMPLE_INPUTS], in_gradients[LAYER_SAMPLE_INPUTS];
    struct layer_source sources[LAYER_SAMPLE_INPUTS], sinks[LAYER_SAMPLE_INPUTS];
    struct storage out, out_gradient, workspace, tensors[LAYER_TENSORS];
};

static void gradient_free(struct gradient_memory *m) {
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) {
        selfcheck_free_input(&m->in[i]);
        selfcheck_free_input(&m->in_gradients[i]);
    }
    for (int t = 0; t < LAYER_TENSORS; t++) storage_free(&m->tensors[t]);
    storage_free(&m->out);
    storage_free(&m->out_gradient);
    storage_free(&m->workspace);
}

static struct alexcl_shape gradient_own(const struct layer *l, int input) {
    return l->shape.reads.all ? l->shape.in : layer_own(l, input);
}
static size_t gradient_own_floats(const struct layer *l, int input) {
    return l->shape.reads.all ? layer_in_floats(l) : layer_own_floats(l, input);
}
static size_t gradient_halo_floats(const struct layer *l, int input) {
    const struct layer_input *in = &l->shape.inputs[input];
    return (size_t)in->halo.count * (size_t)in->whole.h * (size_t)in->whole.w;
}

/* Stores values of the output as they lie in memory; what fills up the last block is 0. */
static int gradient_store_out(const struct layer *l, const float *plain, size_t images, struct storage *out,
                              struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t size = shape_size(l->shape.out), floats = layer_out_floats(l);
    float *laid = NULL;
    TRY(memory_alloc_floats(&laid, images * floats, "a check", err));
    memset(laid, 0, images * floats * sizeof *laid);
    for (size_t n = 0; n < images; n++) layer_lay_out(l, plain + n * size, laid + n * floats);
    TRY(selfcheck_store(l->target, laid, images * floats, out, err));
done:
    free(laid);
    return status;
}

static int gradient_store_nobody(struct target *target, size_t floats, struct storage *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    float *values = NULL;
    if (floats == 0) return ALEXCL_OK;
    TRY(memory_alloc_floats(&values, floats + BEHIND, "a check", err));
    selfcheck_fill_nobody(values, floats + BEHIND);
    TRY(selfcheck_store(target, values, floats + BEHIND, out, err));
done:
    free(values);
    return status;
}

static int gradient_make(const struct layer *l, enum layer_pass_kind pass, float *const x[], const float *y,
                         const float *g, size_t images, struct gradient_memory *m, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(gradient_store_out(l, y, images, &m->out, err));
    TRY(gradient_store_out(l, g, images, &m->out_gradient, err));
    for (int i = 0; i < l->shape.input_count; i++) {
        TRY(selfcheck_make_input(l, i, x[i], images, &m->in[i], err));
        m->sources[i] = (struct layer_source){&m->in[i].own, &m->in[i].halo};
        m->sinks[i] = (struct layer_source){&m->in_gradients[i].own, &m->in_gradients[i].halo};
        if (pass != LAYER_INPUT_GRADIENT) continue;
        TRY(gradient_store_nobody(l->target, images * gradient_own_floats(l, i), &m->in_gradients[i].own, err));
        TRY(gradient_store_nobody(l->target, images * gradient_halo_floats(l, i), &m->in_gradients[i].halo, err));
    }
    for (int t = 0; t < l->shape.tensor_count && pass == LAYER_WEIGHT_GRADIENT; t++)
        TRY(gradient_store_nobody(l->target, layer_tensor_floats(&l->shape.tensors[t]), &m->tensors[t], err));
    TRY(gradient_store_nobody(l->target, l->pass[pass].workspace, &m->workspace, err));
done:
    return status;
}

/* Reads the gradients of one input, of images first .. images-1, to *to, which goes on behind them. */
static int gradient_take_input(const struct layer *l, int input, struct storage *s, size_t first, size_t images,
                               float **to, int *unasked, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_shape own = gradient_own(l, input);
    size_t size = shape_size(own), each = gradient_own_floats(l, input), floats = images * each,
           pixels = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w, hw = (size_t)own.h * (size_t)own.w;
    float *laid = NULL;
    if (each == 0) return ALEXCL_OK; /* an input with one channel has none in half 1 */
    TRY(memory_alloc_floats(&laid, floats + BEHIND, "a check", err));
    TRY(storage_read(s, 0, laid, floats + BEHIND, err));
    *unasked |= !selfcheck_is_nobody(laid, first * each) || !selfcheck_is_nobody(laid + floats, BEHIND);
    for (size_t n = first; n < images; n++)
        for (size_t i = 0; i < size; i++) {
            size_t at = l->shape.reads.all ? layer_in_position(l, (int)(i / pixels), (int)(i % pixels))
                                           : shape_position(i / hw, i % hw, hw, (size_t)l->choice.in_block);
            *(*to)++ = laid[n * each + at];
        }
done:
    free(laid);
    return status;
}

/* The same of its halo, which has no lanes that are filled up: as it lies. */
static int gradient_take_halo(const struct layer *l, int input, struct storage *s, size_t first, size_t images,
                              float **to, int *unasked, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t hw = (size_t)l->shape.inputs[input].whole.h * (size_t)l->shape.inputs[input].whole.w,
           count = (size_t)l->shape.inputs[input].halo.count, each = count * hw, floats = images * each;
    float *laid = NULL;
    if (each == 0) return ALEXCL_OK;
    TRY(memory_alloc_floats(&laid, floats + BEHIND, "a check", err));
    TRY(storage_read(s, 0, laid, floats + BEHIND, err));
    *unasked |= !selfcheck_is_nobody(laid, first * each) || !selfcheck_is_nobody(laid + floats, BEHIND);
    for (size_t n = first; n < images; n++)
        for (size_t i = 0; i < each; i++)
            *(*to)++ = laid[n * each + (l->choice.in_block > 1 ? i % hw * count + i / hw : i)];
done:
    free(laid);
    return status;
}

static int gradient_take_tensor(const struct layer *l, int t, struct storage *s, float **to, int *unasked,
                                struct alexcl_error *err) {
    size_t floats = layer_tensor_floats(&l->shape.tensors[t]);
    float behind[BEHIND];
    int status = storage_read(s, 0, *to, floats, err);
    if (status == ALEXCL_OK) status = storage_read(s, floats, behind, BEHIND, err);
    if (status == ALEXCL_OK) *unasked |= !selfcheck_is_nobody(behind, BEHIND);
    *to += floats;
    return status;
}

/* How many values a pass makes for so many images. */
static size_t gradient_values(const struct layer *l, enum layer_pass_kind pass, size_t images) {
    size_t sum = 0;
    for (int i = 0; i < l->shape.input_count && pass == LAYER_INPUT_GRADIENT; i++)
        sum += images * (shape_size(gradient_own(l, i)) + gradient_halo_floats(l, i));
    for (int t = 0; t < l->shape.tensor_count && pass == LAYER_WEIGHT_GRADIENT; t++)
        sum += layer_tensor_floats(&l->shape.tensors[t]);
    return sum;
}

static int gradient_run(struct layer *l, enum layer_pass_kind pass, float *const x[], const float *y, const float *g,
                        int first, int count, float *to, int *unasked, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t images = (size_t)(first + count);
    struct gradient_memory m = {0};
    TRY(gradient_make(l, pass, x, y, g, images, &m, err));
    const struct layer_io io = {.in = m.sources,
                                .out = &m.out,
                                .workspace = &m.workspace,
                                .first = first,
                                .count = count,
                                .random = selfcheck_random,
                                .out_gradient = &m.out_gradient,
                                .in_gradients = m.sinks,
                                .tensor_gradients = m.tensors};
    TRY(layer_run(l, pass, &io, err));
    for (int i = 0; i < l->shape.input_count && pass == LAYER_INPUT_GRADIENT; i++) {
        TRY(gradient_take_input(l, i, &m.in_gradients[i].own, (size_t)first, images, &to, unasked, err));
        TRY(gradient_take_halo(l, i, &m.in_gradients[i].halo, (size_t)first, images, &to, unasked, err));
    }
    for (int t = 0; t < l->shape.tensor_count && pass == LAYER_WEIGHT_GRADIENT; t++)
        TRY(gradient_take_tensor(l, t, &m.tensors[t], &to, unasked, err));
    if (l->target->device) TRY(buffer_check_guards(l->target->device, err));
done:
    gradient_free(&m);
    return status;
}

/* What the forward pass of the reference makes of all images. */
static int gradient_forward(const struct layer *reference, float *const x[], const float *const w[LAYER_TENSORS],
                            size_t images, float *y, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t floats = images * shape_size(reference->shape.out);
    struct layer l = {.shape = reference->shape, .choice = reference->choice};
    struct selfcheck_input in[LAYER_SAMPLE_INPUTS] = {{{0}, {0}}};
    struct layer_source sources[LAYER_SAMPLE_INPUTS];
    struct storage out = {0};
    TRY(layer_prepare(&l, LAYER_FORWARD, reference->target, w, err));
    for (int i = 0; i < l.shape.input_count; i++) {
        TRY(selfcheck_make_input(&l, i, x[i], images, &in[i], err));
        sources[i] = (struct layer_source){&in[i].own, &in[i].halo};
    }
    TRY(storage_create(l.target, floats, "a check", &out, err));
    const struct layer_io io = {.in = sources, .out = &out, .count = (int)images, .random = selfcheck_random};
    TRY(layer_run(&l, LAYER_FORWARD, &io, err));
    TRY(storage_read(&out, 0, y, floats, err));
done:
    for (int i = 0; i < LAYER_SAMPLE_INPUTS; i++) selfcheck_free_input(&in[i]);
    storage_free(&out);
    layer_release(&l);
    return status;
}

int selfcheck_run_gradient(struct layer *l, struct layer *reference, const struct selfcheck_case *c, float *const x[],
                           const float *const w[LAYER_TENSORS], struct selfcheck_found *found,
                           struct alexcl_error *err) {
    int status = ALEXCL_OK, unasked = 0;
    size_t images = (size_t)(c->first + c->images), out = images * shape_size(l->shape.out),
           values = gradient_values(l, c->pass, (size_t)c->images);
    float *y = NULL, *g = NULL, *made = NULL;
    if (out == 0) return ALEXCL_OK;
    TRY(memory_alloc_floats(&y, out, "a check", err));
    TRY(selfcheck_make_random(out, "gradient", 1.0, &g, err));
    TRY(memory_alloc_floats(&made, 2 * values, "a check", err));
    TRY(gradient_forward(reference, x, w, images, y, err));
    TRY(gradient_run(reference, c->pass, x, y, g, c->first, c->images, made, &unasked, err));
    TRY(gradient_run(l, c->pass, x, y, g, c->first, c->images, made + values, &unasked, err));
    selfcheck_compare(made + values, made, values, l->shape.half, found);
    if (unasked) found->unasked = 1;
done:
    free(y);
    free(g);
    free(made);
    return status;
}
