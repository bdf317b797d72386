/* SPDX-License-Identifier: MIT */
/* Convolution for CPU devices: one work-item owns a register tile of VECTORS * 16 output channels x COLUMNS
 * neighbouring outputs of one row.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of
 *       x[n][i][r*STRIDE_H + ky*DILATION_H - pad_top][q*STRIDE_W + kx*DILATION_W - pad_left] * w[o][i][ky][kx]
 *
 * (cross-correlation). Every output adds its products in the same order, each with one fma, starting from the bias: the
 * same sequence whatever the tile, the batch and the placement.
 * Maps lie in blocks of BLOCK channels: n x ceil(c / BLOCK) x h x w x BLOCK; what is made is in blocks of 16.
 *
 * x is first copied into a frame of zeros (conv_cpu_frame) that is wide enough for every tile: the inner loop has no
 * condition. */
#include "common.clh"
#include "window.clh"

#ifndef BLOCK
#define BLOCK 16 /* channels side by side in x: 16, or 1 for the input of a net */
#endif
#ifndef COLUMNS
#define COLUMNS 13 /* outputs of one row a work-item owns */
#endif
#ifndef VECTORS
#define VECTORS 2 /* of 16 output channels it owns */
#endif
/* Where the k-th value of a row of the window lies: a column's channels are side by side. */
#if DILATION_W == 1
#define TAP(k) (k)
#else
#define TAP(k) ((k) / BLOCK * DILATION_W * BLOCK + (k) % BLOCK)
#endif

/* x: n x blocks x h x w x BLOCK -> frame: (n - first) x blocks x frame_h x frame_w x BLOCK, x at (pad_top, pad_left),
 * zeros elsewhere.
 * Range: blocks * frame_h rows, images. */
__kernel void conv_cpu_frame(__global const float *restrict x, __global float *restrict frame, int first, int blocks,
                             int h, int w, int pad_top, int pad_left, int frame_h, int frame_w) {
    int row = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (row >= blocks * frame_h) return;
    int block = row / frame_h, y = row % frame_h - pad_top;
    __global float *to = frame + ((n - first) * blocks * frame_h + row) * frame_w * BLOCK;
    int inside = y >= 0 && y < h;
    __global const float *from = x + ((n * blocks + block) * h + (inside ? y : 0)) * w * BLOCK;
    int count = inside ? min(w, frame_w - pad_left) : 0; /* columns that no window reaches are left out */
    int start = inside ? pad_left : frame_w;
    for (int i = 0; i < start * BLOCK; i++) to[i] = 0.0f;
    for (int i = 0; i < count * BLOCK; i++) to[start * BLOCK + i] = from[i];
    for (int i = (start + count) * BLOCK; i < frame_w * BLOCK; i++) to[i] = 0.0f;
}

/* frame: as above. w: groups of VECTORS blocks x in_blocks x KERNEL_H x KERNEL_W x BLOCK x VECTORS * 16, filled up with
 * zeros; b: as many groups x VECTORS * 16. y: n x blocks x out_h x out_w x 16; relu: max(0, y) is stored.
 * Range: ceil(out_w / COLUMNS) * out_h, ceil(blocks / VECTORS), images. */
__kernel __attribute__((vec_type_hint(float16))) void
conv_cpu_forward(__global const float *restrict frame, __global const float *restrict w,
                 __global const float *restrict b, __global float *restrict y, int first, int in_blocks, int blocks,
                 int frame_h, int frame_w, int out_h, int out_w, int relu) {
    int tiles = (out_w + COLUMNS - 1) / COLUMNS;
    int tile = (int)get_global_id(0) % tiles, row = (int)get_global_id(0) / tiles, group = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (row >= out_h || group * VECTORS >= blocks) return;

    float16 sums[COLUMNS][VECTORS];
#pragma unroll
    for (int q = 0; q < COLUMNS; q++)
#pragma unroll
        for (int o = 0; o < VECTORS; o++) sums[q][o] = vload16(group * VECTORS + o, b);

    __global const float *x =
        frame + (((n - first) * in_blocks * frame_h + row * STRIDE_H) * frame_w + tile * COLUMNS * STRIDE_W) * BLOCK;
    __global const float *weights = w + (size_t)group * in_blocks * KERNEL_H * KERNEL_W * BLOCK * VECTORS * 16;
    for (int i = 0; i < in_blocks; i++, x += frame_h * frame_w * BLOCK) {
        for (int ky = 0; ky < KERNEL_H; ky++) {
            __global const float *line = x + ky * DILATION_H * frame_w * BLOCK;
            for (int k = 0; k < KERNEL_W * BLOCK; k++, weights += VECTORS * 16) {
                float16 weight[VECTORS];
#pragma unroll
                for (int o = 0; o < VECTORS; o++) weight[o] = vload16(o, weights);
#pragma unroll
                for (int q = 0; q < COLUMNS; q++) {
                    float16 value = (float16)(line[q * STRIDE_W * BLOCK + TAP(k)]);
#pragma unroll
                    for (int o = 0; o < VECTORS; o++) sums[q][o] = MULTIPLY_ADD(weight[o], value, sums[q][o]);
                }
            }
        }
    }

    int count = min(COLUMNS, out_w - tile * COLUMNS);
#pragma unroll
    for (int q = 0; q < COLUMNS; q++) {
#pragma unroll
        for (int o = 0; o < VECTORS; o++) {
            /* a break would keep the loop from being unrolled */
            if (q >= count || group * VECTORS + o >= blocks) continue;
            float16 value = sums[q][o];
            if (relu) value = select(value, (float16)(0.0f), value < 0.0f);
            vstore16(value, 0,
                     y + (((n * blocks + group * VECTORS + o) * out_h + row) * out_w + tile * COLUMNS + q) * 16);
        }
    }
}
