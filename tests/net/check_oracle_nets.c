/* SPDX-License-Identifier: MIT */
/* Whole nets against the golden vectors: ALEXCL_TEST_CASE names the case without "net_" (tiny2t, paper227 ...).
 * Weights and images come from the counter RNG under the case's name; scores, probabilities and layers in between are
 * compared. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "settings.h"
#include "oracle_net.h"
#include "weights.h"

static const double LAYER_TOLERANCE = 1e-4, LOGITS_TOLERANCE = 1e-4, PROBABILITY_TOLERANCE = 1e-3,
                    HALF_TOLERANCE = 1e-3, HALF_MIN = 1e-5, INT8_LOGITS = 2e-2, INT8_LEAST = 1e-4;
enum { FEW_LAYERS = 30000 }; /* nets with fewer inputs are looked at after every layer */

static struct oracle_net net;

static void set_up(void) { oracle_net_open(&net); }
static void tear_down(void) { oracle_net_free(&net); }

/* ---- what goes in ------------------------------------------------------------------------------ */

START_TEST(images_are_the_oracles) {
    if (oracle_has(net.dir, "x")) {
        struct tensor x = oracle_load(net.dir, "x");
        ck_assert_uint_eq(x.count, net.image_count * oracle_net_image_floats(&net));
        support_same("x", net.images, x.values, x.count);
        oracle_free(&x);
    }
    size_t seen = 0;
    for (size_t i = 0; i < net.probe_count; i++) {
        if (strcmp(net.probes[i].what, "xin") != 0) continue;
        ck_assert_uint_lt(net.probes[i].index, net.image_count * oracle_net_image_floats(&net));
        ck_assert_msg(net.images[net.probes[i].index] == (float)net.probes[i].value,
                      "x[%zu] is %.9g where %.9g was due", net.probes[i].index, (double)net.images[net.probes[i].index],
                      net.probes[i].value);
        seen++;
    }
    ck_assert_uint_gt(seen, 0);
}
END_TEST

/* The probed values of tensor `suffix` ("w" or "code" is the weight, "b" the bias) of a layer. */
static size_t compare_weight_probes(const struct layer *l, const struct layer_tensor *t) {
    struct alexcl_error err = {0};
    char name[64], code[64];
    size_t row = 1, seen = 0;
    snprintf(name, sizeof name, "%s.%c", l->shape.desc->name, t->suffix[0]);
    snprintf(code, sizeof code, "%s.code", l->shape.desc->name);
    for (int d = 1; d < t->dims; d++) row *= (size_t)t->shape[d];
    for (size_t i = 0; i < net.probe_count; i++) {
        int named =
            strcmp(net.probes[i].tensor, name) == 0 || (t->suffix[0] == 'w' && strcmp(net.probes[i].tensor, code) == 0);
        if (strcmp(net.probes[i].what, "wgen") != 0 || !named) continue;
        struct weights_view view = {0};
        EXPECT_OK(weights_view_open(net.weights, l->shape.desc, t->suffix, t->dims, t->shape,
                                    (int)(net.probes[i].index / row), 1, &view, &err),
                  err);
        float got = view.values[net.probes[i].index % row];
        ck_assert_msg(got == (float)net.probes[i].value, "%s[%zu] is %.9g where %.9g was due", name,
                      net.probes[i].index, (double)got, net.probes[i].value);
        weights_view_close(&view);
        seen++;
    }
    return seen;
}

START_TEST(weights_are_the_oracles) {
    struct alexcl_error err = {0};
    struct graph *g;
    EXPECT_OK(graph_make(net.model, NULL, 1, &g, &err), err);
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer *l = &g->layers[i].half[0];
        for (int t = 0; t < l->shape.tensor_count; t++)
            ck_assert_msg(compare_weight_probes(l, &l->shape.tensors[t]) > 0, "no probe of %s.%s", l->shape.desc->name,
                          l->shape.tensors[t].suffix);
    }
    graph_free(g);
}
END_TEST

/* ---- what comes out ---------------------------------------------------------------------------- */

/* The output right after `layer`, of all images; free() it. */
static float *run_to(const char *layer, size_t *count) {
    struct alexcl_error err = {0};
    struct alexcl_net *opened = NULL;
    struct alexcl_net_options options = {.size = sizeof options, .batch = (int)net.image_count, .last_layer = layer};
    EXPECT_OK(alexcl_net_open(net.model, net.weights, support_selection(), &options, &opened, &err), err);
    *count = net.image_count * shape_size(support_output(opened));
    float *out = support_floats(*count);
    EXPECT_OK(alexcl_net_run(opened, net.images, net.image_count, out, &err), err);
    alexcl_net_free(opened);
    return out;
}

