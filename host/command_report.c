/* SPDX-License-Identifier: MIT */
/* `alexcl report`: machine, model, pictures, time and a training on one page. Pictures go through the net first, then
 * batches of noise are timed on the same net; the page is made in memory and written at the end, whole or not at all.
 * How a picture fared is kept of those alone that are shown: of wrong ones and of others as many as may be. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device_json.h"
#include "files.h"
#include "interrupt.h"
#include "json_text.h"
#include "monotonic.h"
#include "progress.h"
#include "report.h"
#include "report_page.h"
#include "roofline.h"
#include "status.h"
#include "time_table.h"

enum { BATCH = 16, REPEAT = 5, WARM_UP = 1, FILTER_SIDE = 44, MAX_DOCUMENT = 16 << 20 };

struct report_options {
    const char *run, *labels;
    int show;
};
static const struct option_row report_rows[] = {
    {0, "run", "DIR", "a training's folder: curves, recipe, best epoch", OPTION_TEXT(struct report_options, run)},
    {0, "labels", "FILE", "names, one a line or JSON [ImageNet's, for 1000]",
     OPTION_TEXT(struct report_options, labels)},
    {0, "show", "N", "pictures on the page, wrong ones first [50]",
     OPTION_INT(struct report_options, show, 0, PAGE_SHOWN)},
};
static const struct report_options report_defaults = {.show = PAGE_SHOWN};
static const struct option_table report_options = OPTION_TABLE(report_rows, report_defaults);

struct reporting {
    const struct options *o;
    const struct report_options *own;
    struct infer f;
    struct alexcl_plan *plan;
    struct measured m;
    struct machine machine;
    struct page page;
    struct confusion_pair *pairs; /* of the pictures with a label */
    size_t pair_count;
    size_t kept[2][PAGE_SHOWN], kept_count[2]; /* of others, of wrong ones */
};

/* ---- pictures ------------------------------------------------------------------------------------- */

/* Keeps what may be shown, and lets go of the rest. */
static int reporting_emit(struct infer *f, struct alexcl_error *err) {
    struct reporting *r = f->user;
    (void)err;
    progress_clear();
    for (; f->output.emitted < f->results.count && f->results.list[f->output.emitted].done; f->output.emitted++) {
        struct result *image = &f->results.list[f->output.emitted];
        if (image->error) continue; /* which ends it all */
        int wrong = image->has_label && image->rank > 0;
        if (image->has_label) r->pairs[r->pair_count++] = (struct confusion_pair){image->label_index, image->top[0]};
        if (r->kept_count[wrong] < (size_t)r->own->show) {
            r->kept[wrong][r->kept_count[wrong]++] = f->output.emitted;
            continue;
        }
        free(image->top);
        free(image->p);
        image->top = NULL;
        image->p = NULL;
    }
    return ALEXCL_OK;
}

static void reporting_choose(struct reporting *r) {
    struct page *p = &r->page;
    for (int wrong = 1; wrong >= 0; wrong--)
        for (size_t i = 0; i < r->kept_count[wrong] && p->shown_count < (size_t)r->own->show; i++)
            p->shown[p->shown_count++] = r->kept[wrong][i];
}

static int reporting_open_pictures(struct reporting *r, struct alexcl_error *err) {
    struct infer *f = &r->f;
    int status;
    f->scores.last = &f->model->layers[f->model->layer_count - 1];
    f->scores.crops = 1;
    TRY(options_inputs(r->o, 0, r->o->argument_count, 0, &f->list, err));
    f->results.count = f->list.count;
    TRY(infer_images_open_results(f, PAGE_TOP, err));
    TRY(infer_alloc(&r->pairs, f->results.count, sizeof *r->pairs, err));
done:
    return status;
}

static int reporting_run_pictures(struct reporting *r, struct alexcl_error *err) {
    struct infer *f = &r->f;
    int status;
    TRY(infer_begin(f, err));
    TRY(infer_scores_open(f, err));
    TRY(infer_run(f, err));
    TRY(reporting_emit(f, err));
    reporting_choose(r);
    TRY(confusion_count(r->pairs, r->pair_count, f->scores.units, &r->page.confusion, err));
done:
    return status;
}

/* ---- a training ----------------------------------------------------------------------------------- */

#define RUN_WANTED "--run wants the folder of a run of `alexcl train -o`"

