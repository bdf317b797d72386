/* SPDX-License-Identifier: MIT */
/* Pictures through a net, for every command that does so: a feed decodes ahead, batches of crops go to the devices, and
 * the command is given each image's values, in the order of the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "interrupt.h"
#include "monotonic.h"
#include "progress.h"
#include "status.h"

enum { BATCH = 16 };

/* An image that cannot be had. Stops, unless --keep-going. */
static int infer_fail_image(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    int status = infer_scores_note_failure(f, image, why, err);
    if (status == ALEXCL_OK && f->own->keep_going) return f->emit(f, err);
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
        if (item.width && f->resized && f->resized(f, &item)) {
            feed_release(f->feed, &item);
            break;
        }
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
        const float *values = f->input_values;
        array_images_get(&f->input, i, f->input_values);
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

static int infer_open_net(struct infer *f, size_t rows, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    size_t wanted = (size_t)(o->batch ? o->batch : f->batch ? f->batch : BATCH), in_floats = f->batches.in_floats;
    struct alexcl_net_options options = {.size = sizeof options,
                                         .batch = (int)(rows < wanted ? rows : wanted),
                                         .memory = o->memory,
                                         .last_layer = own->features,
                                         .outputs = f->outputs,
                                         .output_count = f->output_count,
                                         .reproducible = own->reproducible,
                                         .split = o->split,
                                         .settings = &o->settings};
    int status;
    /* Decoding begins before the kernels are compiled, and before it is known whether the batch fits. */
    if (!own->input) {
        struct feed_options feeding = {.model = f->model,
                                       .ten_crop = own->ten_crop,
                                       .as_it_is = f->as_it_is,
                                       .dump_folder = own->dump_patches,
                                       .ahead = feed_ahead(f->model, own->ten_crop, options.batch)};
        struct feed_memory memory = feed_memory(f->model, own->ten_crop, options.batch);
        options.host_fixed = memory.fixed;
        options.host_image = memory.image;
        TRY(feed_open(&f->list, &feeding, &f->feed, err));
    } else {
        options.host_fixed = in_floats * sizeof(float);
        options.host_image = in_floats * sizeof(float);
    }
    TRY(alexcl_net_open(f->model, f->weights, f->selection, &options, &f->net, err));
done:
    progress_clear();
    return status;
}

int infer_begin(struct infer *f, struct alexcl_error *err) {
    struct infer_batches *b = &f->batches;
    size_t rows = f->results.count * f->scores.crops;
    const struct alexcl_shape *outputs;
    int status;
    TRY(infer_alloc(&f->results.list, f->results.count, sizeof *f->results.list, err));
    b->reference = 1;
    for (size_t i = 0; i < alexcl_selection_count(f->selection); i++)
        b->reference &= alexcl_selection_device(f->selection, i) == NULL;
    b->in_floats = (size_t)f->model->channels * (size_t)f->model->height * (size_t)f->model->width;
    if (f->own->input) TRY(infer_alloc(&f->input_values, b->in_floats, sizeof *f->input_values, err));
    TRY(infer_open_net(f, rows, err));
    size_t count = alexcl_net_outputs(f->net, &outputs);
    for (size_t i = 0; i < count; i++)
        f->scores.units += (size_t)outputs[i].c * (size_t)outputs[i].h * (size_t)outputs[i].w;
    TRY(infer_batches_open(f, rows, err));
    f->output.ready = monotonic_now();
    interrupt_defer(); /* from here on there may be results to keep */
done:
    return status;
}

int infer_run(struct infer *f, struct alexcl_error *err) {
    infer_output_progress(f);
    int status = f->own->input ? infer_array(f, err) : infer_list(f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_batches_run_all(f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_scores_fill_failed(f, f->results.count, err);
    progress_clear();
    size_t count = f->results.count - f->results.beside;
    if (status == ALEXCL_OK && interrupt_asked())
        status = error_set(err, ALEXCL_E_INTERRUPTED, "interrupted: %zu of %zu images were done", f->results.finished,
                           count);
    if (status != ALEXCL_OK && status != ALEXCL_E_INTERRUPTED && count > 1) { /* how far it got */
        size_t length = strlen(err->text);
        snprintf(err->text + length, sizeof err->text - length, "; %zu of %zu images were done", f->results.finished,
                 count);
    }
    return status;
}

int infer_end(const struct infer *f, int status, const struct alexcl_error *late, struct alexcl_error *err) {
    if (status == ALEXCL_OK && late->status != ALEXCL_OK) {
        *err = *late;
        status = late->status;
    }
    if (status == ALEXCL_OK && f->scores.unsaved.status != ALEXCL_OK) {
        *err = f->scores.unsaved;
        status = f->scores.unsaved.status;
    }
    if (status == ALEXCL_OK && f->results.worst != ALEXCL_OK)
        status = error_set(err, f->results.worst, "%zu of %zu images failed; they are named above", f->results.failed,
                           f->results.count - f->results.beside);
    return status;
}

void infer_free(struct infer *f) {
    feed_free(f->feed);
    alexcl_net_free(f->net);
    alexcl_selection_free(f->selection);
    alexcl_weights_free(f->weights);
    array_images_free(&f->input);
    free(f->input_values);
    for (size_t i = 0; f->results.list && i < f->results.count; i++) {
        free(f->results.list[i].error);
        free(f->results.list[i].top);
        free(f->results.list[i].p);
    }
    labels_free(f->results.labels);
    free(f->results.known);
    image_list_free(&f->list);
    free(f->results.list);
    infer_batches_free(&f->batches);
    infer_scores_free(&f->scores);
}
