/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct alexcl_setting find(const char *name) {
    for (size_t i = 0; i < alexcl_settings_count(); i++)
        if (strcmp(alexcl_settings_get(i).name, name) == 0) return alexcl_settings_get(i);
    ck_abort_msg("no setting %s", name);
    return (struct alexcl_setting){0};
}

START_TEST(flag_beats_environment_beats_default) {
    struct alexcl_error err = {0};
    unsetenv("ALEXCL_MODEL");
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_MODEL"), "alexnet");
    ck_assert_str_eq(find("ALEXCL_MODEL").origin, "default");
    setenv("ALEXCL_MODEL", "lenet5", 1);
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_MODEL"), "lenet5");
    ck_assert_str_eq(find("ALEXCL_MODEL").origin, "environment");
    EXPECT_OK(alexcl_setting_set("ALEXCL_MODEL", "alexnet-227", &err), err);
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_MODEL"), "alexnet-227");
    ck_assert_str_eq(find("ALEXCL_MODEL").origin, "flag");
    EXPECT_OK(alexcl_setting_set("ALEXCL_MODEL", "alexnet-caffe", &err), err);
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_MODEL"), "alexnet-caffe");
}
END_TEST

START_TEST(an_empty_variable_is_unset) {
    setenv("ALEXCL_MODEL", "", 1);
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_MODEL"), "alexnet");
    ck_assert_str_eq(find("ALEXCL_MODEL").origin, "default");
    unsetenv("ALEXCL_DEVICES");
    ck_assert_ptr_null(alexcl_setting_value("ALEXCL_DEVICES"));
}
END_TEST

START_TEST(a_flag_keeps_its_own_copy) {
    struct alexcl_error err = {0};
    char text[] = "0,1";
    EXPECT_OK(alexcl_setting_set("ALEXCL_DEVICES", text, &err), err);
    text[0] = 'x';
    ck_assert_str_eq(alexcl_setting_value("ALEXCL_DEVICES"), "0,1");
}
END_TEST

START_TEST(unknown_settings_are_refused) {
    struct alexcl_error err = {0};
    ck_assert_ptr_null(alexcl_setting_value("ALEXCL_NO_SUCH"));
    EXPECT_ERROR(alexcl_setting_set("ALEXCL_NO_SUCH", "1", &err), ALEXCL_E_USAGE, "ALEXCL_NO_SUCH", err);
}
END_TEST

START_TEST(switches) {
    ck_assert(!settings_switch("ALEXCL_NO_SUCH"));
    for (int on = 0; on < 2; on++) {
        setenv("ALEXCL_SYNC", on ? "1" : "0", 1);
        ck_assert_int_eq(settings_switch("ALEXCL_SYNC"), on);
    }
    unsetenv("ALEXCL_SYNC");
    ck_assert(!settings_switch("ALEXCL_SYNC"));
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
    EXPECT_OK(alexcl_settings_check(&err), err);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv(bad[i][0], bad[i][1], 1);
        struct alexcl_error again = {0};
        EXPECT_ERROR(alexcl_settings_check(&err), ALEXCL_E_USAGE, bad[i][2], err);
        EXPECT_ERROR(alexcl_settings_check(&again), ALEXCL_E_USAGE, bad[i][0], again);
        unsetenv(bad[i][0]);
        EXPECT_ERROR(alexcl_setting_set(bad[i][0], bad[i][1], &err), ALEXCL_E_USAGE, bad[i][2], err);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        setenv(good[i][0], good[i][1], 1);
        EXPECT_OK(alexcl_settings_check(&err), err);
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
        ck_assert_msg(alexcl_size_read(sizes[i].text, &bytes) && bytes == sizes[i].bytes, "%s: %llu", sizes[i].text,
                      (unsigned long long)bytes);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        uint64_t bytes;
        ck_assert_msg(!alexcl_size_read(none[i], &bytes), "%s", none[i]);
    }
}
END_TEST

START_TEST(every_setting_is_explained) {
    ck_assert_uint_ge(alexcl_settings_count(), 10);
    for (size_t i = 0; i < alexcl_settings_count(); i++) {
        struct alexcl_setting s = alexcl_settings_get(i);
        ck_assert(strncmp(s.name, "ALEXCL_", 7) == 0 && s.about && *s.about);
    }
}
END_TEST

START_TEST(past_the_end_there_is_nothing) {
    const size_t past[] = {alexcl_settings_count(), alexcl_settings_count() + 100, SIZE_MAX};
    for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
        struct alexcl_setting s = alexcl_settings_get(past[i]);
        ck_assert(!s.name && !s.about && !s.value && !s.origin);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("settings");
    tcase_add_test(tests, flag_beats_environment_beats_default);
    tcase_add_test(tests, an_empty_variable_is_unset);
    tcase_add_test(tests, a_flag_keeps_its_own_copy);
    tcase_add_test(tests, unknown_settings_are_refused);
    tcase_add_test(tests, switches);
    tcase_add_test(tests, values_that_do_not_exist_are_refused);
    tcase_add_test(tests, sizes_are_read);
    tcase_add_test(tests, every_setting_is_explained);
    tcase_add_test(tests, past_the_end_there_is_nothing);
    return support_run(tests);
}
