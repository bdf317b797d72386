/* SPDX-License-Identifier: MIT */
/* `alexcl time`: how long a batch takes, and where that time goes: to layers, halves, exchange between devices, and the
 * host; of several models and batches, one after the other. measure.c does the measuring, time_output.c prints,
 * time_compare.c reads earlier results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "memory.h"
#include "monotonic.h"
#include "array_images.h"
#include "progress.h"
#include "report.h"
#include "resident.h"
#include "roofline.h"
#include "status.h"
#include "timing.h"
#include "trace.h"

enum { BATCH = 16, REPEAT = 10, WARM_UP = 2, REPEATS = 10000, SECONDS = 24 * 60 * 60 };
#define TIME_OPTIMIZER "sgd"

static const struct option_row time_rows[] = {
    {0, "input", "FILE.npy", "an array in place of noise", OPTION_TEXT(struct time_options, input)},
    {0, "reproducible", NULL, "the same bits at every start, for every batch",
     OPTION_FLAG(struct time_options, reproducible)},
    {0, "train", NULL, "steps of training: forward, backward, update", OPTION_FLAG(struct time_options, train)},
    {0, "repeat", "N", "batches to time [10; with --seconds: 10000]",
     OPTION_INT(struct time_options, repeat, 1, REPEATS)},
    {0, "seconds", "N", "time batches until so many are over", OPTION_INT(struct time_options, seconds, 1, SECONDS)},
    {0, "warm-up", "N", "batches before them [2]", OPTION_INT(struct time_options, warm_up, 0, REPEATS)},
    {0, "trace", "FILE.json", "what ran when, as a Chrome trace", OPTION_TEXT(struct time_options, trace)},
    {0, "compare", "FILE.json", "times as fast as in an older document", OPTION_TEXT(struct time_options, compare)},
    {0, "plot", "FILE.svg", "roofline picture of the layers", OPTION_TEXT(struct time_options, plot)},
};
static const struct time_options time_defaults = {.warm_up = WARM_UP};
static const struct option_table time_options = OPTION_TABLE(time_rows, time_defaults);

/* ---- the run -------------------------------------------------------------------------------------- */

/* An array's pictures, or noise: what they show does not change what they take. */
static int time_make_input(struct timing *t, struct alexcl_error *err) {
    const struct alexcl_model *model = t->model;
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    struct array_images file = {.count = 1};
    int status = ALEXCL_OK;
    if (t->own->input) TRY(array_images_open(t->own->input, model, &file, err));
    t->input_count = file.count;
    if (!t->own->input) return measure_noise(model, &t->input, err);
    TRY(memory_alloc(&t->input, file.count, floats * sizeof *t->input, "images", err));
    for (size_t i = 0; i < file.count; i++) array_images_get(&file, i, t->input + i * floats);
done:
    array_images_free(&file);
    return status;
}

static int time_write_plot(const struct timing *t, struct alexcl_error *err) {
    char title[ROOFLINE_TITLE];
    roofline_title(&t->m, t->model->name, title);
    return roofline_write(t->own->plot, &t->m, title, alexcl_selection_why(t->selection), err);
}

/* By the first recipe, but for the batch. */
static int time_open_training(struct timing *t, struct alexcl_error *err) {
    char batch[16];
    const struct alexcl_recipe_value values[] = {{"batch", batch}, {"optimizer", TIME_OPTIMIZER}};
    const struct alexcl_train_options options = {.size = sizeof options,
                                                 .values = values,
                                                 .value_count = sizeof values / sizeof *values,
                                                 .memory = t->o->memory,
                                                 .settings = &t->o->settings};
    snprintf(batch, sizeof batch, "%d", t->batch);
    int status = alexcl_train_open(t->model, alexcl_weights_random(t->weights) ? NULL : t->weights, t->selection,
                                   &options, &t->train, err);
    if (status == ALEXCL_OK) t->net = alexcl_train_net(t->train);
    return status;
}

