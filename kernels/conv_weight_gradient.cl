/* SPDX-License-Identifier: MIT */
/* The gradients of a convolution by its weights and biases, where nothing faster builds or runs: a work-item makes one
 * value, and asks nothing of its work-group.
 *
 *   gw[o][i][ky][kx] = sum over n, r, q of
 *       gy[n][o][r][q] * x[n][i][r*stride_h + ky*DILATION_H - pad_top][q*stride_w + kx*DILATION_W - pad_left]
 *   gb[o] = sum over n, r, q of gy[n][o][r][q]
 *
 * (the derivatives of what conv_naive.cl computes). The products of an image are summed by themselves, row by row; the
 * images' sums are added in order to what is there (`add`), else to 0: so they may be cut into any number of launches.
 */
#include "common.clh"
#include "window.clh"

#ifndef IN_BLOCK
#define IN_BLOCK 1 /* channels side by side in memory: n x ceil(c / IN_BLOCK) x h x w x IN_BLOCK */
#endif
#ifndef OUT_BLOCK
#define OUT_BLOCK 1
#endif

/* x: n x in_memory x in_h x in_w, channels from `first` on `gap` places further on: the other half's blocks begin
 * there. gy: n x out_memory x out_h x out_w. gw: outputs x in x kernel_h x kernel_w and gb: outputs, as in the file;
 * `in`, `out`: channels of one group; `before` outputs of the first groups are made by the other half. Images
 * image .. end-1. Range: in * kernel_h * kernel_w weights and the bias, outputs; any work-group. */
__kernel void conv_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                   __global float *restrict gw, __global float *restrict gb, int image, int end,
                                   int add, int in, int out, int before, int outputs, int in_memory, int out_memory,
                                   int first, int gap, int in_h, int in_w, int out_h, int out_w, int kernel_h,
                                   int kernel_w, int stride_h, int stride_w, int pad_top, int pad_left) {
    int weight = (int)get_global_id(0), o = (int)get_global_id(1), taps = kernel_h * kernel_w, row = in * taps,
        out_hw = out_h * out_w;
    if (weight <= row && o < outputs) {
        int is_bias = weight == row, top = weight % taps / kernel_w * DILATION_H - pad_top,
            left = weight % kernel_w * DILATION_W - pad_left;
        int first_r = max(0, (stride_h - 1 - top) / stride_h),
            end_r = min(out_h, (in_h - top + stride_h - 1) / stride_h);
        int first_q = max(0, (stride_w - 1 - left) / stride_w),
            end_q = min(out_w, (in_w - left + stride_w - 1) / stride_w);
        int channel = (before + o) / out * in + weight / taps;
        channel += channel < first ? 0 : gap;
        __global float *to = is_bias ? gb + o : gw + (size_t)o * row + weight;
        float total = add ? *to : 0.0f;
        for (int n = image; n < end; n++) {
            __global const float *g =
                gy + ((size_t)n * out_memory + o / OUT_BLOCK * OUT_BLOCK) * out_hw + o % OUT_BLOCK;
            float sum = 0.0f;
            if (is_bias) {
                for (int p = 0; p < out_hw; p++) sum = MULTIPLY_ADD(g[p * OUT_BLOCK], 1.0f, sum);
            } else {
                __global const float *map =
                    x + ((size_t)n * in_memory + channel / IN_BLOCK * IN_BLOCK) * in_h * in_w + channel % IN_BLOCK;
                for (int r = first_r; r < end_r; r++)
                    for (int q = first_q; q < end_q; q++)
                        sum = MULTIPLY_ADD(g[(r * out_w + q) * OUT_BLOCK],
                                           map[((top + r * stride_h) * in_w + left + q * stride_w) * IN_BLOCK], sum);
            }
            total = MULTIPLY_ADD(sum, 1.0f, total);
        }
        *to = total;
    }
}

/* gw = 0 where the layer leaves a connection out. there: outputs x in, 0 for each of these; gw: as many windows of
 * `taps` weights. Range: windows * taps, 1; any work-group. */
__kernel void conv_weight_gradient_cut(__global const float *restrict there, __global float *restrict gw, int windows,
                                       int taps) {
    int i = (int)get_global_id(0);
    if (i < windows * taps && there[i / taps] == 0.0f) gw[i] = 0.0f;
}
