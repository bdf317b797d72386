/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "a3 += LOAD(3 * step" -> "a3 += LOAD(2 * step", not in tiny2t */
/* The peak's kernels do all of their work, whatever the vectors and however memory is shared out; what is measured is a
 * rate. */
#include <stdio.h>

#include "peak.h"
#include "support.h"

static struct alexcl_error err;
enum { ITEMS = 128, COUNT = 3, MAX_COUNT = ITEMS * COUNT * 4 * 16 };

static void check_form(struct peak_form f) {
    struct device *dev = support_target()->device;
    struct kernel *compute, *read;
    struct buffer *x, *y;
    float values[MAX_COUNT], got[ITEMS], want[ITEMS];
    struct kernel_range range = {1, {0}, {ITEMS}, {(size_t)f.group}};
    EXPECT_OK(kernel_create(dev, "peak", "peak_fma", f.defines, &compute, &err), err);
    EXPECT_OK(kernel_create(dev, "peak", "peak_read", f.defines, &read, &err), err);
    EXPECT_OK(buffer_create(dev, MAX_COUNT, "a test", &x, &err), err);
    EXPECT_OK(buffer_create(dev, ITEMS, "a test", &y, &err), err);

    float due = 0;
    for (int chain = 0; chain < 8; chain++) {
        float a = (float)chain;
        for (int r = 0; r < 5; r++) a = a * 0.5f + 1.0f;
        due += (float)f.width * a;
    }
    EXPECT_OK(KERNEL_LAUNCH(compute, "peak", &range, &err, ARG_BUFFER(y), ARG_INT(ITEMS - 1), ARG_INT(5),
                            ARG_FLOAT(0.5f), ARG_FLOAT(1.0f)),
              err);
    EXPECT_OK(buffer_read(y, 0, got, ITEMS - 1, &err), err);
    for (int i = 0; i < ITEMS - 1; i++) ck_assert_float_eq(got[i], due);

    for (int i = 0; i < MAX_COUNT; i++) values[i] = (float)(i % 61);
    EXPECT_OK(buffer_write(x, 0, values, MAX_COUNT, &err), err);
    EXPECT_OK(KERNEL_LAUNCH(read, "peak", &range, &err, ARG_BUFFER(x), ARG_BUFFER(y), ARG_INT(ITEMS), ARG_INT(COUNT),
                            ARG_INT(f.neighbours ? 1 : 4 * COUNT), ARG_INT(f.neighbours ? ITEMS : 1)),
              err);
    EXPECT_OK(buffer_read(y, 0, got, ITEMS, &err), err);
    for (int i = 0; i < ITEMS; i++) {
        want[i] = 0;
        for (int k = 0; k < 4 * COUNT; k++)
            for (int j = 0; j < f.width; j++)
                want[i] += values[(f.neighbours ? i + k * ITEMS : i * 4 * COUNT + k) * f.width + j];
        ck_assert_float_eq(got[i], want[i]); /* whole numbers: exact in any order */
    }
    buffer_free(x);
    buffer_free(y);
    kernel_free(compute);
    kernel_free(read);
}

START_TEST(every_value_is_computed_and_read) {
    check_form((struct peak_form){"", 4, 64, 0, 1});
    check_form((struct peak_form){"-DWIDTH=8 -DGROUP=1", 8, 1, 0, 0});
    check_form((struct peak_form){"-DWIDTH=16 -DGROUP=1", 16, 1, 0, 0});
}
END_TEST

START_TEST(a_rate_is_found) {
    struct peak peak;
    struct device *dev = support_target()->device;
    EXPECT_OK(peak_measure(dev, &peak, &err), err);
    printf("%.1f GFLOP/s, %.1f GB/s\n", peak.flops * 1e-9, peak.bytes * 1e-9);
    ck_assert_int_eq(peak.flops > 0, device_has_times(dev));
    ck_assert_int_eq(peak.bytes > 0, device_has_times(dev));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("peak");
    tcase_add_test(tests, every_value_is_computed_and_read);
    tcase_add_test(tests, a_rate_is_found);
    return support_run(tests);
}
