/* SPDX-License-Identifier: MIT */
/* Checked host memory and growing text. */
#ifndef ALEXCL_MEMORY_H
#define ALEXCL_MEMORY_H
#include "status.h"

/* `*out` = count zeroed elements, or ALEXCL_E_MEMORY saying what for. count 0 gives a pointer that can be freed. A file
 * may tell of more than a size_t of 32 bits can count. */
int memory_alloc(void *out, uint64_t count, size_t size, const char *what, struct alexcl_error *err);
enum { MEMORY_LARGE = 2 << 20 }; /* bytes of a large page of x86, and of ARM with pages of 4 KiB */
/* The same for float tensors, aligned to 64 bytes (a cache line, the widest vector). Not zeroed. Those of
 * MEMORY_LARGE and more lie in large pages where the system has them: a processor that reads them once looks up far
 * fewer addresses. */
int memory_alloc_floats(float **out, uint64_t count, const char *what, struct alexcl_error *err);
/* Gives the system back what is free in malloc's heaps, where malloc can: compilers of kernels leave there what a net
 * could use. */
void memory_give_back(void);
int memory_copy_text(char **out, const char *text, struct alexcl_error *err);

/* Text that grows; starts as {0}; `text` is NULL until something is added. A failed allocation sets `failed` and
 * drops what does not fit, so a chain of appends is checked once. */
struct string_buffer {
    char *text;
    size_t length, capacity;
    int failed;
};
void string_buffer_add(struct string_buffer *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void string_buffer_free(struct string_buffer *t);
#endif
