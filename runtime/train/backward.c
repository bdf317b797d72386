/* SPDX-License-Identifier: MIT */
/* The backward pass on one worker. A crossing is sent back as soon as its gradient is complete, and the other half's
 * part is awaited behind the weight gradient that is computed meanwhile. Both halves add what they have in the same
 * order, wherever they run: so the gradients are equal to the bit on one device and on two of one kind.
 *
 * Where a step is computed at once, parameters are updated behind their weight gradient: its memory then serves the
 * next layer's. What a pass reads packed of them is packed at the end, since packing waits for the device. */
#include "backward.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph_backward.h"
#include "memory.h"

static struct storage *backward_gradient(const struct worker *worker, int half, int gradient) {
    return &worker->backward->buffers[half][worker->graph->backward->gradients[gradient].buffer];
}

/* ---- memory ---- */

static int backward_make_half(struct worker *worker, int h, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct graph *g = worker->graph;
    struct backward *b = worker->backward;
    size_t images = (size_t)worker->capacity, layers = (size_t)g->layer_count;
    char what[320];
    TRY(memory_alloc(&b->buffers[h], (size_t)g->backward->buffer_count, sizeof *b->buffers[h], "gradients", err));
    for (int i = 0; i < g->backward->buffer_count; i++) {
        snprintf(what, sizeof what, "gradients of half %d, buffer %d", h, i);
        TRY(storage_create(&worker->target, images * g->backward->buffer_floats[i][h], what, &b->buffers[h][i], err));
    }
    TRY(memory_alloc(&b->gradients[h], layers, sizeof *b->gradients[h], "gradients", err));
    TRY(memory_alloc(&b->states[h], layers, sizeof *b->states[h], "the optimiser's states", err));
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[h].shape;
        for (int t = 0; t < s->tensor_count && g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT]; t++) {
            size_t floats = layer_tensor_floats(&s->tensors[t]);
            snprintf(what, sizeof what, "gradient of %s.%s", s->desc->name, s->tensors[t].suffix);
            if (b->whole)
                b->gradients[h][i][t] = b->shared[t];
            else
                TRY(storage_create(&worker->target, floats, what, &b->gradients[h][i][t], err));
            snprintf(what, sizeof what, "optimiser's states of %s.%s", s->desc->name, s->tensors[t].suffix);
            TRY(optimizer_create_states(b->optimizer, floats, what, b->states[h][i][t], err));
        }
    }
done:
    return status;
}

static int backward_make_shared(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct backward *b = worker->backward;
    size_t floats[LAYER_TENSORS];
    graph_backward_shared(worker->graph, worker->halves, floats);
    for (int t = 0; t < LAYER_TENSORS; t++)
        if (floats[t])
            TRY(storage_create(&worker->target, floats[t], "the gradient of a layer's parameters", &b->shared[t], err));
done:
    return status;
}

/* Host memory for what crosses, and device memory for what arrives. */
static int backward_make_crossings(struct worker *worker, struct alexcl_error *err) {
    static const char what[] = "gradients that cross";
    int status = ALEXCL_OK, h = worker->index;
    const struct graph *g = worker->graph;
    struct backward *b = worker->backward;
    size_t images = (size_t)worker->capacity, all = 0, most = 0;
    for (int x = 0; x < g->crossing_count; x++) {
        size_t floats = graph_sent_back(g, x, 1 - h).floats;
        all += graph_sent_back(g, x, h).floats;
        if (floats > most) most = floats;
    }
    TRY(memory_alloc(&b->staging, (size_t)g->crossing_count + 1, sizeof *b->staging, what, err));
    TRY(memory_alloc(&b->sent, (size_t)g->crossing_count + 1, sizeof *b->sent, what, err));
    TRY(memory_alloc_floats(&b->host, images * (all + most), what, err));
    float *at = b->host;
    for (int x = 0; x < g->crossing_count; x++) {
        b->staging[x] = at;
        at += images * graph_sent_back(g, x, h).floats;
    }
    b->arrived = at;
    if (most) TRY(storage_create(&worker->target, images * most, what, &b->received, err));
done:
    return status;
}

