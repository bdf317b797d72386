/* SPDX-License-Identifier: MIT */
#include "common.clh"
#include "window.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Average pooling's gradient by its input: each window gives every value that it has on the map gy, divided by what its
 * sum is divided by (avgpool.cl); a value adds up what the windows give that it is in, by row and column.
 * gx: N x channels x h x w, gy: N x channels x out_h x out_w.
 * Range: (h * w, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value of gx.
 * Source: the derivative of LeCun et al. 1998, section II.A. */
__kernel void avgpool_input_gradient(__global const float *restrict gy, __global float *restrict gx, int channels,
                                     int h, int w, int out_h, int out_w, int kernel_h, int kernel_w, int stride_h,
                                     int stride_w, int pad_top, int pad_left, int end_h, int end_w, int count_pad) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        gy += map * out_h * out_w * BLOCK + c % BLOCK;
        int row = i / w + pad_top, column = i % w + pad_left;
        int last_p = LAST_WINDOW(row, stride_h, out_h), last_q = LAST_WINDOW(column, stride_w, out_w);
        float sum = 0.0f;
        for (int p = FIRST_WINDOW(row, kernel_h, stride_h, DILATION_H); p <= last_p; p++) {
            if ((row - p * stride_h) % DILATION_H) continue;
            /* how many rows of the window are counted: those before its end, less those before its beginning */
            int top = p * stride_h - pad_top, bottom = top + (kernel_h - 1) * DILATION_H + 1;
            int skipped = count_pad ? 0 : max((DILATION_H - 1 - top) / DILATION_H, 0);
            int rows = (min(bottom, count_pad ? end_h : h) - top + DILATION_H - 1) / DILATION_H - skipped;
            for (int q = FIRST_WINDOW(column, kernel_w, stride_w, DILATION_W); q <= last_q; q++) {
                if ((column - q * stride_w) % DILATION_W) continue;
                int left = q * stride_w - pad_left, right = left + (kernel_w - 1) * DILATION_W + 1;
                int missed = count_pad ? 0 : max((DILATION_W - 1 - left) / DILATION_W, 0);
                int columns = (min(right, count_pad ? end_w : w) - left + DILATION_W - 1) / DILATION_W - missed;
                sum = MULTIPLY_ADD(gy[(p * out_w + q) * BLOCK] / ((float)rows * (float)columns), 1.0f, sum);
            }
        }
        gx[(map * h * w + i) * BLOCK + c % BLOCK] = sum;
    }
}
