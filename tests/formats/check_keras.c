/* SPDX-License-Identifier: MIT */
/* Files that Keras wrote (keras_files.py), against the values that Keras has. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "files.h"
#include "source.h"
#include "support.h"
#include "unpack.h"

static struct source *open_good(const char *name) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_OK(source_open(name, &s, &err), err);
    return s;
}

static const char *kind_of(const char *name) {
    if (strstr(name, ".keras")) return "keras";
    return strstr(name, ".weights.h5") ? "keras-weights-h5" : "keras-h5";
}

/* A line of values.txt behind the file's name: NAME TYPE SHAPE VALUE.. */
static void check_line(const struct source *s, size_t index, char *line) {
    char shown[SOURCE_SHOWN], *save = NULL, *name = strtok_r(line, " ", &save), *type = strtok_r(NULL, " ", &save),
                              *shape = strtok_r(NULL, " \n", &save);
    ck_assert(s != NULL && index < s->tensor_count);
    const struct source_tensor *t = &s->tensors[index]; /* in the order of the model */
    ck_assert_str_eq(t->name, name);
    ck_assert_str_eq(t->type_name, type);
    ck_assert_str_eq(source_show_shape(t->dims, t->shape, shown), shape);
    uint64_t count = t->bytes / source_width(t->type);
    float *all = support_floats((size_t)count);
    source_read(t, 0, (size_t)count, all);
    for (uint64_t i = 0; i < count; i++) {
        char *text = strtok_r(NULL, " \n", &save);
        ck_assert_msg(text && all[i] == strtof(text, NULL), "%s[%llu]: %.9g, Keras %s", name, (unsigned long long)i,
                      (double)all[i], text ? text : "has no more");
    }
    ck_assert_msg(strtok_r(NULL, " \n", &save) == NULL, "%s: Keras has more values", name);
    free(all);
}

/* Tensors that are made, behind those of the file: factors and sums of norms, biases that are zeros. */
static size_t made_of(const char *name) {
    return strcmp(name, "every.keras") == 0 ? 6 : strcmp(name, "old.h5") == 0 ? 2 : 0;
}

START_TEST(every_value_is_the_one_that_keras_has) {
    FILE *file = fopen("values.txt", "r");
    ck_assert(file != NULL);
    char *line = NULL, current[256] = "";
    size_t size = 0, in_file = 0, files = 0;
    struct source *s = NULL;
    while (getline(&line, &size, file) > 0) {
        char *behind = strchr(line, ' ');
        ck_assert(behind != NULL);
        *behind = '\0';
        if (strcmp(current, line) != 0) {
            ck_assert(!s || s->tensor_count == in_file + made_of(current));
            source_free(s);
            snprintf(current, sizeof current, "%s", line);
            s = open_good(current);
            ck_assert_str_eq(s->kind, kind_of(current));
            in_file = 0;
            files++;
        }
        check_line(s, in_file++, behind + 1);
    }
    ck_assert(s && s->tensor_count == in_file + made_of(current));
    ck_assert_uint_eq(files, 30);
    source_free(s);
    free(line);
    (void)fclose(file);
}
END_TEST

static const struct {
    const char *file;
    int in_order, channels_last;
} orders[] = {
    {"jax.keras", 1, 1},
    {"jax.h5", 1, 1},
    {"jax.weights.h5", 1, 1},
    {"many.weights.h5", 1, 1},
    {"own.weights.h5", 0, 1},       /* attributes are written by name */
    {"channels_first.keras", 1, 1}, /* Keras's Flatten turns them */
    {"reshaped.keras", 1, 0},
    {"old_weights.h5", 1, 1},
};

START_TEST(order_and_flattening_are_told) {
    struct source *s = open_good(orders[_i].file);
    ck_assert_int_eq(s->in_order, orders[_i].in_order);
    ck_assert_int_eq(s->channels_last, orders[_i].channels_last);
    source_free(s);
}
END_TEST

START_TEST(what_was_turned_is_told) {
    struct source *s = open_good("nested.keras");
    ck_assert_str_eq(s->done.text, "kernels from H,W,I,O to O,I,H,W\n"
                                   "depthwise kernels from H,W,I,M to I*M,1,H,W\n"
                                   "dense kernels from inputs,units to units,inputs\n");
    ck_assert(s->pair_count == 1 && strcmp(s->pairs[0].key, "keras_version") == 0);
    source_free(s);
    s = open_good("jax.h5");
    ck_assert(s->pair_count == 2 && strcmp(s->pairs[1].value, "jax") == 0);
    source_free(s);
}
END_TEST

static int stands_in_file(const struct source *s, const struct source_tensor *t) {
    const unsigned char *begin = s->mapping;
    return t->data >= begin && t->data + t->bytes <= begin + s->mapping_length;
}

START_TEST(values_stay_where_they_are_if_they_can) {
    static const char *const in_place[] = {"jax.h5", "jax.weights.h5", "jax.keras", "float16.h5"},
                             *const sent[] = {"gzip.weights.h5", "chunks.weights.h5", "big_endian.weights.h5"};
    for (size_t i = 0; i < sizeof in_place / sizeof *in_place; i++) {
        struct source *s = open_good(in_place[i]);
        for (size_t k = 0; k < s->tensor_count; k++)
            ck_assert_msg(stands_in_file(s, &s->tensors[k]), "%s: %s", in_place[i], s->tensors[k].name);
        source_free(s);
    }
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        struct source *s = open_good(sent[i]);
        for (size_t k = 0; k < s->tensor_count; k++) ck_assert(!stands_in_file(s, &s->tensors[k]));
        const float *bias = source_in_place(&s->tensors[1], 0); /* aligned, so that nothing is copied once more */
        ck_assert(bias != NULL);
        source_free(s);
    }
}
END_TEST

