/* SPDX-License-Identifier: MIT */
/* Keras's files: .h5 of its older way, .weights.h5 of Keras 3, and .keras, an archive of the latter and a config.
 * Tensors are named after their layers and stand in the order of the layers (keras_variables.c); kernels are turned by
 * strides. What a net's row needs and the file has not as it is, the factors of a norm and biases of zeros, is made
 * here. */
#define _GNU_SOURCE /* memmem */
#include "keras.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "arena.h"
#include "json_text.h"
#include "keras_model.h"
#include "keras_variables.h"
#include "memory.h"
#include "source.h"

#define SAVE_AGAIN "model.save('NEW.keras'), by Keras 3, writes one that is read"
enum { KERAS_MOST_CONFIG = 16 << 20, KERAS_MOST_MADE = 1 << 24 };

struct keras_own {
    struct h5_list list;
    struct archive_data member; /* model.weights.h5, where it is one of an archive */
    struct keras_config config;
    unsigned char *config_text, *metadata; /* of the archive */
    json_t *metadata_document;
    struct keras_model model;
    struct arena memory; /* of the tensors' names, and of values that the file has not as they are */
};

struct keras_file {
    const char *path;
    struct keras_own *own;
    struct keras_variables variables;
};

/* ---- tensors ------------------------------------------------------------------------------------ */

enum { KERAS_AS_IT_IS, KERAS_CONV, KERAS_DEPTHWISE, KERAS_DENSE };

static int keras_turn_of(const struct keras_variable *v) {
    int dims = v->dataset->dims, kernel = strcmp(v->role, "kernel") == 0;
    if (dims == 4 && (strcmp(v->role, "depthwise_kernel") == 0 || (kernel && keras_is_class(v, "DepthwiseConv2D"))))
        return KERAS_DEPTHWISE;
    if (!kernel || keras_is_class(v, "Conv2DTranspose")) return KERAS_AS_IT_IS;
    return dims == 4 ? KERAS_CONV : dims == 2 ? KERAS_DENSE : KERAS_AS_IT_IS;
}

/* The order of the field: outputs first. Values stay where they are. */
static void keras_turn(int turn, struct source_tensor *t) {
    const uint64_t *s = t->shape, h = s[0], w = s[1], i = s[2], o = s[3];
    if (turn == KERAS_CONV) {
        *t = (struct source_tensor){.dims = 4, .shape = {o, i, h, w}, .stride = {1, o, w * i * o, i * o}};
    } else if (turn == KERAS_DEPTHWISE) { /* output i*M + m reads channel i alone */
        *t = (struct source_tensor){.dims = 4, .shape = {i * o, 1, h, w}, .stride = {1, 1, w * i * o, i * o}};
    } else {
        *t = (struct source_tensor){.dims = 2, .shape = {w, h}, .stride = {1, w}};
    }
    t->strided = 1;
}

static int keras_add_tensor(struct keras_file *f, const struct keras_variable *v, struct source *s, int told[4],
                            struct alexcl_error *err) {
    const struct h5_dataset *d = v->dataset;
    struct source_tensor t = {.dims = d->dims};
    int turn = keras_turn_of(v);
    memcpy(t.shape, d->shape, sizeof t.shape);
    if (turn != KERAS_AS_IT_IS) keras_turn(turn, &t);
    told[turn] = 1;
    t.type = d->type;
    t.type_name = d->type_name;
    t.data = d->data ? d->data : (const unsigned char *)"";
    t.bytes = d->bytes;
    const char *role = turn != KERAS_AS_IT_IS || strcmp(v->role, "kernel") == 0 ? "weight" : v->role;
    int status = arena_format(&f->own->memory, &t.name, "a tensor's name", err, "%.*s%s%s", (int)v->layer_length,
                              v->layer, v->layer_length ? "." : "", role);
    if (status != ALEXCL_OK) return status;
    s->tensors[s->tensor_count++] = t;
    return ALEXCL_OK;
}

static int keras_by_name(const void *a, const void *b) {
    const struct source_tensor *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : (*x > *y) - (*x < *y);
}

