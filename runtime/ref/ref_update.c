/* SPDX-License-Identifier: MIT */
/* One step of an optimiser, value by value. What is stored is rounded once each: a weight moves by its velocity as that
 * was before it was rounded. */
#include <math.h>

#include "ref.h"

void ref_sgd(float *w, const float *g, float *v, size_t count, int form, float rate, float decay, float momentum) {
    for (size_t i = 0; i < count; i++) {
        double weight = w[i], gradient = g[i], velocity = (double)momentum * v[i];
        switch (form) {
        case 1:
            velocity += rate * (gradient + decay * weight);
            weight -= velocity;
            break;
        case 2:
            velocity += gradient + decay * weight;
            weight -= rate * velocity;
            break;
        default: velocity -= decay * weight + rate * gradient; weight += velocity;
        }
        w[i] = (float)weight;
        v[i] = (float)velocity;
    }
}

void ref_adam(float *w, const float *g, float *m, float *v, size_t count, int form, float rate, float decay,
              float rise1, float rise2, float epsilon) {
    for (size_t i = 0; i < count; i++) {
        double weight = w[i], gradient = g[i], mean = m[i], square = v[i];
        if (form == 0)
            weight -= decay * weight;
        else
            gradient += decay * weight;
        mean += rise1 * (gradient - mean);
        square += rise2 * (gradient * gradient - square);
        w[i] = (float)(weight - rate * mean / (sqrt(square) + epsilon));
        m[i] = (float)mean;
        v[i] = (float)square;
    }
}
