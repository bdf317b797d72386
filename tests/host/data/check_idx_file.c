/* SPDX-License-Identifier: MIT */
/* IDX files, plain and gzipped: read whole, and refused in every way in which they can be damaged. */
#include <zlib.h>

#include "hash.h"
#include "idx_file.h"
#include "support_files.h"

static struct alexcl_error err;

static void write_gzip(const char *name, const void *data, size_t length) {
    gzFile f = gzopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(gzwrite(f, data, (unsigned)length), (int)length);
    ck_assert_int_eq(gzclose(f), Z_OK);
}

/* 2 pictures of 3 x 2, whose pixels are 1 to 12. */
enum { PICTURES = 16 + 12 };
static const unsigned char pictures[PICTURES + 1] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3,  0,  0,
                                                     0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

START_TEST(pictures_and_labels_are_read_gzipped_or_not) {
    struct idx_file idx;
    write_file("plain", pictures, PICTURES);
    write_gzip("gzipped", pictures, PICTURES);
    for (int i = 0; i < 2; i++) {
        EXPECT_OK(idx_file_read(i ? "gzipped" : "plain", &idx, &err), err);
        ck_assert_int_eq(idx.dims, 3);
        ck_assert_uint_eq(idx.count, 12);
        ck_assert(idx.shape[0] == 2 && idx.shape[1] == 3 && idx.shape[2] == 2);
        ck_assert_mem_eq(idx.values, pictures + 16, 12);
        idx_file_free(&idx);
    }
    write_file("labels", "\0\0\x08\1\0\0\0\3\7\0\2", 11);
    EXPECT_OK(idx_file_read("labels", &idx, &err), err);
    ck_assert(idx.dims == 1 && idx.count == 3 && memcmp(idx.values, "\7\0\2", 3) == 0);
    idx_file_free(&idx);
    ck_assert_ptr_null(idx.values);
}
END_TEST

/* More than one call of gzread's looks at, and than the first piece that is read. */
START_TEST(a_large_file_is_read_whole) {
    enum { SIDE = 1000, LENGTH = 16 + SIDE * SIDE };
    unsigned char *file = calloc(1, LENGTH);
    memcpy(file, "\0\0\x08\3\0\0\0\1\0\0\3\xe8\0\0\3\xe8", 16);
    for (size_t i = 0; i < SIDE * SIDE; i++) file[16 + i] = (unsigned char)(i * i % 251);
    write_gzip("large.gz", file, LENGTH);
    write_file("large", file, LENGTH);
    for (int i = 0; i < 2; i++) {
        struct idx_file idx;
        EXPECT_OK(idx_file_read(i ? "large" : "large.gz", &idx, &err), err);
        ck_assert_uint_eq(idx.count, SIDE * SIDE);
        ck_assert_mem_eq(idx.values, file + 16, idx.count);
        idx_file_free(&idx);
    }
    free(file);
}
END_TEST

/* `length` bytes must be refused with `message`, in a plain file, and with `packed` in a gzipped one. */
static void refuse(const void *bytes, size_t length, const char *message, const char *packed) {
    struct idx_file idx;
    write_file("bad", bytes, length);
    EXPECT_ERROR(idx_file_read("bad", &idx, &err), ALEXCL_E_DATA, message, err);
    ck_assert_ptr_null(idx.values);
    write_gzip("bad.gz", bytes, length);
    EXPECT_ERROR(idx_file_read("bad.gz", &idx, &err), ALEXCL_E_DATA, packed, err);
    ck_assert_ptr_null(idx.values);
}

