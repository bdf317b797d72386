/* SPDX-License-Identifier: MIT */
/* Activations and scaling, value by value, computed in double and rounded once. */
#include <math.h>

#include "ref.h"

static double ref_activate(double x, enum alexcl_layer_type type) {
    switch (type) {
    case ALEXCL_RELU: return x < 0.0 ? 0.0 : x; /* NaN stays NaN */
    case ALEXCL_TANH: return tanh(x);
    case ALEXCL_SIGMOID: return 1.0 / (1.0 + exp(-x));
    case ALEXCL_LECUN_TANH: return 1.7159 * tanh(2.0 * x / 3.0); /* LeCun et al. 1998, appendix A */
    default: return x;
    }
}

/* x, y: count values. */
void ref_activation(float *y, const float *x, size_t count, enum alexcl_layer_type type) {
    for (size_t i = 0; i < count; i++) y[i] = (float)ref_activate(x[i], type);
}

/* The derivative at a value whose activation is y. */
static double ref_activation_slope(double y, enum alexcl_layer_type type) {
    switch (type) {
    case ALEXCL_RELU: return y > 0.0 ? 1.0 : 0.0;
    case ALEXCL_TANH: return 1.0 - y * y;
    case ALEXCL_SIGMOID: return y * (1.0 - y);
    case ALEXCL_LECUN_TANH: return 2.0 / 3.0 * (1.7159 - y * y / 1.7159);
    default: return 1.0;
    }
}

/* gx, y, gy: count values. */
void ref_activation_input_gradient(float *gx, const float *y, const float *gy, size_t count,
                                   enum alexcl_layer_type type) {
    for (size_t i = 0; i < count; i++) gx[i] = (float)((double)gy[i] * ref_activation_slope(y[i], type));
}

/* x, y: count values. */
void ref_scale(float *y, const float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) y[i] = (float)((double)x[i] * (double)factor);
}
