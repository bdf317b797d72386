/* SPDX-License-Identifier: MIT */
/* What every kind of layer reads and makes, which variant a place gets, and how a call is cut into launches. What the variants compute
 * is tested kernel by kernel (tests/kernels). */
#include <string.h>

#include "support.h"

static const struct alexcl_shape maps = {7, 6, 5}, units = {7, 1, 1};

static struct layer describe(const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in) {
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_OK(layer_describe(&l, desc, half, whole_in, &err), err);
    return l;
}

static void expect_shape(const char *what, struct alexcl_shape got, int c, int h, int w) {
    ck_assert_msg(got.c == c && got.h == h && got.w == w, "%s is %d x %d x %d where %d x %d x %d was due", what, got.c, got.h, got.w, c, h, w);
}

/* Odd numbers throughout: half 0 has the larger part. */
START_TEST(halves) {
    static const struct {
        struct alexcl_layer desc;
        int units;         /* reads units, not maps */
        int all, seam;     /* reads */
        int in[2], out[2]; /* channels of each half */
        int h, w;
        int in_place, view;
    } rows[] = {
        {{.type = ALEXCL_CONV, .name = "conv", .outputs = 5, .kernel = 3, .stride = 2, .pad = 1, .groups = 1}, 0, 1, 0, {7, 7}, {3, 2}, 3, 3, 0, 0},
        {{.type = ALEXCL_FC, .name = "fc", .outputs = 5}, 1, 1, 0, {7, 7}, {3, 2}, 1, 1, 0, 0},
        {{.type = ALEXCL_RBF, .name = "rbf", .outputs = 5}, 1, 1, 0, {7, 7}, {3, 2}, 1, 1, 0, 0},
        {{.type = ALEXCL_LRN, .name = "lrn", .kernel = 5, .k = 1, .alpha = 1, .beta = 0.75}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_LRN, .name = "lrn", .kernel = 5, .k = 1, .alpha = 1, .beta = 0.75, .span = ALEXCL_SPAN_LAYER}, 0, 0, 2, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_RNORM, .name = "rnorm", .kernel = 5, .k = 1, .alpha = 1, .beta = 0.75}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = 3, .stride = 2}, 0, 0, 0, {4, 3}, {4, 3}, 2, 2, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = 3, .stride = 2, .ceil_mode = 1}, 0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "max", .kernel = 1, .stride = 2, .ceil_mode = 1}, 0, 0, 0, {4, 3}, {4, 3}, 3, 3, 0, 0}, /* none starts behind the map
                                                                                                                                   */
        {{.type = ALEXCL_AVGPOOL, .name = "avg", .kernel = 2, .stride = 2}, 0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_SUBSAMPLE, .name = "sub", .kernel = 2, .stride = 2}, 0, 0, 0, {4, 3}, {4, 3}, 3, 2, 0, 0},
        {{.type = ALEXCL_RELU, .name = "relu"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_TANH, .name = "tanh"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_SIGMOID, .name = "sigmoid"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_LECUN_TANH, .name = "lecun"}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_PAPER, .rate = 0.5}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 0},
        {{.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_INVERTED, .rate = 0.5}, 0, 0, 0, {4, 3}, {4, 3}, 6, 5, 1, 1},
        {{.type = ALEXCL_FLATTEN, .name = "flat"}, 0, 0, 0, {4, 3}, {120, 90}, 1, 1, 1, 1},
        {{.type = ALEXCL_SOFTMAX, .name = "prob"}, 1, 1, 0, {7, 7}, {4, 3}, 1, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alexcl_shape whole_in = rows[i].units ? units : maps;
        for (int half = 0; half < 2; half++) {
            struct layer l = describe(&rows[i].desc, half, whole_in);
            const char *name = rows[i].desc.name;
            expect_shape(name, l.in, rows[i].in[half], whole_in.h, whole_in.w);
            expect_shape(name, l.out, rows[i].out[half], rows[i].h, rows[i].w);
            expect_shape(name, l.whole_out, rows[i].out[0] + rows[i].out[1], rows[i].h, rows[i].w);
            ck_assert_msg(l.reads.all == rows[i].all && l.reads.seam == rows[i].seam, "%s reads something else", name);
            ck_assert_msg(l.in_place == rows[i].in_place && l.view == rows[i].view, "%s: in place, view", name);
            for (int t = 0; t < l.tensor_count; t++)
                ck_assert_msg(l.tensors[t].first == (half ? l.tensors[t].shape[0] - l.tensors[t].count : 0), "%s: rows of tensor %d", name, t);
        }
    }
}
END_TEST

static const char *chosen(const struct alexcl_layer *desc, struct alexcl_shape whole_in) {
    struct layer l = describe(desc, 0, whole_in);
    int block = layer_block(support_place());
    if (whole_in.h > 1) l.in_block = block;
    l.out_block = layer_makes_block(&l, l.in_block, block);
    return layer_choose(&l, support_place())->name;
}