static int reporting_read_run(struct reporting *r, struct alexcl_error *err) {
    const char *folder = r->own->run;
    unsigned char *text = NULL;
    size_t length;
    json_error_t problem;
    char path[PATH_MAX];
    int status;
    if (!folder) return ALEXCL_OK;
    if (snprintf(path, sizeof path, "%s/train.json", folder) >= (int)sizeof path)
        return error_set(err, ALEXCL_E_DATA, "the folder's name is too long: %.100s...", folder);
    status = files_read_advised(path, "; " RUN_WANTED, MAX_DOCUMENT, &text, &length, err);
    if (status != ALEXCL_OK) {
        error_prefix(err, "--run %s: ", folder);
        return status;
    }
    TRY(json_text_load((const char *)text, length, 0, path, &r->page.run, &problem, err));
    if (!r->page.run)
        status = error_set(err, ALEXCL_E_DATA, "%s: line %d: %s; " RUN_WANTED, path, problem.line, problem.text);
    else if (!json_is_object(json_object_get(r->page.run, "recipe")))
        status = error_set(err, ALEXCL_E_DATA, "%s: has no recipe; " RUN_WANTED, path);
    TRY(status);
    TRY(train_run_history(folder, &r->page.history, err));
    r->page.run_path = folder;
done:
    free(text);
    return status;
}

/* ---- the net -------------------------------------------------------------------------------------- */

/* Where no pictures have opened it. */
static int reporting_open_net(struct reporting *r, struct alexcl_error *err) {
    struct infer *f = &r->f;
    struct alexcl_net_options options = {.size = sizeof options,
                                         .batch = r->o->batch ? r->o->batch : BATCH,
                                         .memory = r->o->memory,
                                         .split = r->o->split,
                                         .settings = &r->o->settings};
    int status = alexcl_net_open(f->model, f->weights, f->selection, &options, &f->net, err);
    progress_clear();
    return status;
}

/* The plan of a batch of the open net, for shapes and sums. */
static int reporting_plan(struct reporting *r, struct alexcl_error *err) {
    uint64_t plenty = UINT64_MAX / 2;
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .batch = alexcl_net_batch(r->f.net),
                                          .targets = alexcl_selection_count(r->f.selection),
                                          .memory = {plenty, plenty},
                                          .max_alloc = {plenty, plenty},
                                          .split = r->o->split,
                                          .settings = &r->o->settings};
    int status = alexcl_plan_make(r->f.model, &request, &r->plan, err);
    r->page.plan = r->plan;
    return status;
}

static int reporting_measure(struct reporting *r, struct alexcl_error *err) {
    float *noise = NULL;
    int status;
    r->m = (struct measured){.repeat = REPEAT, .warm_up = WARM_UP};
    TRY(measure_noise(r->f.model, &noise, err));
    TRY(measure_run(r->f.net, r->plan, noise, 1, &r->m, err));
    r->page.m = &r->m;
    if (interrupt_asked()) status = error_set(err, ALEXCL_E_INTERRUPTED, "interrupted: no page is written");
done:
    free(noise);
    return status;
}

/* The kernels of the layer that reads the pictures, where it has some that are pictures themselves. */
static int reporting_filters(struct reporting *r, struct alexcl_error *err) {
    struct filters *k = &r->page.filters;
    int found = 0, status = ALEXCL_OK;
    for (size_t i = 0; i < r->plan->layer_count && !found; i++) {
        const struct alexcl_plan_layer *l = &r->plan->layers[i];
        found = l->inputs[0] < 0 && filters_take(r->f.model, l, k);
    }
    if (!found) return ALEXCL_OK;
    int side = k->height > k->width ? k->height : k->width;
    TRY(filters_draw(k, r->f.weights, side < FILTER_SIDE ? FILTER_SIDE / side : 1, err));
done:
    return status;
}

/* ---- the document --------------------------------------------------------------------------------- */

static json_t *reporting_known(const char *text) { return report_string(text[0] ? text : NULL); }

static json_t *reporting_machine(const struct machine *m) {
    return json_pack("{s:o, s:o, s:i, s:o, s:s}", "system", reporting_known(m->system), "processor",
                     reporting_known(m->processor), "cpus", m->cpus, "memory",
                     m->memory ? json_integer((json_int_t)m->memory) : json_null(), "date", m->date);
}

static json_t *reporting_devices(const struct reporting *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < alexcl_selection_count(r->f.selection); i++) {
        const struct alexcl_device_info *d = alexcl_selection_device(r->f.selection, i);
        json_t *halves = r->plan->halves[i] == 3u ? json_pack("[i,i]", 0, 1) : json_pack("[i]", (int)i);
        report_append(list, json_pack("{s:o, s:o, s:o}", "place",
                                      report_string(alexcl_selection_target(r->f.selection, i)->name), "halves", halves,
                                      "device", d ? device_json_make(d) : json_null()));
    }
    return list;
}

static json_t *reporting_model(const struct reporting *r) {
    const struct alexcl_model *m = r->f.model;
    return json_pack(
        "{s:s, s:o, s:[i,i,i], s:I, s:I, s:I, s:{s:o, s:b, s:s}, s:s}", "name", m->name, "about",
        report_string(m->about), "input", m->channels, m->height, m->width, "layers", (json_int_t)r->plan->layer_count,
        "parameters", (json_int_t)r->plan->parameters, "macs", (json_int_t)r->plan->macs, "weights", "about",
        report_string(alexcl_weights_describe(r->f.weights)), "random", alexcl_weights_random(r->f.weights),
        "precision", r->o->precision, "split", r->o->split ? r->o->split : "half");
}

