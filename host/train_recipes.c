/* SPDX-License-Identifier: MIT */
/* The fields of recipes as flags, and as a table of all recipes. Names, meanings and values are the library's. */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "status.h"
#include "train.h"

int train_recipes_set(struct train_values *v, const char *field, const char *value, struct alexcl_error *err) {
    if (v->count == TRAIN_VALUES)
        return error_set(err, ALEXCL_E_USAGE, "more than %d values of a recipe are set", TRAIN_VALUES);
    v->list[v->count++] = (struct alexcl_recipe_value){field, value};
    return ALEXCL_OK;
}

static int train_recipes_take(const struct option_row *r, char *value, void *to, struct alexcl_error *err) {
    return train_recipes_set(to, r->name, value, err);
}

int train_recipes_row(size_t index, struct option_row *out) {
    const char *name, *meaning;
    if (!alexcl_recipe_field(index, &name, &meaning)) return 0;
    *out = (struct option_row){.name = name,
                               .argument = "V",
                               .help = meaning,
                               .set = train_recipes_take,
                               .at = offsetof(struct train_options, values)};
    return 1;
}

const char *train_recipes_given(const struct train_values *v, const char *field) {
    const char *value = NULL;
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->list[i].field, field) == 0) value = v->list[i].value;
    return value;
}

int train_recipes_augment(struct train_values *v, const char *recipe, const char *text, struct alexcl_error *err) {
    static const char *const names[] = {"crop", "mirror", "colour"};
    char own[ALEXCL_RECIPE_TEXT];
    int wanted[3] = {0}, status = ALEXCL_OK;
    const char *at = strcmp(text, "none") == 0 ? NULL : text;
    while (at) {
        size_t length = strcspn(at, ","), i = 0;
        while (i < 3 && (strlen(names[i]) != length || strncmp(names[i], at, length) != 0)) i++;
        if (i == 3)
            return error_set(err, ALEXCL_E_USAGE,
                             "--augment %.100s: crop, mirror and colour are wanted, with a comma between them, or none",
                             text);
        wanted[i] = 1;
        at = at[length] ? at + length + 1 : NULL;
    }
    TRY(train_recipes_set(v, "crop", wanted[0] ? "yes" : "no", err));
    TRY(train_recipes_set(v, "mirror", wanted[1] ? "yes" : "no", err));
    TRY(alexcl_recipe_value(recipe, "colour", own, err));
    if (!wanted[2]) TRY(train_recipes_set(v, "colour", "0", err));
    /* of a recipe that has none, the paper's */
    if (wanted[2] && strcmp(own, "0") == 0 && !train_recipes_given(v, "colour"))
        TRY(train_recipes_set(v, "colour", "0.1", err));
done:
    return status;
}

static int train_recipes_json(struct alexcl_error *err) {
    json_t *recipes = json_array();
    const char *name, *field, *meaning;
    char value[ALEXCL_RECIPE_TEXT];
    int status = ALEXCL_OK;
    for (size_t i = 0; (name = alexcl_recipe_name(i)) != NULL && status == ALEXCL_OK; i++) {
        json_t *recipe = json_object();
        report_set(recipe, "name", json_string(name));
        for (size_t k = 0; alexcl_recipe_field(k, &field, &meaning) && status == ALEXCL_OK; k++) {
            status = alexcl_recipe_value(name, field, value, err);
            report_set(recipe, field, json_string(value));
        }
        report_append(recipes, recipe);
    }
    if (status == ALEXCL_OK) return report_json_list("train", "recipes", recipes, err);
    json_decref(recipes);
    return status;
}

static void train_recipes_cell(const struct options *o, const char *text, int first, int last) {
    if (o->format == FORMAT_CSV) {
        report_csv(text, last);
    } else {
        printf(first ? "%-16s" : last ? "  %s\n" : "  %-13s", text);
    }
}

int train_recipes_show(const struct options *o, struct alexcl_error *err) {
    const char *name, *field, *meaning;
    char value[ALEXCL_RECIPE_TEXT];
    int status = ALEXCL_OK;
    if (o->format == FORMAT_JSON) return train_recipes_json(err);
    train_recipes_cell(o, "field", 1, 0);
    for (size_t i = 0; (name = alexcl_recipe_name(i)) != NULL; i++)
        train_recipes_cell(o, name, 0, alexcl_recipe_name(i + 1) == NULL);
    for (size_t k = 0; alexcl_recipe_field(k, &field, &meaning); k++) {
        train_recipes_cell(o, field, 1, 0);
        for (size_t i = 0; (name = alexcl_recipe_name(i)) != NULL; i++) {
            TRY(alexcl_recipe_value(name, field, value, err));
            train_recipes_cell(o, value, 0, alexcl_recipe_name(i + 1) == NULL);
        }
    }
done:
    return status;
}
