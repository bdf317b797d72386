/* SPDX-License-Identifier: MIT */
/* What every kind of layer reads and makes, which variant a target gets, and how a call is cut into launches. What the
 * variants compute is tested kernel by kernel (tests/kernels). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "fp16.h"
#include "support.h"

static const struct alexcl_shape maps = {7, 6, 5}, units = {7, 1, 1};

static struct layer describe(const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in) {
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
    return l;
}

static void expect_shape(const char *what, struct alexcl_shape got, int c, int h, int w) {
    ck_assert_msg(got.c == c && got.h == h && got.w == w, "%s is %d x %d x %d where %d x %d x %d was due", what, got.c,
                  got.h, got.w, c, h, w);
}

/* Odd numbers throughout: half 0 has the larger part. */
START_TEST(halves) {
    static const struct {
        struct alexcl_layer desc;
        int units;         /* reads units, not maps */
        int all, halo;     /* reads */
        int in[2], out[2]; /* channels of each half */
        int h, w;
        int in_place, view;
    } rows[] = {
        /* clang-format off */
        {{.type = ALEXCL_CONV, .name = "conv", .outputs = 5, .kernel = {3, 3},
          .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 1},
         0, 1, 0, {7, 7}, {3, 2}, 3, 3, 0, 0},
        {{.type = ALEXCL_FC, .name = "fc", .outputs = 5}, 1, 1, 0, {7, 7}, {3, 2}, 1, 1, 0, 0},
        {{.type = ALEXCL_RBF, .name = "rbf", .outputs = 5}, 1, 1, 0, {7, 7}, {3, 2}, 1, 1, 0, 0},
        {{.type = ALEXCL_LRN, .name = "lrn", .window = {-2, 2}, .k = 1, .alpha = 1, .beta = 0.75},
         0, 0, 0, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_LRN, .name = "lrn", .window = {-2, 2}, .k = 1, .alpha = 1, .beta = 0.75,
          .lrn_scope = ALEXCL_LRN_SCOPE_LAYER},
         0, 0, 2, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_RNORM, .name = "rnorm", .window = {-2, 2}, .k = 1, .alpha = 1, .beta = 0.75},
         0, 0, 0, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = {3, 3}, .stride = {2, 2}},
         0, 0, 0, {4, 3}, {4, 3}, 2, 2, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = {3, 3}, .stride = {2, 2}, .ceil_mode = 1},
         0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = {1, 1}, .stride = {2, 2}, .ceil_mode = 1},
         0, 0, 0, {4, 3}, {4, 3}, 3, 3, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = {3, 2}, .stride = {2, 1}, .dilation = {1, 2},
          .pad = {1, 0, 0, 1}},
         0, 0, 0, {4, 3}, {4, 3}, 3, 4, 0, 0},
        {{.type = ALEXCL_AVGPOOL, .name = "avg", .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1},
          .ceil_mode = 1},
         0, 0, 0, {4, 3}, {4, 3}, 4, 3, 0, 0},
        {{.type = ALEXCL_AVGPOOL, .name = "avg", .kernel = {2, 2}, .stride = {2, 2}},
         0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_SUBSAMPLE, .name = "sub", .kernel = {2, 2}, .stride = {2, 2}},
         0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_RELU, .name = "relu"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_TANH, .name = "tanh"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_SIGMOID, .name = "sigmoid"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_LECUN_TANH, .name = "lecun"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_PAPER, .rate = 0.5},
         0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_INVERTED, .rate = 0.5},
         0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 1},
        {{.type = ALEXCL_FLATTEN, .name = "flat"}, 0, 0, 0, {4, 3}, {120, 90}, 1, 1, 1, 1},
        {{.type = ALEXCL_SOFTMAX, .name = "prob"}, 1, 1, 0, {7, 7}, {4, 3}, 1, 1, 0, 0},
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alexcl_shape whole_in = rows[i].units ? units : maps;
        for (int half = 0; half < 2; half++) {
            struct layer l = describe(&rows[i].desc, half, whole_in);
            const char *name = rows[i].desc.name;
            expect_shape(name, l.shape.in, rows[i].in[half], whole_in.h, whole_in.w);
            expect_shape(name, l.shape.out, rows[i].out[half], rows[i].h, rows[i].w);
            expect_shape(name, l.shape.whole_out, rows[i].out[0] + rows[i].out[1], rows[i].h, rows[i].w);
            ck_assert_msg(l.shape.reads.all == rows[i].all && l.shape.reads.halo == rows[i].halo,
                          "%s reads something else", name);
            ck_assert_msg(l.shape.in_place == rows[i].in_place && l.shape.view == rows[i].view, "%s: in place, view",
                          name);
            for (int t = 0; t < l.shape.tensor_count; t++)
                ck_assert_msg(l.shape.tensors[t].first ==
                                  (half ? l.shape.tensors[t].shape[0] - l.shape.tensors[t].count : 0),
                              "%s: rows of tensor %d", name, t);
        }
    }
}
END_TEST

