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

/* Adds up part[0] .. part[GROUP - 1] as a tree; every work-item gets the sum. */
#define ADD_UP(part, item)                                                                                             \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                                      \
    for (int step = GROUP / 2; step > 0; step /= 2) {                                                                  \
        if (item < step) part[item] += part[item + step];                                                              \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                                  \
    }

/* Softmax's gradient by every logit, of the probabilities p that one half makes (softmax.cl):
 *   gx[n][u] = p[n][u] * (gy[n][u] - sum over o of gy[n][o] p[n][o])
 * where o runs over the half's own units, and gy is 0 for the others: what both halves make is added up.
 * x, gx: N x units, half 0's first; what fills up a half's last block becomes 0. gy: N x out_count.
 * Range: (GROUP, images) in work-groups of (GROUP, 1), images with a global offset; one work-group computes one image.
 * Source: the derivative of Krizhevsky et al. 2012, section 3.5. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
softmax_input_gradient(__global const float *restrict x, __global const float *restrict gy, __global float *restrict gx,
                       int units, int half0, int out_first, int out_count) {
    __local float part[GROUP], products[GROUP];
    int item = (int)get_local_id(0), places = FILLED(half0) + FILLED(units - half0);
    size_t n = get_global_id(1);
    x += n * places;
    gx += n * places;
    gy += n * out_count;

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

    float sum = 0.0f, product = 0.0f;
    for (int u = item; u < units; u += GROUP) sum = MULTIPLY_ADD(exp(x[PLACE(u)] - largest), 1.0f, sum);
    for (int o = item; o < out_count; o += GROUP)
        product = MULTIPLY_ADD(gy[o], exp(x[PLACE(out_first + o)] - largest), product);
    part[item] = sum;
    products[item] = product;
    ADD_UP(part, item)
    ADD_UP(products, item)
    sum = part[0];
    float mean = products[0] / sum;

    for (int place = item; place < places; place += GROUP) {
        int u = place < FILLED(half0) ? place : place - FILLED(half0) + half0, o = u - out_first;
        int there = place < FILLED(half0) ? place < half0 : u < units;
        float g = there && o >= 0 && o < out_count ? gy[o] : 0.0f;
        gx[place] = there ? exp(x[place] - largest) / sum * (g - mean) : 0.0f;
    }
}
