/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fp16.h"
#include "kernel_buffers.h"

static const double TOLERANCE = KERNEL_CHECK_TOLERANCE;

/* Images computed together are no multiple of those in a tile (4) or in a workspace (8); 9 are more than either. */
static const struct kernel_check_extent whole_extent = {12, 2, 9, 3, 1, 1, 1}, small_extent = {7, 1, 5, 1, 0, 1, 0};
/* Under a simulator: two images of a kernel whose work-items have one each, since the third is like the second; three
 * where their tiles lie side by side. The costly shapes in the plain form alone, the others where it looks for faults.
 */
static const struct kernel_check_extent simulated_extent = {5, 1, 3, 0, 0, 0, 1},
                                        watched_extent = {4, 1, 2, 0, 0, 1, 0},
                                        watched_tiles_extent = {5, 1, 3, 0, 0, 1, 0};

/* Convolutions that read and make plain maps, on any device. */
static int of_plain_maps(const char *variant) {
    static const char *const names[] = {"clblast", "pipelined", "split_k", "wino_gpu", "wino_fused"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(variant, names[i]) == 0) return 1;
    return 0;
}

/* Variants whose kernels are not for CPU devices alone. */
static int for_any_device(const char *variant) {
    return strcmp(variant, "own") == 0 || strcmp(variant, "naive") == 0 || strcmp(variant, "draw") == 0 ||
           of_plain_maps(variant);
}

/* Oclgrind computes thousands of times slower than the others: convolutions, the most work, are done there in one way;
 * and less when it looks for faults (oclgrind.sh), which is slower again. Fully connected layers have kernels of their
 * own for one image and for several. Rusticl keeps Winograd's register tiles in memory; and llvmpipe ends loops early
 * in conv_cpu.cl's costly shapes (quirks.c: no net computes there with kernels for CPU devices). */
const struct kernel_check_extent *kernel_check_extent(const char *variant, enum alexcl_layer_type type) {
    const char *grid = getenv("ALEXCL_TEST_GRID"), *implementation = support_implementation();
    if (grid && strcmp(grid, "small") == 0)
        return type == ALEXCL_FC                   ? &small_extent
               : kernel_check_is_winograd(variant) ? &watched_tiles_extent
                                                   : &watched_extent;
    if (strcmp(implementation, "rusticl") == 0 && (type == ALEXCL_CONV || type == ALEXCL_FC) &&
        !for_any_device(variant))
        return &small_extent;
    return strcmp(implementation, "oclgrind") == 0 && type == ALEXCL_CONV ? &simulated_extent : &whole_extent;
}

int kernel_check_is_winograd(const char *variant) { return strncmp(variant, "wino", 4) == 0; }

int kernel_check_bare(void) { return getenv("ALEXCL_BARE_BUFFERS") != NULL; }

int kernel_check_possible(const char *variant) {
    const char *anywhere = getenv("ALEXCL_TEST_CPU_KERNELS");
    return for_any_device(variant) || (anywhere && *anywhere) ||
           device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU;
}

int kernel_check_set_blocks(struct layer *l, const char *variant, int in_block) {
    enum alexcl_layer_type type = l->shape.desc->type;
    int own = strcmp(variant, "own") == 0 || strcmp(variant, "naive") == 0 || strcmp(variant, "draw") == 0,
        units = type == ALEXCL_FC || type == ALEXCL_RBF;
    int plain = strcmp(variant, "ref") == 0 || of_plain_maps(variant) ||
                (strcmp(variant, "own") == 0 && (units || type == ALEXCL_CONV));
    if (plain && in_block > 1) return 0;
    /* over planes it strides, over blocks it does not */
    if (kernel_check_is_winograd(variant) && !plain && (in_block == 1) != (l->shape.desc->stride[0] > 1)) return 0;
    if (!plain && !own && in_block == 1 && type != ALEXCL_CONV && type != ALEXCL_FC) return 0;
    l->choice.in_block = in_block;
    l->choice.out_block = layer_makes_block(l, in_block, plain || (own && in_block == 1) ? 1 : LAYER_BLOCK);
    return (l->choice.in_block == 1 && l->choice.out_block == 1) || layer_takes_blocks(l);
}

