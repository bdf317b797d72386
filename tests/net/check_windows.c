/* SPDX-License-Identifier: MIT */
/* A net of all that the big ones do not use: rectangular, dilated and unevenly padded windows, groups that the cut
 * falls between and into, LRN whose halves read another number of channels of each other, or one none at all. On every
 * placement the same bits; near the reference. Its metadata goes through a weight file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shape.h"
#include "support.h"

static const struct alexcl_layer layers[] = {
    {.type = ALEXCL_CONV,
     .name = "stem",
     .outputs = 5,
     .kernel = {3, 5},
     .stride = {1, 2},
     .dilation = {2, 1},
     .pad = {2, 1, 1, 3},
     .groups = 1},
    {.type = ALEXCL_RELU, .name = "relu"},
    {.type = ALEXCL_LRN,
     .name = "norm",
     .window = {-1, 2},
     .k = 2,
     .alpha = 0.1,
     .beta = 0.75,
     .lrn_scope = ALEXCL_LRN_SCOPE_LAYER},
    {.type = ALEXCL_MAXPOOL,
     .name = "pool",
     .kernel = {3, 2},
     .stride = {2, 1},
     .dilation = {1, 3},
     .pad = {1, 0, 1, 2}},
    {.type = ALEXCL_CONV,
     .name = "each",
     .outputs = 5,
     .kernel = {3, 3},
     .stride = {1, 1},
     .pad = {1, 1, 1, 1},
     .groups = 5},
    {.type = ALEXCL_CONV, .name = "fan", .outputs = 10, .kernel = {1, 2}, .stride = {1, 1}, .groups = 5},
    {.type = ALEXCL_AVGPOOL,
     .name = "mean",
     .kernel = {2, 3},
     .stride = {2, 2},
     .pad = {0, 1, 1, 0},
     .ceil_mode = 1,
     .count_include_pad = 1},
    {.type = ALEXCL_CONV,
     .name = "wide",
     .outputs = 40,
     .kernel = {3, 3},
     .stride = {1, 1},
     .dilation = {2, 2},
     .pad = {2, 2, 2, 2},
     .groups = 2},
    {.type = ALEXCL_LRN,
     .name = "below",
     .window = {-3, 0},
     .k = 1,
     .alpha = 0.2,
     .beta = 0.6,
     .lrn_scope = ALEXCL_LRN_SCOPE_LAYER},
    {.type = ALEXCL_RNORM, .name = "place", .window = {-1, 0}, .k = 1, .alpha = 0.1, .beta = 0.75},
    {.type = ALEXCL_CONV,
     .name = "fives",
     .outputs = 15,
     .kernel = {3, 3},
     .stride = {1, 1},
     .pad = {2, 0, 1, 1},
     .groups = 5},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_FC, .name = "fc", .outputs = 7},
    {.type = ALEXCL_SOFTMAX, .name = "prob"},
};
enum { LAYERS = sizeof layers / sizeof *layers, IMAGES = 7, UNITS = 7 };

static struct alexcl_model model_of(const struct alexcl_layer *rows) {
    return (struct alexcl_model){.size = sizeof(struct alexcl_model),
                                 .name = "windows",
                                 .channels = 3,
                                 .height = 21,
                                 .width = 18,
                                 .scale = 1,
                                 .layers = rows,
                                 .layer_count = LAYERS,
                                 .layer_size = sizeof(struct alexcl_layer)};
}

/* To be freed. */
static float *scores(const char *devices, const char *split, int batch) {
    struct alexcl_error err = {0};
    struct alexcl_model model = model_of(layers);
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    const struct alexcl_net_options options = {
        .size = sizeof options, .batch = batch, .split = split, .reproducible = 1};
    EXPECT_OK(alexcl_weights_generate(&model, 5, NULL, NULL, 0, &weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    EXPECT_OK(alexcl_net_open(&model, weights, selection, &options, &net, &err), err);
    float *in = support_random((size_t)(3 * 21 * 18 * IMAGES), "windows", 2), *out = support_floats(UNITS * IMAGES);
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, out, &err), err);
    alexcl_net_free(net);
    alexcl_selection_free(selection);
    alexcl_weights_free(weights);
    free(in);
    return out;
}

