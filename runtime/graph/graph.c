/* SPDX-License-Identifier: MIT */
/* From a model's table to what two halves compute. One walk describes every layer for both halves, derives from what it
 * reads whether anything crosses before it, and gives its output a place: in place of its input, one of two slots by
 * turns, or a buffer of its own where the other half reads it. What memory, exchange and plan need is then arithmetic
 * over these rows. */
#include "graph.h"

#include <limits.h>
#include <stdlib.h>

#include "memory.h"
#include "model_check.h"

static int graph_same(struct alexcl_shape a, struct alexcl_shape b) { return a.c == b.c && a.h == b.h && a.w == b.w; }

/* Units of flattened maps are cut where the channels were: not in their middle when the channels are odd. A view keeps
 * that cut, other layers of a half's own units would compute a different share. */
static int graph_keep_cut(struct graph *g, int i, struct alexcl_error *err) {
    for (int h = 0; h < 2; h++) {
        struct layer *l = &g->layers[i].half[h];
        struct alexcl_shape made = g->layers[i - 1].half[h].shape.out;
        if (shape_size(l->shape.in) == shape_size(made)) continue;
        if (!l->shape.view)
            return error_set(err, ALEXCL_E_USAGE,
                             "model %s, layer %s: half %d would compute %zu of %d units, but an odd number of channels "
                             "was flattened before, of which it has "
                             "%zu; put the layer before the flatten layer, or make the channels even",
                             g->model->name, l->shape.desc->name, h, shape_size(l->shape.in), l->shape.whole_in.c,
                             shape_size(made));
        l->shape.in = l->shape.out = made;
    }
    return ALEXCL_OK;
}

/* Decides how layer i reads its predecessor, and where its output goes. */
static int graph_connect(struct graph *g, int i, struct alexcl_error *err) {
    struct graph_layer *gl = &g->layers[i];
    int on_input = i == 0 || g->layers[i - 1].out == 0;
    gl->in = i == 0 ? 0 : g->layers[i - 1].out;
    gl->cross = -1;
    if (on_input) {
        for (int h = 0; h < 2; h++)
            if (!gl->half[h].shape.reads.all && !gl->half[h].shape.view)
                return error_set(err, ALEXCL_E_USAGE,
                                 "model %s, layer %s: the first layer must read every channel of the input (a "
                                 "convolution with groups 1)",
                                 g->model->name, gl->half[h].shape.desc->name);
    } else if (gl->half[0].shape.reads.all) {
        gl->crossing = GRAPH_JOIN;
    } else {
        int status = graph_keep_cut(g, i, err);
        if (status != ALEXCL_OK) return status;
        if (gl->half[0].shape.reads.seam) gl->crossing = GRAPH_SEAM;
    }
    if (gl->crossing != GRAPH_OWN) {
        gl->cross = g->cross_count++;
        g->values[gl->in].kind = GRAPH_KEPT;
    }
    if (i == 0 || gl->crossing != GRAPH_OWN) g->sections[g->section_count++].first = i;
    g->sections[g->section_count - 1].count++;

    if (gl->half[0].shape.view || (gl->half[0].shape.in_place && gl->in != 0 && gl->crossing == GRAPH_OWN)) {
        gl->out = gl->in;
    } else {
        const struct graph_value *in = &g->values[gl->in];
        int slot = gl->crossing == GRAPH_OWN && in->kind == GRAPH_SLOT ? 1 - in->slot : 0;
        gl->out = g->value_count++;
        g->values[gl->out] = (struct graph_value){.kind = GRAPH_SLOT, .slot = slot};
    }
    for (int h = 0; h < 2; h++) {
        size_t floats = layer_out_floats(&gl->half[h]);
        if (gl->out != 0 && floats > g->values[gl->out].floats[h]) g->values[gl->out].floats[h] = floats;
    }
    return ALEXCL_OK;
}

/* The ReLU that stands right behind a layer that computes it on the way has nothing left to do. */
static void graph_fuse_relu(struct graph *g, int i) {
    struct graph_layer *gl = &g->layers[i];
    if (i == 0 || !gl->half[0].shape.ops->is_relu || gl->crossing != GRAPH_OWN ||
        !layer_fuses_relu(&gl[-1].half[0], g->block))
        return;
    for (int h = 0; h < 2; h++) gl[-1].half[h].choice.relu = gl->half[h].shape.view = 1;
}

