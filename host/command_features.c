/* SPDX-License-Identifier: MIT */
/* `alexcl features`: the values of a layer for each picture, as an array, and beside it the pictures' names. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "files.h"
#include "infer.h"
#include "monotonic.h"
#include "progress.h"
#include "report.h"
#include "status.h"

struct features_options {
    int keep_going, limit;
    const char *layer;
};
static const struct option_row features_rows[] = {
    {0, "layer", "LAYER", "whose values are written", OPTION_TEXT(struct features_options, layer)},
    {0, "keep-going", NULL, "a bad image has a row of NaN; exit 6 at the end",
     OPTION_FLAG(struct features_options, keep_going)},
    {0, "limit", "N", "the first N images only [all]", OPTION_INT(struct features_options, limit, 1, OPTIONS_IMAGES)},
};
static const struct features_options features_defaults = {0};
static const struct option_table features_options = OPTION_TABLE(features_rows, features_defaults);

static int features_emit(struct infer *f, struct alexcl_error *err) {
    int status;
    progress_clear();
    for (; f->output.emitted < f->results.count && f->results.list[f->output.emitted].done; f->output.emitted++) {
        const struct image_list_entry *e = &f->list.entries[f->output.emitted];
        const char *error = f->results.list[f->output.emitted].error;
        if (f->o->format == FORMAT_JSON) {
            TRY(report_json_row(json_pack("{s:o, s:o}", "path", report_string(e->path), "error", report_string(error)),
                                err));
        } else if (f->o->format == FORMAT_CSV) {
            report_csv(e->path, 0);
            report_csv(error, 1);
        } else if (error && f->own->keep_going) {
            report_message(NULL, error);
        }
    }
    status = report_flush(err);
done:
    return status;
}

/* Names of the rows of FILE.npy: FILE.npy.txt. */
static int features_write_names(const struct infer *f, struct alexcl_error *err) {
    struct file *file = NULL;
    char path[PATH_MAX];
    int status = ALEXCL_OK;
    if (snprintf(path, sizeof path, "%s.txt", f->own->save) >= (int)sizeof path)
        return error_set(err, ALEXCL_E_USAGE, "the name %.100s... is too long", f->own->save);
    TRY(file_open(path, &file, err));
    for (size_t i = 0; i < f->scores.next_row; i++) {
        const char *name = f->list.entries[i].path;
        TRY(file_add(file, name, strlen(name), err));
        TRY(file_add(file, "\n", 1, err));
    }
    TRY(file_commit(file, err));
done:
    file_free(file);
    return status;
}

/* The rest of the document: how many rows there are is known behind them. */
static int features_document(const struct infer *f, const struct alexcl_error *why, struct alexcl_error *err) {
    struct alexcl_shape s;
    alexcl_net_output(f->net, &s);
    json_t *shape = json_pack("[I, i]", (json_int_t)f->scores.next_row, s.c);
    if (!infer_scores_is_row(s)) {
        report_append(shape, json_integer(s.h));
        report_append(shape, json_integer(s.w));
    }
    return report_json_end(
        json_pack("{s:o, s:o}", "shape", shape, "error", report_string(why->text[0] ? why->text : NULL)), err);
}

static int features_open(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    int layer, status;
    TRY(options_expect(o, "features", 1, INT_MAX, err));
    if (!f->own->features || !f->own->save)
        return error_set(err, ALEXCL_E_USAGE, "`alexcl features` wants --layer LAYER and -o FILE.npy");
    TRY(options_check_ending("-o", f->own->save, ".npy", err));
    TRY(options_model(o, &f->model, err));
    TRY(alexcl_model_layer(f->model, f->own->features, &layer, err));
    f->scores.last = &f->model->layers[layer];
    f->scores.crops = 1;
    TRY(options_inputs(o, 0, o->argument_count, f->own->keep_going, &f->list, err));
    if (f->own->limit && (size_t)f->own->limit < f->list.count) image_list_cut(&f->list, (size_t)f->own->limit);
    f->results.count = f->list.count;
    TRY(options_weights(o, f->model, f->own->features, &f->weights, err));
    TRY(options_selection(o, &f->selection, err));
    TRY(infer_begin(f, err));
    TRY(infer_scores_open(f, err));
    if (o->format == FORMAT_JSON)
        TRY(report_json_begin("features",
                              json_pack("{s:s, s:s, s:b, s:o}", "model", f->model->name, "layer", f->own->features,
                                        "random", alexcl_weights_random(f->weights), "output",
                                        report_string(f->own->save)),
                              "images", err));
    if (o->format == FORMAT_CSV) fputs("path,error\r\n", stdout);
done:
    return status;
}

static int command_features(const struct options *o, struct alexcl_error *err) {
    const struct features_options *own = o->own;
    const struct infer_options options = {
        .keep_going = own->keep_going, .limit = own->limit, .features = own->layer, .save = o->output};
    struct infer f = {
        .o = o, .own = &options, .take = infer_scores_add, .emit = features_emit, .output.start = monotonic_now()};
    struct alexcl_error late = {0};
    int status;
    TRY(features_open(&f, err));
    status = infer_run(&f, err);
    features_emit(&f, &late);
    /* What is done is kept, whatever stopped the rest; with nothing done older files stay. */
    if (f.scores.save && (status == ALEXCL_OK || f.results.finished) &&
        npy_writer_commit(f.scores.save, &late) == ALEXCL_OK && features_write_names(&f, &late) == ALEXCL_OK)
        infer_output_saved(&f);
    if (o->format == FORMAT_JSON) features_document(&f, status == ALEXCL_OK ? &late : err, &late);
    status = infer_end(&f, status, &late, err);
done:
    infer_free(&f);
    return status;
}

const struct command features_command = {
    .name = "features",
    .run = command_features,
    .own = &features_options,
    .shared = OPTIONS_RUN_NET | OPTION_TRAINED | OPTION_SIZE,
    .makes_output = 1,
    .arguments = "--layer LAYER INPUT... -o FILE.npy",
    .about = "write the values of a layer for each picture",
    .details = "FILE.npy is N x C x H x W, or N x units, float32; FILE.npy.txt has the pictures'\n"
               "names, one a line, row by row. With --size N the net reads N x N pixels: its\n"
               "convolutions take any size, fully connected layers only their own.\n\n" INPUTS_HELP "\n"
               "  alexcl features --layer pool5 --weights alexnet.safetensors photos/ -o f.npy\n",
    .also = " embed embedding extract activations ",
};
