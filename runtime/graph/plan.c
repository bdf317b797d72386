/* SPDX-License-Identifier: MIT */
/* What a net would take, without computing anything: the graph is made as for the devices (or for devices of given
 * memory), its layers are listed with what each half holds, computes and receives, and the batch is cut as net_open
 * cuts it, by the same functions. */
#include <stdlib.h>

#include "fit.h"
#include "host_memory.h"
#include "memory.h"
#include "selection.h"

int alexcl_plan_make(const struct alexcl_model *model, const struct alexcl_plan_request *request,
                     struct alexcl_plan **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = NULL, *graphs[2] = {NULL, NULL};
    struct alexcl_plan *p = NULL;
    struct place none = {NULL}, places[2] = {{NULL}, {NULL}};
    struct split split;
    struct settings settings = {0};
    int fits[2] = {0};
    static const struct alexcl_plan_request standard = {0};
    if (!request) request = &standard;
    if (request->batch < 0 || request->places > 2)
        return error_set(err, ALEXCL_E_USAGE, "a plan is for 1 or more images and 1 or 2 devices");
    TRY(settings_read(request->settings, &settings, err));
    TRY(split_read(request->split, request->places ? request->places : 2, &split, err));
    TRY(graph_make(model, request->last_layer, 1, &g, err));
    graph_set(g, &settings);
    TRY(memory_alloc(&p, 1, sizeof *p, "the plan", err));
    TRY(memory_alloc(&p->layers, (size_t)g->layer_count, sizeof *p->layers, "the plan's layers", err));
    p->model = model;
    p->layer_count = (size_t)g->layer_count;
    for (int i = 0; i < g->layer_count; i++) {
        const struct graph_layer *gl = &g->layers[i];
        struct alexcl_plan_layer *row = &p->layers[i];
        row->layer = gl->half[0].shape.desc;
        row->in = gl->half[0].shape.whole_in;
        row->out = gl->half[0].shape.whole_out;
        for (int h = 0; h < 2; h++) {
            row->half[h] = gl->half[h].shape.out;
            row->parameters[h] = graph_parameters(&gl->half[h]);
            row->macs[h] = gl->half[h].shape.macs;
            for (int t = 0; t < gl->half[h].shape.tensor_count; t++)
                row->parameter_bytes[h] += layer_parameter_floats(&gl->half[h], &none, t) * sizeof(float);
            if (gl->cross >= 0) {
                struct graph_sent sent = graph_sent(g, gl->cross, 1 - h);
                row->crosses[h] = (uint64_t)sent.count * (uint64_t)sent.hw * sizeof(float);
            }
            p->parameters += row->parameters[h];
            p->macs += row->macs[h];
        }
    }
    p->batch = request->batch ? request->batch : 1;
    const size_t count = split.places;
    p->places = count;
    for (size_t i = 0; i < count; i++) {
        int reference = request->selection && !alexcl_selection_device(request->selection, i);
        uint64_t memory = request->memory[i] ? request->memory[i]
                          : reference        ? host_memory_limit("")
                                             : (uint64_t)4 << 30;
        uint64_t largest = request->largest_buffer[i] ? request->largest_buffer[i] : reference ? memory : memory / 4;
        p->halves[i] = split_halves(&split, i);
        if (request->selection && !reference)
            TRY(device_describe(selection_source(request->selection, i), &settings, &places[i].device, err));
        TRY(graph_make(model, request->last_layer, places[i].device ? layer_block(&places[i]) : 1, &graphs[i], err));
        graph_set(graphs[i], &settings);
        for (int j = 0; j < 2 * graphs[i]->layer_count; j++)
            graphs[i]->layers[j / 2].half[j % 2].choice.most = p->batch;
        TRY(graph_fit(graphs[i], p->halves[i], &places[i], memory, largest, p->batch,
                      count == 1 ? "the device"
                      : i        ? "device 1"
                                 : "device 0",
                      &fits[i], err));
    }
    struct fit fit = {.split = &split, .count = count, .host_memory = UINT64_MAX, .caller = request->host};
    for (size_t i = 0; i < count; i++) {
        int other = count == 2 && p->halves[i] != 3u && graphs[1 - i]->block != graphs[i]->block;
        int pinned =
            places[i].device ? device_limits(places[i].device)->kind != ALEXCL_DEVICE_CPU : !request->selection;
        fit.places[i] = (struct fit_place){
            .graph = graphs[i], .place = &places[i], .halves = p->halves[i], .pinned = pinned, .converts = other};
    }
    if (request->selection) fit_share(&fit, request->selection);
    TRY(fit_batch(&fit, p->batch, fits, &p->chunk, p->room, err));
    for (size_t i = 0; i < count; i++) {
        p->memory[i] = graph_memory(graphs[i], p->halves[i], &places[i], p->room[i]);
        p->memory[i].host = fit_place_host(&fit.places[i], p->room[i]);
    }
    p->host = fit_host(&fit, p->chunk, p->room);
    p->on_host = fit_on_host(&fit, p->chunk, p->room);
    *out = p;
    p = NULL;
done:
    alexcl_plan_free(p);
    graph_free(g);
    for (int i = 0; i < 2; i++) {
        graph_free(graphs[i]);
        device_free(places[i].device);
    }
    settings_free(&settings);
    return status;
}

void alexcl_plan_free(struct alexcl_plan *plan) {
    if (!plan) return;
    free(plan->layers);
    free(plan);
}
