/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
    EXPECT_ERROR(files_read(in_folder("missing"), 100, &data, &length, &err), ALEXCL_E_DATA, "missing: No such file",
                 err);
    EXPECT_ERROR(files_read(folder, 100, &data, &length, &err), ALEXCL_E_DATA, "is a folder", err);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    EXPECT_ERROR(files_read(in_folder("fifo"), 100, &data, &length, &err), ALEXCL_E_DATA, "fifo: is not a regular file",
                 err);
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
    EXPECT_ERROR(files_replace(in_folder("no/such/folder"), "x", 1, &err), ALEXCL_E_OTHER,
                 "no/such/folder: cannot be written", err);
    EXPECT_ERROR(files_replace("/dev/full/x", "x", 1, &err), ALEXCL_E_OTHER, "/dev/full/x: cannot be written", err);
    ck_assert_int_eq(entries(), 2); /* no temporary is left */
}
END_TEST

/* ---- modes, owners, links ------------------------------------------------------------------------ */

static mode_t mode_of(const char *name) {
    struct stat info;
    ck_assert_int_eq(lstat(in_folder(name), &info), 0);
    return info.st_mode & 07777;
}

static void put_text(const char *name, const char *text) {
    FILE *file = fopen(in_folder(name), "w");
    ck_assert(file && fputs(text, file) >= 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect_text(const char *name, const char *text) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    size_t length;
    EXPECT_OK(files_read(in_folder(name), 100, &data, &length, &err), err);
    ck_assert_str_eq((char *)data, text);
    free(data);
}

static int write_result(const char *path, const char *text, struct alexcl_error *err) {
    struct file *f = NULL;
    int status = file_open(path, &f, err);
    if (status == ALEXCL_OK) status = file_add(f, text, strlen(text), err);
    if (status == ALEXCL_OK) status = file_commit(f, err);
    file_free(f);
    return status;
}

static atomic_int masks_set;
/* the library's calls come here too: a program's own functions go before those of the C library */
mode_t umask(mode_t mask) {
    mode_t before = (mode_t)syscall(SYS_umask, mask);
    atomic_fetch_add(&masks_set, 1);
    sched_yield(); /* the others' turn */
    return before;
}

START_TEST(new_files_respect_the_umask) {
    struct alexcl_error err = {0};
    mode_t before = umask(027);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    EXPECT_OK(write_result(in_folder("result"), "x", &err), err);
    umask(before);
    ck_assert_uint_eq(mode_of("file"), 0640);
    ck_assert_uint_eq(mode_of("result"), 0640);
}
END_TEST

/* A thread that writes files, half of them as drivers and other libraries do: none may be open to others, whatever its
 * neighbours write. */
enum { WRITERS = 8, FILES_EACH = 100 };
static void *write_files(void *user) {
    struct alexcl_error err = {0};
    const char *prefix = user;
    char path[600];
    size_t open_to_others = 0;
    for (int i = 0; i < FILES_EACH; i++) {
        struct stat info;
        snprintf(path, sizeof path, "%s-%d", prefix, i % 4);
        if (files_replace(path, "x", 1, &err) != ALEXCL_OK || stat(path, &info) != 0 || (info.st_mode & 077))
            open_to_others++;
        snprintf(path, sizeof path, "%s-other", prefix);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0 || fstat(fd, &info) != 0 || (info.st_mode & 077)) open_to_others++;
        if (fd >= 0) close(fd);
        unlink(path);
    }
    return (void *)open_to_others;
}

