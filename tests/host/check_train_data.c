/* SPDX-License-Identifier: MIT */
/* Batches by value: which picture stands where, by epoch_order.h, what of it, by augment.h and the model's scale. */
#include "train_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epoch_order.h"
#include "npy_make.h"
#include "support.h"

enum { COUNT = 7, SIDE = 5, BATCH = 3, MAX_VALUES = 3 * 64 };

static struct alexcl_error err;
static struct data_set set;

/* Byte (picture, channel, y, x) of the set. */
static unsigned char pixel(int picture, int c, int y, int x) {
    return (unsigned char)(1 + picture * 30 + c * 70 + y * 5 + x);
}

/* COUNT pictures of SIDE x SIDE bytes, picture i of class 10 + i. */
static void open_set(int channels, int floats) {
    static unsigned char bytes[COUNT * 3 * SIDE * SIDE];
    static float values[COUNT * 3 * SIDE * SIDE];
    int64_t labels[COUNT];
    char shape[64];
    size_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        labels[i] = 10 + i;
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++, at++) values[at] = bytes[at] = pixel(i, c, y, x);
    }
    snprintf(shape, sizeof shape, "(%d, %d, %d, %d)", COUNT, channels, SIDE, SIDE);
    npy_make("x.npy", floats ? "<f4" : "|u1", shape, floats ? (void *)values : bytes, at * (floats ? 4 : 1));
    npy_make("y.npy", "<i8", "(7,)", labels, sizeof labels);
    struct data_set_options o = {.targets = "y.npy", .channels = channels, .layout = DATA_SET_NCHW};
    EXPECT_OK(data_set_open("x.npy", &o, &set, &err), err);
}

static struct alexcl_model model_of(int channels, int height, int width) {
    return (struct alexcl_model){.size = sizeof(struct alexcl_model),
                                 .name = "m",
                                 .channels = channels,
                                 .height = height,
                                 .width = width,
                                 .colour = channels == 1 ? ALEXCL_GREY : ALEXCL_RGB,
                                 .scale = 0.5};
}

/* What the model must see of a picture whose crop begins there. */
static void expect_picture(const float *got, const struct alexcl_model *m, int picture, struct prepare_crop crop) {
    for (int c = 0; c < m->channels; c++)
        for (int y = 0; y < m->height; y++)
            for (int x = 0; x < m->width; x++) {
                int sx = crop.x + (crop.mirrored ? m->width - 1 - x : x), sy = crop.y + y,
                    sc = m->colour == ALEXCL_BGR ? 2 - c : c, in = sx >= 0 && sy >= 0 && sx < SIDE && sy < SIDE;
                double value = in ? pixel(picture, sc, sy, sx) : 0;
                if (!set.floats) value = value * m->scale - (m->mean ? m->mean[c] : 0);
                ck_assert_msg(*got == (float)value, "picture %d, (%d, %d, %d): %g, not %g", picture, c, y, x,
                              (double)*got, value);
                got++;
            }
}

/* The corners and the middle, then all of them mirrored. */
static void expect_ten_crops(const float *got, const struct alexcl_model *m, int picture) {
    int right = SIDE - m->width, down = SIDE - m->height;
    const int at[5][2] = {{0, 0}, {right, 0}, {0, down}, {right, down}, {right / 2, down / 2}};
    for (int i = 0; i < PREPARE_CROPS; i++)
        expect_picture(got + (size_t)(i * m->channels * m->height * m->width), m, picture,
                       (struct prepare_crop){at[i % 5][0], at[i % 5][1], i >= 5});
}

/* Steps from `first` on to the end of the third epoch, against what epoch_order and augment draw. */
static void expect_run(struct train_data_options o, uint64_t first) {
    struct train_data *d;
    struct train_data_batch b;
    uint32_t order[COUNT];
    o.first = first;
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    size_t floats = (size_t)o.model->channels * (size_t)o.model->height * (size_t)o.model->width, count = o.count;
    if (!count) count = COUNT;
    uint64_t steps = train_data_steps(count, o.batch);
    for (uint64_t step = first + 1; step <= 3 * steps; step++) {
        size_t from = (size_t)((step - 1) % steps) * o.batch;
        epoch_order_fill(o.seed, (step - 1) / steps + 1, order, (uint32_t)count);
        EXPECT_OK(train_data_next(d, &b, &err), err);
        ck_assert_uint_eq(b.count, count - from < o.batch ? count - from : o.batch);
        for (size_t i = 0; i < b.count; i++) {
            int picture = o.test ? (int)(from + i) : (int)order[from + i];
            struct augment_use use = {o.seed, step, (uint32_t)i};
            struct prepare_crop crop =
                augment_crop(&use, SIDE, SIDE, o.model->width, o.model->height, o.mirror && !o.test);
            if (o.test || !o.crop) {
                crop.x = (SIDE - o.model->width) / 2;
                crop.y = (SIDE - o.model->height) / 2;
            }
            ck_assert_int_eq(b.labels[i], 10 + picture);
            if (o.ten_crop)
                expect_ten_crops(b.images + i * PREPARE_CROPS * floats, o.model, picture);
            else
                expect_picture(b.images + i * floats, o.model, picture, crop);
        }
    }
    ck_assert(train_data_waited(d) >= 0);
    train_data_free(d);
}

