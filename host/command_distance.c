/* SPDX-License-Identifier: MIT */
/* `alexcl distance`: LPIPS of pictures. The list that goes through the net has each reference before the pictures that
 * are compared with it, once for all of them or, with --reference-list, one before each. A net takes one size: where
 * a reference has another one, the list is ended before it, and goes on with a net of that size. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "decode.h"
#include "infer.h"
#include "lpips.h"
#include "monotonic.h"
#include "progress.h"
#include "report.h"
#include "share.h"
#include "status.h"

static const char weights_name[] = "alexnet_torchvision_conv_lpips.safetensors";

struct distance_options {
    int keep_going, list;
};
static const struct option_row distance_rows[] = {
    {0, "reference-list", NULL, "REF is a list: line i is compared with image i",
     OPTION_FLAG(struct distance_options, list)},
    {0, "keep-going", NULL, "go on behind a bad image; exit 6 at the end",
     OPTION_FLAG(struct distance_options, keep_going)},
};
static const struct distance_options distance_defaults = {0};
static const struct option_table distance_options = OPTION_TABLE(distance_rows, distance_defaults);

/* Where a picture stands in the list that goes through the net: a reference has no result. */
struct distance_place {
    size_t image; /* of all images */
    int reference;
};

struct distance {
    const struct options *o;
    const struct distance_options *own;
    char *path; /* of the weights */
    struct alexcl_weights_file *weights;
    struct alexcl_selection *selection;
    struct image_list references, images;
    struct distance_place *places; /* of the list that goes through the net */
    double *results;               /* of its images */
    struct lpips *lpips;           /* of the size that is being compared */
    size_t at;                     /* the image whose reference begins the list that goes through the net */
    size_t next;                   /* the one where it ended: its reference has another size */
    size_t done, failed;
    int worst;
    size_t batch;            /* images at once; where sizes differ, the most */
    double seconds, started; /* of comparing; of the command */
};

static const struct image_list_entry *distance_reference(const struct distance *d, size_t image) {
    return &d->references.entries[d->own->list ? image : 0];
}

/* ---- results --------------------------------------------------------------------------------------- */

static int distance_show(struct distance *d, size_t image, double result, const char *error, struct alexcl_error *err) {
    const struct image_list_entry *e = &d->images.entries[image];
    char number[32];
    int status = ALEXCL_OK;
    snprintf(number, sizeof number, "%.9g", result);
    if (d->o->format == FORMAT_JSON) {
        json_t *row = json_pack("{s:o, s:o, s:o}", "path", report_string(e->shown), "distance",
                                error ? json_null() : json_real(result), "error", report_string(error));
        if (d->own->list) report_set(row, "reference", report_string(distance_reference(d, image)->shown));
        TRY(report_json_row(row, err));
    } else if (d->o->format == FORMAT_CSV) {
        if (d->own->list) report_csv(distance_reference(d, image)->shown, 0);
        report_csv(e->shown, 0);
        report_csv(error ? "" : number, 0);
        report_csv(error, 1);
    } else if (!error) {
        printf("%.6f ", result);
        report_text(stdout, e->shown);
        putchar('\n');
    }
    d->done += !error;
    d->failed += error != NULL;
    if (error && d->own->keep_going && d->o->format == FORMAT_TEXT) report_message(NULL, error);
done:
    return status;
}

static int distance_emit(struct infer *f, struct alexcl_error *err) {
    struct distance *d = f->user;
    int status;
    progress_clear();
    for (; f->output.emitted < f->results.count && f->results.list[f->output.emitted].done; f->output.emitted++) {
        size_t i = f->output.emitted;
        if (!d->places[i].reference)
            TRY(distance_show(d, d->places[i].image, d->results[i], f->results.list[i].error, err));
    }
    status = report_flush(err);
done:
    return status;
}

static int distance_take(struct infer *f, size_t index, const float *values, struct alexcl_error *err) {
    struct distance *d = f->user;
    f->results.list[index].done = 1;
    if (d->places[index].reference) {
        lpips_refer(d->lpips, values);
        return ALEXCL_OK;
    }
    if (d->own->list && f->results.list[index - 1].error) { /* its reference's, with --keep-going */
        struct alexcl_error why = {.status = ALEXCL_E_DATA};
        snprintf(why.text, sizeof why.text, "its reference: %.3900s", f->results.list[index - 1].error);
        return infer_scores_note_failure(f, index, &why, err);
    }
    d->results[index] = lpips_distance(d->lpips, values);
    f->results.finished++;
    return ALEXCL_OK;
}

/* ---- one size -------------------------------------------------------------------------------------- */

