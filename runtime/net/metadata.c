/* SPDX-License-Identifier: MIT */
/* What a weight file's metadata says of its net. A model is written out as a list of keys and values; a file's list is
 * compared with it key by key, numbers by value and not by text, and what comes after the last layer asked for does not
 * matter. Differences are told by key, what the file says and what the model says. */
#include "metadata.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "layer.h"

static const char PREFIX[] = "alexcl.";
enum { NAMED = 4 }; /* differences that an error tells in full */

void metadata_number(double number, char out[32]) {
    if (number == floor(number) && fabs(number) < 1e15) {
        snprintf(out, 32, "%.0f", number);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        json_t *value = json_real(number);
        char *text = json_text_dump(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        json_t *back = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        int exact = back && json_real_value(back) == number;
        snprintf(out, 32, "%s", text ? text : "");
        json_decref(back);
        json_decref(value);
        free(text);
        if (exact) return;
    }
}

char *metadata_quote(const char *name) {
    json_t *value = json_string(name);
    char *text = json_text_dump(value, JSON_ENCODE_ANY);
    json_decref(value);
    return text;
}

/* A new pair, whose value the caller adds. */
static struct string_buffer *metadata_begin(struct metadata *c, size_t layer, const char *subject, const char *field) {
    assert(c->count < c->capacity); /* as metadata_make has counted */
    struct metadata_pair *entry = &c->list[c->count++];
    string_buffer_add(&entry->key, "%s%s%s%s", PREFIX, subject, field ? "." : "", field ? field : "");
    entry->layer = layer;
    return &entry->value;
}

static void metadata_add(struct metadata *c, size_t layer, const char *subject, const char *field, const char *value) {
    string_buffer_add(metadata_begin(c, layer, subject, field), "%s", value);
}

static void metadata_add_number(struct metadata *c, size_t layer, const char *subject, const char *field,
                                double value) {
    char number[32];
    metadata_number(value, number);
    metadata_add(c, layer, subject, field, number);
}

/* One number a channel: a list, but of a single one. */
static void metadata_add_channels(struct metadata *c, const char *subject, const struct alexcl_model *model,
                                  double (*of_channel)(const struct alexcl_model *, int)) {
    struct string_buffer *value = metadata_begin(c, 0, subject, NULL);
    char number[32];
    for (int i = 0; i < model->channels; i++) {
        metadata_number(of_channel(model, i), number);
        string_buffer_add(value, "%s%s", i ? "," : model->channels > 1 ? "[" : "", number);
    }
    if (model->channels > 1) string_buffer_add(value, "]");
}

/* One layer's are told to it. */
struct metadata_layer {
    struct metadata *list;
    size_t layer;
    const char *name;
};

static void metadata_told(void *user, const char *field, const char *text, double number) {
    const struct metadata_layer *to = user;
    if (text)
        metadata_add(to->list, to->layer, to->name, field, text);
    else
        metadata_add_number(to->list, to->layer, to->name, field, number);
}

static void metadata_add_layer(struct metadata *c, size_t i, const struct alexcl_layer *l) {
    struct metadata_layer to = {c, i, l->name};
    const struct layer_ops *ops = layer_type(l->type);
    if (ops->metadata) ops->metadata(l, metadata_told, &to);
}

int metadata_make(const struct alexcl_model *model, struct metadata *out, struct alexcl_error *err) {
    static const char *const colours[] = {[ALEXCL_RGB] = "RGB", [ALEXCL_BGR] = "BGR", [ALEXCL_GREY] = "grey"};
    *out = (struct metadata){.capacity = 9 + LAYER_METADATA * model->layer_count};
    int status = memory_alloc(&out->list, out->capacity, sizeof *out->list, "the conventions", err);
    if (status != ALEXCL_OK) return status;
    metadata_add(out, 0, "model", NULL, model->name);
    string_buffer_add(metadata_begin(out, 0, "input", NULL), "%dx%dx%d", model->channels, model->height, model->width);
    metadata_add(out, 0, "colour", NULL, colours[model->colour]);
    metadata_add_number(out, 0, "scale", NULL, model->scale);
    metadata_add_channels(out, "mean", model, model_mean);
    metadata_add_channels(out, "std", model, model_std);
    metadata_add(out, 0, "lrn_alpha", NULL, "on the plain sum");
    metadata_add(out, 0, "flatten", NULL, "C,H,W");
    struct string_buffer *names = metadata_begin(out, 0, "layers", NULL);
    for (size_t i = 0; i < model->layer_count; i++)
        string_buffer_add(names, "%s%s", i ? " " : "", model->layers[i].name);
    for (size_t i = 0; i < model->layer_count; i++) metadata_add_layer(out, i, &model->layers[i]);
    int failed = 0;
    for (size_t i = 0; i < out->count; i++) failed |= out->list[i].key.failed || out->list[i].value.failed;
    return failed ? error_set(err, ALEXCL_E_MEMORY, "out of host memory: the conventions") : ALEXCL_OK;
}

/* The same text, or the same numbers to six digits. */
static int metadata_same(const char *a, const char *b) {
    if (strcmp(a, b) == 0) return 1;
    json_t *x = json_loads(a, JSON_DECODE_ANY, NULL), *y = json_loads(b, JSON_DECODE_ANY, NULL);
    int same = (json_is_number(x) && json_is_number(y)) ||
               (json_is_array(x) && json_is_array(y) && json_array_size(x) == json_array_size(y));
    for (size_t i = 0; same && i < (json_is_array(x) ? json_array_size(x) : 1); i++) {
        const json_t *p = json_is_array(x) ? json_array_get(x, i) : x, *q = json_is_array(y) ? json_array_get(y, i) : y;
        double u = json_number_value(p), v = json_number_value(q);
        same = json_is_number(p) && json_is_number(q) && fabs(u - v) <= 1e-6 * fmax(fabs(u), fabs(v));
    }
    json_decref(x);
    json_decref(y);
    return same;
}

/* What the metadata of a model says of a key: its value; NULL when there is no such key, "" when it does not matter
 * before layer `count`. */
static const char *metadata_value(const struct metadata *c, const char *key, size_t count) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->list[i].key.text, key) == 0) return c->list[i].layer < count ? c->list[i].value.text : "";
    return NULL;
}

