/* SPDX-License-Identifier: MIT */
/* Messages of a child, made by hand: good ones, and such as a child writes whose library has lost its mind. */
#include "h5_list.h"

#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "h5_write.h"
#include "support.h"

static unsigned char file[64];

struct message {
    unsigned char bytes[1024];
    size_t length;
};

static void put(struct message *m, const void *bytes, size_t count) {
    ck_assert_uint_le(m->length + count, sizeof m->bytes);
    memcpy(m->bytes + m->length, bytes, count);
    m->length += count;
}
static void put_byte(struct message *m, unsigned char byte) { put(m, &byte, 1); }
static void put_u32(struct message *m, uint32_t number) { put(m, &number, sizeof number); }
static void put_u64(struct message *m, uint64_t number) { put(m, &number, sizeof number); }
static void put_text(struct message *m, const char *text) {
    put_u32(m, (uint32_t)strlen(text));
    put(m, text, strlen(text) + 1);
}

/* A dataset of 2 x 3 values. */
static void put_dataset(struct message *m, const char *path, enum source_type type, uint64_t bytes,
                        enum h5_where where) {
    put_byte(m, 'd');
    put_text(m, path);
    put_u64(m, 7);
    put_byte(m, (unsigned char)type);
    put_text(m, "float32");
    put_u32(m, 2);
    put_u64(m, 2);
    put_u64(m, 3);
    put_byte(m, where);
    put_u64(m, bytes);
}

/* Two datasets, of values in the file and in the message, and an attribute of two texts. */
static struct message make_good(void) {
    struct message m = {.length = 0};
    put(&m, H5_BEGIN, 4);
    put_byte(&m, 'a');
    put_text(&m, "model_weights");
    put_text(&m, "layer_names");
    put_u32(&m, 2);
    put_text(&m, "conv2d");
    put_text(&m, "dense");
    put_dataset(&m, "b", SOURCE_F32, 24, H5_HERE);
    while (m.length % 8) put_byte(&m, 0);
    for (int i = 0; i < 6; i++) put(&m, &(float){(float)i}, sizeof(float));
    put_dataset(&m, "a", SOURCE_F32, 24, H5_IN_FILE);
    put_u64(&m, 40);
    put_byte(&m, '.');
    return m;
}

/* Of a copy of exactly this length, so that a sanitizer sees a read behind it. */
static int parse(const struct message *m, size_t length, struct h5_list *out, struct alexcl_error *err) {
    unsigned char *copy = malloc(length ? length : 1);
    ck_assert(copy != NULL);
    memcpy(copy, m->bytes, length);
    return h5_list_parse(copy, length, file, sizeof file, "f", out, err);
}

START_TEST(a_message_is_a_list) {
    struct message m = make_good();
    struct alexcl_error err = {0};
    struct h5_list list;
    EXPECT_OK(parse(&m, m.length, &list, &err), err);
    const struct h5_dataset *a = h5_list_dataset(&list, "a"), *b = h5_list_dataset(&list, "b");
    ck_assert(a && b && a->data == file + 40 && a->bytes == 24 && a->dims == 2 && a->shape[1] == 3);
    ck_assert(((const float *)(const void *)b->data)[5] == 5 && (uintptr_t)b->data % 8 == 0);
    const struct h5_attribute *names = h5_list_attribute(&list, "model_weights", "layer_names");
    ck_assert(names && names->count == 2 && strcmp(h5_list_next(names->texts), "dense") == 0);
    ck_assert(!h5_list_dataset(&list, "c") && !h5_list_attribute(&list, "", "layer_names"));
    ck_assert(!h5_list_text(&list, "model_weights", "layer_names")); /* of two there is not the one */
    h5_list_free(&list);
}
END_TEST

#define NONSENSE "f: libhdf5 failed on it (what it told ends, or is none); model.save_weights("

START_TEST(a_message_that_is_cut_is_refused) {
    struct message m = make_good();
    for (size_t cut = 0; cut < m.length; cut++) {
        struct alexcl_error err = {0};
        struct h5_list list;
        EXPECT_ERROR(parse(&m, cut, &list, &err), ALEXCL_E_DATA, NONSENSE, err);
        h5_list_free(&list);
    }
    put_byte(&m, '.'); /* and so is one that goes on */
    struct alexcl_error err = {0};
    struct h5_list list;
    EXPECT_ERROR(parse(&m, m.length, &list, &err), ALEXCL_E_DATA, NONSENSE, err);
    h5_list_free(&list);
}
END_TEST

