/* SPDX-License-Identifier: MIT */

/* y = a + b, value by value; y may be a.
 * a, b, y: N x values (values of one image).
 * Range: (values, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: He et al. 2016, equation 1. */
__kernel void add_forward(__global const float *a, __global const float *b, __global float *y, int values) {
    int i = (int)get_global_id(0);
    if (i < values) {
        size_t at = get_global_id(1) * values + i;
        y[at] = a[at] + b[at];
    }
}
