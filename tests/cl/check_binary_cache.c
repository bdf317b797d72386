/* SPDX-License-Identifier: MIT */
/* Cached binaries: verified to the byte before the driver sees them; whatever is wrong, the kernel is compiled anew. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binary_cache.h"
#include "files.h"
#include "quirks.h"
#include "selection.h"
#include "support.h"

static struct alexcl_error err;
static const char folder[] = "binary-cache";
static const char text[] = "__kernel void k(__global float *x) { x[0] = 42.0f; }\n";

/* The one .clbin file in the folder. */
static int find_file(char *out, size_t size) {
    DIR *dir = opendir(folder);
    int found = 0;
    for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (!strstr(e->d_name, ".clbin")) continue;
        snprintf(out, size, "%s/%s", folder, e->d_name);
        found++;
    }
    if (dir) closedir(dir);
    return found;
}

static void empty_folder(void) {
    char path[600];
    while (find_file(path, sizeof path)) unlink(path);
}

/* Builds the kernel in a device opened anew, as a second start would, and runs it. The driver keeps kernels itself, or
 * does not. */
static void build_and_run_with(int keeps) {
    struct device *dev;
    struct kernel *k;
    struct buffer *b;
    float out = 0;
    EXPECT_OK(device_open(selection_source(support_selection(), 0), support_settings(), &dev, &err), err);
    dev->quirks = keeps ? dev->quirks | QUIRK_KEEPS : dev->quirks & ~(unsigned)QUIRK_KEEPS;
    EXPECT_OK(kernel_create(dev, "cached", "k", "", &k, &err), err);
    EXPECT_OK(buffer_create(dev, 1, "a test", &b, &err), err);
    struct kernel_range r = {.dims = 1, .global = {1}, .local = {1}};
    EXPECT_OK(KERNEL_LAUNCH(k, "k", &r, &err, ARG_BUFFER(b)), err);
    EXPECT_OK(buffer_read(b, 0, &out, 1, &err), err);
    ck_assert_float_eq(out, 42);
    buffer_free(b);
    kernel_free(k);
    device_free(dev);
}

/* A kernel that needs a file of the folder, of which the text counts as its own. */
static void write_included(const char *included) {
    static const char including[] = "#include \"cached.clh\"\n__kernel void k(__global float *x) { x[0] = ANSWER; }\n";
    EXPECT_OK(files_replace("cached-kernels/cached.cl", including, strlen(including), &err), err);
    EXPECT_OK(files_replace("cached-kernels/cached.clh", included, strlen(included), &err), err);
}

static void build_and_run(void) { build_and_run_with(0); }

static void set_up(void) {
    mkdir("cached-kernels", 0700);
    EXPECT_OK(files_replace("cached-kernels/cached.cl", text, strlen(text), &err), err);
    support_set("ALEXCL_KERNEL_DIR", "cached-kernels");
    support_set("ALEXCL_CACHE_DIR", folder);
    support_set("ALEXCL_NO_CACHE", "0");
    chmod(folder, 0700);
    empty_folder();
}

static int warnings, doubts;
static void count_log(void *user, enum alexcl_log_level level, const char *line) {
    (void)user;
    warnings += level == ALEXCL_LOG_WARNING;
    doubts += strstr(line, "not believed") != NULL;
}

START_TEST(a_second_start_loads_what_the_first_kept) {
    char path[600];
    struct stat before, after;
    set_up();
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 1);
    ck_assert_int_eq(stat(path, &before), 0);
    doubts = 0;
    alexcl_log_to(count_log, NULL);
    build_and_run();
    alexcl_log_to(NULL, NULL);
    ck_assert_int_eq(doubts, 0);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_ino, after.st_ino); /* not written again */
}
END_TEST

