/* SPDX-License-Identifier: MIT */
/* `alexcl plan`: the plan as a table, and the largest batch that is not cut, found by halving: a batch fits or does
 * not, and smaller ones fit as well. */
#include <stdio.h>
#include <string.h>

#include "alexcl_train.h"
#include "commands.h"
#include "feed.h"
#include "report.h"
#include "resident.h"
#include "status.h"

enum { TRAIN_BATCH = 128 }; /* of --train where --batch is not given */

/* Options that it has for itself. */
struct plan_options {
    int train;
    const char *optimizer;
};

static void plan_shape(struct alexcl_shape s, char *out, size_t size) {
    if (s.h == 1 && s.w == 1)
        snprintf(out, size, "%d", s.c);
    else
        snprintf(out, size, "%dx%dx%d", s.c, s.h, s.w);
}

/* Bytes that a half receives from the other device. Where the images are split, both halves are on each. */
static uint64_t plan_crosses(const struct options *o, const struct alexcl_plan_layer *l, int half) {
    return options_split_images(o) ? 0 : l->crosses[half];
}

/* The same of what comes back in training. */
static uint64_t plan_crosses_backward(const struct alexcl_plan *p, size_t layer, int half) {
    return p->crosses_backward ? p->crosses_backward[layer][half] : 0;
}

/* Bytes that cross for a batch, both ways, in all passes. */
static uint64_t plan_crosses_batch(const struct options *o, const struct alexcl_plan *p) {
    uint64_t sum = 0;
    for (size_t i = 0; i < p->layer_count; i++)
        for (int h = 0; h < 2; h++) sum += plan_crosses(o, &p->layers[i], h) + plan_crosses_backward(p, i, h);
    return sum * (uint64_t)p->batch;
}

/* What crosses for such a layer is told by itself: the paper's net sends no logits. */
static int plan_reads_logits(const struct alexcl_plan_layer *l) {
    return alexcl_layer_type_output(l->layer->type) == ALEXCL_OUTPUT_PROBABILITIES;
}

/* What half 0 and half 1 receive: one number where they receive the same. */
static void plan_both(uint64_t half0, uint64_t half1, char *out, size_t size) {
    if (half0 == half1)
        snprintf(out, size, "%s", report_count(half0));
    else
        snprintf(out, size, "%s/%s", report_count(half0), report_count(half1));
}

static json_t *plan_shape_json(struct alexcl_shape s) { return json_pack("[i,i,i]", s.c, s.h, s.w); }

