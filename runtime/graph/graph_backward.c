/* SPDX-License-Identifier: MIT */
/* One walk from the last layer to the first. A layer runs its weight gradient where it learns, its input gradient
 * where something before it learns. Behind the first layer that reads a crossing all its readers have run, so there
 * it is sent back: before that layer's weight gradient, which is computed while the gradient is on its way. Memory
 * is handed out at the end, when it is known how long each gradient lives. */
#include "graph_backward.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct backward_walk {
    const struct graph *g;
    struct graph_backward *b;
    int *values, *crossings; /* [value], [crossing]: its gradient; -1: none yet */
    int *frozen;             /* [layer] */
    int *learns;             /* [value]: something before it learns */
    int most_steps, most_gradients;
};

/* ---- what learns ---- */

static int backward_has_parameters(const struct layer *l) {
    for (int t = 0; t < l->shape.tensor_count; t++)
        if (l->shape.tensors[t].trainable) return 1;
    return 0;
}

static int backward_freeze(struct backward_walk *w, const char *name, struct alexcl_error *err) {
    int found = -1;
    for (int i = 0; i < w->g->layer_count; i++)
        if (strcmp(w->g->layers[i].half[0].shape.desc->name, name) == 0) found = i;
    if (found < 0) return error_set(err, ALEXCL_E_USAGE, "there is no layer %s that could be frozen", name);
    if (!backward_has_parameters(&w->g->layers[found].half[0]))
        return error_set(err, ALEXCL_E_USAGE, "layer %s (%s) has no parameters that could be frozen", name,
                         w->g->layers[found].half[0].shape.ops->name);
    w->frozen[found] = 1;
    return ALEXCL_OK;
}

/* Finds which passes each layer runs. */
static int backward_find_passes(struct backward_walk *w, struct alexcl_error *err) {
    int any = 0;
    for (int i = 0; i < w->g->layer_count; i++) {
        const struct graph_layer *gl = &w->g->layers[i];
        const struct layer *l = &gl->half[0];
        struct graph_backward_layer *bl = &w->b->layers[i];
        int before = 0;
        for (int j = 0; j < gl->input_count; j++) before |= w->learns[gl->values[j]];
        bl->runs[LAYER_FORWARD] = 1;
        bl->runs[LAYER_WEIGHT_GRADIENT] = backward_has_parameters(l) && !w->frozen[i];
        bl->runs[LAYER_INPUT_GRADIENT] = before && layer_is_run(l, LAYER_INPUT_GRADIENT);
        w->learns[gl->out] |= before | bl->runs[LAYER_WEIGHT_GRADIENT];
        any |= bl->runs[LAYER_WEIGHT_GRADIENT];
        for (int pass = LAYER_INPUT_GRADIENT; pass < LAYER_PASSES; pass++)
            if (bl->runs[pass] && !l->shape.ops->variants[pass])
                return error_set(err, ALEXCL_E_USAGE,
                                 "layer %s (%s) has no backward pass: freeze all layers with parameters before it, or "
                                 "leave it out",
                                 l->shape.desc->name, l->shape.ops->name);
    }
    return any ? ALEXCL_OK
               : error_set(err, ALEXCL_E_USAGE, "nothing is left to be trained: every layer with parameters is frozen");
}

/* ---- the list ---- */

static void backward_add_step(struct backward_walk *w, struct graph_backward_step step) {
    assert(w->b->step_count < w->most_steps);
    w->b->steps[w->b->step_count++] = step;
}

static int backward_add_gradient(struct backward_walk *w, size_t floats0, size_t floats1) {
    struct graph_backward *b = w->b;
    assert(b->gradient_count < w->most_gradients);
    b->gradients[b->gradient_count] = (struct graph_gradient){.floats = {floats0, floats1}, .from = b->step_count};
    return b->gradient_count++;
}

/* A new gradient for what *known is that of, which is told where it is the first; and where it is not, a step is added
 * behind the pass that writes it. */
static int backward_write(struct backward_walk *w, int *known, size_t floats0, size_t floats1,
                          struct graph_backward_step adds[], int *count) {
    int made = backward_add_gradient(w, floats0, floats1);
    if (*known >= 0)
        adds[(*count)++] = (struct graph_backward_step){.kind = GRAPH_BACKWARD_ADD, .from = made, .into = *known};
    else
        *known = made;
    return made;
}

