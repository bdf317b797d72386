/* SPDX-License-Identifier: MIT */
/* The backward passes of one variant against the reference, and against golden vectors. What the forward pass made is
 * the reference's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_buffers.h"
#include "kernel_check.h"
#include "layer_conv.h"
#include "layer_fc.h"

/* What layers draw at random that do. */
static const struct layer_random RANDOM = {.on = 1, .key = 0x20120930A1E7C0DE, .image = 3};

/* What a backward pass reads, of all images: whole inputs, the half's output and its gradient. */
struct given {
    float *x[LAYER_INPUTS], *y, *g;
    int images;
};

/* What a backward pass makes: gradients of each input, n x c x h x w, those of the half's own channels (with reads.all:
 * of all) and of the halo; or of each tensor. */
struct gradients {
    float *own[LAYER_INPUTS], *halo[LAYER_INPUTS], *tensors[LAYER_TENSORS];
};

static void free_gradients(struct gradients *g) {
    for (int i = 0; i < LAYER_INPUTS; i++) free(g->own[i]), free(g->halo[i]);
    for (int t = 0; t < LAYER_TENSORS; t++) free(g->tensors[t]);
}

static struct alexcl_shape own_shape(const struct layer *l, int input) {
    return l->shape.reads.all ? l->shape.in : layer_own(l, input);
}
static size_t own_floats(const struct layer *l, int input) {
    return l->shape.reads.all ? layer_in_floats(l) : layer_own_floats(l, input);
}
static struct alexcl_shape halo_shape(const struct layer *l, int input) {
    struct alexcl_shape whole = l->shape.inputs[input].whole;
    return (struct alexcl_shape){l->shape.inputs[input].halo.count, whole.h, whole.w};
}

/* Where value (c, i) of an input or of its halo lies in memory, within its image. */
static size_t input_position(const struct layer *l, int input, int halo, size_t c, size_t i) {
    struct alexcl_shape s = halo ? halo_shape(l, input) : own_shape(l, input);
    size_t hw = (size_t)s.h * (size_t)s.w, block = (size_t)l->choice.in_block;
    if (halo) return block > 1 ? i * (size_t)s.c + c : c * hw + i;
    if (l->shape.input_count > 1) return shape_position(c, i, hw, block);
    size_t at = c * hw + i, pixels = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w;
    return layer_in_position(l, (int)(at / pixels), (int)(at % pixels));
}

static void make_input(const struct layer *l, int input, const struct given *given, int first, int count,
                       struct storage *out) {
    if (!l->shape.reads.all && l->shape.input_count > 1) {
        kernel_buffers_make_source(l, input, given->x[input], given->images, first, count, 0, out);
        return;
    }
    float *plain = kernel_buffers_half(l, given->x[input], given->images),
          *laid = kernel_buffers_lay_in(l, plain, given->images);
    kernel_buffers_make(l->target, laid, layer_in_floats(l), given->images, first, count, out);
    free(plain), free(laid);
}

static void make_output(const struct layer *l, const float *plain, int images, int first, int count,
                        struct storage *out) {
    float *laid = kernel_buffers_lay_out(l, plain, images);
    kernel_buffers_make(l->target, laid, layer_out_floats(l), images, first, count, out);
    free(laid);
}

/* Reads gradients of an input back, n x c x h x w. No image is written that was not asked for, and what fills up the
 * last block is finite where one was. */
static float *take_input(const struct layer *l, int input, int halo, struct storage *s, int images, int first,
                         int count) {
    struct alexcl_error err = {0};
    struct alexcl_shape shape = halo ? halo_shape(l, input) : own_shape(l, input);
    size_t hw = (size_t)shape.h * (size_t)shape.w, size = shape_size(shape),
           floats = halo ? size : own_floats(l, input);
    float *laid = support_floats((size_t)images * floats), *plain = support_floats((size_t)images * size);
    EXPECT_OK(storage_read(s, 0, laid, (size_t)images * floats, &err), err);
    for (size_t n = 0; n < (size_t)images; n++) {
        int asked = n >= (size_t)first && n < (size_t)(first + count);
        for (size_t i = 0; i < floats && !kernel_check_bare(); i++)
            ck_assert_msg(asked ? isfinite(laid[n * floats + i]) : kernel_buffers_is_nobody(&laid[n * floats + i]),
                          "%s, half %d, input %d: value %zu in memory of image %zu is %g", l->shape.desc->name,
                          l->shape.half, input, i, n, (double)laid[n * floats + i]);
        for (size_t c = 0; c < (size_t)shape.c; c++)
            for (size_t i = 0; i < hw; i++)
                plain[n * size + c * hw + i] = laid[n * floats + input_position(l, input, halo, c, i)];
    }
    kernel_buffers_check_behind(l, s, (size_t)images * floats);
    free(laid);
    return plain;
}

