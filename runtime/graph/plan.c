/* SPDX-License-Identifier: MIT */
/* What a net would take, without computing anything: the graph is made as for the devices (or for devices of given
 * memory), its layers are listed with what each half holds, computes and receives, and the batch is cut as net_open
 * cuts it, by the same functions. */
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "graph_backward.h"
#include "host_memory.h"
#include "memory.h"
#include "model_check.h"
#include "selection.h"
#include "sized.h"
#include "update.h"

static void plan_fill_layer(struct alexcl_plan *p, const struct graph *g, int i) {
    const struct graph_layer *gl = &g->layers[i];
    struct alexcl_plan_layer *row = &p->layers[i];
    const struct target none = {NULL};
    row->layer = gl->half[0].shape.desc;
    row->in = gl->half[0].shape.whole_in;
    row->out = gl->half[0].shape.whole_out;
    row->inputs = memcpy(p->inputs + (size_t)i * LAYER_INPUTS, gl->inputs, sizeof gl->inputs);
    row->input_count = (size_t)gl->input_count;
    for (int h = 0; h < 2; h++) {
        const struct layer *l = &gl->half[h];
        row->half[h] = l->shape.out;
        row->parameters[h] = graph_parameters(l);
        row->macs[h] = l->shape.macs;
        for (int t = 0; t < l->shape.tensor_count; t++)
            row->parameter_bytes[h] += layer_parameter_floats(l, &none, t) * sizeof(float);
        p->parameters += row->parameters[h];
        p->macs += row->macs[h];
    }
}

/* The graph of what is asked for. */
static int plan_make_graph(const struct alexcl_model *model, const struct alexcl_plan_request *request, int block,
                           struct graph **out, struct alexcl_error *err) {
    const struct graph_training training = {.states = request->optimizer_states,
                                            .batch = request->batch ? request->batch : 1};
    const char *last = request->last_layer;
    if (request->optimizer_states == 0) return graph_make(model, last, block, out, err);
    int status = last ? ALEXCL_OK : graph_find_logits(model, &last, err);
    if (status != ALEXCL_OK) return status;
    return graph_make_training(model, &(struct graph_outputs){.names = &last, .count = 1}, &training, block, out, err);
}

/* What crosses for each layer, and back. */
static int plan_fill_crossings(struct alexcl_plan *p, const struct graph *g, struct alexcl_error *err) {
    for (int x = 0; x < g->crossing_count; x++)
        for (int h = 0; h < 2; h++) {
            struct graph_sent sent = graph_sent(g, x, 1 - h);
            p->layers[g->crossings[x].layer].crosses[h] += (uint64_t)sent.count * (uint64_t)sent.hw * sizeof(float);
        }
    if (!g->backward) return ALEXCL_OK;
    int status = memory_alloc(&p->crosses_backward, (size_t)g->layer_count, sizeof *p->crosses_backward,
                              "the plan's layers", err);
    for (int s = 0; s < g->backward->step_count && status == ALEXCL_OK; s++) {
        const struct graph_backward_step *step = &g->backward->steps[s];
        if (step->kind != GRAPH_BACKWARD_SEND) continue;
        for (int h = 0; h < 2; h++) {
            struct graph_sent sent = graph_sent_back(g, step->index, 1 - h);
            p->crosses_backward[g->crossings[step->index].layer][h] +=
                (uint64_t)sent.count * (uint64_t)sent.hw * sizeof(float);
        }
    }
    return status;
}

/* A plan, with what it was made from where that is not the caller's. */
struct plan_made {
    struct alexcl_plan plan;
    struct alexcl_model *own;
};