int backward_prepare(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct backward *b = worker->backward;
    TRY(optimizer_create(&worker->target, b->options, &b->optimizer, err));
    TRY(accumulate_create(&worker->target, &b->accumulate, err));
    if (b->whole) TRY(backward_make_shared(worker, err));
    for (int h = 0; h < 2; h++)
        if (worker_runs(worker, h)) TRY(backward_make_half(worker, h, err));
    if (!worker_has_both(worker)) TRY(backward_make_crossings(worker, err));
done:
    return status;
}

void backward_free(struct worker *worker) {
    struct backward *b = worker->backward;
    const struct graph *g = worker->graph;
    if (!b) return;
    for (int h = 0; h < 2 && g; h++) {
        for (int i = 0; b->buffers[h] && i < g->backward->buffer_count; i++) storage_free(&b->buffers[h][i]);
        for (int i = 0; i < g->layer_count; i++)
            for (int t = 0; t < LAYER_TENSORS; t++) {
                if (b->gradients[h] && !b->whole) storage_free(&b->gradients[h][i][t]);
                if (b->states[h]) optimizer_free_states(b->states[h][i][t]);
            }
        free(b->buffers[h]);
        free(b->gradients[h]);
        free(b->states[h]);
    }
    for (int x = 0; b->sent && g && x < g->crossing_count; x++) event_free(b->sent[x]);
    for (int t = 0; t < LAYER_TENSORS; t++) storage_free(&b->shared[t]);
    storage_free(&b->received);
    accumulate_free(b->accumulate);
    optimizer_free(b->optimizer);
    free(b->staging);
    free(b->sent);
    free(b->host);
    worker->backward = NULL;
}

/* ---- passes ---- */

/* Opens a span for the images of the batch. */
static int backward_open_span(const struct worker *worker, enum alexcl_work work, const char *layer, int half) {
    return timeline_open(worker->timeline, work, layer, half, (int)worker->shared->batch.image + worker->first,
                         worker->backward->images);
}

/* Copies the gradient of the outputs, from the caller's rows of both halves, to where the list begins. */
static int backward_begin(struct worker *worker, struct alexcl_error *err) {
    const struct graph *g = worker->graph;
    struct backward *b = worker->backward;
    const struct graph_layer *gl = &g->layers[g->outputs[0]];
    int status = ALEXCL_OK;
    size_t at = 0;
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        const struct layer *l = &gl->half[h];
        size_t floats = layer_out_floats(l), images = (size_t)b->images;
        if (worker_runs(worker, h)) {
            int span = backward_open_span(worker, ALEXCL_WORK_TRANSFER, "output", h);
            memset(worker->output, 0, images * floats * sizeof *worker->output);
            for (size_t n = 0; n < images; n++)
                layer_lay_out(l, b->loss_gradient + n * g->output_floats + at, worker->output + n * floats);
            status = storage_write(backward_gradient(worker, h, g->backward->layers[g->outputs[0]].out), 0,
                                   worker->output, images * floats, err);
            timeline_close(worker->timeline, span);
        }
        at += shape_size(l->shape.out);
    }
    return status;
}

static int backward_update_tensors(struct worker *worker, int i, int h, struct alexcl_error *err) {
    struct backward *b = worker->backward;
    struct layer *l = &worker->graph->layers[i].half[h];
    int status = ALEXCL_OK, span = backward_open_span(worker, ALEXCL_WORK_UPDATE, l->shape.desc->name, h);
    for (int t = 0; t < l->shape.tensor_count; t++) {
        const struct layer_tensor *tensor = &l->shape.tensors[t];
        if (!tensor->trainable || layer_tensor_floats(tensor) == 0) continue;
        int bias = strcmp(tensor->suffix, "bias") == 0;
        TRY(optimizer_update(b->optimizer, l->shape.desc->name, &l->master[t], &b->gradients[h][i][t],
                             b->states[h][i][t], bias ? &b->biases : &b->weights, err));
    }
done:
    timeline_close(worker->timeline, span);
    return status;
}