const struct layer_variant *kernel_check_variant(const struct layer *l, enum layer_pass_kind pass, const char *name) {
    for (const struct layer_variant *const *v = l->shape.ops->variants[pass]; *v; v++)
        if (strcmp((*v)->name, name) == 0) return *v;
    ck_abort_msg("%s has no variant %s", l->shape.desc->name, name);
}

/* A layer of one half, prepared. w[t]: whole tensors. */
static void prepare_half(struct layer *l, const char *variant, struct target *target,
                         const float *const w[LAYER_TENSORS]) {
    struct alexcl_error err = {0};
    const float *values[LAYER_TENSORS] = {0};
    for (int t = 0; t < l->shape.tensor_count; t++) {
        size_t row = 1;
        for (int d = 1; d < l->shape.tensors[t].dims; d++) row *= (size_t)l->shape.tensors[t].shape[d];
        values[t] = w[t] + (size_t)l->shape.tensors[t].first * row;
    }
    l->choice.reproducible = 1;
    if (strcmp(variant, "rows") == 0) layer_train(l); /* for training alone */
    EXPECT_OK(
        layer_prepare_variant(l, LAYER_FORWARD, target, kernel_check_variant(l, LAYER_FORWARD, variant), values, &err),
        err);
    for (int t = 0; t < l->shape.tensor_count && target->device; t++) /* what a plan counts */
        ck_assert_uint_eq(buffer_floats(l->pass[LAYER_FORWARD].parameters[t].buffer),
                          layer_parameter_floats(l, target, t));
}

/* Runs images first .. first+count-1 of `images` and gives the whole output buffer, what it held before where nothing
 * was written. free() it. */
static float *run_half(struct layer *l, const float *x, int images, int first, int count, int in_place) {
    struct alexcl_error err = {0};
    struct storage in, out = {0}, halo = {0}, workspace = {0};
    size_t out_floats = (size_t)images * layer_out_floats(l);
    float *plain = kernel_buffers_half(l, x, images), *input = kernel_buffers_lay_in(l, plain, images);
    int sides = l->shape.inputs[0].halo.count > 0;
    /* Images that are not asked for are not read. */
    kernel_buffers_make(l->target, input, layer_in_floats(l), images, first, count, &in);
    if (!in_place) kernel_buffers_make(l->target, NULL, layer_out_floats(l), images, first, count, &out);
    if (sides) kernel_buffers_make_source(l, 0, x, images, first, count, 1, &halo);
    if (l->pass[LAYER_FORWARD].workspace)
        kernel_buffers_make(l->target, NULL, l->pass[LAYER_FORWARD].workspace, 1, 0, 1, &workspace);
    const struct layer_io io = {.in = &(struct layer_source){&in, sides ? &halo : NULL},
                                .out = in_place ? &in : &out,
                                .workspace = l->pass[LAYER_FORWARD].workspace ? &workspace : NULL,
                                .first = first,
                                .count = count};
    EXPECT_OK(layer_run(l, LAYER_FORWARD, &io, &err), err);
    float *laid = support_floats(out_floats);
    EXPECT_OK(storage_read(in_place ? &in : &out, 0, laid, out_floats, &err), err);
    float *got = kernel_buffers_take_out(l, laid, images, first, count);
    kernel_buffers_check_behind(l, in_place ? &in : &out, out_floats);
    if (l->pass[LAYER_FORWARD].workspace) kernel_buffers_check_behind(l, &workspace, l->pass[LAYER_FORWARD].workspace);
    if (l->target->device) EXPECT_OK(buffer_check_guards(l->target->device, &err), err);
    /* Oclgrind 21.10 knows only the first bytes of a buffer that gets the place of a shorter one */
    if (!kernel_check_bare()) storage_free(&in), storage_free(&out), storage_free(&halo), storage_free(&workspace);
    free(plain), free(input), free(laid);
    return got;
}

