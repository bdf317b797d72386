/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static char folder[64]; /* a fresh one for every test */

static void make_folder(void) {
    strcpy(folder, "/tmp/alexcl-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int entries(void) {
    DIR *dir = opendir(folder);
    int count = -2; /* . and .. */
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir)) count++;
    closedir(dir);
    return count;
}

START_TEST(what_is_written_is_read) {
    struct alexcl_error err = {0};
    static const char content[] = "two\0parts";
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_OK(files_replace(in_folder("file"), content, sizeof content - 1, &err), err);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert_uint_eq(length, sizeof content - 1);
    ck_assert(memcmp(data, content, length) == 0);
    ck_assert_int_eq(data[length], 0);
    free(data);
    ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(empty_file) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    size_t length = 1;
    EXPECT_OK(files_replace(in_folder("empty"), "", 0, &err), err);
    EXPECT_OK(files_read(in_folder("empty"), 0, &data, &length, &err), err);
    ck_assert(length == 0 && data[0] == 0);
    free(data);
}
END_TEST

START_TEST(read_names_what_it_cannot_read) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_ERROR(files_read(in_folder("missing"), 100, &data, &length, &err), ALEXCL_E_DATA, "missing: No such file", err);
    EXPECT_ERROR(files_read(folder, 100, &data, &length, &err), ALEXCL_E_DATA, "is a folder", err);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    EXPECT_ERROR(files_read(in_folder("fifo"), 100, &data, &length, &err), ALEXCL_E_DATA, "fifo: is not a regular file", err);
    EXPECT_ERROR(files_read("/dev/zero", 100, &data, &length, &err), ALEXCL_E_DATA, "is not a regular file", err);
    EXPECT_OK(files_replace(in_folder("long"), "12345", 5, &err), err);
    EXPECT_ERROR(files_read(in_folder("long"), 4, &data, &length, &err), ALEXCL_E_DATA, "more than the 4", err);
    EXPECT_ERROR(files_read("", 100, &data, &length, &err), ALEXCL_E_DATA, "No such file", err);
    ck_assert_ptr_null(data);
}
END_TEST

START_TEST(replace_is_all_or_nothing) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_OK(files_replace(in_folder("file"), "old", 3, &err), err);
    EXPECT_OK(files_replace(in_folder("file"), "newer", 5, &err), err);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert(length == 5 && memcmp(data, "newer", 5) == 0);
    free(data);
    ck_assert_int_eq(mkdir(in_folder("taken"), 0700), 0);
    EXPECT_ERROR(files_replace(in_folder("taken"), "x", 1, &err), ALEXCL_E_OTHER, "taken: cannot be written", err);
    EXPECT_ERROR(files_replace(in_folder("no/such/folder"), "x", 1, &err), ALEXCL_E_OTHER, "no/such/folder: cannot be written", err);
    EXPECT_ERROR(files_replace("/dev/full/x", "x", 1, &err), ALEXCL_E_OTHER, "/dev/full/x: cannot be written", err);
    ck_assert_int_eq(entries(), 2); /* no temporary is left */
}
END_TEST

