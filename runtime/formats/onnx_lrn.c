/* SPDX-License-Identifier: MIT */
/* PyTorch's LocalResponseNorm, for which torch.onnx.export has no operator: it writes x / (k + alpha * mean)^beta, the
 * mean over channels as an AveragePool on x * x, of N x 1 x C x H x W. That is one layer here. Each division which the
 * output needs is compared with the expressions that PyTorch 2.15's two exporters make, backwards from what it reads,
 * all constants included. Where something differs there is no norm, and the first of the nodes is refused.
 *
 * A pattern is an expression: a small letter is any value, the same letter again the same value; <1,2> a constant of
 * these whole numbers; [..] what attributes must be, where they are told. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_private.h"

enum { LRN_MOST_NUMBERS = 10, LRN_MOST_VISITS = 64 };

struct onnx_lrn {
    struct onnx *o;
    const char *bound['z' + 1]; /* the names of the letters' values */
    int status;                 /* of the constants that are read */
    struct alexcl_error *err;
};

/* ---- patterns ----------------------------------------------------------------------------------- */

/* Whether the numbers at `*at`, which moves behind them, are those of a list. */
static int onnx_lrn_is_list(const char **at, const int64_t *list, size_t count) {
    int same = 1;
    size_t i = 0;
    for (char *end; **at == '-' || isdigit((unsigned char)**at); i++) {
        long long number = strtoll(*at, &end, 10);
        same &= i < count && list[i] == number;
        *at = end + (*end == ',');
    }
    return same && i == count;
}

/* Whether a node's operator has the name that a text begins with. */
static int onnx_lrn_is_operator(const Onnx__NodeProto *n, const char *name) {
    size_t length = strcspn(name, "[(");
    return onnx_is_own_domain(n->domain) && n->op_type && strlen(n->op_type) == length &&
           memcmp(n->op_type, name, length) == 0;
}

/* The tensor of an initializer, or of a node's attribute `value`, where its operator is this; NULL: it has none. */
static const struct onnx_tensor *onnx_lrn_read(struct onnx_lrn *p, const char *name, const char *operator) {
    struct onnx_value *v = onnx_find_value(p->o, name);
    if (!v || p->status != ALEXCL_OK) return NULL;
    if (!v->initial && (!v->maker || !onnx_lrn_is_operator(v->maker, operator))) return NULL;
    if (v->read) return &v->constant;
    p->status = v->initial ? onnx_read_tensor(p->o, v->initial, &v->constant, p->err)
                           : onnx_read_constant(p->o, v->maker, &v->constant, p->err);
    v->read = p->status == ALEXCL_OK;
    return v->read ? &v->constant : NULL;
}

static int onnx_lrn_read_list(struct onnx_lrn *p, const char *name, int64_t *list, size_t *count) {
    const struct onnx_tensor *t = onnx_lrn_read(p, name, "Constant");
    return t && onnx_read_integers(t, LRN_MOST_NUMBERS, list, count, NULL) == ALEXCL_OK;
}

static int onnx_lrn_read_number(struct onnx_lrn *p, char letter, double *out) {
    const struct onnx_tensor *t = onnx_lrn_read(p, p->bound[(unsigned char)letter], "Constant");
    float value;
    if (!t || t->values.type == SOURCE_OTHER || onnx_count(&t->values) != 1) return 0;
    source_read(&t->values, 0, 1, &value);
    *out = (double)value;
    return 1;
}

/* An attribute as name=value, up to ; or ]. */
static int onnx_lrn_has(const Onnx__NodeProto *n, const char **at) {
    char name[20];
    const char *value = strchr(*at, '=') + 1;
    size_t length = strcspn(value, ";]");
    snprintf(name, sizeof name, "%.*s", (int)(value - 1 - *at), *at);
    const Onnx__AttributeProto *a = onnx_attribute(n, name);
    *at = value + length;
    if (!a) return 1;
    if (a->has_s) return a->s.len == length && memcmp(a->s.data, value, length) == 0;
    return a->has_i ? onnx_lrn_is_list(&value, &a->i, 1) : onnx_lrn_is_list(&value, a->ints, a->n_ints);
}

/* A node's input, or what an If has where its condition is true, as if it read that; NULL: there is none. */
static const char *onnx_lrn_argument(const Onnx__NodeProto *n, size_t i) {
    if (i < n->n_input) return n->input[i];
    const Onnx__GraphProto *branch = onnx_then_branch(n);
    return branch && i == n->n_input && branch->n_output == 1 ? branch->output[0]->name : NULL;
}

