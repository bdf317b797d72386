/* SPDX-License-Identifier: MIT */
/* Small pieces stand one behind the other in blocks, so that a million names are no million allocations; a large one
 * has a block of its own, behind the block that is being filled. Under AddressSanitizer every piece has one, so that it
 * finds what is read or written beside a piece. */
#include "arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#ifndef __has_feature /* of clang */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { ARENA_BLOCK = 1 << 16, ARENA_SMALL = 0 };
#else
enum { ARENA_BLOCK = 1 << 16, ARENA_SMALL = 1 << 14 };
#endif

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

/* A block with room for `bytes`. */
static int arena_grow(struct arena *a, size_t bytes, const char *what, struct arena_block **out,
                      struct alexcl_error *err) {
    struct arena_block *block, **place = bytes > ARENA_SMALL && a->blocks ? &a->blocks->next : &a->blocks;
    size_t size = bytes > ARENA_SMALL ? bytes : ARENA_BLOCK;
    int status = memory_alloc((char **)&block, sizeof *block + size, 1, what, err);
    if (status != ALEXCL_OK) return status;
    block->size = size;
    block->next = *place;
    *place = block;
    *out = block;
    return ALEXCL_OK;
}

int arena_alloc(struct arena *a, void *out, uint64_t count, size_t size, const char *what, struct alexcl_error *err) {
    struct arena_block *block = a->blocks;
    /* the largest power of two that divides the size: no type of that size needs more */
    size_t bytes, alignment = size & (~size + 1), begin = 0;
    if (alignment == 0 || alignment > _Alignof(max_align_t)) alignment = _Alignof(max_align_t);
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - sizeof *block)
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %llu x %zu bytes for %s", (unsigned long long)count,
                         size, what);
    if (block) begin = (block->used + alignment - 1) / alignment * alignment;
    if (!block || bytes > ARENA_SMALL || begin > block->size || bytes > block->size - begin) {
        int status = arena_grow(a, bytes, what, &block, err);
        if (status != ALEXCL_OK) return status;
        begin = 0;
    }
    block->used = begin + bytes;
    void *piece = block->bytes + begin;
    memcpy(out, &piece, sizeof piece); /* a pointer of any type */
    return ALEXCL_OK;
}

int arena_format(struct arena *a, const char **out, const char *what, struct alexcl_error *err, const char *format,
                 ...) {
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %s", what);
    int status = arena_alloc(a, &text, (size_t)length + 1, 1, what, err);
    if (status != ALEXCL_OK) return status;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    *out = text;
    return ALEXCL_OK;
}

void arena_free(struct arena *a) {
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
}
