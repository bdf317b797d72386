/* SPDX-License-Identifier: MIT */
/* A Sequential, with others inside of it, is one layer after the other; a functional model names for each layer what it
 * reads. What a layer computes is a matter of keras_rows.c. */
#include <stdlib.h>
#include <string.h>

#include "keras_rows.h"
#include "source.h"

/* [null, H, W, C], or [null, C, H, W]. */
static int keras_set_input(struct keras_builder *b, const json_t *shape, struct keras_value *v,
                           struct alexcl_error *err) {
    int64_t side[3];
    if (b->has_input) return keras_refuse(b, "a second input is not taken", err);
    if (json_array_size(shape) != 4) return keras_refuse(b, "its input is not of height, width and channels", err);
    for (size_t i = 0; i < 3; i++)
        if (!keras_whole(json_array_get(shape, i + 1), 1, KERAS_SIDE, &side[i]))
            return keras_refuse(b, "its input has no size: keras.Input((224, 224, 3)) gives it one", err);
    *v = b->maps_first ? (struct keras_value){.row = -1, .c = side[0], .h = side[1], .w = side[2]}
                       : (struct keras_value){.row = -1, .c = side[2], .h = side[0], .w = side[1]};
    b->out->model.channels = (int)v->c;
    b->out->model.height = (int)v->h;
    b->out->model.width = (int)v->w;
    b->has_input = 1;
    return ALEXCL_OK;
}

/* Where the first layer is no InputLayer. */
static const json_t *keras_first_shape(const struct keras_config *c) {
    const json_t *shape = json_object_get(c->layers[0].config, "batch_input_shape");
    if (!shape) shape = json_object_get(json_object_get(c->document, "config"), "build_input_shape");
    if (!shape) shape = json_object_get(json_object_get(c->document, "build_config"), "input_shape");
    return shape;
}

/* Names of the layers that `node` names: {"keras_history": [NAME, 0, 0]}, or [NAME, 0, 0] of Keras 2. */
static void keras_find_names(const json_t *node, int depth, const char *names[KERAS_INPUTS], int *count) {
    const json_t *history = json_object_get(node, "keras_history"), *item;
    const char *key;
    size_t i;
    if (!history && json_array_size(node) >= 3 && json_is_string(json_array_get(node, 0)) &&
        json_is_integer(json_array_get(node, 1)))
        history = node;
    if (history && json_is_string(json_array_get(history, 0))) {
        if (*count < KERAS_INPUTS) names[*count] = json_string_value(json_array_get(history, 0));
        ++*count;
        return;
    }
    if (depth > 8) return;
    if (json_is_array(node)) {
        json_array_foreach(node, i, item) { keras_find_names(item, depth + 1, names, count); }
    } else {
        json_object_foreach((json_t *)(uintptr_t)node, key, item) { keras_find_names(item, depth + 1, names, count); }
    }
}

/* What the layer at hand reads, by name: layers before it. */
static int keras_find_inputs(const struct keras_builder *b, struct keras_value from[KERAS_INPUTS], int *count,
                             struct alexcl_error *err) {
    const char *names[KERAS_INPUTS];
    const json_t *nodes = json_object_get(b->layer->json, "inbound_nodes");
    *count = 0;
    if (json_array_size(nodes) != 1) return keras_refuse(b, "it is used more than once, or never", err);
    keras_find_names(nodes, 0, names, count);
    if (*count < 1 || *count > KERAS_INPUTS) return keras_refuse(b, "what it reads is not told", err);
    for (int i = 0; i < *count; i++) {
        const struct keras_layer *l = b->config->layers;
        while (l < b->layer && strcmp(l->name, names[i]) != 0) l++;
        if (l == b->layer) return keras_refuse(b, "it reads a layer that does not stand before it", err);
        from[i] = b->values[l - b->config->layers];
    }
    return ALEXCL_OK;
}

static int keras_add_layer(struct keras_builder *b, size_t at, struct alexcl_error *err) {
    int status = ALEXCL_OK, count = 1;
    struct keras_value from[KERAS_INPUTS] = {{0}}, *v = &b->values[at];
    if (json_object_get(b->layer->config, "layers")) { /* a model inside: its layers come next */
        if (b->functional || strcmp(b->layer->class_name, "Sequential") != 0)
            return keras_refuse(b, "a model inside a functional one is not taken apart", err);
        if (at > 0) *v = b->values[at - 1];
        return ALEXCL_OK;
    }
    if (keras_is(b, "InputLayer")) {
        const json_t *shape = json_object_get(b->layer->config, "batch_shape");
        if (!shape) shape = json_object_get(b->layer->config, "batch_input_shape");
        if (b->functional || !b->has_input) return keras_set_input(b, shape, v, err);
        *v = b->values[at - 1]; /* of a model inside */
        return ALEXCL_OK;
    }
    if (b->functional)
        TRY(keras_find_inputs(b, from, &count, err));
    else if (b->has_input)
        from[0] = b->values[at - 1];
    else
        TRY(keras_set_input(b, keras_first_shape(b->config), &from[0], err));
    status = keras_add_rows(b, from, count, v, err);
done:
    return status;
}

