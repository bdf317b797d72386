/* SPDX-License-Identifier: MIT */
/* Convolution by Winograd's minimal filtering, F(2x2, 3x3), stride 1, in one kernel: transforms and products meet in
 * local memory, and nothing goes through global memory in between.
 *
 *   y = A^T [ sum over i of (G w G^T) . (B^T x B) ] A
 *
 * for each output tile of 2 x 2, from an input tile of 4 x 4: 16 products for the 36 of the sum itself. A work-group of
 * 256 items makes TILE_O outputs of TILE_P tiles of one image. For TILE_K input channels at a time each item transforms
 * one input tile; then 16 items multiply at each of the 16 points, 8 outputs by 8 tiles each, in halves as in
 * conv_pipelined.cl; in the end all items transform the sums, of half the outputs at a time. Sums run over the input
 * channels in order, from zero: a value depends on its image alone. winograd.cl, whose tiles are of 4 x 4, needs fewer
 * products, and a workspace. Source: Lavin, Gray, "Fast algorithms for convolutional neural networks" (arXiv
 * 1509.09308). */
#include "common.clh"
#include "register_tile.clh"

#define WINDOW 3
#define OUT 2
#define VALUE float
#include "winograd.clh"

#define ITEMS 256
#define TILE_O 32
#define TILE_P 32
#define TILE_K 8                               /* each item transforms one of TILE_K * TILE_P tiles */
#define WEIGHTS (POINTS * TILE_K * TILE_O / 4) /* of a step, 4 floats each */
#define VALUES (POINTS * TILE_K * TILE_P / 4)
#define POINT_WEIGHTS (TILE_K * TILE_O / 4)
#define HALF_O (TILE_O / 2)

/* x: n x (groups * in) x in_h x in_w. u: groups x blocks of TILE_O outputs x POINTS x depth (in, filled up to a
 * multiple of TILE_K) x TILE_O: G w G^T; b: groups x blocks x TILE_O; both with zeros behind the last output. y: n x
 * (groups * out) x out_h x out_w. Range: ceil(ceil(out_h / 2) * ceil(out_w / 2) / TILE_P) * 256, groups * blocks,
 * images; group 256 x 1 x 1. */
__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
winograd_fused(__global const float *restrict x, __global const float4 *restrict u, __global const float *restrict b,
               __global float *restrict y, int groups, int in, int out, int in_h, int in_w, int out_h, int out_w,
               int pad_top, int pad_left) {
    __local float4 shared[WEIGHTS + VALUES];
    __local float4 *weights = shared, *values = shared + WEIGHTS;
    int item = (int)get_local_id(0), point = item / 16, across = item % 4, down = item / 4 % 4;
    int blocks = (out + TILE_O - 1) / TILE_O, block = (int)get_group_id(1), group = block / blocks,
        first_o = block % blocks * TILE_O, first_p = (int)get_group_id(0) * TILE_P, wide = (out_w + 1) / 2;
    size_t n = get_global_id(2) - get_local_id(2); /* which compilers know to be the same for all items */
    int depth = (in + TILE_K - 1) / TILE_K * TILE_K, channel = item / TILE_P, tile = first_p + item % TILE_P;
    int top = tile / wide * 2 - pad_top, left_edge = tile % wide * 2 - pad_left;
    __global const float *maps = x + (n * groups + group) * in * in_h * in_w;
    __global const float4 *packed = u + (size_t)block * POINTS * depth * TILE_O / 4;

    float4 left[8], right[8]; /* halves of the tiles */
#pragma unroll
    for (int o = 0; o < 8; o++) left[o] = right[o] = 0.0f;
    for (int i = 0; i < depth; i += TILE_K) {
        float d[POINTS];
        /* Outside the map the first value is read, and not used. */
#pragma unroll
        for (int p = 0; p < POINTS; p++) {
            int row = top + p / EDGE, column = left_edge + p % EDGE;
            int inside = (i + channel < in) & ((uint)row < (uint)in_h) & ((uint)column < (uint)in_w);
            float value = maps[inside ? ((i + channel) * in_h + row) * in_w + column : 0];
            d[p] = inside ? value : 0.0f;
        }
#pragma unroll
        for (int q = 0; q < EDGE; q++) winograd_to_points(d + q, EDGE);
#pragma unroll
        for (int r = 0; r < EDGE; r++) winograd_to_points(d + r * EDGE, 1);
#pragma unroll
        for (int p = 0; p < POINTS; p++) ((__local float *)values)[p * ITEMS + item] = d[p];
#pragma unroll
        for (int f = 0; f < WEIGHTS / ITEMS; f++) {
            int at = f * ITEMS + item;
            weights[at] = packed[(at / POINT_WEIGHTS * depth + i) * TILE_O / 4 + at % POINT_WEIGHTS];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int k = 0; k < TILE_K; k++) {
            int at = (point * TILE_K + k) * TILE_P / 4;
            float4 first = values[at + across], second = values[at + TILE_P / 8 + across];
#pragma unroll
            for (int o = 0; o < 8; o += 4)
                register_tile_add(left + o, right + o, weights[at + o / 4 * TILE_O / 8 + down], first, second);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    /* The sums of half the outputs take all of local memory: points x HALF_O x TILE_P. */
#pragma unroll
    for (int h = 0; h < 2; h++) {
#pragma unroll
        for (int o = 0; o < 4; o++) {
            int at = (point * HALF_O + down * 4 + o) * TILE_P / 4 + across;
            shared[at] = left[h * 4 + o];
            shared[at + TILE_P / 8] = right[h * 4 + o];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int made = item; made < HALF_O * TILE_P; made += ITEMS) {
            int o = h * HALF_O + made / TILE_P, at = first_p + made % TILE_P, row = at / wide * 2,
                column = at % wide * 2;
            float d[POINTS], bias = b[block * TILE_O + o];
#pragma unroll
            for (int p = 0; p < POINTS; p++) d[p] = ((__local const float *)shared)[p * HALF_O * TILE_P + made];
#pragma unroll
            for (int q = 0; q < EDGE; q++) winograd_from_points(d + q, EDGE);
#pragma unroll
            for (int r = 0; r < 2; r++) winograd_from_points(d + r * EDGE, 1);
            __global float *to = y + (((n * groups + group) * out + first_o + o) * out_h + row) * out_w + column;
#pragma unroll
            for (int p = 0; p < 4; p++)
                if (first_o + o < out && row + p / 2 < out_h && column + p % 2 < out_w)
                    to[p / 2 * out_w + p % 2] = d[p / 2 * EDGE + p % 2] + bias;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
