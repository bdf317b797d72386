/* SPDX-License-Identifier: MIT */
/* Results of `alexcl infer`: one by one, as soon as they are complete and in the order of the list. As JSON they are in
 * one document that also tells what was run and, behind them, how long it took; of it no more than a row is in
 * memory. */
#include <stdio.h>
#include <stdlib.h>

#include "infer.h"
#include "interrupt.h"
#include "monotonic.h"
#include "printable.h"
#include "progress.h"
#include "report.h"
#include "status.h"

static int infer_output_head(const struct infer *f, struct alexcl_error *err) {
    json_t *head =
        json_pack("{s:s, s:{s:o, s:b, s:s, s:s}, s:o, s:i, s:b, s:b}", "model", f->model->name, "weights", "about",
                  report_string(alexcl_weights_describe(f->weights)), "random", alexcl_weights_random(f->weights),
                  "note", alexcl_weights_random(f->weights) ? "the weights are random: the labels mean nothing" : "",
                  "precision", f->o->precision, "split", report_string(f->o->split ? f->o->split : "half"), "batch",
                  (int)f->batches.size, "ten_crop", f->own->ten_crop, "reproducible", f->own->reproducible);
    return report_json_begin("infer", head, "images", err);
}

int infer_output_begin(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    const struct infer_options *own = f->own;
    if (o->format == FORMAT_JSON) return infer_output_head(f, err);
    if (o->format == FORMAT_CSV) fputs("path,label,rank,index,name,p,error,weights\r\n", stdout);
    if (o->format != FORMAT_TEXT) return ALEXCL_OK;
    printf("%s; ", f->model->name);
    report_text(stdout, alexcl_weights_describe(f->weights));
    printf("%s", options_tell_precision(o));
    if (options_split_images(o)) printf("; images split %s", o->split);
    puts(own->reproducible ? "; reproducible" : "");
    return ALEXCL_OK;
}

static void infer_output_text(const struct infer *f, size_t image, const struct result *r) {
    char number[24];
    report_text(stdout,
                r->error ? r->error : infer_images_name(f, image, number)); /* the error names line and picture */
    if (!r->error && r->has_label) {
        printf("  (");
        report_text(stdout, infer_images_class_name(f, r->label_index, number));
        putchar(')');
    }
    putchar('\n');
    if (r->error) return;
    for (size_t i = 0; i < f->results.top_count; i++) {
        char name[48];
        const char *whole = infer_images_class_name(f, r->top[i], number);
        snprintf(name, sizeof name, "%.*s", printable_cut(whole, sizeof name - 1), whole);
        printf("  %7.4f  %4zu  ", r->p[i], r->top[i]);
        report_text(stdout, name);
        if (r->has_label && r->top[i] == r->label_index)
            printf("  %s<-%s", report_colour(stdout, i ? REPORT_YELLOW : REPORT_GREEN),
                   report_colour(stdout, REPORT_OFF));
        putchar('\n');
    }
}

static void infer_output_csv(const struct infer *f, size_t image, const struct result *r) {
    char text[32], number[24];
    const char *weights = alexcl_weights_random(f->weights) ? "random: labels mean nothing" : "";
    size_t lines = r->error || f->results.top_count == 0 ? 1 : f->results.top_count;
    for (size_t i = 0; i < lines; i++) {
        int scored = !r->error && f->results.top_count;
        report_csv(infer_images_name(f, image, number), 0);
        report_csv(f->own->input ? NULL : f->list.entries[image].label, 0);
        snprintf(text, sizeof text, "%zu", i + 1);
        report_csv(scored ? text : "", 0);
        snprintf(text, sizeof text, "%zu", scored ? r->top[i] : 0);
        report_csv(scored ? text : "", 0);
        report_csv(scored ? infer_images_class_name(f, r->top[i], number) : "", 0);
        snprintf(text, sizeof text, "%.9g", scored ? r->p[i] : 0);
        report_csv(scored ? text : "", 0);
        report_csv(r->error, 0);
        report_csv(weights, 1);
    }
}

static json_t *infer_output_json(const struct infer *f, size_t image, const struct result *r) {
    json_t *top = json_array();
    char number[24];
    for (size_t i = 0; !r->error && i < f->results.top_count; i++)
        report_append(top, json_pack("{s:I, s:o, s:f}", "index", (json_int_t)r->top[i], "name",
                                     report_string(infer_images_class_name(f, r->top[i], number)), "p", r->p[i]));
    json_t *row = json_pack("{s:o, s:o}", "path", report_string(infer_images_name(f, image, number)), "label",
                            report_string(f->own->input ? NULL : f->list.entries[image].label));
    /* what the label means, and whether it was met; null where there is none, or the image failed */
    report_set(row, "label_index", r->has_label ? json_integer((json_int_t)r->label_index) : json_null());
    report_set(row, "label_name",
               report_string(r->has_label ? infer_images_class_name(f, r->label_index, number) : NULL));
    report_set(row, "correct", r->has_label && !r->error ? json_boolean(r->top[0] == r->label_index) : json_null());
    report_set(row, "error", report_string(r->error));
    report_set(row, "top", top);
    return row;
}

void infer_output_progress(const struct infer *f) {
    progress_count("images", f->results.finished + f->results.failed, f->results.count);
}

