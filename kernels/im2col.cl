/* SPDX-License-Identifier: MIT */
#include "window.clh"

/* Lays out what a convolution reads as a matrix, so that it becomes weights x columns: row (c * kernel_h + ky) *
 * kernel_w + kx, column oy * out_w + ox holds
 *   x[n][first + c][oy * stride_h + ky * DILATION_H - pad_top][ox * stride_w + kx * DILATION_W - pad_left],
 * 0 outside the map (on any side).
 * x: N x in_channels x h x w, of which channels first .. first + channels - 1 of one image (a group) are read;
 * columns: (channels * kernel_h * kernel_w) x (out_h * out_w), of that image alone, from float `start` of the
 * buffer.
 * Range: (out_h * out_w, channels, 1), the last one's global offset being the image n; one work-item writes
 * kernel_h * kernel_w values of one column.
 * Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing". */
__kernel void im2col(__global const float *restrict x, __global float *restrict columns, int start, int in_channels,
                     int first, int channels, int h, int w, int out_h, int out_w, int kernel_h, int kernel_w,
                     int stride_h, int stride_w, int pad_top, int pad_left) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    int width = out_h * out_w;
    if (i < width && c < channels) {
        int top = i / out_w * stride_h - pad_top, left = i % out_w * stride_w - pad_left;
        x += (n * in_channels + first + c) * h * w;
        columns += (size_t)start + (size_t)c * kernel_h * kernel_w * width + i;
        for (int ky = 0; ky < kernel_h; ky++) {
            for (int kx = 0; kx < kernel_w; kx++) {
                int row = top + ky * DILATION_H, column = left + kx * DILATION_W;
                bool inside = row >= 0 && row < h && column >= 0 && column < w;
                columns[(ky * kernel_w + kx) * width] = inside ? x[row * w + column] : 0.0f;
            }
        }
    }
}
