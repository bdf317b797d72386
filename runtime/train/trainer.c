/* SPDX-License-Identifier: MIT */
/* Training a net, step by step. A step's batch is computed in groups of images, each forward, loss, backward; the
 * gradients of the groups are added in order, then every parameter is updated where it lies; of one group, each as soon
 * as its gradient is complete (backward.c). The loss is computed here, on the host, for both halves. Each pass is
 * computed to the bits of the default variant, whatever was measured to be faster (tune.h), so a run can be repeated to
 * the bit. */

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "model_check.h"
#include "net.h"
#include "sized.h"
#include "train_private.h"

/* ---- the first weights ---- */

static int train_is_fresh(const struct alexcl_train *t, const char *layer) {
    for (size_t i = 0; i < t->fresh_count; i++)
        if (strcmp(t->fresh[i], layer) == 0) return 1;
    return 0;
}

/* A weights_make_fn: the caller's weights where there are some, else the recipe's. */
static int train_make_weights(void *user, size_t layer, const struct layer_tensor *tensor, int first, int count,
                              float *out, struct alexcl_error *err) {
    const struct alexcl_train *t = user;
    const struct alexcl_layer *desc = alexcl_model_row(t->model, layer);
    if (!t->given || train_is_fresh(t, desc->name)) {
        const struct initial in = {.recipe = &t->recipe, .model = t->model, .seed = t->seed};
        return initial_fill(&in, layer, tensor, first, count, out, err);
    }
    struct weights_view view;
    int status =
        weights_view_open(t->given, desc, tensor->suffix, tensor->dims, tensor->shape, first, count, &view, err);
    if (status != ALEXCL_OK) return status;
    memcpy(out, view.values, view.count * sizeof *out);
    weights_view_close(&view);
    return ALEXCL_OK;
}

static int train_copy_fresh(struct alexcl_train *t, const struct alexcl_train_options *o, struct alexcl_error *err) {
    int status = ALEXCL_OK, at;
    TRY(memory_alloc(&t->fresh, o->fresh_count + 1, sizeof *t->fresh, "the list of new layers", err));
    for (size_t i = 0; i < o->fresh_count; i++) {
        TRY(model_find_layer(t->model, o->fresh[i], &at, err));
        TRY(memory_copy_text(&t->fresh[t->fresh_count], o->fresh[i], err));
        t->fresh_count++;
    }
done:
    return status;
}

/* ---- opening ---- */

static int train_read_recipe(const struct alexcl_train_options *o, struct recipe *out, struct alexcl_error *err) {
    int status = recipe_find(o->recipe ? o->recipe : "paper", out, err);
    for (size_t i = 0; status == ALEXCL_OK && i < o->value_count; i++)
        status = recipe_set(out, o->values[i].field, o->values[i].value, err);
    return status == ALEXCL_OK ? recipe_check(out, err) : status;
}

static int train_copy_model(struct alexcl_train *t, const struct alexcl_model *model, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_model *used;
    struct alexcl_model *own = NULL;
    struct alexcl_layer *rows;
    TRY(model_take(model, &used, &own, err));
    TRY(model_copy(used, &t->model, &rows, err));
    for (size_t i = 0; i < t->model->layer_count; i++)
        if (layer_type(rows[i].type)->fields & LAYER_FIELD_DROPOUT) rows[i].rate = t->recipe.dropout;
done:
    free(own);
    return status;
}

/* The images that are computed at once, at most. */
static int train_group(const struct alexcl_train *t, int micro_batch, int *out, struct alexcl_error *err) {
    int batch = t->recipe.batch;
    *out = micro_batch ? micro_batch : batch;
    if (*out >= 1 && batch % *out == 0) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "groups of %d images: a batch of %d is not a multiple of that", micro_batch,
                     batch);
}

