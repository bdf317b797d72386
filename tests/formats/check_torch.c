/* SPDX-License-Identifier: MIT */
/* Files that torch.save wrote (torch_files.py), against the values that PyTorch reads in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "files.h"
#include "source.h"
#include "support.h"
#include "torch_archive.h"

static const char *path_of(const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", TORCH_FOLDER, name);
    return path;
}

static struct source *open_good(const char *name) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_OK(source_open(path_of(name), &s, &err), err);
    ck_assert_str_eq(s->format->name, "torch-zip");
    return s;
}

/* A line of values.txt behind the file's name: NAME TYPE SHAPE VALUE.. */
static void check_line(const struct source *s, char *line) {
    char shown[SOURCE_SHOWN], *save = NULL, *name = strtok_r(line, " ", &save), *type = strtok_r(NULL, " ", &save),
                              *shape = strtok_r(NULL, " \n", &save);
    const struct source_tensor *t = source_find(s, name);
    ck_assert_msg(t != NULL, "no tensor %s", name);
    ck_assert_msg(!t->strided || t->dims <= 4 || t->type == SOURCE_OTHER, "%s", name);
    if (t->dims <= 4) ck_assert_str_eq(source_show_shape(t->dims, t->shape, shown), shape);
    if (strcmp(name, "five_turned") == 0) {
        ck_assert(t->type == SOURCE_OTHER && strstr(t->type_name, "more than 4 axes"));
        return;
    }
    ck_assert_str_eq(t->type_name, type);
    if (t->type == SOURCE_OTHER) return;
    uint64_t count = t->bytes / source_width(t->type);
    float *all = support_floats((size_t)count), one;
    source_read(t, 0, (size_t)count, all);
    for (uint64_t i = 0; i < count; i++) {
        char *text = strtok_r(NULL, " \n", &save);
        ck_assert_msg(text && all[i] == strtof(text, NULL), "%s[%llu]: %a, PyTorch %s", name, (unsigned long long)i,
                      (double)all[i], text ? text : "has no more");
        source_read(t, i, 1, &one);
        ck_assert(one == all[i]);
    }
    for (uint64_t i = 0; i + 7 <= count; i += 3) { /* over the ends of rows */
        float some[7];
        source_read(t, i, 7, some);
        ck_assert_mem_eq(some, all + i, sizeof some);
    }
    ck_assert_msg(strtok_r(NULL, " \n", &save) == NULL, "%s: PyTorch has more values", name);
    const float *there = count ? source_in_place(t, 0) : NULL;
    ck_assert(!there || memcmp(there, all, (size_t)count * sizeof *all) == 0);
    free(all);
}

START_TEST(every_value_is_the_one_that_pytorch_reads) {
    enum { FILES = 13, TENSORS = 109 };
    FILE *file = fopen(path_of("values.txt"), "r");
    ck_assert(file != NULL);
    char *line = NULL, current[256] = "";
    size_t size = 0, in_file = 0, tensors = 0;
    struct source *s = NULL;
    int files = 0;
    while (getline(&line, &size, file) > 0) {
        char *behind = strchr(line, ' ');
        ck_assert(behind != NULL);
        *behind = '\0';
        if (strcmp(current, line) != 0) {
            ck_assert(!s || s->tensor_count == in_file);
            source_free(s);
            snprintf(current, sizeof current, "%s", line);
            s = open_good(current);
            in_file = 0;
            files++;
        }
        check_line(s, behind + 1);
        in_file++;
        tensors++;
    }
    ck_assert(s && s->tensor_count == in_file);
    ck_assert_int_eq(files, FILES);
    ck_assert_uint_eq(tensors, TENSORS);
    source_free(s);
    free(line);
    (void)fclose(file);
}
END_TEST

START_TEST(stored_values_stay_where_they_are) {
    struct source *s = open_good("plain.pth");
    const unsigned char *begin = s->mapping, *end = begin + s->mapping_length;
    for (size_t i = 0; i < s->tensor_count; i++) {
        const struct source_tensor *t = &s->tensors[i];
        ck_assert(t->data >= begin && t->data + t->bytes <= end);
        ck_assert_uint_eq(t->begin, (uint64_t)(t->data - begin));
        if (t->type == SOURCE_F32) ck_assert(source_in_place(t, 0) == (const float *)(const void *)t->data);
    }
    source_free(s);
    s = open_good("views.pth"); /* one storage: nothing is copied */
    const struct source_tensor *whole = source_find(s, "whole"), *slice = source_find(s, "slice");
    ck_assert(slice->data == whole->data + 7 * sizeof(float) && !slice->strided);
    ck_assert(source_in_place(slice, 2) == source_in_place(whole, 9));
    ck_assert(source_find(s, "columns")->strided && source_in_place(source_find(s, "columns"), 0) == NULL);
    source_free(s);
}
END_TEST

