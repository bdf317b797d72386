/* SPDX-License-Identifier: MIT */
/* Pictures through a net: a feed decodes ahead, batches of crops go to the devices, results come out in the order of
 * the list. */
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

enum { BATCH = 16, CROPS = 10 };

static const struct option_row infer_rows[] = {
    {0, "ten-crop", NULL, "average over corners, centre, and mirrored", OPTION_FLAG(struct infer_options, ten_crop)},
    {0, "top", "K", "scores to show of each image [5]", OPTION_INT(struct infer_options, top, 1, OPTIONS_IMAGES)},
    {0, "labels", "FILE", "names, one a line or JSON [ImageNet's, for 1000]",
     OPTION_TEXT(struct infer_options, labels)},
    {0, "save", "FILE.npy", "all scores, or the features", OPTION_TEXT(struct infer_options, save)},
    {0, "features", "LAYER", "stop at a layer and save its values (--save)",
     OPTION_TEXT(struct infer_options, features)},
    {0, "input", "FILE.npy", "N x C x H x W in place of a list", OPTION_TEXT(struct infer_options, input)},
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

/* ---- the loop ------------------------------------------------------------------------------------ */

/* An image that cannot be had. Stops, unless --keep-going. */
static int infer_fail_image(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    int status = infer_scores_note_failure(f, image, why, err);
    if (status == ALEXCL_OK && f->own->keep_going) return infer_output_emit(f, err);
    if (status == ALEXCL_OK) status = infer_batches_run_all(f, err); /* what came before it is not lost */
    return status != ALEXCL_OK ? status
                               : error_set(err, why->status, "%s%s", why->text,
                                           f->results.count > 1 ? "; --keep-going goes on without it" : "");
}

static int infer_list(struct infer *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct feed_item item = {0};
    while (status == ALEXCL_OK && !interrupt_asked() && feed_next(f->feed, &item)) {
        struct alexcl_error why = item.error;
        if (why.status == ALEXCL_OK) infer_images_label(f, item.index, &why);
        status = why.status == ALEXCL_OK ? infer_batches_add(f, item.index, item.values, err)
                                         : infer_fail_image(f, item.index, &why, err);
        feed_release(f->feed, &item);
    }
    return status;
}

static int infer_array(struct infer *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; i < f->results.count && status == ALEXCL_OK && !interrupt_asked(); i++) {
        const float *values = f->input.values + i * f->batches.in_floats;
        size_t bad = infer_scores_not_finite(values, f->batches.in_floats);
        struct alexcl_error why = {0};
        if (bad <
            f->batches.in_floats) /* pooling and ReLU may swallow it: the scores would be finite, and mean nothing */
            error_set(&why, ALEXCL_E_DATA,
                      "image %zu of %.1000s: value %zu is not a finite number: make the file again", i, f->own->input,
                      bad);
        status = why.status == ALEXCL_OK ? infer_batches_add(f, i, values, err) : infer_fail_image(f, i, &why, err);
    }
    return status;
}

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

/* The results to come, their names and labels: a label that is none of the model's is told before anything is compiled.
 * With --keep-going it is told in its image's place. */
static int infer_open_results(struct infer *f, struct alexcl_error *err) {
    const struct infer_options *own = f->own;
    struct infer_results *r = &f->results;
    struct alexcl_plan *plan = NULL;
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .targets = 1,
                                          .memory = {INT64_MAX},
                                          .max_alloc = {INT64_MAX},
                                          .settings = &f->o->settings};
    int status;
    TRY(infer_alloc(&r->list, r->count, sizeof *r->list, err));
    if (own->features) return ALEXCL_OK;
    TRY(alexcl_plan_make(f->model, &request, &plan, err));
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    size_t classes = (size_t)out.c * (size_t)out.h * (size_t)out.w;
    alexcl_plan_free(plan);
    r->top_count = (size_t)own->top < classes ? (size_t)own->top : classes;
    TRY(labels_open(own->labels, classes, &r->labels, err));
    TRY(infer_images_open_labels(f, classes, err));
done:
    return status;
}

/* The images of the list or of --input, the first of them where --limit says so. */
static int infer_open_images(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    int status;
    if (own->input) {
        TRY(npy_read_images(own->input, f->model, &f->input, err));
        f->results.count = f->input.shape[0];
    } else {
        TRY(options_inputs(o, 0, own->keep_going, &f->list, err));
        f->results.count = f->list.count;
    }
    if (own->limit && (size_t)own->limit < f->results.count) {
        f->results.count = (size_t)own->limit;
        image_list_cut(&f->list, f->results.count);
    }
done:
    return status;
}

