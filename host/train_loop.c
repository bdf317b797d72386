/* SPDX-License-Identifier: MIT */
/* Steps and epochs. Where a run stands is told by steps and epochs that were done alone, so that it goes on from any
 * step: an epoch whose steps are all done is validated and ends; then, and where --save-every says so, there is a
 * checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "interrupt.h"
#include "monotonic.h"
#include "progress.h"
#include "report.h"
#include "status.h"
#include "train.h"

enum { BAR = 8 };
#define OFTEN 0.1 /* seconds between two drawings of the line */

/* "epoch 2 of 10 [###-----] loss 0.4321, 2310/s: 201 of 469, 21 s, about 30 s left" */
static void loop_progress(const struct train_command *t, uint64_t done, double loss, double rate) {
    static double drawn;
    char bar[BAR + 1], of[32] = "";
    double now = monotonic_now();
    if (now < drawn + OFTEN && done > 1) return;
    drawn = now;
    for (uint64_t i = 0; i < BAR; i++) bar[i] = i * t->epoch_steps < done * BAR ? '#' : '-';
    bar[BAR] = '\0';
    if (t->epochs) snprintf(of, sizeof of, "/%llu", (unsigned long long)t->epochs);
    progress_count("training", done, t->epoch_steps);
    progress_show("epoch %llu%s [%s] loss %.3f %.0f/s", (unsigned long long)alexcl_train_epochs(t->train) + 1, of, bar,
                  loss, rate);
}

/* The epoch's seconds up to now. */
static void loop_clock(struct train_command *t) {
    double now = monotonic_now();
    t->epoch.seconds += now - t->epoch.start;
    t->epoch.start = now;
}

/* A loss that is no number: what is left. */
static int loop_not_a_number(struct train_command *t, struct alexcl_error *err) {
    size_t length = strlen(err->text);
    t->stopped = "nan";
    snprintf(err->text + length, sizeof err->text - length,
             "; the last good checkpoint is %s, of step %llu: a smaller --lr may help",
             train_run_file(&t->run, "last.safetensors"), (unsigned long long)t->saved_step);
    return err->status;
}

static int loop_step(struct train_command *t, struct alexcl_error *err) {
    struct train_data_batch b;
    struct alexcl_train_result result = {.size = sizeof result};
    double start = monotonic_now(), waited = train_data_waited(t->feed);
    int status;
    TRY(train_data_next(t->feed, &b, err));
    status = alexcl_train_step(t->train, &(struct alexcl_train_batch){b.images, b.labels, b.count}, &result, err);
    if (status == ALEXCL_E_DATA && err->layer[0]) return loop_not_a_number(t, err);
    TRY(status);
    double seconds = monotonic_now() - start;
    t->stepping += seconds;
    t->images += b.count;
    t->epoch.images += b.count;
    t->epoch.stepped += b.count;
    t->epoch.stepping += seconds;
    t->epoch.waited += train_data_waited(t->feed) - waited;
    t->epoch.loss += result.loss * (double)b.count;
    struct train_step_row row = {.step = alexcl_train_steps(t->train),
                                 .epoch = alexcl_train_epochs(t->train) + 1,
                                 .loss = result.loss,
                                 .rate = result.rate,
                                 .images_per_s = seconds > 0 ? (double)b.count / seconds : 0,
                                 .wait = train_data_waited(t->feed) - waited};
    TRY(train_run_step(&t->run, &row, err));
    loop_progress(t, row.step - (row.epoch - 1) * t->epoch_steps, result.loss,
                  t->stepping > 0 ? (double)t->images / t->stepping : 0);
done:
    return status;
}

static void loop_damaged(void *user, const char *text) {
    struct train_command *t = user;
    struct alexcl_error ignored = {0};
    char line[1000];
    progress_clear();
    report_message("warning", text);
    snprintf(line, sizeof line, "left out: %.900s", text);
    (void)record_add(t->run.log, line, &ignored);
    (void)record_add(t->run.log, "\n", &ignored);
}

/* Loss and errors over all of --val, in batches that are as large with ten crops a picture. */
static int loop_validate(struct train_command *t, int ten_crop, struct train_epoch_row *row, struct alexcl_error *err) {
    size_t crops = ten_crop ? PREPARE_CROPS : 1, batch = t->batch > crops ? t->batch / crops : 1;
    struct train_data_options o = {.model = t->model,
                                   .batch = batch,
                                   .test = 1,
                                   .ten_crop = ten_crop,
                                   .end = train_data_steps(t->val.count, batch),
                                   .keep_going = t->told.keep_going,
                                   .damaged = loop_damaged,
                                   .user = t,
                                   .told = t->val_told};
    struct train_data *feed = NULL;
    double loss = 0, images = 0, top1 = 0, top5 = 0;
    int status;
    TRY(train_data_open(&t->val, &o, &feed, err));
    for (uint64_t i = 0; i < o.end; i++) {
        struct train_data_batch b;
        struct alexcl_train_result result = {.size = sizeof result};
        progress_count(ten_crop ? "ten crops" : "validating", (size_t)i, (size_t)o.end);
        if (interrupt_asked()) {
            status = ALEXCL_E_INTERRUPTED;
            goto done;
        }
        TRY(train_data_next(feed, &b, err));
        if (b.count == 0) continue;
        const struct alexcl_train_batch pictures = {b.images, b.labels, b.count};
        TRY(ten_crop ? alexcl_train_evaluate_views(t->train, &pictures, crops, &result, err)
                     : alexcl_train_evaluate(t->train, &pictures, &result, err));
        loss += result.loss * (double)b.count;
        images += (double)b.count;
        top1 += (double)result.top1_wrong;
        top5 += (double)result.top5_wrong;
    }
    if (images == 0) { /* of all the reason was told */
        status = error_set(err, ALEXCL_E_DATA, "%s: no picture to validate on can be read", t->told.val);
        goto done;
    }
    row->val_loss = loss / images;
    row->top1_error = top1 / images;
    row->top5_error = top5 / images;
done:
    train_data_free(feed);
    return status;
}

