/* SPDX-License-Identifier: MIT */
/* What an ONNX graph's names stand for while its nodes are walked: constants, or maps that a layer makes. Names are
 * looked up in a table by their hash. What is common to all operators is here: attributes, inputs, and what they
 * make. */
#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "onnx_private.h"
#include "utf8.h"

/* ---- names -------------------------------------------------------------------------------------- */

int onnx_open_values(struct onnx *o, size_t most, struct alexcl_error *err) {
    for (o->value_places = 16; o->value_places < 2 * most;) o->value_places *= 2;
    return arena_alloc(&o->memory, &o->values, o->value_places, sizeof *o->values, "an ONNX file", err);
}

/* Where a name is, or would be: there is always an empty place. */
static struct onnx_value *onnx_place(const struct onnx *o, const char *name) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *p = name; *p; p++) hash = (hash ^ (unsigned char)*p) * 16777619u;
    size_t i = hash & (o->value_places - 1);
    while (o->values[i].name && strcmp(o->values[i].name, name) != 0) i = (i + 1) & (o->value_places - 1);
    return &o->values[i];
}

struct onnx_value *onnx_find_value(const struct onnx *o, const char *name) {
    struct onnx_value *v = onnx_place(o, name);
    return v->name ? v : NULL;
}

struct onnx_value *onnx_add_value(struct onnx *o, const char *name) {
    struct onnx_value *v = onnx_place(o, name);
    if (v->name) return NULL;
    v->name = name;
    return v;
}

/* ---- a node ------------------------------------------------------------------------------------- */

int(onnx_refuse)(const Onnx__NodeProto *n, struct alexcl_error *err, const char *format, ...) {
    char text[600], shown[2][SOURCE_SHOWN];
    const char *name = n->name && *n->name ? n->name : n->n_output ? n->output[0] : "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, ALEXCL_E_DATA, "node %s (%s): %s", source_show(name, shown[0]),
                     source_show(n->op_type ? n->op_type : "", shown[1]), text);
}

int onnx_is_own_domain(const char *domain) { return !domain || !*domain || strcmp(domain, "ai.onnx") == 0; }

const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *n, const char *name) {
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->name && strcmp(n->attribute[i]->name, name) == 0) return n->attribute[i];
    return NULL;
}

const Onnx__GraphProto *onnx_then_branch(const Onnx__NodeProto *n) {
    const Onnx__AttributeProto *a = onnx_attribute(n, "then_branch");
    return a ? a->g : NULL;
}

int64_t onnx_integer(const Onnx__NodeProto *n, const char *name, int64_t otherwise) {
    const Onnx__AttributeProto *a = onnx_attribute(n, name);
    return a && a->has_i ? a->i : otherwise;
}

double onnx_number(const Onnx__NodeProto *n, const char *name, double otherwise) {
    const Onnx__AttributeProto *a = onnx_attribute(n, name);
    return a && a->has_f ? (double)a->f : otherwise;
}

int onnx_integers(const Onnx__NodeProto *n, const char *name, int low, int count, int *out, struct alexcl_error *err) {
    const Onnx__AttributeProto *a = onnx_attribute(n, name);
    if (!a) return ALEXCL_OK;
    if (a->n_ints != (size_t)count)
        return onnx_refuse(n, err,
                           "its %s has %zu numbers where there must be %d: only pictures, of two axes, are computed",
                           name, a->n_ints, count);
    for (int i = 0; i < count; i++) {
        if (a->ints[i] < low || a->ints[i] > ONNX_MOST_SIDE)
            return onnx_refuse(n, err, "its %s has %lld: it must be from %d to %d", name, (long long)a->ints[i], low,
                               ONNX_MOST_SIDE);
        out[i] = (int)a->ints[i];
    }
    return ALEXCL_OK;
}

struct onnx_value *onnx_input(const struct onnx *o, const Onnx__NodeProto *n, size_t i) {
    return i < n->n_input && *n->input[i] ? onnx_find_value(o, n->input[i]) : NULL;
}

int onnx_input_maps(const struct onnx *o, const Onnx__NodeProto *n, size_t i, struct onnx_value **out,
                    struct alexcl_error *err) {
    *out = onnx_input(o, n, i);
    if (*out && (*out)->is == ONNX_MAPS) return ALEXCL_OK;
    return *out ? onnx_refuse(n, err, "its input %zu is a constant, where it must hang on the net's input", i + 1)
                : onnx_refuse(n, err, "it has no input %zu", i + 1);
}

int onnx_input_constant(const struct onnx *o, const Onnx__NodeProto *n, size_t i, const struct onnx_tensor **out,
                        struct alexcl_error *err) {
    const struct onnx_value *v = onnx_input(o, n, i);
    if (!v) return onnx_refuse(n, err, "it has no input %zu", i + 1);
    if (v->is != ONNX_CONSTANT)
        return onnx_refuse(n, err, "its input %zu, %s, hangs on the net's input: only a constant is taken there", i + 1,
                           v->name);
    *out = &v->constant;
    return ALEXCL_OK;
}

