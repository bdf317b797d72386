/* SPDX-License-Identifier: MIT */
/* `alexcl time`: how long a batch takes, and where that time goes: to layers, halves, exchange between devices, and the
 * host. Prints the table, compares it with an earlier result, draws the roofline; measure.c does the measuring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "memory.h"
#include "monotonic.h"
#include "array_images.h"
#include "progress.h"
#include "report.h"
#include "roofline.h"
#include "status.h"
#include "time_table.h"
#include "trace.h"

enum { BATCH = 16, REPEAT = 10, WARM_UP = 2, REPEATS = 10000 };
#define TIME_OPTIMIZER "sgd"

struct time_options {
    int repeat, warm_up, reproducible, train;
    const char *input, *trace, *compare, *plot;
};

static const struct option_row time_rows[] = {
    {0, "input", "FILE.npy", "an array in place of noise", OPTION_TEXT(struct time_options, input)},
    {0, "reproducible", NULL, "the same bits at every start, for every batch",
     OPTION_FLAG(struct time_options, reproducible)},
    {0, "train", NULL, "steps of training: forward, backward, update", OPTION_FLAG(struct time_options, train)},
    {0, "repeat", "N", "batches to time [10]", OPTION_INT(struct time_options, repeat, 1, REPEATS)},
    {0, "warm-up", "N", "batches before them [2]", OPTION_INT(struct time_options, warm_up, 0, REPEATS)},
    {0, "trace", "FILE.json", "what ran when, as a Chrome trace", OPTION_TEXT(struct time_options, trace)},
    {0, "compare", "FILE.json", "times as fast as in an older document", OPTION_TEXT(struct time_options, compare)},
    {0, "plot", "FILE.svg", "roofline picture of the layers", OPTION_TEXT(struct time_options, plot)},
};
static const struct time_options time_defaults = {.repeat = REPEAT, .warm_up = WARM_UP};
static const struct option_table time_options = OPTION_TABLE(time_rows, time_defaults);

struct timing {
    const struct options *o;
    const struct time_options *own;
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_plan *plan;
    struct alexcl_net *net;
    struct alexcl_train *train; /* which has the net then; NULL: it runs forward */
    float *input;               /* images */
    size_t input_count;
    int batch;   /* images wanted at once */
    json_t *old; /* document of --compare, or NULL */
    double start_s;
    struct measured m;
};

/* Seconds of a batch and images a second: what is beyond was not measured. */
static const double TIME_MIN = 1e-9, TIME_MAX = 1e12;

/* ---- --compare ------------------------------------------------------------------------------------ */

/* A number that a document may have there: jansson takes any for a double, and the low bits of one that is too large
 * for an int. */
static int time_check_old(const char *path, const char *name, double value, double min, struct alexcl_error *err) {
    if (value >= min && value <= TIME_MAX) return ALEXCL_OK;
    return error_set(
        err, ALEXCL_E_DATA,
        "%s: \"%.100s\" is %g where %g to %g can be; --compare wants a document of `alexcl time --format json`", path,
        name, value, min, TIME_MAX);
}

/* Seconds of both halves of a row of "layers"; 1: it has them, of a pass of layer *name. */
static int time_old_row(json_t *row, const char **name, const char **pass, double seconds[2]) {
    *pass = measure_work_name(ALEXCL_WORK_LAYER); /* documents of before there were others */
    return json_unpack(row, "{s:s, s?s, s:[F,F]}", "name", name, "pass", pass, "seconds", &seconds[0], &seconds[1]) ==
           0;
}

static int time_read_old(struct timing *t, struct alexcl_error *err) {
    json_error_t why;
    const char *path = t->own->compare, *model = NULL, *layer = NULL, *pass;
    int train = 0;
    json_int_t batch = 0;
    double median = 0, rate = 0, seconds[2];
    json_t *layers = NULL, *row;
    size_t i;
    t->old = json_load_file(path, 0, &why);
    if (!t->old)
        return why.line > 0 ? error_set(err, ALEXCL_E_DATA,
                                        "%s: line %d: %s; --compare wants a document of `alexcl time --format json`",
                                        path, why.line, why.text)
                            : error_set(err, ALEXCL_E_DATA, "%s: %s", path, why.text);
    if (json_unpack(t->old, "{s:s, s:I, s:F, s:{s:F}, s:o, s?b}", "model", &model, "batch", &batch, "images_per_s",
                    &rate, "seconds", "median", &median, "layers", &layers, "train", &train) != 0 ||
        !json_is_array(layers))
        return error_set(err, ALEXCL_E_DATA, "%s: --compare wants a document of `alexcl time --format json`", path);
    if (strcmp(model, t->model->name) != 0 || batch != t->batch)
        return error_set(err, ALEXCL_E_DATA, "%s: is of %s, batch %lld; this is %s, batch %d", path, model,
                         (long long)batch, t->model->name, t->batch);
    if (train != t->own->train)
        return error_set(err, ALEXCL_E_DATA, "%s: is %s training; --train goes with both or with none", path,
                         train ? "of" : "not of");
    int status;
    TRY(time_check_old(path, "images_per_s", rate, TIME_MIN, err));
    TRY(time_check_old(path, "median", median, TIME_MIN, err));
    json_array_foreach(layers, i, row) {
        for (int h = 0; h < 2 && time_old_row(row, &layer, &pass, seconds); h++)
            TRY(time_check_old(path, layer, seconds[h], 0, err));
    }
done:
    return status;
}

