/* SPDX-License-Identifier: MIT */
/* Which tensor of a file is which of a model's. Names decide first: the model's own, or the pairs of its aliases. A net
 * of another author has the same tensors under other names; then the order decides, where a format keeps it: a state
 * dict lists the modules as they were made. Shapes must fit one by one, so that a net that only looks like another is
 * refused. Units that were flattened as H,W,C are the same units in another order: the columns of the layer that reads
 * them are turned by strides, which costs no copy. */
#include "weights_match.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

static int weights_list_add(struct weights_list *list, const struct layer_shape *s, int t, struct alexcl_error *err) {
    struct weights_tensor *out = &list->tensors[list->count];
    struct string_buffer name = {0};
    int layer = (int)(s->desc - list->model->layers);
    string_buffer_add(&name, "%s.%s", list->model->layers[layer].name, s->tensors[t].suffix);
    if (name.failed) {
        string_buffer_free(&name);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the name of a tensor");
    }
    *out = (struct weights_tensor){.layer = layer, .tensor = s->tensors[t], .maps = s->maps, .name = name.text};
    list->count++;
    return ALEXCL_OK;
}

int weights_list_make(const struct alexcl_model *model, const char *last_layer, struct weights_list *out,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct graph *g = NULL;
    *out = (struct weights_list){.model = model};
    TRY(graph_make(model, last_layer, 1, &g, err));
    TRY(memory_alloc(&out->tensors, (size_t)g->layer_count * LAYER_TENSORS, sizeof *out->tensors, "the list of tensors",
                     err));
    for (int i = 0; i < g->layer_count; i++) {
        const struct layer_shape *s = &g->layers[i].half[0].shape;
        out->layer_count = (size_t)(s->desc - model->layers) + 1;
        for (int t = 0; t < s->tensor_count; t++) TRY(weights_list_add(out, s, t, err));
    }
done:
    graph_free(g);
    return status;
}

void weights_list_free(struct weights_list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->tensors[i].name);
    free(list->tensors);
    *list = (struct weights_list){0};
}

/* One attempt, by names or by order. */
struct matching {
    struct weights_list *list;
    const struct source *file;
    const char *path;
    struct weights_matched *out;
};

static void match_begin(struct matching *m) {
    for (size_t i = 0; i < m->list->count; i++) m->list->tensors[i].from = NULL, m->list->tensors[i].turned = 0;
    m->out->count = 0;
    m->out->classes = 0;
}

static const char *match_alias(const struct alexcl_model *model, const char *name) {
    for (const char *const(*pair)[2] = model->aliases; pair && (*pair)[0]; pair++)
        if (strcmp((*pair)[0], name) == 0) return (*pair)[1];
    return NULL;
}

static const char *match_show_wanted(const struct weights_tensor *t, char out[SOURCE_SHOWN]) {
    uint64_t shape[4] = {0};
    for (int i = 0; i < t->tensor.dims; i++) shape[i] = (uint64_t)t->tensor.shape[i];
    return source_show_shape(t->tensor.dims, shape, out);
}

/* Whether a tensor may have another number of outputs: it is the last layer's, which has as many as there are
 * classes. */
static int match_is_classes(const struct matching *m, const struct weights_tensor *t) {
    return m->out->any_classes && t->layer == m->list->tensors[m->list->count - 1].layer && t->tensor.trainable &&
           m->list->model->layers[t->layer].outputs > 0;
}

/* Whether the shapes are the same, or differ in the number of classes alone, of which the layer's first tensor says how
 * many there are. */
