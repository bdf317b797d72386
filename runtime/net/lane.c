/* SPDX-License-Identifier: MIT */
/* A target's thread, and all that it allocates before the first batch: values of its halves, joined inputs, packed
 * weights, one workspace for the layer that wants most, and an arena of host memory that its driver copies from without
 * another copy. Layers are prepared largest first: while one is packed, the floats that it is packed from are in memory
 * as well. */
#include "lane.h"

#include <stdio.h>
#include <stdlib.h>

#include "callbacks.h"
#include "memory.h"
#include "peak.h"
#include "selection.h"

enum { LANE_LINE = 16 };       /* floats of a cache line */
enum { LANE_LARGE = 1 << 18 }; /* floats: tensors above this are packed one at a time over all lanes */

static void *lane_main(void *argument) {
    struct lane *lane = argument;
    pthread_mutex_lock(&lane->lock);
    while (!lane->quit) {
        if (!lane->job) {
            pthread_cond_wait(&lane->changed, &lane->lock);
            continue;
        }
        pthread_mutex_unlock(&lane->lock);
        lane->error = (struct alexcl_error){0};
        int status = lane->job(lane, &lane->error);
        pthread_mutex_lock(&lane->lock);
        lane->status = status;
        lane->job = NULL;
        pthread_cond_broadcast(&lane->changed);
    }
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

int lane_create(struct lane *lane, struct lane_shared *shared, int index, unsigned halves, struct alexcl_error *err) {
    *lane = (struct lane){.shared = shared, .index = index, .halves = halves, .not_finite = -1};
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->changed, NULL);
    if (pthread_create(&lane->thread, NULL, lane_main, lane) != 0)
        return error_set(err, ALEXCL_E_OTHER,
                         "the system starts no thread for device %d: raise the limit of processes (ulimit -u)", index);
    lane->started = 1;
    return ALEXCL_OK;
}

void lane_start(struct lane *lane, int (*job)(struct lane *, struct alexcl_error *)) {
    pthread_mutex_lock(&lane->lock);
    lane->job = job;
    pthread_cond_broadcast(&lane->changed);
    pthread_mutex_unlock(&lane->lock);
}

int lane_wait(struct lane *lane) {
    pthread_mutex_lock(&lane->lock);
    while (lane->job) pthread_cond_wait(&lane->changed, &lane->lock);
    int status = lane->status;
    pthread_mutex_unlock(&lane->lock);
    return status;
}

int lane_open(struct lane *lane, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct alexcl_selection *sel = lane->shared->selection;
    if (alexcl_selection_target(sel, (size_t)lane->index)->device >= 0)
        TRY(device_open(selection_source(sel, (size_t)lane->index), &lane->shared->settings, &lane->target.device,
                        err));
    lane->pinned = lane->target.device && device_limits(lane->target.device)->kind != ALEXCL_DEVICE_CPU;
    TRY(graph_make(lane->shared->graph->model, lane->shared->last_layer, layer_block(&lane->target), &lane->graph,
                   err));
    graph_set(lane->graph, &lane->shared->settings);
    TRY(graph_schedule_make(lane->graph, lane->halves, &lane->schedule, err));
done:
    return status;
}

int lane_measure_peak(struct lane *lane, struct alexcl_error *err) {
    lane->peak = (struct alexcl_peak){0};
    return lane->target.device ? peak_measure(lane->target.device, &lane->peak, err) : ALEXCL_OK;
}

/* Memory of one half for its values and what it receives. */
static int lane_make_half(struct lane *lane, int h, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph *g = lane->graph;
    size_t images = (size_t)lane->capacity;
    char what[64];
    TRY(memory_alloc(&lane->buffers[h], (size_t)g->buffer_count, sizeof *lane->buffers[h], "the values of a half",
                     err));
    for (int i = 0; i < g->buffer_count; i++) {
        snprintf(what, sizeof what, "activations of half %d, buffer %d", h, i);
        TRY(storage_create(&lane->target, images * g->buffer_floats[i][h], what, &lane->buffers[h][i], err));
    }
    TRY(memory_alloc(&lane->received[h], (size_t)g->crossing_count + 1, sizeof *lane->received[h],
                     "the crossings of a half", err));
    for (int x = 0; x < g->crossing_count; x++) {
        struct graph_sent sent = graph_sent(g, x, 1 - h);
        if (lane_has_both(lane) && graph_joined_floats(g, x)) continue; /* joined from where it was made */
        snprintf(what, sizeof what, "what half %d receives for %s", h, graph_crossing_name(g, x));
        TRY(storage_create(&lane->target, images * sent.floats, what, &lane->received[h][x], err));
    }
done:
    return status;
}

