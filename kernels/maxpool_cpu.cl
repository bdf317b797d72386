/* SPDX-License-Identifier: MIT */
#include "window.clh"

/* Largest value of a kernel_h x kernel_w window every stride_h rows and stride_w columns, as in maxpool.cl, for CPU
 * devices: 16 channels side by side. Windows that hang over the map are clipped to it. A NaN stays.
 * x: n x blocks x h x w x 16, y: n x blocks x out_h x out_w x 16.
 * Range: (out_h, blocks, images); one work-item computes one row.
 * Source: Krizhevsky et al. 2012, section 3.4; padding and dilation: ONNX, MaxPool. */
__kernel __attribute__((vec_type_hint(float16))) void
maxpool_cpu_forward(__global const float *restrict x, __global float *restrict y, int blocks, int h, int w, int out_h,
                    int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top, int pad_left) {
    int row = (int)get_global_id(0);
    size_t map = get_global_id(2) * blocks + get_global_id(1);
    int top = row * stride_h - pad_top, bottom = min(top + (kernel_h - 1) * DILATION_H + 1, h);
    top += max((DILATION_H - 1 - top) / DILATION_H, 0) * DILATION_H;
    x += map * h * w * 16;
    y += (map * out_h + row) * out_w * 16;
    for (int q = 0; q < out_w; q++) {
        int left = q * stride_w - pad_left, right = min(left + (kernel_w - 1) * DILATION_W + 1, w);
        left += max((DILATION_W - 1 - left) / DILATION_W, 0) * DILATION_W;
        float16 best = vload16(top * w + left, x);
        for (int r = top; r < bottom; r += DILATION_H) {
            for (int s = left; s < right; s += DILATION_W) {
                float16 v = vload16(r * w + s, x);
                best = select(best, v, (v > best) | isnan(v));
            }
        }
        vstore16(best, q, y);
    }
}
