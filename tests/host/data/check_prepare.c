/* SPDX-License-Identifier: MIT */
/* Preparation against Pillow's (make_images.py), crops against the golden vectors. */
#include "decode.h"
#include "support_files.h"
#include "npy_whole.h"
#include "patches.h"
#include "prepare.h"
#include "resize.h"

static struct alexcl_error err;

/* The centre crop of a picture for a model, within 1 of 255 of Pillow's. */
static void check_photo(const char *path, const char *name, const char *model_name) {
    const struct alexcl_model *model;
    struct picture whole, resized, want;
    char expected[512];
    int worst = 0;
    EXPECT_OK(alexcl_model_find(model_name, &model, &err), err);
    EXPECT_OK(decode_file(path, &whole, &err), err);
    EXPECT_OK(prepare_resize(model, &whole, &resized, &err), err);
    ck_assert_int_eq(resized.width < resized.height ? resized.width : resized.height, model->resize);
    size_t pixels = (size_t)model->height * (size_t)model->width, channels = (size_t)model->channels;
    unsigned char *patch = malloc(pixels * channels);
    prepare_cut(model, &resized, prepare_crop_at(resized.width, resized.height, model->width, model->height, 0, 1),
                patch);
    snprintf(expected, sizeof expected, DATA "/%s.%s.png", name, model_name);
    EXPECT_OK(decode_file(expected, &want, &err), err); /* RGB, also of grey */
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < channels; c++) {
            int off = abs((int)patch[i * channels + c] - want.pixels[i * 3 + c]);
            if (off > worst) worst = off;
        }
    ck_assert_msg(worst <= 1, "%s for %s: a pixel is %d from Pillow's", name, model_name, worst);
    free(patch);
    picture_free(&whole);
    picture_free(&resized);
    picture_free(&want);
}

START_TEST(photographs_are_prepared_as_pillow_does) {
    static const char *const models[] = {"tiny2t", "lenet5"};
    for (int m = 0; m < 2; m++) {
        check_photo(PHOTOS "/cat.png", "cat.png", models[m]);
        check_photo(PHOTOS "/rocket.jpg", "rocket.jpg", models[m]);
        check_photo(PHOTOS "/photographer.jpg", "photographer.jpg", models[m]);
        check_photo(DATA "/png_c2_d8_i0.png", "png_c2_d8_i0.png", models[m]); /* made larger */
    }
}
END_TEST

/* resize.png to the bit: larger, smaller, along one axis, and to a single pixel. */
START_TEST(resizing_is_pillows) {
    static const int sizes[][2] = {{61, 47}, {30, 23}, {122, 94}, {7, 46},  {60, 5},
                                   {1, 1},   {200, 9}, {9, 200},  {61, 20}, {20, 47}};
    struct picture from;
    EXPECT_OK(decode_file(DATA "/resize.png", &from, &err), err);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char path[512];
        size_t length;
        struct picture to;
        snprintf(path, sizeof path, DATA "/resize_%dx%d.rgb", sizes[i][0], sizes[i][1]);
        unsigned char *want = read_file(path, &length);
        EXPECT_OK(resize_picture(&from, sizes[i][0], sizes[i][1], &to, &err), err);
        ck_assert_uint_eq(length, 4 + 3 * (size_t)to.width * (size_t)to.height);
        ck_assert_msg(memcmp(to.pixels, want + 4, length - 4) == 0, "%s differs", path);
        picture_free(&to);
        free(want);
    }
    picture_free(&from);
}
END_TEST

START_TEST(the_longer_side_is_rounded_down) {
    const struct alexcl_model *model;
    EXPECT_OK(alexcl_model_find("alexnet", &model, &err), err);
    static const int sizes[][4] = {{451, 300, 384, 256}, {300, 451, 256, 384}, {640, 427, 383, 256},
                                   {256, 256, 256, 256}, {1, 1, 256, 256},     {3, 700, 256, 59733}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct picture from = {0}, to;
        EXPECT_OK(picture_make("test", (uint64_t)sizes[i][0], (uint64_t)sizes[i][1], &from, &err), err);
        memset(from.pixels, 200, (size_t)from.width * (size_t)from.height * 3);
        EXPECT_OK(prepare_resize(model, &from, &to, &err), err);
        ck_assert_int_eq(to.width, sizes[i][2]);
        ck_assert_int_eq(to.height, sizes[i][3]);
        size_t bytes = (size_t)to.width * (size_t)to.height * 3, even = 0;
        while (even < bytes && to.pixels[even] == 200) even++;
        ck_assert_uint_eq(even, bytes); /* an even colour stays */
        picture_free(&from);
        picture_free(&to);
    }
    struct picture line = {0}, to;
    EXPECT_OK(picture_make("test", 1, 1000000, &line, &err), err);
    EXPECT_ERROR(prepare_resize(model, &line, &to, &err), ALEXCL_E_DATA, "too long", err);
    picture_free(&line);
}
END_TEST

START_TEST(a_model_of_other_channels_takes_no_picture) {
    struct picture from = {0}, to;
    struct alexcl_model model = {.size = sizeof model,
                                 .layer_size = sizeof(struct alexcl_layer),
                                 .name = "four",
                                 .channels = 4,
                                 .height = 2,
                                 .width = 2,
                                 .colour = ALEXCL_RGB,
                                 .resize = 2,
                                 .scale = 1};
    EXPECT_OK(picture_make("test", 2, 2, &from, &err), err);
    EXPECT_ERROR(prepare_resize(&model, &from, &to, &err), ALEXCL_E_DATA,
                 "a picture has 3 channels, model four takes 4", err);
    model.colour = ALEXCL_GREY;
    EXPECT_ERROR(prepare_resize(&model, &from, &to, &err), ALEXCL_E_DATA,
                 "a picture has 1 channels, model four takes 4", err);
    picture_free(&from);
}
END_TEST