START_TEST(threads_that_write_leave_the_umask_alone) {
    pthread_t threads[WRITERS];
    char prefix[WRITERS][128];
    size_t open_to_others = 0;
    mode_t before = umask(077);
    for (int i = 0; i < WRITERS; i++) {
        snprintf(prefix[i], sizeof prefix[i], "%s/%d", folder, i);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_files, prefix[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *count;
        ck_assert_int_eq(pthread_join(threads[i], &count), 0);
        open_to_others += (size_t)count;
    }
    mode_t after = umask(before);
    ck_assert_msg(open_to_others == 0, "%zu of %d files are open to others under umask 077", open_to_others,
                  WRITERS * FILES_EACH * 2);
    ck_assert_int_eq(masks_set, 2);
    ck_assert_msg(after == 077, "the umask is %03o where it was 077", (unsigned)after);
}
END_TEST

START_TEST(what_is_there_keeps_its_mode_and_owner) {
    static const mode_t modes[] = {0600, 0640, 0666, 0755, 0444};
    struct alexcl_error err = {0};
    struct stat info;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        put_text("file", "old");
        ck_assert_int_eq(chmod(in_folder("file"), modes[i]), 0);
        EXPECT_OK(write_result(in_folder("file"), "new", &err), err);
        ck_assert_uint_eq(mode_of("file"), modes[i]);
        expect_text("file", "new");
        ck_assert_int_eq(unlink(in_folder("file")), 0);
    }
    if (geteuid() != 0) return; /* who may give files away */
    put_text("file", "old");
    ck_assert_int_eq(chown(in_folder("file"), 12345, 54321), 0);
    EXPECT_OK(write_result(in_folder("file"), "new", &err), err);
    ck_assert_int_eq(stat(in_folder("file"), &info), 0);
    ck_assert(info.st_uid == 12345 && info.st_gid == 54321);
    /* Who may not give it away writes it all the same, and the group that it then has gets no more than all others. */
    ck_assert_int_eq(chmod(in_folder("file"), 0664), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    ck_assert_int_eq(setegid(4242), 0);
    ck_assert_int_eq(seteuid(4242), 0);
    int status = write_result(in_folder("file"), "newer", &err);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setegid(0), 0);
    EXPECT_OK(status, err);
    ck_assert_int_eq(stat(in_folder("file"), &info), 0);
    ck_assert(info.st_uid == 4242 && info.st_gid == 4242);
    ck_assert_uint_eq(mode_of("file"), 0644);
}
END_TEST

START_TEST(a_file_of_one_owner_is_never_open_to_others_while_it_is_written) {
    struct alexcl_error err = {0};
    struct file *f = NULL;
    put_text("file", "old");
    ck_assert_int_eq(chmod(in_folder("file"), 0600), 0);
    EXPECT_OK(file_open(in_folder("file"), &f, &err), err);
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.') ck_assert_uint_eq(mode_of(e->d_name), 0600);
    closedir(dir);
    file_free(f);
}
END_TEST

START_TEST(a_link_is_followed_and_stays) {
    struct alexcl_error err = {0};
    struct stat info;
    char chain[600];
    ck_assert_int_eq(mkdir(in_folder("real"), 0700), 0);
    put_text("real/file", "old");
    ck_assert_int_eq(symlink("real/file", in_folder("link")), 0); /* seen from the link's folder */
    ck_assert_int_eq(symlink("../link", in_folder("real/back")), 0);
    snprintf(chain, sizeof chain, "%s/real/back", folder);
    ck_assert_int_eq(symlink(chain, in_folder("absolute")), 0);
    ck_assert_int_eq(symlink("real/none", in_folder("dangling")), 0);
    ck_assert_int_eq(symlink("loop", in_folder("loop")), 0);
    static const char *const links[] = {"link", "real/back", "absolute"};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct file *f = NULL;
        int there = entries();
        EXPECT_OK(file_open(in_folder(links[i]), &f, &err), err);
        /* the temporary file stands beside the real one, on whose disk there is room for it */
        ck_assert_int_eq(entries(), there);
        EXPECT_OK(file_add(f, links[i], strlen(links[i]), &err), err);
        EXPECT_OK(file_commit(f, &err), err);
        file_free(f);
        ck_assert(lstat(in_folder(links[i]), &info) == 0 && S_ISLNK(info.st_mode));
        expect_text("real/file", links[i]);
    }
    EXPECT_OK(write_result(in_folder("dangling"), "made", &err), err);
    ck_assert(lstat(in_folder("dangling"), &info) == 0 && S_ISLNK(info.st_mode));
    expect_text("real/none", "made");
    EXPECT_ERROR(write_result(in_folder("loop"), "x", &err), ALEXCL_E_OTHER,
                 "loop: cannot be written: Too many levels of symbolic links", err);
    /* What the program keeps for itself is not written to where another's link leads. */
    EXPECT_OK(files_replace(in_folder("link"), "own", 3, &err), err);
    ck_assert(lstat(in_folder("link"), &info) == 0 && S_ISREG(info.st_mode));
    expect_text("real/file", "absolute");
}
END_TEST

