/* SPDX-License-Identifier: MIT */
/* Weight gradient of a fully connected layer for CPU devices: one work-item owns 32 inputs, and some of the outputs.
 *
 *   gw[o][i] = sum over n of gy[n][o] * x[n][i]       gb[o] = sum over n of gy[n][o]
 *
 * Image by image, from what is there or from 0, so that a batch cut in pieces has the same sums to the bit. The inputs
 * (count x 32) stay in the first cache while OUTPUTS outputs after OUTPUTS outputs pass. */
#include "common.clh"
#include "fc.clh"

#ifndef OUTPUTS
#define OUTPUTS 8 /* in registers at once */
#endif

/* gy: n x out, images image .. image+count-1 -> packed: ceil(out / OUTPUTS) x count x OUTPUTS, filled up with zeros.
 * And gb: out. Range: ceil(out / OUTPUTS). */
__kernel void fc_weight_gradient_cpu_pack(__global const float *restrict gy, __global float *restrict packed,
                                          __global float *restrict gb, int image, int count, int out, int add) {
    int start = (int)get_global_id(0) * OUTPUTS, width = min(OUTPUTS, out - start);
    float sums[OUTPUTS];
    gy += (size_t)image * out + start;
    packed += (size_t)start * count;
    for (int t = 0; t < width; t++) sums[t] = add ? gb[start + t] : 0.0f;
    for (int n = 0; n < count; n++) {
        for (int t = 0; t < OUTPUTS; t++) {
            float value = t < width ? gy[(size_t)n * out + t] : 0.0f;
            packed[n * OUTPUTS + t] = value;
            if (t < width) sums[t] = MULTIPLY_ADD(value, 1.0f, sums[t]);
        }
    }
    for (int t = 0; t < width; t++) gb[start + t] = sums[t];
}

/* 16 values, or as many as there are and zeros. */
float16 fc_weight_gradient_cpu_load(__global const float *from, int count) {
    float values[16];
    if (count >= 16) return vload16(0, from);
    for (int i = 0; i < 16; i++) values[i] = i < count ? from[i] : 0.0f;
    return vload16(0, values);
}
void fc_weight_gradient_cpu_store(float16 value, __global float *to, int count) {
    if (count >= 16) {
        vstore16(value, 0, to);
    } else {
        float values[16];
        vstore16(value, 0, values);
        for (int i = 0; i < count; i++) to[i] = values[i];
    }
}

/* x: n x in_memory (fc.clh), images image .. image+count-1; packed: gy, as above. gw: out x in. panel: count x 32
 * floats. Range: ceil(in / 32), and as many as have `together` times OUTPUTS outputs each; work-groups of one. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_weight_gradient_cpu(__global const float *restrict x, __global const float *restrict packed,
                       __global float *restrict gw, int image, int count, int in, int out, int in_memory, int hw,
                       int first, int gap, int add, int together, __local float *restrict panel) {
    int start = (int)get_global_id(0) * 32, width = min(32, in - start);
    int block = (int)get_global_id(1) * together, end = min(out, (block + together) * OUTPUTS);
    x += (size_t)image * in_memory;
    for (int k = 0; k < 32; k++) {
        __global const float *from = x + fc_place(min(start + k, in - 1), hw, first, gap);
        for (int n = 0; n < count; n++) panel[n * 32 + k] = from[(size_t)n * in_memory];
    }
    for (int o = block * OUTPUTS; o < end; o += OUTPUTS) {
        __global const float *g = packed + (size_t)o * count;
        __global float *to = gw + (size_t)o * in + start;
        float16 sums[OUTPUTS][2];
#pragma unroll
        for (int t = 0; t < OUTPUTS; t++) {
            sums[t][0] = sums[t][1] = (float16)(0.0f);
            if (add && o + t < out) {
                sums[t][0] = fc_weight_gradient_cpu_load(to + (size_t)t * in, width);
                sums[t][1] = fc_weight_gradient_cpu_load(to + (size_t)t * in + 16, width - 16);
            }
        }
        for (int n = 0; n < count; n++) {
            float16 value0 = vload16(n * 2, panel), value1 = vload16(n * 2 + 1, panel);
#pragma unroll
            for (int t = 0; t < OUTPUTS; t++) {
                float16 factor = (float16)(g[n * OUTPUTS + t]);
                sums[t][0] = MULTIPLY_ADD(value0, factor, sums[t][0]);
                sums[t][1] = MULTIPLY_ADD(value1, factor, sums[t][1]);
            }
        }
#pragma unroll
        for (int t = 0; t < OUTPUTS; t++) {
            if (o + t < out) {
                fc_weight_gradient_cpu_store(sums[t][0], to + (size_t)t * in, width);
                fc_weight_gradient_cpu_store(sums[t][1], to + (size_t)t * in + 16, width - 16);
            }
        }
    }
}
