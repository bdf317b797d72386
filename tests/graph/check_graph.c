/* SPDX-License-Identifier: MIT */
/* Where the halves of a net are cut, on nets that no built-in model is. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "support.h"

/* 3 channels of 3 x 3 are flattened, `middle` reads its own half of the units, and a fully connected layer all. */
static int make_odd(struct alexcl_layer middle, struct graph **out, struct alexcl_error *err) {
    static struct alexcl_layer layers[] = {
        {.type = ALEXCL_CONV, .name = "conv", .outputs = 3, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        {.type = ALEXCL_FLATTEN, .name = "flat"},
        {.name = "middle"},
        {.type = ALEXCL_FC, .name = "fc", .outputs = 4},
    };
    static struct alexcl_model model = {.size = sizeof model,
                                        .layer_size = sizeof(struct alexcl_layer),
                                        .name = "odd",
                                        .channels = 3,
                                        .height = 3,
                                        .width = 3,
                                        .layers = layers,
                                        .layer_count = sizeof layers / sizeof *layers};
    layers[2] = middle;
    return graph_make(&model, NULL, 1, out, err);
}

START_TEST(a_view_keeps_the_cut_of_the_channels) {
    const struct alexcl_layer views[] = {
        {.type = ALEXCL_DROPOUT, .name = "middle", .rate = 0.5, .dropout = ALEXCL_DROPOUT_INVERTED},
        {.type = ALEXCL_FLATTEN, .name = "middle"}};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct alexcl_error err = {0};
        struct graph *g;
        EXPECT_OK(make_odd(views[i], &g, &err), err);
        ck_assert_int_eq(g->crossing_count, 1);
        ck_assert_int_eq(graph_sent(g, 0, 0).count * graph_sent(g, 0, 0).hw, 18); /* two channels of nine */
        ck_assert_int_eq(graph_sent(g, 0, 1).count * graph_sent(g, 0, 1).hw, 9);
        ck_assert_uint_eq(graph_joined_floats(g, 0), 27);
        graph_free(g);
    }
}
END_TEST

START_TEST(units_of_another_cut_are_refused) {
    const struct alexcl_layer layers[] = {
        {.type = ALEXCL_DROPOUT, .name = "middle", .rate = 0.5, .dropout = ALEXCL_DROPOUT_PAPER},
        {.type = ALEXCL_RELU, .name = "middle"},
        {.type = ALEXCL_LRN,
         .name = "middle",
         .window = {-2, 2},
         .span = ALEXCL_SPAN_LAYER,
         .k = 2,
         .alpha = 1e-4,
         .beta = 0.75}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct alexcl_error err = {0};
        struct graph *g;
        EXPECT_ERROR(make_odd(layers[i], &g, &err), ALEXCL_E_USAGE, "make the channels even", err);
    }
}
END_TEST

static struct graph *tiny(void) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct graph *g;
    EXPECT_OK(alexcl_model_find("tiny-across", &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, 1, &g, &err), err);
    return g;
}

/* As many images as memory and the largest buffer hold, and not one more. */
START_TEST(as_many_images_as_fit) {
    struct alexcl_error err = {0};
    struct place none = {NULL};
    struct graph *g = tiny();
    const uint64_t plenty = UINT64_MAX / 4;
    for (unsigned halves = 1; halves <= 3; halves++) {
        for (int due = 1; due <= 5; due++) {
            struct alexcl_plan_memory m = graph_memory(g, halves, &none, due);
            uint64_t memory = (m.total + 8) / 9 * 10; /* a tenth is left to the driver */
            int images = 0;
            ck_assert_uint_eq(m.total, m.weights + m.activations + m.exchange + m.workspace);
            EXPECT_OK(graph_fit(g, halves, &none, memory, plenty, 100, "a device", &images, &err), err);
            ck_assert_int_eq(images, due);
            if (due < 3) continue; /* before, weights are the largest buffer */
            EXPECT_OK(graph_fit(g, halves, &none, plenty, m.largest_buffer, 100, "a device", &images, &err), err);
            ck_assert_int_eq(images, due);
        }
        struct alexcl_plan_memory one = graph_memory(g, halves, &none, 1);
        EXPECT_ERROR(graph_fit(g, halves, &none, one.total, plenty, 100, "a device", &(int){0}, &err), ALEXCL_E_MEMORY,
                     "one image needs", err);
        EXPECT_ERROR(graph_fit(g, halves, &none, plenty, one.largest_buffer - 1, 100, "a device", &(int){0}, &err),
                     ALEXCL_E_MEMORY, "a device", err);
    }
    graph_free(g);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("graph");
    tcase_add_test(tests, a_view_keeps_the_cut_of_the_channels);
    tcase_add_test(tests, units_of_another_cut_are_refused);
    tcase_add_test(tests, as_many_images_as_fit);
    return support_run(tests);
}
