/* SPDX-License-Identifier: MIT */
/* The memory that the program has taken. */
#ifndef ALEXCL_RESIDENT_H
#define ALEXCL_RESIDENT_H
#include <stdint.h>
#include <sys/resource.h>

/* The largest resident size of the process so far, in bytes; 0: unknown. */
static inline uint64_t resident_largest(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}
#endif