static void compare_scores(const char *layer, const char *key, double tolerance) {
    size_t count = 0;
    struct tensor want = oracle_load(net.dir, key);
    float *got = run_to(layer, &count);
    ck_assert_uint_eq(count, want.count);
    printf("%s: %s is off by %.1e of the largest\n", net.dir, key, oracle_net_error(got, &want));
    support_compare(key, got, want.values, count, tolerance);
    free(got);
    oracle_free(&want);
}

START_TEST(logits) { compare_scores(oracle_net_logits(&net), "logits_test", LOGITS_TOLERANCE); }
END_TEST

/* Weights of fully connected layers in other numbers, against what the oracle has with float ones. */
static void expect_logits_with(const char *precision, double min, double tolerance) {
    size_t count = 0;
    struct tensor want = oracle_load(net.dir, "logits_test");
    support_set("ALEXCL_WEIGHTS_PRECISION", precision);
    float *got = run_to(oracle_net_logits(&net), &count);
    support_set("ALEXCL_WEIGHTS_PRECISION", "float");
    ck_assert_uint_eq(count, want.count);
    double error = oracle_net_error(got, &want);
    printf("%s: with %s weights the logits are off by %.1e of the largest\n", net.dir, precision, error);
    ck_assert_msg(error <= tolerance, "off by %.2g of the largest", error);
    ck_assert_msg(error > min, "off by %.2g of the largest: those are float weights", error);
    free(got);
    oracle_free(&want);
}

START_TEST(logits_with_half_weights) { expect_logits_with("half", HALF_MIN, HALF_TOLERANCE); }
END_TEST
START_TEST(logits_with_int8_weights) { expect_logits_with("int8", INT8_LEAST, INT8_LOGITS); }
END_TEST

START_TEST(probabilities) {
    if (oracle_has(net.dir, "prob_test")) compare_scores(NULL, "prob_test", PROBABILITY_TOLERANCE);
}
END_TEST

/* Single values within the tolerance of the largest one probed; l1 and l2, over all values, within the tolerance of
 * themselves. */
static size_t compare_layer_probes(const char *layer, const float *got, size_t count) {
    double largest = 0.0, l1 = 0.0, l2 = 0.0;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        l1 += fabs((double)got[i]);
        l2 += (double)got[i] * (double)got[i];
    }
    for (size_t i = 0; i < net.probe_count; i++)
        if (strcmp(net.probes[i].tensor, layer) == 0 && strcmp(net.probes[i].what, "act") == 0)
            largest = fmax(largest, fabs(net.probes[i].value));
    for (size_t i = 0; i < net.probe_count; i++) {
        const struct oracle_probe *p = &net.probes[i];
        if (strcmp(p->tensor, layer) != 0 || strncmp(p->what, "act", 3) != 0) continue;
        double value, scale = fabs(p->value);
        if (strcmp(p->what, "act") == 0) {
            ck_assert_msg(p->index < count, "%s has %zu values, and a probe of value %zu", layer, count, p->index);
            value = (double)got[p->index];
            scale = largest;
        } else {
            ck_assert_msg(p->index == count, "%s has %zu values where %zu were due", layer, count, p->index);
            value = strcmp(p->what, "act_l1") == 0 ? l1 : sqrt(l2);
            if (strcmp(p->what, "act_sum") == 0) continue; /* cancels; l1 says more */
        }
        ck_assert_msg(fabs(value - p->value) <= LAYER_TOLERANCE * scale, "%s %s[%zu] is %.9g where %.9g was due",
                      p->what, layer, p->index, value, p->value);
        seen++;
    }
    return seen;
}

/* Every layer of a small net; of a large one a few, where halves meet or a kind of layer is first met. */
static int looked_at(const struct alexcl_layer *l) {
    static const char *const some[] = {"norm1", "pool1", "rnorm2", "pool2", "conv3", "pool5", "relu7"};
    if (l->type == ALEXCL_FLATTEN || l->type == ALEXCL_SOFTMAX) return 0; /* the oracle has no probes of these */
    if (oracle_net_image_floats(&net) < FEW_LAYERS) return 1;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        if (strcmp(l->name, some[i]) == 0) return 1;
    return 0;
}

START_TEST(layers_in_between) {
    if (settings_environment("ALEXCL_GEMM")) return; /* each run would wait for CLBlast's compiler again */
    for (size_t i = 0; i < net.model->layer_count; i++) {
        if (!looked_at(&net.model->layers[i])) continue;
        size_t count = 0;
        float *got = run_to(net.model->layers[i].name, &count);
        ck_assert_msg(compare_layer_probes(net.model->layers[i].name, got, count) > 0, "no probe of %s",
                      net.model->layers[i].name);
        free(got);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("oracle_nets");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, images_are_the_oracles);
    tcase_add_test(tests, weights_are_the_oracles);
    tcase_add_test(tests, logits);
    tcase_add_test(tests, logits_with_half_weights);
    tcase_add_test(tests, logits_with_int8_weights);
    tcase_add_test(tests, probabilities);
    tcase_add_test(tests, layers_in_between);
    return support_run(tests);
}
