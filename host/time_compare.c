/* SPDX-License-Identifier: MIT */
/* --compare of `alexcl time`: a document of an older run, or of several, read with care: it may be any JSON. */
#include <assert.h>
#include <string.h>

#include "status.h"
#include "timing.h"

#define TIME_COMPARE_WANTS "--compare wants a document of `alexcl time --format json`"

/* Seconds of a batch and images a second: what is beyond was not measured. */
static const double LEAST = 1e-9, MOST = 1e12;

/* A number that a document may have there: jansson takes any for a double, and the low bits of one that is too large
 * for an int. */
static int time_compare_check(const char *path, const char *name, double value, double min, struct alexcl_error *err) {
    if (value >= min && value <= MOST) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_DATA, "%s: \"%.100s\" is %g where %g to %g can be; " TIME_COMPARE_WANTS, path, name,
                     value, min, MOST);
}

/* Seconds of both halves of a row of "layers"; 1: it has them, of a pass of layer *name. */
static int time_compare_row(json_t *row, const char **name, const char **pass, double seconds[2]) {
    *pass = measure_work_name(ALEXCL_WORK_LAYER); /* documents of before there were others */
    return json_unpack(row, "{s:s, s?s, s:[F,F]}", "name", name, "pass", pass, "seconds", &seconds[0], &seconds[1]) ==
           0;
}

/* What a run is of; checks its numbers. */
struct compared {
    const char *model;
    json_int_t batch;
    int train;
};
static int time_compare_read(const char *path, json_t *run, struct compared *out, struct alexcl_error *err) {
    json_t *layers = NULL, *row;
    double median = 0, rate = 0, seconds[2];
    const char *layer = NULL, *pass;
    size_t i;
    int status;
    *out = (struct compared){0};
    if (json_unpack(run, "{s:s, s:I, s:F, s:{s:F}, s:o, s?b}", "model", &out->model, "batch", &out->batch,
                    "images_per_s", &rate, "seconds", "median", &median, "layers", &layers, "train",
                    &out->train) != 0 ||
        !json_is_array(layers))
        return error_set(err, ALEXCL_E_DATA, "%s: " TIME_COMPARE_WANTS, path);
    TRY(time_compare_check(path, "images_per_s", rate, LEAST, err));
    TRY(time_compare_check(path, "median", median, LEAST, err));
    json_array_foreach(layers, i, row) {
        for (int h = 0; h < 2 && time_compare_row(row, &layer, &pass, seconds); h++)
            TRY(time_compare_check(path, layer, seconds[h], 0, err));
    }
done:
    return status;
}

/* The i-th run of a document; NULL: there is none. */
static json_t *time_compare_run(json_t *document, size_t i) {
    json_t *runs = json_object_get(document, "runs");
    return runs ? json_array_get(runs, i) : i == 0 ? document : NULL;
}

int time_compare_open(const char *path, json_t **out, struct alexcl_error *err) {
    json_error_t why;
    struct compared c;
    json_t *run;
    int status = ALEXCL_OK;
    *out = json_load_file(path, 0, &why);
    if (!*out && why.line > 0)
        return error_set(err, ALEXCL_E_DATA, "%s: line %d: %s; " TIME_COMPARE_WANTS, path, why.line, why.text);
    if (!*out) return error_set(err, ALEXCL_E_DATA, "%s: %s", path, why.text);
    if (!time_compare_run(*out, 0)) return error_set(err, ALEXCL_E_DATA, "%s: " TIME_COMPARE_WANTS, path);
    for (size_t i = 0; status == ALEXCL_OK && (run = time_compare_run(*out, i)) != NULL; i++)
        status = time_compare_read(path, run, &c, err);
    return status;
}

int time_compare_find(json_t *document, const struct timing *t, const json_t **out, struct alexcl_error *err) {
    const char *path = t->own->compare, *model = t->model->name;
    struct compared c = {0};
    json_t *run;
    size_t count = 0;
    *out = NULL;
    for (; (run = time_compare_run(document, count)) != NULL; count++) {
        int status = time_compare_read(path, run, &c, err);
        if (status != ALEXCL_OK) return status;
        if (strcmp(c.model, model) != 0 || c.batch != t->batch || c.train != t->own->train) continue;
        *out = run;
        return ALEXCL_OK;
    }
    assert(c.model); /* time_compare_open has read a run at least */
    if (count > 1)
        return error_set(err, ALEXCL_E_DATA, "%s: none of its %zu runs is of %s%s, batch %d", path, count, model,
                         t->own->train ? " in training" : "", t->batch);
    if (strcmp(c.model, model) != 0 || c.batch != t->batch)
        return error_set(err, ALEXCL_E_DATA, "%s: is of %s, batch %lld; this is %s, batch %d", path, c.model,
                         (long long)c.batch, model, t->batch);
    return error_set(err, ALEXCL_E_DATA, "%s: is %s training; --train goes with both or with none", path,
                     c.train ? "of" : "not of");
}

double time_compare_layer(const struct timing *t, const struct layer_time *l) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(t->old, "layers"), i, row) {
        const char *layer = NULL, *pass;
        double seconds[2];
        if (time_compare_row(row, &layer, &pass, seconds) && strcmp(layer, l->layer->layer->name) == 0 &&
            strcmp(pass, measure_work_name(l->work)) == 0)
            return seconds[0] + seconds[1];
    }
    return 0;
}

double time_compare_layer_ratio(const struct timing *t, const struct layer_time *l) {
    double now = l->seconds[0] + l->seconds[1], then = t->old ? time_compare_layer(t, l) : 0;
    return now > 0 ? then / now : 0;
}

double time_compare_ratio(const struct timing *t) {
    return t->old ? json_number_value(json_object_get(json_object_get(t->old, "seconds"), "median")) / t->m.median : 0;
}
