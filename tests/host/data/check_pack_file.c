/* SPDX-License-Identifier: MIT */
/* Packed data sets: the pictures and classes that were packed, whatever wants them; and what is no such file. */
#include <sys/stat.h>
#include <unistd.h>

#include "npy_make.h"
#include "pack_file.h"
#include "pack_write.h"

enum { COUNT = 300 /* more than a block */, SIDE = 3 };

static struct alexcl_error err;
static struct data_set set, packed;

/* COUNT pictures of `channels` as x.npy, picture i of class i % 7, packed into x.pack. */
static void pack_array(int channels) {
    static unsigned char bytes[COUNT * 3 * SIDE * SIDE];
    int64_t labels[COUNT];
    char shape[64];
    size_t size = (size_t)(COUNT * channels * SIDE * SIDE);
    for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(i * 31 + i / 251);
    for (int i = 0; i < COUNT; i++) labels[i] = i % 7;
    snprintf(shape, sizeof shape, "(%d, %d, %d, %d)", COUNT, channels, SIDE, SIDE);
    npy_make("x.npy", "|u1", shape, bytes, size);
    npy_make("y.npy", "<i8", "(300,)", labels, sizeof labels);
    struct data_set_options o = {.targets = "y.npy", .layout = DATA_SET_NCHW};
    EXPECT_OK(data_set_open("x.npy", &o, &set, &err), err);
    ck_assert_int_eq(set.channels, channels);
    EXPECT_OK(pack_write("x.pack", &set, NULL, &err), err);
}

START_TEST(pictures_and_classes_are_those_that_were_packed) {
    unsigned char want[3 * SIDE * SIDE], got[3 * SIDE * SIDE];
    for (int channels = 1; channels <= 3; channels += 2)
        for (int wanted = 0; wanted <= 3; wanted++) {
            pack_array(channels);
            struct data_set_options o = {.channels = wanted};
            if (wanted == 2 || (wanted == 1 && channels == 3)) {
                EXPECT_ERROR(data_set_open("x.pack", &o, &packed, &err), ALEXCL_E_DATA, "are wanted", err);
                data_set_free(&set);
                continue;
            }
            EXPECT_OK(data_set_open("x.pack", &o, &packed, &err), err);
            ck_assert(packed.count == COUNT && packed.classes == 7 && !packed.floats && !packed.names);
            ck_assert(packed.height == SIDE && packed.width == SIDE && !packed.note);
            ck_assert_int_eq(packed.channels, wanted ? wanted : channels);
            size_t plane = SIDE * SIDE;
            for (size_t i = 0; i < COUNT; i++) {
                EXPECT_OK(data_set_image(&set, i, want, &err), err);
                EXPECT_OK(data_set_image(&packed, i, got, &err), err);
                for (int c = 0; c < packed.channels; c++)
                    ck_assert_mem_eq(got + (size_t)c * plane, want + (channels == 1 ? 0 : (size_t)c * plane), plane);
                ck_assert_int_eq(packed.labels[i], set.labels[i]);
            }
            data_set_free(&packed);
            data_set_free(&set);
        }
}
END_TEST

START_TEST(classes_go_by_their_names) {
    static const char list[] = "p.ppm dog\np.ppm cat\np.ppm dog\n";
    static const char *const names[] = {"bird", "cat", "dog"}, *const others[] = {"bird", "dog"};
    unsigned char file[11 + 12] = "P6 2 2 255\n";
    write_file("p.ppm", file, sizeof file);
    write_file("list.txt", list, sizeof list - 1);
    struct data_set_options o = {.side = 2};
    EXPECT_OK(data_set_open("list.txt", &o, &set, &err), err);
    ck_assert_str_eq(data_set_file(&set, 0), "list.txt");
    EXPECT_OK(pack_write("x.pack", &set, NULL, &err), err);
    EXPECT_OK(data_set_open("x.pack", &o, &packed, &err), err);
    ck_assert(packed.classes == 2 && packed.channels == 3 && packed.names);
    ck_assert_str_eq(packed.names[1], "dog");
    ck_assert(packed.labels[0] == 1 && packed.labels[1] == 0 && packed.labels[2] == 1);
    data_set_free(&packed);
    o.names = names;
    o.classes = 3;
    EXPECT_OK(data_set_open("x.pack", &o, &packed, &err), err);
    ck_assert(packed.labels[0] == 2 && packed.labels[1] == 1 && packed.classes == 3);
    data_set_free(&packed);
    o.names = others;
    o.classes = 2;
    EXPECT_ERROR(data_set_open("x.pack", &o, &packed, &err), ALEXCL_E_DATA, "no class is called \"cat\"", err);
    data_set_free(&set);
}
END_TEST

