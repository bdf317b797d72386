/* SPDX-License-Identifier: MIT */
/* ONNX's operators that multiply each channel by a factor and add a term: batch norms, and maps with a constant. What
 * exporters have taken apart is computed as one: several in a row are one layer, and a term behind a convolution is its
 * bias. Sums of maps stand here too, since ONNX's Add is both. */
#include <math.h>

#include "onnx_private.h"

/* x * scale + shift, of one value a channel each, into a layer of its own or into the one before that does the same.
 * NULL: 1, 0. */
static int onnx_affine(NODE, struct onnx_value *in, const double *scale, const double *shift) {
    int status = ALEXCL_OK;
    struct onnx_row *row = in->row >= 0 && in->readers == 1 && o->rows[in->row].scale ? &o->rows[in->row] : NULL;
    if (row) {
        onnx_make_same(o, n, in, err);
    } else {
        TRY(onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_AFFINE}, NULL, &in, 1, in->rank, in->shape, &row,
                          err));
        TRY(arena_alloc(&o->memory, &row->scale, 2 * (size_t)in->shape.c, sizeof *row->scale, "an ONNX file", err));
        row->shift = row->scale + in->shape.c;
        for (int c = 0; c < in->shape.c; c++) row->scale[c] = 1;
    }
    for (int c = 0; c < in->shape.c; c++) {
        double factor = scale ? scale[c] : 1;
        row->scale[c] *= factor;
        row->shift[c] = row->shift[c] * factor + (shift ? shift[c] : 0);
    }
done:
    return status;
}

/* One value a channel, in double. */
static int onnx_read_channels(NODE, const struct source_tensor *t, const struct onnx_value *in, double **out) {
    struct source_tensor channels;
    int status = ALEXCL_OK;
    if (!onnx_as_channels(t, in->rank, in->shape.c, &channels))
        return onnx_refuse(n, err, "its constant is not one value a channel, or one for all of them");
    TRY(arena_alloc(&o->memory, out, (size_t)in->shape.c, sizeof **out, "an ONNX file", err));
    for (int c = 0; c < in->shape.c; c++) {
        float value;
        source_read(&channels, (uint64_t)c, 1, &value);
        (*out)[c] = (double)value;
    }
done:
    return status;
}

/* Opset 1 to 8 have is_test or spatial, 14 and later training_mode; between, more than one output means training. */
int onnx_batch_norm(NODE) {
    int status = ALEXCL_OK;
    struct onnx_value *in;
    double *values[4];
    const double epsilon = onnx_number(n, "epsilon", 1e-5);
    if (onnx_integer(n, "training_mode", 0) || (o->opset < 7 && !onnx_integer(n, "is_test", 0)))
        return onnx_refuse(n, err, "it is in training mode: export the net for inference (model.eval())");
    if (!onnx_integer(n, "spatial", 1)) return onnx_refuse(n, err, "its spatial is 0: one norm a channel is computed");
    TRY(onnx_input_maps(o, n, 0, &in, err));
    for (size_t i = 0; i < 4; i++) {
        const struct onnx_tensor *t;
        struct source_tensor column;
        TRY(onnx_input_constant(o, n, i + 1, &t, err));
        if (t->values.dims != 1) return onnx_refuse(n, err, "its input %zu is not one value a channel", i + 2);
        column = t->values; /* of C: as C x 1 x 1 it counts from the channels */
        onnx_set_strides(&column);
        column.strided = 1;
        column.dims = in->rank - 1;
        for (int d = 1; d < column.dims; d++) column.shape[d] = 1;
        TRY(onnx_read_channels(o, n, err, &column, in, &values[i]));
    }
    for (int c = 0; c < in->shape.c; c++) {
        double scale = values[0][c] / sqrt(values[3][c] + epsilon);
        values[1][c] -= values[2][c] * scale;
        values[0][c] = scale;
    }
    status = onnx_affine(o, n, err, in, values[0], values[1]);
done:
    return status;
}

