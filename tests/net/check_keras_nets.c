/* SPDX-License-Identifier: MIT */
/* Nets of Keras's files: what they compute, against Keras itself (tests/formats/keras_files.py), on one device and on
 * two. Where Keras differs from others its rule is followed: "same" puts the odd zero at the end, an average at the
 * edge is over what of its window is on the map, maps are flattened as H,W,C. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "source.h"
#include "support.h"
#include "unpack.h"

static float *read_numbers(const json_t *document, const char *key, size_t *count) {
    const json_t *list = json_object_get(document, key);
    *count = json_array_size(list);
    ck_assert_uint_gt(*count, 0);
    float *values = support_floats(*count);
    for (size_t i = 0; i < *count; i++) values[i] = (float)json_number_value(json_array_get(list, i));
    return values;
}

static void compare(const struct alexcl_model *m, const struct alexcl_weights *w, const struct alexcl_selection *sel,
                    const float *input, const float *due, size_t count) {
    struct alexcl_error err = {0};
    struct alexcl_net *net = NULL;
    const struct alexcl_net_options options = {.size = sizeof options, .batch = 2};
    EXPECT_OK(alexcl_net_open(m, w, sel, &options, &net, &err), err);
    struct alexcl_shape out = support_output(net);
    ck_assert_uint_eq(2 * (size_t)out.c * (size_t)out.h * (size_t)out.w, count);
    float *got = support_floats(count), largest = 0;
    EXPECT_OK(alexcl_net_run(net, input, 2, got, &err), err);
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(due[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabsf(got[i] - due[i]) <= 1e-5f * largest, "%s[%zu]: %.9g, Keras %.9g", m->name, i,
                      (double)got[i], (double)due[i]);
    free(got);
    alexcl_net_free(net);
}

static const struct {
    const char *net, *file;
} nets[] = {
    {"small", "jax.keras"},
    {"small", "jax.h5"},
    {"small", "tensorflow.keras"},
    {"small", "tensorflow.h5"},
    {"small", "deflated.keras"},
    {"every", "every.keras"},
    {"graph", "graph.keras"},
    {"graph", "graph.h5"},
    {"old", "old.h5"},
    {"channels_first", "channels_first.keras"},
};

START_TEST(the_same_as_by_keras) {
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    struct alexcl_weights *w = NULL;
    struct alexcl_selection *both = NULL;
    char name[64];
    size_t inputs, outputs;
    int has_weights;
    /* One file of each net is enough there: kernels are compiled. */
    if (strcmp(support_implementation(), "ref") != 0 && _i > 0 && strcmp(nets[_i].net, nets[_i - 1].net) == 0) return;
    snprintf(name, sizeof name, "%s.json", nets[_i].net);
    json_t *document = json_load_file(name, 0, NULL);
    ck_assert(document != NULL);
    float *input = read_numbers(document, "input", &inputs), *due = read_numbers(document, "scores", &outputs);
    EXPECT_OK(alexcl_model_open(nets[_i].file, &m, &has_weights, &err), err);
    ck_assert_int_eq(has_weights, 1);
    ck_assert_uint_eq(inputs, 2 * (size_t)m->channels * (size_t)m->height * (size_t)m->width);
    EXPECT_OK(alexcl_weights_open(nets[_i].file, m, NULL, &w, &err), err);
    EXPECT_OK(alexcl_selection_open(strcmp(support_implementation(), "ref") ? "0/2" : "ref,ref", &both, &err), err);
    compare(m, w, support_selection(), input, due, outputs);
    compare(m, w, both, input, due, outputs);
    json_decref(document);
    free(input);
    free(due);
    alexcl_selection_free(both);
    alexcl_weights_free(w);
    alexcl_model_free(m);
}
END_TEST

START_TEST(preparation_is_told) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_OK(source_open("every.keras", &s, &err), err);
    ck_assert(s->model != NULL && fabs(s->model->scale * 127.5 - 1) < 1e-6 && s->model->mean[2] == 1);
    ck_assert_msg(strstr(s->told.text, "pictures: RGB, shorter side to 19, values 0..255 times 0.00784314 less 1 (the "
                                       "layer Rescaling)\n"),
                  "%s", s->told.text);
    ck_assert(strstr(s->done.text, "norms to factors and sums\n"));
    source_free(s);
    EXPECT_OK(source_open("jax.keras", &s, &err), err);
    ck_assert(s->model != NULL && s->model->scale == 1.0 / 255 && strstr(s->told.text, "(assumed: the file does not"));
    source_free(s);
}
END_TEST

int main(void) {
    unpack_files(KERAS_FILES);
    TCase *tests = tcase_create("keras_nets");
    tcase_add_loop_test(tests, the_same_as_by_keras, 0, (int)(sizeof nets / sizeof *nets));
    tcase_add_test(tests, preparation_is_told);
    return support_run(tests);
}
