/* SPDX-License-Identifier: MIT */
/* The built-in models, and look-ups by name; a name that is not there is answered with the nearest one. Rows of layers
 * are found by the row size that the model states, not by this library's: a caller's table may have been compiled
 * against another version of the header. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "model_check.h"
#include "nearest.h"

/* What is there, and what tests and lists ask of it. */
#define MODEL_ROW(table, oracle_case, hidden) {&(table), oracle_case, hidden},
static const struct built_in {
    const struct alexcl_model *model;
    const char *oracle_case;
    int hidden;
} models[] = {MODEL_TABLES(MODEL_ROW)};
enum { MODELS = sizeof models / sizeof *models };

const struct alexcl_model *alexcl_model_get(size_t index) { return index < MODELS ? models[index].model : NULL; }

static const struct built_in *model_built_in(const struct alexcl_model *model) {
    for (size_t i = 0; i < MODELS; i++)
        if (models[i].model == model) return &models[i];
    return NULL;
}

int alexcl_model_hidden(const struct alexcl_model *model) {
    const struct built_in *known = model_built_in(model);
    return known && known->hidden;
}

const char *model_oracle_case(const struct alexcl_model *model) {
    const struct built_in *known = model_built_in(model);
    return known ? known->oracle_case : NULL;
}

int alexcl_model_find(const char *name, const struct alexcl_model **out, struct alexcl_error *err) {
    const char *names[MODELS + 1] = {NULL};
    if (!name) name = "";
    for (size_t i = 0; i < MODELS; i++) {
        names[i] = models[i].model->name;
        if (strcmp(name, models[i].model->name) == 0) {
            *out = models[i].model;
            return ALEXCL_OK;
        }
    }
    char question[NEAREST_QUESTION];
    return error_set(err, ALEXCL_E_USAGE, "there is no model \"%s\"%s; 'alexcl models' lists them", name,
                     nearest_ask("\"", nearest_find(name, names), "\"", question));
}

const struct alexcl_layer *alexcl_model_row(const struct alexcl_model *model, size_t index) {
    if (index >= model->layer_count) return NULL;
    return (const struct alexcl_layer *)(const void *)((const char *)model->layers + index * model->layer_size);
}

int model_find_layer(const struct alexcl_model *model, const char *layer, int *index, struct alexcl_error *err) {
    const char **names = NULL;
    if (!layer) layer = "";
    for (size_t i = 0; i < model->layer_count; i++)
        if (strcmp(layer, model->layers[i].name) == 0) {
            *index = (int)i;
            return ALEXCL_OK;
        }
    int status = memory_alloc(&names, model->layer_count + 1, sizeof *names, "the names of layers", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < model->layer_count; i++) names[i] = model->layers[i].name;
    char question[NEAREST_QUESTION];
    nearest_ask("\"", nearest_find(layer, names), "\"", question);
    free(names);
    return error_set(err, ALEXCL_E_USAGE, "model %s has no layer \"%s\"%s; 'alexcl summary --model %s' lists them",
                     model->name, layer, question, model->name);
}

int alexcl_model_layer(const struct alexcl_model *model, const char *layer, int *index, struct alexcl_error *err) {
    const struct alexcl_model *use;
    struct alexcl_model *own;
    int status = model_take(model, &use, &own, err);
    if (status == ALEXCL_OK) status = model_find_layer(use, layer, index, err);
    free(own);
    return status;
}
