/* SPDX-License-Identifier: MIT */
/* A recording of a net as a Chrome trace: chrome://tracing and Perfetto show it. */
#ifndef ALEXCL_TRACE_H
#define ALEXCL_TRACE_H
#include "alexcl.h"

/* Rows of a target, and their names; one row has one thing at a time. */
enum { TRACE_HOST, TRACE_KERNELS, TRACE_COPIES, TRACE_ROWS };
extern const char *const trace_rows[TRACE_ROWS];
int trace_row(enum alexcl_work work);
/* A row each for the host thread, the kernels and the copies of every target. */
int trace_write(const char *path, const struct alexcl_net *net, const struct alexcl_selection *sel,
                struct alexcl_error *err);
#endif
