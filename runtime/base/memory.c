/* SPDX-License-Identifier: MIT */
/* Host memory whose lack is an error with a text, not a crash. Tensors are aligned to a cache line; large ones are
 * aligned to a large page, and the system is asked to use such pages, since a processor that reads weights once looks
 * up far fewer addresses then. Text grows by doubling, so that a long chain of appends copies it a few times only. */
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int memory_alloc(void *out, uint64_t count, size_t size, const char *what, struct alexcl_error *err) {
    size_t elements = (size_t)count;
    void *p = elements == count ? calloc(elements ? elements : 1, size ? size : 1) : NULL;
    if (!p)
        return error_set(err, ALEXCL_E_MEMORY,
                         "out of host memory: %llu x %zu bytes for %s; free memory or use a smaller --batch",
                         (unsigned long long)count, size, what);
    memcpy(out, &p, sizeof p);
    return ALEXCL_OK;
}

enum { CACHE_LINE = 64 };

int memory_alloc_floats(float **out, uint64_t count, const char *what, struct alexcl_error *err) {
    void *p = NULL;
    size_t bytes = (size_t)count * sizeof(float), alignment = bytes < MEMORY_LARGE ? CACHE_LINE : MEMORY_LARGE;
    if (count > SIZE_MAX / sizeof(float) - CACHE_LINE || posix_memalign(&p, alignment, count ? bytes : CACHE_LINE) != 0)
        return error_set(err, ALEXCL_E_MEMORY,
                         "out of host memory: %llu floats for %s; free memory or use a smaller --batch",
                         (unsigned long long)count, what);
#ifdef MADV_HUGEPAGE
    /* a system that has none goes on with small ones */
    if (bytes >= MEMORY_LARGE) (void)madvise(p, bytes, MADV_HUGEPAGE);
#endif
    *out = p;
    return ALEXCL_OK;
}

void memory_give_back(void) {
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

int memory_copy_text(char **out, const char *text, struct alexcl_error *err) {
    char *p = strdup(text);
    if (!p) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu bytes for a name", strlen(text) + 1);
    *out = p;
    return ALEXCL_OK;
}

void string_buffer_add(struct string_buffer *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (needed < 0 || t->failed) return;
    if (t->length + (size_t)needed + 1 > t->capacity) {
        size_t capacity = (t->length + (size_t)needed + 1) * 2;
        char *p = realloc(t->text, capacity);
        if (!p) {
            t->failed = 1;
            return;
        }
        t->text = p;
        t->capacity = capacity;
    }
    va_start(args, format);
    vsnprintf(t->text + t->length, t->capacity - t->length, format, args);
    va_end(args);
    t->length += (size_t)needed;
}

void string_buffer_free(struct string_buffer *t) {
    free(t->text);
    *t = (struct string_buffer){0};
}
