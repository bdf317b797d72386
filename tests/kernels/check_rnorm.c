/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "MULTIPLY_ADD(v, v," -> "MULTIPLY_ADD(v, 1.0f,", not in tiny2t */
#include "kernel_check.h"

static struct alexcl_layer rnorm(int n, double k, double alpha, double beta) {
    return (struct alexcl_layer){
        .type = ALEXCL_RNORM, .name = "rnorm", .window = {-n / 2, n / 2}, .k = k, .alpha = alpha, .beta = beta};
}

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {3, 2, 9}, {8, 13, 13}, {1, 7, 11}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int n = 1; n <= 5; n += 2) {
            if ((s + (size_t)n / 2) % 2 && !kernel_check_extent("own", ALEXCL_RNORM)->costly) continue;
            struct alexcl_layer desc = rnorm(n, 1.0, 0.2, n == 3 ? 0.5 : 0.75);
            kernel_check_layer("own", &desc, shapes[s]);
        }
        struct alexcl_layer uneven = rnorm(1, 1.0, 0.2, 0.75);
        uneven.window[0] = -2;
        uneven.window[1] = 1;
        kernel_check_layer("own", &uneven, shapes[s]);
    }
}
END_TEST

START_TEST(golden) {
    static const char *const dirs[] = {"rnorm_a", "rnorm_small"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = rnorm((int)oracle_number(dirs[i], "size"), oracle_number(dirs[i], "k"),
                                         oracle_number(dirs[i], "alpha"), oracle_number(dirs[i], "beta"));
        kernel_check_golden("own", &desc, dirs[i], "y");
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rnorm");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
