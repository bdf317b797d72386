/* SPDX-License-Identifier: MIT */
/* Which datasets are variables of which layers. In Keras's older .h5 the attributes `layer_names` and `weight_names`
 * say it. Keras 3 keeps layers/NAME/vars/N, where NAME is no layer's name and N alone says what the variable is. HDF5
 * lists dense_10 before dense_2, so the order is the config's, or that of the attributes; a .weights.h5 alone has none
 * but the one in which it was written. */
#define _GNU_SOURCE /* memmem */
#include "keras_variables.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "source.h"

static const uint64_t KERAS_NO_RANK = UINT64_MAX >> 1;

/* ---- which layer, and what of it ---------------------------------------------------------------- */

int keras_is_class(const struct keras_variable *v, const char *class_name) {
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
    struct keras_variables *file;
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
    struct keras_variables *f = g->file;
    const char *last = strrchr(weight, '/'), *role = last ? last + 1 : weight, *layer = g->layer;
    size_t layer_length = strlen(layer), role_length = strcspn(role, ":");
    if ((size_t)snprintf(full, sizeof full, "%s/%s", g->folder, weight) >= sizeof full) full[0] = '\0';
    const struct h5_dataset *d = h5_list_dataset(f->list, full);
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
        config = keras_config_find(f->config, name);
    }
    struct keras_variable *v = &f->all[f->count++];
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
    g->config = keras_config_find(g->file->config, name);
    g->index = 0;
    if ((size_t)snprintf(g->folder, sizeof g->folder, "%s%s%s", g->root, g->root[0] ? "/" : "", name) >=
        sizeof g->folder)
        g->folder[0] = '\0';
    int status = keras_each_text(g->file->list, g->folder, "weight_names", keras_add_legacy, g, err);
    g->rank++;
    return status;
}

static int keras_collect_legacy(struct keras_variables *f, const char *root, struct alexcl_error *err) {
    struct keras_legacy g = {.file = f, .root = root, .capacity = f->list->dataset_count};
    f->ordered = 1;
    int status = keras_each_text(f->list, root, "layer_names", keras_add_legacy_layer, &g, err);
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
static void keras_name_layer(const struct keras_variables *f, struct keras_variable *v) {
    char group[KERAS_MOST_NAME];
    snprintf(group, sizeof group, "%.*s%svars", (int)v->path_length, v->path, v->path_length ? "/" : "");
    const char *name = v->config ? v->config->name : h5_list_text(f->list, group, "name");
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
static int keras_is_in_order(const struct keras_variables *f) {
    enum { MOST = 4096 };
    if (f->count > MOST) return 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct keras_variable *v = &f->all[i];
        size_t length, other;
        uint64_t number = keras_number(v, &length);
        if (!memmem(v->path, v->path_length, "layers/", 7)) return 0; /* attributes, which are written by name */
        for (size_t k = 0; k < i; k++)
            if (keras_number(&f->all[k], &other) > number && other == length &&
                memcmp(f->all[k].path, v->path, length) == 0)
                return 0;
    }
    return 1;
}

static void keras_collect_variables(struct keras_variables *f) {
    const struct h5_list *list = f->list;
    const struct keras_config *config = f->config;
    for (size_t i = 0; i < list->dataset_count; i++) {
        struct keras_variable v = {
            .dataset = &list->datasets[i], .path = list->datasets[i].path, .rank = KERAS_NO_RANK};
        if (keras_split_path(v.path, &v.path_length, &v.index)) f->all[f->count++] = v;
    }
    /* Those of a layer are together: paths are sorted. */
    for (size_t begin = 0, end; begin < f->count; begin = end) {
        struct keras_variable *v = &f->all[begin];
        uint64_t written = UINT64_MAX;
        for (end = begin; end < f->count && f->all[end].path_length == v->path_length &&
                          memcmp(f->all[end].path, v->path, v->path_length) == 0;
             end++)
            if (f->all[end].dataset->address < written) written = f->all[end].dataset->address;
        for (size_t l = 0; l < config->count && !v->config; l++)
            if (strlen(config->layers[l].path) == v->path_length &&
                memcmp(config->layers[l].path, v->path, v->path_length) == 0)
                v->config = &config->layers[l];
        for (size_t i = begin; i < end; i++) {
            struct keras_variable *w = &f->all[i];
            w->config = v->config;
            w->path = v->path;
            w->of = end - begin;
            w->rank = v->config ? (uint64_t)(v->config - config->layers)
                                : KERAS_NO_RANK + (written < KERAS_NO_RANK ? written : KERAS_NO_RANK);
            keras_name_layer(f, w);
            keras_set_role(w);
        }
    }
    qsort(f->all, f->count, sizeof *f->all, keras_by_rank);
    f->ordered = config->count > 0 || keras_is_in_order(f);
}

int keras_find_variables(struct keras_variables *f, struct alexcl_error *err) {
    static const char *const roots[] = {"", "model_weights"};
    f->root = NULL;
    for (size_t i = 0; i < 2 && !f->root; i++)
        if (h5_list_attribute(f->list, roots[i], "layer_names") || h5_list_attribute(f->list, roots[i], "layer_names0"))
            f->root = roots[i];
    int status = memory_alloc(&f->all, f->list->dataset_count, sizeof *f->all, "a model's variables", err);
    if (status != ALEXCL_OK) return status;
    if (f->root) return keras_collect_legacy(f, f->root, err);
    keras_collect_variables(f);
    return ALEXCL_OK;
}