static int lane_prepare_layer(struct lane *lane, struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK, locked = 0;
    struct weights_view views[LAYER_TENSORS] = {{0}};
    const float *values[LAYER_TENSORS] = {0};
    TRY(callbacks_cancelled(&lane->shared->settings, err));
    callbacks_progress(&lane->shared->settings, "layers prepared", atomic_fetch_add(&lane->shared->prepared, 1),
                       lane->shared->to_prepare);
    for (int t = 0; t < l->shape.tensor_count; t++) {
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        if (layer_tensor_floats(tensor) > LANE_LARGE && !locked) {
            pthread_mutex_lock(&lane->shared->upload);
            locked = 1;
        }
        TRY(weights_view_open(lane->shared->weights, l->shape.desc, tensor->suffix, tensor->dims, tensor->shape,
                              tensor->first, tensor->count, &views[t], err));
        values[t] = views[t].values;
    }
    l->choice.reproducible = lane->shared->reproducible;
    TRY(layer_prepare(l, LAYER_FORWARD, &lane->target, values, err));
done:
    for (int t = 0; t < l->shape.tensor_count; t++) weights_view_close(&views[t]);
    if (locked) pthread_mutex_unlock(&lane->shared->upload);
    return status;
}

/* A layer, and what its parameters take. */
struct lane_size {
    int layer;
    size_t floats;
};

/* Largest first; of equal ones those that come first. */
static int lane_order(const void *a, const void *b) {
    const struct lane_size *x = a, *y = b;
    return x->floats != y->floats ? (x->floats < y->floats ? 1 : -1) : x->layer - y->layer;
}

/* Largest first: while they are packed, what they are read from is in memory as well, and little else. */
static int lane_prepare_layers(struct lane *lane, struct alexcl_error *err) {
    int status = ALEXCL_OK, count = lane->graph->layer_count;
    struct lane_size *sizes = NULL;
    TRY(memory_alloc(&sizes, (size_t)count, sizeof *sizes, "the order of layers", err));
    for (int i = 0; i < count; i++) {
        const struct layer *l = &lane->graph->layers[i].half[0];
        sizes[i].layer = i;
        for (int t = 0; t < l->shape.tensor_count; t++) sizes[i].floats += layer_parameter_floats(l, &lane->target, t);
    }
    qsort(sizes, (size_t)count, sizeof *sizes, lane_order);
    for (int i = 0; i < count; i++)
        for (int h = 0; h < 2; h++)
            if (lane_runs(lane, h)) TRY(lane_prepare_layer(lane, &lane->graph->layers[sizes[i].layer].half[h], err));
done:
    free(sizes);
    return status;
}

/* Cuts `floats` for each image out of what is left at *at, from a cache line on. */
static float *lane_cut(const struct lane *lane, float **at, size_t floats) {
    float *area = *at;
    *at += ((size_t)lane->capacity * floats + LANE_LINE - 1) / LANE_LINE * LANE_LINE;
    return area;
}

