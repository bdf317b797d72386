/* SPDX-License-Identifier: MIT */
/* Pictures through a net: a feed decodes ahead, batches of crops go to the devices, results come out in the order of
 * the list. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"
#include "feed.h"
#include "interrupt.h"
#include "labels.h"
#include "monotonic.h"
#include "progress.h"
#include "npy.h"
#include "report.h"
#include "topk.h"

enum { BATCH = 16, CROPS = 10 };

/* One image of the list, or of --input. */
struct result {
    char *path;         /* as the list shows it */
    const char *label;  /* as the list shows it, or NULL */
    size_t label_index; /* valid when has_label */
    int has_label, crops_done, done;
    char *error; /* why there are no scores, or NULL */
    size_t rank; /* classes ahead of the label */
    size_t *top; /* `top_count` best classes */
    double *p;   /* and their probabilities */
};

/* Rows of crops, and the images whose they are. */
struct crops {
    float *in;
    size_t *owner, rows;
};

struct infer {
    const struct options *o;
    const struct alexcl_model *model;
    const struct alexcl_layer *last; /* the layer whose output is read */
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    struct labels *labels;
    struct image_list list;
    struct feed *feed;
    struct npy input;
    struct npy_writer *save;
    size_t units, in_floats, images, crops, batch, top_count;
    struct result *results;
    int reference;               /* no device: all in plain C */
    size_t emitted;              /* results printed */
    size_t next_row;             /* first image whose row of --save is not written */
    struct alexcl_error unsaved; /* why --save ended before the images did; with --keep-going these go on */
    /* The batch being filled, and a full one that waits for it, so that it is copied while that one is computed (on the
     * reference: never). */
    struct crops filling, waiting;
    float *out;
    double *sum, *order; /* of one image's crops: probabilities, and what they are ordered by */
    float *row;
    size_t finished, failed, labelled, top1_wrong, top5_wrong;
    json_t *document_images;
    int worst;           /* status that the command ends with */
    double start, ready; /* of the command, of the net */
};

static int infer_alloc(void *out, size_t count, size_t size, struct alexcl_error *err) {
    void *p = count <= SIZE_MAX / size ? calloc(count ? count : 1, size) : NULL;
    if (!p)
        return fail(err, ALEXCL_E_MEMORY, "out of host memory: %zu x %zu bytes; a smaller --batch may help", count,
                    size);
    memcpy(out, &p, sizeof p);
    return ALEXCL_OK;
}

static int infer_alloc_crops(const struct infer *f, struct crops *out, struct alexcl_error *err) {
    int status = infer_alloc(&out->in, f->batch * f->in_floats, sizeof *out->in, err);
    return status == ALEXCL_OK ? infer_alloc(&out->owner, f->batch, sizeof *out->owner, err) : status;
}

/* ---- what comes out ------------------------------------------------------------------------------ */

static const char *infer_name(const struct infer *f, size_t class, char number[24]) {
    const char *name = labels_name(f->labels, class);
    if (name) return name;
    snprintf(number, 24, "%zu", class);
    return number;
}

static void infer_print_text(const struct infer *f, const struct result *r) {
    char number[24];
    report_text(stdout, r->error ? r->error : r->path); /* the error names line and picture */
    if (!r->error && r->has_label) {
        printf("  (");
        report_text(stdout, infer_name(f, r->label_index, number));
        putchar(')');
    }
    putchar('\n');
    if (r->error) return;
    for (size_t i = 0; i < f->top_count; i++) {
        char name[48];
        const char *whole = infer_name(f, r->top[i], number);
        snprintf(name, sizeof name, "%.*s", report_cut(whole, sizeof name - 1), whole);
        printf("  %7.4f  %4zu  ", r->p[i], r->top[i]);
        report_text(stdout, name);
        printf("%s\n", r->has_label && r->top[i] == r->label_index ? "  <-" : "");
    }
}

