/* SPDX-License-Identifier: MIT */
#include "window.clh"

/* Average pooling's gradient by its input, as in avgpool_input_gradient.cl, for CPU devices: 16 channels side by side.
 * Each window in turn, by row and column, adds gy, divided by what its sum is divided by, to each of its values on the
 * map, over a map of zeros.
 * gx: n x blocks x h x w x 16, gy: n x blocks x out_h x out_w x 16.
 * Range: (blocks, images), work-groups of one; one work-item makes one map of 16 channels.
 * Source: the derivative of LeCun et al. 1998, section II.A. */
__kernel __attribute__((vec_type_hint(float16))) void
avgpool_input_gradient_cpu(__global const float *restrict gy, __global float *restrict gx, int blocks, int h, int w,
                           int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top,
                           int pad_left, int end_h, int end_w, int count_pad) {
    size_t map = get_global_id(1) * blocks + get_global_id(0);
    gx += map * h * w * 16;
    gy += map * out_h * out_w * 16;
    for (int i = 0; i < h * w; i++) vstore16((float16)(0.0f), i, gx);
    for (int p = 0; p < out_h; p++) {
        int top = p * stride_h - pad_top, bottom = top + (kernel_h - 1) * DILATION_H + 1;
        int rows = (min(bottom, end_h) - top + DILATION_H - 1) / DILATION_H;
        top += max((DILATION_H - 1 - top) / DILATION_H, 0) * DILATION_H;
        bottom = min(bottom, h);
        if (!count_pad) rows = (bottom - top + DILATION_H - 1) / DILATION_H;
        for (int q = 0; q < out_w; q++) {
            int left = q * stride_w - pad_left, right = left + (kernel_w - 1) * DILATION_W + 1;
            int columns = (min(right, end_w) - left + DILATION_W - 1) / DILATION_W;
            left += max((DILATION_W - 1 - left) / DILATION_W, 0) * DILATION_W;
            right = min(right, w);
            if (!count_pad) columns = (right - left + DILATION_W - 1) / DILATION_W;
            float16 share = vload16(p * out_w + q, gy) / ((float)rows * (float)columns);
            for (int r = top; r < bottom; r += DILATION_H)
                for (int s = left; s < right; s += DILATION_W)
                    vstore16(vload16(r * w + s, gx) + share, r * w + s, gx);
        }
    }
}