/* ---- what reaches the disk, and in which order ---------------------------------------------------- */

static char calls[200];  /* "file" and "folder" synced, "rename" */
static int recording;    /* by one thread */
static int sync_code[2]; /* what syncing a file, a folder fails with */
static int mode_code;    /* and giving a mode */

static void record(const char *call) {
    size_t length = strlen(calls);
    if (recording) snprintf(calls + length, sizeof calls - length, "%s ", call);
}

int fsync(int fd) { /* the library's calls, as with umask above */
    struct stat info;
    int is_folder = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
    record(is_folder ? "folder" : "file");
    errno = sync_code[is_folder];
    return errno ? -1 : 0;
}
int fchmod(int fd, mode_t mode) {
    errno = mode_code;
    return errno ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}
int rename(const char *from, const char *to) {
    record("rename");
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

START_TEST(a_result_is_on_the_disk_before_it_has_its_name) {
    struct alexcl_error err = {0};
    recording = 1;
    EXPECT_OK(write_result(in_folder("file"), "x", &err), err);
    ck_assert_str_eq(calls, "file rename folder ");
    calls[0] = '\0';
    ck_assert_int_eq(chdir(folder), 0);
    EXPECT_OK(write_result("file", "x", &err), err);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_str_eq(calls, "file rename folder ");
    calls[0] = '\0';
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err); /* kept for itself */
    struct file *f = NULL;
    EXPECT_OK(file_open(in_folder("file"), &f, &err), err);
    file_skip_sync(f);
    EXPECT_OK(file_commit(f, &err), err);
    file_free(f);
    ck_assert_str_eq(calls, "rename rename ");
}
END_TEST

START_TEST(a_disk_that_fails_is_told) {
    static const int without[] = {EINVAL, ENOTSUP, ENOSYS, EROFS};
    struct alexcl_error err = {0};
    put_text("file", "old");
    sync_code[0] = EIO;
    EXPECT_ERROR(write_result(in_folder("file"), "new", &err), ALEXCL_E_OTHER,
                 "file: cannot be written: Input/output error", err);
    expect_text("file", "old");
    ck_assert_int_eq(entries(), 1);
    sync_code[0] = 0;
    mode_code = EIO;
    EXPECT_ERROR(write_result(in_folder("file"), "new", &err), ALEXCL_E_OTHER,
                 "file: cannot be written: Input/output error", err);
    expect_text("file", "old");
    ck_assert_int_eq(entries(), 1);
    mode_code = EPERM; /* all files of a FAT file system have one mode */
    sync_code[1] = EIO;
    EXPECT_ERROR(write_result(in_folder("file"), "new", &err), ALEXCL_E_OTHER,
                 "file: cannot be written: Input/output error", err);
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) { /* a file system that has no such thing */
        sync_code[0] = sync_code[1] = without[i];
        EXPECT_OK(write_result(in_folder("file"), "newer", &err), err);
    }
    sync_code[0] = sync_code[1] = mode_code = 0;
    expect_text("file", "newer");
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

START_TEST(pieces_are_seen_only_when_all_are_there) {
    struct alexcl_error err = {0};
    struct file *w = NULL;
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_OK(files_replace(in_folder("file"), "old", 3, &err), err);
    EXPECT_OK(file_open(in_folder("file"), &w, &err), err);
    EXPECT_OK(file_add(w, "new ", 4, &err), err);
    file_free(w); /* not committed: no trace */
    ck_assert_int_eq(entries(), 1);
    EXPECT_OK(file_open(in_folder("file"), &w, &err), err);
    EXPECT_OK(file_add(w, "new ", 4, &err), err);
    EXPECT_OK(file_add(w, "file", 4, &err), err);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert(length == 3 && memcmp(data, "old", 3) == 0);
    free(data);
    EXPECT_OK(file_commit(w, &err), err);
    file_free(w);
    EXPECT_OK(files_read(in_folder("file"), 100, &data, &length, &err), err);
    ck_assert(length == 8 && memcmp(data, "new file", 8) == 0);
    free(data);
    ck_assert_int_eq(entries(), 1);
    file_free(NULL);
}
END_TEST

