/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_CPUS_H
#define ALEXCL_CPUS_H

/* CPUs that this process may run on (taskset, a container, mpirun --bind-to), at least 1. */
int cpus_count(void);
#endif
