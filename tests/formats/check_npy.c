/* SPDX-License-Identifier: MIT */
/* .npy files: what is written, by NumPy of any age, and by other programs; what is refused says why. */
#include <stdint.h>

#include "npy_whole.h"
#include "support_files.h"

static struct alexcl_error err;

START_TEST(npy_written_and_read) {
    float values[24];
    struct npy_writer *w;
    struct npy_whole n;
    for (int i = 0; i < 24; i++) values[i] = (float)i / 7;
    size_t shape[3] = {0, 3, 2};
    EXPECT_OK(npy_writer_open("a.npy", 3, shape, &w, &err), err);
    for (int i = 0; i < 4; i++) EXPECT_OK(npy_writer_add(w, values + 6 * i, 6, &err), err);
    EXPECT_OK(npy_writer_commit(w, &err), err);
    npy_writer_free(w);
    EXPECT_OK(npy_whole_read("a.npy", &n, &err), err);
    ck_assert_int_eq(n.dims, 3);
    ck_assert_uint_eq(n.shape[0], 4);
    ck_assert_uint_eq(n.shape[1], 3);
    ck_assert_uint_eq(n.shape[2], 2);
    ck_assert_mem_eq(n.values, values, sizeof values);
    npy_whole_free(&n);
    /* Not committed: nothing is left, and what was there stays. */
    EXPECT_OK(npy_writer_open("a.npy", 3, shape, &w, &err), err);
    EXPECT_OK(npy_writer_add(w, values, 6, &err), err);
    npy_writer_free(w);
    EXPECT_OK(npy_whole_read("a.npy", &n, &err), err);
    ck_assert_uint_eq(n.shape[0], 4);
    npy_whole_free(&n);
    /* What the disk has no room for is told before a row is written. */
    EXPECT_OK(npy_writer_open("c.npy", 3, shape, &w, &err), err);
    EXPECT_OK(npy_writer_expect(w, 4, &err), err);
#if SIZE_MAX > UINT32_MAX /* what fewer bits count may have room */
    EXPECT_ERROR(npy_writer_expect(w, (size_t)1 << 58, &err), ALEXCL_E_OTHER, "c.npy: cannot be written: No space left",
                 err);
    EXPECT_ERROR(npy_writer_expect(w, SIZE_MAX, &err), ALEXCL_E_OTHER, "make room there", err);
    npy_writer_free(w);
    size_t largest[8] = {0, SIZE_MAX, 1, SIZE_MAX, 1, SIZE_MAX, 1, SIZE_MAX}; /* and fewer digits fit */
    EXPECT_ERROR(npy_writer_open("b.npy", 8, largest, &w, &err), ALEXCL_E_OTHER, "header", err);
#else
    npy_writer_free(w);
#endif
    EXPECT_ERROR(npy_whole_read("b.npy", &n, &err), ALEXCL_E_DATA, "No such", err);
    EXPECT_ERROR(npy_writer_open("no/such/a.npy", 3, shape, &w, &err), ALEXCL_E_OTHER, "no/such/a.npy", err);
}
END_TEST

START_TEST(npy_as_numpy_writes_it) {
    static const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    struct tensor want = oracle_load("crop_a", "x");
    struct npy_whole n;
    EXPECT_OK(npy_whole_read(ORACLE_FOLDER "/crop_a/x.npy", &n, &err), err);
    ck_assert_int_eq(n.dims, want.dims);
    for (int i = 0; i < n.dims; i++) ck_assert_uint_eq(n.shape[i], (size_t)want.shape[i]);
    ck_assert_mem_eq(n.values, want.values, want.count * sizeof(float));
    npy_whole_free(&n);
    for (unsigned char format = 2; format <= 3; format++) { /* four bytes of length */
        unsigned char file[12 + sizeof header - 1 + 8] = "\x93NUMPY";
        file[6] = format;
        file[8] = sizeof header - 1;
        memcpy(file + 12, header, sizeof header - 1);
        memcpy(file + sizeof file - 8, want.values, 8);
        write_file("later.npy", file, sizeof file);
        EXPECT_OK(npy_whole_read("later.npy", &n, &err), err);
        ck_assert_uint_eq(n.count, 2);
        ck_assert_mem_eq(n.values, want.values, 8);
        npy_whole_free(&n);
    }
    oracle_free(&want);
}
END_TEST

/* A file of these values by a header as somebody wrote it. */
static void write_npy(const char *name, unsigned char format, const char *header, const float *values, size_t count) {
    unsigned char file[1024] = "\x93NUMPY";
    size_t length = strlen(header), at = format == 1 ? 10 : 12;
    file[6] = format;
    file[8] = (unsigned char)length;
    memcpy(file + at, header, length);
    memcpy(file + at + length, values, count * sizeof *values);
    write_file(name, file, at + length + count * sizeof *values);
}

