/* SPDX-License-Identifier: MIT */
/* Fully connected layer for any device: one work-group makes ROWS outputs of IMAGES images, so that a weight is read
 * once for all of them and a value for all outputs: `tools/occupancy` says what that tile allows on which GPU.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * Item t of 64 adds the products i = t, t + 64, ...; then the 64 sums are added in order, with the bias: the same
 * sequence for one (n, o) whatever ROWS, IMAGES, the batch and the placement.
 * -DHALF, -DINT8: w as fc_weight.clh says. */
#include "common.clh"
#include "fc_weight.clh"

#ifndef ROWS
#define ROWS 4
#endif
#ifndef IMAGES
#define IMAGES 4
#endif
#define ITEMS 64
#define SUMS (ROWS * IMAGES)
#define AT_ONCE (SUMS < 16 ? SUMS : 16) /* sums whose parts are in local memory at once; divides SUMS */

/* x: n x in, w: out x in, b: out, y: n x out; images first .. end-1.
 * Range: ceil((end - first) / IMAGES) * 64, ceil(out / ROWS); group 64 x 1. */
__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
fc_forward(__global const float *restrict x, __global const WEIGHT *restrict w, __global const float *restrict b,
           __global float *restrict y, int first, int end, int in, int out) {
    __local float parts[AT_ONCE * (ITEMS + 1)]; /* one more: a column of parts falls into different banks */
    int item = (int)get_local_id(0), image = first + (int)get_group_id(0) * IMAGES, row = (int)get_group_id(1) * ROWS;

    float sums[SUMS];
#pragma unroll
    for (int s = 0; s < SUMS; s++) sums[s] = 0.0f;
    /* Rows and images behind the last are computed as copies of the last and not stored. */
    for (int i = item; i < in; i += ITEMS) {
        float values[IMAGES];
#pragma unroll
        for (int n = 0; n < IMAGES; n++) values[n] = x[min(image + n, end - 1) * in + i];
#pragma unroll
        for (int o = 0; o < ROWS; o++) {
            float weight = fc_weight(w, min(row + o, out - 1), i, in);
#pragma unroll
            for (int n = 0; n < IMAGES; n++)
                sums[o * IMAGES + n] = MULTIPLY_ADD(weight, values[n], sums[o * IMAGES + n]);
        }
    }
#pragma unroll
    for (int first_sum = 0; first_sum < SUMS; first_sum += AT_ONCE) {
#pragma unroll
        for (int s = 0; s < AT_ONCE; s++) parts[s * (ITEMS + 1) + item] = sums[first_sum + s];
        barrier(CLK_LOCAL_MEM_FENCE); /* all parts are there */
        for (int s = item; s < AT_ONCE; s += ITEMS) {
            int o = row + (first_sum + s) / IMAGES, n = image + (first_sum + s) % IMAGES;
            float sum = 0.0f;
            for (int i = 0; i < ITEMS; i++) sum = MULTIPLY_ADD(parts[s * (ITEMS + 1) + i], 1.0f, sum);
            if (o < out && n < end) y[n * out + o] = sum + b[o];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
