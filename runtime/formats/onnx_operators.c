/* SPDX-License-Identifier: MIT */
/* ONNX's operators (https://onnx.ai/onnx/operators) as layers, one function each: here the table of all, those with
 * windows or weights, and those that compute value by value. Where opsets differ it is said at the operator. Where ONNX
 * leaves something open, or others compute otherwise, ONNX's text is followed, as ONNX Runtime and PyTorch do: a window
 * of a pool that would lie wholly behind the map and its padding is not made, and cells beyond both are not counted.
 * Batches are free: a shape's first number is of no interest. */
#include <string.h>

#include "onnx_private.h"

/* ---- windows ------------------------------------------------------------------------------------ */

/* ceil(a / b) of numbers of 0 and more. */
static int onnx_ceil(int a, int b) { return (int)(((int64_t)a + b - 1) / b); }

/* Zeros or empty cells around the map: by auto_pad, else by pads. */
static int onnx_read_pads(NODE, const int side[2], const int extent[2], struct alexcl_layer *l) {
    const Onnx__AttributeProto *a = onnx_attribute(n, "auto_pad");
    static const char *const ways[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    size_t way = 0;
    (void)o;
    if (a && a->has_s) {
        while (way < 4 && (a->s.len != strlen(ways[way]) || memcmp(a->s.data, ways[way], a->s.len) != 0)) way++;
        if (way == 4) return onnx_refuse(n, err, "its auto_pad is none of NOTSET, VALID, SAME_UPPER and SAME_LOWER");
    }
    if (way == 0) return onnx_integers(n, "pads", 0, 4, l->pad, err);
    for (int axis = 0; axis < 2 && way > 1; axis++) {
        int64_t all =
            (int64_t)(onnx_ceil(side[axis], l->stride[axis]) - 1) * l->stride[axis] + extent[axis] - side[axis];
        int less = all > 0 ? (int)(all / 2) : 0, more = all > 0 ? (int)(all - less) : 0;
        l->pad[axis] = way == 2 ? less : more; /* of an odd number SAME_UPPER has one more at the end */
        l->pad[axis + 2] = way == 2 ? more : less;
    }
    return ALEXCL_OK;
}

/* Kernel, strides, dilations and pads into a layer, and how many windows there are. `kernel`: of the weights; NULL: the
 * attribute says it. */
static int onnx_read_window(NODE, const struct onnx_value *in, const uint64_t *kernel, struct alexcl_layer *l,
                            int windows[2]) {
    int status = ALEXCL_OK, told[2] = {0, 0}, side[2] = {in->shape.h, in->shape.w}, extent[2];
    TRY(onnx_integers(n, "kernel_shape", 1, 2, told, err));
    for (int axis = 0; axis < 2; axis++) {
        if (kernel && kernel[axis] > ONNX_MOST_SIDE) return onnx_refuse(n, err, "its weights have too large a window");
        l->kernel[axis] = kernel ? (int)kernel[axis] : told[axis];
        if (!l->kernel[axis]) return onnx_refuse(n, err, "it has no kernel_shape");
        if (told[axis] && told[axis] != l->kernel[axis])
            return onnx_refuse(n, err, "its kernel_shape is not that of its weights");
        l->stride[axis] = l->dilation[axis] = 1;
    }
    TRY(onnx_integers(n, "strides", 1, 2, l->stride, err));
    TRY(onnx_integers(n, "dilations", 1, 2, l->dilation, err));
    for (int axis = 0; axis < 2; axis++) {
        int64_t spans = (int64_t)(l->kernel[axis] - 1) * l->dilation[axis] + 1;
        if (spans > ONNX_MOST_SIDE) return onnx_refuse(n, err, "its window spans %lld rows", (long long)spans);
        extent[axis] = (int)spans;
    }
    TRY(onnx_read_pads(o, n, err, side, extent, l));
    for (int axis = 0; axis < 2; axis++) {
        int64_t padded = (int64_t)l->pad[axis] + side[axis] + l->pad[axis + 2], over = padded - extent[axis];
        windows[axis] = over < 0 ? 0 : (int)(over / l->stride[axis]) + 1;
        if (l->ceil_mode) {
            windows[axis] = over < 0 ? 1 : onnx_ceil((int)over, l->stride[axis]) + 1;
            if ((int64_t)(windows[axis] - 1) * l->stride[axis] >= (int64_t)l->pad[axis] + side[axis]) windows[axis]--;
        }
        if (windows[axis] < 1)
            return onnx_refuse(n, err, "its window does not fit on maps of %d x %d", side[0], side[1]);
    }
    if (l->dilation[0] == 1 && l->dilation[1] == 1) l->dilation[0] = l->dilation[1] = 0; /* as tables write it */
done:
    return status;
}

static int onnx_need_pictures(const Onnx__NodeProto *n, const struct onnx_value *in, struct alexcl_error *err) {
    return in->rank == 4 ? ALEXCL_OK : onnx_refuse(n, err, "it reads N x C: only N x C x H x W is computed");
}

static int onnx_pool(NODE, enum alexcl_layer_type type) {
    int status = ALEXCL_OK, windows[2];
    struct onnx_value *in;
    struct alexcl_layer l = {.type = type, .ceil_mode = onnx_integer(n, "ceil_mode", 0) != 0};
    if (type == ALEXCL_AVGPOOL) l.count_include_pad = onnx_integer(n, "count_include_pad", 0) != 0;
    TRY(onnx_input_maps(o, n, 0, &in, err));
    TRY(onnx_need_pictures(n, in, err));
    TRY(onnx_read_window(o, n, err, in, NULL, &l, windows));
    status =
        onnx_make_row(o, n, &l, NULL, &in, 1, 4, (struct alexcl_shape){in->shape.c, windows[0], windows[1]}, NULL, err);
done:
    return status;
}
static int onnx_maxpool(NODE) { return onnx_pool(o, n, err, ALEXCL_MAXPOOL); }
static int onnx_avgpool(NODE) { return onnx_pool(o, n, err, ALEXCL_AVGPOOL); }

static int onnx_global_pool(NODE, enum alexcl_layer_type type) {
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status == ALEXCL_OK) status = onnx_need_pictures(n, in, err);
    if (status != ALEXCL_OK) return status;
    return onnx_make_row(o, n, &(struct alexcl_layer){.type = type}, NULL, &in, 1, 4,
                         (struct alexcl_shape){in->shape.c, 1, 1}, NULL, err);
}
static int onnx_global_maxpool(NODE) { return onnx_global_pool(o, n, err, ALEXCL_GLOBAL_MAXPOOL); }
static int onnx_global_avgpool(NODE) { return onnx_global_pool(o, n, err, ALEXCL_GLOBAL_AVGPOOL); }

