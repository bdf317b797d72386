/* SPDX-License-Identifier: MIT */
/* LPIPS on the values of a net's layers. They lie channel by channel, so both sums over channels, the lengths and the
 * weighted differences, go through a strip of pixels at a time: its sums stay in registers and cache, and neighbouring
 * pixels are computed side by side. All sums are double and in one order. Of the reference the values and the inverse
 * lengths are kept, not the scaled values: the two pictures are then treated alike, to the bit. */
#include "lpips.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "status.h"

enum { STRIP = 32 };             /* pixels */
static const double EPS = 1e-10; /* added to a length, as the original does */

const char *const lpips_layers[LPIPS_LAYERS] = {"relu1", "relu2", "relu3", "relu4", "relu5"};

struct lpips_layer {
    size_t channels, pixels;
    double *weights; /* [channel] */
    double *inverse; /* [pixel]: 1 / the length of the reference's channels */
    float *values;   /* the reference's */
};
struct lpips {
    struct lpips_layer layers[LPIPS_LAYERS];
};

int lpips_model(int height, int width, struct alexcl_model *out, struct alexcl_error *err) {
    /* ((2 x / 255 - 1) - shift) / scale, of pixels 0..255 */
    static const double mean[3] = {1 - .030, 1 - .088, 1 - .188}, std[3] = {.458, .448, .450};
    const struct alexcl_model *base;
    int last, status = alexcl_model_find("alexnet-torchvision", &base, err);
    if (status == ALEXCL_OK) status = alexcl_model_layer(base, lpips_layers[LPIPS_LAYERS - 1], &last, err);
    if (status != ALEXCL_OK) return status;
    if (height < LPIPS_MIN || width < LPIPS_MIN)
        return error_set(err, ALEXCL_E_DATA, "a picture of %d x %d is too small: LPIPS takes %d x %d and larger ones",
                         width, height, LPIPS_MIN, LPIPS_MIN);
    *out = *base;
    out->height = height;
    out->width = width;
    out->scale = 2.0 / 255;
    out->mean = mean;
    out->std = std;
    out->layer_count = (size_t)last + 1;
    return ALEXCL_OK;
}

static int lpips_read_weights(const struct alexcl_weights_file *file, int index, struct lpips_layer *layer,
                              struct alexcl_error *err) {
    char name[32];
    float *values = NULL;
    size_t at = 0;
    uint64_t count = 1;
    int status = ALEXCL_OK;
    snprintf(name, sizeof name, "lin%d.model.1.weight", index);
    const struct alexcl_weights_tensor *t;
    while ((t = alexcl_weights_file_tensor(file, at)) != NULL && strcmp(t->name, name) != 0) at++;
    for (int i = 0; t && i < t->dims && i < 4; i++) count *= t->shape[i];
    if (!t || t->dims > 4 || count != layer->channels)
        return error_set(err, ALEXCL_E_DATA, "no tensor %s of %zu values: not the weights of LPIPS", name,
                         layer->channels);
    TRY(memory_alloc_floats(&values, layer->channels, name, err));
    TRY(alexcl_weights_file_read(file, at, values, layer->channels, err));
    for (size_t c = 0; c < layer->channels; c++) layer->weights[c] = (double)values[c];
done:
    free(values);
    return status;
}

int lpips_open(const struct alexcl_weights_file *file, const struct alexcl_shape shapes[LPIPS_LAYERS],
               struct lpips **out, struct alexcl_error *err) {
    static const char what[] = "what pictures are compared with";
    struct lpips *l = NULL;
    int status = ALEXCL_OK;
    TRY(memory_alloc(&l, 1, sizeof *l, what, err));
    for (int i = 0; i < LPIPS_LAYERS; i++) {
        struct lpips_layer *layer = &l->layers[i];
        layer->channels = (size_t)shapes[i].c;
        layer->pixels = (size_t)shapes[i].h * (size_t)shapes[i].w;
        TRY(memory_alloc(&layer->weights, layer->channels, sizeof *layer->weights, what, err));
        TRY(memory_alloc(&layer->inverse, layer->pixels, sizeof *layer->inverse, what, err));
        TRY(memory_alloc_floats(&layer->values, layer->channels * layer->pixels, what, err));
        TRY(lpips_read_weights(file, i, layer, err));
    }
    *out = l;
    l = NULL;
done:
    lpips_free(l);
    return status;
}

/* 1 / the length of the channels of `count` pixels from `first` on. */
static void lpips_invert(const struct lpips_layer *l, const float *values, size_t first, size_t count,
                         double inverse[STRIP]) {
    double sums[STRIP] = {0};
    for (size_t c = 0; c < l->channels; c++) {
        const float *x = values + c * l->pixels + first;
        for (size_t i = 0; i < count; i++) sums[i] += (double)x[i] * (double)x[i];
    }
    for (size_t i = 0; i < count; i++) inverse[i] = 1 / (sqrt(sums[i]) + EPS);
}

static size_t lpips_strip(const struct lpips_layer *l, size_t first) {
    return l->pixels - first < STRIP ? l->pixels - first : STRIP;
}

void lpips_refer(struct lpips *l, const float *values) {
    for (int i = 0; i < LPIPS_LAYERS; i++) {
        struct lpips_layer *layer = &l->layers[i];
        memcpy(layer->values, values, layer->channels * layer->pixels * sizeof *values);
        for (size_t first = 0; first < layer->pixels; first += STRIP) {
            double inverse[STRIP];
            size_t count = lpips_strip(layer, first);
            lpips_invert(layer, values, first, count, inverse);
            memcpy(layer->inverse + first, inverse, count * sizeof *inverse);
        }
        values += layer->channels * layer->pixels;
    }
}

static double lpips_layer_distance(const struct lpips_layer *l, const float *values) {
    double total = 0;
    for (size_t first = 0; first < l->pixels; first += STRIP) {
        double inverse[STRIP], sums[STRIP] = {0};
        size_t count = lpips_strip(l, first);
        const double *other = l->inverse + first;
        lpips_invert(l, values, first, count, inverse);
        for (size_t c = 0; c < l->channels; c++) {
            const float *x = values + c * l->pixels + first, *y = l->values + c * l->pixels + first;
            double w = l->weights[c];
            for (size_t i = 0; i < count; i++) {
                double d = (double)x[i] * inverse[i] - (double)y[i] * other[i];
                sums[i] += w * d * d;
            }
        }
        for (size_t i = 0; i < count; i++) total += sums[i];
    }
    return total / (double)l->pixels;
}

double lpips_distance(const struct lpips *l, const float *values) {
    double sum = 0;
    for (int i = 0; i < LPIPS_LAYERS; i++) {
        sum += lpips_layer_distance(&l->layers[i], values);
        values += l->layers[i].channels * l->layers[i].pixels;
    }
    return sum;
}

void lpips_free(struct lpips *l) {
    if (!l) return;
    for (int i = 0; i < LPIPS_LAYERS; i++) {
        free(l->layers[i].weights);
        free(l->layers[i].inverse);
        free(l->layers[i].values);
    }
    free(l);
}
