/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct setting find(const struct settings_given *given, const char *name) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (strcmp(settings_get(given, i).name, name) == 0) return settings_get(given, i);
    ck_abort_msg("no setting %s", name);
    return (struct setting){0};
}

START_TEST(flag_beats_environment_beats_default) {
    struct alexcl_error err = {0};
    struct settings_given flags = {{NULL}};
    unsetenv("ALEXCL_MODEL");
    ck_assert_str_eq(settings_value(NULL, "ALEXCL_MODEL"), "alexnet");
    ck_assert_str_eq(find(&flags, "ALEXCL_MODEL").origin, "default");
    setenv("ALEXCL_MODEL", "lenet5", 1);
    ck_assert_str_eq(settings_value(&flags, "ALEXCL_MODEL"), "lenet5");
    ck_assert_str_eq(find(&flags, "ALEXCL_MODEL").origin, "environment");
    EXPECT_OK(settings_give(&flags, "ALEXCL_MODEL", "alexnet-227", &err), err);
    ck_assert_str_eq(settings_value(&flags, "ALEXCL_MODEL"), "alexnet-227");
    ck_assert_str_eq(find(&flags, "ALEXCL_MODEL").origin, "flag");
    EXPECT_OK(settings_give(&flags, "ALEXCL_MODEL", "alexnet-caffe", &err), err);
    ck_assert_str_eq(settings_value(&flags, "ALEXCL_MODEL"), "alexnet-caffe");
    ck_assert_str_eq(settings_value(NULL, "ALEXCL_MODEL"), "lenet5");
}
END_TEST

START_TEST(an_empty_variable_is_unset) {
    setenv("ALEXCL_MODEL", "", 1);
    ck_assert_str_eq(settings_value(NULL, "ALEXCL_MODEL"), "alexnet");
    ck_assert_str_eq(find(NULL, "ALEXCL_MODEL").origin, "default");
    unsetenv("ALEXCL_DEVICES");
    ck_assert_ptr_null(settings_value(NULL, "ALEXCL_DEVICES"));
}
END_TEST

START_TEST(unknown_settings_are_refused) {
    struct alexcl_error err = {0};
    struct settings_given flags = {{NULL}};
    ck_assert_ptr_null(settings_value(NULL, "ALEXCL_NO_SUCH"));
    EXPECT_ERROR(settings_give(&flags, "ALEXCL_NO_SUCH", "1", &err), ALEXCL_E_USAGE, "ALEXCL_NO_SUCH", err);
}
END_TEST

/* What the library computes by: an option of the caller beats the environment, and what was read once stays. */
START_TEST(options_beat_the_environment_which_is_read_once) {
    struct alexcl_error err = {0};
    struct alexcl_settings options = {.size = sizeof options};
    struct settings s, again;
    unsetenv("ALEXCL_SYNC"), unsetenv("ALEXCL_GEMM"), unsetenv("ALEXCL_TUNE"), unsetenv("ALEXCL_CHECK");
    EXPECT_OK(settings_read(NULL, &s, &err), err);
    ck_assert(s.precision == PRECISION_FLOAT && !s.clblast && !s.sync && !s.no_cache && s.tune &&
              s.check == SETTINGS_FIRST);
    ck_assert(s.cache_limit == 256 << 20 && !s.build_options[0] && !s.kernel_folder[0]);
    settings_free(&s);
    setenv("ALEXCL_WEIGHTS_PRECISION", "half", 1);
    setenv("ALEXCL_SYNC", "1", 1);
    setenv("ALEXCL_CACHE_DIR", "/of/the/environment", 1);
    EXPECT_OK(settings_read(NULL, &s, &err), err);
    ck_assert(s.precision == PRECISION_HALF && s.sync);
    options.weights_precision = "int8";
    options.check = "always";
    options.tune = "off";
    options.cache_folder = "/of/the/caller";
    options.cache_limit = "1KiB";
    options.build_options = "-DX";
    EXPECT_OK(settings_read(&options, &again, &err), err);
    ck_assert(again.precision == PRECISION_INT8 && again.sync && again.check == SETTINGS_ALWAYS && !again.tune);
    ck_assert_str_eq(again.cache_folder, "/of/the/caller");
    ck_assert_str_eq(again.build_options, "-DX");
    ck_assert_uint_eq(again.cache_limit, 1024);
    unsetenv("ALEXCL_WEIGHTS_PRECISION"), unsetenv("ALEXCL_SYNC"), unsetenv("ALEXCL_CACHE_DIR");
    ck_assert_str_eq(s.cache_folder, "/of/the/environment");
    ck_assert(s.precision == PRECISION_HALF && s.sync);
    settings_free(&s), settings_free(&again);
}
END_TEST

