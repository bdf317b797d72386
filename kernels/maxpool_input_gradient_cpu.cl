/* SPDX-License-Identifier: MIT */
#include "window.clh"

/* -DALL_TIES: a window's gradient goes to each of its largest values, as in the code of 2012. */

/* Max-pooling's gradient by its input, as in maxpool_input_gradient.cl, for CPU devices: 16 channels side by side. Each
 * window in turn, by row and column, finds its largest value and adds gy there, over a map of zeros.
 * x, gx: n x blocks x h x w x 16, gy: n x blocks x out_h x out_w x 16.
 * Range: (blocks, images), work-groups of one; one work-item makes one map of 16 channels.
 * Source: Krizhevsky et al. 2012, section 3.4; the first of several: Caffe and PyTorch. */
__kernel __attribute__((vec_type_hint(float16))) void
maxpool_input_gradient_cpu(__global const float *restrict x, __global const float *restrict gy,
                           __global float *restrict gx, int blocks, int h, int w, int out_h, int out_w, int kernel_h,
                           int kernel_w, int stride_h, int stride_w, int pad_top, int pad_left) {
    size_t map = get_global_id(1) * blocks + get_global_id(0);
    x += map * h * w * 16;
    gx += map * h * w * 16;
    gy += map * out_h * out_w * 16;
    for (int i = 0; i < h * w; i++) vstore16((float16)(0.0f), i, gx);
    for (int p = 0; p < out_h; p++) {
        int top = p * stride_h - pad_top, bottom = min(top + (kernel_h - 1) * DILATION_H + 1, h);
        top += max((DILATION_H - 1 - top) / DILATION_H, 0) * DILATION_H;
        for (int q = 0; q < out_w; q++) {
            int left = q * stride_w - pad_left, right = min(left + (kernel_w - 1) * DILATION_W + 1, w);
            left += max((DILATION_W - 1 - left) / DILATION_W, 0) * DILATION_W;
            float16 best = vload16(top * w + left, x), g = vload16(p * out_w + q, gy);
            int16 place = (int16)(top * w + left);
            for (int r = top; r < bottom; r += DILATION_H) {
                for (int s = left; s < right; s += DILATION_W) {
                    float16 v = vload16(r * w + s, x);
                    int16 wins = (v > best) | isnan(v);
                    best = select(best, v, wins);
                    place = select(place, (int16)(r * w + s), wins);
                }
            }
            for (int r = top; r < bottom; r += DILATION_H) {
                for (int s = left; s < right; s += DILATION_W) {
#ifdef ALL_TIES
                    int16 gets = vload16(r * w + s, x) == best;
#else
                    int16 gets = place == (int16)(r * w + s);
#endif
                    vstore16(vload16(r * w + s, gx) + select((float16)(0.0f), g, gets), r * w + s, gx);
                }
            }
        }
    }
}
