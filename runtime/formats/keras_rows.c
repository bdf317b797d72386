/* SPDX-License-Identifier: MIT */
/* Each layer of Keras's becomes a row, and its activation another. Sizes are followed, since "same" is TensorFlow's: of
 * an odd number of zeros the one more is at the end, so that how many there are hangs on the size. Zeros of a
 * ZeroPadding2D become the next convolution's. */
#include "keras_rows.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

int keras_refuse(const struct keras_builder *b, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA, "layer %s (%s): %s", b->layer->name, b->layer->class_name, what);
}

int keras_is(const struct keras_builder *b, const char *class_name) {
    return strcmp(b->layer->class_name, class_name) == 0;
}

/* "conv1_relu": a name made of that of the layer at hand. */
static int keras_name_row(struct keras_builder *b, const char *suffix, const char **out, struct alexcl_error *err) {
    return arena_format(&b->out->memory, out, "a layer's name", err, "%s_%s", b->layer->name, suffix);
}

/* ---- numbers of a config ------------------------------------------------------------------------ */

int keras_whole(const json_t *value, int64_t least, int64_t most, int64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < least || json_integer_value(value) > most) return 0;
    *out = json_integer_value(value);
    return 1;
}

/* One number for both, or two: height and width. `otherwise` where nothing is said. */
static int keras_pair(const struct keras_builder *b, const char *key, const int otherwise[2], int64_t most, int out[2],
                      struct alexcl_error *err) {
    const json_t *value = json_object_get(b->layer->config, key);
    int64_t number[2];
    if (!value || json_is_null(value)) {
        memcpy(out, otherwise, 2 * sizeof *out);
        return ALEXCL_OK;
    }
    for (size_t i = 0; i < 2; i++) {
        const json_t *one = json_is_array(value) && json_array_size(value) == 2 ? json_array_get(value, i) : value;
        if (!keras_whole(one, 1, most, &number[i])) return keras_refuse(b, "its window is not told in numbers", err);
        out[i] = (int)number[i];
    }
    return ALEXCL_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

/* A row that reads `from`, which are the values at hand. */
static int keras_add_row(struct keras_builder *b, enum alexcl_layer_type type, const char *name,
                         const struct keras_value *from, int count, struct alexcl_layer **out,
                         struct alexcl_error *err) {
    struct alexcl_layer *row = &b->out->rows[b->row_count];
    *row = (struct alexcl_layer){.type = type, .name = name};
    for (int i = 0; i < count; i++)
        if (from[i].zeros[0] | from[i].zeros[1] | from[i].zeros[2] | from[i].zeros[3])
            return keras_refuse(b, "zeros are put around what it reads, which is done for convolutions alone", err);
    if (count > 1 || from[0].row != b->row_count - 1) {
        const char **names;
        int status = arena_alloc(&b->out->memory, &names, (size_t)count + 1, sizeof *names, "a layer's inputs", err);
        if (status != ALEXCL_OK) return status;
        for (int i = 0; i < count; i++) names[i] = from[i].row < 0 ? ALEXCL_INPUT : b->out->rows[from[i].row].name;
        row->inputs = names;
    }
    b->row_count++;
    if (out) *out = row;
    return ALEXCL_OK;
}

/* A row of the layer's own name that leaves the shape as it is, or changes it afterwards. */
static int keras_add_plain(struct keras_builder *b, enum alexcl_layer_type type, struct keras_value *v,
                           struct alexcl_layer **out, struct alexcl_error *err) {
    int status = keras_add_row(b, type, b->layer->name, v, 1, out, err);
    v->row = b->row_count - 1;
    return status;
}

static int keras_flatten(struct keras_builder *b, const char *name, struct keras_value *v, struct alexcl_error *err) {
    if (v->flat) return ALEXCL_OK;
    int status = keras_add_row(b, ALEXCL_FLATTEN, name, v, 1, NULL, err);
    if (v->c * v->h * v->w > INT_MAX) return keras_refuse(b, "it has too many units", err);
    *v = (struct keras_value){.row = b->row_count - 1, .flat = 1, .c = v->c * v->h * v->w, .h = 1, .w = 1};
    return status;
}

/* The function that `key` names, as a row; none for "linear". */
static int keras_add_function(struct keras_builder *b, const char *key, int own, struct keras_value *v,
                              struct alexcl_error *err) {
    static const struct {
        const char *name;
        enum alexcl_layer_type type;
    } functions[] = {
        {"relu", ALEXCL_RELU}, {"softmax", ALEXCL_SOFTMAX}, {"tanh", ALEXCL_TANH}, {"sigmoid", ALEXCL_SIGMOID}};
    const json_t *value = json_object_get(b->layer->config, key);
    if (json_is_object(value)) value = json_object_get(value, "config"); /* {"class_name": "function", "config": .. */
    const char *name = json_string_value(value), *row = b->layer->name;
    char what[160];
    if (!name || strcmp(name, "linear") == 0) return ALEXCL_OK;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) != 0) continue;
        if (functions[i].type == ALEXCL_SOFTMAX && !v->flat)
            return keras_refuse(b, "a softmax over maps is not computed: flatten its input", err);
        int status = own ? ALEXCL_OK : keras_name_row(b, name, &row, err);
        if (status == ALEXCL_OK) status = keras_add_row(b, functions[i].type, row, v, 1, NULL, err);
        v->row = b->row_count - 1;
        return status;
    }
    snprintf(what, sizeof what, "the activation %.100s is not computed", name);
    return keras_refuse(b, what, err);
}