/* Seconds that both halves of a layer took then, 0 where it is not known. */
static double time_old_layer(const struct timing *t, const struct layer_time *l) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(t->old, "layers"), i, row) {
        const char *layer = NULL, *pass;
        double seconds[2];
        if (time_old_row(row, &layer, &pass, seconds) && strcmp(layer, l->layer->layer->name) == 0 &&
            strcmp(pass, measure_work_name(l->work)) == 0)
            return seconds[0] + seconds[1];
    }
    return 0;
}

/* Times as fast as then; 0 where that is not known. */
static double time_layer_ratio(const struct timing *t, const struct layer_time *l) {
    double now = l->seconds[0] + l->seconds[1], then = t->old ? time_old_layer(t, l) : 0;
    return now > 0 ? then / now : 0;
}

static double time_ratio(const struct timing *t) {
    return t->old ? json_number_value(json_object_get(json_object_get(t->old, "seconds"), "median")) / t->m.median : 0;
}

/* ---- what comes out ------------------------------------------------------------------------------- */

static void time_cell(char out[16], double value, const char *format) {
    if (value > 0)
        snprintf(out, 16, format, value);
    else
        snprintf(out, 16, "-");
}

static void time_row(const struct timing *t, int name_wide, const char *name, const double seconds[2], double all,
                     double rate, double ratio) {
    char cell[6][16];
    double peak = measure_peak(&t->m);
    for (int h = 0; h < 2; h++) time_cell(cell[h], seconds[h] * 1e3, "%.3f");
    time_cell(cell[2], all > 0 ? (seconds[0] + seconds[1]) / all * 100 : 0, "%.1f%%");
    time_cell(cell[3], rate * 1e-9, "%.1f");
    time_cell(cell[4], peak > 0 ? rate / peak * 100 : 0, "%.0f%%");
    time_cell(cell[5], ratio, "%.2fx");
    printf("%-*s %10s %10s %8s %9s %8s", name_wide, name, cell[0], cell[1], cell[2], cell[3], cell[4]);
    printf(t->old ? " %8s\n" : "\n", cell[5]);
}

static void time_layers_text(const struct timing *t) {
    const struct measured *m = &t->m;
    double sums[2] = {0}, targets[2] = {0}, then = 0;
    int name_wide = 12;
    for (size_t i = 0; i < m->layer_count; i++) {
        for (int h = 0; h < 2; h++) {
            sums[h] += m->layers[i].seconds[h];
            targets[h] += m->layers[i].target[h];
        }
        if (t->old) then += time_old_layer(t, &m->layers[i]);
        name_wide = report_column(name_wide, m->layers[i].layer->layer->name);
    }
    printf("\n%-*s %10s %10s %8s %9s %8s", name_wide, "layer", "half 0, ms", "half 1, ms", "of all", "GFLOP/s",
           "of peak");
    printf(t->old ? " %8s\n" : "\n", "speed-up");
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer_time *l = &m->layers[i];
        time_row(t, name_wide, l->layer->layer->name, l->seconds, sums[0] + sums[1], measure_layer_rate(l),
                 time_layer_ratio(t, l));
    }
    struct layer_time all = {.target = {targets[0], targets[1]}, .flops = {m->flops, 0}};
    time_row(t, name_wide, "all layers", sums, sums[0] + sums[1], measure_layer_rate(&all),
             sums[0] + sums[1] > 0 ? then / (sums[0] + sums[1]) : 0);
    if (measure_beats_peak(m))
        printf("\nOver 100%% of the peak: a convolution's operations are counted as if it were\n"
               "computed directly; Winograd's filtering does it with fewer.\n");
}

