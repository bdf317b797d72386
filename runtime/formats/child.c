/* SPDX-License-Identifier: MIT */
/* A child is forked with all signals blocked, so that no handler of the program's runs in it. It drops what it
 * inherited, takes its limits, and works. The parent reads the pipe until it ends, a limit is passed or the child is
 * gone, and waits for that one process: other children of the program's are not touched. Only glibc's fork will do
 * where other threads run: it leaves the child a heap that can be used. */
#define _GNU_SOURCE /* pipe2 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_FIRST = 1 << 16, CHILD_SLICE = 250 /* ms */ };

/* ---- the child ---------------------------------------------------------------------------------- */

/* Bytes of address space in use, from /proc/self/statm; 0: unknown. */
static uint64_t child_mapped(void) {
    char text[64];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[got > 0 ? got : 0] = '\0';
    return strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void child_limit(int resource, uint64_t most) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return;
    if (limit.rlim_max == RLIM_INFINITY || most < limit.rlim_max) limit.rlim_max = most;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
}

static void child_confine(const struct child_limits *limits, int fd) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    uint64_t mapped = child_mapped();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    for (int i = 1; i < NSIG; i++) sigaction(i, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(fd, 0) < 0) _exit(1);
    closefrom(1);
    child_limit(RLIMIT_CORE, 0);
    child_limit(RLIMIT_FSIZE, 0);
    child_limit(RLIMIT_NOFILE, 0); /* 0 stays open */
    child_limit(RLIMIT_CPU, limits->seconds);
    if (mapped) child_limit(RLIMIT_AS, mapped + limits->memory);
}

/* ---- the parent --------------------------------------------------------------------------------- */

struct child {
    pid_t pid;
    int fd, gone, known; /* it has ended; and how is known, in `ended` */
    int ended;
    unsigned char *bytes;
    size_t length, capacity;
};

/* Whether it has ended; waits for that where it is told to. */
static int child_check(struct child *c, int wait) {
    pid_t got = 0;
    while (!c->gone && (got = waitpid(c->pid, &c->ended, wait ? 0 : WNOHANG)) < 0 && errno == EINTR) continue;
    if (got == c->pid) c->known = 1;
    if (got != 0) c->gone = 1; /* ECHILD: others have waited for it */
    return c->gone;
}

static int child_grow(struct child *c, struct alexcl_error *err) {
    if (c->length < c->capacity) return ALEXCL_OK;
    size_t capacity = c->capacity ? 2 * c->capacity : CHILD_FIRST;
    unsigned char *bytes = realloc(c->bytes, capacity);
    if (!bytes) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: what a file holds, %zu bytes", capacity);
    c->bytes = bytes;
    c->capacity = capacity;
    return ALEXCL_OK;
}

/* The system's fault, not the file's. */
static int child_refuse(const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_OTHER, "the pipe of the process that reads it cannot be %s: %s; try again", what,
                     strerror(errno));
}

/* Reads until the child closes its end, or is to be ended: then `how` says why. */
static int child_gather(struct child *c, const struct child_limits *limits, char how[CHILD_HOW],
                        struct alexcl_error *err) {
    uint64_t silent = 0;
    for (;;) {
        struct pollfd wait = {.fd = c->fd, .events = POLLIN};
        int status = child_grow(c, err), gone = child_check(c, 0), ready = poll(&wait, 1, gone ? 0 : CHILD_SLICE);
        if (status != ALEXCL_OK) return status;
        if (ready < 0 && errno != EINTR) return child_refuse("waited for", err);
        if (ready < 0) continue; /* a signal: what a child that is gone has told may still lie in the pipe */
        if (ready == 0) {
            if (gone) return ALEXCL_OK;
            if (++silent * CHILD_SLICE >= (uint64_t)limits->seconds * 1000) {
                snprintf(how, CHILD_HOW, "nothing came for %u seconds", limits->seconds);
                return ALEXCL_OK;
            }
            continue;
        }
        ssize_t got = read(c->fd, c->bytes + c->length, c->capacity - c->length);
        if (got == 0) return ALEXCL_OK;
        if (got < 0) return child_refuse("read", err);
        silent = 0;
        c->length += (size_t)got;
        if (c->length > limits->most) {
            snprintf(how, CHILD_HOW, "it told more than %llu bytes", (unsigned long long)limits->most);
            return ALEXCL_OK;
        }
    }
}

static int child_judge(const struct child *c, char how[CHILD_HOW], struct alexcl_error *err) {
    if (how[0] || !c->known) return ALEXCL_OK;
    if (WIFSIGNALED(c->ended)) {
        int number = WTERMSIG(c->ended);
        if (number == SIGINT || number == SIGTERM || number == SIGHUP)
            return error_set(err, ALEXCL_E_INTERRUPTED, "interrupted by signal %d, %s", number, strsignal(number));
        snprintf(how, CHILD_HOW, "signal %d, %s", number, strsignal(number));
    } else if (WEXITSTATUS(c->ended) != 0) {
        snprintf(how, CHILD_HOW, "exit code %d", WEXITSTATUS(c->ended));
    }
    return ALEXCL_OK;
}

int child_run(int (*work)(void *user, int fd), void *user, const struct child_limits *limits, unsigned char **bytes,
              size_t *length, char how[CHILD_HOW], struct alexcl_error *err) {
    int status = ALEXCL_OK, ends[2];
    struct child c = {0};
    sigset_t all, before;
    how[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(err, ALEXCL_E_OTHER,
                         "the system gives no pipe to a process that reads a file: %s; raise the limit of open files "
                         "(ulimit -n)",
                         strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    c.pid = fork();
    if (c.pid == 0) {
        child_confine(limits, ends[1]);
        _exit(work(user, 0));
    }
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    c.fd = ends[0];
    if (c.pid < 0) {
        status = error_set(err, ALEXCL_E_OTHER,
                           "the system starts no process to read a file in: %s; raise the limit of processes "
                           "(ulimit -u), or free memory",
                           strerror(code));
        goto done;
    }
    status = child_gather(&c, limits, how, err);
    if ((status != ALEXCL_OK || how[0]) && !child_check(&c, 0)) kill(c.pid, SIGKILL);
    child_check(&c, 1);
    TRY(status);
    TRY(child_judge(&c, how, err));
    *bytes = c.bytes;
    *length = c.length;
    c.bytes = NULL;
done:
    close(c.fd);
    free(c.bytes);
    return status;
}
