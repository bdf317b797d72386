/* SPDX-License-Identifier: MIT */
/* A step of training of whole nets against the golden vectors (ALEXCL_TEST_CASE names one without "net_"): the loss,
 * the logits with dropout's masks of the oracle, the gradient of every parameter, and the weights behind the step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_backward.h"
#include "oracle_net.h"
#include "train_private.h"

static const double LOGITS_TOLERANCE = 1e-4, LOSS_TOLERANCE = 1e-4, GRADIENT_TOLERANCE = 1e-3, STEP_TOLERANCE = 1e-5;

static struct oracle_net net;
static struct alexcl_train *train;
static double loss;

static int *make_labels(void) {
    struct tensor stored = oracle_load(net.dir, "label");
    int *labels = malloc(stored.count * sizeof *labels);
    ck_assert(labels != NULL);
    for (size_t i = 0; i < stored.count; i++) labels[i] = (int)stored.values[i];
    oracle_free(&stored);
    return labels;
}

/* One step as the oracle has it: the paper's rule, decay on biases too. */
static void set_up(void) {
    struct alexcl_error err = {0};
    char batch[16], draws[80];
    oracle_net_open(&net);
    /* one of two groups, whose gradients are there behind it */
    snprintf(batch, sizeof batch, "%zu", 2 * net.image_count);
    const struct alexcl_recipe_value values[] = {{"batch", batch}};
    const struct alexcl_train_options options = {.size = sizeof options,
                                                 .values = values,
                                                 .value_count = 1,
                                                 .seed = ORACLE_NET_SEED,
                                                 .micro_batch = (int)net.image_count};
    EXPECT_OK(alexcl_train_open(net.model, net.weights, support_selection(), &options, &train, &err), err);
    snprintf(draws, sizeof draws, "net/%s", support_case());
    train->draws = draws;
    int *labels = make_labels();
    const struct alexcl_train_batch images = {net.images, labels, net.image_count};
    struct alexcl_train_result result = {.size = sizeof result};
    EXPECT_OK(alexcl_train_step(train, &images, &result, &err), err);
    loss = result.loss;
    free(labels);
}

static void tear_down(void) {
    alexcl_train_free(train);
    oracle_net_free(&net);
}

START_TEST(the_loss_and_the_logits) {
    struct tensor want = oracle_load(net.dir, "logits_train");
    double due = oracle_number(net.dir, "loss_train");
    ck_assert_uint_eq(want.count, net.image_count * train->net->graph->output_floats);
    printf("%s: training logits are off by %.1e of the largest, the loss by %.1e\n", net.dir,
           oracle_net_error(train->logits, &want), fabs(loss - due) / due);
    support_compare("logits_train", train->logits, want.values, want.count, LOGITS_TOLERANCE);
    ck_assert_double_le(fabs(loss - due), LOSS_TOLERANCE * due);
    oracle_free(&want);
}
END_TEST

/* Both halves' gradient of a tensor, or its weights; free() it. */
static float *take(int layer, int t, int weights, size_t *count) {
    struct alexcl_error err = {0};
    float *all = NULL;
    for (int h = 0; h < 2; h++) {
        struct worker *worker = train_worker(train, h);
        struct layer *l = &worker->graph->layers[layer].half[h];
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        size_t row = layer_tensor_row(tensor), floats = layer_tensor_floats(tensor);
        if (!all) all = support_floats((size_t)tensor->shape[0] * row);
        *count = (size_t)tensor->shape[0] * row;
        EXPECT_OK(storage_read(weights ? &l->master[t] : &worker->backward->gradients[h][layer][t], 0,
                               all + (size_t)tensor->first * row, floats, &err),
                  err);
    }
    return all;
}

/* Single values within the tolerance of the largest that is probed; l1 and l2 within the tolerance of themselves. */
static size_t compare_gradient(const char *name, const float *got, size_t count) {
    double largest = 0, l1 = 0, l2 = 0;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        l1 += fabs((double)got[i]);
        l2 += (double)got[i] * (double)got[i];
        largest = fmax(largest, fabs((double)got[i]));
    }
    for (size_t i = 0; i < net.probe_count; i++) {
        const struct oracle_probe *p = &net.probes[i];
        if (strcmp(p->tensor, name) != 0 || strncmp(p->what, "grad", 4) != 0) continue;
        double value = strcmp(p->what, "grad_l1") == 0 ? l1 : sqrt(l2), scale = fabs(p->value);
        if (strcmp(p->what, "grad") == 0) {
            ck_assert_uint_lt(p->index, count);
            value = (double)got[p->index];
            scale = largest;
        } else {
            ck_assert_uint_eq(p->index, count);
        }
        ck_assert_msg(fabs(value - p->value) <= GRADIENT_TOLERANCE * scale, "%s %s[%zu] is %.9g where %.9g was due",
                      p->what, name, p->index, value, p->value);
        seen++;
    }
    return seen;
}

START_TEST(every_gradient) {
    const struct graph *g = train->net->workers[0].graph;
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        for (int t = 0; t < s->tensor_count && g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT]; t++) {
            char name[80];
            size_t count;
            float *got = take(i, t, 0, &count);
            snprintf(name, sizeof name, "%s.%c", s->desc->name, s->tensors[t].suffix[0]);
            ck_assert_msg(compare_gradient(name, got, count) > 2, "no probe of %s", name);
            free(got);
        }
    }
}
END_TEST

START_TEST(the_weights_behind_a_step) {
    const struct graph *g = train->net->workers[0].graph;
    size_t seen = 0;
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        for (int t = 0; t < s->tensor_count; t++) {
            char key[80];
            snprintf(key, sizeof key, "U.%s.%c", s->desc->name, s->tensors[t].suffix[0]);
            if (!oracle_has(net.dir, key)) continue;
            struct tensor want = oracle_load(net.dir, key);
            size_t count;
            float *got = take(i, t, 1, &count);
            ck_assert_uint_eq(count, want.count);
            support_compare(key, got, want.values, count, STEP_TOLERANCE);
            free(got);
            oracle_free(&want);
            seen++;
        }
    }
    ck_assert(seen > 0 || strcmp(support_case(), "tiny2t") != 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("train_nets");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_loss_and_the_logits);
    tcase_add_test(tests, every_gradient);
    tcase_add_test(tests, the_weights_behind_a_step);
    return support_run(tests);
}