int infer_output_emit(struct infer *f, struct alexcl_error *err) {
    int status;
    progress_clear();
    for (; f->output.emitted < f->results.count && f->results.list[f->output.emitted].done; f->output.emitted++) {
        struct result *r = &f->results.list[f->output.emitted];
        if (f->o->format == FORMAT_JSON)
            TRY(report_json_row(infer_output_json(f, f->output.emitted, r), err));
        else if (f->o->format == FORMAT_CSV)
            infer_output_csv(f, f->output.emitted, r);
        else if (r->error ? f->own->keep_going
                          : f->results.top_count > 0) /* an error that stops all is told at the end */
            infer_output_text(f, f->output.emitted, r);
        free(r->error);
        free(r->top);
        free(r->p);
        *r = (struct result){.done = 1};
    }
    status = report_flush(err);
done:
    return status;
}

void infer_output_saved(const struct infer *f) {
    if (f->o->format != FORMAT_TEXT) return;
    struct alexcl_shape shape;
    alexcl_net_output(f->net, &shape);
    report_text(stdout, f->own->save);
    printf(": %zu x %d", f->scores.next_row, shape.c);
    if (!infer_scores_is_row(shape)) printf(" x %d x %d", shape.h, shape.w);
    printf(" values of %s\n", f->scores.last->name);
}

static json_t *infer_output_devices_json(const struct infer *f, const struct alexcl_net_times *t) {
    json_t *list = json_array();
    size_t count = alexcl_selection_count(f->selection);
    int both = count == 1 || options_split_images(f->o);
    for (size_t i = 0; i < count; i++) {
        const struct alexcl_target *p = alexcl_selection_target(f->selection, i);
        report_append(list, json_pack("{s:o, s:o, s:I}", "place", report_string(p->name), "halves",
                                      both ? json_pack("[i,i]", 0, 1) : json_pack("[i]", (int)i), "images",
                                      (json_int_t)t->images[i]));
    }
    return list;
}

int infer_output_document(struct infer *f, const struct alexcl_error *why, struct alexcl_error *err) {
    struct alexcl_net_times t = {.size = sizeof t};
    (void)alexcl_net_times(f->net, &t, NULL);
    double now = monotonic_now(), running = now - f->output.ready;
    json_t *summary = json_pack("{s:I, s:I, s:I, s:b}", "images", (json_int_t)f->results.finished, "failed",
                                (json_int_t)f->results.failed, "labelled", (json_int_t)f->results.labelled,
                                "interrupted", (int)interrupt_asked());
    if (f->results.labelled) {
        report_set(summary, "top1_error", json_real((double)f->results.top1_wrong / (double)f->results.labelled));
        report_set(summary, "top5_error", json_real((double)f->results.top5_wrong / (double)f->results.labelled));
    }
    /* images_per_s is of the time behind start_s. */
    json_t *timing = json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:[f,f], s:f, s:f, s:b}", "seconds", now - f->output.start, "start_s",
        f->output.ready - f->output.start, "images_per_s", running > 0 ? (double)f->results.finished / running : 0.0,
        "decode_cpu_s", f->feed ? feed_seconds(f->feed) : 0.0, "run_s", t.wall, "device_s", t.device[0], t.device[1],
        "exchange_s", t.exchange, "build_s", t.build, "device_times_known", t.events);
    return report_json_end(json_pack("{s:o, s:o, s:o, s:o}", "devices", infer_output_devices_json(f, &t), "summary",
                                     summary, "timing", timing, "error",
                                     report_string(why->text[0] ? why->text : NULL)),
                           err);
}

void infer_output_end(const struct infer *f) {
    struct alexcl_net_times t = {.size = sizeof t};
    (void)alexcl_net_times(f->net, &t, NULL);
    double running = monotonic_now() - f->output.ready;
    FILE *to = f->o->format == FORMAT_TEXT ? stdout : f->o->quiet ? NULL : stderr;
    if (to && f->results.labelled)
        fprintf(to, "top-1 error %.1f%%, top-5 error %.1f%% of %zu labelled image%s%s\n",
                100.0 * (double)f->results.top1_wrong / (double)f->results.labelled,
                100.0 * (double)f->results.top5_wrong / (double)f->results.labelled, f->results.labelled,
                f->results.labelled == 1 ? "" : "s", alexcl_weights_random(f->weights) ? " (random weights)" : "");
    (void)fflush(stdout);
    if (f->o->quiet) return;
    if (f->results.finished)
        fprintf(stderr, "%zu image%s in %.2f s, %.1f images/s, after %.2f s of start", f->results.finished,
                f->results.finished == 1 ? "" : "s", running, running > 0 ? (double)f->results.finished / running : 0,
                f->output.ready - f->output.start);
    else
        fprintf(stderr, "no image has scores");
    if (f->results.failed) fprintf(stderr, "; %zu of %zu failed", f->results.failed, f->results.count);
    fprintf(stderr, "\ndecode %.2f s of CPU,", f->feed ? feed_seconds(f->feed) : 0.0);
    for (size_t i = 0; i < alexcl_selection_count(f->selection); i++) {
        fprintf(stderr, " device %zu %.2f s", i, t.device[i]);
        if (options_split_images(f->o)) fprintf(stderr, " (%zu image%s)", t.images[i], t.images[i] == 1 ? "" : "s");
        putc(',', stderr);
    }
    fprintf(stderr, " exchange %.3f s%s\n", t.exchange, t.events ? "" : " (a driver reports no times)");
}
