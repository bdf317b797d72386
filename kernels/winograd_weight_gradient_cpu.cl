/* SPDX-License-Identifier: MIT */
/* The gradients of a convolution by its weights and biases by Winograd's minimal filtering, for CPU devices:
 * F(WINDOW x WINDOW, OUT x OUT).
 *
 *   gw[o][i][ky][kx] = sum over n, r, q of gy[n][o][r][q] * x[n][i][r + ky - pad_top][q + kx - pad_left]
 *   gb[o] = sum over n, r, q of gy[n][o][r][q]
 *
 * is a convolution of x whose outputs are the weights of a window and whose window are the gradients of a tile of OUT x
 * OUT outputs: of a tile EDGE^2 products, EDGE = WINDOW + OUT - 1, in place of WINDOW^2 * OUT^2.
 *
 *   gw[o][i] = A^T [ sum over the tiles of all images of (G gy G^T) . (B^T x B) ] A
 *
 * B^T is the forward pass's, which transforms x here too (winograd_cpu_input of winograd_cpu.cl); A and G are others,
 * since the window and the tile have changed places: both are made of the same points (winograd.clh). The products of
 * the images in the workspace are summed tile after tile, PARTIAL tiles by themselves: one sum of all would be off by
 * three times as much. The weights made of them are added to what is there. With a stride the 16 neighbouring pixels of
 * a plane that the forward pass takes for a block are inputs here too. */
#include "common.clh"
#include "conv_weight_gradient_cpu.clh"

#ifndef WINDOW
#define WINDOW 3
#endif
#ifndef OUT
#define OUT 4 /* gradients along a side of a tile; or 5, with a window of 3 */
#endif
#ifndef STRIDE
#define STRIDE 1 /* or 4, over planes: see winograd_cpu.cl */
#endif
#ifndef KERNEL
#define KERNEL WINDOW /* the layer's own window: with a stride WINDOW * STRIDE and less */
#endif
#ifndef VALUES
#define VALUES 8 /* inputs in registers at once; divides 16 */
#endif
#ifndef VECTORS
#define VECTORS 2 /* of 16 output channels in registers at once */
#endif
#define PARTIAL 64
#define VALUE float16
#define KEPT WINDOW
#include "winograd.clh"

/* 1 over the product of the differences of point `k` of the pairs, the positive one, from all others; of the negative
 * one it is the same where 0 is a point, else the opposite. */
float winograd_gradient_factor(int k) {
    float p = POINT(k), product = FIRST ? 2.0f * p * p : 2.0f * p;
#pragma unroll
    for (int j = 0; j < PAIRS; j++)
        if (j != k) product *= p * p - POINT(j) * POINT(j);
    return 1.0f / product;
}

/* G v, in place: of OUT values that are `step` apart EDGE. */
void winograd_gradient_to_points(float16 *v, int step) {
    float16 taps[OUT];
    float zero = 1.0f;
#pragma unroll
    for (int j = 0; j < OUT; j++) taps[j] = v[j * step];
#pragma unroll
    for (int k = 0; k < PAIRS; k++) {
        float factor = winograd_gradient_factor(k), power = factor;
        float16 even = (float16)(0.0f), odd = (float16)(0.0f);
#pragma unroll
        for (int j = 0; j < OUT; j++, power *= POINT(k)) {
            if (j % 2)
                odd = MULTIPLY_ADD((float16)(power), taps[j], odd);
            else
                even = MULTIPLY_ADD((float16)(power), taps[j], even);
        }
        v[(FIRST + 2 * k) * step] = even + odd;
        v[(FIRST + 2 * k + 1) * step] = FIRST ? even - odd : odd - even;
        zero *= -POINT(k) * POINT(k);
    }
    if (FIRST) v[0] = taps[0] * (1.0f / zero);
    v[(EDGE - 1) * step] = taps[OUT - 1];
}

