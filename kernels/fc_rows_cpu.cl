/* SPDX-License-Identifier: MIT */
/* Fully connected layer in training, for CPU devices: one work-item owns blocks of 32 outputs, of many images.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * Weights are read as they are in the file, where those of an output lie side by side and where the optimiser changes
 * them at each step: nothing is packed for the forward pass, which fc_cpu.cl's order would need. Those of 32 outputs
 * and PANEL inputs are copied together, PANEL x 32, and stay in the first cache while IMAGES images after IMAGES images
 * pass. The sum is made of sums over PANEL inputs in the file's order, each from 0 with one fma an input, which are
 * added to the bias one after the other: the same sequence whatever IMAGES, the batch, the layout of x and the
 * placement. */
#include "common.clh"
#include "fc.clh"
#include "fc_cpu.clh"

#ifndef IMAGES
#define IMAGES 8 /* in registers at once */
#endif
#define PANEL 128 /* divides CHUNK */
#define EDGE 16   /* of a square of weights that is turned in registers; divides PANEL */
/* Values 0, 2, .. 14 of two vectors, and values 1, 3, .. 15. */
#define EVEN(a, b)                                                                                                    \
    (float16)(a.s0, a.s2, a.s4, a.s6, a.s8, a.sa, a.sc, a.se, b.s0, b.s2, b.s4, b.s6, b.s8, b.sa, b.sc, b.se)
#define ODD(a, b)                                                                                                     \
    (float16)(a.s1, a.s3, a.s5, a.s7, a.s9, a.sb, a.sd, a.sf, b.s1, b.s3, b.s5, b.s7, b.s9, b.sb, b.sd, b.sf)

/* x: n x in_memory, as fc.clh says -> packed: chunks x rows x CHUNK, as fc_cpu_pack makes it but with the inputs in the
 * file's order. Range: rows, chunks. */
__kernel void fc_rows_cpu_pack(__global const float *restrict x, __global float *restrict packed, int image, int count,
                               int rows, int in, int in_memory, int hw, int first, int gap) {
    int n = (int)get_global_id(0), chunk = (int)get_global_id(1), length = min(CHUNK, in - chunk * CHUNK);
    __global const float *from = x + (size_t)(image + min(n, count - 1)) * in_memory;
    __global float *to = packed + ((size_t)chunk * rows + n) * CHUNK;
    for (int i = 0; i < length; i++) to[i] = from[fc_place(chunk * CHUNK + i, hw, first, gap)];
}

/* Turns EDGE x EDGE weights. Of all their numbers those with an even place come first, then the others: four times. */
void fc_rows_cpu_turn(float16 square[EDGE]) {
    float16 next[EDGE];
#pragma unroll
    for (int turn = 0; turn < 4; turn++) {
#pragma unroll
        for (int k = 0; k < EDGE / 2; k++) {
            next[k] = EVEN(square[2 * k], square[2 * k + 1]);
            next[k + EDGE / 2] = ODD(square[2 * k], square[2 * k + 1]);
        }
#pragma unroll
        for (int k = 0; k < EDGE; k++) square[k] = next[k];
    }
}

/* Copies the weights of outputs start .. start+31 and inputs at .. at+length-1 to panel, length x 32. Outputs behind
 * the last are that once more. */
void fc_rows_cpu_copy(__global const float *restrict w, __local float *restrict panel, int start, int at, int length,
                      int in, int out) {
    for (int half_block = 0; half_block < 2; half_block++) {
        for (int i = 0; i + EDGE <= length; i += EDGE) {
            float16 square[EDGE];
#pragma unroll
            for (int k = 0; k < EDGE; k++)
                square[k] = vload16(0, w + (size_t)min(start + half_block * EDGE + k, out - 1) * in + at + i);
            fc_rows_cpu_turn(square);
#pragma unroll
            for (int k = 0; k < EDGE; k++) vstore16(square[k], (i + k) * 2 + half_block, panel);
        }
    }
    for (int k = 0; k < 32; k++)
        for (int i = length / EDGE * EDGE; i < length; i++)
            panel[i * 32 + k] = w[(size_t)min(start + k, out - 1) * in + at + i];
}

/* packed: x, as fc_rows_cpu_pack makes it; rows: a multiple of IMAGES. w: out x in, b: out. y: n x out. An item owns
 * `together` blocks of 32 outputs, so that the inputs of a panel come out of a near cache for all but the first. panel:
 * PANEL x 32, sums: together x rows x 32 floats. Range: ceil(out / 32 / together); work-groups of one. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_rows_cpu(__global const float *restrict packed, __global const float *restrict w, __global const float *restrict b,
            __global float *restrict y, int first, int count, int rows, int in, int out, int relu, int together,
            __local float *restrict panel, __local float *restrict sums) {
    int start = (int)get_global_id(0) * together * 32, blocks = min(together, (out - start + 31) / 32);
    for (int n = 0; n < rows; n++)
        for (int j = 0; j < blocks; j++)
            for (int k = 0; k < 32; k++) sums[(j * rows + n) * 32 + k] = b[min(start + j * 32 + k, out - 1)];
    for (int at = 0; at < in; at += PANEL) {
        int length = min(PANEL, in - at);
        for (int j = 0; j < blocks; j++) {
            fc_rows_cpu_copy(w, panel, start + j * 32, at, length, in, out);
            /* Weights come out of memory once: the next ones do while these are used, an equal part in each pass. */
            int behind = j + 1 == blocks, next = behind ? at + PANEL : at, lines = max(0, min(PANEL, in - next) / 16),
                block = start + (behind ? 0 : j + 1) * 32;
            for (int n = 0; n < rows; n += IMAGES) {
                for (int k = n * 32 / rows; k < (n + IMAGES) * 32 / rows; k++)
                    for (int line = 0; line < lines; line++)
                        FETCH(w + (size_t)min(block + k, out - 1) * in + next + line * 16);
                __global const float *x = packed + ((size_t)(at / CHUNK) * rows + n) * CHUNK + at % CHUNK;
                __local float *to = sums + (j * rows + n) * 32;
                float16 part[IMAGES][2];
#pragma unroll
                for (int t = 0; t < IMAGES; t++) part[t][0] = part[t][1] = (float16)(0.0f);
                for (int i = 0; i < length; i++) {
                    float16 weight0 = vload16(i * 2, panel), weight1 = vload16(i * 2 + 1, panel);
#pragma unroll
                    for (int t = 0; t < IMAGES; t++) {
                        float16 value = (float16)(x[t * CHUNK + i]);
                        part[t][0] = MULTIPLY_ADD(weight0, value, part[t][0]);
                        part[t][1] = MULTIPLY_ADD(weight1, value, part[t][1]);
                    }
                }
#pragma unroll
                for (int t = 0; t < IMAGES; t++) {
                    vstore16(vload16(t * 2, to) + part[t][0], t * 2, to);
                    vstore16(vload16(t * 2 + 1, to) + part[t][1], t * 2 + 1, to);
                }
            }
        }
    }
    for (int j = 0; j < blocks; j++) {
        for (int n = 0; n < count; n++) {
            __global float *to = y + (size_t)(first + n) * out;
            fc_cpu_store(vload16((j * rows + n) * 2, sums), start + j * 32, out, relu, to);
            fc_cpu_store(vload16((j * rows + n) * 2 + 1, sums), start + j * 32 + 16, out, relu, to);
        }
    }
}