static int backward_layer(struct worker *worker, int i, enum layer_pass_kind pass, struct alexcl_error *err) {
    const struct graph_layer *gl = &worker->graph->layers[i];
    const struct graph_backward_layer *bl = &worker->graph->backward->layers[i];
    struct backward *b = worker->backward;
    static const enum alexcl_work works[] = {
        [LAYER_INPUT_GRADIENT] = ALEXCL_WORK_INPUT_GRADIENT, [LAYER_WEIGHT_GRADIENT] = ALEXCL_WORK_WEIGHT_GRADIENT};
    for (int h = 0; h < 2; h++) {
        struct layer_source in[LAYER_INPUTS], in_gradients[LAYER_INPUTS] = {{NULL, NULL}};
        if (!worker_runs(worker, h)) continue;
        for (int j = 0; j < gl->input_count; j++) {
            in[j] = run_source(worker, gl, h, j);
            if (bl->own[j] >= 0) in_gradients[j].own = backward_gradient(worker, h, bl->own[j]);
            if (bl->halo[j] >= 0) in_gradients[j].halo = backward_gradient(worker, h, bl->halo[j]);
        }
        struct layer *l = &worker->graph->layers[i].half[h];
        const struct layer_io io = {.in = in,
                                    .out = worker_value(worker, h, gl->out),
                                    .workspace = &worker->workspace,
                                    .count = b->images,
                                    .random = run_random(worker, l),
                                    .out_gradient = backward_gradient(worker, h, bl->out),
                                    .in_gradients = in_gradients,
                                    .tensor_gradients = b->gradients[h][i],
                                    .add = b->add};
        int span = backward_open_span(worker, works[pass], l->shape.desc->name, h);
        int status = layer_run(l, pass, &io, err);
        timeline_close(worker->timeline, span);
        if (status == ALEXCL_OK && pass == LAYER_WEIGHT_GRADIENT && b->whole)
            status = backward_update_tensors(worker, i, h, err);
        if (status != ALEXCL_OK) return status;
        b->waiting++;
    }
    return ALEXCL_OK;
}

static int backward_add(struct worker *worker, const struct graph_backward_step *step, struct alexcl_error *err) {
    const struct graph_gradient *from = &worker->graph->backward->gradients[step->from];
    struct backward *b = worker->backward;
    int status = ALEXCL_OK;
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        if (!worker_runs(worker, h)) continue;
        const struct accumulate_part part = {backward_gradient(worker, h, step->from), 0, from->floats[h]};
        int span = backward_open_span(worker, ALEXCL_WORK_JOIN, "gradients", h);
        status = accumulate_sum(b->accumulate, "gradients", &part, 1, backward_gradient(worker, h, step->into),
                                from->floats[h], 1, b->images, err);
        timeline_close(worker->timeline, span);
    }
    return status;
}

/* ---- crossings ---- */

/* The part of a join's gradient that is of half `owner`. */
static struct accumulate_part backward_joined_part(const struct worker *worker, int crossing, int gradient, int half,
                                                   int owner) {
    const struct graph *g = worker->graph;
    return (struct accumulate_part){backward_gradient(worker, half, gradient),
                                    owner == 0 ? 0 : graph_sent(g, crossing, 0).floats,
                                    graph_joined_floats(g, crossing)};
}

