/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_FAIL_H
#define ALEXCL_FAIL_H
#include "alexcl.h"

/* Fills the error unless one is set, and returns `status`. */
int fail(struct alexcl_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
#endif
