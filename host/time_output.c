/* SPDX-License-Identifier: MIT */
/* What `alexcl time` prints: of one run all of it, as text, JSON and CSV; of several runs a row each. */
#include <stdio.h>

#include "report.h"
#include "time_table.h"
#include "timing.h"

static void time_output_cell(char out[16], double value, const char *format) {
    if (value > 0)
        snprintf(out, 16, format, value);
    else
        snprintf(out, 16, "-");
}

static void time_output_layer(const struct timing *t, int name_wide, const char *name, const double seconds[2],
                              double all, double rate, double ratio) {
    char cell[6][16];
    double peak = measure_peak(&t->m);
    for (int h = 0; h < 2; h++) time_output_cell(cell[h], seconds[h] * 1e3, "%.3f");
    time_output_cell(cell[2], all > 0 ? (seconds[0] + seconds[1]) / all * 100 : 0, "%.1f%%");
    time_output_cell(cell[3], rate * 1e-9, "%.1f");
    time_output_cell(cell[4], peak > 0 ? rate / peak * 100 : 0, "%.0f%%");
    time_output_cell(cell[5], ratio, "%.2fx");
    printf("%-*s %10s %10s %8s %9s %8s", name_wide, name, cell[0], cell[1], cell[2], cell[3], cell[4]);
    printf(t->old ? " %8s\n" : "\n", cell[5]);
}

enum { NAME = 400 }; /* of a layer at most 255 bytes, and types behind it */

/* A layer's name and the types of those behind it that no command was for, since its kernel computes them as well or
 * there is nothing to do: "conv1+relu". The layer behind them. */
static size_t time_output_name(const struct measured *m, size_t i, char out[NAME]) {
    size_t length = (size_t)snprintf(out, NAME, "%s", m->layers[i].layer->layer->name), next = i + 1;
    for (; next < m->layer_count && length < NAME; next++) {
        const struct layer_time *l = &m->layers[next];
        if (l->commands[0] || l->commands[1] || l->layer->inputs[0] != (int)next - 1) break;
        length += (size_t)snprintf(out + length, NAME - length, "+%s", alexcl_layer_type_name(l->layer->layer->type));
    }
    return next;
}

static void time_output_layers(const struct timing *t) {
    const struct measured *m = &t->m;
    double sums[2] = {0}, targets[2] = {0}, then = 0;
    char name[NAME];
    int name_wide = 12;
    for (size_t i = 0; i < m->layer_count;) {
        i = time_output_name(m, i, name);
        name_wide = report_column(name_wide, name);
    }
    for (size_t i = 0; i < m->layer_count; i++) {
        for (int h = 0; h < 2; h++) {
            sums[h] += m->layers[i].seconds[h];
            targets[h] += m->layers[i].target[h];
        }
        if (t->old) then += time_compare_layer(t, &m->layers[i]);
    }
    printf("\n%-*s %10s %10s %8s %9s %8s", name_wide, "layer", "half 0, ms", "half 1, ms", "of all", "GFLOP/s",
           "of peak");
    printf(t->old ? " %8s\n" : "\n", "speed-up");
    for (size_t i = 0, next; i < m->layer_count; i = next) {
        const struct layer_time *l = &m->layers[i];
        next = time_output_name(m, i, name);
        time_output_layer(t, name_wide, name, l->seconds, sums[0] + sums[1], measure_layer_rate(l),
                          time_compare_layer_ratio(t, l));
    }
    struct layer_time all = {.target = {targets[0], targets[1]}, .flops = {m->flops, 0}};
    time_output_layer(t, name_wide, "all layers", sums, sums[0] + sums[1], measure_layer_rate(&all),
                      sums[0] + sums[1] > 0 ? then / (sums[0] + sums[1]) : 0);
    if (measure_beats_peak(m))
        printf("\nOver 100%% of the peak: a convolution's operations are counted as if it were\n"
               "computed directly; Winograd's filtering does it with fewer.\n");
}

/* Where the parameters come from. */
static const char *time_output_weights(const struct timing *t) {
    return t->own->train && alexcl_weights_random(t->weights) ? "the recipe's first parameters"
                                                              : alexcl_weights_describe(t->weights);
}

void time_output_text(const struct timing *t) {
    const struct measured *m = &t->m;
    double peak = measure_peak(m), rate = m->flops / m->median;
    printf("%s, batch %d: %d %s after %d\n%s%s%s\n", t->model->name, m->batch, m->repeat,
           m->training ? "steps of training" : "batches", m->warm_up, time_output_weights(t),
           options_tell_precision(t->o), t->own->reproducible ? "; reproducible" : "");
    if (m->chunk < m->batch)
        printf("a batch does not fit: it is run in %s of %d\n", m->training ? "equal groups" : "chunks", m->chunk);
    if (options_split_images(t->o))
        printf("images split %s: %.1f and %.1f of a batch\n", t->o->split, m->target[0].images, m->target[1].images);
    printf("\n%-12s %10s %12s\n", m->training ? "a step" : "a batch", "ms", "images/s");
    const double walls[] = {m->minimum, m->median, measure_percentile(m, 90), measure_percentile(m, 99), m->maximum};
    static const char *const names[] = {"fastest", "median", "90th of 100", "99th of 100", "slowest"};
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++)
        printf("%-12s %10.3f %12.1f\n", names[i], walls[i] * 1e3, m->batch / walls[i]);
    printf("\n%.1f GFLOP/s (2 x %s multiply-adds an image)", rate * 1e-9,
           report_count((uint64_t)(m->flops / 2 / m->batch + 0.5)));
    if (peak > 0) printf(", %.0f%% of the peak", rate / peak * 100);
    printf("\n");
    for (size_t p = 0; p < m->targets && m->peak.flops[p] > 0; p++)
        printf("device %zu: peak %.1f GFLOP/s by fma, %.1f GB/s read from memory\n", p, m->peak.flops[p] * 1e-9,
               m->peak.bytes[p] * 1e-9);
    printf("%s, alexcl %s, %d CPU%s", t->machine.date, alexcl_version(), t->machine.cpus,
           t->machine.cpus == 1 ? "" : "s");
    if (m->memory) printf(", at most %s of memory", report_bytes(m->memory));
    printf("\n");
    if (t->old) printf("%.2f times as fast as in %s\n", time_compare_ratio(t), t->own->compare);
    if (m->times_known) {
        if (m->training)
            time_table_training(m);
        else
            time_output_layers(t);
        time_table_targets(m);
    } else {
        printf("\nA driver reports no times of its commands: what a layer takes is not known.\n");
    }
}

