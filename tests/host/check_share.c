/* SPDX-License-Identifier: MIT */
#include "share.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support.h"

static const char name[] = "alexnet_torchvision_conv_lpips.safetensors";

START_TEST(the_named_folder_is_the_first) {
    struct alexcl_error err = {0};
    struct options o = {0};
    char *path;
    unsetenv("ALEXCL_DATA_DIR");
    EXPECT_OK(share_find(&o, name, &path, &err), err);
    ck_assert_str_eq(path, SHARE "/alexnet_torchvision_conv_lpips.safetensors");
    free(path);
    setenv("ALEXCL_DATA_DIR", "named", 1);
    EXPECT_OK(share_find(&o, name, &path, &err), err); /* it is not there: the next place */
    ck_assert_str_eq(path, SHARE "/alexnet_torchvision_conv_lpips.safetensors");
    free(path);
    mkdir("named", 0700);
    fclose(fopen("named/alexnet_torchvision_conv_lpips.safetensors", "w"));
    EXPECT_OK(share_find(&o, name, &path, &err), err);
    ck_assert_str_eq(path, "named/alexnet_torchvision_conv_lpips.safetensors");
    free(path);
    remove("named/alexnet_torchvision_conv_lpips.safetensors");
    remove("named");
}
END_TEST

START_TEST(what_is_nowhere_names_all_places) {
    struct alexcl_error err = {0};
    struct options o = {0};
    char *path = NULL;
    setenv("ALEXCL_DATA_DIR", "named", 1);
    ck_assert_int_eq(share_find(&o, "nothing.bin", &path, &err), ALEXCL_E_DATA);
    static const char *const places[] = {"nothing.bin", "ALEXCL_DATA_DIR names (named)", "/../share/alexcl, ", SHARE};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        ck_assert_msg(strstr(err.text, places[i]) != NULL, "\"%s\" does not say \"%s\"", err.text, places[i]);
    unsetenv("ALEXCL_DATA_DIR");
    err = (struct alexcl_error){0};
    EXPECT_ERROR(share_find(&o, "nothing.bin", &path, &err), ALEXCL_E_DATA, "(not set)", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("share");
    tcase_add_test(tests, the_named_folder_is_the_first);
    tcase_add_test(tests, what_is_nowhere_names_all_places);
    return support_run(tests);
}
