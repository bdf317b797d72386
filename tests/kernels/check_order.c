/* SPDX-License-Identifier: MIT */
/* The order of sums. A kernel whose items share nothing gives the same bits in work-groups of every size; and every sum
 * runs in the order that stands above its kernel. Intel's compiler changes the order of a plain sum, by the size of the
 * work-group (quirks.c). Where fma is fast a product and a sum are rounded once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "kernel_check.h"

enum { TERMS = 256, ITEMS = 64, CHANNELS = 16, SIDE = 17, WINDOW = 16, OUT = 10 };
/* 1 + this is 1, and a sum of 1 and hundreds of these is 1 in order alone. */
static const float SMALL = 0x1p-26f, SMALL_SQUARE = 0x1p-13f, SMALL_EXPONENT = -17.0f;

static struct alexcl_error err;

/* A kernel with its arguments; x, of which it makes sums, and y are among them. */
struct sums {
    struct kernel *kernel;
    const char *what;
    struct kernel_range range;
    const struct kernel_arg *args;
    size_t arg_count, in, out;
    struct buffer *x, *y;
};

static void open_kernel(struct sums *s, const char *source, const char *function, const char *defines) {
    s->what = function;
    EXPECT_OK(kernel_create(support_target()->device, source, function, defines, &s->kernel, &err), err);
    EXPECT_OK(buffer_create(support_target()->device, s->in, "a test", &s->x, &err), err);
    EXPECT_OK(buffer_create(support_target()->device, s->out, "a test", &s->y, &err), err);
}

static void close_kernel(struct sums *s) {
    kernel_free(s->kernel);
    buffer_free(s->x);
    buffer_free(s->y);
}

static struct buffer *filled(size_t count, float value) {
    struct buffer *b;
    float *values = support_floats(count);
    for (size_t i = 0; i < count; i++) values[i] = value;
    EXPECT_OK(buffer_create(support_target()->device, count, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(b, 0, values, count, &err), err);
    free(values);
    return b;
}

/* y of these x, in work-groups of `local` items. free() it. */
static float *run(struct sums *s, const float *x, size_t local) {
    float *y = support_floats(s->out);
    s->range.local[0] = local;
    EXPECT_OK(buffer_write(s->x, 0, x, s->in, &err), err);
    EXPECT_OK(kernel_launch(s->kernel, s->what, &s->range, s->args, s->arg_count, &err), err);
    EXPECT_OK(buffer_read(s->y, 0, y, s->out, &err), err);
    return y;
}

/* Output 0 is a sum of x[0], and then of x[step], x[2 * step] .. below `end`: were they `small` it has the same bits as
 * were they `none`. */
static void check_order(struct sums *s, float first, size_t step, size_t end, float small, float none, size_t local) {
    char what[96];
    float *x = support_floats(s->in);
    for (size_t i = 0; i < s->in; i++) x[i] = none;
    x[0] = first;
    float *alone = run(s, x, local);
    for (size_t i = step; i < end; i += step) x[i] = small;
    float *more = run(s, x, local);
    snprintf(what, sizeof what, "%s in groups of %zu: a sum in order", s->what, local);
    support_same(what, more, alone, 1);
    free(x), free(alone), free(more);
}

/* Where the group's size is free: the order, and the same bits, in all. */
static void check_groups(struct sums *s, float small) {
    static const size_t locals[] = {64, 1, 2, 4, 8, 16, 32};
    float *x = support_random(s->in, s->what, 2), *first = run(s, x, locals[0]);
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
        char what[96];
        float *again = run(s, x, locals[i]);
        snprintf(what, sizeof what, "%s in groups of %zu and of %zu", s->what, locals[i], locals[0]);
        support_same(what, again, first, s->out);
        check_order(s, 1.0f, 1, s->in, small, 0.0f, locals[i]);
        free(again);
    }
    free(x), free(first);
}

START_TEST(of_rbf) {
    struct sums s = {.in = TERMS, .out = ITEMS, .range = {2, {0}, {ITEMS, 1}, {1, 1}}};
    struct buffer *code = filled((size_t)TERMS * ITEMS, 0.0f);
    open_kernel(&s, "rbf", "rbf_forward", "");
    s.args =
        (const struct kernel_arg[]){ARG_BUFFER(s.x), ARG_BUFFER(code), ARG_BUFFER(s.y), ARG_INT(TERMS), ARG_INT(ITEMS)};
    s.arg_count = 5;
    check_groups(&s, SMALL_SQUARE);
    close_kernel(&s);
    buffer_free(code);
}
END_TEST

