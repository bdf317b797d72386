/* SPDX-License-Identifier: MIT */
/* Files as Caffe documents them (caffe_files.py), against the values that were written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "source.h"
#include "support.h"
#include "wire.h"

static const char *path_of(const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", CAFFE_FOLDER, name);
    return path;
}

static struct source *open_good(const char *name) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_OK(source_open(path_of(name), &s, &err), err);
    ck_assert_str_eq(s->kind, "caffemodel");
    ck_assert(s->in_order && !s->channels_last);
    return s;
}

/* A line of values.txt behind the net's name: NAME SHAPE VALUE.. */
static void check_line(const struct source *s, char *line) {
    char shown[SOURCE_SHOWN], *save = NULL, *name = strtok_r(line, " ", &save), *shape = strtok_r(NULL, " \n", &save);
    const struct source_tensor *t = source_find(s, name);
    ck_assert_msg(t != NULL, "no tensor %s", name);
    ck_assert_str_eq(source_show_shape(t->dims, t->shape, shown), shape);
    for (uint64_t i = 0; i < t->bytes / source_width(t->type); i++) {
        char *text = strtok_r(NULL, " \n", &save);
        float value;
        source_read(t, i, 1, &value);
        ck_assert_msg(text && value == strtof(text, NULL), "%s[%llu]: %.9g, written %s", name, (unsigned long long)i,
                      (double)value, text ? text : "no more");
    }
    ck_assert_msg(strtok_r(NULL, " \n", &save) == NULL, "%s: more values were written", name);
}

/* Every tensor of `net` in values.txt; how many there were. */
static int check_values(const struct source *s, const char *net) {
    FILE *file = fopen(path_of("values.txt"), "r");
    ck_assert(file != NULL);
    char *line = NULL;
    size_t size = 0;
    int tensors = 0;
    while (getline(&line, &size, file) > 0) {
        char *behind = strchr(line, ' ');
        *behind = '\0';
        if (strcmp(line, net) != 0) continue;
        check_line(s, behind + 1);
        tensors++;
    }
    free(line);
    (void)fclose(file);
    return tensors;
}

static const struct {
    const char *file, *net, *type;
    int written, computed, in_place; /* tensors */
} good[] = {
    {"chain.caffemodel", "chain", "float", 8, 0, 8},
    {"chain_v1.caffemodel", "chain", "float", 8, 0, 8}, /* numbers for types, four axes of which some are 1 */
    {"chain_double.caffemodel", "chain", "double", 8, 0, 8},
    {"chain_unpacked.caffemodel", "chain", "float", 8, 0, 0},
    {"branches.caffemodel", "branches", "float", 12, 3, 12},
    {"odd.caffemodel", "odd", "float", 6, 1, 6},
};

START_TEST(every_value_is_the_one_that_was_written) {
    struct source *s = open_good(good[_i].file);
    ck_assert_int_eq(check_values(s, good[_i].net), good[_i].written);
    ck_assert_uint_eq(s->tensor_count, (size_t)(good[_i].written + good[_i].computed));
    ck_assert_str_eq(s->tensors[0].type_name, good[_i].type);
    int in_place = 0;
    for (size_t i = 0; i < s->tensor_count; i++) { /* of 240 MB, no copy is made */
        const unsigned char *start = s->mapping, *data = s->tensors[i].data;
        in_place += data >= start && data < start + s->mapping_length;
        if (data < start || data >= start + s->mapping_length) continue;
        ck_assert_uint_eq(s->tensors[i].begin, (uint64_t)(data - start));
    }
    ck_assert_int_eq(in_place, good[_i].in_place);
    source_free(s);
}
END_TEST

/* y = (x - mean / f) / sqrt(variance / f + eps), as a weight and a bias a channel; zeros where there is no bias. */
START_TEST(what_caffe_writes_otherwise_is_computed) {
    struct source *s = open_good("branches.caffemodel");
    for (uint64_t c = 0; c < 6; c++) {
        float mean, variance, factor, weight, bias, zero;
        source_read(source_find(s, "bn.mean"), c, 1, &mean);
        source_read(source_find(s, "bn.variance"), c, 1, &variance);
        source_read(source_find(s, "bn.scale_factor"), 0, 1, &factor);
        source_read(source_find(s, "bn.weight"), c, 1, &weight);
        source_read(source_find(s, "bn.bias"), c, 1, &bias);
        source_read(source_find(s, "stem.bias"), c, 1, &zero);
        double due = 1 / sqrt((double)variance / (double)factor + 0.001);
        ck_assert_double_eq_tol((double)weight, due, 1e-6 * due);
        ck_assert_double_eq_tol((double)bias, -(double)mean / (double)factor * due, 1e-6);
        ck_assert(zero == 0);
    }
    ck_assert_msg(strstr(s->done.text, "bn: mean and variance to a weight and a bias a channel") &&
                      strstr(s->done.text, "stem: has no bias: zeros"),
                  "%s", s->done.text);
    source_free(s);
    s = open_good("odd.caffemodel");
    ck_assert(source_find(s, "turned.weight")->strided);
    ck_assert(source_find(s, "two.bias")->data == source_find(s, "one.bias")->data); /* shared by name */
    ck_assert(strstr(s->done.text, "turned.weight: from inputs x outputs to outputs x inputs") != NULL);
    source_free(s);
}
END_TEST

