/* SPDX-License-Identifier: MIT */
/* Every field of a model's description against its bounds, before anything walks it: a description may come from a
 * caller or a file. Bounds are such that no product of shapes overflows later. */
#include "model_check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "memory.h"
#include "sized.h"
#include "utf8.h"

enum { MODEL_LAYER_SIZE = 1 << 16 }; /* bytes; a larger one was never set */
enum { MODEL_SIDE = 65535, MODEL_LAYERS = 10000, MODEL_NAME = 255 };

double model_mean(const struct alexcl_model *model, int c) { return model->mean ? model->mean[c] : 0; }
double model_std(const struct alexcl_model *model, int c) { return model->std ? model->std[c] : 1; }

int model_reserves(const char *name) {
    size_t length = strlen(MODEL_RESERVED);
    return strncmp(name, MODEL_RESERVED, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

/* What is wrong with a name, or NULL. Names stand in lists that blanks part, in JSON, and on terminals. */
static const char *model_check_name(const char *name) {
    if (!name || !*name) return "it has no name";
    if (strlen(name) > MODEL_NAME) return "its name is longer than 255 bytes";
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f) return "its name has a blank or a control character";
    return utf8_is_valid(name) ? NULL : "its name is not UTF-8";
}

static int model_check_number(const char *field, int value, int low, int high, struct alexcl_error *err) {
    if (value >= low && value <= high) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%s %d: it must be from %d to %d", field, value, low, high);
}

/* Numbers that a float holds; a negative one only where it may be. */
static int model_check_factor(const char *field, int index, double value, double low, struct alexcl_error *err) {
    if (value >= low && value <= (double)FLT_MAX) return ALEXCL_OK;
    char place[16] = "";
    if (index >= 0) snprintf(place, sizeof place, "[%d]", index);
    return error_set(err, ALEXCL_E_USAGE, "%s%s %g: it must be a finite number%s", field, place, value,
                     low > 0 ? " above 0" : "");
}

static int model_check_input(const struct alexcl_model *model, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(model_check_number("channels", model->channels, 1, LAYER_GROUPS, err));
    TRY(model_check_number("height", model->height, 1, MODEL_SIDE, err));
    TRY(model_check_number("width", model->width, 1, MODEL_SIDE, err));
    TRY(model_check_number("colour", (int)model->colour, ALEXCL_RGB, ALEXCL_GREY, err));
    TRY(model_check_number("resize", model->resize, 0, MODEL_SIDE, err));
    TRY(model_check_factor("scale", -1, model->scale, -(double)FLT_MAX, err));
    for (int c = 0; c < model->channels; c++) {
        TRY(model_check_factor("mean", c, model_mean(model, c), -(double)FLT_MAX, err));
        TRY(model_check_factor("std", c, model_std(model, c), (double)FLT_MIN, err));
    }
done:
    return status;
}

static int model_check_layer(const struct alexcl_model *model, size_t i, struct alexcl_error *err) {
    const struct alexcl_layer *l = &model->layers[i];
    const char *wrong = model_check_name(l->name);
    if (wrong) return error_set(err, ALEXCL_E_USAGE, "layer %zu of %zu: %s", i + 1, model->layer_count, wrong);
    int status = layer_fields_check(l, err);
    if (status == ALEXCL_OK && strcmp(l->name, ALEXCL_INPUT) == 0)
        status = error_set(err, ALEXCL_E_USAGE, "the net's input has this name");
    if (status == ALEXCL_OK && model_reserves(l->name))
        status = error_set(err, ALEXCL_E_USAGE, "a weight file's metadata has another use for this name");
    for (size_t j = 0; j < i && status == ALEXCL_OK; j++)
        if (strcmp(model->layers[j].name, l->name) == 0)
            status = error_set(err, ALEXCL_E_USAGE, "layer %zu has the same name", j + 1);
    if (status == ALEXCL_OK) status = model_inputs(model, i, (int[LAYER_INPUTS]){0}, &(int){0}, err);
    if (status == ALEXCL_OK) return ALEXCL_OK;
    error_prefix(err, "layer %s (%zu of %zu): ", l->name, i + 1, model->layer_count);
    error_note_layer(err, l->name);
    return status;
}

/* The number of the layer before `before` that has this name, -1 for the net's input, -2 for none. */
static int model_find_input(const struct alexcl_model *model, size_t before, const char *name) {
    if (strcmp(name, ALEXCL_INPUT) == 0) return -1;
    for (size_t j = 0; j < before; j++)
        if (strcmp(model->layers[j].name, name) == 0) return (int)j;
    return -2;
}

int model_inputs(const struct alexcl_model *model, size_t i, int *inputs, int *count, struct alexcl_error *err) {
    const char *const *names = model->layers[i].inputs;
    *count = 0;
    if (!names) inputs[(*count)++] = (int)i - 1;
    for (; names && names[*count]; (*count)++) {
        if (*count == LAYER_INPUTS)
            return error_set(err, ALEXCL_E_USAGE, "inputs: there are more than %d", LAYER_INPUTS);
        inputs[*count] = model_find_input(model, i, names[*count]);
        if (inputs[*count] == -2)
            return error_set(err, ALEXCL_E_USAGE, "input \"%s\": no layer before it has this name", names[*count]);
    }
    return *count ? ALEXCL_OK : error_set(err, ALEXCL_E_USAGE, "inputs: there are none; NULL means the layer before");
}

/* Every layer must lead to the last one: what nobody reads is a mistake in the table. */
static int model_check_readers(const struct alexcl_model *model, struct alexcl_error *err) {
    int status = ALEXCL_OK, inputs[LAYER_INPUTS], count, unread = 0;
    char *needed = NULL;
    struct string_buffer names = {0};
    TRY(memory_alloc(&needed, model->layer_count, 1, "a model's layers", err));
    needed[model->layer_count - 1] = 1;
    for (size_t i = model->layer_count; i-- > 0;) {
        TRY(model_inputs(model, i, inputs, &count, err));
        for (int j = 0; j < count && needed[i]; j++)
            if (inputs[j] >= 0) needed[inputs[j]] = 1;
    }
    for (size_t i = 0; i < model->layer_count; i++)
        if (!needed[i]) string_buffer_add(&names, "%s%s", unread++ ? ", " : "", model->layers[i].name);
    if (unread)
        status = error_set(
            err, ALEXCL_E_USAGE,
            "layer%s %s: the last layer, %s, needs nothing of what %s; take %s out, or name %s among the "
            "inputs of a layer",
            unread > 1 ? "s" : "", names.text ? names.text : "?", model->layers[model->layer_count - 1].name,
            unread > 1 ? "they compute" : "it computes", unread > 1 ? "them" : "it", unread > 1 ? "them" : "it");
done:
    free(needed);
    string_buffer_free(&names);
    return status;
}

int model_check(const struct alexcl_model *model, struct alexcl_error *err) {
    if (!model) return error_set(err, ALEXCL_E_USAGE, "there is no model (NULL)");
    const char *wrong = model_check_name(model->name);
    if (wrong) return error_set(err, ALEXCL_E_USAGE, "a model: %s", wrong);
    int status = model_check_input(model, err);
    if (status == ALEXCL_OK && (!model->layers || model->layer_count < 1 || model->layer_count > MODEL_LAYERS))
        status = error_set(err, ALEXCL_E_USAGE, "%zu layers%s: there must be from 1 to %d", model->layer_count,
                           model->layer_count && !model->layers ? " in a table that is NULL" : "", MODEL_LAYERS);
    for (size_t i = 0; i < model->layer_count && status == ALEXCL_OK; i++) status = model_check_layer(model, i, err);
    if (status == ALEXCL_OK) status = model_check_readers(model, err);
    if (status != ALEXCL_OK) error_prefix(err, "model %s: ", model->name);
    return status;
}

/* A model and its rows in one piece. */
struct model_copy {
    struct alexcl_model model;
    struct alexcl_layer layers[];
};

int model_copy(const struct alexcl_model *from, struct alexcl_model **out, struct alexcl_layer **layers,
               struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_model today;
    struct model_copy *copy = NULL;
    TRY(SIZED_READ(alexcl_model, from, &today, err));
    size_t rows = today.layers && today.layer_count <= MODEL_LAYERS ? today.layer_count : 0; /* model_check tells */
    status = today.layer_size > 0 && today.layer_size <= MODEL_LAYER_SIZE ? ALEXCL_OK : ALEXCL_E_USAGE;
    if (status != ALEXCL_OK) {
        error_set(err, status, "struct alexcl_model: layer_size is %zu: set it to sizeof(struct alexcl_layer)",
                  today.layer_size);
        goto done;
    }
    TRY(memory_alloc((char **)&copy, 1, sizeof *copy + rows * sizeof copy->layers[0], "a model", err));
    copy->model = today;
    if (today.layers) copy->model.layers = copy->layers;
    copy->model.layer_size = sizeof copy->layers[0];
    for (size_t i = 0; i < rows; i++) {
        char row[48];
        snprintf(row, sizeof row, "struct alexcl_layer, row %zu", i);
        TRY(sized_read_row(row, (const char *)today.layers + i * today.layer_size, today.layer_size, &copy->layers[i],
                           sizeof copy->layers[i], err));
    }
    *out = &copy->model;
    *layers = copy->layers;
    copy = NULL;
done:
    free(copy);
    return status;
}

int model_take(const struct alexcl_model *model, const struct alexcl_model **use, struct alexcl_model **own,
               struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_layer *layers;
    *own = NULL;
    if (model && (model->size != sizeof *model || model->layer_size != sizeof *model->layers))
        status = model_copy(model, own, &layers, err);
    *use = *own ? *own : model;
    if (status == ALEXCL_OK) status = model_check(*use, err);
    if (status == ALEXCL_OK) return status;
    free(*own);
    *own = NULL;
    return status;
}
