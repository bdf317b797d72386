/* SPDX-License-Identifier: MIT */
/* Which net a file of weights is taken for. Files of large nets are holes behind a header: nothing reads their
 * values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "support.h"
#include "weight_files.h"
#include "weights_match.h"

static const struct alexcl_model *model_named(const char *name) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = NULL;
    EXPECT_OK(alexcl_model_find(name, &m, &err), err);
    return m;
}

static const char *alias(const struct alexcl_model *m, const char *name) {
    for (const char *const(*pair)[2] = m->aliases; pair && (*pair)[0]; pair++)
        if (strcmp((*pair)[0], name) == 0) return (*pair)[1];
    return NULL;
}

/* A file with the tensors of a model, the first `most` of them, by its other names where it has any and they are
 * wanted; with another number of classes (0: its own), and this in its metadata. */
static const char *hollow(const char *model, int classes, int aliases, size_t most, const char *metadata) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named(model);
    struct weights_list list;
    struct string_buffer header = {0};
    uint64_t at = 0;
    size_t length;
    EXPECT_OK(weights_list_make(m, NULL, &list, &err), err);
    string_buffer_add(&header, "{\"__metadata__\":{%s}", metadata);
    for (size_t i = 0; i < list.count && i < most; i++) {
        const struct weights_tensor *t = &list.tensors[i];
        uint64_t values = 1;
        const char *other = aliases ? alias(m, t->name) : NULL;
        string_buffer_add(&header, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[", other ? other : t->name);
        for (int d = 0; d < t->tensor.dims; d++) {
            int side = t->tensor.shape[d];
            if (classes && d == 0 && t->layer == list.tensors[list.count - 1].layer) side = classes;
            string_buffer_add(&header, "%s%d", d ? "," : "", side);
            values *= (uint64_t)side;
        }
        string_buffer_add(&header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
                          (unsigned long long)(at + 4 * values));
        at += 4 * values;
    }
    string_buffer_add(&header, "}");
    ck_assert(!header.failed);
    unsigned char *bytes = weight_file_bytes(header.text, NULL, 0, &length);
    const char *path = weight_file_write(bytes, length);
    ck_assert_int_eq(truncate(path, (off_t)(length + at)), 0);
    free(bytes);
    string_buffer_free(&header);
    weights_list_free(&list);
    return path;
}

enum { ALL = 1000 };

/* "alexnet 1000 exact, caffenet 1000 exact" */
static void expect_fits(struct alexcl_weights_file *f, const char *want) {
    struct alexcl_error err = {0};
    const struct alexcl_weights_fit *fits;
    size_t count;
    struct string_buffer got = {0};
    EXPECT_OK(alexcl_weights_file_fits(f, &fits, &count, &err), err);
    for (size_t i = 0; i < count; i++)
        string_buffer_add(&got, "%s%s %d%s", i ? ", " : "", fits[i].model->name, fits[i].classes,
                          fits[i].exact ? "" : " derived");
    ck_assert_str_eq(got.text ? got.text : "", want);
    string_buffer_free(&got);
}

static const struct {
    const char *model;
    int classes, aliases;
    const char *metadata, *fits;
    const char *chosen; /* NULL: none */
    const char *said;   /* of why, or of the error */
} files[] = {
    {"alexnet", 0, 0, "", "alexnet 1000, alexnet-227 1000, alexnet-2012 1000, alexnet-caffe 1000, caffenet 1000",
     "alexnet",
     "taken for alexnet; alexnet-227, alexnet-2012, alexnet-caffe, caffenet fit as well, and differ in preparation"},
    {"caffenet", 37, 0, "",
     "alexnet 37 derived, alexnet-227 37 derived, alexnet-2012 37 derived, alexnet-caffe 37 derived, caffenet 37 "
     "derived",
     "alexnet", "taken for alexnet"},
    {"caffenet", 0, 0, "\"alexcl.model\":\"caffenet\"", "caffenet 1000", "caffenet", ""},
    {"caffenet", 10, 0, "\"alexcl.model\":\"caffenet\"", "caffenet 10 derived", "caffenet", ""},
    {"alexnet-torchvision", 0, 1, "", "alexnet-torchvision 1000", "alexnet-torchvision",
     "taken for alexnet-torchvision"},
    {"alexnet-torchvision", 10, 1, "", "alexnet-torchvision 10 derived", "alexnet-torchvision", "taken for"},
    {"alexnet-torchvision", 0, 0, "", "alexnet-torchvision 1000, alexnet-owt 1000", NULL,
     "alexnet-torchvision, alexnet-owt have these tensors"},
    {"squeezenet", 7, 0, "", "squeezenet 7 derived", "squeezenet", "taken for squeezenet"},
    {"squeezenet1_1", 0, 0, "", "squeezenet1_1 1000", "squeezenet1_1", "taken for"},
    {"vgg16-torchvision", 10, 0, "", "vgg16-torchvision 10 derived", "vgg16-torchvision", "taken for"},
    {"nin", 0, 0, "", "nin 1000", "nin", "taken for nin"},
    {"tiny2t", 0, 0, "", "tiny2t 10", "tiny2t", "taken for tiny2t"},
    {"tinyinc", 0, 0, "", "tinyinc 7", "tinyinc", "taken for tinyinc"}, /* for tests: where nothing else fits */
    {"tiny2t", 0, 0, "\"alexcl.model\":\"tiny-across\"", "tiny-across 10", "tiny-across", ""},
};

START_TEST(a_net_for_a_file) {
    struct alexcl_error err = {0};
    struct alexcl_weights_file *f = NULL;
    struct alexcl_weights *w = NULL;
    const struct alexcl_model *m = NULL;
    const char *why = NULL;
    EXPECT_OK(alexcl_weights_file_open(
                  hollow(files[_i].model, files[_i].classes, files[_i].aliases, ALL, files[_i].metadata), &f, &err),
              err);
    ck_assert_str_eq(alexcl_weights_file_kind(f), "safetensors");
    expect_fits(f, files[_i].fits);
    if (!files[_i].chosen) {
        EXPECT_ERROR(alexcl_weights_file_model(f, NULL, &m, &why, &err), ALEXCL_E_DATA, files[_i].said, err);
    } else {
        EXPECT_OK(alexcl_weights_file_model(f, NULL, &m, &why, &err), err);
        ck_assert_str_eq(m->name, files[_i].chosen);
        ck_assert_msg(files[_i].said[0] ? strstr(why, files[_i].said) != NULL : !why[0], "%s", why);
        EXPECT_OK(alexcl_weights_file_weights(f, m, NULL, &w, &err), err);
        alexcl_weights_free(w);
    }
    alexcl_weights_file_free(f);
    weight_files_remove();
}
END_TEST

START_TEST(a_model_that_is_named_wins) {
    struct alexcl_error err = {0};
    struct alexcl_weights_file *f = NULL;
    struct alexcl_weights *w = NULL;
    const struct alexcl_model *m = NULL;
    const char *why = NULL;
    EXPECT_OK(alexcl_weights_file_open(hollow("alexnet", 37, 0, ALL, ""), &f, &err), err);
    EXPECT_OK(alexcl_weights_file_model(f, model_named("caffenet"), &m, &why, &err), err);
    ck_assert_str_eq(m->name, "caffenet");
    ck_assert_str_eq(why, "");
    ck_assert_int_eq(m->layers[m->layer_count - 2].outputs, 37);
    EXPECT_OK(alexcl_weights_file_weights(f, m, NULL, &w, &err), err);
    alexcl_weights_free(w);
    /* What does not fit is said where the weights are opened, by the tensor. */
    EXPECT_OK(alexcl_weights_file_model(f, model_named("alexnet-torchvision"), &m, &why, &err), err);
    ck_assert(m == model_named("alexnet-torchvision"));
    EXPECT_ERROR(alexcl_weights_file_weights(f, m, NULL, &w, &err), ALEXCL_E_DATA,
                 "tensor conv1.weight is 96x3x11x11, model alexnet-torchvision wants 64x3x11x11", err);
    alexcl_weights_file_free(f);
    weight_files_remove();
}
END_TEST

START_TEST(a_file_that_ends_early_serves_its_layers) {
    struct alexcl_error err = {0};
    struct alexcl_weights_file *f = NULL;
    struct alexcl_weights *w = NULL;
    const struct alexcl_model *m = NULL;
    EXPECT_OK(alexcl_weights_file_open(hollow("alexnet-torchvision", 0, 1, 10, ""), &f, &err), err);
    expect_fits(f, "");
    EXPECT_OK(alexcl_weights_file_model(f, NULL, &m, NULL, &err), err);
    ck_assert_str_eq(m->name, "alexnet-torchvision");
    EXPECT_OK(alexcl_weights_file_weights(f, m, "pool5", &w, &err), err);
    alexcl_weights_free(w);
    EXPECT_ERROR(alexcl_weights_file_weights(f, m, NULL, &w, &err), ALEXCL_E_DATA, "no tensor fc6.weight", err);
    alexcl_weights_file_free(f);
    weight_files_remove();
}
END_TEST

START_TEST(no_net_for_a_file) {
    struct alexcl_error err = {0};
    struct alexcl_weights_file *f = NULL;
    const struct alexcl_model *m = NULL;
    size_t length;
    unsigned char *bytes = weight_file_bytes("{\"conv1.weight\":{\"dtype\":\"F32\",\"shape\":[96,3,11,11],"
                                             "\"data_offsets\":[0,139392]},\"conv1.bias\":{\"dtype\":\"F32\","
                                             "\"shape\":[95],\"data_offsets\":[139392,139772]}}",
                                             NULL, 139772, &length);
    EXPECT_OK(alexcl_weights_file_open(weight_file_write(bytes, length), &f, &err), err);
    free(bytes);
    expect_fits(f, "");
    EXPECT_ERROR(alexcl_weights_file_model(f, NULL, &m, NULL, &err), ALEXCL_E_DATA,
                 "tensor conv1.bias is 95, model alexnet wants 96; no other model is nearer", err);
    alexcl_weights_file_free(f);
    weight_files_remove();
}
END_TEST

START_TEST(what_is_in_a_file) {
    static const float values[] = {1, -3, INFINITY, 6, NAN, 0};
    struct alexcl_error err = {0};
    struct alexcl_weights_file *f = NULL;
    struct alexcl_weights_statistics s = {.size = sizeof s};
    unsigned char data[48] = {0};
    size_t length;
    memcpy(data, values, sizeof values);
    unsigned char *bytes = weight_file_bytes(
        "{\"__metadata__\":{\"alexcl.origin\":\"generator\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":"
        "[0,24]},"
        "\"b\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[24,40]},\"c\":{\"dtype\":\"F16\",\"shape\":[4],"
        "\"data_offsets\":[40,48]}}",
        data, sizeof data, &length);
    EXPECT_OK(alexcl_weights_file_open(weight_file_write(bytes, length), &f, &err), err);
    free(bytes);
    const struct alexcl_weights_tensor *t = alexcl_weights_file_tensor(f, 0);
    ck_assert(strcmp(t->name, "a") == 0 && strcmp(t->type, "F32") == 0 && t->dims == 2 && t->shape[1] == 3);
    ck_assert_uint_eq(t->bytes, 24);
    ck_assert_ptr_null(alexcl_weights_file_tensor(f, 3));
    ck_assert_str_eq(alexcl_weights_file_text(f, 0)->value, "generator");
    ck_assert_ptr_null(alexcl_weights_file_text(f, 1));
    ck_assert(alexcl_weights_file_random(f));
    EXPECT_OK(alexcl_weights_file_statistics(f, 0, &s, &err), err);
    ck_assert(s.known && !s.finite && s.min == -3 && s.max == 6 && s.mean == 1);
    EXPECT_OK(alexcl_weights_file_statistics(f, 1, &s, &err), err);
    ck_assert(!s.known);
    EXPECT_OK(alexcl_weights_file_statistics(f, 2, &s, &err), err);
    ck_assert(s.known && s.finite && s.min == 0 && s.max == 0);
    EXPECT_ERROR(alexcl_weights_file_statistics(f, 3, &s, &err), ALEXCL_E_USAGE, "has 3 tensors, no number 3", err);
    float read[6];
    EXPECT_OK(alexcl_weights_file_read(f, 0, read, 6, &err), err);
    ck_assert(memcmp(read, values, sizeof values) == 0);
    EXPECT_ERROR(alexcl_weights_file_read(f, 0, read, 5, &err), ALEXCL_E_USAGE, "tensor a has 6 values, not 5", err);
    EXPECT_ERROR(alexcl_weights_file_read(f, 1, read, 2, &err), ALEXCL_E_DATA, "tensor b is of type I64", err);
    EXPECT_ERROR(alexcl_weights_file_read(f, 3, read, 6, &err), ALEXCL_E_USAGE, "has 3 tensors, no number 3", err);
    alexcl_weights_file_free(f);
    ck_assert_str_eq(alexcl_weights_kind(weight_file_write("GGUF\3\0\0\0", 8)), "gguf");
    ck_assert_str_eq(alexcl_weights_kind("no such file"), "unknown");
    weight_files_remove();
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("weights_file");
    tcase_add_loop_test(tests, a_net_for_a_file, 0, sizeof files / sizeof *files);
    tcase_add_test(tests, a_model_that_is_named_wins);
    tcase_add_test(tests, a_file_that_ends_early_serves_its_layers);
    tcase_add_test(tests, no_net_for_a_file);
    tcase_add_test(tests, what_is_in_a_file);
    return support_run(tests);
}
