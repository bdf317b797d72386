/* SPDX-License-Identifier: MIT */
/* conv.cl with larger tiles and with local memory twice, for GPUs with many registers: while an item multiplies what is
 * in one half of local memory, what it has fetched of the next step is on its way to the other, and a step needs one
 * barrier. A work-group of 8 x 8 makes TILE_O outputs of TILE_P pixels, an item 8 x 8 of them: 4 in each half of the
 * tile on both sides, so that neighbours read different banks. It reads 2 floats of local memory for 8 products where
 * conv.cl reads 3 (`tools/occupancy`), and has half as many work-groups, which small maps and batches do not fill a GPU
 * with. Every output adds its products in the order of depth, starting from the bias: it has conv.cl's bits. */
#include "common.clh"
#include "register_tile.clh"
#include "window.clh"

#ifndef TILE_K
#define TILE_K 4 /* depth in a half of local memory; with 8, Intel's compiler has no registers left */
#endif
#define SIDE 8
#define ITEMS (SIDE * SIDE)
#define TILE_O (SIDE * 8)
#define TILE_P (SIDE * 8)
#define PATCHES (TILE_K * TILE_P / 4) /* of a half of local memory, 4 floats each */
#define WEIGHTS (TILE_K * TILE_O / 4)
#include "conv.clh"

/* Arguments as conv.cl's, with this TILE_O and TILE_K. Range: ceil(out_h * out_w / TILE_P) * 8,
 * groups * ceil(out / TILE_O) * 8, images; group 8 x 8 x 1. */
__kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void
conv_pipelined_forward(__global const float *restrict x, __global const float *restrict w,
                       __global const float *restrict b, __global float *restrict y, int groups, int in, int out,
                       int in_h, int in_w, int out_h, int out_w, int pad_top, int pad_left) {
    __local float4 patches[2 * PATCHES], weights[2 * WEIGHTS];
    int across = (int)get_local_id(0), down = (int)get_local_id(1), item = down * SIDE + across;
    int tiles = (out + TILE_O - 1) / TILE_O, pixels = out_h * out_w, depth = in * KERNEL_H * KERNEL_W,
        steps = (depth + TILE_K - 1) / TILE_K;
    int tile = (int)get_group_id(1), group = tile / tiles, first_o = tile % tiles * TILE_O,
        first_p = (int)get_group_id(0) * TILE_P;
    size_t n = get_global_id(2) - get_local_id(2); /* which compilers know to be the same for all items */
    struct conv_reads reads =
        conv_reads(x + (n * groups + group) * in * in_h * in_w, w + tile * steps * TILE_K * TILE_O, item,
                   first_p + item, depth, in_h, in_w, out_h, out_w, pad_top, pad_left);

    float4 left[8], right[8]; /* halves of the tile's pixels */
#pragma unroll
    for (int o = 0; o < 8; o++) left[o] = right[o] = (float4)(b[tile * TILE_O + o / 4 * SIDE * 4 + down * 4 + o % 4]);
    float fetched_values[TILE_K];
    float4 fetched_weights[WEIGHT_FETCHES];
    conv_fetch(&reads, 0, fetched_values, fetched_weights);
    conv_store(fetched_values, fetched_weights, item, patches, weights);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = 0; step < steps; step++) {
        int now = step % 2, next = 1 - now;
        /* behind the last step that step once more, which nobody reads */
        conv_fetch(&reads, min(step + 1, steps - 1), fetched_values, fetched_weights);
        for (int d = 0; d < TILE_K; d++) {
            float4 first = patches[now * PATCHES + d * SIDE * 2 + across],
                   second = patches[now * PATCHES + d * SIDE * 2 + SIDE + across];
#pragma unroll
            for (int o = 0; o < 8; o += 4)
                register_tile_add(left + o, right + o, weights[now * WEIGHTS + d * SIDE * 2 + o / 4 * SIDE + down],
                                  first, second);
        }
        conv_store(fetched_values, fetched_weights, item, patches + next * PATCHES, weights + next * WEIGHTS);
        barrier(CLK_LOCAL_MEM_FENCE);
    }

#pragma unroll
    for (int o = 0; o < 8; o++) {
        int channel = first_o + o / 4 * SIDE * 4 + down * 4 + o % 4;
        float sums[8];
        vstore4(left[o], 0, sums);
        vstore4(right[o], 1, sums);
#pragma unroll
        for (int p = 0; p < 8; p++) {
            int to = first_p + p / 4 * SIDE * 4 + across * 4 + p % 4;
            if (channel < out && to < pixels) y[((n * groups + group) * out + channel) * pixels + to] = sums[p];
        }
    }
}
