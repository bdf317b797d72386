/* SPDX-License-Identifier: MIT */
/* The list against OpenCL's own answers, and opened devices: whole, in parts, over and over. */
#include <stdio.h>
#include <string.h>

#include "cl_private.h"
#include "selection.h"
#include "support.h"

static struct alexcl_error err;

START_TEST(the_list_is_what_opencl_tells) {
    struct alexcl_devices *list;
    cl_platform_id platforms[16];
    cl_uint platform_count = 0;
    size_t index = 0;
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    ck_assert_int_eq(clGetPlatformIDs(16, platforms, &platform_count), CL_SUCCESS);
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id ids[16];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 16, ids, &count) != CL_SUCCESS) continue;
        for (cl_uint d = 0; d < count; d++, index++) {
            const struct alexcl_device_info *info = alexcl_devices_get(list, index);
            char name[256] = "", platform[256] = "";
            cl_ulong memory = 0;
            cl_uint units = 0;
            ck_assert_ptr_nonnull(info);
            clGetDeviceInfo(ids[d], CL_DEVICE_NAME, sizeof name, name, NULL);
            clGetPlatformInfo(platforms[p], CL_PLATFORM_NAME, sizeof platform, platform, NULL);
            clGetDeviceInfo(ids[d], CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
            clGetDeviceInfo(ids[d], CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
            ck_assert_int_eq(info->index, (int)index);
            ck_assert_int_eq(info->platform, (int)p);
            ck_assert_int_eq(info->device, (int)d);
            ck_assert_msg(strstr(name, info->name) != NULL && info->name[0], "%s, not %s", info->name, name);
            ck_assert_msg(info->name[0] != ' ' && info->name[strlen(info->name) - 1] != ' ', "\"%s\" is padded",
                          info->name);
            ck_assert_msg(strstr(alexcl_devices_report(list), platform) != NULL, "%s is not in:\n%s", platform,
                          alexcl_devices_report(list));
            ck_assert_uint_eq(info->memory, memory);
            ck_assert_uint_eq(info->compute_units, units);
            cl_uint vendor = 0, floats = 0;
            cl_ulong local = 0;
            size_t group = 0;
            char hardware[128];
            clGetDeviceInfo(ids[d], CL_DEVICE_VENDOR_ID, sizeof vendor, &vendor, NULL);
            clGetDeviceInfo(ids[d], CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof floats, &floats, NULL);
            clGetDeviceInfo(ids[d], CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL);
            clGetDeviceInfo(ids[d], CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof group, &group, NULL);
            snprintf(hardware, sizeof hardware,
                     "vendor %#x, %u units, %llu bytes local, groups of %zu, vectors of %u floats", vendor, units,
                     (unsigned long long)local, group, floats);
            ck_assert_str_eq(info->hardware, hardware);
            ck_assert(info->vendor[0] && info->driver[0] && info->c_version[0] && info->platform_name[0] &&
                      info->platform_version[0]);
            ck_assert_msg(strncmp(info->version, "OpenCL ", 7) == 0, "%s", info->version);
            ck_assert_uint_ge(info->memory, info->max_alloc);
            ck_assert_msg(info->usable, "%s", info->why);
            ck_assert_int_eq(info->alias_of, -1);
        }
    }
    ck_assert_uint_eq(alexcl_devices_count(list), index);
    ck_assert_ptr_nonnull(strstr(alexcl_devices_report(list), "loader: "));
    alexcl_devices_free(list);
}
END_TEST

START_TEST(two_parts_share_one_device) {
    struct alexcl_selection *sel;
    struct device *half[2];
    const struct alexcl_device_info *whole = alexcl_selection_device(support_selection(), 0);
    if (whole->parts < 2) {
        EXPECT_ERROR(alexcl_selection_open("0/2", &sel, &err), ALEXCL_E_NO_DEVICE, "cannot be cut", err);
        return;
    }
    EXPECT_OK(alexcl_selection_open("0/2", &sel, &err), err);
    ck_assert_uint_eq(alexcl_selection_count(sel), 2);
    for (size_t i = 0; i < 2; i++) {
        cl_uint units = 0;
        EXPECT_OK(device_open(selection_source(sel, i), support_settings(), &half[i], &err), err);
        const struct device_limits *limits = device_limits(half[i]);
        ck_assert_int_eq(clGetDeviceInfo(half[i]->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL),
                         CL_SUCCESS);
        ck_assert_uint_eq(units, whole->compute_units / 2);
        ck_assert_uint_eq(limits->compute_units, units);
        ck_assert_uint_eq(limits->memory, whole->memory / 2);
        ck_assert_msg(strstr(device_name(half[i]), i ? "part 2 of 2" : "part 1 of 2") != NULL, "%s",
                      device_name(half[i]));
    }
    ck_assert_ptr_ne(half[0]->id, half[1]->id);
    ck_assert_str_eq(half[0]->identity, half[1]->identity); /* one compiled kernel does for both */
    ck_assert_str_eq(half[0]->identity, support_target()->device->identity);
    /* The first goes while the second works on. */
    struct buffer *b;
    float x = 3, y = 0;
    EXPECT_OK(buffer_create(half[1], 1, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(b, 0, &x, 1, &err), err);
    device_free(half[0]);
    EXPECT_OK(buffer_read(b, 0, &y, 1, &err), err);
    ck_assert_float_eq(y, x);
    buffer_free(b);
    device_free(half[1]);
    alexcl_selection_free(sel);
}
END_TEST

/* A binary of another driver or version of it, or for other hardware of the same name, is another one: what the cache's
 * key is made of says them all. */
START_TEST(the_identity_tells_device_and_driver) {
    const struct alexcl_device_info *info = alexcl_selection_device(support_selection(), 0);
    char due[2000];
    snprintf(due, sizeof due, "%s\n%s\n%s\n%s\n%s\n%s", info->platform_name, info->platform_version, info->name,
             info->hardware, info->version, info->driver);
    ck_assert_str_eq(support_target()->device->identity, due);
}
END_TEST

START_TEST(a_device_is_opened_and_closed_many_times) {
    for (int i = 0; i < 20; i++) {
        struct device *dev;
        struct buffer *b;
        EXPECT_OK(device_open(selection_source(support_selection(), 0), support_settings(), &dev, &err), err);
        EXPECT_OK(buffer_create(dev, 100, "a test", &b, &err), err);
        buffer_free(b);
        device_free(dev);
    }
    device_free(NULL);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("devices");
    tcase_add_test(tests, the_list_is_what_opencl_tells);
    tcase_add_test(tests, two_parts_share_one_device);
    tcase_add_test(tests, the_identity_tells_device_and_driver);
    tcase_add_test(tests, a_device_is_opened_and_closed_many_times);
    return support_run(tests);
}
