/* SPDX-License-Identifier: MIT */
/* The published recipes, and one table of fields by which they are shown, read and checked. A field knows where it lies
 * in the structure, its kind and its bounds, so that a flag, a checkpoint's metadata and `--recipe show` cannot differ.
 * Numbers are shown with as few digits as read back to the same bits. */
#include "recipe.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alexcl_train.h"
#include "nearest.h"

#define SGD(form_)                                                                                                     \
    { .form = form_, .momentum = 0.9, .beta = {0.9, 0.999}, .epsilon = 1e-7 }

/* Where a source does not say it, a field has the program's choice: the patience of a plateau, and the epochs of
 * Caffe's recipe, which ends by steps. */
static const struct recipe recipes[] = {
    /* Krizhevsky et al. 2012, section 5; biases are weights like others there */
    {.name = "paper",
     .optimizer = SGD(UPDATE_SGD),
     .batch = 128,
     .epochs = 90,
     .rate = 0.01,
     .schedule = RECIPE_PLATEAU,
     .rate_divisor = 10,
     .drops = 3,
     .patience = 2,
     .decay = 0.0005,
     .bias_rate = 1,
     .bias_decay = 1,
     .init = RECIPE_NORMAL,
     .deviation = 0.01,
     .deviation_middle = 0.01,
     .deviation_hidden = 0.01,
     .bias = 1,
     .dropout = 0.5,
     .crop = 1,
     .mirror = 1,
     .colour = 0.1,
     .pca = RECIPE_EIGENVALUES},
    /* layers-145.cfg and layer-params-145.cfg of the code that the paper's figures are from. By hand its authors also
     * ended the noise on colours at epoch 68 and conv1's training at epoch 72 */
    {.name = "2012",
     .optimizer = SGD(UPDATE_SGD),
     .batch = 128,
     .epochs = 93,
     .rate = 0.01,
     .schedule = RECIPE_STEP,
     .rate_divisor = 10,
     .drops = 3,
     .patience = 2,
     .drop_at = {23, 51, 78},
     .decay = 0.0005,
     .bias_rate = 2,
     .bias_decay = 0,
     .init = RECIPE_NORMAL,
     .deviation = 0.01,
     .deviation_middle = 0.03,
     .deviation_hidden = 0.01,
     .bias = 1,
     .dropout = 0.5,
     .crop = 1,
     .mirror = 1,
     .colour = 0.1,
     .pca = RECIPE_DEVIATIONS,
     .all_ties = 1},
    /* models/bvlc_alexnet of Caffe: solver.prototxt, train_val.prototxt */
    {.name = "caffe",
     .optimizer = SGD(UPDATE_SGD_CAFFE),
     .batch = 256,
     .steps = 450000,
     .rate = 0.01,
     .schedule = RECIPE_STEP,
     .rate_divisor = 10,
     .drops = 3,
     .patience = 2,
     .drop_every = 100000,
     .decay = 0.0005,
     .bias_rate = 2,
     .bias_decay = 0,
     .init = RECIPE_NORMAL,
     .deviation = 0.01,
     .deviation_middle = 0.01,
     .deviation_hidden = 0.005,
     .bias = 0.1,
     .dropout = 0.5,
     .crop = 1,
     .mirror = 1},
    /* Keras's defaults, with what the article names: Adam, 10 epochs */
    {.name = "keras",
     .optimizer = {.form = UPDATE_ADAM, .momentum = 0.9, .beta = {0.9, 0.999}, .epsilon = 1e-7},
     .batch = 32,
     .epochs = 10,
     .rate = 0.001,
     .schedule = RECIPE_CONSTANT,
     .rate_divisor = 10,
     .drops = 3,
     .patience = 2,
     .bias_rate = 1,
     .bias_decay = 1,
     .init = RECIPE_GLOROT,
     .deviation = 0.01,
     .deviation_middle = 0.01,
     .deviation_hidden = 0.01,
     .dropout = 0.5},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

/* ---- fields ---- */

static const char *const recipe_optimizers[] = {"sgd", "sgd-caffe", "sgd-torch", "adam", "adam-torch", NULL};
static const char *const recipe_schedules[] = {"plateau", "step", "constant", NULL};
static const char *const recipe_inits[] = {"normal", "glorot", NULL};
static const char *const recipe_pcas[] = {"eigenvalues", "deviations", NULL};
static const char *const recipe_answers[] = {"no", "yes", NULL};
static const char *const recipe_ties[] = {"first", "all", NULL};

enum recipe_kind { RECIPE_INT, RECIPE_REAL, RECIPE_CHOICE, RECIPE_EPOCHS };
#define AT(member) offsetof(struct recipe, member)
static const struct recipe_row {
    const char *name, *meaning;
    enum recipe_kind kind;
    size_t at;
    double least, most;         /* of numbers; `most` itself is allowed unless `below` */
    const char *const *choices; /* of a choice, an enum or an int */
    int below;
} recipe_rows[] = {
    {"optimizer", "how a gradient changes a weight", RECIPE_CHOICE, AT(optimizer.form), 0, 0, recipe_optimizers, 0},
    {"momentum", "share of the velocity that stays; sgd", RECIPE_REAL, AT(optimizer.momentum), 0, 1, NULL, 1},
    {"beta1", "share of the gradient's mean that stays; adam", RECIPE_REAL, AT(optimizer.beta[0]), 0, 1, NULL, 1},
    {"beta2", "the same of the square's; adam", RECIPE_REAL, AT(optimizer.beta[1]), 0, 1, NULL, 1},
    {"epsilon", "beside the root of the square; adam", RECIPE_REAL, AT(optimizer.epsilon), 1e-30, 1, NULL, 0},
    {"batch", "images of a step", RECIPE_INT, AT(batch), 1, 1 << 20, NULL, 0},
    {"epochs", "where it ends; 0: by steps", RECIPE_INT, AT(epochs), 0, 1 << 30, NULL, 0},
    {"steps", "where it ends; 0: by epochs", RECIPE_INT, AT(steps), 0, 1 << 30, NULL, 0},
    {"lr", "learning rate at the start", RECIPE_REAL, AT(rate), 0, 1e6, NULL, 0},
    {"lr-schedule", "when it falls", RECIPE_CHOICE, AT(schedule), 0, 0, recipe_schedules, 0},
    {"lr-divisor", "by which it is divided", RECIPE_REAL, AT(rate_divisor), 1, 1e6, NULL, 0},
    {"lr-drops", "plateau: how often at most", RECIPE_INT, AT(drops), 0, 1000, NULL, 0},
    {"lr-patience", "plateau: epochs without a better error", RECIPE_INT, AT(patience), 1, 1 << 30, NULL, 0},
    {"lr-every", "step: steps; 0: at epochs", RECIPE_INT, AT(drop_every), 0, 1 << 30, NULL, 0},
    {"lr-at", "step: epochs, from 1", RECIPE_EPOCHS, AT(drop_at), 0, 1 << 30, NULL, 0},
    {"decay", "weight decay", RECIPE_REAL, AT(decay), 0, 1e6, NULL, 0},
    {"bias-lr", "factor on the learning rate of biases", RECIPE_REAL, AT(bias_rate), 0, 1e6, NULL, 0},
    {"bias-decay", "factor on the decay of biases", RECIPE_REAL, AT(bias_decay), 0, 1e6, NULL, 0},
    {"init", "first weights", RECIPE_CHOICE, AT(init), 0, 0, recipe_inits, 0},
    {"deviation", "normal: standard deviation", RECIPE_REAL, AT(deviation), 0, 1e6, NULL, 0},
    {"deviation-middle", "the same in conv3 to conv5", RECIPE_REAL, AT(deviation_middle), 0, 1e6, NULL, 0},
    {"deviation-hidden", "the same in fc6 and fc7", RECIPE_REAL, AT(deviation_hidden), 0, 1e6, NULL, 0},
    {"bias", "first biases of conv2, conv4, conv5, fc6, fc7", RECIPE_REAL, AT(bias), -1e6, 1e6, NULL, 0},
    {"dropout", "share of the units that is dropped", RECIPE_REAL, AT(dropout), 0, 1, NULL, 1},
    {"crop", "random crops", RECIPE_CHOICE, AT(crop), 0, 0, recipe_answers, 0},
    {"mirror", "random mirroring", RECIPE_CHOICE, AT(mirror), 0, 0, recipe_answers, 0},
    {"colour", "noise on colours, its deviation", RECIPE_REAL, AT(colour), 0, 1e6, NULL, 0},
    {"colour-by", "what the noise is a multiple of", RECIPE_CHOICE, AT(pca), 0, 0, recipe_pcas, 0},
    {"ties", "which of equal maxima gets the gradient", RECIPE_CHOICE, AT(all_ties), 0, 0, recipe_ties, 0},
};
enum { RECIPE_ROWS = sizeof recipe_rows / sizeof *recipe_rows };

/* Choices are enums and ints: C11 gives an enum without negative values the size of an int with the compilers that
 * build this, which a static assertion holds. */
_Static_assert(sizeof(enum recipe_schedule) == sizeof(int) && sizeof(enum update_form) == sizeof(int),
               "an enum is not as large as an int");

static const void *recipe_at(const struct recipe *r, const struct recipe_row *row) { return (const char *)r + row->at; }

int recipe_field(size_t index, const char **name, const char **meaning) {
    if (index >= RECIPE_ROWS) return 0;
    *name = recipe_rows[index].name;
    *meaning = recipe_rows[index].meaning;
    return 1;
}

/* As few digits as read back to the same number. */
static void recipe_show_real(double value, char out[RECIPE_TEXT]) {
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, RECIPE_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) return;
    }
}

