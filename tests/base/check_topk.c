/* SPDX-License-Identifier: MIT */
#include "support.h"
#include "topk.h"

START_TEST(topk_as_the_golden_vectors) {
    struct tensor x = oracle_load("topk_ties", "x"), label = oracle_load("topk_ties", "label"),
                  rank = oracle_load("topk_ties", "rank"), order = oracle_load("topk_ties", "order");
    size_t classes = (size_t)x.shape[1], best[64], wrong1 = 0, wrong5 = 0;
    double scores[64];
    for (size_t n = 0; n < (size_t)x.shape[0]; n++) {
        for (size_t c = 0; c < classes; c++) scores[c] = (double)x.values[n * classes + c];
        size_t r = topk_rank(scores, classes, (size_t)label.values[n]);
        ck_assert_uint_eq(r, (size_t)rank.values[n]);
        wrong1 += r >= 1;
        wrong5 += r >= 5;
        for (size_t k = 1; k <= classes; k += 6) {
            topk_best(scores, classes, best, k);
            for (size_t i = 0; i < k; i++) ck_assert_uint_eq(best[i], (size_t)order.values[n * classes + i]);
        }
    }
    ck_assert_uint_eq(wrong1, (size_t)oracle_number("topk_ties", "top1_errors"));
    ck_assert_uint_eq(wrong5, (size_t)oracle_number("topk_ties", "top5_errors"));
    oracle_free(&x);
    oracle_free(&label);
    oracle_free(&rank);
    oracle_free(&order);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("topk");
    tcase_add_test(tests, topk_as_the_golden_vectors);
    return support_run(tests);
}