static int infer_open_net(struct infer *f, size_t rows, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    size_t wanted = o->batch ? (size_t)o->batch : BATCH, in_floats = f->batches.in_floats;
    struct alexcl_net_options options = {.size = sizeof options,
                                         .batch = (int)(rows < wanted ? rows : wanted),
                                         .memory = o->memory,
                                         .last_layer = own->features,
                                         .reproducible = own->reproducible,
                                         .split = o->split,
                                         .settings = &o->settings};
    int status;
    /* Decoding begins before the kernels are compiled, and before it is known whether the batch fits. */
    if (!own->input) {
        struct feed_options feeding = {.model = f->model,
                                       .ten_crop = own->ten_crop,
                                       .dump_folder = own->dump_patches,
                                       .ahead = feed_ahead(f->model, own->ten_crop, options.batch)};
        struct feed_memory memory = feed_memory(f->model, own->ten_crop, options.batch);
        options.host_fixed = memory.fixed;
        options.host_image = memory.image;
        TRY(feed_open(&f->list, &feeding, &f->feed, err));
    } else {
        options.host_fixed = f->results.count * in_floats * sizeof(float);
        options.host_image = in_floats * sizeof(float);
    }
    TRY(alexcl_net_open(f->model, f->weights, f->selection, &options, &f->net, err));
done:
    progress_clear();
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
    TRY(infer_open_results(f, err));
    TRY(options_weights(o, f->model, own->features, &f->weights, err));
    TRY(options_selection(o, &f->selection, err));
    f->batches.reference = 1;
    for (size_t i = 0; i < alexcl_selection_count(f->selection); i++)
        f->batches.reference &= alexcl_selection_device(f->selection, i) == NULL;
    f->batches.in_floats = (size_t)f->model->channels * (size_t)f->model->height * (size_t)f->model->width;
    size_t rows = f->results.count * f->scores.crops;
    TRY(infer_open_net(f, rows, err));
    TRY(infer_scores_open(f, err));
    TRY(infer_batches_open(f, rows, err));
    f->output.ready = monotonic_now();
    interrupt_defer(); /* from here on there may be results to keep */
done:
    return status;
}

static void infer_free(struct infer *f) {
    feed_free(f->feed);
    alexcl_net_free(f->net);
    alexcl_selection_free(f->selection);
    alexcl_weights_free(f->weights);
    npy_free(&f->input);
    for (size_t i = 0; f->results.list && i < f->results.count; i++) {
        free(f->results.list[i].error);
        free(f->results.list[i].top);
        free(f->results.list[i].p);
    }
    labels_free(f->results.labels);
    free(f->results.known);
    image_list_free(&f->list);
    json_decref(f->output.images);
    free(f->results.list);
    infer_batches_free(&f->batches);
    infer_scores_free(&f->scores);
}

static int command_infer(const struct options *o, struct alexcl_error *err) {
    struct infer f = {.o = o, .own = o->own, .output.start = monotonic_now()};
    struct alexcl_error late = {0};
    int status;
    TRY(infer_open(&f, err));
    infer_output_begin(&f);
    infer_output_progress(&f);
    status = f.own->input ? infer_array(&f, err) : infer_list(&f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_batches_run_all(&f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_scores_fill_failed(&f, f.results.count, err);
    progress_clear();
    if (status == ALEXCL_OK && interrupt_asked())
        status = error_set(err, ALEXCL_E_INTERRUPTED, "interrupted: %zu of %zu images were done", f.results.finished,
                           f.results.count);
    if (status != ALEXCL_OK && status != ALEXCL_E_INTERRUPTED && f.results.count > 1) { /* how far it got */
        size_t length = strlen(err->text);
        snprintf(err->text + length, sizeof err->text - length, "; %zu of %zu images were done", f.results.finished,
                 f.results.count);
    }
    infer_output_emit(&f, &late);
    /* What is done is kept, whatever stopped the rest; with nothing done an older file stays. */
    if (f.scores.save && (status == ALEXCL_OK || f.results.finished) &&
        npy_writer_commit(f.scores.save, &late) == ALEXCL_OK)
        infer_output_saved(&f);
    if (o->format == FORMAT_JSON) infer_output_document(&f, status == ALEXCL_OK ? &late : err, &late);
    infer_output_end(&f);
    if (status == ALEXCL_OK && late.status != ALEXCL_OK) {
        *err = late;
        status = late.status;
    }
    if (status == ALEXCL_OK && f.scores.unsaved.status != ALEXCL_OK) {
        *err = f.scores.unsaved;
        status = f.scores.unsaved.status;
    }
    if (status == ALEXCL_OK && f.results.worst != ALEXCL_OK)
        status = error_set(err, f.results.worst, "%zu of %zu images failed; they are named above", f.results.failed,
                           f.results.count);
done:
    infer_free(&f);
    return status;
}

const struct command infer_command = {
    .name = "infer",
    .run = command_infer,
    .own = &infer_options,
    .shared = OPTIONS_RUN_NET,
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
                           "  alexcl infer cat.png dogs/ '*.jpg'\n"
                           "  alexcl --devices 0,1 infer batch.txt\n"
                           "  alexcl --devices 0,1 infer batch.txt --split auto\n"
                           "  alexcl infer batch.txt --weights alexnet.safetensors --ten-crop --format json\n"
                           "  alexcl infer batch.txt --features pool5 --save pool5.npy\n",
    .also = " predict classify run recognize recognise ",
};