static void backward_add_input(struct backward_walk *w, int i) {
    const struct graph *g = w->g;
    const struct graph_layer *gl = &g->layers[i];
    struct graph_backward_layer *bl = &w->b->layers[i];
    struct graph_backward_step adds[2 * LAYER_INPUTS];
    int count = 0;
    for (int j = 0; j < gl->input_count; j++) {
        int x = gl->crossings[j], value = gl->values[j], joins = x >= 0 && g->crossings[x].kind == GRAPH_JOIN;
        const size_t *floats = g->values[value].floats;
        if (gl->out == value) { /* in place, on the gradient that is there */
            bl->own[j] = bl->out;
            continue;
        }
        if (joins) {
            size_t both = graph_joined_floats(g, x);
            bl->own[j] = backward_write(w, &w->crossings[x], both, both, adds, &count);
            continue;
        }
        bl->own[j] = backward_write(w, &w->values[value], floats[0], floats[1], adds, &count);
        if (x >= 0)
            bl->halo[j] = backward_write(w, &w->crossings[x], graph_sent_back(g, x, 0).floats,
                                         graph_sent_back(g, x, 1).floats, adds, &count);
    }
    backward_add_step(w, (struct graph_backward_step){.kind = GRAPH_BACKWARD_INPUT, .index = i});
    for (int k = 0; k < count; k++) backward_add_step(w, adds[k]);
}

/* The crossings before a layer: sent, or received. */
static void backward_add_crossings(struct backward_walk *w, int layer, enum graph_backward_kind kind) {
    const struct graph *g = w->g;
    for (int x = g->crossing_count - 1; x >= 0; x--) {
        const struct graph_crossing *c = &g->crossings[x];
        if (c->layer != layer || w->crossings[x] < 0) continue;
        struct graph_backward_step step = {.kind = kind, .index = x, .from = w->crossings[x]};
        if (kind == GRAPH_BACKWARD_RECEIVE && w->values[c->value] < 0) {
            step.first = 1;
            w->values[c->value] =
                backward_add_gradient(w, g->values[c->value].floats[0], g->values[c->value].floats[1]);
        }
        step.into = w->values[c->value];
        backward_add_step(w, step);
    }
}

static void backward_add_layer(struct backward_walk *w, int i) {
    struct graph_backward_layer *bl = &w->b->layers[i];
    bl->out = w->values[w->g->layers[i].out];
    for (int j = 0; j < LAYER_INPUTS; j++) bl->own[j] = bl->halo[j] = -1;
    if (bl->out < 0) bl->runs[LAYER_INPUT_GRADIENT] = bl->runs[LAYER_WEIGHT_GRADIENT] = 0;
    if (bl->runs[LAYER_INPUT_GRADIENT]) backward_add_input(w, i);
    backward_add_crossings(w, i, GRAPH_BACKWARD_SEND);
    if (bl->runs[LAYER_WEIGHT_GRADIENT])
        backward_add_step(w, (struct graph_backward_step){.kind = GRAPH_BACKWARD_WEIGHT, .index = i});
    backward_add_crossings(w, i, GRAPH_BACKWARD_RECEIVE);
}

/* ---- where gradients lie ---- */

static void backward_use(struct graph_backward *b, int gradient, int step) {
    if (gradient >= 0 && b->gradients[gradient].to < step) b->gradients[gradient].to = step;
}

/* Finds the last step that needs each gradient. */
static void backward_find_lives(struct graph_backward *b) {
    for (int s = 0; s < b->step_count; s++) {
        const struct graph_backward_step *step = &b->steps[s];
        if (step->kind != GRAPH_BACKWARD_INPUT && step->kind != GRAPH_BACKWARD_WEIGHT) {
            backward_use(b, step->from, s);
            backward_use(b, step->into, s);
            continue;
        }
        const struct graph_backward_layer *bl = &b->layers[step->index];
        backward_use(b, bl->out, s);
        for (int j = 0; j < LAYER_INPUTS && step->kind == GRAPH_BACKWARD_INPUT; j++) {
            backward_use(b, bl->own[j], s);
            backward_use(b, bl->halo[j], s);
        }
    }
}

