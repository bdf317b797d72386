/* SPDX-License-Identifier: MIT */
/* The parameters of a layer on its target: memory for them, and how the file's values get there. A variant only says
 * how they are packed. Here they are packed part by part into one piece of host memory, rounded where they are kept in
 * half precision or in 8 bits, and written to the target. What a variant keeps as it is in the file is written from
 * where it is; in training that is the master, which all passes that read it share. No kernel takes part, so a prepared
 * layer is given other values in the same way, as training does. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fp16.h"
#include "int8.h"
#include "layer_private.h"
#include "memory.h"

/* how many values are rounded together where they are not packed; an even number */
enum { PARAMETERS_ROUNDED = 1 << 16 };

int parameters_count(const struct layer *l, enum layer_pass_kind pass) {
    if (pass == LAYER_WEIGHT_GRADIENT) return 0;
    return pass == LAYER_INPUT_GRADIENT && l->shape.tensor_count > 1 ? 1 : l->shape.tensor_count;
}

static enum precision parameters_precision(const struct layer *l, int t) {
    return t == 0 ? l->choice.precision : PRECISION_FLOAT;
}
static int parameters_halves(const struct layer *l, int t) { return parameters_precision(l, t) == PRECISION_HALF; }
static int parameters_int8(const struct layer *l, int t) { return parameters_precision(l, t) == PRECISION_INT8; }

/* The floats that this many outputs' weights of 8 bits take; `v` NULL: on some device. */
static size_t parameters_int8_floats(const struct layer *l, const struct layer_variant *v, size_t rows) {
    return int8_floats(rows, layer_tensor_row(&l->shape.tensors[0]), v ? v->lanes : 1);
}

/* The size of tensor t once it is packed, in floats before any rounding to half precision. */
static size_t parameters_packed(const struct layer *l, const struct layer_variant *v, const struct target *target,
                                int t) {
    if (parameters_int8(l, t)) return parameters_int8_floats(l, v, (size_t)l->shape.tensors[t].count);
    return v && v->packed ? v->packed(l, target, t) : layer_tensor_floats(&l->shape.tensors[t]);
}

/* Whether a variant reads the master itself. */
static int parameters_are_master(const struct layer *l, const struct layer_variant *v, int t) {
    return l->choice.keep_master && v && !v->pack && !parameters_precision(l, t);
}

size_t parameters_floats(const struct layer *l, const struct layer_variant *v, const struct target *target, int t) {
    if (parameters_are_master(l, v, t)) return 0;
    size_t floats = parameters_packed(l, v, target, t);
    return parameters_halves(l, t) ? fp16_floats(floats) : floats;
}

/* How many of these floats are packed, rounded and written together. */
static size_t parameters_part(const struct layer *l, const struct layer_variant *v, int t) {
    size_t floats = parameters_packed(l, v, l->target, t);
    if (parameters_int8(l, t)) return parameters_int8_floats(l, v, INT8_ROWS);
    if (v->part) return v->part(l, t);
    return !v->pack && parameters_halves(l, t) && floats > PARAMETERS_ROUNDED ? PARAMETERS_ROUNDED : floats;
}

/* The host memory that this takes, in floats: none where values are written from where they are. */
static size_t parameters_scratch(const struct layer *l, const struct layer_variant *v, int t) {
    return v->pack || parameters_precision(l, t) ? parameters_part(l, v, t) : 0;
}

/* ALEXCL_E_DATA where a value is none, or too large for the precision. */
static int parameters_check_range(const struct layer *l, int t, const float *master, struct alexcl_error *err) {
    size_t floats = layer_tensor_floats(&l->shape.tensors[t]), row = layer_tensor_row(&l->shape.tensors[t]);
    int halves = parameters_halves(l, t);
    float end = halves ? FP16_MAX : INT8_WEIGHT_MAX;
    for (size_t i = 0; i < floats; i++)
        if (!(master[i] >= -end && master[i] <= end))
            return error_set(err, ALEXCL_E_DATA,
                             "%s.%s: a weight of output %d is %g, and %s at %.8g: keep the weights in "
                             "float (--weights-precision float, ALEXCL_WEIGHTS_PRECISION=float)",
                             l->shape.desc->name, l->shape.tensors[t].suffix,
                             l->shape.tensors[t].first + (int)(i / row), (double)master[i],
                             halves ? "half precision ends" : "weights of 8 bits end", (double)end);
    return ALEXCL_OK;
}

/* Writes weights of 8 bits, INT8_ROWS outputs at a time. */
static int parameters_write_int8(struct layer *l, enum layer_pass_kind pass, int t, const float *master, float *scratch,
                                 struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct layer_variant *v = l->pass[pass].variant;
    size_t rows = (size_t)l->shape.tensors[t].count, row = layer_tensor_row(&l->shape.tensors[t]);
    TRY(parameters_check_range(l, t, master, err));
    for (size_t first = 0; first < rows; first += INT8_ROWS) {
        size_t count = rows - first < INT8_ROWS ? rows - first : INT8_ROWS;
        int8_narrow(master + first * row, count, row, v->lanes, scratch);
        TRY(storage_write(&l->pass[pass].parameters[t], parameters_int8_floats(l, v, first), scratch,
                          parameters_int8_floats(l, v, count), err));
    }
done:
    return status;
}

