/* SPDX-License-Identifier: MIT */
/* The net of `alexcl train`: its model, the weights that it begins with, which layers stay and which begin anew. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "train.h"

int train_full_path(const char *name, char **out, struct alexcl_error *err) {
    char path[PATH_MAX];
    if (!name) return ALEXCL_OK;
    return memory_copy_text(out, realpath(name, path) ? path : name, err);
}

static size_t model_outputs(const struct alexcl_plan *plan) {
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    return (size_t)out.c * (size_t)out.h * (size_t)out.w;
}

static int model_has_parameters(const struct alexcl_plan_layer *l) { return l->parameters[0] + l->parameters[1] > 0; }

/* The layers of the plan that --freeze or --fresh names, which have parameters. */
static int model_named(const struct alexcl_plan *plan, const char *flag, const char *text, const char **out,
                       size_t *count, struct alexcl_error *err) {
    while (text) {
        size_t length = strcspn(text, ","), from = plan->layer_count, to = from, before = *count;
        for (size_t i = 0; i < plan->layer_count; i++) {
            const char *name = plan->layers[i].layer->name;
            size_t own = strlen(name);
            if (own == length && strncmp(name, text, own) == 0) from = to = i;
            if (own < length && strncmp(name, text, own) == 0 && text[own] == '-' && from == plan->layer_count)
                from = i;
            if (own < length && strncmp(name, text + length - own, own) == 0 && text[length - own - 1] == '-') to = i;
        }
        if (from > to || to == plan->layer_count)
            return error_set(err, ALEXCL_E_USAGE,
                             "--%s %.*s: names of layers are wanted, in their order, as conv1-conv5 or fc6; `alexcl "
                             "summary` has them",
                             flag, (int)length, text);
        for (size_t i = from; i <= to && *count < TRAIN_LAYERS - 1; i++)
            if (model_has_parameters(&plan->layers[i])) out[(*count)++] = plan->layers[i].layer->name;
        if (*count == before)
            return error_set(err, ALEXCL_E_USAGE, "--%s %.*s: nothing is trained there", flag, (int)length, text);
        text = text[length] ? text + length + 1 : NULL;
    }
    return ALEXCL_OK;
}

/* Layers behind the last one that is not to begin anew may be missing in the file. */
static int model_open_weights(struct train_command *t, const struct options *o, const struct alexcl_model *base,
                              const struct alexcl_plan *plan, struct alexcl_error *err) {
    const char *fresh[TRAIN_LAYERS], *last = NULL;
    size_t count = 0;
    int status;
    TRY(model_named(plan, "fresh", t->own.fresh, fresh, &count, err));
    for (size_t i = 0; i < plan->layer_count; i++) {
        const char *name = plan->layers[i].layer->name;
        int anew = !model_has_parameters(&plan->layers[i]);
        for (size_t k = 0; k < count; k++) anew |= strcmp(fresh[k], name) == 0;
        if (!anew) last = name;
    }
    if (count && !last)
        status = error_set(err, ALEXCL_E_USAGE, "--fresh %s: all layers would begin anew: leave it out", t->own.fresh);
    else
        status = options_weights(o, base, count ? last : NULL, &t->weights, err);
done:
    return status;
}

int train_model_open(struct train_command *t, const struct options *o, size_t classes, struct alexcl_error *err) {
    const struct alexcl_model *base, *built_in;
    struct alexcl_plan *plan = NULL;
    struct alexcl_error none = {0};
    int status;
    TRY(options_model(o, &base, err));
    if (!t->told.model) {
        const char *file = o->file->path                                                  ? o->file->path
                           : alexcl_model_find(base->name, &built_in, &none) != ALEXCL_OK ? o->weights
                                                                                          : NULL;
        TRY(file ? train_full_path(file, &t->told.model, err) : memory_copy_text(&t->told.model, base->name, err));
    }
    t->model = base;
    TRY(options_shapes(t->o, base, NULL, &plan, err));
    if (!t->own.resume) TRY(model_open_weights(t, o, base, plan, err));
    if (classes && classes != model_outputs(plan)) {
        const struct alexcl_model_change change = {.size = sizeof change, .classes = (int)classes};
        status = alexcl_model_derive(base, &change, &t->derived, err);
        if (status != ALEXCL_OK) error_prefix(err, "--classes %zu: ", classes);
        TRY(status);
        t->model = t->derived;
    }
    t->told.classes = classes ? classes : model_outputs(plan);
done:
    alexcl_plan_free(plan);
    return status;
}

int train_model_layers(const struct train_command *t, const char **frozen, size_t *frozen_count, const char **fresh,
                       size_t *fresh_count, struct alexcl_error *err) {
    struct alexcl_plan *plan = NULL;
    int status;
    TRY(options_shapes(t->o, t->model, NULL, &plan, err));
    TRY(model_named(plan, "freeze", t->own.freeze, frozen, frozen_count, err));
    TRY(model_named(plan, "fresh", t->own.fresh, fresh, fresh_count, err));
    for (size_t i = plan->layer_count; i > 0 && t->own.classes; i--) {
        if (!model_has_parameters(&plan->layers[i - 1])) continue;
        fresh[(*fresh_count)++] = plan->layers[i - 1].layer->name;
        break;
    }
done:
    alexcl_plan_free(plan);
    return status;
}
