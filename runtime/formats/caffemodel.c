/* SPDX-License-Identifier: MIT */
/* Caffe's .caffemodel: a net as a message of Protocol Buffers, whose layers have blobs of weights. The message is made
 * without the blobs' values (wire.c); where those of a blob are packed in one piece, as Caffe writes them, they stay
 * where they lie in the mapped file. Blobs are named <layer>.weight and <layer>.bias; what a layer has instead of a
 * weight or a bias that a net wants here (a normalisation's statistics, no bias) is computed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caffe_model.h"

enum { CAFFE_BLOBS = 3, CAFFE_AXES = 32, BLOB_DATA = 5, BLOB_DOUBLE_DATA = 8 };

/* What the blobs of a type are: their names, and how many axes they have where older files write four. */
static const struct caffe_role {
    const char *type, *names[CAFFE_BLOBS];
    int axes[CAFFE_BLOBS];
} roles[] = {
    {"Convolution", {"weight", "bias"}, {4, 1}},  {"Deconvolution", {"weight", "bias"}, {4, 1}},
    {"InnerProduct", {"weight", "bias"}, {2, 1}}, {"BatchNorm", {"mean", "variance", "scale_factor"}, {1, 1, 1}},
    {"Scale", {"weight", "bias"}, {1, 1}},        {"", {"weight", "bias"}, {0, 0}},
};

static const struct caffe_role *caffe_role_of(const struct caffe_layer *l) {
    const struct caffe_role *r = roles;
    while (r->type[0] && !caffe_is(l, r->type)) r++;
    return r;
}

static int caffe_bad(const char *path, const char *tensor, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s: tensor %s: %s; the file is damaged, make or fetch it again", path,
                     source_show(tensor, shown), what);
}

/* ---- the values of a blob ----------------------------------------------------------------------- */

struct caffe_values {
    const unsigned char *data; /* of the last piece */
    uint64_t pieces, bytes;
};

/* Goes through the pieces of a blob's field: packed values, or one each. `out` gets them, unless NULL. */
static void caffe_walk_values(const struct wire_range *blob, uint32_t field, unsigned width, struct caffe_values *v,
                              unsigned char *out) {
    const unsigned char *at = blob->bytes;
    struct wire_field f;
    *v = (struct caffe_values){0};
    while (wire_next(&at, blob->bytes + blob->length, &f) > 0) {
        if (f.number != field || f.length == 0) continue;
        if (out) memcpy(out + v->bytes, f.bytes, f.length);
        v->data = f.bytes;
        v->bytes += f.length;
        v->pieces++;
        if (f.type == WIRE_VARINT || f.length % width) v->bytes = UINT64_MAX / 2; /* no value has so many bytes */
    }
}

/* Finds a blob's values; where they are in pieces, they are put together. */
static int caffe_find_values(struct caffe_own *own, const Caffe__BlobProto *blob, const char *path,
                             const unsigned char *start, struct source_tensor *t, struct alexcl_error *err) {
    static const struct wire_range none = {(const unsigned char *)"", 0};
    const struct wire_range *range = blob->at < own->file.kept_count ? &own->file.kept[blob->at] : &none;
    struct caffe_values wide, v;
    caffe_walk_values(range, BLOB_DOUBLE_DATA, sizeof(double), &wide, NULL);
    uint32_t field = wide.pieces ? BLOB_DOUBLE_DATA : BLOB_DATA; /* as Caffe does */
    t->type = wide.pieces ? SOURCE_F64 : SOURCE_F32;
    t->type_name = wide.pieces ? "double" : "float";
    caffe_walk_values(range, field, source_width(t->type), &v, NULL);
    if (v.bytes > range->length) return caffe_bad(path, t->name, "its values are not whole ones", err);
    t->data = v.data;
    t->bytes = v.bytes;
    if (v.pieces == 1) t->begin = (uint64_t)(v.data - start);
    if (v.pieces <= 1) return ALEXCL_OK;
    unsigned char *copy;
    int status = arena_alloc(&own->memory, &copy, v.bytes, 1, "a blob's values", err);
    if (status == ALEXCL_OK) caffe_walk_values(range, field, source_width(t->type), &v, copy);
    t->data = copy;
    return status;
}