static void infer_print_csv(const struct infer *f, const struct result *r) {
    char text[32], number[24];
    const char *weights = alexcl_weights_random(f->weights) ? "random: labels mean nothing" : "";
    size_t lines = r->error || f->top_count == 0 ? 1 : f->top_count;
    for (size_t i = 0; i < lines; i++) {
        int scored = !r->error && f->top_count;
        report_csv(r->path, 0);
        report_csv(r->label, 0);
        snprintf(text, sizeof text, "%zu", i + 1);
        report_csv(scored ? text : "", 0);
        snprintf(text, sizeof text, "%zu", scored ? r->top[i] : 0);
        report_csv(scored ? text : "", 0);
        report_csv(scored ? infer_name(f, r->top[i], number) : "", 0);
        snprintf(text, sizeof text, "%.9g", scored ? r->p[i] : 0);
        report_csv(scored ? text : "", 0);
        report_csv(r->error, 0);
        report_csv(weights, 1);
    }
}

static json_t *infer_json(const struct infer *f, const struct result *r) {
    json_t *top = json_array();
    char number[24];
    for (size_t i = 0; !r->error && i < f->top_count; i++)
        report_append(top, json_pack("{s:I, s:o, s:f}", "index", (json_int_t)r->top[i], "name",
                                     report_string(infer_name(f, r->top[i], number)), "p", r->p[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "path", report_string(r->path), "label", report_string(r->label), "error",
                     report_string(r->error), "top", top);
}

static void infer_progress(const struct infer *f) { progress_count("images", f->finished + f->failed, f->images); }

/* Prints what is done, in the order of the list, and lets go of it. */
static int infer_emit(struct infer *f, struct alexcl_error *err) {
    progress_clear();
    for (; f->emitted < f->images && f->results[f->emitted].done; f->emitted++) {
        struct result *r = &f->results[f->emitted];
        if (f->o->format == FORMAT_JSON)
            report_append(f->document_images, infer_json(f, r));
        else if (f->o->format == FORMAT_CSV)
            infer_print_csv(f, r);
        else if (r->error ? f->o->keep_going : f->top_count > 0) /* an error that stops all is told at the end */
            infer_print_text(f, r);
        free(r->path);
        free(r->error);
        free(r->top);
        free(r->p);
        *r = (struct result){.done = 1};
    }
    return report_flush(err);
}

/* ---- scores of an image -------------------------------------------------------------------------- */

/* Adds a crop's output to its image. RBF: distances; the nearest code is the most probable, p = exp(-d) / sum
 * exp(-d). */
static void infer_add_crop(struct infer *f, const float *out) {
    double best = -INFINITY, total = 0;
    if (f->last->type != ALEXCL_RBF) {
        for (size_t c = 0; c < f->units; c++) {
            f->sum[c] += (double)out[c];
            f->order[c] += (double)out[c];
        }
        return;
    }
    for (size_t c = 0; c < f->units; c++)
        if (-(double)out[c] > best) best = -(double)out[c];
    for (size_t c = 0; c < f->units; c++) total += exp(-(double)out[c] - best);
    for (size_t c = 0; c < f->units; c++) {
        f->sum[c] += exp(-(double)out[c] - best) / total;
        f->order[c] -= (double)out[c]; /* probabilities of far codes are all 0: distances still tell them apart */
    }
}

/* Adds f->row to the file of --save. One that cannot be written whole is given up; with --keep-going the results on
 * stdout go on. */
static int infer_save_row(struct infer *f, struct alexcl_error *err) {
    int status = f->save ? npy_writer_add(f->save, f->row, f->units, err) : ALEXCL_OK;
    if (status == ALEXCL_OK) return ALEXCL_OK;
    npy_writer_free(f->save);
    f->save = NULL;
    if (!f->o->keep_going) return status;
    f->unsaved = *err;
    *err = (struct alexcl_error){0};
    return ALEXCL_OK;
}

static int infer_finish_image(struct infer *f, struct result *r, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t c = 0; c < f->units; c++) f->row[c] = (float)(f->sum[c] / (double)f->crops);
    if (f->top_count) {
        status = infer_alloc(&r->top, f->top_count, sizeof *r->top, err);
        if (status == ALEXCL_OK) status = infer_alloc(&r->p, f->top_count, sizeof *r->p, err);
        if (status != ALEXCL_OK) return status;
        topk_best(f->order, f->units, r->top, f->top_count);
        for (size_t i = 0; i < f->top_count; i++) r->p[i] = f->sum[r->top[i]] / (double)f->crops;
        if (r->has_label) {
            r->rank = topk_rank(f->order, f->units, r->label_index);
            f->labelled++;
            f->top1_wrong += r->rank >= 1;
            f->top5_wrong += r->rank >= 5;
        }
    }
    status = infer_save_row(f, err);
    r->done = 1;
    f->finished++;
    memset(f->sum, 0, f->units * sizeof *f->sum);
    memset(f->order, 0, f->units * sizeof *f->order);
    return status;
}

/* Images that failed keep their row in the file of --save, of NaN, so that its rows are the lines of the list. */
static int infer_write_failed_before(struct infer *f, size_t image, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (; f->next_row < image && status == ALEXCL_OK; f->next_row++) {
        for (size_t c = 0; c < f->units; c++) f->row[c] = NAN;
        status = infer_save_row(f, err);
    }
    return status;
}

/* What is wrong with an image stands where its result would. */
static int infer_note_failure(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    struct result *r = &f->results[image];
    r->error = strdup(why->text);
    if (!r->error) return fail(err, ALEXCL_E_MEMORY, "out of host memory: an error's text");
    r->done = 1;
    f->failed++;
    f->worst = why->status;
    if (f->o->keep_going && !f->o->quiet && f->o->format != FORMAT_TEXT) {
        progress_clear();
        report_message(NULL, why->text);
    }
    return ALEXCL_OK;
}

/* The net counts the images of a batch. */
static void infer_locate_batch(const struct infer *f, size_t image, struct alexcl_error *err) {
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    snprintf(err->text, sizeof err->text, "of the batch that begins with %.1000s: %.6000s", f->results[image].path,
             text);
}

/* The index of the first that is no finite number, or `count`. */
static size_t infer_not_finite(const float *values, size_t count) {
    size_t i = 0;
    while (i < count && isfinite(values[i])) i++;
    return i;
}

/* The net refused a batch for scores that are not finite: the image that got them fails, the others have theirs. */
static int infer_fail_scores(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    struct alexcl_error own = {.status = why->status};
    char line[32] = "";
    if (!f->o->input) snprintf(line, sizeof line, "line %d: ", f->list.entries[image].line);
    snprintf(own.text, sizeof own.text, "%s%s%.1000s: its scores are not finite numbers; of its batch, %.6000s", line,
             f->o->input ? "image " : "", f->results[image].path, why->text);
    memset(f->sum, 0, f->units * sizeof *f->sum); /* of its crops that were fine */
    memset(f->order, 0, f->units * sizeof *f->order);
    return infer_note_failure(f, image, &own, err);
}

/* Runs `count` rows of the batch from `first` on. */
static int infer_run_rows(struct infer *f, const struct crops *b, size_t first, size_t count,
                          struct alexcl_error *err) {
    struct alexcl_error why = {0};
    int status = alexcl_net_run(f->net, b->in + first * f->in_floats, count, f->out + first * f->units, err);
    if (status == ALEXCL_E_DATA && f->o->keep_going) {
        why = *err;
        *err = (struct alexcl_error){0};
        status = ALEXCL_OK;
    } else if (status == ALEXCL_E_DATA) {
        infer_locate_batch(f, b->owner[first], err);
    }
    for (size_t i = first; i < first + count && status == ALEXCL_OK; i++) {
        const float *out = f->out + i * f->units;
        struct result *r = &f->results[b->owner[i]];
        if (r->done) continue; /* another crop of it failed */
        if (why.status != ALEXCL_OK && infer_not_finite(out, f->units) < f->units) {
            status = infer_fail_scores(f, b->owner[i], &why, err);
            continue;
        }
        infer_add_crop(f, out);
        if (++r->crops_done < (int)f->crops) continue;
        status = infer_write_failed_before(f, b->owner[i], err);
        if (status == ALEXCL_OK) status = infer_finish_image(f, r, err);
        f->next_row++;
    }
    return status;
}

static int infer_run_batch(struct infer *f, struct crops *b, struct alexcl_error *err) {
    if (b->rows == 0) return ALEXCL_OK;
    int status = ALEXCL_OK;
    /* On the reference a batch may take minutes, and gains nothing: a Ctrl-C is heard behind each image. One image
     * cannot be split. */
    size_t step = f->reference && !options_split_images(f->o) ? 1 : b->rows;
    for (size_t first = 0; first < b->rows && status == ALEXCL_OK && (first == 0 || !interrupt_asked()); first += step)
        status = infer_run_rows(f, b, first, step, err);
    b->rows = 0;
    if (status == ALEXCL_OK) status = infer_emit(f, err);
    infer_progress(f);
    return status;
}

/* Runs the batch that waits, and copies the other to the devices meanwhile. */
static int infer_run_waiting(struct infer *f, struct alexcl_error *err) {
    if (f->waiting.rows && f->filling.rows) alexcl_net_announce(f->net, f->filling.in, f->filling.rows);
    return infer_run_batch(f, &f->waiting, err);
}

/* Runs all that has been filled in. */
static int infer_run_all(struct infer *f, struct alexcl_error *err) {
    int status = infer_run_waiting(f, err);
    return status == ALEXCL_OK && !interrupt_asked() ? infer_run_batch(f, &f->filling, err) : status;
}

static int infer_take_full(struct infer *f, struct alexcl_error *err) {
    if (!f->waiting.in) return infer_run_batch(f, &f->filling, err);
    int status = infer_run_waiting(f, err);
    struct crops full = f->filling;
    f->filling = f->waiting;
    f->waiting = full;
    return status;
}

static int infer_add_rows(struct infer *f, size_t image, const float *values, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t c = 0; c < f->crops && status == ALEXCL_OK; c++) {
        struct crops *b = &f->filling;
        memcpy(b->in + b->rows * f->in_floats, values + c * f->in_floats, f->in_floats * sizeof *values);
        b->owner[b->rows++] = image;
        if (b->rows == f->batch) status = infer_take_full(f, err);
    }
    return status;
}

