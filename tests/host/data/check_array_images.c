/* SPDX-License-Identifier: MIT */
/* Arrays of images as nets take them: values as they are, pixels prepared as a picture's. */
#include "array_images.h"
#include "npy_make.h"
#include "prepare.h"

static struct alexcl_error err;

/* An array of bytes or floats, all of whose values hang on their place. */
static void write_array(const char *type, size_t bytes, const int shape[4]) {
    char text[64];
    size_t count = (size_t)(shape[0] * shape[1] * shape[2] * shape[3]);
    unsigned char *values = calloc(count + 1, bytes);
    for (size_t i = 0; i < count; i++) {
        float value = (float)(i % 251);
        if (bytes == 1)
            values[i] = (unsigned char)(i % 251);
        else
            memcpy(values + i * bytes, &value, bytes);
    }
    snprintf(text, sizeof text, "(%d, %d, %d, %d)", shape[0], shape[1], shape[2], shape[3]);
    npy_make("array.npy", type, text, values, count * bytes);
    free(values);
}

/* Pixel, channel of image 1, by both layouts, for nets of either order of channels. */
START_TEST(pixels_are_prepared) {
    static const char *const models[] = {"tiny2t", "alexnet-caffe", "lenet5"};
    for (size_t k = 0; k < sizeof models / sizeof *models; k++)
        for (int last = 0; last < 2; last++) {
            const struct alexcl_model *m;
            struct array_images a;
            EXPECT_OK(alexcl_model_find(models[k], &m, &err), err);
            size_t channels = (size_t)m->channels, pixels = (size_t)m->height * (size_t)m->width,
                   one = channels * pixels;
            int planes[4] = {2, m->channels, m->height, m->width},
                interleaved[4] = {2, m->height, m->width, m->channels};
            write_array("|u1", 1, last ? interleaved : planes);
            EXPECT_OK(array_images_open("array.npy", m, &a, &err), err);
            ck_assert_uint_eq(a.count, 2);
            float *got = calloc(one, sizeof *got), *want = calloc(one, sizeof *want);
            unsigned char *patch = malloc(one);
            for (size_t i = 0; i < one; i++) {
                size_t pixel = i / channels, channel = i % channels;
                patch[i] = (unsigned char)((one + (last ? i : channel * pixels + pixel)) % 251);
            }
            prepare_values(m, patch, want);
            array_images_get(&a, 1, got);
            ck_assert_mem_eq(got, want, one * sizeof *got);
            array_images_free(&a);
            free(got);
            free(want);
            free(patch);
        }
}
END_TEST

START_TEST(values_are_as_the_net_sees_them) {
    const struct alexcl_model *m;
    struct array_images a;
    EXPECT_OK(alexcl_model_find("lenet5", &m, &err), err);
    write_array("<f4", 4, (int[]){3, 1, 32, 32});
    EXPECT_OK(array_images_open("array.npy", m, &a, &err), err);
    float got[1024];
    array_images_get(&a, 2, got);
    for (size_t i = 0; i < 1024; i++) ck_assert_float_eq(got[i], (float)((2048 + i) % 251));
    array_images_free(&a);
}
END_TEST

START_TEST(other_shapes_are_refused_with_what_to_write) {
    const struct alexcl_model *m;
    struct array_images a;
    EXPECT_OK(alexcl_model_find("lenet5", &m, &err), err);
    write_array("<f4", 4, (int[]){2, 32, 32, 1});
    EXPECT_ERROR(array_images_open("array.npy", m, &a, &err), ALEXCL_E_DATA, "x.transpose(0, 3, 1, 2)", err);
    write_array("|u1", 1, (int[]){2, 32, 31, 1});
    EXPECT_ERROR(array_images_open("array.npy", m, &a, &err), ALEXCL_E_DATA,
                 "takes N x 1 x 32 x 32, or the channels last", err);
    write_array("<f4", 4, (int[]){0, 1, 32, 32});
    EXPECT_ERROR(array_images_open("array.npy", m, &a, &err), ALEXCL_E_DATA, "array.npy is 0 x 1 x 32 x 32", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("array_images");
    tcase_add_test(tests, pixels_are_prepared);
    tcase_add_test(tests, values_are_as_the_net_sees_them);
    tcase_add_test(tests, other_shapes_are_refused_with_what_to_write);
    return support_run(tests);
}