int alexcl_plan_make(const struct alexcl_model *given, const struct alexcl_plan_request *asked,
                     struct alexcl_plan **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = NULL, *graphs[2] = {NULL, NULL};
    struct alexcl_plan *p = NULL;
    struct target targets[2] = {{NULL}, {NULL}};
    struct plan_made *made = NULL;
    const struct alexcl_model *model;
    struct alexcl_model *own = NULL;
    struct split split;
    struct settings settings = {0};
    int fits[2] = {0};
    struct alexcl_plan_request wanted;
    const struct alexcl_plan_request *request = &wanted;
    TRY(SIZED_READ(alexcl_plan_request, asked, &wanted, err));
    TRY(model_take(given, &model, &own, err));
    if (request->batch < 0 || request->targets > 2)
        TRY(error_set(err, ALEXCL_E_USAGE, "a plan is for 1 or more images and 1 or 2 devices"));
    if (request->optimizer_states < 0 || request->optimizer_states > UPDATE_STATES)
        TRY(error_set(err, ALEXCL_E_USAGE, "an optimiser keeps 1 or %d tensors of each parameter, not %d",
                      UPDATE_STATES, request->optimizer_states));
    TRY(settings_read(request->settings, &settings, err));
    TRY(split_read(request->split, request->targets ? request->targets : 2, &split, err));
    if (request->optimizer_states && split.kind != SPLIT_HALVES)
        TRY(error_set(err, ALEXCL_E_USAGE,
                      "--split %s: training shares channels, not images, since both halves of the weights live on one "
                      "device each",
                      request->split));
    TRY(plan_make_graph(model, request, 1, &g, err));
    graph_set(g, &settings);
    TRY(memory_alloc(&made, 1, sizeof *made, "the plan", err));
    p = &made->plan;
    made->own = own;
    own = NULL;
    TRY(memory_alloc(&p->layers, (size_t)g->layer_count, sizeof *p->layers, "the plan's layers", err));
    TRY(memory_alloc(&p->inputs, (size_t)g->layer_count * LAYER_INPUTS, sizeof *p->inputs, "the plan's layers", err));
    p->model = model;
    p->layer_count = (size_t)g->layer_count;
    for (int i = 0; i < g->layer_count; i++) plan_fill_layer(p, g, i);
    TRY(plan_fill_crossings(p, g, err));
    p->batch = request->batch ? request->batch : 1;
    const size_t count = split.targets;
    p->targets = count;
    for (size_t i = 0; i < count; i++) {
        int reference = request->selection && !alexcl_selection_device(request->selection, i);
        uint64_t memory = request->memory[i] ? request->memory[i]
                          : reference        ? host_memory_limit("")
                                             : (uint64_t)4 << 30;
        uint64_t largest = request->max_alloc[i] ? request->max_alloc[i] : reference ? memory : memory / 4;
        p->halves[i] = split_halves(&split, i);
        if (request->selection && !reference)
            TRY(device_describe(selection_source(request->selection, i), &settings, &targets[i].device, err));
        TRY(plan_make_graph(model, request, targets[i].device ? layer_block(&targets[i]) : 1, &graphs[i], err));
        graph_set(graphs[i], &settings);
        graph_set_batch(graphs[i], p->batch);
        status = graph_fit(graphs[i], p->halves[i], &targets[i], memory, largest, p->batch,
                           count == 1 ? "the device"
                           : i        ? "device 1"
                                      : "device 0",
                           &fits[i], err);
        if (status != ALEXCL_OK) error_note_target(err, (int)i);
        TRY(status);
    }
    struct fit fit = {.split = &split,
                      .count = count,
                      .host_memory = UINT64_MAX,
                      .caller_fixed = request->host_fixed,
                      .caller_image = request->host_image};
    for (size_t i = 0; i < count; i++) {
        int other = count == 2 && p->halves[i] != 3u && graphs[1 - i]->block != graphs[i]->block;
        int pinned =
            targets[i].device ? device_limits(targets[i].device)->kind != ALEXCL_DEVICE_CPU : !request->selection;
        fit.targets[i] = (struct fit_target){
            .graph = graphs[i], .target = &targets[i], .halves = p->halves[i], .pinned = pinned, .converts = other};
    }
    if (request->selection) fit_share(&fit, request->selection);
    TRY(fit_batch(&fit, p->batch, fits, &p->chunk, p->capacity, err));
    if (request->optimizer_states) fit_groups(p->batch, &p->chunk, p->capacity);
    for (size_t i = 0; i < count; i++) {
        p->memory[i] = graph_memory(graphs[i], p->halves[i], &targets[i], p->capacity[i]);
        p->memory[i].host = fit_target_host(&fit.targets[i], p->capacity[i]);
    }
    p->host = fit_host(&fit, p->chunk, p->capacity);
    p->on_host = fit_on_host(&fit, p->chunk, p->capacity);
    *out = p;
    p = NULL;
done:
    alexcl_plan_free(p);
    free(own);
    graph_free(g);
    for (int i = 0; i < 2; i++) {
        graph_free(graphs[i]);
        device_free(targets[i].device);
    }
    settings_free(&settings);
    return status;
}

void alexcl_plan_free(struct alexcl_plan *plan) {
    if (!plan) return;
    struct plan_made *made = (struct plan_made *)plan;
    free(plan->layers);
    free(plan->inputs);
    free(plan->crosses_backward);
    free(made->own);
    free(made);
}
