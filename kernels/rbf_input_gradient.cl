/* SPDX-License-Identifier: MIT */
#include "common.clh"

/* gx[n][i] = sum over o of 2 * gy[n][o] * (x[n][i] - code[o][i]), added in the order of o. The code has no gradient.
 * x, gx: N x inputs, code: outputs x inputs, gy: N x outputs.
 * Range: (inputs, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: the derivative of what rbf.cl computes. */
__kernel void rbf_input_gradient(__global const float *restrict x, __global const float *restrict code,
                                 __global const float *restrict gy, __global float *restrict gx, int inputs,
                                 int outputs) {
    int i = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (i < inputs) {
        float value = x[n * inputs + i], sum = 0.0f;
        gy += n * outputs;
        for (int o = 0; o < outputs; o++)
            sum = MULTIPLY_ADD(2.0f * gy[o], value - code[(size_t)o * inputs + i], sum);
        gx[n * inputs + i] = sum;
    }
}