/* Images first .. first+count-1 of a half: every value of them is due, and no other one is written. */
static void check_several_half(struct layer *l, float *const x[], const float *due, int images, int first, int count) {
    struct alexcl_error err = {0};
    struct storage own[LAYER_INPUTS] = {{0}}, halo[LAYER_INPUTS] = {{0}}, out = {0};
    struct layer_source sources[LAYER_INPUTS];
    size_t floats = (size_t)images * layer_out_floats(l), size = shape_size(l->shape.out);
    for (int i = 0; i < l->shape.input_count; i++) {
        kernel_buffers_make_source(l, i, x[i], images, first, count, 0, &own[i]);
        if (l->shape.inputs[i].halo.count) kernel_buffers_make_source(l, i, x[i], images, first, count, 1, &halo[i]);
        sources[i] = (struct layer_source){&own[i], l->shape.inputs[i].halo.count ? &halo[i] : NULL};
    }
    kernel_buffers_make(l->target, NULL, layer_out_floats(l), images, first, count, &out);
    const struct layer_io io = {.in = sources, .out = &out, .first = first, .count = count};
    EXPECT_OK(layer_run(l, LAYER_FORWARD, &io, &err), err);
    float *laid = support_floats(floats),
          *wanted = kernel_buffers_cut(due, images, l->shape.whole_out,
                                       shape_half_first(l->shape.whole_out.c, l->shape.half), l->shape.out.c);
    EXPECT_OK(storage_read(&out, 0, laid, floats, &err), err);
    float *got = kernel_buffers_take_out(l, laid, images, first, count);
    kernel_buffers_check_behind(l, &out, floats);
    for (size_t i = 0; i < (size_t)images * size; i++) {
        int asked = i >= (size_t)first * size && i < (size_t)(first + count) * size;
        if (asked ? memcmp(&got[i], &wanted[i], sizeof *got) != 0
                  : !kernel_check_bare() && !kernel_buffers_is_nobody(&got[i]))
            ck_abort_msg("%s, half %d, block %d, %d images from %d on: value %zu is %g where %s is due",
                         l->shape.desc->name, l->shape.half, l->choice.in_block, count, first, i, (double)got[i],
                         asked ? "another" : "none");
    }
    for (int i = 0; i < l->shape.input_count && !kernel_check_bare(); i++)
        storage_free(&own[i]), storage_free(&halo[i]);
    if (!kernel_check_bare()) storage_free(&out);
    free(laid), free(wanted), free(got);
}

void kernel_check_several(const struct alexcl_layer *desc, const struct alexcl_shape *shapes, int count,
                          kernel_check_due *due_of) {
    enum { ALL = 9 };
    struct alexcl_error err = {0};
    const float *const no_weights[LAYER_TENSORS] = {0};
    for (int turn = 0; turn < 4; turn++) {
        int half = turn % 2, block = turn / 2 ? LAYER_BLOCK : 1;
        struct layer l;
        float *x[LAYER_INPUTS];
        EXPECT_OK(layer_describe_inputs(&l, desc, half, shapes, count, &err), err);
        if (block > 1 && (!support_target()->device || !kernel_check_possible("cpu"))) continue;
        l.choice.in_block = l.choice.out_block = block;
        for (int i = 0; i < count; i++) {
            char name[] = {'x', (char)('0' + i), '\0'};
            x[i] = support_random(ALL * shape_size(shapes[i]), name, 2.0);
        }
        float *due = support_floats(ALL * shape_size(l.shape.whole_out));
        due_of(due, x, shapes, count, ALL);
        EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), no_weights, &err), err);
        check_several_half(&l, x, due, ALL, 0, ALL);
        check_several_half(&l, x, due, ALL, 3, 5);
        layer_release(&l);
        for (int i = 0; i < count; i++) free(x[i]);
        free(due);
    }
}

/* The variant that computes with float weights, in the same order, what this one does with its own; NULL: the same. */
static const char *float_variant(const char *variant) { return strcmp(variant, "int8") == 0 ? "rows" : NULL; }

/* Of a layer whose weights are not in float, `rounded` are what those are: it must compute with them what it computes
 * in float. */
