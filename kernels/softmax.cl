/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef GROUP
#define GROUP 64 /* work-items an image; a power of two */
#endif
#ifndef BLOCK
#define BLOCK 1 /* 16: units are flattened blocks (docs/layout.md), each half filled up to whole ones */
#endif
#define FILLED(count) (((count) + BLOCK - 1) / BLOCK * BLOCK)
/* Where unit u lies: of `half0` units in half 0. */
#define PLACE(u) ((u) + ((u) < half0 ? 0 : FILLED(half0) - half0))

/* y[n][o] = exp(x[n][out_first + o] - m) / sum over all units u of exp(x[n][u] - m), m the largest of x[n]; o <
 * out_count.
 * x: N x units, half 0's first; y: N x out_count: the probabilities of one half, of all units. Each half adds up the
 * same numbers in the same order (unit u in work-item u % GROUP, then a tree), so that halves give the bits of the
 * whole layer.
 * Range: (GROUP, images) in work-groups of (GROUP, 1), images with a global offset; one work-group computes one image.
 * Source: Krizhevsky et al. 2012, section 3.5; subtracting m keeps exp from overflowing. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void softmax_forward(__global const float *restrict x,
                                                                                 __global float *restrict y, int units,
                                                                                 int half0, int out_first,
                                                                                 int out_count) {
    __local float part[GROUP];
    int item = (int)get_local_id(0);
    size_t n = get_global_id(1);
    x += n * (FILLED(half0) + FILLED(units - half0));
    y += n * out_count;

    float largest = -INFINITY;
    for (int u = item; u < units; u += GROUP) largest = fmax(largest, x[PLACE(u)]);
    part[item] = largest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = GROUP / 2; step > 0; step /= 2) {
        if (item < step) part[item] = fmax(part[item], part[item + step]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    largest = part[0];
    barrier(CLK_LOCAL_MEM_FENCE); /* all have read part[0] before the sums overwrite it */

    float sum = 0.0f;
    for (int u = item; u < units; u += GROUP) sum = MULTIPLY_ADD(exp(x[PLACE(u)] - largest), 1.0f, sum);
    part[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = GROUP / 2; step > 0; step /= 2) {
        if (item < step) part[item] += part[item + step];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    sum = part[0];

    for (int o = item; o < out_count; o += GROUP) y[o] = exp(x[PLACE(out_first + o)] - largest) / sum;
}
