/* SPDX-License-Identifier: MIT */
/* Input gradient of a fully connected layer for CPU devices: one work-item owns 32 inputs, of many images.
 *
 *   gx[n][i] = sum over o of gy[n][o] * w[o][i]
 *
 * The sum is made of sums over PANEL outputs, each from 0 with one fma an output, which are added one after the other.
 * Weights are read as they are in the file, where those of an output lie side by side: those of PANEL outputs (PANEL x
 * 32) are copied together, and stay in the first cache while IMAGES images after IMAGES images pass. */
#include "common.clh"
#include "fc.clh"
#include "fc_cpu.clh"

/* The gradients of inputs that are none, in what fills up a half's last block, are 0: of one image. */
void fc_input_gradient_cpu_fill(__global float *restrict gx, int channels, int in_memory, int hw, int first, int gap) {
    for (int place = 0; place < in_memory / hw; place++)
        if (place >= first && (place < first + gap || place >= channels + gap))
            for (int i = 0; i < hw; i++) gx[(place / BLOCK * hw + i) * BLOCK + place % BLOCK] = 0.0f;
}

/* packed: gy, as fc_cpu_pack makes it; rows: a multiple of IMAGES. w: out x in. gx: n x in_memory (fc.clh), images
 * image .. image+count-1. panel: PANEL x 32, sums: rows x 32 floats. Range: ceil(in / 32); work-groups of one. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_input_gradient_cpu(__global const float *restrict packed, __global const float *restrict w,
                      __global float *restrict gx, int image, int count, int rows, int in, int out, int in_memory,
                      int hw, int first, int gap, __local float *restrict panel, __local float *restrict sums) {
    int start = (int)get_global_id(0) * 32, width = min(32, in - start);
    for (int n = 0; n < rows * 2; n++) vstore16((float16)(0.0f), n, sums);
    for (int at = 0; at < out; at += PANEL) {
        int length = min(PANEL, out - at);
        __global const float *weights = w + (size_t)at * in + start;
        for (int o = 0; o < length && width == 32; o++) {
            vstore16(vload16(0, weights + (size_t)o * in), o * 2, panel);
            vstore16(vload16(1, weights + (size_t)o * in), o * 2 + 1, panel);
        }
        for (int o = 0; o < length && width < 32; o++)
            for (int k = 0; k < 32; k++) panel[o * 32 + k] = k < width ? weights[(size_t)o * in + k] : 0.0f;
        int ahead = min(PANEL, out - at - length); /* outputs of the next panel */
        for (int n = 0; n < rows; n += IMAGES) {
            /* Weights come out of memory once: the next ones do while these are used, an equal part in each pass. */
            for (int o = n * ahead / rows; o < (n + IMAGES) * ahead / rows; o++) {
                FETCH(weights + (size_t)(length + o) * in);
                FETCH(weights + (size_t)(length + o) * in + 16);
            }
            __global const float *g = packed + ((size_t)(at / CHUNK) * rows + n) * CHUNK + at % CHUNK;
            __local float *to = sums + n * 32;
            fc_cpu_multiply(g, panel, length, to);
        }
    }
    int places[32];
    for (int k = 0; k < width; k++) places[k] = fc_place(start + k, hw, first, gap);
    gx += (size_t)image * in_memory;
    for (int n = 0; n < count; n++) {
        __global float *to = gx + (size_t)n * in_memory;
        if (BLOCK == 1 && width == 32) {
            vstore16(vload16(n * 2, sums), 0, to + start);
            vstore16(vload16(n * 2 + 1, sums), 1, to + start);
        } else {
            for (int k = 0; k < width; k++) to[places[k]] = sums[n * 32 + k];
        }
    }
    for (int n = (int)get_global_id(0); n < count && in < in_memory; n += (int)get_global_size(0))
        fc_input_gradient_cpu_fill(gx + (size_t)n * in_memory, in / hw, in_memory, hw, first, gap);
}