/* A layer that draws at random keeps what it read, so that its gradient can be made; others stay as they are. */
START_TEST(in_training_dropout_has_an_output_of_its_own) {
    const struct alexcl_layer rows[] = {{.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_INVERTED},
                                        {.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_PAPER},
                                        {.type = ALEXCL_FLATTEN, .name = "flat"},
                                        {.type = ALEXCL_RELU, .name = "relu"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layer l = describe(&rows[i], 0, maps), before = l;
        layer_train(&l);
        ck_assert(l.choice.training && !before.choice.training);
        ck_assert_int_eq(l.shape.view, i < 2 ? 0 : before.shape.view);
        ck_assert_int_eq(l.shape.in_place, i >= 2);
        l.choice.in_block = l.choice.out_block = LAYER_BLOCK; /* behind a flatten layer too, as its input lies */
        ck_assert_uint_eq(layer_out_floats(&l), layer_in_floats(&l));
    }
}
END_TEST

/* Windows at random, of which those that fit are made small for a check: it must fit still, and be cut and laid out as
 * it was. */
START_TEST(made_small_it_is_a_layer_still) {
    static const enum alexcl_layer_type types[] = {ALEXCL_CONV,      ALEXCL_MAXPOOL, ALEXCL_AVGPOOL,
                                                   ALEXCL_SUBSAMPLE, ALEXCL_LRN,     ALEXCL_RNORM};
    enum { ROUNDS = 20000, NUMBERS = 20 };
    float *random = support_random((size_t)ROUNDS * NUMBERS, "shrink", 1.0);
    int fitted[sizeof types / sizeof *types] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        const float *r = random + (size_t)round * NUMBERS;
        int n[NUMBERS], type = round % (int)(sizeof types / sizeof *types);
        for (int i = 0; i < NUMBERS; i++) n[i] = (int)((r[i] + 1.0f) * 1000.0f);
        int groups = 1 + n[17] % 5;
        struct alexcl_layer desc = {.type = types[type],
                                    .name = "l",
                                    .outputs = groups * (1 + n[15] % 9),
                                    .kernel = {1 + n[0] % 5, 1 + n[1] % 5},
                                    .stride = {1 + n[2] % 4, 1 + n[3] % 4},
                                    .dilation = {n[4] % 4, n[5] % 4},
                                    .pad = {n[6] % 6, n[7] % 6, n[8] % 6, n[9] % 6},
                                    .ceil_mode = n[10] % 2,
                                    .groups = groups,
                                    .window = {-(n[11] % 5), n[12] % 5},
                                    .k = 1,
                                    .beta = 0.75,
                                    .lrn_scope = n[10] % 3 ? ALEXCL_LRN_SCOPE_LAYER : ALEXCL_LRN_SCOPE_HALF},
                            small;
        struct alexcl_shape in = {groups * (1 + n[16] % 9), 1 + n[13] % 40, 1 + n[14] % 40}, small_in;
        struct alexcl_error err = {0};
        for (int half = 0; half < 2; half++) {
            struct layer l, s;
            if (layer_describe(&l, &desc, half, in, &err) != ALEXCL_OK) continue;
            fitted[type]++;
            layer_shrink(&l, &small, &small_in);
            EXPECT_OK(layer_describe(&s, &small, half, small_in, &err), err);
            ck_assert_int_eq(l.shape.reads.all, s.shape.reads.all);
            ck_assert(shape_size(s.shape.in) <= shape_size(l.shape.in) && small_in.c <= in.c);
            if (types[type] == ALEXCL_CONV) ck_assert_int_eq(layer_takes_blocks(&l), layer_takes_blocks(&s));
        }
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) ck_assert_int_gt(fitted[i], 1000);
    free(random);
}
END_TEST

