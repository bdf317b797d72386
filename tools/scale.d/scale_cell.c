/* SPDX-License-Identifier: MIT */
/* scale_cell [--train] WIDTH BATCH REPEAT [DEVICES]: alexnet-caffe with WIDTH times the channels in its convolutions,
 * for tools/scale, which runs each in a process of its own to see how much memory it takes. Prints JSON: work, memory
 * and crossing as planned, seconds of a batch, or step of training, and what crossed in it. With REPEAT 0 only what
 * needs no device. The fully connected layers keep their outputs: four times as wide, they alone would take 3.7 GB. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "report.h"
#include "status.h"

enum { MAX_LAYERS = 64 };

/* Channels stay a multiple of 4: two halves, each of two groups at most. */
static int cell_channels(int channels, double width) { return (int)lround(channels * width / 4) * 4; }

static int cell_model(double width, struct alexcl_layer layers[MAX_LAYERS], struct alexcl_model *out,
                      struct alexcl_error *err) {
    const struct alexcl_model *base = NULL;
    int status = alexcl_model_find("alexnet-caffe", &base, err);
    if (status != ALEXCL_OK) return status;
    if (base->layer_count > MAX_LAYERS)
        return error_set(err, ALEXCL_E_OTHER, "alexnet-caffe has more than %d layers", MAX_LAYERS);
    *out = *base;
    memcpy(layers, base->layers, base->layer_count * sizeof *layers);
    for (size_t i = 0; i < base->layer_count; i++)
        if (layers[i].type == ALEXCL_CONV) layers[i].outputs = cell_channels(layers[i].outputs, width);
    out->layers = layers;
    return ALEXCL_OK;
}

static json_t *cell_memory(const struct alexcl_plan_memory *m) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "weights", (json_int_t)m->weights, "activations",
                     (json_int_t)m->activations, "gradients", (json_int_t)m->gradients, "optimizer",
                     (json_int_t)m->optimizer, "exchange", (json_int_t)m->exchange, "workspace",
                     (json_int_t)m->workspace, "total", (json_int_t)m->total);
}

/* Bytes that two targets send each other for a batch, in all passes. */
static double cell_crosses(const struct alexcl_plan *plan) {
    double sum = 0;
    for (size_t i = 0; i < plan->layer_count && plan->targets == 2; i++)
        for (int h = 0; h < 2; h++) {
            sum += (double)plan->layers[i].crosses[h];
            if (plan->crosses_backward) sum += (double)plan->crosses_backward[i][h];
        }
    return sum * plan->batch;
}

/* The net, or its training by the first recipe, and its batches. */
struct cell_net {
    struct alexcl_weights *weights;
    struct alexcl_train *train;
    struct alexcl_net *net;
};

static int cell_measure(struct cell_net *c, const struct alexcl_plan *plan, const struct alexcl_selection *sel,
                        const float *image, struct measured *m, struct alexcl_error *err) {
    int status;
    if (!plan->crosses_backward) {
        struct alexcl_net_options options = {.size = sizeof options, .batch = plan->batch};
        TRY(alexcl_weights_generate(plan->model, 1, NULL, NULL, 0, &c->weights, err));
        TRY(alexcl_net_open(plan->model, c->weights, sel, &options, &c->net, err));
        return measure_run(c->net, plan, image, 1, m, err);
    }
    char batch[16];
    const struct alexcl_recipe_value value = {"batch", batch};
    struct alexcl_train_options options = {.size = sizeof options, .values = &value, .value_count = 1};
    snprintf(batch, sizeof batch, "%d", plan->batch);
    TRY(alexcl_train_open(plan->model, NULL, sel, &options, &c->train, err));
    c->net = alexcl_train_net(c->train);
    status = measure_train(c->train, plan, image, 1, m, err);
done:
    return status;
}

static void cell_close(struct cell_net *c) {
    if (c->train)
        alexcl_train_free(c->train);
    else
        alexcl_net_free(c->net);
    alexcl_weights_free(c->weights);
}