static int train_open_net(struct alexcl_train *t, const struct alexcl_selection *sel,
                          const struct alexcl_train_options *o, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *logits;
    struct alexcl_net_options options = {.size = sizeof options,
                                         .memory = o->memory,
                                         .reproducible = 1,
                                         .settings = o->settings,
                                         .progress = o->progress,
                                         .cancel = o->cancel,
                                         .user = o->user,
                                         .outputs = &logits,
                                         .output_count = 1};
    TRY(train_group(t, o->micro_batch, &options.batch, err));
    TRY(graph_find_logits(t->model, &logits, err));
    TRY(weights_of_maker(t->model, train_make_weights, t, &t->weights, err));
    t->training = (struct graph_training){.frozen = o->frozen,
                                          .frozen_count = o->frozen_count,
                                          .all_ties = t->recipe.all_ties,
                                          .states = update_states(t->recipe.optimizer.form),
                                          .batch = t->recipe.batch};
    TRY(net_open(t->model, t->weights, sel, &options, &(struct net_use){.training = &t->training}, &t->net, err));
    t->training.frozen = NULL; /* the caller's, and not needed any more */
    t->training.frozen_count = 0;
    for (int i = 0; i < t->net->shared.workers; i++) {
        t->backward[i].options = &t->recipe.optimizer;
        t->backward[i].whole = t->net->images >= t->recipe.batch;
        t->net->workers[i].backward = &t->backward[i];
    }
    TRY(net_on_workers(t->net, backward_prepare, err));
    const struct graph *g = t->net->graph;
    const struct layer *last = &g->layers[g->outputs[0]].half[0];
    t->loss = last->shape.ops->output == ALEXCL_OUTPUT_DISTANCES ? LOSS_RBF : LOSS_CROSS_ENTROPY;
    size_t floats = (size_t)t->net->images * g->output_floats;
    TRY(memory_alloc_floats(&t->logits, floats, "the logits of a batch", err));
    TRY(memory_alloc_floats(&t->gradient, floats, "the gradient of a loss", err));
done:
    return status;
}

int train_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
               const struct alexcl_selection *sel, const struct alexcl_train_options *options,
               const struct recipe *recipe, uint64_t seed, struct alexcl_train **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_train *t = NULL;
    TRY(memory_alloc(&t, 1, sizeof *t, "the training", err));
    t->recipe = *recipe;
    t->seed = seed;
    t->given = weights;
    TRY(train_copy_model(t, model, err));
    TRY(train_copy_fresh(t, options, err));
    TRY(train_open_net(t, sel, options, err));
    *out = t;
    t = NULL;
done:
    alexcl_train_free(t);
    return status;
}

int alexcl_train_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
                      const struct alexcl_selection *sel, const struct alexcl_train_options *asked,
                      struct alexcl_train **out, struct alexcl_error *err) {
    struct alexcl_train_options options;
    struct recipe recipe;
    if (!sel) return error_set(err, ALEXCL_E_USAGE, "a training without devices (NULL)");
    int status = SIZED_READ(alexcl_train_options, asked, &options, err);
    if (status == ALEXCL_OK) status = train_read_recipe(&options, &recipe, err);
    return status == ALEXCL_OK ? train_open(model, weights, sel, &options, &recipe, options.seed, out, err) : status;
}

void alexcl_train_free(struct alexcl_train *t) {
    if (!t) return;
    for (int i = 0; t->net && i < t->net->shared.workers; i++) backward_free(&t->net->workers[i]);
    alexcl_net_free(t->net);
    alexcl_weights_free(t->weights);
    alexcl_weights_free(t->resumed);
    for (size_t i = 0; i < t->fresh_count; i++) free(t->fresh[i]);
    free(t->fresh);
    free(t->logits);
    free(t->gradient);
    free(t->model);
    free(t);
}

/* ---- a step ---- */

/* Images first .. first+count-1 of a batch, computed at once. */
struct train_images {
    const struct alexcl_train_batch *batch;
    size_t first;
    int count;
};

static int train_check_labels(const struct alexcl_train *t, const struct alexcl_train_batch *batch,
                              struct alexcl_error *err) {
    int classes = (int)t->net->graph->output_floats;
    if (!batch->images || !batch->labels)
        return error_set(err, ALEXCL_E_USAGE, "a batch without %s (NULL)", batch->images ? "labels" : "images");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->labels[i] < 0 || batch->labels[i] >= classes)
            return error_set(err, ALEXCL_E_DATA, "image %zu of the batch: class %d; the net has %d, from 0", i,
                             batch->labels[i], classes);
    return ALEXCL_OK;
}

/* The forward pass; `draws`: as in worker_batch. */
static int train_forward(struct alexcl_train *t, const struct train_images *images, const char *draws,
                         struct alexcl_error *err) {
    struct alexcl_net *net = t->net;
    const struct net_batch none = {0};
    const float *in = images->batch->images + images->first * net->graph->values[GRAPH_INPUT].floats[0];
    struct net_batch b = net_batch(net, in, (size_t)images->count);
    const struct worker_batch batch = {
        .in = in, .out = t->logits, .check = -1, .draws = draws, .seed = t->seed, .image = images->first};
    double start = net_now();
    int status = net_compute(net, &b, 0, &none, &batch, err);
    t->times.forward += net_now() - start;
    for (size_t i = 0; status == ALEXCL_OK && i < (size_t)images->count * net->graph->output_floats; i++)
        if (!isfinite(t->logits[i])) return net_name_bad_layer(net, images->first, i / net->graph->output_floats, err);
    return status;
}

