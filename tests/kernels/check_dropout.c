/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: ">= threshold" -> "> threshold - 4194304" */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "kernel_buffers.h"
#include "kernel_check.h"

static const uint64_t SEED = 0x20120930A1E7C0DE; /* of the golden vectors */

static struct alexcl_layer dropout(enum alexcl_dropout kind, double rate) {
    return (struct alexcl_layer){.type = ALEXCL_DROPOUT, .name = "drop", .dropout = kind, .rate = rate};
}

/* A half of whole values, n x whole_in, through one of the two passes, which do the same: n x out. free() it. */
static float *run(const char *variant, enum layer_pass_kind pass, struct layer *l, struct layer_random random,
                  const float *x, int images, int first, int count) {
    struct alexcl_error err = {0};
    struct target host = {NULL}, *target = strcmp(variant, "ref") == 0 ? &host : support_target();
    const float *const none[LAYER_TENSORS] = {0};
    struct storage from = {0}, to = {0};
    size_t floats = layer_out_floats(l);
    ck_assert_uint_eq(floats, layer_in_floats(l));
    float *plain = kernel_buffers_half(l, x, images), *given = kernel_buffers_lay_in(l, plain, images),
          *made = support_floats((size_t)images * floats);
    kernel_buffers_make(target, given, floats, images, first, count, &from);
    kernel_buffers_make(target, NULL, floats, images, first, count, &to);
    EXPECT_OK(layer_prepare_variant(l, pass, target, kernel_check_variant(l, pass, variant), none, &err), err);
    struct layer_source source = {&from, NULL}, sink = {&to, NULL};
    const struct layer_io io = {.in = &source,
                                .out = &to,
                                .out_gradient = &from,
                                .in_gradients = &sink,
                                .first = first,
                                .count = count,
                                .random = random};
    EXPECT_OK(layer_run(l, pass, &io, &err), err);
    EXPECT_OK(storage_read(&to, 0, made, (size_t)images * floats, &err), err);
    float *got = kernel_buffers_take_out(l, made, images, first, count);
    kernel_buffers_check_behind(l, &to, (size_t)images * floats);
    layer_release(l);
    if (!kernel_check_bare()) storage_free(&from), storage_free(&to);
    free(plain), free(given), free(made);
    return got;
}

/* What must come of value `unit` of image `image` of the whole run. */
static float due(const struct alexcl_layer *desc, struct alexcl_shape whole, struct layer_random random, int n,
                 size_t unit, float x) {
    float draw;
    if (!random.on) return desc->dropout == ALEXCL_DROPOUT_PAPER ? (float)((double)x * (1.0 - desc->rate)) : x;
    uint64_t element = (random.image + (uint64_t)n) * shape_size(whole) + unit;
    counter_rng_fill_unit(&draw, random.key, element, 1);
    if ((double)draw < desc->rate) return 0.0f;
    return desc->dropout == ALEXCL_DROPOUT_PAPER ? x : (float)((double)x / (1.0 - desc->rate));
}

/* Both halves, both passes, plain and in blocks: a value depends on its place in the whole layer and in the batch of
 * the whole run, not on the half, the layout, or the images beside it. */
