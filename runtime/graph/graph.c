/* SPDX-License-Identifier: MIT */
/* Turns a model's table into what two halves compute. One walk in the table's order describes each layer that the
 * outputs need, for both halves; derives whether anything crosses before it, once for all layers that read the same;
 * and decides whether its output is written over its input. A layer with a crossing before it begins a section. Buffers
 * are assigned at the end, when it is known how long each value lives. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph_backward.h"
#include "memory.h"
#include "model_check.h"

/* What the walk knows about a layer of the model. */
struct graph_row {
    int layer;   /* its number in the graph; -1: it is not needed */
    int readers; /* how often layers that are needed read it, and the caller */
    int inputs[LAYER_INPUTS], input_count;
};

struct graph_walk {
    struct graph *g;
    struct graph_row *rows;
    int last;                              /* the last row of the model that is needed */
    int *outputs;                          /* rows of the model that the caller reads; as many as the graph's */
    int plain;                             /* a layer cannot take blocks, so no layer is given any */
    const struct graph_training *training; /* NULL: the net is not trained */
    int *reads;                            /* [value]: how often it is read in all */
    int *unread;  /* [value]: how many reads are still to come; after the walk, scratch memory of graph_hand_out */
    int *content; /* [layer]: the layer that has computed its output: a view passes on what it reads */
};

/* ---- what is needed ---- */

static int graph_find_needed(struct graph_walk *w, struct alexcl_error *err) {
    const struct alexcl_model *model = w->g->model;
    for (int i = 0; i <= w->last; i++) {
        int status = model_inputs(model, (size_t)i, w->rows[i].inputs, &w->rows[i].input_count, err);
        if (status != ALEXCL_OK) return status;
        w->rows[i].layer = -1;
        w->rows[i].readers = 0;
    }
    /* The caller is a reader like a layer: what it reads is needed, and nothing is written over it. */
    for (int i = 0; i < w->g->output_count; i++) w->rows[w->outputs[i]].readers++;
    for (int i = w->last; i >= 0; i--) {
        if (w->rows[i].readers == 0) continue;
        w->rows[i].layer = 0;
        for (int j = 0; j < w->rows[i].input_count; j++)
            if (w->rows[i].inputs[j] >= 0) w->rows[w->rows[i].inputs[j]].readers++;
    }
    return ALEXCL_OK;
}

/* ---- what a layer reads ---- */

static struct alexcl_shape graph_out_shape(const struct graph *g, int layer) {
    const struct alexcl_model *m = g->model;
    return layer < 0 ? (struct alexcl_shape){m->channels, m->height, m->width}
                     : g->layers[layer].half[0].shape.whole_out;
}

/* The feature maps in which a layer's output lies. */
static struct alexcl_shape graph_out_maps(const struct graph *g, int layer) {
    if (layer < 0) return graph_out_shape(g, layer);
    const struct layer_shape *s = &g->layers[layer].half[0].shape;
    return s->by_value ? s->maps : s->whole_out;
}

static int graph_same(struct alexcl_shape a, struct alexcl_shape b) { return a.c == b.c && a.h == b.h && a.w == b.w; }

/* Checks a layer that reads several values. These must be feature maps, since only of those is it known which half has
 * which channels; and the net's input is no half's. */
static int graph_check_several(const struct graph *g, const struct graph_layer *gl, struct alexcl_error *err) {
    for (int j = 0; j < gl->input_count; j++) {
        const char *wrong = gl->inputs[j] < 0 ? "the net's input, which has no halves: put a convolution before it"
                            : !graph_same(graph_out_shape(g, gl->inputs[j]), graph_out_maps(g, gl->inputs[j]))
                                ? "flattened maps: put the flatten layer behind it"
                                : NULL;
        if (wrong)
            return error_set(err, ALEXCL_E_USAGE, "layer %s: input %d is %s", gl->half[0].shape.desc->name, j + 1,
                             wrong);
    }
    return ALEXCL_OK;
}

