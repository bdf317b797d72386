/* SPDX-License-Identifier: MIT */
#include "initial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "support.h"

static struct alexcl_error err;

/* A net, and what one of its tensors begins as. */
static const struct alexcl_model *model;
static struct graph *graph;
static struct recipe recipe;
static const struct layer_tensor *tensor;

static void open_net(const char *name, const char *recipe_name) {
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, 1, &graph, &err), err);
    EXPECT_OK(recipe_find(recipe_name, &recipe, &err), err);
}

/* At most 200,000 values from the first row on that `half` has. free() them. */
static float *fill(const char *layer, int t, int half, size_t *count) {
    struct initial in = {&recipe, model, 1};
    int index;
    EXPECT_OK(alexcl_model_layer(model, layer, &index, &err), err);
    tensor = &graph->layers[index].half[half].shape.tensors[t];
    ck_assert_str_eq(graph->layers[index].half[half].shape.desc->name, layer);
    size_t row = layer_tensor_row(tensor), rows = 200000 / row;
    if (rows > (size_t)tensor->count) rows = (size_t)tensor->count;
    float *x = support_floats(rows * row);
    EXPECT_OK(initial_fill(&in, (size_t)index, tensor, tensor->first, (int)rows, x, &err), err);
    *count = rows * row;
    return x;
}

static void expect_deviation(const char *layer, double due) {
    size_t count;
    float *x = fill(layer, 0, 1, &count);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    double deviation = sqrt(squares / (double)count), error = 4 / sqrt((double)count);
    ck_assert_msg(fabs(deviation / due - 1) < error && fabs(sum / (double)count) < error * due, "%s: %g, mean %g",
                  layer, deviation, sum / (double)count);
    free(x);
}

static void expect_bias(const char *layer, float due) {
    size_t count;
    float *x = fill(layer, 1, 0, &count);
    for (size_t i = 0; i < count; i++) ck_assert_msg(x[i] == due, "%s: bias %g", layer, (double)x[i]);
    free(x);
}

START_TEST(as_published) {
    static const char *const layers[] = {"conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"};
    static const struct {
        const char *recipe;
        double deviations[8];
        float biases[8];
    } known[] = {
        {"paper", {0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01}, {0, 1, 0, 1, 1, 1, 1, 0}},
        {"2012", {0.01, 0.01, 0.03, 0.03, 0.03, 0.01, 0.01, 0.01}, {0, 1, 0, 1, 1, 1, 1, 0}},
        {"caffe", {0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.01}, {0, 0.1f, 0, 0.1f, 0.1f, 0.1f, 0.1f, 0}},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        open_net("alexnet-227", known[k].recipe);
        for (int i = 0; i < 8; i++) {
            expect_deviation(layers[i], known[k].deviations[i]);
            expect_bias(layers[i], known[k].biases[i]);
        }
        graph_free(graph);
    }
}
END_TEST

/* Keras's figures for the article's first layer, and for 256 filters of 5x5 on 96 channels in two groups. */
START_TEST(glorot_as_in_keras) {
    static const struct {
        const char *net, *layer;
        double bound;
    } known[] = {{"alexnet-keras", "conv1", 0.0226100},
                 {"alexnet-227", "conv2", 0.0280976},
                 {"alexnet-keras", "fc8", 0.0343131}}; /* sqrt(6 / (4096 + 1000)) */
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t count;
        double largest = 0, sum = 0;
        open_net(known[k].net, "keras");
        float *x = fill(known[k].layer, 0, 0, &count);
        for (size_t i = 0; i < count; i++) {
            largest = fmax(largest, fabs((double)x[i]));
            sum += (double)x[i];
        }
        ck_assert_msg(largest <= known[k].bound * 1.00001 && largest > known[k].bound * 0.995, "%s: %.9g",
                      known[k].layer, largest);
        ck_assert_double_eq_tol(sum / (double)count, 0, known[k].bound * 4 / sqrt(3.0 * (double)count));
        free(x);
        expect_bias(known[k].layer, 0);
        graph_free(graph);
    }
}
END_TEST

/* Half 1 makes its rows by itself, as they are in the whole tensor. */
START_TEST(halves_are_parts_of_the_whole) {
    static const char *const recipes[] = {"paper", "keras"};
    for (int k = 0; k < 2; k++) {
        size_t count;
        int index;
        open_net("tiny2t", recipes[k]);
        float *half = fill("conv2", 0, 1, &count);
        EXPECT_OK(alexcl_model_layer(model, "conv2", &index, &err), err);
        struct initial in = {&recipe, model, 1};
        size_t row = layer_tensor_row(tensor), all = (size_t)tensor->shape[0];
        float *whole = support_floats(all * row);
        EXPECT_OK(initial_fill(&in, (size_t)index, tensor, 0, (int)all, whole, &err), err);
        ck_assert_uint_eq(count, (size_t)tensor->count * row);
        support_same("half 1", half, whole + (size_t)tensor->first * row, count);
        in.seed = 2;
        EXPECT_OK(initial_fill(&in, (size_t)index, tensor, 0, (int)all, whole, &err), err);
        ck_assert_float_ne(whole[(size_t)tensor->first * row], half[0]);
        free(half), free(whole);
        graph_free(graph);
    }
}
END_TEST

/* c3 reads some maps alone, the last layer's codes are fixed, a trained sub-sampling has a row of its own. */
START_TEST(lenet_1998) {
    static const char *const recipes[] = {"paper", "keras"};
    for (int k = 0; k < 2; k++) {
        size_t count;
        open_net("lenet5-1998", recipes[k]);
        float *x = fill("c3", 0, 0, &count);
        size_t window = (size_t)tensor->shape[2] * (size_t)tensor->shape[3], inputs = (size_t)tensor->shape[1];
        int index, absent = 0;
        EXPECT_OK(alexcl_model_layer(model, "c3", &index, &err), err);
        const uint32_t *connections = alexcl_model_row(model, (size_t)index)->connections;
        for (size_t i = 0; i < count; i++) {
            int there = connections[i / window / inputs] >> (i / window % inputs) & 1;
            absent += !there;
            ck_assert((x[i] != 0) == there);
        }
        ck_assert_int_gt(absent, 0);
        free(x);
        x = fill("out", 0, 0, &count);
        for (size_t i = 0; i < count; i++) ck_assert(x[i] == 1 || x[i] == -1);
        free(x);
        x = fill("s2", 0, 0, &count);
        for (size_t i = 0; i < count; i++) ck_assert(x[i] >= 0.25f && x[i] <= 0.75f);
        free(x);
        expect_bias("s2", 0);
        graph_free(graph);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("initial");
    tcase_add_test(tests, as_published);
    tcase_add_test(tests, glorot_as_in_keras);
    tcase_add_test(tests, halves_are_parts_of_the_whole);
    tcase_add_test(tests, lenet_1998);
    return support_run(tests);
}
