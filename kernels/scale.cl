/* SPDX-License-Identifier: MIT */

/* y = factor * x, value by value (what stands for dropout in a forward pass); y may be x.
 * x, y: N x values (values of one image).
 * Range: (values, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: Krizhevsky et al. 2012, section 4.2. */
__kernel void scale_forward(__global const float *x, __global float *y, int values, float factor) {
    int i = (int)get_global_id(0);
    if (i < values) {
        size_t at = get_global_id(1) * values + i;
        y[at] = x[at] * factor;
    }
}