/* Of a layer that has none, though every one here has. */
static void keras_add_bias(struct keras_builder *b, int units) {
    if (keras_config_true(b->layer, "use_bias", 1)) return;
    b->out->made[b->out->made_count++] = (struct keras_made){.name = b->layer->name, .units = units};
}

/* ---- windows ------------------------------------------------------------------------------------ */

/* Zeros before and behind, and the new size. */
static int keras_slide(const struct keras_builder *b, int64_t *side, int kernel, int stride, int dilation, int same,
                       int64_t before, int64_t behind, int pad[2], struct alexcl_error *err) {
    int64_t in = *side + before + behind, reach = (int64_t)(kernel - 1) * dilation + 1, zeros = 0;
    if (same) {
        int64_t out = (in + stride - 1) / stride;
        zeros = (out - 1) * stride + reach - in;
        if (zeros < 0) zeros = 0;
    }
    if (in + zeros < reach) return keras_refuse(b, "its window is larger than its maps", err);
    if (before + behind + zeros > KERAS_WINDOW) return keras_refuse(b, "more zeros around maps than are computed", err);
    pad[0] = (int)(before + zeros / 2);
    pad[1] = (int)(behind + zeros - zeros / 2);
    *side = (in + zeros - reach) / stride + 1;
    return ALEXCL_OK;
}

/* Window, stride, dilation and zeros of a row, and the value's new size. */
static int keras_set_window(const struct keras_builder *b, struct alexcl_layer *row, const char *window,
                            const int zeros_of_value, const struct keras_value *in, struct keras_value *out,
                            struct alexcl_error *err) {
    static const int one[2] = {1, 1}, two[2] = {2, 2};
    int status = ALEXCL_OK, pad[2][2], pool = strcmp(window, "pool_size") == 0;
    const char *padding = keras_config_text(b->layer, "padding", "valid");
    TRY(keras_pair(b, window, two, KERAS_WINDOW, row->kernel, err));
    TRY(keras_pair(b, "strides", pool ? row->kernel : one, KERAS_WINDOW, row->stride, err));
    TRY(keras_pair(b, "dilation_rate", one, KERAS_WINDOW, row->dilation, err));
    if (strcmp(padding, "same") != 0 && strcmp(padding, "valid") != 0)
        return keras_refuse(b, "its padding is neither valid nor same", err);
    int same = strcmp(padding, "same") == 0;
    const int64_t *z = zeros_of_value ? in->zeros : (const int64_t[4]){0};
    TRY(keras_slide(b, &out->h, row->kernel[0], row->stride[0], row->dilation[0], same, z[0], z[2], pad[0], err));
    TRY(keras_slide(b, &out->w, row->kernel[1], row->stride[1], row->dilation[1], same, z[1], z[3], pad[1], err));
    memcpy(row->pad, (int[4]){pad[0][0], pad[1][0], pad[0][1], pad[1][1]}, sizeof row->pad);
done:
    return status;
}

static int keras_add_conv(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    int status = ALEXCL_OK, depthwise = keras_is(b, "DepthwiseConv2D");
    struct keras_value in = *v;
    struct alexcl_layer *row;
    int64_t outputs, groups = 1;
    const json_t *config = b->layer->config;
    if (v->flat) return keras_refuse(b, "it reads units, no maps", err);
    if (depthwise) {
        if (!keras_whole(json_object_get(config, "depth_multiplier"), 1, 1 << 16, &outputs)) outputs = 1;
        groups = v->c;
        outputs *= groups;
    } else {
        if (!keras_whole(json_object_get(config, "filters"), 1, KERAS_CHANNELS, &outputs))
            return keras_refuse(b, "its number of filters is not told", err);
        if (!keras_whole(json_object_get(config, "groups"), 1, KERAS_CHANNELS, &groups)) groups = 1;
    }
    if (outputs > KERAS_CHANNELS) return keras_refuse(b, "it has too many channels", err);
    memset(v->zeros, 0, sizeof v->zeros);
    TRY(keras_add_plain(b, ALEXCL_CONV, v, &row, err));
    TRY(keras_set_window(b, row, "kernel_size", 1, &in, v, err));
    row->outputs = (int)outputs;
    row->groups = (int)groups;
    keras_add_bias(b, (int)outputs);
    v->c = outputs;
    TRY(keras_add_function(b, "activation", 0, v, err));
done:
    return status;
}

