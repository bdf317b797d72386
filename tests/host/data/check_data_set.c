/* SPDX-License-Identifier: MIT */
/* Every kind of data set, made here: pictures and classes as they were made, and what is wrong is told. */
#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cifar_file.h"
#include "data_set.h"
#include "npy_make.h"

static struct alexcl_error err;
static struct data_set set;
static const struct data_set_options grey = {.channels = 1, .side = 2}, colour = {.channels = 3, .side = 2};

static void refuse(const char *name, struct data_set_options o, int status, const char *message) {
    EXPECT_ERROR(data_set_open(name, &o, &set, &err), status, message, err);
    ck_assert(!set.source && !set.labels && set.count == 0);
}

/* A folder without the files of a run before. */
static void empty_folder(const char *name) {
    char path[300];
    (void)mkdir(name, 0700);
    DIR *folder = opendir(name);
    ck_assert_ptr_nonnull(folder);
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", name, e->d_name);
        if (e->d_name[0] != '.') (void)unlink(path);
    }
    closedir(folder);
}

/* A picture of 2 x 2 pixels, of the colour (red, 0, 1). */
static void write_ppm(const char *name, unsigned char red) {
    unsigned char file[23] = "P6 2 2 255\n";
    for (size_t i = 0; i < 4; i++) {
        file[11 + 3 * i] = red;
        file[11 + 3 * i + 2] = 1;
    }
    write_file(name, file, sizeof file);
}

static void expect_labels(const int *want) {
    for (size_t i = 0; i < set.count; i++) ck_assert_int_eq(set.labels[i], want[i]);
}

START_TEST(lists_are_read_by_number_or_by_name) {
    unsigned char image[12];
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d.ppm", i);
        write_ppm(name, (unsigned char)(10 * i));
    }
    static const char numbers[] = "p0.ppm 4\np1.ppm 0\np2.ppm 4\n", names[] = "p0.ppm dog\np1.ppm cat\np2.ppm dog\n";
    write_file("numbers.txt", numbers, sizeof numbers - 1);
    write_file("names.txt", names, sizeof names - 1);
    EXPECT_OK(data_set_open("numbers.txt", &colour, &set, &err), err);
    ck_assert(set.count == 3 && set.channels == 3 && set.height == 2 && set.width == 2 && !set.floats);
    ck_assert(set.classes == 5 && !set.names);
    expect_labels((int[]){4, 0, 4});
    EXPECT_OK(data_set_image(&set, 2, image, &err), err);
    ck_assert_mem_eq(image, "\x14\x14\x14\x14\0\0\0\0\1\1\1\1", 12); /* red, green, blue */
    data_set_free(&set);

    EXPECT_OK(data_set_open("names.txt", &colour, &set, &err), err);
    ck_assert_uint_eq(set.classes, 2);
    ck_assert_str_eq(set.names[0], "cat");
    ck_assert_str_eq(set.names[1], "dog");
    expect_labels((int[]){1, 0, 1});
    data_set_free(&set);

    /* a set to validate with has the classes of the one trained with, whichever pictures it has */
    static const char *const known[] = {"ape", "cat", "dog"};
    struct data_set_options o = colour;
    o.names = known;
    o.classes = 3;
    EXPECT_OK(data_set_open("names.txt", &o, &set, &err), err);
    expect_labels((int[]){2, 1, 2});
    data_set_free(&set);
    refuse("numbers.txt", o, ALEXCL_E_DATA, "numbers.txt, line 1: p0.ppm: label 4: the model has classes 0 to 2");
    o.names = NULL;
    refuse("numbers.txt", o, ALEXCL_E_DATA, "picture 0 is of class 4, and there are classes 0 to 2");
}
END_TEST

