/* SPDX-License-Identifier: MIT */
#include "common.clh"

/* What subsample_input_gradient.cl computes, to the bit, for CPU devices and in blocks of 16 channels.
 * weight: blocks x 16, gy: N x blocks x out_h x out_w x 16, gx: N x blocks x h x w x 16.
 * Range: (h, blocks, images), the image with a global offset; work-groups of one, which makes one row of a block. */
__kernel __attribute__((vec_type_hint(float16))) void
subsample_input_gradient_cpu(__global const float *restrict weight, __global const float *restrict gy,
                             __global float *restrict gx, int blocks, int h, int w, int out_h, int out_w, int kernel_h,
                             int kernel_w, int stride_h, int stride_w) {
    int row = (int)get_global_id(0), block = (int)get_global_id(1);
    size_t map = get_global_id(2) * blocks + block;
    int above = row - kernel_h; /* the last row whose windows end too early */
    int top = above < 0 ? 0 : above / stride_h + 1, bottom = min(row / stride_h + 1, out_h);
    float16 factor = vload16(block, weight);
    gy += map * out_h * out_w * 16;
    gx += (map * h + row) * w * 16;
    for (int column = 0; column < w; column++) {
        int before = column - kernel_w;
        int left = before < 0 ? 0 : before / stride_w + 1, right = min(column / stride_w + 1, out_w);
        float16 sum = (float16)(0.0f);
        for (int r = top; r < bottom; r++)
            for (int s = left; s < right; s++)
                sum = MULTIPLY_ADD(vload16(r * out_w + s, gy), (float16)(1.0f), sum);
        vstore16(factor * sum, column, gx);
    }
}