/* most: images that fit at once, whatever the batch. */
static void plan_text(const struct options *o, const struct alexcl_plan *p, int max_images) {
    printf("%s: %s%s\n\n", p->model->name, p->model->about, options_tell_precision(o));
    int name = 8, macs_wide = report_column(12, report_count(p->macs));
    for (size_t i = 0; i < p->layer_count; i++) name = report_column(name, p->layers[i].layer->name);
    printf("%-*s %-13s %-13s %11s %*s %15s\n", name, "layer", "half 0", "half 1", "parameters", macs_wide, "MACs",
           "crosses, bytes");
    printf("%-*s %-13s %-13s %11s %*s %15s\n", name, "", "", "", "both", macs_wide, "an image", "an image, each");
    uint64_t crosses[2] = {0};
    const struct alexcl_plan_layer *join = NULL;
    for (size_t i = 0; i < p->layer_count; i++) {
        const struct alexcl_plan_layer *l = &p->layers[i];
        char half[2][40], cross[64] = "";
        for (int h = 0; h < 2; h++) plan_shape(l->half[h], half[h], sizeof half[h]);
        if (plan_reads_logits(l)) {
            join = l; /* a line of its own */
        } else {
            for (int h = 0; h < 2; h++) crosses[h] += plan_crosses(o, l, h);
            if (plan_crosses(o, l, 0) || plan_crosses(o, l, 1))
                plan_both(plan_crosses(o, l, 0), plan_crosses(o, l, 1), cross, sizeof cross);
        }
        uint64_t parameters = l->parameters[0] + l->parameters[1], macs = l->macs[0] + l->macs[1];
        printf("%-*s %-13s %-13s %11s %*s %15s\n", name, l->layer->name, half[0], half[1],
               parameters ? report_count(parameters) : "", macs_wide, macs ? report_count(macs) : "", cross);
    }
    char sum[64];
    plan_both(crosses[0], crosses[1], sum, sizeof sum);
    printf("%-*s %-13s %-13s %11s %*s %15s\n", name, "sum", "", "", report_count(p->parameters), macs_wide,
           report_count(p->macs), sum);
    if (join && !options_split_images(o))
        printf("%-65s %11s\n", "joined by the softmax: the other half's logits, bytes an image",
               report_count(plan_crosses(o, join, 0)));
    if (p->crosses_backward)
        printf("%-65s %11s\n", "both halves, forward and backward, bytes a batch",
               report_count(plan_crosses_batch(o, p)));
    printf("\n%-24s", "memory");
    for (size_t i = 0; i < p->targets; i++) printf("%16s%zu", p->targets == 1 ? "the device " : "device ", i);
    printf("\n");
    static const char *const kinds[] = {"weights",  "activations", "gradients", "optimizer",
                                        "exchange", "workspace",   "total",     "largest buffer"};
    for (int k = 0; k < 8; k++) {
        if (!p->crosses_backward && (k == 2 || k == 3)) continue;
        printf("%-24s", kinds[k]);
        for (size_t i = 0; i < p->targets; i++) {
            const struct alexcl_plan_memory *m = &p->memory[i];
            const uint64_t bytes[] = {m->weights,  m->activations, m->gradients, m->optimizer,
                                      m->exchange, m->workspace,   m->total,     m->largest_buffer};
            printf("%17s", report_bytes(bytes[k]));
        }
        printf("\n");
    }
    printf("%-24s%17s\n", "host", report_bytes(p->host));
    if (p->on_host) printf("%-24s%17s\n", "host and its devices", report_bytes(p->on_host));
    if (options_split_images(o))
        printf("\nboth halves on each device, images split %s: memory for %d and %d of a batch\n", o->split,
               p->capacity[0], p->capacity[1]);
    printf("\nbatch %d: %s", p->batch, p->chunk == p->batch ? "fits" : "does not fit");
    if (p->chunk < p->batch) printf(", is cut in %s of %d", p->crosses_backward ? "equal groups" : "chunks", p->chunk);
    printf("; at most %d images fit at once\n", max_images);
}

