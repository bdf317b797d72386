/* SPDX-License-Identifier: MIT */
/* What documents say of the machine that they were made on. */
#ifndef ALEXCL_MACHINE_H
#define ALEXCL_MACHINE_H
#include <stdint.h>

struct machine {
    char system[256];    /* "Linux 6.1.0 x86_64"; "": not known */
    char processor[128]; /* by its own name; "": not known */
    char date[32];       /* "2026-11-30 21:05 UTC" */
    char stamp[32];      /* the same by ISO 8601, "2026-11-30T21:05:12Z" */
    int cpus;            /* that this process may run on */
    uint64_t memory;     /* bytes that it may have; 0: not known */
};
void machine_read(struct machine *out);
#endif
