/* SPDX-License-Identifier: MIT */
/* The values that each field of a layer's description may have, whatever stands before it. With these bounds no shape,
 * offset or count of products overflows where it is computed: what a layer reads is at most INT_MAX / 2 values
 * (layer_describe), and a padded map of it, the square of a kernel and the values of a tensor stay far below the ends
 * of int and of 64 bits. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "layer.h"

enum { MAX_WINDOW = 16384, MAX_UNITS = 4 * LAYER_GROUPS /* fc.cl: 4 to a work-group at least */ };

static const struct {
    const char *name;
    size_t offset;
    enum layer_field field;
    int low, high;
    const char *note;
    int count; /* of an array; 0: one number */
} numbers[] = {
    {"outputs", offsetof(struct alexcl_layer, outputs), LAYER_FIELD_CHANNELS, 1, LAYER_GROUPS, "", 0},
    {"outputs", offsetof(struct alexcl_layer, outputs), LAYER_FIELD_UNITS, 2, MAX_UNITS, ", one for each half at least",
     0},
    {"kernel", offsetof(struct alexcl_layer, kernel), LAYER_FIELD_KERNEL, 1, MAX_WINDOW, "", 2},
    {"stride", offsetof(struct alexcl_layer, stride), LAYER_FIELD_STRIDE, 1, MAX_WINDOW, "", 2},
    {"dilation", offsetof(struct alexcl_layer, dilation), LAYER_FIELD_DILATION, 0, MAX_WINDOW, "", 2},
    {"pad", offsetof(struct alexcl_layer, pad), LAYER_FIELD_PAD, 0, MAX_WINDOW, "", 4},
    {"window[0]", offsetof(struct alexcl_layer, window), LAYER_FIELD_WINDOW, -MAX_WINDOW, 0,
     ": the first of its values", 0},
    {"window[1]", offsetof(struct alexcl_layer, window[1]), LAYER_FIELD_WINDOW, 0, MAX_WINDOW,
     ": the last of its values", 0},
    {"groups", offsetof(struct alexcl_layer, groups), LAYER_FIELD_GROUPS, 1, LAYER_GROUPS, "", 0},
    {"ceil_mode", offsetof(struct alexcl_layer, ceil_mode), LAYER_FIELD_CEIL_MODE, 0, 1, "", 0},
    {"count_include_pad", offsetof(struct alexcl_layer, count_include_pad), LAYER_FIELD_COUNT_PAD, 0, 1, "", 0},
    {"lrn_scope", offsetof(struct alexcl_layer, lrn_scope), LAYER_FIELD_LRN_SCOPE, ALEXCL_LRN_SCOPE_HALF,
     ALEXCL_LRN_SCOPE_LAYER, " (enum alexcl_lrn_scope)", 0},
    {"dropout", offsetof(struct alexcl_layer, dropout), LAYER_FIELD_DROPOUT, ALEXCL_DROPOUT_PAPER,
     ALEXCL_DROPOUT_INVERTED, " (enum alexcl_dropout)", 0},
};
_Static_assert(sizeof(enum alexcl_lrn_scope) == sizeof(int) && sizeof(enum alexcl_dropout) == sizeof(int),
               "enumerations are read as int");

static const struct {
    const char *name;
    size_t offset;
    enum layer_field field;
    double low, below;
} factors[] = {
    {"k", offsetof(struct alexcl_layer, k), LAYER_FIELD_NORM, 1e-9, 1e9},
    {"alpha", offsetof(struct alexcl_layer, alpha), LAYER_FIELD_NORM, 0, 1e9},
    {"beta", offsetof(struct alexcl_layer, beta), LAYER_FIELD_NORM, 0, 1e3},
    {"rate", offsetof(struct alexcl_layer, rate), LAYER_FIELD_DROPOUT, 0, 1},
    {"gain", offsetof(struct alexcl_layer, gain), LAYER_FIELD_GAIN, -1e9, 1e9},
};

int layer_fields_check(const struct alexcl_layer *desc, struct alexcl_error *err) {
    const struct layer_ops *ops = layer_type(desc->type);
    if (!ops)
        return error_set(err, ALEXCL_E_USAGE, "type %d: there is no layer type with this number", (int)desc->type);
    const char *fields = (const char *)desc;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!(ops->fields & numbers[i].field)) continue;
        for (int j = 0; j == 0 || j < numbers[i].count; j++) {
            int value;
            char index[16] = "";
            memcpy(&value, fields + numbers[i].offset + (size_t)j * sizeof value, sizeof value);
            if (value >= numbers[i].low && value <= numbers[i].high) continue;
            if (numbers[i].count) snprintf(index, sizeof index, "[%d]", j);
            return error_set(err, ALEXCL_E_USAGE, "%s%s %d: it must be from %d to %d%s", numbers[i].name, index, value,
                             numbers[i].low, numbers[i].high, numbers[i].note);
        }
    }
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        double value;
        if (!(ops->fields & factors[i].field)) continue;
        memcpy(&value, fields + factors[i].offset, sizeof value);
        if (!(value >= factors[i].low && value < factors[i].below)) /* nor NaN */
            return error_set(err, ALEXCL_E_USAGE, "%s %g: it must be from %g to less than %g", factors[i].name, value,
                             factors[i].low, factors[i].below);
    }
    if (desc->connections && !(ops->fields & LAYER_FIELD_CONNECTIONS))
        return error_set(err, ALEXCL_E_USAGE, "connections: they are for convolutions");
    return ALEXCL_OK;
}
