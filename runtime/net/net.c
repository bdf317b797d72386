/* SPDX-License-Identifier: MIT */
/* A net on one or two targets. To open it, the fastest variants are measured or looked up, kernels are checked before
 * their first use, the batch is cut to what fits, and a worker is prepared for each target. Runs are computed in order
 * by a thread of the net (runner.h). A run goes through its images batch by batch: all workers run their parts at the
 * same time, and meanwhile copy the next batch, which may be the next run's first. Where a score is not finite, the
 * batch is run again to find the first layer that has such a value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "callbacks.h"
#include "fit.h"
#include "host_memory.h"
#include "worker.h"
#include "log.h"
#include "memory.h"
#include "model_check.h"
#include "net.h"
#include "runner.h"
#include "selfcheck.h"
#include "sized.h"
#include "split.h"
#include "tune.h"

enum { NET_BATCH = 16 };
/* nanoseconds that measuring the fastest variants may take, on all devices together (tune_budget) */
static const uint64_t NET_TUNE = 3000000000u;

/* A batch: images that are run at once, and each target's share of them. */
struct net_batch {
    const float *in; /* NULL: none */
    uint64_t ticket; /* the run that it belongs to */
    int images, share[2];
};

struct alexcl_net {
    struct alexcl_model *own; /* a copy of the caller's model, where one was made (model_take) */
    struct graph *graph;
    struct alexcl_shape *outputs; /* one for each of the graph's */
    struct worker_shared shared;
    struct worker workers[2];
    struct split split;
    int images;              /* at once */
    size_t done[2];          /* images that each target has computed */
    struct net_batch copied; /* the batch that is on the devices already */
    struct runner *runner;
    struct timeline *timelines[2];   /* NULL: never recorded */
    struct alexcl_net_times opening; /* device times from before the first run, which count for none */
    double wall, build;
};

static double net_now(void) { return (double)timeline_now() * 1e-9; }

/* Runs the same job on all workers at once. Of several errors it returns one that tells what failed. */
static int net_on_workers(struct alexcl_net *net, int (*job)(struct worker *, struct alexcl_error *),
                          struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < net->shared.workers; i++) worker_start(&net->workers[i], job);
    for (int i = 0; i < net->shared.workers; i++) {
        int got = worker_wait(&net->workers[i]);
        /* A worker that gave up only because the other one failed has no text. */
        if (got != ALEXCL_OK && (status == ALEXCL_OK || net->workers[i].error.status != ALEXCL_OK)) {
            error_note_target(&net->workers[i].error, i);
            status = net->workers[i].error.status != ALEXCL_OK ? error_copy(err, &net->workers[i].error) : got;
        }
    }
    return status;
}

static struct fit_target net_fit_target(const struct worker *worker) {
    int converts = worker->other && worker->other->graph->block != worker->graph->block;
    return (struct fit_target){.graph = worker->graph,
                               .target = &worker->target,
                               .halves = worker->halves,
                               .pinned = worker->pinned,
                               .converts = converts};
}

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
    for (int i = 0; i < net->shared.workers; i++) net->workers[i].capacity = capacity[i];
    if (net->images < wanted)
        log_write(ALEXCL_LOG_WARNING, "a batch of %d does not fit: it is cut in chunks of %d", wanted, net->images);
    return ALEXCL_OK;
}

/* Tells that CLBlast was asked for but does not compute with such weights (layer_fc.c). */
static void net_tell_precision(const struct alexcl_net *net) {
    const struct graph *g = net->graph;
    int halves = 0, devices = 0;
    for (int i = 0; i < g->layer_count; i++) halves |= g->layers[i].half[0].choice.fp16;
    for (int i = 0; i < net->shared.workers; i++) devices |= net->workers[i].target.device != NULL;
    if (halves && devices && net->shared.settings.clblast)
        log_write(ALEXCL_LOG_WARNING, "CLBlast takes no weights in half precision with sums in float: fully connected "
                                      "layers run on alexcl's own kernels");
}

/* Chooses the fastest variants, device after device: devices of one kind share what is measured, so that they compute
 * alike. Measurements vary: the next start, or another machine, may choose other variants, which give other bits. */
