/* SPDX-License-Identifier: MIT */
/* Convolution for any device: an implicit matrix product with tiles in local memory.
 *
 *   y[n][o][r][q] = b[o] + sum over i, ky, kx of x[n][i][r*STRIDE + ky - pad][q*STRIDE + kx - pad] * w[o][i][ky][kx]
 *
 * (cross-correlation; outputs of group g read the inputs of group g; zeros outside x). Seen as a product: weights out x depth times
 * patches depth x pixels, depth = in * KERNEL * KERNEL in the order i, ky, kx; the patches are gathered from x and never stored whole.
 * A work-group of 8 x 8 makes TILE_O outputs of TILE_P pixels, an item 4 x 4 of them. Every output adds its products in the order
 * of depth, starting from the bias, whatever the tile, the batch and the placement. */
#ifndef KERNEL
#define KERNEL 3 /* window */
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#ifndef TILE_K
#define TILE_K 16 /* depth in local memory at a time */
#endif
#define SIDE 8
#define ITEMS (SIDE * SIDE)
#define TILE_O (SIDE * 4)
#define TILE_P (SIDE * 4)

#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) mad(a, b, c)
#endif

/* x: n x (groups * in) x in_h x in_w. w: groups x tiles of TILE_O outputs x depth (filled up to a multiple of TILE_K) x TILE_O;
 * b: groups x tiles x TILE_O; both with zeros behind the last output. y: n x (groups * out) x out_h x out_w.
 * `in`, `out`: channels of one group. Range: ceil(out_h * out_w / TILE_P) * 8, groups * ceil(out / TILE_O) * 8, images; group 8 x 8 x 1. */
__kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void conv_forward(__global const float *restrict x, __global const float *restrict w,
                                                                                __global const float *restrict b, __global float *restrict y, int groups, int in,
                                                                                int out, int in_h, int in_w, int out_h, int out_w, int pad) {
    __local float patches[TILE_K * TILE_P];
    __local float weights[TILE_K * TILE_O];
    int across = (int)get_local_id(0), down = (int)get_local_id(1), item = down * SIDE + across;
    int tiles = (out + TILE_O - 1) / TILE_O, pixels = out_h * out_w, depth = in * KERNEL * KERNEL, steps = (depth + TILE_K - 1) / TILE_K;
    int tile = (int)get_group_id(1), group = tile / tiles, first_o = tile % tiles * TILE_O, first_p = (int)get_group_id(0) * TILE_P;
    size_t n = get_global_id(2);

    /* What this item gathers: always the same pixel, TILE_P / ITEMS of the depths. */
    int gathered = item % TILE_P, pixel = first_p + gathered;
    int row = pixel / out_w * STRIDE - pad, column = pixel % out_w * STRIDE - pad;
    __global const float *maps = x + (n * groups + group) * in * in_h * in_w;
    __global const float *packed = w + tile * steps * TILE_K * TILE_O;

    float4 bias = vload4(0, b + tile * TILE_O + down * 4);
    float4 sum0 = (float4)(bias.s0), sum1 = (float4)(bias.s1), sum2 = (float4)(bias.s2), sum3 = (float4)(bias.s3);
    for (int step = 0; step < steps; step++) {
        for (int d = item / TILE_P; d < TILE_K; d += ITEMS / TILE_P) {
            int k = step * TILE_K + d, i = k / (KERNEL * KERNEL), window = k % (KERNEL * KERNEL);
            int r = row + window / KERNEL, q = column + window % KERNEL;
            int inside = k < depth && pixel < pixels && r >= 0 && r < in_h && q >= 0 && q < in_w;
            patches[d * TILE_P + gathered] = inside ? maps[(i * in_h + r) * in_w + q] : 0.0f;
        }
        for (int d = item; d < TILE_K * TILE_O; d += ITEMS) weights[d] = packed[step * TILE_K * TILE_O + d];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int d = 0; d < TILE_K; d++) {
            float4 weight = vload4(0, weights + d * TILE_O + down * 4), value = vload4(0, patches + d * TILE_P + across * 4);
            sum0 = MULTIPLY_ADD((float4)(weight.s0), value, sum0);
            sum1 = MULTIPLY_ADD((float4)(weight.s1), value, sum1);
            sum2 = MULTIPLY_ADD((float4)(weight.s2), value, sum2);
            sum3 = MULTIPLY_ADD((float4)(weight.s3), value, sum3);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    float sums[16];
    vstore4(sum0, 0, sums);
    vstore4(sum1, 1, sums);
    vstore4(sum2, 2, sums);
    vstore4(sum3, 3, sums);
    for (int o = 0; o < 4; o++) {
        for (int p = 0; p < 4; p++) {
            int channel = first_o + down * 4 + o, to = first_p + across * 4 + p;
            if (channel < out && to < pixels) y[((n * groups + group) * out + channel) * pixels + to] = sums[o * 4 + p];
        }
    }
}