static void check_pooling(const char *source, const char *function, const char *defines, int trained) {
    enum { HIGH = OUT + WINDOW - 1 };
    struct sums s = {.in = CHANNELS * HIGH * HIGH,
                     .out = CHANNELS * OUT * OUT,
                     .range = {3, {0}, {OUT * OUT, CHANNELS, 1}, {1, 1, 1}}};
    struct buffer *weight = filled(CHANNELS, 0.7f), *bias = filled(CHANNELS, 0.3f);
    open_kernel(&s, source, function, defines);
    const struct kernel_arg buffers[] = {ARG_BUFFER(s.x), ARG_BUFFER(weight), ARG_BUFFER(bias), ARG_BUFFER(s.y)};
    const struct kernel_arg shape[] = {ARG_INT(CHANNELS), ARG_INT(HIGH),   ARG_INT(HIGH), ARG_INT(OUT), ARG_INT(OUT),
                                       ARG_INT(WINDOW),   ARG_INT(WINDOW), ARG_INT(1),    ARG_INT(1)};
    const struct kernel_arg padding[] = {ARG_INT(0), ARG_INT(0), ARG_INT(HIGH), ARG_INT(HIGH), ARG_INT(0)};
    struct kernel_arg args[20];
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        if (trained || i == 0 || i == 3) args[s.arg_count++] = buffers[i];
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) args[s.arg_count++] = shape[i];
    for (size_t i = 0; i < sizeof padding / sizeof *padding && !trained; i++) args[s.arg_count++] = padding[i];
    s.args = args;
    check_groups(&s, SMALL);
    close_kernel(&s);
    buffer_free(weight), buffer_free(bias);
}

START_TEST(of_avgpool) {
    check_pooling("avgpool", "avgpool_forward", "", 0);
    check_pooling("avgpool", "avgpool_forward", "-DBLOCK=16", 0);
}
END_TEST

START_TEST(of_subsample) {
    check_pooling("subsample", "subsample_forward", "", 1);
    check_pooling("subsample", "subsample_forward", "-DBLOCK=16", 1);
}
END_TEST

static void check_lrn(const char *defines) {
    struct sums s = {
        .in = (size_t)TERMS * ITEMS, .out = (size_t)TERMS * ITEMS, .range = {3, {0}, {ITEMS, TERMS, 1}, {1, 1, 1}}};
    open_kernel(&s, "lrn", "lrn_forward", defines);
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x),    ARG_BUFFER(NULL), ARG_BUFFER(s.y), ARG_INT(TERMS),
                                         ARG_INT(ITEMS),     ARG_INT(0),       ARG_INT(0),      ARG_INT(1 - TERMS),
                                         ARG_INT(TERMS - 1), ARG_FLOAT(1),     ARG_FLOAT(0.5f), ARG_FLOAT(0.6f)};
    s.arg_count = 12;
    check_groups(&s, SMALL_SQUARE);
    close_kernel(&s);
}

static void check_rnorm(const char *defines) {
    struct sums s = {.in = CHANNELS * SIDE * SIDE,
                     .out = CHANNELS * SIDE * SIDE,
                     .range = {3, {0}, {SIDE * SIDE, CHANNELS, 1}, {1, 1, 1}}};
    open_kernel(&s, "rnorm", "rnorm_forward", defines);
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x), ARG_BUFFER(s.y),   ARG_INT(CHANNELS), ARG_INT(SIDE),
                                         ARG_INT(SIDE),   ARG_INT(1 - SIDE), ARG_INT(SIDE - 1), ARG_FLOAT(1),
                                         ARG_FLOAT(0.5f), ARG_FLOAT(0.6f)};
    s.arg_count = 10;
    check_groups(&s, SMALL_SQUARE);
    close_kernel(&s);
}

START_TEST(of_normalisations) {
    check_lrn("");
    check_lrn("-DBETA_075");
    check_rnorm("");
    check_rnorm("-DBETA_075 -DBLOCK=16");
}
END_TEST

