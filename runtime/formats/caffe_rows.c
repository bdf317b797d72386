/* SPDX-License-Identifier: MIT */
/* Layers become rows in the order of the file. Caffe's values ("blobs") have names, and a later layer may write over
 * one in place: a name stands for what was written last. Shapes are followed, since Caffe's pools round up, which a row
 * says only where it matters, and since inner products and softmax take maps as they are, where a row for flattening is
 * put in. */
#include "caffe_rows.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Defaults of layers that say nothing. */
static const Caffe__ConvolutionParameter no_convolution = CAFFE__CONVOLUTION_PARAMETER__INIT;
static const Caffe__PoolingParameter no_pooling = CAFFE__POOLING_PARAMETER__INIT;
static const Caffe__LRNParameter no_lrn = CAFFE__LRNPARAMETER__INIT;
static const Caffe__InnerProductParameter no_inner_product = CAFFE__INNER_PRODUCT_PARAMETER__INIT;
static const Caffe__DropoutParameter no_dropout = CAFFE__DROPOUT_PARAMETER__INIT;
static const Caffe__ScaleParameter no_scale = CAFFE__SCALE_PARAMETER__INIT;
#define CAFFE_OR_NONE(l, field) ((l)->field ? (l)->field : &no_##field)

int caffe_refuse(const struct caffe_builder *b, const char *what, struct alexcl_error *err) {
    char name[SOURCE_SHOWN], type[SOURCE_SHOWN];
    int status = error_set(err, ALEXCL_E_DATA, "%s: layer %s (%s): %s", b->path, source_show(b->layer->name, name),
                           source_show(b->layer->type, type), what);
    error_note_layer(err, b->layer->name);
    return status;
}

