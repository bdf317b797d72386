/* SPDX-License-Identifier: MIT */
/* Fully connected layer for CPU devices: one work-item owns ROWS outputs of IMAGES images.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * Sixteen partial sums run side by side (i mod 16) and are added in a fixed order at the end, with the bias: the same sequence of
 * operations for one (n, o) whatever ROWS, IMAGES, the batch and the placement. The rest of a row behind the last full 16 values
 * is read one by one and filled up with zeros. */
#ifndef ROWS
#define ROWS 4
#endif
#ifndef IMAGES
#define IMAGES 4
#endif

/* Adds up the lanes of v, halving: (0+8, 1+9 ..), and so on. */
float fc_add_lanes(float16 v) {
    float lanes[16];
    vstore16(v, 0, lanes);
    for (int half_width = 8; half_width > 0; half_width /= 2)
        for (int i = 0; i < half_width; i++) lanes[i] += lanes[i + half_width];
    return lanes[0];
}

/* `count` < 16 values, then zeros. */
float16 fc_load_part(__global const float *from, int count) {
    float values[16];
    for (int i = 0; i < 16; i++) values[i] = i < count ? from[i] : 0.0f;
    return vload16(0, values);
}

/* x: n x in, w: out x in, b: out, y: n x out; images first .. end-1.
 * Range: ceil((end - first) / IMAGES), ceil(out / ROWS); images are the fast dimension, so that the rows stay in the cache. */
__kernel __attribute__((vec_type_hint(float16))) void fc_cpu_forward(__global const float *restrict x, __global const float *restrict w,
                                                             __global const float *restrict b, __global float *restrict y, int first, int end, int in,
                                                             int out) {
    int image = first + (int)get_global_id(0) * IMAGES, row = (int)get_global_id(1) * ROWS;
    if (image >= end || row >= out) return;

    /* Rows and images behind the last are computed as copies of the last and not stored. */
    __global const float *from[IMAGES];
    __global const float *weights[ROWS];
    float16 sums[ROWS][IMAGES];
#pragma unroll
    for (int n = 0; n < IMAGES; n++) from[n] = x + min(image + n, end - 1) * in;
#pragma unroll
    for (int o = 0; o < ROWS; o++) weights[o] = w + min(row + o, out - 1) * in;
#pragma unroll
    for (int o = 0; o < ROWS; o++)
#pragma unroll
        for (int n = 0; n < IMAGES; n++) sums[o][n] = (float16)(0.0f);

    int i = 0;
    for (; i + 16 <= in; i += 16) {
        float16 values[IMAGES];
#pragma unroll
        for (int n = 0; n < IMAGES; n++) values[n] = vload16(0, from[n] + i);
#pragma unroll
        for (int o = 0; o < ROWS; o++) {
            float16 weight = vload16(0, weights[o] + i);
#pragma unroll
            for (int n = 0; n < IMAGES; n++) sums[o][n] = fma(weight, values[n], sums[o][n]);
        }
    }
    if (i < in) {
#pragma unroll
        for (int o = 0; o < ROWS; o++) {
            float16 weight = fc_load_part(weights[o] + i, in - i);
#pragma unroll
            for (int n = 0; n < IMAGES; n++) sums[o][n] = fma(weight, fc_load_part(from[n] + i, in - i), sums[o][n]);
        }
    }
#pragma unroll
    for (int o = 0; o < ROWS; o++)
#pragma unroll
        for (int n = 0; n < IMAGES; n++)
            if (row + o < out && image + n < end) y[(image + n) * out + row + o] = fc_add_lanes(sums[o][n]) + b[row + o];
}