/* By NumPy under Python 2, in every format, and by others that write what Python reads. */
START_TEST(npy_as_old_and_other_programs_write_it) {
    static const char *const headers[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }    \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,3L)}\n",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 3)}\n",
        "{\"descr\": '<f4', 'fortran_order': False, \"shape\": (2, 3L), }",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
        "{u'descr': u'<f4', u'fortran_order': False, u'shape': (2L, 3L), }\n",
        "{\n 'descr' :\t'<f4',\n 'fortran_order':\n False, 'shape': (\n 2,\n 3\n )\n}\n"};
    static const float values[] = {1, -2, 3.5f, 4, 5, 6};
    struct npy_whole n;
    for (unsigned char format = 1; format <= 3; format++)
        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
            write_npy("old.npy", format, headers[i], values, 6);
            EXPECT_OK(npy_whole_read("old.npy", &n, &err), err);
            ck_assert_int_eq(n.dims, 2);
            ck_assert_uint_eq(n.shape[0], 2);
            ck_assert_uint_eq(n.shape[1], 3);
            ck_assert_mem_eq(n.values, values, sizeof values);
            npy_whole_free(&n);
        }
    write_npy("old.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6L,), }", values, 6);
    EXPECT_OK(npy_whole_read("old.npy", &n, &err), err);
    ck_assert_uint_eq(n.shape[0], 6);
    npy_whole_free(&n);
}
END_TEST

/* Every type in either order of bytes and of dimensions gives the same numbers. */
START_TEST(npy_of_every_type_and_order) {
    static const struct {
        const char *type;
        size_t bytes;
        int swapped;
    } types[] = {{"<f4", 4, 0}, {">f4", 4, 1}, {"<f8", 8, 0}, {">f8", 8, 1},    {"<f2", 2, 0},
                 {">f2", 2, 1}, {"|u1", 1, 0}, {"e", 2, 0},   {"float64", 8, 0}};
    static const uint16_t halves[] = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600}; /* 1 to 6 */
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int fortran = 0; fortran < 2; fortran++) {
            unsigned char file[512] = "\x93NUMPY\x01", text[128];
            struct npy_whole n;
            int length =
                snprintf((char *)text, sizeof text, "{'descr': '%s', 'fortran_order': %s, 'shape': (1, 2, 3), }\n",
                         types[t].type, fortran ? "True" : "False");
            file[8] = (unsigned char)length;
            memcpy(file + 10, text, (size_t)length);
            for (size_t i = 0; i < 6; i++) {
                size_t place = fortran ? i / 3 + i % 3 * 2 : i;
                float narrow = (float)(i + 1);
                double wide = narrow;
                unsigned char byte = (unsigned char)(i + 1);
                const void *from = types[t].bytes == 8   ? (const void *)&wide
                                   : types[t].bytes == 4 ? (const void *)&narrow
                                   : types[t].bytes == 2 ? (const void *)&halves[i]
                                                         : &byte;
                for (size_t k = 0; k < types[t].bytes; k++)
                    file[10 + (size_t)length + place * types[t].bytes + k] =
                        ((const unsigned char *)from)[types[t].swapped ? types[t].bytes - 1 - k : k];
            }
            write_file("types.npy", file, 10 + (size_t)length + 6 * types[t].bytes);
            EXPECT_OK(npy_whole_read("types.npy", &n, &err), err);
            ck_assert_int_eq(n.dims, 3);
            ck_assert_uint_eq(n.shape[2], 3);
            for (size_t i = 0; i < 6; i++)
                ck_assert_msg(n.values[i] == (float)(i + 1), "%s: value %zu is %g", types[t].type, i,
                              (double)n.values[i]);
            npy_whole_free(&n);
        }
}
END_TEST

static void expect_bad_npy(const char *header, size_t values, const char *part) {
    unsigned char file[1024] = "\x93NUMPY\x01";
    size_t length = strlen(header);
    struct npy_whole n;
    file[8] = (unsigned char)length;
    memcpy(file + 10, header, length);
    write_file("bad.npy", file, 10 + length + 4 * values);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, part, err);
}

