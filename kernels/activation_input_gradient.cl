/* SPDX-License-Identifier: MIT */
/* -DACTIVATION=: 0 relu, 1 tanh, 2 sigmoid, 3 LeCun's scaled tanh. */
#ifndef ACTIVATION
#define ACTIVATION 0
#endif

/* gx = gy * f'(x), value by value, where y = f(x) tells the slope; gx may be gy. The slope of relu at 0 is 0.
 * y, gy, gx: N x values (values of one image).
 * Range: (values, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: the derivatives of what activation.cl computes. */
__kernel void activation_input_gradient(__global const float *restrict y, __global const float *gy, __global float *gx,
                                        int values) {
    int i = (int)get_global_id(0);
    if (i < values) {
        size_t at = get_global_id(1) * values + i;
        float v = y[at], g = gy[at];
#if ACTIVATION == 0
        gx[at] = v > 0.0f ? g : 0.0f;
#elif ACTIVATION == 1
        gx[at] = g * (1.0f - v * v);
#elif ACTIVATION == 2
        gx[at] = g * (v * (1.0f - v));
#elif ACTIVATION == 3
        gx[at] = g * (2.0f / 3.0f * (1.7159f - v * v / 1.7159f));
#else
#error "ACTIVATION must be 0 .. 3"
#endif
    }
}
