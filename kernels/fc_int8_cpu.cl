/* SPDX-License-Identifier: MIT */
/* Fully connected layer with weights of 8 bits, for CPU devices.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * (scale[o][i / 32] * w[o][i])
 *
 * w: ceil(out / 32) blocks of 32 outputs x ceil(in / 32) groups of 32 inputs; of each the weights, inputs x outputs,
 * and behind them the 32 scales in half precision; filled up with zeros (docs/layout.md). A scale times a weight is
 * exact in float, so that the sums are, to the bit, those of float weights with these values, in fc_panel.clh's order.
 * One image costs what it takes to read the weights, a quarter of float's; many cost products, and weights are made
 * floats once for all of them. */
#include "common.clh"
#include "fc.clh"
#include "fc_cpu.clh"

#define WEIGHT char
#define GROUP 32
#define GROUP_BYTES (GROUP * 32 + 2 * 32)
#ifndef BLOCKS
#define BLOCKS 2 /* of 32 outputs that a work-item owns where there is one image: as many streams of weights */
#endif
#define SCALE(k, group) vload_half16(k, (__global const half *)((group) + GROUP * 32))
#define LOAD(k, group) convert_float16(vload16(k, group))
#define AHEAD 2048 /* bytes that are fetched ahead of their use, beyond what caches fetch by themselves */

__global const char *fc_int8_cpu_group(__global const char *restrict w, int start, int at, int in) {
    return w + ((size_t)(start / 32) * ((in + GROUP - 1) / GROUP) + at / GROUP) * GROUP_BYTES;
}

void fc_panel_fill(__global const char *restrict w, __local float *restrict panel, int start, int at, int length,
                   int in, int out) {
    __global const char *group = fc_int8_cpu_group(w, start, at, in);
    for (int first = 0; first < length; first += GROUP, group += GROUP_BYTES) {
        float16 scale0 = SCALE(0, group), scale1 = SCALE(1, group);
        for (int i = 0; i < min(GROUP, length - first); i++) {
            vstore16(LOAD(2 * i, group) * scale0, (first + i) * 2, panel);
            vstore16(LOAD(2 * i + 1, group) * scale1, (first + i) * 2 + 1, panel);
        }
    }
}

void fc_panel_fetch(__global const char *restrict w, int start, int at, int length, int part, int end, int in,
                    int out) {
    __global const char *group = fc_int8_cpu_group(w, start, at, in);
    int lines = (length + GROUP - 1) / GROUP * (GROUP_BYTES / 64);
    for (int line = part * lines / 32; line < end * lines / 32; line++) FETCH(group + line * 64);
}

#include "fc_panel.clh"

/* packed: x, as fc_panel_pack makes it; b: out; y: n x out. Range and the rest: fc_panel_forward. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_int8_cpu_many(__global const float *restrict packed, __global const char *restrict w,
                 __global const float *restrict b, __global float *restrict y, int first, int count, int rows, int in,
                 int out, int relu, int together, __local float *restrict panel, __local float *restrict sums) {
    fc_panel_forward(packed, w, b, y, first, count, rows, in, out, relu, together, panel, sums);
}

/* One image. x: `in` values in the file's order; b: out, y: n x out. Range: ceil(out / (32 * BLOCKS)). */
__kernel __attribute__((vec_type_hint(float16))) void
fc_int8_cpu_one(__global const float *restrict x, __global const char *restrict w, __global const float *restrict b,
                __global float *restrict y, int first, int image, int in, int out, int relu) {
    int block = (int)get_global_id(0) * BLOCKS, last = (out + 31) / 32 - 1;
    __global const char *group[BLOCKS];
    float16 sums[BLOCKS][2];
    x += (size_t)first * in;
#pragma unroll
    for (int j = 0; j < BLOCKS; j++) { /* blocks behind the last are the last once more, and not stored */
        int here = min(block + j, last);
        group[j] = fc_int8_cpu_group(w, here * 32, 0, in);
        sums[j][0] = fc_cpu_bias(b, here * 32, out);
        sums[j][1] = fc_cpu_bias(b, here * 32 + 16, out);
    }
    for (int at = 0; at < in; at += PANEL) {
        float16 part[BLOCKS][2];
#pragma unroll
        for (int j = 0; j < BLOCKS; j++) part[j][0] = part[j][1] = (float16)(0.0f);
        for (int start = at; start < min(at + PANEL, in); start += GROUP) {
            float16 scale[BLOCKS][2];
#pragma unroll
            for (int j = 0; j < BLOCKS; j++) scale[j][0] = SCALE(0, group[j]), scale[j][1] = SCALE(1, group[j]);
            for (int i = 0; i < min(GROUP, in - start); i++) {
                float16 value = (float16)(x[start + i]);
#pragma unroll
                for (int j = 0; j < BLOCKS; j++) {
                    FETCH(group[j] + i * 32 + AHEAD);
                    part[j][0] = MULTIPLY_ADD(LOAD(2 * i, group[j]) * scale[j][0], value, part[j][0]);
                    part[j][1] = MULTIPLY_ADD(LOAD(2 * i + 1, group[j]) * scale[j][1], value, part[j][1]);
                }
            }
#pragma unroll
            for (int j = 0; j < BLOCKS; j++) group[j] += GROUP_BYTES;
        }
#pragma unroll
        for (int j = 0; j < BLOCKS; j++) {
            sums[j][0] += part[j][0];
            sums[j][1] += part[j][1];
        }
    }
#pragma unroll
    for (int j = 0; j < BLOCKS; j++) {
        fc_cpu_store(sums[j][0], (block + j) * 32, out, relu, y + (size_t)image * out);
        fc_cpu_store(sums[j][1], (block + j) * 32 + 16, out, relu, y + (size_t)image * out);
    }
}
