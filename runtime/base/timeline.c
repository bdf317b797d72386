/* SPDX-License-Identifier: MIT */
/* Spans of work for `--trace` and `time`: opened when a layer's commands are enqueued, widened by the times of each
 * command when its event is drained. Device times come in by the clock that device.c keeps; stretch puts right what a
 * clock drifted meanwhile. */
#include "timeline.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

uint64_t timeline_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void timeline_begin(struct timeline *t, int target, int on_host) {
    struct alexcl_work_span *spans = t->spans;
    size_t capacity = t->capacity;
    *t = (struct timeline){.spans = spans,
                           .capacity = capacity,
                           .target = target,
                           .on_host = on_host,
                           .origin = timeline_now(),
                           .open = -1};
}

int timeline_open(struct timeline *t, enum alexcl_work work, const char *layer, int half, int first, int count) {
    if (!t) return -1;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        struct alexcl_work_span *larger = realloc(t->spans, capacity * sizeof *larger);
        if (!larger) {
            t->lost++;
            t->open = -1;
            return -1;
        }
        t->spans = larger;
        t->capacity = capacity;
    }
    int span = (int)t->count++;
    t->spans[span] = (struct alexcl_work_span){
        .work = work, .layer = layer, .target = t->target, .half = half, .run = t->run, .first = first, .count = count};
    if (t->on_host || work == ALEXCL_WORK_WAIT) t->spans[span].start = (double)(timeline_now() - t->origin) * 1e-9;
    if (work != ALEXCL_WORK_WAIT) t->open = span;
    return span;
}

void timeline_close(struct timeline *t, int span) {
    if (!t || span < 0) return;
    assert((size_t)span < t->count);
    struct alexcl_work_span *s = &t->spans[span];
    if (t->on_host || s->work == ALEXCL_WORK_WAIT) {
        s->end = (double)(timeline_now() - t->origin) * 1e-9;
        s->busy = s->end - s->start;
        s->commands = 1;
    }
    if (span == t->open) t->open = -1;
}

int timeline_span(const struct timeline *t) { return t ? t->open : -1; }

void timeline_add(struct timeline *t, int span, int64_t start, int64_t end) {
    if (!t || span < 0 || (size_t)span >= t->count) return;
    struct alexcl_work_span *s = &t->spans[span];
    double from = (double)(start - (int64_t)t->origin) * 1e-9, to = (double)(end - (int64_t)t->origin) * 1e-9;
    if (!t->clockless && (s->commands == 0 || from < s->start)) s->start = from;
    if (!t->clockless && (s->commands == 0 || to > s->end)) s->end = to;
    s->busy += to - from;
    s->commands++;
}

void timeline_stretch(struct timeline *t, int64_t from, int64_t to, int64_t apart) {
    double first = (double)(from - (int64_t)t->origin) * 1e-9, shown = (double)(to - apart - from) * 1e-9;
    double rate = shown > 0 ? (double)(to - from) * 1e-9 / shown : 1; /* of a second that the clock showed */
    for (size_t i = 0; i < t->count && !t->on_host && !t->clockless; i++) {
        struct alexcl_work_span *s = &t->spans[i];
        if (s->commands == 0 || s->work == ALEXCL_WORK_WAIT) continue; /* waits are timed by the host */
        s->start = first + (s->start - first) * rate;
        s->end = first + (s->end - first) * rate;
        s->busy *= rate;
    }
}

void timeline_free(struct timeline *t) {
    if (!t) return;
    free(t->spans);
    free(t);
}
