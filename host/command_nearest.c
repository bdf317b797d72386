/* SPDX-License-Identifier: MIT */
/* `alexcl nearest`: of some pictures those whose values of a layer are nearest to a query's, by Euclidean distance, as
 * Figure 4 (right) of the 2012 paper shows them. Queries stand first in the list that goes through the net and are
 * kept; of the others only the K nearest of each query are remembered. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "decode.h"
#include "infer.h"
#include "monotonic.h"
#include "png_file.h"
#include "progress.h"
#include "report.h"
#include "sheet.h"
#include "status.h"

enum { NEAREST_QUERIES = 64, NEAREST_TOP = 64, CELL = 128, GAP = 4 };

struct nearest_queries {
    const char *list[NEAREST_QUERIES];
    int count;
};
struct nearest_options {
    struct nearest_queries queries;
    const char *layer;
    int top, keep_going;
};

static int nearest_set_query(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    struct nearest_queries *q = to;
    (void)r;
    if (q->count == NEAREST_QUERIES)
        return error_set(err, ALEXCL_E_USAGE, "more than %d queries: ask in several runs", NEAREST_QUERIES);
    q->list[q->count++] = value;
    return ALEXCL_OK;
}

static const struct option_row nearest_rows[] = {
    {0, "query", "PICTURE", "what to look for; repeatable",
     OPTION_VALUE(struct nearest_options, queries, struct nearest_queries, nearest_set_query)},
    {0, "layer", "LAYER", "whose values are compared [fc7]", OPTION_TEXT(struct nearest_options, layer)},
    {0, "top", "K", "pictures to show of each query [5]", OPTION_INT(struct nearest_options, top, 1, NEAREST_TOP)},
    {0, "keep-going", NULL, "go on behind a bad image; exit 6 at the end",
     OPTION_FLAG(struct nearest_options, keep_going)},
};
static const struct nearest_options nearest_defaults = {.layer = "fc7", .top = 5};
static const struct option_table nearest_options = OPTION_TABLE(nearest_rows, nearest_defaults);

struct neighbour {
    size_t image; /* of the list */
    double distance;
};
struct nearest {
    const struct nearest_options *own;
    struct image_list queries, images;
    size_t query_count, top;
    float *values;           /* of the queries */
    struct neighbour *found; /* [query][top], the nearest first */
    size_t *counts;          /* [query]: how many there are so far */
};

static int nearest_take(struct infer *f, size_t image, const float *values, struct alexcl_error *err) {
    struct nearest *n = f->user;
    size_t units = f->scores.units;
    (void)err;
    f->results.list[image].done = 1;
    if (image < n->query_count) {
        memcpy(n->values + image * units, values, units * sizeof *values);
        return ALEXCL_OK;
    }
    f->results.finished++;
    for (size_t q = 0; q < n->query_count; q++) {
        const float *query = n->values + q * units;
        struct neighbour *found = n->found + q * n->top;
        double sum = 0;
        for (size_t i = 0; i < units; i++) {
            double d = (double)values[i] - (double)query[i];
            sum += d * d;
        }
        size_t at = n->counts[q];
        while (at > 0 && found[at - 1].distance > sum) at--; /* of equal ones the first in the list comes first */
        if (at == n->top) continue;
        if (n->counts[q] < n->top) n->counts[q]++;
        memmove(found + at + 1, found + at, (n->counts[q] - at - 1) * sizeof *found);
        found[at] = (struct neighbour){.image = image, .distance = sum};
    }
    return ALEXCL_OK;
}

/* Errors alone: the nearest are known at the end. */
static int nearest_emit(struct infer *f, struct alexcl_error *err) {
    (void)err;
    progress_clear();
    for (; f->output.emitted < f->results.count && f->results.list[f->output.emitted].done; f->output.emitted++) {
        const char *error = f->results.list[f->output.emitted].error;
        if (error && f->own->keep_going && f->o->format == FORMAT_TEXT) report_message(NULL, error);
    }
    return ALEXCL_OK;
}

static int nearest_print(const struct infer *f, struct alexcl_error *err) {
    const struct nearest *n = f->user;
    json_t *queries = json_array();
    if (f->o->format == FORMAT_CSV) fputs("query,rank,path,distance\r\n", stdout);
    for (size_t q = 0; q < n->query_count; q++) {
        const char *query = f->list.entries[q].shown;
        json_t *list = json_array();
        if (f->o->format == FORMAT_TEXT) {
            report_text(stdout, query);
            putchar('\n');
        }
        for (size_t i = 0; i < n->counts[q]; i++) {
            const struct neighbour *found = &n->found[q * n->top + i];
            const char *path = f->list.entries[found->image].shown;
            double distance = sqrt(found->distance);
            char number[32];
            if (f->o->format == FORMAT_JSON) {
                report_append(list, json_pack("{s:o, s:f}", "path", report_string(path), "distance", distance));
            } else if (f->o->format == FORMAT_CSV) {
                report_csv(query, 0);
                snprintf(number, sizeof number, "%zu", i + 1);
                report_csv(number, 0);
                report_csv(path, 0);
                snprintf(number, sizeof number, "%.9g", distance);
                report_csv(number, 1);
            } else {
                printf("  %12.6g  ", distance);
                report_text(stdout, path);
                putchar('\n');
            }
        }
        report_append(queries, json_pack("{s:o, s:o}", "path", report_string(query), "nearest", list));
    }
    if (f->o->format == FORMAT_JSON)
        return report_json("nearest",
                           json_pack("{s:s, s:s, s:b, s:o}", "model", f->model->name, "layer", n->own->layer, "random",
                                     alexcl_weights_random(f->weights), "queries", queries),
                           err);
    json_decref(queries);
    return ALEXCL_OK;
}

