/* SPDX-License-Identifier: MIT */
/* What `alexcl train` prints: a line of what is trained, a row an epoch, a line at the end; the same in log.txt; and
 * the document. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monotonic.h"
#include "report.h"
#include "resident.h"
#include "status.h"
#include "train.h"

int train_report_begin(struct train_command *t, struct alexcl_error *err) {
    char line[1200], groups[64] = "", val[64] = "";
    int micro = alexcl_train_micro_batch(t->train), status;
    if ((size_t)micro < t->batch) snprintf(groups, sizeof groups, " in groups of %d", micro);
    if (t->val.count) snprintf(val, sizeof val, "; validated on %s", report_count(t->val.count));
    snprintf(line, sizeof line, "%s, recipe %s, seed %llu; batches of %zu%s", t->model->name, t->told.recipe,
             (unsigned long long)alexcl_train_seed(t->train), t->batch, groups);
    TRY(train_run_log(t, line, err));
    snprintf(line, sizeof line, "%s pictures of %zu classes%s", report_count(t->told.images), t->told.classes, val);
    TRY(train_run_log(t, line, err));
    if (t->own.resume) {
        snprintf(line, sizeof line, "goes on behind step %llu, in epoch %llu", (unsigned long long)t->first_step,
                 (unsigned long long)alexcl_train_epochs(t->train) + 1);
        TRY(train_run_log(t, line, err));
    }
    if (t->before) { /* they add up in another order */
        TRY(train_run_log(t, "other devices than before: goes on within rounding, not to the bit", err));
        snprintf(line, sizeof line, "before: %.1150s", t->before);
        TRY(train_run_log(t, line, err));
    }
    TRY(train_run_log(t, "epoch     step  train loss  val loss   top-1   top-5  images/s   wait  seconds", err));
    if (t->o->format == FORMAT_CSV) fputs("epoch,step,train_loss,val_loss,top1_error,top5_error,seconds\r\n", stdout);
done:
    return status;
}

/* A number, or nothing where there is none. */
static const char *report_number(char out[32], const char *format, double value) {
    out[0] = '\0';
    if (isnan(value)) return out;
    if (format[0] == '%')
        snprintf(out, 32, "%.2f%%", 100 * value);
    else
        snprintf(out, 32, "%.4f", value);
    return out;
}

static void report_csv_number(double value, int last) {
    char text[32] = "";
    if (!isnan(value)) snprintf(text, sizeof text, "%.9g", value);
    report_csv(text, last);
}

int train_report_epoch(struct train_command *t, const struct train_epoch_row *row, double images_per_s, double wait,
                       struct alexcl_error *err) {
    char line[200], n[4][32];
    if (t->o->format == FORMAT_CSV) {
        printf("%llu,%llu,", (unsigned long long)row->epoch, (unsigned long long)row->step);
        report_csv_number(row->train_loss, 0);
        report_csv_number(row->val_loss, 0);
        report_csv_number(row->top1_error, 0);
        report_csv_number(row->top5_error, 0);
        report_csv_number(row->seconds, 1);
        int status = report_flush(err);
        if (status != ALEXCL_OK) return status;
    }
    snprintf(line, sizeof line, "%5llu %8llu  %10s  %8s  %6s  %6s  %8.0f  %4.1f%%  %7.1f",
             (unsigned long long)row->epoch, (unsigned long long)row->step, report_number(n[0], "", row->train_loss),
             report_number(n[1], "", row->val_loss), report_number(n[2], "%", row->top1_error),
             report_number(n[3], "%", row->top5_error), images_per_s, 100 * wait, row->seconds);
    return train_run_log(t, line, err);
}

int train_report_crops(struct train_command *t, struct alexcl_error *err) {
    char line[200];
    snprintf(line, sizeof line, "ten crops: val loss %.4f, top-1 error %.2f%%, top-5 error %.2f%%", t->crops.val_loss,
             100 * t->crops.top1_error, 100 * t->crops.top5_error);
    return train_run_log(t, line, err);
}

int train_report_end(struct train_command *t, struct alexcl_error *err) {
    const struct train_epoch_row *best = train_history_best(&t->run.history);
    char line[1200];
    double seconds = monotonic_now() - t->begin;
    int status = ALEXCL_OK;
    snprintf(line, sizeof line, "%s images in %.1f s, %.0f/s; waiting for data was %.1f%% of the steps' time",
             report_count(t->images), seconds, t->stepping > 0 ? (double)t->images / t->stepping : 0,
             t->stepping > 0 ? 100 * train_data_waited(t->feed) / t->stepping : 0);
    TRY(train_run_log(t, line, err));
    if (best) {
        snprintf(line, sizeof line, "best: epoch %llu, top-1 error %.2f%%: %.1000s", (unsigned long long)best->epoch,
                 100 * best->top1_error, train_run_file(&t->run, "best.safetensors"));
        TRY(train_run_log(t, line, err));
    }
    if (t->stopped) {
        snprintf(line, sizeof line, "stopped: %s", t->stopped);
        TRY(train_run_log(t, line, err));
    }
done:
    return status;
}

/* ---- the document -------------------------------------------------------------------------------- */

static json_t *report_real(double value) { return isfinite(value) ? json_real(value) : json_null(); }