static const char *chosen_for(const struct alexcl_layer *desc, struct alexcl_shape whole_in, enum precision precision) {
    struct layer l = describe(desc, 0, whole_in);
    l.choice.precision = precision;
    int block = layer_block(support_target());
    if (whole_in.h > 1) l.choice.in_block = block;
    l.choice.out_block = layer_makes_block(&l, l.choice.in_block, block);
    return layer_choose(&l, LAYER_FORWARD, support_target())->name;
}

static const char *chosen(const struct alexcl_layer *desc, struct alexcl_shape whole_in) {
    return chosen_for(desc, whole_in, PRECISION_FLOAT);
}

START_TEST(choice) {
    static const struct alexcl_layer
        conv = {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1},
        jumps = {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = {3, 3}, .stride = {2, 2}, .groups = 1},
        fc = {.type = ALEXCL_FC, .name = "fc", .outputs = 4}, relu = {.type = ALEXCL_RELU, .name = "relu"};
    struct device *dev = support_target()->device;
    const char *own = !dev ? "ref" : device_limits(dev)->kind == ALEXCL_DEVICE_CPU ? "cpu" : "own";
    ck_assert_str_eq(chosen(&conv, maps), strcmp(own, "cpu") == 0 ? "winograd" : own);
    ck_assert_str_eq(chosen(&jumps, maps), own);
    ck_assert_str_eq(chosen(&fc, units), own);
    support_set("ALEXCL_GEMM", "clblast");
    ck_assert_str_eq(chosen(&conv, maps), dev ? "clblast" : "ref");
    ck_assert_str_eq(chosen(&fc, units), dev ? "clblast" : "ref");
    ck_assert_str_eq(chosen(&relu, units), dev ? "own" : "ref");
    ck_assert_str_eq(chosen_for(&fc, units, PRECISION_HALF), own); /* CLBlast cannot */
    ck_assert_str_eq(chosen_for(&fc, units, PRECISION_INT8), strcmp(own, "cpu") == 0 ? "int8" : own);
    support_set("ALEXCL_GEMM", "own");
}
END_TEST

/* ---- weights in half precision and in 8 bits ---- */

/* more weights in a half than are rounded at once, and an odd number of them in half 1 */
enum { IN = 1031, OUT = 131, IMAGES = 3 };

static struct layer fully_connected(int half, enum precision precision) {
    static const struct alexcl_layer fc = {.type = ALEXCL_FC, .name = "fc9", .outputs = OUT};
    struct layer l = describe(&fc, half, (struct alexcl_shape){IN, 1, 1});
    l.choice.precision = precision;
    return l;
}

