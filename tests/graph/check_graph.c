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
         .lrn_scope = ALEXCL_LRN_SCOPE_LAYER,
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
    struct target none = {NULL};
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

/* ---- branches ----------------------------------------------------------------------------------- */

#define READS(...)                                                                                                     \
    .inputs = (const char *const[]) { __VA_ARGS__, NULL }
static const struct alexcl_layer branch_layers[] = {
    {.type = ALEXCL_CONV, .name = "a", .outputs = 5, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_CONV, .name = "b", .outputs = 3, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_RELU, .name = "c", READS("a")},
    {.type = ALEXCL_CONV, .name = "d", READS("a"), .outputs = 5, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_CONCAT, .name = "e", READS("b", "c")},
    {.type = ALEXCL_CONCAT, .name = "f", READS("b", "c")},
    {.type = ALEXCL_CONCAT, .name = "g", READS("d", "e", "f")},
};
static const struct alexcl_model branches = {.name = "branches",
                                             .channels = 2,
                                             .height = 2,
                                             .width = 2,
                                             .layers = branch_layers,
                                             .layer_count = sizeof branch_layers / sizeof *branch_layers};

static struct graph *branched(const char *last) {
    struct alexcl_error err = {0};
    struct graph *g;
    EXPECT_OK(graph_make(&branches, last, 1, &g, &err), err);
    return g;
}

/* Of e, channels b0 b1 | b2 and c0 c1 c2 | c3 c4, half 0 makes b0 b1 b2 c0 and half 1 c1 .. c4; of g, 5 + 8 + 8
 * channels, half 0 makes d and six of e. */
START_TEST(what_is_read_twice_crosses_once) {
    struct graph *g = branched(NULL);
    /* a joined for b and d; b's and c's halos for e and f; a's halo of nobody; d, e and f for g */
    static const struct {
        enum graph_crossing_kind kind;
        const char *before;
        int first[2], count[2];
    } due[] = {{GRAPH_JOIN, "b", {0, 0}, {3, 2}}, {GRAPH_HALO, "e", {0, 0}, {0, 1}}, {GRAPH_HALO, "e", {1, 0}, {2, 0}},
               {GRAPH_HALO, "g", {0, 0}, {0, 2}}, {GRAPH_HALO, "g", {0, 0}, {0, 2}}, {GRAPH_HALO, "g", {0, 0}, {4, 0}}};
    ck_assert_int_eq(g->crossing_count, (int)(sizeof due / sizeof *due));
    for (int x = 0; x < g->crossing_count; x++) {
        ck_assert_str_eq(graph_crossing_name(g, x), due[x].before);
        ck_assert_int_eq(g->crossings[x].kind, due[x].kind);
        for (int h = 0; h < 2; h++) {
            struct graph_sent sent = graph_sent(g, x, h);
            ck_assert_msg(sent.count == due[x].count[h] && (!sent.count || sent.first == due[x].first[h]),
                          "crossing %d, half %d: channels %d .. of %d", x, h, sent.first, sent.count);
        }
    }
    graph_free(g);
}
END_TEST

/* c is in place only where a is read no more: d reads it later, so c gets a value of its own. */
START_TEST(what_is_read_later_is_not_written_over) {
    struct graph *g = branched(NULL), *alone = branched("c");
    ck_assert_int_ne(g->layers[2].out, g->layers[0].out);
    ck_assert_int_eq(alone->layer_count, 2); /* without b */
    ck_assert_int_eq(alone->layers[1].out, alone->layers[0].out);
    graph_free(g);
    graph_free(alone);
}
END_TEST

/* A convolution computes the ReLU behind it where nobody else reads its output: neither the pool before the ReLU nor
 * the caller. */
