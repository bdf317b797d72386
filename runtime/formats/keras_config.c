/* SPDX-License-Identifier: MIT */
/* Keras 3 keeps a layer's variables under a name made of its class, and a number where that is there already: the
 * config alone tells which layer that is, and in which order they stand. Layers of a model inside another are listed
 * where that one stands. */
#include "keras_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "memory.h"
#include "source.h"

enum { KERAS_MOST_LAYERS = 1 << 12, KERAS_MOST_DEPTH = 16, KERAS_MOST_CLASS = 128 };

/* Keras's naming.to_snake_case. */
void keras_config_snake(const char *class_name, char *out, size_t size) {
    size_t used = 0;
    for (const char *at = class_name; *at && used + 2 < size; at++) {
        unsigned char c = (unsigned char)*at;
        if (!isalnum(c) && c != '_') continue;
        if (isupper(c) && used > 0 && out[used - 1] != '_' &&
            (islower((unsigned char)at[1]) || islower((unsigned char)at[-1])))
            out[used++] = '_';
        out[used++] = (char)tolower(c);
    }
    out[used] = '\0';
}

static int keras_foreign(const char *path, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA,
                     "%s: its config %s; model.save('NEW.keras'), of a Sequential or functional model by Keras 3, "
                     "writes one that is read",
                     path, what);
}

static const json_t *keras_layers_of(const json_t *model) {
    const json_t *config = json_object_get(model, "config");
    const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers"); /* Keras before 2.2.3 */
    return json_is_array(layers) ? layers : NULL;
}

/* The name under which Keras 3 saves the layer `index` of a container. */
static char *keras_make_path(const json_t *layers, size_t index, const char *folder) {
    char snake[KERAS_MOST_CLASS], other[KERAS_MOST_CLASS];
    struct string_buffer path = {0};
    unsigned before = 0;
    const char *name = json_string_value(json_object_get(json_array_get(layers, index), "class_name"));
    keras_config_snake(name ? name : "", snake, sizeof snake);
    for (size_t i = 0; i < index; i++) {
        const char *class_name = json_string_value(json_object_get(json_array_get(layers, i), "class_name"));
        keras_config_snake(class_name ? class_name : "", other, sizeof other);
        before += strcmp(snake, other) == 0;
    }
    string_buffer_add(&path, "%slayers/%s", folder, snake);
    if (before) string_buffer_add(&path, "_%u", before);
    if (path.failed) string_buffer_free(&path);
    return path.text;
}

static int keras_add_layers(struct keras_config *c, const json_t *layers, const char *folder, const char *path,
                            int depth, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char *inside = NULL;
    if (depth > KERAS_MOST_DEPTH) return keras_foreign(path, "has models in models, too deep", err);
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i), *config = json_object_get(layer, "config"),
                     *name = json_object_get(config, "name");
        struct keras_layer *l = &c->layers[c->count];
        if (c->count == KERAS_MOST_LAYERS) return keras_foreign(path, "has more layers than are read", err);
        if (!json_is_string(name)) name = json_object_get(layer, "name");
        if (!json_is_string(name) || !json_is_string(json_object_get(layer, "class_name")))
            return keras_foreign(path, "has a layer without a name or class", err);
        *l = (struct keras_layer){.name = json_string_value(name),
                                  .class_name = json_string_value(json_object_get(layer, "class_name")),
                                  .json = layer,
                                  .config = config,
                                  .path = keras_make_path(layers, i, folder)};
        if (!l->path) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the layers of %s", path);
        c->count++;
        const json_t *inner = keras_layers_of(layer);
        if (!inner) continue;
        struct string_buffer deeper = {0};
        string_buffer_add(&deeper, "%s/", l->path);
        inside = deeper.text;
        if (deeper.failed) {
            status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the layers of %s", path);
            goto done;
        }
        TRY(keras_add_layers(c, inner, inside, path, depth + 1, err));
        free(inside);
        inside = NULL;
    }
done:
    free(inside);
    return status;
}

int keras_config_read(const char *text, size_t length, const char *path, struct keras_config *out,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    json_error_t problem = {0};
    char shown[SOURCE_SHOWN];
    *out = (struct keras_config){0};
    TRY(json_text_load(text, length, 0, "a model's config", &out->document, &problem, err));
    if (!out->document) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: its config is not JSON (byte %d: %s); the file is damaged, make or fetch it again",
                           path, problem.position, source_show(problem.text, shown));
        goto done;
    }
    const json_t *layers = keras_layers_of(out->document);
    if (!layers) {
        status = keras_foreign(path, "has no list of layers", err);
        goto done;
    }
    TRY(memory_alloc(&out->layers, KERAS_MOST_LAYERS, sizeof *out->layers, "a model's layers", err));
    TRY(keras_add_layers(out, layers, "", path, 0, err));
done:
    if (status != ALEXCL_OK) keras_config_free(out);
    return status;
}

void keras_config_free(struct keras_config *c) {
    for (size_t i = 0; i < c->count; i++) free(c->layers[i].path);
    free(c->layers);
    json_decref(c->document);
    *c = (struct keras_config){0};
}

const struct keras_layer *keras_config_find(const struct keras_config *c, const char *name) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->layers[i].name, name) == 0) return &c->layers[i];
    return NULL;
}

const char *keras_config_text(const struct keras_layer *l, const char *key, const char *otherwise) {
    const char *text = l ? json_string_value(json_object_get(l->config, key)) : NULL;
    return text ? text : otherwise;
}

int keras_config_true(const struct keras_layer *l, const char *key, int otherwise) {
    const json_t *value = l ? json_object_get(l->config, key) : NULL;
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static int keras_is_first(const struct keras_config *c, int flatten) {
    for (size_t i = 0; i < c->count; i++)
        if ((strcmp(c->layers[i].class_name, "Flatten") == 0) == flatten &&
            strcmp(keras_config_text(&c->layers[i], "data_format", ""), "channels_first") == 0)
            return 1;
    return 0;
}

int keras_config_maps_first(const struct keras_config *c) { return keras_is_first(c, 0); }

int keras_config_flattens_channels_last(const struct keras_config *c) {
    return !keras_is_first(c, 0) || keras_is_first(c, 1);
}