static int net_tune(struct alexcl_net *net, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned kinds = 0;
    struct tuning *tunings[2] = {NULL, NULL};
    if (net->shared.reproducible) return ALEXCL_OK;
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
                            kinds > 1 ? NET_TUNE / 2 : NET_TUNE, t, err));
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

/* The next batch of a run that has `images` images left, with each target's share. */
static struct net_batch net_batch(const struct alexcl_net *net, const float *in, size_t images) {
    const int capacity[2] = {net->workers[0].capacity, net->workers[1].capacity};
    struct net_batch b = {.in = images ? in : NULL, .images = images < (size_t)net->images ? (int)images : net->images};
    split_share(&net->split, b.images, capacity, b.share);
    return b;
}

/* The number of a target's first image in a batch. */
static int net_first(const struct alexcl_net *net, const struct net_batch *b, int target) {
    return target == 0 || net->split.kind == SPLIT_HALVES ? 0 : b->share[0];
}

/* Gives a batch to the workers, and the batch that they copy meanwhile (`next`, which may be none). */
static void net_hand_out(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next) {
    size_t floats = net->graph->values[0].floats[0];
    for (int i = 0; i < net->shared.workers; i++) {
        struct worker *worker = &net->workers[i];
        worker->first = net_first(net, b, i);
        worker->count = b->share[i];
        worker->copied = copied && worker->target.device;
        worker->next = next->in && worker->target.device && next->share[i]
                           ? next->in + (size_t)net_first(net, next, i) * floats
                           : NULL;
        worker->next_count = next->share[i];
    }
}

