/* SPDX-License-Identifier: MIT */
/* Measures which way of computing each pass of each layer is fastest: a variant with a tile (tune_way.h). Shapes that
 * several layers have are measured once, the largest first. A first round measures every variant with its own tile; a
 * second round measures other tiles of the variants that are not far behind, until the time is spent. Of several runs
 * the shortest counts; one image and eight images count alike. A way must first compute a small shape right, and in
 * training give the bits of the default. To be chosen it must be clearly faster than the default, and again when both
 * are measured once more in turn: a moment's load by another program is no reason to change kernels. */
#include "tune.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "graph_backward.h"
#include "log.h"
#include "memory.h"
#include "model_check.h"
#include "selection.h"
#include "selfcheck.h"
#include "settings.h"
#include "sized.h"
#include "timeline.h"
#include "tune_way.h"

enum {
    TUNE_ROUNDS = 2, /* first variants, then tiles */
    TUNE_AGAIN = 2,  /* how often the fastest way and the default are measured again */
};
static const double TUNE_CLEARLY = 0.95; /* of the default's time: a way that is this much faster is not so by chance */

/* times the best time: a variant whose own tile takes longer does not win with another tile */
static const double TUNE_HOPE = 1.5;

static int tune_same_tile(struct layer_tile a, struct layer_tile b) {
    return memcmp(a.size, b.size, sizeof a.size) == 0;
}

static void tune_add_way(struct tune_layer *t, const struct layer_variant *variant, struct layer_tile tile, int own) {
    assert(t->count < TUNE_WAYS);
    if (t->count < TUNE_WAYS) t->ways[t->count++] = (struct tune_way){.variant = variant, .tile = tile, .own = own};
}

/* Of a weight gradient, whose sums are over the images of a call, in an order that the variant decides: the tiles of
 * the default alone. */
static void tune_list_ways(struct tune_layer *t, const struct target *target) {
    struct layer l = t->layer;
    struct layer_tile *tried = &l.pass[t->pass].tile;
    for (const struct layer_variant *const *v = l.shape.ops->variants[t->pass]; v && *v; v++) {
        *tried = (struct layer_tile){{0}};
        if ((*v)->last_resort || !(*v)->applicable(&l, target)) continue;
        if (t->pass == LAYER_WEIGHT_GRADIENT && t->count) break;
        struct layer_tile own = (*v)->tile ? (*v)->tile(&l, target) : *tried;
        tune_add_way(t, *v, own, 1);
        for (const struct layer_tile *tile = (*v)->tiles; tile && tile->size[0]; tile++) {
            *tried = *tile;
            if (!tune_same_tile(*tile, own) && (*v)->applicable(&l, target)) tune_add_way(t, *v, *tile, 0);
        }
    }
}

/* Adds a pass of the shape of a half, unless there is only one way to compute it or it was added before. The list is
 * ordered by size, the largest first. */
static void tune_add_layer(const struct layer *l, enum layer_pass_kind pass, int training, const struct target *target,
                           struct tune_layer *all, int *count) {
    struct tune_layer *t = &all[*count];
    *t = (struct tune_layer){.layer = *l, .pass = pass, .training = training};
    t->layer.pass[pass].tuned = NULL;
    tuning_key(l, pass, t->key);
    tune_list_ways(t, target);
    int known = t->count < 2, at = *count;
    for (int j = 0; j < *count && !known; j++) known = strcmp(all[j].key, t->key) == 0;
    if (known) return;
    struct tune_layer found = *t;
    for (; at > 0 && all[at - 1].layer.shape.macs < found.layer.shape.macs; at--) all[at] = all[at - 1];
    all[at] = found;
    (*count)++;
}

static int tune_runs_pass(const struct graph *g, int layer, int half, enum layer_pass_kind pass) {
    const struct layer *l = &g->layers[layer].half[half];
    int runs = g->backward ? g->backward->layers[layer].runs[pass] : pass == LAYER_FORWARD;
    return runs && layer_is_run(l, pass) && shape_size(l->shape.out) > 0;
}