double caffe_decimal(float value) {
    char text[32];
    for (int digits = 6; digits < 10; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return isfinite(value) ? strtod(text, NULL) : (double)value;
}

static int caffe_count(const struct caffe_builder *b, const char *field, uint32_t value, int least, int most, int *out,
                       struct alexcl_error *err) {
    char what[128];
    *out = (int)value;
    if (value >= (uint32_t)least && value <= (uint32_t)most) return ALEXCL_OK;
    snprintf(what, sizeof what, "its %s is %u: it must be from %d to %d", field, value, least, most);
    return caffe_refuse(b, what, err);
}

/* ---- values and rows ---------------------------------------------------------------------------- */

static struct caffe_value *caffe_look_up(const struct caffe_builder *b, const char *name) {
    for (size_t i = b->value_count; i-- > 0;)
        if (strcmp(b->values[i].name, name) == 0) return &b->values[i];
    return NULL;
}

static int caffe_bottom(const struct caffe_builder *b, size_t i, struct caffe_value **out, struct alexcl_error *err) {
    char what[SOURCE_SHOWN + 64], shown[SOURCE_SHOWN];
    if (i >= b->layer->bottom_count) return caffe_refuse(b, "it reads nothing: it has no bottom", err);
    *out = caffe_look_up(b, b->layer->bottoms[i]);
    if (*out && (*out)->row != CAFFE_LABEL) return ALEXCL_OK;
    snprintf(what, sizeof what, "its bottom \"%s\" is %s", source_show(b->layer->bottoms[i], shown),
             *out ? "a label, which only training has" : "no top of a layer before it");
    return caffe_refuse(b, what, err);
}

int caffe_write(struct caffe_builder *b, const char *name, struct caffe_value value, struct alexcl_error *err) {
    if (!name) return caffe_refuse(b, "its result has no name: it has no top", err);
    value.name = name;
    value.flat_row = 0;
    b->values[b->value_count++] = value;
    return ALEXCL_OK;
}

static const char *caffe_top(const struct caffe_builder *b) { return b->layer->top_count ? b->layer->tops[0] : NULL; }

/* A row called `name` that reads these values; the caller fills in its fields. */
static int caffe_add_row(struct caffe_builder *b, const char *name, enum alexcl_layer_type type,
                         const struct caffe_value *const *inputs, size_t count, struct alexcl_layer **out,
                         struct alexcl_error *err) {
    struct caffe_row *link = &b->links[b->row_count];
    int status = arena_alloc(&b->own->memory, &link->inputs, count, sizeof *link->inputs, "a net's layers", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < count; i++) link->inputs[i] = inputs[i]->row;
    link->count = (int)count;
    *out = &b->rows[b->row_count++];
    (*out)->type = type;
    (*out)->name = name;
    return ALEXCL_OK;
}

/* The layer's row, of one input, and its top of a new shape. */
static int caffe_add(struct caffe_builder *b, enum alexcl_layer_type type, const struct caffe_value *in,
                     struct alexcl_shape shape, int flat, struct alexcl_layer **out, struct alexcl_error *err) {
    int status = caffe_add_row(b, b->layer->name, type, &in, 1, out, err);
    if (status == ALEXCL_OK)
        status = caffe_write(b, caffe_top(b),
                             (struct caffe_value){.row = b->row_count - 1, .shape = shape, .flat = flat}, err);
    return status;
}

/* A layer that leaves the shape as it is. */
static int caffe_add_same(struct caffe_builder *b, enum alexcl_layer_type type, struct alexcl_layer **out,
                          struct alexcl_error *err) {
    struct caffe_value *in;
    int status = caffe_bottom(b, 0, &in, err);
    return status == ALEXCL_OK ? caffe_add(b, type, in, in->shape, in->flat, out, err) : status;
}

/* Another name for a value. */
static int caffe_alias(struct caffe_builder *b, struct alexcl_error *err) {
    struct caffe_value *in;
    int status = caffe_bottom(b, 0, &in, err);
    struct caffe_value value = status == ALEXCL_OK ? *in : (struct caffe_value){0};
    for (size_t i = 0; i < b->layer->top_count && status == ALEXCL_OK; i++)
        status = caffe_write(b, b->layer->tops[i], value, err);
    return status;
}

/* A name that no layer has: "flat", as in the built-in nets, else one made of the layer's. */
static int caffe_flat_name(struct caffe_builder *b, const char **out, struct alexcl_error *err) {
    int taken = 0;
    for (size_t i = 0; i < b->own->layer_count; i++) taken |= strcmp(b->own->layers[i].name, "flat") == 0;
    for (int i = 0; i < b->row_count; i++) taken |= strcmp(b->rows[i].name, "flat") == 0;
    *out = "flat";
    return taken ? arena_format(&b->own->memory, out, "a name", err, "%s.%s", b->layer->name, "flat") : ALEXCL_OK;
}

static struct alexcl_shape caffe_units(struct alexcl_shape s) {
    int64_t units = (int64_t)s.c * s.h * s.w; /* below 2^56 */
    return (struct alexcl_shape){units > INT_MAX ? INT_MAX : (int)units, 1, 1};
}

/* The units of a value: of maps, by a row that flattens them, once. */
static int caffe_flatten(struct caffe_builder *b, struct caffe_value *in, struct caffe_value *out,
                         struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct caffe_value *from = in;
    struct alexcl_layer *row;
    const char *name;
    *out = *in;
    if (in->flat) return status;
    if (!in->flat_row) {
        TRY(caffe_flat_name(b, &name, err));
        TRY(caffe_add_row(b, name, ALEXCL_FLATTEN, &from, 1, &row, err));
        in->flat_row = b->row_count; /* never 0 */
    }
    *out = (struct caffe_value){.row = in->flat_row - 1, .shape = caffe_units(in->shape), .flat = 1};
done:
    return status;
}

/* ---- windows ------------------------------------------------------------------------------------ */

/* One number for both axes, or one each, in a list; or one each by its own field. */
static int caffe_pair(const struct caffe_builder *b, const char *field, size_t count, const uint32_t *list, int has_h,
                      uint32_t h, int has_w, uint32_t w, uint32_t otherwise, int least, int out[2],
                      struct alexcl_error *err) {
    char what[128];
    uint32_t pair[2] = {otherwise, otherwise};
    snprintf(what, sizeof what, "its %s has %zu numbers for two axes", field, count);
    if (count > 2) return caffe_refuse(b, what, err);
    if (count) pair[0] = pair[1] = list[0];
    if (count == 2) pair[1] = list[1];
    if (has_h) pair[0] = h;
    if (has_w) pair[1] = w;
    int status = caffe_count(b, field, pair[0], least, CAFFE_WINDOW, &out[0], err);
    return status == ALEXCL_OK ? caffe_count(b, field, pair[1], least, CAFFE_WINDOW, &out[1], err) : status;
}

static int caffe_add_convolution(struct caffe_builder *b, struct alexcl_error *err) {
    int status = ALEXCL_OK, outputs, groups, kernel[2], stride[2], pad[2], dilation[2], out[2];
    const Caffe__ConvolutionParameter *p = CAFFE_OR_NONE(b->layer, convolution);
    struct caffe_value *in;
    struct alexcl_layer *row;
    TRY(caffe_bottom(b, 0, &in, err));
    if (b->layer->bottom_count > 1) return caffe_refuse(b, "it has several bottoms, of which one is read here", err);
    if (in->flat) return caffe_refuse(b, "it reads units, no maps", err);
    if (p->axis != 1 && p->axis != -3) return caffe_refuse(b, "its axis is not that of the channels (1)", err);
    TRY(caffe_count(b, "num_output", p->num_output, 1, CAFFE_CHANNELS, &outputs, err));
    TRY(caffe_count(b, "group", p->group, 1, CAFFE_CHANNELS, &groups, err));
    TRY(caffe_pair(b, "kernel_size", p->n_kernel_size, p->kernel_size, p->has_kernel_h, p->kernel_h, p->has_kernel_w,
                   p->kernel_w, 0, 1, kernel, err));
    TRY(caffe_pair(b, "stride", p->n_stride, p->stride, p->has_stride_h, p->stride_h, p->has_stride_w, p->stride_w, 1,
                   1, stride, err));
    TRY(caffe_pair(b, "pad", p->n_pad, p->pad, p->has_pad_h, p->pad_h, p->has_pad_w, p->pad_w, 0, 0, pad, err));
    TRY(caffe_pair(b, "dilation", p->n_dilation, p->dilation, 0, 0, 0, 0, 1, 1, dilation, err));
    if (in->shape.c % groups || outputs % groups)
        return caffe_refuse(b, "its groups divide not both its inputs and its outputs", err);
    for (int axis = 0; axis < 2; axis++) {
        int64_t room =
            (axis ? in->shape.w : in->shape.h) + 2 * pad[axis] - ((int64_t)kernel[axis] - 1) * dilation[axis] - 1;
        if (room < 0) return caffe_refuse(b, "its window is larger than what it reads", err);
        if (room / stride[axis] >= CAFFE_SIDE) return caffe_refuse(b, "its maps have sides of more than 65535", err);
        out[axis] = (int)(room / stride[axis] + 1);
    }
    TRY(caffe_add(b, ALEXCL_CONV, in, (struct alexcl_shape){outputs, out[0], out[1]}, 0, &row, err));
    row->outputs = outputs;
    row->groups = groups;
    for (int axis = 0; axis < 2; axis++) {
        row->kernel[axis] = kernel[axis];
        row->stride[axis] = stride[axis];
        row->pad[axis] = row->pad[axis + 2] = pad[axis];
        row->dilation[axis] = dilation[axis] > 1 ? dilation[axis] : 0;
    }
done:
    return status;
}

/* Caffe's rule: the number of windows is rounded up, and with padding the last one must begin before the padding's
 * end. Without padding it need not: windows with nothing in them are refused. */
static int caffe_pool_side(const struct caffe_builder *b, int side, int kernel, int stride, int pad, int up, int *out,
                           int *ceil_mode, struct alexcl_error *err) {
    int room = side + 2 * pad - kernel, down = room < 0 ? 0 : room / stride + 1;
    int rounded = room < 0 ? 1 - -room / stride : (room + stride - 1) / stride + 1;
    if (pad && (rounded - 1) * stride >= side + pad) rounded--;
    *out = up ? rounded : down;
    if (*out < 1) return caffe_refuse(b, "its window is larger than what it reads", err);
    if ((*out - 1) * stride >= side + pad)
        return caffe_refuse(b, "its last window begins behind the map, where Caffe has no value for it", err);
    if (*out > CAFFE_SIDE) return caffe_refuse(b, "its maps have sides of more than 65535", err);
    *ceil_mode |= up && rounded != down;
    return ALEXCL_OK;
}

static int caffe_add_pooling(struct caffe_builder *b, struct alexcl_error *err) {
    int status = ALEXCL_OK, kernel[2], stride[2], pad[2], out[2], ceil_mode = 0;
    const Caffe__PoolingParameter *p = CAFFE_OR_NONE(b->layer, pooling);
    int average = p->pool == CAFFE__POOLING_PARAMETER__POOL_METHOD__AVE;
    struct caffe_value *in;
    struct alexcl_layer *row;
    TRY(caffe_bottom(b, 0, &in, err));
    if (in->flat) return caffe_refuse(b, "it reads units, no maps", err);
    if (!average && p->pool != CAFFE__POOLING_PARAMETER__POOL_METHOD__MAX)
        return caffe_refuse(b, "of its methods MAX and AVE are computed here", err);
    if (p->global_pooling)
        return caffe_add(b, average ? ALEXCL_GLOBAL_AVGPOOL : ALEXCL_GLOBAL_MAXPOOL, in,
                         (struct alexcl_shape){in->shape.c, 1, 1}, 0, &row, err);
    TRY(caffe_pair(b, "kernel_size", p->has_kernel_size, &p->kernel_size, p->has_kernel_h, p->kernel_h, p->has_kernel_w,
                   p->kernel_w, 0, 1, kernel, err));
    TRY(caffe_pair(b, "stride", p->has_stride, &p->stride, p->has_stride_h, p->stride_h, p->has_stride_w, p->stride_w,
                   1, 1, stride, err));
    TRY(caffe_pair(b, "pad", p->has_pad, &p->pad, p->has_pad_h, p->pad_h, p->has_pad_w, p->pad_w, 0, 0, pad, err));
    if (pad[0] >= kernel[0] || pad[1] >= kernel[1]) return caffe_refuse(b, "its pad is not below its kernel", err);
    int up = p->round_mode == CAFFE__POOLING_PARAMETER__ROUND_MODE__CEIL;
    TRY(caffe_pool_side(b, in->shape.h, kernel[0], stride[0], pad[0], up, &out[0], &ceil_mode, err));
    TRY(caffe_pool_side(b, in->shape.w, kernel[1], stride[1], pad[1], up, &out[1], &ceil_mode, err));
    TRY(caffe_add(b, average ? ALEXCL_AVGPOOL : ALEXCL_MAXPOOL, in, (struct alexcl_shape){in->shape.c, out[0], out[1]},
                  0, &row, err));
    row->ceil_mode = ceil_mode;
    row->count_include_pad = average && (pad[0] || pad[1]); /* Caffe divides by what is on the map and its padding */
    for (int axis = 0; axis < 2; axis++) {
        row->kernel[axis] = kernel[axis];
        row->stride[axis] = stride[axis];
        row->pad[axis] = row->pad[axis + 2] = pad[axis];
    }
done:
    return status;
}

/* ---- the other types ---------------------------------------------------------------------------- */

/* Across channels alpha is divided by n; within one by n x n, k is 1, and the sum is over what is on the map. */
static int caffe_add_lrn(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__LRNParameter *p = CAFFE_OR_NONE(b->layer, lrn);
    int n, within = p->norm_region == CAFFE__LRNPARAMETER__NORM_REGION__WITHIN_CHANNEL;
    struct alexcl_layer *row;
    int status = caffe_count(b, "local_size", p->local_size, 1, CAFFE_WINDOW, &n, err);
    if (status != ALEXCL_OK) return status;
    if (n % 2 == 0) return caffe_refuse(b, "its local_size is even, and Caffe takes odd ones alone", err);
    TRY(caffe_add_same(b, within ? ALEXCL_RNORM : ALEXCL_LRN, &row, err));
    row->window[0] = -(n / 2);
    row->window[1] = n / 2;
    row->alpha = caffe_decimal(p->alpha) / (within ? (double)n * n : n);
    row->beta = caffe_decimal(p->beta);
    row->k = within ? 1 : caffe_decimal(p->k);
    row->lrn_scope = within ? ALEXCL_LRN_SCOPE_HALF : ALEXCL_LRN_SCOPE_LAYER;
done:
    return status;
}

static int caffe_add_inner_product(struct caffe_builder *b, struct alexcl_error *err) {
    int status = ALEXCL_OK, outputs;
    const Caffe__InnerProductParameter *p = CAFFE_OR_NONE(b->layer, inner_product);
    struct caffe_value *in, units;
    struct alexcl_layer *row;
    TRY(caffe_bottom(b, 0, &in, err));
    if (p->axis != 1 && !(p->axis < 0 && p->axis == (in->flat ? -1 : -3)))
        return caffe_refuse(b, "its axis is not that of the channels (1)", err);
    TRY(caffe_count(b, "num_output", p->num_output, 1, CAFFE_CHANNELS, &outputs, err));
    TRY(caffe_flatten(b, in, &units, err));
    TRY(caffe_add(b, ALEXCL_FC, &units, (struct alexcl_shape){outputs, 1, 1}, 1, &row, err));
    row->outputs = outputs;
done:
    return status;
}

static int caffe_add_relu(struct caffe_builder *b, struct alexcl_error *err) {
    struct alexcl_layer *row;
    if (b->layer->relu && b->layer->relu->negative_slope != 0)
        return caffe_refuse(b, "its negative_slope is not 0: a leaky ReLU is not computed here", err);
    return caffe_add_same(b, ALEXCL_RELU, &row, err);
}

static int caffe_add_tanh(struct caffe_builder *b, struct alexcl_error *err) {
    struct alexcl_layer *row;
    return caffe_add_same(b, ALEXCL_TANH, &row, err);
}

static int caffe_add_sigmoid(struct caffe_builder *b, struct alexcl_error *err) {
    struct alexcl_layer *row;
    return caffe_add_same(b, ALEXCL_SIGMOID, &row, err);
}

static int caffe_add_dropout(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__DropoutParameter *p = CAFFE_OR_NONE(b->layer, dropout);
    struct alexcl_layer *row;
    int status = caffe_add_same(b, ALEXCL_DROPOUT, &row, err);
    if (status != ALEXCL_OK) return status;
    row->rate = caffe_decimal(p->dropout_ratio);
    row->dropout = p->scale_train ? ALEXCL_DROPOUT_INVERTED : ALEXCL_DROPOUT_PAPER;
    return status;
}

static int caffe_add_softmax(struct caffe_builder *b, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct caffe_value *in, units;
    struct alexcl_layer *row;
    TRY(caffe_bottom(b, 0, &in, err));
    if (b->layer->softmax && b->layer->softmax->axis != 1 && b->layer->softmax->axis != (in->flat ? -1 : -3))
        return caffe_refuse(b, "its axis is not that of the channels (1)", err);
    if (in->shape.h != 1 || in->shape.w != 1)
        return caffe_refuse(b, "it reads maps of more than one value, each of which would be a picture's scores", err);
    TRY(caffe_flatten(b, in, &units, err));
    TRY(caffe_add_row(b, b->layer->name, ALEXCL_SOFTMAX, &(const struct caffe_value *){&units}, 1, &row, err));
    /* A loss has no top where nobody wants it. */
    TRY(caffe_write(b, caffe_top(b) ? caffe_top(b) : b->layer->name,
                    (struct caffe_value){.row = b->row_count - 1, .shape = units.shape, .flat = 1}, err));
done:
    return status;
}

/* Values side by side, or added: their inputs, of which maps must be of one size. */
static int caffe_add_joined(struct caffe_builder *b, enum alexcl_layer_type type, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    int64_t channels = 0;
    const struct caffe_value **inputs = NULL;
    struct caffe_value *in = NULL;
    struct alexcl_layer *row;
    TRY(memory_alloc(&inputs, b->layer->bottom_count, sizeof *inputs, "a layer's inputs", err));
    for (size_t i = 0; i < b->layer->bottom_count; i++) {
        TRY(caffe_bottom(b, i, &in, err));
        inputs[i] = in;
        channels += in->shape.c;
        if (in->shape.h != inputs[0]->shape.h || in->shape.w != inputs[0]->shape.w || in->flat != inputs[0]->flat ||
            (type == ALEXCL_ADD && in->shape.c != inputs[0]->shape.c) || channels > CAFFE_CHANNELS) {
            status = caffe_refuse(b, "its bottoms have shapes that do not go together", err);
            goto done;
        }
    }
    if (b->layer->bottom_count == 0) TRY(caffe_bottom(b, 0, &in, err)); /* says so */
    struct caffe_value value = {.shape = inputs[0]->shape, .flat = inputs[0]->flat};
    if (type == ALEXCL_CONCAT) value.shape.c = (int)channels;
    TRY(caffe_add_row(b, b->layer->name, type, inputs, b->layer->bottom_count, &row, err));
    value.row = b->row_count - 1;
    TRY(caffe_write(b, caffe_top(b), value, err));
done:
    free(inputs);
    return status;
}

static int caffe_add_concat(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__ConcatParameter *p = b->layer->concat;
    if (p && ((p->has_axis && p->axis != 1 && p->axis != -3) || (p->has_concat_dim && p->concat_dim != 1)))
        return caffe_refuse(b, "its axis is not that of the channels (1)", err);
    return b->layer->bottom_count == 1 ? caffe_alias(b, err) : caffe_add_joined(b, ALEXCL_CONCAT, err);
}

static int caffe_add_eltwise(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__EltwiseParameter *p = b->layer->eltwise;
    if (p && p->operation != CAFFE__ELTWISE_PARAMETER__ELTWISE_OP__SUM)
        return caffe_refuse(b, "of its operations SUM alone is computed here", err);
    for (size_t i = 0; p && i < p->n_coeff; i++)
        if (p->coeff[i] != 1)
            return caffe_refuse(b, "a coeff of it is not 1: a weighted sum is not computed here", err);
    return caffe_add_joined(b, ALEXCL_ADD, err);
}

static int caffe_add_flatten(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__FlattenParameter *p = b->layer->flatten;
    struct caffe_value *in;
    struct alexcl_layer *row;
    int status = caffe_bottom(b, 0, &in, err);
    if (status != ALEXCL_OK) return status;
    if (p && (p->axis != 1 || (p->end_axis != -1 && p->end_axis != 3)))
        return caffe_refuse(b, "it flattens other axes than all behind the images (1 to -1)", err);
    return in->flat ? caffe_alias(b, err) : caffe_add(b, ALEXCL_FLATTEN, in, caffe_units(in->shape), 1, &row, err);
}

static int caffe_add_batch_norm(struct caffe_builder *b, struct alexcl_error *err) {
    struct alexcl_layer *row;
    const Caffe__BatchNormParameter *p = b->layer->batch_norm;
    char shown[SOURCE_SHOWN];
    if (p && p->has_use_global_stats && !p->use_global_stats)
        string_buffer_add(b->told, "%s: by the statistics of the file, not of each batch (use_global_stats)\n",
                          source_show(b->layer->name, shown));
    return caffe_add_same(b, ALEXCL_AFFINE, &row, err);
}

static int caffe_add_scale(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__ScaleParameter *p = CAFFE_OR_NONE(b->layer, scale);
    struct alexcl_layer *row;
    if (b->layer->bottom_count != 1)
        return caffe_refuse(b, "a scale that another layer computes is not computed here", err);
    if (p->axis != 1 || p->num_axes != 1) return caffe_refuse(b, "its factors are not one a channel (axis 1)", err);
    return caffe_add_same(b, ALEXCL_AFFINE, &row, err);
}

/* ---- all types ---------------------------------------------------------------------------------- */

static int caffe_leave_out(struct caffe_builder *b, struct alexcl_error *err) {
    (void)b;
    (void)err;
    return ALEXCL_OK;
}

static const struct {
    const char *type;
    int (*add)(struct caffe_builder *b, struct alexcl_error *err);
} types[] = {
    {"Convolution", caffe_add_convolution},
    {"Pooling", caffe_add_pooling},
    {"LRN", caffe_add_lrn},
    {"InnerProduct", caffe_add_inner_product},
    {"ReLU", caffe_add_relu},
    {"TanH", caffe_add_tanh},
    {"Sigmoid", caffe_add_sigmoid},
    {"Dropout", caffe_add_dropout},
    {"Softmax", caffe_add_softmax},
    {"SoftmaxWithLoss", caffe_add_softmax},
    {"Concat", caffe_add_concat},
    {"Eltwise", caffe_add_eltwise},
    {"Flatten", caffe_add_flatten},
    {"Split", caffe_alias},
    {"BatchNorm", caffe_add_batch_norm},
    {"Scale", caffe_add_scale},
    /* They tell how well a net is trained. */
    {"Accuracy", caffe_leave_out},
    {"Silence", caffe_leave_out},
    {"EuclideanLoss", caffe_leave_out},
    {"HingeLoss", caffe_leave_out},
    {"InfogainLoss", caffe_leave_out},
    {"MultinomialLogisticLoss", caffe_leave_out},
};

int caffe_add_layer(struct caffe_builder *b, struct alexcl_error *err) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (caffe_is(b->layer, types[i].type)) return types[i].add(b, err);
    return caffe_refuse(b, "this type is not computed here", err);
}
