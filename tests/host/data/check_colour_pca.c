/* SPDX-License-Identifier: MIT */
/* Principal components of colours against the golden vectors, and where they are not unique. */
#include "colour_pca.h"
#include "support.h"

static void compare(const char *key, const double *got, size_t count) {
    struct tensor want = oracle_load("pca_a", key);
    float floats[9];
    ck_assert_uint_eq(want.count, count);
    for (size_t i = 0; i < count; i++) floats[i] = (float)got[i];
    support_compare(key, floats, want.values, count, 1e-5);
    oracle_free(&want);
}

START_TEST(components_are_the_golden_ones) {
    struct tensor x = oracle_load("pca_a", "x");
    struct colour_pca_sums sums = {0}, others = {0};
    struct colour_pca pca;
    size_t pixels = (size_t)(x.shape[2] * x.shape[3]);
    for (size_t n = 0; n < 3; n++) colour_pca_add(n == 1 ? &others : &sums, x.values + n * 3 * pixels, pixels);
    colour_pca_join(&sums, &others);
    ck_assert_uint_eq(sums.images, 3);
    ck_assert_uint_eq(sums.pixels, 3 * pixels);
    colour_pca_solve(&sums, 1, &pca);
    compare("mean", pca.mean, 3);
    compare("cov", pca.covariance[0], 9);
    compare("eigval", pca.eigenvalues, 3);
    compare("eigvec", pca.eigenvectors[0], 9);
    colour_pca_solve(&sums, 0.5, &pca); /* other units */
    for (int k = 0; k < 3; k++) pca.eigenvalues[k] *= 4;
    compare("eigval", pca.eigenvalues, 3);
    compare("eigvec", pca.eigenvectors[0], 9);
    oracle_free(&x);
}
END_TEST

/* Vectors are orthonormal, and give the covariance again, also where eigenvalues are 0 or equal. */
static void check_whole(const struct colour_pca *p) {
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            double product = 0, covariance = 0;
            for (int k = 0; k < 3; k++) {
                product += p->eigenvectors[k][a] * p->eigenvectors[k][b];
                covariance += p->eigenvectors[a][k] * p->eigenvalues[k] * p->eigenvectors[b][k];
            }
            ck_assert_double_eq_tol(product, a == b, 1e-12);
            ck_assert_double_eq_tol(covariance, p->covariance[a][b], 1e-12 * (p->eigenvalues[0] + 1e-300));
        }
    ck_assert(p->eigenvalues[0] >= p->eigenvalues[1] && p->eigenvalues[1] >= p->eigenvalues[2]);
    ck_assert(p->eigenvalues[2] >= 0);
}

START_TEST(components_of_special_pictures) {
    static const float pictures[][12] = {
        {1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4},         /* grey: one component */
        {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},         /* even: none */
        {1, -1, 0, 0, 0, 0, 1, -1, 1, 1, -1, -1},     /* equal ones */
        {0, 0, 0, 0, 200, 0, 100, 0, 0, 255, 255, 3}, /* one channel empty */
    };
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        struct colour_pca_sums sums = {0};
        struct colour_pca pca;
        colour_pca_add(&sums, pictures[i], 4);
        colour_pca_solve(&sums, 1, &pca);
        check_whole(&pca);
        if (i == 0) {
            ck_assert_double_eq_tol(pca.eigenvalues[0], 3.75, 1e-12);
            for (int c = 0; c < 3; c++) ck_assert_double_eq_tol(pca.eigenvectors[c][0], 0.57735026918962576, 1e-12);
        }
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("colour_pca");
    tcase_add_test(tests, components_are_the_golden_ones);
    tcase_add_test(tests, components_of_special_pictures);
    return support_run(tests);
}
