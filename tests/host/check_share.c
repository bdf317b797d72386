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

START_TEST(weights_of_a_model_are_there) {
    struct alexcl_error err = {0};
    struct options o = {0};
    const char *file, *of;
    char *path;
    unsetenv("ALEXCL_DATA_DIR");
    size_t count = 0;
    for (; (file = share_trained(count, &of)) != NULL; count++) {
        const struct alexcl_model *model;
        EXPECT_OK(alexcl_model_find(of, &model, &err), err);
        ck_assert_str_eq(share_trained_of(of), file);
        EXPECT_OK(share_find(&o, file, &path, &err), err);
        free(path);
    }
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_null(share_trained_of("alexnet"));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("share");
    tcase_add_test(tests, the_named_folder_is_the_first);
    tcase_add_test(tests, what_is_nowhere_names_all_places);
    tcase_add_test(tests, weights_of_a_model_are_there);
    return support_run(tests);
}