/* Starts the copy to the host of the gradient of what this worker's half has received. */
static int backward_send(struct worker *worker, const struct graph_backward_step *step, struct alexcl_error *err) {
    int status = ALEXCL_OK, x = step->index, h = worker->index;
    struct backward *b = worker->backward;
    struct graph_sent sent = graph_sent_back(worker->graph, x, h);
    struct accumulate_part part = {backward_gradient(worker, h, step->from), 0, sent.floats};
    struct event *computed = NULL;
    if (!sent.halo) part = backward_joined_part(worker, x, step->from, h, 1 - h);
    if (sent.floats == 0) return ALEXCL_OK;
    int span = backward_open_span(worker, ALEXCL_WORK_EXCHANGE, graph_crossing_name(worker->graph, x), h);
    const struct buffer_region region = {
        .rows = (size_t)b->images, .pitch = part.pitch, .first = part.first, .width = sent.floats};
    if (worker->target.device) {
        TRY(device_mark(worker->target.device, &computed, err));
        TRY(buffer_read_region(part.storage->buffer, &region, b->staging[x], computed, DEVICE_EXCHANGE, &b->sent[x],
                               err));
        TRY(device_flush(worker->target.device, err));
    }
    for (size_t n = 0; n < region.rows && !worker->target.device; n++)
        memcpy(b->staging[x] + n * sent.floats, part.storage->host + n * part.pitch + part.first,
               sent.floats * sizeof *b->staging[x]);
done:
    event_free(computed);
    timeline_close(worker->timeline, span);
    return status;
}

/* Copies what the other half has sent back to this target. */
static int backward_take(struct worker *worker, int x, struct alexcl_error *err) {
    int status = ALEXCL_OK, h = worker->index;
    struct backward *b = worker->backward;
    struct graph_sent sent = graph_sent_back(worker->other->graph, x, 1 - h),
                      mine = graph_sent_back(worker->graph, x, 1 - h);
    const float *from = worker->other->backward->staging[x];
    size_t images = (size_t)b->images, count = images * mine.floats;
    struct event *read = NULL, *written = NULL;
    worker->crossed += count * sizeof *from;
    if (sent.block != mine.block) {
        run_convert(b->arrived, &mine, from, &sent, b->images);
        from = b->arrived;
    }
    if (!worker->target.device) {
        memcpy(b->received.host, from, count * sizeof *from);
        return ALEXCL_OK;
    }
    struct buffer_region region = {.rows = images, .pitch = mine.floats, .width = mine.floats};
    TRY(device_mark(worker->target.device, &read, err)); /* what arrived before is added up to here */
    TRY(buffer_write_region(b->received.buffer, &region, from, read, DEVICE_EXCHANGE, &written, err));
    TRY(device_wait_for(worker->target.device, written, err));
    /* `arrived` and the other worker's memory are used again */
    TRY(event_wait(written, err));
done:
    event_free(read);
    event_free(written);
    return status;
}

/* Waits for what the other half has of this half's channels. */
static int backward_await(struct worker *worker, int x, struct alexcl_error *err) {
    int status = ALEXCL_OK, h = worker->index, span = -1;
    struct backward *b = worker->backward;
    const char *layer = graph_crossing_name(worker->graph, x);
    int message = b->messages++;
    if (b->sent[x]) TRY(event_wait(b->sent[x], err));
    exchange_publish(worker->shared->exchange, h, message);
    span = backward_open_span(worker, ALEXCL_WORK_WAIT, layer, h);
    TRY(exchange_await(worker->shared->exchange, h, message));
    timeline_close(worker->timeline, span);
    span = backward_open_span(worker, ALEXCL_WORK_EXCHANGE, layer, h);
    if (graph_sent_back(worker->graph, x, 1 - h).floats) TRY(backward_take(worker, x, err));
done:
    timeline_close(worker->timeline, span);
    event_free(b->sent[x]);
    b->sent[x] = NULL;
    return status;
}

/* Adds both halves' gradients of half `owner`'s channels to that of the value. */
static int backward_add_crossing(struct worker *worker, const struct graph_backward_step *step, int owner,
                                 struct alexcl_error *err) {
    const struct graph *g = worker->graph;
    struct backward *b = worker->backward;
    int x = step->index, both = worker_has_both(worker);
    struct graph_sent sent = graph_sent(g, x, owner);
    const struct storage *out = backward_gradient(worker, owner, step->into),
                         *theirs = both ? backward_gradient(worker, 1 - owner, step->from) : &b->received;
    const char *label = graph_crossing_name(g, x);
    if (sent.halo) {
        const struct accumulate_channels to = {sent.pitch, sent.first, sent.count, sent.hw, sent.block};
        return accumulate_halo(b->accumulate, label, theirs, out, &to, b->images, err);
    }
    struct accumulate_part parts[2] = {backward_joined_part(worker, x, step->from, owner, owner),
                                       {theirs, 0, sent.floats}};
    if (both) parts[1] = backward_joined_part(worker, x, step->from, 1 - owner, owner);
    return accumulate_sum(b->accumulate, label, parts, 2, out, sent.floats, !step->first, b->images, err);
}

