/* SPDX-License-Identifier: MIT */
/* What CLBlast copies its matrices to is in the plan: a batch that was cut to the device's memory runs in it.
 * limits_layer.c holds it to that. */
#include <stdlib.h>

#include "support.h"

/* Products so large that CLBlast copies and fills up its matrices first: on a CPU from 1024^3 on. */
static const struct alexcl_layer layers_of_maps[] = {
    {.type = ALEXCL_CONV,
     .name = "conv",
     .outputs = 512,
     .kernel = {3, 3},
     .stride = {1, 1},
     .pad = {1, 1, 1, 1},
     .groups = 1},
    {.type = ALEXCL_MAXPOOL, .name = "pool", .kernel = {32, 32}, .stride = {32, 32}},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_FC, .name = "fc", .outputs = 2},
};
enum { IN = 8192, OUT = 4096 };
static const struct alexcl_layer layers_of_units[] = {{.type = ALEXCL_FLATTEN, .name = "flat"},
                                                      {.type = ALEXCL_FC, .name = "fc", .outputs = OUT}};
static const struct alexcl_model maps = {.size = sizeof maps,
                                         .layer_size = sizeof(struct alexcl_layer),
                                         .name = "maps",
                                         .channels = 512,
                                         .height = 32,
                                         .width = 32,
                                         .scale = 1,
                                         .layers = layers_of_maps,
                                         .layer_count = sizeof layers_of_maps / sizeof *layers_of_maps};
static const struct alexcl_model units = {.size = sizeof units,
                                          .layer_size = sizeof(struct alexcl_layer),
                                          .name = "units",
                                          .channels = IN,
                                          .height = 1,
                                          .width = 1,
                                          .scale = 1,
                                          .layers = layers_of_units,
                                          .layer_count = sizeof layers_of_units / sizeof *layers_of_units};

static struct alexcl_net *open_net(const struct alexcl_model *m, const struct alexcl_selection *sel, int batch) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w;
    struct alexcl_net *net;
    EXPECT_OK(alexcl_weights_generate(m, 5, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_net_open(m, w, sel,
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = batch},
                              &net, &err),
              err);
    alexcl_weights_free(w);
    return net;
}

/* One image's scores, as the reference has them. */
static void expect_scores(const struct alexcl_model *m, const float *in, const float *got, size_t count) {
    struct alexcl_error err = {0};
    struct alexcl_selection *ref;
    float *want = support_floats(count);
    EXPECT_OK(alexcl_selection_open("ref", &ref, &err), err);
    struct alexcl_net *net = open_net(m, ref, 1);
    EXPECT_OK(alexcl_net_run(net, in, 1, want, &err), err);
    support_compare("scores", got, want, count, 1e-4);
    alexcl_net_free(net);
    alexcl_selection_free(ref);
    free(want);
}

START_TEST(convolutions) {
    enum { OUTPUTS = 256, PIXELS = 32 * 32, DEPTH = 512 * 9 }; /* of a half */
    struct alexcl_error err = {0};
    float *in = support_random(512 * PIXELS, "in", 1), got[2];
    struct alexcl_net *net = open_net(&maps, support_selection(), 1);
    /* What is multiplied, its columns as im2col.cl lays them, and a copy of each matrix. */
    ck_assert_uint_ge(support_memory(net, 0).workspace,
                      sizeof(float) * (PIXELS * DEPTH + OUTPUTS * DEPTH + PIXELS * DEPTH + OUTPUTS * PIXELS));
    EXPECT_OK(alexcl_net_run(net, in, 1, got, &err), err);
    alexcl_net_free(net);
    expect_scores(&maps, in, got, 2);
    free(in);
}
END_TEST

/* As many images as fit, of which the last ones are fewer than a product takes. */
START_TEST(fully_connected_layers) {
    struct alexcl_error err = {0};
    struct alexcl_net *net = open_net(&units, support_selection(), 300);
    size_t batch = (size_t)alexcl_net_batch(net);
    ck_assert_msg(batch > 130 && batch < 300, "a batch of %zu", batch);
    float *in = support_random(batch * IN, "in", 1), *got = support_floats(batch * OUT);
    EXPECT_OK(alexcl_net_run(net, in, batch, got, &err), err);
    alexcl_net_free(net);
    expect_scores(&units, in, got, OUT);
    expect_scores(&units, in + (batch - 1) * IN, got + (batch - 1) * OUT, OUT);
    free(in), free(got);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("clblast_memory");
    tcase_add_test(tests, convolutions);
    tcase_add_test(tests, fully_connected_layers);
    return support_run(tests);
}