/* Collects the shapes of a graph (tune_add_layer). */
static int tune_collect(const struct graph *g, unsigned halves, const struct target *target, struct tune_layer **out,
                        int *count, struct alexcl_error *err) {
    int status = memory_alloc(out, (size_t)2 * LAYER_PASSES * (size_t)g->layer_count + 1, sizeof **out,
                              "the tuning of a device", err);
    *count = 0;
    for (int i = 0; status == ALEXCL_OK && i < g->layer_count; i++)
        for (int h = 0; h < 2; h++)
            for (int pass = LAYER_FORWARD; pass < LAYER_PASSES; pass++)
                if (halves >> h & 1u && tune_runs_pass(g, i, h, (enum layer_pass_kind)pass))
                    tune_add_layer(&g->layers[i].half[h], (enum layer_pass_kind)pass, g->backward != NULL, target, *out,
                                   count);
    return status;
}

static void tune_tile_text(struct layer_tile tile, char out[32]) {
    int made = 0;
    out[0] = '\0';
    for (int i = 0; i < LAYER_TILE && tile.size[i]; i++)
        made += snprintf(out + made, 32 - (size_t)made, "%s%d", i ? "x" : "", tile.size[i]);
}

static void tune_run_checked(const struct tune_layer *t, struct target *target, struct tune_way *way,
                             struct tune_data *data) {
    struct alexcl_error why = {0};
    char tile[32];
    tune_tile_text(way->tile, tile);
    log_write(ALEXCL_LOG_INFO, "measuring %s%s%s by %s%s%s on %s", t->layer.shape.desc->name,
              t->pass == LAYER_FORWARD ? "" : ", ", t->pass == LAYER_FORWARD ? "" : selfcheck_pass_name(t->pass),
              way->variant->name, tile[0] ? " " : "", tile, device_name(target->device));
    way->status = tune_check_way(t, target, way, &why);
    if (way->status == ALEXCL_OK) way->status = tune_run_way(t, target, way, data, &why);
    way->measured = 1;
    if (way->status == ALEXCL_OK) return;
    snprintf(way->message, sizeof way->message, "%.1023s", why.text);
    log_write(ALEXCL_LOG_WARNING, "%s: %s by variant %s is dropped: %s", device_name(target->device), t->key,
              way->variant->name, why.text);
}

/* Compares ways by the time of one image alone plus that of an image among several. The former is the larger one. In
 * training images come several at a time. */
static double tune_cost(const struct tune_layer *t, const struct tune_way *way) {
    if (!way->measured || way->status != ALEXCL_OK || way->other_bits) return INFINITY;
    return t->training ? way->batch8 : way->batch1 + way->batch8;
}

/* The way of the same variant with the variant's own tile. */
static const struct tune_way *tune_own(const struct tune_layer *t, const struct tune_way *way) {
    for (; !way->own && way > t->ways; way--) {}
    return way;
}

/* The best time of all variants with their own tiles. */
static double tune_best(const struct tune_layer *t) {
    double best = INFINITY;
    for (int i = 0; i < t->count; i++)
        if (t->ways[i].own && tune_cost(t, &t->ways[i]) < best) best = tune_cost(t, &t->ways[i]);
    return best;
}

/* Chooses the fastest way. It must be clearly faster than the default, also when both are measured again in turn, since
 * other work on the machine may have slowed one of them down. */
static int tune_choose(struct tune_layer *t, struct target *target, struct tune_data *data, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 1; i < t->count; i++)
        if (tune_cost(t, &t->ways[i]) < tune_cost(t, &t->ways[t->chosen])) t->chosen = i;
    for (int i = 0; i < TUNE_AGAIN && t->chosen && t->ways[0].status == ALEXCL_OK; i++) {
        TRY(tune_run_way(t, target, &t->ways[0], data, err));
        TRY(tune_run_way(t, target, &t->ways[t->chosen], data, err));
        if (tune_cost(t, &t->ways[t->chosen]) > TUNE_CLEARLY * tune_cost(t, &t->ways[0])) t->chosen = 0;
    }
