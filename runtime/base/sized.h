/* SPDX-License-Identifier: MIT */
/* Structures that a caller lays out begin with `size_t size`, theirs: a program that was compiled against another
 * version of the header says so by it. */
#ifndef ALEXCL_SIZED_H
#define ALEXCL_SIZED_H
#include "status.h"

/* Reads a caller's structure (NULL: all 0) into today's of `size` bytes. A smaller one is read as far as it goes; a
 * larger one is accepted where the rest is zero. ALEXCL_E_USAGE names the structure and both sizes. */
int sized_read(const char *name, const void *from, void *to, size_t size, struct alexcl_error *err);
/* The same for a row of an array, whose size stands elsewhere; `row` names it: "layers[3] of model x". */
int sized_read_row(const char *row, const void *from, size_t from_size, void *to, size_t size,
                   struct alexcl_error *err);
/* Fills a caller's structure, whose `size` is set, as far as it goes; what it has beyond today's becomes zero. */
int sized_write(const char *name, const void *from, void *to, size_t size, struct alexcl_error *err);
#define SIZED_READ(type, from, to, err)                                                                                \
    sized_read("struct " #type, 1 ? (from) : (const struct type *)0, 1 ? (to) : (struct type *)0, sizeof(struct type), \
               err)
#define SIZED_WRITE(type, from, to, err)                                                                               \
    sized_write("struct " #type, 1 ? (from) : (const struct type *)0, 1 ? (to) : (struct type *)0,                     \
                sizeof(struct type), err)
#endif
