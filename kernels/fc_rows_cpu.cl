/* SPDX-License-Identifier: MIT */
/* Fully connected layer in training, for CPU devices: one work-item owns blocks of 32 outputs, of many images.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * Weights are read as they are in the file, where those of an output lie side by side and where the optimiser changes
 * them at each step: nothing is packed for the forward pass, which fc_cpu.cl's order would need. They are turned in
 * registers, 16 x 16 together, into the panels of fc_panel.clh, which has the order of the sums. */
#include "common.clh"
#include "fc.clh"
#include "fc_cpu.clh"

#define WEIGHT float
#define EDGE 16 /* of a square of weights that is turned in registers; divides PANEL */
/* Values 0, 2, .. 14 of two vectors, and values 1, 3, .. 15. */
#define EVEN(a, b)                                                                                                    \
    (float16)(a.s0, a.s2, a.s4, a.s6, a.s8, a.sa, a.sc, a.se, b.s0, b.s2, b.s4, b.s6, b.s8, b.sa, b.sc, b.se)
#define ODD(a, b)                                                                                                     \
    (float16)(a.s1, a.s3, a.s5, a.s7, a.s9, a.sb, a.sd, a.sf, b.s1, b.s3, b.s5, b.s7, b.s9, b.sb, b.sd, b.sf)

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

/* The weights of outputs start .. start+31 and inputs at .. at+length-1. Outputs behind the last are that once more. */
void fc_panel_fill(__global const float *restrict w, __local float *restrict panel, int start, int at, int length,
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

void fc_panel_fetch(__global const float *restrict w, int start, int at, int length, int part, int end, int in,
                    int out) {
    for (int k = part; k < end; k++)
        for (int line = 0; line < length / 16; line++) FETCH(w + (size_t)min(start + k, out - 1) * in + at + line * 16);
}

#include "fc_panel.clh"

/* packed: x, as fc_panel_pack makes it. w: out x in, b: out. y: n x out. Range and the rest: fc_panel_forward. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_rows_cpu(__global const float *restrict packed, __global const float *restrict w, __global const float *restrict b,
            __global float *restrict y, int first, int count, int rows, int in, int out, int relu, int together,
            __local float *restrict panel, __local float *restrict sums) {
    fc_panel_forward(packed, w, b, y, first, count, rows, in, out, relu, together, panel, sums);
}
