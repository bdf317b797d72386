/* SPDX-License-Identifier: MIT */
/* The clock by which the commands measure what they took. */
#ifndef ALEXCL_MONOTONIC_H
#define ALEXCL_MONOTONIC_H
#include <time.h>

/* Seconds since some moment before the program's start; never set back. */
static inline double monotonic_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
#endif