START_TEST(each_step_has_its_pictures_and_crops) {
    static const double mean[] = {3};
    struct alexcl_model m = model_of(1, 3, 4);
    m.mean = mean;
    open_set(1, 0);
    for (int threads = 1; threads <= 4; threads++) {
        struct train_data_options o = {.model = &m, .batch = BATCH, .seed = 5, .threads = threads};
        expect_run(o, 0);
        o.crop = 1;
        expect_run(o, 0);
        expect_run(o, 1); /* a run that goes on draws what it would have drawn */
        expect_run(o, 5);
        o.mirror = 1;
        expect_run(o, 4);
        o.count = 4;
        expect_run(o, 0);
        o.batch = COUNT + 1;
        expect_run(o, 2);
        o.test = 1;
        expect_run(o, 0);
        o.ten_crop = 1;
        expect_run(o, 0);
    }
    ck_assert_uint_eq(train_data_steps(6, 3), 2);
    ck_assert_uint_eq(train_data_steps(7, 3), 3);
    data_set_free(&set);
}
END_TEST

START_TEST(a_picture_that_is_smaller_is_padded) {
    struct alexcl_model m = model_of(1, 8, 10);
    open_set(1, 0);
    expect_run((struct train_data_options){.model = &m, .batch = BATCH, .test = 1}, 0);
    expect_run((struct train_data_options){.model = &m, .batch = BATCH, .crop = 1, .mirror = 1}, 0);
    m.width = 11;
    struct train_data *d;
    struct train_data_options o = {.model = &m, .batch = BATCH};
    EXPECT_ERROR(train_data_open(&set, &o, &d, &err), ALEXCL_E_DATA, "5 x 5, and model m takes 11 x 8", err);
    m.channels = 3;
    EXPECT_ERROR(train_data_open(&set, &o, &d, &err), ALEXCL_E_DATA, "1 channels, and model m takes 3", err);
    data_set_free(&set);
}
END_TEST

START_TEST(colours_in_the_models_order_and_floats_as_they_are) {
    struct alexcl_model m = model_of(3, 4, 4);
    struct train_data_options o = {.model = &m, .batch = BATCH, .crop = 1, .mirror = 1, .seed = 9};
    open_set(3, 0);
    expect_run(o, 0);
    m.colour = ALEXCL_BGR;
    expect_run(o, 0);
    data_set_free(&set);
    m.colour = ALEXCL_RGB;
    open_set(3, 1);
    expect_run(o, 0);
    data_set_free(&set);
}
END_TEST

/* The noise of place 1 of step 1 is added to what stands there without it. */
static void expect_noise(struct alexcl_model *m, enum augment_colour by, int floats) {
    static const struct colour_pca pca = {.eigenvalues = {0.09, 0.04, 0.01},
                                          .eigenvectors = {{1, 0, 0}, {0, 0.6, -0.8}, {0, 0.8, 0.6}}};
    struct train_data_options o = {.model = m, .batch = BATCH, .seed = 3};
    struct train_data *d;
    struct train_data_batch b;
    float plain[MAX_VALUES];
    size_t one = 3 * 16, pixels = 16;
    double alpha[3];
    open_set(3, floats);
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    EXPECT_OK(train_data_next(d, &b, &err), err);
    memcpy(plain, b.images + one, one * sizeof *plain);
    train_data_free(d);
    o.pca = &pca;
    o.colour = 0.25;
    o.by = by;
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    EXPECT_OK(train_data_next(d, &b, &err), err);
    augment_draw(&(struct augment_use){3, 1, 1}, 0.25, alpha);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < pixels; i++) {
            size_t rgb = m->colour == ALEXCL_BGR && !floats ? 2 - c : c;
            double noise = 0, due = (double)plain[c * pixels + i];
            for (size_t k = 0; k < 3; k++)
                noise += pca.eigenvectors[rgb][k] * alpha[k] *
                         (by == AUGMENT_EIGENVALUES ? pca.eigenvalues[k] : sqrt(pca.eigenvalues[k]));
            due += floats ? noise : 255 * noise * m->scale / (m->std ? m->std[c] : 1);
            if (by == AUGMENT_DEVIATIONS) due /= 1.25;
            ck_assert_double_eq_tol((double)b.images[one + c * pixels + i], due, 1e-5 * fabs(due) + 1e-6);
        }
    train_data_free(d);
    data_set_free(&set);
}

