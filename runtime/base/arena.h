/* SPDX-License-Identifier: MIT */
/* An arena: memory in pieces of any size, all of which are freed at once. */
#ifndef ALEXCL_ARENA_H
#define ALEXCL_ARENA_H
#include "status.h"

struct arena {
    struct arena_block *blocks;
}; /* starts as {0} */

/* `*out` = count zeroed elements, which live as long as the arena, or ALEXCL_E_MEMORY saying what for. */
int arena_alloc(struct arena *a, void *out, uint64_t count, size_t size, const char *what, struct alexcl_error *err);
/* The same for a text, of which `what` says what it is. */
int arena_format(struct arena *a, const char **out, const char *what, struct alexcl_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void arena_free(struct arena *a); /* all of it; safe on {0} */
#endif
