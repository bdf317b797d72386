/* SPDX-License-Identifier: MIT */
#include "loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct alexcl_error err;
static const double TOLERANCE = 1e-5;
enum { MOST_IMAGES = 8 };

static const char *const cases[] = {"softmax_small", "softmax_big", "softmax_huge"};
enum { CASES = sizeof cases / sizeof *cases };

struct golden {
    struct tensor x, label, each, gradient, rank;
    int labels[MOST_IMAGES];
    struct loss_batch batch;
};

static struct golden load(const char *name) {
    struct golden g = {.x = oracle_load(name, "x"),
                       .label = oracle_load(name, "label"),
                       .each = oracle_load(name, "loss_each"),
                       .gradient = oracle_load(name, "gx"),
                       .rank = oracle_load(name, "rank")};
    for (size_t i = 0; i < g.label.count; i++) g.labels[i] = (int)g.label.values[i];
    g.batch = (struct loss_batch){
        .images = g.x.shape[0], .classes = g.x.shape[1], .outputs = g.x.values, .weight = 1.0 / g.x.shape[0]};
    return g;
}

static void unload(struct golden *g) {
    oracle_free(&g->x), oracle_free(&g->label), oracle_free(&g->each);
    oracle_free(&g->gradient), oracle_free(&g->rank);
}

static void as_golden(const struct golden *g) {
    double each[MOST_IMAGES];
    float got[MOST_IMAGES], *gradient = support_floats(g->x.count);
    struct loss_result r = {.each = each, .gradient = gradient};
    int wrong1 = 0, wrong5 = 0;
    EXPECT_OK(loss_compute(&g->batch, &r, &err), err);
    for (int i = 0; i < g->batch.images; i++) {
        got[i] = (float)each[i];
        wrong1 += g->rank.values[i] >= 1;
        wrong5 += g->rank.values[i] >= 5;
    }
    support_compare("loss of each image", got, g->each.values, g->each.count, TOLERANCE);
    support_compare("gradient", gradient, g->gradient.values, g->gradient.count, TOLERANCE);
    ck_assert_int_eq(r.top1_wrong, wrong1);
    ck_assert_int_eq(r.top5_wrong, wrong5);
    free(gradient);
}

START_TEST(cross_entropy_as_the_golden_vectors) {
    for (int i = 0; i < CASES; i++) {
        struct golden g = load(cases[i]);
        struct loss_result r = {0};
        g.batch.labels = g.labels;
        as_golden(&g);
        EXPECT_OK(loss_compute(&g.batch, &r, &err), err); /* the sum alone */
        double mean = oracle_number(cases[i], "mean_loss");
        ck_assert_double_eq_tol(r.sum * g.batch.weight, mean, 1e-12 * mean);
        unload(&g);
    }
}
END_TEST

START_TEST(one_hot_targets_are_labels) {
    for (int i = 0; i < CASES; i++) {
        struct golden g = load(cases[i]);
        float *targets = calloc(g.x.count, sizeof *targets);
        for (int n = 0; n < g.batch.images; n++) targets[n * g.batch.classes + g.labels[n]] = 1;
        g.batch.targets = targets;
        as_golden(&g);
        free(targets);
        unload(&g);
    }
}
END_TEST

/* Against the loss itself, at logits a little to both sides. */
START_TEST(gradient_of_soft_targets) {
    enum { CLASSES = 4 };
    float logits[CLASSES] = {0.5f, -1, 2, 0}, targets[CLASSES] = {0.1f, 0.2f, 0.3f, 0.4f}, gradient[CLASSES];
    struct loss_batch b = {.images = 1, .classes = CLASSES, .outputs = logits, .targets = targets, .weight = 0.25};
    struct loss_result r = {.gradient = gradient}, up = {0}, down = {0};
    EXPECT_OK(loss_compute(&b, &r, &err), err);
    ck_assert_int_eq(r.top1_wrong, 1); /* class 2 is ahead of class 3 */
    for (int c = 0; c < CLASSES; c++) {
        float at = logits[c];
        logits[c] = at + 0x1p-10f;
        EXPECT_OK(loss_compute(&b, &up, &err), err);
        logits[c] = at - 0x1p-10f;
        EXPECT_OK(loss_compute(&b, &down, &err), err);
        logits[c] = at;
        ck_assert_double_eq_tol((up.sum - down.sum) * 0x1p9 * b.weight, (double)gradient[c], 1e-7);
    }
}
END_TEST

/* A group of a batch has the whole batch's weight, so groups add up to it to the bit. */
START_TEST(groups_of_a_batch_have_its_bits) {
    struct golden g = load("softmax_small");
    float *whole = support_floats(g.x.count), *parts = support_floats(g.x.count);
    struct loss_result all = {.gradient = whole}, part = {0};
    int half = g.batch.images / 2;
    g.batch.labels = g.labels;
    EXPECT_OK(loss_compute(&g.batch, &all, &err), err);
    struct loss_batch b = g.batch;
    for (int first = 0; first < g.batch.images; first += half) {
        b.images = half;
        b.outputs = g.batch.outputs + first * b.classes;
        b.labels = g.labels + first;
        part.gradient = parts + first * b.classes;
        EXPECT_OK(loss_compute(&b, &part, &err), err);
    }
    support_same("gradient", parts, whole, g.x.count);
    free(whole), free(parts);
    unload(&g);
}
END_TEST

