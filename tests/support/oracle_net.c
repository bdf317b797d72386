/* SPDX-License-Identifier: MIT */
#include "oracle_net.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "model_check.h"

size_t oracle_net_image_floats(const struct oracle_net *net) {
    return (size_t)net->model->channels * (size_t)net->model->height * (size_t)net->model->width;
}

/* Weights with the gains of the case, which the model's table must have too: they are what `alexcl infer` makes. */
static void generate_weights(struct oracle_net *net, const char *name) {
    struct alexcl_error err = {0};
    struct alexcl_gain gains[8];
    size_t count = 0;
    json_t *listed = json_loads(oracle_text(net->dir, "gain"), 0, NULL), *value;
    ck_assert_msg(json_is_object(listed), "index.tsv: gain of %s is no object", net->dir);
    const char *layer;
    json_object_foreach(listed, layer, value) {
        ck_assert_uint_lt(count, sizeof gains / sizeof gains[0]);
        gains[count++] = (struct alexcl_gain){sizeof(struct alexcl_gain), layer, json_number_value(value)};
    }
    for (size_t i = 0; i < net->model->layer_count; i++) {
        double own = net->model->layers[i].gain == 0.0 ? 1.0 : net->model->layers[i].gain;
        value = json_object_get(listed, net->model->layers[i].name);
        ck_assert_msg(own == (value ? json_number_value(value) : 1.0), "%s: gain of %s is %g in the table",
                      net->model->name, net->model->layers[i].name, own);
    }
    EXPECT_OK(alexcl_weights_generate(net->model, ORACLE_NET_SEED, name, gains, count, &net->weights, &err), err);
    json_decref(listed);
}

void oracle_net_open(struct oracle_net *net) {
    const char *name = support_case();
    ck_assert_msg(name != NULL, "set ALEXCL_TEST_CASE to the name of a net of tests/oracle, without \"net_\"");
    snprintf(net->dir, sizeof net->dir, "net_%s", name);
    for (size_t i = 0; (net->model = alexcl_model_get(i)) != NULL; i++)
        if (model_oracle_case(net->model) && strcmp(model_oracle_case(net->model), name) == 0) break;
    ck_assert_msg(net->model != NULL, "no model has the oracle's case %s", name);
    generate_weights(net, name);
    net->probes = oracle_probes(net->dir, &net->probe_count);
    net->image_count = (size_t)oracle_number(net->dir, "n");
    char key[80];
    snprintf(key, sizeof key, "net/%s/x", name);
    net->images = support_floats(net->image_count * oracle_net_image_floats(net));
    counter_rng_fill_uniform(net->images, counter_rng_key(ORACLE_NET_SEED, key), 0,
                             net->image_count * oracle_net_image_floats(net), oracle_number(net->dir, "xscale"), 0.0);
}

void oracle_net_free(struct oracle_net *net) {
    alexcl_weights_free(net->weights);
    free(net->probes);
    free(net->images);
}

const char *oracle_net_logits(const struct oracle_net *net) {
    size_t last = net->model->layer_count - 1;
    return net->model->layers[net->model->layers[last].type == ALEXCL_SOFTMAX ? last - 1 : last].name;
}

double oracle_net_error(const float *got, const struct tensor *want) {
    double error = 0.0, largest = 0.0;
    for (size_t i = 0; i < want->count; i++) {
        error = fmax(error, isfinite(got[i]) ? fabs((double)got[i] - (double)want->values[i]) : INFINITY);
        largest = fmax(largest, fabs((double)want->values[i]));
    }
    return error / largest;
}