static float *take_tensor(const struct layer *l, int t, struct storage *s) {
    struct alexcl_error err = {0};
    size_t floats = layer_tensor_floats(&l->shape.tensors[t]);
    float *values = support_floats(floats);
    EXPECT_OK(storage_read(s, 0, values, floats, &err), err);
    kernel_buffers_check_behind(l, s, floats);
    return values;
}

/* Runs a pass for images first .. first+count-1. `start`: what the tensors' gradients are added to; NULL: nothing. In
 * place: the gradient of the input is written over that of the output. */
static struct gradients run_pass(struct layer *l, enum layer_pass_kind pass, const struct given *given, int first,
                                 int count, float *const *start, int in_place) {
    struct alexcl_error err = {0};
    struct gradients out = {{0}, {0}, {0}};
    struct storage x[LAYER_INPUTS] = {{0}}, halo[LAYER_INPUTS] = {{0}}, gx[LAYER_INPUTS] = {{0}},
                   ghalo[LAYER_INPUTS] = {{0}}, gw[LAYER_TENSORS] = {{0}}, y = {0}, g = {0}, workspace = {0};
    struct layer_source sources[LAYER_INPUTS], sinks[LAYER_INPUTS];
    int images = given->images, to_input = pass == LAYER_INPUT_GRADIENT;
    make_output(l, given->y, images, first, count, &y);
    make_output(l, given->g, images, first, count, &g);
    for (int i = 0; i < l->shape.input_count; i++) {
        int sides = l->shape.inputs[i].halo.count > 0;
        make_input(l, i, given, first, count, &x[i]);
        if (sides) kernel_buffers_make_source(l, i, given->x[i], images, first, count, 1, &halo[i]);
        if (to_input && !in_place) kernel_buffers_make(l->target, NULL, own_floats(l, i), images, first, count, &gx[i]);
        if (to_input && sides)
            kernel_buffers_make(l->target, NULL, shape_size(halo_shape(l, i)), images, first, count, &ghalo[i]);
        sources[i] = (struct layer_source){&x[i], sides ? &halo[i] : NULL};
        sinks[i] = (struct layer_source){in_place ? &g : &gx[i], sides ? &ghalo[i] : NULL};
    }
    for (int t = 0; t < l->shape.tensor_count && !to_input; t++)
        kernel_buffers_make(l->target, start ? start[t] : NULL, layer_tensor_floats(&l->shape.tensors[t]), 1, 0, 1,
                            &gw[t]);
    if (l->pass[pass].workspace) kernel_buffers_make(l->target, NULL, l->pass[pass].workspace, 1, 0, 1, &workspace);
    const struct layer_io io = {.in = sources,
                                .out = &y,
                                .workspace = l->pass[pass].workspace ? &workspace : NULL,
                                .first = first,
                                .count = count,
                                .random = RANDOM,
                                .out_gradient = &g,
                                .in_gradients = to_input ? sinks : NULL,
                                .tensor_gradients = to_input ? NULL : gw,
                                .add = start != NULL};
    EXPECT_OK(layer_run(l, pass, &io, &err), err);
    for (int i = 0; i < l->shape.input_count && to_input; i++) {
        out.own[i] = take_input(l, i, 0, in_place ? &g : &gx[i], images, first, count);
        if (l->shape.inputs[i].halo.count) out.halo[i] = take_input(l, i, 1, &ghalo[i], images, first, count);
    }
    for (int t = 0; t < l->shape.tensor_count && !to_input; t++) out.tensors[t] = take_tensor(l, t, &gw[t]);
    if (l->pass[pass].workspace) kernel_buffers_check_behind(l, &workspace, l->pass[pass].workspace);
    if (l->target->device) EXPECT_OK(buffer_check_guards(l->target->device, &err), err);
    for (int i = 0; i < LAYER_INPUTS && !kernel_check_bare(); i++)
        storage_free(&x[i]), storage_free(&halo[i]), storage_free(&gx[i]), storage_free(&ghalo[i]);
    for (int t = 0; t < LAYER_TENSORS && !kernel_check_bare(); t++) storage_free(&gw[t]);
    if (!kernel_check_bare()) storage_free(&y), storage_free(&g), storage_free(&workspace);
    return out;
}