/* Where the parameters come from. */
static const char *time_weights(const struct timing *t) {
    return t->own->train && alexcl_weights_random(t->weights) ? "the recipe's first parameters"
                                                              : alexcl_weights_describe(t->weights);
}

static void time_text(const struct timing *t) {
    const struct measured *m = &t->m;
    double peak = measure_peak(m), rate = m->flops / m->median;
    printf("%s, batch %d: %d %s after %d\n%s%s%s\n", t->model->name, m->batch, m->repeat,
           m->training ? "steps of training" : "batches", m->warm_up, time_weights(t), options_tell_precision(t->o),
           t->own->reproducible ? "; reproducible" : "");
    if (m->chunk < m->batch)
        printf("a batch does not fit: it is run in %s of %d\n", m->training ? "equal groups" : "chunks", m->chunk);
    if (options_split_images(t->o))
        printf("images split %s: %.1f and %.1f of a batch\n", t->o->split, m->target[0].images, m->target[1].images);
    printf("\n%-12s %10s %12s\n", m->training ? "a step" : "a batch", "ms", "images/s");
    const double walls[] = {m->minimum, m->median, m->maximum};
    static const char *const names[] = {"fastest", "median", "slowest"};
    for (int i = 0; i < 3; i++) printf("%-12s %10.3f %12.1f\n", names[i], walls[i] * 1e3, m->batch / walls[i]);
    printf("\n%.1f GFLOP/s (2 x %s multiply-adds an image)", rate * 1e-9,
           report_count((uint64_t)(m->flops / 2 / m->batch + 0.5)));
    if (peak > 0) printf(", %.0f%% of the peak", rate / peak * 100);
    printf("\n");
    for (size_t p = 0; p < m->targets && m->peak.flops[p] > 0; p++)
        printf("device %zu: peak %.1f GFLOP/s by fma, %.1f GB/s read from memory\n", p, m->peak.flops[p] * 1e-9,
               m->peak.bytes[p] * 1e-9);
    if (t->old) printf("%.2f times as fast as in %s\n", time_ratio(t), t->own->compare);
    if (m->times_known) {
        if (m->training)
            time_table_training(m);
        else
            time_layers_text(t);
        time_table_targets(m);
    } else {
        printf("\nA driver reports no times of its commands: what a layer takes is not known.\n");
    }
}

static json_t *time_layers_json(const struct timing *t) {
    json_t *layers = json_array();
    for (size_t i = 0; i < t->m.layer_count; i++) {
        const struct layer_time *l = &t->m.layers[i];
        json_t *row = time_table_layer_json(l);
        if (t->old)
            report_set(row, "speedup", time_layer_ratio(t, l) > 0 ? json_real(time_layer_ratio(t, l)) : json_null());
        report_append(layers, row);
    }
    return layers;
}

static int time_json(const struct timing *t, struct alexcl_error *err) {
    const struct measured *m = &t->m;
    json_t *walls = json_array(), *devices = json_array();
    double peak = measure_peak(m), rate = m->flops / m->median;
    for (int i = 0; i < m->repeat; i++) report_append(walls, json_real(m->walls[i]));
    for (size_t p = 0; p < m->targets; p++) {
        const struct target_time *s = &m->target[p];
        json_t *halves = t->plan->halves[p] == 3u ? json_pack("[i,i]", 0, 1) : json_pack("[i]", (int)p);
        json_t *row = json_pack("{s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "place",
                                report_string(alexcl_selection_target(t->selection, p)->name), "halves", halves,
                                "images", s->images, "layers_s", s->layers, "joins_s", s->joins, "exchange_s",
                                s->exchange, "transfer_s", s->transfer, "wait_s", s->wait, "idle_s", s->idle);
        report_set(row, "peak_gflops", m->peak.flops[p] > 0 ? json_real(m->peak.flops[p] * 1e-9) : json_null());
        report_set(row, "peak_read_gbytes_per_s",
                   m->peak.bytes[p] > 0 ? json_real(m->peak.bytes[p] * 1e-9) : json_null());
        if (m->training) {
            report_set(row, "backward_s", json_real(s->backward));
            report_set(row, "update_s", json_real(s->update));
        }
        report_append(devices, row);
    }
    json_t *document = json_pack(
        "{s:s, s:b, s:i, s:i, s:{s:o, s:b, s:s}, s:b, s:o, s:i, s:i, s:{s:f, s:f, s:f, s:o}, s:f, s:f, s:f, s:b, s:o, "
        "s:o}",
        "model", t->model->name, "train", m->training, "batch", m->batch, "chunk", m->chunk, "weights", "about",
        report_string(time_weights(t)), "random", alexcl_weights_random(t->weights), "precision", t->o->precision,
        "reproducible", t->own->reproducible, "split", report_string(t->o->split ? t->o->split : "half"), "warm_up",
        m->warm_up, "repeat", m->repeat, "seconds", "min", m->minimum, "median", m->median, "max", m->maximum, "sorted",
        walls, "images_per_s", m->images_per_s, "gflops", rate * 1e-9, "start_s", t->start_s, "device_times_known",
        m->times_known, "devices", devices, "layers", time_layers_json(t));
    report_set(document, "crossed_bytes", json_real(m->crossed));
    report_set(document, "share_of_peak", peak > 0 ? json_real(rate / peak) : json_null());
    if (t->old)
        report_set(document, "compare",
                   json_pack("{s:o, s:f}", "path", report_string(t->own->compare), "speedup", time_ratio(t)));
    return report_json("time", document, err);
}