static int backward_receive(struct worker *worker, const struct graph_backward_step *step, struct alexcl_error *err) {
    int status = worker_has_both(worker) ? ALEXCL_OK : backward_await(worker, step->index, err);
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        if (!worker_runs(worker, h)) continue;
        int span = backward_open_span(worker, ALEXCL_WORK_JOIN, graph_crossing_name(worker->graph, step->index), h);
        status = backward_add_crossing(worker, step, h, err);
        timeline_close(worker->timeline, span);
    }
    return status;
}

/* ---- jobs ---- */

static int backward_step(struct worker *worker, const struct graph_backward_step *step, struct alexcl_error *err) {
    switch (step->kind) {
    case GRAPH_BACKWARD_INPUT: return backward_layer(worker, step->index, LAYER_INPUT_GRADIENT, err);
    case GRAPH_BACKWARD_WEIGHT: return backward_layer(worker, step->index, LAYER_WEIGHT_GRADIENT, err);
    case GRAPH_BACKWARD_ADD: return backward_add(worker, step, err);
    case GRAPH_BACKWARD_SEND: return worker_has_both(worker) ? ALEXCL_OK : backward_send(worker, step, err);
    case GRAPH_BACKWARD_RECEIVE: return backward_receive(worker, step, err);
    }
    return ALEXCL_OK;
}

static int backward_steps(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct backward *b = worker->backward;
    const struct graph_backward *list = worker->graph->backward;
    b->messages = b->waiting = 0;
    TRY(backward_begin(worker, err));
    for (int s = 0; s < list->step_count; s++) {
        TRY(backward_step(worker, &list->steps[s], err));
        if (!worker->target.device || worker->graph->block == 1 || b->waiting < WORKER_WAITING) continue;
        TRY(device_finish(worker->target.device, err)); /* as run.c says */
        b->waiting = 0;
    }
    if (worker->target.device) TRY(device_finish(worker->target.device, err));
done:
    return status;
}

int backward_run(struct worker *worker, struct alexcl_error *err) {
    struct backward *b = worker->backward;
    int status = backward_steps(worker, err);
    if (status == ALEXCL_OK) return status;
    exchange_abort(worker->shared->exchange);
    /* Copies that still run write to memory that the next batch uses. */
    struct alexcl_error ignored = {0};
    if (worker->target.device) (void)device_finish(worker->target.device, &ignored);
    for (int x = 0; b->sent && x < worker->graph->crossing_count; x++) {
        event_free(b->sent[x]);
        b->sent[x] = NULL;
    }
    return status;
}

static int backward_pack_layer(struct worker *worker, int i, int h, struct alexcl_error *err) {
    struct layer *l = &worker->graph->layers[i].half[h];
    int status = ALEXCL_OK, span = backward_open_span(worker, ALEXCL_WORK_UPDATE, l->shape.desc->name, h);
    for (int pass = LAYER_FORWARD; pass <= LAYER_INPUT_GRADIENT; pass++)
        if (worker->graph->backward->layers[i].runs[pass]) TRY(layer_pack(l, (enum layer_pass_kind)pass, NULL, err));
done:
    timeline_close(worker->timeline, span);
    return status;
}

int backward_update(struct worker *worker, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < worker->graph->layer_count; i++)
        for (int h = 0; h < 2; h++) {
            if (!worker_runs(worker, h) || !worker->graph->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT]) continue;
            if (!worker->backward->whole) TRY(backward_update_tensors(worker, i, h, err));
            TRY(backward_pack_layer(worker, i, h, err));
        }
    if (worker->target.device) TRY(device_finish(worker->target.device, err));
done:
    return status;
}
