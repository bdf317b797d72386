/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

static struct alexcl_layer pool(int kernel, int stride, int ceil_mode) {
    return (struct alexcl_layer){.type = ALEXCL_SUBSAMPLE, .name = "subsample", .kernel = kernel, .stride = stride, .ceil_mode = ceil_mode};
}

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {3, 4, 7}, {6, 13, 13}, {9, 5, 2}, {1, 9, 11}};
    static const int windows[][2] = {{1, 1}, {2, 2}, {3, 2}, {2, 3}, {4, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++) {
                int kernel = windows[w][0];
                if (!ceil_mode && (kernel > shapes[s].h || kernel > shapes[s].w)) continue;
                struct alexcl_layer desc = pool(kernel, windows[w][1], ceil_mode);
                kernel_check_layer("own", &desc, shapes[s]);
            }
        }
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("subsample");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