START_TEST(a_relu_is_fused_where_it_alone_reads) {
    static const char *const of_conv[] = {"conv", NULL}, *const of_both[] = {"pool", "relu", NULL};
    const struct alexcl_layer layers[] = {
        {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        {.type = ALEXCL_AVGPOOL, .name = "pool", .kernel = {1, 1}, .stride = {1, 1}, .inputs = of_conv},
        {.type = ALEXCL_RELU, .name = "relu", .inputs = of_conv},
        {.type = ALEXCL_ADD, .name = "add", .inputs = of_both},
    };
    const struct alexcl_model model = {.size = sizeof model,
                                       .layer_size = sizeof(struct alexcl_layer),
                                       .name = "fused",
                                       .channels = 3,
                                       .height = 3,
                                       .width = 3,
                                       .layers = layers,
                                       .layer_count = sizeof layers / sizeof *layers};
    const char *const asked[][2] = {{"add", NULL}, {"relu", NULL}, {"relu", "conv"}};
    const int fused[] = {0, 1, 0};
    for (size_t i = 0; i < sizeof fused / sizeof *fused; i++) {
        struct alexcl_error err = {0};
        struct graph *g;
        const struct graph_outputs outputs = {.names = asked[i], .count = asked[i][1] ? 2 : 1};
        EXPECT_OK(graph_make_outputs(&model, &outputs, LAYER_BLOCK, &g, &err), err);
        ck_assert_int_eq(g->layers[0].half[0].choice.relu, fused[i]);
        graph_free(g);
    }
}
END_TEST

/* No two values that live at once lie in one buffer, which has room for the largest of its own. */
START_TEST(values_share_buffers_one_after_the_other) {
    static const char *const names[] = {"tinyinc", "tinyskip", "alexnet", "tiny2t", "lenet5-1998"};
    struct alexcl_error err = {0};
    for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
        const struct alexcl_model *model;
        struct graph *g;
        EXPECT_OK(alexcl_model_find(names[m], &model, &err), err);
        EXPECT_OK(graph_make(model, NULL, 1, &g, &err), err);
        ck_assert_int_lt(g->buffer_count, g->value_count - 1);
        for (int i = 0; i < g->layer_count; i++) {
            const struct graph_layer *gl = &g->layers[i];
            for (int j = 0; j < gl->input_count; j++) { /* nobody writes over it from its making to its last reader */
                int read = gl->values[j];
                for (int k = read == GRAPH_INPUT ? i : g->values[read].maker + 1; k <= i; k++)
                    ck_assert_msg(
                        g->layers[k].out == read || g->values[g->layers[k].out].buffer != g->values[read].buffer,
                        "%s: %s is written over what %s reads", names[m], model->layers[k].name, model->layers[i].name);
            }
            for (int h = 0; h < 2; h++)
                if (gl->out != GRAPH_INPUT)
                    ck_assert_uint_ge(g->buffer_floats[g->values[gl->out].buffer][h], g->values[gl->out].floats[h]);
        }
        graph_free(g);
    }
}
END_TEST

/* A layer that cannot read blocks takes them from the whole net, which on a CPU is then several times as slow. These
 * nets end with the mean of each map and a softmax, the others with fully connected layers. */
START_TEST(nets_stay_in_blocks) {
    static const char *const names[] = {"squeezenet", "nin", "googlenet", "vgg16", "zfnet", "alexnet-owt", "alexnet"};
    struct alexcl_error err = {0};
    for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
        const struct alexcl_model *model;
        struct graph *g;
        EXPECT_OK(alexcl_model_find(names[m], &model, &err), err);
        EXPECT_OK(graph_make(model, NULL, LAYER_BLOCK, &g, &err), err);
        ck_assert_msg(g->block == LAYER_BLOCK, "%s: no value is in blocks", names[m]);
        graph_free(g);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("graph");
    tcase_add_test(tests, nets_stay_in_blocks);
    tcase_add_test(tests, a_view_keeps_the_cut_of_the_channels);
    tcase_add_test(tests, units_of_another_cut_are_refused);
    tcase_add_test(tests, as_many_images_as_fit);
    tcase_add_test(tests, what_is_read_twice_crosses_once);
    tcase_add_test(tests, what_is_read_later_is_not_written_over);
    tcase_add_test(tests, a_relu_is_fused_where_it_alone_reads);
    tcase_add_test(tests, values_share_buffers_one_after_the_other);
    return support_run(tests);
}