/* The one that the functional model calls its output is the last row. */
static int keras_check_output(const struct keras_builder *b, struct alexcl_error *err) {
    const char *names[KERAS_INPUTS];
    const json_t *config = json_object_get(b->config->document, "config");
    int count = 0;
    if (!b->functional) return ALEXCL_OK;
    keras_find_names(json_object_get(config, "output_layers"), 0, names, &count);
    const struct keras_layer *last = count == 1 ? keras_config_find(b->config, names[0]) : NULL;
    if (!last || b->values[last - b->config->layers].row != b->row_count - 1)
        return error_set(err, ALEXCL_E_DATA, "its output is not one value, that of the last layer");
    return ALEXCL_OK;
}

static int keras_set_name(struct keras_builder *b, struct alexcl_error *err) {
    const json_t *config = json_object_get(b->config->document, "config");
    const char *name = json_string_value(json_object_get(config, "name"));
    char *kept;
    if (!name || !name[0] || strlen(name) >= 200) name = "keras";
    int status = arena_alloc(&b->out->memory, &kept, strlen(name) + 1, 1, "a net's name", err);
    if (status != ALEXCL_OK) return status;
    memcpy(kept, name, strlen(name) + 1);
    source_make_plain(kept);
    b->out->model.name = kept;
    b->out->model.about = "a net of Keras's, from a file";
    return ALEXCL_OK;
}

static void keras_prepare(struct keras_builder *b) {
    struct alexcl_model *m = &b->out->model;
    m->colour = m->channels == 3 ? ALEXCL_RGB : ALEXCL_GREY;
    m->resize = m->height > m->width ? m->height : m->width;
    if (!b->rescaled) m->scale = 1.0 / 255;
    string_buffer_add(b->told, "pictures: %s, shorter side to %d, values 0..255 times %g",
                      m->channels == 3 ? "RGB" : "grey", m->resize, m->scale);
    if (m->mean) string_buffer_add(b->told, " less %g", m->mean[0]);
    string_buffer_add(b->told, b->rescaled ? " (the layer Rescaling)\n" : " (assumed: the file does not say it)\n");
}

static int keras_make_rows(struct keras_builder *b, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct keras_config *c = b->config;
    const char *top = json_string_value(json_object_get(c->document, "class_name"));
    b->functional = !top || strcmp(top, "Sequential") != 0;
    b->maps_first = keras_config_maps_first(c);
    for (size_t i = 0; i < c->count; i++) {
        b->layer = &c->layers[i];
        TRY(keras_add_layer(b, i, err));
    }
    if (b->row_count == 0) {
        status = error_set(err, ALEXCL_E_DATA, "it has no layers");
        goto done;
    }
    TRY(keras_check_output(b, err));
    TRY(keras_set_name(b, err));
    keras_prepare(b);
done:
    return status;
}

int keras_model_make(const struct keras_config *config, struct keras_model *out, struct string_buffer *told,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct keras_builder b = {.config = config, .out = out, .told = told};
    struct alexcl_error why = {0};
    if (config->count == 0) return ALEXCL_OK;
    TRY(arena_alloc(&out->memory, &out->rows, 3 * config->count, sizeof *out->rows, "a model's layers", err));
    TRY(arena_alloc(&out->memory, &out->made, config->count, sizeof *out->made, "a model's layers", err));
    TRY(memory_alloc(&b.values, config->count, sizeof *b.values, "a model's layers", err));
    status = keras_make_rows(&b, &why);
    if (status == ALEXCL_E_DATA) {
        error_prefix(&why, "the net that it describes is not computed: ");
        status = arena_format(&out->memory, &out->why, "a message", err, "%s", why.text);
    } else if (status != ALEXCL_OK) {
        error_copy(err, &why);
    } else {
        out->model.size = sizeof out->model;
        out->model.layers = out->rows;
        out->model.layer_size = sizeof *out->rows;
        out->model.layer_count = (size_t)b.row_count;
    }
done:
    free(b.values);
    return status;
}

void keras_model_free(struct keras_model *m) {
    arena_free(&m->memory);
    *m = (struct keras_model){0};
}
