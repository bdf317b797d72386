/* SPDX-License-Identifier: MIT */

/* Lays out what a convolution reads as a matrix, so that it becomes weights x columns: row (c * kernel_size + ky) *
 * kernel_size + kx, column oy * out_w + ox holds x[n][first + c][oy * stride + ky - pad][ox * stride + kx - pad], 0
 * outside the map (on any side).
 * x: N x in_channels x h x w, of which channels first .. first + channels - 1 of one image (a group) are read;
 * columns: (channels * kernel_size * kernel_size) x (out_h * out_w), of that image alone, from float `start` of the
 * buffer.
 * Range: (out_h * out_w, channels, 1), the last one's global offset being the image n; one work-item writes kernel_size
 * * kernel_size values of one column.
 * Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing". */
__kernel void im2col(__global const float *restrict x, __global float *restrict columns, int start, int in_channels,
                     int first, int channels, int h, int w, int out_h, int out_w, int kernel_size, int stride,
                     int pad) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    int width = out_h * out_w;
    if (i < width && c < channels) {
        int top = i / out_w * stride - pad, left = i % out_w * stride - pad;
        x += (n * in_channels + first + c) * h * w;
        columns += (size_t)start + (size_t)c * kernel_size * kernel_size * width + i;
        for (int ky = 0; ky < kernel_size; ky++) {
            for (int kx = 0; kx < kernel_size; kx++) {
                int row = top + ky, column = left + kx;
                bool inside = row >= 0 && row < h && column >= 0 && column < w;
                columns[(ky * kernel_size + kx) * width] = inside ? x[row * w + column] : 0.0f;
            }
        }
    }
}