START_TEST(what_the_child_refuses_is_told) {
    struct alexcl_error err = {0};
    struct h5_list list;
    struct message m = {.length = 0};
    put(&m, H5_BEGIN, 4);
    put_byte(&m, 'e');
    put_text(&m, "bad \n superblock");
    put_byte(&m, '.');
    EXPECT_ERROR(parse(&m, m.length, &list, &err), ALEXCL_E_DATA,
                 "f: as an HDF5 file it is damaged (libhdf5: bad ? superblock); make or fetch it again", err);
    h5_list_free(&list);
}
END_TEST

enum wrong { PLACE, SIZE, TYPE, NOWHERE, WHERE, AXES, TWICE, COUNT, WRONGS };

START_TEST(numbers_that_do_not_agree_are_refused) {
    struct alexcl_error err = {0};
    struct h5_list list;
    struct message m = {.length = 0};
    put(&m, H5_BEGIN, 4);
    switch ((enum wrong)_i) {
    case PLACE: /* 24 bytes from the 41st of 64 */
        put_dataset(&m, "a", SOURCE_F32, 24, H5_IN_FILE);
        put_u64(&m, 41);
        break;
    case SIZE:
        put_dataset(&m, "a", SOURCE_F32, 28, H5_IN_FILE);
        put_u64(&m, 0);
        break;
    case TYPE: put_dataset(&m, "a", SOURCE_OTHER + 1, 0, H5_NOWHERE); break;
    case NOWHERE: put_dataset(&m, "a", SOURCE_F32, 24, H5_NOWHERE); break;
    case WHERE: put_dataset(&m, "a", SOURCE_F32, 24, H5_HERE + 1); break;
    case AXES:
        put_byte(&m, 'd');
        put_text(&m, "a");
        put_u64(&m, 7);
        put_byte(&m, SOURCE_F32);
        put_text(&m, "float32");
        put_u32(&m, 3);
        put_u64(&m, (uint64_t)1 << 40);
        put_u64(&m, (uint64_t)1 << 40);
        put_u64(&m, 0);
        put_byte(&m, H5_IN_FILE);
        put_u64(&m, 0);
        put_u64(&m, 0);
        break;
    case TWICE:
        for (int i = 0; i < 2; i++) {
            put_dataset(&m, "a", SOURCE_F32, 24, H5_IN_FILE);
            put_u64(&m, 0);
        }
        break;
    case COUNT:
        put_byte(&m, 'a');
        put_text(&m, "");
        put_text(&m, "name");
        put_u32(&m, UINT32_MAX);
        break;
    case WRONGS: break;
    }
    put_byte(&m, '.');
    EXPECT_ERROR(parse(&m, m.length, &list, &err), ALEXCL_E_DATA, NONSENSE, err);
    h5_list_free(&list);
}
END_TEST

START_TEST(random_damage_does_no_harm) {
    enum { TRIES = 20000 };
    struct message good = make_good();
    uint64_t key = counter_rng_key(1, "check_h5_list");
    int accepted = 0;
    for (uint64_t i = 0; i < TRIES; i++) {
        struct message m = good;
        struct alexcl_error err = {0};
        struct h5_list list;
        for (uint64_t k = 0; k < 1 + counter_rng_int(key, i * 16, 3); k++)
            m.bytes[counter_rng_int(key, i * 16 + 1 + k * 2, (uint32_t)m.length)] =
                (unsigned char)counter_rng_raw(key, i * 16 + 2 + k * 2);
        int status = parse(&m, m.length, &list, &err);
        ck_assert(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]));
        accepted += status == ALEXCL_OK;
        h5_list_free(&list);
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_lt(accepted, TRIES);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("h5_list");
    tcase_add_test(tests, a_message_is_a_list);
    tcase_add_test(tests, a_message_that_is_cut_is_refused);
    tcase_add_test(tests, what_the_child_refuses_is_told);
    tcase_add_loop_test(tests, numbers_that_do_not_agree_are_refused, 0, WRONGS);
    tcase_add_test(tests, random_damage_does_no_harm);
    return support_run(tests);
}
