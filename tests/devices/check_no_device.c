/* SPDX-License-Identifier: MIT */
/* A machine without a driver, or with a broken one: the list is empty, the report tells loader, files and a way on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

START_TEST(no_driver) {
    struct alexcl_error err = {0};
    struct alexcl_devices *list;
    struct alexcl_selection *sel;
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    ck_assert_uint_eq(alexcl_devices_count(list), 0);
    ck_assert_ptr_null(alexcl_devices_get(list, 0));
    static const char *const told[] = {"loader: ", "OCL_ICD_VENDORS", "none", "pocl-opencl-icd", "--devices ref"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(strstr(alexcl_devices_report(list), told[i]) != NULL, "\"%s\" is not in:\n%s", told[i],
                      alexcl_devices_report(list));
    alexcl_devices_free(list);
    EXPECT_ERROR(alexcl_selection_open(NULL, &sel, &err), ALEXCL_E_NO_DEVICE, "loader: ", err);
    EXPECT_ERROR(alexcl_selection_open("0,1", &sel, &err), ALEXCL_E_NO_DEVICE, "loader: ", err);
    EXPECT_OK(alexcl_selection_open("ref", &sel, &err), err);
    ck_assert_ptr_null(alexcl_selection_device(sel, 0));
    alexcl_selection_free(sel);
}
END_TEST

START_TEST(a_broken_driver_is_named) {
    struct alexcl_error err = {0};
    struct alexcl_devices *list;
    mkdir("broken-icd", 0700);
    FILE *f = fopen("broken-icd/broken.icd", "w");
    ck_assert_ptr_nonnull(f);
    fputs("libno-such-driver.so.7\n", f);
    fclose(f);
    setenv("OCL_ICD_VENDORS", "broken-icd/", 1);
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    ck_assert_msg(strstr(alexcl_devices_report(list), "broken.icd: libno-such-driver.so.7") != NULL, "%s",
                  alexcl_devices_report(list));
    alexcl_devices_free(list);
    /* The loader has looked once; the report asks again. */
    setenv("OCL_ICD_VENDORS", "broken-icd/broken.icd", 1);
    setenv("OCL_ICD_FILENAMES", "libabsent-a.so:libabsent-b.so", 1);
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    static const char *const told[] = {"broken.icd: libno-such-driver.so.7", "libabsent-a.so: ", "libabsent-b.so: "};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        ck_assert_msg(strstr(alexcl_devices_report(list), told[i]) != NULL, "\"%s\" is not in:\n%s", told[i],
                      alexcl_devices_report(list));
    alexcl_devices_free(list);
}
END_TEST

START_TEST(mesa_without_its_variable_is_told) {
    struct alexcl_error err = {0};
    struct alexcl_devices *list;
    mkdir("mesa-icd", 0700);
    FILE *f = fopen("mesa-icd/rusticl.icd", "w");
    ck_assert_ptr_nonnull(f);
    fputs("libRusticlOpenCL-absent.so.1\n", f);
    fclose(f);
    setenv("OCL_ICD_VENDORS", "mesa-icd", 1);
    unsetenv("OCL_ICD_FILENAMES");
    unsetenv("RUSTICL_ENABLE");
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    ck_assert_msg(strstr(alexcl_devices_report(list), "RUSTICL_ENABLE=") != NULL, "%s", alexcl_devices_report(list));
    alexcl_devices_free(list);
    setenv("RUSTICL_ENABLE", "llvmpipe", 1);
    EXPECT_OK(alexcl_devices_list(&list, &err), err);
    ck_assert_msg(strstr(alexcl_devices_report(list), "RUSTICL_ENABLE=") == NULL, "%s", alexcl_devices_report(list));
    alexcl_devices_free(list);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("no_device");
    tcase_add_test(tests, no_driver);
    tcase_add_test(tests, a_broken_driver_is_named);
    tcase_add_test(tests, mesa_without_its_variable_is_told);
    return support_run(tests);
}
