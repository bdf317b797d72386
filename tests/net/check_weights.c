/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "graph.h"
#include "model_check.h"
#include "source.h"
#include "support.h"
#include "weight_files.h"
#include "weights.h"

static const uint64_t ORACLE_SEED = 0x20120930A1E7C0DEu;

static const struct alexcl_model *model_named(const char *name) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = NULL;
    EXPECT_OK(alexcl_model_find(name, &m, &err), err);
    return m;
}

static struct alexcl_weights *generated(const char *model) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named(model);
    struct alexcl_weights *w = NULL;
    EXPECT_OK(alexcl_weights_generate(m, ORACLE_SEED, model_oracle_case(m), NULL, 0, &w, &err), err);
    return w;
}

/* A file of the model's generated weights, in static memory of this call. */
static const char *saved(const char *model) {
    struct alexcl_error err = {0};
    static char copy[64];
    struct alexcl_weights *w = generated(model);
    snprintf(copy, sizeof copy, "%s", weight_file_write("", 0));
    EXPECT_OK(alexcl_weights_save(w, copy, &err), err);
    alexcl_weights_free(w);
    return copy;
}

/* The tensors of a model: calls `visit` for each with its whole shape. */
static void for_each_tensor(const struct alexcl_model *m,
                            void (*visit)(const struct alexcl_layer *l, const struct layer_tensor *t, void *user),
                            void *user) {
    struct alexcl_error err = {0};
    struct graph *g;
    EXPECT_OK(graph_make(m, NULL, 1, &g, &err), err);
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        for (int t = 0; t < s->tensor_count; t++) visit(s->desc, &s->tensors[t], user);
    }
    graph_free(g);
}

/* ---- synthetic weights -------------------------------------------------------------------------- */

struct probing {
    const struct alexcl_weights *weights;
    const struct oracle_probe *probes;
    size_t count, seen;
};

static void probe_tensor(const struct alexcl_layer *l, const struct layer_tensor *t, void *user) {
    struct probing *p = user;
    struct alexcl_error err = {0};
    struct weights_view v;
    char name[64];
    size_t count = 1;
    double sum = 0, l1 = 0, l2 = 0;
    snprintf(name, sizeof name, "%s.%s", l->name,
             l->type == ALEXCL_RBF              ? "code"
             : strcmp(t->suffix, "weight") == 0 ? "w"
                                                : "b");
    for (int d = 0; d < t->dims; d++) count *= (size_t)t->shape[d];
    EXPECT_OK(weights_view_open(p->weights, l, t->suffix, t->dims, t->shape, 0, t->shape[0], &v, &err), err);
    for (size_t i = 0; i < count; i++) {
        double x = (double)v.values[i];
        sum += x;
        l1 += fabs(x);
        l2 += x * x;
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct oracle_probe *probe = &p->probes[i];
        if (strncmp(probe->what, "wgen", 4) != 0 || strcmp(probe->tensor, name) != 0) continue;
        p->seen++;
        if (strcmp(probe->what, "wgen") == 0) {
            ck_assert_msg(v.values[probe->index] == (float)probe->value, "%s[%zu] is %.9g, not %.9g", name,
                          probe->index, (double)v.values[probe->index], probe->value);
            continue;
        }
        double got = strcmp(probe->what, "wgen_sum") == 0 ? sum : strcmp(probe->what, "wgen_l1") == 0 ? l1 : sqrt(l2);
        ck_assert_uint_eq(probe->index, count);
        ck_assert_msg(fabs(got - probe->value) <= 1e-11 * l1, "%s: %s is %.17g, not %.17g", name, probe->what, got,
                      probe->value);
    }
    weights_view_close(&v);
}