START_TEST(a_bad_option_is_refused) {
    struct alexcl_error err = {0};
    struct settings s;
    const struct alexcl_settings bad = {.size = sizeof bad, .gemm = "mkl"},
                                 good = {.size = sizeof good, .kernel_folder = "/"};
    EXPECT_ERROR(settings_read(&bad, &s, &err), ALEXCL_E_USAGE, "ALEXCL_GEMM is \"mkl\"", err);
    setenv("ALEXCL_KERNEL_DIR", "/no/such/folder", 1);
    EXPECT_ERROR(settings_read(NULL, &s, &err), ALEXCL_E_USAGE, "is not a folder (ALEXCL_KERNEL_DIR)", err);
    EXPECT_OK(settings_read(&good, &s, &err), err);
    settings_free(&s);
    unsetenv("ALEXCL_KERNEL_DIR");
    setenv("ALEXCL_LOG", "loud", 1); /* the command line's, which asks settings_check */
    EXPECT_OK(settings_read(NULL, &s, &err), err);
    settings_free(&s);
    unsetenv("ALEXCL_LOG");
}
END_TEST

/* The command line's flags, as options of the library. */
START_TEST(flags_become_options) {
    struct alexcl_error err = {0};
    struct settings_given flags = {{NULL}};
    EXPECT_OK(settings_give(&flags, "ALEXCL_MODEL", "lenet5", &err), err);
    EXPECT_OK(settings_give(&flags, "ALEXCL_CHECK", "off", &err), err);
    EXPECT_OK(settings_give(&flags, "ALEXCL_CACHE_LIMIT", "0", &err), err);
    struct alexcl_settings options = settings_options(&flags);
    ck_assert(options.size == sizeof options && !options.gemm && !options.sync);
    ck_assert_str_eq(options.check, "off");
    ck_assert_str_eq(options.cache_limit, "0");
}
END_TEST

START_TEST(values_that_do_not_exist_are_refused) {
    static const char *const bad[][3] = {{"ALEXCL_SYNC", "yes", "0, 1"},
                                         {"ALEXCL_SYNC", "11", "0, 1"},
                                         {"ALEXCL_SYNC", " ", "0, 1"},
                                         {"ALEXCL_NO_CACHE", "maybe", "0, 1"},
                                         {"ALEXCL_NO_CACHE", "0 1", "0, 1"},
                                         {"ALEXCL_GEMM", "ow", "own, clblast"},
                                         {"ALEXCL_LOG", "Info", "warning, info"},
                                         {"ALEXCL_CACHE_LIMIT", "much", "a size, as 256MiB"},
                                         {"ALEXCL_CACHE_LIMIT", "-1", "a size"},
                                         {"ALEXCL_CACHE_LIMIT", "3Q", "a size"}};
    static const char *const good[][2] = {
        {"ALEXCL_SYNC", "1"}, {"ALEXCL_NO_CACHE", "0"},    {"ALEXCL_GEMM", "clblast"},      {"ALEXCL_LOG", "error"},
        {"ALEXCL_SYNC", ""},  {"ALEXCL_CACHE_LIMIT", "0"}, {"ALEXCL_CACHE_LIMIT", "1.5gib"}};
    struct alexcl_error err = {0};
    struct settings_given flags = {{NULL}};
    EXPECT_OK(settings_check(NULL, &err), err);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv(bad[i][0], bad[i][1], 1);
        struct alexcl_error again = {0};
        EXPECT_ERROR(settings_check(NULL, &err), ALEXCL_E_USAGE, bad[i][2], err);
        EXPECT_ERROR(settings_check(NULL, &again), ALEXCL_E_USAGE, bad[i][0], again);
        unsetenv(bad[i][0]);
        EXPECT_ERROR(settings_give(&flags, bad[i][0], bad[i][1], &err), ALEXCL_E_USAGE, bad[i][2], err);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        setenv(good[i][0], good[i][1], 1);
        EXPECT_OK(settings_check(NULL, &err), err);
        unsetenv(good[i][0]);
    }
}
END_TEST

START_TEST(sizes_are_read) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = {{"0", 0},         {"0KiB", 0},   {"1", 1}, {"4GiB", (uint64_t)4 << 30}, {"4g", (uint64_t)4 << 30},
                 {"3MB", 3000000}, {"1.5k", 1536}};
    static const char *const none[] = {"", "GiB", "-1", " 1", "1 GiB", "1e30", "0.1", "nan", "4GiBs"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t bytes = 77;
        ck_assert_msg(settings_read_size(sizes[i].text, &bytes) && bytes == sizes[i].bytes, "%s: %llu", sizes[i].text,
                      (unsigned long long)bytes);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        uint64_t bytes;
        ck_assert_msg(!settings_read_size(none[i], &bytes), "%s", none[i]);
    }
}
END_TEST

START_TEST(every_setting_is_explained) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        struct setting s = settings_get(NULL, i);
        ck_assert(s.name && strncmp(s.name, "ALEXCL_", 7) == 0 && s.about && *s.about);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("settings");
    tcase_add_test(tests, flag_beats_environment_beats_default);
    tcase_add_test(tests, an_empty_variable_is_unset);
    tcase_add_test(tests, unknown_settings_are_refused);
    tcase_add_test(tests, options_beat_the_environment_which_is_read_once);
    tcase_add_test(tests, a_bad_option_is_refused);
    tcase_add_test(tests, flags_become_options);
    tcase_add_test(tests, values_that_do_not_exist_are_refused);
    tcase_add_test(tests, sizes_are_read);
    tcase_add_test(tests, every_setting_is_explained);
    return support_run(tests);
}
