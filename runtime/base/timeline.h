/* SPDX-License-Identifier: MIT */
/* What ran when on one target, while somebody asked for it. The net opens a span and says what it is for; commands
 * handed to the device while it is open belong to it, and their times are added when they are known. Where there is no
 * device, and for spans of waiting, which may be open at the same time as another, the host's clock is read when they
 * open and close. NULL is a recording that is off. */
#ifndef ALEXCL_TIMELINE_H
#define ALEXCL_TIMELINE_H
#include "alexcl.h"

struct timeline {
    struct alexcl_work_span *spans;
    size_t count, capacity;
    int target, on_host; /* on_host: the reference, which has no device */
    uint64_t origin;     /* timeline_now() when the recording began */
    int run;             /* of spans that open */
    int open;            /* index of the span that commands belong to, or -1 */
    int lost;            /* spans that there was no memory for */
    int clockless;       /* commands have no times that compare with the host's: only `busy` is recorded */
};

/* Nanoseconds of the host's steady clock. */
uint64_t timeline_now(void);
/* Forgets what was recorded. */
void timeline_begin(struct timeline *t, int target, int on_host);
/* Gives the span's index, or -1. */
int timeline_open(struct timeline *t, enum alexcl_work work, const char *layer, int half, int first, int count);
void timeline_close(struct timeline *t, int span);
/* The span of a command that is handed out now; -1: none. */
int timeline_span(const struct timeline *t);
/* A command of a span ran from `start` to `end`, nanoseconds of the host's clock. */
void timeline_add(struct timeline *t, int span, int64_t start, int64_t end);
/* The clock that commands were timed by was right at `from` and came `apart` nanoseconds from the host's until `to`,
 * both of the host's: it is taken to have run at one wrong rate, and what it timed is put right. */
void timeline_stretch(struct timeline *t, int64_t from, int64_t to, int64_t apart);
void timeline_free(struct timeline *t);
#endif