static int caffe_read_shape(const Caffe__BlobProto *blob, const char *path, int axes, struct source_tensor *t,
                            struct alexcl_error *err) {
    const int64_t old[4] = {blob->num, blob->channels, blob->height, blob->width};
    uint64_t count = t->bytes / source_width(t->type), product = 1;
    const int64_t *dims = old;
    size_t dim_count = 4;
    if (blob->shape) {
        dims = blob->shape->dim;
        dim_count = blob->shape->n_dim;
    } else if (!blob->has_num && !blob->has_channels && !blob->has_height && !blob->has_width) {
        dim_count = 0;
    }
    if (dim_count > CAFFE_AXES) return caffe_bad(path, t->name, "its shape has more than 32 axes", err);
    /* Older files write four axes, the first of them 1 where there are fewer. */
    for (; axes && dim_count > (size_t)axes && dims[0] == 1; dims++) dim_count--;
    t->dims = (int)dim_count;
    for (size_t d = 0; d < dim_count; d++) {
        if (dims[d] < 0) return caffe_bad(path, t->name, "an axis of its shape is below 0", err);
        if (__builtin_mul_overflow(product, (uint64_t)dims[d], &product))
            return caffe_bad(path, t->name, "its shape has more values than can be counted", err);
        if (d < 4) t->shape[d] = (uint64_t)dims[d];
    }
    if (product != count) return caffe_bad(path, t->name, "its shape has another number of values than its data", err);
    return ALEXCL_OK;
}

/* ---- the tensors of a layer --------------------------------------------------------------------- */

struct caffe_reader {
    struct caffe_own *own;
    struct source *source;
    const char *path;
    const unsigned char *start;
    const struct caffe_layer **shared; /* layers before whose blobs have names */
    size_t shared_count;
};

/* A blob of this name in a layer before, where this layer has none of its own values. */
static const Caffe__BlobProto *caffe_find_shared(const struct caffe_reader *r, const struct caffe_layer *l, size_t i) {
    for (size_t s = 0; i < 2 && l->shared[i] && l->shared[i][0] && s < r->shared_count; s++)
        for (size_t j = 0; j < 2; j++) {
            const struct caffe_layer *o = r->shared[s];
            if (j < o->blob_count && o->shared[j] && strcmp(o->shared[j], l->shared[i]) == 0) return o->blobs[j];
        }
    return NULL;
}

static int caffe_read_blob(struct caffe_reader *r, const struct caffe_layer *l, size_t i, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char number[32], shown[SOURCE_SHOWN];
    const struct caffe_role *role = caffe_role_of(l);
    const char *suffix = i < CAFFE_BLOBS ? role->names[i] : NULL;
    const Caffe__BlobProto *blob = l->blobs[i], *shared;
    struct source_tensor *t = &r->source->tensors[r->source->tensor_count];
    snprintf(number, sizeof number, "blob%zu", i);
    TRY(arena_format(&r->own->memory, &t->name, "a name", err, "%s.%s", l->name, suffix ? suffix : number));
    TRY(caffe_find_values(r->own, blob, r->path, r->start, t, err));
    shared = t->bytes ? NULL : caffe_find_shared(r, l, i);
    if (shared) {
        blob = shared;
        TRY(caffe_find_values(r->own, blob, r->path, r->start, t, err));
    }
    TRY(caffe_read_shape(blob, r->path, suffix ? role->axes[i] : 0, t, err));
    if (i == 0 && l->inner_product && l->inner_product->transpose && t->dims == 2 && caffe_is(l, "InnerProduct")) {
        uint64_t outputs = t->shape[1], inputs = t->shape[0];
        t->strided = 1;
        t->shape[0] = outputs;
        t->shape[1] = inputs;
        t->stride[0] = 1;
        t->stride[1] = outputs;
        string_buffer_add(&r->source->done, "%s: from inputs x outputs to outputs x inputs\n",
                          source_show(t->name, shown));
    }
    r->source->tensor_count++;
done:
    return status;
}

/* A tensor of `count` values that is computed here. */
static int caffe_add_tensor(struct caffe_reader *r, const char *layer, const char *suffix, uint64_t count, float **out,
                            struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source_tensor *t = &r->source->tensors[r->source->tensor_count];
    TRY(arena_alloc(&r->own->memory, out, count, sizeof **out, "a tensor", err));
    TRY(arena_format(&r->own->memory, &t->name, "a name", err, "%s.%s", layer, suffix));
    t->type = SOURCE_F32;
    t->type_name = "float";
    t->dims = 1;
    t->shape[0] = count;
    t->data = (const unsigned char *)*out;
    t->bytes = count * sizeof **out;
    r->source->tensor_count++;
done:
    return status;
}

