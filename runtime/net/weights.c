/* SPDX-License-Identifier: MIT */
/* A net's weights: the list of tensors that its layers need, and where their rows come from, which is a file (source.h)
 * or the counter RNG. A file is checked completely when it is opened: which tensor is which (weights_match.h),
 * metadata, and zeros for connections that are left out. So a view can be opened later without further checks. Rows are
 * converted to float32 view by view, and saved in pieces, so a net is never in memory twice. */
#include "weights.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata.h"
#include "counter_rng.h"
#include "layer.h"
#include "log.h"
#include "memory.h"
#include "model_check.h"
#include "safetensors.h"
#include "sized.h"
#include "weights_match.h"

struct alexcl_weights {
    const struct alexcl_model *model;
    struct alexcl_model *own; /* the same as `model` where that is a copy of the caller's (model_take) */
    struct weights_list list;
    struct source *file;   /* NULL: synthetic */
    int owned;             /* the file is closed with the weights */
    weights_make_fn *make; /* NULL: a file's or synthetic */
    void *user;
    uint64_t seed;
    char *case_name;
    double *gains; /* one for each layer of the model */
    int random;
    char *about;
    struct string_buffer done; /* what was translated, a line each */
};

static size_t weights_row(int dims, const int shape[4]) {
    size_t row = 1;
    for (int i = 1; i < dims; i++) row *= (size_t)shape[i];
    return row;
}

/* ---- a file ------------------------------------------------------------------------------------ */

static int weights_describe_file(const char *path, struct alexcl_weights *w, int checked, struct alexcl_error *err) {
    struct string_buffer text = {0};
    string_buffer_add(&text,
                      checked ? "%s (its metadata agrees with model %s)"
                              : "%s (no conventions in its metadata: taken to match model %s)",
                      path, w->model->name);
    if (w->random) string_buffer_add(&text, "; random weights of the generator: labels mean nothing");
    w->about = text.text;
    return text.failed ? error_set(err, ALEXCL_E_MEMORY, "out of host memory: the description of %s", path) : ALEXCL_OK;
}