static json_t *reporting_class(const struct reporting *r, size_t class) {
    char number[24];
    return report_string(infer_images_class_name(&r->f, class, number));
}

/* Those that are shown. */
static json_t *reporting_images(const struct reporting *r) {
    json_t *list = json_array();
    char number[24];
    for (size_t i = 0; i < r->page.shown_count; i++) {
        const struct result *image = &r->f.results.list[r->page.shown[i]];
        json_t *top = json_array();
        for (size_t k = 0; k < r->f.results.top_count; k++)
            report_append(top, json_pack("{s:I, s:o, s:f}", "index", (json_int_t)image->top[k], "name",
                                         reporting_class(r, image->top[k]), "p", image->p[k]));
        report_append(list, json_pack("{s:o, s:o, s:o, s:o}", "path",
                                      report_string(infer_images_name(&r->f, r->page.shown[i], number)), "label",
                                      image->has_label ? reporting_class(r, image->label_index) : json_null(), "right",
                                      image->has_label ? json_boolean(image->rank == 0) : json_null(), "top", top));
    }
    return list;
}

static json_t *reporting_confusion(const struct reporting *r) {
    const struct confusion *c = &r->page.confusion;
    json_t *classes = json_array(), *counts = json_array();
    for (size_t i = 0; i < c->size; i++) {
        json_t *row = json_array();
        int own = i < c->classes;
        report_append(classes,
                      json_pack("{s:o, s:o}", "index", own ? json_integer((json_int_t)c->class_of[i]) : json_null(),
                                "name", own ? reporting_class(r, c->class_of[i]) : json_string("all others")));
        for (size_t k = 0; k < c->size; k++) report_append(row, json_integer((json_int_t)c->counts[i][k]));
        report_append(counts, row);
    }
    return json_pack("{s:o, s:o}", "classes", classes, "counts", counts);
}

static json_t *reporting_summary(const struct reporting *r) {
    const struct infer_results *s = &r->f.results;
    double labelled = (double)s->labelled;
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "images", (json_int_t)s->finished, "labelled",
                     (json_int_t)s->labelled, "shown", (json_int_t)r->page.shown_count, "top1_error",
                     s->labelled ? json_real((double)s->top1_wrong / labelled) : json_null(), "top5_error",
                     s->labelled ? json_real((double)s->top5_wrong / labelled) : json_null(), "confusion",
                     s->labelled ? reporting_confusion(r) : json_null());
}

static json_t *reporting_roofline(const struct reporting *r) {
    const struct measured *m = &r->m;
    json_t *points = json_array();
    double peak = measure_peak(m), bytes = measure_peak_bytes(m);
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer_time *l = &m->layers[i];
        if (roofline_intensity(l) > 0 && measure_layer_rate(l) > 0)
            report_append(points, json_pack("{s:s, s:f, s:f}", "layer", l->layer->layer->name, "flop_per_byte",
                                            roofline_intensity(l), "gflops", measure_layer_rate(l) * 1e-9));
    }
    return json_pack("{s:o, s:o, s:o}", "peak_gflops", peak > 0 ? json_real(peak * 1e-9) : json_null(),
                     "peak_read_gbytes_per_s", bytes > 0 ? json_real(bytes * 1e-9) : json_null(), "points", points);
}

static json_t *reporting_timing(const struct measured *m) {
    return json_pack("{s:i, s:i, s:i, s:{s:f, s:f, s:f}, s:f, s:b}", "batch", m->batch, "warm_up", m->warm_up, "repeat",
                     m->repeat, "seconds", "min", m->minimum, "median", m->median, "max", m->maximum, "images_per_s",
                     m->images_per_s, "device_times_known", m->times_known);
}

/* What the page shows of a run; null where its document has nothing. */
static json_t *reporting_run(const struct reporting *r) {
    static const char *const fields[] = {"model", "recipe", "seed", "steps", "best", "stopped"};
    if (!r->page.run) return json_null();
    json_t *run =
        json_pack("{s:o, s:I}", "path", report_string(r->own->run), "epochs", (json_int_t)r->page.history.epoch_count);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        json_t *value = json_object_get(r->page.run, fields[i]);
        report_set(run, fields[i], value ? json_incref(value) : json_null());
    }
    return run;
}