void recipe_show(const struct recipe *r, size_t index, char out[RECIPE_TEXT]) {
    const struct recipe_row *row = &recipe_rows[index];
    const void *at = recipe_at(r, row);
    double real;
    int number[RECIPE_DROPS];
    if (row->kind == RECIPE_REAL) {
        memcpy(&real, at, sizeof real);
        recipe_show_real(real, out);
        return;
    }
    memcpy(number, at, row->kind == RECIPE_EPOCHS ? sizeof number : sizeof *number);
    if (row->kind == RECIPE_CHOICE) {
        snprintf(out, RECIPE_TEXT, "%s", row->choices[number[0]]);
        return;
    }
    int length = snprintf(out, RECIPE_TEXT, "%d", number[0]);
    for (int i = 1; row->kind == RECIPE_EPOCHS && i < RECIPE_DROPS && number[i]; i++)
        length += snprintf(out + length, RECIPE_TEXT - (size_t)length, ",%d", number[i]);
}

const struct recipe *recipe_get(size_t index) { return index < RECIPES ? &recipes[index] : NULL; }

int recipe_find(const char *name, struct recipe *out, struct alexcl_error *err) {
    const char *names[RECIPES + 1] = {NULL};
    char question[NEAREST_QUESTION];
    for (size_t i = 0; i < RECIPES; i++) {
        names[i] = recipes[i].name;
        if (strcmp(name, names[i]) != 0) continue;
        *out = recipes[i];
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_USAGE, "no recipe is called \"%.64s\"%s; there are paper, 2012, caffe, keras", name,
                     nearest_ask("", nearest_find(name, names), "", question));
}