START_TEST(what_a_killed_writer_left_is_removed) {
    struct alexcl_error err = {0};
    struct file *f = NULL;
    /* nobody holds their locks */
    static const char *const left[] = {"file.123.00000a.alexcl", "other.1.ffffff.alexcl", "a.b.99999.abcdef.alexcl"};
    static const char *const others[] = {"file.123.abcDEF",
                                         "file.123.abcdef",
                                         "file.12x.abcdef.alexcl",
                                         "file.123.abcde.alexcl",
                                         "file.123.abcdeg.alexcl",
                                         "file.abcdef.alexcl",
                                         "file..abcdef.alexcl",
                                         ".123.abcdef.alexcl",
                                         "123.abcdef.alexcl",
                                         "file.123.abcdef.alexcl2",
                                         "x.alexcl",
                                         "file.2024.backup"};
    enum { LEFT = sizeof left / sizeof left[0], OTHERS = sizeof others / sizeof others[0] };
    for (size_t i = 0; i < LEFT; i++) put_text(left[i], "");
    for (size_t i = 0; i < OTHERS; i++) put_text(others[i], "");
    /* A second process, which looks into the folder when the first one writes there; it must not know it from
     * before. */
    int begin[2], ended = 1;
    ck_assert_int_eq(pipe(begin), 0);
    fflush(NULL); /* or the child prints it again */
    pid_t second = fork();
    if (second == 0) {
        char none;
        close(begin[1]);
        _exit(read(begin[0], &none, 1) == 0 && files_replace(in_folder("second"), "second", 6, &err) == ALEXCL_OK ? 0
                                                                                                                  : 1);
    }
    close(begin[0]);
    EXPECT_OK(file_open(in_folder("file"), &f, &err), err);
    for (size_t i = 0; i < LEFT; i++) ck_assert_int_ne(access(in_folder(left[i]), F_OK), 0);
    ck_assert_int_eq(entries(), OTHERS + 1);
    close(begin[1]);
    ck_assert(waitpid(second, &ended, 0) == second && ended == 0);
    ck_assert_int_eq(entries(), OTHERS + 2); /* which leaves the file of the one that lives */
    EXPECT_OK(file_commit(f, &err), err);
    file_free(f);
    for (size_t i = 0; i < OTHERS; i++) ck_assert_int_eq(access(in_folder(others[i]), F_OK), 0);
}
END_TEST

/* The library's calls, as with fsync above. Files of a folder are many: looking through it for each would take the
 * square of their number. */
static int folders_read;
DIR *opendir(const char *name) {
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folders_read++;
    return fd < 0 ? NULL : fdopendir(fd);
}

START_TEST(a_folder_is_swept_once) {
    struct alexcl_error err = {0};
    char path[600];
    folders_read = 0;
    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof path, "%s/file%d", folder, i);
        EXPECT_OK(i % 2 ? files_replace(path, "x", 1, &err) : write_result(path, "x", &err), err);
    }
    ck_assert_int_eq(folders_read, 1);
    ck_assert_int_eq(mkdir(in_folder("another"), 0700), 0);
    EXPECT_OK(write_result(in_folder("another/file"), "x", &err), err);
    EXPECT_OK(write_result(in_folder("file"), "x", &err), err);
    ck_assert_int_eq(folders_read, 2);
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
    struct file *a = NULL, *b = NULL;
    EXPECT_OK(files_replace(in_folder("a"), "old", 3, &err), err);
    EXPECT_OK(file_open(in_folder("a"), &a, &err), err);
    EXPECT_OK(file_open(in_folder("b"), &b, &err), err);
    EXPECT_OK(file_add(a, "new", 3, &err), err);
    ck_assert_int_eq(entries(), 3);
    files_abandon();
    files_abandon();
    ck_assert_int_eq(entries(), 1);
    fflush(NULL);
    remove_folder();
    _exit(0); /* what a signal's handler goes on to do: no file can be written from here on */
}
END_TEST

