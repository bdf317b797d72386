/* SPDX-License-Identifier: MIT */
/* To open a net, the fastest variants are measured or looked up, kernels are checked before their first use, the batch
 * is cut to what fits, and a worker is prepared for each target. Where images are split by speed, both targets are
 * measured at the same time. */
#include <stdlib.h>
#include <string.h>

#include "host_memory.h"
#include "log.h"
#include "memory.h"
#include "model_check.h"
#include "net_private.h"
#include "selfcheck.h"
#include "sized.h"
#include "tune.h"

enum { NET_BATCH = 16 };
/* nanoseconds that measuring the fastest variants of a pass may take, on all devices together (tune_budget) */
static const uint64_t NET_TUNE = 3000000000u;

/* Decides the size of a batch, and how many images each target has memory for: what was asked for, cut to what fits. */
static int net_choose_batch(struct alexcl_net *net, const struct alexcl_net_options *options,
                            struct alexcl_error *err) {
    int wanted = options->batch ? options->batch : NET_BATCH, fits[2] = {0}, capacity[2];
    for (int i = 0; i < net->shared.workers; i++) {
        struct worker *worker = &net->workers[i];
        uint64_t memory = host_memory_limit(""), largest = memory;
        if (worker->target.device) {
            memory = device_limits(worker->target.device)->memory;
            largest = device_limits(worker->target.device)->max_alloc;
        }
        if (options->memory && options->memory < memory) memory = options->memory;
        graph_set_batch(worker->graph, wanted);
        int status = graph_fit(worker->graph, worker->halves, &worker->target, memory, largest, wanted,
                               alexcl_selection_target(net->shared.selection, (size_t)i)->name, &fits[i], err);
        if (status != ALEXCL_OK) error_note_target(err, i);
        if (status != ALEXCL_OK) return status;
    }
    struct fit fit = {.split = &net->split,
                      .count = (size_t)net->shared.workers,
                      .caller_fixed = options->host_fixed,
                      .caller_image = options->host_image};
    for (size_t i = 0; i < fit.count; i++) fit.targets[i] = net_fit_target(&net->workers[i]);
    fit_share(&fit, net->shared.selection);
    int status = fit_batch(&fit, wanted, fits, &net->images, capacity, err);
    if (status != ALEXCL_OK) return status;
    if (net->shared.training) fit_groups(wanted, &net->images, capacity);
    for (int i = 0; i < net->shared.workers; i++) net->workers[i].capacity = capacity[i];
    if (net->images < wanted)
        log_write(ALEXCL_LOG_WARNING, "a batch of %d does not fit: it is cut in chunks of %d", wanted, net->images);
    return ALEXCL_OK;
}

/* Tells that CLBlast was asked for but does not compute with such weights (layer_fc.c). */
static void net_tell_precision(const struct alexcl_net *net) {
    const struct graph *g = net->graph;
    enum precision precision = PRECISION_FLOAT;
    int devices = 0;
    for (int i = 0; i < g->layer_count; i++)
        if (g->layers[i].half[0].choice.precision) precision = g->layers[i].half[0].choice.precision;
    for (int i = 0; i < net->shared.workers; i++) devices |= net->workers[i].target.device != NULL;
    if (precision && devices && net->shared.settings.clblast)
        log_write(ALEXCL_LOG_WARNING,
                  "CLBlast takes no%s with sums in float: fully connected layers run on alexcl's own kernels",
                  precision_told(precision) + 1);
}

/* Chooses the fastest variants, device after device: devices of one kind share what is measured, so that they compute
 * alike. Measurements vary: the next start, or another machine, may choose other variants, which give other bits. Not
 * so in training, where the bits of all that are chosen are the default's. */
static int net_tune(struct alexcl_net *net, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned kinds = 0;
    uint64_t time = net->shared.training ? LAYER_PASSES * NET_TUNE : NET_TUNE;
    struct tuning *tunings[2] = {NULL, NULL};
    if (net->shared.reproducible && !net->shared.training) return ALEXCL_OK;
    for (int i = 0; i < net->shared.workers; i++) {
        if (!net->workers[i].target.device) continue;
        TRY(tuning_open(alexcl_selection_device(net->shared.selection, (size_t)i), &net->shared.settings, &tunings[i],
                        err));
        kinds += i == 0 || !tunings[0] || !tuning_same(tunings[0], tunings[i]);
    }
    for (int i = 0; i < net->shared.workers; i++) {
        struct worker *worker = &net->workers[i];
        if (!worker->target.device) continue;
        struct tuning *t = tunings[0] && tuning_same(tunings[0], tunings[i]) ? tunings[0] : tunings[i];
        TRY(tune_before_use(net->shared.selection, (size_t)i, worker->graph, worker->halves, &worker->target,
                            kinds > 1 ? time / 2 : time, t, err));
    }
done:
    tuning_free(tunings[0]);
    tuning_free(tunings[1]);
    return status;
}