/* ---- products ----------------------------------------------------------------------------------- */

/* "features.0" of "features.0.weight". */
static int onnx_layer_of(struct onnx *o, const char *weight, const char **out, struct alexcl_error *err) {
    static const char ending[] = ".weight";
    size_t length = strlen(weight), more = sizeof ending - 1;
    *out = NULL;
    if (length <= more || strcmp(weight + length - more, ending) != 0) return ALEXCL_OK;
    return arena_format(&o->memory, out, "a name", err, "%.*s", (int)(length - more), weight);
}

static int onnx_check_weights(const Onnx__NodeProto *n, const struct onnx_tensor *t, int dims,
                              struct alexcl_error *err) {
    if (t->values.type == SOURCE_OTHER)
        return onnx_refuse(n, err, "its weights are of type %s: float32, float64, float16 and bfloat16 are read",
                           t->values.type_name);
    if (t->values.dims != dims)
        return onnx_refuse(n, err, "its weights have %d axes: with %d it is computed", t->values.dims, dims);
    for (int d = 0; d < dims; d++)
        if (t->values.shape[d] < 1 || t->values.shape[d] > ONNX_MOST_SIDE)
            return onnx_refuse(n, err, "its weights have an axis of %llu", (unsigned long long)t->values.shape[d]);
    return ALEXCL_OK;
}

/* Weights and a bias, of N values; NULL: zeros. */
static int onnx_set_parameters(NODE, struct onnx_row *row, const struct source_tensor *weight,
                               const struct source_tensor *bias) {
    uint64_t outputs = weight->shape[0];
    row->parameters = 1;
    row->biased = bias != NULL;
    row->tensor[0] = *weight;
    if (!bias) return onnx_fill(o, 0, 1, &outputs, &row->tensor[1], err);
    if (!onnx_as_channels(bias, 2, (int)outputs, &row->tensor[1]))
        return onnx_refuse(n, err, "its bias is not %llu values, the same for every row", (unsigned long long)outputs);
    return ALEXCL_OK;
}

