/* SPDX-License-Identifier: MIT */
/* Keras's files: .h5 of its older way (`layer_names` and `weight_names` say what there is), .weights.h5 of Keras 3
 * (layers/NAME/vars/N), and .keras, an archive of the latter and a config. Tensors are named after their layers, and
 * stand in the order of the layers: HDF5 would list dense_10 before dense_2, so the order is the config's, or that of
 * the attributes; a .weights.h5 alone has none but the one in which it was written. Kernels are turned by strides. */
#define _GNU_SOURCE /* memmem */
#include "keras.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "h5_list.h"
#include "json_text.h"
#include "keras_config.h"
#include "keras_model.h"
#include "memory.h"
#include "source.h"

#define SAVE_AGAIN "model.save('NEW.keras'), by Keras 3, writes one that is read"
enum { KERAS_MOST_CONFIG = 16 << 20, KERAS_MOST_NAME = 4096, KERAS_MOST_MADE = 1 << 24 };
static const uint64_t KERAS_NO_RANK = UINT64_MAX >> 1;

struct keras_own {
    struct h5_list list;
    struct archive_data member; /* model.weights.h5, where it is one of an archive */
    struct keras_config config;
    unsigned char *config_text, *metadata; /* of the archive */
    json_t *metadata_document;
    char **names; /* of the tensors */
    size_t name_count;
    struct keras_model model;
    float **values; /* of tensors that the file has not as they are */
    size_t value_count;
};

/* A dataset that is a layer's variable. */
struct keras_variable {
    const struct h5_dataset *dataset;
    const char *path; /* of what holds the layer's variables: "layers/conv2d" */
    size_t path_length;
    const char *layer; /* its name */
    size_t layer_length;
    char role[64]; /* "kernel", "gamma" */
    const struct keras_layer *config;
    uint64_t rank;  /* of the layer */
    uint64_t index; /* in the layer */
    size_t of;      /* how many variables the layer has */
};
struct keras_file {
    const char *path;
    struct keras_own *own;
    struct keras_variable *variables;
    size_t count;
    int ordered;
};

/* ---- which layer, and what of it ---------------------------------------------------------------- */

static int keras_fail_memory(const char *path, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the variables of %s", path);
}

static int keras_is_class(const struct keras_variable *v, const char *class_name) {
    char snake[128], wanted[128];
    size_t last = v->path_length;
    if (v->config) return strcmp(v->config->class_name, class_name) == 0;
    /* Keras 3 names it after the class, and a number. */
    keras_config_snake(class_name, wanted, sizeof wanted);
    while (last > 0 && v->path[last - 1] != '/') last--;
    snprintf(snake, sizeof snake, "%.*s", (int)(v->path_length - last), v->path + last);
    size_t length = strlen(wanted);
    return strncmp(snake, wanted, length) == 0 &&
           (!snake[length] ||
            (snake[length] == '_' && strspn(snake + length + 1, "0123456789") == strlen(snake + length + 1)));
}

/* What variable `index` of a Keras 3 layer is: only its place tells. */
static void keras_set_role(struct keras_variable *v) {
    static const char *const norm[] = {"gamma", "beta", "moving_mean", "moving_variance"}, *const separable[] = {
                                                                                               "depthwise_kernel",
                                                                                               "pointwise_kernel",
                                                                                               "bias"};
    size_t index = (size_t)v->index;
    const char *role = NULL;
    if (keras_is_class(v, "BatchNormalization") || keras_is_class(v, "LayerNormalization")) {
        int scale = keras_config_true(v->config, "scale", v->of > 3 || keras_is_class(v, "LayerNormalization")),
            centre = keras_config_true(v->config, "center", scale);
        size_t at = index + (size_t)(!scale) + (size_t)(!centre && (index > 0 || !scale));
        if (v->config || v->of != 3) role = at < 4 ? norm[at] : NULL; /* of three, one of gamma and beta is not there */
    } else if (keras_is_class(v, "SeparableConv2D")) {
        role = index < 3 ? separable[index] : NULL;
    } else if (index == 0 && v->dataset->dims >= 2) {
        role = "kernel";
    } else if (index == 1 && v->of == 2 && v->dataset->dims == 1) {
        role = "bias";
    }
    snprintf(v->role, sizeof v->role, "%s", role ? role : "");
    if (!role) snprintf(v->role, sizeof v->role, "var%llu", (unsigned long long)v->index);
}

/* ---- the older .h5 ------------------------------------------------------------------------------ */