START_TEST(generated_weights_are_the_golden_ones) {
    const struct alexcl_model *m = alexcl_model_get((size_t)_i);
    if (!m || !model_oracle_case(m)) return;
    char dir[64];
    struct probing p = {.weights = generated(m->name)};
    snprintf(dir, sizeof dir, "net_%s", model_oracle_case(m));
    struct oracle_probe *probes = oracle_probes(dir, &p.count);
    size_t expected = 0;
    for (size_t i = 0; i < p.count; i++) expected += strncmp(probes[i].what, "wgen", 4) == 0;
    p.probes = probes;
    for_each_tensor(m, probe_tensor, &p);
    ck_assert_uint_gt(expected, 50);
    ck_assert_uint_eq(p.seen, expected);
    free(probes);
    alexcl_weights_free((struct alexcl_weights *)p.weights);
}
END_TEST

static void compare_slices(const struct alexcl_layer *l, const struct layer_tensor *t, void *user) {
    struct alexcl_error err = {0};
    struct weights_view whole, part;
    size_t row = 1;
    for (int d = 1; d < t->dims; d++) row *= (size_t)t->shape[d];
    EXPECT_OK(weights_view_open(user, l, t->suffix, t->dims, t->shape, 0, t->shape[0], &whole, &err), err);
    for (int half = 0; half < 2; half++) {
        int first = shape_half_first(t->shape[0], half), count = shape_half_count(t->shape[0], half);
        EXPECT_OK(weights_view_open(user, l, t->suffix, t->dims, t->shape, first, count, &part, &err), err);
        ck_assert_mem_eq(part.values, whole.values + (size_t)first * row, (size_t)count * row * sizeof(float));
        weights_view_close(&part);
    }
    weights_view_close(&whole);
    weights_view_close(&whole);
}

START_TEST(a_slice_is_a_part_of_the_whole) {
    static const char *const names[] = {"tiny2t", "tiny-nolrn", "lenet5", "lenet5-1998"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct alexcl_weights *w = generated(names[i]);
        for_each_tensor(model_named(names[i]), compare_slices, w);
        alexcl_weights_free(w);
    }
}
END_TEST

START_TEST(a_tensor_is_read_as_the_net_sees_it) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w = generated("tiny2t");
    const struct alexcl_model *m = model_named("tiny2t");
    struct weights_view v;
    int shape[4] = {8, 3, 11, 11}, at;
    float values[8 * 3 * 11 * 11];
    EXPECT_OK(alexcl_model_layer(m, "conv1", &at, &err), err);
    EXPECT_OK(weights_view_open(w, &m->layers[at], "weight", 4, shape, 0, 8, &v, &err), err);
    EXPECT_OK(alexcl_weights_read(w, "conv1", "weight", values, sizeof values / sizeof *values, &err), err);
    support_same("conv1.weight", values, v.values, sizeof values / sizeof *values);
    weights_view_close(&v);
    EXPECT_ERROR(alexcl_weights_read(w, "conv1", "weight", values, 7, &err), ALEXCL_E_USAGE,
                 "conv1.weight has not the 7", err);
    EXPECT_ERROR(alexcl_weights_read(w, "pool1", "weight", values, 1, &err), ALEXCL_E_USAGE, "pool1", err);
    EXPECT_ERROR(alexcl_weights_read(w, "conv1", "gamma", values, 1, &err), ALEXCL_E_USAGE, "gamma", err);
    EXPECT_ERROR(alexcl_weights_read(w, "conv9", "weight", values, 1, &err), ALEXCL_E_USAGE, "conv9", err);
    alexcl_weights_free(w);
}
END_TEST

static float first_value(const struct alexcl_weights *w, const char *model, const char *layer, int inputs,
                         int outputs) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named(model);
    struct weights_view v;
    int shape[4] = {outputs, inputs};
    int at;
    EXPECT_OK(alexcl_model_layer(m, layer, &at, &err), err);
    EXPECT_OK(weights_view_open(w, &m->layers[at], "weight", 2, shape, 0, 1, &v, &err), err);
    float value = v.values[0];
    weights_view_close(&v);
    return value;
}

