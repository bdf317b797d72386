/* SPDX-License-Identifier: MIT */
/* The values that each field of a layer's description may have, whatever stands before it. With these bounds no shape,
 * offset or count of products overflows where it is computed: what a layer reads is at most INT_MAX / 2 values
 * (layer_describe), and a padded map of it, the square of a kernel and the values of a tensor stay far below the ends
 * of int and of 64 bits. */
#include <stddef.h>
#include <string.h>

#include "layer.h"

#define TYPE(type) (1u << (type))
#define POOLS (TYPE(ALEXCL_MAXPOOL) | TYPE(ALEXCL_AVGPOOL) | TYPE(ALEXCL_SUBSAMPLE))
#define NORMS (TYPE(ALEXCL_LRN) | TYPE(ALEXCL_RNORM))

enum { WINDOW_MOST = 16384, UNITS_MOST = 4 * LAYER_GROUPS /* fc.cl: 4 to a work-group at least */ };

static const struct {
    const char *name;
    size_t offset;
    unsigned types; /* that use it */
    int low, high;
    const char *note;
} numbers[] = {
    {"outputs", offsetof(struct alexcl_layer, outputs), TYPE(ALEXCL_CONV), 2, LAYER_GROUPS,
     ", one for each half at least"},
    {"outputs", offsetof(struct alexcl_layer, outputs), TYPE(ALEXCL_FC) | TYPE(ALEXCL_RBF), 2, UNITS_MOST,
     ", one for each half at least"},
    {"kernel", offsetof(struct alexcl_layer, kernel), TYPE(ALEXCL_CONV) | POOLS | NORMS, 1, WINDOW_MOST, ""},
    {"stride", offsetof(struct alexcl_layer, stride), TYPE(ALEXCL_CONV) | POOLS, 1, WINDOW_MOST, ""},
    {"pad", offsetof(struct alexcl_layer, pad), TYPE(ALEXCL_CONV), 0, WINDOW_MOST, ""},
    {"pad_end", offsetof(struct alexcl_layer, pad_end), TYPE(ALEXCL_CONV), 0, WINDOW_MOST, ""},
    {"groups", offsetof(struct alexcl_layer, groups), TYPE(ALEXCL_CONV), 1, LAYER_GROUPS, ""},
    {"ceil_mode", offsetof(struct alexcl_layer, ceil_mode), POOLS, 0, 1, ""},
    {"span", offsetof(struct alexcl_layer, span), TYPE(ALEXCL_LRN), ALEXCL_SPAN_HALF, ALEXCL_SPAN_LAYER,
     " (enum alexcl_span)"},
    {"dropout", offsetof(struct alexcl_layer, dropout), TYPE(ALEXCL_DROPOUT), ALEXCL_DROPOUT_PAPER,
     ALEXCL_DROPOUT_INVERTED, " (enum alexcl_dropout)"},
};
_Static_assert(sizeof(enum alexcl_span) == sizeof(int) && sizeof(enum alexcl_dropout) == sizeof(int),
               "enumerations are read as int");

static const struct {
    const char *name;
    size_t offset;
    unsigned types;
    double low, below;
} factors[] = {
    {"k", offsetof(struct alexcl_layer, k), NORMS, 1e-9, 1e9},
    {"alpha", offsetof(struct alexcl_layer, alpha), NORMS, 0, 1e9},
    {"beta", offsetof(struct alexcl_layer, beta), NORMS, 0, 1e3},
    {"rate", offsetof(struct alexcl_layer, rate), TYPE(ALEXCL_DROPOUT), 0, 1},
    {"gain", offsetof(struct alexcl_layer, gain), TYPE(ALEXCL_CONV) | TYPE(ALEXCL_FC), -1e9, 1e9},
};

int layer_fields_check(const struct alexcl_layer *desc, struct alexcl_error *err) {
    if ((unsigned)desc->type >= LAYER_TYPES)
        return error_set(err, ALEXCL_E_USAGE, "type %d: there is no layer type with this number", (int)desc->type);
    const char *fields = (const char *)desc;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int value;
        if (!(numbers[i].types & TYPE(desc->type))) continue;
        memcpy(&value, fields + numbers[i].offset, sizeof value);
        if (value < numbers[i].low || value > numbers[i].high)
            return error_set(err, ALEXCL_E_USAGE, "%s %d: it must be from %d to %d%s", numbers[i].name, value,
                             numbers[i].low, numbers[i].high, numbers[i].note);
    }
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        double value;
        if (!(factors[i].types & TYPE(desc->type))) continue;
        memcpy(&value, fields + factors[i].offset, sizeof value);
        if (!(value >= factors[i].low && value < factors[i].below)) /* nor NaN */
            return error_set(err, ALEXCL_E_USAGE, "%s %g: it must be from %g to less than %g", factors[i].name, value,
                             factors[i].low, factors[i].below);
    }
    if (desc->connections && desc->type != ALEXCL_CONV)
        return error_set(err, ALEXCL_E_USAGE, "connections: they are for convolutions");
    return ALEXCL_OK;
}