/* Whether a pair of the file agrees; *wanted is what the model says. Of the list of layers only the first `count`
 * must. */
static int metadata_agree(const struct metadata *c, const char *key, const char *value, size_t count,
                          const char **wanted) {
    *wanted = metadata_value(c, key, count);
    if (!*wanted) return 0;
    if (!**wanted) return 1;
    if (strcmp(key, "alexcl.layers") != 0) return metadata_same(value, *wanted);
    const char *end = *wanted; /* behind the name of layer count-1 */
    for (size_t i = 0; i < count; i++) end += strcspn(end + (i > 0), " ") + (i > 0);
    size_t length = (size_t)(end - *wanted);
    return strncmp(value, *wanted, length) == 0 && (value[length] == '\0' || (value[length] == ' ' && *end));
}

/* Compares the file's metadata with a model's. Returns how many pairs there are, *wrong of which differ; the first
 * NAMED of those go to `text` unless NULL. */
static size_t metadata_compare(const struct source *file, const struct metadata *c, size_t count,
                               struct string_buffer *text, size_t *wrong) {
    size_t seen = 0;
    const char *wanted;
    char shown[2][SOURCE_SHOWN];
    *wrong = 0;
    for (size_t i = 0; i < file->pair_count; i++) {
        const char *key = file->pairs[i].key, *value = file->pairs[i].value;
        if (strncmp(key, PREFIX, strlen(PREFIX)) != 0 || metadata_origin(key)) continue;
        seen++;
        if (metadata_agree(c, key, value, count, &wanted)) continue;
        ++*wrong;
        if (text && *wrong <= NAMED)
            string_buffer_add(text, "%s%s: the file says %s, the model %s", text->length ? "; " : "",
                              source_show(key + strlen(PREFIX), shown[0]), source_show(value, shown[1]),
                              wanted ? wanted : "knows no such thing");
    }
    return seen;
}

static const char *metadata_find(const struct source *file, const char *key) {
    for (size_t i = 0; i < file->pair_count; i++)
        if (strcmp(file->pairs[i].key, key) == 0) return file->pairs[i].value;
    return NULL;
}

const struct alexcl_model *metadata_model(const struct source *file) {
    const char *name = metadata_find(file, "alexcl.model");
    const struct alexcl_model *model = NULL;
    return name && alexcl_model_find(name, &model, &(struct alexcl_error){0}) == ALEXCL_OK ? model : NULL;
}

int metadata_random(const struct source *file) {
    const char *origin = metadata_find(file, METADATA_ORIGIN);
    return origin && strcmp(origin, "generator") == 0;
}

int metadata_agrees(const struct source *file, const struct alexcl_model *model, int *agrees,
                    struct alexcl_error *err) {
    struct metadata c = {0};
    size_t wrong = 0;
    const char *name = metadata_find(file, "alexcl.model");
    *agrees = 0;
    if (name && strcmp(name, model->name) != 0) return ALEXCL_OK;
    int status = metadata_make(model, &c, err);
    if (status == ALEXCL_OK) metadata_compare(file, &c, model->layer_count, NULL, &wrong);
    *agrees = wrong == 0;
    metadata_free(&c);
    return status;
}

int metadata_check(const struct source *file, const char *path, const struct alexcl_model *model, size_t layer_count,
                   int *present, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct metadata c = {0};
    struct string_buffer text = {0};
    size_t wrong;
    TRY(metadata_make(model, &c, err));
    *present = metadata_compare(file, &c, layer_count, &text, &wrong) > 0;
    if (!wrong) goto done;
    const struct alexcl_model *other, *match = NULL;
    for (size_t i = 0; !match && (other = alexcl_model_get(i)) != NULL; i++) {
        size_t left;
        metadata_free(&c);
        TRY(metadata_make(other, &c, err));
        metadata_compare(file, &c, other->layer_count, NULL, &left);
        if (left == 0) match = other;
    }
    if (wrong > NAMED) string_buffer_add(&text, "; and %zu more", wrong - NAMED);
    status = error_set(err, ALEXCL_E_DATA, "%s is not for model %s: %s; %s%s", path, model->name,
                       text.text ? text.text : "its conventions differ",
                       match ? "it matches --model " : "it matches no built-in model", match ? match->name : "");
done:
    metadata_free(&c);
    string_buffer_free(&text);
    return status;
}

void metadata_free(struct metadata *c) {
    for (size_t i = 0; i < c->count; i++) string_buffer_free(&c->list[i].key), string_buffer_free(&c->list[i].value);
    free(c->list);
    *c = (struct metadata){0};
}

int metadata_origin(const char *key) {
    /* what training writes (runtime/train/checkpoint.c), and who calls it */
    static const char *const trained[] = {"step",   "epoch",       "seed",   "recipe",     "schedule",
                                          "frozen", "micro_batch", "labels", "top1_error", "top5_error"};
    if (strncmp(key, PREFIX, strlen(PREFIX)) != 0) return 0;
    for (size_t i = 0; i < sizeof trained / sizeof *trained; i++)
        if (strcmp(key + strlen(PREFIX), trained[i]) == 0) return 1;
    return model_reserves(key + strlen(PREFIX));
}