static int keras_add_pool(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct keras_value in = *v;
    struct alexcl_layer *row;
    if (v->flat) return keras_refuse(b, "it reads units, no maps", err);
    TRY(keras_add_plain(b, keras_is(b, "MaxPooling2D") ? ALEXCL_MAXPOOL : ALEXCL_AVGPOOL, v, &row, err));
    TRY(keras_set_window(b, row, "pool_size", 0, &in, v, err));
done:
    return status;
}

static int keras_add_global(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    if (v->flat) return keras_refuse(b, "it reads units, no maps", err);
    int status = keras_add_plain(b, keras_is(b, "GlobalMaxPooling2D") ? ALEXCL_GLOBAL_MAXPOOL : ALEXCL_GLOBAL_AVGPOOL,
                                 v, NULL, err);
    v->h = v->w = 1;
    return status;
}

/* ((top, bottom), (left, right)), (height, width), or one number. */
static int keras_add_zeros(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    const json_t *padding = json_object_get(b->layer->config, "padding");
    if (v->flat) return keras_refuse(b, "it reads units, no maps", err);
    for (size_t i = 0; i < 4; i++) { /* top, left, bottom, right */
        int64_t zeros;
        const json_t *axis = json_is_array(padding) ? json_array_get(padding, i % 2) : padding,
                     *one = json_is_array(axis) ? json_array_get(axis, i / 2) : axis;
        if (!keras_whole(one, 0, KERAS_WINDOW, &zeros))
            return keras_refuse(b, "its zeros are not told in numbers", err);
        v->zeros[i] += zeros;
    }
    return ALEXCL_OK;
}

/* ---- other layers ------------------------------------------------------------------------------- */

static int keras_add_dense(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_layer *row;
    const char *flat;
    int64_t units;
    if (!keras_whole(json_object_get(b->layer->config, "units"), 1, KERAS_CHANNELS, &units))
        return keras_refuse(b, "its number of units is not told", err);
    if (!v->flat && v->h * v->w != 1) return keras_refuse(b, "it reads maps: a Flatten must stand before it", err);
    TRY(keras_name_row(b, "flat", &flat, err));
    TRY(keras_flatten(b, flat, v, err));
    TRY(keras_add_plain(b, ALEXCL_FC, v, &row, err));
    row->outputs = (int)units;
    keras_add_bias(b, (int)units);
    v->c = units;
    TRY(keras_add_function(b, "activation", 0, v, err));
done:
    return status;
}

static int keras_add_flatten(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    const json_t *target = json_object_get(b->layer->config, "target_shape");
    if (keras_is(b, "Reshape") && json_array_size(target) != 1)
        return keras_refuse(b, "it makes maps of another shape, which is not computed", err);
    return keras_flatten(b, b->layer->name, v, err);
}

static int keras_add_activation(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    if (keras_is(b, "Activation")) return keras_add_function(b, "activation", 1, v, err);
    if (keras_is(b, "Softmax")) {
        if (!v->flat) return keras_refuse(b, "a softmax over maps is not computed: flatten its input", err);
        return keras_add_plain(b, ALEXCL_SOFTMAX, v, NULL, err);
    }
    static const char *const kinks[] = {"negative_slope", "threshold"};
    const json_t *most = json_object_get(b->layer->config, "max_value");
    for (size_t i = 0; i < 2; i++)
        if (json_number_value(json_object_get(b->layer->config, kinks[i])) != 0) most = json_true();
    if (most && !json_is_null(most))
        return keras_refuse(b, "a ReLU with a slope, a threshold or a most is not computed", err);
    return keras_add_plain(b, ALEXCL_RELU, v, NULL, err);
}

static int keras_add_dropout(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    struct alexcl_layer *row;
    double rate = json_number_value(json_object_get(b->layer->config, "rate"));
    if (!(rate >= 0 && rate < 1)) return keras_refuse(b, "its rate is none", err);
    int status = keras_add_plain(b, ALEXCL_DROPOUT, v, &row, err);
    if (status != ALEXCL_OK) return status;
    row->dropout = ALEXCL_DROPOUT_INVERTED;
    row->rate = rate;
    return ALEXCL_OK;
}