/* Whether the value of a name is what the pattern at `*at`, which moves behind it, says. */
static int onnx_lrn_fits(struct onnx_lrn *p, const char **at, const char *name) {
    unsigned char first = (unsigned char)**at;
    int64_t list[LRN_MOST_NUMBERS];
    size_t count;
    if (islower(first)) {
        ++*at;
        if (p->bound[first]) return strcmp(p->bound[first], name) == 0;
        p->bound[first] = name;
        return 1;
    }
    if (first == '<') {
        ++*at;
        return onnx_lrn_read_list(p, name, list, &count) && onnx_lrn_is_list(at, list, count) && *(*at)++ == '>';
    }
    struct onnx_value *v = onnx_find_value(p->o, name);
    const Onnx__NodeProto *n = v ? v->maker : NULL;
    if (!n || !onnx_lrn_is_operator(n, *at) || strcmp(n->output[0], name) != 0 || ++v->visits > LRN_MOST_VISITS)
        return 0;
    for (*at += strcspn(*at, "[("); **at != '(';) {
        ++*at; /* [ or ; */
        if (!onnx_lrn_has(n, at)) return 0;
        *at += **at == ']';
    }
    size_t i = 0;
    for (++*at; **at != ')'; i++) {
        const char *argument = onnx_lrn_argument(n, i);
        const Onnx__AttributeProto *axes = argument ? NULL : onnx_attribute(n, "axes"); /* up to opset 12 */
        *at += **at == ',';
        if (axes && **at == '<') {
            ++*at;
            if (!onnx_lrn_is_list(at, axes->ints, axes->n_ints)) return 0;
            ++*at;
        } else if (!argument || !onnx_lrn_fits(p, at, argument)) {
            return 0;
        }
    }
    ++*at;
    for (; i < n->n_input; i++)
        if (*n->input[i]) return 0;
    return 1;
}

/* Whether a letter's value is what a pattern says: its letters then stand for their values. */
static int onnx_lrn_is(struct onnx_lrn *p, char letter, const char *pattern) {
    struct onnx_lrn tried = *p;
    const char *name = p->bound[(unsigned char)letter];
    int fits = name && onnx_lrn_fits(&tried, &pattern, name);
    if (fits) *p = tried;
    p->status = tried.status;
    return fits;
}

/* ---- the norm ----------------------------------------------------------------------------------- */

#define SIDE(axis) "Unsqueeze(Gather[axis=0](Shape[start=0;end=](x),<" axis ">),<0>)"

/* Channels, height and width of a shape; `unit`: behind an axis of 1. It is a constant, or made of x's own. */
static int onnx_lrn_read_shape(struct onnx_lrn *p, char letter, int unit, int64_t side[3]) {
    static const char *const own[] = {"Concat[axis=0](" SIDE("0") "," SIDE("1") "," SIDE("2") "," SIDE("3") ")",
                                      "Concat[axis=0](" SIDE("0") ",<1>," SIDE("1") "," SIDE("2") ",<-1>)"};
    int64_t list[LRN_MOST_NUMBERS];
    size_t count, first = unit ? 2 : 1;
    for (int i = 0; i < 3; i++) side[i] = -1;
    if (onnx_lrn_is(p, letter, own[unit])) return 1;
    if (!onnx_lrn_read_list(p, p->bound[(unsigned char)letter], list, &count) || count != first + 3 || list[0] < -1 ||
        (unit && list[1] != 1))
        return 0;
    for (size_t i = 0; i < 3; i++) {
        int open = i == 2 && list[first + i] == -1 && list[0] != -1;
        if (list[first + i] < 1 && !open) return 0;
        side[i] = list[first + i];
    }
    return 1;
}

/* Channels before and behind, of the list of pads: begins and ends of all axes, or as PyTorch has it, a pair an axis
 * from the last one on, with zeros behind, which the older exporter then turns. */
