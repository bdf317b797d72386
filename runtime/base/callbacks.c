/* SPDX-License-Identifier: MIT */
/* One lock for the whole process serialises the calls of a caller's functions: workers of several devices and several
 * nets make them, and the caller need not write his functions for threads. It is not the lock of the log: a progress
 * function may log. */
#include "callbacks.h"

#include <pthread.h>

#include "log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void callbacks_tell(const struct settings *settings, const char *what, unsigned done, unsigned total) {
    if (!settings->progress) return;
    pthread_mutex_lock(&lock);
    settings->progress(settings->user, what, done, total);
    pthread_mutex_unlock(&lock);
}

void callbacks_progress(const struct settings *settings, const char *what, unsigned done, unsigned total) {
    if (settings->progress)
        callbacks_tell(settings, what, done, total);
    else
        log_progress(what, done, total);
}

int callbacks_cancelled(const struct settings *settings, struct alexcl_error *err) {
    if (!settings->cancel) return ALEXCL_OK;
    pthread_mutex_lock(&lock);
    int cancelled = settings->cancel(settings->user);
    pthread_mutex_unlock(&lock);
    return cancelled ? error_set(err, ALEXCL_E_INTERRUPTED, "stopped by the caller") : ALEXCL_OK;
}