/* Where a model's row says which inputs each output reads, the weights for other inputs must be 0. */
static int weights_check_connections(const char *path, const struct alexcl_weights *w, struct alexcl_error *err) {
    for (size_t i = 0; i < w->list.count; i++) {
        const struct weights_tensor *t = &w->list.tensors[i];
        const uint32_t *connections = w->model->layers[t->layer].connections;
        if (!connections || t->tensor.dims != 4) continue;
        struct weights_view v;
        int status = weights_view_open(w, &w->model->layers[t->layer], t->tensor.suffix, t->tensor.dims,
                                       t->tensor.shape, 0, t->tensor.shape[0], &v, err);
        if (status != ALEXCL_OK) return status;
        size_t window = (size_t)t->tensor.shape[2] * (size_t)t->tensor.shape[3], at = 0;
        for (int o = 0; o < t->tensor.shape[0] && status == ALEXCL_OK; o++)
            for (int in = 0; in < t->tensor.shape[1] && status == ALEXCL_OK; in++)
                for (size_t k = 0; k < window; k++, at++)
                    if (!(connections[o] >> in & 1) && v.values[at] != 0 && status == ALEXCL_OK)
                        status = error_set(err, ALEXCL_E_DATA,
                                           "%s: tensor %s: output %d does not read input %d in model %s, so its "
                                           "weights there must be 0; one is %g",
                                           path, t->from->name, o, in, w->model->name, (double)v.values[at]);
        weights_view_close(&v);
        if (status != ALEXCL_OK) error_note_layer(err, w->model->layers[t->layer].name);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

static void weights_note_extra(const char *path, const struct alexcl_weights *w) {
    size_t extra = w->file->tensor_count - w->list.count;
    char shown[SOURCE_SHOWN];
    for (size_t i = 0; extra > 0 && i < w->file->tensor_count; i++) {
        const struct source_tensor *have = &w->file->tensors[i];
        int used = 0;
        for (size_t k = 0; k < w->list.count; k++) used |= w->list.tensors[k].from == have;
        if (used) continue;
        log_write(ALEXCL_LOG_INFO, "%s: %zu tensors are not used here, the first is %s", path, extra,
                  source_show(have->name, shown));
        return;
    }
}

static int weights_begin(const struct alexcl_model *given, const char *last_layer, struct alexcl_weights **out,
                         struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights *w = NULL;
    TRY(memory_alloc(&w, 1, sizeof *w, "the weights", err));
    TRY(model_take(given, &w->model, &w->own, err));
    TRY(weights_list_make(w->model, last_layer, &w->list, err));
    *out = w;
    w = NULL;
done:
    alexcl_weights_free(w);
    return status;
}

static int weights_read(struct alexcl_weights *w, const char *path, int whole, struct alexcl_error *err) {
    int status = ALEXCL_OK, checked;
    struct weights_matched matched = {.done = &w->done};
    w->random = metadata_random(w->file);
    TRY(metadata_check(w->file, path, w->model, w->list.layer_count, &checked, err));
    TRY(weights_describe_file(path, w, checked, err));
    string_buffer_add(&w->done, "%s", w->file->done.text ? w->file->done.text : "");
    TRY(weights_match(&w->list, w->file, path, whole, &matched, err));
    if (w->done.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: what was translated of %s", path);
        goto done;
    }
    TRY(weights_check_connections(path, w, err));
    weights_note_extra(path, w);
done:
    return status;
}

int weights_of_source(struct source *file, const char *path, const struct alexcl_model *model, const char *last_layer,
                      struct alexcl_weights **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights *w = NULL;
    TRY(weights_begin(model, last_layer, &w, err));
    w->file = file;
    TRY(weights_read(w, path, !last_layer, err));
    *out = w;
    w = NULL;
done:
    alexcl_weights_free(w);
    return status;
}

int alexcl_weights_open(const char *path, const struct alexcl_model *model, const char *last_layer,
                        struct alexcl_weights **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights *w = NULL;
    TRY(weights_begin(model, last_layer, &w, err));
    TRY(source_open(path, &w->file, err));
    w->owned = 1;
    TRY(weights_read(w, path, !last_layer, err));
    *out = w;
    w = NULL;
done:
    alexcl_weights_free(w);
    return status;
}

/* ---- the caller's ------------------------------------------------------------------------------ */

int weights_of_maker(const struct alexcl_model *model, weights_make_fn *make, void *user, struct alexcl_weights **out,
                     struct alexcl_error *err) {
    struct alexcl_weights *w = NULL;
    int status = weights_begin(model, NULL, &w, err);
    if (status != ALEXCL_OK) return status;
    w->make = make;
    w->user = user;
    *out = w;
    return ALEXCL_OK;
}

/* ---- synthetic weights -------------------------------------------------------------------------- */

static int weights_has_gain(const struct alexcl_layer *l) {
    return (layer_type(l->type)->fields & LAYER_FIELD_GAIN) != 0;
}

static int weights_set_gains(struct alexcl_weights *w, const struct alexcl_gain *gains, size_t count,
                             struct alexcl_error *err) {
    const struct alexcl_model *model = w->model;
    for (size_t i = 0; i < model->layer_count; i++)
        w->gains[i] = gains || model->layers[i].gain == 0 ? 1 : model->layers[i].gain;
    for (size_t i = 0; gains && i < count; i++) {
        struct alexcl_gain gain;
        int at, status = SIZED_READ(alexcl_gain, (const void *)((const char *)gains + i * gains->size), &gain, err);
        if (status == ALEXCL_OK) status = model_find_layer(model, gain.layer, &at, err);
        if (status != ALEXCL_OK) return status;
        if (!weights_has_gain(&model->layers[at]))
            return error_set(err, ALEXCL_E_USAGE,
                             "layer %s (%s) takes no gain; convolutions and fully connected layers do", gain.layer,
                             alexcl_layer_type_name(model->layers[at].type));
        if (!isfinite(gain.gain))
            return error_set(err, ALEXCL_E_USAGE, "the gain of layer %s is not a number", gain.layer);
        w->gains[at] = gain.gain;
    }
    return ALEXCL_OK;
}

int alexcl_weights_generate(const struct alexcl_model *given, uint64_t seed, const char *case_name,
                            const struct alexcl_gain *gains, size_t gain_count, struct alexcl_weights **out,
                            struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights *w = NULL;
    const struct alexcl_model *model;
    struct alexcl_model *own = NULL;
    struct string_buffer about = {0};
    TRY(model_take(given, &model, &own, err));
    TRY(memory_alloc(&w, 1, sizeof *w, "the weights", err));
    w->model = model;
    w->own = own;
    own = NULL;
    w->seed = seed;
    w->random = 1;
    TRY(memory_copy_text(&w->case_name, case_name ? case_name : model->name, err));
    TRY(weights_list_make(model, NULL, &w->list, err));
    TRY(memory_alloc(&w->gains, model->layer_count, sizeof *w->gains, "the gains", err));
    TRY(weights_set_gains(w, gains, gain_count, err));
    string_buffer_add(&about, "random weights of seed %llu (generator, name %s): labels mean nothing",
                      (unsigned long long)seed, w->case_name);
    if (about.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the description of the weights");
        goto done;
    }
    w->about = about.text;
    *out = w;
    w = NULL;
done:
    alexcl_weights_free(w);
    free(own);
    return status;
}

/* Names, scales and offsets: tests/oracle/README.md, "Names and scales of a net case". */
static int weights_make(const struct alexcl_weights *w, const struct weights_tensor *t, int first, int count,
                        float *out, struct alexcl_error *err) {
    const struct alexcl_layer *l = &w->model->layers[t->layer];
    struct string_buffer name = {0};
    string_buffer_add(&name, "net/%s/%s.%s", w->case_name, l->name, t->tensor.stream);
    if (name.failed) {
        string_buffer_free(&name);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the name of a tensor");
    }
    t->tensor.fill(&(struct layer_fill){.desc = l,
                                        .shape = t->tensor.shape,
                                        .first = first,
                                        .count = count,
                                        .row = weights_row(t->tensor.dims, t->tensor.shape),
                                        .key = counter_rng_key(w->seed, name.text),
                                        .gain = w->gains[t->layer],
                                        .out = out});
    string_buffer_free(&name);
    return ALEXCL_OK;
}

/* ---- reading ----------------------------------------------------------------------------------- */

int weights_view_open(const struct alexcl_weights *w, const struct alexcl_layer *layer, const char *suffix, int dims,
                      const int shape[4], int first, int count, struct weights_view *out, struct alexcl_error *err) {
    *out = (struct weights_view){0};
    const struct weights_tensor *t = NULL;
    for (size_t i = 0; i < w->list.count && !t; i++)
        if (strcmp(w->model->layers[w->list.tensors[i].layer].name, layer->name) == 0 &&
            strcmp(w->list.tensors[i].tensor.suffix, suffix) == 0)
            t = &w->list.tensors[i];
    if (!t || t->tensor.dims != dims || memcmp(t->tensor.shape, shape, (size_t)dims * sizeof *shape) != 0)
        return error_set(err, ALEXCL_E_DATA,
                         "the weights opened for model %s up to layer %s have no tensor %s.%s of the shape asked for",
                         w->model->name, w->model->layers[w->list.layer_count - 1].name, layer->name, suffix);
    assert(first >= 0 && count >= 0 && count <= shape[0] - first);
    size_t row = weights_row(dims, shape);
    out->count = (size_t)count * row;
    const struct source_tensor *from = t->turned ? &t->read : t->from;
    if (from) {
        out->values = source_in_place(from, (uint64_t)first * row);
        out->mapped = w->file;
        if (out->values) return ALEXCL_OK;
        out->mapped = NULL;
    }
    int status = memory_alloc_floats(&out->owned, (size_t)count * row, t->name, err);
    if (status != ALEXCL_OK) return status;
    if (from) {
        uint64_t width = source_width(from->type);
        source_read(from, (uint64_t)first * row, (size_t)count * row, out->owned);
        if (!from->strided)
            source_let_go(w->file, from->data + (uint64_t)first * row * width, (size_t)((uint64_t)count * row * width));
    } else {
        status = w->make ? w->make(w->user, (size_t)t->layer, &t->tensor, first, count, out->owned, err)
                         : weights_make(w, t, first, count, out->owned, err);
    }
    out->values = out->owned;
    if (status != ALEXCL_OK) weights_view_close(out);
    return status;
}

void weights_view_close(struct weights_view *v) {
    if (v->mapped) source_let_go(v->mapped, v->values, v->count * sizeof *v->values);
    free(v->owned);
    *v = (struct weights_view){0};
}

int alexcl_weights_read(const struct alexcl_weights *w, const char *layer, const char *tensor, float *out, size_t count,
                        struct alexcl_error *err) {
    struct weights_view view = {0};
    int index, status = alexcl_model_layer(w->model, layer, &index, err);
    if (status != ALEXCL_OK) return status;
    const struct weights_tensor *t = NULL;
    for (size_t i = 0; i < w->list.count && !t; i++)
        if (w->list.tensors[i].layer == index && strcmp(w->list.tensors[i].tensor.suffix, tensor) == 0)
            t = &w->list.tensors[i];
    if (!t)
        return error_set(err, ALEXCL_E_USAGE,
                         "layer %s of model %s has no tensor %s, or stands behind those that were "
                         "opened",
                         layer, w->model->name, tensor);
    if ((size_t)t->tensor.shape[0] * weights_row(t->tensor.dims, t->tensor.shape) != count)
        return error_set(err, ALEXCL_E_USAGE, "%s has not the %zu values that were asked for", t->name, count);
    status = weights_view_open(w, &w->model->layers[index], tensor, t->tensor.dims, t->tensor.shape, 0,
                               t->tensor.shape[0], &view, err);
    if (status == ALEXCL_OK) memcpy(out, view.values, count * sizeof *out);
    weights_view_close(&view);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------- */

struct weights_saving {
    const struct alexcl_weights *weights;
    struct weights_view view;
};

static int weights_save_rows(void *user, size_t entry, int first, int count, const float **values,
                             struct alexcl_error *err) {
    struct weights_saving *s = user;
    const struct weights_tensor *t = &s->weights->list.tensors[entry];
    int status = weights_view_open(s->weights, &s->weights->model->layers[t->layer], t->tensor.suffix, t->tensor.dims,
                                   t->tensor.shape, first, count, &s->view, err);
    *values = s->view.values;
    return status;
}

static void weights_save_rows_done(void *user) { weights_view_close(&((struct weights_saving *)user)->view); }

/* Adds to the metadata where the weights are from: what the counter RNG was given, or what the file says itself. */
static int weights_tell_origin(const struct alexcl_weights *w, struct source_pair *pairs, size_t *count,
                               struct string_buffer values[2]) {
    if (w->file) {
        for (size_t i = 0; i < w->file->pair_count; i++)
            if (metadata_origin(w->file->pairs[i].key)) pairs[(*count)++] = w->file->pairs[i];
        return 1;
    }
    string_buffer_add(&values[0], "%llu", (unsigned long long)w->seed);
    string_buffer_add(&values[1], "{");
    for (size_t i = 0; i < w->model->layer_count; i++) {
        if (!weights_has_gain(&w->model->layers[i])) continue;
        char number[32], *name = metadata_quote(w->model->layers[i].name);
        metadata_number(w->gains[i], number);
        string_buffer_add(&values[1], "%s%s:%s", values[1].length > 1 ? "," : "", name ? name : "", number);
        values[1].failed |= !name;
        free(name);
    }
    string_buffer_add(&values[1], "}");
    pairs[(*count)++] = (struct source_pair){METADATA_ORIGIN, "generator"};
    pairs[(*count)++] = (struct source_pair){METADATA_ORIGIN ".seed", values[0].text};
    pairs[(*count)++] = (struct source_pair){METADATA_ORIGIN ".case", w->case_name};
    pairs[(*count)++] = (struct source_pair){METADATA_ORIGIN ".gains", values[1].text};
    return !values[0].failed && !values[1].failed;
}

int alexcl_weights_save(const struct alexcl_weights *w, const char *path, struct alexcl_error *err) {
    return alexcl_weights_save_as(w, path, NULL, err);
}

int alexcl_weights_save_as(const struct alexcl_weights *w, const char *path, const char *type,
                           struct alexcl_error *err) {
    int status = ALEXCL_OK, half = type && strcmp(type, "half") == 0;
    struct metadata c = {0};
    struct source_pair *pairs = NULL;
    struct safetensors_entry *entries = NULL;
    struct string_buffer values[2] = {{0}, {0}};
    struct weights_saving saving = {.weights = w};
    if (type && !half && strcmp(type, "float") != 0)
        return error_set(err, ALEXCL_E_USAGE, "weights of type %s: float and half are written", type);
    size_t pair_count = 0, origins = 4 + (w->file ? w->file->pair_count : 0);
    TRY(metadata_make(w->model, &c, err));
    TRY(memory_alloc(&pairs, c.count + origins, sizeof *pairs, "the metadata", err));
    TRY(memory_alloc(&entries, w->list.count, sizeof *entries, "the list of tensors", err));
    for (size_t i = 0; i < c.count; i++)
        pairs[pair_count++] = (struct source_pair){c.list[i].key.text, c.list[i].value.text};
    if (!weights_tell_origin(w, pairs, &pair_count, values)) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the metadata of %s", path);
        goto done;
    }
    for (size_t i = 0; i < w->list.count; i++) {
        entries[i] =
            (struct safetensors_entry){.name = w->list.tensors[i].name, .dims = w->list.tensors[i].tensor.dims};
        memcpy(entries[i].shape, w->list.tensors[i].tensor.shape, sizeof entries[i].shape);
    }
    struct safetensors_content content = {.metadata = pairs,
                                          .metadata_count = pair_count,
                                          .entries = entries,
                                          .entry_count = w->list.count,
                                          .half = half,
                                          .rows = weights_save_rows,
                                          .rows_done = weights_save_rows_done,
                                          .user = &saving};
    TRY(safetensors_write(path, &content, err));
done:
    metadata_free(&c);
    free(pairs);
    free(entries);
    string_buffer_free(&values[0]);
    string_buffer_free(&values[1]);
    return status;
}

int alexcl_weights_random(const struct alexcl_weights *weights) { return weights->random; }
const char *alexcl_weights_translated(const struct alexcl_weights *weights) {
    return weights->done.text ? weights->done.text : "";
}
const char *alexcl_weights_describe(const struct alexcl_weights *weights) { return weights->about; }

void alexcl_weights_free(struct alexcl_weights *weights) {
    if (!weights) return;
    if (weights->owned) source_free(weights->file);
    weights_list_free(&weights->list);
    string_buffer_free(&weights->done);
    free(weights->case_name);
    free(weights->gains);
    free(weights->about);
    free(weights->own);
    free(weights);
}
