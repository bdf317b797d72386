/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif
#ifndef MULTIPLY_ADD
/* mad where fma is slow (quirks.c). Both keep the order of a sum; a compiler may change that of s += x */
#define MULTIPLY_ADD fma
#endif

/* Mean of a kernel_size x kernel_size window every `stride` rows and columns. A window that hangs over the bottom or
 * the right (out_h, out_w rounded up) is clipped, and divided by the number of values left in it; each must hold one at
 * least.
 * x: N x channels x h x w, y: N x channels x out_h x out_w.
 * Range: (out_h * out_w, channels, images), the image never padded (local size 1, global offset); one work-item
 * computes one output.
 * Source: LeCun et al. 1998, section II.A, without its weight and bias (those: subsample.cl). */
__kernel void avgpool_forward(__global const float *restrict x, __global float *restrict y, int channels, int h, int w,
                              int out_h, int out_w, int kernel_size, int stride) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < out_h * out_w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int top = i / out_w * stride, left = i % out_w * stride;
        int bottom = min(top + kernel_size, h), right = min(left + kernel_size, w);
        x += map * h * w * BLOCK + c % BLOCK;
        float sum = 0.0f;
        for (int r = top; r < bottom; r++)
            for (int s = left; s < right; s++) sum = MULTIPLY_ADD(x[(r * w + s) * BLOCK], 1.0f, sum);
        y[(map * out_h * out_w + i) * BLOCK + c % BLOCK] = sum / (float)((bottom - top) * (right - left));
    }
}
