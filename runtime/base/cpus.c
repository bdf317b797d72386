/* SPDX-License-Identifier: MIT */
/* The process's affinity mask is counted, not the machine's CPUs: a container, taskset or an MPI launcher may allow
 * fewer. The mask has room for 8192 CPUs, because sched_getaffinity fails where the machine has more of them than the
 * mask it is given, and the fixed cpu_set_t ends at 1024. Where it fails all the same, the CPUs that are online are
 * counted. */
#define _GNU_SOURCE /* cpu_set_t */
#include <sched.h>
#include <unistd.h>

#include "cpus.h"

int cpus_count(void) {
    enum { MAX_CPUS = 8192 }; /* the kernel refuses a set that is smaller than its own */
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    int count =
        set && sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (set) CPU_FREE(set);
    return count > 0 ? count : 1;
}