static int keras_add_norm(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    const json_t *axis = json_object_get(b->layer->config, "axis"),
                 *epsilon = json_object_get(b->layer->config, "epsilon");
    if (json_is_array(axis) && json_array_size(axis) == 1) axis = json_array_get(axis, 0);
    int64_t number = json_is_integer(axis) ? json_integer_value(axis) : -1, last = v->flat ? 1 : 3;
    int channels = b->maps_first && !v->flat ? number == 1 || number == -3 : number == -1 || number == last;
    if (!channels) return keras_refuse(b, "it is no norm of channels", err);
    if (epsilon && !json_is_number(epsilon)) return keras_refuse(b, "its epsilon is no number", err);
    int status = keras_add_plain(b, ALEXCL_AFFINE, v, NULL, err);
    b->out->made[b->out->made_count++] = (struct keras_made){
        .name = b->layer->name, .norm = 1, .units = (int)v->c, .epsilon = epsilon ? json_number_value(epsilon) : 1e-3};
    return status;
}

/* Of the net's input: what pictures are multiplied by, and what is added. */
static int keras_add_rescaling(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    const json_t *scale = json_object_get(b->layer->config, "scale"),
                 *offset = json_object_get(b->layer->config, "offset");
    struct keras_model *m = b->out;
    if (v->row >= 0 || b->rescaled) return keras_refuse(b, "it does not stand at the beginning", err);
    if (!json_is_number(scale) || (offset && !json_is_number(offset)))
        return keras_refuse(b, "its scale or offset is not one number", err);
    m->model.scale = json_number_value(scale);
    if (json_number_value(offset) != 0) {
        double *mean;
        int status = arena_alloc(&m->memory, &mean, (size_t)v->c, sizeof *mean, "a mean", err);
        if (status != ALEXCL_OK) return status;
        for (int64_t i = 0; i < v->c; i++) mean[i] = -json_number_value(offset);
        m->model.mean = mean;
    }
    b->rescaled = 1;
    return ALEXCL_OK;
}

/* What changes nothing once a net is trained. */
static int keras_add_nothing(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err) {
    (void)b, (void)v, (void)err;
    return ALEXCL_OK;
}

static const struct {
    const char *class_name;
    int (*add)(struct keras_builder *b, struct keras_value *v, struct alexcl_error *err);
} known[] = {
    {"Conv2D", keras_add_conv},
    {"DepthwiseConv2D", keras_add_conv},
    {"MaxPooling2D", keras_add_pool},
    {"AveragePooling2D", keras_add_pool},
    {"GlobalAveragePooling2D", keras_add_global},
    {"GlobalMaxPooling2D", keras_add_global},
    {"ZeroPadding2D", keras_add_zeros},
    {"Dense", keras_add_dense},
    {"Flatten", keras_add_flatten},
    {"Reshape", keras_add_flatten},
    {"Activation", keras_add_activation},
    {"ReLU", keras_add_activation},
    {"Softmax", keras_add_activation},
    {"Dropout", keras_add_dropout},
    {"SpatialDropout2D", keras_add_nothing},
    {"GaussianNoise", keras_add_nothing},
    {"GaussianDropout", keras_add_nothing},
    {"BatchNormalization", keras_add_norm},
    {"Rescaling", keras_add_rescaling},
};

/* Several values to one: their sum, or their channels. */
static int keras_add_joint(struct keras_builder *b, const struct keras_value *from, int count, struct keras_value *v,
                           struct alexcl_error *err) {
    int add = keras_is(b, "Add"), status = ALEXCL_OK;
    int64_t axis = -1, channels = 0;
    keras_whole(json_object_get(b->layer->config, "axis"), -4, 4, &axis);
    if (count < 2) return keras_refuse(b, "it reads one value alone", err);
    if (!add &&
        !(b->maps_first && !from[0].flat ? axis == 1 || axis == -3 : axis == -1 || axis == (from[0].flat ? 1 : 3)))
        return keras_refuse(b, "what it joins are not channels", err);
    for (int i = 0; i < count; i++) {
        channels += from[i].c;
        if (from[i].h != from[0].h || from[i].w != from[0].w || from[i].flat != from[0].flat ||
            (add && from[i].c != from[0].c))
            return keras_refuse(b, "it reads values of different sizes", err);
    }
    if (channels > KERAS_CHANNELS) return keras_refuse(b, "it has too many channels", err);
    status = keras_add_row(b, add ? ALEXCL_ADD : ALEXCL_CONCAT, b->layer->name, from, count, NULL, err);
    *v = from[0];
    v->row = b->row_count - 1;
    if (!add) v->c = channels;
    return status;
}

int keras_add_rows(struct keras_builder *b, const struct keras_value *from, int count, struct keras_value *v,
                   struct alexcl_error *err) {
    *v = from[0];
    if (keras_is(b, "Add") || keras_is(b, "Concatenate")) return keras_add_joint(b, from, count, v, err);
    if (count != 1) return keras_refuse(b, "it reads several values, which is not computed", err);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (keras_is(b, known[i].class_name)) return known[i].add(b, v, err);
    return keras_refuse(b, "layers of this class are not computed", err);
}
