/* SPDX-License-Identifier: MIT */
/* The list of the backward pass: what crosses, in which order it is added, whose memory is whose. */
#include "graph_backward.h"

#include <string.h>

#include "support.h"

static struct alexcl_error err;

static struct graph *make_training(const struct alexcl_model *model, int block, const char *const *frozen,
                                   size_t frozen_count) {
    const char *last;
    struct graph *g;
    const struct graph_training training = {.frozen = frozen, .frozen_count = frozen_count, .states = 1};
    EXPECT_OK(graph_find_logits(model, &last, &err), err);
    EXPECT_OK(graph_make_training(model, &(struct graph_outputs){&last, 1}, &training, block, &g, &err), err);
    return g;
}

static struct graph *make(const char *name, int block, const char *const *frozen, size_t frozen_count) {
    const struct alexcl_model *model;
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    return make_training(model, block, frozen, frozen_count);
}

/* Of these layers, on pictures of 3 x 3 x 3; one at a time. */
static struct graph *make_of(const struct alexcl_layer *layers, size_t count) {
    static struct alexcl_model model;
    model = (struct alexcl_model){.size = sizeof model,
                                  .layer_size = sizeof *layers,
                                  .name = "small",
                                  .channels = 3,
                                  .height = 3,
                                  .width = 3,
                                  .layers = layers,
                                  .layer_count = count};
    return make_training(&model, 1, NULL, 0);
}

/* Bytes of a batch of 128 that cross, both ways, in both passes. */
static uint64_t crossings(const struct graph *g) {
    uint64_t floats = 0;
    for (int x = 0; x < g->crossing_count; x++)
        for (int h = 0; h < 2; h++) floats += graph_sent(g, x, h).floats;
    for (int s = 0; s < g->backward->step_count; s++)
        for (int h = 0; h < 2 && g->backward->steps[s].kind == GRAPH_BACKWARD_SEND; h++)
            floats += graph_sent_back(g, g->backward->steps[s].index, h).floats;
    return floats * 128 * sizeof(float);
}

START_TEST(the_papers_net_sends_as_much_back_as_it_has_sent) {
    struct graph *g = make("alexnet", 1, NULL, 0);
    ck_assert_uint_eq(crossings(g), 62128128);
    graph_free(g);
}
END_TEST

/* Whether a layer, an addition or a crossing reads a gradient. */
static int is_read(const struct graph_backward *b, int gradient) {
    for (int s = 0; s < b->step_count; s++) {
        const struct graph_backward_step *step = &b->steps[s];
        int layer = step->kind == GRAPH_BACKWARD_INPUT || step->kind == GRAPH_BACKWARD_WEIGHT;
        if ((layer ? b->layers[step->index].out : step->from) == gradient) return 1;
    }
    return 0;
}

/* Every gradient is written before it is read, and is read; nobody writes to its memory while it lives; and each layer
 * runs its passes once, with a gradient of its output. */
static void check_list(const char *name, int block) {
    struct graph *g = make(name, block, NULL, 0);
    const struct graph_backward *b = g->backward;
    for (int i = 0; i < b->gradient_count; i++) {
        const struct graph_gradient *d = &b->gradients[i];
        ck_assert_int_lt(d->buffer, b->buffer_count);
        ck_assert_int_le(d->from, d->to);
        for (int h = 0; h < 2; h++) ck_assert_uint_le(d->floats[h], b->buffer_floats[d->buffer][h]);
        for (int k = 0; k < i; k++)
            ck_assert_msg(b->gradients[k].buffer != d->buffer || b->gradients[k].to < d->from,
                          "%s: gradients %d and %d share memory and time", name, k, i);
    }
    static int runs[LAYER_PASSES * 200];
    memset(runs, 0, sizeof runs);
    for (int s = 0; s < b->step_count; s++) {
        const struct graph_backward_step *step = &b->steps[s];
        if (step->kind == GRAPH_BACKWARD_INPUT || step->kind == GRAPH_BACKWARD_WEIGHT) {
            const struct graph_backward_layer *bl = &b->layers[step->index];
            int pass = step->kind == GRAPH_BACKWARD_INPUT ? LAYER_INPUT_GRADIENT : LAYER_WEIGHT_GRADIENT;
            runs[step->index * LAYER_PASSES + pass]++;
            ck_assert_int_ge(bl->out, 0);
            ck_assert(b->gradients[bl->out].from <= s && b->gradients[bl->out].to >= s);
            continue;
        }
        ck_assert(b->gradients[step->from].from < s && b->gradients[step->from].to >= s);
        if (step->kind != GRAPH_BACKWARD_SEND && !step->first) ck_assert_int_lt(b->gradients[step->into].from, s);
    }
    for (int i = 0; i < b->gradient_count; i++) ck_assert_msg(is_read(b, i), "%s: nobody reads gradient %d", name, i);
    for (int i = 0; i < g->layer_count; i++)
        for (int pass = LAYER_INPUT_GRADIENT; pass < LAYER_PASSES; pass++)
            ck_assert_int_eq(runs[i * LAYER_PASSES + pass], b->layers[i].runs[pass]);
    ck_assert_int_eq(b->layers[0].runs[LAYER_INPUT_GRADIENT], 0);
    ck_assert_int_eq(b->layers[0].runs[LAYER_WEIGHT_GRADIENT], 1);
    graph_free(g);
}