START_TEST(damaged_files_are_refused_with_what_is_wrong) {
    struct {
        const char *bytes;
        size_t length;
        const char *message, *packed;
    } cases[] = {
        {"", 0, "bad: the file is empty", "bad.gz: unpacked, the file is empty"},
        {"\0\0\x08", 3, "bad: is not an IDX file", "bad.gz: unpacked, is not an IDX file"},
        {"\0\0\x07\1\0\0\0\1\5", 9, "is not an IDX file, which begins with 00 00 08", "is not an IDX file"},
        {"\0\1\x08\1\0\0\0\1\5", 9, "is not an IDX file", "is not an IDX file"},
        {"a.png 1\n", 8, "bad: is a text, not an IDX file", "bad.gz: is unpacked, a text, not an IDX file"},
        {"\0\0\x0d\1\0\0\0\1\0\0\0\0", 12, "holds floats of 4 bytes; bytes are read", "holds floats of 4 bytes"},
        {"\0\0\x0c\1\0\0\0\1\0\0\0\0", 12, "holds integers of 4 bytes; bytes are read", "holds integers of 4 bytes"},
        {"\0\0\x08\0", 4, "has 0 dimensions; labels have 1, pictures 3", "has 0 dimensions"},
        {"\0\0\x08\4\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\5", 21, "has 4 dimensions", "has 4 dimensions"},
        {"\0\0\x08\3\0\0\0\1\0\0", 10, "ends in its header, at 10 of 16 bytes", "ends in its header, at 10 of 16"},
        {"\0\0\x08\1\0\0\0\3\5\5", 10, "has 2 bytes of values where its header wants 3",
         "unpacks to 2 bytes of values where its header wants 3"},
        {"\0\0\x08\1\0\0\0\1\5\5", 10, "has 2 bytes of values where its header wants 1",
         "unpacks to more than the 1 bytes of values that its header wants"},
        {"\0\0\x08\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, "its header tells of more than 8 GiB",
         "its header tells of more than 8 GiB"},
        {"\0\0\x08\2\0\1\0\0\0\1\0\0", 12, "has 0 bytes of values where its header wants 4294967296",
         "wants 4294967296 bytes of values, more than a gzip file of"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(cases[i].bytes, cases[i].length, cases[i].message, cases[i].packed);
}
END_TEST

/* Bytes behind the values, also where all that was read at once is the values. */
START_TEST(trailing_bytes_are_refused) {
    enum { LENGTH = 4096 + 1 };
    struct idx_file idx;
    unsigned char *file = calloc(1, LENGTH);
    memcpy(file, "\0\0\x08\1\0\0\x0f\xf8", 8); /* 4088 values */
    write_gzip("long.gz", file, LENGTH);
    EXPECT_ERROR(idx_file_read("long.gz", &idx, &err), ALEXCL_E_DATA, "unpacks to more than the 4088 bytes", err);
    write_gzip("long.gz", file, LENGTH - 1);
    EXPECT_OK(idx_file_read("long.gz", &idx, &err), err);
    idx_file_free(&idx);
    free(file);
}
END_TEST

START_TEST(damaged_gzip_is_refused_with_what_is_wrong) {
    struct idx_file idx;
    size_t length;
    write_gzip("good.gz", pictures, PICTURES);
    unsigned char *file = read_file("good.gz", &length);
    for (size_t cut = 18; cut < length; cut++) { /* its header is whole */
        write_file("cut.gz", file, cut);
        EXPECT_ERROR(idx_file_read("cut.gz", &idx, &err), ALEXCL_E_DATA, "the gzip file ends too early", err);
    }
    file[length - 8] ^= 1; /* the checksum */
    write_file("bad.gz", file, length);
    EXPECT_ERROR(idx_file_read("bad.gz", &idx, &err), ALEXCL_E_DATA, "the gzip file is damaged", err);
    free(file);
    EXPECT_ERROR(idx_file_read("nowhere.gz", &idx, &err), ALEXCL_E_DATA, "nowhere.gz: No such file", err);
    EXPECT_ERROR(idx_file_read(".", &idx, &err), ALEXCL_E_DATA, "is a folder; name an IDX file", err);
}
END_TEST

/* Debian's package dataset-fashion-mnist: the real files, to the bit. */
START_TEST(fashion_mnist_is_read_whole) {
    static const struct {
        const char *name;
        int dims;
        size_t images;
        const char *sha256, first[10];
    } files[] = {
        {"train-images-idx3-ubyte.gz",
         3,
         60000,
         "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
         {0}},
        {"train-labels-idx1-ubyte.gz",
         1,
         60000,
         "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
         {9, 0, 0, 3, 0, 2, 7, 2, 5, 5}},
        {"t10k-images-idx3-ubyte.gz",
         3,
         10000,
         "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
         {0}},
        {"t10k-labels-idx1-ubyte.gz",
         1,
         10000,
         "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
         {9, 2, 1, 1, 6, 1, 4, 6, 5, 7}},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct idx_file idx;
        unsigned char hash[HASH_BYTES];
        char path[256], hex[HASH_HEX];
        snprintf(path, sizeof path, FASHION_MNIST "/%s", files[i].name);
        EXPECT_OK(idx_file_read(path, &idx, &err), err);
        ck_assert_int_eq(idx.dims, files[i].dims);
        ck_assert_uint_eq(idx.shape[0], files[i].images);
        ck_assert(idx.dims == 1 || (idx.shape[1] == 28 && idx.shape[2] == 28));
        ck_assert_mem_eq(idx.values, files[i].first, sizeof files[i].first);
        hash_sha256(idx.values, idx.count, hash);
        hash_to_hex(hash, hex);
        ck_assert_str_eq(hex, files[i].sha256);
        idx_file_free(&idx);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("idx_file");
    tcase_add_test(tests, pictures_and_labels_are_read_gzipped_or_not);
    tcase_add_test(tests, a_large_file_is_read_whole);
    tcase_add_test(tests, damaged_files_are_refused_with_what_is_wrong);
    tcase_add_test(tests, trailing_bytes_are_refused);
    tcase_add_test(tests, damaged_gzip_is_refused_with_what_is_wrong);
    tcase_add_test(tests, fashion_mnist_is_read_whole);
    return support_run(tests);
}
