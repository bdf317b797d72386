/* SPDX-License-Identifier: MIT */
/* A net's weights: the list of tensors that its layers need, and where their rows come from, which is a file (source.h)
 * or the counter RNG. A file is checked completely when it is opened: names or their aliases, shapes, metadata, and
 * zeros for connections that are left out. So a view can be opened later without further checks. Rows are converted to
 * float32 view by view, and saved in pieces, so a net is never in memory twice. */
#include "weights.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata.h"
#include "counter_rng.h"
#include "graph.h"
#include "layer.h"
#include "log.h"
#include "memory.h"
#include "model_check.h"
#include "safetensors.h"
#include "sized.h"

/* A tensor that the model needs. */
struct weights_tensor {
    int layer; /* index in the model */
    struct layer_tensor tensor;
    char *name;                        /* "conv1.weight" */
    const struct source_tensor *found; /* the tensor of the file */
};

struct alexcl_weights {
    const struct alexcl_model *model;
    struct alexcl_model *own; /* the same as `model` where that is a copy of the caller's (model_take) */
    size_t layer_count;       /* layers up to the last one that is needed */
    struct weights_tensor *tensors;
    size_t count;
    struct source *file; /* NULL: synthetic */
    uint64_t seed;
    char *case_name;
    double *gains; /* one for each layer of the model */
    int random;
    char *about;
};

/* ---- what the model needs ---------------------------------------------------------------------- */

static int weights_add_tensor(struct alexcl_weights *w, int layer, const struct layer_tensor *tensor,
                              struct alexcl_error *err) {
    struct weights_tensor *out = &w->tensors[w->count];
    struct string_buffer name = {0};
    string_buffer_add(&name, "%s.%s", w->model->layers[layer].name, tensor->suffix);
    if (name.failed) {
        string_buffer_free(&name);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the name of a tensor");
    }
    *out = (struct weights_tensor){.layer = layer, .tensor = *tensor, .name = name.text};
    w->count++;
    return ALEXCL_OK;
}

/* Lists the tensors of the layers that the last one needs. */
static int weights_walk(struct alexcl_weights *w, const char *last_layer, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = NULL;
    TRY(graph_make(w->model, last_layer, 1, &g, err));
    TRY(memory_alloc(&w->tensors, (size_t)g->layer_count * LAYER_TENSORS, sizeof *w->tensors, "the list of tensors",
                     err));
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        int layer = (int)(s->desc - w->model->layers);
        w->layer_count = (size_t)layer + 1;
        for (int t = 0; t < s->tensor_count; t++) TRY(weights_add_tensor(w, layer, &s->tensors[t], err));
    }
done:
    graph_free(g);
    return status;
}

static const char *weights_alias(const struct alexcl_model *model, const char *name) {
    for (const char *const(*pair)[2] = model->aliases; pair && (*pair)[0]; pair++)
        if (strcmp((*pair)[0], name) == 0) return (*pair)[1];
    return NULL;
}

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

static const char *weights_show_wanted(const struct weights_tensor *t, char out[SOURCE_SHOWN]) {
    uint64_t shape[4] = {0};
    for (int i = 0; i < t->tensor.dims; i++) shape[i] = (uint64_t)t->tensor.shape[i];
    return source_show_shape(t->tensor.dims, shape, out);
}

static int weights_missing(const char *path, const struct alexcl_weights *w, const struct weights_tensor *t,
                           const char *alias, struct alexcl_error *err) {
    char wanted[SOURCE_SHOWN], shown[SOURCE_SHOWN], hint[400];
    size_t count = w->file->tensor_count;
    if (t->layer > 0 && w->tensors[0].found && t->layer != w->tensors[0].layer)
        snprintf(hint, sizeof hint, "the layers before it can be run: infer --features %s",
                 w->model->layers[t->layer - 1].name);
    else
        snprintf(hint, sizeof hint, "it has %zu tensors%s%s: another model's?", count, count ? ", the first " : "",
                 count ? source_show(w->file->tensors[0].name, shown) : "");
    return error_set(err, ALEXCL_E_DATA, "%s: no tensor %s%s%s%s (%s) for model %s; %s", path, t->name,
                     alias ? " (or " : "", alias ? alias : "", alias ? ")" : "", weights_show_wanted(t, wanted),
                     w->model->name, hint);
}