/* IMAGES images through it; free() them. */
static float *run_fc(int half, enum precision precision, const float *x, const float *w, const float *b) {
    struct alexcl_error err = {0};
    struct storage in, out, workspace = {0};
    struct layer l = fully_connected(half, precision);
    const float *const values[LAYER_TENSORS] = {w, b};
    size_t count = IMAGES * shape_size(l.shape.out);
    float *y = support_floats(count);
    EXPECT_OK(storage_create(support_target(), IMAGES * IN, "a test", &in, &err), err);
    EXPECT_OK(storage_create(support_target(), count, "a test", &out, &err), err);
    EXPECT_OK(storage_write(&in, 0, x, IMAGES * IN, &err), err);
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), values, &err), err);
    if (l.pass[LAYER_FORWARD].parameters[0].buffer)
        ck_assert_uint_eq(buffer_floats(l.pass[LAYER_FORWARD].parameters[0].buffer),
                          layer_parameter_floats(&l, support_target(), 0));
    if (l.pass[LAYER_FORWARD].workspace)
        EXPECT_OK(storage_create(support_target(), l.pass[LAYER_FORWARD].workspace, "a test", &workspace, &err), err);
    EXPECT_OK(
        layer_run(&l, LAYER_FORWARD,
                  &(struct layer_io){
                      .in = &(struct layer_source){&in, NULL}, .out = &out, .workspace = &workspace, .count = IMAGES},
                  &err),
        err);
    EXPECT_OK(storage_read(&out, 0, y, count, &err), err);
    layer_release(&l);
    storage_free(&in), storage_free(&out), storage_free(&workspace);
    return y;
}

/* They are the rounded ones, and half of the bytes: the same bits come out as of float weights that were rounded
 * before. */
/* A pass is prepared by itself: one that no variant computes is refused, and the others stay as they were. */
START_TEST(passes_are_apart) {
    struct alexcl_error err = {0};
    static const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"};
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l = describe(&relu, 0, (struct alexcl_shape){4, 3, 3});
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
    const struct layer_variant *forward = l.pass[LAYER_FORWARD].variant;
    ck_assert(layer_choose(&l, LAYER_WEIGHT_GRADIENT, support_target()) == NULL);
    ck_assert_uint_eq(layer_workspace(&l, LAYER_WEIGHT_GRADIENT, support_target()), 0);
    ck_assert_int_eq(layer_prepare(&l, LAYER_WEIGHT_GRADIENT, support_target(), none, &err), ALEXCL_E_USAGE);
    ck_assert(l.pass[LAYER_WEIGHT_GRADIENT].variant == NULL && l.pass[LAYER_FORWARD].variant == forward);
    EXPECT_OK(layer_prepare(&l, LAYER_INPUT_GRADIENT, support_target(), none, &err), err);
    ck_assert(l.pass[LAYER_INPUT_GRADIENT].variant != NULL && l.pass[LAYER_FORWARD].variant == forward);
    layer_release(&l);
    ck_assert(l.pass[LAYER_FORWARD].variant == NULL && l.pass[LAYER_INPUT_GRADIENT].variant == NULL);
}

/* A ReLU that the layer before it computes has no forward pass, and its gradient nonetheless; a flatten layer has
 * neither. */
START_TEST(fused_relu_has_a_gradient) {
    struct alexcl_error err = {0};
    static const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"},
                                     flatten = {.type = ALEXCL_FLATTEN, .name = "flatten"};
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l = describe(&relu, 0, (struct alexcl_shape){4, 3, 3}),
                 view = describe(&flatten, 0, (struct alexcl_shape){4, 3, 3});
    l.shape.view = 1;
    ck_assert(!layer_is_run(&l, LAYER_FORWARD) && layer_is_run(&l, LAYER_INPUT_GRADIENT));
    ck_assert(!layer_is_run(&view, LAYER_FORWARD) && !layer_is_run(&view, LAYER_INPUT_GRADIENT));
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
    EXPECT_OK(layer_prepare(&l, LAYER_INPUT_GRADIENT, support_target(), none, &err), err);
    ck_assert(l.pass[LAYER_FORWARD].variant == NULL && l.pass[LAYER_INPUT_GRADIENT].variant != NULL);
    layer_release(&l);
}
END_TEST