START_TEST(lists_without_labels_or_pictures_are_told) {
    unsigned char image[12];
    write_ppm("p.ppm", 9);
    static const char some[] = "p.ppm 1\np.ppm\n", bad[] = "p.ppm 1\n\"p.ppm 2\n", gone[] = "p.ppm 1\ngone.ppm 0\n",
                      large[] = "p.ppm 99999999999\n";
    write_file("some.txt", some, sizeof some - 1);
    write_file("bad.txt", bad, sizeof bad - 1);
    write_file("gone.txt", gone, sizeof gone - 1);
    write_file("large.txt", large, sizeof large - 1);
    refuse("some.txt", colour, ALEXCL_E_DATA, "some.txt, line 2: p.ppm has no label; write its class behind it");
    refuse("bad.txt", colour, ALEXCL_E_DATA, "bad.txt, line 2: \"p.ppm 2: a quote is not closed");
    refuse("large.txt", colour, ALEXCL_E_DATA, "large.txt, line 1: p.ppm: label 99999999999 is too large");
    refuse("p.ppm", colour, ALEXCL_E_DATA, "p.ppm has no label; put the pictures of each class in a folder");
    refuse("nowhere", colour, ALEXCL_E_DATA, "nowhere: No such file");
    struct data_set_options o = colour;
    o.targets = "y.npy";
    refuse("some.txt", o, ALEXCL_E_USAGE, "some.txt has labels of its own: --targets goes with a .npy or IDX file");
    o = colour;
    o.channels = 4;
    refuse("some.txt", o, ALEXCL_E_DATA, "pictures have 1 or 3 channels, not 4");
    o = colour;
    o.unlabelled = 1;
    EXPECT_OK(data_set_open("some.txt", &o, &set, &err), err);
    ck_assert(set.count == 2 && !set.labels);
    data_set_free(&set);
    EXPECT_OK(data_set_open("gone.txt", &colour, &set, &err), err);
    EXPECT_OK(data_set_image(&set, 0, image, &err), err);
    EXPECT_ERROR(data_set_image(&set, 1, image, &err), ALEXCL_E_DATA, "gone.txt, line 2: gone.ppm: No such file", err);
    data_set_free(&set);
}
END_TEST

/* Folders are classes by their names, also where these are numbers; the middle of a long picture is taken. */
START_TEST(a_folder_a_class) {
    unsigned char image[4], want[4] = {3, 4, 6, 7};
    mkdir("tree", 0700);
    empty_folder("tree/7");
    empty_folder("tree/12");
    write_file("tree/7/a.pgm", "P5 4 2 255\n\2\3\4\5\5\6\7\x08", 19);
    write_file("tree/12/b.pgm", "P5 2 2 255\n\1\1\1\1", 15);
    write_file("tree/12/c.txt", "no picture", 10);
    EXPECT_OK(data_set_open("tree", &grey, &set, &err), err);
    ck_assert(set.count == 2 && set.channels == 1 && set.classes == 2);
    ck_assert_str_eq(set.names[0], "12");
    ck_assert_str_eq(set.names[1], "7");
    expect_labels((int[]){0, 1});
    ck_assert_ptr_nonnull(strstr(set.note, "1 file was passed over"));
    EXPECT_OK(data_set_image(&set, 1, image, &err), err);
    ck_assert_mem_eq(image, want, 4);
    data_set_free(&set);
    struct data_set_options o = grey;
    o.names = (const char *const[]){"7", "x", "12"};
    o.classes = 3;
    EXPECT_OK(data_set_open("tree", &o, &set, &err), err);
    expect_labels((int[]){2, 0});
    data_set_free(&set);
    o.classes = 2;
    refuse("tree", o, ALEXCL_E_DATA, "b.pgm: no class is called as its folder, \"12\"");
    refuse("tree/7", grey, ALEXCL_E_DATA, "tree/7/a.pgm has no label; put the pictures of each class in a folder");
}
END_TEST

/* `count` pictures of 1 x 2 pixels, and their labels. */
static void write_mnist(const char *images, const char *labels, unsigned char count, unsigned char first) {
    unsigned char file[64] = {0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 1, 0, 0, 0, 2};
    for (unsigned char i = 0; i < 2 * count; i++) file[16 + i] = (unsigned char)(first + i);
    write_file(images, file, 16u + 2u * count);
    file[3] = 1;
    for (unsigned char i = 0; i < count; i++) file[8 + i] = i;
    write_file(labels, file, 8u + count);
}