static int reporting_json(const struct reporting *r, struct alexcl_error *err) {
    json_t *layers = json_array();
    for (size_t i = 0; i < r->m.layer_count; i++) report_append(layers, time_table_layer_json(&r->m.layers[i]));
    return report_json("report",
                       json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "machine",
                                 reporting_machine(&r->machine), "devices", reporting_devices(r), "model",
                                 reporting_model(r), "images", reporting_images(r), "summary", reporting_summary(r),
                                 "timing", reporting_timing(&r->m), "layers", layers, "roofline", reporting_roofline(r),
                                 "run", reporting_run(r), "output", report_string(r->o->output)),
                       err);
}

/* ---- the command ---------------------------------------------------------------------------------- */

static int reporting_check(const struct options *o, struct alexcl_error *err) {
    int status;
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl report` wants -o FILE.html");
    if (o->format == FORMAT_CSV)
        return error_set(err, ALEXCL_E_USAGE, "--format csv: a report is text or json: its parts are no one table");
    TRY(options_check_ending("-o", o->output, ".html", err));
    TRY(options_try_file(o->output, err));
done:
    return status;
}

static int reporting_write(const struct reporting *r, struct alexcl_error *err) {
    const struct infer_results *s = &r->f.results;
    struct file *file = NULL;
    char *text = NULL;
    size_t length;
    int status;
    TRY(report_page_make(&r->page, &text, &length, err));
    TRY(file_open(r->o->output, &file, err));
    TRY(file_add(file, text, length, err));
    TRY(file_commit(file, err));
    if (r->o->format == FORMAT_JSON) TRY(reporting_json(r, err));
    if (r->o->format == FORMAT_TEXT) {
        report_text(stdout, r->o->output);
        printf(": %s, %.1f images/s", r->f.model->name, r->m.images_per_s);
        if (r->page.has_pictures) printf(", %zu pictures of %zu", r->page.shown_count, s->finished);
        if (s->labelled)
            printf(", top-1 error %.1f%%, top-5 error %.1f%%", 100.0 * (double)s->top1_wrong / (double)s->labelled,
                   100.0 * (double)s->top5_wrong / (double)s->labelled);
        printf("; %s\n", report_bytes(length));
    }
done:
    file_free(file);
    free(text);
    return status;
}

static int reporting_make(struct reporting *r, struct alexcl_error *err) {
    struct infer *f = &r->f;
    int status;
    TRY(reporting_check(r->o, err));
    TRY(reporting_read_run(r, err));
    TRY(options_model(r->o, &f->model, err));
    r->page.has_pictures = r->o->argument_count > 0;
    if (r->page.has_pictures) TRY(reporting_open_pictures(r, err));
    TRY(options_weights(r->o, f->model, NULL, &f->weights, err));
    TRY(options_selection(r->o, &f->selection, err));
    if (r->page.has_pictures)
        TRY(reporting_run_pictures(r, err));
    else
        TRY(reporting_open_net(r, err));
    TRY(reporting_plan(r, err));
    TRY(reporting_measure(r, err));
    TRY(reporting_filters(r, err));
    machine_read(&r->machine);
    TRY(reporting_write(r, err));
done:
    return status;
}

static int command_report(const struct options *o, struct alexcl_error *err) {
    const struct report_options *own = o->own;
    const struct infer_options options = {.labels = own->labels, .top = PAGE_TOP};
    struct reporting r = {.o = o,
                          .own = own,
                          .f = {.o = o,
                                .own = &options,
                                .take = infer_scores_add,
                                .emit = reporting_emit,
                                .output.start = monotonic_now()}};
    r.f.user = &r;
    r.page.f = &r.f;
    r.page.machine = &r.machine;
    int status = reporting_make(&r, err);
    if (r.page.m) measure_free(&r.m);
    infer_free(&r.f);
    alexcl_plan_free(r.plan);
    filters_free(&r.page.filters);
    train_history_free(&r.page.history);
    json_decref(r.page.run);
    free(r.pairs);
    return status;
}

const struct command report_command = {
    .name = "report",
    .run = command_report,
    .own = &report_options,
    .shared = OPTIONS_RUN_NET | OPTION_TRAINED,
    .makes_output = 1,
    .arguments = "-o FILE.html [INPUT...]",
    .about = "machine, model, pictures, time and training on one page",
    .details = "The page is one file that asks no network for anything: devices, the model and\n"
               "its halves, pictures with their best five classes, right and wrong, where they\n"
               "have labels the confusion matrix, conv1's filters, time per layer, timeline and\n"
               "roofline; with --run curves, recipe and best epoch of a training. All pictures\n"
               "are counted, 50 at most are shown. Without INPUT there are none.\n\n" INPUTS_HELP "\n"
               "  alexcl report -o report.html\n"
               "  alexcl --devices 0,1 report -o report.html batch.txt --weights alexnet.pth\n"
               "  alexcl report -o report.html --run runs/1 --weights runs/1/best.safetensors\n",
    .also = " html page dashboard ",
};