START_TEST(half_weights_are_rounded_ones) {
    for (int half = 0; half < 2; half++) {
        struct layer exact = fully_connected(half, PRECISION_FLOAT), narrow = fully_connected(half, PRECISION_HALF);
        size_t rows = (size_t)exact.shape.out.c, count = rows * IN,
               floats = layer_parameter_floats(&exact, support_target(), 0);
        ck_assert_uint_eq(layer_parameter_floats(&narrow, support_target(), 0), (floats + 1) / 2);
        ck_assert_uint_eq(layer_parameter_floats(&narrow, support_target(), 1),
                          layer_parameter_floats(&exact, support_target(), 1));
        float *x = support_random(IMAGES * IN, "x", 2.0), *w = support_random(count, "w", 0.5),
              *b = support_random(rows, "b", 0.5);
        float *rounded = support_floats(count);
        for (size_t i = 0; i < count; i++) rounded[i] = fp16_to_float(fp16_from_float(w[i]));
        float *want = run_fc(half, PRECISION_FLOAT, x, rounded, b), *got = run_fc(half, PRECISION_HALF, x, w, b),
              *others = run_fc(half, PRECISION_FLOAT, x, w, b);
        support_same("half weights", got, want, IMAGES * rows);
        ck_assert(memcmp(got, others, IMAGES * rows * sizeof *got) != 0);
        free(x), free(w), free(b), free(rounded), free(want), free(got), free(others);
    }
}
END_TEST

/* 8 bits a weight and 16 for every 32 of them: the last group of a row, which has 7, takes as much as the others. */
START_TEST(int8_weights_take_a_quarter_of_the_memory) {
    for (int half = 0; half < 2; half++) {
        struct layer exact = fully_connected(half, PRECISION_FLOAT), narrow = fully_connected(half, PRECISION_INT8);
        int lanes = layer_choose(&narrow, LAYER_FORWARD, support_target())->lanes;
        size_t rows = (size_t)exact.shape.out.c, filled = lanes == 32 ? (rows + 31) / 32 * 32 : rows;
        ck_assert_uint_eq(layer_parameter_floats(&narrow, support_target(), 0),
                          (filled * ((IN + 31) / 32) * 34 + 3) / 4);
        ck_assert_uint_eq(layer_parameter_floats(&narrow, support_target(), 1), rows);
        float *x = support_random(IMAGES * IN, "x", 2.0), *w = support_random(rows * IN, "w", 0.5),
              *b = support_random(rows, "b", 0.5);
        float *got = run_fc(half, PRECISION_INT8, x, w, b), *others = run_fc(half, PRECISION_FLOAT, x, w, b);
        ck_assert(memcmp(got, others, IMAGES * rows * sizeof *got) != 0);
        support_compare("int8 weights", got, others, IMAGES * rows, 2e-2);
        free(x), free(w), free(b), free(got), free(others);
    }
}
END_TEST

START_TEST(weights_beyond_a_precision_are_refused) {
    struct alexcl_error err = {0};
    static const struct {
        enum precision precision;
        float value;
        const char *named; /* NULL: it is taken */
    } cases[] = {{PRECISION_HALF, 65504.0f, NULL},
                 {PRECISION_HALF, -65504.0f, NULL},
                 {PRECISION_HALF, 65510.0f, "is 65510"},
                 {PRECISION_HALF, -70000.0f, "is -70000"},
                 {PRECISION_HALF, INFINITY, "is inf"},
                 {PRECISION_HALF, NAN, "nan"},
                 {PRECISION_INT8, 8319008.0f, NULL},
                 {PRECISION_INT8, -8319008.0f, NULL},
                 {PRECISION_INT8, 8319009.0f, "8 bits end at 8319008"},
                 {PRECISION_INT8, INFINITY, "is inf"},
                 {PRECISION_INT8, NAN, "nan"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int half = 0; half < 2; half++) {
            struct layer l = fully_connected(half, cases[i].precision), exact = fully_connected(half, PRECISION_FLOAT);
            size_t count = (size_t)l.shape.out.c * IN;
            float *w = support_random(count, "w", 0.5), *b = support_random((size_t)l.shape.out.c, "b", 0.5);
            const float *const values[LAYER_TENSORS] = {w, b};
            b[1] = 1e9f; /* a bias may be anything */
            w[count - 3] = cases[i].value;
            if (!cases[i].named) {
                EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), values, &err), err);
            } else {
                struct alexcl_error copy = {0};
                EXPECT_ERROR(layer_prepare(&l, LAYER_FORWARD, support_target(), values, &copy), ALEXCL_E_DATA,
                             cases[i].named, copy);
                EXPECT_ERROR(layer_prepare(&l, LAYER_FORWARD, support_target(), values, &copy), ALEXCL_E_DATA,
                             half ? "fc9.weight: a weight of output 130" : "fc9.weight: a weight of output 65", copy);
            }
            EXPECT_OK(layer_prepare(&exact, LAYER_FORWARD, support_target(), values, &err), err);
            layer_release(&l), layer_release(&exact);
            free(w), free(b);
        }
}
END_TEST