START_TEST(every_placement_gives_the_same_bits) {
    static const struct {
        const char *devices, *split;
        int batch;
    } ways[] = {{"0", NULL, 1}, {"0/2", NULL, 7}, {"0/2", NULL, 3}, {"0", NULL, 3}, {"0/2", "2:1", 7}};
    int on_reference = strcmp(support_implementation(), "ref") == 0;
    float *near = scores("ref", NULL, 7), *want = scores(on_reference ? "ref" : "0", NULL, 7);
    support_compare("beside the reference", want, near, UNITS * IMAGES, 1e-5);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *devices = on_reference ? i ? "ref,ref" : "ref" : ways[i].devices;
        float *got = scores(devices, ways[i].split, ways[i].batch);
        support_same(devices, got, want, UNITS * IMAGES);
        free(got);
    }
    if (!on_reference) {
        float *got = scores("ref,0", NULL, 7);
        support_compare("a half on the reference", got, near, UNITS * IMAGES, 1e-5);
        free(got);
    }
    free(near), free(want);
}
END_TEST

/* Only as many channels as are reached cross, which are the other half's; no parameter is counted that is not there. */
START_TEST(what_crosses_is_what_is_read) {
    struct alexcl_error err = {0};
    struct alexcl_model model = model_of(layers);
    struct alexcl_plan *plan;
    struct alexcl_plan_request request = {.size = sizeof request, .targets = 2};
    EXPECT_OK(alexcl_plan_make(&model, &request, &plan, &err), err);
    uint64_t parameters = 0;
    for (size_t i = 0; i < plan->layer_count; i++)
        parameters += plan->layers[i].parameters[0] + plan->layers[i].parameters[1];
    uint64_t maps = (uint64_t)(plan->layers[11].out.c);
    ck_assert_uint_eq(parameters,
                      5 * 3 * 15 + 5 + 5 * 9 + 5 + 10 * 2 + 10 + 40 * 5 * 9 + 40 + 15 * 8 * 9 + 15 + 7 * maps + 7);
    /* 20 x 9 floats a channel behind stem; each reads its own, fan the other half's 2 and 3 */
    const struct alexcl_plan_layer *norm = &plan->layers[2], *each = &plan->layers[4], *fan = &plan->layers[5],
                                   *below = &plan->layers[8];
    uint64_t small = 4 * (uint64_t)(fan->in.h * fan->in.w), wide = 4 * (uint64_t)(below->in.h * below->in.w);
    ck_assert(norm->crosses[0] == 2 * 4 * 20 * 9 && norm->crosses[1] == 1 * 4 * 20 * 9);
    ck_assert(each->crosses[0] == 0 && each->crosses[1] == 0);
    ck_assert(fan->crosses[0] == 2 * small && fan->crosses[1] == 3 * small);
    ck_assert(below->crosses[0] == 0 && below->crosses[1] == 3 * wide);
    alexcl_plan_free(plan);
}
END_TEST

START_TEST(a_weight_file_says_them) {
    struct alexcl_error err = {0};
    char path[64];
    struct alexcl_model model = model_of(layers);
    struct alexcl_layer other[LAYERS];
    struct alexcl_weights *made, *read;
    snprintf(path, sizeof path, "check_windows.%ld.safetensors", (long)getpid());
    EXPECT_OK(alexcl_weights_generate(&model, 5, NULL, NULL, 0, &made, &err), err);
    EXPECT_OK(alexcl_weights_save(made, path, &err), err);
    alexcl_weights_free(made);
    EXPECT_OK(alexcl_weights_open(path, &model, NULL, &read, &err), err);
    alexcl_weights_free(read);
    struct alexcl_model changed = model_of(other);
#define DIFFERS(change, said)                                                                                          \
    memcpy(other, layers, sizeof layers);                                                                              \
    change;                                                                                                            \
    EXPECT_ERROR(alexcl_weights_open(path, &changed, NULL, &read, &err), ALEXCL_E_DATA, said, err);                    \
    err = (struct alexcl_error){0}
    DIFFERS((other[0].dilation[0] = 1, other[0].pad[0] = other[0].pad[2] = 0), "stem.dilations: the file says [2,1]");
    DIFFERS(other[0].pad[3] = 2, "stem.pads: the file says [2,1,1,3], the model [2,1,1,2]");
    DIFFERS((other[2].window[0] = -2, other[2].window[1] = 1), "norm.window: the file says [-1,2], the model [-2,1]");
    DIFFERS(other[3].pad[2] = 0, "pool.pads: the file says [1,0,1,2], the model [1,0,0,2]");
    DIFFERS(other[3].dilation[1] = 2, "pool.dilations: the file says [1,3], the model [1,2]");
    DIFFERS(other[6].count_include_pad = 0, "mean.count_include_pad: the file says 1, the model 0");
    unlink(path);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("windows");
    tcase_add_test(tests, every_placement_gives_the_same_bits);
    tcase_add_test(tests, what_crosses_is_what_is_read);
    tcase_add_test(tests, a_weight_file_says_them);
    return support_run(tests);
}