START_TEST(files_of_mnist_are_found_by_their_names) {
    unsigned char image[6];
    empty_folder("mnist");
    write_mnist("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte", 3, 50);
    EXPECT_OK(data_set_open("mnist", &grey, &set, &err), err);
    ck_assert(set.count == 3 && set.channels == 1 && set.height == 1 && set.width == 2 && set.classes == 3);
    expect_labels((int[]){0, 1, 2});
    EXPECT_OK(data_set_image(&set, 2, image, &err), err);
    ck_assert(image[0] == 54 && image[1] == 55);
    data_set_free(&set);
    EXPECT_OK(data_set_open("mnist", &colour, &set, &err), err);
    ck_assert_int_eq(set.channels, 3);
    EXPECT_OK(data_set_image(&set, 1, image, &err), err);
    ck_assert_mem_eq(image, "\x34\x35\x34\x35\x34\x35", 6);
    data_set_free(&set);

    struct data_set_options o = grey;
    o.test = 1;
    refuse("mnist", o, ALEXCL_E_DATA,
           "mnist/t10k-images-idx3-ubyte: No such file, but mnist/train-images-idx3-ubyte is");
    write_mnist("mnist/t10k-images.idx3-ubyte", "mnist/t10k-labels.idx1-ubyte", 2, 90);
    EXPECT_OK(data_set_open("mnist", &o, &set, &err), err);
    EXPECT_OK(data_set_image(&set, 0, image, &err), err);
    ck_assert(set.count == 2 && image[0] == 90);
    data_set_free(&set);

    EXPECT_OK(data_set_open("mnist/train-images-idx3-ubyte", &grey, &set, &err), err);
    ck_assert_uint_eq(set.count, 3);
    data_set_free(&set);
    refuse("mnist/train-labels-idx1-ubyte", grey, ALEXCL_E_DATA, "has 1 dimension and holds labels; name the file");
    rename("mnist/train-labels-idx1-ubyte", "mnist/other");
    refuse("mnist", grey, ALEXCL_E_DATA, "no file of its labels is beside it");
    o = grey;
    o.targets = "mnist/other";
    EXPECT_OK(data_set_open("mnist", &o, &set, &err), err);
    expect_labels((int[]){0, 1, 2});
    data_set_free(&set);
    o.targets = "mnist/t10k-labels.idx1-ubyte";
    refuse("mnist", o, ALEXCL_E_DATA, "has labels of 2 pictures, and mnist/train-images-idx3-ubyte has 3 pictures");
    o = grey;
    o.channels = 4;
    refuse("mnist/t10k-images.idx3-ubyte", o, ALEXCL_E_DATA, "its pictures have 1 channel, and 4 are wanted");
    write_file("mnist/none-images", "\0\0\x08\3\0\0\0\0\0\0\0\1\0\0\0\2", 16);
    refuse("mnist/none-images", grey, ALEXCL_E_DATA, "holds 0 pictures of 1 x 2 pixels");
}
END_TEST

/* `count` records of CIFAR-10 whose labels count from `first`. */
static void write_cifar(const char *name, size_t count, unsigned char first) {
    unsigned char *data = calloc(count, 1 + CIFAR_FILE_PIXELS);
    for (size_t i = 0; i < count; i++) {
        data[i * (1 + CIFAR_FILE_PIXELS)] = (unsigned char)(first + i);
        memset(data + i * (1 + CIFAR_FILE_PIXELS) + 1, (int)(100 + first + i), CIFAR_FILE_PIXELS);
    }
    write_file(name, data, count * (1 + CIFAR_FILE_PIXELS));
    free(data);
}