/* ---- variants that the device refuses ---- */

/* No kernel of these files compiles (what is compiled already stays), or they do again. */
static void break_kernels(int broken, const char *const *files) {
    struct alexcl_error err = {0};
    mkdir("broken-kernels", 0700);
    for (char path[64]; *files; files++) {
        snprintf(path, sizeof path, "broken-kernels/%s.cl", *files);
        if (broken)
            EXPECT_OK(files_replace(path, "#error broken\n", 14, &err), err);
        else
            unlink(path);
    }
    support_set("ALEXCL_KERNEL_DIR", "broken-kernels");
}

static const struct layer_variant *variant_of(const struct layer *l, const char *name) {
    const struct layer_variant *const *v = l->shape.ops->variants[LAYER_FORWARD];
    while (*v && strcmp((*v)->name, name) != 0) v++;
    return *v;
}

START_TEST(the_next_variant_takes_the_place_of_one_that_is_not_built) {
    static const struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    static const char *const faster[] = {"winograd_cpu", "winograd", "fc_cpu", "fc", NULL}, *const all[] = {
                                                                                                "fc_cpu", "fc",
                                                                                                "fc_naive", NULL};
    struct alexcl_error err = {0};
    if (!support_target()->device) return;
    struct layer conv = describe(&desc, 0, maps), fc = fully_connected(1, PRECISION_FLOAT);
    int block = layer_block(support_target()), cpu = block > 1;
    size_t rows = (size_t)fc.shape.out.c;
    float *x = support_random(IMAGES * IN, "x", 2.0), *w = support_random(rows * IN, "w", 0.5),
          *b = support_random(rows, "b", 0.5);
    const float *const values[LAYER_TENSORS] = {w, b};
    conv.choice.in_block = conv.choice.out_block = block;
    conv.pass[LAYER_FORWARD].tuned = variant_of(&conv, cpu ? "winograd" : "wino_gpu");
    if (cpu) conv.pass[LAYER_FORWARD].tile = (struct layer_tile){{5, 1, 1}};
    break_kernels(1, all);
    EXPECT_ERROR(layer_prepare(&fc, LAYER_FORWARD, support_target(), values, &err), ALEXCL_E_BUILD,
                 "fc_naive.cl does not compile", err);
    ck_assert_ptr_null(fc.pass[LAYER_FORWARD].variant);
    break_kernels(0, all), break_kernels(1, faster);
    EXPECT_OK(layer_prepare(&conv, LAYER_FORWARD, support_target(), values, &err), err);
    ck_assert_str_eq(layer_choose(&conv, LAYER_FORWARD, support_target())->name, cpu ? "cpu" : "own");
    ck_assert(!conv.pass[LAYER_FORWARD].tuned && !conv.pass[LAYER_FORWARD].tile.size[0]);
    ck_assert_uint_eq(buffer_floats(conv.pass[LAYER_FORWARD].parameters[0].buffer),
                      layer_parameter_floats(&conv, support_target(), 0));
    layer_release(&conv);
    EXPECT_OK(layer_prepare(&fc, LAYER_FORWARD, support_target(), values, &err), err);
    ck_assert_str_eq(fc.pass[LAYER_FORWARD].variant->name, "naive");
    layer_release(&fc);
    float *got = run_fc(1, PRECISION_FLOAT, x, w, b);
    break_kernels(0, faster);
    float *due = run_fc(1, PRECISION_FLOAT, x, w, b);
    support_compare("the last resort", got, due, IMAGES * rows, 1e-5);
    free(x), free(w), free(b), free(due), free(got);
}
END_TEST

