/* SPDX-License-Identifier: MIT */
/* The cache folder: what is counted, what goes when it is too large, and what is never touched. */
#include "cache.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "support.h"

enum { KIB = 1024, DAY = 86400 };
static const char *const endings[] = {".clbin", ".tuning.json", ".checked", ".log"};
static struct alexcl_error err;
static char folder[64];

static void make_folder(void) {
    strcpy(folder, "/tmp/alexcl-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    support_set("ALEXCL_CACHE_DIR", folder);
    support_set("ALEXCL_CACHE_LIMIT", "256MiB");
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

/* A file's path by kind and number. */
static const char *path_of(int kind, unsigned number) {
    static char path[512];
    char key[80];
    snprintf(key, sizeof key, kind == CACHE_LOGS ? "build-conv-%08x" : "%064x", number);
    EXPECT_OK(cache_path(support_settings(), (enum cache_kind)kind, key, path, sizeof path, &err), err);
    return path;
}

static void make_old(const char *path, time_t seconds) {
    const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* A file of ours of one KiB, used so long ago. */
static void put(int kind, unsigned number, time_t seconds) {
    static const char kib[KIB];
    EXPECT_OK(files_replace(path_of(kind, number), kib, sizeof kib, &err), err);
    make_old(path_of(kind, number), seconds);
}

static int is_there(int kind, unsigned number) { return access(path_of(kind, number), F_OK) == 0; }

START_TEST(files_are_told_by_kind_and_nothing_else_is_ours) {
    struct alexcl_cache c = {.size = sizeof c};
    static const char *const others[] = {"notes.txt", "abc.clbin",          "build-conv.log",
                                         "x.log",     "build-00000000.log", "0123.tuning.json"};
    for (int kind = 0; kind < ALEXCL_CACHE_KINDS; kind++) {
        ck_assert_ptr_nonnull(strstr(path_of(kind, 1), endings[kind]));
        for (int i = 0; i <= kind; i++) put(kind, (unsigned)i, DAY);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        EXPECT_OK(files_replace(in_folder(others[i]), "mine", 4, &err), err);
    /* A link and a folder with names of ours: neither is one of our files, and what is behind them is not in the
     * folder. */
    ck_assert_int_eq(symlink(in_folder("notes.txt"), path_of(CACHE_BINARIES, 77)), 0);
    ck_assert_int_eq(mkdir(path_of(CACHE_BINARIES, 78), 0700), 0);
    EXPECT_OK(alexcl_cache_show(NULL, &c, &err), err);
    ck_assert_str_eq(c.folder, folder);
    ck_assert_str_eq(c.note, "");
    ck_assert_uint_eq(c.limit, 256 << 20);
    ck_assert_uint_eq(c.bytes, 10 * KIB);
    static const char *const names[] = {"binaries", "tuning", "checks", "logs"};
    for (int kind = 0; kind < ALEXCL_CACHE_KINDS; kind++) {
        ck_assert_str_eq(c.kinds[kind].name, names[kind]);
        ck_assert_uint_eq(c.kinds[kind].files, kind + 1);
        ck_assert_uint_eq(c.kinds[kind].bytes, (kind + 1) * KIB);
    }
    EXPECT_OK(alexcl_cache_clear(NULL, "tuning", &c, &err), err);
    ck_assert(c.bytes == 2 * KIB && c.kinds[CACHE_TUNING].files == 2 && c.kinds[CACHE_LOGS].files == 0);
    EXPECT_ERROR(alexcl_cache_clear(NULL, "tunings", &c, &err), ALEXCL_E_USAGE, "binaries, tuning, checks and logs",
                 err);
    EXPECT_OK(alexcl_cache_clear(NULL, NULL, &c, &err), err);
    ck_assert_uint_eq(c.bytes, 8 * KIB);
    EXPECT_OK(alexcl_cache_show(NULL, &c, &err), err);
    ck_assert_uint_eq(c.bytes, 0);
    struct stat info;
    ck_assert(lstat(path_of(CACHE_BINARIES, 77), &info) == 0 && lstat(path_of(CACHE_BINARIES, 78), &info) == 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_int_eq(access(in_folder(others[i]), F_OK), 0);
}
END_TEST

START_TEST(a_folder_that_is_not_there_or_not_ours_is_told_and_left_alone) {
    struct alexcl_cache c = {.size = sizeof c};
    put(CACHE_BINARIES, 1, DAY);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    EXPECT_OK(alexcl_cache_clear(NULL, NULL, &c, &err), err);
    ck_assert_ptr_nonnull(strstr(c.note, "others may write to it"));
    ck_assert_uint_eq(c.bytes, 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(folder, 12345, 12345), 0);
        EXPECT_OK(alexcl_cache_clear(NULL, NULL, &c, &err), err);
        ck_assert_ptr_nonnull(strstr(c.note, "belongs to another user"));
        ck_assert_int_eq(chown(folder, 0, 0), 0);
    }
    ck_assert(is_there(CACHE_BINARIES, 1));
    support_set("ALEXCL_CACHE_DIR", in_folder("none"));
    EXPECT_OK(alexcl_cache_show(NULL, &c, &err), err);
    ck_assert_ptr_nonnull(strstr(c.note, "is not there yet"));
    ck_assert_int_ne(access(in_folder("none"), F_OK), 0); /* nor is it made */
}
END_TEST

START_TEST(what_was_not_used_for_longest_goes_first) {
    unsigned char *data;
    size_t length;
    support_set("ALEXCL_CACHE_LIMIT", "4KiB");
    put(CACHE_BINARIES, 1, 5 * DAY);
    put(CACHE_CHECKS, 2, 4 * DAY);
    put(CACHE_TUNING, 3, 3 * DAY);
    put(CACHE_LOGS, 4, 2 * DAY);
    EXPECT_OK(cache_load(path_of(CACHE_BINARIES, 1), 1 << 20, &data, &length, &err), err); /* the oldest, used now */
    free(data);
    static const char kib[KIB];
    EXPECT_OK(cache_store(support_settings(), path_of(CACHE_BINARIES, 5), kib, sizeof kib, &err), err);
    ck_assert(is_there(CACHE_BINARIES, 1) && !is_there(CACHE_CHECKS, 2) && is_there(CACHE_TUNING, 3) &&
              is_there(CACHE_LOGS, 4) && is_there(CACHE_BINARIES, 5));
    EXPECT_OK(cache_store(support_settings(), path_of(CACHE_BINARIES, 6), kib, sizeof kib, &err),
              err); /* and so on, in the same process */
    ck_assert(!is_there(CACHE_TUNING, 3) && is_there(CACHE_LOGS, 4));
}
END_TEST

START_TEST(what_was_used_in_the_last_minute_stays) {
    static const char kib[KIB];
    support_set("ALEXCL_CACHE_LIMIT", "1");
    put(CACHE_BINARIES, 1, 30);
    put(CACHE_BINARIES, 2, 90);
    EXPECT_OK(cache_store(support_settings(), path_of(CACHE_BINARIES, 3), kib, sizeof kib, &err), err);
    ck_assert(is_there(CACHE_BINARIES, 1) && !is_there(CACHE_BINARIES, 2) && is_there(CACHE_BINARIES, 3));
}
END_TEST

START_TEST(without_a_limit_all_stays) {
    static const char kib[KIB];
    support_set("ALEXCL_CACHE_LIMIT", "0");
    put(CACHE_BINARIES, 1, DAY);
    EXPECT_OK(cache_store(support_settings(), path_of(CACHE_BINARIES, 2), kib, sizeof kib, &err), err);
    ck_assert(is_there(CACHE_BINARIES, 1));
}
END_TEST

static const struct settings *limited;

static void *store_many(void *user) {
    static const char kib[KIB];
    struct alexcl_error why = {0};
    for (unsigned i = 0; i < 40; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%063x%c.clbin", folder, i, *(const char *)user);
        if (cache_store(limited, path, kib, sizeof kib, &why) != ALEXCL_OK) return user;
        make_old(path, DAY);
    }
    return NULL;
}

START_TEST(processes_and_threads_trim_at_once) {
    struct alexcl_cache c = {.size = sizeof c};
    pid_t children[3];
    support_set("ALEXCL_CACHE_LIMIT", "10KiB");
    limited = support_settings();
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] != 0) continue;
        pthread_t other;
        void *failed = NULL;
        int bad = pthread_create(&other, NULL, store_many, (void *)(uintptr_t) & "abc"[i]) != 0 ||
                  store_many((void *)(uintptr_t) & "def"[i]) != NULL;
        _exit(pthread_join(other, &failed) != 0 || failed || bad);
    }
    for (int i = 0; i < 3; i++) {
        int ended = 1;
        ck_assert(waitpid(children[i], &ended, 0) == children[i] && ended == 0);
    }
    char one[] = "0";
    ck_assert_ptr_null(store_many(one));
    EXPECT_OK(alexcl_cache_show(NULL, &c, &err), err);
    ck_assert_uint_le(c.bytes, 11 * KIB); /* the last one was new when it was stored */
}
END_TEST

START_TEST(cache_folder_is_chosen_and_made) {
    char found[512];
    unsetenv("ALEXCL_CACHE_DIR"), unsetenv("XDG_CACHE_HOME");
    setenv("HOME", folder, 1);
    EXPECT_OK(cache_folder(support_settings(), found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder(".cache/alexcl"));
    setenv("XDG_CACHE_HOME", in_folder("xdg"), 1);
    EXPECT_OK(cache_folder(support_settings(), found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder("xdg/alexcl"));
    setenv("ALEXCL_CACHE_DIR", in_folder("mine"), 1);
    EXPECT_OK(cache_folder(support_settings(), found, sizeof found, &err), err);
    ck_assert_str_eq(found, in_folder("mine"));
    ck_assert_int_eq(access(found, W_OK), 0);
    unsetenv("ALEXCL_CACHE_DIR"), unsetenv("XDG_CACHE_HOME"), unsetenv("HOME");
    EXPECT_ERROR(cache_folder(support_settings(), found, sizeof found, &err), ALEXCL_E_OTHER,
                 "set ALEXCL_CACHE_DIR or HOME", err);
}
END_TEST

START_TEST(cache_folder_that_others_may_write_to_is_not_believed) {
    char found[512];
    ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
    setenv("ALEXCL_CACHE_DIR", in_folder("open"), 1);
    static const mode_t modes[] = {0777, 0770, 0707, 0720, 0702};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(chmod(in_folder("open"), modes[i]), 0);
        EXPECT_ERROR(cache_folder(support_settings(), found, sizeof found, &err), ALEXCL_E_OTHER,
                     "others may write to it", err);
    }
    ck_assert_int_eq(chmod(in_folder("open"), 0755), 0);
    EXPECT_OK(cache_folder(support_settings(), found, sizeof found, &err), err);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    setenv("ALEXCL_CACHE_DIR", in_folder("file"), 1);
    EXPECT_ERROR(cache_folder(support_settings(), found, sizeof found, &err), ALEXCL_E_OTHER, "is not a folder", err);
    char small[4];
    setenv("ALEXCL_CACHE_DIR", in_folder("mine"), 1);
    EXPECT_ERROR(cache_folder(support_settings(), small, sizeof small, &err), ALEXCL_E_OTHER, "too long", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("cache");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, files_are_told_by_kind_and_nothing_else_is_ours);
    tcase_add_test(tests, a_folder_that_is_not_there_or_not_ours_is_told_and_left_alone);
    tcase_add_test(tests, what_was_not_used_for_longest_goes_first);
    tcase_add_test(tests, what_was_used_in_the_last_minute_stays);
    tcase_add_test(tests, without_a_limit_all_stays);
    tcase_add_test(tests, processes_and_threads_trim_at_once);
    tcase_add_test(tests, cache_folder_is_chosen_and_made);
    tcase_add_test(tests, cache_folder_that_others_may_write_to_is_not_believed);
    return support_run(tests);
}