static int onnx_conv(NODE) {
    int status = ALEXCL_OK, windows[2];
    struct onnx_value *in;
    const struct onnx_tensor *weight, *bias = NULL;
    const char *name;
    struct onnx_row *row;
    struct alexcl_layer l = {.type = ALEXCL_CONV};
    int64_t groups = onnx_integer(n, "group", 1);
    TRY(onnx_input_maps(o, n, 0, &in, err));
    TRY(onnx_need_pictures(n, in, err));
    TRY(onnx_input_constant(o, n, 1, &weight, err));
    if (onnx_input(o, n, 2)) TRY(onnx_input_constant(o, n, 2, &bias, err));
    TRY(onnx_check_weights(n, weight, 4, err));
    l.outputs = (int)weight->values.shape[0];
    if (groups < 1 || groups > in->shape.c || (uint64_t)groups * weight->values.shape[1] != (uint64_t)in->shape.c)
        return onnx_refuse(n, err, "its weights are of %llu channels in %lld groups, its maps of %d",
                           (unsigned long long)weight->values.shape[1], (long long)groups, in->shape.c);
    l.groups = (int)groups;
    TRY(onnx_read_window(o, n, err, in, weight->values.shape + 2, &l, windows));
    TRY(onnx_layer_of(o, n->input[1], &name, err));
    TRY(onnx_make_row(o, n, &l, name, &in, 1, 4, (struct alexcl_shape){l.outputs, windows[0], windows[1]}, &row, err));
    status = onnx_set_parameters(o, n, err, row, &weight->values, bias ? &bias->values : NULL);
done:
    return status;
}

/* x * w^T + bias, w of `outputs` x inputs. */
static int onnx_fc(NODE, struct onnx_value *in, const struct onnx_tensor *matrix, int transposed, double alpha,
                   const struct source_tensor *bias) {
    int status = ALEXCL_OK;
    struct source_tensor weight = matrix->values;
    const char *name;
    struct onnx_row *row;
    if (in->rank != 2) return onnx_refuse(n, err, "it reads N x C x H x W: only N x C is computed; flatten it");
    TRY(onnx_check_weights(n, matrix, 2, err));
    if (!transposed) {
        onnx_set_strides(&weight);
        weight.strided = 1;
        weight.shape[0] = matrix->values.shape[1];
        weight.shape[1] = matrix->values.shape[0];
        uint64_t stride = weight.stride[0];
        weight.stride[0] = weight.stride[1];
        weight.stride[1] = stride;
    }
    if (weight.shape[1] != (uint64_t)in->shape.c)
        return onnx_refuse(n, err, "its weights are for %llu values, and it reads %d",
                           (unsigned long long)weight.shape[1], in->shape.c);
    if (alpha != 1) TRY(onnx_combine(o, &weight, NULL, 0, alpha, &weight, err));
    TRY(onnx_layer_of(o, n->input[1], &name, err));
    TRY(onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_FC, .outputs = (int)weight.shape[0]}, name, &in, 1, 2,
                      (struct alexcl_shape){(int)weight.shape[0], 1, 1}, &row, err));
    status = onnx_set_parameters(o, n, err, row, &weight, bias);
done:
    return status;
}

/* Before opset 7 a bias is broadcast where an attribute says so: here always, where it is one. */
static int onnx_gemm(NODE) {
    int status = ALEXCL_OK;
    struct onnx_value *in;
    const struct onnx_tensor *matrix, *constant = NULL;
    struct source_tensor bias;
    double beta = onnx_number(n, "beta", 1);
    TRY(onnx_input_maps(o, n, 0, &in, err));
    TRY(onnx_input_constant(o, n, 1, &matrix, err));
    if (onnx_integer(n, "transA", 0)) return onnx_refuse(n, err, "its transA is 1: only 0 is computed");
    if (onnx_input(o, n, 2)) TRY(onnx_input_constant(o, n, 2, &constant, err));
    if (constant) bias = constant->values;
    if (constant && beta != 1) TRY(onnx_combine(o, &bias, NULL, 0, beta, &bias, err));
    status = onnx_fc(o, n, err, in, matrix, onnx_integer(n, "transB", 0) != 0, onnx_number(n, "alpha", 1),
                     constant ? &bias : NULL);
done:
    return status;
}

static int onnx_matmul(NODE) {
    int status = ALEXCL_OK;
    struct onnx_value *in;
    const struct onnx_tensor *matrix;
    TRY(onnx_input_maps(o, n, 0, &in, err));
    TRY(onnx_input_constant(o, n, 1, &matrix, err));
    status = onnx_fc(o, n, err, in, matrix, 0, 1, NULL);
done:
    return status;
}

/* ---- value by value ----------------------------------------------------------------------------- */

static int onnx_activation(NODE, enum alexcl_layer_type type) {
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    return onnx_make_row(o, n, &(struct alexcl_layer){.type = type}, NULL, &in, 1, in->rank, in->shape, NULL, err);
}
static int onnx_relu(NODE) { return onnx_activation(o, n, err, ALEXCL_RELU); }
static int onnx_tanh(NODE) { return onnx_activation(o, n, err, ALEXCL_TANH); }
static int onnx_sigmoid(NODE) { return onnx_activation(o, n, err, ALEXCL_SIGMOID); }

