/* SPDX-License-Identifier: MIT */
#include "common.clh"
#include "window.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif
/* -DALL_TIES: a window's gradient goes to each of its largest values, as in the code of 2012. */

/* Max-pooling's gradient by its input: each window gives gy to the first of its largest values, by row and column (a
 * NaN to the last NaN, which is what the forward pass makes), and a value adds up what the windows give that it is in,
 * again by row and column. Windows: maxpool.cl.
 * x, gx: N x channels x h x w, gy: N x channels x out_h x out_w.
 * Range: (h * w, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value of gx.
 * Source: Krizhevsky et al. 2012, section 3.4; the first of several: Caffe and PyTorch. */
__kernel void maxpool_input_gradient(__global const float *restrict x, __global const float *restrict gy,
                                     __global float *restrict gx, int channels, int h, int w, int out_h, int out_w,
                                     int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top,
                                     int pad_left) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        x += map * h * w * BLOCK + c % BLOCK;
        gy += map * out_h * out_w * BLOCK + c % BLOCK;
        int row = i / w + pad_top, column = i % w + pad_left;
        float value = x[i * BLOCK], sum = 0.0f;
        int last_p = LAST_WINDOW(row, stride_h, out_h), last_q = LAST_WINDOW(column, stride_w, out_w);
        for (int p = FIRST_WINDOW(row, kernel_h, stride_h, DILATION_H); p <= last_p; p++) {
            for (int q = FIRST_WINDOW(column, kernel_w, stride_w, DILATION_W); q <= last_q; q++) {
                int lost = (row - p * stride_h) % DILATION_H || (column - q * stride_w) % DILATION_W;
                for (int r = 0; r < kernel_h && !lost; r++) {
                    for (int s = 0; s < kernel_w && !lost; s++) {
                        int y_at = p * stride_h - pad_top + r * DILATION_H;
                        int x_at = q * stride_w - pad_left + s * DILATION_W;
                        if (y_at < 0 || y_at >= h || x_at < 0 || x_at >= w) continue;
                        int at = y_at * w + x_at;
                        float other = x[at * BLOCK];
#ifdef ALL_TIES
                        lost = !(other <= value);
#else
                        lost = at < i ? !(other < value) && !isnan(value) : at > i && (other > value || isnan(other));
#endif
                    }
                }
                if (!lost) sum = MULTIPLY_ADD(gy[(p * out_w + q) * BLOCK], 1.0f, sum);
            }
        }
        gx[(map * h * w + i) * BLOCK + c % BLOCK] = sum;
    }
}