/* Checks kernels before their first use, device after device, so that two devices of one kind are checked once. */
static int net_check_kernels(struct alexcl_net *net, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < net->shared.workers && status == ALEXCL_OK; i++) {
        struct worker *worker = &net->workers[i];
        if (worker->target.device)
            status = selfcheck_before_use(worker->graph, worker->halves, &worker->target, worker->capacity,
                                          alexcl_selection_device(net->shared.selection, (size_t)i)->driver, err);
        if (status != ALEXCL_OK) error_note_target(err, i);
    }
    return status;
}

/* Whether an image gets the same scores, to the bit, on both targets. */
static int net_is_of_one_kind(const struct alexcl_selection *sel) {
    const struct alexcl_device_info *a = alexcl_selection_device(sel, 0), *b = alexcl_selection_device(sel, 1);
    if (!a || !b) return a == b;
    return strcmp(a->name, b->name) == 0 && strcmp(a->driver, b->driver) == 0 &&
           strcmp(a->platform_name, b->platform_name) == 0;
}

static int net_read_split(struct alexcl_net *net, const struct alexcl_net_options *options, struct alexcl_error *err) {
    const struct alexcl_selection *sel = net->shared.selection;
    int status = split_read(options->split, alexcl_selection_count(sel), &net->split, err);
    if (status == ALEXCL_OK && net->split.kind != SPLIT_HALVES && options->reproducible && !net_is_of_one_kind(sel))
        return error_set(err, ALEXCL_E_USAGE,
                         "--split %s with --reproducible: an image's scores would depend on which of two kinds of "
                         "device computed it, and so on the batch; "
                         "--split half, or two devices of one kind, can be reproducible",
                         options->split);
    return status;
}

static int net_read_outputs(const struct alexcl_net_options *options, struct graph_outputs *out,
                            struct alexcl_error *err) {
    if (options->output_count > 0 && options->last_layer)
        return error_set(err, ALEXCL_E_USAGE,
                         "a net with outputs and a last layer (%s): name that one among the outputs",
                         options->last_layer);
    if (options->output_count > 0 && !options->outputs)
        return error_set(err, ALEXCL_E_USAGE, "a net with %zu outputs whose names are NULL", options->output_count);
    for (size_t i = 0; i < options->output_count; i++)
        if (!options->outputs[i]) return error_set(err, ALEXCL_E_USAGE, "output %zu of the net is NULL", i);
    *out = (struct graph_outputs){.names = options->outputs, .count = options->output_count};
    if (options->last_layer) *out = (struct graph_outputs){.names = &options->last_layer, .count = 1};
    return ALEXCL_OK;
}

/* Measures the speed of both targets at the same time, since they may share a processor or memory. The images are
 * zeros. The first run is not counted: it also compiles kernels and touches memory for the first time. */
static int net_measure_speed(struct alexcl_net *net, struct alexcl_error *err) {
    enum { ROUNDS = 4, SINGLE = 2, MAX_COUNT = 32 };
    static const struct net_batch none = {0}, both = {.images = 1, .share = {1, 1}};
    int status = ALEXCL_OK, images = net->images < MAX_COUNT ? net->images : MAX_COUNT;
    size_t held = images < 2 ? 2 : (size_t)images;
    float *in = NULL, *out = NULL;
    TRY(memory_alloc(&in, held * net->shared.graph->values[0].floats[0], sizeof *in,
                     "images to measure the devices' speed with", err));
    TRY(memory_alloc(&out, held * net->graph->output_floats, sizeof *out, "their scores", err));
    net->shared.batch = (struct worker_batch){.in = in, .out = out, .check = -1};
    for (int round = 0; round < ROUNDS; round++) {
        struct net_batch shared = net_batch(net, in, (size_t)images);
        net_hand_out(net, round < SINGLE || images < 2 ? &both : &shared, 0, &none);
        exchange_reset(net->shared.exchange);
        TRY(net_on_workers(net, run_batch, err));
        if (round > 0) net_learn(net, 1);
    }
    log_write(ALEXCL_LOG_INFO, "images a second: %.1f and %.1f", net->split.speed[0], net->split.speed[1]);
done:
    free(in);
    free(out);
    return status;
}