START_TEST(noise_on_colours) {
    static const double std[] = {2, 4, 8};
    struct alexcl_model m = model_of(3, 4, 4);
    expect_noise(&m, AUGMENT_EIGENVALUES, 0);
    expect_noise(&m, AUGMENT_DEVIATIONS, 0);
    m.colour = ALEXCL_BGR;
    m.std = std;
    expect_noise(&m, AUGMENT_EIGENVALUES, 0);
    expect_noise(&m, AUGMENT_DEVIATIONS, 1);
}
END_TEST

static int told;
static char told_text[200];
static void tell(void *user, const char *text) {
    told += *(int *)user;
    snprintf(told_text, sizeof told_text, "%s", text);
}

START_TEST(a_damaged_picture_is_left_out_and_told_once) {
    static const char list[] = "0.ppm 0\n1.ppm 1\n2.ppm 2\n", broken[] = "P6 5 5 255\n";
    struct alexcl_model m = model_of(3, 4, 4);
    struct data_set_options from = {.channels = 3, .side = SIDE};
    struct train_data *d;
    struct train_data_batch b;
    int one = 1;
    for (int i = 0; i < 3; i++) {
        unsigned char file[11 + 3 * SIDE * SIDE] = "P6 5 5 255\n";
        char name[16];
        snprintf(name, sizeof name, "%d.ppm", i);
        memset(file + 11, 10 * i, 3 * SIDE * SIDE);
        write_file(name, file, sizeof file);
    }
    write_file("1.ppm", broken, sizeof broken - 1);
    write_file("list.txt", list, sizeof list - 1);
    EXPECT_OK(data_set_open("list.txt", &from, &set, &err), err);
    struct train_data_options o = {.model = &m, .batch = 3, .test = 1, .damaged = tell, .user = &one};
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    EXPECT_ERROR(train_data_next(d, &b, &err), ALEXCL_E_DATA, "list.txt, line 2: 1.ppm", err);
    train_data_free(d);
    ck_assert_int_eq(told, 0);
    o.keep_going = 1;
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    for (int epoch = 0; epoch < 3; epoch++) {
        EXPECT_OK(train_data_next(d, &b, &err), err);
        ck_assert_uint_eq(b.count, 2);
        ck_assert(b.labels[0] == 0 && b.labels[1] == 2 && b.images[0] == 0 && b.images[3 * 16] == 10);
    }
    train_data_free(d);
    ck_assert_int_eq(told, 1);
    ck_assert_msg(strstr(told_text, "1.ppm") != NULL, "%s", told_text);
    unsigned char known[3] = {0};
    o.batch = 1; /* a batch of which nothing is left; what was told is remembered */
    o.told = known;
    for (int run = 0; run < 2; run++) {
        EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
        for (int i = 0; i < 3; i++) {
            EXPECT_OK(train_data_next(d, &b, &err), err);
            ck_assert_uint_eq(b.count, i != 1);
        }
        train_data_free(d);
    }
    ck_assert_int_eq(told, 2);
    o.test = 0;
    o.count = 2;
    EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
    int status = train_data_next(d, &b, &err);
    if (status == ALEXCL_OK) status = train_data_next(d, &b, &err);
    EXPECT_ERROR(status, ALEXCL_E_DATA, "1.ppm: ", err);
    train_data_free(d);
    data_set_free(&set);
}
END_TEST

/* It ends whether it is asked or not, with batches made that nobody takes. */
START_TEST(the_last_step_is_the_end) {
    struct alexcl_model m = model_of(1, 3, 3);
    struct train_data *d;
    struct train_data_batch b;
    open_set(1, 0);
    struct train_data_options o = {.model = &m, .batch = 2, .end = 3};
    for (int taken = 0; taken <= 3; taken++) {
        EXPECT_OK(train_data_open(&set, &o, &d, &err), err);
        for (int i = 0; i < taken; i++) EXPECT_OK(train_data_next(d, &b, &err), err);
        train_data_free(d);
    }
    ck_assert_uint_eq(train_data_memory(&m, 2), 2 * 2 * 9 * 4);
    data_set_free(&set);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("train_data");
    tcase_add_test(tests, each_step_has_its_pictures_and_crops);
    tcase_add_test(tests, a_picture_that_is_smaller_is_padded);
    tcase_add_test(tests, colours_in_the_models_order_and_floats_as_they_are);
    tcase_add_test(tests, noise_on_colours);
    tcase_add_test(tests, a_damaged_picture_is_left_out_and_told_once);
    tcase_add_test(tests, the_last_step_is_the_end);
    return support_run(tests);
}
