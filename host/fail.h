/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_FAIL_H
#define ALEXCL_FAIL_H
#include "alexcl.h"

/* Fills the error unless one is set, and returns `status`. */
int fail(struct alexcl_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* sees one file at a time, and would have a failure be ALEXCL_OK */
#define fail(err, status, ...) (fail((err), (status), __VA_ARGS__), (status))
#endif
#endif