static json_t *time_output_layers_json(const struct timing *t) {
    json_t *layers = json_array();
    for (size_t i = 0; i < t->m.layer_count; i++) {
        const struct layer_time *l = &t->m.layers[i];
        json_t *row = time_table_layer_json(l);
        if (t->old)
            report_set(row, "speedup",
                       time_compare_layer_ratio(t, l) > 0 ? json_real(time_compare_layer_ratio(t, l)) : json_null());
        report_append(layers, row);
    }
    return layers;
}

/* "PoCL 3.1 .., driver 3.1+debian"; null of the reference. */
static json_t *time_output_driver(const struct timing *t, size_t target) {
    const struct alexcl_device_info *d = alexcl_selection_device(t->selection, target);
    char text[sizeof d->platform_name + sizeof d->driver + 2];
    if (!d) return json_null();
    snprintf(text, sizeof text, "%s, %s", d->platform_name, d->driver);
    return report_string(text);
}

json_t *time_output_json(const struct timing *t) {
    const struct measured *m = &t->m;
    json_t *walls = json_array(), *devices = json_array(), *drivers = json_array();
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
        report_append(drivers, time_output_driver(t, p));
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
        report_string(time_output_weights(t)), "random", alexcl_weights_random(t->weights), "precision",
        t->o->precision, "reproducible", t->own->reproducible, "split",
        report_string(t->o->split ? t->o->split : "half"), "warm_up", m->warm_up, "repeat", m->repeat, "seconds", "min",
        m->minimum, "median", m->median, "max", m->maximum, "sorted", walls, "images_per_s", m->images_per_s, "gflops",
        rate * 1e-9, "start_s", t->start_s, "device_times_known", m->times_known, "devices", devices, "layers",
        time_output_layers_json(t));
    report_set(document, "version", json_string(alexcl_version()));
    report_set(document, "date", json_string(t->machine.stamp));
    report_set(document, "driver", drivers);
    report_set(document, "threads", json_integer(t->machine.cpus));
    report_set(document, "percentiles",
               json_pack("{s:f, s:f, s:f}", "p50", measure_percentile(m, 50), "p90", measure_percentile(m, 90), "p99",
                         measure_percentile(m, 99)));
    report_set(document, "peak_memory", m->memory ? json_integer((json_int_t)m->memory) : json_null());
    report_set(document, "crossed_bytes", json_real(m->crossed));
    report_set(document, "share_of_peak", peak > 0 ? json_real(rate / peak) : json_null());
    if (t->old)
        report_set(document, "compare",
                   json_pack("{s:o, s:f}", "path", report_string(t->own->compare), "speedup", time_compare_ratio(t)));
    return document;
}

void time_output_csv_head(int several) {
    printf("%slayer,type,half,seconds,flops,bytes,commands,pass\r\n", several ? "model,batch," : "");
}

void time_output_csv(const struct timing *t, int several) {
    for (size_t i = 0; i < t->m.layer_count; i++) {
        const struct layer_time *l = &t->m.layers[i];
        for (int h = 0; h < 2; h++) {
            if (several) report_csv(t->model->name, 0);
            if (several) printf("%d,", t->batch);
            report_csv(l->layer->layer->name, 0);
            report_csv(alexcl_layer_type_name(l->layer->layer->type), 0);
            printf("%d,%.9g,%.0f,%.0f,%d,%s\r\n", h, l->seconds[h], l->flops[h], l->bytes[h], l->commands[h],
                   measure_work_name(l->work));
        }
    }
}

void time_output_row_head(int name_wide, int compared) {
    printf("%-*s %5s %8s %8s %8s %7s %7s %9s\n", name_wide, "model", "batch", "ms", "p90, ms", "images/s", "GFLOP/s",
           "of peak", compared ? "speed-up" : "memory");
}

void time_output_row(const struct timing *t, int name_wide, int compared) {
    const struct measured *m = &t->m;
    char share[16], last[16];
    double rate = m->flops / m->median, peak = measure_peak(m);
    time_output_cell(share, peak > 0 ? rate / peak * 100 : 0, "%.0f%%");
    time_output_cell(last, time_compare_ratio(t), "%.2fx");
    printf("%-*s %5d %8.2f %8.2f %8.1f %7.1f %7s %9s\n", name_wide, t->model->name, m->batch, m->median * 1e3,
           measure_percentile(m, 90) * 1e3, m->images_per_s, rate * 1e-9, share,
           compared ? last : report_bytes(m->memory));
}