/* ---- the loop ------------------------------------------------------------------------------------ */

/* An image that cannot be had. Stops, unless --keep-going. */
static int infer_fail_image(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    int status = infer_note_failure(f, image, why, err);
    if (status == ALEXCL_OK && f->o->keep_going) return infer_emit(f, err);
    if (status == ALEXCL_OK) status = infer_run_all(f, err); /* what came before it is not lost */
    return status != ALEXCL_OK
               ? status
               : fail(err, why->status, "%s%s", why->text, f->images > 1 ? "; --keep-going goes on without it" : "");
}

static int infer_label(struct infer *f, size_t image, struct alexcl_error *err) {
    struct result *r = &f->results[image];
    const struct image_list_entry *e = &f->list.entries[image];
    if (!r->label || r->has_label || f->top_count == 0) return ALEXCL_OK;
    int status = labels_find(f->labels, r->label, &r->label_index, err);
    r->has_label = status == ALEXCL_OK;
    if (status != ALEXCL_OK) {
        char text[sizeof err->text];
        memcpy(text, err->text, sizeof text);
        if (e->blanks)
            snprintf(err->text, sizeof err->text,
                     "line %d: %.3000s; %.4000s is no file either: put names with blanks in \"quotes\"", e->line, text,
                     e->shown);
        else
            snprintf(err->text, sizeof err->text, "line %d: %.7000s", e->line, text);
    }
    return status;
}