/* One work-item adds up what is GROUP units apart. */
START_TEST(of_softmax) {
    for (size_t group = 1; group <= ITEMS; group *= 4) {
        char defines[32];
        size_t units = group * TERMS;
        struct sums s = {.in = units, .out = units, .range = {2, {0}, {group, 1}, {1, 1}}};
        snprintf(defines, sizeof defines, "-DGROUP=%zu", group);
        open_kernel(&s, "softmax", "softmax_forward", defines);
        s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x),     ARG_BUFFER(s.y), ARG_INT((int)units),
                                             ARG_INT((int)units), ARG_INT(0),      ARG_INT((int)units)};
        s.arg_count = 6;
        check_order(&s, 0.0f, group, units, SMALL_EXPONENT, -200.0f, group);
        close_kernel(&s);
    }
}
END_TEST

/* A work-item adds up what is 64 inputs apart, and one of them then the 64 sums. */
START_TEST(of_fc) {
    enum { INPUTS = ITEMS * TERMS };
    struct sums s = {.in = INPUTS, .out = 1, .range = {2, {0}, {ITEMS, 1}, {1, 1}}};
    struct buffer *weights = filled(INPUTS, 1.0f), *bias = filled(1, 0.0f);
    open_kernel(&s, "fc", "fc_forward", "");
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x), ARG_BUFFER(weights), ARG_BUFFER(bias), ARG_BUFFER(s.y),
                                         ARG_INT(0),      ARG_INT(1),          ARG_INT(INPUTS),  ARG_INT(1)};
    s.arg_count = 8;
    check_order(&s, 1.0f, ITEMS, INPUTS, SMALL, 0.0f, ITEMS);
    check_order(&s, 1.0f, 1, ITEMS, SMALL, 0.0f, ITEMS);
    close_kernel(&s);
    buffer_free(weights), buffer_free(bias);
}
END_TEST

START_TEST(of_lrn_cpu) {
    if (!kernel_check_possible("cpu")) return;
    struct sums s = {.in = TERMS, .out = TERMS, .range = {2, {0}, {1, 1}, {1, 1}}};
    open_kernel(&s, "lrn_cpu", "lrn_cpu_forward", "-DPLACES=1");
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x),
                                         ARG_BUFFER(NULL),
                                         ARG_BUFFER(s.y),
                                         ARG_INT(TERMS),
                                         ARG_INT(1),
                                         ARG_INT(0),
                                         ARG_INT(0),
                                         ARG_INT(-TERMS / 2),
                                         ARG_INT(TERMS / 2),
                                         ARG_FLOAT(1),
                                         ARG_FLOAT(0.5f),
                                         ARG_FLOAT(0.6f),
                                         ARG_LOCAL(2 * (TERMS + 1) * sizeof(float))};
    s.arg_count = 13;
    check_order(&s, 1.0f, 1, TERMS, SMALL_SQUARE, 0.0f, 1);
    close_kernel(&s);
}
END_TEST

/* A map of one value, which is in 16 x 16 windows: its gradient is the sum of theirs. */
static void check_pool_gradient(const char *name, const char *defines, int averages) {
    enum { WINDOWS = WINDOW * WINDOW };
    struct sums s = {.in = CHANNELS * WINDOWS, .out = CHANNELS, .range = {3, {0}, {1, CHANNELS, 1}, {1, 1, 1}}};
    struct buffer *values = filled(CHANNELS, 1.0f);
    open_kernel(&s, name, name, defines);
    const struct kernel_arg all[] = {
        ARG_BUFFER(values),  ARG_BUFFER(s.x),     ARG_BUFFER(s.y), ARG_INT(CHANNELS), ARG_INT(1), ARG_INT(1),
        ARG_INT(WINDOW),     ARG_INT(WINDOW),     ARG_INT(WINDOW), ARG_INT(WINDOW),   ARG_INT(1), ARG_INT(1),
        ARG_INT(WINDOW - 1), ARG_INT(WINDOW - 1), ARG_INT(WINDOW), ARG_INT(WINDOW),   ARG_INT(1)};
    s.args = all + averages;
    s.arg_count = averages ? 16 : 14;
    check_groups(&s, SMALL);
    close_kernel(&s);
    buffer_free(values);
}