/* ---- set ---- */

static int recipe_set_choice(int *out, const struct recipe_row *row, const char *text, struct alexcl_error *err) {
    char list[128] = "";
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(text, row->choices[i]) == 0) {
            *out = i;
            return ALEXCL_OK;
        }
        size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", row->choices[i]);
    }
    return error_set(err, ALEXCL_E_USAGE, "%s is \"%.64s\"; it is one of %s", row->name, text, list);
}

/* One number that ends at `end`, or at the text's. */
static int recipe_read_number(double *out, const struct recipe_row *row, const char *text, const char **end,
                              struct alexcl_error *err) {
    char *behind;
    double value = strtod(text, &behind);
    int whole = row->kind != RECIPE_REAL;
    *end = behind;
    if (behind != text && !isspace((unsigned char)*text) && value >= row->least && value <= row->most &&
        !(row->below && value == row->most) && !(whole && value != floor(value))) {
        *out = value;
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_USAGE, "%s is \"%.64s\"; it is a %s from %g to %s%g", row->name, text,
                     whole ? "whole number" : "number", row->least, row->below ? "below " : "", row->most);
}

static int recipe_set_numbers(void *at, const struct recipe_row *row, const char *text, struct alexcl_error *err) {
    int status = ALEXCL_OK, numbers[RECIPE_DROPS] = {0}, most = row->kind == RECIPE_EPOCHS ? RECIPE_DROPS : 1, i = 0;
    const char *end = text;
    double value = 0;
    for (; i < most; i++) {
        TRY(recipe_read_number(&value, row, i ? end + 1 : text, &end, err));
        if (row->kind != RECIPE_REAL) numbers[i] = (int)value;
        if (*end != ',') break;
    }
    if (*end)
        return error_set(err, ALEXCL_E_USAGE, "%s is \"%.64s\"; it is %s", row->name, text,
                         most > 1 ? "up to three epochs with a comma between them" : "one number");
    if (row->kind == RECIPE_REAL)
        memcpy(at, &value, sizeof value);
    else
        memcpy(at, numbers, (size_t)most * sizeof *numbers);
done:
    return status;
}

