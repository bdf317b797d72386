/* SPDX-License-Identifier: MIT */
/* The gradient of a convolution by its input, where nothing faster builds or runs: a work-item makes one value, and
 * asks nothing of its work-group.
 *
 *   gx[n][i][y][x] = sum over ky, kx, o of gy[n][o][r][q] * w[o][i][ky][kx],
 *       where r*stride_h + ky*DILATION_H - pad_top = y and q*stride_w + kx*DILATION_W - pad_left = x
 *
 * (the derivative of what conv_naive.cl computes; o: the outputs of the half in the group of i), in the order ky, kx,
 * o. */
#include "common.clh"
#include "window.clh"

#ifndef IN_BLOCK
#define IN_BLOCK 1 /* channels side by side in memory: n x ceil(c / IN_BLOCK) x h x w x IN_BLOCK */
#endif
#ifndef OUT_BLOCK
#define OUT_BLOCK 1
#endif

/* gy: n x out_memory x out_h x out_w. w: outputs x in x kernel_h x kernel_w, as in the file; `in`, `out`: channels of
 * one group; `before` outputs of the first groups are made by the other half. gx: n x in_memory x in_h x in_w, of
 * `inputs` channels, those from `first` on `gap` places further on: the other half's blocks begin there; places without
 * a channel are 0. Range: in_h * in_w, in_memory, images; any work-group. */
__kernel void conv_input_gradient(__global const float *restrict gy, __global const float *restrict w,
                                  __global float *restrict gx, int in, int out, int before, int inputs, int outputs,
                                  int in_memory, int out_memory, int first, int gap, int in_h, int in_w, int out_h,
                                  int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top,
                                  int pad_left) {
    int p = (int)get_global_id(0), place = (int)get_global_id(1), in_hw = in_h * in_w, out_hw = out_h * out_w;
    size_t n = get_global_id(2);
    if (p < in_hw && place < in_memory) {
        int i = place < first + gap ? place : place - gap, here = place < first || place >= first + gap;
        int group = i / in, first_o = max(0, group * out - before),
            end_o = here && i < inputs ? min(outputs, (group + 1) * out - before) : 0;
        int taps = kernel_h * kernel_w, bottom = p / in_w + pad_top, right = p % in_w + pad_left;
        float sum = 0.0f;
        gy += n * out_memory * out_hw;
        gx += n * in_memory * in_hw;
        for (int ky = 0; ky < kernel_h; ky++) {
            int y = bottom - ky * DILATION_H, r = y / stride_h;
            if (y < 0 || r * stride_h != y || r >= out_h) continue;
            for (int kx = 0; kx < kernel_w; kx++) {
                int x = right - kx * DILATION_W, q = x / stride_w;
                if (x < 0 || q * stride_w != x || q >= out_w) continue;
                for (int o = first_o; o < end_o; o++)
                    sum = MULTIPLY_ADD(gy[(o / OUT_BLOCK * out_hw + r * out_w + q) * OUT_BLOCK + o % OUT_BLOCK],
                                       w[((size_t)o * in + i % in) * taps + ky * kernel_w + kx], sum);
            }
        }
        gx[(place / IN_BLOCK * in_hw + p) * IN_BLOCK + place % IN_BLOCK] = sum;
    }
}
