/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counter_rng.h"
#include "safetensors.h"
#include "support.h"
#include "weight_files.h"

static const char GOOD[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                           "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                           "\"half\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[24,32]},"
                           "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807],\"data_offsets\":[32,32]},"
                           "\"one\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[32,34]}}  ";
enum { GOOD_DATA = 34 };

/* Parses a copy on the heap of exactly this length, so that a sanitizer sees a read behind it; reads every value. */
static int parse(const unsigned char *bytes, size_t length, struct alexcl_error *err) {
    unsigned char *copy = malloc(length ? length : 1);
    ck_assert(copy != NULL);
    if (length) memcpy(copy, bytes, length);
    struct source *s = NULL;
    int status = source_parse(copy, length, "f", &s, err);
    for (size_t i = 0; status == ALEXCL_OK && i < s->tensor_count; i++) {
        const struct source_tensor *t = &s->tensors[i];
        ck_assert(source_find(s, t->name) != NULL);
        if (t->type == SOURCE_OTHER) continue;
        size_t values = t->bytes / source_width(t->type);
        float *read = support_floats(values);
        source_read(t, 0, values, read);
        free(read);
    }
    source_free(s);
    free(copy);
    return status;
}

static int parse_header(const char *header, size_t data_length, struct alexcl_error *err) {
    size_t length;
    unsigned char *bytes = weight_file_bytes(header, NULL, data_length, &length);
    int status = parse(bytes, length, err);
    free(bytes);
    return status;
}

START_TEST(a_good_file_is_read) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    size_t length;
    float a[6] = {1, -2, 0.5f, 1e-30f, 3, 4}, read[6];
    unsigned char data[GOOD_DATA] = {0};
    memcpy(data, a, sizeof a);
    memcpy(data + 24, "\x00\x3c\x00\xc0\x01\x00\x00\x7c", 8); /* 1, -2, 2^-24, infinity */
    memcpy(data + 32, "\x80\xbf", 2);                         /* -1 */
    unsigned char *bytes = weight_file_bytes(GOOD, data, sizeof data, &length);
    EXPECT_OK(source_open(weight_file_write(bytes, length), &s, &err), err);
    ck_assert_uint_eq(s->tensor_count, 4);
    const struct source_tensor *t = source_find(s, "a");
    ck_assert(t && t->dims == 2 && t->shape[0] == 2 && t->shape[1] == 3 && t->type == SOURCE_F32);
    source_read(t, 1, 5, read);
    ck_assert_mem_eq(read, a + 1, 5 * sizeof *a);
    source_read(source_find(s, "half"), 0, 4, read);
    ck_assert(read[0] == 1 && read[1] == -2 && read[2] == 0x1p-24f && isinf(read[3]));
    source_read(source_find(s, "one"), 0, 1, read);
    ck_assert(read[0] == -1);
    ck_assert(source_find(s, "b") == NULL);
    ck_assert_uint_eq(s->pair_count, 1);
    ck_assert(strcmp(s->pairs[0].key, "format") == 0 && strcmp(s->pairs[0].value, "pt") == 0);
    source_free(s);
    free(bytes);
    weight_files_remove();
}
END_TEST

START_TEST(values_stand_in_place_where_they_are_aligned) {
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    struct alexcl_error err = {0};
    int in_place = 0;
    for (int pad = 0; pad < 4; pad++) { /* trailing spaces move the data to every alignment */
        char text[sizeof header + 4];
        snprintf(text, sizeof text, "%s%.*s", header, pad, "    ");
        float values[2] = {7, 8}, read[2];
        size_t length;
        struct source *s = NULL;
        unsigned char *bytes = weight_file_bytes(text, values, sizeof values, &length);
        EXPECT_OK(source_open(weight_file_write(bytes, length), &s, &err), err);
        const float *there = source_in_place(&s->tensors[0], 1);
        if (there) {
            in_place++;
            ck_assert(*there == 8);
        }
        source_read(&s->tensors[0], 0, 2, read);
        ck_assert(read[0] == 7 && read[1] == 8);
        source_free(s);
        free(bytes);
    }
    ck_assert_int_eq(in_place, 1);
    weight_files_remove();
}
END_TEST

/* binary16 by its definition (IEEE 754-2008, 3.4), in double. */
START_TEST(every_half_is_converted) {
    for (uint32_t bits = 0; bits < 65536; bits++) {
        unsigned char data[2] = {(unsigned char)bits, (unsigned char)(bits >> 8)};
        struct source_tensor half = {.type = SOURCE_F16, .data = data, .bytes = 2},
                             brain = {.type = SOURCE_BF16, .data = data, .bytes = 2};
        float got, sign = bits >> 15 ? -1 : 1;
        int exponent = bits >> 10 & 31, fraction = bits & 1023;
        source_read(&half, 0, 1, &got);
        if (exponent == 31)
            ck_assert(fraction ? isnan(got) : isinf(got) && got * sign > 0);
        else
            ck_assert(got ==
                          (float)(sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24))) &&
                      signbit(got) == signbit(sign));
        exponent = bits >> 7 & 255, fraction = bits & 127;
        source_read(&brain, 0, 1, &got);
        if (exponent == 255)
            ck_assert(fraction ? isnan(got) : isinf(got) && got * sign > 0);
        else
            ck_assert(got ==
                          (float)(sign * (exponent ? ldexp(128 + fraction, exponent - 134) : ldexp(fraction, -133))) &&
                      signbit(got) == signbit(sign));
    }
}
END_TEST

