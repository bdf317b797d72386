/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "model_check.h"
#include "nearest.h"

static const struct alexcl_model *const models[] = {
    &model_alexnet,       &model_alexnet_227,   &model_alexnet_2012,
    &model_alexnet_caffe, &model_alexnet_keras, &model_alexnet_torchvision,
    &model_lenet5,        &model_lenet5_1998,   &model_tiny2t,
    &model_tiny_across,   &model_tiny_nolrn,    &model_tiny_orig,
    &model_tinyinc,       &model_tinyskip,
};
enum { MODELS = sizeof models / sizeof *models };

const struct alexcl_model *alexcl_model_get(size_t index) { return index < MODELS ? models[index] : NULL; }

int alexcl_model_find(const char *name, const struct alexcl_model **out, struct alexcl_error *err) {
    const char *names[MODELS + 1] = {NULL};
    if (!name) name = "";
    for (size_t i = 0; i < MODELS; i++) {
        names[i] = models[i]->name;
        if (strcmp(name, models[i]->name) == 0) {
            *out = models[i];
            return ALEXCL_OK;
        }
    }
    const char *near = nearest_find(name, names);
    return error_set(err, ALEXCL_E_USAGE, "there is no model \"%s\"%s%s%s; 'alexcl models' lists them", name,
                     near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "");
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
    const char *near = nearest_find(layer, names);
    free(names);
    return error_set(err, ALEXCL_E_USAGE, "model %s has no layer \"%s\"%s%s%s; 'alexcl summary --model %s' lists them",
                     model->name, layer, near ? ": did you mean \"" : "", near ? near : "", near ? "\"?" : "",
                     model->name);
}

int alexcl_model_layer(const struct alexcl_model *model, const char *layer, int *index, struct alexcl_error *err) {
    const struct alexcl_model *use;
    struct alexcl_model *own;
    int status = model_take(model, &use, &own, err);
    if (status == ALEXCL_OK) status = model_find_layer(use, layer, index, err);
    free(own);
    return status;
}
