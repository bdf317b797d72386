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

/* x, y: count values. */
void ref_scale(float *y, const float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) y[i] = (float)((double)x[i] * (double)factor);
}