int recipe_set(struct recipe *r, const char *field, const char *text, struct alexcl_error *err) {
    const char *names[RECIPE_ROWS + 1] = {NULL};
    char question[NEAREST_QUESTION];
    for (size_t i = 0; i < RECIPE_ROWS; i++) {
        const struct recipe_row *row = &recipe_rows[i];
        void *at = (char *)r + row->at;
        names[i] = row->name;
        if (strcmp(field, row->name) != 0) continue;
        if (row->at == AT(optimizer.form)) return optimizer_find(text, &r->optimizer, err);
        return row->kind == RECIPE_CHOICE ? recipe_set_choice(at, row, text, err)
                                          : recipe_set_numbers(at, row, text, err);
    }
    return error_set(err, ALEXCL_E_USAGE, "a recipe has no field \"%.64s\"%s", field,
                     nearest_ask("", nearest_find(field, names), "", question));
}

int recipe_check(const struct recipe *r, struct alexcl_error *err) {
    if (r->epochs == 0 && r->steps == 0)
        return error_set(err, ALEXCL_E_USAGE, "epochs and steps are both 0: training would never end");
    if (r->schedule == RECIPE_STEP && r->drop_every == 0 && r->drop_at[0] == 0)
        return error_set(err, ALEXCL_E_USAGE,
                         "lr-schedule is step, and neither lr-every nor lr-at says where the learning rate falls: "
                         "lr-schedule constant keeps it");
    for (int i = 1; i < RECIPE_DROPS; i++)
        if (r->drop_at[i] != 0 && r->drop_at[i] <= r->drop_at[i - 1])
            return error_set(err, ALEXCL_E_USAGE, "lr-at has epoch %d behind epoch %d; epochs are in rising order",
                             r->drop_at[i], r->drop_at[i - 1]);
    return ALEXCL_OK;
}

/* ---- for the public header ---- */

_Static_assert((int)ALEXCL_RECIPE_TEXT == (int)RECIPE_TEXT, "a value has not the same room in both headers");

const char *alexcl_recipe_name(size_t index) { return index < RECIPES ? recipes[index].name : NULL; }

int alexcl_recipe_field(size_t index, const char **name, const char **meaning) {
    return recipe_field(index, name, meaning);
}

int alexcl_recipe_value(const char *recipe, const char *field, char out[ALEXCL_RECIPE_TEXT], struct alexcl_error *err) {
    struct recipe r = {0};
    int status;
    TRY(recipe_find(recipe, &r, err));
    for (size_t i = 0; i < RECIPE_ROWS; i++) {
        if (strcmp(field, recipe_rows[i].name) != 0) continue;
        recipe_show(&r, i, out);
        return ALEXCL_OK;
    }
    status = error_set(err, ALEXCL_E_USAGE, "a recipe has no field \"%.64s\"", field);
done:
    return status;
}