/* Layer "a", an inner product with one blob of this shape and these packed values. */
static void put_layer(struct wire_bytes *b, const int64_t *shape, size_t dims, const char *values, size_t bytes) {
    size_t layer = wire_begin(b, 100);
    wire_put(b, "\x0a\1a\x12\x0cInnerProduct", 17);
    size_t blob = wire_begin(b, 7), inside = wire_begin(b, 7), packed = wire_begin(b, 1);
    for (size_t d = 0; d < dims; d++) wire_put_varint(b, (uint64_t)shape[d]);
    wire_end(b, packed);
    wire_end(b, inside);
    size_t data = wire_begin(b, 5);
    wire_put(b, values, bytes);
    wire_end(b, data);
    wire_end(b, blob);
    wire_end(b, layer);
}

static const struct {
    int64_t shape[4];
    size_t dims, bytes, layers;
    const char *behind;
    const char *says;
} refused[] = {
    {{1, 2}, 2, 4, 1, "", "tensor a.weight: its shape has another number of values than its data"},
    {{1, 1}, 2, 3, 1, "", "tensor a.weight: its values are not whole ones"},
    {{-1, 1}, 2, 4, 1, "", "tensor a.weight: an axis of its shape is below 0"},
    {{INT64_MAX, INT64_MAX}, 2, 4, 1, "", "tensor a.weight: its shape has more values than can be counted"},
    {{1, 1}, 2, 4, 2, "", "tensor a.bias: it is there twice"},
    {{1, 1}, 2, 4, 1, "\xa2\6\x13", "byte 57 is no field of a NetParameter"},  /* more than is left */
    {{1, 1}, 2, 4, 1, "\xa3\6", "damaged: what follows byte"},                 /* a group */
    {{1, 1}, 2, 4, 1, "\x12\3\x22\1a", "has layers of two generations"},       /* V1LayerParameter */
    {{1, 1}, 2, 4, 1, "\x08\1", "its fields are not those of a NetParameter"}, /* its name is a number */
};

START_TEST(damaged_files_are_refused) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    struct wire_bytes b = {.most = 1 << 10};
    for (size_t i = 0; i < refused[_i].layers; i++)
        put_layer(&b, refused[_i].shape, refused[_i].dims, "\0\0\x80\x3f", refused[_i].bytes);
    wire_put(&b, refused[_i].behind, strlen(refused[_i].behind));
    EXPECT_ERROR(source_parse(b.bytes, b.length, "x.caffemodel", &s, &err), ALEXCL_E_DATA, refused[_i].says, err);
    wire_free(&b);
}
END_TEST

/* Messages that are nothing in the file, and much in memory; and a description as long as weights. */
START_TEST(more_than_a_net_can_have_is_refused) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    struct wire_bytes b = {.most = 64 << 20};
    put_layer(&b, (const int64_t[]){1}, 1, "\0\0\x80\x3f", 4);
    for (int i = 0; i < 1 << 21; i++) wire_end(&b, wire_begin(&b, 100));
    EXPECT_ERROR(source_parse(b.bytes, b.length, "x.caffemodel", &s, &err), ALEXCL_E_DATA,
                 "its layers would take more than 256 MiB", err);
    b.length = 0;
    for (int i = 0; i < 1 << 20; i++) {
        size_t layer = wire_begin(&b, 100);
        wire_put(&b,
                 "\x0a\x10"
                 "a name, a name..",
                 18);
        wire_end(&b, layer);
    }
    EXPECT_ERROR(source_parse(b.bytes, b.length, "x.caffemodel", &s, &err), ALEXCL_E_DATA,
                 "more than 16 MiB beside its weights", err);
    wire_free(&b);
}
END_TEST

START_TEST(the_oldest_generation_names_the_way) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_ERROR(source_open(path_of("v0.caffemodel"), &s, &err), ALEXCL_E_DATA,
                 "upgrade_net_proto_binary IN.caffemodel", err);
}
END_TEST

/* Wherever a file ends, and whatever bit of it is another: it is read, or refused. */
START_TEST(cut_and_changed_files_are_read_or_refused) {
    struct alexcl_error err = {0};
    struct source *s;
    unsigned char *bytes = NULL;
    size_t length;
    EXPECT_OK(files_read(path_of("odd.caffemodel"), 1 << 20, &bytes, &length, &err), err);
    for (size_t i = 0; i < length * 9; i++) {
        size_t end = i < length ? i : length;
        unsigned char *copy = malloc(end + 1);
        memcpy(copy, bytes, end);
        if (i >= length) copy[(i - length) / 8] ^= (unsigned char)(1 << (i - length) % 8);
        int status = source_parse(copy, end, "cut", &s, &err);
        ck_assert(status == ALEXCL_OK || (status == ALEXCL_E_DATA && err.text[0]));
        if (status == ALEXCL_OK) source_free(s);
        err = (struct alexcl_error){0};
        free(copy);
    }
    free(bytes);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("caffemodel");
    tcase_add_loop_test(tests, every_value_is_the_one_that_was_written, 0, sizeof good / sizeof *good);
    tcase_add_test(tests, what_caffe_writes_otherwise_is_computed);
    tcase_add_loop_test(tests, damaged_files_are_refused, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, more_than_a_net_can_have_is_refused);
    tcase_add_test(tests, the_oldest_generation_names_the_way);
    tcase_add_test(tests, cut_and_changed_files_are_read_or_refused);
    return support_run(tests);
}
