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
    support_set("ALEXCL_KERNEL_DIR", "kernels");
}

START_TEST(a_kernel_of_ones_own_runs) {
    struct device *dev = support_target()->device;
    struct kernel *k;
    struct buffer *b;
    float out[10];
    write_kernel("mine", "__kernel void fill(__global float *x, int n, float f, __local float *t) {\n"
                         "  int i = (int)get_global_id(0);\n  t[get_local_id(0)] = f;\n  if (i < n) x[i] = "
                         "t[get_local_id(0)] + FACTOR * i;\n}\n");
    EXPECT_OK(kernel_create(dev, "mine", "fill", "-DFACTOR=2", &k, &err), err);
    EXPECT_OK(buffer_create(dev, 10, "a test", &b, &err), err);
    /* items 3..10: 3 + 8, rounded up */
    struct kernel_range r = {.dims = 1, .offset = {3}, .global = {6}, .local = {4}};
    EXPECT_OK(buffer_write(b, 0, (float[10]){0}, 10, &err), err);
    EXPECT_OK(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)), err);
    EXPECT_OK(buffer_read(b, 0, out, 10, &err), err);
    for (int i = 0; i < 10; i++) ck_assert_float_eq(out[i], i < 3 ? 0 : 0.5f + 2 * (float)i);
    ck_assert_uint_ge(kernel_largest_group(k), 1);
    EXPECT_ERROR(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f),
                               ARG_LOCAL((size_t)device_limits(dev)->local_memory + 1)),
                 ALEXCL_E_DEVICE, "local memory", err);
    r.local[0] = (size_t)1 << 20;
    EXPECT_ERROR(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)),
                 ALEXCL_E_DEVICE, "fill", err);
    r = (struct kernel_range){.dims = 1, .global = {0}, .local = {4}};
    EXPECT_OK(KERNEL_LAUNCH(k, "fill", &r, &err, ARG_BUFFER(b), ARG_INT(10), ARG_FLOAT(0.5f), ARG_LOCAL(16)), err);
    buffer_free(b);
    kernel_free(k);
    EXPECT_ERROR(kernel_create(dev, "mine", "absent", "-DFACTOR=2", &k, &err), -46, "absent of mine.cl", err);
}
END_TEST