START_TEST(gains_and_names_are_respected) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named("tiny2t");
    struct alexcl_gain fc7 = {sizeof(struct alexcl_gain), "fc7", 4};
    struct alexcl_weights *own, *listed, *none, *other;
    EXPECT_OK(alexcl_weights_generate(m, 1, NULL, NULL, 0, &own, &err), err);
    EXPECT_OK(alexcl_weights_generate(m, 1, NULL, &fc7, 1, &listed, &err), err);
    EXPECT_OK(alexcl_weights_generate(m, 1, "tiny2t", &fc7, 0, &none, &err), err);
    EXPECT_OK(alexcl_weights_generate(m, 1, "other", NULL, 0, &other, &err), err);
    ck_assert(fabsf(first_value(own, "tiny2t", "fc8", 12, 10) * 10 / first_value(none, "tiny2t", "fc8", 12, 10) - 1) <
              1e-6f);
    ck_assert(first_value(own, "tiny2t", "fc7", 16, 12) == first_value(none, "tiny2t", "fc7", 16, 12));
    ck_assert(first_value(listed, "tiny2t", "fc7", 16, 12) == 4 * first_value(none, "tiny2t", "fc7", 16, 12));
    ck_assert(first_value(listed, "tiny2t", "fc8", 12, 10) == first_value(none, "tiny2t", "fc8", 12, 10));
    ck_assert(first_value(other, "tiny2t", "fc7", 16, 12) != first_value(own, "tiny2t", "fc7", 16, 12));
    ck_assert(alexcl_weights_random(own));
    ck_assert(strstr(alexcl_weights_describe(own), "random weights of seed 1") != NULL);
    struct alexcl_weights *none_made = NULL;
    struct alexcl_gain typo = {sizeof(struct alexcl_gain), "fc9", 1}, relu = {sizeof(struct alexcl_gain), "relu6", 1},
                       nan_gain = {sizeof(struct alexcl_gain), "fc6", NAN};
    EXPECT_ERROR(alexcl_weights_generate(m, 1, NULL, &typo, 1, &none_made, &err), ALEXCL_E_USAGE, "did you mean", err);
    EXPECT_ERROR(alexcl_weights_generate(m, 1, NULL, &relu, 1, &none_made, &err), ALEXCL_E_USAGE, "takes no gain", err);
    EXPECT_ERROR(alexcl_weights_generate(m, 1, NULL, &nan_gain, 1, &none_made, &err), ALEXCL_E_USAGE, "not a number",
                 err);
    ck_assert(none_made == NULL);
    alexcl_weights_free(own);
    alexcl_weights_free(listed);
    alexcl_weights_free(none);
    alexcl_weights_free(other);
    alexcl_weights_free(NULL);
}
END_TEST

/* As a newer header may have it. */
struct longer_gain {
    struct alexcl_gain known;
    double more;
};

START_TEST(gains_of_another_size_are_read) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named("tiny2t");
    struct longer_gain longer[2] = {{{sizeof *longer, "fc7", 4}, 0}, {{sizeof *longer, "fc8", 2}, 0}};
    struct alexcl_weights *w, *none;
    EXPECT_OK(alexcl_weights_generate(m, 1, NULL, &longer[0].known, 2, &w, &err), err);
    EXPECT_OK(alexcl_weights_generate(m, 1, NULL, &longer[0].known, 0, &none, &err), err);
    ck_assert(first_value(w, "tiny2t", "fc7", 16, 12) == 4 * first_value(none, "tiny2t", "fc7", 16, 12));
    ck_assert(first_value(w, "tiny2t", "fc8", 12, 10) == 2 * first_value(none, "tiny2t", "fc8", 12, 10));
    alexcl_weights_free(w);
    alexcl_weights_free(none);
    longer[1].more = 1;
    EXPECT_ERROR(alexcl_weights_generate(m, 1, NULL, &longer[0].known, 2, &w, &err), ALEXCL_E_USAGE,
                 "struct alexcl_gain: of its", err);
    longer[0].known.size = 0;
    EXPECT_ERROR(alexcl_weights_generate(m, 1, NULL, &longer[0].known, 2, &w, &err), ALEXCL_E_USAGE,
                 "struct alexcl_gain: its size is given as 0 bytes", err);
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------- */

