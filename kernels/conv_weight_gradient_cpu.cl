/* SPDX-License-Identifier: MIT */
/* The gradients of a convolution by its weights and biases, for CPU devices: one work-item owns a register tile of
 * VECTORS * 16 output channels x VALUES neighbouring weights of a row of the window.
 *
 *   gw[o][i][ky][kx] = sum over n, r, q of
 *       gy[n][o][r][q] * x[n][i][r*STRIDE_H + ky*DILATION_H - pad_top][q*STRIDE_W + kx*DILATION_W - pad_left]
 *   gb[o] = sum over n, r, q of gy[n][o][r][q]
 *
 * (the derivatives of what conv_cpu.cl computes). The products of an image are summed by themselves, row by row; the
 * images' sums are added in order to what is there (`add`), else to 0: the same sequence whatever the tile and the
 * launches.
 * x is in a frame of zeros, as conv_cpu_frame of conv_cpu.cl makes it, in blocks of BLOCK channels: the inner loop has
 * no condition. gy is in blocks of 16, gw and gb are as in the file. */
#include "common.clh"
#include "conv_weight_gradient_cpu.clh"
#include "window.clh"

#ifndef BLOCK
#define BLOCK 16 /* channels side by side in x: 16, or 1 for the input of a net */
#endif
#ifndef VALUES
#define VALUES 8 /* weights of a row of the window, for all of a block's channels, that a work-item owns */
#endif
#ifndef VECTORS
#define VECTORS 3 /* of 16 output channels it owns */
#endif
#define ROW (KERNEL_W * BLOCK) /* weights of a row of the window; at least VALUES */
#define TILES ((ROW + VALUES - 1) / VALUES)
/* Where the k-th value of a row of the window lies: a column's channels are side by side. */
#if DILATION_W == 1
#define TAP(k) (k)
#else
#define TAP(k) ((k) / BLOCK * DILATION_W * BLOCK + (k) % BLOCK)
#endif

/* frame: (n - first) x in_blocks x frame_h x frame_w x BLOCK; channels from `second` on lie `gap` places further on.
 * gy: n x blocks x out_h x out_w x 16. gw: outputs x in x KERNEL_H x KERNEL_W; gb: outputs; `in`, `out`: channels of
 * one group; `before` outputs of the first groups are made by the other half. Images first .. end-1.
 * Range: in_blocks * KERNEL_H * TILES and one for the biases, ceil(blocks / VECTORS). */
__kernel __attribute__((vec_type_hint(float16))) void
conv_weight_gradient_cpu(__global const float *restrict frame, __global const float *restrict gy,
                         __global float *restrict gw, __global float *restrict gb, int first, int end, int add, int in,
                         int out, int before, int inputs, int outputs, int second, int gap, int in_blocks, int blocks,
                         int frame_h, int frame_w, int out_h, int out_w) {
    int tile = (int)get_global_id(0) % TILES, ky = (int)get_global_id(0) / TILES % KERNEL_H,
        block = (int)get_global_id(0) / (TILES * KERNEL_H), group = (int)get_global_id(1);
    if (block > in_blocks || group * VECTORS >= blocks) return;
    if (block == in_blocks) {
        for (int o = group * VECTORS; tile == 0 && ky == 0 && o < min((group + 1) * VECTORS, blocks); o++)
            bias_gradient(gy, gb, first, end, add, o, outputs, blocks, out_h * out_w);
        return;
    }
    /* The last tile begins earlier where it would go beyond the row; what it has of the one before is not kept. */
    int start = min(tile * VALUES, ROW - VALUES), kept = tile * VALUES - start;
    float totals[VALUES * VECTORS * 16];
    for (int at = 0; at < VALUES * VECTORS * 16; at++) {
        int k = start + at / (VECTORS * 16), o = group * VECTORS * 16 + at % (VECTORS * 16);
        int from = add && o < outputs && at >= kept * VECTORS * 16
                       ? window_start(o, block * BLOCK + k % BLOCK, in, out, before, inputs, second, gap,
                                      KERNEL_H * KERNEL_W)
                       : -1;
        totals[at] = from < 0 ? 0.0f : gw[from + ky * KERNEL_W + k / BLOCK];
    }

    for (int n = first; n < end; n++) {
        float16 sums[VALUES][VECTORS];
#pragma unroll
        for (int k = 0; k < VALUES; k++)
#pragma unroll
            for (int o = 0; o < VECTORS; o++) sums[k][o] = (float16)(0.0f);
        for (int r = 0; r < out_h; r++) {
            __global const float *x = frame + ((((size_t)(n - first) * in_blocks + block) * frame_h + r * STRIDE_H +
                                                ky * DILATION_H) *
                                               frame_w) *
                                                  BLOCK;
            __global const float *g = gy + (((size_t)n * blocks * out_h + r) * out_w) * 16;
            for (int q = 0; q < out_w; q++, x += STRIDE_W * BLOCK, g += 16) {
                float16 gradient[VECTORS];
#pragma unroll
                for (int o = 0; o < VECTORS; o++) /* vectors behind the last block are computed, and not kept */
                    gradient[o] = vload16(0, g + (size_t)min(group * VECTORS + o, blocks - 1) * out_h * out_w * 16);
#pragma unroll
                for (int k = 0; k < VALUES; k++) {
                    float16 value = (float16)(x[TAP(start + k)]);
#pragma unroll
                    for (int o = 0; o < VECTORS; o++) sums[k][o] = MULTIPLY_ADD(gradient[o], value, sums[k][o]);
                }
            }
        }
#pragma unroll
        for (int k = 0; k < VALUES; k++)
#pragma unroll
            for (int o = 0; o < VECTORS; o++)
                vstore16(MULTIPLY_ADD(sums[k][o], (float16)(1.0f), vload16(k * VECTORS + o, totals)), k * VECTORS + o,
                         totals);
    }

    for (int at = kept * VECTORS * 16; at < VALUES * VECTORS * 16; at++) {
        int k = start + at / (VECTORS * 16), o = group * VECTORS * 16 + at % (VECTORS * 16);
        int to = o < outputs ? window_start(o, block * BLOCK + k % BLOCK, in, out, before, inputs, second, gap,
                                            KERNEL_H * KERNEL_W)
                             : -1;
        if (to >= 0) gw[to + ky * KERNEL_W + k / BLOCK] = totals[at];
    }
}