/* Writes tensor t from `master`, by way of `scratch`. */
static int parameters_write_tensor(struct layer *l, enum layer_pass_kind pass, int t, const float *master,
                                   float *scratch, struct alexcl_error *err) {
    int status = ALEXCL_OK, halves = parameters_halves(l, t);
    const struct layer_variant *v = l->pass[pass].variant;
    size_t floats = parameters_packed(l, v, l->target, t), part = parameters_part(l, v, t);
    assert(l->pass[pass].parameters[t].floats == parameters_floats(l, v, l->target, t));
    if (parameters_int8(l, t)) return parameters_write_int8(l, pass, t, master, scratch, err);
    assert(!v->pack || (part > 0 && floats % part == 0)); /* pack fills a whole part of the scratch memory */
    assert(!halves || part == floats || part % 2 == 0);   /* two halves share a float */
    for (size_t first = 0; first < floats; first += part) {
        size_t count = floats - first < part ? floats - first : part;
        const float *from = master + first;
        if (v->pack)
            v->pack(l, t, master, first, scratch);
        else if (halves)
            memcpy(scratch, from, count * sizeof *scratch);
        if (v->pack || halves) from = scratch;
        if (halves && fp16_narrow(scratch, count) < count) return parameters_check_range(l, t, master, err);
        TRY(storage_write(&l->pass[pass].parameters[t], halves ? fp16_floats(first) : first, from,
                          halves ? fp16_floats(count) : count, err));
    }
done:
    return status;
}

static int parameters_create_one(struct layer *l, int t, const char *kind, size_t floats, struct storage *out,
                                 struct alexcl_error *err) {
    struct string_buffer what = {0};
    string_buffer_add(&what, "%s%s of %s, half %d", kind, l->shape.tensors[t].suffix, l->shape.desc->name,
                      l->shape.half);
    int status = storage_create(l->target, floats, what.text ? what.text : "weights", out, err);
    string_buffer_free(&what);
    return status;
}

int parameters_create(struct layer *l, enum layer_pass_kind pass, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct layer_pass *p = &l->pass[pass];
    for (int t = 0; t < parameters_count(l, pass); t++) {
        int made = l->master[t].buffer || l->master[t].host; /* by another pass */
        if (l->choice.keep_master && !made)
            TRY(parameters_create_one(l, t, "master ", layer_tensor_floats(&l->shape.tensors[t]), &l->master[t], err));
        if (parameters_are_master(l, p->variant, t))
            p->parameters[t] = l->master[t];
        else
            TRY(parameters_create_one(l, t, "", parameters_floats(l, p->variant, l->target, t), &p->parameters[t],
                                      err));
    }
done:
    return status;
}

void parameters_free(struct layer *l, enum layer_pass_kind pass) {
    for (int t = 0; t < LAYER_TENSORS; t++) {
        struct storage *s = &l->pass[pass].parameters[t];
        if (s->buffer == l->master[t].buffer && s->host == l->master[t].host)
            *s = (struct storage){0}; /* freed with the layer */
        else
            storage_free(s);
    }
}

static size_t parameters_larger(size_t a, size_t b) { return a > b ? a : b; }

/* Packs and writes all tensors. All host memory is taken before anything is written. `again`: the layer is in use, so
 * every value is checked before the first one is written. */
static int parameters_pack(struct layer *l, enum layer_pass_kind pass, const float *const *values, int again,
                           struct alexcl_error *err) {
    int status = ALEXCL_OK;
    float *scratch = NULL, *back = NULL;
    size_t scratch_floats = 0, back_floats = 0;
    int count = parameters_count(l, pass);
    for (int t = 0; t < count; t++) {
        if (parameters_are_master(l, l->pass[pass].variant, t)) continue;
        scratch_floats = parameters_larger(scratch_floats, parameters_scratch(l, l->pass[pass].variant, t));
        back_floats = parameters_larger(back_floats, layer_tensor_floats(&l->shape.tensors[t]));
    }
    TRY(memory_alloc_floats(&scratch, scratch_floats, "packed weights", err));
    if (!values) TRY(memory_alloc_floats(&back, back_floats, "master weights", err));
    for (int t = 0; t < count; t++) {
        const float *master = values ? values[t] : back;
        size_t floats = layer_tensor_floats(&l->shape.tensors[t]);
        int shared = parameters_are_master(l, l->pass[pass].variant, t);
        if (!values && shared) continue;
        if (!values) TRY(storage_read(&l->master[t], 0, back, floats, err));
        if (again && parameters_precision(l, t)) TRY(parameters_check_range(l, t, master, err));
        if (values && l->choice.keep_master) TRY(storage_write(&l->master[t], 0, master, floats, err));
        if (!shared) TRY(parameters_write_tensor(l, pass, t, master, scratch, err));
    }
done:
    free(scratch);
    free(back);
    return status;
}

int parameters_write(struct layer *l, enum layer_pass_kind pass, const float *const values[LAYER_TENSORS],
                     struct alexcl_error *err) {
    return parameters_pack(l, pass, values, 0, err);
}

int layer_pack(struct layer *l, enum layer_pass_kind pass, const float *const *values, struct alexcl_error *err) {
    if (l->shape.tensor_count == 0 || shape_size(l->shape.out) == 0) return ALEXCL_OK;
    if (!values && !l->choice.keep_master)
        return error_set(err, ALEXCL_E_USAGE, "layer %s, half %d: its weights are not kept as they are in the file",
                         l->shape.desc->name, l->shape.half);
    int status = parameters_pack(l, pass, values, 1, err);
    if (status == ALEXCL_OK) return ALEXCL_OK;
    error_prefix(err, "layer %s, half %d: ", l->shape.desc->name, l->shape.half);
    error_note_layer(err, l->shape.desc->name);
    return status;
}

void layer_fill_up(const float *from, size_t count, float *to, size_t floats) {
    assert(count <= floats);
    memcpy(to, from, count * sizeof *to);
    memset(to + count, 0, (floats - count) * sizeof *to);
}