struct pair {
    const struct alexcl_weights *a, *b;
};

static void compare_pair(const struct alexcl_layer *l, const struct layer_tensor *t, void *user) {
    struct pair *p = user;
    struct alexcl_error err = {0};
    struct weights_view a, b;
    size_t count = 1;
    for (int d = 0; d < t->dims; d++) count *= (size_t)t->shape[d];
    EXPECT_OK(weights_view_open(p->a, l, t->suffix, t->dims, t->shape, 0, t->shape[0], &a, &err), err);
    EXPECT_OK(weights_view_open(p->b, l, t->suffix, t->dims, t->shape, 0, t->shape[0], &b, &err), err);
    ck_assert_mem_eq(a.values, b.values, count * sizeof(float));
    ck_assert_msg(b.owned == NULL, "%s.%s is copied, not mapped", l->name, t->suffix);
    weights_view_close(&a);
    weights_view_close(&b);
}

START_TEST(what_is_saved_is_read_back_mapped) {
    static const char *const names[] = {"tiny2t", "tiny-orig", "tiny-nolrn", "lenet5", "lenet5-1998"};
    struct alexcl_error err = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct pair p = {.a = generated(names[i])};
        struct alexcl_weights *file;
        const char *path = saved(names[i]);
        EXPECT_OK(alexcl_weights_open(path, model_named(names[i]), NULL, &file, &err), err);
        p.b = file;
        for_each_tensor(model_named(names[i]), compare_pair, &p);
        ck_assert(alexcl_weights_random(file));
        ck_assert(strstr(alexcl_weights_describe(file), "agrees with model") &&
                  strstr(alexcl_weights_describe(file), "labels mean nothing"));
        /* saved again from the file: the same bytes */
        unsigned char *one, *two;
        size_t length_one, length_two;
        char again[64];
        snprintf(again, sizeof again, "%s", weight_file_write("", 0));
        EXPECT_OK(alexcl_weights_save(file, again, &err), err);
        EXPECT_OK(files_read(path, (size_t)1 << 30, &one, &length_one, &err), err);
        EXPECT_OK(files_read(again, (size_t)1 << 30, &two, &length_two, &err), err);
        ck_assert_uint_eq(length_one, length_two);
        ck_assert_mem_eq(one, two, length_one);
        ck_assert_uint_eq(one[0] % 8, 0);
        free(one);
        free(two);
        alexcl_weights_free(file);
        alexcl_weights_free((struct alexcl_weights *)p.a);
    }
    weight_files_remove();
}
END_TEST

START_TEST(a_file_without_metadata_is_taken_to_match) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w;
    EXPECT_OK(alexcl_weights_open(weight_file_with(saved("tiny2t"), NULL, NULL), model_named("tiny2t"), NULL, &w, &err),
              err);
    ck_assert(strstr(alexcl_weights_describe(w), "no conventions in its metadata: taken to match model tiny2t") !=
              NULL);
    ck_assert(!alexcl_weights_random(w));
    alexcl_weights_free(w);
    weight_files_remove();
}
END_TEST

START_TEST(each_field_that_differs_is_named) {
    static const char *const models[] = {"tiny2t", "tiny-orig", "lenet5-1998"};
    struct alexcl_error err = {0};
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        unsigned char *bytes;
        size_t length, header_length = 0, tried = 0;
        struct alexcl_weights *w = NULL;
        const char *path = saved(models[m]), *key;
        EXPECT_OK(files_read(path, (size_t)1 << 30, &bytes, &length, &err), err);
        for (int i = 0; i < 8; i++) header_length |= (size_t)bytes[i] << 8 * i;
        json_t *header = json_loadb((char *)bytes + 8, header_length, 0, NULL), *value;
        json_object_foreach(json_object_get(header, "__metadata__"), key, value) {
            if (strncmp(key, "alexcl.origin", 13) == 0) continue;
            char says[200];
            snprintf(says, sizeof says, "%s: the file says 42, the model ", strchr(key, '.') + 1);
            EXPECT_ERROR(alexcl_weights_open(weight_file_with(path, key, "42"), model_named(models[m]), NULL, &w, &err),
                         ALEXCL_E_DATA, says, err);
            EXPECT_OK(alexcl_weights_open(weight_file_with(path, key, NULL), model_named(models[m]), NULL, &w, &err),
                      err);
            alexcl_weights_free(w);
            w = NULL;
            tried++;
        }
        ck_assert_uint_ge(tried, 12);
        json_decref(header);
        free(bytes);
    }
    weight_files_remove();
}
END_TEST