/* The loss of the images with these outputs, added to *sum; gradient NULL: not asked for. */
static int train_loss(const struct alexcl_train *t, const struct train_images *images, const float *outputs,
                      float *gradient, struct alexcl_train_result *sum, struct alexcl_error *err) {
    const struct loss_batch batch = {.kind = t->loss,
                                     .images = images->count,
                                     .classes = (int)t->net->graph->output_floats,
                                     .outputs = outputs,
                                     .labels = images->batch->labels + images->first,
                                     .weight = 1.0 / (double)images->batch->count};
    struct loss_result result = {.gradient = gradient};
    int status = loss_compute(&batch, &result, err);
    if (status != ALEXCL_OK) return status;
    sum->loss += result.sum / (double)images->batch->count;
    sum->top1_wrong += (size_t)result.top1_wrong;
    sum->top5_wrong += (size_t)result.top5_wrong;
    return ALEXCL_OK;
}

static int train_backward(struct alexcl_train *t, const struct train_images *images, struct alexcl_error *err) {
    double start = net_now();
    for (int i = 0; i < t->net->shared.workers; i++) {
        t->backward[i].loss_gradient = t->gradient;
        t->backward[i].images = images->count;
        t->backward[i].add = images->first > 0;
    }
    exchange_reset(t->net->shared.exchange);
    int status = net_on_workers(t->net, backward_run, err);
    t->times.backward += net_now() - start;
    return status;
}

/* Tells the workers by what a step changes the parameters. */
static void train_set_step(struct alexcl_train *t, double rate) {
    for (int i = 0; i < t->net->shared.workers; i++) {
        t->backward[i].weights = schedule_step(&t->recipe, t->progress.steps + 1, rate, 0);
        t->backward[i].biases = schedule_step(&t->recipe, t->progress.steps + 1, rate, 1);
    }
}

static int train_update(struct alexcl_train *t, struct alexcl_error *err) {
    double start = net_now();
    int status = net_on_workers(t->net, backward_update, err);
    t->times.update += net_now() - start;
    return status;
}

int train_check_whole(const struct alexcl_train *t, struct alexcl_error *err) {
    if (!t->halfway) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_DEVICE,
                     "step %llu failed while parameters were updated, some of which are those of the step before: go "
                     "on from the last checkpoint",
                     (unsigned long long)t->progress.steps + 1);
}

/* The next group of a batch; 0: there is none. */
static int train_next(const struct alexcl_train *t, struct train_images *images) {
    images->first += (size_t)images->count;
    size_t left = images->batch->count - images->first;
    images->count = left < (size_t)t->net->images ? (int)left : t->net->images;
    return images->count > 0;
}

int alexcl_train_step(struct alexcl_train *t, const struct alexcl_train_batch *batch, struct alexcl_train_result *out,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    double start = net_now();
    uint64_t step = t->progress.steps + 1;
    char draws[32];
    struct alexcl_train_result result = {
        .rate = schedule_rate(&t->progress.schedule, &t->recipe, step, (int)t->progress.epochs + 1)};
    if (batch->count < 1 || batch->count > (size_t)t->recipe.batch)
        return error_set(err, ALEXCL_E_USAGE, "a step on %zu images: it is 1 to %d", batch->count, t->recipe.batch);
    TRY(train_check_labels(t, batch, err));
    TRY(train_check_whole(t, err));
    snprintf(draws, sizeof draws, "step/%llu", (unsigned long long)step);
    train_set_step(t, result.rate);
    for (struct train_images images = {batch, 0, 0}; train_next(t, &images);) {
        TRY(train_forward(t, &images, t->draws ? t->draws : draws, err));
        TRY(train_loss(t, &images, t->logits, t->gradient, &result, err));
        t->halfway = t->backward[0].whole;
        TRY(train_backward(t, &images, err));
    }
    t->halfway = 1;
    TRY(train_update(t, err));
    net_end_run(t->net);
    t->progress.steps = step;
    t->halfway = 0;
    t->times.wall += net_now() - start;
    if (out) TRY(SIZED_WRITE(alexcl_train_result, &result, out, err));
done:
    return status;
}