static int lane_make_host(struct lane *lane, struct alexcl_error *err) {
    static const char what[] = "what a device is given and gives";
    int status = ALEXCL_OK, h = lane->index, converts = lane->other && lane->other->graph->block != lane->graph->block;
    const struct graph *g = lane->graph;
    struct graph_host host = graph_host_floats(g, lane->halves, lane->pinned, converts);
    size_t floats = (size_t)lane->capacity * (host.input + host.output + host.sent + host.received) +
                    LANE_LINE * (2 + 2 * (size_t)g->crossing_count);
    if (lane->pinned)
        TRY(pinned_create(lane->target.device, floats, what, &lane->arena, err));
    else
        TRY(memory_alloc_floats(&lane->own, floats, what, err));
    float *at = lane->pinned ? pinned_values(lane->arena) : lane->own;
    lane->output_floats = (size_t)lane->capacity * host.output;
    lane->output = lane_cut(lane, &at, host.output);
    if (host.input) lane->images = lane_cut(lane, &at, host.input);
    if (lane_has_both(lane)) return ALEXCL_OK;
    TRY(memory_alloc(&lane->staging, (size_t)g->crossing_count + 1, sizeof *lane->staging, what, err));
    TRY(memory_alloc(&lane->arrived, (size_t)g->crossing_count + 1, sizeof *lane->arrived, what, err));
    for (int x = 0; x < g->crossing_count; x++) {
        lane->staging[x] = lane_cut(lane, &at, graph_sent(g, x, h).floats);
        if (host.received) lane->arrived[x] = lane_cut(lane, &at, graph_sent(g, x, 1 - h).floats);
    }
done:
    return status;
}

int lane_prepare(struct lane *lane, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = lane->graph;
    size_t images = (size_t)lane->capacity, workspace = 0;
    char what[64];
    TRY(storage_create(&lane->target, images * g->values[0].floats[0], "the input images", &lane->input, err));
    TRY(memory_alloc(&lane->joined, (size_t)g->crossing_count + 1, sizeof *lane->joined, "the joined values", err));
    TRY(memory_alloc(&lane->sends, (size_t)g->crossing_count + 1, sizeof *lane->sends, "what is sent", err));
    for (int x = 0; x < g->crossing_count; x++) {
        snprintf(what, sizeof what, "joined input of %s", graph_crossing_name(g, x));
        if (graph_joined_floats(g, x))
            TRY(storage_create(&lane->target, images * graph_joined_floats(g, x), what, &lane->joined[x], err));
    }
    TRY(join_create(&lane->target, &lane->join, err));
    for (int h = 0; h < 2; h++) {
        if (!lane_runs(lane, h)) continue;
        TRY(lane_make_half(lane, h, err));
    }
    TRY(lane_prepare_layers(lane, err));
    for (int i = 0; i < 2 * g->layer_count; i++) { /* of the variants that could be prepared */
        const struct layer *l = &g->layers[i / 2].half[i % 2];
        size_t wanted = lane_runs(lane, i % 2) ? layer_workspace(l, LAYER_FORWARD, &lane->target) : 0;
        if (wanted > workspace) workspace = wanted;
    }
    if (workspace)
        TRY(storage_create(&lane->target, workspace, "the workspace of convolutions", &lane->workspace, err));
    TRY(lane_make_host(lane, err));
    if (lane->target.device) TRY(device_finish(lane->target.device, err));
done:
    return status;
}

/* Frees the lane's thread, then everything on its target. */
void lane_free(struct lane *lane) {
    if (!lane->shared) return;
    if (lane->started) {
        pthread_mutex_lock(&lane->lock);
        lane->quit = 1;
        pthread_cond_broadcast(&lane->changed);
        pthread_mutex_unlock(&lane->lock);
        pthread_join(lane->thread, NULL);
    }
    pthread_cond_destroy(&lane->changed);
    pthread_mutex_destroy(&lane->lock);
    const struct graph *g = lane->graph;
    for (int h = 0; h < 2 && g; h++) {
        if (!lane_runs(lane, h)) continue;
        for (int i = 0; i < g->layer_count; i++) layer_release(&g->layers[i].half[h]);
        for (int i = 0; lane->buffers[h] && i < g->buffer_count; i++) storage_free(&lane->buffers[h][i]);
        for (int x = 0; lane->received[h] && x < g->crossing_count; x++) storage_free(&lane->received[h][x]);
        free(lane->buffers[h]);
        free(lane->received[h]);
    }
    for (int x = 0; lane->joined && g && x < g->crossing_count; x++) storage_free(&lane->joined[x]);
    free(lane->joined);
    join_free(lane->join);
    storage_free(&lane->workspace);
    storage_free(&lane->input);
    pinned_free(lane->arena);
    free(lane->own);
    free(lane->staging);
    free(lane->arrived);
    free(lane->sends);
    graph_schedule_free(lane->schedule);
    graph_free(lane->graph);
    device_free(lane->target.device);
    lane->shared = NULL;
}
