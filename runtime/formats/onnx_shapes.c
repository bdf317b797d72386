/* SPDX-License-Identifier: MIT */
/* ONNX's operators that change shapes alone, and constants. Of maps, flattening and concatenation over the channels are
 * computed, and what changes nothing; a constant takes any shape, since its values stay where they are. */
#include <limits.h>

#include "onnx_private.h"

static int onnx_make_flat(NODE, struct onnx_value *in) {
    if (in->rank == 2) return onnx_make_same(o, n, in, err);
    return onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_FLATTEN}, NULL, &in, 1, 2,
                         (struct alexcl_shape){in->shape.c * in->shape.h * in->shape.w, 1, 1}, NULL, err);
}

int onnx_flatten(NODE) {
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    int64_t axis = onnx_integer(n, "axis", 1);
    if (axis < 0) axis += in->rank;
    if (axis != 1) return onnx_refuse(n, err, "it is from axis %lld: only from axis 1 it is computed", (long long)axis);
    return onnx_make_flat(o, n, err, in);
}

static int onnx_reshape_constant(NODE, const struct onnx_tensor *from, const int64_t *shape, size_t count) {
    struct onnx_tensor made = *from;
    uint64_t values = onnx_count(&from->values), known = 1;
    int open = -1, same = 1; /* one value throughout */
    if (count > ONNX_MOST_AXES || from->values.dims > ONNX_MOST_AXES)
        return onnx_refuse(n, err, "it makes a constant of %zu axes: of at most four it is computed", count);
    for (int d = 0; from->values.strided && d < from->values.dims; d++) same &= !from->values.stride[d];
    if (from->values.strided && !same) return onnx_refuse(n, err, "it reads a constant that is transposed");
    made.values.dims = (int)count;
    for (size_t d = 0; d < count; d++) {
        int copy = shape[d] == 0 && !onnx_integer(n, "allowzero", 0) && (int)d < from->values.dims;
        made.values.stride[d] = 0;
        made.values.shape[d] = copy ? from->values.shape[d] : shape[d] > 0 ? (uint64_t)shape[d] : 1;
        if (shape[d] == -1 && open < 0) {
            open = (int)d;
        } else if (shape[d] < 0 || (shape[d] == 0 && !copy) || !made.values.shape[d] ||
                   known > values / made.values.shape[d]) {
            return onnx_refuse(n, err, "it makes a shape that does not fit what it reads");
        }
        known *= made.values.shape[d];
    }
    if (open >= 0) made.values.shape[open] = values / known;
    if (onnx_count(&made.values) != values)
        return onnx_refuse(n, err, "it makes a shape that does not fit what it reads");
    if (count == 0) made.values.strided = 0;
    return onnx_make_constant(o, n, &made, err);
}

/* Of maps to N x units, and of units to N x units x 1 x 1. The first number is the batch, which is free. Before opset 5
 * the shape is an attribute. */
int onnx_reshape(NODE) {
    int status = ALEXCL_OK;
    struct onnx_value *in = onnx_input(o, n, 0);
    const Onnx__AttributeProto *a = o->opset < 5 ? onnx_attribute(n, "shape") : NULL;
    const struct onnx_tensor *constant;
    int64_t shape[8];
    size_t count = 0;
    if (!in) return onnx_refuse(n, err, "it has no input");
    if (a) {
        for (; count < a->n_ints && count < 8; count++) shape[count] = a->ints[count];
    } else {
        TRY(onnx_input_constant(o, n, 1, &constant, err));
        status = onnx_read_integers(constant, 8, shape, &count, NULL);
        if (status != ALEXCL_OK) return onnx_refuse(n, err, "its shape is not a list of at most 8 numbers");
    }
    if (in->is == ONNX_CONSTANT) return onnx_reshape_constant(o, n, err, &in->constant, shape, count);
    int64_t own[4] = {0, in->shape.c, in->shape.h, in->shape.w}, left = 1, open = -1;
    for (int d = 1; d < 4; d++) left *= own[d];
    int64_t values = left;
    for (size_t d = 0; d < count && d < 4; d++) {
        if (d > 0 && shape[d] == 0 && !onnx_integer(n, "allowzero", 0) && (int)d < in->rank) shape[d] = own[d];
        if (shape[d] == -1) open = open < 0 ? (int64_t)d : 9;
        if (d > 0 && shape[d] > 0) left = left % shape[d] ? 0 : left / shape[d];
    }
    if (count > 1 && count <= 4 && open > 0 && open < 4) {
        shape[open] = left;
        left = left ? 1 : 0;
    }
    int fits = count > 1 && count <= 4 && left == 1 && open < 9 && shape[0] >= -1;
    for (size_t d = 1; d < count; d++) fits &= shape[d] > 0;
    if (fits && count == 2 && shape[1] == values) return onnx_make_flat(o, n, err, in);
    if (fits && count == 4 && shape[1] == own[1] && shape[2] == own[2] && shape[3] == own[3]) {
        status = onnx_make_same(o, n, in, err);
        if (status == ALEXCL_OK) onnx_find_value(o, n->output[0])->rank = 4;
        return status;
    }
    return onnx_refuse(n, err, "it makes another shape than N x %lld of N x %d x %d x %d: only that is computed",
                       (long long)values, in->shape.c, in->shape.h, in->shape.w);
done:
    return status;
}