static int infer_list(struct infer *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct feed_item item = {0};
    while (status == ALEXCL_OK && !interrupt_asked() && feed_next(f->feed, &item)) {
        struct alexcl_error why = item.error;
        if (why.status == ALEXCL_OK) infer_label(f, item.index, &why);
        status = why.status == ALEXCL_OK ? infer_add_rows(f, item.index, item.values, err)
                                         : infer_fail_image(f, item.index, &why, err);
        feed_release(f->feed, &item);
    }
    return status;
}

static int infer_array(struct infer *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; i < f->images && status == ALEXCL_OK && !interrupt_asked(); i++) {
        const float *values = f->input.values + i * f->in_floats;
        size_t bad = infer_not_finite(values, f->in_floats);
        struct alexcl_error why = {0};
        if (bad < f->in_floats) /* pooling and ReLU may swallow it: the scores would be finite, and mean nothing */
            fail(&why, ALEXCL_E_DATA, "image %zu of %.1000s: value %zu is not a finite number: make the file again", i,
                 f->o->input, bad);
        status = why.status == ALEXCL_OK ? infer_add_rows(f, i, values, err) : infer_fail_image(f, i, &why, err);
    }
    return status;
}

/* ---- before and after ---------------------------------------------------------------------------- */

static int infer_check_options(const struct options *o, struct alexcl_error *err) {
    int status = options_expect(o, "infer", o->input ? 0 : 1, o->input ? 0 : 1, err);
    if (status != ALEXCL_OK) return status;
    if (o->features && !o->save) return fail(err, ALEXCL_E_USAGE, "--features wants --save FILE.npy to write to");
    if (o->features && o->ten_crop)
        return fail(err, ALEXCL_E_USAGE, "--features and --ten-crop do not go together: features are of one crop");
    if (o->input && (o->ten_crop || o->dump_patches))
        return fail(err, ALEXCL_E_USAGE, "--input brings what the net sees: no --ten-crop, no --dump-patches");
    return options_check_ending("--save", o->save, ".npy", err);
}

