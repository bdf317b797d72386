/* SPDX-License-Identifier: MIT */
/* Convolution where nothing faster builds or runs: a work-item makes one output, and asks nothing of its work-group.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of
 *       x[n][i][r*stride_h + ky*DILATION_H - pad_top][q*stride_w + kx*DILATION_W - pad_left] * w[o][i][ky][kx]
 *
 * (cross-correlation; outputs of group g read the inputs of group g; zeros outside x), in the order i, ky, kx, starting
 * from the bias. */
#include "common.clh"
#include "window.clh"

#ifndef IN_BLOCK
#define IN_BLOCK 1 /* channels side by side in memory: n x ceil(c / IN_BLOCK) x h x w x IN_BLOCK */
#endif
#ifndef OUT_BLOCK
#define OUT_BLOCK 1
#endif

/* x: n x in_memory x in_h x in_w, channels from `first` on `gap` places further on: the other half's blocks begin
 * there. w: outputs x in x kernel_h x kernel_w and b: outputs, as in the file; `in`, `out`: channels of one group;
 * `before` outputs of the first groups are made by the other half. y: n x out_memory x out_h x out_w; what fills up its
 * last block is 0. Range: out_h * out_w, out_memory, images; any work-group. */
__kernel void conv_naive_forward(__global const float *restrict x, __global const float *restrict w,
                                 __global const float *restrict b, __global float *restrict y, int in, int out,
                                 int before, int outputs, int in_memory, int out_memory, int first, int gap, int in_h,
                                 int in_w, int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w,
                                 int pad_top, int pad_left, int relu) {
    int p = (int)get_global_id(0), o = (int)get_global_id(1), in_hw = in_h * in_w, out_hw = out_h * out_w;
    size_t n = get_global_id(2);
    if (p < out_hw && o < out_memory) {
        int top = p / out_w * stride_h - pad_top, left = p % out_w * stride_w - pad_left;
        int first_y = max(0, (DILATION_H - 1 - top) / DILATION_H),
            end_y = min(kernel_h, (in_h - top + DILATION_H - 1) / DILATION_H);
        int first_x = max(0, (DILATION_W - 1 - left) / DILATION_W),
            end_x = min(kernel_w, (in_w - left + DILATION_W - 1) / DILATION_W);
        float sum = o < outputs ? b[o] : 0.0f;
        x += n * in_memory * in_hw;
        y += n * out_memory * out_hw;
        w += (size_t)o * in * kernel_h * kernel_w;
        for (int i = 0; i < in && o < outputs; i++) {
            int channel = (before + o) / out * in + i;
            channel += channel < first ? 0 : gap;
            __global const float *map = x + channel / IN_BLOCK * in_hw * IN_BLOCK + channel % IN_BLOCK;
            for (int ky = first_y; ky < end_y; ky++)
                for (int kx = first_x; kx < end_x; kx++)
                    sum = MULTIPLY_ADD(w[(i * kernel_h + ky) * kernel_w + kx],
                                       map[((top + ky * DILATION_H) * in_w + left + kx * DILATION_W) * IN_BLOCK], sum);
        }
        y[(o / OUT_BLOCK * out_hw + p) * OUT_BLOCK + o % OUT_BLOCK] = relu && sum < 0.0f ? 0.0f : sum;
    }
}