static void check(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole,
                  struct alexcl_shape maps, int on) {
    enum { IMAGES = 5, FIRST = 1, COUNT = 3 };
    const struct layer_random random = {on, counter_rng_key(SEED, "a step's"), ((uint64_t)1 << 32) + 7};
    float *x = support_random(IMAGES * shape_size(whole), "x", 2.0);
    for (int turn = 0; turn < 8; turn++) {
        struct alexcl_error err = {0};
        struct layer l;
        enum layer_pass_kind pass = turn & 4 ? LAYER_INPUT_GRADIENT : LAYER_FORWARD;
        EXPECT_OK(layer_describe(&l, desc, turn & 1, whole, &err), err);
        layer_train(&l);
        l.shape.maps = maps;
        if (!kernel_check_set_blocks(&l, variant, turn & 2 ? LAYER_BLOCK : 1) || shape_size(l.shape.out) == 0) continue;
        float *got = run(variant, pass, &l, random, x, IMAGES, FIRST, COUNT);
        size_t size = shape_size(l.shape.out), hw = (size_t)whole.h * (size_t)whole.w,
               before = (size_t)shape_half_first(whole.c, turn & 1) * hw;
        for (int n = FIRST; n < FIRST + COUNT; n++)
            for (size_t i = 0; i < size; i++) {
                float value = got[(size_t)n * size + i],
                      wanted = due(desc, whole, random, n, before + i, x[(size_t)n * shape_size(whole) + before + i]);
                ck_assert_msg(fabsf(value - wanted) <= 1e-6f * fabsf(wanted),
                              "%s, rate %g, %d x %d x %d, pass %d, half %d, block %d: unit %zu of image %d is %g where "
                              "%g is due",
                              variant, desc->rate, whole.c, whole.h, whole.w, (int)pass, turn & 1, l.choice.in_block,
                              before + i, n, (double)value, (double)wanted);
            }
        free(got);
    }
    free(x);
}

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {130, 1, 1}, {37, 2, 3}};
    static const double rates[] = {0.0, 0.5, 0.25, 0.9};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int kind = 0; kind < 2; kind++) {
            struct alexcl_layer desc = dropout(kind ? ALEXCL_DROPOUT_INVERTED : ALEXCL_DROPOUT_PAPER, rates[s]);
            check("ref", &desc, shapes[s], shapes[s], 1);
            check("draw", &desc, shapes[s], shapes[s], 1);
        }
    }
    /* behind a flatten layer: a half's last block is not full */
    struct alexcl_layer desc = dropout(ALEXCL_DROPOUT_INVERTED, 0.5);
    check("draw", &desc, (struct alexcl_shape){12 * 6, 1, 1}, (struct alexcl_shape){12, 2, 3}, 1);
    check("draw", &desc, (struct alexcl_shape){34 * 4, 1, 1}, (struct alexcl_shape){34, 2, 2}, 1);
}
END_TEST

/* A validation between two steps: what the layer does at test. */
START_TEST(nothing_is_drawn) {
    const struct alexcl_shape shape = {37, 2, 3};
    for (int kind = 0; kind < 2; kind++) {
        struct alexcl_layer desc = dropout(kind ? ALEXCL_DROPOUT_INVERTED : ALEXCL_DROPOUT_PAPER, 0.3);
        check("ref", &desc, shape, shape, 0);
        check("draw", &desc, shape, shape, 0);
    }
}
END_TEST

START_TEST(against_the_reference) {
    static const struct alexcl_shape shapes[] = {{5, 3, 7}, {130, 1, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct alexcl_layer desc = dropout(ALEXCL_DROPOUT_INVERTED, 0.3);
        kernel_check_gradient("draw", LAYER_INPUT_GRADIENT, &desc, &shapes[s], 1, shapes[s]);
    }
}
END_TEST

/* The golden masks are drawn by the same generator. */
START_TEST(golden) {
    static const struct {
        const char *dir, *stream;
    } cases[] = {{"dropout_half", "dropout/half/u"}, {"dropout_quarter", "dropout/quarter/u"}};
    static const char *const keys[][2] = {{"y_paper_train", "gx_paper_train"},
                                          {"y_inverted_train", "gx_inverted_train"}};
    for (int turn = 0; turn < 8; turn++) {
        const char *dir = cases[turn & 1].dir;
        int kind = turn >> 1 & 1, pass = turn >> 2;
        struct tensor x = oracle_load(dir, pass ? "gy" : "x"), want = oracle_load(dir, keys[kind][pass]);
        const struct layer_random random = {1, counter_rng_key(SEED, cases[turn & 1].stream), 0};
        struct alexcl_layer desc =
            dropout(kind ? ALEXCL_DROPOUT_INVERTED : ALEXCL_DROPOUT_PAPER, oracle_number(dir, "p"));
        float *whole = support_floats(want.count), *at = whole;
        for (int half = 0; half < 2; half++) {
            struct alexcl_error err = {0};
            struct layer l;
            EXPECT_OK(layer_describe(&l, &desc, half, (struct alexcl_shape){(int)x.count, 1, 1}, &err), err);
            layer_train(&l);
            float *got = run("draw", pass ? LAYER_INPUT_GRADIENT : LAYER_FORWARD, &l, random, x.values, 1, 0, 1);
            memcpy(at, got, shape_size(l.shape.out) * sizeof *at);
            at += shape_size(l.shape.out);
            free(got);
        }
        support_compare(dir, whole, want.values, want.count, KERNEL_CHECK_TOLERANCE);
        for (size_t i = 0; i < want.count; i++) ck_assert((whole[i] == 0.0f) == (want.values[i] == 0.0f));
        free(whole);
        oracle_free(&x), oracle_free(&want);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("dropout");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, nothing_is_drawn);
    tcase_add_test(tests, against_the_reference);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