static const struct {
    const char *file, *says;
} refused[] = {
    {"foreign.h5", "an HDF5 file, but none of Keras's: neither the attribute layer_names nor variables as"},
    {"no_config.keras", "has no config.json, so it is no model of Keras's"},
    {"bad_config.keras", "its config has no list of layers; model.save('NEW.keras')"},
    {"missing.h5", "the weight dense/kernel:0, which it lists, is not there"},
    {"round.weights.h5", "as an HDF5 file it is damaged (libhdf5: groups in groups, deeper than a model has them)"},
};

START_TEST(what_is_not_read_is_refused_with_the_way) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_ERROR(source_open(refused[_i].file, &s, &err), ALEXCL_E_DATA, refused[_i].says, err);
    ck_assert(s == NULL);
}
END_TEST

START_TEST(values_that_cannot_be_read_are_listed_with_why) {
    static const struct {
        const char *file, *says;
    } unread[] = {{"lzf.weights.h5", "a filter that it lacks"}, {"empty.weights.h5", "never written"}};
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++) {
        struct source *s = open_good(unread[i].file);
        ck_assert_uint_eq(s->tensor_count, 4);
        ck_assert_msg(s->tensors[0].type == SOURCE_OTHER && strstr(s->tensors[0].type_name, unread[i].says), "%s",
                      s->tensors[0].type_name);
        source_free(s);
    }
}
END_TEST

/* No other file is read: neither by values that stand outside, nor by links. */
START_TEST(a_file_reaches_no_other) {
    struct source *s = open_good("outside.weights.h5");
    ck_assert_uint_eq(s->tensor_count, 2);
    ck_assert_str_eq(s->tensors[0].name, "dense.weight");
    ck_assert(s->tensors[0].type == SOURCE_OTHER && strcmp(s->tensors[0].type_name, "values in another file") == 0);
    ck_assert_str_eq(s->tensors[1].name, "dense_3.weight");
    source_free(s);
}
END_TEST

static int parse(const unsigned char *bytes, size_t length, struct alexcl_error *err) {
    unsigned char *copy = malloc(length ? length : 1);
    ck_assert(copy != NULL);
    memcpy(copy, bytes, length);
    struct source *s = NULL;
    int status = source_parse(copy, length, "f", &s, err);
    for (size_t i = 0; status == ALEXCL_OK && i < s->tensor_count; i++) {
        const struct source_tensor *t = &s->tensors[i];
        float values[64];
        uint64_t count = t->type == SOURCE_OTHER ? 0 : t->bytes / source_width(t->type);
        for (uint64_t k = 0; k < count && k < 4096; k += 64)
            source_read(t, k, count - k < 64 ? (size_t)(count - k) : 64, values);
    }
    source_free(s);
    free(copy);
    return status;
}

static size_t open_descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    ck_assert(folder != NULL);
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

/* Whatever becomes of libhdf5, the process goes on, with no descriptor more; a child that is left would be a zombie. */
START_TEST(cut_and_damaged_files_do_no_harm) {
    enum { CUTS = 40, TRIES = 160 };
    static const char *const files[] = {"jax.h5", "v110.weights.h5"};
    size_t before = open_descriptors();
    uint64_t key = counter_rng_key(1, "check_keras");
    for (size_t f = 0; f < 2; f++) {
        struct alexcl_error err = {0};
        unsigned char *good, *bad;
        size_t length;
        EXPECT_OK(files_read(files[f], 1 << 20, &good, &length, &err), err);
        for (size_t cut = 0; cut < length; cut += length / CUTS) {
            err = (struct alexcl_error){0};
            ck_assert_msg(parse(good, cut, &err) == ALEXCL_E_DATA, "cut to %zu bytes: accepted", cut);
        }
        bad = malloc(length ? length : 1);
        ck_assert(bad != NULL);
        for (uint64_t i = 0; i < TRIES / 2; i++) {
            err = (struct alexcl_error){0};
            memcpy(bad, good, length);
            for (uint64_t k = 0; k < 1 + counter_rng_int(key, i * 16, 3); k++)
                bad[counter_rng_int(key, i * 16 + 1 + k * 2, (uint32_t)(k ? length : 2048))] =
                    (unsigned char)counter_rng_raw(key, i * 16 + 2 + k * 2);
            int status = parse(bad, length, &err);
            ck_assert_msg(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]), "status %d", status);
        }
        free(good);
        free(bad);
    }
    ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

int main(void) {
    unpack_files(KERAS_FILES);
    TCase *tests = tcase_create("keras");
    tcase_add_test(tests, every_value_is_the_one_that_keras_has);
    tcase_add_loop_test(tests, order_and_flattening_are_told, 0, (int)(sizeof orders / sizeof *orders));
    tcase_add_test(tests, what_was_turned_is_told);
    tcase_add_test(tests, values_stay_where_they_are_if_they_can);
    tcase_add_loop_test(tests, what_is_not_read_is_refused_with_the_way, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tests, values_that_cannot_be_read_are_listed_with_why);
    tcase_add_test(tests, a_file_reaches_no_other);
    tcase_add_test(tests, cut_and_damaged_files_do_no_harm);
    return support_run(tests);
}
