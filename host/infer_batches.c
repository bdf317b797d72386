/* SPDX-License-Identifier: MIT */
/* Batches of `alexcl infer`. Crops are copied into the batch being filled; once that is full it waits, announced to
 * the net, while the one before it runs, and the two change places: so one batch is copied to the devices while
 * another is computed. */
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "interrupt.h"
#include "status.h"

static int infer_batches_alloc(const struct infer_batches *b, struct crops *out, struct alexcl_error *err) {
    int status;
    TRY(infer_alloc(&out->in, b->size * b->in_floats, sizeof *out->in, err));
    TRY(infer_alloc(&out->owner, b->size, sizeof *out->owner, err));
done:
    return status;
}

int infer_batches_open(struct infer *f, size_t rows, struct alexcl_error *err) {
    struct infer_batches *b = &f->batches;
    b->size = (size_t)alexcl_net_batch(f->net);
    int status;
    TRY(infer_batches_alloc(b, &b->filling, err));
    if (!b->reference && rows > b->size) TRY(infer_batches_alloc(b, &b->waiting, err));
    TRY(infer_alloc(&b->out, b->size * f->scores.units, sizeof *b->out, err));
done:
    return status;
}

void infer_batches_free(struct infer_batches *b) {
    free(b->filling.in);
    free(b->filling.owner);
    free(b->waiting.in);
    free(b->waiting.owner);
    free(b->out);
}

/* The net counts the images of a batch. */
static void infer_batches_locate(const struct infer *f, size_t image, struct alexcl_error *err) {
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    snprintf(err->text, sizeof err->text, "of the batch that begins with %.1000s: %.3000s", f->results.list[image].path,
             text);
}

/* Runs `count` rows of the batch from `first` on. */
static int infer_batches_run_rows(struct infer *f, const struct crops *b, size_t first, size_t count,
                                  struct alexcl_error *err) {
    struct alexcl_error why = {0};
    int status = alexcl_net_run(f->net, b->in + first * f->batches.in_floats, count,
                                f->batches.out + first * f->scores.units, err);
    if (status == ALEXCL_E_DATA && f->own->keep_going) {
        why = *err;
        *err = (struct alexcl_error){0};
        status = ALEXCL_OK;
    } else if (status == ALEXCL_E_DATA) {
        infer_batches_locate(f, b->owner[first], err);
    }
    for (size_t i = first; i < first + count && status == ALEXCL_OK; i++) {
        const float *out = f->batches.out + i * f->scores.units;
        if (f->results.list[b->owner[i]].done) continue; /* another crop of it failed */
        if (why.status != ALEXCL_OK && infer_scores_not_finite(out, f->scores.units) < f->scores.units) {
            status = infer_scores_fail(f, b->owner[i], &why, err);
            continue;
        }
        status = infer_scores_add(f, b->owner[i], out, err);
    }
    return status;
}

static int infer_batches_run(struct infer *f, struct crops *b, struct alexcl_error *err) {
    if (b->rows == 0) return ALEXCL_OK;
    int status = ALEXCL_OK;
    /* On the reference a batch may take minutes, and gains nothing: a Ctrl-C is heard behind each image. One image
     * cannot be split. */
    size_t step = f->batches.reference && !options_split_images(f->o) ? 1 : b->rows;
    for (size_t first = 0; first < b->rows && status == ALEXCL_OK && (first == 0 || !interrupt_asked()); first += step)
        status = infer_batches_run_rows(f, b, first, step, err);
    b->rows = 0;
    if (status == ALEXCL_OK) status = infer_output_emit(f, err);
    infer_output_progress(f);
    return status;
}

/* Runs the batch that waits, and copies the other to the devices meanwhile. */
static int infer_batches_run_waiting(struct infer *f, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    if (all->waiting.rows && all->filling.rows) alexcl_net_announce(f->net, all->filling.in, all->filling.rows);
    return infer_batches_run(f, &all->waiting, err);
}

int infer_batches_run_all(struct infer *f, struct alexcl_error *err) {
    int status = infer_batches_run_waiting(f, err);
    return status == ALEXCL_OK && !interrupt_asked() ? infer_batches_run(f, &f->batches.filling, err) : status;
}

static int infer_batches_take_full(struct infer *f, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    if (!all->waiting.in) return infer_batches_run(f, &all->filling, err);
    int status = infer_batches_run_waiting(f, err);
    struct crops full = all->filling;
    all->filling = all->waiting;
    all->waiting = full;
    return status;
}

int infer_batches_add(struct infer *f, size_t image, const float *values, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    int status = ALEXCL_OK;
    for (size_t c = 0; c < f->scores.crops && status == ALEXCL_OK; c++) {
        struct crops *b = &all->filling;
        memcpy(b->in + b->rows * all->in_floats, values + c * all->in_floats, all->in_floats * sizeof *values);
        b->owner[b->rows++] = image;
        if (b->rows == all->size) status = infer_batches_take_full(f, err);
    }
    return status;
}
