/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_FAIL_H
#define ALEXCL_FAIL_H
#include "alexcl.h"

/* Fills the error unless one is set, and returns `status`. */
int fail(struct alexcl_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* sees one file at a time, and would have a failure be ALEXCL_OK */
#define fail(err, status, ...) (fail((err), (status), __VA_ARGS__), (status))
#endif

/* Runs a call that returns a status; on failure leaves by the function's one `done:` label. Needs `int status`. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != ALEXCL_OK) goto done;                                                                            \
    } while (0)
#endif