START_TEST(float64_is_rounded) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    size_t length;
    double values[3] = {1.0 / 3, -1e-310, 1e300};
    float read[3];
    unsigned char *bytes =
        weight_file_bytes("{\"a\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]}}", values, 24, &length);
    EXPECT_OK(source_parse(bytes, length, "f", &s, &err), err);
    ck_assert(s->tensors[0].type == SOURCE_F64 && source_in_place(&s->tensors[0], 0) == NULL);
    source_read(&s->tensors[0], 0, 3, read);
    ck_assert(read[0] == (float)(1.0 / 3) && read[1] == 0 && signbit(read[1]) && isinf(read[2]));
    source_read(&s->tensors[0], 2, 1, read);
    ck_assert(isinf(read[0]));
    source_free(s);
    free(bytes);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused) {
    struct alexcl_error err = {0};
    size_t length;
    unsigned char *bytes = weight_file_bytes(GOOD, NULL, GOOD_DATA, &length);
    EXPECT_OK(parse(bytes, length, &err), err);
    for (size_t cut = 0; cut < length; cut++) {
        ck_assert_msg(parse(bytes, cut, &err) == ALEXCL_E_DATA, "cut to %zu of %zu bytes: accepted", cut, length);
        ck_assert(err.text[0]);
        err = (struct alexcl_error){0};
    }
    free(bytes);
}
END_TEST

static const struct {
    const char *header;
    size_t data;
    const char *says;
} wrong[] = {
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
     "offsets\":[4,12]}}",
     12, "overlaps"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
     "offsets\":[0,8]}}",
     8, "overlaps"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "hole"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
     "offsets\":[12,20]}}",
     20, "hole"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 9, "1 bytes behind the last tensor"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, "cut short"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "do not fit its shape and dtype"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "do not fit its shape and dtype"},
    {"{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype \"F33\" is none of the format's"},
    {"{\"a\":{\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, "not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}", 8, "not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "not an object of dtype"},
    {"{\"a\":[1,2]}", 8, "not an object of dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "not a whole number"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "not a whole number"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}", 8, "not a whole number"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
     "more values than can be counted"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
     "more values than can be counted"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "not a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "not a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8.5]}}", 8, "not a begin and an end"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", 8, "cut short"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551616]}}", 8, "not JSON"},
    {"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "do not fit its shape and dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_"
     "offsets\":[8,8]}}",
     8, "duplicate"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "duplicate"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "duplicate"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "metadata is not an object of texts"},
    {"{\"__metadata__\":\"k\"}", 0, "metadata is not an object of texts"},
    {"{\"\\u0000\":{}}", 0, "not JSON"},
    {"{\"\xff\":{}}", 0, "not JSON"},
    {"{} trailing", 0, "not JSON"},
    {"[]", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"", 0, "does not begin with '{'"},
};

START_TEST(every_wrong_header_is_refused_by_name) {
    struct alexcl_error err = {0};
    EXPECT_ERROR(parse_header(wrong[_i].header, wrong[_i].data, &err), ALEXCL_E_DATA, wrong[_i].says, err);
}
END_TEST

START_TEST(header_lengths_are_bounded) {
    struct alexcl_error err = {0};
    unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, '{', '}'};
    EXPECT_ERROR(parse(bytes, 16, &err), ALEXCL_E_DATA, "more than the format's 100 MB", err);
    memset(bytes, 0xff, 8);
    EXPECT_ERROR(parse(bytes, 16, &err), ALEXCL_E_DATA,
                 "more than the format's 100 MB; is it a safetensors file, and complete?", err);
    memset(bytes, 0, 8);
    bytes[0] = 9;
    EXPECT_ERROR(parse(bytes, 16, &err), ALEXCL_E_DATA, "more than the file has", err);
    EXPECT_ERROR(parse((const unsigned char *)"\x11\0\0\0\0\0\0\0{\"a\":", 13, &err), ALEXCL_E_DATA,
                 "its header of 17 bytes is more than the file has: it is cut short", err);
    static const unsigned char torch[] =
        "PK\3\4\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0archive/data.pklFB";
    EXPECT_ERROR(parse(torch, sizeof torch - 1, &err), ALEXCL_E_DATA,
                 "f: as a zip archive it is damaged (libzip: ", err);
    static const char *const others[][2] = {
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 244408336\n",
         "is a Git LFS pointer, not the file itself, no file of weights that is read; git lfs pull"},
        {"{\n  \"weight_map\": {\"conv1.weight\": \"a.safetensors\"}}", "index of weights in several files"},
        {"name: \"AlexNet\"\n", "is a text, no file of weights that is read; name a file of weights"},
        {"abc", "is a text, no file of weights that is read"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        EXPECT_ERROR(parse((const unsigned char *)others[i][0], strlen(others[i][0]), &err), ALEXCL_E_DATA,
                     others[i][1], err);
    size_t length = 8 + 100000; /* a tower of objects must not overflow the stack */
    char *tower = malloc(length + 1);
    ck_assert(tower != NULL);
    for (size_t i = 0; i < length; i += 5) memcpy(tower + i, "{\"a\":", i + 5 <= length ? 5 : length - i);
    tower[length] = '\0';
    EXPECT_ERROR(parse_header(tower, 0, &err), ALEXCL_E_DATA, "not JSON", err);
    free(tower);
}
END_TEST