static void check_half(const char *variant, struct layer *l, const float *x, const float *const w[LAYER_TENSORS],
                       const float *const rounded[LAYER_TENSORS]) {
    const struct kernel_check_extent *e = kernel_check_extent(variant, l->shape.desc->type);
    const int images = e->images, first = e->first, count = e->count;
    struct target host = {NULL};
    struct layer reference = *l;
    reference.choice.in_block = reference.choice.out_block = 1;
    reference.choice.precision = PRECISION_FLOAT;
    size_t size = shape_size(l->shape.out), floats = (size_t)images * size, from = (size_t)first * size,
           computed = (size_t)count * size;
    const int spread = kernel_check_is_winograd(variant);
    const struct support_maps maps = {l->shape.out, 0, spread}, later = {l->shape.out, (size_t)first, spread};
    char what[160];
    prepare_half(&reference, "ref", &host, rounded);
    prepare_half(l, variant, support_target(), w);
    snprintf(what, sizeof what, "%s of %s, half %d of %d x %d x %d in blocks of %d%s", variant, l->shape.desc->name,
             l->shape.half, l->shape.whole_in.c, l->shape.whole_in.h, l->shape.whole_in.w, l->choice.in_block,
             precision_told(l->choice.precision));
    float *want = run_half(&reference, x, images, 0, images, 0), *got = run_half(l, x, images, first, count, 0);
    support_compare_maps(what, got + from, want + from, computed, TOLERANCE, &later);
    for (size_t i = 0; i < floats && !kernel_check_bare(); i++)
        if (i < from || i >= from + computed)
            ck_assert_msg(kernel_buffers_is_nobody(got + i), "%s: value %zu of an image not asked for was written",
                          what, i);
    const int singles[] = {0, first, first + count - 1};
    for (int i = 0; i < e->singles; i++) {
        float *one = run_half(l, x, images, singles[i], 1, 0);
        size_t at = (size_t)singles[i] * size;
        /* Among the other images, whose largest value is the scale: a single value may be a sum that cancels to
         * nothing. */
        memcpy(one, want, at * sizeof *one);
        memcpy(one + at + size, want + at + size, (floats - at - size) * sizeof *one);
        support_compare_maps(what, one, want, floats, TOLERANCE, &maps);
        const struct support_maps single = {l->shape.out, (size_t)singles[i], spread};
        if (singles[i] >= first) support_same_maps(what, one + at, got + at, size, &single);
        free(one);
    }
    if (e->all_ways) {
        float *five = run_half(l, x, images, first, 5, 0);
        support_same_maps(what, five + from, got + from, 5 * size, &later);
        free(five);
        uint64_t macs = l->shape.macs;
        l->shape.macs = UINT64_MAX; /* so many that every image gets launches of its own */
        float *apart = run_half(l, x, images, first, count, 0);
        l->shape.macs = macs;
        support_same_maps(what, apart + from, got + from, computed, &later);
        free(apart);
    }
    if (l->choice.precision && e->all_ways) {
        struct layer exact = *l;
        const char *other = float_variant(variant);
        exact.choice.precision = PRECISION_FLOAT;
        exact.choice.training = other != NULL;
        exact.pass[LAYER_FORWARD].state = NULL;
        memset(exact.pass[LAYER_FORWARD].parameters, 0, sizeof exact.pass[LAYER_FORWARD].parameters);
        prepare_half(&exact, other ? other : variant, support_target(), rounded);
        float *same = run_half(&exact, x, images, first, count, 0);
        support_same_maps(what, got + from, same + from, computed, &later);
        layer_release(&exact);
        free(same);
    }
    if (layer_fuses_relu(l, LAYER_BLOCK) &&
        (l->choice.out_block > 1 || strcmp(variant, "cpu") == 0 || strcmp(variant, "int8") == 0 ||
         strcmp(variant, "rows") == 0 || strcmp(variant, "naive") == 0) &&
        (e->costly || l->shape.half == 0)) {
        l->choice.relu = 1;
        float *cut = run_half(l, x, images, first, count, 0);
        for (size_t i = from; i < from + computed; i++) got[i] = got[i] < 0.0f ? 0.0f : got[i];
        support_same_maps(what, cut + from, got + from, computed, &later);
        free(cut);
    }
    if (l->shape.in_place) {
        float *over = run_half(l, x, images, first, count, 1);
        support_same_maps(what, over + from, got + from, computed, &later);
        free(over);
    }
    layer_release(&reference);
    if (!kernel_check_bare()) layer_release(l);
    free(want), free(got);
}