START_TEST(replace_respects_the_umask) {
    struct alexcl_error err = {0};
    struct stat info;
    mode_t before = umask(027);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    umask(before);
    ck_assert_int_eq(stat(in_folder("file"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(folders_are_made_with_their_parents) {
    struct alexcl_error err = {0};
    struct stat info;
    EXPECT_OK(files_make_folder(in_folder("a/b/c"), &err), err);
    EXPECT_OK(files_make_folder(in_folder("a/b/c"), &err), err);
    EXPECT_OK(files_make_folder(in_folder("a/b/d/"), &err), err);
    ck_assert(stat(in_folder("a/b/c"), &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & 0777) == 0700);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    EXPECT_ERROR(files_make_folder(in_folder("file"), &err), ALEXCL_E_OTHER, "is not a folder", err);
    EXPECT_ERROR(files_make_folder(in_folder("file/below"), &err), ALEXCL_E_OTHER, "file", err);
    EXPECT_ERROR(files_make_folder("", &err), ALEXCL_E_OTHER, "empty", err);
}
END_TEST

START_TEST(cache_folder_is_chosen_and_made) {
    struct alexcl_error err = {0};
    char found[512];
    unsetenv("ALEXCL_CACHE_DIR"), unsetenv("XDG_CACHE_HOME");
    setenv("HOME", folder, 1);
    EXPECT_OK(files_cache_folder(found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder(".cache/alexcl"));
    setenv("XDG_CACHE_HOME", in_folder("xdg"), 1);
    EXPECT_OK(files_cache_folder(found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder("xdg/alexcl"));
    setenv("ALEXCL_CACHE_DIR", in_folder("mine"), 1);
    EXPECT_OK(files_cache_folder(found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder("mine"));
    ck_assert_int_eq(access(found, W_OK), 0);
    unsetenv("ALEXCL_CACHE_DIR"), unsetenv("XDG_CACHE_HOME"), unsetenv("HOME");
    EXPECT_ERROR(files_cache_folder(found, sizeof found, &err), ALEXCL_E_OTHER, "set ALEXCL_CACHE_DIR or HOME", err);
}
END_TEST

START_TEST(cache_folder_that_others_may_write_to_is_not_believed) {
    struct alexcl_error err = {0};
    char found[512];
    ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
    setenv("ALEXCL_CACHE_DIR", in_folder("open"), 1);
    static const mode_t modes[] = {0777, 0770, 0707, 0720, 0702};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(chmod(in_folder("open"), modes[i]), 0);
        EXPECT_ERROR(files_cache_folder(found, sizeof found, &err), ALEXCL_E_OTHER, "others may write to it", err);
    }
    ck_assert_int_eq(chmod(in_folder("open"), 0755), 0);
    EXPECT_OK(files_cache_folder(found, sizeof found, &err), err);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    setenv("ALEXCL_CACHE_DIR", in_folder("file"), 1);
    EXPECT_ERROR(files_cache_folder(found, sizeof found, &err), ALEXCL_E_OTHER, "is not a folder", err);
    char small[4];
    setenv("ALEXCL_CACHE_DIR", in_folder("mine"), 1);
    EXPECT_ERROR(files_cache_folder(small, sizeof small, &err), ALEXCL_E_OTHER, "too long", err);
}
END_TEST

START_TEST(pieces_are_seen_only_when_all_are_there) {
    struct alexcl_error err = {0};
    struct alexcl_file *w = NULL;
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_OK(files_replace(in_folder("file"), "old", 3, &err), err);
    EXPECT_OK(alexcl_file_open(in_folder("file"), &w, &err), err);
    EXPECT_OK(alexcl_file_add(w, "new ", 4, &err), err);
    alexcl_file_free(w); /* not committed: no trace */
    ck_assert_int_eq(entries(), 1);
    EXPECT_OK(alexcl_file_open(in_folder("file"), &w, &err), err);
    EXPECT_OK(alexcl_file_add(w, "new ", 4, &err), err);
    EXPECT_OK(alexcl_file_add(w, "file", 4, &err), err);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert(length == 3 && memcmp(data, "old", 3) == 0);
    free(data);
    EXPECT_OK(alexcl_file_commit(w, &err), err);
    alexcl_file_free(w);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert(length == 8 && memcmp(data, "new file", 8) == 0);
    free(data);
    ck_assert_int_eq(entries(), 1);
    alexcl_file_free(NULL);
}
END_TEST

static void put(const char *name) {
    FILE *file = fopen(in_folder(name), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(what_a_killed_writer_left_is_removed) {
    struct alexcl_error err = {0};
    struct alexcl_file *f = NULL;
    put("file.123.abcDEF"); /* of a process that is gone: nobody holds its lock */
    static const char *const others[] = {"file.123.abcDE",   "file.12x.abcDEF",  "file.123",    "file.abcDEF",
                                         "xfile.123.abcDEF", "file2.123.abcDEF", "file..abcDEF"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) put(others[i]);
    EXPECT_OK(alexcl_file_open(in_folder("file"), &f, &err), err);
    ck_assert_int_ne(access(in_folder("file.123.abcDEF"), F_OK), 0);
    ck_assert_int_eq(entries(), 8);
    EXPECT_OK(files_replace(in_folder("file"), "second", 6, &err), err); /* leaves the first writer's, which lives */
    ck_assert_int_eq(entries(), 9);
    EXPECT_OK(alexcl_file_commit(f, &err), err);
    alexcl_file_free(f);
    ck_assert_int_eq(entries(), 8);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) ck_assert_int_eq(access(in_folder(others[i]), F_OK), 0);
}
END_TEST

START_TEST(names_of_255_bytes) {
    struct alexcl_error err = {0};
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = '\0';
    EXPECT_ERROR(files_replace(in_folder(longest), "x", 1, &err), ALEXCL_E_OTHER, "take a shorter name", err);
    ck_assert_int_eq(entries(), 0);
    longest[255] = '\0';
    EXPECT_OK(files_replace(in_folder(longest), "x", 1, &err), err);
    ck_assert_int_eq(access(in_folder(longest), F_OK), 0);
    ck_assert_int_eq(chdir(folder), 0);
    EXPECT_OK(files_replace("here", "x", 1, &err), err);
    ck_assert_int_eq(entries(), 2);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(an_abandoned_file_leaves_no_trace) {
    struct alexcl_error err = {0};
    struct alexcl_file *a = NULL, *b = NULL;
    EXPECT_OK(files_replace(in_folder("a"), "old", 3, &err), err);
    EXPECT_OK(alexcl_file_open(in_folder("a"), &a, &err), err);
    EXPECT_OK(alexcl_file_open(in_folder("b"), &b, &err), err);
    EXPECT_OK(alexcl_file_add(a, "new", 3, &err), err);
    ck_assert_int_eq(entries(), 3);
    alexcl_files_abandon();
    alexcl_files_abandon();
    ck_assert_int_eq(entries(), 1);
    fflush(NULL);
    remove_folder();
    _exit(0); /* what a signal's handler goes on to do: no file can be written from here on */
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, empty_file);
    tcase_add_test(tests, pieces_are_seen_only_when_all_are_there);
    tcase_add_test(tests, what_a_killed_writer_left_is_removed);
    tcase_add_test(tests, names_of_255_bytes);
    tcase_add_exit_test(tests, an_abandoned_file_leaves_no_trace, 0);
    tcase_add_test(tests, read_names_what_it_cannot_read);
    tcase_add_test(tests, replace_is_all_or_nothing);
    tcase_add_test(tests, replace_respects_the_umask);
    tcase_add_test(tests, folders_are_made_with_their_parents);
    tcase_add_test(tests, cache_folder_is_chosen_and_made);
    tcase_add_test(tests, cache_folder_that_others_may_write_to_is_not_believed);
    return support_run(tests);
}