static int match_fits(struct matching *m, const struct weights_tensor *t, const struct source_tensor *from) {
    uint64_t outputs = (uint64_t)t->tensor.shape[0];
    if (from->dims != t->tensor.dims) return 0;
    for (int d = 1; d < t->tensor.dims; d++)
        if (from->shape[d] != (uint64_t)t->tensor.shape[d]) return 0;
    if (match_is_classes(m, t)) {
        int first = t == m->list->tensors || t->layer != (t - 1)->layer;
        if (first && from->shape[0] >= 1 && from->shape[0] <= INT_MAX && from->shape[0] != outputs)
            m->out->classes = (int)from->shape[0];
        if (m->out->classes) outputs = (uint64_t)m->out->classes;
    }
    return from->shape[0] == outputs;
}

/* Flattened as h, w, c the value of map c at h, w is h W C + w C + c. */
static void match_turn(const struct matching *m, struct weights_tensor *t) {
    uint64_t c = (uint64_t)t->maps.c, h = (uint64_t)t->maps.h, w = (uint64_t)t->maps.w;
    const struct source_tensor *from = t->from;
    t->turned = m->file->channels_last && t->tensor.dims == 2 && c > 1 && h * w > 1; /* weights for units */
    if (!t->turned) return;
    uint64_t row = from->strided ? from->stride[0] : from->shape[1], column = from->strided ? from->stride[1] : 1;
    t->read = *from;
    t->read.dims = 4;
    t->read.strided = 1;
    memcpy(t->read.shape, (uint64_t[4]){from->shape[0], c, h, w}, sizeof t->read.shape);
    memcpy(t->read.stride, (uint64_t[4]){row, column, w * c * column, c * column}, sizeof t->read.stride);
}

static int match_take(struct matching *m, struct weights_tensor *t, const struct source_tensor *from,
                      struct alexcl_error *err) {
    char wanted[SOURCE_SHOWN], have[SOURCE_SHOWN], shown[SOURCE_SHOWN];
    if (from->type == SOURCE_OTHER)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: tensor %s is of dtype %s; float64, float32, float16 and bfloat16 are read: convert it",
                         m->path, source_show(from->name, shown), from->type_name);
    if (!match_fits(m, t, from))
        return error_set(err, ALEXCL_E_DATA, "%s: tensor %s is %s, model %s wants %s%s", m->path,
                         source_show(from->name, shown), source_show_shape(from->dims, from->shape, have),
                         m->list->model->name, match_show_wanted(t, wanted),
                         t->tensor.dims == 4   ? " (outputs x inputs / groups x height x width)"
                         : t->tensor.dims == 2 ? " (outputs x inputs)"
                                               : "");
    t->from = from;
    match_turn(m, t);
    m->out->count++;
    return ALEXCL_OK;
}

/* ---- by names ------------------------------------------------------------------------------------ */

static int match_missing(const struct matching *m, const struct weights_tensor *t, const char *alias,
                         struct alexcl_error *err) {
    char wanted[SOURCE_SHOWN], shown[SOURCE_SHOWN], hint[400];
    const struct weights_list *list = m->list;
    size_t count = m->file->tensor_count;
    if (t->layer > 0 && list->tensors[0].from && t->layer != list->tensors[0].layer)
        snprintf(hint, sizeof hint, "the layers before it can be run: infer --features %s",
                 list->model->layers[t->layer - 1].name);
    else if (count == 0 && m->file->model)
        snprintf(hint, sizeof hint, "it describes a net, and has no weights: --model takes it, --weights those");
    else
        snprintf(hint, sizeof hint, "it has %zu tensors%s%s: another model's?", count, count ? ", the first " : "",
                 count ? source_show(m->file->tensors[0].name, shown) : "");
    return error_set(err, ALEXCL_E_DATA, "%s: no tensor %s%s%s%s (%s) for model %s; %s", m->path, t->name,
                     alias ? " (or " : "", alias ? alias : "", alias ? ")" : "", match_show_wanted(t, wanted),
                     list->model->name, hint);
}