START_TEST(lists_are_sound) {
    static const char *const names[] = {"alexnet", "lenet5", "tiny2t", "tinyinc", "tinyskip", "tiny-orig"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int block = 1; block <= LAYER_BLOCK; block += LAYER_BLOCK - 1) check_list(names[i], block);
}
END_TEST

START_TEST(what_lies_before_all_that_learns_has_no_backward_pass) {
    static const char *const frozen[] = {"conv1", "conv2", "conv3", "conv4", "conv5"};
    struct graph *g = make("alexnet", 1, frozen, 5);
    for (int i = 0; i < g->layer_count; i++) {
        const char *name = g->layers[i].half[0].shape.desc->name;
        int due = strcmp(name, "fc7") == 0 || strcmp(name, "fc8") == 0, learns = due || strcmp(name, "fc6") == 0;
        if (name[0] != 'f' || name[1] != 'c') continue;
        ck_assert_int_eq(g->backward->layers[i].runs[LAYER_INPUT_GRADIENT], due);
        ck_assert_int_eq(g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT], learns);
    }
    ck_assert_int_eq(g->backward->layers[0].runs[LAYER_WEIGHT_GRADIENT], 0);
    for (int s = 0; s < g->backward->step_count; s++)
        ck_assert_int_ge(g->backward->layers[g->backward->steps[s].index].out + g->crossing_count, 0);
    graph_free(g);
}
END_TEST

START_TEST(frozen_layers_are_checked) {
    const struct alexcl_model *model;
    struct graph *g;
    static const char *const names[][2] = {{"conv9", "no layer conv9"}, {"relu1", "no parameters"}};
    EXPECT_OK(alexcl_model_find("alexnet", &model, &err), err);
    const char *last = "fc8";
    for (int i = 0; i < 2; i++) {
        struct alexcl_error why = {0};
        const struct graph_training training = {.frozen = &names[i][0], .frozen_count = 1};
        EXPECT_ERROR(graph_make_training(model, &(struct graph_outputs){&last, 1}, &training, 1, &g, &why),
                     ALEXCL_E_USAGE, names[i][1], why);
    }
    static const char *const all[] = {"conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"};
    struct alexcl_error why = {0};
    EXPECT_ERROR(graph_make_training(model, &(struct graph_outputs){&last, 1},
                                     &(struct graph_training){.frozen = all, .frozen_count = 8}, 1, &g, &why),
                 ALEXCL_E_USAGE, "nothing is left", why);
}
END_TEST

/* What crosses back is the gradient of what the other half has sent: with 5 channels 2 maps come for 3. */
START_TEST(halves_of_different_size_send_back_what_they_got) {
    static const struct alexcl_layer layers[] = {
        {.type = ALEXCL_CONV, .name = "conv", .outputs = 5, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        {.type = ALEXCL_CONV, .name = "across", .outputs = 4, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        {.type = ALEXCL_FLATTEN, .name = "flat"},
        {.type = ALEXCL_FC, .name = "fc", .outputs = 4},
        {.type = ALEXCL_SOFTMAX, .name = "prob"}};
    struct graph *g = make_of(layers, sizeof layers / sizeof *layers);
    int first = shape_half_count(5, 0), second = shape_half_count(5, 1);
    ck_assert_int_ne(first, second);
    ck_assert_int_eq(graph_sent(g, 0, 0).channels, first);
    ck_assert_int_eq(graph_sent_back(g, 0, 0).channels, second);
    ck_assert_int_eq(graph_sent_back(g, 0, 1).channels, first);
    graph_free(g);
}
END_TEST

/* The gradient of an affine layer's factors is a function of what it reads, that of a ReLU of what it makes. */
START_TEST(only_activations_write_over_what_they_read) {
    static const struct alexcl_layer layers[] = {
        {.type = ALEXCL_CONV, .name = "conv", .outputs = 4, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        {.type = ALEXCL_AFFINE, .name = "affine"},
        {.type = ALEXCL_RELU, .name = "relu"},
        {.type = ALEXCL_FLATTEN, .name = "flat"},
        {.type = ALEXCL_FC, .name = "fc", .outputs = 4},
        {.type = ALEXCL_SOFTMAX, .name = "prob"}};
    struct graph *g = make_of(layers, sizeof layers / sizeof *layers);
    ck_assert_int_ne(g->layers[1].out, g->layers[0].out);
    ck_assert_int_eq(g->layers[2].out, g->layers[1].out);
    graph_free(g);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("graph_backward");
    tcase_add_test(tests, the_papers_net_sends_as_much_back_as_it_has_sent);
    tcase_add_test(tests, lists_are_sound);
    tcase_add_test(tests, what_lies_before_all_that_learns_has_no_backward_pass);
    tcase_add_test(tests, frozen_layers_are_checked);
    tcase_add_test(tests, halves_of_different_size_send_back_what_they_got);
    tcase_add_test(tests, only_activations_write_over_what_they_read);
    return support_run(tests);
}
