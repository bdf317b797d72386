/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CALLS = 256 };
__attribute__((visibility("default"))) struct faults faults_state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    const char *name; /* a literal */
    int count;
} calls[MAX_CALLS];
static char chosen[200], fired_call[64]; /* FAULT, and the first that failed by it */
static int fired_code, ended;

static int faults_match(const char *wanted, const char *call) {
    size_t length = strlen(wanted);
    return length && wanted[length - 1] == '*' ? strncmp(wanted, call, length - 1) == 0 : strcmp(wanted, call) == 0;
}

int faults_due(const char *call) {
    int code = 0, at = 0;
    pthread_mutex_lock(&lock);
    while (at < MAX_CALLS - 1 && calls[at].name && strcmp(calls[at].name, call) != 0) at++;
    calls[at].name = call;
    calls[at].count++;
    for (int i = 0; i < MAX_FAULTS && !ended; i++) {
        struct fault *f = &faults_state.set[i];
        if (!f->call || !faults_match(f->call, call) || (--f->nth != 0 && !(f->lasting && f->nth < 0))) continue;
        code = f->code;
        if (faults_state.fired++ == 0) snprintf(fired_call, sizeof fired_call, "%s", call);
        if (!fired_code) fired_code = code;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

void faults_hold(int change) {
    pthread_mutex_lock(&lock);
    faults_state.live += change;
    pthread_mutex_unlock(&lock);
}

void faults_begin(void) {
    const char *fault = getenv("FAULT");
    if (!fault || !fault[0]) return;
    snprintf(chosen, sizeof chosen, "%s", fault);
    char *rest = chosen;
    for (int i = 0; i < MAX_FAULTS && rest; i++) {
        struct fault *f = &faults_state.set[i];
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

__attribute__((destructor)) static void faults_end(void) {
    const char *path = getenv("FAULT_COUNT");
    pthread_mutex_lock(&lock);
    ended = 1;
    pthread_mutex_unlock(&lock);
    int file = path && path[0] && calls[0].name ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file < 0) return;
    for (int i = 0; i < MAX_CALLS && calls[i].name; i++) dprintf(file, "%s %d\n", calls[i].name, calls[i].count);
    if (fired_code) dprintf(file, "fired %s %d\n", fired_call, fired_code);
    if (faults_state.loaded) dprintf(file, "live %d\n", faults_state.live);
    close(file);
}