static int weights_find_tensor(const char *path, struct alexcl_weights *w, struct weights_tensor *t,
                               struct alexcl_error *err) {
    char wanted[SOURCE_SHOWN], have[SOURCE_SHOWN];
    const char *alias = weights_alias(w->model, t->name);
    const struct source_tensor *other = alias ? source_find(w->file, alias) : NULL;
    t->found = source_find(w->file, t->name);
    if (t->found && other)
        return error_set(err, ALEXCL_E_DATA, "%s: has both %s and %s, two names of one tensor; leave one out", path,
                         t->name, alias);
    if (!t->found) t->found = other;
    if (!t->found) return weights_missing(path, w, t, alias, err);
    if (t->found->type == SOURCE_OTHER)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: tensor %s is of dtype %s; float64, float32, float16 and bfloat16 are read: convert it",
                         path, t->found->name, t->found->type_name);
    int same = t->found->dims == t->tensor.dims;
    for (int d = 0; same && d < t->tensor.dims; d++) same = t->found->shape[d] == (uint64_t)t->tensor.shape[d];
    if (!same)
        return error_set(err, ALEXCL_E_DATA, "%s: tensor %s is %s, model %s wants %s%s", path, t->found->name,
                         source_show_shape(t->found->dims, t->found->shape, have), w->model->name,
                         weights_show_wanted(t, wanted),
                         t->tensor.dims == 4   ? " (outputs x inputs / groups x height x width)"
                         : t->tensor.dims == 2 ? " (outputs x inputs)"
                                               : "");
    return ALEXCL_OK;
}

static int weights_find_tensors(const char *path, struct alexcl_weights *w, struct alexcl_error *err) {
    for (size_t i = 0; i < w->count; i++) {
        int status = weights_find_tensor(path, w, &w->tensors[i], err);
        if (status == ALEXCL_OK) continue;
        error_note_layer(err, w->model->layers[w->tensors[i].layer].name);
        return status;
    }
    return ALEXCL_OK;
}