static int cell_run(const struct alexcl_model *model, const struct alexcl_plan *plan,
                    const struct alexcl_selection *sel, int repeat, json_t *document, struct alexcl_error *err) {
    struct cell_net c = {NULL};
    struct measured m = {.warm_up = 1, .repeat = repeat, .without_peak = 1};
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    float *image = malloc(floats * sizeof *image);
    int status = image ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: an image");
    for (size_t i = 0; image && i < floats; i++) image[i] = (float)((int)((uint32_t)i * 2654435761u >> 24) - 128);
    if (status == ALEXCL_OK) status = cell_measure(&c, plan, sel, image, &m, err);
    if (status == ALEXCL_OK) {
        json_t *targets = json_array();
        for (size_t p = 0; p < plan->targets; p++) {
            struct alexcl_plan_memory memory;
            alexcl_net_memory(c.net, p, &memory);
            report_append(targets, cell_memory(&memory));
        }
        report_set(document, "memory", targets);
        report_set(document, "chunk", json_integer(m.chunk));
        report_set(document, "crossed", json_real(m.crossed));
        report_set(document, "seconds",
                   json_pack("{s:f, s:f, s:f}", "min", m.minimum, "median", m.median, "max", m.maximum));
        report_set(document, "devices", report_string(alexcl_selection_why(sel)));
        measure_free(&m);
    }
    cell_close(&c);
    free(image);
    return status;
}

int main(int argc, char **argv) {
    struct alexcl_error err = {0};
    struct alexcl_layer layers[MAX_LAYERS];
    struct alexcl_model model;
    struct alexcl_plan *plan = NULL;
    struct alexcl_selection *sel = NULL;
    int train = argc > 1 && strcmp(argv[1], "--train") == 0;
    argc -= train;
    argv += train;
    double width = argc > 1 ? atof(argv[1]) : 0;
    int batch = argc > 2 ? atoi(argv[2]) : 0, repeat = argc > 3 ? atoi(argv[3]) : -1;
    if (argc < 4 || argc > 5 || width < 0.05 || width > 64 || batch < 1 || repeat < 0) {
        fprintf(stderr, "usage: scale_cell [--train] WIDTH BATCH REPEAT [DEVICES]\n");
        return error_exit_code(ALEXCL_E_USAGE);
    }
    int status = cell_model(width, layers, &model, &err);
    if (status == ALEXCL_OK && repeat) status = alexcl_selection_open(argc > 4 ? argv[4] : NULL, &sel, &err);
    uint64_t plenty = UINT64_MAX / 2; /* what fits is the net's to say */
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .batch = batch,
                                          .targets = sel ? alexcl_selection_count(sel) : 1,
                                          .optimizer_states = train,
                                          .memory = {plenty, plenty},
                                          .max_alloc = {plenty, plenty}};
    if (status == ALEXCL_OK) status = alexcl_plan_make(&model, &request, &plan, &err);
    if (status == ALEXCL_OK) {
        json_t *planned = json_array();
        for (size_t p = 0; p < plan->targets; p++) report_append(planned, cell_memory(&plan->memory[p]));
        json_t *document =
            json_pack("{s:f, s:i, s:I, s:I, s:f, s:o}", "width", width, "batch", batch, "macs", (json_int_t)plan->macs,
                      "parameters", (json_int_t)plan->parameters, "crosses", cell_crosses(plan), "planned", planned);
        status = repeat ? cell_run(&model, plan, sel, repeat, document, &err) : ALEXCL_OK;
        if (status == ALEXCL_OK)
            status = report_json("scale_cell", document, &err);
        else
            json_decref(document);
    }
    if (status != ALEXCL_OK) fprintf(stderr, "scale_cell: %s\n", err.text);
    alexcl_plan_free(plan);
    alexcl_selection_free(sel);
    return error_exit_code(status);
}