/* The forward pass of the reference, in place of which stands nothing: n x out. */
static float *reference_output(const struct layer *described, const struct given *given,
                               const float *const values[LAYER_TENSORS]) {
    struct alexcl_error err = {0};
    struct target host = {NULL};
    struct layer l = *described;
    struct storage x[LAYER_INPUTS] = {{0}}, halo[LAYER_INPUTS] = {{0}}, y = {0};
    struct layer_source sources[LAYER_INPUTS];
    size_t floats = (size_t)given->images * shape_size(l.shape.out);
    float *out = support_floats(floats);
    l.choice.in_block = l.choice.out_block = 1;
    if (l.shape.view) { /* what a view makes is what it is given */
        memcpy(out, given->x[0], floats * sizeof *out);
        return out;
    }
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, &host, values, &err), err);
    for (int i = 0; i < l.shape.input_count; i++) {
        int sides = l.shape.inputs[i].halo.count > 0;
        make_input(&l, i, given, 0, given->images, &x[i]);
        if (sides) kernel_buffers_make_source(&l, i, given->x[i], given->images, 0, given->images, 1, &halo[i]);
        sources[i] = (struct layer_source){&x[i], sides ? &halo[i] : NULL};
    }
    EXPECT_OK(storage_create(&host, floats, "a test", &y, &err), err);
    const struct layer_io io = {.in = sources, .out = &y, .count = given->images, .random = RANDOM};
    EXPECT_OK(layer_run(&l, LAYER_FORWARD, &io, &err), err);
    EXPECT_OK(storage_read(&y, 0, out, floats, &err), err);
    for (int i = 0; i < LAYER_INPUTS; i++) storage_free(&x[i]), storage_free(&halo[i]);
    storage_free(&y);
    layer_release(&l);
    return out;
}

static void compare_inputs(const char *what, const struct layer *l, const struct gradients *got,
                           const struct gradients *want, int first, int count, int exact) {
    int spread = kernel_check_is_winograd(l->pass[LAYER_INPUT_GRADIENT].variant->name);
    for (int turn = 0; turn < 2 * l->shape.input_count; turn++) {
        int input = turn / 2, halo = turn % 2;
        float *const *a = halo ? got->halo : got->own, *const *b = halo ? want->halo : want->own;
        if (!a[input]) continue;
        const struct support_maps maps = {halo ? halo_shape(l, input) : own_shape(l, input), (size_t)first, spread};
        size_t from = (size_t)first * shape_size(maps.shape), floats = (size_t)count * shape_size(maps.shape);
        if (exact)
            support_same_maps(what, a[input] + from, b[input] + from, floats, &maps);
        else
            support_compare_maps(what, a[input] + from, b[input] + from, floats, KERNEL_CHECK_TOLERANCE, &maps);
    }
}

/* A tensor's gradient for messages; Winograd's are as far off everywhere. */
static struct support_maps weight_maps(const char *variant, const struct layer *l, int t) {
    const int *shape = l->shape.tensors[t].shape;
    int one = l->shape.tensors[t].dims < 4, spread = t == 0 && kernel_check_is_winograd(variant);
    return (struct support_maps){
        {one ? 1 : shape[1], one ? 1 : shape[2], one ? 1 : shape[3]}, (size_t)l->shape.tensors[t].first, spread};
}

static void compare_tensors(const char *what, const struct layer *l, const struct gradients *got,
                            const struct gradients *want, int exact) {
    for (int t = 0; t < l->shape.tensor_count; t++) {
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        const struct support_maps maps = weight_maps(l->pass[LAYER_WEIGHT_GRADIENT].variant->name, l, t);
        support_compare_maps(what, got->tensors[t], want->tensors[t], layer_tensor_floats(tensor),
                             exact ? 0.0 : KERNEL_CHECK_TOLERANCE, &maps);
    }
}

