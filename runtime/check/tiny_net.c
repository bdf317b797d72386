/* SPDX-License-Identifier: MIT */
/* A batch is run, or a step is trained, twice: on the selection and on the reference. Kernels are not measured and not
 * checked before it, since what is asked is what they compute together. */
#include "tiny_net.h"

#include <stdio.h>
#include <stdlib.h>

#include "counter_rng.h"
#include "graph_backward.h"
#include "memory.h"
#include "sized.h"
#include "train_private.h"

static int tiny_net_images(const struct alexcl_model *model, double scale, float **out, struct alexcl_error *err) {
    size_t floats = TINY_NET_IMAGES * (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    int status = memory_alloc_floats(out, floats, "a check", err);
    if (status == ALEXCL_OK) counter_rng_fill_uniform(*out, counter_rng_key(1, "images"), 0, floats, scale, 0);
    return status;
}

int tiny_net_run(const struct tiny_net *n, struct selfcheck_found *found, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_net_options options = {
        .size = sizeof options, .batch = TINY_NET_IMAGES, .settings = n->settings};
    struct alexcl_weights *weights = NULL;
    struct alexcl_selection *reference = NULL;
    struct alexcl_net *net[2] = {NULL, NULL};
    float *images = NULL, *scores[2] = {NULL, NULL};
    size_t out = 0;
    TRY(alexcl_weights_generate(n->model, 1, NULL, NULL, 0, &weights, err));
    TRY(alexcl_selection_open("ref", &reference, err));
    TRY(tiny_net_images(n->model, 127.5, &images, err));
    for (int i = 0; i < 2; i++) {
        TRY(net_open(n->model, weights, i ? n->selection : reference, &options, &(struct net_use){.unchecked = 1},
                     &net[i], err));
        struct alexcl_shape shape;
        alexcl_net_output(net[i], &shape);
        out = TINY_NET_IMAGES * shape_size(shape);
        TRY(memory_alloc_floats(&scores[i], out, "a check", err));
        TRY(alexcl_net_run(net[i], images, TINY_NET_IMAGES, scores[i], err));
    }
    selfcheck_compare(scores[1], scores[0], out, 0, found);
done:
    alexcl_net_free(net[0]);
    alexcl_net_free(net[1]);
    alexcl_selection_free(reference);
    alexcl_weights_free(weights);
    free(images);
    free(scores[0]);
    free(scores[1]);
    return status;
}

/* ---- a step of training ---- */

/* A half's part of a tensor of two nets behind a step, [0] of the reference. */
static int tiny_net_compare(struct alexcl_train *const train[2], int layer, int t, int half,
                            struct selfcheck_found *found, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    float *values[2] = {NULL, NULL};
    size_t count = 0;
    for (int i = 0; i < 2; i++) {
        struct layer *l = &train_worker(train[i], half)->graph->layers[layer].half[half];
        count = layer_tensor_floats(&l->shape.tensors[t]);
        TRY(memory_alloc_floats(&values[i], count, "a check", err));
        TRY(storage_read(&l->master[t], 0, values[i], count, err));
    }
    selfcheck_compare(values[1], values[0], count, half, found);
done:
    free(values[0]);
    free(values[1]);
    return status;
}

static int tiny_net_compare_all(struct alexcl_train *const train[2], struct selfcheck_found *found,
                                char tensor[TINY_NET_NAME], struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph *g = train[0]->net->graph;
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        for (int t = 0; t < s->tensor_count; t++) {
            int before = found->wrong;
            for (int h = 0; h < 2; h++) TRY(tiny_net_compare(train, i, t, h, found, err));
            if (found->wrong && !before)
                snprintf(tensor, TINY_NET_NAME, "%.40s.%.20s", s->desc->name, s->tensors[t].suffix);
        }
    }
done:
    return status;
}

int tiny_net_train(const struct tiny_net *n, struct selfcheck_found *found, char tensor[TINY_NET_NAME],
                   struct alexcl_error *err) {
    int status = ALEXCL_OK;
    static const int labels[TINY_NET_IMAGES] = {7, 0, 3};
    /* a rate so large that a step changes every tensor by about its own size: the error is one of the gradients */
    static const struct alexcl_recipe_value values[] = {{"batch", "3"}, {"lr", "1"}};
    struct alexcl_settings settings;
    struct alexcl_weights *weights = NULL;
    struct alexcl_selection *reference = NULL;
    struct alexcl_train *train[2] = {NULL, NULL};
    float *images = NULL;
    TRY(SIZED_READ(alexcl_settings, n->settings, &settings, err));
    settings.check = settings.tune = "off";
    const struct alexcl_train_options options = {
        .size = sizeof options, .values = values, .value_count = sizeof values / sizeof *values, .settings = &settings};
    TRY(alexcl_weights_generate(n->model, 1, NULL, NULL, 0, &weights, err));
    TRY(alexcl_selection_open("ref", &reference, err));
    TRY(tiny_net_images(n->model, 127.5, &images, err));
    const struct alexcl_train_batch batch = {images, labels, TINY_NET_IMAGES};
    for (int i = 0; i < 2; i++) {
        TRY(alexcl_train_open(n->model, weights, i ? n->selection : reference, &options, &train[i], err));
        TRY(alexcl_train_step(train[i], &batch, NULL, err));
    }
    TRY(tiny_net_compare_all(train, found, tensor, err));
done:
    alexcl_train_free(train[0]);
    alexcl_train_free(train[1]);
    alexcl_selection_free(reference);
    alexcl_weights_free(weights);
    free(images);
    return status;
}
