/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_HOST_MEMORY_H
#define ALEXCL_HOST_MEMORY_H
#include <stdint.h>

/* Bytes that this process may have at most: the machine's, or fewer where a control group of Linux (a container, a
 * service, a job of a cluster) allows fewer, which no driver asks for. `root` stands before the paths of the files that
 * tell it, "" but in tests. */
uint64_t host_memory_limit(const char *root);
#endif