START_TEST(copies_wait_for_the_work_they_name) {
    struct device *dev = support_target()->device;
    struct kernel *k;
    struct buffer *b;
    struct event *worked, *was_read, *wrote;
    float in = 5, out = 0;
    const struct buffer_region one = {.row = 0, .rows = 1, .pitch = 1, .first = 0, .width = 1};
    const struct kernel_range r = {.dims = 1, .global = {1}, .local = {1}};
    /* Long enough for a copy on the other queue to come first, were it not to wait. */
    write_kernel("slow", "__kernel void add(__global float *x, int n) {\n  float sum = x[0];\n"
                         "  for (int i = 0; i < n; i++) sum = sum * 0.5f + 1;\n  x[0] = sum;\n}\n");
    EXPECT_OK(kernel_create(dev, "slow", "add", "", &k, &err), err);
    EXPECT_OK(buffer_create(dev, 1, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(b, 0, &in, 1, &err), err);
    EXPECT_OK(KERNEL_LAUNCH(k, "add", &r, &err, ARG_BUFFER(b), ARG_INT(50000000)), err);
    EXPECT_OK(device_mark(dev, &worked, &err), err);
    EXPECT_OK(buffer_read_region(b, &one, &out, worked, DEVICE_EXCHANGE, &was_read, &err), err);
    EXPECT_OK(buffer_write_region(b, &one, &in, worked, DEVICE_EXCHANGE, &wrote, &err), err);
    EXPECT_OK(event_wait(was_read, &err), err);
    ck_assert_float_eq_tol(out, 2, 1e-5);
    EXPECT_OK(device_wait_for(dev, wrote, &err), err);
    EXPECT_OK(KERNEL_LAUNCH(k, "add", &r, &err, ARG_BUFFER(b), ARG_INT(1)), err);
    EXPECT_OK(buffer_read(b, 0, &out, 1, &err), err);
    ck_assert_float_eq(out, 3.5f);
    event_free(worked);
    event_free(was_read);
    event_free(wrote);
    buffer_free(b);
    kernel_free(k);
}
END_TEST

START_TEST(a_failed_build_keeps_its_whole_log) {
    struct device *dev = support_target()->device;
    struct kernel *k;
    unsigned char *log;
    size_t length;
    write_kernel("broken", "__kernel void k(__global float *x) { x[0] = undeclared_name; }\n");
    ck_assert_int_eq(kernel_create(dev, "broken", "k", "", &k, &err), ALEXCL_E_BUILD);
    ck_assert_int_eq(error_exit_code(err.status), 4);
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

START_TEST(a_kernel_that_wants_more_than_it_is_allowed_is_refused) {
    struct device *dev = support_target()->device;
    struct kernel *k = NULL;
    write_kernel(
        "greedy",
        "__kernel __attribute__((reqd_work_group_size(GROUP, 2, 1))) void group(__global float *x) { x[0] = 1; }\n"
        "__kernel void loose(__global float *x) {\n  __local float t[BYTES / 4];\n  t[get_local_id(0)] = x[0];\n"
        "  barrier(CLK_LOCAL_MEM_FENCE);\n  x[0] = t[BYTES / 8];\n}\n");
    EXPECT_OK(kernel_create(dev, "greedy", "group", "-DGROUP=2 -DBYTES=64", &k, &err), err);
    ck_assert_uint_eq(kernel_required_group(k), 4);
    kernel_free(k);
    EXPECT_OK(kernel_create(dev, "greedy", "loose", "-DGROUP=2 -DBYTES=64", &k, &err), err);
    ck_assert_uint_eq(kernel_required_group(k), 0);
    kernel_free(k);
    char defines[64];
    snprintf(defines, sizeof defines, "-DGROUP=2 -DBYTES=%llu",
             4 * (unsigned long long)device_limits(dev)->local_memory);
    /* by the driver, or by us */
    ck_assert_msg(kernel_is_refused(kernel_create(dev, "greedy", "loose", defines, &k, &err)), "%s", err.text);
    err = (struct alexcl_error){0};
    snprintf(defines, sizeof defines, "-DGROUP=%zu -DBYTES=64", device_limits(dev)->max_work_group_size);
    ck_assert_msg(kernel_is_refused(kernel_create(dev, "greedy", "group", defines, &k, &err)), "%s", err.text);
    err = (struct alexcl_error){0};
    ck_assert(!kernel_is_refused(ALEXCL_OK) && !kernel_is_refused(ALEXCL_E_MEMORY) && !kernel_is_refused(-5) &&
              kernel_is_refused(ALEXCL_E_BUILD));
}
END_TEST

START_TEST(bad_build_options_are_named) {
    struct device *dev = support_target()->device;
    struct kernel *k;
    write_kernel("plain", "__kernel void k(__global float *x) { x[0] = 1; }\n");
    support_set("ALEXCL_BUILD_OPTIONS", "-no-such-option");
    support_set("ALEXCL_NO_CACHE", "1");
    ck_assert_int_eq(kernel_create(dev, "plain", "k", "", &k, &err), ALEXCL_E_BUILD);
    ck_assert_msg(strstr(err.text, "-no-such-option") != NULL, "%s", err.text);
    err = (struct alexcl_error){0};
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("program");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_kernel_of_ones_own_runs);
    tcase_add_test(tests, copies_wait_for_the_work_they_name);
    tcase_add_test(tests, a_failed_build_keeps_its_whole_log);
    tcase_add_test(tests, a_kernel_that_wants_more_than_it_is_allowed_is_refused);
    tcase_add_test(tests, bad_build_options_are_named);
    return support_run(tests);
}
