/* SPDX-License-Identifier: MIT */
/* A net on one or two targets (net_open.c opens it). Runs are computed in order by a thread of the net (runner.h). A
 * run goes through its images batch by batch: all workers run their parts at the same time, and meanwhile copy the next
 * batch, which may be the next run's first. Where a score is not finite, the batch is run again to find the first layer
 * that has such a value. */
#include <math.h>
#include <stdlib.h>

#include "callbacks.h"
#include "memory.h"
#include "net_private.h"
#include "sized.h"

double net_now(void) { return (double)timeline_now() * 1e-9; }

int net_on_workers(struct alexcl_net *net, int (*job)(struct worker *, struct alexcl_error *),
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

struct fit_target net_fit_target(const struct worker *worker) {
    int converts = worker->other && worker->other->graph->block != worker->graph->block;
    return (struct fit_target){.graph = worker->graph,
                               .target = &worker->target,
                               .halves = worker->halves,
                               .pinned = worker->pinned,
                               .converts = converts};
}

struct net_batch net_batch(const struct alexcl_net *net, const float *in, size_t images) {
    const int capacity[2] = {net->workers[0].capacity, net->workers[1].capacity};
    struct net_batch b = {.in = images ? in : NULL, .images = images < (size_t)net->images ? (int)images : net->images};
    split_share(&net->split, b.images, capacity, b.share);
    return b;
}

/* The number of a target's first image in a batch. */
static int net_first(const struct alexcl_net *net, const struct net_batch *b, int target) {
    return target == 0 || net->split.kind == SPLIT_HALVES ? 0 : b->share[0];
}

void net_hand_out(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next) {
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

void net_learn(struct alexcl_net *net, int opening) {
    const int share[2] = {net->workers[0].count, net->workers[1].count};
    const double seconds[2] = {net->workers[0].seconds, net->workers[1].seconds};
    split_learn(&net->split, opening, share, seconds);
}

struct alexcl_net_times net_times(const struct alexcl_net *net) {
    struct alexcl_net_times t = {
        .wall = net->wall, .build = net->build, .images = {net->done[0], net->done[1]}, .events = 1};
    for (int i = 0; i < net->shared.workers; i++) {
        const struct worker *worker = &net->workers[i];
        t.crossed += worker->crossed;
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
    t.crossed -= net->opening.crossed;
    return t;
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

int net_name_bad_layer(struct alexcl_net *net, size_t first_image, size_t image, struct alexcl_error *err) {
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

int net_compute(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next,
                const struct worker_batch *batch, struct alexcl_error *err) {
    net->shared.batch = *batch;
    net->copied = (struct net_batch){0};
    net_hand_out(net, b, copied, next);
    exchange_reset(net->shared.exchange);
    return net_on_workers(net, run_batch, err);
}

void net_end_run(struct alexcl_net *net) {
    for (int i = 0; i < net->shared.workers; i++)
        if (net->workers[i].timeline) net->workers[i].timeline->run++;
}

/* Runs one batch, and copies `next` meanwhile. `copied`: the batch is on the devices already. */
static int net_run_batch(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next,
                         float *out, size_t first, struct alexcl_error *err) {
    size_t out_floats = net->graph->output_floats;
    const struct worker_batch batch = {.in = b->in, .out = out, .check = -1};
    int status = net_compute(net, b, copied, next, &batch, err);
    net_end_run(net);
    for (size_t i = 0; status == ALEXCL_OK && i < (size_t)b->images * out_floats; i++)
        if (!isfinite(out[i])) status = net_name_bad_layer(net, first, i / out_floats, err);
    if (status != ALEXCL_OK) return status;
    for (int i = 0; i < net->shared.workers; i++) net->done[i] += (size_t)net->workers[i].count;
    net_learn(net, 0);
    net->copied = *next;
    return ALEXCL_OK;
}

int net_run(void *user, const struct runner_job *job, struct alexcl_error *err) {
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
