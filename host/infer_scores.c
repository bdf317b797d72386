/* SPDX-License-Identifier: MIT */
/* Scores of an image: the mean of the last layer's outputs over its crops, summed in double. An RBF output gives
 * distances, which become probabilities; those of far classes all round to 0, so the order of classes comes from a
 * second sum, of the negated distances. --save gets its rows image by image, in the order of the list. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "progress.h"
#include "report.h"
#include "status.h"
#include "topk.h"

int infer_alloc(void *out, size_t count, size_t size, struct alexcl_error *err) {
    void *p = count <= SIZE_MAX / size ? calloc(count ? count : 1, size) : NULL;
    if (!p)
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu x %zu bytes; a smaller --batch may help", count,
                         size);
    memcpy(out, &p, sizeof p);
    return ALEXCL_OK;
}

int infer_scores_is_row(struct alexcl_shape shape) { return shape.h == 1 && shape.w == 1; }

int infer_scores_open(struct infer *f, struct alexcl_error *err) {
    struct infer_scores *s = &f->scores;
    struct alexcl_shape shape;
    alexcl_net_output(f->net, &shape);
    size_t dims[4] = {0, (size_t)shape.c, (size_t)shape.h, (size_t)shape.w};
    int status;
    if (f->own->save) TRY(npy_writer_open(f->own->save, infer_scores_is_row(shape) ? 2 : 4, dims, &s->save, err));
    if (s->save && npy_writer_expect(s->save, f->results.count, err) != ALEXCL_OK) {
        if (!f->own->keep_going) return err->status;
        report_message(NULL, err->text); /* room may be made meanwhile */
        *err = (struct alexcl_error){0};
    }
    TRY(infer_alloc(&s->sum, s->units, sizeof *s->sum, err));
    TRY(infer_alloc(&s->order, s->units, sizeof *s->order, err));
    TRY(infer_alloc(&s->row, s->units, sizeof *s->row, err));
done:
    return status;
}

void infer_scores_free(struct infer_scores *s) {
    npy_writer_free(s->save);
    free(s->sum);
    free(s->order);
    free(s->row);
}

/* Adds a crop's output to its image. Of distances the smallest is the most probable, p = exp(-d) / sum exp(-d). */
static void infer_scores_add_crop(struct infer *f, const float *out) {
    struct infer_scores *s = &f->scores;
    double best = -INFINITY, total = 0;
    if (alexcl_layer_type_output(s->last->type) != ALEXCL_OUTPUT_DISTANCES) {
        for (size_t c = 0; c < s->units; c++) {
            s->sum[c] += (double)out[c];
            s->order[c] += (double)out[c];
        }
        return;
    }
    for (size_t c = 0; c < s->units; c++)
        if (-(double)out[c] > best) best = -(double)out[c];
    for (size_t c = 0; c < s->units; c++) total += exp(-(double)out[c] - best);
    for (size_t c = 0; c < s->units; c++) {
        s->sum[c] += exp(-(double)out[c] - best) / total;
        s->order[c] -= (double)out[c]; /* probabilities of far codes are all 0: distances still tell them apart */
    }
}

/* Adds the row to the file of --save. One that cannot be written whole is given up; with --keep-going the results on
 * stdout go on. */
static int infer_scores_save_row(struct infer *f, struct alexcl_error *err) {
    struct infer_scores *s = &f->scores;
    int status = s->save ? npy_writer_add(s->save, s->row, s->units, err) : ALEXCL_OK;
    if (status == ALEXCL_OK) return ALEXCL_OK;
    npy_writer_free(s->save);
    s->save = NULL;
    if (!f->own->keep_going) return status;
    s->unsaved = *err;
    *err = (struct alexcl_error){0};
    return ALEXCL_OK;
}

static int infer_scores_finish(struct infer *f, size_t image, struct alexcl_error *err) {
    struct infer_scores *s = &f->scores;
    struct result *r = &f->results.list[image];
    int status;
    for (size_t c = 0; c < s->units; c++) s->row[c] = (float)(s->sum[c] / (double)s->crops);
    if (f->results.top_count) {
        TRY(infer_alloc(&r->top, f->results.top_count, sizeof *r->top, err));
        TRY(infer_alloc(&r->p, f->results.top_count, sizeof *r->p, err));
        topk_best(s->order, s->units, r->top, f->results.top_count);
        for (size_t i = 0; i < f->results.top_count; i++) r->p[i] = s->sum[r->top[i]] / (double)s->crops;
        r->has_label = infer_images_class(f, image, &r->label_index);
        if (r->has_label) {
            r->rank = topk_rank(s->order, s->units, r->label_index);
            f->results.labelled++;
            f->results.top1_wrong += r->rank >= 1;
            f->results.top5_wrong += r->rank >= 5;
        }
    }
    status = infer_scores_save_row(f, err);
    r->done = 1;
    f->results.finished++;
    memset(s->sum, 0, s->units * sizeof *s->sum);
    memset(s->order, 0, s->units * sizeof *s->order);
done:
    return status;
}

int infer_scores_fill_failed(struct infer *f, size_t image, struct alexcl_error *err) {
    struct infer_scores *s = &f->scores;
    int status = ALEXCL_OK;
    for (; s->save && s->next_row < image && status == ALEXCL_OK; s->next_row++) {
        for (size_t c = 0; c < s->units; c++) s->row[c] = NAN;
        status = infer_scores_save_row(f, err);
    }
    return status;
}

int infer_scores_add(struct infer *f, size_t image, const float *out, struct alexcl_error *err) {
    struct result *r = &f->results.list[image];
    infer_scores_add_crop(f, out);
    if (++r->crops_done < (int)f->scores.crops) return ALEXCL_OK;
    int status = infer_scores_fill_failed(f, image, err);
    if (status == ALEXCL_OK) status = infer_scores_finish(f, image, err);
    f->scores.next_row++;
    return status;
}

int infer_scores_note_failure(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    struct result *r = &f->results.list[image];
    r->error = strdup(why->text);
    if (!r->error) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: an error's text");
    r->done = 1;
    f->results.failed++;
    f->results.worst = why->status;
    if (f->own->keep_going && !f->o->quiet && f->o->format != FORMAT_TEXT) {
        progress_clear();
        report_message(NULL, why->text);
    }
    return ALEXCL_OK;
}

size_t infer_scores_not_finite(const float *values, size_t count) {
    size_t i = 0;
    while (i < count && isfinite(values[i])) i++;
    return i;
}

int infer_scores_fail(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err) {
    struct infer_scores *s = &f->scores;
    struct alexcl_error own = *why;
    char place[IMAGE_LIST_PLACE] = "image ", number[24];
    if (!f->own->input) image_list_place(&f->list.entries[image], place);
    error_prefix(&own, "%s%s: its scores are not finite numbers; of its batch, ", place,
                 infer_images_name(f, image, number));
    if (s->sum) { /* of its crops that were fine */
        memset(s->sum, 0, s->units * sizeof *s->sum);
        memset(s->order, 0, s->units * sizeof *s->order);
    }
    return infer_scores_note_failure(f, image, &own, err);
}