START_TEST(bad_npy_is_named) {
    struct npy_whole n;
    expect_bad_npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }\n", 4, "x.astype('<f4')");
    expect_bad_npy("{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }\n", 4, "x.astype('<f4')");
    expect_bad_npy("{'descr': '|b1', 'fortran_order': False, 'shape': (8,), }\n", 2, "x.astype('u1')");
    expect_bad_npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }\n", 2, "x.astype('<f4')");
    expect_bad_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 2, "bytes of values");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': None, 'shape': (2,), }\n", 2, "neither True nor False");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", 2, "bytes of values");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", 2, "bytes of values");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 8), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 2), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False}\n", 2, "lacks");
    write_file("bad.npy", "\x93NUMPY\x01\0\xff\xff", 10);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, "header", err);
    write_file("bad.npy", "\x93NUMPY\x09\0\x01\0x", 11);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, "format 9", err);
    expect_bad_npy("{'descr': '<f4x', 'fortran_order': False, 'shape': (2,), }\n", 2, "holds '<f4x'");
    expect_bad_npy("{'descr': \"<f4', 'fortran_order': False, 'shape': (2,), }\n", 2, "floats");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2LL,), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (L,), }\n", 2, "shape");
    write_file("bad.npy", "\0", 1);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, "not a .npy", err);
    write_file("bad.npy", "x", 1);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, "bad.npy: is a text, not a .npy file; numpy.save",
                 err);
    write_file("bad.npy", "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0x.npy", 35);
    EXPECT_ERROR(npy_whole_read("bad.npy", &n, &err), ALEXCL_E_DATA, "is an archive of NumPy (.npz), not a .npy file",
                 err);
    EXPECT_ERROR(npy_whole_read(".", &n, &err), ALEXCL_E_DATA, "is a folder", err);
    EXPECT_ERROR(npy_whole_read("missing.npy", &n, &err), ALEXCL_E_DATA, "No such", err);
}
END_TEST

/* Labels, as NumPy and others keep them: every type, sign and order of bytes. npy_open reads none of the integers. */
START_TEST(numbers_of_every_type) {
    static const struct {
        const char *type, *bytes;
        size_t size;
        double want[2];
    } cases[] = {
        {"|b1", "\0\1", 1, {0, 1}},
        {"|u1", "\x09\xff", 1, {9, 255}},
        {"|i1", "\x7f\xff", 1, {127, -1}},
        {"<i2", "\x02\x01\x00\x80", 2, {258, -32768}},
        {">i2", "\x01\x02\xff\xfe", 2, {258, -2}},
        {"<u2", "\x02\x01\xff\xff", 2, {258, 65535}},
        {"<i4", "\x04\x03\x02\x01\xff\xff\xff\xff", 4, {16909060, -1}},
        {">u4", "\x01\x02\x03\x04\xff\xff\xff\xff", 4, {16909060, 4294967295.0}},
        {"<i8", "\x05\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff", 8, {5, -2}},
        {"<u8", "\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80", 8, {5, 0x1p63}},
        {"<f2", "\0\x3c\0\xc0", 2, {1, -2}},
        {"<f4", "\0\0\x80\x3f\0\0\0\xc0", 4, {1, -2}},
        {"<f8", "\0\0\0\0\0\0\xf0\x3f\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8, {1, 0.1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct npy n;
        char header[96];
        double got[2];
        unsigned char file[128] = "\x93NUMPY\x01";
        int length = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
                              cases[i].type);
        file[8] = (unsigned char)length;
        memcpy(file + 10, header, (size_t)length);
        memcpy(file + 10 + length, cases[i].bytes, 2 * cases[i].size);
        write_file("numbers.npy", file, 10 + (size_t)length + 2 * cases[i].size);
        EXPECT_OK(npy_open_numbers("numbers.npy", &n, &err), err);
        npy_numbers(&n, 0, 2, got);
        ck_assert_msg(got[0] == cases[i].want[0] && got[1] == cases[i].want[1], "%s: %.17g %.17g", cases[i].type,
                      got[0], got[1]);
        npy_free(&n);
        if (cases[i].type[1] != 'f' && strcmp(cases[i].type, "|u1") != 0)
            EXPECT_ERROR(npy_open("numbers.npy", &n, &err), ALEXCL_E_DATA,
                         "floats of 2, 4 and 8 bytes are read, and bytes, which are pixels", err);
    }
    struct npy n;
    write_file("numbers.npy",
               "\x93NUMPY\x01\0\x3a\0{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }\n12345678", 10 + 58 + 8);
    EXPECT_ERROR(npy_open_numbers("numbers.npy", &n, &err), ALEXCL_E_DATA,
                 "holds '<c8'; numbers are read: y.astype('i4')", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("npy");
    tcase_add_test(tests, npy_written_and_read);
    tcase_add_test(tests, npy_as_numpy_writes_it);
    tcase_add_test(tests, npy_as_old_and_other_programs_write_it);
    tcase_add_test(tests, npy_of_every_type_and_order);
    tcase_add_test(tests, bad_npy_is_named);
    tcase_add_test(tests, numbers_of_every_type);
    return support_run(tests);
}