START_TEST(choice) {
    struct alexcl_error err = {0};
    static const struct alexcl_layer conv = {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = 3, .stride = 1, .groups = 1},
                                     jumps = {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = 3, .stride = 2, .groups = 1},
                                     fc = {.type = ALEXCL_FC, .name = "fc", .outputs = 4}, relu = {.type = ALEXCL_RELU, .name = "relu"};
    struct device *dev = support_place()->device;
    const char *own = !dev ? "ref" : device_limits(dev)->kind == ALEXCL_DEVICE_CPU ? "cpu" : "own";
    ck_assert_str_eq(chosen(&conv, maps), strcmp(own, "cpu") == 0 ? "winograd" : own);
    ck_assert_str_eq(chosen(&jumps, maps), own);
    ck_assert_str_eq(chosen(&fc, units), own);
    EXPECT_OK(alexcl_setting_set("ALEXCL_GEMM", "clblast", &err), err);
    ck_assert_str_eq(chosen(&conv, maps), dev ? "clblast" : "ref");
    ck_assert_str_eq(chosen(&fc, units), dev ? "clblast" : "ref");
    ck_assert_str_eq(chosen(&relu, units), dev ? "own" : "ref");
    EXPECT_OK(alexcl_setting_set("ALEXCL_GEMM", "own", &err), err);
}
END_TEST

/* ---- launches ---- */

static struct { int launches, next, most; } seen;

static int note_launch(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)l, (void)err;
    ck_assert_int_eq(io->first, seen.next);
    seen.launches++;
    seen.next += io->count;
    if (io->count > seen.most) seen.most = io->count;
    return ALEXCL_OK;
}

static void launch(uint64_t macs, int count) {
    static const struct layer_variant noting = {.name = "noting", .enqueue = note_launch};
    const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"};
    struct alexcl_error err = {0};
    struct layer l = describe(&relu, 0, maps);
    struct place host = {NULL};
    const struct layer_io io = {.first = 3, .count = count};
    l.macs = macs;
    l.variant = &noting;
    l.place = &host;
    memset(&seen, 0, sizeof seen);
    seen.next = io.first;
    EXPECT_OK(layer_forward(&l, &io, &err), err);
    ck_assert_int_eq(seen.next, io.first + count);
    ck_assert(seen.most <= 1 || (uint64_t)seen.most * macs <= 4000000000u);
}

/* Real devices draw a screen: no launch may do more than a bounded number of products. */
START_TEST(launches) {
    launch(0, 1000);
    ck_assert_int_eq(seen.launches, 1);
    launch(111974400, 128); /* half of the paper's conv2 */
    ck_assert_int_gt(seen.launches, 3);
    launch(UINT64_MAX, 5); /* more than a launch may do: image by image */
    ck_assert_int_eq(seen.launches, 5);
    launch(1, 0);
    ck_assert_int_eq(seen.launches, 0);
}
END_TEST

/* Nothing to compute: half 1 of one channel. */
START_TEST(empty_half) {
    struct alexcl_error err = {0};
    const struct alexcl_layer relu = {.type = ALEXCL_RELU, .name = "relu"};
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l = describe(&relu, 1, (struct alexcl_shape){1, 4, 4});
    const struct layer_io io = {.count = 3};
    EXPECT_OK(layer_prepare(&l, support_place(), none, &err), err);
    EXPECT_OK(layer_forward(&l, &io, &err), err);
    layer_release(&l);
    layer_release(&l); /* safe twice */
}
END_TEST

/* The kernels' checks compare two ways of computing, which share the factor; at the models' rate of one half both factors are the same. */
START_TEST(dropout_keeps_the_rest) {
    struct alexcl_error err = {0};
    const struct alexcl_layer drop = {.type = ALEXCL_DROPOUT, .name = "drop", .dropout = ALEXCL_DROPOUT_PAPER, .rate = 0.25};
    const float *const none[LAYER_TENSORS] = {0};
    const float x[4] = {4, -8, 0, 100};
    static const float due[4] = {3, -6, 0, 75};
    float y[4];
    struct storage s;
    struct layer l = describe(&drop, 0, (struct alexcl_shape){2, 2, 2});
    EXPECT_OK(storage_create(support_place(), 4, "a test", &s, &err), err);
    EXPECT_OK(storage_write(&s, 0, x, 4, &err), err);
    EXPECT_OK(layer_prepare(&l, support_place(), none, &err), err);
    EXPECT_OK(layer_forward(&l, &(struct layer_io){.in = &s, .out = &s, .count = 1}, &err), err);
    EXPECT_OK(storage_read(&s, 0, y, 4, &err), err);
    for (int i = 0; i < 4; i++) ck_assert_float_eq(y[i], due[i]);
    layer_release(&l);
    storage_free(&s);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("layer");
    tcase_add_test(tests, halves);
    tcase_add_test(tests, choice);
    tcase_add_test(tests, launches);
    tcase_add_test(tests, empty_half);
    tcase_add_test(tests, dropout_keeps_the_rest);
    return support_run(tests);
}