static int time_open(struct timing *t, struct alexcl_error *err) {
    const struct options *o = t->o;
    const struct time_options *own = t->own;
    int status;
    TRY(time_make_input(t, err));
    TRY(options_weights(o, t->model, NULL, &t->weights, err));
    TRY(options_selection(o, &t->selection, err));
    /* For shapes and work; what fits is the net's to say. */
    uint64_t plenty = UINT64_MAX / 2;
    struct alexcl_plan_request request = {.size = sizeof request,
                                          .batch = t->batch,
                                          .targets = alexcl_selection_count(t->selection),
                                          .memory = {plenty, plenty},
                                          .max_alloc = {plenty, plenty},
                                          .split = o->split,
                                          .settings = &o->settings};
    if (own->train) TRY(alexcl_optimizer_states(TIME_OPTIMIZER, &request.optimizer_states, err));
    t->m.states = request.optimizer_states;
    struct alexcl_net_options options = {.size = sizeof options,
                                         .batch = t->batch,
                                         .memory = o->memory,
                                         .reproducible = own->reproducible,
                                         .split = o->split,
                                         .settings = &o->settings};
    TRY(alexcl_plan_make(t->model, &request, &t->plan, err));
    double start = monotonic_now();
    status = own->train ? time_open_training(t, err)
                        : alexcl_net_open(t->model, t->weights, t->selection, &options, &t->net, err);
    progress_clear();
    t->start_s = monotonic_now() - start;
    struct alexcl_net_times times = {.size = sizeof times};
    if (status == ALEXCL_OK) status = alexcl_net_times(t->net, &times, err);
    if (status == ALEXCL_OK && (own->trace || own->plot) && !times.events)
        status =
            error_set(err, ALEXCL_E_OTHER,
                      "a driver reports no times of its commands: there is nothing for --trace and --plot to show");
done:
    return status;
}

static void time_close(struct timing *t) {
    if (t->net) measure_free(&t->m);
    free(t->input);
    if (t->train)
        alexcl_train_free(t->train);
    else
        alexcl_net_free(t->net);
    alexcl_plan_free(t->plan);
    alexcl_selection_free(t->selection);
    alexcl_weights_free(t->weights);
}

/* ---- all runs ------------------------------------------------------------------------------------- */

/* What is timed: each model with each batch. */
struct time_runs {
    struct options_list models;
    int several, started, name_wide, compared;
    json_t *old; /* the document of --compare, or NULL */
};

/* The run of this model and batch, whose options are `view`. */
static struct timing time_make(const struct options *view) {
    const struct time_options *own = view->own;
    int most = own->repeat ? own->repeat : own->seconds ? REPEATS : REPEAT;
    return (struct timing){.o = view,
                           .own = own,
                           .batch = view->batch ? view->batch : BATCH,
                           .m = {.repeat = most, .seconds = own->seconds, .warm_up = own->warm_up}};
}

static int time_print(const struct timing *t, struct time_runs *all, struct alexcl_error *err) {
    const struct options *o = t->o;
    int first = !all->started;
    all->started = 1;
    if (o->format == FORMAT_JSON && all->several) return report_json_row(time_output_json(t), err);
    if (o->format == FORMAT_JSON) return report_json("time", time_output_json(t), err);
    if (o->format == FORMAT_CSV) {
        if (first) time_output_csv_head(all->several);
        time_output_csv(t, all->several);
    } else if (all->several && !o->verbose) {
        if (first) time_output_row_head(all->name_wide, all->compared);
        time_output_row(t, all->name_wide, all->compared);
        return report_flush(err);
    } else {
        if (!first) putchar('\n');
        time_output_text(t);
    }
    return ALEXCL_OK;
}

static int time_run(const struct options *view, struct time_runs *all, struct alexcl_error *err) {
    struct timing t = time_make(view);
    int status;
    TRY(options_model(view, &t.model, err));
    if (all->old) { /* of several those that are not there are not compared */
        struct alexcl_error missing = {0};
        status = time_compare_find(all->old, &t, &t.old, all->several ? &missing : err);
        if (!all->several) TRY(status);
    }
    resident_restart();
    TRY(time_open(&t, err));
    if (t.train)
        TRY(measure_train(t.train, t.plan, t.input, t.input_count, &t.m, err));
    else
        TRY(measure_run(t.net, t.plan, t.input, t.input_count, &t.m, err));
    machine_read(&t.machine);
    TRY(time_print(&t, all, err));
    if (t.own->trace) TRY(trace_write(t.own->trace, t.net, t.selection, err));
    if (t.own->plot) TRY(time_write_plot(&t, err));
done:
    if (status != ALEXCL_OK && all->several)
        error_prefix(err, "%s, batch %d: ", t.model ? t.model->name : view->model, t.batch);
    time_close(&t);
    return status;
}