static int nearest_draw_file(struct sheet *sheet, size_t column, size_t row, const struct image_list_entry *e,
                             struct alexcl_error *err) {
    struct picture p = {0};
    int status = decode_file(e->path, &p, err);
    if (status == ALEXCL_OK) status = sheet_put(sheet, (int)column, (int)row, &p, err);
    picture_free(&p);
    return status;
}

/* A row a query: the query, then its nearest. */
static int nearest_draw(const struct infer *f, struct alexcl_error *err) {
    const struct nearest *n = f->user;
    struct sheet sheet = {0};
    int status;
    TRY(sheet_make((int)n->top + 1, (int)n->query_count, CELL, GAP, &sheet, err));
    for (size_t q = 0; q < n->query_count; q++) {
        TRY(nearest_draw_file(&sheet, 0, q, &f->list.entries[q], err));
        for (size_t i = 0; i < n->counts[q]; i++)
            TRY(nearest_draw_file(&sheet, i + 1, q, &f->list.entries[n->found[q * n->top + i].image], err));
    }
    TRY(png_file_write(f->o->output, &sheet.picture, err));
done:
    sheet_free(&sheet);
    return status;
}

/* Queries, then what is searched: copies of entries of the command's two lists. */
static int nearest_open_images(struct infer *f, struct alexcl_error *err) {
    struct nearest *n = f->user;
    int status;
    TRY(options_inputs(f->o, 0, f->o->argument_count, f->own->keep_going, &n->images, err));
    for (int i = 0; i < n->own->queries.count; i++)
        if (!image_list_add(&n->queries, n->own->queries.list[i]))
            return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the queries");
    n->query_count = n->queries.count;
    n->top = (size_t)n->own->top < n->images.count ? (size_t)n->own->top : n->images.count;
    f->results.beside = n->query_count;
    f->results.count = f->list.count = n->query_count + n->images.count;
    TRY(infer_alloc(&f->list.entries, f->list.count, sizeof *f->list.entries, err));
    memcpy(f->list.entries, n->queries.entries, n->query_count * sizeof *f->list.entries);
    memcpy(f->list.entries + n->query_count, n->images.entries, n->images.count * sizeof *f->list.entries);
    TRY(infer_alloc(&n->found, n->query_count * n->top, sizeof *n->found, err));
    TRY(infer_alloc(&n->counts, n->query_count, sizeof *n->counts, err));
done:
    return status;
}

static int nearest_open(struct infer *f, struct alexcl_error *err) {
    const struct options *o = f->o;
    struct nearest *n = f->user;
    int status, layer;
    TRY(options_expect(o, "nearest", 1, INT_MAX, err));
    if (n->own->queries.count == 0) return error_set(err, ALEXCL_E_USAGE, "`alexcl nearest` wants --query PICTURE");
    TRY(options_check_ending("-o", o->output, ".png", err));
    TRY(options_model(o, &f->model, err));
    TRY(alexcl_model_layer(f->model, n->own->layer, &layer, err));
    f->scores.crops = 1;
    TRY(nearest_open_images(f, err));
    TRY(options_weights(o, f->model, n->own->layer, &f->weights, err));
    TRY(options_selection(o, &f->selection, err));
    TRY(infer_begin(f, err));
    TRY(infer_alloc(&n->values, n->query_count * f->scores.units, sizeof *n->values, err));
done:
    return status;
}

static int command_nearest(const struct options *o, struct alexcl_error *err) {
    struct nearest n = {.own = o->own};
    const struct infer_options options = {.keep_going = n.own->keep_going, .reproducible = 1, .features = n.own->layer};
    struct infer f = {.o = o,
                      .own = &options,
                      .take = nearest_take,
                      .emit = nearest_emit,
                      .user = &n,
                      .output.start = monotonic_now()};
    struct alexcl_error late = {0};
    int status;
    TRY(nearest_open(&f, err));
    TRY(infer_run(&f, err));
    for (size_t q = 0; q < n.query_count && status == ALEXCL_OK; q++) /* with --keep-going: nothing to search with */
        if (f.results.list[q].error) status = error_set(err, ALEXCL_E_DATA, "%s", f.results.list[q].error);
    if (status != ALEXCL_OK) goto done;
    nearest_emit(&f, &late);
    TRY(nearest_print(&f, err));
    if (o->output) TRY(nearest_draw(&f, err));
    status = infer_end(&f, status, &late, err);
done:
    infer_free(&f);
    image_list_free(&n.queries);
    image_list_free(&n.images);
    free(n.values);
    free(n.found);
    free(n.counts);
    return status;
}

const struct command nearest_command = {
    .name = "nearest",
    .run = command_nearest,
    .own = &nearest_options,
    .shared = OPTIONS_RUN_NET | OPTION_TRAINED | OPTION_SIZE,
    .makes_output = 1,
    .arguments = "--query PICTURE INPUT...",
    .about = "pictures whose values of a layer are nearest to a query's",
    .details = "By Euclidean distance, the nearest first. -o SHEET.png draws them: a row for\n"
               "each query, the query at the left, in cells of 128 x 128 pixels, 4 apart.\n\n" INPUTS_HELP "\n"
               "  alexcl nearest --query cat.png --weights alexnet.safetensors photos/ -o s.png\n",
    .also = " neighbours neighbors similar search retrieve ",
};
