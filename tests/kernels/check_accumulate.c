/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "a += n * a_pitch + a_first;" -> "a += n * a_pitch;", not in tiny2t */
#include "accumulate.h"

#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"

enum { IMAGES = 3 };
static struct alexcl_error err;

static void make(struct storage *s, const float *values, size_t count) {
    EXPECT_OK(storage_create(support_target(), count, "a gradient", s, &err), err);
    EXPECT_OK(storage_write(s, 0, values, count, &err), err);
}

static void expect(struct storage *s, const float *want, size_t count, const char *what) {
    float *got = support_floats(count);
    EXPECT_OK(storage_read(s, 0, got, count, &err), err);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(got[i] == want[i], "%s: value %zu is %.9g, not %.9g", what, i, (double)got[i], (double)want[i]);
    if (support_target()->device) EXPECT_OK(buffer_check_guards(support_target()->device, &err), err);
    free(got);
}

/* To the bit: each sum is in the order that accumulate.cl promises. */
static void check_sum(size_t floats, size_t pitch_a, size_t first_a, int two, int add) {
    struct accumulate *a;
    size_t pitch_b = floats + 2;
    float *x = support_random(IMAGES * pitch_a, "a", 1), *y = support_random(IMAGES * pitch_b, "b", 1),
          *z = support_random(IMAGES * floats, "x", 1);
    struct storage sx, sy, sz;
    make(&sx, x, IMAGES * pitch_a), make(&sy, y, IMAGES * pitch_b), make(&sz, z, IMAGES * floats);
    EXPECT_OK(accumulate_create(support_target(), &a, &err), err);
    const struct accumulate_part parts[] = {{&sx, first_a, pitch_a}, {&sy, 1, pitch_b}};
    EXPECT_OK(accumulate_sum(a, "sum", parts, two ? 2 : 1, &sz, floats, add, IMAGES, &err), err);
    for (size_t i = 0; i < IMAGES * floats; i++) {
        size_t n = i / floats, k = i % floats;
        float sum = x[n * pitch_a + first_a + k];
        if (two) sum += y[n * pitch_b + 1 + k];
        z[i] = add ? z[i] + sum : sum;
    }
    expect(&sz, z, IMAGES * floats, "sum");
    accumulate_free(a);
    storage_free(&sx), storage_free(&sy), storage_free(&sz);
    free(x), free(y), free(z);
}

START_TEST(sums) {
    static const size_t sizes[] = {1, 15, 16, 65, 4099};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int way = 0; way < 4; way++) check_sum(sizes[i], sizes[i] + 5 * (size_t)(way & 1), 0, way & 1, way >> 1);
    check_sum(20, 50, 30, 1, 1); /* the second half of a join */
}
END_TEST

static void check_halo(int channels, int first, int count, int hw, int block) {
    struct accumulate *a;
    size_t floats = shape_floats((struct alexcl_shape){channels, 1, hw}, block), part = (size_t)(count * hw);
    const struct accumulate_channels to = {floats, first, count, hw, block};
    float *x = support_random(IMAGES * part, "a", 1), *z = support_random(IMAGES * floats, "x", 1);
    struct storage sx, sz;
    make(&sx, x, IMAGES * part), make(&sz, z, IMAGES * floats);
    EXPECT_OK(accumulate_create(support_target(), &a, &err), err);
    EXPECT_OK(accumulate_halo(a, "halo", &sx, &sz, &to, IMAGES, &err), err);
    for (size_t n = 0; n < IMAGES; n++)
        for (int c = 0; c < count; c++)
            for (int p = 0; p < hw; p++)
                z[n * floats + shape_position((size_t)(first + c), (size_t)p, (size_t)hw, (size_t)block)] +=
                    x[n * part + (size_t)(block > 1 ? p * count + c : c * hw + p)];
    expect(&sz, z, IMAGES * floats, "halo");
    accumulate_free(a);
    storage_free(&sx), storage_free(&sz);
    free(x), free(z);
}

START_TEST(halos) {
    check_halo(5, 3, 2, 7, 1);
    check_halo(20, 0, 2, 5, 1);
    if (layer_block(support_target()) == 1) return;
    check_halo(40, 14, 20, 7, LAYER_BLOCK); /* of three blocks */
    check_halo(20, 18, 2, 5, LAYER_BLOCK);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("accumulate");
    tcase_add_test(tests, sums);
    tcase_add_test(tests, halos);
    return support_run(tests);
}
