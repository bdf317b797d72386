/* SPDX-License-Identifier: MIT */
/* Children that die, hang, take too much or write too much. */
#define _GNU_SOURCE /* pipe2 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static const struct child_limits limits = {.seconds = 20, .memory = (uint64_t)64 << 20, .most = 1 << 20};

static int run(int (*work)(void *, int), const struct child_limits *most, char **text, char how[CHILD_HOW]) {
    struct alexcl_error err = {0};
    unsigned char *bytes = NULL;
    size_t length = 0;
    int status = child_run(work, NULL, most, &bytes, &length, how, &err);
    *text = status == ALEXCL_OK ? strndup((char *)bytes, length) : NULL;
    free(bytes);
    ck_assert_msg(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "a child is left");
    return status;
}

static int tell(int fd, const char *text) {
    size_t length = strlen(text);
    return write(fd, text, length) == (ssize_t)length ? 0 : 1;
}

static int good(void *user, int fd) {
    (void)user;
    return tell(fd, "all");
}
static int ends_badly(void *user, int fd) {
    (void)user;
    tell(fd, "half");
    return 3;
}
static int dies(void *user, int fd) {
    (void)user;
    tell(fd, "half");
    raise(SIGSEGV);
    return 0;
}
static int ends_itself(void *user, int fd) {
    (void)user, (void)fd;
    raise(SIGABRT);
    return 0;
}
static int hangs(void *user, int fd) {
    (void)user;
    tell(fd, "half");
    while (pause()) continue;
    return 0;
}
static int computes(void *user, int fd) {
    volatile int go = 1;
    (void)user, (void)fd;
    while (go) continue;
    return 0;
}
static int floods(void *user, int fd) {
    (void)user;
    while (tell(fd, "0123456789abcdef") == 0) continue;
    return 0;
}
static int takes_memory(void *user, int fd) {
    (void)user;
    void *much = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return tell(fd, much == MAP_FAILED ? "refused" : "given");
}
static int opens_files(void *user, int fd) {
    (void)user;
    if (open("/dev/null", O_RDONLY) >= 0) return tell(fd, "a file");
    for (int i = 0; i < 1024; i++)
        if (i != fd && fcntl(i, F_GETFD) != -1) return tell(fd, "a descriptor");
    return tell(fd, "nothing");
}
static int is_interrupted(void *user, int fd) {
    (void)user, (void)fd;
    raise(SIGINT);
    return 0;
}

static const struct {
    int (*work)(void *, int);
    unsigned seconds;
    const char *text, *how; /* NULL: an ending, whatever it is called */
} ends[] = {
    {good, 20, "all", ""},
    {ends_badly, 20, "half", "exit code 3"},
    {dies, 20, "half", "signal 11, Segmentation fault"},
    {ends_itself, 20, "", "signal 6, Aborted"},
    {hangs, 1, "half", "nothing came for 1 seconds"},
    {computes, 1, "", NULL},
    {floods, 20, NULL, "it told more than 1048576 bytes"},
    {takes_memory, 20, "refused", ""},
    {opens_files, 20, "nothing", ""},
};

START_TEST(each_end_is_told) {
    char how[CHILD_HOW], *text;
    struct child_limits most = limits;
    if (ends[_i].work == takes_memory && support_emulated()) return;
    most.seconds = ends[_i].seconds;
    ck_assert_int_eq(run(ends[_i].work, &most, &text, how), ALEXCL_OK);
    if (ends[_i].text) ck_assert_str_eq(text, ends[_i].text);
    if (ends[_i].how)
        ck_assert_str_eq(how, ends[_i].how);
    else
        ck_assert(how[0]);
    free(text);
}
END_TEST

START_TEST(the_users_signal_is_no_fault_of_the_file) {
    char how[CHILD_HOW], *text;
    ck_assert_int_eq(run(is_interrupted, &limits, &text, how), ALEXCL_E_INTERRUPTED);
}
END_TEST

/* Its handler would be the program's, which knows nothing of children of ours. */
static void handle(int number) { _exit(number); }
static int raises(void *user, int fd) {
    (void)user, (void)fd;
    raise(SIGUSR1);
    return 0;
}

START_TEST(handlers_of_the_program_do_not_run_in_it) {
    char how[CHILD_HOW], *text;
    struct sigaction action = {.sa_handler = handle};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(run(raises, &limits, &text, how), ALEXCL_OK);
    ck_assert_str_eq(how, "signal 10, User defined signal 1");
    free(text);
}
END_TEST

/* A program that ignores SIGCHLD, or reaps every child in a handler: what was told is all there is. */
static void reap(int number) {
    int before = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    errno = before;
}

START_TEST(children_that_others_wait_for_are_no_error) {
    char how[CHILD_HOW], *text;
    struct sigaction action = {.sa_handler = _i ? reap : SIG_IGN};
    ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
    ck_assert_int_eq(run(good, &limits, &text, how), ALEXCL_OK);
    ck_assert_str_eq(text, "all");
    ck_assert_str_eq(how, "");
    free(text);
}
END_TEST

START_TEST(other_children_are_left_alone) {
    struct alexcl_error err = {0};
    unsigned char *bytes = NULL;
    char how[CHILD_HOW];
    size_t length;
    int ended;
    pid_t other = fork();
    if (other == 0) _exit(7);
    ck_assert_int_gt(other, 0);
    EXPECT_OK(child_run(good, NULL, &limits, &bytes, &length, how, &err), err);
    free(bytes);
    ck_assert(waitpid(other, &ended, 0) == other && WIFEXITED(ended) && WEXITSTATUS(ended) == 7);
}
END_TEST

START_TEST(without_descriptors_there_is_a_message) {
    struct alexcl_error err = {0};
    unsigned char *bytes = NULL;
    char how[CHILD_HOW];
    size_t length;
    struct rlimit before, none;
    int next = dup(0);
    ck_assert(next >= 0 && close(next) == 0 && getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_ERROR(child_run(good, NULL, &limits, &bytes, &length, how, &err), ALEXCL_E_OTHER,
                 "the system gives no pipe to a process that reads a file: Too many open files; raise the limit", err);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0); /* a sanitizer opens files at the end */
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("child");
    tcase_add_loop_test(tests, each_end_is_told, 0, (int)(sizeof ends / sizeof *ends));
    tcase_add_test(tests, the_users_signal_is_no_fault_of_the_file);
    tcase_add_test(tests, handlers_of_the_program_do_not_run_in_it);
    tcase_add_loop_test(tests, children_that_others_wait_for_are_no_error, 0, 2);
    tcase_add_test(tests, other_children_are_left_alone);
    tcase_add_test(tests, without_descriptors_there_is_a_message);
    return support_run(tests);
}