static void net_learn(struct alexcl_net *net, int opening) {
    const int share[2] = {net->workers[0].count, net->workers[1].count};
    const double seconds[2] = {net->workers[0].seconds, net->workers[1].seconds};
    split_learn(&net->split, opening, share, seconds);
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

static struct alexcl_net_times net_times(const struct alexcl_net *net) {
    struct alexcl_net_times t = {
        .wall = net->wall, .build = net->build, .images = {net->done[0], net->done[1]}, .events = 1};
    for (int i = 0; i < net->shared.workers; i++) {
        const struct worker *worker = &net->workers[i];
        if (!worker->target.device) {
            t.device[i] = worker->reference_seconds - net->opening.device[i];
            continue;
        }
        uint64_t busy[DEVICE_ACCOUNTS];
        device_times(worker->target.device, busy);
        t.device[i] = (double)busy[DEVICE_COMPUTE] * 1e-9 - net->opening.device[i];
        t.exchange += (double)busy[DEVICE_EXCHANGE] * 1e-9;
        t.transfer += (double)busy[DEVICE_TRANSFER] * 1e-9;
        if (!device_has_times(worker->target.device)) t.events = 0;
    }
    t.exchange -= net->opening.exchange;
    t.transfer -= net->opening.transfer;
    return t;
}

static int net_run(void *user, const struct runner_job *job, struct alexcl_error *err);

int net_open(const struct alexcl_model *model, const struct alexcl_weights *weights, const struct alexcl_selection *sel,
             const struct alexcl_net_options *asked, int check, struct alexcl_net **out, struct alexcl_error *err) {
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
    shared->workers = (int)alexcl_selection_count(sel);
    TRY(settings_read(options->settings, &shared->settings, err));
    shared->settings.progress = options->progress;
    shared->settings.cancel = options->cancel;
    shared->settings.user = options->user;
    TRY(net_read_split(net, options, err));
    TRY(model_take(model, &used, &net->own, err));
    TRY(net_read_outputs(options, &shared->outputs, err));
    TRY(graph_make_outputs(used, &shared->outputs, 1, &net->graph, err));
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
    TRY(net_choose_batch(net, options, err));
    for (int i = 0; i < shared->workers; i++)
        for (int h = 0; h < 2; h++)
            shared->to_prepare += worker_runs(&net->workers[i], h) ? (unsigned)net->workers[i].graph->layer_count : 0;
    TRY(net_on_workers(net, worker_prepare, err));
    if (check) TRY(net_check_kernels(net, err));
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
    return net_open(model, weights, sel, options, 1, out, err);
}

int alexcl_net_batch(const struct alexcl_net *net) { return net->images; }

void alexcl_net_output(const struct alexcl_net *net, struct alexcl_shape *out) { *out = net->shared.graph->output; }

size_t alexcl_net_outputs(const struct alexcl_net *net, const struct alexcl_shape **out) {
    *out = net->outputs;
    return (size_t)net->graph->output_count;
}

void alexcl_net_memory(const struct alexcl_net *net, size_t target, struct alexcl_plan_memory *out) {
    *out = (struct alexcl_plan_memory){0};
    if (target >= (size_t)net->shared.workers) return;
    const struct worker *worker = &net->workers[target];
    *out = graph_memory(worker->graph, worker->halves, &worker->target, worker->capacity);
    struct fit_target own = net_fit_target(worker);
    out->host = fit_target_host(&own, worker->capacity);
}

/* Image `image` of a batch, whose first image is the run's image `first`, has a score that is not finite. Runs the
 * batch again to name the first layer where this image has such a value. */
static int net_name_bad_layer(struct alexcl_net *net, size_t first_image, size_t image, struct alexcl_error *err) {
    const struct graph *g = net->shared.graph;
    for (int i = 0; i < net->shared.workers; i++) net->workers[i].copied = 0, net->workers[i].next = NULL;
    net->shared.batch.check = (int)image;
    exchange_reset(net->shared.exchange);
    int status = net_on_workers(net, run_batch, err);
    net->shared.batch.check = -1;
    if (status != ALEXCL_OK) return status;
    int first = -1, target = -1;
    for (int i = 0; i < net->shared.workers; i++) {
        int bad = net->workers[i].not_finite;
        if (bad >= 0 && bad == first) target = -1; /* both */
        if (bad >= 0 && (first < 0 || bad < first)) {
            first = bad;
            target = i;
        }
        net->workers[i].not_finite = -1;
    }
    if (first < 0) /* the second run was fine: the device does not compute the same twice */
        return error_set(
            err, ALEXCL_E_DEVICE,
            "image %zu got a score that is not finite, and a second run did not: the device or its driver is unsound; "
            "compare with --devices ref",
            first_image + image);
    const char *layer = g->layers[first].half[0].shape.desc->name;
    status = error_set(err, ALEXCL_E_DATA,
                       "image %zu: not a finite number, first in the output of layer %s: weights or input are damaged "
                       "or of another scale",
                       first_image + image, layer);
    error_note_layer(err, layer);
    error_note_target(err, target);
    return status;
}

/* The batch that is copied while the last batch of a run is computed: the first one of the next run, if that was
 * submitted. */
static struct net_batch net_next_run(const struct alexcl_net *net) {
    struct runner_job job;
    struct net_batch b = {.in = NULL};
    if (!runner_next(net->runner, &job)) return b;
    b = net_batch(net, job.in, job.images);
    b.ticket = job.ticket;
    return b;
}

/* Runs one batch, and copies `next` meanwhile. `copied`: the batch is on the devices already. */
static int net_run_batch(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next,
                         float *out, size_t first, struct alexcl_error *err) {
    size_t out_floats = net->graph->output_floats;
    net->shared.batch = (struct worker_batch){.in = b->in, .out = out, .check = -1};
    net->copied = (struct net_batch){0};
    net_hand_out(net, b, copied, next);
    exchange_reset(net->shared.exchange);
    int status = net_on_workers(net, run_batch, err);
    for (size_t i = 0; status == ALEXCL_OK && i < (size_t)b->images * out_floats; i++)
        if (!isfinite(out[i])) status = net_name_bad_layer(net, first, i / out_floats, err);
    if (status != ALEXCL_OK) return status;
    for (int i = 0; i < net->shared.workers; i++) net->done[i] += (size_t)net->workers[i].count;
    net_learn(net, 0);
    net->copied = *next;
    return ALEXCL_OK;
}

/* Computes a run, on the thread of the runner. */
static int net_run(void *user, const struct runner_job *job, struct alexcl_error *err) {
    struct alexcl_net *net = user;
    const struct graph *g = net->shared.graph;
    size_t in_floats = g->values[0].floats[0], out_floats = g->output_floats;
    double start = net_now();
    int status = ALEXCL_OK;
    for (size_t first = 0; first < job->images;) {
        TRY(callbacks_cancelled(&net->shared.settings, err));
        callbacks_tell(&net->shared.settings, "images computed", (unsigned)first, (unsigned)job->images);
        const float *in = job->in + first * in_floats;
        struct net_batch b = net_batch(net, in, job->images - first);
        b.ticket = job->ticket;
        int copied = net->copied.in == in && net->copied.images == b.images && net->copied.ticket == b.ticket;
        if (copied) b = net->copied; /* with the shares that it was copied by */
        size_t count = (size_t)b.images, left = job->images - first - count;
        struct net_batch next = left ? net_batch(net, in + count * in_floats, left) : net_next_run(net);
        if (left) next.ticket = job->ticket;
        TRY(net_run_batch(net, &b, copied, &next, job->out + first * out_floats, first, err));
        first += count;
    }
done:
    net->wall += net_now() - start;
    return status;
}

int alexcl_net_submit(struct alexcl_net *net, const float *images_in, size_t images, float *out, uint64_t *ticket,
                      struct alexcl_error *err) {
    const struct runner_job job = {.in = images_in, .images = images, .out = out};
    return runner_submit(net->runner, &job, ticket, err);
}

int alexcl_net_wait(struct alexcl_net *net, uint64_t ticket, struct alexcl_error *err) {
    return runner_wait(net->runner, ticket, err);
}

int alexcl_net_run(struct alexcl_net *net, const float *images_in, size_t images, float *out,
                   struct alexcl_error *err) {
    uint64_t ticket;
    int status = alexcl_net_submit(net, images_in, images, out, &ticket, err);
    return status == ALEXCL_OK ? alexcl_net_wait(net, ticket, err) : status;
}

int alexcl_net_times(const struct alexcl_net *net, struct alexcl_net_times *out, struct alexcl_error *err) {
    runner_drain(net->runner);
    struct alexcl_net_times today = net_times(net);
    return SIZED_WRITE(alexcl_net_times, &today, out, err);
}

int alexcl_net_peak(struct alexcl_net *net, struct alexcl_peak *out, struct alexcl_error *err) {
    runner_drain(net->runner);
    int status = net_on_workers(net, worker_measure_peak, err);
    if (status != ALEXCL_OK) return status;
    const struct peak *peaks[2] = {&net->workers[0].peak, &net->workers[1].peak};
    struct alexcl_peak today = {.flops = {peaks[0]->flops, peaks[1]->flops},
                                .bytes = {peaks[0]->bytes, peaks[1]->bytes}};
    return SIZED_WRITE(alexcl_peak, &today, out, err);
}

int alexcl_net_record(struct alexcl_net *net, int on, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    runner_drain(net->runner);
    for (int i = 0; i < net->shared.workers; i++) {
        struct worker *worker = &net->workers[i];
        struct timeline *t = net->timelines[i];
        if (!on && t && t->lost)
            status =
                error_set(err, ALEXCL_E_MEMORY,
                          "out of host memory: %d pieces of the recording are lost; record fewer batches", t->lost);
        if (on && !t) {
            TRY(memory_alloc(&t, 1, sizeof *t, "the recording", err));
            net->timelines[i] = t;
        }
        worker->timeline = on ? t : NULL;
        if (on) timeline_begin(t, i, !worker->target.device);
        if (worker->target.device) TRY(device_record(worker->target.device, worker->timeline, err));
    }
    /* Both timelines begin at the same time, however long reading the clocks took. */
    if (on && net->shared.workers == 2) net->timelines[1]->origin = net->timelines[0]->origin;
done:
    return status;
}

size_t alexcl_net_recorded(const struct alexcl_net *net, size_t target, const struct alexcl_work_span **out) {
    runner_drain(net->runner);
    const struct timeline *t = target < 2 ? net->timelines[target] : NULL;
    *out = t ? t->spans : NULL;
    return t ? t->count : 0;
}

void alexcl_net_free(struct alexcl_net *net) {
    if (!net) return;
    runner_free(net->runner);
    for (int i = 0; i < net->shared.workers; i++) worker_free(&net->workers[i]);
    for (int i = 0; i < 2; i++) timeline_free(net->timelines[i]);
    exchange_free(net->shared.exchange);
    graph_free(net->graph);
    free(net->outputs);
    settings_free(&net->shared.settings);
    free(net->own);
    pthread_mutex_destroy(&net->shared.upload);
    free(net);
}
