/* SPDX-License-Identifier: MIT */
/* A model has an input, a way of preparing pictures, and rows (caffe_rows.c), which this file puts together: the input
 * is told at the top of a file, by a layer for it, or by one that reads a data base when the net is trained; so is the
 * preparation, or not at all. Rows that the last one does not need, as GoogLeNet's heads for training, are left out. */
#include "caffe_model.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "caffe_rows.h"

/* ---- what goes in ------------------------------------------------------------------------------- */

static int caffe_set_input(struct caffe_builder *b, const char *blob, int64_t c, int64_t h, int64_t w,
                           struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    if (b->has_input)
        return error_set(err, ALEXCL_E_DATA, "%s: a second input, \"%s\": nets of one picture are computed here",
                         b->path, source_show(blob, shown));
    if (c < 1 || c > CAFFE_CHANNELS || h < 1 || h > CAFFE_SIDE || w < 1 || w > CAFFE_SIDE)
        return error_set(err, ALEXCL_E_DATA, "%s: its input is %lld x %lld x %lld: sides must be from 1 to %d", b->path,
                         (long long)c, (long long)h, (long long)w, CAFFE_SIDE);
    b->has_input = 1;
    b->model->channels = (int)c;
    b->model->height = (int)h;
    b->model->width = (int)w;
    b->values[b->value_count++] =
        (struct caffe_value){.name = blob, .row = CAFFE_INPUT, .shape = {(int)c, (int)h, (int)w}};
    return ALEXCL_OK;
}

static int caffe_set_input_shape(struct caffe_builder *b, const char *blob, const int64_t *dims, size_t count,
                                 struct alexcl_error *err) {
    if (count != 4)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: its input has %zu dimensions: images x channels x height x width are due", b->path,
                         count);
    return caffe_set_input(b, blob, dims[1], dims[2], dims[3], err);
}