START_TEST(a_folder_is_held_by_one) {
    struct alexcl_error err = {0};
    int fd, other;
    EXPECT_OK(files_hold_folder(folder, &fd, &err), err);
    EXPECT_ERROR(files_hold_folder(folder, &other, &err), ALEXCL_E_OTHER, "is in use by another process", err);
    close(fd);
    EXPECT_OK(files_hold_folder(folder, &fd, &err), err);
    close(fd);
    EXPECT_OK(files_replace(in_folder("file"), "x", 1, &err), err);
    EXPECT_ERROR(files_hold_folder(in_folder("file"), &fd, &err), ALEXCL_E_OTHER, "file: Not a directory", err);
    EXPECT_ERROR(files_hold_folder(in_folder("none"), &fd, &err), ALEXCL_E_OTHER, "none: No such file", err);
}
END_TEST

static void expect_content(const char *name, const char *due) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    size_t length = 0;
    EXPECT_OK(files_read(in_folder(name), 1000, &data, &length, &err), err);
    ck_assert_str_eq((char *)data, due);
    free(data);
}

START_TEST(a_record_grows_behind_what_is_kept) {
    struct alexcl_error err = {0};
    struct record *r;
    EXPECT_OK(record_open(in_folder("record"), 0, &r, &err), err);
    EXPECT_OK(record_add(r, "one\n", &err), err);
    expect_content("record", "one\n"); /* at once */
    EXPECT_OK(record_add(r, "two\n", &err), err);
    EXPECT_OK(record_add(r, "thr", &err), err);
    record_free(r);
    EXPECT_OK(record_open(in_folder("record"), 8, &r, &err), err);
    EXPECT_OK(record_add(r, "three\n", &err), err);
    record_free(r);
    expect_content("record", "one\ntwo\nthree\n");
    EXPECT_OK(record_open(in_folder("record"), 100, &r, &err), err); /* nothing is added by itself */
    record_free(r);
    expect_content("record", "one\ntwo\nthree\n");
    EXPECT_OK(record_open(in_folder("record"), 0, &r, &err), err);
    record_free(r);
    expect_content("record", "");
    ck_assert_int_eq(entries(), 1);
    EXPECT_ERROR(record_open("/dev/null", 0, &r, &err), ALEXCL_E_OTHER, "/dev/null: cannot be written: it is not", err);
    EXPECT_ERROR(record_open(in_folder("no/record"), 0, &r, &err), ALEXCL_E_OTHER, "record: cannot be written: No such",
                 err);
}
END_TEST

START_TEST(a_record_that_finds_no_room_says_so) {
    struct alexcl_error err = {0};
    struct record *r;
    struct rlimit before, small = {6, 6};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    EXPECT_OK(record_open(in_folder("record"), 0, &r, &err), err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_OK(record_add(r, "one\n", &err), err);
    EXPECT_ERROR(record_add(r, "two\n", &err), ALEXCL_E_OTHER, "record: cannot be written: File too large", err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    record_free(r);
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
    tcase_add_test(tests, new_files_respect_the_umask);
    tcase_add_test(tests, threads_that_write_leave_the_umask_alone);
    tcase_add_test(tests, what_is_there_keeps_its_mode_and_owner);
    tcase_add_test(tests, a_file_of_one_owner_is_never_open_to_others_while_it_is_written);
    tcase_add_test(tests, a_link_is_followed_and_stays);
    tcase_add_test(tests, a_result_is_on_the_disk_before_it_has_its_name);
    tcase_add_test(tests, a_disk_that_fails_is_told);
    tcase_add_test(tests, a_folder_is_swept_once);
    tcase_add_test(tests, folders_are_made_with_their_parents);
    tcase_add_test(tests, a_folder_is_held_by_one);
    tcase_add_test(tests, a_record_grows_behind_what_is_kept);
    tcase_add_test(tests, a_record_that_finds_no_room_says_so);
    return support_run(tests);
}
