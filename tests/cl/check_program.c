/* SPDX-License-Identifier: MIT */
/* Kernels from ALEXCL_KERNEL_DIR, failed builds and their logs, launches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "kernel.h"
#include "support.h"

static struct alexcl_error err;

static void write_kernel(const char *name, const char *text) {
    char path[200];
    mkdir("kernels", 0700);
    snprintf(path, sizeof path, "kernels/%s.cl", name);
    EXPECT_OK(files_replace(path, text, strlen(text), &err), err);
    EXPECT_OK(alexcl_setting_set("ALEXCL_KERNEL_DIR", "kernels", &err), err);
}

START_TEST(a_kernel_of_ones_own_runs) {
    struct device *dev = support_place()->device;
    struct kernel *k;
    struct buffer *b;
    float out[10];
    write_kernel("mine", "__kernel void fill(__global float *x, int n, float f, __local float *t) {\n"
                         "  int i = (int)get_global_id(0);\n  t[get_local_id(0)] = f;\n  if (i < n) x[i] = t[get_local_id(0)] + FACTOR * i;\n}\n");
    EXPECT_OK(kernel_create(dev, "mine", "fill", "-DFACTOR=2", &k, &err), err);
    EXPECT_OK(buffer_create(dev, 10, "a test", &b, &err), err);
    struct kernel_range r = {.dims = 1, .offset = {3}, .global = {6}, .local = {4}}; /* items 3..10: 3 + 8, rounded up */
    EXPECT_OK(buffer_write(b, 0, (float[10]){0}, 10, &err), err);
    EXPECT_OK(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)), err);
    EXPECT_OK(buffer_read(b, 0, out, 10, &err), err);
    for (int i = 0; i < 10; i++) ck_assert_float_eq(out[i], i < 3 ? 0 : 0.5f + 2 * (float)i);
    ck_assert_uint_ge(kernel_largest_group(k), 1);
    r.local[0] = (size_t)1 << 20;
    EXPECT_ERROR(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)), ALEXCL_E_DEVICE, "fill", err);
    r = (struct kernel_range){.dims = 1, .global = {0}, .local = {4}};
    EXPECT_OK(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)), err);
    buffer_free(b);
    kernel_free(k);
    EXPECT_ERROR(kernel_create(dev, "mine", "absent", "-DFACTOR=2", &k, &err), -46, "absent of mine.cl", err);
}
END_TEST

START_TEST(a_failed_build_keeps_its_whole_log) {
    struct device *dev = support_place()->device;
    struct kernel *k;
    unsigned char *log;
    size_t length;
    write_kernel("broken", "__kernel void k(__global float *x) { x[0] = undeclared_name; }\n");
    ck_assert_int_eq(kernel_create(dev, "broken", "k", "", &k, &err), ALEXCL_E_BUILD);
    ck_assert_int_eq(alexcl_exit_code(err.status), 4);
    ck_assert_msg(strstr(err.text, "undeclared_name") != NULL, "%s", err.text);
    const char *kept = strstr(err.text, "kept in ");
    ck_assert_msg(kept != NULL, "%s", err.text);
    char path[4096];
    snprintf(path, sizeof path, "%s", kept + strlen("kept in "));
    err = (struct alexcl_error){0};
    EXPECT_OK(files_read(path, 1 << 20, &log, &length, &err), err);
    ck_assert_ptr_nonnull(strstr((char *)log, "undeclared_name"));
    ck_assert_ptr_nonnull(strstr((char *)log, "-cl-std=CL1.2"));
    free(log);
    EXPECT_ERROR(kernel_create(dev, "no_such_file", "k", "", &k, &err), ALEXCL_E_BUILD, "no_such_file.cl", err);
}
END_TEST

START_TEST(bad_build_options_are_named) {
    struct device *dev = support_place()->device;
    struct kernel *k;
    write_kernel("plain", "__kernel void k(__global float *x) { x[0] = 1; }\n");
    EXPECT_OK(alexcl_setting_set("ALEXCL_BUILD_OPTIONS", "-no-such-option", &err), err);
    EXPECT_OK(alexcl_setting_set("ALEXCL_NO_CACHE", "1", &err), err);
    ck_assert_int_eq(kernel_create(dev, "plain", "k", "", &k, &err), ALEXCL_E_BUILD);
    ck_assert_msg(strstr(err.text, "-no-such-option") != NULL, "%s", err.text);
    err = (struct alexcl_error){0};
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("program");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_kernel_of_ones_own_runs);
    tcase_add_test(tests, a_failed_build_keeps_its_whole_log);
    tcase_add_test(tests, bad_build_options_are_named);
    return support_run(tests);
}