/* Weights that half precision can only round, every seventh to a subnormal one; and what they are rounded to. */
static void make_halves(float *weights, size_t count, float *rounded) {
    for (size_t i = 0; i < count; i++) {
        if (i % 7 == 0) weights[i] *= 1e-4f;
        rounded[i] = fp16_to_float(fp16_from_float(weights[i]));
    }
}

/* The smallest half precision number that 127 times is not below `largest`; positive ones are ordered as their bits. */
static double int8_scale(double largest) {
    int below = -1, enough = 0x7bff;
    while (enough - below > 1) {
        int bits = (below + enough) / 2;
        if (127.0 * (double)fp16_to_float((uint16_t)bits) >= largest)
            enough = bits;
        else
            below = bits;
    }
    return (double)fp16_to_float((uint16_t)enough);
}

/* Rows of weights of 8 bits: of every 32, the largest becomes 127 times a half precision number, the smallest one with
 * which it fits, and the others the nearest multiples of it. Every fifth 32 are small, every ninth 0. */
static void make_int8(float *weights, size_t count, size_t row, float *rounded) {
    for (size_t at = 0, turn = 0; at < count; turn++) {
        size_t left = row - at % row, end = at + (left < 32 ? left : 32);
        double largest = 0.0;
        for (size_t i = at; i < end; i++) {
            weights[i] *= turn % 9 == 8 ? 0.0f : turn % 5 == 4 ? 1e-5f : 1.0f;
            largest = fmax(largest, fabs((double)weights[i]));
        }
        double scale = int8_scale(largest);
        for (; at < end; at++) rounded[at] = largest > 0.0 ? (float)(scale * rint((double)weights[at] / scale)) : 0.0f;
    }
}

static void check_layer(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                        struct alexcl_shape maps, int in_block, enum precision precision) {
    float *x =
        support_random((size_t)kernel_check_extent(variant, desc->type)->images * shape_size(whole_in), "x", 2.0);
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        float *w[LAYER_TENSORS] = {0}, *rounded = NULL;
        EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
        l.shape.maps = maps;
        l.choice.precision = precision;
        if (!kernel_check_set_blocks(&l, variant, in_block)) continue;
        for (int t = 0; t < l.shape.tensor_count; t++) {
            size_t count = 1;
            for (int d = 0; d < l.shape.tensors[t].dims; d++) count *= (size_t)l.shape.tensors[t].shape[d];
            w[t] = support_random(count, l.shape.tensors[t].suffix, 0.5);
            if (precision && t == 0) rounded = support_floats(count);
            if (precision == PRECISION_HALF && t == 0) make_halves(w[t], count, rounded);
            if (precision == PRECISION_INT8 && t == 0)
                make_int8(w[t], count, layer_tensor_row(&l.shape.tensors[t]), rounded);
        }
        const float *const as_rounded[LAYER_TENSORS] = {rounded ? rounded : w[0], w[1]};
        if (shape_size(l.shape.out) > 0) check_half(variant, &l, x, (const float *const *)w, as_rounded);
        free(rounded);
        for (int t = 0; t < LAYER_TENSORS; t++) free(w[t]);
    }
    free(x);
}

static int takes_precision(const char *variant, const struct alexcl_layer *desc, enum precision precision) {
    if (strcmp(variant, "int8") == 0) return precision == PRECISION_INT8;
    if (desc->type != ALEXCL_FC || strcmp(variant, "clblast") == 0 || strcmp(variant, "rows") == 0)
        return precision == PRECISION_FLOAT;
    return precision != PRECISION_INT8 || strcmp(variant, "cpu") != 0;
}

void kernel_check_flattened(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                            struct alexcl_shape maps) {
    if (!kernel_check_possible(variant)) return;
    for (int precision = PRECISION_FLOAT; precision < PRECISIONS; precision++) {
        /* Where little is tried, half weights with few outputs. */
        int few = precision && strcmp(variant, "int8") != 0 && !kernel_check_extent(variant, desc->type)->costly;
        if (!takes_precision(variant, desc, (enum precision)precision) || (few && desc->outputs > 7)) continue;
        check_layer(variant, desc, whole_in, maps, 1, (enum precision)precision);
        check_layer(variant, desc, whole_in, maps, LAYER_BLOCK, (enum precision)precision);
    }
}