START_TEST(of_pool_gradients) {
    check_pool_gradient("avgpool_input_gradient", "", 1);
    check_pool_gradient("avgpool_input_gradient", "-DBLOCK=16", 1);
    check_pool_gradient("maxpool_input_gradient", "", 0);
    check_pool_gradient("maxpool_input_gradient", "-DBLOCK=16", 0);
}
END_TEST

/* All values are equal, and the windows reach over all of them: the gradient of each is a sum of all that is given. */
static void check_lrn_gradient(const char *name, const char *defines, int cpu) {
    enum { FEW = 32 }; /* the kernel for any device makes each sum of squares anew */
    size_t items = cpu ? 1 : ITEMS;
    struct sums s = {.in = FEW * items, .out = FEW * items, .range = {3, {0}, {items, FEW, 1}, {1, 1, 1}}};
    struct buffer *values = filled(s.in, 1.0f);
    if (cpu) s.range = (struct kernel_range){2, {0}, {1, 1}, {1, 1}};
    open_kernel(&s, name, name, defines);
    s.args = (const struct kernel_arg[]){ARG_BUFFER(values),  ARG_BUFFER(NULL), ARG_BUFFER(s.x),
                                         ARG_BUFFER(s.y),     ARG_BUFFER(NULL), ARG_INT(FEW),
                                         ARG_INT((int)items), ARG_INT(0),       ARG_INT(0),
                                         ARG_INT(1 - FEW),    ARG_INT(FEW - 1), ARG_FLOAT(1),
                                         ARG_FLOAT(0.5f),     ARG_FLOAT(0.6f),  ARG_LOCAL(2 * 3 * FEW * sizeof(float))};
    s.arg_count = cpu ? 15 : 14;
    if (cpu)
        check_order(&s, 1.0f, 1, s.in, SMALL, 0.0f, 1);
    else
        check_groups(&s, SMALL);
    close_kernel(&s);
    buffer_free(values);
}

START_TEST(of_lrn_gradients) {
    check_lrn_gradient("lrn_input_gradient", "", 0);
    if (kernel_check_possible("cpu")) check_lrn_gradient("lrn_input_gradient_cpu", "-DPLACES=1", 1);
}
END_TEST

START_TEST(of_fc_naive) {
    enum { OUTPUTS = 4 * ITEMS };
    struct sums s = {.in = TERMS, .out = OUTPUTS, .range = {2, {0}, {OUTPUTS, 1}, {1, 1}}};
    struct buffer *weights = filled((size_t)TERMS * OUTPUTS, 1.0f), *bias = filled(OUTPUTS, 0.0f);
    open_kernel(&s, "fc_naive", "fc_naive_forward", "");
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x), ARG_BUFFER(weights), ARG_BUFFER(bias), ARG_BUFFER(s.y),
                                         ARG_INT(TERMS),  ARG_INT(OUTPUTS),    ARG_INT(TERMS),   ARG_INT(1),
                                         ARG_INT(TERMS),  ARG_INT(0),          ARG_INT(0)};
    s.arg_count = 11;
    check_groups(&s, SMALL);
    close_kernel(&s);
    buffer_free(weights), buffer_free(bias);
}
END_TEST

/* gy is 1 and then small: of each input over the outputs, of each weight over the images. */
START_TEST(of_fc_gradients) {
    enum { WEIGHTS = ITEMS - 1 }; /* an item is left for the bias */
    struct sums input = {.in = TERMS, .out = ITEMS, .range = {2, {0}, {ITEMS, 1}, {1, 1}}},
                weight = {.in = TERMS, .out = WEIGHTS, .range = {1, {0}, {ITEMS}, {1}}};
    struct buffer *ones = filled((size_t)TERMS * ITEMS, 1.0f), *bias = filled(1, 0.0f);
    open_kernel(&input, "fc_input_gradient", "fc_input_gradient", "-DIMAGES=1");
    input.args = (const struct kernel_arg[]){ARG_BUFFER(input.x), ARG_BUFFER(ones), ARG_BUFFER(input.y), ARG_INT(0),
                                             ARG_INT(1),          ARG_INT(ITEMS),   ARG_INT(TERMS),      ARG_INT(ITEMS),
                                             ARG_INT(1),          ARG_INT(ITEMS),   ARG_INT(0)};
    input.arg_count = 11;
    check_groups(&input, SMALL);
    close_kernel(&input);
    open_kernel(&weight, "fc_weight_gradient", "fc_weight_gradient", "-DOUTPUTS=1");
    weight.args =
        (const struct kernel_arg[]){ARG_BUFFER(ones), ARG_BUFFER(weight.x), ARG_BUFFER(weight.y), ARG_BUFFER(bias),
                                    ARG_INT(0),       ARG_INT(TERMS),       ARG_INT(WEIGHTS),     ARG_INT(1),
                                    ARG_INT(WEIGHTS), ARG_INT(1),           ARG_INT(WEIGHTS),     ARG_INT(0),
                                    ARG_INT(0)};
    weight.arg_count = 13;
    check_groups(&weight, SMALL);
    close_kernel(&weight);
    buffer_free(ones), buffer_free(bias);
}
END_TEST