/* Describes both halves of a layer, given its inputs. */
static int graph_describe(struct graph_walk *w, struct graph_layer *gl, const struct alexcl_layer *desc,
                          struct alexcl_error *err) {
    const struct graph *g = w->g;
    struct alexcl_shape shapes[LAYER_INPUTS];
    int block = g->values[gl->values[0]].block, status = ALEXCL_OK;
    for (int j = 0; j < gl->input_count; j++) {
        shapes[j] = graph_out_shape(g, gl->inputs[j]);
        /* no layer can read some inputs in blocks and others not */
        w->plain |= g->values[gl->values[j]].block != block;
    }
    for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
        struct layer *l = &gl->half[h];
        status = layer_describe_inputs(l, desc, h, shapes, gl->input_count, err);
        if (status != ALEXCL_OK) return status;
        if (w->training) {
            layer_train(l);
            l->choice.all_ties = w->training->all_ties;
        }
        l->shape.maps = graph_out_maps(g, gl->inputs[0]);
        l->choice.in_block = block;
        l->choice.out_block = layer_makes_block(l, block, g->block);
        w->plain |= (block > 1 || l->choice.out_block > 1) && !layer_takes_blocks(l);
    }
    if (!graph_same(gl->half[0].shape.whole_out, gl->half[1].shape.whole_out))
        return error_set(err, ALEXCL_E_USAGE, "layer %s: the halves disagree on its shape", desc->name);
    return gl->input_count > 1 ? graph_check_several(g, gl, err) : ALEXCL_OK;
}

/* Flattened feature maps are cut where their channels were, which is not the middle of the units where the number of
 * channels is odd. A view keeps this cut. Other layers that read only their half's units would compute a different
 * share, and are refused. */
static int graph_keep_cut(struct graph *g, struct graph_layer *gl, struct alexcl_error *err) {
    for (int h = 0; h < 2; h++) {
        struct layer *l = &gl->half[h];
        struct alexcl_shape made = g->layers[gl->inputs[0]].half[h].shape.out;
        if (shape_size(l->shape.in) == shape_size(made)) continue;
        if (!l->shape.view)
            return error_set(err, ALEXCL_E_USAGE,
                             "layer %s: half %d would compute %llu of %d units, but an odd number of channels was "
                             "flattened before, of which it has %llu; put the layer before the flatten layer, or make "
                             "the channels even",
                             l->shape.desc->name, h, (unsigned long long)shape_size(l->shape.in), l->shape.whole_in.c,
                             (unsigned long long)shape_size(made));
        l->shape.in = l->shape.out = made;
    }
    return ALEXCL_OK;
}

/* ---- what crosses ---- */

static int graph_same_halo(struct layer_halo a, struct layer_halo b) {
    return a.first == b.first && a.count == b.count;
}

/* The crossing `wanted`: one that exists already and brings the same, or a new one before layer i. */
static int graph_find_crossing(struct graph_walk *w, int i, const struct graph_crossing *wanted) {
    struct graph *g = w->g;
    for (int x = 0; x < g->crossing_count; x++) {
        const struct graph_crossing *c = &g->crossings[x];
        if (c->kind == wanted->kind && w->content[c->source] == w->content[wanted->source] &&
            graph_same_halo(c->halo[0], wanted->halo[0]) && graph_same_halo(c->halo[1], wanted->halo[1]))
            return x;
    }
    g->crossings[g->crossing_count] = *wanted;
    g->crossings[g->crossing_count].layer = i;
    return g->crossing_count++;
}

/* Decides how layer i reads its inputs. */
static int graph_connect(struct graph_walk *w, int i, struct alexcl_error *err) {
    struct graph *g = w->g;
    struct graph_layer *gl = &g->layers[i];
    int before = g->crossing_count;
    for (int j = 0; j < gl->input_count; j++) {
        struct graph_crossing wanted = {.kind = GRAPH_JOIN, .value = gl->values[j], .source = gl->inputs[j]};
        gl->crossings[j] = -1;
        /* A half sends what the other half reads. */
        for (int h = 0; h < 2; h++) wanted.halo[h] = gl->half[1 - h].shape.inputs[j].halo;
        if (gl->values[j] == GRAPH_INPUT) {
            if (!gl->half[0].shape.reads.all && !gl->half[0].shape.view)
                return error_set(err, ALEXCL_E_USAGE,
                                 "layer %s: the first layer must read every channel of the input (a convolution with "
                                 "groups 1)",
                                 gl->half[0].shape.desc->name);
            continue;
        }
        if (!gl->half[0].shape.reads.all) {
            int status = gl->input_count == 1 ? graph_keep_cut(g, gl, err) : ALEXCL_OK;
            if (status != ALEXCL_OK) return status;
            if (wanted.halo[0].count + wanted.halo[1].count == 0) continue;
            wanted.kind = GRAPH_HALO;
        }
        gl->crossings[j] = graph_find_crossing(w, i, &wanted);
    }
    if (i == 0 || g->crossing_count > before) g->sections[g->section_count++] = (struct graph_section){.first = i};
    gl->section = g->section_count - 1;
    g->sections[gl->section].count++;
    return ALEXCL_OK;
}

