/* SPDX-License-Identifier: MIT */
/* Joins two halves: y[n] is a[n], then b[n]. Channels are the outer axis of an image, so that a half is one run of
 * floats.
 * Source: Krizhevsky et al. 2012, figure 2 (layers that read both GPUs). */
#ifndef SPAN
/* floats that a work-item copies: neighbours for neighbouring items of a GPU, a long run for one of a CPU */
#define SPAN 1
#endif

/* Floats from .. end - 1. */
void join_copy(__global float *to, __global const float *values, int from, int end) {
    for (; SPAN > 1 && from + 16 <= end; from += 16) vstore16(vload16(0, values + from), 0, to + from);
    for (; from < end; from++) to[from] = values[from];
}

/* a: N x floats0 (half 0), b: N x floats1 (half 1), y: N x (floats0 + floats1); floats of one image.
 * Range: (ceil((floats0 + floats1) / SPAN), images), the image never padded (local size 1, global offset). */
__kernel void join_forward(__global const float *restrict a, __global const float *restrict b,
                           __global float *restrict y, int floats0, int floats1) {
    int from = (int)get_global_id(0) * SPAN, end = min(from + SPAN, floats0 + floats1);
    size_t n = get_global_id(1);
    __global float *to = y + n * (floats0 + floats1);
    join_copy(to, a + n * floats0, from, min(end, floats0));
    join_copy(to + floats0, b + n * floats1, max(from - floats0, 0), end - floats0);
}