/* Every field, numbers as such. */
static json_t *report_recipe(struct train_command *t) {
    const char *field, *meaning;
    json_t *recipe = json_pack("{s:s}", "name", t->told.recipe);
    for (size_t i = 0; alexcl_recipe_field(i, &field, &meaning); i++) {
        const char *value = alexcl_train_recipe(t->train, field);
        char *end = NULL;
        double number = value ? strtod(value, &end) : 0;
        int is_number = value && end != value && *end == '\0';
        if (is_number && !value[strspn(value, "-0123456789")])
            report_set(recipe, field, json_integer((json_int_t)number));
        else
            report_set(recipe, field, is_number ? json_real(number) : report_string(value));
    }
    return recipe;
}

static json_t *report_epochs(const struct train_history *h) {
    json_t *list = json_array();
    for (size_t i = 0; i < h->epoch_count; i++) {
        const struct train_epoch_row *e = &h->epochs[i];
        report_append(list, json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "epoch", (json_int_t)e->epoch, "step",
                                      (json_int_t)e->step, "train_loss", report_real(e->train_loss), "val_loss",
                                      report_real(e->val_loss), "top1_error", report_real(e->top1_error), "top5_error",
                                      report_real(e->top5_error), "seconds", report_real(e->seconds)));
    }
    return list;
}

static json_t *report_devices(const struct alexcl_selection *s) {
    json_t *list = json_array();
    size_t count = alexcl_selection_count(s);
    for (size_t i = 0; i < count; i++)
        report_append(list, json_pack("{s:o, s:o}", "place", report_string(alexcl_selection_target(s, i)->name),
                                      "halves", count == 1 ? json_pack("[i,i]", 0, 1) : json_pack("[i]", (int)i)));
    return list;
}

/* Bytes of all devices, with the host's where they compute in that, as `alexcl plan --train` has them; 0: unknown. */
static uint64_t report_planned(struct train_command *t) {
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .batch = (int)t->batch,
                                          .targets = alexcl_selection_count(t->selection),
                                          .selection = t->selection,
                                          .host_fixed = train_data_memory(t->model, t->batch) + t->program,
                                          .settings = &t->o->settings};
    struct alexcl_plan *plan = NULL;
    struct alexcl_error none = {0};
    uint64_t bytes = 0;
    for (size_t i = 0; i < request.targets; i++) {
        const struct alexcl_device_info *d = alexcl_selection_device(t->selection, i);
        uint64_t memory = d ? d->memory / alexcl_selection_target(t->selection, i)->parts : 0;
        request.memory[i] = t->o->memory && t->o->memory < memory ? t->o->memory : memory;
        if (d) request.max_alloc[i] = d->max_alloc;
    }
    if (alexcl_optimizer_states(alexcl_train_recipe(t->train, "optimizer"), &request.optimizer_states, &none) !=
            ALEXCL_OK ||
        alexcl_plan_make(t->model, &request, &plan, &none) != ALEXCL_OK)
        return 0;
    for (size_t i = 0; i < plan->targets; i++) bytes += plan->memory[i].total;
    if (plan->on_host) bytes = plan->on_host;
    alexcl_plan_free(plan);
    return bytes;
}

static json_t *report_document(struct train_command *t) {
    struct alexcl_train_times times = {.size = sizeof times};
    const struct train_epoch_row *best = train_history_best(&t->run.history);
    (void)alexcl_train_times(t->train, &times, NULL);
    json_t *timing = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "seconds", monotonic_now() - t->begin,
                               "images_per_s", t->stepping > 0 ? (double)t->images / t->stepping : 0.0, "forward",
                               times.forward, "backward", times.backward, "update", times.update, "exchange",
                               times.exchange, "wait_data", train_data_waited(t->feed));
    uint64_t planned = report_planned(t);
    json_t *memory = json_pack("{s:o, s:I}", "planned", planned ? json_integer((json_int_t)planned) : json_null(),
                               "resident", (json_int_t)resident_largest());
    json_t *crops = t->crops.step
                        ? json_pack("{s:o, s:o, s:o}", "val_loss", report_real(t->crops.val_loss), "top1_error",
                                    report_real(t->crops.top1_error), "top5_error", report_real(t->crops.top5_error))
                        : json_null();
    return json_pack(
        "{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "model", t->model->name, "recipe",
        report_recipe(t), "devices", report_devices(t->selection), "seed", (json_int_t)alexcl_train_seed(t->train),
        "steps", (json_int_t)alexcl_train_steps(t->train), "epochs", report_epochs(&t->run.history), "best",
        best ? json_pack("{s:I, s:o}", "epoch", (json_int_t)best->epoch, "top1_error", report_real(best->top1_error))
             : json_null(),
        "ten_crop", crops, "timing", timing, "memory", memory, "stopped", report_string(t->stopped), "checkpoint",
        report_string(train_run_file(&t->run, "last.safetensors")));
}

int train_report_save(struct train_command *t, struct alexcl_error *err) {
    return report_json_save(train_run_file(&t->run, "train.json"), "train", report_document(t), err);
}

int train_report_document(struct train_command *t, struct alexcl_error *err) {
    json_t *document = report_document(t);
    int status;
    if (t->o->format == FORMAT_JSON && document) TRY(report_json("train", json_incref(document), err));
    status = report_json_save(train_run_file(&t->run, "train.json"), "train", document, err);
    document = NULL;
done:
    json_decref(document);
    return status;
}