/* Layers of two models inside a model may have one name: the second is then told by its path. */
static int keras_part_names(struct keras_file *f, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source_tensor **sorted = NULL;
    char shown[SOURCE_SHOWN];
    TRY(memory_alloc(&sorted, s->tensor_count, sizeof *sorted, "a model's tensors", err));
    for (int attempt = 0; attempt < 2; attempt++) {
        for (size_t i = 0; i < s->tensor_count; i++) sorted[i] = &s->tensors[i];
        qsort(sorted, s->tensor_count, sizeof *sorted, keras_by_name);
        for (size_t i = s->tensor_count; i-- > 1;) {
            size_t at = (size_t)(sorted[i] - s->tensors);
            if (strcmp(sorted[i - 1]->name, sorted[i]->name) != 0) continue;
            if (attempt > 0) {
                status = error_set(err, ALEXCL_E_DATA,
                                   "%s: tensor %s is there twice; the file is damaged, make or fetch it again", f->path,
                                   source_show(sorted[i]->name, shown));
                goto done;
            }
            char *name;
            const char *from = f->variables.all[at].dataset->path;
            TRY(arena_alloc(&f->own->memory, &name, strlen(from) + 1, 1, "a tensor's name", err));
            memcpy(name, from, strlen(from) + 1);
            for (char *c = name; *c; c++)
                if (*c == '/') *c = '.';
            s->tensors[at].name = name;
        }
    }
done:
    free(sorted);
    return status;
}

/* ---- tensors that are made ---------------------------------------------------------------------- */

/* A tensor of `units` zeros, to be filled; NULL in *out where there is one of that name. */
static int keras_add_values(struct keras_file *f, const char *layer, const char *suffix, int units, struct source *s,
                            float **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *name;
    *out = NULL;
    TRY(arena_format(&f->own->memory, &name, "a tensor's name", err, "%s.%s", layer, suffix));
    if (source_find(s, name)) goto done;
    TRY(arena_alloc(&f->own->memory, out, (size_t)units, sizeof **out, "a model's tensors", err));
    s->tensors[s->tensor_count++] = (struct source_tensor){.name = name,
                                                           .type = SOURCE_F32,
                                                           .type_name = "float32",
                                                           .dims = 1,
                                                           .shape = {(uint64_t)units},
                                                           .data = (const unsigned char *)*out,
                                                           .bytes = (uint64_t)units * sizeof **out};
done:
    return status;
}

/* The variable of a layer with so many values, or NULL. */
static const struct source_tensor *keras_find(const struct source *s, const char *layer, const char *suffix,
                                              uint64_t units) {
    char name[KERAS_MOST_NAME];
    snprintf(name, sizeof name, "%s.%s", layer, suffix);
    const struct source_tensor *t = source_find(s, name);
    return t && t->type != SOURCE_OTHER && t->shape[0] == units && t->bytes >= units ? t : NULL;
}

/* (x - mean) / sqrt(variance + epsilon) * gamma + beta is x times a factor, plus a sum. */
static int keras_add_norm_values(struct keras_file *f, const struct keras_made *m, struct source *s,
                                 struct alexcl_error *err) {
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    const struct source_tensor *from[4];
    float *weight, *bias, one[4] = {1, 0, 0, 0};
    for (int i = 0; i < 4; i++) from[i] = keras_find(s, m->name, names[i], (uint64_t)m->units);
    if (!from[2] || !from[3] || from[2]->dims != 1 || from[3]->dims != 1) return ALEXCL_OK;
    int status = keras_add_values(f, m->name, "weight", m->units, s, &weight, err);
    if (status == ALEXCL_OK) status = keras_add_values(f, m->name, "bias", m->units, s, &bias, err);
    for (int u = 0; status == ALEXCL_OK && weight && bias && u < m->units; u++) {
        for (int i = 0; i < 4; i++)
            if (from[i]) source_read(from[i], (uint64_t)u, 1, &one[i]);
        double factor = one[0] / sqrt((double)one[3] + m->epsilon);
        weight[u] = (float)factor;
        bias[u] = (float)(one[1] - one[2] * factor);
    }
    return status;
}

