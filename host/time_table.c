/* SPDX-License-Identifier: MIT */
/* Tables of `alexcl time`. Of training: what each half of a layer takes forward, backward and for the update of its
 * parameters; what it sends and receives, and how long it waits for that. */
#include "time_table.h"

#include <stdio.h>

#include "report.h"

json_t *time_table_layer_json(const struct layer_time *l) {
    return json_pack("{s:s, s:s, s:s, s:[f,f], s:[i,i], s:[f,f], s:[f,f], s:f}", "name", l->layer->layer->name, "type",
                     alexcl_layer_type_name(l->layer->layer->type), "pass", measure_work_name(l->work), "seconds",
                     l->seconds[0], l->seconds[1], "commands", l->commands[0], l->commands[1], "flops", l->flops[0],
                     l->flops[1], "bytes", l->bytes[0], l->bytes[1], "gflops", measure_layer_rate(l) * 1e-9);
}

/* Columns: both gradients together are the backward pass. */
enum { FORWARD, BACKWARD, UPDATE, EXCHANGE, WAIT, COLUMNS };

static int table_column(enum alexcl_work work) {
    switch (work) {
    case ALEXCL_WORK_INPUT_GRADIENT:
    case ALEXCL_WORK_WEIGHT_GRADIENT: return BACKWARD;
    case ALEXCL_WORK_UPDATE: return UPDATE;
    case ALEXCL_WORK_EXCHANGE: return EXCHANGE;
    case ALEXCL_WORK_WAIT: return WAIT;
    default: return FORWARD;
    }
}

/* Of what is computed: copies run beside it. */
static double table_computed(const double seconds[COLUMNS]) {
    return seconds[FORWARD] + seconds[BACKWARD] + seconds[UPDATE];
}

static void table_row(int name_wide, const char *name, int half, const double seconds[COLUMNS], double all) {
    printf("%-*s %4d", name_wide, name, half);
    for (int k = 0; k < COLUMNS; k++) {
        if (seconds[k] > 0)
            printf(" %9.3f", seconds[k] * 1e3);
        else
            printf(" %9s", "-");
    }
    if (table_computed(seconds) > 0 && all > 0)
        printf(" %7.1f%%\n", table_computed(seconds) / all * 100);
    else
        printf(" %8s\n", "-");
}

void time_table_training(const struct measured *m) {
    double sums[2][COLUMNS] = {{0}};
    int name_wide = 12;
    for (size_t i = 0; i < m->layer_count; i++) {
        for (int h = 0; h < 2; h++) sums[h][table_column(m->layers[i].work)] += m->layers[i].seconds[h];
        name_wide = report_column(name_wide, m->layers[i].layer->layer->name);
    }
    double all = table_computed(sums[0]) + table_computed(sums[1]);
    printf("\n%-*s %4s %9s %9s %9s %9s %9s %8s\n", name_wide, "layer, ms", "half", "forward", "backward", "update",
           "exchange", "wait", "of all");
    for (size_t i = 0; i < m->layer_count; i += MEASURE_WORKS)
        for (int h = 0; h < 2; h++) {
            double seconds[COLUMNS] = {0};
            for (size_t k = i; k < i + MEASURE_WORKS; k++)
                seconds[table_column(m->layers[k].work)] += m->layers[k].seconds[h];
            table_row(name_wide, m->layers[i].layer->layer->name, h, seconds, all);
        }
    for (int h = 0; h < 2; h++) table_row(name_wide, "all layers", h, sums[h], all);
}

enum { KINDS = 8 };

const char *time_table_target(const struct measured *m, size_t kind, size_t target, double *seconds) {
    static const char *const kinds[KINDS] = {
        "layers",         "layers backward",     "updates",     "joins of halves", "exchange",
        "images, scores", "waits for the other", "nothing runs"};
    const struct target_time *s = &m->target[target];
    const double values[KINDS] = {s->layers,   s->backward, s->update, s->joins,
                                  s->exchange, s->transfer, s->wait,   s->idle};
    if (!m->training && kind >= 1) kind += 2;
    if (kind >= KINDS) return NULL;
    *seconds = values[kind];
    return kinds[kind];
}

void time_table_targets(const struct measured *m) {
    const char *kind;
    double seconds;
    printf("\n%-23s", m->training ? "ms of a step, median" : "ms of a batch, median");
    for (size_t p = 0; p < m->targets; p++) printf("   device %zu", p);
    for (size_t k = 0; (kind = time_table_target(m, k, 0, &seconds)) != NULL; k++) {
        printf("\n%-23s", kind);
        for (size_t p = 0; p < m->targets; p++) {
            (void)time_table_target(m, k, p, &seconds);
            printf("%11.3f", seconds * 1e3);
        }
    }
    printf("\n");
}