/* The sum runs from channel c - floor((size-1)/2) to c + ceil((size-1)/2); alpha is divided by size. */
static int onnx_lrn(NODE) {
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status == ALEXCL_OK) status = onnx_need_pictures(n, in, err);
    if (status != ALEXCL_OK) return status;
    int64_t size = onnx_integer(n, "size", 0);
    if (size < 1 || size > ONNX_MOST_SIDE) return onnx_refuse(n, err, "its size is %lld", (long long)size);
    struct alexcl_layer l = {.type = ALEXCL_LRN,
                             .window = {-((int)size - 1) / 2, (int)size / 2},
                             .k = onnx_number(n, "bias", 1),
                             .alpha = onnx_number(n, "alpha", 1e-4) / (double)size,
                             .beta = onnx_number(n, "beta", 0.75),
                             .lrn_scope = ALEXCL_LRN_SCOPE_LAYER};
    return onnx_make_row(o, n, &l, NULL, &in, 1, 4, in->shape, NULL, err);
}

/* From opset 13 over one axis, the last where none is told; before over all from an axis on, which is 1. */
static int onnx_softmax(NODE) {
    struct onnx_value *in;
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    int64_t axis = onnx_integer(n, "axis", o->opset >= 13 ? -1 : 1);
    if (axis < 0) axis += in->rank;
    if (axis != 1 || in->shape.h != 1 || in->shape.w != 1)
        return onnx_refuse(
            n, err,
            "it is over axis %lld of N x %d x %d x %d: it is computed over the channels (axis 1) of 1 x 1 "
            "alone; pool or flatten its input, or export the net without it",
            (long long)axis, in->shape.c, in->shape.h, in->shape.w);
    return onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_SOFTMAX}, NULL, &in, 1, in->rank, in->shape, NULL,
                         err);
}

static int onnx_dropout(NODE) {
    struct onnx_value *in, *ratio = onnx_input(o, n, 1), *training = onnx_input(o, n, 2);
    float rate = (float)onnx_number(n, "ratio", 0.5);
    int status = onnx_input_maps(o, n, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    if ((o->opset < 7 && !onnx_integer(n, "is_test", 0)) ||
        (training && (training->is != ONNX_CONSTANT || training->constant.type != ONNX_BOOL ||
                      onnx_count(&training->constant.values) != 1 || training->constant.values.data[0])))
        return onnx_refuse(n, err, "it is in training mode: export the net for inference (model.eval())");
    if (ratio && ratio->is == ONNX_CONSTANT && ratio->constant.values.type != SOURCE_OTHER &&
        onnx_count(&ratio->constant.values) == 1)
        source_read(&ratio->constant.values, 0, 1, &rate);
    struct alexcl_layer l = {.type = ALEXCL_DROPOUT, .dropout = ALEXCL_DROPOUT_INVERTED, .rate = (double)rate};
    return onnx_make_row(o, n, &l, NULL, &in, 1, in->rank, in->shape, NULL, err);
}

/* A net that is nothing but this is a layer that changes nothing. */
static int onnx_identity(NODE) {
    struct onnx_value *in = onnx_input(o, n, 0);
    if (!in) return onnx_refuse(n, err, "it has no input");
    if (in->is == ONNX_MAPS && in->row < 0 && onnx_find_value(o, n->output[0])->output)
        return onnx_make_row(o, n, &(struct alexcl_layer){.type = ALEXCL_DROPOUT, .dropout = ALEXCL_DROPOUT_INVERTED},
                             NULL, &in, 1, in->rank, in->shape, NULL, err);
    return onnx_make_same(o, n, in, err);
}

/* ---- all of them -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    onnx_operator *make;
} operators[] = {
    {"Add", onnx_add},
    {"AveragePool", onnx_avgpool},
    {"BatchNormalization", onnx_batch_norm},
    {"Concat", onnx_concat},
    {"Constant", onnx_constant},
    {"ConstantOfShape", onnx_constant_of_shape},
    {"Conv", onnx_conv},
    {"Dropout", onnx_dropout},
    {"Flatten", onnx_flatten},
    {"Gemm", onnx_gemm},
    {"GlobalAveragePool", onnx_global_avgpool},
    {"GlobalMaxPool", onnx_global_maxpool},
    {"Identity", onnx_identity},
    {"LRN", onnx_lrn},
    {"MatMul", onnx_matmul},
    {"MaxPool", onnx_maxpool},
    {"Mul", onnx_mul},
    {"Relu", onnx_relu},
    {"Reshape", onnx_reshape},
    {"Sigmoid", onnx_sigmoid},
    {"Softmax", onnx_softmax},
    {"Sum", onnx_sum},
    {"Tanh", onnx_tanh},
    {"Unsqueeze", onnx_unsqueeze},
};

onnx_operator *onnx_find_operator(const char *name) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].name, name) == 0) return operators[i].make;
    return NULL;
}