/* The same of kernels whose work-groups have one item, and which read gy packed. */
START_TEST(of_fc_gradients_cpu) {
    enum { PANEL = 128, CHUNK = 256, TILE = 8, INPUTS = 32 };
    if (!kernel_check_possible("cpu")) return;
    struct sums input = {.in = TILE * CHUNK, .out = INPUTS, .range = {1, {0}, {1}, {1}}},
                weight = {.in = TILE * PANEL, .out = TILE * INPUTS, .range = {2, {0}, {1, 1}, {1, 1}}};
    struct buffer *ones = filled((size_t)PANEL * INPUTS, 1.0f);
    open_kernel(&input, "fc_input_gradient_cpu", "fc_input_gradient_cpu", "");
    input.args = (const struct kernel_arg[]){ARG_BUFFER(input.x),
                                             ARG_BUFFER(ones),
                                             ARG_BUFFER(input.y),
                                             ARG_INT(0),
                                             ARG_INT(1),
                                             ARG_INT(TILE),
                                             ARG_INT(INPUTS),
                                             ARG_INT(PANEL),
                                             ARG_INT(INPUTS),
                                             ARG_INT(1),
                                             ARG_INT(INPUTS),
                                             ARG_INT(0),
                                             ARG_LOCAL(PANEL * INPUTS * sizeof(float)),
                                             ARG_LOCAL(TILE * INPUTS * sizeof(float))};
    input.arg_count = 14;
    check_order(&input, 1.0f, 1, PANEL, SMALL, 0.0f, 1);
    close_kernel(&input);
    open_kernel(&weight, "fc_weight_gradient_cpu", "fc_weight_gradient_cpu", "");
    weight.args = (const struct kernel_arg[]){ARG_BUFFER(ones),     ARG_BUFFER(weight.x),
                                              ARG_BUFFER(weight.y), ARG_INT(0),
                                              ARG_INT(PANEL),       ARG_INT(INPUTS),
                                              ARG_INT(TILE),        ARG_INT(INPUTS),
                                              ARG_INT(1),           ARG_INT(INPUTS),
                                              ARG_INT(0),           ARG_INT(0),
                                              ARG_INT(1),           ARG_LOCAL(PANEL * INPUTS * sizeof(float))};
    weight.arg_count = 14;
    check_order(&weight, 1.0f, TILE, weight.in, SMALL, 0.0f, 1);
    close_kernel(&weight);
    buffer_free(ones);
}
END_TEST

START_TEST(of_rbf_gradient) {
    struct sums s = {.in = TERMS, .out = ITEMS, .range = {2, {0}, {ITEMS, 1}, {1, 1}}};
    struct buffer *values = filled(ITEMS, 1.0f), *code = filled((size_t)TERMS * ITEMS, 0.0f);
    open_kernel(&s, "rbf_input_gradient", "rbf_input_gradient", "");
    s.args = (const struct kernel_arg[]){ARG_BUFFER(values), ARG_BUFFER(code), ARG_BUFFER(s.x),
                                         ARG_BUFFER(s.y),    ARG_INT(ITEMS),   ARG_INT(TERMS)};
    s.arg_count = 6;
    check_groups(&s, SMALL);
    close_kernel(&s);
    buffer_free(values), buffer_free(code);
}
END_TEST

