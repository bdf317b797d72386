/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "w[i] += velocity" -> "w[i] -= velocity", not in tiny2t */
#include "kernel_check_update.h"
#include "support.h"

START_TEST(sizes) {
    for (int form = UPDATE_SGD; form < UPDATE_ADAM; form++) kernel_check_update((enum update_form)form);
}
END_TEST

START_TEST(golden_vectors) {
    static const char *const velocity[UPDATE_STATES] = {"v"}, *const none[UPDATE_STATES] = {NULL};
    kernel_check_golden_update("sgd", "sgd_paper", "w", velocity, 1);
    kernel_check_golden_update("sgd-caffe", "sgd_paper", "w", velocity, -1); /* what it subtracts */
    kernel_check_golden_update("sgd-torch", "sgd_paper", "w_torch_rule", none, 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sgd");
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, golden_vectors);
    return support_run(tests);
}