/* The epoch's row; `whole`: its steps are all done, and it ends. */
static int loop_end_epoch(struct train_command *t, int whole, struct alexcl_error *err) {
    struct train_epoch_row row = {.epoch = alexcl_train_epochs(t->train) + 1,
                                  .step = alexcl_train_steps(t->train),
                                  .train_loss = t->epoch.images ? t->epoch.loss / (double)t->epoch.images : NAN,
                                  .val_loss = NAN,
                                  .top1_error = NAN,
                                  .top5_error = NAN};
    int status = ALEXCL_OK;
    loop_clock(t);
    double rate = t->epoch.stepping > 0 ? (double)t->epoch.stepped / t->epoch.stepping : 0;
    double wait = t->epoch.stepping > 0 ? t->epoch.waited / t->epoch.stepping : 0;
    if (t->val.count) TRY(loop_validate(t, 0, &row, err));
    if (whole) TRY(alexcl_train_end_epoch(t->train, row.top1_error, err));
    loop_clock(t);
    row.seconds = t->epoch.seconds;
    TRY(train_run_epoch(&t->run, &row, err));
    progress_clear();
    TRY(train_report_epoch(t, &row, rate, wait, err));
    TRY(train_run_draw(t, err));
    if (whole) t->epoch = (struct train_epoch){.start = t->epoch.start};
    const struct train_epoch_row *best = train_history_best(&t->run.history);
    if (best && best->epoch == row.epoch) TRY(train_run_save_best(t, err));
    if (whole && !t->told.save_every) TRY(train_run_save(t, err));
    TRY(train_report_save(t, err));
done:
    return status;
}

static int loop_at_end(const struct train_command *t) {
    return (t->epochs && alexcl_train_epochs(t->train) >= t->epochs) ||
           (t->steps && alexcl_train_steps(t->train) >= t->steps);
}

static int loop_go(struct train_command *t, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    uint64_t within = 0;
    while (!interrupt_asked()) {
        within = alexcl_train_steps(t->train) - alexcl_train_epochs(t->train) * t->epoch_steps;
        if (within >= t->epoch_steps) {
            TRY(loop_end_epoch(t, 1, err));
            continue;
        }
        if (loop_at_end(t)) {
            if (within && t->images) TRY(loop_end_epoch(t, 0, err));
            break;
        }
        TRY(loop_step(t, err));
        loop_clock(t);
        if (t->told.save_every && alexcl_train_steps(t->train) % t->told.save_every == 0) TRY(train_run_save(t, err));
    }
done:
    return status;
}

/* The last weights are kept before they are looked at closely, which may be interrupted. */
static int loop_end(struct train_command *t, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    if (t->saved_step != alexcl_train_steps(t->train)) TRY(train_run_save_last(t, err));
    if (t->told.ten_crop) {
        TRY(loop_validate(t, 1, &t->crops, err));
        t->crops.step = alexcl_train_steps(t->train);
        progress_clear();
        TRY(train_report_crops(t, err));
    }
done:
    return status;
}

int train_loop_run(struct train_command *t, struct alexcl_error *err) {
    struct train_data_options o = {.model = t->model,
                                   .count = t->told.images,
                                   .batch = t->batch,
                                   .seed = alexcl_train_seed(t->train),
                                   .crop = strcmp(alexcl_train_recipe(t->train, "crop"), "yes") == 0,
                                   .mirror = strcmp(alexcl_train_recipe(t->train, "mirror"), "yes") == 0,
                                   .pca = &t->colours.pca,
                                   .first = alexcl_train_steps(t->train),
                                   .keep_going = t->told.keep_going,
                                   .damaged = loop_damaged,
                                   .user = t};
    int status;
    if (t->model->channels == 3) o.colour = strtod(alexcl_train_recipe(t->train, "colour"), NULL);
    o.by = strcmp(alexcl_train_recipe(t->train, "colour-by"), "deviations") == 0 ? AUGMENT_DEVIATIONS
                                                                                 : AUGMENT_EIGENVALUES;
    TRY(train_data_open(&t->data, &o, &t->feed, err));
    interrupt_defer(); /* from here on there is something to keep */
    t->begin = t->epoch.start = monotonic_now();
    status = loop_go(t, err);
    if (status == ALEXCL_OK && !interrupt_asked()) status = loop_end(t, err);
    progress_clear();
    if (interrupt_asked() && (status == ALEXCL_OK || status == ALEXCL_E_INTERRUPTED)) {
        t->stopped = "interrupted";
        loop_clock(t);
        TRY(train_run_save_last(t, err));
        status = error_set(err, ALEXCL_E_INTERRUPTED,
                           "interrupted: step %llu is kept in %s; `alexcl train --resume %s` goes on",
                           (unsigned long long)t->saved_step, train_run_file(&t->run, "last.safetensors"), t->run.path);
    }
done:
    return status;
}