/* From opset 13 the axes are an input. */
int onnx_unsqueeze(NODE) {
    int status = ALEXCL_OK;
    const struct onnx_tensor *constant, *list;
    const Onnx__AttributeProto *a = onnx_attribute(n, "axes");
    int64_t axes[ONNX_MOST_AXES];
    size_t count = 0;
    int new_axis[ONNX_MOST_AXES] = {0}, from = 0;
    TRY(onnx_input_constant(o, n, 0, &constant, err));
    if (a) {
        for (; count < a->n_ints && count < ONNX_MOST_AXES; count++) axes[count] = a->ints[count];
    } else {
        TRY(onnx_input_constant(o, n, 1, &list, err));
        status = onnx_read_integers(list, ONNX_MOST_AXES, axes, &count, NULL);
        if (status != ALEXCL_OK) return onnx_refuse(n, err, "its axes are not a list of at most four numbers");
    }
    struct onnx_tensor made = *constant;
    int dims = constant->values.dims + (int)count;
    if (dims > ONNX_MOST_AXES || constant->values.dims > ONNX_MOST_AXES)
        return onnx_refuse(n, err, "it makes a constant of more than four axes");
    for (size_t i = 0; i < count; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + dims : axes[i];
        if (axis < 0 || axis >= dims || new_axis[axis]) return onnx_refuse(n, err, "its axes do not fit");
        new_axis[axis] = 1;
    }
    made.values.dims = dims;
    for (int d = 0; d < dims; d++) {
        made.values.shape[d] = new_axis[d] ? 1 : constant->values.shape[from];
        made.values.stride[d] = new_axis[d] ? 0 : constant->values.stride[from];
        from += !new_axis[d];
    }
    status = onnx_make_constant(o, n, &made, err);
done:
    return status;
}

int onnx_constant(NODE) {
    struct onnx_tensor t;
    int status = onnx_read_constant(o, n, &t, err);
    return status == ALEXCL_OK ? onnx_make_constant(o, n, &t, err) : status;
}

int onnx_constant_of_shape(NODE) {
    int status = ALEXCL_OK;
    const Onnx__AttributeProto *a = onnx_attribute(n, "value");
    const struct onnx_tensor *list;
    struct onnx_tensor t = {.type = ONNX_FLOAT}, one;
    int64_t shape[ONNX_MOST_AXES];
    uint64_t sizes[ONNX_MOST_AXES];
    size_t count;
    float value = 0;
    TRY(onnx_input_constant(o, n, 0, &list, err));
    if (onnx_read_integers(list, ONNX_MOST_AXES, shape, &count, NULL) != ALEXCL_OK)
        return onnx_refuse(n, err, "its shape is not a list of at most four numbers");
    if (a && a->t) {
        TRY(onnx_read_tensor(o, a->t, &one, err));
        if (one.values.type == SOURCE_OTHER || onnx_count(&one.values) != 1)
            return onnx_refuse(n, err, "its value is not one number with a point");
        source_read(&one.values, 0, 1, &value);
    }
    for (size_t d = 0; d < count; d++) {
        if (shape[d] < 0) return onnx_refuse(n, err, "its shape has %lld", (long long)shape[d]);
        sizes[d] = (uint64_t)shape[d];
    }
    TRY(onnx_fill(o, value, (int)count, sizes, &t.values, err));
    status = onnx_make_constant(o, n, &t, err);
done:
    return status;
}

int onnx_concat(NODE) {
    int status = ALEXCL_OK;
    struct onnx_value **in;
    struct alexcl_shape shape = {0, 0, 0};
    int64_t axis = onnx_integer(n, "axis", 1);
    if (n->n_input == 0) return onnx_refuse(n, err, "it has no input");
    TRY(arena_alloc(&o->memory, &in, n->n_input, sizeof *in, "an ONNX file", err));
    for (size_t i = 0; i < n->n_input; i++) {
        TRY(onnx_input_maps(o, n, i, &in[i], err));
        if (i == 0) shape = (struct alexcl_shape){0, in[0]->shape.h, in[0]->shape.w};
        if (in[i]->rank != in[0]->rank || in[i]->shape.h != shape.h || in[i]->shape.w != shape.w)
            return onnx_refuse(n, err, "it joins maps of two sizes");
        if (in[i]->shape.c > INT_MAX - shape.c) return onnx_refuse(n, err, "it joins too many channels");
        shape.c += in[i]->shape.c;
    }
    if (axis < 0) axis += in[0]->rank;
    if (axis != 1)
        return onnx_refuse(n, err, "it is along axis %lld: along the channels, 1, it is computed", (long long)axis);
    status = n->n_input == 1 ? onnx_make_same(o, n, in[0], err)
                             : onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_CONCAT}, NULL, in, n->n_input,
                                             in[0]->rank, shape, NULL, err);
done:
    return status;
}