/* Whether an image's values are one row of the array that is saved, and not maps. */
static int infer_is_row(struct alexcl_shape shape) { return shape.h == 1 && shape.w == 1; }

/* The results to come, their names and labels: a label that is none of the model's is told before anything is compiled.
 * With --keep-going it is told in its image's place. */
static int infer_open_results(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    int status = infer_alloc(&f->results, f->images, sizeof *f->results, err);
    for (size_t i = 0; i < f->images && status == ALEXCL_OK; i++) {
        char name[64];
        snprintf(name, sizeof name, "%zu", i);
        if (!o->input) f->results[i].label = f->list.entries[i].label;
        f->results[i].path = strdup(o->input ? name : f->list.entries[i].shown);
        if (!f->results[i].path) status = fail(err, ALEXCL_E_MEMORY, "out of host memory: the names of the images");
    }
    if (status != ALEXCL_OK || o->features) return status;
    struct alexcl_plan *plan = NULL;
    struct alexcl_plan_request request = {.places = 1, .memory = {INT64_MAX}, .largest_buffer = {INT64_MAX}};
    status = alexcl_plan_make(f->model, &request, &plan, err);
    if (status != ALEXCL_OK) return status;
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    size_t classes = (size_t)out.c * (size_t)out.h * (size_t)out.w;
    alexcl_plan_free(plan);
    f->top_count = (size_t)o->top < classes ? (size_t)o->top : classes;
    status = labels_open(o->labels, classes, &f->labels, err);
    for (size_t i = 0; i < f->images && status == ALEXCL_OK; i++) {
        struct alexcl_error why = {0};
        /* the run ends there at the latest: what follows may be no list */
        if (!o->input && f->list.entries[i].error && !o->keep_going) break;
        if (infer_label(f, i, o->keep_going ? &why : err) != ALEXCL_OK && !o->keep_going) status = err->status;
    }
    return status;
}