START_TEST(another_models_file_is_refused_with_a_hint) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w = NULL;
    const char *path = saved("tiny2t");
    EXPECT_ERROR(alexcl_weights_open(path, model_named("tiny-across"), NULL, &w, &err), ALEXCL_E_DATA,
                 "norm1.span: the file says half, the model layer; norm2.span", err);
    EXPECT_ERROR(alexcl_weights_open(path, model_named("tiny-across"), NULL, &w, &err), ALEXCL_E_DATA,
                 "it matches --model tiny2t", err);
    const char *bare = weight_file_with(path, "alexcl.model", NULL);
    EXPECT_ERROR(alexcl_weights_open(bare, model_named("tiny-across"), NULL, &w, &err), ALEXCL_E_DATA, "norm1.span",
                 err);
    EXPECT_ERROR(
        alexcl_weights_open(weight_file_with(path, "alexcl.norm1.k", "7"), model_named("tiny2t"), NULL, &w, &err),
        ALEXCL_E_DATA, "norm1.k: the file says 7, the model 2; it matches no built-in model", err);
    EXPECT_ERROR(
        alexcl_weights_open(weight_file_with(path, "alexcl.future", "7"), model_named("tiny2t"), NULL, &w, &err),
        ALEXCL_E_DATA, "future: the file says 7, the model knows no such thing", err);
    /* the same number in another spelling */
    EXPECT_OK(alexcl_weights_open(weight_file_with(path, "alexcl.norm1.alpha", "1e-4"), model_named("tiny2t"), NULL, &w,
                                  &err),
              err);
    alexcl_weights_free(w);
    EXPECT_OK(alexcl_weights_open(weight_file_with(path, "alexcl.mean", " [123.680, 116.779, 103.939] "),
                                  model_named("tiny2t"), NULL, &w, &err),
              err);
    alexcl_weights_free(w);
    EXPECT_ERROR(alexcl_weights_open(weight_file_with(path, "alexcl.mean", "[123.68,116.779]"), model_named("tiny2t"),
                                     NULL, &w, &err),
                 ALEXCL_E_DATA, "mean", err);
    EXPECT_ERROR(alexcl_weights_open(weight_file_with(path, "alexcl.mean", "[123.68,116.779,103.939,0]"),
                                     model_named("tiny2t"), NULL, &w, &err),
                 ALEXCL_E_DATA, "mean", err);
    /* what stands behind the last layer that is needed does not matter */
    EXPECT_OK(
        alexcl_weights_open(weight_file_with(path, "alexcl.norm2.k", "7"), model_named("tiny2t"), "conv2", &w, &err),
        err);
    alexcl_weights_free(w);
    EXPECT_OK(alexcl_weights_open(weight_file_with(path, "alexcl.layers", "conv1 relu1 norm1 pool1 conv2 other"),
                                  model_named("tiny2t"), "conv2", &w, &err),
              err);
    alexcl_weights_free(w);
    w = NULL;
    EXPECT_ERROR(alexcl_weights_open(weight_file_with(path, "alexcl.layers", "conv1 norm1 relu1 pool1 conv2 relu2"),
                                     model_named("tiny2t"), "conv2", &w, &err),
                 ALEXCL_E_DATA, "layers: the file says conv1 norm1", err);
    EXPECT_ERROR(alexcl_weights_open(path, model_named("tiny2t"), "conv9", &w, &err), ALEXCL_E_USAGE,
                 "no layer \"conv9\"", err);
    weight_files_remove();
}
END_TEST