done:
    return status;
}

int tune_has_time(const struct tune_budget *b, uint64_t now) {
    return now < b->deadline && b->deadline - now > b->longest;
}

void tune_spend(struct tune_budget *b, uint64_t spent, int needed) {
    if (spent > b->longest) b->longest = spent;
    if (needed && b->deadline < UINT64_MAX - spent) b->deadline += spent;
}

/* Whether a way is measured in this round: in the first round, each variant with its own tile, where there are several
 * variants; in the second, other tiles of variants that may win. */
static int tune_wants(const struct tune_layer *t, const struct tune_way *way, int round) {
    int variants = 0;
    for (int i = 0; i < t->count; i++) variants += t->ways[i].own;
    if (way->measured) return 0;
    if (round == 0) return way->own && variants > 1;
    return way->own || tune_cost(t, tune_own(t, way)) <= TUNE_HOPE * tune_best(t);
}

/* Measures the ways of a round while there is time left, and chooses. A way that fails is dropped, which the log
 * tells. */
static int tune_measure(struct tune_layer *t, struct target *target, int round, struct tune_budget *budget,
                        struct alexcl_error *err) {
    int status = ALEXCL_OK, wanted = 0;
    struct tune_data data = {.due = NULL};
    for (int i = 0; i < t->count; i++) wanted |= tune_wants(t, &t->ways[i], round);
    if (!wanted || !tune_has_time(budget, timeline_now())) return ALEXCL_OK;
    TRY(tune_make_data(t, target, &data, err));
    /* for its bits */
    if (t->training && t->ways[0].measured && t->ways[0].status == ALEXCL_OK)
        TRY(tune_run_way(t, target, &t->ways[0], &data, err));
    for (int i = 0; i < t->count; i++) {
        uint64_t start = timeline_now();
        if (!tune_wants(t, &t->ways[i], round) || !tune_has_time(budget, start)) continue;
        TRY(callbacks_cancelled(device_settings(target->device), err));
        callbacks_progress(device_settings(target->device), "ways measured", budget->done++, budget->total);
        tune_run_checked(t, target, &t->ways[i], &data);
        tune_spend(budget, timeline_now() - start, i == 0);
    }
    TRY(tune_choose(t, target, &data, err));
done:
    tune_free_data(&data);
    return status;
}

/* Stores the choice, and the times that led to it. */
static int tune_remember(const struct tune_layer *t, struct tuning *tuning, struct alexcl_error *err) {
    json_t *tried = json_array();
    for (int i = 0; i < t->count; i++) {
        const struct tune_way *way = &t->ways[i];
        char tile[32];
        if (!way->measured) continue;
        tune_tile_text(way->tile, tile);
        json_array_append_new(tried, way->status == ALEXCL_OK
                                         ? json_pack("{s:s, s:s, s:f, s:f, s:b}", "variant", way->variant->name, "tile",
                                                     tile, "alone_ms", way->batch1 * 1e3, "together_ms",
                                                     way->batch8 * 1e3, "other_bits", way->other_bits)
                                         : json_pack("{s:s, s:s, s:s}", "variant", way->variant->name, "tile", tile,
                                                     "dropped", "it failed or computed wrongly"));
    }
    const struct tune_way *chosen = &t->ways[t->chosen];
    int known = chosen->measured && chosen->status == ALEXCL_OK;
    return tuning_set(tuning, &t->layer, t->pass, chosen->variant, chosen->tile, known ? chosen->batch8 : 0, tried,
                      err);
}

/* ---- before the first use ---- */