/* An image's gradient does not depend on the images beside it, nor on the launch. */
static void check_input_gradient(const char *what, struct layer *l, struct layer *reference, const struct given *given,
                                 const struct kernel_check_extent *e) {
    int first = e->first, count = e->count;
    struct gradients want = run_pass(reference, LAYER_INPUT_GRADIENT, given, first, count, NULL, 0),
                     got = run_pass(l, LAYER_INPUT_GRADIENT, given, first, count, NULL, 0);
    compare_inputs(what, l, &got, &want, first, count, 0);
    if (e->singles) {
        struct gradients one = run_pass(l, LAYER_INPUT_GRADIENT, given, first + count - 1, 1, NULL, 0);
        compare_inputs(what, l, &one, &got, first + count - 1, 1, 1);
        free_gradients(&one);
    }
    if (e->all_ways) {
        uint64_t macs = l->shape.macs;
        l->shape.macs = UINT64_MAX; /* so many that every image gets launches of its own */
        struct gradients apart = run_pass(l, LAYER_INPUT_GRADIENT, given, first, count, NULL, 0);
        l->shape.macs = macs;
        compare_inputs(what, l, &apart, &got, first, count, 1);
        free_gradients(&apart);
    }
    if (l->shape.in_place && l->shape.input_count == 1) {
        struct gradients over = run_pass(l, LAYER_INPUT_GRADIENT, given, first, count, NULL, 1);
        compare_inputs(what, l, &over, &got, first, count, 1);
        free_gradients(&over);
    }
    free_gradients(&want), free_gradients(&got);
}

/* Whether a gradient has the same bits where images are cut behind the first `count`. Elsewhere than in these two
 * variants images are summed one after the other. */
static int keeps_sums(const struct layer *l, int count) {
    const struct layer_variant *v = l->pass[LAYER_WEIGHT_GRADIENT].variant;
    if (v == &fc_clblast_weight) return 0;                                  /* one product of all images of a launch */
    return v != &conv_winograd_weight_gradient || count % v->chunk(l) == 0; /* sums of a chunk */
}

/* The sums over some images, those over others added to them, and those where every image has a launch of its own, are
 * the same to the bit, where a variant keeps them. Under a simulator that looks for faults: both launches. */
static void check_weight_gradient(const char *what, struct layer *l, struct layer *reference, const struct given *given,
                                  const struct kernel_check_extent *e) {
    int first = e->first, count = e->count, some = e->all_ways ? 2 : 1, exact = keeps_sums(l, some);
    struct gradients want = run_pass(reference, LAYER_WEIGHT_GRADIENT, given, first, count, NULL, 0),
                     start = run_pass(l, LAYER_WEIGHT_GRADIENT, given, first, some, NULL, 0),
                     added = run_pass(l, LAYER_WEIGHT_GRADIENT, given, first + some, count - some, start.tensors, 0);
    compare_tensors(what, l, &added, &want, 0);
    for (int apart = 0; apart < 2 && e->all_ways; apart++) {
        uint64_t macs = l->shape.macs;
        if (apart) l->shape.macs = UINT64_MAX;
        struct gradients all = run_pass(l, LAYER_WEIGHT_GRADIENT, given, first, count, NULL, 0);
        l->shape.macs = macs;
        compare_tensors(what, l, &all, &added, exact);
        free_gradients(&all);
    }
    free_gradients(&want), free_gradients(&start), free_gradients(&added);
}

static void prepare(struct layer *l, enum layer_pass_kind pass, const char *variant, struct target *target,
                    const float *const values[LAYER_TENSORS]) {
    struct alexcl_error err = {0};
    l->choice.reproducible = 1;
    EXPECT_OK(layer_prepare_variant(l, pass, target, kernel_check_variant(l, pass, variant), values, &err), err);
}

