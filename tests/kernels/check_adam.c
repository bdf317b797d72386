/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "gradient - m[i], m[i])" -> "gradient, m[i])", not in tiny2t */
#include "kernel_check_update.h"
#include "support.h"

START_TEST(sizes) {
    for (int form = UPDATE_ADAM; form < UPDATE_FORMS; form++) kernel_check_update((enum update_form)form);
}
END_TEST

/* In adam_keras the first weight's gradient is always 0. */
START_TEST(golden_vectors) {
    static const char *const means[UPDATE_STATES] = {"m", "v"};
    kernel_check_golden_update("adam", "adam_keras", "w", means, 1);
    kernel_check_golden_update("adam", "adam_tinygrad", "w", means, 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("adam");
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, golden_vectors);
    return support_run(tests);
}
