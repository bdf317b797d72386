/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* cpu_set_t */
#include <sched.h>
#include <unistd.h>

#include "cpus.h"
#include "cpus.h"

int cpus_count(void) {
    enum { CPUS_MOST = 8192 }; /* the kernel refuses a set that is smaller than its own */
    cpu_set_t *set = CPU_ALLOC(CPUS_MOST);
    size_t size = CPU_ALLOC_SIZE(CPUS_MOST);
    int count =
        set && sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (set) CPU_FREE(set);
    return count > 0 ? count : 1;
}