/* The first layer of torchvision's net, by hand. */
enum { CONV1 = 64 * 3 * 11 * 11, CONV1_BYTES = CONV1 * 4 };

static const char *torchvision_file(const char *weight, const char *bias, const char *dtype, const char *shape, int odd,
                                    const void *data) {
    char header[1024];
    size_t length, bytes = strcmp(dtype, "F32") == 0 ? CONV1_BYTES : CONV1 * 2;
    snprintf(header, sizeof header,
             "{\"__metadata__\":{\"format\":\"pt\"},\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%zu]},"
             "\"%s\":{\"dtype\":\"F32\",\"shape\":[64],\"data_offsets\":[%zu,%zu]},\"lin0\":{\"dtype\":\"I64\","
             "\"shape\":[],\"data_offsets\":[%zu,%zu]}}",
             weight, dtype, shape, bytes, bias, bytes, bytes + 256, bytes + 256, bytes + 264);
    while ((8 + strlen(header)) % 4 != (size_t)odd) strcat(header, " ");
    unsigned char *values = calloc(1, CONV1_BYTES + 264);
    ck_assert(values != NULL);
    if (data) memcpy(values, data, bytes);
    unsigned char *file = weight_file_bytes(header, values, bytes + 264, &length);
    const char *path = weight_file_write(file, length);
    free(file);
    free(values);
    return path;
}

START_TEST(torchvisions_names_types_and_alignments_are_read) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = model_named("alexnet-torchvision");
    static const int shape[4] = {64, 3, 11, 11};
    static const char whole[] = "[64,3,11,11]";
    struct alexcl_weights *w = NULL;
    struct weights_view v;
    static float values[CONV1];
    static uint16_t halves[CONV1], brains[CONV1];
    for (int i = 0; i < CONV1; i++) { /* whole numbers below 256 are the same in all three types */
        uint32_t bits;
        values[i] = (float)(i % 256 - 128);
        memcpy(&bits, &values[i], 4);
        brains[i] = (uint16_t)(bits >> 16);
        halves[i] = bits << 1 ? (uint16_t)(bits >> 16 & 0x8000) | (uint16_t)(((bits >> 23 & 255) - 112) << 10) |
                                    (uint16_t)(bits >> 13 & 1023)
                              : 0;
    }
    const struct {
        const char *dtype;
        const void *data;
        int odd;
    } files[] = {{"F32", values, 0}, {"F32", values, 1}, {"F32", values, 2},  {"F32", values, 3},
                 {"F16", halves, 0}, {"F16", halves, 1}, {"BF16", brains, 0}, {"BF16", brains, 3}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = torchvision_file("features.0.weight", "features.0.bias", files[i].dtype, whole, files[i].odd,
                                            files[i].data);
        EXPECT_OK(alexcl_weights_open(path, m, "pool1", &w, &err), err);
        EXPECT_OK(weights_view_open(w, &m->layers[0], "weight", 4, shape, 10, 50, &v, &err), err);
        ck_assert_mem_eq(v.values, values + 10 * 363, 50 * 363 * sizeof(float));
        ck_assert((v.owned == NULL) == (i == 0));
        weights_view_close(&v);
        EXPECT_ERROR(weights_view_open(w, &m->layers[3], "weight", 4, (int[4]){192, 64, 5, 5}, 0, 1, &v, &err),
                     ALEXCL_E_DATA, "no tensor conv2.weight", err);
        weights_view_close(&v);
        alexcl_weights_free(w);
        w = NULL;
        EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &w, &err), ALEXCL_E_DATA,
                     "no tensor conv2.weight (or features.3.weight) (192x64x5x5)", err);
        EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &w, &err), ALEXCL_E_DATA, "infer --features pool1", err);
    }
    EXPECT_OK(alexcl_weights_open(torchvision_file("conv1.weight", "features.0.bias", "F32", whole, 0, values), m,
                                  "conv1", &w, &err),
              err);
    alexcl_weights_free(w);
    w = NULL;
    EXPECT_ERROR(alexcl_weights_open(torchvision_file("features.0.weight", "conv1.weight", "F32", whole, 0, values), m,
                                     "conv1", &w, &err),
                 ALEXCL_E_DATA, "two names of one tensor", err);
    EXPECT_ERROR(alexcl_weights_open(torchvision_file("features.0.weight", "features.0.b", "F32", whole, 0, values), m,
                                     "conv1", &w, &err),
                 ALEXCL_E_DATA, "no tensor conv1.bias (or features.0.bias) (64)", err);
    EXPECT_ERROR(
        alexcl_weights_open(torchvision_file("features.0.weight", "features.0.bias", "I32", "[32,3,11,11]", 0, values),
                            m, "conv1", &w, &err),
        ALEXCL_E_DATA, "features.0.weight is of dtype I32", err);
    EXPECT_ERROR(
        alexcl_weights_open(torchvision_file("features.0.weight", "features.0.bias", "F32", "[11,11,3,64]", 0, values),
                            m, "conv1", &w, &err),
        ALEXCL_E_DATA, "features.0.weight is 11x11x3x64, model alexnet-torchvision wants 64x3x11x11", err);
    EXPECT_ERROR(
        alexcl_weights_open(torchvision_file("features.0.weight", "features.0.bias", "F32", "[64,363]", 0, values), m,
                            "conv1", &w, &err),
        ALEXCL_E_DATA, "is 64x363", err);
    EXPECT_ERROR(alexcl_weights_open(
                     torchvision_file("features.0.weight", "features.0.bias", "F32", "[64,3,11,11,1]", 0, values), m,
                     "conv1", &w, &err),
                 ALEXCL_E_DATA, "64x3x11x11x... (5 axes)", err);
    EXPECT_ERROR(alexcl_weights_open(torchvision_file("features.0.weight", "features.0.bias", "F32", whole, 0, values),
                                     model_named("alexnet"), "conv1", &w, &err),
                 ALEXCL_E_DATA,
                 "no tensor conv1.weight (96x3x11x11) for model alexnet; it has 3 tensors, the first features.0.weight",
                 err);
    weight_files_remove();
}
END_TEST

