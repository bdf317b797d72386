/* SPDX-License-Identifier: MIT */
/* The line on a terminal that tells what is being done, how much of it is done and how long the rest will take. A
 * thread draws it anew each second, so that the time goes on while one step lasts. */
#include "progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monotonic.h"
#include "printable.h"
#include "report.h"

enum { COLUMNS = 79, SOON = 1 /* second: before, nothing is known of what is left */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int quiet, shown, ticking;
static char counted[64], doing[512];
static size_t count_done, count_total;
static double count_start;

void progress_quiet(void) { quiet = 1; }

static void progress_time(double seconds, char *out, size_t size) {
    if (seconds < 99.5)
        snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 99.5 * 60)
        snprintf(out, size, "%.0f min", seconds / 60);
    else
        snprintf(out, size, "%.0f h", seconds / 3600);
}

void progress_tell(size_t done, size_t total, double seconds, char *out, size_t size) {
    char spent[24], left[24], steps[64] = "";
    progress_time(seconds, spent, sizeof spent);
    if (total) snprintf(steps, sizeof steps, "%zu of %zu, ", done, total);
    if (done > 0 && done < total && seconds >= SOON) {
        progress_time(seconds / (double)done * (double)(total - done), left, sizeof left);
        snprintf(out, size, "%s%s, about %s left", steps, spent, left);
    } else {
        snprintf(out, size, "%s%s", steps, spent);
    }
}

/* Locked. */
static void progress_draw(void) {
    char text[sizeof doing + 128], end[128] = "";
    if (counted[0]) progress_tell(count_done, count_total, monotonic_now() - count_start, end, sizeof end);
    int capacity = COLUMNS - (counted[0] ? (int)strlen(end) + 2 : 0);
    snprintf(text, sizeof text, "%.*s%s%s", printable_cut(doing, (size_t)capacity), doing, counted[0] ? ": " : "", end);
    fputs("\r\033[K", stderr);
    report_text(stderr, text);
    (void)fflush(stderr); /* nothing depends on it */
    shown = 1;
}

/* One step may take a minute: that the time goes on shows that it does. */
static void *progress_tick(void *unused) {
    (void)unused;
    for (;;) {
        sleep(1);
        pthread_mutex_lock(&lock);
        if (shown) progress_draw();
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* Locked. */
static void progress_update(void) {
    pthread_t thread;
    if (!ticking && pthread_create(&thread, NULL, progress_tick, NULL) == 0) pthread_detach(thread);
    ticking = 1;
    progress_draw();
}

static int progress_wanted(void) { return !quiet && isatty(STDERR_FILENO); }

void progress_count(const char *what, size_t done, size_t total) {
    if (!progress_wanted()) return;
    pthread_mutex_lock(&lock);
    if (strcmp(counted, what) != 0 || done < count_done) count_start = monotonic_now();
    snprintf(counted, sizeof counted, "%s", what);
    snprintf(doing, sizeof doing, "%s", what);
    count_done = done;
    count_total = total;
    progress_update();
    pthread_mutex_unlock(&lock);
}

void progress_show(const char *format, ...) {
    va_list args;
    if (!progress_wanted()) return;
    pthread_mutex_lock(&lock);
    va_start(args, format);
    vsnprintf(doing, sizeof doing, format, args);
    va_end(args);
    progress_update();
    pthread_mutex_unlock(&lock);
}

void progress_clear(void) {
    pthread_mutex_lock(&lock);
    if (shown) {
        fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        shown = 0;
    }
    pthread_mutex_unlock(&lock);
}
