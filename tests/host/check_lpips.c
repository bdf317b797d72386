/* SPDX-License-Identifier: MIT */
#include "lpips.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "source.h"
#include "support.h"

/* Of a picture of 64 x 48: of several strips of pixels, the last of them short. */
static const struct alexcl_shape shapes[LPIPS_LAYERS] = {
    {64, 11, 15}, {192, 5, 7}, {384, 2, 3}, {256, 2, 3}, {256, 2, 3}};

static size_t value_count(void) {
    size_t count = 0;
    for (int i = 0; i < LPIPS_LAYERS; i++) count += (size_t)(shapes[i].c * shapes[i].h * shapes[i].w);
    return count;
}

/* As the paper writes it, value by value. */
static double expected(const float *a, const float *b) {
    struct alexcl_error err = {0};
    struct source *file;
    double sum = 0;
    EXPECT_OK(source_open(WEIGHTS, &file, &err), err);
    for (int l = 0; l < LPIPS_LAYERS; l++) {
        char name[32];
        snprintf(name, sizeof name, "lin%d.model.1.weight", l);
        size_t channels = (size_t)shapes[l].c, pixels = (size_t)(shapes[l].h * shapes[l].w);
        float *w = support_floats(channels);
        source_read(source_find(file, name), 0, channels, w);
        for (size_t p = 0; p < pixels; p++) {
            double length[2] = {0, 0};
            for (size_t c = 0; c < channels; c++) {
                length[0] += pow((double)a[c * pixels + p], 2);
                length[1] += pow((double)b[c * pixels + p], 2);
            }
            for (size_t c = 0; c < channels; c++)
                sum += (double)w[c] / (double)pixels *
                       pow((double)a[c * pixels + p] / (sqrt(length[0]) + 1e-10) -
                               (double)b[c * pixels + p] / (sqrt(length[1]) + 1e-10),
                           2);
        }
        a += channels * pixels;
        b += channels * pixels;
        free(w);
    }
    source_free(file);
    return sum;
}

START_TEST(the_distance_is_the_papers) {
    struct alexcl_error err = {0};
    struct lpips *l;
    struct alexcl_weights_file *file;
    size_t count = value_count();
    float *a = support_random(count, "lpips a", 1), *b = support_random(count, "lpips b", 1);
    for (size_t i = 0; i < count; i++) { /* as behind a ReLU; and one picture has pixels of zeros alone */
        if (a[i] < 0) a[i] = 0;
        if (b[i] < 0 || i % (size_t)(shapes[0].h * shapes[0].w) == 7) b[i] = 0;
    }
    EXPECT_OK(alexcl_weights_file_open(WEIGHTS, &file, &err), err);
    EXPECT_OK(lpips_open(file, shapes, &l, &err), err);
    alexcl_weights_file_free(file);
    lpips_refer(l, a);
    double got = lpips_distance(l, b), want = expected(a, b);
    ck_assert_msg(fabs(got - want) <= 1e-12 * want && want > 0.1, "%.17g, not %.17g", got, want);
    ck_assert(lpips_distance(l, a) == 0);
    lpips_refer(l, b); /* the one before is forgotten */
    ck_assert(lpips_distance(l, b) == 0);
    ck_assert(fabs(lpips_distance(l, a) - want) <= 1e-12 * want);
    lpips_free(l);
    free(a), free(b);
}
END_TEST

START_TEST(a_file_without_the_heads_is_told) {
    struct alexcl_error err = {0};
    struct lpips *l = NULL;
    struct alexcl_weights_file *file;
    struct alexcl_shape other[LPIPS_LAYERS];
    for (int i = 0; i < LPIPS_LAYERS; i++) other[i] = shapes[i];
    other[3].c = 255;
    EXPECT_OK(alexcl_weights_file_open(WEIGHTS, &file, &err), err);
    EXPECT_ERROR(lpips_open(file, other, &l, &err), ALEXCL_E_DATA, "no tensor lin3.model.1.weight of 255 values", err);
    alexcl_weights_file_free(file);
    err = (struct alexcl_error){0};
    EXPECT_ERROR(alexcl_weights_file_open("missing", &file, &err), ALEXCL_E_DATA, "missing", err);
}
END_TEST

START_TEST(pixels_are_scaled_as_lpips_does) {
    struct alexcl_error err = {0};
    struct alexcl_model m;
    EXPECT_OK(lpips_model(48, 64, &m, &err), err);
    ck_assert(m.height == 48 && m.width == 64 && m.colour == ALEXCL_RGB);
    static const double shift[3] = {-.030, -.088, -.188}, scale[3] = {.458, .448, .450};
    for (int c = 0; c < 3; c++) {
        double got = (200 * m.scale - m.mean[c]) / m.std[c], want = ((200 / 127.5 - 1) - shift[c]) / scale[c];
        ck_assert_msg(fabs(got - want) < 1e-9, "channel %d: %g, not %g", c, got, want);
    }
    EXPECT_ERROR(lpips_model(30, 64, &m, &err), ALEXCL_E_DATA, "64 x 30 is too small", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lpips");
    tcase_add_test(tests, the_distance_is_the_papers);
    tcase_add_test(tests, a_file_without_the_heads_is_told);
    tcase_add_test(tests, pixels_are_scaled_as_lpips_does);
    return support_run(tests);
}