/* A checkpoint of PyTorch's whose values do not stand in C order (tests/formats/torch_files.py), part by part. */
START_TEST(parts_of_a_strided_checkpoint_are_in_order) {
    static const struct alexcl_layer layers[] = {
        {.type = ALEXCL_CONV, .name = "conv1", .outputs = 4, .kernel = {2, 3}, .stride = {1, 1}, .groups = 1}};
    static const char *const aliases[][2] = {
        {"conv1.weight", "features.0.weight"}, {"conv1.bias", "features.0.bias"}, {NULL, NULL}};
    static const struct alexcl_model model = {.size = sizeof model,
                                              .layer_size = sizeof *layers,
                                              .name = "torch",
                                              .about = "one layer",
                                              .channels = 3,
                                              .height = 4,
                                              .width = 4,
                                              .colour = ALEXCL_RGB,
                                              .resize = 4,
                                              .scale = 1,
                                              .layers = layers,
                                              .layer_count = 1,
                                              .aliases = aliases};
    static const int shape[4] = {4, 3, 2, 3};
    for (int strided = 0; strided < 2; strided++) {
        struct alexcl_error err = {0};
        struct alexcl_weights *w;
        struct weights_view v;
        struct source *s;
        float all[4 * 18];
        const char *path = strided ? TORCH_FOLDER "/channels_last.pth" : TORCH_FOLDER "/plain.pth";
        EXPECT_OK(source_open(path, &s, &err), err);
        source_read(source_find(s, "features.0.weight"), 0, 4 * 18, all);
        source_free(s);
        EXPECT_OK(alexcl_weights_open(path, &model, NULL, &w, &err), err);
        for (int first = 0; first < 4; first++) {
            EXPECT_OK(weights_view_open(w, &layers[0], "weight", 4, shape, first, 4 - first, &v, &err), err);
            ck_assert_mem_eq(v.values, all + first * 18, (size_t)(4 - first) * 18 * sizeof(float));
            ck_assert_int_eq(v.owned != NULL, strided);
            weights_view_close(&v);
        }
        alexcl_weights_free(w);
    }
}
END_TEST