static int infer_open(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    int status = infer_check_options(o, err);
    if (status == ALEXCL_OK) status = options_model(o, &f->model, err);
    if (status != ALEXCL_OK) return status;
    f->last = &f->model->layers[f->model->layer_count - 1];
    if (o->features) {
        int layer = alexcl_model_layer(f->model, o->features, err);
        if (layer < 0) return layer;
        f->last = &f->model->layers[layer];
    }
    f->crops = o->ten_crop ? CROPS : 1;
    if (o->input) {
        status = npy_read_images(o->input, f->model, &f->input, err);
        f->images = f->input.shape[0];
    } else {
        if (strcmp(o->arguments[0], "-") == 0 && isatty(STDIN_FILENO) && !o->quiet)
            fprintf(stderr, "reading names from the terminal; end with Ctrl-D\n");
        status = image_list_read(o->arguments[0], &f->list, err);
        f->images = f->list.count;
    }
    if (status == ALEXCL_OK && f->images == 0) return fail(err, ALEXCL_E_DATA, "%s names no image", o->arguments[0]);
    if (status != ALEXCL_OK) return status;
    if (o->limit && (size_t)o->limit < f->images) {
        f->images = (size_t)o->limit;
        image_list_cut(&f->list, f->images);
    }
    status = infer_open_results(f, err);
    if (status == ALEXCL_OK) status = options_weights(o, f->model, o->features, &f->weights, err);
    if (status == ALEXCL_OK) status = options_selection(o, &f->selection, err);
    if (status != ALEXCL_OK) return status;
    f->reference = 1;
    for (size_t i = 0; i < alexcl_selection_count(f->selection); i++)
        f->reference &= alexcl_selection_device(f->selection, i) == NULL;

    size_t rows = f->images * f->crops, wanted = o->batch ? (size_t)o->batch : BATCH;
    struct alexcl_net_options options = {.batch = (int)(rows < wanted ? rows : wanted),
                                         .memory = o->memory,
                                         .last_layer = o->features,
                                         .reproducible = o->reproducible,
                                         .split = o->split};
    f->in_floats = (size_t)f->model->channels * (size_t)f->model->height * (size_t)f->model->width;
    /* Decoding begins before the kernels are compiled, and before it is known whether the batch fits. */
    if (!o->input) {
        struct feed_options feeding = {.model = f->model,
                                       .ten_crop = o->ten_crop,
                                       .dump_folder = o->dump_patches,
                                       .ahead = feed_ahead(f->model, o->ten_crop, options.batch)};
        options.host = feed_memory(f->model, o->ten_crop, options.batch);
        status = feed_open(&f->list, &feeding, &f->feed, err);
    } else {
        options.host = (struct alexcl_host_memory){.fixed = f->images * f->in_floats * sizeof(float),
                                                   .image = f->in_floats * sizeof(float)};
    }
    if (status == ALEXCL_OK) status = alexcl_net_open(f->model, f->weights, f->selection, &options, &f->net, err);
    progress_clear();
    if (status != ALEXCL_OK) return status;
    struct alexcl_shape shape = alexcl_net_output(f->net);
    f->batch = (size_t)alexcl_net_batch(f->net);
    f->units = (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
    if (o->save) {
        size_t dims[4] = {0, (size_t)shape.c, (size_t)shape.h, (size_t)shape.w};
        status = npy_writer_open(o->save, infer_is_row(shape) ? 2 : 4, dims, &f->save, err);
    }
    if (status == ALEXCL_OK) status = infer_alloc_crops(f, &f->filling, err);
    if (status == ALEXCL_OK && !f->reference && rows > f->batch) status = infer_alloc_crops(f, &f->waiting, err);
    if (status == ALEXCL_OK) status = infer_alloc(&f->out, f->batch * f->units, sizeof *f->out, err);
    if (status == ALEXCL_OK) status = infer_alloc(&f->sum, f->units, sizeof *f->sum, err);
    if (status == ALEXCL_OK) status = infer_alloc(&f->order, f->units, sizeof *f->order, err);
    if (status == ALEXCL_OK) status = infer_alloc(&f->row, f->units, sizeof *f->row, err);
    f->document_images = json_array();
    f->ready = monotonic_now();
    interrupt_defer(); /* from here on there may be results to keep */
    return status;
}

static json_t *infer_devices_json(const struct infer *f, const struct alexcl_net_times *t) {
    json_t *list = json_array();
    size_t count = alexcl_selection_count(f->selection);
    int both = count == 1 || options_split_images(f->o);
    for (size_t i = 0; i < count; i++) {
        const struct alexcl_place *p = alexcl_selection_place(f->selection, i);
        report_append(list, json_pack("{s:o, s:o, s:I}", "place", report_string(p->name), "halves",
                                      both ? json_pack("[i,i]", 0, 1) : json_pack("[i]", (int)i), "images",
                                      (json_int_t)t->images[i]));
    }
    return list;
}

/* The document, complete whatever happened. */
static int infer_print_document(struct infer *f, const struct alexcl_error *why, struct alexcl_error *err) {
    struct alexcl_net_times t = alexcl_net_times(f->net);
    double now = monotonic_now(), running = now - f->ready;
    json_t *summary =
        json_pack("{s:I, s:I, s:I, s:b}", "images", (json_int_t)f->finished, "failed", (json_int_t)f->failed,
                  "labelled", (json_int_t)f->labelled, "interrupted", (int)interrupt_asked());
    if (f->labelled) {
        report_set(summary, "top1_error", json_real((double)f->top1_wrong / (double)f->labelled));
        report_set(summary, "top5_error", json_real((double)f->top5_wrong / (double)f->labelled));
    }
    /* images_per_s is of the time behind start_s. */
    json_t *timing =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:[f,f], s:f, s:f, s:b}", "seconds", now - f->start, "start_s",
                  f->ready - f->start, "images_per_s", running > 0 ? (double)f->finished / running : 0.0,
                  "decode_cpu_s", f->feed ? feed_seconds(f->feed) : 0.0, "run_s", t.wall, "device_s", t.device[0],
                  t.device[1], "exchange_s", t.exchange, "build_s", t.build, "device_times_known", t.events);
    json_t *failure = report_string(why->text[0] ? why->text : NULL);
    json_t *document = json_pack(
        "{s:s, s:{s:o, s:b, s:s, s:s}, s:o, s:o, s:i, s:b, s:b, s:o, s:o, s:o, s:o}", "model", f->model->name,
        "weights", "about", report_string(alexcl_weights_describe(f->weights)), "random",
        alexcl_weights_random(f->weights), "note",
        alexcl_weights_random(f->weights) ? "the weights are random: the labels mean nothing" : "", "precision",
        f->o->precision, "split", report_string(f->o->split ? f->o->split : "half"), "devices",
        infer_devices_json(f, &t), "batch", (int)f->batch, "ten_crop", f->o->ten_crop, "reproducible",
        f->o->reproducible, "images", f->document_images, "summary", summary, "timing", timing, "error", failure);
    f->document_images = NULL;
    return report_json("infer", document, err);
}