static void time_csv(const struct timing *t) {
    fputs("layer,type,half,seconds,flops,bytes,commands,pass\r\n", stdout);
    for (size_t i = 0; i < t->m.layer_count; i++) {
        const struct layer_time *l = &t->m.layers[i];
        for (int h = 0; h < 2; h++) {
            report_csv(l->layer->layer->name, 0);
            report_csv(alexcl_layer_type_name(l->layer->layer->type), 0);
            printf("%d,%.9g,%.0f,%.0f,%d,%s\r\n", h, l->seconds[h], l->flops[h], l->bytes[h], l->commands[h],
                   measure_work_name(l->work));
        }
    }
}

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
    TRY(options_check_ending("--trace", own->trace, ".json", err));
    TRY(options_check_ending("--plot", own->plot, ".svg", err));
    TRY(options_model_argument(o, "time", &t->model, err));
    TRY(options_try_file(own->trace, err));
    TRY(options_try_file(own->plot, err));
    if (own->compare) TRY(time_read_old(t, err));
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

static int command_time(const struct options *o, struct alexcl_error *err) {
    const struct time_options *own = o->own;
    struct timing t = {.o = o,
                       .own = own,
                       .batch = o->batch ? o->batch : BATCH,
                       .m = {.repeat = own->repeat, .warm_up = own->warm_up}};
    int status;
    TRY(time_open(&t, err));
    if (t.train)
        TRY(measure_train(t.train, t.plan, t.input, t.input_count, &t.m, err));
    else
        TRY(measure_run(t.net, t.plan, t.input, t.input_count, &t.m, err));
    if (o->format == FORMAT_JSON) TRY(time_json(&t, err));
    if (o->format == FORMAT_CSV) time_csv(&t);
    if (o->format == FORMAT_TEXT) time_text(&t);
    if (own->trace) TRY(trace_write(own->trace, t.net, t.selection, err));
    if (own->plot) TRY(time_write_plot(&t, err));
done:
    if (t.net) measure_free(&t.m);
    json_decref(t.old);
    free(t.input);
    if (t.train)
        alexcl_train_free(t.train);
    else
        alexcl_net_free(t.net);
    alexcl_plan_free(t.plan);
    alexcl_selection_free(t.selection);
    alexcl_weights_free(t.weights);
    return status;
}

const struct command time_command = {
    .name = "time",
    .run = command_time,
    .own = &time_options,
    .shared = OPTIONS_RUN_NET,
    .arguments = "[MODEL]",
    .about = "how long a batch takes, by layer, half, exchange and host",
    .details = "Batches are timed from the images in the host's memory to the scores there;\n"
               "layers and copies by the devices' own clocks. The peak is measured as well. The\n"
               "document of --format json is what --compare reads. With --split auto or A:B a\n"
               "half's time is that of both devices together. --train times steps of training\n"
               "(SGD with momentum) on pictures of all classes in turn; in the roofline and in\n"
               "the document dx and dw are the gradients of a layer's input and weights.\n\n"
               "  alexcl time alexnet-caffe --batch 16 --devices 0,1 --trace t.json\n"
               "  alexcl time alexnet --train --batch 32 --devices 0,1\n"
               "  alexcl time --batch 1 --format json -o old.json\n"
               "  alexcl time --batch 1 --compare old.json --plot roofline.svg\n\n"
               "chrome://tracing shows the trace: a row each for kernels, copies, host thread.\n",
    .also = " benchmark bench profile ",
};