static int plan_json(const struct options *o, const struct alexcl_plan *p, int max_images, struct alexcl_error *err) {
    json_t *layers = json_array(), *memory = json_array();
    uint64_t crosses[2] = {0}, softmax[2] = {0};
    for (size_t i = 0; i < p->layer_count; i++) {
        const struct alexcl_plan_layer *l = &p->layers[i];
        for (int h = 0; h < 2; h++) *(plan_reads_logits(l) ? &softmax[h] : &crosses[h]) += plan_crosses(o, l, h);
        report_append(layers,
                      json_pack("{s:s, s:s, s:[o,o], s:[I,I], s:[I,I], s:[I,I], s:[I,I]}", "name", l->layer->name,
                                "type", alexcl_layer_type_name(l->layer->type), "halves", plan_shape_json(l->half[0]),
                                plan_shape_json(l->half[1]), "parameters", (json_int_t)l->parameters[0],
                                (json_int_t)l->parameters[1], "macs", (json_int_t)l->macs[0], (json_int_t)l->macs[1],
                                "crosses", (json_int_t)plan_crosses(o, l, 0), (json_int_t)plan_crosses(o, l, 1),
                                "crosses_backward", (json_int_t)plan_crosses_backward(p, i, 0),
                                (json_int_t)plan_crosses_backward(p, i, 1)));
    }
    for (size_t i = 0; i < p->targets; i++) {
        const struct alexcl_plan_memory *m = &p->memory[i];
        report_append(memory, json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "images", p->capacity[i],
                                        "weights", (json_int_t)m->weights, "activations", (json_int_t)m->activations,
                                        "gradients", (json_int_t)m->gradients, "optimizer", (json_int_t)m->optimizer,
                                        "exchange", (json_int_t)m->exchange, "workspace", (json_int_t)m->workspace,
                                        "total", (json_int_t)m->total, "largest_buffer", (json_int_t)m->largest_buffer,
                                        "host", (json_int_t)m->host));
    }
    return report_json("plan",
                       json_pack("{s:s, s:I, s:I, s:[I,I], s:I, s:[I,I], s:o, s:s, s:o, s:o, s:I, s:o, s:i, s:i, s:i}",
                                 "model", p->model->name, "parameters", (json_int_t)p->parameters, "macs",
                                 (json_int_t)p->macs, "crosses", (json_int_t)crosses[0], (json_int_t)crosses[1],
                                 "crosses_batch", (json_int_t)plan_crosses_batch(o, p), "softmax_joins",
                                 (json_int_t)softmax[0], (json_int_t)softmax[1], "layers", layers, "weights_precision",
                                 o->precision, "split", report_string(o->split ? o->split : "half"), "memory", memory,
                                 "host", (json_int_t)p->host, "host_and_devices",
                                 p->on_host ? json_integer((json_int_t)p->on_host) : json_null(), "batch", p->batch,
                                 "chunk", p->chunk, "fits", max_images),
                       err);
}

static void plan_csv(const struct options *o, const struct alexcl_plan *p) {
    int numbers_of_layer = p->crosses_backward ? 8 : 6;
    printf("layer,type,half0,half1,parameters0,parameters1,macs0,macs1,crosses0,crosses1%s\r\n",
           p->crosses_backward ? ",crosses_backward0,crosses_backward1" : "");
    for (size_t i = 0; i < p->layer_count; i++) {
        const struct alexcl_plan_layer *l = &p->layers[i];
        const uint64_t numbers[] = {l->parameters[0],
                                    l->parameters[1],
                                    l->macs[0],
                                    l->macs[1],
                                    plan_crosses(o, l, 0),
                                    plan_crosses(o, l, 1),
                                    plan_crosses_backward(p, i, 0),
                                    plan_crosses_backward(p, i, 1)};
        char text[40];
        report_csv(l->layer->name, 0);
        report_csv(alexcl_layer_type_name(l->layer->type), 0);
        for (int h = 0; h < 2; h++) {
            plan_shape(l->half[h], text, sizeof text);
            report_csv(text, 0);
        }
        for (int k = 0; k < numbers_of_layer; k++) {
            snprintf(text, sizeof text, "%llu", (unsigned long long)numbers[k]);
            report_csv(text, k == numbers_of_layer - 1);
        }
    }
}

/* For batches of `batch`, as infer runs them: `ahead` with the pictures decoded ahead. */
static int plan_batch(const struct alexcl_model *model, struct alexcl_plan_request request, int batch, int ahead,
                      struct alexcl_plan **out, struct alexcl_error *err) {
    request.batch = batch;
    struct feed_memory memory = feed_memory(model, 0, batch ? batch : 1);
    request.host_fixed = ahead ? memory.fixed : 0;
    request.host_image = memory.image;
    if (request.selection) request.host_fixed += resident_largest(); /* the program, with the drivers in it */
    return alexcl_plan_make(model, &request, out, err);
}

/* How many images of such a batch are computed at once, 0 where not even one fits. That is said by the same status as a
 * lack of memory for making the plan, which is no answer and is passed on. */
static int plan_chunk(const struct alexcl_model *model, const struct alexcl_plan_request *request, int batch, int ahead,
                      int *chunk, struct alexcl_error *err) {
    struct alexcl_error why = {0};
    struct alexcl_plan *plan;
    int status = plan_batch(model, *request, batch, ahead, &plan, &why);
    *chunk = status == ALEXCL_OK ? plan->chunk : 0;
    if (status == ALEXCL_OK) alexcl_plan_free(plan);
    if (status == ALEXCL_E_MEMORY && strncmp(why.text, "out of host memory", 18) != 0) return ALEXCL_OK;
    if (status != ALEXCL_OK) *err = why;
    return status;
}