/* What a step adds to a weight is often less than narrower numbers can tell. */
static int net_check_precision(const struct worker_shared *shared, struct alexcl_error *err) {
    if (!shared->training || !shared->settings.precision) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE,
                     "--weights-precision %s (ALEXCL_WEIGHTS_PRECISION): training computes with float weights alone",
                     precision_name(shared->settings.precision));
}

int net_open(const struct alexcl_model *model, const struct alexcl_weights *weights, const struct alexcl_selection *sel,
             const struct alexcl_net_options *asked, const struct net_use *use, struct alexcl_net **out,
             struct alexcl_error *err) {
    struct alexcl_net_options wanted;
    const struct alexcl_net_options *options = &wanted;
    int status = ALEXCL_OK;
    struct alexcl_net *net = NULL;
    const struct alexcl_model *used;
    double start = net_now();
    TRY(SIZED_READ(alexcl_net_options, asked, &wanted, err));
    if (!weights || !sel)
        return error_set(err, ALEXCL_E_USAGE, "a net without %s (NULL)", weights ? "devices" : "weights");
    if (options->batch < 0)
        return error_set(err, ALEXCL_E_USAGE, "a batch of %d images: it must be 1 or more", options->batch);
    TRY(memory_alloc(&net, 1, sizeof *net, "the net", err));
    struct worker_shared *shared = &net->shared;
    pthread_mutex_init(&shared->upload, NULL);
    shared->weights = weights;
    shared->selection = sel;
    shared->reproducible = options->reproducible;
    shared->training = use->training;
    shared->workers = (int)alexcl_selection_count(sel);
    TRY(settings_read(options->settings, &shared->settings, err));
    TRY(net_check_precision(shared, err));
    shared->settings.progress = options->progress;
    shared->settings.cancel = options->cancel;
    shared->settings.user = options->user;
    TRY(net_read_split(net, options, err));
    TRY(model_take(model, &used, &net->own, err));
    TRY(net_read_outputs(options, &shared->outputs, err));
    TRY(worker_make_graph(shared, used, 1, &net->graph, err));
    graph_set(net->graph, &shared->settings);
    shared->graph = net->graph;
    TRY(memory_alloc(&net->outputs, (size_t)net->graph->output_count, sizeof *net->outputs, "the net's outputs", err));
    for (int i = 0; i < net->graph->output_count; i++) net->outputs[i] = graph_output_shape(net->graph, i);
    TRY(exchange_create(&shared->exchange, err));
    for (int i = 0; i < shared->workers; i++)
        TRY(worker_create(&net->workers[i], shared, i, split_halves(&net->split, (size_t)i), err));
    for (int i = 0; i < shared->workers; i++)
        net->workers[i].other = worker_has_both(&net->workers[i]) ? NULL : &net->workers[1 - i];
    TRY(net_on_workers(net, worker_open, err));
    net_tell_precision(net);
    TRY(net_tune(net, err));
    memory_give_back(); /* before the net's own memory is added to it */
    TRY(net_choose_batch(net, options, err));
    for (int i = 0; i < shared->workers; i++)
        for (int h = 0; h < 2; h++)
            shared->to_prepare += worker_runs(&net->workers[i], h) ? (unsigned)net->workers[i].graph->layer_count : 0;
    TRY(net_on_workers(net, worker_prepare, err));
    if (!use->unchecked) TRY(net_check_kernels(net, err));
    memory_give_back();
    net->build = net_now() - start;
    if (net->split.kind == SPLIT_AUTO) TRY(net_measure_speed(net, err));
    TRY(runner_create(net_run, net, &net->runner, err));
    net->opening = net_times(net);
    *out = net;
    net = NULL;
done:
    alexcl_net_free(net);
    return status;
}

int alexcl_net_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
                    const struct alexcl_selection *sel, const struct alexcl_net_options *options,
                    struct alexcl_net **out, struct alexcl_error *err) {
    return net_open(model, weights, sel, options, &(struct net_use){0}, out, err);
}