START_TEST(distance_of_lenet_1998) {
    struct tensor y = oracle_load("net_lenet5_1998", "logits_test"), label = oracle_load("net_lenet5_1998", "label");
    int labels[MOST_IMAGES];
    float *gradient = support_floats(y.count);
    for (size_t i = 0; i < label.count; i++) labels[i] = (int)label.values[i];
    struct loss_batch b = {LOSS_RBF, y.shape[0], y.shape[1], y.values, labels, NULL, 1.0 / y.shape[0]};
    struct loss_result r = {.gradient = gradient};
    EXPECT_OK(loss_compute(&b, &r, &err), err);
    double mean = oracle_number("net_lenet5_1998", "loss_test");
    ck_assert_double_eq_tol(r.sum * b.weight, mean, 1e-6 * mean);
    for (size_t i = 0; i < y.count; i++) {
        int own = (int)(i % (size_t)b.classes) == labels[i / (size_t)b.classes];
        ck_assert_float_eq(gradient[i], own ? 0.5f : 0.0f);
    }
    /* The smallest distance wins. */
    for (int n = 0; n < b.images; n++) {
        const float *row = y.values + n * b.classes;
        labels[n] = 0;
        for (int c = 1; c < b.classes; c++)
            if (row[c] < row[labels[n]]) labels[n] = c;
    }
    EXPECT_OK(loss_compute(&b, &r, &err), err);
    ck_assert_int_eq(r.top1_wrong, 0);
    free(gradient);
    oracle_free(&y), oracle_free(&label);
}
END_TEST

START_TEST(what_cannot_be_is_told) {
    float outputs[6] = {0, 1, 2, 3, 4, 5}, targets[6] = {1, 0, 0, 0, 0.5f, 0.5f};
    int labels[2] = {0, 3};
    struct loss_batch b = {LOSS_CROSS_ENTROPY, 2, 3, outputs, labels, NULL, 0.5};
    struct loss_result r = {0};
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "image 1 of the batch has label 3", err);
    labels[1] = -1;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "image 1 of the batch has label -1", err);
    labels[1] = 2;
    outputs[4] = NAN;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "image 1 of the batch: output 1 of the net is nan", err);
    outputs[4] = INFINITY;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "image 1 of the batch: output 1 of the net is inf", err);
    outputs[4] = 4;
    b.labels = NULL;
    b.targets = targets;
    EXPECT_OK(loss_compute(&b, &r, &err), err);
    targets[3] = 0.5f;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "image 1 of the batch: its targets add up to 1.5", err);
    targets[3] = -0.5f;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "its target for class 0 is -0.5", err);
    targets[3] = NAN;
    EXPECT_ERROR(loss_compute(&b, &r, &err), ALEXCL_E_DATA, "its target for class 0 is nan", err);
}
END_TEST

/* Of logits the mean of probabilities, of which one is too small for any precision; of distances their own mean. */
START_TEST(views_of_an_image_are_averaged) {
    static const float views[2][3] = {{1000, 998, -1000}, {2, 2, -1000}};
    double p = 1 / (1 + exp(-2)), due[] = {(p + 0.5) / 2, (1 - p + 0.5) / 2}, sum[3] = {0};
    float outputs[3];
    double each[1];
    struct loss_result r = {.each = each};
    for (int v = 0; v < 2; v++) loss_add_view(LOSS_CROSS_ENTROPY, 3, views[v], sum);
    loss_mean_views(LOSS_CROSS_ENTROPY, 3, 2, sum, outputs);
    for (int label = 0; label < 2; label++) {
        const struct loss_batch b = {.images = 1, .classes = 3, .outputs = outputs, .labels = &label, .weight = 1};
        EXPECT_OK(loss_compute(&b, &r, &err), err);
        ck_assert_double_eq_tol(each[0], -log(due[label]), 1e-6);
    }
    ck_assert(isfinite(outputs[2]) && outputs[2] < -700);
    memset(sum, 0, sizeof sum);
    for (int v = 0; v < 2; v++) loss_add_view(LOSS_RBF, 3, views[v], sum);
    loss_mean_views(LOSS_RBF, 3, 2, sum, outputs);
    ck_assert(outputs[0] == 501 && outputs[1] == 500 && outputs[2] == -1000);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("loss");
    tcase_add_test(tests, cross_entropy_as_the_golden_vectors);
    tcase_add_test(tests, one_hot_targets_are_labels);
    tcase_add_test(tests, gradient_of_soft_targets);
    tcase_add_test(tests, groups_of_a_batch_have_its_bits);
    tcase_add_test(tests, distance_of_lenet_1998);
    tcase_add_test(tests, what_cannot_be_is_told);
    tcase_add_test(tests, views_of_an_image_are_averaged);
    return support_run(tests);
}