int graph_make(const struct alexcl_model *model, const char *last_layer, int block, struct graph **out,
               struct alexcl_error *err) {
    int status = ALEXCL_OK, side_by_side = 1, plain = 0;
    struct graph *g = NULL;
    TRY(model_check(model, err));
    int count = (int)model->layer_count;
    if (last_layer) {
        int last = alexcl_model_layer(model, last_layer, err);
        if (last < 0) return last;
        count = last + 1;
    }
    TRY(memory_alloc(&g, 1, sizeof *g, "the graph", err));
    g->model = model;
    g->block = block;
    TRY(memory_alloc(&g->layers, (size_t)count, sizeof *g->layers, "the graph's layers", err));
    TRY(memory_alloc(&g->values, (size_t)count + 1, sizeof *g->values, "the graph's values", err));
    TRY(memory_alloc(&g->sections, (size_t)count, sizeof *g->sections, "the graph's sections", err));
    struct alexcl_shape shape = {model->channels, model->height, model->width}, maps = shape;
    g->values[0] = (struct graph_value){.kind = GRAPH_INPUT, .floats = {shape_size(shape), shape_size(shape)}};
    g->value_count = 1;
    for (int i = 0; i < count; i++) {
        for (int h = 0; h < 2; h++) {
            struct layer *l = &g->layers[i].half[h];
            status = layer_describe(l, &model->layers[i], h, shape, err);
            if (status != ALEXCL_OK) {
                error_prefix(err, "model %s, ", model->name);
                goto done;
            }
            l->shape.maps = maps;
            l->choice.in_block = side_by_side;
            l->choice.out_block = layer_makes_block(l, side_by_side, block);
            if ((l->choice.in_block > 1 || l->choice.out_block > 1) && !layer_takes_blocks(l)) plain = 1;
            if (h == 1 && !graph_same(g->layers[i].half[0].shape.whole_out, g->layers[i].half[1].shape.whole_out)) {
                status = error_set(err, ALEXCL_E_USAGE, "model %s, layer %s: the halves disagree on its shape",
                                   model->name, model->layers[i].name);
                goto done;
            }
        }
        TRY(graph_connect(g, i, err));
        graph_fuse_relu(g, i);
        shape = g->layers[i].half[0].shape.whole_out;
        if (!g->layers[i].half[0].shape.in_place) maps = shape;
        side_by_side = g->layers[i].half[0].choice.out_block;
        g->layer_count = i + 1;
    }
    g->output = shape;
    int last = g->layers[g->layer_count - 1].out;
    if (last == 0) {
        status = error_set(err, ALEXCL_E_USAGE, "model %s: layer %s computes nothing", model->name,
                           model->layers[count - 1].name);
        goto done;
    }
    g->values[last].kind = GRAPH_KEPT;
    for (int v = 1; v < g->value_count; v++)
        for (int h = 0; h < 2; h++) {
            size_t *slot = &g->slot_floats[h][g->values[v].slot];
            if (g->values[v].kind == GRAPH_SLOT && g->values[v].floats[h] > *slot) *slot = g->values[v].floats[h];
        }
    if (plain) {
        TRY(graph_make(model, last_layer, 1, out, err));
        goto done;
    }
    *out = g;
    g = NULL;
done:
    graph_free(g);
    return status;
}

void graph_set(struct graph *g, const struct settings *settings) {
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++)
            g->layers[i].half[h].choice.fp16 = settings->half_weights && g->layers[i].half[h].shape.ops->half_weights;
}

void graph_free(struct graph *g) {
    if (!g) return;
    free(g->layers);
    free(g->values);
    free(g->sections);
    free(g);
}

const struct graph_layer *graph_crossing_layer(const struct graph *g, int cross) {
    return &g->layers[g->sections[cross + 1].first];
}

struct graph_sent graph_sent(const struct graph *g, int cross, int half) {
    const struct graph_layer *gl = graph_crossing_layer(g, cross);
    struct alexcl_shape maps = gl->half[0].shape.maps; /* flattened maps are cut where their channels were */
    struct graph_sent s = {
        .channels = shape_half_count(maps.c, half), .hw = maps.h * maps.w, .block = gl->half[0].choice.in_block};
    s.pitch = layer_out_floats(&gl[-1].half[half]);
    s.count = s.channels;
    s.floats = s.pitch;
    if (gl->crossing == GRAPH_SEAM) {
        s.seam = 1;
        if (gl->half[0].shape.reads.seam < s.count) s.count = gl->half[0].shape.reads.seam;
        s.first = half == 0 ? s.channels - s.count : 0;
        s.floats = (size_t)s.count * (size_t)s.hw;
    }
    return s;
}