START_TEST(absent_connections_must_be_zero) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w = NULL;
    unsigned char *bytes;
    size_t length, header_length = 0;
    EXPECT_OK(files_read(saved("lenet5-1998"), (size_t)1 << 30, &bytes, &length, &err), err);
    for (int i = 0; i < 8; i++) header_length |= (size_t)bytes[i] << 8 * i;
    json_t *header = json_loadb((char *)bytes + 8, header_length, 0, NULL);
    json_int_t begin =
        json_integer_value(json_array_get(json_object_get(json_object_get(header, "c3.weight"), "data_offsets"), 0));
    float *c3 = (float *)(void *)(bytes + 8 + header_length + begin); /* output 0 reads inputs 0 1 2 */
    for (int i = 0; i < 75; i++) ck_assert(c3[i] != 0);
    for (int i = 75; i < 150; i++) ck_assert(c3[i] == 0);
    c3[75 + 30] = 0.25f;
    EXPECT_ERROR(alexcl_weights_open(weight_file_write(bytes, length), model_named("lenet5-1998"), NULL, &w, &err),
                 ALEXCL_E_DATA, "c3.weight: output 0 does not read input 4", err);
    EXPECT_OK(alexcl_weights_open(weight_file_write(bytes, length), model_named("lenet5-1998"), "ts2", &w, &err), err);
    alexcl_weights_free(w);
    json_decref(header);
    free(bytes);
    weight_files_remove();
}
END_TEST

START_TEST(saving_fails_with_a_name_and_leaves_nothing) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w = generated("tiny2t"), *odd = NULL;
    EXPECT_ERROR(alexcl_weights_save(w, "absent/folder/f.safetensors", &err), ALEXCL_E_OTHER,
                 "absent/folder/f.safetensors: cannot be written", err);
    EXPECT_ERROR(alexcl_weights_save(w, "/dev/null/f", &err), ALEXCL_E_OTHER, "cannot be written", err);
    EXPECT_OK(alexcl_weights_generate(model_named("tiny2t"), 1, "\xff", NULL, 0, &odd, &err), err);
    EXPECT_ERROR(alexcl_weights_save(odd, "never.safetensors", &err), ALEXCL_E_OTHER, "not UTF-8", err);
    ck_assert_int_ne(access("never.safetensors", F_OK), 0);
    alexcl_weights_free(w);
    alexcl_weights_free(odd);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("weights");
    int models = 0;
    while (alexcl_model_get((size_t)models)) models++;
    tcase_add_loop_test(tests, generated_weights_are_the_golden_ones, 0, models);
    tcase_add_test(tests, a_slice_is_a_part_of_the_whole);
    tcase_add_test(tests, a_tensor_is_read_as_the_net_sees_it);
    tcase_add_test(tests, gains_and_names_are_respected);
    tcase_add_test(tests, gains_of_another_size_are_read);
    tcase_add_test(tests, what_is_saved_is_read_back_mapped);
    tcase_add_test(tests, a_file_without_metadata_is_taken_to_match);
    tcase_add_test(tests, each_field_that_differs_is_named);
    tcase_add_test(tests, another_models_file_is_refused_with_a_hint);
    tcase_add_test(tests, torchvisions_names_types_and_alignments_are_read);
    tcase_add_test(tests, parts_of_a_strided_checkpoint_are_in_order);
    tcase_add_test(tests, absent_connections_must_be_zero);
    tcase_add_test(tests, saving_fails_with_a_name_and_leaves_nothing);
    return support_run(tests);
}