/* A constant beside maps: before opset 7 its first axis is told by `axis`, and it is broadcast if `broadcast`. */
static int onnx_align(NODE, const struct onnx_value *in, const struct source_tensor *t, struct source_tensor *out) {
    int64_t axis = onnx_integer(n, "axis", in->rank - t->dims);
    *out = *t;
    if (o->opset >= 7 || t->dims == in->rank) return ALEXCL_OK;
    if (axis < 0) axis += in->rank;
    if (axis < 0 || axis + t->dims > in->rank) return onnx_refuse(n, err, "its axis is not one of what it reads");
    onnx_set_strides(out);
    out->strided = 1;
    out->dims = in->rank - (int)axis;
    for (int d = t->dims; d < out->dims; d++) {
        out->shape[d] = 1;
        out->stride[d] = 0;
    }
    return ALEXCL_OK;
}

/* Maps and a constant; or two constants. */
static int onnx_with_constant(NODE, int product) {
    int status = ALEXCL_OK;
    struct onnx_value *a = onnx_input(o, n, 0), *b = onnx_input(o, n, 1);
    struct onnx_value *in = a->is == ONNX_MAPS ? a : b, *with = in == a ? b : a;
    struct source_tensor aligned;
    struct onnx_tensor made = {.type = ONNX_FLOAT};
    double *channels;
    if (in->is == ONNX_CONSTANT) {
        TRY(onnx_combine(o, &a->constant.values, &b->constant.values, product, 1, &made.values, err));
        return onnx_make_constant(o, n, &made, err);
    }
    TRY(onnx_align(o, n, err, in, &with->constant.values, &aligned));
    struct onnx_row *before = in->row >= 0 && in->readers == 1 ? &o->rows[in->row] : NULL;
    if (!product && before && before->parameters && !before->biased) { /* a bias */
        struct source_tensor bias;
        if (!onnx_as_channels(&aligned, in->rank, in->shape.c, &bias))
            return onnx_refuse(n, err, "its constant is not one value a channel, or one for all of them");
        before->tensor[1] = bias;
        before->biased = 1;
        return onnx_make_same(o, n, in, err);
    }
    TRY(onnx_read_channels(o, n, err, &aligned, in, &channels));
    status = onnx_affine(o, n, err, in, product ? channels : NULL, product ? NULL : channels);
done:
    return status;
}

int onnx_sum(NODE) {
    struct onnx_value **in;
    int status = ALEXCL_OK;
    TRY(arena_alloc(&o->memory, &in, n->n_input + 1, sizeof *in, "an ONNX file", err));
    for (size_t i = 0; i < n->n_input; i++) {
        in[i] = onnx_input(o, n, i);
        if (!in[i]) return onnx_refuse(n, err, "it has no input %zu", i + 1);
    }
    if (n->n_input == 0) return onnx_refuse(n, err, "it has no input");
    if (n->n_input == 1) return onnx_make_same(o, n, in[0], err);
    if (n->n_input == 2 && (in[0]->is == ONNX_CONSTANT || in[1]->is == ONNX_CONSTANT))
        return onnx_with_constant(o, n, err, 0);
    for (size_t i = 0; i < n->n_input; i++) {
        TRY(onnx_input_maps(o, n, i, &in[i], err));
        if (in[i]->rank != in[0]->rank || in[i]->shape.c != in[0]->shape.c || in[i]->shape.h != in[0]->shape.h ||
            in[i]->shape.w != in[0]->shape.w)
            return onnx_refuse(n, err, "it adds maps of two shapes: only those of one are computed");
    }
    status = onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_ADD}, NULL, in, n->n_input, in[0]->rank,
                           in[0]->shape, NULL, err);
done:
    return status;
}

int onnx_add(NODE) { return n->n_input == 2 ? onnx_sum(o, n, err) : onnx_refuse(n, err, "it has not two inputs"); }

int onnx_mul(NODE) {
    const struct onnx_value *a = onnx_input(o, n, 0), *b = onnx_input(o, n, 1);
    if (!a || !b) return onnx_refuse(n, err, "it has not two inputs");
    if (a->is == ONNX_MAPS && b->is == ONNX_MAPS)
        return onnx_refuse(n, err, "it multiplies maps by maps: only a constant, one value a channel, is computed");
    return onnx_with_constant(o, n, err, 1);
}