/* ---- what it makes ---- */

/* A layer may compute the ReLU that stands right behind it. Where nobody else reads that layer's output, before the
 * ReLU or behind it, the ReLU has nothing left to do. */
static void graph_fuse_relu(struct graph_walk *w, int i) {
    struct graph_layer *gl = &w->g->layers[i];
    if (!gl->half[0].shape.ops->is_relu || gl->inputs[0] < 0 || w->reads[gl->values[0]] > 1) return;
    struct graph_layer *maker = &w->g->layers[gl->inputs[0]];
    if (!layer_fuses_relu(&maker->half[0], w->g->block)) return;
    for (int h = 0; h < 2; h++) {
        maker->half[h].choice.relu = 1;
        gl->half[h].shape.view = 1; /* as of a flatten layer: nothing runs, and its output is what it reads */
    }
}

/* Whether layer i may write over its first input once all have read that. In training the value is read once more, by
 * the backward passes of its maker and its readers: unless this layer is an activation, which is its only reader, and
 * its maker is none, whose gradient would be a function of it. */
static int graph_may_write_over(const struct graph_walk *w, const struct graph_layer *gl) {
    const struct layer_shape *s = &gl->half[0].shape;
    if (!s->in_place || gl->values[0] == GRAPH_INPUT || gl->crossings[0] >= 0) return 0;
    if (!w->training) return 1;
    return s->ops->gradient_by_output && w->reads[gl->values[0]] == 1 &&
           !w->g->layers[gl->inputs[0]].half[0].shape.ops->gradient_by_output;
}

/* Decides where a layer's output goes: over its first input, if nobody reads that any more, or into a value of its
 * own. */
static void graph_place(struct graph_walk *w, int i, int readers) {
    struct graph *g = w->g;
    struct graph_layer *gl = &g->layers[i];
    const struct layer_shape *s = &gl->half[0].shape;
    int in = gl->values[0];
    for (int j = 0; j < gl->input_count; j++) {
        w->unread[gl->values[j]]--;
        g->values[gl->values[j]].last = i;
    }
    graph_fuse_relu(w, i);
    w->content[i] = s->view && gl->inputs[0] >= 0 ? w->content[gl->inputs[0]] : i;
    if (s->view || (graph_may_write_over(w, gl) && w->unread[in] == 0)) {
        gl->out = in;
    } else {
        gl->out = g->value_count++;
        g->values[gl->out] =
            (struct graph_value){.maps = graph_out_maps(g, i), .block = gl->half[0].choice.out_block, .maker = i};
        for (int h = 0; h < 2; h++) g->values[gl->out].floats[h] = layer_out_floats(&gl->half[h]);
    }
    w->unread[gl->out] += readers;
    w->reads[gl->out] += readers;
}

/* ---- where values lie ---- */

/* Finds the layers during which a value has its memory for itself. Within one section that is from its maker to its
 * last reader, since images pass one by one. A value that several sections use has it during all of these sections,
 * since each runs all images before the next one begins. In training all have it to the end. */
static void graph_find_life(const struct graph_walk *w, struct graph_value *v) {
    const struct graph *g = w->g;
    int first = g->layers[v->maker].section,
        last = v->last < g->layer_count ? g->layers[v->last].section : g->section_count - 1;
    v->from = v->maker;
    v->to = w->training ? g->layer_count : v->last;
    if (w->training) return;
    if (first == last && v->last < g->layer_count) return;
    v->from = g->sections[first].first;
    if (v->last < g->layer_count) v->to = g->sections[last].first + g->sections[last].count - 1;
}

/* Assigns buffers to values in the order in which these are made: of the free buffers the one that grows least, or a
 * new one. */