static int match_by_name(struct matching *m, struct weights_tensor *t, struct alexcl_error *err) {
    const char *alias = match_alias(m->list->model, t->name);
    const struct source_tensor *own = source_find(m->file, t->name),
                               *other = alias ? source_find(m->file, alias) : NULL;
    if (own && other)
        return error_set(err, ALEXCL_E_DATA, "%s: has both %s and %s, two names of one tensor; leave one out", m->path,
                         t->name, alias);
    if (!own && !other) return match_missing(m, t, alias, err);
    return match_take(m, t, own ? own : other, err);
}

/* Whether the file has none of the tensors that have not been found. */
static int match_ends(const struct matching *m) {
    for (size_t i = m->out->count; i < m->list->count; i++) {
        const char *name = m->list->tensors[i].name, *alias = match_alias(m->list->model, name);
        if (source_find(m->file, name) || (alias && source_find(m->file, alias))) return 0;
    }
    return m->out->count > 0;
}

/* ---- by order ------------------------------------------------------------------------------------ */

/* "weight" or "bias": what stands behind the last point of a name. Running means and counters are no layer's
 * tensors. */
static const char *match_role(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static int match_is_weight(const char *name) {
    return strcmp(match_role(name), "weight") == 0 || strcmp(match_role(name), "bias") == 0;
}

static int match_by_order(struct matching *m, int whole, struct alexcl_error *err) {
    size_t next = 0, weights = 0, count = m->file->tensor_count;
    const struct source_tensor *all = m->file->tensors;
    match_begin(m);
    for (size_t i = 0; i < count; i++) weights += (size_t)match_is_weight(all[i].name);
    for (size_t i = 0; i < m->list->count; i++) {
        struct weights_tensor *t = &m->list->tensors[i];
        while (next < count && !match_is_weight(all[next].name)) next++;
        if (next == count || strcmp(match_role(all[next].name), t->tensor.suffix) != 0)
            return match_missing(m, t, match_alias(m->list->model, t->name), err);
        int status = match_take(m, t, &all[next++], err);
        if (status != ALEXCL_OK) return status;
    }
    if (whole && weights > m->list->count)
        return error_set(err, ALEXCL_E_DATA, "%s: has %zu weights and biases, model %s wants %zu", m->path, weights,
                         m->list->model->name, m->list->count);
    return ALEXCL_OK;
}

static int match_names(struct matching *m, struct alexcl_error *err) {
    match_begin(m);
    for (size_t i = 0; i < m->list->count; i++) {
        int status = match_by_name(m, &m->list->tensors[i], err);
        if (status == ALEXCL_OK) continue;
        error_note_layer(err, m->list->model->layers[m->list->tensors[i].layer].name);
        return status;
    }
    return ALEXCL_OK;
}

static void match_tell(const struct matching *m, struct string_buffer *done) {
    if (m->out->by_order)
        string_buffer_add(done, "tensors in the file's order, since their names are not model %s's\n",
                          m->list->model->name);
    for (size_t i = 0; i < m->list->count; i++)
        if (m->list->tensors[i].turned)
            string_buffer_add(done, "%s: columns from H,W,C to C,H,W\n",
                              m->list->model->layers[m->list->tensors[i].layer].name);
}

int weights_match(struct weights_list *list, const struct source *file, const char *path, int whole,
                  struct weights_matched *out, struct alexcl_error *err) {
    struct matching m = {.list = list, .file = file, .path = path, .out = out};
    struct alexcl_error named = {0}, ordered = {0};
    int status = match_names(&m, &named);
    out->by_order = 0;
    out->ends = status != ALEXCL_OK && match_ends(&m);
    if (status == ALEXCL_E_DATA && file->in_order) {
        size_t found = out->count;
        out->by_order = match_by_order(&m, whole, &ordered) == ALEXCL_OK;
        if (out->by_order) status = ALEXCL_OK;
        if (found == 0) named = ordered; /* no name fits, so that it is the shapes that say why */
    }
    if (status != ALEXCL_OK) return error_copy(err, &named);
    if (out->done) match_tell(&m, out->done);
    return ALEXCL_OK;
}