/* `input:` at the top of a file, with input_dim or input_shape. */
static int caffe_read_input(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__NetParameter *net = caffe_net(b->own);
    for (size_t i = 0; i < net->n_input; i++) {
        const Caffe__BlobShape *shape = i < net->n_input_shape ? net->input_shape[i] : NULL;
        int old = !shape && net->n_input_dim >= 4 * (i + 1);
        int status = caffe_set_input_shape(b, net->input[i],
                                           shape ? shape->dim
                                           : old ? net->input_dim + 4 * i
                                                 : NULL,
                                           shape ? shape->n_dim
                                           : old ? 4
                                                 : 0,
                                           err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

static int caffe_add_input(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__InputParameter *p = b->layer->input;
    if (!p || p->n_shape == 0) return caffe_refuse(b, "it has no input_param { shape }", err);
    for (size_t i = 0; i < b->layer->top_count; i++) {
        const Caffe__BlobShape *shape = p->shape[i < p->n_shape ? i : p->n_shape - 1];
        int status = caffe_set_input_shape(b, b->layer->tops[i], shape->dim, shape->n_dim, err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

/* How many channels the first convolution reads, by its weights; 0 where there are none. */
static int64_t caffe_weighed_channels(const struct caffe_builder *b, const char *blob) {
    for (size_t i = 0; i < b->own->layer_count; i++) {
        const struct caffe_layer *l = &b->own->layers[i];
        if (!caffe_is(l, "Convolution") || !l->blob_count || !l->bottom_count) continue;
        if (strcmp(l->bottoms[0], blob) != 0) continue;
        const Caffe__BlobProto *w = l->blobs[0];
        int64_t of_group = w->shape ? w->shape->n_dim == 4 ? w->shape->dim[1] : 0 : w->channels;
        return of_group > 0 && of_group < CAFFE_CHANNELS ? of_group * (l->convolution ? l->convolution->group : 1) : 0;
    }
    return 0;
}

/* A layer that reads a data base: what it cuts out of a picture. Its second top are the labels. */
static int caffe_add_data(struct caffe_builder *b, struct alexcl_error *err) {
    const Caffe__TransformationParameter *t = b->layer->transform;
    const Caffe__MemoryDataParameter *m = b->layer->memory_data;
    int status = ALEXCL_OK;
    const char *top = b->layer->top_count ? b->layer->tops[0] : NULL;
    if (!top) return caffe_refuse(b, "its result has no name: it has no top", err);
    int64_t crop = t ? t->crop_size : 0, channels = caffe_weighed_channels(b, top);
    if (!channels) channels = t && (t->force_gray || t->n_mean_value == 1) ? 1 : 3;
    if (m && m->channels)
        status = caffe_set_input(b, top, m->channels, crop ? crop : m->height, crop ? crop : m->width, err);
    else if (crop)
        status = caffe_set_input(b, top, channels, crop, crop, err);
    else
        return caffe_refuse(b,
                            "how large its pictures are stands in its data base (no crop_size): name a prototxt with "
                            "an input (deploy.prototxt)",
                            err);
    for (size_t i = 1; i < b->layer->top_count && status == ALEXCL_OK; i++)
        status = caffe_write(b, b->layer->tops[i], (struct caffe_value){.row = CAFFE_LABEL}, err);
    return status;
}

/* ---- preparation -------------------------------------------------------------------------------- */

/* The mean of every channel: of the file, else ImageNet's, as a mean_file mostly is (its mean over the pixels), or in
 * whole numbers, as Caffe's later nets have it. Caffe subtracts the mean, then multiplies; here it is the other way
 * round. */
static int caffe_set_mean(struct caffe_builder *b, const Caffe__TransformationParameter *t, struct alexcl_error *err) {
    static const double files[] = {104.0069879, 116.6687676, 122.6789143}, round[] = {104, 117, 123};
    struct alexcl_model *m = b->model;
    size_t count = t ? t->n_mean_value : 0;
    double *kept;
    int status = arena_alloc(&b->own->memory, &kept, (size_t)m->channels, sizeof *kept, "a mean", err);
    if (status != ALEXCL_OK) return status;
    for (int c = 0; c < m->channels; c++) {
        kept[c] = count ? caffe_decimal(t->mean_value[count == 1 ? 0 : c]) : t ? files[c] : round[c];
        if (c == 0 || count != 1) string_buffer_add(b->told, "%s%g", c ? "," : " less ", kept[c]);
        kept[c] *= m->scale;
    }
    m->mean = kept;
    return status;
}

/* What a data layer says of pictures, else what Caffe's own nets have: BGR, ImageNet's mean. */
static int caffe_prepare(struct caffe_builder *b, const Caffe__TransformationParameter *t, struct alexcl_error *err) {
    struct alexcl_model *m = b->model;
    int status = ALEXCL_OK, larger = m->height > m->width ? m->height : m->width, colour = m->channels == 3;
    m->colour = colour ? ALEXCL_BGR : ALEXCL_GREY;
    m->resize = colour && larger >= 200 && larger < 256 ? 256 : larger; /* ImageNet's pictures, cut to the input */
    m->scale = t && t->has_scale ? caffe_decimal(t->scale) : 1;
    size_t count = t ? t->n_mean_value : 0;
    if (count && count != 1 && count != (size_t)m->channels)
        return error_set(err, ALEXCL_E_DATA, "%s: %zu numbers in mean_value for %d channels", b->path, count,
                         m->channels);
    string_buffer_add(b->told, "pictures: %s, shorter side to %d, values 0..255", colour ? "BGR" : "grey", m->resize);
    int known = t && (count || !t->mean_file);
    if (count || (!known && colour)) TRY(caffe_set_mean(b, t, err));
    if (m->scale != 1) string_buffer_add(b->told, ", times %g", m->scale);
    string_buffer_add(b->told, known ? " (transform_param)\n"
                               : t   ? " (assumed to be ImageNet's mean: a mean_file is not read)\n"
                                     : " (assumed: the file does not say it)\n");
done:
    return status;
}

/* ---- layers ------------------------------------------------------------------------------------- */

static int caffe_meets(const Caffe__NetStateRule *r) {
    return !(r->has_phase && r->phase != CAFFE__PHASE__TEST) && !(r->has_min_level && r->min_level > 0) &&
           !(r->has_max_level && r->max_level < 0) && r->n_stage == 0;
}

/* Whether a layer is part of the net when it is used, at level 0, in no stage. */
static int caffe_is_used(const struct caffe_layer *l) {
    int used = l->include_count == 0;
    for (size_t i = 0; i < l->include_count; i++) used |= caffe_meets(l->include[i]);
    for (size_t i = 0; i < l->exclude_count; i++) used &= !caffe_meets(l->exclude[i]);
    return used;
}

static int caffe_add_any(struct caffe_builder *b, struct alexcl_error *err) {
    static const char *const data[] = {"Data", "ImageData", "MemoryData"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        if (caffe_is(b->layer, data[i])) return caffe_add_data(b, err);
    return caffe_is(b->layer, "Input") ? caffe_add_input(b, err) : caffe_add_layer(b, err);
}

/* Rows that the last one needs, and how they name each other. */
static int caffe_link(struct caffe_builder *b, struct alexcl_error *err) {
    int count = 0, left_out = 0;
    char shown[SOURCE_SHOWN];
    b->links[b->row_count - 1].needed = 1;
    for (int i = b->row_count; i-- > 0;)
        for (int j = 0; j < b->links[i].count && b->links[i].needed; j++)
            if (b->links[i].inputs[j] >= 0) b->links[b->links[i].inputs[j]].needed = 1;
    for (int i = 0; i < b->row_count; i++) {
        struct caffe_row *link = &b->links[i];
        if (!link->needed) {
            string_buffer_add(b->told, left_out++ ? ", %s" : "left out, since the last layer needs nothing of it: %s",
                              source_show(b->rows[i].name, shown));
            continue;
        }
        struct alexcl_layer *row = &b->rows[count];
        const char **names;
        *row = b->rows[i];
        link->number = count;
        int before =
            link->count == 1 && (link->inputs[0] < 0 ? count == 0 : b->links[link->inputs[0]].number == count - 1);
        if (!before) {
            int status =
                arena_alloc(&b->own->memory, &names, (size_t)link->count + 1, sizeof *names, "a layer's inputs", err);
            if (status != ALEXCL_OK) return status;
            for (int j = 0; j < link->count; j++)
                names[j] = link->inputs[j] < 0 ? ALEXCL_INPUT : b->rows[b->links[link->inputs[j]].number].name;
            row->inputs = names;
        }
        count++;
    }
    if (left_out) string_buffer_add(b->told, "\n");
    b->model->layer_count = (size_t)count;
    return ALEXCL_OK;
}

/* The net's own name, fit for a model's. */
static int caffe_set_name(struct caffe_builder *b, struct alexcl_error *err) {
    enum { MOST = 200 };
    const char *name = caffe_net(b->own)->name;
    char *kept;
    if (!name || !*name) name = "caffe";
    int status = arena_alloc(&b->own->memory, &kept, MOST + 1, 1, "a net's name", err);
    if (status != ALEXCL_OK) return status;
    snprintf(kept, MOST + 1, "%s", name);
    source_make_plain(kept);
    b->model->name = kept;
    b->model->about = "a net of Caffe's, from a file";
    return ALEXCL_OK;
}

int caffe_model_make(struct caffe_own *own, int phase, const char *path, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct caffe_builder b = {.own = own, .path = path, .told = &s->told};
    const Caffe__TransformationParameter *transform = NULL;
    size_t tops = caffe_net(own)->n_input;
    for (size_t i = 0; i < own->layer_count; i++) tops += own->layers[i].top_count + 1;
    TRY(arena_alloc(&own->memory, &b.model, 1, sizeof *b.model, "a model", err));
    TRY(arena_alloc(&own->memory, &b.rows, 2 * own->layer_count, sizeof *b.rows, "a net's layers", err));
    TRY(memory_alloc(&b.links, 2 * own->layer_count, sizeof *b.links, "a net's layers", err));
    TRY(memory_alloc(&b.values, tops, sizeof *b.values, "a net's values", err));
    TRY(caffe_read_input(&b, err));
    for (size_t i = 0; i < own->layer_count; i++) {
        b.layer = &own->layers[i];
        if (phase && !caffe_is_used(b.layer)) continue;
        if (b.layer->transform && !transform) transform = b.layer->transform;
        TRY(caffe_add_any(&b, err));
    }
    if (b.row_count == 0 || !b.has_input) {
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", path,
                           b.row_count ? "it has no input: name a prototxt with one (deploy.prototxt)"
                                       : "it has no layers: a net's own prototxt has them, a solver's names that");
        goto done;
    }
    TRY(caffe_set_name(&b, err));
    TRY(caffe_prepare(&b, transform, err));
    TRY(caffe_link(&b, err));
    b.model->size = sizeof *b.model;
    b.model->layers = b.rows;
    b.model->layer_size = sizeof *b.rows;
    s->model = b.model;
done:
    free(b.links);
    free(b.values);
    return status;
}