static void check_half(const char *variant, enum layer_pass_kind pass, const struct layer *described) {
    const struct kernel_check_extent *e = kernel_check_extent(variant, described->shape.desc->type);
    struct target host = {NULL};
    struct layer l = *described, reference = l;
    struct given given = {.images = e->images};
    float *w[LAYER_TENSORS] = {0};
    char what[160];
    snprintf(what, sizeof what, "%s, %s gradient of %s, half %d of %d x %d x %d in blocks of %d", variant,
             pass == LAYER_INPUT_GRADIENT ? "input" : "weight", l.shape.desc->name, l.shape.half, l.shape.whole_in.c,
             l.shape.whole_in.h, l.shape.whole_in.w, l.choice.in_block);
    for (int i = 0; i < l.shape.input_count; i++) {
        char name[16];
        snprintf(name, sizeof name, i ? "x%d" : "x", i);
        given.x[i] = support_random((size_t)e->images * shape_size(l.shape.inputs[i].whole), name, 2.0);
    }
    for (int t = 0; t < l.shape.tensor_count; t++)
        w[t] = support_random(layer_tensor_floats(&l.shape.tensors[t]), l.shape.tensors[t].suffix, 0.5);
    reference.choice.in_block = reference.choice.out_block = 1;
    l.choice.keep_master = l.shape.half; /* as in training; a variant may read it */
    given.y = reference_output(&reference, &given, (const float *const *)w);
    given.g = support_random((size_t)e->images * shape_size(l.shape.out), "gradient", 1.0);
    prepare(&reference, pass, "ref", &host, (const float *const *)w);
    prepare(&l, pass, variant, support_target(), (const float *const *)w);
    if (pass == LAYER_INPUT_GRADIENT)
        check_input_gradient(what, &l, &reference, &given, e);
    else
        check_weight_gradient(what, &l, &reference, &given, e);
    layer_release(&reference);
    if (!kernel_check_bare()) layer_release(&l);
    for (int i = 0; i < LAYER_INPUTS; i++) free(given.x[i]);
    for (int t = 0; t < LAYER_TENSORS; t++) free(w[t]);
    free(given.y), free(given.g);
}

/* Whether it is a convolution's input gradient that another convolution computes, by kernels that make blocks only. */
static int is_turned(const char *variant, enum layer_pass_kind pass, enum alexcl_layer_type type) {
    return type == ALEXCL_CONV && pass == LAYER_INPUT_GRADIENT && strcmp(variant, "naive") != 0;
}

void kernel_check_gradient(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                           const struct alexcl_shape *shapes, int count, struct alexcl_shape maps) {
    if (!kernel_check_possible(variant)) return;
    for (int turn = 0; turn < 4; turn++) {
        /* under a simulator that looks for faults: half 0 plain, half 1 in blocks */
        if (!kernel_check_extent(variant, desc->type)->all_ways && turn % 2 != turn / 2) continue;
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe_inputs(&l, desc, turn % 2, shapes, count, &err), err);
        layer_train(&l);
        l.shape.maps = maps;
        if (!kernel_check_set_blocks(&l, variant, turn / 2 ? LAYER_BLOCK : 1) || shape_size(l.shape.out) == 0) continue;
        if (is_turned(variant, pass, desc->type) && l.choice.in_block != l.choice.out_block) continue;
        check_half(variant, pass, &l);
    }
}

void kernel_check_pass(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                       struct alexcl_shape whole_in) {
    if (pass == LAYER_FORWARD)
        kernel_check_layer(variant, desc, whole_in);
    else
        kernel_check_gradient(variant, pass, desc, &whole_in, 1, whole_in);
}

/* ---- golden vectors ------------------------------------------------------------------------------- */

/* Adds channels of every image: x has `from`'s, which begin at channel `first` of the whole. */
static void add_channels(float *whole, struct alexcl_shape s, const float *x, int channels, int first, int images) {
    size_t hw = (size_t)s.h * (size_t)s.w, width = (size_t)channels * hw;
    for (size_t n = 0; n < (size_t)images; n++)
        for (size_t i = 0; i < width; i++) whole[n * shape_size(s) + (size_t)first * hw + i] += x[n * width + i];
}