/* Calls `each` for the options of every run, in their order, until one fails. */
static int time_each(const struct options *o, struct time_runs *all,
                     int (*each)(const struct options *view, struct time_runs *all, struct alexcl_error *err),
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; i < all->models.count && status == ALEXCL_OK; i++) {
        for (int b = 0; b < o->batches.count || b == 0; b++) {
            struct options view;
            status = options_view(o, all->models.names[i], o->batches.count ? o->batches.list[b] : 0, &view, err);
            if (all->started) view.quiet = 1; /* the devices are told once */
            if (status == ALEXCL_OK) status = each(&view, all, err);
            options_view_free(&view);
            if (status != ALEXCL_OK) break;
        }
    }
    return status;
}

/* Of several runs, before the first is measured: that the model is there, and whether it is compared. */
static int time_look(const struct options *view, struct time_runs *all, struct alexcl_error *err) {
    struct timing t = time_make(view);
    int status = options_model(view, &t.model, err);
    if (status == ALEXCL_OK) all->name_wide = report_column(all->name_wide, t.model->name);
    if (status != ALEXCL_OK || !all->old) return status;
    all->compared += time_compare_find(all->old, &t, &t.old, &(struct alexcl_error){0}) == ALEXCL_OK;
    return ALEXCL_OK;
}

static int command_time(const struct options *o, struct alexcl_error *err) {
    const struct time_options *own = o->own;
    struct time_runs all = {.name_wide = 12};
    int status;
    TRY(options_check_ending("--trace", own->trace, ".json", err));
    TRY(options_check_ending("--plot", own->plot, ".svg", err));
    TRY(options_models(o, "time", &all.models, err));
    all.several = all.models.count > 1 || o->batches.count > 1;
    if (all.several && (own->trace || own->plot || own->input)) {
        status = error_set(err, ALEXCL_E_USAGE, "--trace, --plot and --input are for one model and one batch");
        goto done;
    }
    if (own->compare) TRY(time_compare_open(own->compare, &all.old, err));
    if (all.several) TRY(time_each(o, &all, time_look, err));
    if (all.old && all.several && !all.compared) {
        status = error_set(err, ALEXCL_E_DATA, "%s: has none of these models and batches", own->compare);
        goto done;
    }
    TRY(options_try_file(own->trace, err));
    TRY(options_try_file(own->plot, err));
    if (all.several && o->format == FORMAT_JSON) TRY(report_json_begin("time", json_object(), "runs", err));
    status = time_each(o, &all, time_run, err);
    if (all.several && o->format == FORMAT_JSON) {
        json_t *tail = json_pack("{s:o}", "error", report_string(status == ALEXCL_OK ? NULL : err->text));
        int ended = report_json_end(tail, status == ALEXCL_OK ? err : &(struct alexcl_error){0});
        if (status == ALEXCL_OK) status = ended;
    }
done:
    json_decref(all.old);
    options_list_free(&all.models);
    return status;
}

const struct command time_command = {
    .name = "time",
    .run = command_time,
    .own = &time_options,
    .shared = OPTIONS_RUN_NET | OPTION_BATCHES,
    .arguments = "[MODEL]...",
    .about = "how long a batch takes, by layer, half, exchange and host",
    .details = "Batches are timed from the images in the host's memory to the scores there;\n"
               "layers and copies by the devices' own clocks. The peak is measured as well. The\n"
               "document of --format json is what --compare reads. With --split auto or A:B a\n"
               "half's time is that of both devices together. Several models (`all`: each of\n"
               "`alexcl models`) and batches are a row each, with -v all of it. --train times\n"
               "steps of training (SGD with momentum) on pictures of all classes in turn; in the\n"
               "roofline and in the document dx and dw are the gradients of a layer's input and\n"
               "weights.\n\n"
               "  alexcl time alexnet-caffe --batch 16 --devices 0,1 --trace t.json\n"
               "  alexcl time alexnet alexnet-caffe --batch 1,16 --seconds 10\n"
               "  alexcl time alexnet --train --batch 32 --devices 0,1\n"
               "  alexcl time --batch 1 --format json -o old.json\n"
               "  alexcl time --batch 1 --compare old.json --plot roofline.svg\n\n"
               "chrome://tracing shows the trace: a row each for kernels, copies, host thread.\n",
    .also = " benchmark bench profile ",
};
