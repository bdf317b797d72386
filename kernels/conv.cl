/* SPDX-License-Identifier: MIT */
/* Convolution for any device: an implicit matrix product with tiles in local memory.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of
 *       x[n][i][r*STRIDE_H + ky*DILATION_H - pad_top][q*STRIDE_W + kx*DILATION_W - pad_left] * w[o][i][ky][kx]
 *
 * (cross-correlation; outputs of group g read the inputs of group g; zeros outside x). Seen as a product: weights out x
 * depth times patches depth x pixels, depth = in * KERNEL_H * KERNEL_W in the order i, ky, kx; the patches are gathered
 * from x and never stored whole. A work-group of 8 x 8 makes TILE_O outputs of TILE_P pixels, an item 4 x 8 of them: 4
 * pixels in each half of the tile, so that neighbours read different banks. `tools/occupancy` says what that tile
 * allows on which GPU. Every output adds its products in the order of depth, starting from the bias, whatever the tile,
 * the batch and the placement.
 *
 * Where maps are small and images few, the depth can be cut (split-K): each of `parts` work-groups adds its own part of
 * an output's products, the first starting from the bias, and conv_add adds the sums in the order of the parts. */
#include "common.clh"
#include "window.clh"

#ifndef TILE_K
#define TILE_K 8 /* depth in local memory at a time */
#endif
#define SIDE 8
#define ITEMS (SIDE * SIDE)
#define TILE_O (SIDE * 4)
#define TILE_P (SIDE * 8)
#include "conv.clh"

/* x: n x (groups * in) x in_h x in_w. w: groups x tiles of TILE_O outputs x depth (filled up to a multiple of TILE_K) x
 * TILE_O;
 * b: groups x tiles x TILE_O; both with zeros behind the last output. y: n x (groups * out) x out_h x out_w.
 * `in`, `out`: channels of one group. Range: ceil(out_h * out_w / TILE_P) * 8, groups * ceil(out / TILE_O) * 8, images;
 * group 8 x 8 x 1.
 * parts: 0, or into how many the depth is cut: then y begins with the first image of the launch, images x parts x
 * (groups * out) x out_h x out_w, and the range has images * parts. */
__kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void
conv_forward(__global const float *restrict x, __global const float *restrict w, __global const float *restrict b,
             __global float *restrict y, int groups, int in, int out, int in_h, int in_w, int out_h, int out_w,
             int pad_top, int pad_left, int parts) {
    __local float4 patches[TILE_K * TILE_P / 4]; /* so declared, they are aligned: one load */
    __local float4 weights[TILE_K * TILE_O / 4];
    int across = (int)get_local_id(0), down = (int)get_local_id(1), item = down * SIDE + across;
    int tiles = (out + TILE_O - 1) / TILE_O, pixels = out_h * out_w, depth = in * KERNEL_H * KERNEL_W,
        steps = (depth + TILE_K - 1) / TILE_K;
    int tile = (int)get_group_id(1), group = tile / tiles, first_o = tile % tiles * TILE_O,
        first_p = (int)get_group_id(0) * TILE_P;
    int at = (int)(get_global_id(2) - get_local_id(2)); /* which compilers know to be the same for all items */
    int cut = max(parts, 1), part = at % cut;
    size_t n = at / cut, made = parts ? (int)get_group_id(2) : at;
    struct conv_reads reads =
        conv_reads(x + (n * groups + group) * in * in_h * in_w, w + tile * steps * TILE_K * TILE_O, item,
                   first_p + item, depth, in_h, in_w, out_h, out_w, pad_top, pad_left);

    float4 bias = part ? (float4)(0.0f) : vload4(0, b + tile * TILE_O + down * 4);
    /* halves of the tile */
    float4 left0 = (float4)(bias.s0), left1 = (float4)(bias.s1), left2 = (float4)(bias.s2), left3 = (float4)(bias.s3);
    float4 right0 = left0, right1 = left1, right2 = left2, right3 = left3;
    for (int step = part * steps / cut; step < (part + 1) * steps / cut; step++) {
        /* All loads of a step before its first store: their latencies overlap. */
        float fetched_values[TILE_K];
        float4 fetched_weights[WEIGHT_FETCHES];
        conv_fetch(&reads, step, fetched_values, fetched_weights);
        conv_store(fetched_values, fetched_weights, item, patches, weights);
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int d = 0; d < TILE_K; d++) {
            float4 weight = weights[d * SIDE + down];
            float4 left = patches[d * SIDE * 2 + across], right = patches[d * SIDE * 2 + SIDE + across];
            left0 = MULTIPLY_ADD((float4)(weight.s0), left, left0);
            right0 = MULTIPLY_ADD((float4)(weight.s0), right, right0);
            left1 = MULTIPLY_ADD((float4)(weight.s1), left, left1);
            right1 = MULTIPLY_ADD((float4)(weight.s1), right, right1);
            left2 = MULTIPLY_ADD((float4)(weight.s2), left, left2);
            right2 = MULTIPLY_ADD((float4)(weight.s2), right, right2);
            left3 = MULTIPLY_ADD((float4)(weight.s3), left, left3);
            right3 = MULTIPLY_ADD((float4)(weight.s3), right, right3);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    float sums[32];
    vstore4(left0, 0, sums);
    vstore4(right0, 1, sums);
    vstore4(left1, 2, sums);
    vstore4(right1, 3, sums);
    vstore4(left2, 4, sums);
    vstore4(right2, 5, sums);
    vstore4(left3, 6, sums);
    vstore4(right3, 7, sums);
    for (int o = 0; o < 4; o++) {
        for (int p = 0; p < 8; p++) {
            int channel = first_o + down * 4 + o, to = first_p + p / 4 * SIDE * 4 + across * 4 + p % 4;
            if (channel < out && to < pixels)
                y[((made * groups + group) * out + channel) * pixels + to] = sums[o * 8 + p];
        }
    }
}

/* The sums of conv_forward's parts. sums: images x parts x values, values = (groups * out) x out_h x out_w; y: n x
 * values. Range: values, images; group n x 1. */
__kernel void conv_add(__global const float *restrict sums, __global float *restrict y, int parts, int values) {
    int value = (int)get_global_id(0);
    if (value >= values) return;
    __global const float *from = sums + get_group_id(1) * parts * values + value;
    float sum = from[0];
    for (int p = 1; p < parts; p++) sum = MULTIPLY_ADD(from[p * values], 1.0f, sum);
    y[get_global_id(1) * values + value] = sum;
}