START_TEST(a_damaged_file_is_never_believed) {
    char path[600];
    unsigned char *file;
    size_t length;
    set_up();
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 1);
    EXPECT_OK(files_read(path, 1 << 28, &file, &length, &err), err);
    struct binary_cache_key key;
    const unsigned char *binary;
    memcpy(key.bytes, file + 8, HASH_BYTES);
    ck_assert_uint_gt(binary_cache_verify(file, length, &key, &binary), 0);
    /* Every byte of the header, and a sample of the others, wrong in turn. */
    for (size_t i = 0; i < length; i += i < 200 ? 1 : 997) {
        file[i] ^= 0x40;
        ck_assert_msg(binary_cache_verify(file, length, &key, &binary) == 0, "a wrong byte %zu is believed", i);
        file[i] ^= 0x40;
    }
    for (size_t i = 0; i < length; i += i < 200 ? 1 : 997)
        ck_assert_uint_eq(binary_cache_verify(file, i, &key, &binary), 0);
    key.bytes[5] ^= 1;
    ck_assert_uint_eq(binary_cache_verify(file, length, &key, &binary), 0);
    /* And through the whole path: cut, damaged, empty; each is compiled anew and replaced. */
    for (int kind = 0; kind < 3; kind++) {
        file[length / 2] ^= kind == 1 ? 0xff : 0;
        EXPECT_OK(files_replace(path, file, kind == 0 ? length - 10 : kind == 1 ? length : 0, &err), err);
        file[length / 2] ^= kind == 1 ? 0xff : 0;
        build_and_run();
        unsigned char *again;
        size_t again_length;
        EXPECT_OK(files_read(path, 1 << 28, &again, &again_length, &err), err);
        key.bytes[5] = again[8 + 5];
        ck_assert_uint_gt(binary_cache_verify(again, again_length, &key, &binary), 0);
        free(again);
    }
    free(file);
}
END_TEST

START_TEST(an_included_file_is_part_of_the_kernel) {
    char path[600];
    struct device *dev;
    struct kernel *k;
    set_up();
    write_included("#define ANSWER 42\n");
    build_and_run();
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 1);
    write_included("/* otherwise */\n#define ANSWER 40 + 2\n");
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 2);
    EXPECT_OK(device_open(selection_source(support_selection(), 0), support_settings(), &dev, &err), err);
    write_included("#define ANSWER 42\n\nundeclared_type x;\n");
    EXPECT_ERROR(kernel_create(dev, "cached", "k", "", &k, &err), ALEXCL_E_BUILD, "cached-kernels/cached.clh:3", err);
    write_included("#define ANSWER undeclared_name\n");
    EXPECT_ERROR(kernel_create(dev, "cached", "k", "", &k, &err), ALEXCL_E_BUILD, "cached-kernels/cached.cl:2", err);
    unlink("cached-kernels/cached.clh");
    EXPECT_ERROR(kernel_create(dev, "cached", "k", "", &k, &err), ALEXCL_E_BUILD, "no kernel file cached.clh", err);
    device_free(dev);
}
END_TEST

START_TEST(the_key_depends_on_every_part) {
    struct binary_cache_key a, b;
    static const char *const parts[][3] = {{"other", "source", "options"},
                                           {"device", "other", "options"},
                                           {"device", "source", "other"},
                                           {"devices", "ource", "options"}};
    binary_cache_make_key(&a, "device", "source", 6, "options");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        binary_cache_make_key(&b, parts[i][0], parts[i][1], strlen(parts[i][1]), parts[i][2]);
        ck_assert_int_ne(memcmp(a.bytes, b.bytes, HASH_BYTES), 0);
    }
}
END_TEST

START_TEST(a_folder_others_may_write_is_not_used) {
    char path[600];
    set_up();
    build_and_run();
    chmod(folder, 0777);
    empty_folder();
    warnings = 0;
    alexcl_log_to(count_log, NULL);
    build_and_run();
    alexcl_log_to(NULL, NULL);
    ck_assert_int_eq(warnings, 1);
    ck_assert_int_eq(find_file(path, sizeof path), 0);
    chmod(folder, 0700);
}
END_TEST

START_TEST(no_cache_keeps_nothing) {
    char path[600];
    set_up();
    support_set("ALEXCL_NO_CACHE", "1");
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 0);
}
END_TEST

START_TEST(of_a_driver_that_keeps_kernels_nothing_is_kept_or_loaded) {
    char path[600];
    set_up();
    build_and_run_with(1);
    ck_assert_int_eq(find_file(path, sizeof path), 0);
    build_and_run();
    ck_assert_int_eq(find_file(path, sizeof path), 1);
    EXPECT_OK(files_replace(path, "damaged", 7, &err), err);
    doubts = 0;
    alexcl_log_to(count_log, NULL);
    build_and_run_with(1);
    alexcl_log_to(NULL, NULL);
    ck_assert_int_eq(doubts, 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("binary_cache");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_second_start_loads_what_the_first_kept);
    tcase_add_test(tests, a_damaged_file_is_never_believed);
    tcase_add_test(tests, an_included_file_is_part_of_the_kernel);
    tcase_add_test(tests, the_key_depends_on_every_part);
    tcase_add_test(tests, a_folder_others_may_write_is_not_used);
    tcase_add_test(tests, no_cache_keeps_nothing);
    tcase_add_test(tests, of_a_driver_that_keeps_kernels_nothing_is_kept_or_loaded);
    return support_run(tests);
}