/* Pages of a mapping come back from the file; memory would come back as zeros. */
START_TEST(unpacked_values_are_kept) {
    struct source *s = open_good("deflated.pth");
    const struct source_tensor *t = source_find(s, "features.0.weight");
    const float *there = source_in_place(t, 0);
    ck_assert(there != NULL);
    ck_assert((const unsigned char *)there < (const unsigned char *)s->mapping ||
              (const unsigned char *)there >= (const unsigned char *)s->mapping + s->mapping_length);
    float *large = support_floats(1 << 16); /* as large as whole pages */
    large[1 << 15] = 3;
    source_let_go(s, large, (1 << 16) * sizeof *large);
    ck_assert(large[1 << 15] == 3);
    free(large);
    source_free(s);
}
END_TEST

static const struct {
    const char *file, *says;
} refused[] = {
    {"old.pth", "is an old PyTorch checkpoint (.pth), no file of weights that is read; torch.save(model.state_dict()"},
    {"script.pth", "is a TorchScript program (torch.jit.save), not a state dict; torch.save(model.state_dict()"},
    {"module.pth", "its pickle asks for torch.nn.modules.linear.Linear (byte 2), and no code is run for a file; only "
                   "tensors, dicts, lists, numbers and texts are read: torch.save(model.state_dict()"},
    {"list.pth", "is a checkpoint of something else than a dict of tensors; torch.save"},
    {"empty.pth", "no tensors in its dict (keys: epoch, optimizer), nor in one of it called state_dict"},
    {"big.pth", "its numbers are of another byte order than little-endian; torch.load and torch.save"},
    {"no_storage.pth", "tensor weight: its storage is not there"},
    {"short_storage.pth", "tensor weight: its storage has fewer bytes than its pickle says"},
};

START_TEST(what_is_not_read_is_refused_with_the_way) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_ERROR(source_open(path_of(refused[_i].file), &s, &err), ALEXCL_E_DATA, refused[_i].says, err);
    ck_assert(s == NULL);
}
END_TEST

/* Parses a copy on the heap of exactly this length, so that a sanitizer sees a read behind it; reads every value. */
static int parse(const unsigned char *bytes, size_t length, struct alexcl_error *err) {
    unsigned char *copy = malloc(length ? length : 1);
    ck_assert(copy != NULL);
    memcpy(copy, bytes, length);
    struct source *s = NULL;
    int status = source_parse(copy, length, "f", &s, err);
    for (size_t i = 0; status == ALEXCL_OK && i < s->tensor_count; i++) {
        const struct source_tensor *t = &s->tensors[i];
        if (t->type == SOURCE_OTHER) continue;
        uint64_t count = t->bytes / source_width(t->type);
        float values[64];
        for (uint64_t k = 0; k < count && k < 4096; k += 64)
            source_read(t, k, count - k < 64 ? (size_t)(count - k) : 64, values);
    }
    source_free(s);
    free(copy);
    return status;
}

static unsigned char *read_good(const char *name, size_t *length) {
    struct alexcl_error err = {0};
    unsigned char *bytes;
    EXPECT_OK(files_read(path_of(name), 1 << 20, &bytes, length, &err), err);
    EXPECT_OK(parse(bytes, *length, &err), err);
    return bytes;
}

/* Pickles of one tensor `a`, by hand: its storage, then offset, shape and strides. */
#define DICT "\x80\2}"
#define TENSOR(storage, view)                                                                                          \
    "X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(" storage view "\x89"                                               \
    "ccollections\nOrderedDict\n)RtRs"
#define STORAGE(mark, type, key, count) "(X\7\0\0\0" mark "c" type "\nX\1\0\0\0" key "X\3\0\0\0cpu" count "tQ"
#define FLOATS STORAGE("storage", "torch\nFloatStorage", "0", "K\x40") /* all 64 */
#define ONE "K\0K\1\x85K\1\x85"                                        /* the first value */
#define PICKLE(text) text ".", sizeof(text ".") - 1

