/* SPDX-License-Identifier: MIT */

/* Joins two halves: y[n] is a[n], then b[n]. Channels are the outer axis of an image, so that a half is one run of floats.
 * a: N x floats0 (half 0), b: N x floats1 (half 1), y: N x (floats0 + floats1); floats of one image.
 * Range: (floats0 + floats1, images), the image never padded (local size 1, global offset); one work-item copies one value.
 * Source: Krizhevsky et al. 2012, figure 2 (layers that read both GPUs). */
__kernel void join_forward(__global const float *restrict a, __global const float *restrict b, __global float *restrict y, int floats0, int floats1) {
    int i = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (i < floats0 + floats1) y[n * (floats0 + floats1) + i] = i < floats0 ? a[n * floats0 + i] : b[n * floats1 + i - floats0];
}