/* ---- launches ---- */

static int chunk_of_16(const struct layer *l) {
    (void)l;
    return 16;
}

/* Images of a launch, where an image has so many products, or was measured to take so many seconds (0: it was not). */
static int launch_pass(enum layer_pass_kind pass, uint64_t macs, double seconds, int chunked, unsigned compute_units,
                       unsigned clock_mhz) {
    static const struct layer_variant whole = {.name = "whole"}, chunks = {.name = "chunks", .chunk = chunk_of_16};
    const struct device_limits device = {
        .kind = ALEXCL_DEVICE_GPU, .compute_units = compute_units, .clock_mhz = clock_mhz};
    struct layer l = {.shape.macs = macs};
    l.pass[pass].seconds = seconds;
    l.pass[pass].variant = chunked ? &chunks : &whole;
    return layer_launch_images(&l, pass, &device);
}

static int launch(uint64_t macs, double seconds, int chunked, unsigned compute_units, unsigned clock_mhz) {
    return launch_pass(LAYER_FORWARD, macs, seconds, chunked, compute_units, clock_mhz);
}

/* Devices draw a screen as well: no launch may take more than about a tenth of a second; and a large one must not be
 * given a piece that ends before it is filled. */
START_TEST(launches) {
    enum { CONV3 = 74760192 }; /* half of the paper's */
    /* Before it is measured: 132 units at 1.98 GHz, 56 at 1.0, 24 at 1.1 (built in), one at 100 MHz; one that tells no
     * clock. */
    ck_assert_int_ge(launch(CONV3, 0, 0, 132, 1980), 256);
    ck_assert_int_ge(launch(CONV3, 0, 0, 56, 1000), 64);
    ck_assert_int_le(launch(CONV3, 0, 0, 24, 1100), 54); /* 4e9 products, of 42e9 a second */
    ck_assert_int_ge(launch(CONV3, 0, 0, 24, 1100), 16);
    ck_assert_int_eq(launch(CONV3, 0, 0, 1, 100), 1);
    ck_assert_int_eq(launch(CONV3, 0, 0, 24, 0), launch(CONV3, 0, 0, 24, 500));
    /* Measured: whatever the device says it is. */
    ck_assert_int_eq(launch(CONV3, 0.03, 0, 132, 1980), 3);
    ck_assert_int_eq(launch(CONV3, 0.001, 0, 1, 100), 100);
    ck_assert_int_eq(launch(CONV3, 5.0, 0, 132, 1980), 1);
    /* Whole chunks, where one fits. */
    ck_assert_int_eq(launch(CONV3, 0.001, 1, 1, 100), 96);
    ck_assert_int_eq(launch(CONV3, 0.01, 1, 1, 100), 10);
    ck_assert_int_eq(launch(CONV3, 5.0, 1, 1, 100), 1);
    /* Nothing to multiply: as many as a dimension has work-groups; more than can be. */
    ck_assert_int_eq(launch(0, 0, 0, 1, 100), 65535);
    ck_assert_int_eq(launch(0, 0, 1, 1, 100), 65520);
    ck_assert_int_eq(launch(UINT64_MAX, 0, 0, 132, 1980), 1);
    /* A weight gradient is added up launch by launch: what was measured would change its bits. */
    ck_assert_int_eq(launch_pass(LAYER_WEIGHT_GRADIENT, CONV3, 0.03, 0, 132, 1980), launch(CONV3, 0, 0, 132, 1980));
}
END_TEST

