/* SPDX-License-Identifier: MIT */
/* The memory that a graph takes for a number of images: every buffer that a worker makes is counted, by the same
 * functions by which it is made. How many images fit is found by bisection, since the memory only grows with them; but
 * for a whole step of training, which takes less than one in groups, and is tried first. */
#include <limits.h>
#include <stdint.h>

#include "graph_backward.h"

/* The largest gradient that a half receives at a crossing, one image; 0: none is received. */
static uint64_t graph_received_back(const struct graph *g, int half) {
    uint64_t most = 0;
    for (int s = 0; s < g->backward->step_count; s++) {
        if (g->backward->steps[s].kind != GRAPH_BACKWARD_RECEIVE) continue;
        uint64_t floats = graph_sent_back(g, g->backward->steps[s].index, 1 - half).floats;
        if (floats > most) most = floats;
    }
    return most;
}

struct graph_host graph_host_floats(const struct graph *g, unsigned halves, int pinned, int converts) {
    struct graph_host f = {.input = pinned ? g->values[0].floats[0] : 0, .output = 1};
    for (int h = 0; h < 2; h++) {
        if (!(halves >> h & 1u)) continue;
        for (int i = 0; i < g->output_count; i++) {
            size_t output = g->values[g->layers[g->outputs[i]].out].floats[h];
            if (output > f.output) f.output = output;
        }
        for (int x = 0; halves != 3u && x < g->crossing_count; x++) {
            f.sent += graph_sent(g, x, h).floats;
            if (pinned || converts) f.received += graph_sent(g, x, 1 - h).floats;
            if (g->backward) f.sent += graph_sent_back(g, x, h).floats;
        }
        if (g->backward && halves != 3u) f.received += graph_received_back(g, h);
    }
    return f;
}

uint64_t graph_parameters(const struct layer *l) {
    uint64_t sum = 0;
    for (int t = 0; t < l->shape.tensor_count; t++)
        if (l->shape.tensors[t].trainable) sum += layer_tensor_floats(&l->shape.tensors[t]);
    if (l->shape.desc->connections) {
        int first = l->shape.tensors[0].first, inputs = l->shape.tensors[0].shape[1];
        for (int o = first; o < first + l->shape.tensors[0].count; o++)
            for (int i = 0; i < inputs; i++)
                if (!(l->shape.desc->connections[o] >> i & 1u))
                    sum -= (uint64_t)l->shape.desc->kernel[0] * (uint64_t)l->shape.desc->kernel[1];
    }
    return sum;
}

static void graph_count_buffer(struct alexcl_plan_memory *m, uint64_t *kind, uint64_t floats) {
    uint64_t bytes = floats * sizeof(float);
    *kind += bytes;
    m->total += bytes;
    if (bytes > m->largest_buffer) m->largest_buffer = bytes;
}

/* What training takes beside the forward pass: the parameters that the backward passes read, their masters, gradients
 * and states, and the gradients of values. */
static void graph_count_training(struct alexcl_plan_memory *m, const struct graph *g, int half, int both,
                                 const struct target *target, int images) {
    const struct graph_backward *b = g->backward;
    uint64_t n = (uint64_t)images;
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer *l = &g->layers[i].half[half];
        if (b->layers[i].runs[LAYER_INPUT_GRADIENT])
            graph_count_buffer(m, &m->weights, layer_pass_floats(l, LAYER_INPUT_GRADIENT, target));
        for (int t = 0; t < l->shape.tensor_count && l->choice.keep_master; t++) {
            uint64_t floats = layer_tensor_floats(&l->shape.tensors[t]);
            if (!graph_backward_is_whole(b, images)) graph_count_buffer(m, &m->gradients, floats);
            for (int s = 0; s < 1 + b->states; s++) graph_count_buffer(m, &m->optimizer, floats);
        }
    }
    for (int k = 0; k < b->buffer_count; k++) graph_count_buffer(m, &m->gradients, n * b->buffer_floats[k][half]);
    if (!both) graph_count_buffer(m, &m->exchange, n * graph_received_back(g, half));
}

