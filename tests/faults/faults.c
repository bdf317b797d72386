/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_CALLS = 256, MAX_NAME = 64 };
/* Of the process and those forked from it, which may die in the middle: so its mutex is a robust one. */
static struct {
    pthread_mutex_t lock;
    struct faults state;
    struct {
        char name[MAX_NAME];
        int count;
    } calls[MAX_CALLS];
    char fired[MAX_NAME]; /* the first call that failed */
    int fired_code;
    atomic_int ended;
} * shared;
__attribute__((visibility("default"))) struct faults *faults_state;
static char chosen[200]; /* FAULT */
static const char *within = "";

static void faults_lock(void) {
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD) pthread_mutex_consistent(&shared->lock);
}

/* Before all other constructors, which may count calls. */
__attribute__((constructor(101))) static void faults_share(void) {
    pthread_mutexattr_t how;
    void *mapping = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) abort();
    shared = mapping;
    if (pthread_mutexattr_init(&how) != 0 || pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED) != 0 ||
        pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST) != 0 || pthread_mutex_init(&shared->lock, &how) != 0)
        abort();
    faults_state = &shared->state;
}

void faults_within(const char *process) { within = process; }

static int faults_match(const char *wanted, const char *call) {
    size_t length = strlen(wanted);
    return length && wanted[length - 1] == '*' ? strncmp(wanted, call, length - 1) == 0 : strcmp(wanted, call) == 0;
}

int faults_due(const char *call) {
    int code = 0, at = 0;
    char name[MAX_NAME];
    if (!shared || shared->ended) return 0; /* this file's own calls */
    snprintf(name, sizeof name, "%s%s", within, call);
    faults_lock();
    while (at < MAX_CALLS - 1 && shared->calls[at].name[0] && strcmp(shared->calls[at].name, name) != 0) at++;
    memcpy(shared->calls[at].name, name, sizeof name);
    shared->calls[at].count++;
    for (int i = 0; i < MAX_FAULTS; i++) {
        struct fault *f = &faults_state->set[i];
        if (!f->call || !faults_match(f->call, name) || (--f->nth != 0 && !(f->lasting && f->nth < 0))) continue;
        code = f->code;
        if (faults_state->fired++ == 0) memcpy(shared->fired, name, sizeof name);
        if (!shared->fired_code) shared->fired_code = code;
    }
    pthread_mutex_unlock(&shared->lock);
    return code;
}

void faults_hold(int change) {
    if (!shared) return;
    faults_lock();
    faults_state->live += change;
    pthread_mutex_unlock(&shared->lock);
}

void faults_begin(void) {
    const char *fault = getenv("FAULT");
    if (!fault || !fault[0]) return;
    snprintf(chosen, sizeof chosen, "%s", fault);
    char *rest = chosen;
    for (int i = 0; i < MAX_FAULTS && rest; i++) {
        struct fault *f = &faults_state->set[i];
        char *colon = strchr(rest, ':'), *end = colon;
        if (colon) f->nth = (int)strtol(colon + 1, &end, 10);
        f->lasting = end && *end == '+';
        char *second = f->lasting ? end + 1 : end;
        if (!colon || *second != ':' || f->nth < 1 || (f->code = (int)strtol(second + 1, &end, 10)) == 0 ||
            (*end && *end != ',')) {
            fprintf(stderr, "FAULT=%s cannot be read: call:n:code\n", fault);
            abort();
        }
        f->call = rest;
        *colon = '\0';
        rest = *end ? end + 1 : NULL;
    }
}

/* Descriptors that are open, or -1. */
static int faults_count_open(void) {
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) return -1;
    while (readdir(dir)) count++;
    closedir(dir);
    return count - 3; /* ., .., its own */
}

__attribute__((destructor)) static void faults_end(void) {
    const char *path = getenv("FAULT_COUNT");
    shared->ended = 1;
    int counted = path && path[0] && shared->calls[0].name[0], open_files = faults_count_open();
    int file = counted ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file < 0) return;
    for (int i = 0; i < MAX_CALLS && shared->calls[i].name[0]; i++)
        dprintf(file, "%s %d\n", shared->calls[i].name, shared->calls[i].count);
    if (shared->fired_code) dprintf(file, "fired %s %d\n", shared->fired, shared->fired_code);
    dprintf(file, "live %d\nopen %d\n", faults_state->live, open_files);
    close(file);
}