static int keras_add_made(struct keras_file *f, struct source *s, struct alexcl_error *err) {
    const struct keras_model *model = &f->own->model;
    uint64_t units = 0;
    int status = ALEXCL_OK, norms = 0;
    for (size_t i = 0; i < model->made_count && !model->why; i++) {
        const struct keras_made *m = &model->made[i];
        float *zeros;
        units += (uint64_t)m->units;
        if (units > KERAS_MOST_MADE) break; /* they stay missing, and are told so */
        if (m->norm)
            TRY(keras_add_norm_values(f, m, s, err));
        else if (keras_find(s, m->name, "weight", (uint64_t)m->units))
            TRY(keras_add_values(f, m->name, "bias", m->units, s, &zeros, err));
        norms |= m->norm;
    }
    if (norms) string_buffer_add(&s->done, "norms to factors and sums\n");
done:
    return status;
}

static int keras_fill(struct keras_file *f, struct source *s, struct alexcl_error *err) {
    static const char *const done[] = {
        [KERAS_CONV] = "kernels from H,W,I,O to O,I,H,W",
        [KERAS_DEPTHWISE] = "depthwise kernels from H,W,I,M to I*M,1,H,W",
        [KERAS_DENSE] = "dense kernels from inputs,units to units,inputs",
    };
    int status = ALEXCL_OK, told[4] = {0};
    size_t most = f->variables.count + 2 * f->own->model.made_count;
    TRY(memory_alloc(&s->tensors, most, sizeof *s->tensors, "a model's tensors", err));
    for (size_t i = 0; i < f->variables.count; i++) TRY(keras_add_tensor(f, &f->variables.all[i], s, told, err));
    TRY(keras_part_names(f, s, err));
    TRY(keras_add_made(f, s, err));
    for (int i = KERAS_CONV; i <= KERAS_DENSE; i++)
        if (told[i]) string_buffer_add(&s->done, "%s\n", done[i]);
    s->in_order = f->variables.ordered;
    s->channels_last = keras_config_flattens_channels_last(&f->own->config);
done:
    return status;
}

/* What the file says of who wrote it. */
static int keras_tell(struct keras_own *own, const char *root, struct source *s, struct alexcl_error *err) {
    static const char *const keys[] = {"keras_version", "backend"};
    int status = memory_alloc(&s->pairs, sizeof keys / sizeof *keys, sizeof *s->pairs, "a file's metadata", err);
    for (size_t i = 0; status == ALEXCL_OK && i < sizeof keys / sizeof *keys; i++) {
        const char *value = json_string_value(json_object_get(own->metadata_document, keys[i]));
        if (!value) value = h5_list_text(&own->list, root, keys[i]);
        if (value) s->pairs[s->pair_count++] = (struct source_pair){keys[i], value};
    }
    return status;
}

/* The HDF5 file of a model, which is listed already, and its config read where there is one. */
static int keras_use_list(struct keras_own *own, const char *path, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct keras_file f = {
        .path = path, .own = own, .variables = {.path = path, .list = &own->list, .config = &own->config}};
    const char *config = h5_list_text(&own->list, "", "model_config");
    if (config && !own->config.document) TRY(keras_config_read(config, strlen(config), path, &own->config, err));
    TRY(keras_find_variables(&f.variables, err));
    const char *root = f.variables.root;
    if (!root && f.variables.count == 0) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: an HDF5 file, but none of Keras's: neither the attribute layer_names nor variables as "
                           "layers/NAME/vars/0; " SAVE_AGAIN,
                           path);
        goto done;
    }
    if (!s->kind) s->kind = root ? "keras-h5" : "keras-weights-h5";
    TRY(keras_model_make(&own->config, &own->model, &s->told, err));
    s->no_model = own->model.why;
    if (own->model.model.layer_count) s->model = &own->model.model;
    TRY(keras_fill(&f, s, err));
    TRY(keras_tell(own, root ? root : "", s, err));
done:
    free(f.variables.all);
    return status;
}

/* ---- the formats -------------------------------------------------------------------------------- */

static void keras_release(void *user) {
    struct keras_own *own = user;
    keras_config_free(&own->config);
    keras_model_free(&own->model);
    arena_free(&own->memory);
    json_decref(own->metadata_document);
    h5_list_free(&own->list);
    free(own->member.unpacked);
    free(own->config_text);
    free(own->metadata);
    free(own);
}