/* Where a model's row says which inputs each output reads, the weights for other inputs must be 0. */
static int weights_check_connections(const char *path, const struct alexcl_weights *w, struct alexcl_error *err) {
    for (size_t i = 0; i < w->count; i++) {
        const struct weights_tensor *t = &w->tensors[i];
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
                                           path, t->found->name, o, in, w->model->name, (double)v.values[at]);
        weights_view_close(&v);
        if (status != ALEXCL_OK) error_note_layer(err, w->model->layers[t->layer].name);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

static void weights_note_extra(const char *path, const struct alexcl_weights *w) {
    size_t extra = w->file->tensor_count - w->count;
    char shown[SOURCE_SHOWN];
    for (size_t i = 0; extra > 0 && i < w->file->tensor_count; i++) {
        const struct source_tensor *have = &w->file->tensors[i];
        int used = 0;
        for (size_t k = 0; k < w->count; k++) used |= w->tensors[k].found == have;
        if (used) continue;
        log_write(ALEXCL_LOG_INFO, "%s: %zu tensors are not used here, the first is %s", path, extra,
                  source_show(have->name, shown));
        return;
    }
}

int alexcl_weights_open(const char *path, const struct alexcl_model *given, const char *last_layer,
                        struct alexcl_weights **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_weights *w = NULL;
    const struct alexcl_model *model;
    struct alexcl_model *own = NULL;
    TRY(model_take(given, &model, &own, err));
    TRY(memory_alloc(&w, 1, sizeof *w, "the weights", err));
    w->model = model;
    w->own = own;
    own = NULL;
    TRY(weights_walk(w, last_layer, err));
    TRY(source_open(path, &w->file, err));
    for (size_t i = 0; i < w->file->pair_count; i++)
        w->random |=
            strcmp(w->file->pairs[i].key, METADATA_ORIGIN) == 0 && strcmp(w->file->pairs[i].value, "generator") == 0;
    int checked;
    TRY(metadata_check(w->file, path, model, w->layer_count, &checked, err));
    TRY(weights_describe_file(path, w, checked, err));
    TRY(weights_find_tensors(path, w, err));
    TRY(weights_check_connections(path, w, err));
    weights_note_extra(path, w);
    *out = w;
    w = NULL;
done:
    alexcl_weights_free(w);
    free(own);
    return status;
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
    TRY(weights_walk(w, NULL, err));
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
    for (size_t i = 0; i < w->count && !t; i++)
        if (strcmp(w->model->layers[w->tensors[i].layer].name, layer->name) == 0 &&
            strcmp(w->tensors[i].tensor.suffix, suffix) == 0)
            t = &w->tensors[i];
    if (!t || t->tensor.dims != dims || memcmp(t->tensor.shape, shape, (size_t)dims * sizeof *shape) != 0)
        return error_set(err, ALEXCL_E_DATA,
                         "the weights opened for model %s up to layer %s have no tensor %s.%s of the shape asked for",
                         w->model->name, w->model->layers[w->layer_count - 1].name, layer->name, suffix);
    assert(first >= 0 && count >= 0 && count <= shape[0] - first);
    size_t row = weights_row(dims, shape);
    out->count = (size_t)count * row;
    if (t->found) {
        out->values = source_in_place(t->found, (uint64_t)first * row);
        out->mapped = w->file;
        if (out->values) return ALEXCL_OK;
        out->mapped = NULL;
    }
    int status = memory_alloc_floats(&out->owned, (size_t)count * row, t->name, err);
    if (status != ALEXCL_OK) return status;
    if (t->found)
        source_read(t->found, (uint64_t)first * row, (size_t)count * row, out->owned);
    else
        status = weights_make(w, t, first, count, out->owned, err);
    out->values = out->owned;
    if (status != ALEXCL_OK) weights_view_close(out);
    return status;
}

void weights_view_close(struct weights_view *v) {
    if (v->mapped) source_let_go(v->mapped, v->values, v->count);
    free(v->owned);
    *v = (struct weights_view){0};
}

/* ---- writing ----------------------------------------------------------------------------------- */

struct weights_saving {
    const struct alexcl_weights *weights;
    struct weights_view view;
};

static int weights_save_rows(void *user, size_t entry, int first, int count, const float **values,
                             struct alexcl_error *err) {
    struct weights_saving *s = user;
    const struct weights_tensor *t = &s->weights->tensors[entry];
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
    int status = ALEXCL_OK;
    struct metadata c = {0};
    struct source_pair *pairs = NULL;
    struct safetensors_entry *entries = NULL;
    struct string_buffer values[2] = {{0}, {0}};
    struct weights_saving saving = {.weights = w};
    size_t pair_count = 0, origins = 4 + (w->file ? w->file->pair_count : 0);
    TRY(metadata_make(w->model, &c, err));
    TRY(memory_alloc(&pairs, c.count + origins, sizeof *pairs, "the metadata", err));
    TRY(memory_alloc(&entries, w->count, sizeof *entries, "the list of tensors", err));
    for (size_t i = 0; i < c.count; i++)
        pairs[pair_count++] = (struct source_pair){c.list[i].key.text, c.list[i].value.text};
    if (!weights_tell_origin(w, pairs, &pair_count, values)) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the metadata of %s", path);
        goto done;
    }
    for (size_t i = 0; i < w->count; i++) {
        entries[i] = (struct safetensors_entry){.name = w->tensors[i].name, .dims = w->tensors[i].tensor.dims};
        memcpy(entries[i].shape, w->tensors[i].tensor.shape, sizeof entries[i].shape);
    }
    struct safetensors_content content = {.metadata = pairs,
                                          .metadata_count = pair_count,
                                          .entries = entries,
                                          .entry_count = w->count,
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
const char *alexcl_weights_describe(const struct alexcl_weights *weights) { return weights->about; }

void alexcl_weights_free(struct alexcl_weights *weights) {
    if (!weights) return;
    source_free(weights->file);
    for (size_t i = 0; i < weights->count; i++) free(weights->tensors[i].name);
    free(weights->tensors);
    free(weights->case_name);
    free(weights->gains);
    free(weights->about);
    free(weights->own);
    free(weights);
}