/* Assigns buffers in the order in which gradients are made: of the free ones the one that grows least, or a new one. */
static void backward_hand_out(struct graph_backward *b, int *until) {
    for (int i = 0; i < b->gradient_count; i++) {
        struct graph_gradient *d = &b->gradients[i];
        size_t min = d->floats[0] + d->floats[1];
        d->buffer = b->buffer_count;
        for (int k = 0; k < b->buffer_count; k++) {
            size_t grows = 0;
            for (int h = 0; h < 2; h++)
                if (d->floats[h] > b->buffer_floats[k][h]) grows += d->floats[h] - b->buffer_floats[k][h];
            if (until[k] >= d->from || grows >= min) continue;
            min = grows;
            d->buffer = k;
        }
        if (d->buffer == b->buffer_count) b->buffer_count++;
        until[d->buffer] = d->to;
        for (int h = 0; h < 2; h++)
            if (d->floats[h] > b->buffer_floats[d->buffer][h]) b->buffer_floats[d->buffer][h] = d->floats[h];
    }
}

/* ---- all of it ---- */

int graph_backward_make(const struct graph *g, const struct graph_training *training, struct graph_backward **out,
                        struct alexcl_error *err) {
    static const char what[] = "the backward pass";
    int status = ALEXCL_OK, *until = NULL;
    struct graph_backward *b = NULL;
    struct backward_walk w = {.g = g};
    size_t layers = (size_t)g->layer_count, inputs = 0;
    assert(g->output_count == 1);
    for (int i = 0; i < g->layer_count; i++) inputs += (size_t)g->layers[i].input_count;
    w.most_steps = (int)(2 * layers + 2 * inputs) + 2 * g->crossing_count;
    w.most_gradients = (int)(2 * inputs) + g->crossing_count + 1;
    TRY(memory_alloc(&b, 1, sizeof *b, what, err));
    w.b = b;
    b->states = training->states;
    b->batch = training->batch;
    TRY(memory_alloc(&b->layers, layers, sizeof *b->layers, what, err));
    TRY(memory_alloc(&b->steps, (size_t)w.most_steps, sizeof *b->steps, what, err));
    TRY(memory_alloc(&b->gradients, (size_t)w.most_gradients, sizeof *b->gradients, what, err));
    TRY(memory_alloc(&b->buffer_floats, (size_t)w.most_gradients, sizeof *b->buffer_floats, what, err));
    TRY(memory_alloc(&w.values, (size_t)g->value_count, sizeof *w.values, what, err));
    TRY(memory_alloc(&w.learns, (size_t)g->value_count, sizeof *w.learns, what, err));
    TRY(memory_alloc(&w.crossings, (size_t)g->crossing_count + 1, sizeof *w.crossings, what, err));
    TRY(memory_alloc(&w.frozen, layers, sizeof *w.frozen, what, err));
    TRY(memory_alloc(&until, (size_t)w.most_gradients, sizeof *until, what, err));
    for (size_t i = 0; i < training->frozen_count; i++) TRY(backward_freeze(&w, training->frozen[i], err));
    TRY(backward_find_passes(&w, err));
    for (int v = 0; v < g->value_count; v++) w.values[v] = -1;
    for (int x = 0; x < g->crossing_count; x++) w.crossings[x] = -1;
    const struct graph_value *last = &g->values[g->layers[g->outputs[0]].out];
    w.values[g->layers[g->outputs[0]].out] = backward_add_gradient(&w, last->floats[0], last->floats[1]);
    for (int i = g->layer_count - 1; i >= 0; i--) backward_add_layer(&w, i);
    backward_find_lives(b);
    backward_hand_out(b, until);
    *out = b;
    b = NULL;
done:
    free(w.values);
    free(w.learns);
    free(w.crossings);
    free(w.frozen);
    free(until);
    graph_backward_free(b);
    return status;
}

void graph_backward_shared(const struct graph *g, unsigned halves, size_t out[LAYER_TENSORS]) {
    for (int t = 0; t < LAYER_TENSORS; t++) out[t] = 0;
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++) {
            const struct layer_shape *s = &g->layers[i].half[h].shape;
            if (!(halves >> h & 1u) || !g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT]) continue;
            for (int t = 0; t < s->tensor_count; t++)
                if (layer_tensor_floats(&s->tensors[t]) > out[t]) out[t] = layer_tensor_floats(&s->tensors[t]);
        }
}

void graph_backward_free(struct graph_backward *b) {
    if (!b) return;
    free(b->steps);
    free(b->gradients);
    free(b->layers);
    free(b->buffer_floats);
    free(b);
}
