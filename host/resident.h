/* SPDX-License-Identifier: MIT */
/* The memory that the program has taken. */
#ifndef ALEXCL_RESIDENT_H
#define ALEXCL_RESIDENT_H
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

/* From here on: before it, the process may have taken more. Linux alone does it. */
static inline void resident_restart(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!write(fd, "5", 1); /* where it is not taken, the largest so far is told */
    close(fd);
}

/* The largest resident size of the process so far, in bytes; 0: unknown. */
static inline uint64_t resident_largest(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}
#endif