/* The outputs of each picture, of the mean of its views. */
static int train_views(struct alexcl_train *t, const struct alexcl_train_batch *batch, size_t views, float *outputs,
                       struct alexcl_error *err) {
    const struct alexcl_train_batch all = {batch->images, NULL, batch->count * views};
    size_t classes = t->net->graph->output_floats;
    double *sums = NULL;
    int status = memory_alloc(&sums, batch->count * classes, sizeof *sums, "the scores of a batch", err);
    TRY(status);
    for (struct train_images images = {&all, 0, 0}; train_next(t, &images);) {
        TRY(train_forward(t, &images, NULL, err));
        for (size_t i = 0; i < (size_t)images.count; i++)
            loss_add_view(t->loss, (int)classes, t->logits + i * classes, sums + (images.first + i) / views * classes);
    }
    for (size_t i = 0; i < batch->count; i++)
        loss_mean_views(t->loss, (int)classes, views, sums + i * classes, outputs + i * classes);
done:
    free(sums);
    return status;
}

int alexcl_train_evaluate_views(struct alexcl_train *t, const struct alexcl_train_batch *batch, size_t views,
                                struct alexcl_train_result *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct train_images whole = {batch, 0, (int)batch->count};
    struct alexcl_train_times times = t->times;
    struct alexcl_train_result result = {0};
    float *outputs = NULL;
    if (views < 1 || batch->count < 1 || batch->count > INT_MAX / views)
        return error_set(err, ALEXCL_E_USAGE, "%zu pictures of %zu views: at least one of each is wanted", batch->count,
                         views);
    TRY(train_check_labels(t, batch, err));
    TRY(train_check_whole(t, err));
    TRY(memory_alloc_floats(&outputs, batch->count * t->net->graph->output_floats, "the scores of a batch", err));
    TRY(train_views(t, batch, views, outputs, err));
    TRY(train_loss(t, &whole, outputs, NULL, &result, err));
    TRY(SIZED_WRITE(alexcl_train_result, &result, out, err));
done:
    free(outputs);
    t->times = times; /* of steps alone */
    return status;
}

int alexcl_train_evaluate(struct alexcl_train *t, const struct alexcl_train_batch *batch,
                          struct alexcl_train_result *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_train_times times = t->times;
    struct alexcl_train_result result = {0};
    TRY(train_check_labels(t, batch, err));
    TRY(train_check_whole(t, err));
    for (struct train_images images = {batch, 0, 0}; train_next(t, &images);) {
        TRY(train_forward(t, &images, NULL, err));
        TRY(train_loss(t, &images, t->logits, NULL, &result, err));
    }
    net_end_run(t->net);
    TRY(SIZED_WRITE(alexcl_train_result, &result, out, err));
done:
    t->times = times; /* of steps alone */
    return status;
}

int alexcl_train_end_epoch(struct alexcl_train *t, double error, struct alexcl_error *err) {
    (void)err;
    t->progress.epochs++;
    schedule_end_epoch(&t->progress.schedule, &t->recipe, error);
    return ALEXCL_OK;
}

/* ---- what is told ---- */

struct worker *train_worker(const struct alexcl_train *t, int half) {
    return &t->net->workers[worker_runs(&t->net->workers[0], half) ? 0 : 1];
}

uint64_t alexcl_train_steps(const struct alexcl_train *t) { return t->progress.steps; }
uint64_t alexcl_train_epochs(const struct alexcl_train *t) { return t->progress.epochs; }
uint64_t alexcl_train_seed(const struct alexcl_train *t) { return t->seed; }
int alexcl_train_batch_size(const struct alexcl_train *t) { return t->recipe.batch; }
int alexcl_train_micro_batch(const struct alexcl_train *t) { return t->net->images; }

const char *alexcl_train_recipe(struct alexcl_train *t, const char *field) {
    const char *name, *meaning;
    for (size_t i = 0; recipe_field(i, &name, &meaning); i++) {
        if (strcmp(name, field) != 0) continue;
        recipe_show(&t->recipe, i, t->text);
        return t->text;
    }
    return NULL;
}

int alexcl_optimizer_states(const char *name, int *out, struct alexcl_error *err) {
    struct optimizer_options options;
    int status = optimizer_find(name, &options, err);
    if (status == ALEXCL_OK) *out = update_states(options.form);
    return status;
}

int alexcl_train_times(const struct alexcl_train *t, struct alexcl_train_times *out, struct alexcl_error *err) {
    struct alexcl_train_times today = t->times;
    today.exchange = net_times(t->net).exchange;
    return SIZED_WRITE(alexcl_train_times, &today, out, err);
}

struct alexcl_net *alexcl_train_net(struct alexcl_train *t) {
    return t->net;
}