/* The largest batch that is not cut, 0: none. How many pictures are decoded ahead depends on it, which bounds it from
 * both sides. */
static int plan_max_images(const struct alexcl_model *model, const struct alexcl_plan_request *request, int *max_images,
                           struct alexcl_error *err) {
    int bound[2] = {0, 0}; /* it fits; one more does not */
    int status;
    for (int i = 0; i < 2; i++) TRY(plan_chunk(model, request, OPTIONS_IMAGES, i == 0, &bound[i], err));
    while (bound[0] < bound[1]) {
        int middle = bound[0] + (bound[1] - bound[0] + 1) / 2, chunk;
        TRY(plan_chunk(model, request, middle, 1, &chunk, err));
        if (chunk == middle)
            bound[0] = middle;
        else
            bound[1] = middle - 1;
    }
    *max_images = bound[0];
done:
    return status;
}

static int command_plan(const struct options *o, struct alexcl_error *err) {
    const struct alexcl_model *model;
    struct alexcl_plan *plan = NULL;
    struct alexcl_selection *sel = NULL;
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .batch = o->batch,
                                          .targets = 2,
                                          .memory = {o->memory, o->memory},
                                          .split = o->split,
                                          .settings = &o->settings};
    int status, max_images = 0;
    const struct plan_options *own = o->own;
    if (own->train) TRY(alexcl_optimizer_states(own->optimizer, &request.optimizer_states, err));
    if (own->train && !o->batch) request.batch = TRAIN_BATCH;
    TRY(options_model_argument(o, "plan", &model, err));
    if (o->devices) {
        TRY(options_selection(o, &sel, err));
        request.targets = alexcl_selection_count(sel);
        request.selection = sel;
        for (size_t i = 0; i < request.targets; i++) {
            const struct alexcl_device_info *d = alexcl_selection_device(sel, i);
            if (!d) continue;
            uint64_t memory =
                d->memory / alexcl_selection_target(sel, i)->parts; /* which the parts of a device share */
            if (!o->memory || o->memory > memory) request.memory[i] = memory;
            request.max_alloc[i] = d->max_alloc;
        }
    }
    TRY(plan_batch(model, request, request.batch, 1, &plan, err));
    TRY(plan_max_images(model, &request, &max_images, err));
    if (o->format == FORMAT_JSON)
        status = plan_json(o, plan, max_images, err);
    else if (o->format == FORMAT_CSV)
        plan_csv(o, plan);
    else
        plan_text(o, plan, max_images);
done:
    alexcl_plan_free(plan);
    alexcl_selection_free(sel);
    return status;
}

static const struct plan_options defaults = {.optimizer = "sgd"};
static const struct option_row rows[] = {
    {0, "train", NULL, "for training: gradients too, and what comes back", OPTION_FLAG(struct plan_options, train)},
    {0, "optimizer", "O", "with --train: sgd, adam .. [sgd]", OPTION_TEXT(struct plan_options, optimizer)},
};
static const struct option_table own_options = OPTION_TABLE(rows, defaults);

const struct command plan_command = {
    .name = "plan",
    .run = command_plan,
    .own = &own_options,
    .shared = OPTION_DEVICES | OPTION_MODEL | OPTION_PRECISION | OPTION_BATCH | OPTION_MEMORY | OPTION_SPLIT,
    .arguments = "[MODEL]",
    .about = "shapes of the halves, what crosses, memory, the batch that fits",
    .details = "Needs no device: 4 GiB are assumed, or --memory, or the memory of --devices.\n\n"
               "  alexcl plan alexnet --batch 128 --memory 3GiB\n"
               "  alexcl plan alexnet --train --optimizer adam\n",
    .also = " memory ",
};
