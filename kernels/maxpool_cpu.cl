/* SPDX-License-Identifier: MIT */

/* Largest value of a kernel_size x kernel_size window every `stride` rows and columns, as in maxpool.cl, for CPU
 * devices: 16 channels side by side. Windows that hang over the bottom or the right are clipped. A NaN stays.
 * x: n x blocks x h x w x 16, y: n x blocks x out_h x out_w x 16.
 * Range: (out_h, blocks, images); one work-item computes one row.
 * Source: Krizhevsky et al. 2012, section 3.4. */
__kernel __attribute__((vec_type_hint(float16))) void maxpool_cpu_forward(__global const float *restrict x,
                                                                          __global float *restrict y, int blocks, int h,
                                                                          int w, int out_h, int out_w, int kernel_size,
                                                                          int stride) {
    int row = (int)get_global_id(0);
    size_t map = get_global_id(2) * blocks + get_global_id(1);
    int top = row * stride, bottom = min(top + kernel_size, h);
    x += map * h * w * 16;
    y += (map * out_h + row) * out_w * 16;
    for (int q = 0; q < out_w; q++) {
        int left = q * stride, right = min(left + kernel_size, w);
        float16 best = vload16(top * w + left, x);
        for (int r = top; r < bottom; r++) {
            for (int s = left; s < right; s++) {
                float16 v = vload16(r * w + s, x);
                best = select(best, v, (v > best) | isnan(v));
            }
        }
        vstore16(best, q, y);
    }
}