/* The texts of an attribute, which Keras cuts into name0, name1, .. where they are many: calls `each` for every one. */
static int keras_each_text(const struct h5_list *list, const char *path, const char *name,
                           int (*each)(void *user, const char *text, struct alexcl_error *err), void *user,
                           struct alexcl_error *err) {
    char piece[64];
    const struct h5_attribute *a = h5_list_attribute(list, path, name);
    for (unsigned i = 0;; i++) {
        const char *text = a ? a->texts : NULL;
        for (size_t k = 0; a && k < a->count; k++, text = h5_list_next(text)) {
            int status = each(user, text, err);
            if (status != ALEXCL_OK) return status;
        }
        snprintf(piece, sizeof piece, "%s%u", name, i);
        a = h5_list_attribute(list, path, piece);
        if (!a) return ALEXCL_OK;
    }
}

struct keras_legacy {
    struct keras_file *file;
    const char *root;             /* "" or "model_weights" */
    const char *layer;            /* of layer_names */
    char folder[KERAS_MOST_NAME]; /* its group */
    const struct keras_layer *config;
    uint64_t rank, index;
    size_t capacity;
};

static int keras_add_legacy(void *user, const char *weight, struct alexcl_error *err) {
    struct keras_legacy *g = user;
    char full[KERAS_MOST_NAME], shown[SOURCE_SHOWN];
    struct keras_file *f = g->file;
    const char *last = strrchr(weight, '/'), *role = last ? last + 1 : weight, *layer = g->layer;
    size_t layer_length = strlen(layer), role_length = strcspn(role, ":");
    if ((size_t)snprintf(full, sizeof full, "%s/%s", g->folder, weight) >= sizeof full) full[0] = '\0';
    const struct h5_dataset *d = h5_list_dataset(&f->own->list, full);
    if (!d)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: the weight %s, which it lists, is not there; the file is damaged, make or fetch it again",
                         f->path, source_show(weight, shown));
    if (f->count == g->capacity) /* some more than once */
        return error_set(err, ALEXCL_E_DATA,
                         "%s: it lists more weights than it has; the file is damaged, make or "
                         "fetch it again",
                         f->path);
    const struct keras_layer *config = g->config;
    if (last && config && json_is_array(json_object_get(config->config, "layers"))) { /* a model inside the model */
        const char *begin = last;
        while (begin > weight && begin[-1] != '/') begin--;
        layer = begin;
        layer_length = (size_t)(last - begin);
        char name[KERAS_MOST_NAME];
        snprintf(name, sizeof name, "%.*s", (int)layer_length, layer);
        config = keras_config_find(&f->own->config, name);
    }
    struct keras_variable *v = &f->variables[f->count++];
    *v = (struct keras_variable){.dataset = d,
                                 .path = d->path,
                                 .path_length = strlen(d->path),
                                 .layer = layer,
                                 .layer_length = layer_length,
                                 .config = config,
                                 .rank = g->rank,
                                 .index = g->index++};
    snprintf(v->role, sizeof v->role, "%.*s", (int)(role_length < sizeof v->role ? role_length : sizeof v->role - 1),
             role);
    return ALEXCL_OK;
}

static int keras_add_legacy_layer(void *user, const char *name, struct alexcl_error *err) {
    struct keras_legacy *g = user;
    g->layer = name;
    g->config = keras_config_find(&g->file->own->config, name);
    g->index = 0;
    if ((size_t)snprintf(g->folder, sizeof g->folder, "%s%s%s", g->root, g->root[0] ? "/" : "", name) >=
        sizeof g->folder)
        g->folder[0] = '\0';
    int status = keras_each_text(&g->file->own->list, g->folder, "weight_names", keras_add_legacy, g, err);
    g->rank++;
    return status;
}

static int keras_collect_legacy(struct keras_file *f, const char *root, struct alexcl_error *err) {
    struct keras_legacy g = {.file = f, .root = root, .capacity = f->own->list.dataset_count};
    f->ordered = 1;
    int status = keras_each_text(&f->own->list, root, "layer_names", keras_add_legacy_layer, &g, err);
    if (status == ALEXCL_OK) status = keras_add_legacy_layer(&g, "top_level_model_weights", err);
    return status;
}

/* ---- Keras 3 ------------------------------------------------------------------------------------ */

/* "layers/conv2d/vars/1": the layer's path and the variable's place. What metrics, optimizers and dropout's generators
 * keep is no weight. */