static void tune_apply(struct graph *g, unsigned halves, const struct target *target, const struct tuning *t) {
    for (int i = 0; i < g->layer_count; i++)
        for (int h = 0; h < 2; h++)
            for (int pass = LAYER_FORWARD; pass < LAYER_PASSES; pass++)
                if (halves >> h & 1u && tune_runs_pass(g, i, h, (enum layer_pass_kind)pass))
                    (void)tuning_apply(t, &g->layers[i].half[h], (enum layer_pass_kind)pass, target);
}

static int tune_unknown(const struct alexcl_selection *sel, size_t index, const struct settings *settings,
                        struct tune_layer *layers, int count, uint64_t time, struct tuning *t,
                        struct alexcl_error *err) {
    int status = ALEXCL_OK, measured = 0;
    uint64_t start = timeline_now();
    /* a device of its own: what is compiled and allocated for ways that lose is freed with it */
    struct target target = {NULL};
    TRY(device_open(selection_source(sel, index), settings, &target.device, err));
    log_write(ALEXCL_LOG_INFO,
              "%s: measuring what is fastest for %d layers, %.1f s besides compiling what runs anyway, once (`alexcl "
              "tune` measures all; --tune off)",
              device_name(target.device), count, (double)time * 1e-9);
    struct tune_budget budget = {.deadline = start + time};
    for (int i = 0; i < TUNE_ROUNDS * count; i++)
        TRY(tune_measure(&layers[i % count], &target, i / count, &budget, err));
    for (int i = 0; i < count; i++) {
        for (int w = 0; w < layers[i].count; w++) measured += layers[i].ways[w].measured;
        TRY(tune_remember(&layers[i], t, err));
    }
    log_write(ALEXCL_LOG_INFO, "%s: measured %d ways of computing %d layers, %.1f s", device_name(target.device),
              measured, count, (double)(timeline_now() - start) * 1e-9);
    TRY(tuning_save(t, err));
done:
    device_free(target.device);
    return status;
}

int tune_before_use(const struct alexcl_selection *sel, size_t index, struct graph *g, unsigned halves,
                    const struct target *target, uint64_t time, struct tuning *t, struct alexcl_error *err) {
    int status = ALEXCL_OK, count = 0, left = 0;
    struct tune_layer *layers = NULL;
    const struct settings *settings = device_settings(target->device);
    if (settings->tune && tuning_path(t)[0]) {
        TRY(tune_collect(g, halves, target, &layers, &count, err));
        for (int i = 0; i < count; i++)
            if (!tuning_knows(t, layers[i].key)) layers[left++] = layers[i];
        struct alexcl_error why = {0};
        /* A net also runs without measurements. */
        int measured = left ? tune_unknown(sel, index, settings, layers, left, time, t, &why) : ALEXCL_OK;
        if (measured == ALEXCL_E_INTERRUPTED) TRY(error_copy(err, &why));
        if (measured != ALEXCL_OK)
            log_write(ALEXCL_LOG_WARNING, "what is fastest was not measured to the end: %s", why.text);
    }
    tune_apply(g, halves, target, t);
done:
    free(layers);
    return status;
}

/* ---- alexcl tune ---- */

struct tune {
    const struct alexcl_selection *selection;
    struct settings settings;
    alexcl_tune_fn *fn;
    void *user;
    int training;
    unsigned number, count;
};

/* All that is to be measured on one device. */
struct tune_device {
    struct target target;
    struct tuning *tuning;
    struct graph *graph;
    struct tune_layer *layers;
    int count;
};

