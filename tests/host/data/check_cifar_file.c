/* SPDX-License-Identifier: MIT */
/* Files of CIFAR-10 and CIFAR-100, made byte by byte: told apart, read, and refused. */
#include "cifar_file.h"
#include "support_files.h"

static struct alexcl_error err;

/* `count` records: labels hang on their number, pixels on theirs. free() it. */
static unsigned char *make_records(size_t count, size_t labels, size_t *length) {
    size_t record = labels + CIFAR_FILE_PIXELS;
    unsigned char *data = malloc(count * record);
    for (size_t i = 0; i < count; i++) {
        unsigned char *at = data + i * record;
        if (labels == 2) *at++ = (unsigned char)(i % 20);
        *at++ = (unsigned char)(i * 7 % (labels == 2 ? 100 : 10));
        for (size_t p = 0; p < CIFAR_FILE_PIXELS; p++) at[p] = (unsigned char)(200 + (i + p * 3) % 50);
    }
    *length = count * record;
    return data;
}

static void check_read(size_t count, size_t labels, int classes) {
    struct cifar_file cifar;
    size_t length;
    unsigned char *data = make_records(count, labels, &length);
    write_file("cifar.bin", data, length);
    EXPECT_OK(cifar_file_read("cifar.bin", &cifar, &err), err);
    ck_assert_uint_eq(cifar.count, count);
    ck_assert_int_eq(cifar.classes, classes);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(cifar_file_label(&cifar, i), (int)(i * 7 % (size_t)classes));
        ck_assert_mem_eq(cifar_file_pixels(&cifar, i), data + i * (length / count) + labels, CIFAR_FILE_PIXELS);
    }
    cifar_file_free(&cifar);
    free(data);
}

START_TEST(both_sets_are_read) {
    check_read(1, 1, 10);
    check_read(13, 1, 10);
    check_read(1, 2, 100);
    check_read(120, 2, 100);
}
END_TEST

/* 3074 records of the one have the length of 3073 of the other. */
START_TEST(labels_tell_where_the_length_fits_both) {
    check_read(3074, 1, 10);
    check_read(3073, 2, 100);
}
END_TEST

START_TEST(damaged_files_are_refused_with_what_is_wrong) {
    struct cifar_file cifar;
    size_t length;
    unsigned char *data = make_records(3, 1, &length);
    data[2 * 3073] = 10;
    write_file("bad.bin", data, length);
    EXPECT_ERROR(cifar_file_read("bad.bin", &cifar, &err), ALEXCL_E_DATA,
                 "bad.bin: picture 2 has a label that none of CIFAR-10's classes has", err);
    ck_assert_ptr_null(cifar.records);
    for (int more = -1; more < 2; more += 2) {
        write_file("bad.bin", data, more < 0 ? length - 1 : length);
        FILE *f = fopen("bad.bin", "ab");
        if (more > 0) fputc(0, f);
        fclose(f);
        EXPECT_ERROR(cifar_file_read("bad.bin", &cifar, &err), ALEXCL_E_DATA, "are no whole number of CIFAR-10's", err);
    }
    free(data);
    for (size_t label = 0; label < 2; label++) { /* the coarse one, the fine one */
        data = make_records(2, 2, &length);
        data[3074 + label] = label ? 100 : 20;
        write_file("bad.bin", data, length);
        EXPECT_ERROR(cifar_file_read("bad.bin", &cifar, &err), ALEXCL_E_DATA,
                     "picture 1 has a label that none of CIFAR-100's classes has", err);
        free(data);
    }
    write_file("bad.bin", "", 0);
    EXPECT_ERROR(cifar_file_read("bad.bin", &cifar, &err), ALEXCL_E_DATA, "bad.bin: the file is empty", err);
    write_file("bad.bin", "\x1f\x8b\x08\0\0\0\0\0", 8);
    EXPECT_ERROR(cifar_file_read("bad.bin", &cifar, &err), ALEXCL_E_DATA,
                 "is a gzip archive, not a file of CIFAR; gunzip", err);
    EXPECT_ERROR(cifar_file_read("nowhere.bin", &cifar, &err), ALEXCL_E_DATA, "nowhere.bin: No such file", err);
    EXPECT_ERROR(cifar_file_read(".", &cifar, &err), ALEXCL_E_DATA, "is a folder; name a file of CIFAR", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("cifar_file");
    tcase_add_test(tests, both_sets_are_read);
    tcase_add_test(tests, labels_tell_where_the_length_fits_both);
    tcase_add_test(tests, damaged_files_are_refused_with_what_is_wrong);
    return support_run(tests);
}