static void infer_print_end(const struct infer *f) {
    struct alexcl_net_times t = alexcl_net_times(f->net);
    double running = monotonic_now() - f->ready;
    FILE *to = f->o->format == FORMAT_TEXT ? stdout : f->o->quiet ? NULL : stderr;
    if (to && f->labelled)
        fprintf(to, "top-1 error %.1f%%, top-5 error %.1f%% of %zu labelled image%s%s\n",
                100.0 * (double)f->top1_wrong / (double)f->labelled,
                100.0 * (double)f->top5_wrong / (double)f->labelled, f->labelled, f->labelled == 1 ? "" : "s",
                alexcl_weights_random(f->weights) ? " (random weights)" : "");
    (void)fflush(stdout);
    if (f->o->quiet) return;
    if (f->finished)
        fprintf(stderr, "%zu image%s in %.2f s, %.1f images/s, after %.2f s of start", f->finished,
                f->finished == 1 ? "" : "s", running, running > 0 ? (double)f->finished / running : 0,
                f->ready - f->start);
    else
        fprintf(stderr, "no image has scores");
    if (f->failed) fprintf(stderr, "; %zu of %zu failed", f->failed, f->images);
    fprintf(stderr, "\ndecode %.2f s of CPU,", f->feed ? feed_seconds(f->feed) : 0.0);
    for (size_t i = 0; i < alexcl_selection_count(f->selection); i++) {
        fprintf(stderr, " device %zu %.2f s", i, t.device[i]);
        if (options_split_images(f->o)) fprintf(stderr, " (%zu image%s)", t.images[i], t.images[i] == 1 ? "" : "s");
        putc(',', stderr);
    }
    fprintf(stderr, " exchange %.3f s%s\n", t.exchange, t.events ? "" : " (a driver reports no times)");
}