static int keras_split_path(const char *path, size_t *length, uint64_t *index) {
    static const char *const others[] = {"optimizer", "seed_generator",  "metrics",
                                         "_metrics",  "compile_metrics", "_loss_tracker"};
    const char *last = strrchr(path, '/');
    size_t digits = last ? strspn(last + 1, "0123456789") : 0;
    if (!last || digits == 0 || digits > 5 || last[1 + digits]) return 0;
    *index = strtoull(last + 1, NULL, 10);
    size_t before = (size_t)(last - path);
    if (before < 4 || memcmp(last - 4, "vars", 4) != 0 || (before > 4 && last[-5] != '/')) return 0;
    *length = before > 4 ? before - 5 : 0;
    for (const char *at = path; at < path + *length; at += strcspn(at, "/") + 1)
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (strcspn(at, "/") == strlen(others[i]) && memcmp(at, others[i], strlen(others[i])) == 0) return 0;
    return 1;
}

/* The true name of a layer, which its path is not: by the config, else by the attribute of its group, else the path. */
static void keras_name_layer(const struct keras_file *f, struct keras_variable *v) {
    char group[KERAS_MOST_NAME];
    snprintf(group, sizeof group, "%.*s%svars", (int)v->path_length, v->path, v->path_length ? "/" : "");
    const char *name = v->config ? v->config->name : h5_list_text(&f->own->list, group, "name");
    size_t begin = v->path_length;
    while (begin > 0 && v->path[begin - 1] != '/') begin--;
    /* A model of one's own class keeps layers as attributes: these are the names that one knows them by. */
    int listed = begin >= 7 && memcmp(v->path + begin - 7, "layers/", 7) == 0;
    if (name && name[0] && (v->config || listed || v->path_length == 0)) {
        v->layer = name;
        v->layer_length = strlen(name);
    } else {
        v->layer = v->path + begin;
        v->layer_length = v->path_length - begin;
    }
}

static int keras_by_rank(const void *a, const void *b) {
    const struct keras_variable *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    int order = x->path == y->path ? 0 : strcmp(x->dataset->path, y->dataset->path);
    if (x->index != y->index && x->of == y->of) return x->index < y->index ? -1 : 1;
    return order;
}

/* Cuts the number off a layer's path: of "layers/conv2d_10" 10, and the length of "layers/conv2d". */
static uint64_t keras_number(const struct keras_variable *v, size_t *length) {
    size_t end = v->path_length;
    while (end > 0 && isdigit((unsigned char)v->path[end - 1])) end--;
    int numbered = end > 1 && end < v->path_length && v->path_length - end < 10 && v->path[end - 1] == '_';
    *length = numbered ? end - 1 : v->path_length;
    return numbered ? strtoull(v->path + end, NULL, 10) : 0;
}

/* Whether the order in which layers were written is that of their numbers: of each kind, in each model. */
static int keras_is_in_order(const struct keras_file *f) {
    enum { MOST = 4096 };
    if (f->count > MOST) return 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct keras_variable *v = &f->variables[i];
        size_t length, other;
        uint64_t number = keras_number(v, &length);
        if (!memmem(v->path, v->path_length, "layers/", 7)) return 0; /* attributes, which are written by name */
        for (size_t k = 0; k < i; k++)
            if (keras_number(&f->variables[k], &other) > number && other == length &&
                memcmp(f->variables[k].path, v->path, length) == 0)
                return 0;
    }
    return 1;
}