struct alexcl_plan_memory graph_memory(const struct graph *g, unsigned halves, const struct target *target,
                                       int images) {
    struct alexcl_plan_memory m = {0};
    uint64_t n = (uint64_t)images, workspace = 0; /* the halves of one target share a workspace */
    graph_count_buffer(&m, &m.activations, n * g->values[0].floats[0]);
    for (int h = 0; h < 2; h++) {
        if (!(halves >> h & 1u)) continue;
        for (int i = 0; i < g->layer_count; i++) {
            const struct layer *l = &g->layers[i].half[h];
            for (int t = 0; t < l->shape.tensor_count; t++)
                graph_count_buffer(&m, &m.weights, layer_parameter_floats(l, target, t));
            for (int pass = LAYER_FORWARD; pass < (g->backward ? LAYER_PASSES : LAYER_INPUT_GRADIENT); pass++) {
                if (g->backward && !g->backward->layers[i].runs[pass]) continue;
                uint64_t wanted = layer_workspace(l, (enum layer_pass_kind)pass, target);
                if (wanted > workspace) workspace = wanted;
            }
        }
        if (g->backward) graph_count_training(&m, g, h, halves == 3u, target, images);
        for (int b = 0; b < g->buffer_count; b++) graph_count_buffer(&m, &m.activations, n * g->buffer_floats[b][h]);
    }
    graph_count_buffer(&m, &m.workspace, workspace);
    if (g->backward && graph_backward_is_whole(g->backward, images)) {
        size_t shared[LAYER_TENSORS];
        graph_backward_shared(g, halves, shared);
        for (int t = 0; t < LAYER_TENSORS; t++) graph_count_buffer(&m, &m.gradients, shared[t]);
    }
    for (int x = 0; x < g->crossing_count; x++) {
        graph_count_buffer(&m, &m.exchange, n * graph_joined_floats(g, x));
        for (int h = 0; h < 2; h++) { /* what is received; of halos, also where both halves are on one device */
            struct graph_sent sent = graph_sent(g, x, 1 - h);
            int received = (halves >> h & 1u) && (halves != 3u || graph_joined_floats(g, x) == 0);
            if (received) graph_count_buffer(&m, &m.exchange, n * sent.floats);
        }
    }
    return m;
}

int graph_fit(const struct graph *g, unsigned halves, const struct target *target, uint64_t memory, uint64_t max_alloc,
              int batch, const char *name, int *images, struct alexcl_error *err) {
    uint64_t usable = memory - memory / 10;
    /* Kernels index floats by int: no buffer may hold more than INT_MAX of them. */
    uint64_t largest = (uint64_t)INT_MAX * sizeof(float);
    if (largest > PTRDIFF_MAX) largest = PTRDIFF_MAX; /* which is less where an address has 32 bits */
    if (max_alloc < largest) largest = max_alloc;
    int low = 0, high = batch; /* low fits, high+1 does not */
    int whole = g->backward && graph_backward_is_whole(g->backward, batch);
    while (low < high) {
        int middle = whole ? batch : low + (high - low) / 2 + (high - low) % 2;
        whole = 0;
        struct alexcl_plan_memory m = graph_memory(g, halves, target, middle);
        if (m.total <= usable && m.largest_buffer <= largest)
            low = middle;
        else
            high = middle - 1;
    }
    if (low == 0) {
        struct alexcl_plan_memory m = graph_memory(g, halves, target, 1);
        return error_set(err, ALEXCL_E_MEMORY,
                         "%s: model %s does not fit: one image needs %.1f MiB (%.1f weights, %.1f activations, %.1f "
                         "exchange, %.1f workspace; largest buffer "
                         "%.1f), there are %.1f MiB of which a tenth is left to the driver, and %.1f MiB in one "
                         "buffer; choose a device with more memory, or "
                         "two devices, one half each",
                         name, g->model->name, (double)m.total / 1048576, (double)m.weights / 1048576,
                         (double)m.activations / 1048576, (double)m.exchange / 1048576, (double)m.workspace / 1048576,
                         (double)m.largest_buffer / 1048576, (double)memory / 1048576, (double)largest / 1048576);
    }
    *images = low;
    return ALEXCL_OK;
}
