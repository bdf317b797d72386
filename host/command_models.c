/* SPDX-License-Identifier: MIT */
/* `alexcl models`: the built-in models. Their figures come from a plan, by the same functions that build a net. */
#include <stdio.h>

#include "commands.h"
#include "report.h"

static int command_models(const struct options *o, struct alexcl_error *err) {
    const struct alexcl_model *only;
    int status = options_model_argument(o, "models", &only, err);
    if (!o->argument_count && !o->model_given) only = NULL;
    json_t *list = o->format == FORMAT_JSON ? json_array() : NULL;
    if (status == ALEXCL_OK && o->format == FORMAT_CSV) fputs("name,input,parameters,macs,about\r\n", stdout);
    const struct alexcl_model *m;
    for (size_t i = 0; status == ALEXCL_OK && (m = alexcl_model_get(i)) != NULL; i++) {
        struct alexcl_plan *plan;
        char input[40], number[24];
        if (only ? m != only : alexcl_model_hidden(m) && !o->verbose) continue;
        status =
            alexcl_plan_make(m,
                             &(struct alexcl_plan_request){
                                 .size = sizeof(struct alexcl_plan_request), .targets = 1, .settings = &o->settings},
                             &plan, err);
        if (status != ALEXCL_OK) break;
        snprintf(input, sizeof input, "%dx%dx%d", m->channels, m->height, m->width);
        if (o->format == FORMAT_JSON) {
            report_append(list, json_pack("{s:s, s:[i,i,i], s:I, s:I, s:s}", "name", m->name, "input", m->channels,
                                          m->height, m->width, "parameters", (json_int_t)plan->parameters, "macs",
                                          (json_int_t)plan->macs, "about", m->about));
        } else if (o->format == FORMAT_CSV) {
            report_csv(m->name, 0);
            report_csv(input, 0);
            snprintf(number, sizeof number, "%llu", (unsigned long long)plan->parameters);
            report_csv(number, 0);
            snprintf(number, sizeof number, "%llu", (unsigned long long)plan->macs);
            report_csv(number, 0);
            report_csv(m->about, 1);
        } else {
            printf("%-19s %-11s %11s parameters %14s MACs/image\n    %s\n", m->name, input,
                   report_count(plan->parameters), report_count(plan->macs), m->about);
        }
        alexcl_plan_free(plan);
    }
    if (status != ALEXCL_OK) {
        json_decref(list);
        return status;
    }
    return o->format == FORMAT_JSON ? report_json_list("models", "models", list, err) : ALEXCL_OK;
}

const struct command models_command = {
    .name = "models",
    .run = command_models,
    .shared = OPTION_MODEL,
    .arguments = "[MODEL]",
    .about = "list the built-in nets",
    .details = "-v lists the small ones for tests as well.\n",
    .also = " list model nets ",
};
