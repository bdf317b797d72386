/* SPDX-License-Identifier: MIT */
/* Models that are made while the program runs: read from a file, whose format has filled in the same rows that the
 * built-in tables have, or derived from another model. Both are a copy of the rows, and of a file what its texts stand
 * in. Either is checked as a caller's is. */
#include <stdlib.h>

#include "layer.h"
#include "model_check.h"
#include "sized.h"
#include "source.h"

struct made_model {
    struct alexcl_model model; /* first: what the caller gets */
    struct alexcl_model *copy; /* the same, and in one piece with its layers */
    struct alexcl_layer *layers;
    struct source *file; /* NULL: derived */
};

void alexcl_model_free(struct alexcl_model *model) {
    struct made_model *made = (struct made_model *)model;
    if (!made) return;
    free(made->copy);
    source_free(made->file);
    free(made);
}

static int model_made_open(const struct alexcl_model *from, struct made_model **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct made_model *made = NULL;
    TRY(memory_alloc(&made, 1, sizeof *made, "a model", err));
    TRY(model_copy(from, &made->copy, &made->layers, err));
    made->model = *made->copy;
    *out = made;
    made = NULL;
done:
    if (made) alexcl_model_free(&made->model);
    return status;
}

int alexcl_model_open(const char *path, struct alexcl_model **out, int *weights, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source *file = NULL;
    struct made_model *made = NULL;
    TRY(source_open(path, &file, err));
    if (!file->model) {
        status = file->no_model
                     ? error_set(err, ALEXCL_E_DATA, "%s: %s", path, file->no_model)
                     : error_set(err, ALEXCL_E_DATA,
                                 "%s: a file of weights (%s), which does not describe a net: name a model of `alexcl "
                                 "models`, or a file that does",
                                 path, file->kind);
        goto done;
    }
    TRY(model_made_open(file->model, &made, err));
    made->file = file;
    file = NULL;
    status = model_check(&made->model, err);
    if (status == ALEXCL_E_USAGE) err->status = status = ALEXCL_E_DATA;
    if (status != ALEXCL_OK) {
        error_prefix(err, "%s: ", path);
        goto done;
    }
    source_tell(made->file, path);
    if (weights) *weights = made->file->tensor_count > 0;
    *out = &made->model;
    made = NULL;
done:
    if (made) alexcl_model_free(&made->model);
    source_free(file);
    return status;
}

/* The last layer that has weights: what comes behind it only reads on, one value each. */
static int model_made_classifier(const struct alexcl_model *model, size_t *row, struct alexcl_error *err) {
    int inputs[LAYER_INPUTS], count, at = (int)model->layer_count - 1;
    while (at >= 0 && !model->layers[at].outputs) {
        int status = model_inputs(model, (size_t)at, inputs, &count, err);
        if (status != ALEXCL_OK) return status;
        at = count == 1 ? inputs[0] : -1;
    }
    if (at < 0 || model->layers[at].connections)
        return error_set(err, ALEXCL_E_USAGE, "model %s: it has no last layer whose outputs could be others in number",
                         model->name);
    *row = (size_t)at;
    return ALEXCL_OK;
}

int alexcl_model_derive(const struct alexcl_model *base, const struct alexcl_model_change *change,
                        struct alexcl_model **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_model_change today;
    struct made_model *made = NULL;
    size_t row = 0;
    TRY(SIZED_READ(alexcl_model_change, change, &today, err));
    TRY(model_made_open(base, &made, err));
    TRY(model_check(&made->model, err));
    if (today.classes) {
        TRY(model_made_classifier(&made->model, &row, err));
        made->layers[row].outputs = today.classes;
    }
    int before = made->model.height < made->model.width ? made->model.height : made->model.width;
    if (today.height) made->model.height = today.height;
    if (today.width) made->model.width = today.width;
    TRY(model_check(&made->model, err));
    int after = made->model.height < made->model.width ? made->model.height : made->model.width;
    made->model.resize = (int)(((int64_t)made->model.resize * after + before - 1) / before);
    TRY(model_check(&made->model, err));
    *out = &made->model;
    made = NULL;
done:
    if (made) alexcl_model_free(&made->model);
    return status;
}
