/* SPDX-License-Identifier: MIT */
/* The gradients of a convolution by its weights and biases, with tiles in local memory: for each image the product of
 * two matrices, what the windows read (weights x places) and the gradient of the outputs (outputs x places). A bias is
 * a weight whose window reads 1 everywhere. A work-group of 8 x 8 items makes TILE_O outputs x TILE_W weights of one
 * image, TILE_P places at a time, each item 4 x 8 of them in registers.
 *
 *   sums[n][o][(i, ky, kx)] = sum over r, q of
 *       gy[n][o][r][q] * x[n][i][r*STRIDE_H + ky*DILATION_H - pad_top][q*STRIDE_W + kx*DILATION_W - pad_left]
 *   sums[n][o][row] = sum over r, q of gy[n][o][r][q]
 *
 * (the derivatives of what conv.cl computes; row: the weights of an output). conv_tiles_add then adds the images' sums
 * in order to what is there, so that they may be cut into any number of launches. */
#include "common.clh"
#include "window.clh"

#define SIDE 8
#define TILE_O 32
#define TILE_W 64
#define TILE_P 8
#define TAPS (KERNEL_H * KERNEL_W)

/* One group. x: n x inputs x in_h x in_w, of which the group reads `in` channels from `channel` on. gy: n x outputs x
 * out_h x out_w, of which it makes `count` from `first` on. sums: (n - image) x outputs x (in * TAPS + 1).
 * Range: ceil(weights and bias / TILE_W) * SIDE, ceil(count / TILE_O) * SIDE, images; work-group SIDE x SIDE x 1. */
__kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void
conv_tiles_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                           __global float *restrict sums, int image, int inputs, int channel, int in, int outputs,
                           int first, int count, int in_h, int in_w, int out_h, int out_w, int pad_top, int pad_left) {
    __local float read[TILE_P][TILE_W], gradient[TILE_P][TILE_O];
    int column = (int)get_local_id(0), line = (int)get_local_id(1), item = line * SIDE + column;
    int start_w = (int)get_group_id(0) * TILE_W, start_o = (int)get_group_id(1) * TILE_O;
    int row = in * TAPS, places = out_h * out_w, weight = start_w + item; /* the one that this item reads for */
    int top = weight % TAPS / KERNEL_W * DILATION_H - pad_top, left = weight % KERNEL_W * DILATION_W - pad_left;
    size_t n = get_global_id(2);
    __global const float *map = x + (n * inputs + channel + min(weight / TAPS, in - 1)) * in_h * in_w;
    __global const float *g = gy + (n * outputs + first + start_o) * places;
    float made[4][8];
#pragma unroll
    for (int o = 0; o < 4; o++)
#pragma unroll
        for (int w = 0; w < 8; w++) made[o][w] = 0.0f;
    for (int start = 0; start < places; start += TILE_P) {
        for (int p = 0; p < TILE_P; p++) {
            int r = (start + p) / out_w, q = (start + p) % out_w, y = top + r * STRIDE_H, c = left + q * STRIDE_W;
            float value = weight == row ? 1.0f : 0.0f;
            if (weight < row && r < out_h && y >= 0 && y < in_h && c >= 0 && c < in_w) value = map[y * in_w + c];
            read[p][item] = value;
        }
        for (int o = line; o < TILE_O; o += SIDE) {
            int inside = start_o + o < count && start + column < places;
            gradient[column][o] = inside ? g[o * places + start + column] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int p = 0; p < TILE_P; p++) {
#pragma unroll
            for (int o = 0; o < 4; o++)
#pragma unroll
                for (int w = 0; w < 8; w++)
                    made[o][w] = MULTIPLY_ADD(gradient[p][line * 4 + o], read[p][w * SIDE + column], made[o][w]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#pragma unroll
    for (int o = 0; o < 4; o++) {
#pragma unroll
        for (int w = 0; w < 8; w++) {
            int to_o = start_o + line * 4 + o, to_w = start_w + w * SIDE + column;
            if (to_o < count && to_w <= row)
                sums[((n - image) * outputs + first + to_o) * (row + 1) + to_w] = made[o][w];
        }
    }
}

/* gw, gb = the sums of `images` images, added in order to what is there (`add`), else to 0. sums: images x outputs x
 * (row + 1); gw: outputs x row; gb: outputs. Range: outputs * (row + 1), 1; any work-group. */
__kernel void conv_tiles_add(__global const float *restrict sums, __global float *restrict gw,
                             __global float *restrict gb, int images, int add, int outputs, int row) {
    int i = (int)get_global_id(0), values = outputs * (row + 1);
    if (i < values) {
        int o = i / (row + 1), weight = i % (row + 1);
        __global float *to = weight == row ? gb + o : gw + (size_t)o * row + weight;
        float total = add ? *to : 0.0f;
        for (int n = 0; n < images; n++) total = MULTIPLY_ADD(sums[(size_t)n * values + i], 1.0f, total);
        *to = total;
    }
}
