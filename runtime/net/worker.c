/* SPDX-License-Identifier: MIT */
/* A worker's thread, and all that it allocates before the first batch: its halves' values, joined inputs, packed
 * weights, a workspace as large as the layer that needs most, and host memory from which a device copies by itself.
 * Layers are prepared in order of size, the largest first: while a layer is packed, the floats that it is packed from
 * are in memory too. */
#include "worker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "callbacks.h"
#include "graph_backward.h"
#include "memory.h"
#include "selection.h"

enum { WORKER_LINE = 16 };       /* floats of a cache line */
enum { WORKER_LARGE = 1 << 18 }; /* floats; of the tensors that are larger, all workers together pack one at a time */

static void *worker_main(void *argument) {
    struct worker *worker = argument;
    pthread_mutex_lock(&worker->lock);
    while (!worker->quit) {
        if (!worker->job) {
            pthread_cond_wait(&worker->changed, &worker->lock);
            continue;
        }
        pthread_mutex_unlock(&worker->lock);
        worker->error = (struct alexcl_error){0};
        int status = worker->job(worker, &worker->error);
        pthread_mutex_lock(&worker->lock);
        worker->status = status;
        worker->job = NULL;
        pthread_cond_broadcast(&worker->changed);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

int worker_create(struct worker *worker, struct worker_shared *shared, int index, unsigned halves,
                  struct alexcl_error *err) {
    *worker = (struct worker){.shared = shared, .index = index, .halves = halves, .not_finite = -1};
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->changed, NULL);
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
        return error_set(err, ALEXCL_E_OTHER,
                         "the system starts no thread for device %d: raise the limit of processes (ulimit -u)", index);
    worker->started = 1;
    return ALEXCL_OK;
}

void worker_start(struct worker *worker, int (*job)(struct worker *, struct alexcl_error *)) {
    pthread_mutex_lock(&worker->lock);
    worker->job = job;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

int worker_wait(struct worker *worker) {
    pthread_mutex_lock(&worker->lock);
    while (worker->job) pthread_cond_wait(&worker->changed, &worker->lock);
    int status = worker->status;
    pthread_mutex_unlock(&worker->lock);
    return status;
}

int worker_make_graph(const struct worker_shared *shared, const struct alexcl_model *model, int block,
                      struct graph **out, struct alexcl_error *err) {
    return shared->training ? graph_make_training(model, &shared->outputs, shared->training, block, out, err)
                            : graph_make_outputs(model, &shared->outputs, block, out, err);
}

int worker_open(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_selection *sel = worker->shared->selection;
    if (alexcl_selection_target(sel, (size_t)worker->index)->device >= 0)
        TRY(device_open(selection_source(sel, (size_t)worker->index), &worker->shared->settings, &worker->target.device,
                        err));
    worker->pinned = worker->target.device && device_limits(worker->target.device)->kind != ALEXCL_DEVICE_CPU;
    TRY(worker_make_graph(worker->shared, worker->shared->graph->model, layer_block(&worker->target), &worker->graph,
                          err));
    graph_set(worker->graph, &worker->shared->settings);
    TRY(graph_schedule_make(worker->graph, worker->halves, &worker->schedule, err));
done:
    return status;
}

int worker_measure_peak(struct worker *worker, struct alexcl_error *err) {
    worker->peak = (struct peak){0};
    return worker->target.device ? peak_measure(worker->target.device, &worker->peak, err) : ALEXCL_OK;
}

/* Allocates memory for the values of one half, and for what it receives. */
static int worker_make_half(struct worker *worker, int h, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph *g = worker->graph;
    size_t images = (size_t)worker->capacity;
    char what[64];
    TRY(memory_alloc(&worker->buffers[h], (size_t)g->buffer_count, sizeof *worker->buffers[h], "the values of a half",
                     err));
    for (int i = 0; i < g->buffer_count; i++) {
        snprintf(what, sizeof what, "activations of half %d, buffer %d", h, i);
        TRY(storage_create(&worker->target, images * g->buffer_floats[i][h], what, &worker->buffers[h][i], err));
    }
    TRY(memory_alloc(&worker->received[h], (size_t)g->crossing_count + 1, sizeof *worker->received[h],
                     "the crossings of a half", err));
    for (int x = 0; x < g->crossing_count; x++) {
        struct graph_sent sent = graph_sent(g, x, 1 - h);
        if (worker_has_both(worker) && graph_joined_floats(g, x)) continue; /* the join reads it where it was made */
        snprintf(what, sizeof what, "what half %d receives for %s", h, graph_crossing_name(g, x));
        TRY(storage_create(&worker->target, images * sent.floats, what, &worker->received[h][x], err));
    }
done:
    return status;
}

/* Whether a pass of a layer is run. */
static int worker_runs_pass(const struct graph *g, int layer, int pass) {
    return g->backward ? g->backward->layers[layer].runs[pass] : pass == LAYER_FORWARD;
}

static int worker_prepare_layer(struct worker *worker, int layer, int half, struct alexcl_error *err) {
    struct layer *l = &worker->graph->layers[layer].half[half];
    int status = ALEXCL_OK, locked = 0;
    struct weights_view views[LAYER_TENSORS] = {{0}};
    const float *values[LAYER_TENSORS] = {0};
    TRY(callbacks_cancelled(&worker->shared->settings, err));
    callbacks_progress(&worker->shared->settings, "layers prepared", atomic_fetch_add(&worker->shared->prepared, 1),
                       worker->shared->to_prepare);
    for (int t = 0; t < l->shape.tensor_count; t++) {
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        if (layer_tensor_floats(tensor) > WORKER_LARGE && !locked) {
            pthread_mutex_lock(&worker->shared->upload);
            locked = 1;
        }
        TRY(weights_view_open(worker->shared->weights, l->shape.desc, tensor->suffix, tensor->dims, tensor->shape,
                              tensor->first, tensor->count, &views[t], err));
        values[t] = views[t].values;
    }
    l->choice.reproducible = worker->shared->reproducible;
    for (int pass = 0; pass < LAYER_PASSES; pass++)
        if (worker_runs_pass(worker->graph, layer, pass))
            TRY(layer_prepare(l, (enum layer_pass_kind)pass, &worker->target, values, err));
done:
    for (int t = 0; t < l->shape.tensor_count; t++) weights_view_close(&views[t]);
    if (locked) pthread_mutex_unlock(&worker->shared->upload);
    return status;
}

/* A layer, and the size of its parameters. */
struct worker_size {
    int layer;
    size_t floats;
};

/* Orders by size, the largest first, then by number. */
static int worker_order(const void *a, const void *b) {
    const struct worker_size *x = a, *y = b;
    if (x->floats == y->floats) return x->layer - y->layer;
    return x->floats < y->floats ? 1 : -1;
}

/* Prepares the largest layers first: while they are packed, what they are read from is in memory as well, and little
 * else is. */
static int worker_prepare_layers(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK, count = worker->graph->layer_count;
    struct worker_size *sizes = NULL;
    TRY(memory_alloc(&sizes, (size_t)count, sizeof *sizes, "the order of layers", err));
    for (int i = 0; i < count; i++) {
        const struct layer *l = &worker->graph->layers[i].half[0];
        sizes[i].layer = i;
        for (int t = 0; t < l->shape.tensor_count; t++) sizes[i].floats += layer_tensor_floats(&l->shape.tensors[t]);
    }
    qsort(sizes, (size_t)count, sizeof *sizes, worker_order);
    for (int i = 0; i < count; i++)
        for (int h = 0; h < 2; h++)
            if (worker_runs(worker, h)) TRY(worker_prepare_layer(worker, sizes[i].layer, h, err));
done:
    free(sizes);
    return status;
}

/* Takes `floats` floats for each image from the memory at *at, beginning at a cache line. */
static float *worker_cut(const struct worker *worker, float **at, size_t floats) {
    float *area = *at;
    *at += ((size_t)worker->capacity * floats + WORKER_LINE - 1) / WORKER_LINE * WORKER_LINE;
    return area;
}

static int worker_make_host(struct worker *worker, struct alexcl_error *err) {
    static const char what[] = "what a device is given and gives";
    int status = ALEXCL_OK, h = worker->index,
        converts = worker->other && worker->other->graph->block != worker->graph->block;
    const struct graph *g = worker->graph;
    struct graph_host host = graph_host_floats(g, worker->halves, worker->pinned, converts);
    size_t floats = (size_t)worker->capacity * (host.input + host.output + host.sent + host.received) +
                    WORKER_LINE * (2 + 2 * (size_t)g->crossing_count);
    if (worker->pinned)
        TRY(pinned_create(worker->target.device, floats, what, &worker->arena, err));
    else
        TRY(memory_alloc_floats(&worker->own, floats, what, err));
    float *arena = worker->pinned ? pinned_values(worker->arena) : worker->own, *at = arena;
    worker->output_floats = (size_t)worker->capacity * host.output;
    worker->output = worker_cut(worker, &at, host.output);
    if (host.input) worker->images = worker_cut(worker, &at, host.input);
    if (worker_has_both(worker)) return ALEXCL_OK;
    TRY(memory_alloc(&worker->staging, (size_t)g->crossing_count + 1, sizeof *worker->staging, what, err));
    TRY(memory_alloc(&worker->arrived, (size_t)g->crossing_count + 1, sizeof *worker->arrived, what, err));
    for (int x = 0; x < g->crossing_count; x++) {
        worker->staging[x] = worker_cut(worker, &at, graph_sent(g, x, h).floats);
        if (host.received) worker->arrived[x] = worker_cut(worker, &at, graph_sent(g, x, 1 - h).floats);
    }
    assert((size_t)(at - arena) <= floats);
done:
    return status;
}

int worker_prepare(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = worker->graph;
    size_t images = (size_t)worker->capacity, workspace = 0;
    char what[64];
    TRY(storage_create(&worker->target, images * g->values[0].floats[0], "the input images", &worker->input, err));
    TRY(memory_alloc(&worker->joined, (size_t)g->crossing_count + 1, sizeof *worker->joined, "the joined values", err));
    TRY(memory_alloc(&worker->sends, (size_t)g->crossing_count + 1, sizeof *worker->sends, "what is sent", err));
    for (int x = 0; x < g->crossing_count; x++) {
        snprintf(what, sizeof what, "joined input of %s", graph_crossing_name(g, x));
        if (graph_joined_floats(g, x))
            TRY(storage_create(&worker->target, images * graph_joined_floats(g, x), what, &worker->joined[x], err));
    }
    TRY(join_create(&worker->target, &worker->join, err));
    for (int h = 0; h < 2; h++) {
        if (!worker_runs(worker, h)) continue;
        TRY(worker_make_half(worker, h, err));
    }
    TRY(worker_prepare_layers(worker, err));
    for (int i = 0; i < g->layer_count; i++) { /* now that it is known which variants could be prepared */
        for (int h = 0; h < 2; h++) {
            const struct layer *l = &g->layers[i].half[h];
            for (int pass = 0; pass < LAYER_PASSES && worker_runs(worker, h); pass++) {
                size_t wanted =
                    worker_runs_pass(g, i, pass) ? layer_workspace(l, (enum layer_pass_kind)pass, &worker->target) : 0;
                if (wanted > workspace) workspace = wanted;
            }
        }
    }
    if (workspace)
        TRY(storage_create(&worker->target, workspace, "the workspace of convolutions", &worker->workspace, err));
    TRY(worker_make_host(worker, err));
    if (worker->target.device) TRY(device_finish(worker->target.device, err));
done:
    return status;
}

/* Ends the worker's thread, then frees everything on its target. */
void worker_free(struct worker *worker) {
    if (!worker->shared) return;
    if (worker->started) {
        pthread_mutex_lock(&worker->lock);
        worker->quit = 1;
        pthread_cond_broadcast(&worker->changed);
        pthread_mutex_unlock(&worker->lock);
        pthread_join(worker->thread, NULL);
    }
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    const struct graph *g = worker->graph;
    for (int h = 0; h < 2 && g; h++) {
        if (!worker_runs(worker, h)) continue;
        for (int i = 0; i < g->layer_count; i++) layer_release(&g->layers[i].half[h]);
        for (int i = 0; worker->buffers[h] && i < g->buffer_count; i++) storage_free(&worker->buffers[h][i]);
        for (int x = 0; worker->received[h] && x < g->crossing_count; x++) storage_free(&worker->received[h][x]);
        free(worker->buffers[h]);
        free(worker->received[h]);
    }
    for (int x = 0; worker->joined && g && x < g->crossing_count; x++) storage_free(&worker->joined[x]);
    free(worker->joined);
    join_free(worker->join);
    storage_free(&worker->workspace);
    storage_free(&worker->input);
    pinned_free(worker->arena);
    free(worker->own);
    free(worker->staging);
    free(worker->arrived);
    free(worker->sends);
    graph_schedule_free(worker->schedule);
    graph_free(worker->graph);
    device_free(worker->target.device);
    worker->shared = NULL;
}