static void graph_hand_out(struct graph_walk *w) {
    struct graph *g = w->g;
    int *until = w->unread; /* [buffer]: the layer until which it is taken; its counts are not needed any more */
    for (int i = GRAPH_INPUT + 1; i < g->value_count; i++) {
        struct graph_value *v = &g->values[i];
        size_t min = v->floats[0] + v->floats[1];
        graph_find_life(w, v);
        v->buffer = g->buffer_count;
        for (int b = 0; b < g->buffer_count; b++) {
            size_t grows = 0;
            for (int h = 0; h < 2; h++)
                if (v->floats[h] > g->buffer_floats[b][h]) grows += v->floats[h] - g->buffer_floats[b][h];
            if (until[b] >= v->from || grows >= min) continue;
            min = grows;
            v->buffer = b;
        }
        if (v->buffer == g->buffer_count) g->buffer_count++;
        until[v->buffer] = v->to;
        for (int h = 0; h < 2; h++)
            if (v->floats[h] > g->buffer_floats[v->buffer][h]) g->buffer_floats[v->buffer][h] = v->floats[h];
    }
}

/* ---- the walk ---- */

static int graph_add_layer(struct graph_walk *w, int row, struct alexcl_error *err) {
    struct graph *g = w->g;
    struct graph_row *r = &w->rows[row];
    int i = g->layer_count, status = ALEXCL_OK;
    struct graph_layer *gl = &g->layers[i];
    *gl = (struct graph_layer){.input_count = r->input_count};
    for (int j = 0; j < r->input_count; j++) {
        gl->inputs[j] = r->inputs[j] < 0 ? -1 : w->rows[r->inputs[j]].layer;
        gl->values[j] = gl->inputs[j] < 0 ? GRAPH_INPUT : g->layers[gl->inputs[j]].out;
    }
    r->layer = i;
    TRY(graph_describe(w, gl, &g->model->layers[row], err));
    TRY(graph_connect(w, i, err));
    graph_place(w, i, r->readers);
    g->layer_count++;
done:
    return status;
}

static int graph_walk(struct graph_walk *w, struct alexcl_error *err) {
    struct graph *g = w->g;
    struct alexcl_shape in = graph_out_shape(g, -1);
    g->layer_count = g->crossing_count = g->section_count = 0;
    g->values[GRAPH_INPUT] = (struct graph_value){
        .maps = in, .block = 1, .maker = -1, .buffer = -1, .floats = {shape_size(in), shape_size(in)}};
    g->value_count = 1;
    w->plain = 0;
    memset(w->unread, 0, ((size_t)w->last + 2) * sizeof *w->unread);
    memset(w->reads, 0, ((size_t)w->last + 2) * sizeof *w->reads);
    for (int i = 0; i <= w->last; i++) {
        int status = w->rows[i].layer < 0 ? ALEXCL_OK : graph_add_layer(w, i, err);
        if (status != ALEXCL_OK) return status;
        if (w->plain) return ALEXCL_OK; /* the walk is done again, without blocks */
    }
    g->output_floats = 0;
    for (int i = 0; i < g->output_count; i++) {
        g->outputs[i] = w->rows[w->outputs[i]].layer;
        struct graph_value *out = &g->values[g->layers[g->outputs[i]].out];
        if (out == &g->values[GRAPH_INPUT])
            return error_set(err, ALEXCL_E_USAGE, "layer %s computes nothing", g->model->layers[w->outputs[i]].name);
        out->last = g->layer_count;
        g->output = graph_output_shape(g, i);
        g->output_floats += shape_size(g->output);
    }
    graph_hand_out(w);
    return ALEXCL_OK;
}

/* The rows of the model that are handed out, and the last of them. */
static int graph_find_outputs(struct graph_walk *w, const struct graph_outputs *outputs, struct alexcl_error *err) {
    struct graph *g = w->g;
    int status = ALEXCL_OK;
    size_t count = outputs->count ? outputs->count : 1;
    TRY(memory_alloc(&w->outputs, count, sizeof *w->outputs, "a model's outputs", err));
    TRY(memory_alloc(&g->outputs, count, sizeof *g->outputs, "the graph's outputs", err));
    g->output_count = (int)count;
    if (outputs->count == 0) w->outputs[0] = (int)g->model->layer_count - 1;
    for (size_t i = 0; i < outputs->count; i++) TRY(model_find_layer(g->model, outputs->names[i], &w->outputs[i], err));
    for (size_t i = 0; i < count; i++)
        if (w->outputs[i] > w->last) w->last = w->outputs[i];
done:
    return status;
}