static const struct {
    const char *bytes;
    size_t length;
    const char *says; /* NULL: it is read */
} views[] = {
    {PICKLE(DICT TENSOR(FLOATS, ONE)), NULL},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\x40\x85K\1\x85")), NULL},
    {PICKLE(DICT TENSOR(FLOATS, "K\x3fK\1\x85M\xff\xff\x85")), NULL}, /* the stride of one value is not used */
    {PICKLE(DICT TENSOR(FLOATS, "K\x40K\0\x85K\1\x85")), NULL},       /* no values */
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\0K\2\x86M\xff\xffM\xff\xff\x86")), NULL},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\2K\2\x86K\x3eK\1\x86")), NULL},
    {PICKLE(DICT TENSOR(FLOATS, "K\1K\2K\2\x86K\x3eK\1\x86")), "tensor a: it goes on behind the end of its storage"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\2K\2\x86K\x3fK\1\x86")), "it goes on behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\x41\x85K\1\x85")), "it goes on behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\2\x85K\x40\x85")), "it goes on behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\2\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85")),
     "it goes on behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\x40K\1\x85K\1\x85")), "it goes on behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\x41K\0\x85K\1\x85")), "it begins behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "J\xff\xff\xff\xffK\0\x85K\1\x85")), "it begins behind the end"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0J\xff\xff\xff\xff\x85K\1\x85")), "an axis or a stride is not a whole number"},
    {PICKLE(DICT TENSOR(FLOATS, "K\2K\2\x85J\xff\xff\xff\xff\x85")), "an axis or a stride is not a whole number"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0N\x85K\1\x85")), "an axis or a stride is not a whole number"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0K\1\x85)")), "not two tuples of one length"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0]]")), "not two tuples of one length"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0")), "not two tuples of one length"},
    {PICKLE(DICT TENSOR(FLOATS, "K\0J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86K\0K\0\x86")),
     "its shape has more values than can be counted"},
    {PICKLE(DICT TENSOR("", ONE)), "its storage is not described as PyTorch does"},
    {PICKLE(DICT TENSOR("K\0Q", ONE)), "its storage is not described"},
    {PICKLE(DICT TENSOR(STORAGE("Storage", "torch\nFloatStorage", "0", "K\x40"), ONE)), "its storage is not described"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "collections\nOrderedDict", "0", "K\x40"), ONE)),
     "storage is not described"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nFloatStorage", "0", "J\xff\xff\xff\xff"), ONE)), "is not described"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nFloatStorage", "0", "K\x41"), ONE)), "has fewer bytes than"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nDoubleStorage", "0", "K\x21"), ONE)), "has fewer bytes than"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nFloatStorage", "1", "K\x41"), ONE)), "has fewer bytes than"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nFloatStorage", "2", "K\x40"), ONE)), "its storage is not there"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch\nQInt8Storage", "0", "K\x40"), ONE)), "asks for torch.QInt8Storage"},
    {PICKLE(DICT TENSOR(STORAGE("storage", "torch.storage\nFloatStorage", "0", "K\x40"), ONE)),
     "asks for torch.storage.FloatStorage"},
    {PICKLE(DICT TENSOR(FLOATS, ONE) TENSOR(FLOATS, ONE)), "tensor a: it is there twice"},
};

START_TEST(views_are_checked_against_their_storages) {
    struct alexcl_error err = {0};
    size_t length;
    unsigned char *bytes = torch_archive_make(views[_i].bytes, views[_i].length, &length);
    if (views[_i].says)
        EXPECT_ERROR(parse(bytes, length, &err), ALEXCL_E_DATA, views[_i].says, err);
    else
        EXPECT_OK(parse(bytes, length, &err), err);
    free(bytes);
}
END_TEST

START_TEST(a_checkpoint_cut_anywhere_is_refused) {
    struct alexcl_error err = {0};
    size_t length;
    unsigned char *bytes = read_good("dots.in.its.name.pth", &length);
    for (size_t cut = 0; cut < length; cut++) {
        ck_assert_msg(parse(bytes, cut, &err) == ALEXCL_E_DATA, "cut to %zu of %zu bytes: accepted", cut, length);
        ck_assert(err.text[0]);
        err = (struct alexcl_error){0};
    }
    EXPECT_ERROR(parse(bytes, length - 30, &err), ALEXCL_E_DATA, "f: as a zip archive it is damaged (libzip: ", err);
    free(bytes);
}
END_TEST

