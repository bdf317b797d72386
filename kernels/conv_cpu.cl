/* SPDX-License-Identifier: MIT */
/* Convolution for CPU devices: one work-item owns a register tile of 16 output channels x COLUMNS neighbouring outputs of one row.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of x[n][i][r*STRIDE + ky - pad][q*STRIDE + kx - pad] * w[o][i][ky][kx]
 *
 * (cross-correlation; outputs of group g read the inputs of group g). Every output adds its products in the order i, ky, kx,
 * each with one fma, starting from the bias: the same sequence whatever the tile, the batch and the placement.
 *
 * x is first copied into a frame of zeros (conv_cpu_frame) that is wide enough for every tile: the inner loop has no condition. */
#ifndef KERNEL
#define KERNEL 3 /* window */
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#ifndef COLUMNS
#define COLUMNS 13 /* outputs of one row a work-item owns */
#endif

/* x: n x c x h x w -> frame: (n - first) x c x frame_h x frame_w, x at (pad, pad), zeros elsewhere.
 * Range: c * frame_h rows, images. */
__kernel void conv_cpu_frame(__global const float *restrict x, __global float *restrict frame, int first, int c, int h, int w, int pad, int frame_h, int frame_w) {
    int row = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (row >= c * frame_h) return;
    int channel = row / frame_h, y = row % frame_h - pad;
    __global float *to = frame + ((n - first) * c * frame_h + row) * frame_w;
    int inside = y >= 0 && y < h;
    __global const float *from = x + ((n * c + channel) * h + (inside ? y : 0)) * w;
    int count = inside ? min(w, frame_w - pad) : 0; /* columns that no window reaches are left out */
    int start = inside ? pad : frame_w;
    for (int i = 0; i < start; i++) to[i] = 0.0f;
    for (int i = 0; i < count; i++) to[start + i] = from[i];
    for (int i = start + count; i < frame_w; i++) to[i] = 0.0f;
}

/* frame: as above. w: groups x blocks x in x KERNEL x KERNEL x 16, the last block filled up with zeros; b: groups x blocks x 16.
 * y: n x (groups * out) x out_h x out_w. `in`, `out`: channels of one group; blocks = ceil(out / 16).
 * Range: ceil(out_w / COLUMNS) * out_h, groups * blocks, images. */
__kernel __attribute__((vec_type_hint(float16))) void conv_cpu_forward(__global const float *restrict frame, __global const float *restrict w,
                                                               __global const float *restrict b, __global float *restrict y, int first, int groups, int in,
                                                               int out, int frame_h, int frame_w, int out_h, int out_w) {
    int tiles = (out_w + COLUMNS - 1) / COLUMNS, blocks = (out + 15) / 16;
    int tile = (int)get_global_id(0) % tiles, row = (int)get_global_id(0) / tiles;
    int block = (int)get_global_id(1) % blocks, group = (int)get_global_id(1) / blocks;
    size_t n = get_global_id(2);
    if (row >= out_h || group >= groups) return;

    float16 sums[COLUMNS];
    float16 bias = vload16(group * blocks + block, b);
#pragma unroll
    for (int q = 0; q < COLUMNS; q++) sums[q] = bias;

    __global const float *x = frame + (((n - first) * groups + group) * in * frame_h + row * STRIDE) * frame_w + tile * COLUMNS * STRIDE;
    __global const float *weights = w + (group * blocks + block) * in * KERNEL * KERNEL * 16;
    for (int i = 0; i < in; i++, x += frame_h * frame_w) {
        for (int ky = 0; ky < KERNEL; ky++) {
            __global const float *line = x + ky * frame_w;
            for (int kx = 0; kx < KERNEL; kx++, weights += 16) {
                float16 weight = vload16(0, weights);
#pragma unroll
                for (int q = 0; q < COLUMNS; q++) sums[q] = fma(weight, (float16)(line[q * STRIDE + kx]), sums[q]);
            }
        }
    }

    int count = min(COLUMNS, out_w - tile * COLUMNS), channels = min(16, out - block * 16);
    float values[COLUMNS * 16];
#pragma unroll
    for (int q = 0; q < COLUMNS; q++) vstore16(sums[q], q, values);
    __global float *to = y + ((n * groups * out + group * out + block * 16) * out_h + row) * out_w + tile * COLUMNS;
    for (int o = 0; o < channels; o++, to += out_h * out_w)
        for (int q = 0; q < count; q++) to[q] = values[q * 16 + o];
}