static void infer_free(struct infer *f) {
    feed_free(f->feed);
    alexcl_net_free(f->net);
    alexcl_selection_free(f->selection);
    alexcl_weights_free(f->weights);
    npy_writer_free(f->save);
    npy_free(&f->input);
    for (size_t i = 0; f->results && i < f->images; i++) {
        free(f->results[i].path);
        free(f->results[i].error);
        free(f->results[i].top);
        free(f->results[i].p);
    }
    labels_free(f->labels);
    image_list_free(&f->list);
    json_decref(f->document_images);
    free(f->results);
    free(f->filling.in);
    free(f->filling.owner);
    free(f->waiting.in);
    free(f->waiting.owner);
    free(f->out);
    free(f->sum);
    free(f->order);
    free(f->row);
}

int command_infer(const struct options *o, struct alexcl_error *err) {
    struct infer f = {.o = o, .start = monotonic_now()};
    struct alexcl_error late = {0};
    int status = infer_open(&f, err);
    if (status != ALEXCL_OK) goto done;
    if (o->format == FORMAT_CSV) fputs("path,label,rank,index,name,p,error,weights\r\n", stdout);
    if (o->format == FORMAT_TEXT) {
        printf("%s; ", f.model->name);
        report_text(stdout, alexcl_weights_describe(f.weights));
        printf("%s", options_tell_precision(o));
        if (options_split_images(o)) printf("; images split %s", o->split);
        puts(o->reproducible ? "; reproducible" : "");
    }
    infer_progress(&f);
    status = o->input ? infer_array(&f, err) : infer_list(&f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_run_all(&f, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = infer_write_failed_before(&f, f.images, err);
    progress_clear();
    if (status == ALEXCL_OK && interrupt_asked())
        status = fail(err, ALEXCL_E_INTERRUPTED, "interrupted: %zu of %zu images were done", f.finished, f.images);
    if (status != ALEXCL_OK && status != ALEXCL_E_INTERRUPTED && f.images > 1) { /* how far it got */
        size_t length = strlen(err->text);
        snprintf(err->text + length, sizeof err->text - length, "; %zu of %zu images were done", f.finished, f.images);
    }
    infer_emit(&f, &late);
    /* What is done is kept, whatever stopped the rest; with nothing done an older file stays. */
    if (f.save && (status == ALEXCL_OK || f.finished) && npy_writer_commit(f.save, &late) == ALEXCL_OK &&
        o->format == FORMAT_TEXT) {
        report_text(stdout, o->save);
        struct alexcl_shape shape = alexcl_net_output(f.net);
        printf(": %zu x %d", f.next_row, shape.c);
        if (!infer_is_row(shape)) printf(" x %d x %d", shape.h, shape.w);
        printf(" values of %s\n", f.last->name);
    }
    if (o->format == FORMAT_JSON) infer_print_document(&f, status == ALEXCL_OK ? &late : err, &late);
    infer_print_end(&f);
    if (status == ALEXCL_OK && late.status != ALEXCL_OK) {
        *err = late;
        status = late.status;
    }
    if (status == ALEXCL_OK && f.unsaved.status != ALEXCL_OK) {
        *err = f.unsaved;
        status = f.unsaved.status;
    }
    if (status == ALEXCL_OK && f.worst != ALEXCL_OK)
        status = fail(err, f.worst, "%zu of %zu images failed; they are named above", f.failed, f.images);
done:
    infer_free(&f);
    return status;
}