static int onnx_lrn_read_pads(struct onnx_lrn *p, int64_t pad[2]) {
    int64_t list[LRN_MOST_NUMBERS], fill;
    size_t count;
    int pairs = onnx_lrn_is(p, 'p',
                            "Cast[to=7](Reshape(Transpose[perm=1,0](Slice(Reshape(Concat[axis=0](q,z),<-1,2>),"
                            "<-1>,<-9223372036854775807>,<0>,<-1>)),<-1>))");
    if (pairs) {
        const struct onnx_tensor *t = NULL;
        if (onnx_lrn_is(p, 'z', "ConstantOfShape(<4>)")) t = onnx_lrn_read(p, p->bound['z'], "ConstantOfShape");
        if (!t || onnx_read_integers(t, 1, &fill, &count, NULL) != ALEXCL_OK || count != 1 || fill) return 0;
    }
    if (!onnx_lrn_read_list(p, p->bound[pairs ? 'q' : 'p'], list, &count) || count != (pairs ? 6 : 10)) return 0;
    for (int i = 0; i < 2; i++) {
        int64_t *of_channels = &list[pairs ? 4 + i : 2 + 5 * i];
        pad[i] = *of_channels;
        *of_channels = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (list[i]) return 0;
    return pad[0] >= 0 && pad[1] >= 0;
}

static int onnx_lrn_read_norm(struct onnx_lrn *p, struct onnx_norm *out) {
    struct alexcl_layer *l = &out->layer;
    int64_t pad[2];
    double alpha = 1;
    if (!onnx_lrn_is(p, 'd', "Div(x,Pow(Add(s,k),b))")) return 0;
    if (!onnx_lrn_is(p, 's', "Mul(y,a)")) /* the exporter leaves a factor of 1 out */
        p->bound['y'] = p->bound['s'];
    else if (!onnx_lrn_read_number(p, 'a', &alpha))
        return 0;
    if (onnx_lrn_is(p, 'y', "Reshape(If(Equal(Gather[axis=0](Shape[start=0;end=](m),<1>),<1>),Squeeze(m,<1>)),t)")) {
        if (!onnx_lrn_read_shape(p, 't', 0, out->side[1])) return 0;
    } else if (onnx_lrn_is(p, 'y', "Squeeze(m,<1>)")) {
        for (int i = 0; i < 3; i++) out->side[1][i] = -1;
    } else {
        return 0;
    }
    if (!onnx_lrn_is(p, 'm',
                     "AveragePool[auto_pad=NOTSET;dilations=1,1,1;pads=0,0,0,0,0,0;strides=1,1,1]"
                     "(Pad[mode=constant](Reshape(Mul(x,x),r),p))") ||
        !onnx_lrn_read_shape(p, 'r', 1, out->side[0]) || !onnx_lrn_read_pads(p, pad))
        return 0;
    const Onnx__AttributeProto *kernel = onnx_attribute(onnx_find_value(p->o, p->bound['m'])->maker, "kernel_shape");
    if (!kernel || kernel->n_ints != 3 || kernel->ints[0] < 1 || kernel->ints[0] > ONNX_MOST_SIDE ||
        kernel->ints[0] - 1 - pad[0] != pad[1] || kernel->ints[1] != 1 || kernel->ints[2] != 1)
        return 0;
    *l = (struct alexcl_layer){.type = ALEXCL_LRN,
                               .window = {-(int)pad[0], (int)pad[1]},
                               .alpha = alpha / (double)kernel->ints[0],
                               .lrn_scope = ALEXCL_LRN_SCOPE_LAYER};
    return onnx_lrn_read_number(p, 'k', &l->k) && onnx_lrn_read_number(p, 'b', &l->beta);
}

int onnx_find_norm(struct onnx *o, const Onnx__NodeProto *n, struct alexcl_error *err) {
    struct onnx_lrn p = {.o = o, .err = err};
    struct onnx_norm norm, *kept;
    if (!n->op_type || strcmp(n->op_type, "Div") != 0 || !n->n_output || !*n->output[0]) return ALEXCL_OK;
    p.bound['d'] = n->output[0];
    if (!onnx_lrn_read_norm(&p, &norm) || p.status != ALEXCL_OK) return p.status;
    int status = arena_alloc(&o->memory, &kept, 1, sizeof *kept, "an ONNX file", err);
    if (status != ALEXCL_OK) return status;
    *kept = norm;
    onnx_find_value(o, n->output[0])->norm = kept;
    return ALEXCL_OK;
}

int onnx_make_norm(struct onnx *o, const Onnx__NodeProto *n, struct alexcl_error *err) {
    const struct onnx_norm *norm = onnx_find_value(o, n->output[0])->norm;
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    const int own[3] = {in->shape.c, in->shape.h, in->shape.w};
    for (int i = 0; i < 6; i++) {
        int64_t side = norm->side[i / 3][i % 3];
        if (in->rank != 4 || (side != -1 && side != own[i % 3]))
            return onnx_refuse(n, err, "it ends a LocalResponseNorm of other maps than those of %d x %d x %d it reads",
                               own[0], own[1], own[2]);
    }
    return onnx_make_row(o, n, &norm->layer, NULL, &in, 1, 4, in->shape, NULL, err);
}