/* Of an image: a row of gy; then over the images. */
START_TEST(of_channel_gradients) {
    enum { ROW = 64 };
    struct buffer *ones = filled(CHANNELS * ROW, 1.0f), *bias = filled(CHANNELS, 0.0f);
    for (int affine = 0; affine < 2; affine++) {
        const char *name = affine ? "affine_weight_gradient" : "subsample_weight_gradient";
        struct sums s = {.in = CHANNELS * ROW, .out = 2 * CHANNELS, .range = {2, {0}, {CHANNELS, 1}, {1, 1}}},
                    add = {.in = 2 * CHANNELS * TERMS, .out = CHANNELS, .range = {1, {0}, {CHANNELS}, {1}}};
        open_kernel(&s, name, name, "");
        s.args = (const struct kernel_arg[]){ARG_BUFFER(ones), ARG_BUFFER(s.x),   ARG_BUFFER(s.y),
                                             ARG_INT(0),       ARG_INT(CHANNELS), ARG_INT(affine ? ROW : 1),
                                             ARG_INT(ROW),     ARG_INT(1),        ARG_INT(ROW),
                                             ARG_INT(1),       ARG_INT(1),        ARG_INT(1),
                                             ARG_INT(1)};
        s.arg_count = affine ? 6 : 13;
        check_groups(&s, SMALL);
        close_kernel(&s);
        open_kernel(&add, name, "channel_gradient_add", "");
        add.args = (const struct kernel_arg[]){ARG_BUFFER(add.x), ARG_BUFFER(add.y), ARG_BUFFER(bias),
                                               ARG_INT(TERMS),    ARG_INT(CHANNELS), ARG_INT(0)};
        add.arg_count = 6;
        check_order(&add, 1.0f, 2 * CHANNELS, add.in, SMALL, 0.0f, 1);
        check_order(&add, 1.0f, 2 * CHANNELS, add.in, SMALL, 0.0f, CHANNELS);
        close_kernel(&add);
    }
    buffer_free(ones), buffer_free(bias);
}
END_TEST

/* (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, and 0 where the product is rounded first. */
START_TEST(one_rounding_where_fma_is_fast) {
    enum { INPUTS = ITEMS + 1 };
    struct sums s = {.in = INPUTS, .out = 1, .range = {2, {0}, {ITEMS, 1}, {1, 1}}};
    float x[INPUTS] = {[0] = -1.0f - 0x1p-11f, [ITEMS] = 1.0f + 0x1p-12f},
          weights[INPUTS] = {[0] = 1.0f, [ITEMS] = 1.0f + 0x1p-12f};
    struct buffer *w = filled(INPUTS, 0.0f), *bias = filled(1, 0.0f);
    EXPECT_OK(buffer_write(w, 0, weights, INPUTS, &err), err);
    open_kernel(&s, "fc", "fc_forward", "");
    s.args = (const struct kernel_arg[]){ARG_BUFFER(s.x), ARG_BUFFER(w), ARG_BUFFER(bias), ARG_BUFFER(s.y),
                                         ARG_INT(0),      ARG_INT(1),    ARG_INT(INPUTS),  ARG_INT(1)};
    s.arg_count = 8;
    int fast = strcmp(support_implementation(), "rusticl") != 0;
#ifdef __x86_64__
    fast = fast && __builtin_cpu_supports("fma");
#endif
    float *y = run(&s, x, ITEMS);
    ck_assert_float_eq(y[0], fast ? 0x1p-24f : 0.0f);
    close_kernel(&s);
    buffer_free(w), buffer_free(bias);
    free(y);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("order");
    tcase_add_test(tests, of_rbf);
    tcase_add_test(tests, of_avgpool);
    tcase_add_test(tests, of_subsample);
    tcase_add_test(tests, of_normalisations);
    tcase_add_test(tests, of_lrn_cpu);
    tcase_add_test(tests, of_softmax);
    tcase_add_test(tests, of_fc);
    tcase_add_test(tests, of_pool_gradients);
    tcase_add_test(tests, of_lrn_gradients);
    tcase_add_test(tests, of_fc_naive);
    tcase_add_test(tests, of_fc_gradients);
    tcase_add_test(tests, of_fc_gradients_cpu);
    tcase_add_test(tests, of_rbf_gradient);
    tcase_add_test(tests, of_channel_gradients);
    tcase_add_test(tests, one_rounding_where_fma_is_fast);
    return support_run(tests);
}