static int tune_report(struct tune *s, size_t index, const struct tune_layer *t, struct alexcl_error *err) {
    for (int i = 0; i < t->count; i++) {
        const struct tune_way *way = &t->ways[i];
        s->number++;
        if (!way->measured) continue;
        struct alexcl_tune_result r = {.target = alexcl_selection_target(s->selection, index),
                                       .number = s->number,
                                       .count = s->count,
                                       .layer = t->layer.shape.desc->name,
                                       .shape = t->key,
                                       .variant = way->variant->name,
                                       .is_default = i == 0,
                                       .chosen = i == t->chosen && way->status == ALEXCL_OK,
                                       .status = way->status,
                                       .batch1 = way->batch1,
                                       .batch8 = way->batch8,
                                       .macs = t->layer.shape.macs,
                                       .message = way->message,
                                       .other_bits = way->other_bits};
        tune_tile_text(way->tile, r.tile);
        if (s->fn(s->user, &r) != 0)
            return error_set(err, ALEXCL_E_INTERRUPTED, "interrupted: %u of %u ways were measured", s->number,
                             s->count);
    }
    return ALEXCL_OK;
}

static int tune_open(struct tune *s, size_t index, const struct alexcl_model *model, struct tune_device *d,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *logits;
    const struct graph_training training = {.states = 1};
    TRY(device_open(selection_source(s->selection, index), &s->settings, &d->target.device, err));
    TRY(tuning_open(alexcl_selection_device(s->selection, index), &s->settings, &d->tuning, err));
    if (s->training) {
        TRY(graph_find_logits(model, &logits, err));
        TRY(graph_make_training(model, &(struct graph_outputs){.names = &logits, .count = 1}, &training,
                                layer_block(&d->target), &d->graph, err));
    } else {
        TRY(graph_make(model, NULL, layer_block(&d->target), &d->graph, err));
    }
    graph_set(d->graph, &s->settings);
    TRY(tune_collect(d->graph, 3, &d->target, &d->layers, &d->count, err));
    for (int i = 0; i < d->count; i++) s->count += (unsigned)d->layers[i].count;
done:
    return status;
}

static int tune_device(struct tune *s, size_t index, struct tune_device *d, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < d->count; i++) {
        struct tune_budget budget = {.deadline = UINT64_MAX, .done = s->number, .total = s->count};
        for (int round = 0; round < TUNE_ROUNDS; round++)
            TRY(tune_measure(&d->layers[i], &d->target, round, &budget, err));
        TRY(tune_remember(&d->layers[i], d->tuning, err));
        TRY(tuning_save(d->tuning, err));
        TRY(tune_report(s, index, &d->layers[i], err));
    }
done:
    return status;
}

int alexcl_tune_run(const struct alexcl_model *given, const struct alexcl_selection *sel,
                    const struct alexcl_tune_request *request, alexcl_tune_fn *fn, void *user, char *path,
                    size_t path_size, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct tune s = {.selection = sel, .fn = fn, .user = user};
    struct tune_device devices[2] = {{{NULL}, NULL, NULL, NULL, 0}, {{NULL}, NULL, NULL, NULL, 0}};
    size_t count = alexcl_selection_count(sel);
    struct alexcl_tune_request wanted;
    const struct alexcl_model *model;
    struct alexcl_model *own = NULL;
    if (path_size) path[0] = '\0';
    TRY(model_take(given, &model, &own, err));
    TRY(SIZED_READ(alexcl_tune_request, request, &wanted, err));
    s.training = wanted.training;
    TRY(settings_read(wanted.settings, &s.settings, err));
    for (size_t i = 0; i < count && i < 2; i++) {
        if (alexcl_selection_target(sel, i)->device < 0) continue;
        /* two parts of one device */
        if (i == 1 && alexcl_selection_target(sel, 0)->device == alexcl_selection_target(sel, 1)->device) continue;
        TRY(tune_open(&s, i, model, &devices[i], err));
        if (path_size) snprintf(path, path_size, "%s", tuning_path(devices[i].tuning));
    }
    for (size_t i = 0; i < 2; i++) TRY(tune_device(&s, i, &devices[i], err));
done:
    for (int i = 0; i < 2; i++) {
        free(devices[i].layers);
        graph_free(devices[i].graph);
        tuning_free(devices[i].tuning);
        device_free(devices[i].target.device);
    }
    settings_free(&s.settings);
    free(own);
    return status;
}