int onnx_read_constant(struct onnx *o, const Onnx__NodeProto *n, struct onnx_tensor *out, struct alexcl_error *err) {
    static const char *const names[] = {"value_float", "value_floats", "value_int", "value_ints"};
    const Onnx__AttributeProto *a = onnx_attribute(n, "value");
    size_t i = 0;
    if (a && a->t) return onnx_read_tensor(o, a->t, out, err);
    for (a = NULL; i < sizeof names / sizeof *names && !a; i++) a = onnx_attribute(n, names[i]);
    if (!a) return onnx_refuse(n, err, "it has no tensor as its value, no number and no list of numbers");
    int list = i % 2 == 0, whole = i > 2;
    uint64_t count = !list ? 1 : whole ? a->n_ints : a->n_floats;
    const void *data = &a->f;
    if (whole)
        data = list ? a->ints : &a->i;
    else if (list)
        data = a->floats;
    *out = (struct onnx_tensor){.type = whole ? ONNX_INT64 : ONNX_FLOAT,
                                .values = {.type = whole ? SOURCE_OTHER : SOURCE_F32,
                                           .type_name = whole ? "int64" : "float32",
                                           .dims = list,
                                           .shape = {count},
                                           .data = count ? data : (const void *)"",
                                           .bytes = count * (whole ? sizeof(int64_t) : sizeof(float))}};
    return ALEXCL_OK;
}

/* ---- what it makes ------------------------------------------------------------------------------ */

static struct onnx_value *onnx_made(const struct onnx *o, const Onnx__NodeProto *n) {
    return onnx_find_value(o, n->output[0]);
}

int onnx_make_same(struct onnx *o, const Onnx__NodeProto *n, const struct onnx_value *as, struct alexcl_error *err) {
    struct onnx_value *made = onnx_made(o, n);
    (void)err;
    made->is = as->is;
    made->constant = as->constant;
    made->row = as->row;
    made->rank = as->rank;
    made->shape = as->shape;
    /* Who reads either reads the same row. */
    if (as->is == ONNX_MAPS) made->readers += as->readers - 1;
    return ALEXCL_OK;
}

int onnx_make_constant(struct onnx *o, const Onnx__NodeProto *n, const struct onnx_tensor *constant,
                       struct alexcl_error *err) {
    struct onnx_value *made = onnx_made(o, n);
    (void)err;
    made->is = ONNX_CONSTANT;
    made->constant = *constant;
    return ALEXCL_OK;
}

int onnx_name_row(struct onnx *o, const char *wish, const char **out, struct alexcl_error *err) {
    enum { MOST = 200 };
    char name[MOST + 32], base[MOST + 32];
    size_t length = 0;
    if (!utf8_is_valid(wish)) wish = "layer";
    for (; length < MOST && wish[length]; length++) {
        name[length] = wish[length];
        if ((unsigned char)wish[length] <= ' ' || wish[length] == 0x7f) name[length] = '_';
    }
    while (wish[length] && length && ((unsigned char)wish[length] & 0xc0) == 0x80) length--; /* whole characters */
    name[length] = '\0';
    if (!length || strcmp(name, ALEXCL_INPUT) == 0 || strcmp(name, "origin") == 0 || strncmp(name, "origin.", 7) == 0) {
        memmove(name + 6, name, length + 1);
        memcpy(name, "layer_", 6);
    }
    memcpy(base, name, sizeof base);
    for (size_t i = 0, number = 2; i < o->row_count;) {
        if (strcmp(o->rows[i].layer.name, name) != 0) {
            i++;
            continue;
        }
        snprintf(name, sizeof name, "%.*s_%zu", MOST + 8, base, number++);
        i = 0;
    }
    return arena_format(&o->memory, out, "a name", err, "%s", name);
}

int onnx_make_row(struct onnx *o, const Onnx__NodeProto *n, const struct alexcl_layer *layer, const char *name,
                  struct onnx_value *const *in, size_t count, int rank, struct alexcl_shape shape,
                  struct onnx_row **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct onnx_value *made = onnx_made(o, n);
    struct onnx_row *row = &o->rows[o->row_count];
    const char **inputs;
    if ((int64_t)shape.c * shape.h * shape.w > INT_MAX / 2)
        return onnx_refuse(n, err, "it makes maps of %d x %d x %d values, more than are computed", shape.c, shape.h,
                           shape.w);
    *row = (struct onnx_row){.layer = *layer, .from = count == 1 ? in[0] : NULL, .made = made};
    if (!name) name = n->name && *n->name ? n->name : n->output[0];
    TRY(onnx_name_row(o, name, &row->layer.name, err));
    TRY(arena_alloc(&o->memory, &inputs, count + 1, sizeof *inputs, "an ONNX file", err));
    for (size_t i = 0; i < count; i++) inputs[i] = in[i]->row < 0 ? ALEXCL_INPUT : o->rows[in[i]->row].layer.name;
    if (count != 1 || in[0]->row + 1 != (int)o->row_count) row->layer.inputs = inputs;
    made->is = ONNX_MAPS;
    made->row = (int)o->row_count++;
    made->rank = rank;
    made->shape = shape;
    if (out) *out = row;
done:
    return status;
}