size_t graph_sent_position(const struct graph_sent *s, int c, int i) {
    size_t channel = (size_t)c, hw = (size_t)s->hw, block = (size_t)s->block, place = (size_t)i;
    if (s->seam && block > 1) return place * (size_t)s->count + channel;
    return (channel / block * hw + place) * block + channel % block;
}

size_t graph_joined_floats(const struct graph *g, int cross) {
    const struct graph_layer *gl = graph_crossing_layer(g, cross);
    return gl->crossing == GRAPH_JOIN ? graph_sent(g, cross, 0).floats + graph_sent(g, cross, 1).floats : 0;
}

struct graph_host graph_host_floats(const struct graph *g, unsigned halves, int pinned, int converts) {
    struct graph_host f = {.input = pinned ? g->values[0].floats[0] : 0, .output = 1};
    for (int h = 0; h < 2; h++) {
        if (!(halves >> h & 1u)) continue;
        size_t output = g->values[g->layers[g->layer_count - 1].out].floats[h];
        if (output > f.output) f.output = output;
        for (int x = 0; halves != 3u && x < g->cross_count; x++) {
            f.sent += graph_sent(g, x, h).floats;
            if (pinned || converts) f.received += graph_sent(g, x, 1 - h).floats;
        }
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

struct alexcl_plan_memory graph_memory(const struct graph *g, unsigned halves, const struct place *place, int images) {
    struct alexcl_plan_memory m = {0};
    uint64_t n = (uint64_t)images, workspace = 0; /* which the halves of one place share */
    graph_count_buffer(&m, &m.activations, n * g->values[0].floats[0]);
    for (int h = 0; h < 2; h++) {
        if (!(halves >> h & 1u)) continue;
        for (int i = 0; i < g->layer_count; i++) {
            const struct layer *l = &g->layers[i].half[h];
            for (int t = 0; t < l->shape.tensor_count; t++)
                graph_count_buffer(&m, &m.weights, layer_parameter_floats(l, place, t));
            uint64_t wanted = layer_workspace(l, LAYER_FORWARD, place);
            if (wanted > workspace) workspace = wanted;
        }
        for (int s = 0; s < 2; s++) graph_count_buffer(&m, &m.activations, n * g->slot_floats[h][s]);
        for (int v = 1; v < g->value_count; v++)
            if (g->values[v].kind == GRAPH_KEPT) graph_count_buffer(&m, &m.activations, n * g->values[v].floats[h]);
    }
    graph_count_buffer(&m, &m.workspace, workspace);
    for (int x = 0; x < g->cross_count; x++) {
        graph_count_buffer(&m, &m.exchange, n * graph_joined_floats(g, x));
        for (int h = 0; h < 2; h++) { /* what is received; a seam is received on one device too */
            struct graph_sent sent = graph_sent(g, x, 1 - h);
            int received = (halves >> h & 1u) && (halves != 3u || graph_joined_floats(g, x) == 0);
            if (received) graph_count_buffer(&m, &m.exchange, n * sent.floats);
        }
    }
    return m;
}

int graph_fit(const struct graph *g, unsigned halves, const struct place *place, uint64_t memory,
              uint64_t largest_buffer, int batch, const char *name, int *images, struct alexcl_error *err) {
    uint64_t usable = memory - memory / 10;
    /* Kernels index floats by int: no buffer may hold more than INT_MAX of them. */
    uint64_t largest = (uint64_t)INT_MAX * sizeof(float);
    if (largest_buffer < largest) largest = largest_buffer;
    int low = 0, high = batch; /* low fits, high+1 does not */
    while (low < high) {
        int middle = low + (high - low) / 2 + (high - low) % 2;
        struct alexcl_plan_memory m = graph_memory(g, halves, place, middle);
        if (m.total <= usable && m.largest_buffer <= largest)
            low = middle;
        else
            high = middle - 1;
    }
    if (low == 0) {
        struct alexcl_plan_memory m = graph_memory(g, halves, place, 1);
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