/* gy: n x blocks x out_h x out_w x 16 -> u: POINTS x tiles x blocks * 16, tiles = images * down * across, image after
 * image, `floats` behind the start of the buffer. Range: down * across tiles of an image, blocks, images; `first` is
 * the first image. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_weight_gradient_cpu_output(__global const float *restrict gy, __global float *restrict between, int floats,
                                    int first, int tiles, int blocks, int across, int out_h, int out_w) {
    int tile = (int)get_global_id(0), block = (int)get_global_id(1), image = (int)get_global_id(2),
        per_image = (int)get_global_size(0), top = tile / across * OUT, left = tile % across * OUT;
    __global const float *map = gy + ((size_t)(first + image) * blocks + block) * out_h * out_w * 16;
    float16 d[POINTS];
#pragma unroll
    for (int r = 0; r < OUT; r++)
#pragma unroll
        for (int q = 0; q < OUT; q++)
            d[r * EDGE + q] =
                top + r < out_h && left + q < out_w ? vload16((top + r) * out_w + left + q, map) : (float16)(0.0f);
#pragma unroll
    for (int q = 0; q < OUT; q++) winograd_gradient_to_points(d + q, EDGE);
#pragma unroll
    for (int r = 0; r < EDGE; r++) winograd_gradient_to_points(d + r * EDGE, 1);
    __global float *u = between + floats + ((size_t)image * per_image + tile) * blocks * 16 + block * 16;
#pragma unroll
    for (int p = 0; p < POINTS; p++) vstore16(d[p], 0, u + (size_t)p * tiles * blocks * 16);
}

/* v: POINTS x tiles x depth, as winograd_cpu_input makes it; u as above -> m: POINTS x depth x blocks * 16. All in one
 * buffer, one behind the other. Range: depth / VALUES, ceil(blocks / VECTORS), POINTS. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_weight_gradient_cpu_multiply(__global float *between, int tiles, int depth, int blocks) {
    int start = (int)get_global_id(0) * VALUES, group = (int)get_global_id(1) * VECTORS, p = (int)get_global_id(2);
    __global const float *v = between + (size_t)p * tiles * depth + start,
                         *u = between + (size_t)POINTS * tiles * depth + (size_t)p * tiles * blocks * 16;
    __global float *m =
        between + (size_t)POINTS * tiles * (depth + blocks * 16) + ((size_t)p * depth + start) * blocks * 16;
    for (int from = 0; from < tiles; from += PARTIAL) {
        float16 sums[VALUES][VECTORS];
#pragma unroll
        for (int i = 0; i < VALUES; i++)
#pragma unroll
            for (int o = 0; o < VECTORS; o++) sums[i][o] = (float16)(0.0f);
        for (int t = from; t < min(tiles, from + PARTIAL); t++, v += depth, u += blocks * 16) {
            float16 gradient[VECTORS];
#pragma unroll
            for (int o = 0; o < VECTORS; o++) /* vectors behind the last block are computed, and not kept */
                gradient[o] = vload16(min(group + o, blocks - 1), u);
#pragma unroll
            for (int i = 0; i < VALUES; i++) {
                float16 value = (float16)(v[i]);
#pragma unroll
                for (int o = 0; o < VECTORS; o++) sums[i][o] = MULTIPLY_ADD(gradient[o], value, sums[i][o]);
            }
        }
#pragma unroll
        for (int i = 0; i < VALUES; i++)
#pragma unroll
            for (int o = 0; o < VECTORS; o++) {
                int at = i * blocks + group + o;
                if (group + o < blocks) vstore16(from ? vload16(at, m) + sums[i][o] : sums[i][o], at, m);
            }
    }
}

/* m as above, `floats` behind the start of the buffer. gw: outputs x in x KERNEL x KERNEL; gb: outputs; what is there
 * is added to (`add`), else written over. gy: images first .. end-1; the others as for conv_weight_gradient_cpu.
 * Range: depth and one for the biases, blocks. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_weight_gradient_cpu_gather(__global const float *restrict between, __global const float *restrict gy,
                                    __global float *restrict gw, __global float *restrict gb, int floats, int first,
                                    int end, int add, int depth, int in, int out, int before, int inputs, int outputs,
                                    int second, int gap, int blocks, int out_hw) {
    int place = (int)get_global_id(0), block = (int)get_global_id(1);
    if (place == depth) {
        bias_gradient(gy, gb, first, end, add, block, outputs, blocks, out_hw);
        return;
    }
    __global const float *m = between + floats + ((size_t)place * blocks + block) * 16;
    float16 d[POINTS];
#pragma unroll
    for (int p = 0; p < POINTS; p++) d[p] = vload16(0, m + (size_t)p * depth * blocks * 16);
#pragma unroll
    for (int q = 0; q < EDGE; q++) winograd_from_points(d + q, EDGE);
    float weights[WINDOW * WINDOW][16];
#pragma unroll
    for (int r = 0; r < WINDOW; r++) {
        winograd_from_points(d + r * EDGE, 1);
#pragma unroll
        for (int q = 0; q < WINDOW; q++) vstore16(d[r * EDGE + q], 0, weights[r * WINDOW + q]);
    }
    int channel = STRIDE == 1 ? place : place / 16, lane = STRIDE == 1 ? 0 : place % 16;
    for (int o = 0; o < min(16, outputs - block * 16); o++) {
        int to = window_start(block * 16 + o, channel, in, out, before, inputs, second, gap, KERNEL * KERNEL);
        for (int k = 0; k < WINDOW * WINDOW && to >= 0; k++) {
            int ky = k / WINDOW * STRIDE + lane / 4, kx = k % WINDOW * STRIDE + lane % 4, at = to + ky * KERNEL + kx;
            if (ky < KERNEL && kx < KERNEL) gw[at] = add ? gw[at] + weights[k][o] : weights[k][o];
        }
    }
}