/* Nothing to compute: half 1 of one channel. */
START_TEST(empty_half) {
    struct alexcl_error err = {0};
    const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"};
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l = describe(&relu, 1, (struct alexcl_shape){1, 4, 4});
    const struct layer_io io = {.count = 3};
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
    EXPECT_OK(layer_run(&l, LAYER_FORWARD, &io, &err), err);
    layer_release(&l);
    layer_release(&l); /* safe twice */
}
END_TEST

/* The kernels' checks compare two ways of computing, which share the factor; at the models' rate of one half both
 * factors are the same. */
START_TEST(dropout_keeps_the_rest) {
    struct alexcl_error err = {0};
    const struct alexcl_layer drop = {
        .type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_PAPER, .rate = 0.25};
    const float *const none[LAYER_TENSORS] = {0};
    const float x[4] = {4, -8, 0, 100};
    static const float due[4] = {3, -6, 0, 75};
    float y[4];
    struct storage s;
    struct layer l = describe(&drop, 0, (struct alexcl_shape){2, 2, 2});
    EXPECT_OK(storage_create(support_target(), 4, "a test", &s, &err), err);
    EXPECT_OK(storage_write(&s, 0, x, 4, &err), err);
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
    EXPECT_OK(layer_run(&l, LAYER_FORWARD,
                        &(struct layer_io){.in = &(struct layer_source){&s, NULL}, .out = &s, .count = 1}, &err),
              err);
    EXPECT_OK(storage_read(&s, 0, y, 4, &err), err);
    for (int i = 0; i < 4; i++) ck_assert_float_eq(y[i], due[i]);
    layer_release(&l);
    storage_free(&s);
}
END_TEST

/* docs/layout.md's formulas: maps, blocks, and two halves of blocks one behind the other. */
START_TEST(values_lie_where_the_page_says) {
    static const struct alexcl_layer fc = {.type = ALEXCL_FC, .name = "fc", .outputs = 5};
    enum { C = 37, HALF0 = 19, H = 3, W = 2 };
    const struct alexcl_shape all = {C, H, W};
    struct layer plain = describe(&fc, 0, (struct alexcl_shape){C * H * W, 1, 1}), blocks = plain;
    plain.shape.maps = blocks.shape.maps = all;
    blocks.choice.in_block = LAYER_BLOCK;
    size_t half0 = (HALF0 + 15) / 16 * H * W * 16;
    ck_assert_uint_eq(shape_floats((struct alexcl_shape){HALF0, H, W}, LAYER_BLOCK), half0);
    for (int c = 0; c < C; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int i = y * W + x, own = c < HALF0 ? c : c - HALF0;
                ck_assert_uint_eq(layer_in_position(&plain, c, i), (size_t)((c * H + y) * W + x));
                ck_assert_uint_eq(layer_in_position(&blocks, c, i),
                                  (c < HALF0 ? 0 : half0) + (size_t)(((own / 16 * H + y) * W + x) * 16 + own % 16));
            }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("layer");
    /* first: before others compile these kernels */
    tcase_add_test(tests, the_next_variant_takes_the_place_of_one_that_is_not_built);
    tcase_add_test(tests, halves);
    tcase_add_test(tests, in_training_dropout_has_an_output_of_its_own);
    tcase_add_test(tests, made_small_it_is_a_layer_still);
    tcase_add_test(tests, values_lie_where_the_page_says);
    tcase_add_test(tests, choice);
    tcase_add_test(tests, passes_are_apart);
    tcase_add_test(tests, fused_relu_has_a_gradient);
    tcase_add_test(tests, half_weights_are_rounded_ones);
    tcase_add_test(tests, int8_weights_take_a_quarter_of_the_memory);
    tcase_add_test(tests, weights_beyond_a_precision_are_refused);
    tcase_add_test(tests, launches);
    tcase_add_test(tests, empty_half);
    tcase_add_test(tests, dropout_keeps_the_rest);
    return support_run(tests);
}
