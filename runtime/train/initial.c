/* SPDX-License-Identifier: MIT */
/* The numbers of a tensor are keyed by the layer's name, and each by its place in the whole tensor, so a half of a
 * layer makes its own rows alone. The places of the paper's recipe are found by counting: nets that are no AlexNet have
 * a second convolution as well, and it begins as the paper's did. */
#include "initial.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "memory.h"
#include "normal.h"

/* Where a layer stands among those with weights. */
struct initial_place {
    int convolution; /* its number, from 1; 0: it is none */
    int hidden;      /* fully connected, and others follow */
};

static unsigned initial_fields(const struct alexcl_model *m, size_t index) {
    return layer_type(alexcl_model_row(m, index)->type)->fields & (LAYER_FIELD_CHANNELS | LAYER_FIELD_UNITS);
}

static struct initial_place initial_find_place(const struct alexcl_model *m, size_t index) {
    struct initial_place place = {0, 0};
    if (initial_fields(m, index) == LAYER_FIELD_CHANNELS)
        for (size_t i = 0; i <= index; i++) place.convolution += initial_fields(m, i) == LAYER_FIELD_CHANNELS;
    if (initial_fields(m, index) == LAYER_FIELD_UNITS)
        for (size_t i = index + 1; i < m->layer_count; i++) place.hidden |= initial_fields(m, i) != 0;
    return place;
}

static void initial_fill_bias(const struct recipe *r, struct initial_place place, const struct layer_fill *f) {
    int set = place.convolution == 2 || place.convolution == 4 || place.convolution == 5 || place.hidden;
    for (size_t i = 0; i < (size_t)f->count * f->row; i++) f->out[i] = set ? (float)r->bias : 0.0f;
}

static void initial_fill_weight(const struct recipe *r, struct initial_place place, const struct layer_fill *f) {
    uint64_t first = (uint64_t)f->first * f->row;
    size_t count = (size_t)f->count * f->row;
    if (r->init == RECIPE_GLOROT) {
        double fan_in = (double)f->row, fan_out = (double)f->shape[0] * f->shape[2] * f->shape[3];
        counter_rng_fill_uniform(f->out, f->key, first, count, sqrt(6 / (fan_in + fan_out)), 0);
    } else {
        int middle = place.convolution >= 3 && place.convolution <= 5;
        normal_fill(f->out, f->key, first, count,
                    middle         ? r->deviation_middle
                    : place.hidden ? r->deviation_hidden
                                   : r->deviation);
    }
    if (f->desc->connections) layer_cut_connections(f);
}

int initial_fill(const struct initial *in, size_t index, const struct layer_tensor *t, int first, int count, float *out,
                 struct alexcl_error *err) {
    const struct alexcl_layer *desc = alexcl_model_row(in->model, index);
    struct string_buffer name = {0};
    struct initial_place place = initial_find_place(in->model, index);
    string_buffer_add(&name, "init/%s.%s", desc->name, t->stream);
    if (name.failed) {
        string_buffer_free(&name);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the name of a tensor");
    }
    const struct layer_fill f = {.desc = desc,
                                 .shape = t->shape,
                                 .first = first,
                                 .count = count,
                                 .row = layer_tensor_row(t),
                                 .key = counter_rng_key(in->seed, name.text),
                                 .gain = 1,
                                 .out = out};
    string_buffer_free(&name);
    if (strcmp(t->suffix, "bias") == 0)
        initial_fill_bias(in->recipe, place, &f);
    else if (t->trainable && initial_fields(in->model, index))
        initial_fill_weight(in->recipe, place, &f);
    else
        t->fill(&f);
    return ALEXCL_OK;
}
