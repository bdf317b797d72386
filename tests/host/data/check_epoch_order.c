/* SPDX-License-Identifier: MIT */
/* Orders of epochs: permutations, the same wherever they are made, and every one as likely. */
#include <string.h>

#include "epoch_order.h"
#include "support.h"

/* Computed from the generator's description in tests/oracle/README.md by another program. */
START_TEST(orders_are_these_on_every_machine) {
    static const struct {
        uint64_t seed, epoch;
        uint32_t want[8];
    } cases[] = {{1, 0, {3, 1, 5, 7, 6, 2, 4, 0}}, {1, 1, {5, 0, 2, 7, 6, 4, 3, 1}}, {2, 0, {2, 3, 7, 5, 6, 1, 4, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t got[8];
        epoch_order_fill(cases[i].seed, cases[i].epoch, got, 8);
        ck_assert_mem_eq(got, cases[i].want, sizeof got);
    }
}
END_TEST

START_TEST(each_picture_comes_once) {
    enum { MOST = 70000 };
    static uint32_t order[MOST];
    static unsigned char seen[MOST];
    static const uint32_t counts[] = {0, 1, 2, 3, 1000, MOST};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        memset(seen, 0, sizeof seen);
        epoch_order_fill(5, 3, order, counts[i]);
        for (uint32_t k = 0; k < counts[i]; k++) {
            ck_assert_uint_lt(order[k], counts[i]);
            ck_assert_uint_eq(seen[order[k]]++, 0);
        }
    }
}
END_TEST

/* Of 3 pictures there are 6 orders: each comes in a sixth of 6,000 epochs, within 5 of the deviations (29) that pure
 * chance has. */
START_TEST(every_order_is_as_likely) {
    size_t counts[27] = {0}, orders = 0;
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        uint32_t o[3];
        epoch_order_fill(1, epoch, o, 3);
        counts[o[0] * 9 + o[1] * 3 + o[2]]++;
    }
    for (size_t i = 0; i < 27; i++) {
        orders += counts[i] > 0;
        ck_assert_msg(counts[i] == 0 || (counts[i] > 855 && counts[i] < 1145), "%zu times", counts[i]);
    }
    ck_assert_uint_eq(orders, 6);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("epoch_order");
    tcase_add_test(tests, orders_are_these_on_every_machine);
    tcase_add_test(tests, each_picture_comes_once);
    tcase_add_test(tests, every_order_is_as_likely);
    return support_run(tests);
}