/* The golden crops are of numbers; here their targets and mirroring are applied to them. */
static void check_crops(const char *dir) {
    struct tensor x = oracle_load(dir, "x"), mean = oracle_load(dir, "mean"), ten = oracle_load(dir, "tencrop");
    int size = (int)oracle_number(dir, "crop"), h = x.shape[1], w = x.shape[2];
    float *got = support_floats(ten.count);
    for (int k = 0; k < 10; k++) {
        struct prepare_crop crop = prepare_crop_at(w, h, size, size, k, 10);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < size; y++)
                for (int i = 0; i < size; i++) {
                    int at = (c * h + crop.y + y) * w + crop.x + (crop.mirrored ? size - 1 - i : i);
                    got[((k * 3 + c) * size + y) * size + i] = x.values[at] - mean.values[at];
                }
    }
    support_compare(dir, got, ten.values, ten.count, 1e-6);
    struct prepare_crop centre = prepare_crop_at(w, h, size, size, 0, 1);
    ck_assert_int_eq(centre.x, (w - size) / 2);
    ck_assert_int_eq(centre.y, (h - size) / 2);
    ck_assert_int_eq(centre.mirrored, 0);
    free(got);
    oracle_free(&x);
    oracle_free(&mean);
    oracle_free(&ten);
}

START_TEST(ten_crops_lie_as_the_golden_ones) {
    check_crops("crop_a");
    check_crops("crop_odd");
}
END_TEST

/* prepare_cut mirrors as prepare_crop says, and prepare_values orders channels, subtracts and scales. */
START_TEST(values_follow_the_models_preprocessing) {
    static const char *const models[] = {"alexnet", "alexnet-caffe", "alexnet-torchvision", "alexnet-keras",
                                         "lenet5-1998"};
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        const struct alexcl_model *model;
        EXPECT_OK(alexcl_model_find(models[m], &model, &err), err);
        size_t pixels = (size_t)model->height * (size_t)model->width, channels = (size_t)model->channels;
        unsigned char *patch = malloc(pixels * channels), *mirrored = malloc(pixels * channels);
        float *values = support_floats(pixels * channels);
        for (size_t i = 0; i < pixels * channels; i++) patch[i] = (unsigned char)(i * 7 + i / 256);
        prepare_values(model, patch, values);
        for (size_t c = 0; c < channels; c++)
            for (size_t i = 0; i < pixels; i++) {
                size_t from = model->colour == ALEXCL_BGR ? 2 - c : c;
                double want = (patch[i * channels + from] * model->scale - (model->mean ? model->mean[c] : 0)) /
                              (model->std ? model->std[c] : 1);
                ck_assert_float_eq(values[c * pixels + i], (float)want);
            }
        struct picture p = {model->width, model->height, model->channels, patch};
        prepare_cut(model, &p, (struct prepare_crop){0, 0, 1}, mirrored);
        for (size_t i = 0; i < pixels; i++) {
            size_t x = i % (size_t)model->width, line = i - x;
            ck_assert_mem_eq(mirrored + i * channels, patch + (line + (size_t)model->width - 1 - x) * channels,
                             channels);
        }
        free(patch);
        free(mirrored);
        free(values);
    }
}
END_TEST

START_TEST(patches_are_named_by_line_file_and_crop) {
    const struct alexcl_model *model;
    EXPECT_OK(alexcl_model_find("lenet5", &model, &err), err);
    unsigned char patch[32 * 32] = {7};
    float values[32 * 32] = {0.5f};
    struct npy_whole n;
    struct picture p;
    EXPECT_OK(patches_make_folder("patches/deep", &err), err);
    EXPECT_OK(patches_write("patches/deep", 3, "some/where/cat.jpg", -1, model, patch, values, &err), err);
    EXPECT_OK(patches_write("patches/deep", 3, "some/where/cat.jpg", 0, model, patch, values, &err), err);
    EXPECT_OK(npy_whole_read("patches/deep/3-cat.jpg.npy", &n, &err), err);
    ck_assert_int_eq(n.dims, 3);
    ck_assert_uint_eq(n.shape[0], 1);
    ck_assert_mem_eq(n.values, values, sizeof values);
    npy_whole_free(&n);
    EXPECT_OK(decode_file("patches/deep/3-cat.jpg-0.png", &p, &err), err);
    ck_assert_int_eq(p.pixels[0], 7);
    picture_free(&p);
    write_file("a-file", "x", 1);
    EXPECT_ERROR(patches_make_folder("a-file", &err), ALEXCL_E_OTHER, "a-file", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("prepare");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, photographs_are_prepared_as_pillow_does);
    tcase_add_test(tests, resizing_is_pillows);
    tcase_add_test(tests, the_longer_side_is_rounded_down);
    tcase_add_test(tests, a_model_of_other_channels_takes_no_picture);
    tcase_add_test(tests, ten_crops_lie_as_the_golden_ones);
    tcase_add_test(tests, values_follow_the_models_preprocessing);
    tcase_add_test(tests, patches_are_named_by_line_file_and_crop);
    return support_run(tests);
}
