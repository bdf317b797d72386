/* SPDX-License-Identifier: MIT */
/* `alexcl infer`: the classes of pictures, or the values of a layer. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "infer.h"
#include "interrupt.h"
#include "monotonic.h"
#include "progress.h"
#include "status.h"

enum { CROPS = 10 };

static const struct option_row infer_rows[] = {
    {0, "ten-crop", NULL, "average over corners, centre, and mirrored", OPTION_FLAG(struct infer_options, ten_crop)},
    {0, "top", "K", "scores to show of each image [5]", OPTION_INT(struct infer_options, top, 1, OPTIONS_IMAGES)},
    {0, "labels", "FILE", "names, one a line or JSON [ImageNet's, for 1000]",
     OPTION_TEXT(struct infer_options, labels)},
    {0, "save", "FILE.npy", "all scores, or the features", OPTION_TEXT(struct infer_options, save)},
    {0, "features", "LAYER", "stop at a layer and save its values (--save)",
     OPTION_TEXT(struct infer_options, features)},
    {0, "input", "FILE.npy", "an array in place of pictures", OPTION_TEXT(struct infer_options, input)},
    {0, "dump-patches", "DIR", "write what the net sees, .npy and .png",
     OPTION_TEXT(struct infer_options, dump_patches)},
    {0, "keep-going", NULL, "go on behind a bad image; exit 6 at the end",
     OPTION_FLAG(struct infer_options, keep_going)},
    {0, "limit", "N", "the first N images only [all]", OPTION_INT(struct infer_options, limit, 1, OPTIONS_IMAGES)},
    {0, "reproducible", NULL, "the same bits at every start, for every batch",
     OPTION_FLAG(struct infer_options, reproducible)},
};
static const struct infer_options infer_defaults = {.top = 5};
static const struct option_table infer_options = OPTION_TABLE(infer_rows, infer_defaults);

/* ---- before and after ---------------------------------------------------------------------------- */

static int infer_check_options(const struct options *o, struct alexcl_error *err) {
    const struct infer_options *own = o->own;
    int status;
    TRY(options_expect(o, "infer", own->input ? 0 : 1, own->input ? 0 : INT_MAX, err));
    if (own->features && !own->save)
        return error_set(err, ALEXCL_E_USAGE, "--features wants --save FILE.npy to write to");
    if (own->features && own->ten_crop)
        return error_set(err, ALEXCL_E_USAGE, "--features and --ten-crop do not go together: features are of one crop");
    if (own->input && (own->ten_crop || own->dump_patches))
        return error_set(err, ALEXCL_E_USAGE, "--input brings what the net sees: no --ten-crop, no --dump-patches");
    TRY(options_check_ending("--save", own->save, ".npy", err));
done:
    return status;
}

/* The images of the list or of --input, the first of them where --limit says so. */
static int infer_open_images(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    int status;
    if (own->input) {
        TRY(array_images_open(own->input, f->model, &f->input, err));
        f->results.count = f->input.count;
    } else {
        TRY(options_inputs(o, 0, o->argument_count, own->keep_going, &f->list, err));
        f->results.count = f->list.count;
    }
    if (own->limit && (size_t)own->limit < f->results.count) {
        f->results.count = (size_t)own->limit;
        image_list_cut(&f->list, f->results.count);
    }
done:
    return status;
}

static int infer_open(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    int status;
    TRY(infer_check_options(o, err));
    TRY(options_model(o, &f->model, err));
    f->scores.last = &f->model->layers[f->model->layer_count - 1];
    if (own->features) {
        int layer;
        TRY(alexcl_model_layer(f->model, own->features, &layer, err));
        f->scores.last = &f->model->layers[layer];
    }
    f->scores.crops = own->ten_crop ? CROPS : 1;
    TRY(infer_open_images(f, err));
    if (!own->features) TRY(infer_images_open_results(f, (size_t)own->top, err));
    TRY(options_weights(o, f->model, own->features, &f->weights, err));
    TRY(options_selection(o, &f->selection, err));
    TRY(infer_begin(f, err));
    TRY(infer_scores_open(f, err));
done:
    return status;
}

static int command_infer(const struct options *o, struct alexcl_error *err) {
    struct infer f = {
        .o = o, .own = o->own, .take = infer_scores_add, .emit = infer_output_emit, .output.start = monotonic_now()};
    struct alexcl_error late = {0};
    int status;
    TRY(infer_open(&f, err));
    TRY(infer_output_begin(&f, err));
    status = infer_run(&f, err);
    infer_output_emit(&f, &late);
    /* What is done is kept, whatever stopped the rest; with nothing done an older file stays. */
    if (f.scores.save && (status == ALEXCL_OK || f.results.finished) &&
        npy_writer_commit(f.scores.save, &late) == ALEXCL_OK)
        infer_output_saved(&f);
    if (o->format == FORMAT_JSON) infer_output_document(&f, status == ALEXCL_OK ? &late : err, &late);
    infer_output_end(&f);
    status = infer_end(&f, status, &late, err);
done:
    infer_free(&f);
    return status;
}

const struct command infer_command = {
    .name = "infer",
    .run = command_infer,
    .own = &infer_options,
    .shared = OPTIONS_RUN_NET | OPTION_TRAINED,
    .arguments = "INPUT...\n--input FILE.npy",
    .about = "run pictures through a net on two devices",
    .details = INPUTS_HELP "\nA list has one image a line, with a label behind it or not: an index, a name or\n"
                           "a WordNet id. Names are relative to the list's folder; \"quote\" them when they\n"
                           "have spaces and a label follows; # begins a comment. CSV is `path,label`, or has\n"
                           "these and other columns under their names. On a terminal `-` ends with Ctrl-D.\n\n"
                           "A folder of folders with pictures by class (as for torchvision's ImageFolder) is\n"
                           "labelled by its folders' names: names or ids of classes; else, where there are\n"
                           "as many folders as classes and no --labels, folder 0, 1, .. in the order of the\n"
                           "bytes of their names.\n\n"
                           "FILE.npy holds N x C x H x W floats of 2, 4 or 8 bytes, what the net sees; or\n"
                           "bytes, N x H x W x C too, which are pixels and prepared as a picture's.\n\n"
                           "  alexcl infer cat.png dogs/ '*.jpg'\n"
                           "  alexcl --devices 0,1 infer batch.txt\n"
                           "  alexcl --devices 0,1 infer batch.txt --split auto\n"
                           "  alexcl infer batch.txt --weights alexnet.safetensors --ten-crop --format json\n"
                           "  alexcl infer batch.txt --features pool5 --save pool5.npy\n",
    .also = " predict classify run recognize recognise ",
};
