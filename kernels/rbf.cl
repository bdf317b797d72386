/* SPDX-License-Identifier: MIT */
#include "common.clh"

/* Radial basis outputs: y[n][o] = sum over i of (x[n][i] - code[o][i])^2, added in the order of i.
 * x: N x inputs, code: outputs x inputs, y: N x outputs.
 * Range: (outputs, images), the image never padded (local size 1, global offset); one work-item computes one output.
 * Source: LeCun et al. 1998, section II.B, equation 7. */
__kernel void rbf_forward(__global const float *restrict x, __global const float *restrict code,
                          __global float *restrict y, int inputs, int outputs) {
    int o = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (o < outputs) {
        x += n * inputs;
        code += (size_t)o * inputs;
        float sum = 0.0f;
        for (int i = 0; i < inputs; i++) {
            float d = x[i] - code[i];
            sum = MULTIPLY_ADD(d, d, sum);
        }
        y[n * outputs + o] = sum;
    }
}
