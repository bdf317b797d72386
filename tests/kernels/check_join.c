/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

#include <stdlib.h>
#include <string.h>

#include "ref.h"

static void join(int channels0, int channels1, int hw) {
    enum { IMAGES = 4, FIRST = 1, COUNT = 2 };
    struct alexcl_error err = {0};
    struct place *place = support_place();
    size_t size0 = (size_t)(channels0 * hw), size1 = (size_t)(channels1 * hw), size = size0 + size1;
    float *a = support_random(IMAGES * size0, "a", 1), *b = support_random(IMAGES * size1, "b", 1);
    float *want = support_floats(IMAGES * size), *got = support_floats(IMAGES * size);
    struct storage half0, half1, out;
    struct join *j;
    ref_join(want + FIRST * size, a + FIRST * size0, b + FIRST * size1, COUNT, channels0, channels1, hw);
    EXPECT_OK(storage_create(place, IMAGES * size0, "a", &half0, &err), err);
    EXPECT_OK(storage_create(place, IMAGES * size1, "b", &half1, &err), err);
    EXPECT_OK(storage_create(place, IMAGES * size, "y", &out, &err), err);
    EXPECT_OK(storage_write(&half0, 0, a, IMAGES * size0, &err), err);
    EXPECT_OK(storage_write(&half1, 0, b, IMAGES * size1, &err), err);
    EXPECT_OK(storage_write(&out, 0, got, IMAGES * size, &err), err);
    EXPECT_OK(join_create(place, &j, &err), err);
    EXPECT_OK(join_run(j, "join", channels0, channels1, hw, &half0, &half1, &out, FIRST, COUNT, &err), err);
    EXPECT_OK(storage_read(&out, 0, got, IMAGES * size, &err), err);
    support_same("join", got + FIRST * size, want + FIRST * size, COUNT * size);
    if (place->device) EXPECT_OK(buffer_check_guards(place->device, &err), err);
    ck_assert(memcmp(got, want, FIRST * size * sizeof *got) == 0); /* NaN still */
    ck_assert(memcmp(got + 3 * size, want + 3 * size, size * sizeof *got) == 0);
    join_free(j);
    storage_free(&half0), storage_free(&half1), storage_free(&out);
    free(a), free(b), free(want), free(got);
}

START_TEST(shapes) {
    join(3, 2, 1);
    join(1, 1, 1);
    join(4, 4, 169);
    join(65, 64, 3);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("join");
    tcase_add_test(tests, shapes);
    return support_run(tests);
}