/* A reference of another size is the first of the next list, a picture that has not its reference's size fails. */
static int distance_resized(struct infer *f, const struct feed_item *item) {
    struct distance *d = f->user;
    if (!d->places[item->index].reference) return 0;
    d->next = d->places[item->index].image;
    f->results.count = item->index;
    return 1;
}

/* Images at once: as many as have the pixels of 16 of 256 x 256, but never fewer than any net takes, nor so many that
 * the devices wait for the first ones to be decoded. */
static int distance_batch(int height, int width) {
    enum { LEAST = 16, MOST = 64 };
    int64_t batch = (int64_t)LEAST * 256 * 256 / ((int64_t)height * width);
    return batch < LEAST ? LEAST : batch > MOST ? MOST : (int)batch;
}

/* The list of what goes through the net from image `at` on: copies of entries of the command's two lists. */
static int distance_fill(struct distance *d, struct infer *f, struct alexcl_error *err) {
    size_t left = d->images.count - d->at, count = d->own->list ? 2 * left : left + 1, n = 0;
    int status;
    TRY(infer_alloc(&f->list.entries, count, sizeof *f->list.entries, err));
    TRY(infer_alloc(&d->places, count, sizeof *d->places, err));
    TRY(infer_alloc(&d->results, count, sizeof *d->results, err));
    for (size_t i = d->at; i < d->images.count; i++) {
        if (i == d->at || d->own->list) {
            d->places[n] = (struct distance_place){.image = i, .reference = 1};
            f->list.entries[n++] = *distance_reference(d, i);
            f->results.beside++;
        }
        d->places[n].image = i;
        f->list.entries[n++] = d->images.entries[i];
    }
    f->list.count = f->results.count = n;
done:
    return status;
}

/* Compares images from `at` on, up to one whose reference has another size. */
static int distance_run_size(struct distance *d, int height, int width, struct alexcl_error *err) {
    const struct infer_options own = {.keep_going = d->own->keep_going, .reproducible = 1};
    struct alexcl_error late = {0};
    struct alexcl_model model;
    const struct alexcl_shape *shapes;
    struct infer f = {.o = d->o,
                      .own = &own,
                      .take = distance_take,
                      .emit = distance_emit,
                      .resized = distance_resized,
                      .user = d,
                      .outputs = lpips_layers,
                      .output_count = LPIPS_LAYERS,
                      .batch = distance_batch(height, width),
                      .as_it_is = 1,
                      .model = &model,
                      .scores.crops = 1,
                      .selection = d->selection};
    int status;
    d->next = d->images.count;
    TRY(lpips_model(height, width, &model, err));
    TRY(distance_fill(d, &f, err));
    TRY(alexcl_weights_file_weights(d->weights, &model, lpips_layers[LPIPS_LAYERS - 1], &f.weights, err));
    TRY(infer_begin(&f, err));
    if (f.batches.size > d->batch) d->batch = f.batches.size;
    alexcl_net_outputs(f.net, &shapes);
    status = lpips_open(d->weights, shapes, &d->lpips, err);
    if (status == ALEXCL_E_DATA) error_prefix(err, "%s: ", d->path);
    TRY(status);
    status = infer_run(&f, err);
    distance_emit(&f, &late);
    d->seconds += monotonic_now() - f.output.ready;
    if (f.results.worst != ALEXCL_OK) d->worst = f.results.worst;
    f.results.worst = ALEXCL_OK; /* of all sizes, in the end */
    status = infer_end(&f, status, &late, err);
done:
    f.selection = NULL;
    infer_free(&f);
    lpips_free(d->lpips);
    d->lpips = NULL;
    free(d->places);
    d->places = NULL;
    free(d->results);
    d->results = NULL;
    return status;
}

