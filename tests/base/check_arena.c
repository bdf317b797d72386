/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "support.h"

static size_t count_other(const unsigned char *bytes, size_t count, unsigned char value) {
    size_t other = 0;
    for (size_t i = 0; i < count; i++) other += bytes[i] != value;
    return other;
}

/* Pieces of all sizes, small and large by turns: zeroed, aligned as their elements need, none on another. */
START_TEST(pieces_are_apart) {
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    static size_t bytes[PIECES];
    static const size_t sizes[] = {1, 4, 8, 3, 16, 24, 40};
    struct alexcl_error err = {0};
    struct arena a = {0};
    size_t wrong = 0;
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = sizes[i % 7], count = i % 500 == 499 ? 30000 : i * 37 % 600, alignment = size & (~size + 1);
        EXPECT_OK(arena_alloc(&a, &pieces[i], count, size, "pieces", &err), err);
        bytes[i] = count * size;
        if (alignment > _Alignof(max_align_t)) alignment = _Alignof(max_align_t);
        ck_assert_uint_eq((uintptr_t)pieces[i] % alignment, 0);
        wrong += count_other(pieces[i], bytes[i], 0);
        memset(pieces[i], (int)(i % 251 + 1), bytes[i]);
    }
    for (size_t i = 0; i < PIECES; i++) wrong += count_other(pieces[i], bytes[i], (unsigned char)(i % 251 + 1));
    ck_assert_uint_eq(wrong, 0);
    arena_free(&a);
    ck_assert_ptr_null(a.blocks);
    arena_free(&a);
}
END_TEST

START_TEST(nothing_is_a_piece) {
    struct alexcl_error err = {0};
    struct arena a = {0};
    int *none = NULL;
    EXPECT_OK(arena_alloc(&a, &none, 0, sizeof *none, "nothing", &err), err);
    ck_assert_ptr_nonnull(none);
    arena_free(&a);
}
END_TEST

START_TEST(too_much_is_refused) {
    struct alexcl_error err = {0};
    struct arena a = {0};
    int *some = NULL;
    char *p = NULL;
    EXPECT_OK(arena_alloc(&a, &some, 1, sizeof *some, "an int", &err), err);
    *some = 7;
    EXPECT_ERROR(arena_alloc(&a, &p, SIZE_MAX / 2, 4, "all of it", &err), ALEXCL_E_MEMORY, "all of it", err);
    EXPECT_ERROR(arena_alloc(&a, &p, SIZE_MAX, 1, "all of it", &err), ALEXCL_E_MEMORY, "all of it", err);
    EXPECT_ERROR(arena_alloc(&a, &p, SIZE_MAX / 2, 1, "half of it", &err), ALEXCL_E_MEMORY, "half of it", err);
    if (sizeof(size_t) == 4) /* where a count that was cut would be 1 */
        EXPECT_ERROR(arena_alloc(&a, &p, ((uint64_t)1 << 32) + 1, 1, "a file", &err), ALEXCL_E_MEMORY, "a file", err);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(*some, 7);
    EXPECT_OK(arena_alloc(&a, &p, 1, 1, "a byte", &err), err);
    arena_free(&a);
}
END_TEST

START_TEST(texts_are_formatted) {
    struct alexcl_error err = {0};
    struct arena a = {0};
    const char *first, *second, *long_one;
    char letters[70000];
    memset(letters, 'x', sizeof letters);
    EXPECT_OK(arena_format(&a, &first, "a name", &err, "%s.%s", "conv1", "weight"), err);
    EXPECT_OK(arena_format(&a, &second, "a name", &err, "%.*s", 3, "fc6.bias"), err);
    EXPECT_OK(arena_format(&a, &long_one, "a name", &err, "%.*s", (int)sizeof letters, letters), err);
    ck_assert_str_eq(first, "conv1.weight");
    ck_assert_str_eq(second, "fc6");
    ck_assert_uint_eq(strlen(long_one), sizeof letters);
    arena_free(&a);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("arena");
    tcase_add_test(tests, pieces_are_apart);
    tcase_add_test(tests, nothing_is_a_piece);
    tcase_add_test(tests, too_much_is_refused);
    tcase_add_test(tests, texts_are_formatted);
    return support_run(tests);
}
