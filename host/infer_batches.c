/* SPDX-License-Identifier: MIT */
/* Batches of `alexcl infer`. Crops are copied into the batch being filled; once that is full it is submitted to the net
 * behind the one that runs, which is waited for then, and the two change places: so one batch is filled, and copied to
 * the devices, while another is computed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "interrupt.h"
#include "status.h"

static int infer_batches_alloc(const struct infer *f, struct crops *out, struct alexcl_error *err) {
    const struct infer_batches *b = &f->batches;
    int status;
    TRY(infer_alloc(&out->in, b->size * b->in_floats, sizeof *out->in, err));
    TRY(infer_alloc(&out->out, b->size * f->scores.units, sizeof *out->out, err));
    TRY(infer_alloc(&out->owner, b->size, sizeof *out->owner, err));
done:
    return status;
}

int infer_batches_open(struct infer *f, size_t rows, struct alexcl_error *err) {
    struct infer_batches *b = &f->batches;
    b->size = (size_t)alexcl_net_batch(f->net);
    int status;
    TRY(infer_batches_alloc(f, &b->filling, err));
    if (!b->reference && rows > b->size) TRY(infer_batches_alloc(f, &b->running, err));
done:
    return status;
}

static void infer_batches_free_crops(struct crops *c) {
    free(c->in);
    free(c->out);
    free(c->owner);
}

void infer_batches_free(struct infer_batches *b) {
    infer_batches_free_crops(&b->filling);
    infer_batches_free_crops(&b->running);
}

/* The net counts the images of a batch. */
static void infer_batches_locate(const struct infer *f, size_t image, struct alexcl_error *err) {
    char number[24];
    error_prefix(err, "of the batch that begins with %s: ", infer_images_name(f, image, number));
}

/* The rows of a batch from `first` on have run, with that status: makes scores of them. */
static int infer_batches_take(struct infer *f, const struct crops *b, size_t first, size_t count, int status,
                              struct alexcl_error *err) {
    struct alexcl_error why = {0};
    if (status == ALEXCL_E_DATA && f->own->keep_going) {
        why = *err;
        *err = (struct alexcl_error){0};
        status = ALEXCL_OK;
    } else if (status == ALEXCL_E_DATA) {
        infer_batches_locate(f, b->owner[first], err);
    }
    for (size_t i = first; i < first + count && status == ALEXCL_OK; i++) {
        const float *out = b->out + i * f->scores.units;
        if (f->results.list[b->owner[i]].done) continue; /* another crop of it failed */
        if (why.status != ALEXCL_OK && infer_scores_not_finite(out, f->scores.units) < f->scores.units) {
            status = infer_scores_fail(f, b->owner[i], &why, err);
            continue;
        }
        status = f->take(f, b->owner[i], out, err);
    }
    return status;
}

/* Behind the last row of a batch. */
static int infer_batches_end(struct infer *f, struct crops *b, int status, struct alexcl_error *err) {
    b->rows = 0;
    if (status == ALEXCL_OK) status = f->emit(f, err);
    infer_output_progress(f);
    return status;
}

/* Runs the batch that was filled, here and now. */
static int infer_batches_run(struct infer *f, struct alexcl_error *err) {
    struct crops *b = &f->batches.filling;
    int status = ALEXCL_OK;
    if (b->rows == 0) return ALEXCL_OK;
    /* On the reference a batch may take minutes, and gains nothing: a Ctrl-C is heard behind each image. One image
     * cannot be split. */
    size_t step = f->batches.reference && !options_split_images(f->o) ? 1 : b->rows;
    for (size_t first = 0; first < b->rows && status == ALEXCL_OK && (first == 0 || !interrupt_asked());
         first += step) {
        status =
            alexcl_net_run(f->net, b->in + first * f->batches.in_floats, step, b->out + first * f->scores.units, err);
        status = infer_batches_take(f, b, first, step, status, err);
    }
    return infer_batches_end(f, b, status, err);
}

/* Waits for the batch that runs, if one does. */
static int infer_batches_finish(struct infer *f, struct alexcl_error *err) {
    struct crops *b = &f->batches.running;
    if (b->rows == 0) return ALEXCL_OK;
    int status = alexcl_net_wait(f->net, b->ticket, err);
    status = infer_batches_take(f, b, 0, b->rows, status, err);
    return infer_batches_end(f, b, status, err);
}

/* Submits what was filled, takes what ran before it, and the two change places. */
static int infer_batches_swap(struct infer *f, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    struct crops *b = &all->filling;
    int status = alexcl_net_submit(f->net, b->in, b->rows, b->out, &b->ticket, err);
    if (status == ALEXCL_OK) status = infer_batches_finish(f, err);
    struct crops submitted = all->filling;
    all->filling = all->running;
    all->running = submitted;
    return status;
}

int infer_batches_run_all(struct infer *f, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    int status = ALEXCL_OK;
    if (!all->running.in) return infer_batches_run(f, err);
    if (all->filling.rows && !interrupt_asked()) status = infer_batches_swap(f, err);
    return status == ALEXCL_OK ? infer_batches_finish(f, err) : status;
}

int infer_batches_add(struct infer *f, size_t image, const float *values, struct alexcl_error *err) {
    struct infer_batches *all = &f->batches;
    int status = ALEXCL_OK;
    for (size_t c = 0; c < f->scores.crops && status == ALEXCL_OK; c++) {
        struct crops *b = &all->filling;
        assert(b->rows < all->size);
        memcpy(b->in + b->rows * all->in_floats, values + c * all->in_floats, all->in_floats * sizeof *values);
        b->owner[b->rows++] = image;
        if (b->rows == all->size) status = all->running.in ? infer_batches_swap(f, err) : infer_batches_run(f, err);
    }
    return status;
}