/* A layer that learns keeps its parameters as they are in the file. */
static void graph_keep_masters(struct graph *g) {
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++)
            g->layers[i].half[h].choice.keep_master = g->backward->layers[i].runs[LAYER_WEIGHT_GRADIENT];
}

static int graph_make_any(const struct alexcl_model *model, const struct graph_outputs *outputs,
                          const struct graph_training *training, int block, struct graph **out,
                          struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = NULL;
    struct graph_walk w = {.training = training};
    TRY(model_check(model, err));
    TRY(memory_alloc(&g, 1, sizeof *g, "the graph", err));
    w.g = g;
    g->model = model;
    TRY(graph_find_outputs(&w, outputs, err));
    size_t count = (size_t)w.last + 1;
    TRY(memory_alloc(&g->layers, count, sizeof *g->layers, "the graph's layers", err));
    TRY(memory_alloc(&g->values, count + 1, sizeof *g->values, "the graph's values", err));
    TRY(memory_alloc(&g->crossings, count * LAYER_INPUTS, sizeof *g->crossings, "the graph's crossings", err));
    TRY(memory_alloc(&g->sections, count + 1, sizeof *g->sections, "the graph's sections", err));
    TRY(memory_alloc(&g->buffer_floats, count, sizeof *g->buffer_floats, "the graph's buffers", err));
    TRY(memory_alloc(&w.rows, count, sizeof *w.rows, "a model's layers", err));
    TRY(memory_alloc(&w.content, count, sizeof *w.content, "a model's layers", err));
    TRY(memory_alloc(&w.reads, count + 1, sizeof *w.reads, "a model's values", err));
    TRY(memory_alloc(&w.unread, count + 1, sizeof *w.unread, "a model's values", err));
    TRY(graph_find_needed(&w, err));
    g->block = block;
    status = graph_walk(&w, err);
    if (status == ALEXCL_OK && w.plain) {
        g->block = 1;
        status = graph_walk(&w, err);
    }
    if (status == ALEXCL_OK && training) status = graph_backward_make(g, training, &g->backward, err);
    if (status == ALEXCL_OK && training) graph_keep_masters(g);
    if (status != ALEXCL_OK) {
        error_prefix(err, "model %s, ", model->name);
        goto done;
    }
    *out = g;
    g = NULL;
done:
    free(w.outputs);
    free(w.rows);
    free(w.content);
    free(w.reads);
    free(w.unread);
    graph_free(g);
    return status;
}

int graph_make_outputs(const struct alexcl_model *model, const struct graph_outputs *outputs, int block,
                       struct graph **out, struct alexcl_error *err) {
    return graph_make_any(model, outputs, NULL, block, out, err);
}

int graph_make_training(const struct alexcl_model *model, const struct graph_outputs *outputs,
                        const struct graph_training *training, int block, struct graph **out,
                        struct alexcl_error *err) {
    return graph_make_any(model, outputs, training, block, out, err);
}

int graph_find_logits(const struct alexcl_model *model, const char **out, struct alexcl_error *err) {
    int inputs[LAYER_INPUTS], count, row = (int)model->layer_count - 1;
    if (layer_type(model->layers[row].type)->output == ALEXCL_OUTPUT_PROBABILITIES) {
        int status = model_inputs(model, (size_t)row, inputs, &count, err);
        if (status != ALEXCL_OK) return status;
        row = inputs[0] < 0 ? row : inputs[0];
    }
    *out = model->layers[row].name;
    return ALEXCL_OK;
}

int graph_make(const struct alexcl_model *model, const char *last_layer, int block, struct graph **out,
               struct alexcl_error *err) {
    return graph_make_outputs(model, &(struct graph_outputs){.names = &last_layer, .count = last_layer != NULL}, block,
                              out, err);
}

struct alexcl_shape graph_output_shape(const struct graph *g, int output) {
    return graph_out_shape(g, g->outputs[output]);
}

void graph_set(struct graph *g, const struct settings *settings) {
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++)
            if (g->layers[i].half[h].shape.ops->narrow_weights)
                g->layers[i].half[h].choice.precision = settings->precision;
}

void graph_set_batch(struct graph *g, int images) {
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++) g->layers[i].half[h].choice.max_images = images;
}

void graph_free(struct graph *g) {
    if (!g) return;
    graph_backward_free(g->backward);
    free(g->outputs);
    free(g->layers);
    free(g->values);
    free(g->crossings);
    free(g->sections);
    free(g->buffer_floats);
    free(g);
}