/* BatchNorm's three blobs: sums of the mean and of the variance, and what both are divided by. */
static int caffe_add_norm(struct caffe_reader *r, const struct caffe_layer *l, const struct source_tensor *blobs,
                          struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char shown[SOURCE_SHOWN];
    float *weight, *bias, factor, mean, variance;
    uint64_t count = blobs[0].shape[0];
    double eps = l->batch_norm ? (double)l->batch_norm->eps : 1e-5;
    if (blobs[0].dims != 1 || blobs[1].dims != 1 || blobs[1].shape[0] != count || blobs[2].bytes == 0)
        return caffe_bad(r->path, blobs[0].name, "mean, variance and scale factor do not belong together", err);
    TRY(caffe_add_tensor(r, l->name, "weight", count, &weight, err));
    TRY(caffe_add_tensor(r, l->name, "bias", count, &bias, err));
    source_read(&blobs[2], 0, 1, &factor);
    double scale = factor == 0 ? 0 : 1 / (double)factor;
    for (uint64_t c = 0; c < count; c++) {
        source_read(&blobs[0], c, 1, &mean);
        source_read(&blobs[1], c, 1, &variance);
        double w = 1 / sqrt((double)variance * scale + eps);
        weight[c] = (float)w;
        bias[c] = (float)(-(double)mean * scale * w);
    }
    string_buffer_add(&r->source->done, "%s: mean and variance to a weight and a bias a channel\n",
                      source_show(l->name, shown));
done:
    return status;
}

/* How many channels a weight without a bias has outputs for; 0: it needs none. */
static uint64_t caffe_lacks_bias(const struct caffe_layer *l, const struct source_tensor *weight) {
    if (l->blob_count != 1 || weight->dims < 1 || !strcmp(caffe_role_of(l)->type, "")) return 0;
    return caffe_is(l, "BatchNorm") || caffe_is(l, "Deconvolution") ? 0 : weight->shape[0];
}

static int caffe_read_layer(struct caffe_reader *r, const struct caffe_layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct source_tensor *first = &r->source->tensors[r->source->tensor_count];
    char shown[SOURCE_SHOWN];
    float *zeros;
    for (size_t i = 0; i < l->blob_count; i++) TRY(caffe_read_blob(r, l, i, err));
    if (l->blob_count && (l->shared[0] || l->shared[1])) r->shared[r->shared_count++] = l;
    uint64_t bias = l->blob_count ? caffe_lacks_bias(l, first) : 0;
    if (bias) {
        TRY(caffe_add_tensor(r, l->name, "bias", bias, &zeros, err));
        string_buffer_add(&r->source->done, "%s: has no bias: zeros\n", source_show(l->name, shown));
    }
    if (caffe_is(l, "BatchNorm") && l->blob_count == 3) TRY(caffe_add_norm(r, l, first, err));
done:
    return status;
}

/* ---- the net ------------------------------------------------------------------------------------ */

/* Whether all layers of a net that have outputs have weights for as many here. */
static int caffemodel_fits(const struct source *s, const struct alexcl_model *net) {
    char name[SOURCE_SHOWN * 2];
    for (size_t i = 0; i < net->layer_count; i++) {
        if (!net->layers[i].outputs) continue;
        snprintf(name, sizeof name, "%s.weight", net->layers[i].name);
        const struct source_tensor *t = source_find(s, name);
        if (!t || t->dims < 1 || t->shape[0] != (uint64_t)net->layers[i].outputs) return 0;
    }
    return 1;
}

