/* SPDX-License-Identifier: MIT */
/* `alexcl weights`: makes a file of synthetic weights, or opens one for a model and says what it is. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "status.h"

static const struct option_row weights_rows[] = {
    {0, "seed", "S", "seed of the generator, also as 0x.. [1]",
     OPTION_NUMBER(struct weights_options, seed, UINT64_MAX)},
    {0, "name", "CASE", "case in the generator's names [the model's]", OPTION_TEXT(struct weights_options, name)},
    {0, "gain", "LAYER=G", "factor on a layer's weights; repeatable", OPTION_GAIN(struct weights_options, gains)},
};
static const struct weights_options weights_defaults = {.seed = 1};
static const struct option_table weights_options = OPTION_TABLE(weights_rows, weights_defaults);

static int weights_init(const struct options *o, const struct alexcl_model *model, struct alexcl_error *err) {
    const struct weights_options *own = o->own;
    struct alexcl_weights *w = NULL;
    int status;
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl weights init` wants -o FILE.safetensors");
    TRY(options_check_ending("-o", o->output, ".safetensors", err));
    TRY(alexcl_weights_generate(model, own->seed, own->name, own->gains.count ? own->gains.list : NULL,
                                (size_t)own->gains.count, &w, err));
    TRY(alexcl_weights_save(w, o->output, err));
    if (!o->quiet) {
        report_text(stderr, o->output);
        fputs(": ", stderr);
        report_text(stderr, alexcl_weights_describe(w));
        putc('\n', stderr);
    }
done:
    alexcl_weights_free(w);
    return status;
}

static int weights_show(const struct options *o, const struct alexcl_model *model, struct alexcl_error *err) {
    struct alexcl_weights *w = NULL;
    int status;
    TRY(options_check_results(o, err));
    if (o->output) TRY(report_to(o->output, err));
    TRY(alexcl_weights_open(o->arguments[1], model, NULL, &w, err));
    if (o->format == FORMAT_JSON) {
        status = report_json("weights",
                             json_pack("{s:o, s:s, s:o, s:b}", "path", report_string(o->arguments[1]), "model",
                                       model->name, "about", report_string(alexcl_weights_describe(w)), "random",
                                       alexcl_weights_random(w)),
                             err);
    } else if (o->format == FORMAT_CSV) {
        const char *fields[] = {o->arguments[1], model->name, alexcl_weights_describe(w),
                                alexcl_weights_random(w) ? "yes" : "no"};
        fputs("path,model,about,random\r\n", stdout);
        for (size_t i = 0; i < 4; i++) report_csv(fields[i], i == 3);
    } else {
        report_text(stdout, alexcl_weights_describe(w));
        putchar('\n');
    }
done:
    alexcl_weights_free(w);
    return status;
}

static int command_weights(const struct options *o, struct alexcl_error *err) {
    const struct alexcl_model *model;
    int status = options_expect(o, "weights", 1, 2, err);
    if (status == ALEXCL_OK) status = options_model(o, &model, err);
    if (status != ALEXCL_OK) return status;
    if (strcmp(o->arguments[0], "init") == 0 && o->argument_count == 1) return weights_init(o, model, err);
    if (strcmp(o->arguments[0], "show") == 0 && o->argument_count == 2) return weights_show(o, model, err);
    return error_set(
        err, ALEXCL_E_USAGE,
        "`alexcl weights init -o FILE` makes weights, `alexcl weights show FILE` looks into a file; not %s",
        o->arguments[0]);
}

const struct command weights_command = {
    .name = "weights",
    .run = command_weights,
    .own = &weights_options,
    .shared = OPTION_MODEL,
    .makes_output = 1,
    .arguments = "init -o FILE\nshow FILE",
    .about = "make weights by the generator, or look into a file",
    .details = "  alexcl weights init --model alexnet --seed 1 -o alexnet.safetensors\n"
               "  alexcl weights show alexnet.safetensors --model alexnet\n\n"
               "Without --gain the model's own gains hold; with it those given, 1 for the rest.\n",
    .also = " convert inspect ",
};
