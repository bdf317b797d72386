/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "b + n * floats1" -> "b", in tiny2t */
#include "kernel_check.h"

#include <stdlib.h>
#include <string.h>

#include "ref.h"

enum { IMAGES = 7, FIRST = 1 };

static void join(int channels0, int channels1, int hw, int count) {
    struct alexcl_error err = {0};
    struct target *target = support_target();
    size_t size0 = (size_t)(channels0 * hw), size1 = (size_t)(channels1 * hw), size = size0 + size1;
    float *a = support_random(IMAGES * size0, "a", 1), *b = support_random(IMAGES * size1, "b", 1);
    size_t from = FIRST * size, computed = (size_t)count * size;
    float *want = support_floats(IMAGES * size), *got = support_floats(IMAGES * size);
    struct storage half0, half1, out;
    struct join *j;
    ref_join(want + from, a + FIRST * size0, b + FIRST * size1, count, channels0, channels1, hw);
    EXPECT_OK(storage_create(target, IMAGES * size0, "a", &half0, &err), err);
    EXPECT_OK(storage_create(target, IMAGES * size1, "b", &half1, &err), err);
    EXPECT_OK(storage_create(target, IMAGES * size, "y", &out, &err), err);
    EXPECT_OK(storage_write(&half0, 0, a, IMAGES * size0, &err), err);
    EXPECT_OK(storage_write(&half1, 0, b, IMAGES * size1, &err), err);
    if (!kernel_check_bare()) EXPECT_OK(storage_write(&out, 0, got, IMAGES * size, &err), err);
    EXPECT_OK(join_create(target, &j, &err), err);
    EXPECT_OK(join_run(j, "join", (size_t)(channels0 * hw), (size_t)(channels1 * hw), &half0, &half1, &out, FIRST,
                       count, &err),
              err);
    EXPECT_OK(storage_read(&out, 0, got, IMAGES * size, &err), err);
    const struct support_maps maps = {{channels0 + channels1, 1, hw}, FIRST, 0};
    support_same_maps("join", got + from, want + from, computed, &maps);
    if (target->device) EXPECT_OK(buffer_check_guards(target->device, &err), err);
    size_t behind = from + computed;
    if (!kernel_check_bare()) { /* NaN still */
        ck_assert(memcmp(got, want, from * sizeof *got) == 0);
        ck_assert(memcmp(got + behind, want + behind, (IMAGES * size - behind) * sizeof *got) == 0);
    }
    join_free(j);
    storage_free(&half0), storage_free(&half1), storage_free(&out);
    free(a), free(b), free(want), free(got);
}

START_TEST(shapes) {
    static const int batches[] = {1, 5};
    for (int i = 0; i < 2; i++) {
        join(3, 2, 1, batches[i]);
        join(1, 1, 1, batches[i]);
        join(4, 4, 169, batches[i]);
        join(65, 64, 3, batches[i]);
        join(20, 13, 169, batches[i]); /* several items of a CPU, one with the end of the first half in it */
        join(1, 2, 35, batches[i]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("join");
    tcase_add_test(tests, shapes);
    return support_run(tests);
}
