/* SPDX-License-Identifier: MIT */
/* More images at once than a launch may have work-groups in its second or third dimension. limits_layer.c holds the
 * device to CUDA's bound. */
#include <stdlib.h>

#include "support.h"

enum { IMAGES = 70000, SIDE = 2 };

/* Every kind of layer that has the images in a dimension of its launch, and what is between the halves. */
static const struct alexcl_layer layers[] = {
    {.type = ALEXCL_CONV,
     .name = "conv",
     .outputs = 4,
     .kernel = {3, 3},
     .stride = {1, 1},
     .pad = {1, 1, 1, 1},
     .groups = 1},
    {.type = ALEXCL_TANH, .name = "tanh"},
    {.type = ALEXCL_LRN,
     .name = "norm",
     .window = {-1, 1},
     .k = 1,
     .alpha = 1,
     .beta = 0.75,
     .lrn_scope = ALEXCL_LRN_SCOPE_LAYER},
    {.type = ALEXCL_RNORM, .name = "rnorm", .window = {-1, 1}, .k = 1, .alpha = 1, .beta = 0.75},
    {.type = ALEXCL_MAXPOOL, .name = "max", .kernel = {1, 1}, .stride = {1, 1}},
    {.type = ALEXCL_AVGPOOL, .name = "average", .kernel = {1, 1}, .stride = {1, 1}},
    {.type = ALEXCL_SUBSAMPLE, .name = "sub", .kernel = {2, 2}, .stride = {2, 2}},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_FC, .name = "fc", .outputs = 2},
    {.type = ALEXCL_DROPOUT, .name = "drop", .rate = 0.5},
    {.type = ALEXCL_RBF, .name = "rbf", .outputs = 2},
    {.type = ALEXCL_SOFTMAX, .name = "prob"},
};
static const struct alexcl_model model = {.size = sizeof model,
                                          .layer_size = sizeof(struct alexcl_layer),
                                          .name = "small",
                                          .channels = 1,
                                          .height = SIDE,
                                          .width = SIDE,
                                          .scale = 1,
                                          .layers = layers,
                                          .layer_count = sizeof layers / sizeof *layers};

static float *run(const struct alexcl_selection *sel, const float *in) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w;
    struct alexcl_net *net;
    float *out = support_floats(2 * IMAGES);
    EXPECT_OK(alexcl_weights_generate(&model, 5, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_net_open(&model, w, sel,
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = IMAGES},
                              &net, &err),
              err);
    ck_assert_int_eq(alexcl_net_batch(net), IMAGES);
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, out, &err), err);
    alexcl_net_free(net);
    alexcl_weights_free(w);
    return out;
}

START_TEST(more_images_than_groups) {
    struct alexcl_error err = {0};
    struct alexcl_selection *ref;
    float *in = support_random(IMAGES * SIDE * SIDE, "in", 1);
    EXPECT_OK(alexcl_selection_open("ref", &ref, &err), err);
    float *want = run(ref, in), *got = run(support_selection(), in);
    support_compare("scores", got, want, 2 * IMAGES, 1e-5);
    alexcl_selection_free(ref);
    free(in), free(want), free(got);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("many_images");
    tcase_add_test(tests, more_images_than_groups);
    return support_run(tests);
}