START_TEST(files_of_cifar_stand_behind_each_other) {
    unsigned char image[CIFAR_FILE_PIXELS];
    empty_folder("cifar");
    write_cifar("cifar/data_batch_1.bin", 2, 3);
    write_cifar("cifar/data_batch_2.bin", 3, 0);
    write_cifar("cifar/test_batch.bin", 1, 9);
    EXPECT_OK(data_set_open("cifar", &colour, &set, &err), err);
    ck_assert(set.count == 5 && set.channels == 3 && set.height == 32 && set.width == 32);
    ck_assert(set.classes == 10 && !set.names);
    expect_labels((int[]){3, 4, 0, 1, 2});
    for (size_t i = 0; i < 5; i++) {
        EXPECT_OK(data_set_image(&set, i, image, &err), err);
        ck_assert(image[0] == 100 + set.labels[i] && image[3071] == image[0]);
    }
    data_set_free(&set);
    struct data_set_options o = colour;
    o.test = 1;
    static const char names[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    write_file("cifar/batches.meta.txt", names, sizeof names - 1);
    EXPECT_OK(data_set_open("cifar", &o, &set, &err), err);
    ck_assert_uint_eq(set.count, 1);
    expect_labels((int[]){9});
    ck_assert_str_eq(set.names[9], "truck");
    data_set_free(&set);
    EXPECT_OK(data_set_open("cifar/data_batch_2.bin", &colour, &set, &err), err);
    ck_assert_uint_eq(set.count, 3);
    ck_assert_str_eq(set.names[0], "airplane");
    data_set_free(&set);
    refuse("cifar", grey, ALEXCL_E_DATA, "its pictures have 3 channels, and 1 are wanted");
    o.targets = "y.npy";
    refuse("cifar", o, ALEXCL_E_USAGE, "has labels of its own");
    o.targets = NULL;
    unlink("cifar/test_batch.bin");
    refuse("cifar", o, ALEXCL_E_DATA, "cifar/test_batch.bin: No such file, but cifar/data_batch_1.bin is there");
    unsigned char *hundred = calloc(1, 3074);
    write_file("cifar/data_batch_3.bin", hundred, 3074);
    free(hundred);
    refuse("cifar", colour, ALEXCL_E_DATA, "data_batch_3.bin: has 100 classes, and the files before it 10");
}
END_TEST

/* 2 pictures of 3 channels, 4 x 5, by both layouts, as bytes and floats; more values than are converted at once. */
START_TEST(arrays_of_either_layout_and_type_are_the_same_pictures) {
    enum { SIDE = 10, ONE = 3 * SIDE * SIDE };
    static unsigned char planes[2 * ONE], last[2 * ONE];
    static float planes_f[2 * ONE], last_f[2 * ONE], got_f[ONE];
    unsigned char got[ONE];
    for (size_t i = 0; i < 2 * ONE; i++) {
        size_t in = i % ONE, to = i / ONE * ONE + in % (SIDE * SIDE) * 3 + in / (SIDE * SIDE);
        planes[i] = last[to] = (unsigned char)(i * 7);
        planes_f[i] = last_f[to] = (float)i / 8;
    }
    npy_make("y.npy", "|u1", "(2,)", "\5\1", 2);
    struct data_set_options o = {.channels = 3, .targets = "y.npy"};
    for (int floats = 0; floats < 2; floats++)
        for (int is_last = 0; is_last < 2; is_last++) {
            npy_make("x.npy", floats ? "<f4" : "|u1", is_last ? "(2, 10, 10, 3)" : "(2, 3, 10, 10)",
                     floats    ? is_last ? (void *)last_f : planes_f
                     : is_last ? (void *)last
                               : planes,
                     floats ? sizeof last_f : sizeof last);
            EXPECT_OK(data_set_open("x.npy", &o, &set, &err), err);
            ck_assert(set.count == 2 && set.channels == 3 && set.height == SIDE && set.width == SIDE);
            ck_assert(set.floats == floats && set.classes == 6);
            expect_labels((int[]){5, 1});
            EXPECT_OK(data_set_image(&set, 1, floats ? (void *)got_f : got, &err), err);
            if (floats)
                ck_assert_mem_eq(got_f, planes_f + ONE, sizeof got_f);
            else
                ck_assert_mem_eq(got, planes + ONE, sizeof got);
            data_set_free(&set);
        }
}
END_TEST

START_TEST(the_layout_of_an_array_is_told_or_asked_for) {
    static unsigned char values[18];
    for (unsigned char i = 0; i < 18; i++) values[i] = i;
    unsigned char got[18];
    npy_make("y.npy", "|u1", "(1,)", "\0", 1);
    npy_make("both.npy", "|u1", "(1, 3, 2, 3)", values, 18);
    struct data_set_options o = {.channels = 3, .targets = "y.npy"};
    refuse("both.npy", o, ALEXCL_E_DATA,
           "both.npy is 1 x 3 x 2 x 3: 3 channels may stand before the height or behind the width; --layout");
    o.layout = DATA_SET_NCHW;
    EXPECT_OK(data_set_open("both.npy", &o, &set, &err), err);
    EXPECT_OK(data_set_image(&set, 0, got, &err), err);
    ck_assert(set.height == 2 && set.width == 3 && memcmp(got, values, 18) == 0);
    data_set_free(&set);
    o.layout = DATA_SET_NHWC;
    EXPECT_OK(data_set_open("both.npy", &o, &set, &err), err);
    EXPECT_OK(data_set_image(&set, 0, got, &err), err);
    ck_assert(set.height == 3 && set.width == 2 && got[1] == 3 && got[6] == 1);
    data_set_free(&set);
    npy_make("grey.npy", "|u1", "(1, 3, 6)", values, 18); /* as Keras has MNIST */
    o = (struct data_set_options){.channels = 1, .targets = "y.npy"};
    EXPECT_OK(data_set_open("grey.npy", &o, &set, &err), err);
    ck_assert(set.height == 3 && set.width == 6);
    data_set_free(&set);
    o.channels = 2;
    refuse("both.npy", o, ALEXCL_E_DATA, "where N x 2 x height x width is wanted, or N x height x width x 2");
    refuse("grey.npy", o, ALEXCL_E_DATA, "grey.npy is 1 x 3 x 6, where");
    o = (struct data_set_options){.channels = 3, .layout = DATA_SET_NCHW};
    refuse("both.npy", o, ALEXCL_E_DATA, "its labels are not known; name them by --targets y.npy");
    npy_make("none.npy", "|u1", "(0, 3, 2, 2)", values, 0);
    refuse("none.npy", o, ALEXCL_E_DATA, "none.npy is 0 x 3 x 2 x 2, where");
}
END_TEST

/* Debian's package dataset-fashion-mnist, as one folder. */
START_TEST(fashion_mnist_is_a_data_set) {
    unsigned char image[28 * 28];
    for (int test = 0; test < 2; test++) {
        struct data_set_options o = grey;
        o.test = test;
        EXPECT_OK(data_set_open(FASHION_MNIST, &o, &set, &err), err);
        ck_assert_uint_eq(set.count, test ? 10000 : 60000);
        ck_assert_uint_eq(set.classes, 10);
        ck_assert_int_eq(set.labels[0], 9);
        ck_assert_int_eq(set.labels[1], test ? 2 : 0);
        size_t counts[10] = {0};
        for (size_t i = 0; i < set.count; i++) counts[set.labels[i]]++;
        for (size_t c = 0; c < 10; c++) ck_assert_uint_eq(counts[c], set.count / 10);
        EXPECT_OK(data_set_image(&set, set.count - 1, image, &err), err);
        data_set_free(&set);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("data_set");
    tcase_add_test(tests, lists_are_read_by_number_or_by_name);
    tcase_add_test(tests, lists_without_labels_or_pictures_are_told);
    tcase_add_test(tests, a_folder_a_class);
    tcase_add_test(tests, files_of_mnist_are_found_by_their_names);
    tcase_add_test(tests, files_of_cifar_stand_behind_each_other);
    tcase_add_test(tests, arrays_of_either_layout_and_type_are_the_same_pictures);
    tcase_add_test(tests, the_layout_of_an_array_is_told_or_asked_for);
    tcase_add_test(tests, fashion_mnist_is_a_data_set);
    return support_run(tests);
}