START_TEST(it_is_refused_where_a_source_has_changed) {
    struct data_set_options o = {0};
    pack_array(3);
    data_set_free(&set);
    write_file("y.npy", "x", 1);
    EXPECT_ERROR(data_set_open("x.pack", &o, &packed, &err), ALEXCL_E_DATA, "y.npy, which has changed since", err);
    ck_assert_int_eq(unlink("y.npy"), 0);
    EXPECT_OK(data_set_open("x.pack", &o, &packed, &err), err);
    ck_assert_str_eq(packed.note, "1 of the 2 files that it was made of are not there: taken as it is");
    data_set_free(&packed);
}
END_TEST

/* A file whose header is this text, with so many bytes behind it. */
static void expect_damaged(const char *header, size_t data, const char *message) {
    struct pack_file p;
    unsigned char file[2000] = {0};
    uint64_t length = strlen(header);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, length);
    write_file("bad.pack", file, 8 + length + data);
    int status = pack_file_open("bad.pack", &p, &err);
    if (message) {
        EXPECT_ERROR(status, ALEXCL_E_DATA, message, err);
        return;
    }
    EXPECT_OK(status, err);
    pack_file_free(&p);
}

#define HEADER(version, classes, sources, more, labels, pictures)                                                      \
    "{\"__metadata__\":{\"alexcl.pack\":\"" version "\",\"pack.classes\":\"" classes "\",\"pack.sources\":\"" sources  \
    "\"" more "},\"labels\":{\"dtype\":\"I32\"," labels "},\"pictures\":{\"dtype\":\"U8\"," pictures "}}"
#define LABELS "\"shape\":[2],\"data_offsets\":[0,8]"
#define PICTURES "\"shape\":[2,1,2,3],\"data_offsets\":[8,20]"

START_TEST(what_is_damaged_is_told) {
    struct pack_file p;
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, PICTURES), 20, NULL);
    expect_damaged(HEADER("2", "4", "[]", "", LABELS, PICTURES), 20, "packed by another alexcl");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, PICTURES), 19, "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, PICTURES), 21, "its header");
    expect_damaged(HEADER("1", "0", "[]", "", LABELS, PICTURES), 20, "a label");
    expect_damaged(HEADER("1", "9999999", "[]", "", LABELS, PICTURES), 20, "its header");
    expect_damaged(HEADER("1", "4", "", "", LABELS, PICTURES), 20, "its sources");
    expect_damaged(HEADER("1", "4", "[[1,2]]", "", LABELS, PICTURES), 20, "its sources");
    expect_damaged(HEADER("1", "4", "[]", ",\"pack.names\":\"[1]\"", LABELS, PICTURES), 20, "its classes");
    expect_damaged(HEADER("1", "4", "[]", "", "\"shape\":[1],\"data_offsets\":[0,4]", PICTURES), 20, "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, "\"shape\":[2,2,2,3],\"data_offsets\":[8,32]"), 32, "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, "\"shape\":[2,1,2,-3],\"data_offsets\":[8,20]"), 20,
                   "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, "\"shape\":[2,3,1000000,1000000],\"data_offsets\":[8,20]"), 20,
                   "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, "\"shape\":[2,1,2,3],\"data_offsets\":[0,12]"), 20, "its header");
    expect_damaged(HEADER("1", "4", "[]", "", LABELS, "\"shape\":[2,1,2,3],\"data_offsets\":[8,30]"), 20, "its header");
    expect_damaged("{\"__metadata__\":{\"alexcl.pack\":\"1\"", 20, "its header");
    write_file("bad.pack", "", 0);
    EXPECT_ERROR(pack_file_open("bad.pack", &p, &err), ALEXCL_E_DATA, "its beginning", err);
    unsigned char file[60] = {0};
    memset(file, 0xff, 8);
    memcpy(file + 8, "{\"__metadata__\":{\"alexcl.pack\":", 31);
    write_file("bad.pack", file, sizeof file);
    EXPECT_ERROR(pack_file_open("bad.pack", &p, &err), ALEXCL_E_DATA, "the length of its header", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("pack_file");
    tcase_add_test(tests, pictures_and_classes_are_those_that_were_packed);
    tcase_add_test(tests, classes_go_by_their_names);
    tcase_add_test(tests, it_is_refused_where_a_source_has_changed);
    tcase_add_test(tests, what_is_damaged_is_told);
    return support_run(tests);
}
