/* SPDX-License-Identifier: MIT */
/* One sink for the log and one for progress. Calls are one at a time; a sink that logs itself is passed over instead of
 * waiting for itself. */
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static alexcl_log_fn *sink;
static void *sink_user;
static alexcl_progress_fn *progress_sink;
static void *progress_user;

/* The thread is in the sink, and has the lock: what it calls there may log, or choose another sink. */
static _Thread_local int telling;

void alexcl_log_to(alexcl_log_fn *fn, void *user) {
    if (!telling) pthread_mutex_lock(&lock);
    sink = fn;
    sink_user = user;
    if (!telling) pthread_mutex_unlock(&lock);
}

void alexcl_progress_to(alexcl_progress_fn *fn, void *user) {
    if (!telling) pthread_mutex_lock(&lock);
    progress_sink = fn;
    progress_user = user;
    if (!telling) pthread_mutex_unlock(&lock);
}

/* Whether the thread may tell something: it has the lock then, until log_leave. */
static int log_enter(void) {
    if (telling) return 0;
    pthread_mutex_lock(&lock);
    return telling = 1;
}

static void log_leave(void) {
    telling = 0;
    pthread_mutex_unlock(&lock);
}

void log_progress(const char *what, unsigned done, unsigned total) {
    if (!log_enter()) return;
    if (progress_sink) progress_sink(progress_user, what, done, total);
    log_leave();
}

void log_write(enum alexcl_log_level level, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!log_enter()) return;
    if (sink) sink(sink_user, level, text);
    log_leave();
}
