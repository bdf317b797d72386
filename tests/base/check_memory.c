/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

START_TEST(alloc_gives_zeros) {
    struct alexcl_error err = {0};
    int *numbers = NULL;
    EXPECT_OK(memory_alloc(&numbers, 1000, sizeof *numbers, "numbers", &err), err);
    for (int i = 0; i < 1000; i++) ck_assert_int_eq(numbers[i], 0);
    free(numbers);
    char *nothing = NULL;
    EXPECT_OK(memory_alloc(&nothing, 0, 1, "nothing", &err), err);
    ck_assert_ptr_nonnull(nothing);
    free(nothing);
}
END_TEST

START_TEST(alloc_refuses_what_overflows) {
    struct alexcl_error err = {0};
    char *p = NULL;
    float *floats = NULL;
    EXPECT_ERROR(memory_alloc(&p, SIZE_MAX / 2, 4, "all of it", &err), ALEXCL_E_MEMORY, "all of it", err);
    ck_assert_ptr_null(p);
    EXPECT_ERROR(memory_alloc_floats(&floats, SIZE_MAX / sizeof(float), "more than all", &err), ALEXCL_E_MEMORY,
                 "more than all", err);
    ck_assert_ptr_null(floats);
    if (sizeof(size_t) == 4) { /* where a count that was cut would be 1 */
        uint64_t count = ((uint64_t)1 << 32) + 1;
        EXPECT_ERROR(memory_alloc(&p, count, 1, "a file", &err), ALEXCL_E_MEMORY, "4294967297 x 1 bytes for a file",
                     err);
        EXPECT_ERROR(memory_alloc_floats(&floats, count, "a file", &err), ALEXCL_E_MEMORY, "4294967297 floats", err);
    }
}
END_TEST

START_TEST(floats_are_aligned) {
    struct alexcl_error err = {0};
    for (size_t count = 0; count < 40; count++) {
        float *floats = NULL;
        EXPECT_OK(memory_alloc_floats(&floats, count, "floats", &err), err);
        ck_assert_uint_eq((uintptr_t)floats % 64, 0);
        free(floats);
    }
}
END_TEST

START_TEST(copies_are_copies) {
    struct alexcl_error err = {0};
    char name[] = "conv1", *copy = NULL;
    EXPECT_OK(memory_copy_text(&copy, name, &err), err);
    name[0] = 'x';
    ck_assert_str_eq(copy, "conv1");
    free(copy);
}
END_TEST

START_TEST(string_buffer_grows) {
    struct string_buffer t = {0};
    ck_assert_ptr_null(t.text);
    string_buffer_add(&t, "%s", "");
    ck_assert_str_eq(t.text, "");
    for (int i = 0; i < 1000; i++) string_buffer_add(&t, "%d,", i % 10);
    ck_assert_int_eq(t.failed, 0);
    ck_assert_uint_eq(t.length, 2000);
    ck_assert_uint_eq(strlen(t.text), 2000);
    ck_assert(memcmp(t.text, "0,1,2,", 6) == 0 && strcmp(t.text + 1996, "8,9,") == 0);
    string_buffer_free(&t);
    ck_assert_ptr_null(t.text);
    string_buffer_free(&t);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, alloc_gives_zeros);
    tcase_add_test(tests, alloc_refuses_what_overflows);
    tcase_add_test(tests, floats_are_aligned);
    tcase_add_test(tests, copies_are_copies);
    tcase_add_test(tests, string_buffer_grows);
    return support_run(tests);
}