static void golden_half(struct layer *l, const char *variant, enum layer_pass_kind pass, const struct given *given,
                        const struct tensor tensors[LAYER_TENSORS], float *whole) {
    const float *values[LAYER_TENSORS] = {0};
    struct given half = *given;
    for (int t = 0; t < l->shape.tensor_count; t++)
        values[t] = tensors[t].values + (size_t)l->shape.tensors[t].first * layer_tensor_row(&l->shape.tensors[t]);
    half.y = reference_output(l, given, values);
    half.g = kernel_buffers_cut(given->g, given->images, l->shape.whole_out,
                                shape_half_first(l->shape.whole_out.c, l->shape.half), l->shape.out.c);
    prepare(l, pass, variant, support_target(), values);
    struct gradients got = run_pass(l, pass, &half, 0, given->images, NULL, 0);
    int own = l->shape.reads.all ? 0 : shape_half_first(l->shape.whole_in.c, l->shape.half),
        other = shape_half_first(l->shape.whole_in.c, 1 - l->shape.half) + l->shape.inputs[0].halo.first;
    if (pass == LAYER_INPUT_GRADIENT)
        add_channels(whole, l->shape.whole_in, got.own[0], l->shape.in.c, own, given->images);
    if (got.halo[0])
        add_channels(whole, l->shape.whole_in, got.halo[0], l->shape.inputs[0].halo.count, other, given->images);
    for (int t = 0; t < l->shape.tensor_count && pass == LAYER_WEIGHT_GRADIENT; t++) {
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        memcpy(whole + (size_t)tensor->first * layer_tensor_row(tensor), got.tensors[t],
               layer_tensor_floats(tensor) * sizeof *whole);
        whole += (size_t)tensor->shape[0] * layer_tensor_row(tensor);
    }
    free_gradients(&got);
    free(half.y), free(half.g);
    layer_release(l);
}

void kernel_check_golden_gradient(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                                  const char *dir, const char *gradient, const char *key) {
    if (!kernel_check_possible(variant) || !kernel_check_extent(variant, desc->type)->all_ways) return;
    struct tensor x = oracle_load(dir, "x"), g = oracle_load(dir, gradient), tensors[LAYER_TENSORS] = {{0}},
                  want[LAYER_TENSORS] = {{0}};
    struct alexcl_shape whole_in = {x.shape[1], x.shape[2], x.shape[3]};
    struct given given = {.x = {x.values}, .g = g.values, .images = x.shape[0]};
    int to_input = pass == LAYER_INPUT_GRADIENT, wanted = 1;
    size_t floats = 0;
    float *got = NULL; /* both halves together */
    for (int turn = 0; turn < 4; turn++) {
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe(&l, desc, turn % 2, whole_in, &err), err);
        layer_train(&l);
        l.choice.all_ties = strcmp(key, "gx_allties") == 0;
        if (turn == 0) {
            wanted = to_input ? 1 : l.shape.tensor_count;
            for (int t = 0; t < l.shape.tensor_count; t++) tensors[t] = oracle_load(dir, t ? "b" : "w");
            for (int t = 0; t < wanted; t++) want[t] = oracle_load(dir, to_input ? key : t ? "gb" : "gw");
            floats = want[0].count + want[1].count;
        }
        if (!kernel_check_set_blocks(&l, variant, turn / 2 ? LAYER_BLOCK : 1)) continue;
        if (is_turned(variant, pass, desc->type) && l.choice.in_block != l.choice.out_block) continue;
        if (turn % 2 == 0) got = support_floats(floats);
        if (turn % 2 == 0) memset(got, 0, floats * sizeof *got);
        if (shape_size(l.shape.out) > 0) golden_half(&l, variant, pass, &given, tensors, got);
        if (turn % 2 == 0) continue;
        for (int t = 0; t < wanted; t++) {
            struct support_maps maps = {whole_in, 0, kernel_check_is_winograd(variant)};
            if (!to_input) maps = weight_maps(variant, &l, t);
            support_compare_maps(dir, got + (t ? want[0].count : 0), want[t].values, want[t].count,
                                 KERNEL_CHECK_TOLERANCE, &maps);
        }
        free(got);
        got = NULL;
    }
    oracle_free(&x), oracle_free(&g);
    for (int t = 0; t < LAYER_TENSORS; t++) oracle_free(&tensors[t]), oracle_free(&want[t]);
}

void kernel_check_golden_pass(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                              const char *dir) {
    if (pass == LAYER_FORWARD) {
        kernel_check_golden(variant, desc, dir, "y");
        return;
    }
    for (int ties = 0; ties < 2; ties++)
        if (oracle_has(dir, ties ? "gx_allties" : "gx"))
            kernel_check_golden_gradient(variant, pass, desc, dir, "gy", ties ? "gx_allties" : "gx");
}
