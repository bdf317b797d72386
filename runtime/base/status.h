/* SPDX-License-Identifier: MIT */
/* Filling the caller's error object. */
#ifndef ALEXCL_STATUS_H
#define ALEXCL_STATUS_H
#include "alexcl.h"

/* Exit code of a status, by class: 0 ok, 1 other, 2 usage, 3 no such device, 4 kernel build, 5 out of memory, 6 bad
 * input data, 7 a device failed in use, 130 interrupted (by SIGINT; the program ends with 143 where it was SIGTERM). */
int error_exit_code(int status);
/* Sets the error unless one is set already (the first is the cause), and returns `status`. err may be NULL. */
int error_set(struct alexcl_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* sees one file at a time, and would have an error that was set be ALEXCL_OK */
#define error_set(err, status, ...) (error_set((err), (status), __VA_ARGS__), (status))
#endif
/* Takes over an error that was set elsewhere, whole, unless one is set already; returns its status. */
int error_copy(struct alexcl_error *err, const struct alexcl_error *from);
/* Where an error comes from, as far as nobody has said it yet: nearest to the cause knows best. Nothing where none is
 * set. */
void error_note_code(struct alexcl_error *err, int cl_code);
void error_note_target(struct alexcl_error *err, int target);
void error_note_layer(struct alexcl_error *err, const char *layer);
/* Puts text in front of the error's ("batch.txt line 3: " ...). */
void error_prefix(struct alexcl_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a call that returns a status; on failure leaves by the function's one `done:` label. Needs `int status`. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != ALEXCL_OK) goto done;                                                                            \
    } while (0)
#endif
