/* SPDX-License-Identifier: MIT */
/* -DACTIVATION=: 0 relu, 1 tanh, 2 sigmoid, 3 LeCun's scaled tanh. */
#ifndef ACTIVATION
#define ACTIVATION 0
#endif

/* y = f(x), value by value; y may be x. A NaN stays, in relu too.
 * x, y: N x values (values of one image).
 * Range: (values, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: relu: Krizhevsky et al. 2012, section 3.1; scaled tanh: LeCun et al. 1998, appendix A. */
__kernel void activation_forward(__global const float *x, __global float *y, int values) {
    int i = (int)get_global_id(0);
    if (i < values) {
        size_t at = get_global_id(1) * values + i;
        float v = x[at];
#if ACTIVATION == 0
        y[at] = v < 0.0f ? 0.0f : v;
#elif ACTIVATION == 1
        y[at] = tanh(v);
#elif ACTIVATION == 2
        y[at] = 1.0f / (1.0f + exp(-v));
#elif ACTIVATION == 3
        y[at] = 1.7159f * tanh(2.0f / 3.0f * v);
#else
#error "ACTIVATION must be 0 .. 3"
#endif
    }
}
