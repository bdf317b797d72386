/* SPDX-License-Identifier: MIT */
/* Convolution where nothing faster builds or runs: a work-item makes one output, and asks nothing of its work-group.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of x[n][i][r*stride + ky - pad][q*stride + kx - pad] * w[o][i][ky][kx]
 *
 * (cross-correlation; outputs of group g read the inputs of group g; zeros outside x), in the order i, ky, kx, starting
 * from the bias. */
#ifndef IN_BLOCK
#define IN_BLOCK 1 /* channels side by side in memory: n x ceil(c / IN_BLOCK) x h x w x IN_BLOCK */
#endif
#ifndef OUT_BLOCK
#define OUT_BLOCK 1
#endif
#ifndef MULTIPLY_ADD
/* mad where fma is slow (quirks.c). Both keep the order of a sum; a compiler may change that of s += x */
#define MULTIPLY_ADD fma
#endif

/* x: n x in_memory x in_h x in_w, channels from `first` on `gap` places further on: the other half's blocks begin
 * there. w: outputs x in x window x window and b: outputs, as in the file; `in`, `out`: channels of one group. y: n x
 * out_memory x out_h x out_w; what fills up its last block is 0. Range: out_h * out_w, out_memory, images; any
 * work-group. */
__kernel void conv_naive_forward(__global const float *restrict x, __global const float *restrict w,
                                 __global const float *restrict b, __global float *restrict y, int in, int out,
                                 int outputs, int in_memory, int out_memory, int first, int gap, int in_h, int in_w,
                                 int out_h, int out_w, int window, int stride, int pad, int relu) {
    int p = (int)get_global_id(0), o = (int)get_global_id(1), in_hw = in_h * in_w, out_hw = out_h * out_w;
    size_t n = get_global_id(2);
    if (p < out_hw && o < out_memory) {
        int top = p / out_w * stride - pad, left = p % out_w * stride - pad;
        float sum = o < outputs ? b[o] : 0.0f;
        x += n * in_memory * in_hw;
        y += n * out_memory * out_hw;
        w += (size_t)o * in * window * window;
        for (int i = 0; i < in && o < outputs; i++) {
            int channel = o / out * in + i;
            channel += channel < first ? 0 : gap;
            __global const float *map = x + channel / IN_BLOCK * in_hw * IN_BLOCK + channel % IN_BLOCK;
            for (int ky = max(0, -top); ky < min(window, in_h - top); ky++)
                for (int kx = max(0, -left); kx < min(window, in_w - left); kx++)
                    sum = MULTIPLY_ADD(w[(i * window + ky) * window + kx],
                                       map[((top + ky) * in_w + left + kx) * IN_BLOCK], sum);
        }
        y[(o / OUT_BLOCK * out_hw + p) * OUT_BLOCK + o % OUT_BLOCK] = relu && sum < 0.0f ? 0.0f : sum;
    }
}
