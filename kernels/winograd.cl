/* SPDX-License-Identifier: MIT */
/* Convolution by Winograd's minimal filtering, for any device: F(4x4, WINDOW x WINDOW), stride 1, in three kernels.
 *
 *   y = A^T [ sum over i of (G w G^T) . (B^T x B) ] A
 *
 * for each output tile of 4 x 4, from an input tile of EDGE x EDGE, EDGE = WINDOW + 3.
 *
 * The first makes B^T x B of every tile and input channel, the second is a matrix product for each of the EDGE^2
 * points, outputs x depth times depth x tiles, and the third makes A^T . A and adds the bias. Points and transforms:
 * winograd.clh; source: winograd_cpu.cl; G w G^T is computed on the host. Between the kernels a value lies in the
 * workspace, the tiles of all images side by side: neighbours read and write neighbours. As much is in it as fills a
 * large GPU, and no more, so that a cache holds it. The product's tile is conv.cl's, since what it asks of the
 * registers and of local memory is the same (`tools/occupancy`); there is no gathering between its fma. Sums run over
 * the input channels in order, from zero: a value depends on its image alone. */
#include "common.clh"

#ifndef WINDOW
#define WINDOW 3 /* or 5 */
#endif
#ifndef TILE_K
#define TILE_K 8 /* depth in local memory at a time */
#endif
#define SIDE 8
#define ITEMS (SIDE * SIDE)
#define TILE_O (SIDE * 4)
#define TILE_P (SIDE * 8)
#define VALUE_FETCHES (TILE_K * TILE_P / 4 / ITEMS) /* of an item, 4 values each */
#define WEIGHT_FETCHES (TILE_K * TILE_O / 4 / ITEMS)

#define OUT 4
#define VALUE float
#include "winograd.clh"

/* x: n x (groups * in) x h x w -> work: POINTS x (groups * depth) x width, depth = in and width = the tiles of the
 * images from `first` on, image after image, `per_image` each, `across` side by side; filled up, with zeros, to
 * multiples of TILE_K and TILE_P.
 * Range: width, groups * depth. */
__kernel void winograd_input(__global const float *restrict x, __global float *restrict work, int first, int tiles,
                             int across, int per_image, int in, int depth, int h, int w, int pad_top, int pad_left) {
    int tile = (int)get_global_id(0), row = (int)get_global_id(1), width = (int)get_global_size(0),
        rows = (int)get_global_size(1);
    int real = tile < tiles && row % depth < in, known = min(tile, tiles - 1),
        channel = row / depth * in + min(row % depth, in - 1);
    int top = known % per_image / across * 4 - pad_top, left = known % per_image % across * 4 - pad_left;
    __global const float *map = x + ((size_t)(first + known / per_image) * (rows / depth * in) + channel) * h * w;
    float d[POINTS];
    /* Outside the map the first value is read, and not used. */
#pragma unroll
    for (int r = 0; r < EDGE; r++) {
#pragma unroll
        for (int q = 0; q < EDGE; q++) {
            int inside = real && (uint)(top + r) < (uint)h && (uint)(left + q) < (uint)w;
            float value = map[inside ? (top + r) * w + left + q : 0];
            d[r * EDGE + q] = inside ? value : 0.0f;
        }
    }
#pragma unroll
    for (int q = 0; q < EDGE; q++) winograd_to_points(d + q, EDGE);
#pragma unroll
    for (int r = 0; r < EDGE; r++) winograd_to_points(d + r * EDGE, 1);
    __global float *to = work + (size_t)row * width + tile;
#pragma unroll
    for (int p = 0; p < POINTS; p++) to[(size_t)p * rows * width] = d[p];
}

/* work: as above, and behind it POINTS x (groups * blocks * TILE_O) x width are made. u: POINTS x groups x blocks x
 * depth x TILE_O (G w G^T), with zeros behind the last output. Range: width / TILE_P * 8, groups * blocks * 8, POINTS;
 * group 8 x 8 x 1. */
__kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void
winograd_product(__global const float4 *restrict values, __global const float4 *restrict u,
                 __global float4 *restrict work, int depth, int blocks) {
    __local float4 patches[TILE_K * TILE_P / 4];
    __local float4 weights[TILE_K * TILE_O / 4];
    int across = (int)get_local_id(0), down = (int)get_local_id(1), item = down * SIDE + across;
    int block = (int)get_group_id(1), all = (int)get_num_groups(1), width = (int)get_num_groups(0) * TILE_P / 4,
        rows = all / blocks * depth;
    size_t point = get_group_id(2);
    __global const float4 *from = values + (point * rows + block / blocks * depth + item / (TILE_P / 4)) * width +
                                  get_group_id(0) * TILE_P / 4 + item % (TILE_P / 4);
    __global const float4 *packed = u + (point * all + block) * depth * TILE_O / 4 + item;

    float4 left0 = 0.0f, left1 = 0.0f, left2 = 0.0f, left3 = 0.0f; /* halves of the tile */
    float4 right0 = 0.0f, right1 = 0.0f, right2 = 0.0f, right3 = 0.0f;
    for (int k = 0; k < depth; k += TILE_K) {
        /* All loads of a step before its first store: their latencies overlap. */
        float4 value[VALUE_FETCHES], weight[WEIGHT_FETCHES];
#pragma unroll
        for (int f = 0; f < VALUE_FETCHES; f++) value[f] = from[(k + f * (TILE_K / VALUE_FETCHES)) * width];
#pragma unroll
        for (int f = 0; f < WEIGHT_FETCHES; f++) weight[f] = packed[k * TILE_O / 4 + f * ITEMS];
#pragma unroll
        for (int f = 0; f < VALUE_FETCHES; f++) patches[f * ITEMS + item] = value[f];
#pragma unroll
        for (int f = 0; f < WEIGHT_FETCHES; f++) weights[f * ITEMS + item] = weight[f];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int d = 0; d < TILE_K; d++) {
            float4 w = weights[d * SIDE + down];
            float4 left = patches[d * SIDE * 2 + across], right = patches[d * SIDE * 2 + SIDE + across];
            left0 = MULTIPLY_ADD((float4)(w.s0), left, left0);
            right0 = MULTIPLY_ADD((float4)(w.s0), right, right0);
            left1 = MULTIPLY_ADD((float4)(w.s1), left, left1);
            right1 = MULTIPLY_ADD((float4)(w.s1), right, right1);
            left2 = MULTIPLY_ADD((float4)(w.s2), left, left2);
            right2 = MULTIPLY_ADD((float4)(w.s2), right, right2);
            left3 = MULTIPLY_ADD((float4)(w.s3), left, left3);
            right3 = MULTIPLY_ADD((float4)(w.s3), right, right3);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    __global float4 *to = work + ((size_t)POINTS * rows + (point * all + block) * TILE_O + down * 4) * width +
                          get_group_id(0) * TILE_P / 4 + across;
    to[0] = left0;
    to[SIDE] = right0;
    to[width] = left1;
    to[width + SIDE] = right1;
    to[2 * width] = left2;
    to[2 * width + SIDE] = right2;
    to[3 * width] = left3;
    to[3 * width + SIDE] = right3;
}

/* work: as above; its values are behind `rows` rows of each point. b: groups x blocks x TILE_O. y: n x (groups * out) x
 * out_h x out_w.
 * Range: width, groups * out. */
__kernel void winograd_output(__global const float *restrict work, __global const float *restrict b,
                              __global float *restrict y, int first, int tiles, int across, int per_image, int rows,
                              int out, int out_h, int out_w) {
    int tile = (int)get_global_id(0), channel = (int)get_global_id(1), width = (int)get_global_size(0),
        channels = (int)get_global_size(1);
    int filled = (out + TILE_O - 1) / TILE_O * TILE_O, row = channel / out * filled + channel % out;
    if (tile >= tiles) return;
    __global const float *from = work + ((size_t)POINTS * rows + row) * width + tile;
    float d[POINTS], bias = b[row];
#pragma unroll
    for (int p = 0; p < POINTS; p++) d[p] = from[(size_t)p * (channels / out * filled) * width];
#pragma unroll
    for (int q = 0; q < EDGE; q++) winograd_from_points(d + q, EDGE);
#pragma unroll
    for (int r = 0; r < 4; r++) winograd_from_points(d + r * EDGE, 1);
    int top = tile % per_image / across * 4, left = tile % per_image % across * 4;
    __global float *to = y + (((size_t)(first + tile / per_image) * channels + channel) * out_h + top) * out_w + left;
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
        for (int q = 0; q < 4; q++)
            if (top + r < out_h && left + q < out_w) to[r * out_w + q] = d[r * EDGE + q] + bias;
    }
}