static int keras_collect_variables(struct keras_file *f) {
    const struct h5_list *list = &f->own->list;
    const struct keras_config *config = &f->own->config;
    for (size_t i = 0; i < list->dataset_count; i++) {
        struct keras_variable v = {
            .dataset = &list->datasets[i], .path = list->datasets[i].path, .rank = KERAS_NO_RANK};
        if (keras_split_path(v.path, &v.path_length, &v.index)) f->variables[f->count++] = v;
    }
    /* Those of a layer are together: paths are sorted. */
    for (size_t begin = 0, end; begin < f->count; begin = end) {
        struct keras_variable *v = &f->variables[begin];
        uint64_t written = UINT64_MAX;
        for (end = begin; end < f->count && f->variables[end].path_length == v->path_length &&
                          memcmp(f->variables[end].path, v->path, v->path_length) == 0;
             end++)
            if (f->variables[end].dataset->address < written) written = f->variables[end].dataset->address;
        for (size_t l = 0; l < config->count && !v->config; l++)
            if (strlen(config->layers[l].path) == v->path_length &&
                memcmp(config->layers[l].path, v->path, v->path_length) == 0)
                v->config = &config->layers[l];
        for (size_t i = begin; i < end; i++) {
            struct keras_variable *w = &f->variables[i];
            w->config = v->config;
            w->path = v->path;
            w->of = end - begin;
            w->rank = v->config ? (uint64_t)(v->config - config->layers)
                                : KERAS_NO_RANK + (written < KERAS_NO_RANK ? written : KERAS_NO_RANK);
            keras_name_layer(f, w);
            keras_set_role(w);
        }
    }
    qsort(f->variables, f->count, sizeof *f->variables, keras_by_rank);
    f->ordered = config->count > 0 || keras_is_in_order(f);
    return ALEXCL_OK;
}

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
    struct string_buffer name = {0};
    int turn = keras_turn_of(v);
    memcpy(t.shape, d->shape, sizeof t.shape);
    if (turn != KERAS_AS_IT_IS) keras_turn(turn, &t);
    told[turn] = 1;
    t.type = d->type;
    t.type_name = d->type_name;
    t.data = d->data ? d->data : (const unsigned char *)"";
    t.bytes = d->bytes;
    string_buffer_add(&name, "%.*s%s%s", (int)v->layer_length, v->layer, v->layer_length ? "." : "",
                      turn != KERAS_AS_IT_IS || strcmp(v->role, "kernel") == 0 ? "weight" : v->role);
    if (name.failed) {
        string_buffer_free(&name);
        return keras_fail_memory(f->path, err);
    }
    f->own->names[f->own->name_count++] = name.text;
    t.name = name.text;
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
            TRY(memory_copy_text(&name, f->variables[at].dataset->path, err));
            for (char *c = name; *c; c++)
                if (*c == '/') *c = '.';
            free(f->own->names[at]);
            f->own->names[at] = name;
        }
        for (size_t i = 0; i < s->tensor_count; i++) s->tensors[i].name = f->own->names[i];
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
    struct string_buffer name = {0};
    *out = NULL;
    string_buffer_add(&name, "%s.%s", layer, suffix);
    if (name.failed) {
        status = keras_fail_memory(f->path, err);
        goto done;
    }
    if (source_find(s, name.text)) goto done;
    TRY(memory_alloc(out, (size_t)units, sizeof **out, "a model's tensors", err));
    f->own->values[f->own->value_count++] = *out;
    f->own->names[f->own->name_count++] = name.text;
    s->tensors[s->tensor_count++] = (struct source_tensor){.name = name.text,
                                                           .type = SOURCE_F32,
                                                           .type_name = "float32",
                                                           .dims = 1,
                                                           .shape = {(uint64_t)units},
                                                           .data = (const unsigned char *)*out,
                                                           .bytes = (uint64_t)units * sizeof **out};
    name.text = NULL;
done:
    string_buffer_free(&name);
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
    size_t most = f->count + 2 * f->own->model.made_count;
    TRY(memory_alloc(&s->tensors, most, sizeof *s->tensors, "a model's tensors", err));
    TRY(memory_alloc(&f->own->names, most, sizeof *f->own->names, "a model's tensors", err));
    TRY(memory_alloc(&f->own->values, most, sizeof *f->own->values, "a model's tensors", err));
    for (size_t i = 0; i < f->count; i++) TRY(keras_add_tensor(f, &f->variables[i], s, told, err));
    TRY(keras_part_names(f, s, err));
    TRY(keras_add_made(f, s, err));
    for (int i = KERAS_CONV; i <= KERAS_DENSE; i++)
        if (told[i]) string_buffer_add(&s->done, "%s\n", done[i]);
    s->in_order = f->ordered;
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
    struct keras_file f = {.path = path, .own = own};
    const char *root = NULL, *config;
    static const char *const roots[] = {"", "model_weights"};
    for (size_t i = 0; i < 2 && !root; i++)
        if (h5_list_attribute(&own->list, roots[i], "layer_names") ||
            h5_list_attribute(&own->list, roots[i], "layer_names0"))
            root = roots[i];
    config = h5_list_text(&own->list, "", "model_config");
    if (config && !own->config.document) TRY(keras_config_read(config, strlen(config), path, &own->config, err));
    TRY(memory_alloc(&f.variables, own->list.dataset_count, sizeof *f.variables, "a model's variables", err));
    TRY(root ? keras_collect_legacy(&f, root, err) : keras_collect_variables(&f));
    if (!root && f.count == 0) {
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
    free(f.variables);
    return status;
}

/* ---- the formats -------------------------------------------------------------------------------- */

static void keras_release(void *user) {
    struct keras_own *own = user;
    for (size_t i = 0; i < own->name_count; i++) free(own->names[i]);
    free(own->names);
    keras_config_free(&own->config);
    keras_model_free(&own->model);
    for (size_t i = 0; i < own->value_count; i++) free(own->values[i]);
    free(own->values);
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