/* In the pickle of a stored archive, whose checksum is wrong then. */
START_TEST(a_wrong_checksum_of_the_pickle_is_told) {
    struct alexcl_error err = {0};
    size_t length, at = 0;
    unsigned char *bytes = read_good("dots.in.its.name.pth", &length);
    while (memcmp(bytes + at, "OrderedDict", 11) != 0) at++;
    bytes[at] = 'o';
    EXPECT_ERROR(parse(bytes, length, &err), ALEXCL_E_DATA,
                 "f: as a zip archive it is damaged, member dots.in.its.name/data.pkl (libzip: CRC error", err);
    free(bytes);
}
END_TEST

/* Sets the bytes `at` of every header of a member, in front of it and in the directory. */
static void set_headers(unsigned char *bytes, size_t length, size_t at, const void *with, size_t count) {
    for (size_t i = 0; i + 46 < length; i++) {
        int local = memcmp(bytes + i, "PK\3\4", 4) == 0, central = memcmp(bytes + i, "PK\1\2", 4) == 0;
        if (local || central) memcpy(bytes + i + at + (size_t)(2 * central), with, count);
    }
}

START_TEST(what_an_archive_tells_of_its_members_is_checked) {
    struct alexcl_error err = {0};
    static const struct {
        const char *file;
        size_t at, count; /* in a header */
        const char *with, *says;
    } wrong[] = {
        {"deflated.pth", 6, 1, "\1", "f: is encrypted; torch.save("},
        {"deflated.pth", 8, 1, "\x0e", "f: is compressed by method 14 of zip archives, which is not read; torch.save("},
        {"deflated.pth", 22, 4, "\0\0\0\x70", "its size is not one of so many bytes in the archive"},
        {"deflated.pth", 22, 4, "\7\0\0\0", "it has not the size that the archive tells"},
        {"big.pth", 22, 4, "\x08\0\0\0",
         "member dots.in.its.name/byteorder: its size is not one of so many bytes in the archive"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct alexcl_error none = {0};
        unsigned char *bytes;
        size_t length;
        EXPECT_OK(files_read(path_of(wrong[i].file), 1 << 20, &bytes, &length, &none), none);
        set_headers(bytes, length, wrong[i].at, wrong[i].with, wrong[i].count);
        EXPECT_ERROR(parse(bytes, length, &err), ALEXCL_E_DATA, wrong[i].says, err);
        free(bytes);
    }
}
END_TEST

START_TEST(damaged_checkpoints_do_no_harm) {
    enum { TRIES = 6000 };
    static const char *const files[] = {"views.pth", "deflated.pth"};
    uint64_t key = counter_rng_key(1, "check_torch");
    int accepted = 0;
    for (size_t f = 0; f < 2; f++) {
        size_t length;
        unsigned char *good = read_good(files[f], &length), *bad = malloc(length);
        ck_assert(bad != NULL);
        for (uint64_t i = 0; i < TRIES / 2; i++) {
            struct alexcl_error err = {0};
            memcpy(bad, good, length);
            for (uint64_t k = 0; k < 1 + counter_rng_int(key, i * 16, 3); k++)
                bad[counter_rng_int(key, i * 16 + 1 + k * 2, (uint32_t)length)] =
                    (unsigned char)counter_rng_raw(key, i * 16 + 2 + k * 2);
            int status = parse(bad, length, &err);
            ck_assert_msg(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]), "status %d", status);
            accepted += status == ALEXCL_OK;
        }
        free(good);
        free(bad);
    }
    ck_assert_int_gt(accepted, 0);
    ck_assert_int_lt(accepted, TRIES);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("torch");
    tcase_add_test(tests, every_value_is_the_one_that_pytorch_reads);
    tcase_add_test(tests, stored_values_stay_where_they_are);
    tcase_add_test(tests, unpacked_values_are_kept);
    tcase_add_loop_test(tests, what_is_not_read_is_refused_with_the_way, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_loop_test(tests, views_are_checked_against_their_storages, 0, (int)(sizeof views / sizeof *views));
    tcase_add_test(tests, a_checkpoint_cut_anywhere_is_refused);
    tcase_add_test(tests, a_wrong_checksum_of_the_pickle_is_told);
    tcase_add_test(tests, what_an_archive_tells_of_its_members_is_checked);
    tcase_add_test(tests, damaged_checkpoints_do_no_harm);
    return support_run(tests);
}