void kernel_check_layer(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in) {
    kernel_check_flattened(variant, desc, whole_in, whole_in);
}

float *kernel_check_run_whole(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                              const float *x, int images, const float *const w[LAYER_TENSORS], int in_block,
                              enum precision precision) {
    float *got = NULL;
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
        l.choice.precision = precision;
        if (!kernel_check_set_blocks(&l, variant, in_block)) break;
        if (!got) got = support_floats((size_t)images * shape_size(l.shape.whole_out));
        if (shape_size(l.shape.out) == 0) continue;
        prepare_half(&l, variant, support_target(), w);
        float *part = run_half(&l, x, images, 0, images, 0);
        size_t first =
            (size_t)shape_half_first(l.shape.whole_out.c, half) * (size_t)l.shape.out.h * (size_t)l.shape.out.w;
        for (size_t n = 0; n < (size_t)images; n++)
            memcpy(got + n * shape_size(l.shape.whole_out) + first, part + n * shape_size(l.shape.out),
                   shape_size(l.shape.out) * sizeof *got);
        free(part);
        layer_release(&l);
    }
    return got;
}

static void check_golden(const char *variant, const struct alexcl_layer *desc, const char *dir, const char *key,
                         int in_block, enum precision precision) {
    struct tensor x = oracle_load(dir, "x"), want = oracle_load(dir, key), tensors[LAYER_TENSORS] = {{0}};
    struct alexcl_shape whole_in = {x.shape[1], x.shape[2], x.shape[3]};
    const float *w[LAYER_TENSORS] = {0};
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_OK(layer_describe(&l, desc, 0, whole_in, &err), err);
    ck_assert_msg((size_t)x.shape[0] * shape_size(l.shape.whole_out) == want.count, "%s: shape of the output", dir);
    for (int t = 0; t < l.shape.tensor_count; t++) {
        tensors[t] = oracle_load(dir, t ? "b" : "w");
        w[t] = tensors[t].values;
    }
    float *got = kernel_check_run_whole(variant, desc, whole_in, x.values, x.shape[0], w, in_block, precision);
    const struct support_maps maps = {
        {want.shape[1], want.shape[2], want.shape[3]}, 0, kernel_check_is_winograd(variant)};
    if (got) support_compare_maps(dir, got, want.values, want.count, TOLERANCE, &maps);
    free(got);
    oracle_free(&x), oracle_free(&want);
    for (int t = 0; t < LAYER_TENSORS; t++) oracle_free(&tensors[t]);
}

void kernel_check_golden(const char *variant, const struct alexcl_layer *desc, const char *dir, const char *key) {
    if (!kernel_check_possible(variant) || !kernel_check_extent(variant, desc->type)->all_ways) return;
    check_golden(variant, desc, dir, key, 1, PRECISION_FLOAT);
    check_golden(variant, desc, dir, key, LAYER_BLOCK, PRECISION_FLOAT);
}

void kernel_check_golden_narrow(const char *variant, const struct alexcl_layer *desc, const char *dir,
                                enum precision precision) {
    if (!kernel_check_possible(variant) || !kernel_check_extent(variant, desc->type)->all_ways) return;
    check_golden(variant, desc, dir, "y", 1, precision);
    check_golden(variant, desc, dir, "y", LAYER_BLOCK, precision);
}

void kernel_check_oracle_window(const char *dir, struct alexcl_layer *desc) {
    struct oracle_window w = oracle_window(dir);
    memcpy(desc->kernel, w.kernel, sizeof desc->kernel);
    memcpy(desc->stride, w.stride, sizeof desc->stride);
    memcpy(desc->dilation, w.dilation, sizeof desc->dilation);
    memcpy(desc->pad, w.pad, sizeof desc->pad);
}

void kernel_check_refused(const struct alexcl_layer *desc, struct alexcl_shape whole_in, const char *part) {
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_ERROR(layer_describe(&l, desc, 0, whole_in, &err), ALEXCL_E_USAGE, part, err);
}
