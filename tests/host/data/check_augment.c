/* SPDX-License-Identifier: MIT */
/* Crops, mirrors and colours against the golden vectors; draws are those of the generator, and as likely as they should
 * be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "augment.h"
#include "support.h"

static void check_crops(const char *dir) {
    struct tensor x = oracle_load(dir, "x"), mean = oracle_load(dir, "mean"), y = oracle_load(dir, "y"),
                  xo = oracle_load(dir, "xo"), flip = oracle_load(dir, "flip"), want = oracle_load(dir, "patches");
    int size = (int)oracle_number(dir, "crop");
    size_t one = want.count / y.count;
    float *got = support_floats(want.count);
    for (size_t i = 0; i < x.count; i++) x.values[i] -= mean.values[i];
    for (size_t k = 0; k < y.count; k++) {
        struct prepare_crop crop = {.x = (int)xo.values[k], .y = (int)y.values[k], .mirrored = flip.values[k] != 0};
        augment_cut(x.values, 3, x.shape[2], x.shape[1], crop, size, size, sizeof(float), got + k * one);
    }
    support_compare(dir, got, want.values, want.count, 1e-6);
    free(got);
    oracle_free(&x);
    oracle_free(&mean);
    oracle_free(&y);
    oracle_free(&xo);
    oracle_free(&flip);
    oracle_free(&want);
}

START_TEST(crops_are_the_golden_ones) {
    check_crops("crop_a");
    check_crops("crop_odd");
}
END_TEST

/* LeNet-5's 32 x 32 of MNIST's 28 x 28, and CIFAR's usual crops of a padded picture. */
START_TEST(what_lies_beside_the_picture_is_zero) {
    static const unsigned char picture[6] = {1, 2, 3, 4, 5, 6}; /* 3 x 2 */
    static const struct {
        struct prepare_crop crop;
        unsigned char want[20];
    } cases[] = {
        {{-1, -1, 0}, {0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0}},
        {{-1, -1, 1}, {0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 0, 6, 5, 4, 0, 0, 0, 0, 0, 0}},
        {{1, 1, 0}, {5, 6}},
        {{1, 1, 1}, {0, 0, 0, 6, 5}},
        {{-3, 0, 1}, {2, 1, 0, 0, 0, 5, 4}},
        {{9, 0, 0}, {0}},
        {{0, -9, 0}, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char got[20];
        augment_cut(picture, 1, 3, 2, cases[i].crop, 5, 4, 1, got);
        ck_assert_msg(memcmp(got, cases[i].want, sizeof got) == 0, "case %zu", i);
    }
    struct augment_use use = {.seed = 3};
    struct prepare_crop crop = augment_crop(&use, 28, 28, 32, 32, 0);
    ck_assert(crop.x == -2 && crop.y == -2 && !crop.mirrored);
}
END_TEST

/* Computed from the generator's description in tests/oracle/README.md by another program. */
START_TEST(draws_are_these_on_every_machine) {
    static const struct {
        struct augment_use use;
        struct prepare_crop want;
    } cases[] = {
        {{1, 0, 0}, {17, 26, 0}}, {{1, 0, 1}, {2, 4, 1}}, {{1, 1, 0}, {20, 9, 0}}, {{7, 123456, 127}, {11, 21, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prepare_crop crop = augment_crop(&cases[i].use, 256, 256, 224, 224, 1);
        ck_assert_int_eq(crop.x, cases[i].want.x);
        ck_assert_int_eq(crop.y, cases[i].want.y);
        ck_assert_int_eq(crop.mirrored, cases[i].want.mirrored);
    }
    double alpha[3];
    augment_draw(&cases[3].use, 0.1, alpha);
    ck_assert_double_eq_tol(alpha[0], 0.04278712466146282, 1e-8);
    ck_assert_double_eq_tol(alpha[1], -0.08079882193055071, 1e-8);
    ck_assert_double_eq_tol(alpha[2], -0.02779734482046155, 1e-8);
}
END_TEST

START_TEST(draws_are_as_likely_as_they_should_be) {
    enum { USES = 33000 };
    size_t at_x[33] = {0}, at_y[33] = {0}, mirrored = 0;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < USES; i++) {
        struct augment_use use = {.seed = 11, .step = i / 128, .place = i % 128};
        struct prepare_crop crop = augment_crop(&use, 256, 256, 224, 224, 1);
        double alpha[3];
        augment_draw(&use, 1, alpha);
        ck_assert(crop.x >= 0 && crop.x <= 32 && crop.y >= 0 && crop.y <= 32);
        at_x[crop.x]++;
        at_y[crop.y]++;
        mirrored += (size_t)crop.mirrored;
        sum += alpha[0] + alpha[1] + alpha[2];
        squares += alpha[0] * alpha[0] + alpha[1] * alpha[1] + alpha[2] * alpha[2];
        ck_assert_int_eq(augment_crop(&use, 256, 256, 224, 224, 0).mirrored, 0);
    }
    for (int i = 0; i < 33; i++) ck_assert(at_x[i] > 840 && at_x[i] < 1160 && at_y[i] > 840 && at_y[i] < 1160);
    ck_assert(mirrored > USES / 2 - 500 && mirrored < USES / 2 + 500);
    ck_assert_double_eq_tol(sum / (3 * USES), 0, 0.02);
    ck_assert_double_eq_tol(squares / (3 * USES), 1, 0.03);
}
END_TEST

/* The components of the golden case. */
static struct colour_pca golden(void) {
    struct tensor values = oracle_load("pca_a", "eigval"), vectors = oracle_load("pca_a", "eigvec");
    struct colour_pca pca = {0};
    for (int c = 0; c < 3; c++) {
        pca.eigenvalues[c] = (double)values.values[c];
        for (int k = 0; k < 3; k++) pca.eigenvectors[c][k] = (double)vectors.values[c * 3 + k];
    }
    oracle_free(&values);
    oracle_free(&vectors);
    return pca;
}

START_TEST(colours_are_shifted_as_the_golden_ones) {
    struct colour_pca pca = golden();
    struct tensor x = oracle_load("pca_a", "x"), y = oracle_load("pca_a", "y"), alpha = oracle_load("pca_a", "alpha"),
                  delta = oracle_load("pca_a", "delta");
    size_t pixels = (size_t)(x.shape[2] * x.shape[3]);
    for (size_t n = 0; n < 3; n++) {
        double drawn[3], shift[3];
        float got[3];
        for (size_t k = 0; k < 3; k++) drawn[k] = (double)alpha.values[n * 3 + k];
        augment_shift(&pca, AUGMENT_EIGENVALUES, drawn, shift);
        for (size_t c = 0; c < 3; c++) got[c] = (float)shift[c];
        support_compare("delta", got, delta.values + n * 3, 3, 1e-5);
        augment_add(x.values + n * 3 * pixels, pixels, shift, 1);
    }
    support_compare("y", x.values, y.values, y.count, 1e-5);
    oracle_free(&x);
    oracle_free(&y);
    oracle_free(&alpha);
    oracle_free(&delta);
}
END_TEST

/* The 2012 code: standard deviations, and divided by 1.1. */
START_TEST(colours_are_shifted_by_deviations) {
    struct colour_pca pca = {.eigenvalues = {4, 9, 0.25}, .eigenvectors = {{0, 1, 0}, {1, 0, 0}, {0, 0, 1}}};
    double shift[3];
    augment_shift(&pca, AUGMENT_DEVIATIONS, (double[]){1, 2, -3}, shift);
    ck_assert(shift[0] == 6 && shift[1] == 2 && shift[2] == -1.5);
    augment_shift(&pca, AUGMENT_EIGENVALUES, (double[]){1, 2, -3}, shift);
    ck_assert(shift[0] == 18 && shift[1] == 4 && shift[2] == -0.75);
    float planes[6] = {1, 2, 3, 4, 5, 6};
    augment_add(planes, 2, (double[]){1, 0, -1}, 2);
    ck_assert_mem_eq(planes, ((float[]){1, 1.5f, 1.5f, 2, 2, 2.5f}), sizeof planes);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("augment");
    tcase_add_test(tests, crops_are_the_golden_ones);
    tcase_add_test(tests, what_lies_beside_the_picture_is_zero);
    tcase_add_test(tests, draws_are_these_on_every_machine);
    tcase_add_test(tests, draws_are_as_likely_as_they_should_be);
    tcase_add_test(tests, colours_are_shifted_as_the_golden_ones);
    tcase_add_test(tests, colours_are_shifted_by_deviations);
    return support_run(tests);
}
