/* SPDX-License-Identifier: MIT */
/* `alexcl summary`: a model as Keras's model.summary() prints it, so that the two can be laid side by side. Keras folds
 * an activation into the layer before it and counts maps with the channels last; here both are done alike. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"

enum { SUMMARY_NAME = 300 }; /* a layer's name has at most 255 bytes */

/* Whether Keras calls layer i of the plan so. */
static int summary_is(const struct alexcl_plan *plan, size_t i, const char *keras_name) {
    return strcmp(alexcl_layer_type_keras_name(plan->layers[i].layer->type), keras_name) == 0;
}

/* Keras makes an activation part of the layer before it (Conv2D(..., activation="relu")), so it has no row of its own
 * there. */
static int summary_folds(const struct alexcl_plan *plan, size_t i) {
    int before = plan->layers[i].inputs[0];
    return before >= 0 && summary_is(plan, i, "Activation") &&
           (summary_is(plan, (size_t)before, "Conv2D") || summary_is(plan, (size_t)before, "Dense"));
}

/* As Keras counts: the maps last, units alone where they are flat. */
static void summary_shape(const struct alexcl_plan *plan, size_t i, char *out, size_t size) {
    struct alexcl_shape s = plan->layers[i].out;
    int k = (int)i;
    while (k >= 0 && !summary_is(plan, (size_t)k, "Flatten")) k = plan->layers[k].inputs[0];
    if (k >= 0 && s.h == 1 && s.w == 1)
        snprintf(out, size, "(None, %d)", s.c);
    else
        snprintf(out, size, "(None, %d, %d, %d)", s.h, s.w, s.c);
}

/* "conv1 (Conv2D)" */
static void summary_name(const struct alexcl_layer *l, char out[SUMMARY_NAME]) {
    snprintf(out, SUMMARY_NAME, "%s (%s)", l->name, alexcl_layer_type_keras_name(l->type));
}

static void summary_rule(char of, int wide) {
    for (int i = 0; i < wide; i++) putchar(of);
    putchar('\n');
}

static int command_summary(const struct options *o, struct alexcl_error *err) {
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    int status = options_model_argument(o, "summary", &model, err);
    if (status == ALEXCL_OK)
        status =
            alexcl_plan_make(model,
                             &(struct alexcl_plan_request){
                                 .size = sizeof(struct alexcl_plan_request), .targets = 1, .settings = &o->settings},
                             &plan, err);
    if (status != ALEXCL_OK) return status;
    uint64_t fixed = 0; /* what a layer keeps and does not train, as the codes of an RBF output */
    json_t *rows = o->format == FORMAT_JSON ? json_array() : NULL;
    if (o->format == FORMAT_CSV) fputs("layer,type,output,parameters\r\n", stdout);
    int name_wide = 27; /* and a blank */
    char name[SUMMARY_NAME];
    for (size_t i = 0; i < plan->layer_count; i++) {
        summary_name(plan->layers[i].layer, name);
        if (!summary_folds(plan, i)) name_wide = report_column(name_wide, name);
    }
    const int wide = name_wide + 38;
    if (o->format == FORMAT_TEXT) {
        printf("Model: \"%s\"\n", model->name);
        summary_rule('_', wide);
        printf(" %-*s %-26s%-10s\n", name_wide, "Layer (type)", "Output Shape", "Param #");
        summary_rule('=', wide);
    }
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct alexcl_plan_layer *l = &plan->layers[i];
        char shape[64], number[24];
        uint64_t parameters = l->parameters[0] + l->parameters[1];
        if (parameters == 0) fixed += parameters = (l->parameter_bytes[0] + l->parameter_bytes[1]) / sizeof(float);
        if (summary_folds(plan, i)) continue;
        summary_shape(plan, i, shape, sizeof shape);
        snprintf(number, sizeof number, "%llu", (unsigned long long)parameters);
        if (o->format == FORMAT_JSON) {
            report_append(rows, json_pack("{s:s, s:s, s:[i,i,i], s:I}", "name", l->layer->name, "type",
                                          alexcl_layer_type_keras_name(l->layer->type), "output", l->out.c, l->out.h,
                                          l->out.w, "parameters", (json_int_t)parameters));
        } else if (o->format == FORMAT_CSV) {
            report_csv(l->layer->name, 0);
            report_csv(alexcl_layer_type_keras_name(l->layer->type), 0);
            report_csv(shape, 0);
            report_csv(number, 1);
        } else {
            summary_name(l->layer, name);
            printf(" %-*s %-26s%-10s\n", name_wide, name, shape, number);
        }
    }
    uint64_t trainable = plan->parameters;
    if (o->format == FORMAT_TEXT) {
        summary_rule('=', wide);
        printf("Total params: %s\nTrainable params: %s\nNon-trainable params: %s\n", report_count(trainable + fixed),
               report_count(trainable), report_count(fixed));
        summary_rule('_', wide);
    }
    if (o->format == FORMAT_JSON)
        status = report_json("summary",
                             json_pack("{s:s, s:o, s:I, s:I, s:I}", "model", model->name, "layers", rows, "total",
                                       (json_int_t)(trainable + fixed), "trainable", (json_int_t)trainable,
                                       "non_trainable", (json_int_t)fixed),
                             err);
    alexcl_plan_free(plan);
    return status;
}

const struct command summary_command = {
    .name = "summary",
    .run = command_summary,
    .shared = OPTION_MODEL,
    .arguments = "[MODEL]",
    .about = "the layers of a net, as Keras prints them",
    .details = "An activation behind a Conv2D or Dense is in its row. The halves: `alexcl plan`.\n\n"
               "  alexcl summary alexnet-keras\n",
    .also = " layers show ",
};