static int keras_h5_probe(const unsigned char *bytes, size_t length) {
    return length >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static int keras_h5_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                          struct alexcl_error *err) {
    struct keras_own *own;
    int status = memory_alloc(&own, 1, sizeof *own, "a model of Keras's", err);
    if (status != ALEXCL_OK) return status;
    s->own = own;
    TRY(h5_list_read(bytes, length, path, &own->list, err));
    TRY(keras_use_list(own, path, s, err));
done:
    return status;
}

static const char keras_weights[] = "model.weights.h5";

static int keras_probe(const unsigned char *bytes, size_t length) {
    enum { NEAR = 1 << 16 };
    size_t begin = length < NEAR ? 0 : length - NEAR;
    return length >= 4 && memcmp(bytes, "PK\3\4", 4) == 0 &&
           memmem(bytes + begin, length - begin, keras_weights, sizeof keras_weights - 1) != NULL;
}

/* A small member of an archive, whole; *text stays NULL where it is not there. */
static int keras_read_member(const struct archive *a, const char *name, unsigned char **text, size_t *length,
                             struct alexcl_error *err) {
    zip_uint64_t index;
    zip_stat_t stat;
    if (!archive_find(a, name, &index)) return ALEXCL_OK;
    int status = archive_stat(a, index, &stat, err);
    if (status != ALEXCL_OK) return status;
    if (stat.size > KERAS_MOST_CONFIG)
        return error_set(err, ALEXCL_E_DATA, "%s: its %s has %llu bytes, more than 16 MiB; " SAVE_AGAIN, a->path, name,
                         (unsigned long long)stat.size);
    *length = (size_t)stat.size;
    return archive_read(a, index, stat.size, text, err);
}

static int keras_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct archive a = {.path = path, .advice = SAVE_AGAIN, .bytes = bytes, .length = length};
    struct keras_own *own = NULL;
    json_error_t problem;
    zip_uint64_t weights;
    size_t config = 0, metadata = 0;
    TRY(archive_open(&a, err));
    TRY(memory_alloc(&own, 1, sizeof *own, "a model of Keras's", err));
    s->own = own;
    s->kind = "keras";
    TRY(keras_read_member(&a, "config.json", &own->config_text, &config, err));
    TRY(keras_read_member(&a, "metadata.json", &own->metadata, &metadata, err));
    if (!archive_find(&a, keras_weights, &weights) || !own->config_text) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: has no %s, so it is no model of Keras's; the file is damaged, make or fetch it again",
                           path, own->config_text ? keras_weights : "config.json");
        goto done;
    }
    TRY(keras_config_read((const char *)own->config_text, config, path, &own->config, err));
    if (own->metadata)
        TRY(json_text_load((const char *)own->metadata, metadata, 0, "a model's metadata", &own->metadata_document,
                           &problem, err));
    TRY(archive_load(&a, weights, &own->member, err));
    TRY(h5_list_read(own->member.data, (size_t)own->member.bytes, path, &own->list, err));
    TRY(keras_use_list(own, path, s, err));
done:
    archive_close(&a);
    return status;
}

const struct source_format keras_h5_format = {
    .name = "keras-h5", .probe = keras_h5_probe, .parse = keras_h5_parse, .release = keras_release};
const struct source_format keras_format = {
    .name = "keras", .probe = keras_probe, .parse = keras_parse, .release = keras_release};

int keras_parse_message(unsigned char *message, size_t message_length, const char *config, size_t config_length,
                        const unsigned char *bytes, size_t length, const char *path, struct source **out,
                        struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source *s = NULL;
    struct keras_own *own = NULL;
    TRY(memory_alloc(&s, 1, sizeof *s, "a file of weights", err));
    s->format = &keras_h5_format;
    TRY(memory_alloc(&own, 1, sizeof *own, "a model of Keras's", err));
    s->own = own;
    status = h5_list_parse(message, message_length, bytes, length, path, &own->list, err);
    message = NULL;
    TRY(status);
    if (config_length) TRY(keras_config_read(config, config_length, path, &own->config, err));
    TRY(keras_use_list(own, path, s, err));
    *out = s;
    s = NULL;
done:
    free(message);
    source_free(s);
    return status;
}