START_TEST(texts_of_a_file_reach_no_terminal_as_they_are) {
    struct alexcl_error err = {0};
    EXPECT_ERROR(parse_header("{\"a\\u001b[31m\\n\":{}}", 0, &err), ALEXCL_E_DATA, "tensor a?[31m?:", err);
    char shown[SOURCE_SHOWN], text[400];
    memset(text, 'x', sizeof text);
    text[399] = '\0';
    ck_assert_uint_eq(strlen(source_show(text, shown)), SOURCE_SHOWN - 1);
    ck_assert_str_eq(shown + SOURCE_SHOWN - 4, "...");
}
END_TEST

/* Bytes changed at random: accepted or refused, but nothing is read outside the file. */
START_TEST(damaged_files_do_no_harm) {
    enum { TRIES = 20000 };
    size_t length;
    unsigned char *good = weight_file_bytes(GOOD, NULL, GOOD_DATA, &length), *bad = malloc(length);
    ck_assert(bad != NULL);
    uint64_t key = counter_rng_key(1, "check_safetensors");
    int accepted = 0;
    for (uint64_t i = 0; i < TRIES; i++) {
        struct alexcl_error err = {0};
        memcpy(bad, good, length);
        for (uint32_t k = 0; k < 1 + counter_rng_int(key, i * 16, 3); k++) {
            static const char likely[] = "0123456789-.[]{}\",:eF \\";
            uint32_t at = counter_rng_int(key, i * 16 + 1 + k * 3, (uint32_t)length),
                     with = counter_rng_raw(key, i * 16 + 2 + k * 3);
            bad[at] = i % 2 ? (unsigned char)with : (unsigned char)likely[with % (sizeof likely - 1)];
        }
        size_t cut = i % 8 ? length : counter_rng_int(key, i * 16 + 15, (uint32_t)length + 1);
        int status = parse(bad, cut, &err);
        ck_assert_msg(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]), "status %d", status);
        accepted += status == ALEXCL_OK;
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_lt(accepted, TRIES / 2);
    free(good);
    free(bad);
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    char name[64];
    EXPECT_ERROR(source_open("absent.safetensors", &s, &err), ALEXCL_E_DATA, "absent.safetensors: No such file", err);
    EXPECT_ERROR(source_open(".", &s, &err), ALEXCL_E_DATA, "a folder", err);
    EXPECT_ERROR(source_open(weight_file_write("", 0), &s, &err), ALEXCL_E_DATA, "an empty file", err);
    EXPECT_ERROR(source_open(weight_file_write("abc", 3), &s, &err), ALEXCL_E_DATA, "is a text, no file of weights",
                 err);
    snprintf(name, sizeof name, "fifo_%ld", (long)getpid());
    ck_assert_int_eq(mkfifo(name, 0600), 0);
    EXPECT_ERROR(source_open(name, &s, &err), ALEXCL_E_DATA, "is not a regular file; name a file of weights", err);
    remove(name);
    ck_assert(s == NULL);
    source_free(NULL);
    weight_files_remove();
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("safetensors");
    tcase_add_test(tests, a_good_file_is_read);
    tcase_add_test(tests, values_stand_in_place_where_they_are_aligned);
    tcase_add_test(tests, every_half_is_converted);
    tcase_add_test(tests, float64_is_rounded);
    tcase_add_test(tests, a_file_cut_anywhere_is_refused);
    tcase_add_loop_test(tests, every_wrong_header_is_refused_by_name, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tests, header_lengths_are_bounded);
    tcase_add_test(tests, texts_of_a_file_reach_no_terminal_as_they_are);
    tcase_add_test(tests, damaged_files_do_no_harm);
    tcase_add_test(tests, what_is_no_file_is_refused);
    return support_run(tests);
}