/* The size of the reference of image `at`. */
static int distance_size(struct distance *d, int *height, int *width, struct alexcl_error *err) {
    struct image_list_entry *e = &d->references.entries[d->own->list ? d->at : 0];
    struct picture p = {0};
    image_list_settle(e);
    int status = e->error ? error_set(err, ALEXCL_E_DATA, "%s: %s", e->shown, e->error) : decode_file(e->path, &p, err);
    *height = p.height;
    *width = p.width;
    if (status == ALEXCL_OK && (p.height < LPIPS_MIN || p.width < LPIPS_MIN))
        status = error_set(err, ALEXCL_E_DATA, "%s: %d x %d pixels are too few: LPIPS takes %d x %d and more", e->shown,
                           p.width, p.height, LPIPS_MIN, LPIPS_MIN);
    picture_free(&p);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------------- */

static int distance_open(struct distance *d, struct alexcl_error *err) {
    int status;
    TRY(options_expect(d->o, "distance", 2, INT_MAX, err));
    TRY(options_check_results(d->o, err));
    TRY(options_inputs(d->o, 0, 1, 0, &d->references, err));
    TRY(options_inputs(d->o, 1, d->o->argument_count - 1, d->own->keep_going, &d->images, err));
    if (!d->own->list && d->references.count != 1)
        return error_set(err, ALEXCL_E_USAGE,
                         "%s names %zu pictures: a reference is one; with --reference-list each is compared with one "
                         "image",
                         d->o->arguments[0], d->references.count);
    if (d->own->list && d->references.count != d->images.count)
        return error_set(err, ALEXCL_E_DATA,
                         "%s names %zu references for %zu images: --reference-list wants one for each",
                         d->o->arguments[0], d->references.count, d->images.count);
    TRY(share_find(d->o, weights_name, &d->path, err));
    TRY(alexcl_weights_file_open(d->path, &d->weights, err));
    TRY(options_selection(d->o, &d->selection, err));
    if (d->o->format == FORMAT_JSON)
        TRY(report_json_begin(
            "distance",
            json_pack("{s:s, s:s, s:o}", "net", "alex", "version", "0.1", "reference",
                      report_string(d->own->list ? d->o->arguments[0] : d->references.entries[0].shown)),
            "images", err));
    if (d->o->format == FORMAT_CSV)
        fputs(d->own->list ? "reference,path,distance,error\r\n" : "path,distance,error\r\n", stdout);
done:
    return status;
}

/* Image after image, size after size. */
static int distance_run(struct distance *d, struct alexcl_error *err) {
    int status = ALEXCL_OK, height, width;
    for (; d->at < d->images.count && status == ALEXCL_OK; d->at = d->next) {
        struct alexcl_error why = {0};
        if (distance_size(d, &height, &width, &why) == ALEXCL_OK) {
            status = distance_run_size(d, height, width, err);
            continue;
        }
        if (!d->own->list || !d->own->keep_going) {
            *err = why;
            return why.status;
        }
        error_prefix(&why, "its reference: ");
        status = distance_show(d, d->at, 0, why.text, err);
        d->worst = why.status;
        d->next = d->at + 1;
    }
    if (status == ALEXCL_OK && d->worst != ALEXCL_OK)
        status = error_set(err, d->worst, "%zu of %zu images failed; they are named above", d->failed, d->images.count);
    return status;
}

/* The rest of the document. */
static int distance_document(const struct distance *d, const struct alexcl_error *why, struct alexcl_error *err) {
    double rate = d->seconds > 0 ? (double)d->done / d->seconds : 0;
    return report_json_end(json_pack("{s:I, s:{s:f, s:f, s:f}, s:o}", "batch", (json_int_t)d->batch, "timing",
                                     "seconds", monotonic_now() - d->started, "compare_s", d->seconds, "images_per_s",
                                     rate, "error", report_string(why->text[0] ? why->text : NULL)),
                           err);
}

static int command_distance(const struct options *o, struct alexcl_error *err) {
    struct distance d = {.o = o, .own = o->own, .started = monotonic_now()};
    struct alexcl_error late = {0};
    int status;
    TRY(distance_open(&d, err));
    status = distance_run(&d, err);
    if (o->format == FORMAT_JSON && distance_document(&d, err, &late) != ALEXCL_OK && status == ALEXCL_OK) {
        *err = late;
        status = late.status;
    }
    if (!o->quiet && d.done)
        fprintf(stderr, "%zu image%s in %.2f s, %.1f images/s\n", d.done, d.done == 1 ? "" : "s", d.seconds,
                d.seconds > 0 ? (double)d.done / d.seconds : 0);
done:
    image_list_free(&d.references);
    image_list_free(&d.images);
    alexcl_selection_free(d.selection);
    alexcl_weights_file_free(d.weights);
    free(d.path);
    return status;
}

const struct command distance_command = {
    .name = "distance",
    .run = command_distance,
    .own = &distance_options,
    .shared = OPTION_DEVICES | OPTION_BATCH | OPTION_MEMORY | OPTION_SPLIT | OPTION_CHECK,
    .arguments = "REF INPUT...",
    .about = "how far pictures are from another for a person (LPIPS)",
    .details = "LPIPS of net \"alex\", version 0.1: 0 is the same picture, 1 is far. Pictures are\n"
               "taken as they are, of any size from 31 x 31 on, all of REF's.\n\n" INPUTS_HELP "\n"
               "  alexcl distance ref.png a.png b.png\n"
               "  alexcl distance ref.png folder/ --keep-going --format csv\n"
               "  alexcl distance originals.txt results.txt --reference-list\n\n"
               "Trained weights come with alexcl, in the folder share/alexcl or the one that\n"
               "ALEXCL_DATA_DIR names. The same picture and devices of one kind give the same\n"
               "distance, to the bit, whatever else is compared.\n",
    .also = " lpips compare similarity metric perceptual ",
};