/* A prototxt in the same folder whose net these weights are: of the file's own name, else as Caffe calls them. */
static int caffemodel_look_beside(struct caffe_reader *r, struct alexcl_error *err) {
    static const char ending[] = ".caffemodel";
    const char *const names[] = {"", "deploy.prototxt", "train_val.prototxt"};
    const char *slash = strrchr(r->path, '/');
    size_t length = strlen(r->path), folder = slash ? (size_t)(slash - r->path) + 1 : 0, end = sizeof ending - 1;
    size_t stem = length > end && strcmp(r->path + length - end, ending) == 0 ? length - end : length;
    int status = ALEXCL_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && !r->source->model && status == ALEXCL_OK; i++) {
        struct string_buffer path = {0};
        struct alexcl_error why = {0};
        if (i == 0)
            string_buffer_add(&path, "%.*s.prototxt", (int)stem, r->path);
        else
            string_buffer_add(&path, "%.*s%s", (int)folder, r->path, names[i]);
        if (path.failed)
            status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: a file's name");
        else if (access(path.text, R_OK) == 0 && source_open(path.text, &r->own->beside, &why) == ALEXCL_OK) {
            struct source *beside = r->own->beside;
            if (beside->model && beside->tensor_count == 0 && caffemodel_fits(r->source, beside->model)) {
                r->source->model = beside->model;
                string_buffer_free(&r->source->told);
                string_buffer_add(&r->source->told, "its net is that of %s\n%s", path.text,
                                  beside->told.text ? beside->told.text : "");
            } else {
                source_free(beside);
                r->own->beside = NULL;
            }
        } else if (why.status == ALEXCL_E_MEMORY) {
            status = error_copy(err, &why);
        }
        string_buffer_free(&path);
    }
    return status;
}

/* A net whose input is told and whose types are all computed here is a model too; else one beside it may be. */
static int caffemodel_make_model(struct caffe_reader *r, struct alexcl_error *err) {
    struct alexcl_error why = {0};
    size_t path = strlen(r->path) + 2; /* "PATH: " stands before what is wrong */
    int status = caffe_model_make(r->own, 0, r->path, r->source, &why);
    if (status == ALEXCL_OK) return status;
    if (status != ALEXCL_E_DATA) return error_copy(err, &why);
    status = arena_format(&r->own->memory, &r->source->no_model, "a message", err, "%s",
                          strlen(why.text) > path ? why.text + path : "");
    if (status != ALEXCL_OK) return status;
    return caffemodel_look_beside(r, err);
}

/* ---- the format --------------------------------------------------------------------------------- */

/* Fields of a net come in the order of their numbers, its layers last (2 or 100): what stands before them is of few
 * kinds, and a layer begins with texts or its type. */
static int caffemodel_probe(const unsigned char *bytes, size_t length) {
    static const int types[] = {[1] = WIRE_BYTES, [3] = WIRE_BYTES,  [4] = WIRE_VARINT, [5] = WIRE_VARINT,
                                [6] = WIRE_BYTES, [7] = WIRE_VARINT, [8] = WIRE_BYTES};
    const unsigned char *at = bytes, *inside;
    struct wire_field f, first;
    while (wire_next(&at, bytes + length, &f) > 0) {
        if (f.type == WIRE_BYTES && (f.number == 2 || f.number == 100)) {
            inside = f.bytes;
            return wire_next(&inside, f.bytes + f.length, &first) > 0 && first.number <= 10;
        }
        if (f.number > 8 || f.type != types[f.number]) return 0;
    }
    return 0;
}

static const struct wire_rules rules = {
    .type = &caffe__net_parameter__descriptor, .kept = &caffe__blob_proto__descriptor, .kept_field = 1000000};

static int caffemodel_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                            struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct caffe_own *own;
    struct caffe_reader r = {.source = s, .path = path, .start = bytes};
    size_t most = 0;
    TRY(memory_alloc(&own, 1, sizeof *own, "a Caffe net", err));
    s->own = r.own = own;
    TRY(wire_read(&rules, bytes, length, path, &own->file, err));
    TRY(caffe_find_layers(own, path, err));
    for (size_t i = 0; i < own->layer_count; i++) most += own->layers[i].blob_count + 2;
    TRY(memory_alloc(&s->tensors, most, sizeof *s->tensors, "the tensors of a Caffe net", err));
    TRY(memory_alloc(&r.shared, own->layer_count, sizeof *r.shared, "the layers of a net", err));
    for (size_t i = 0; i < own->layer_count; i++) TRY(caffe_read_layer(&r, &own->layers[i], err));
    TRY(source_check_names(s, path, err));
    s->in_order = 1;
    TRY(caffemodel_make_model(&r, err));
done:
    free(r.shared);
    return status;
}

const struct source_format caffemodel_format = {
    .name = "caffemodel", .probe = caffemodel_probe, .parse = caffemodel_parse, .release = caffe_release};
