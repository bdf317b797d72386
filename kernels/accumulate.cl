/* SPDX-License-Identifier: MIT */
/* Gradients of one value that come from several readers, or from both halves, are added up. Each sum is of two or three
 * values in an order that is fixed, so that it is the same to the bit wherever the halves run. */
#ifndef SPAN
/* floats that a work-item adds: neighbours for neighbouring items of a GPU, a long run for one of a CPU */
#define SPAN 1
#endif

/* out[n][i] = a[n][i] + b[n][i] where `two`, else a[n][i]; with `add` that is added to what is there.
 * a: image n begins at n * a_pitch + a_first; b likewise; out: N x floats.
 * Range: (ceil(floats / SPAN), images), the image never padded (local size 1, global offset). */
__kernel void accumulate_sum(__global const float *restrict a, __global const float *restrict b,
                             __global float *restrict out, int floats, int a_first, int a_pitch, int b_first,
                             int b_pitch, int two, int add) {
    int i = (int)get_global_id(0) * SPAN, end = min(i + SPAN, floats);
    size_t n = get_global_id(1);
    a += n * a_pitch + a_first;
    b += n * b_pitch + b_first;
    out += n * floats;
    for (; SPAN > 1 && i + 16 <= end; i += 16) {
        float16 sum = vload16(0, a + i);
        if (two) sum += vload16(0, b + i);
        if (add) sum = vload16(0, out + i) + sum;
        vstore16(sum, 0, out + i);
    }
    for (; i < end; i++) {
        float sum = a[i];
        if (two) sum += b[i];
        out[i] = add ? out[i] + sum : sum;
    }
}

/* Adds the gradient of a halo to that of the value whose channels first .. first+count-1 it is of.
 * from: N x count x hw or, where `block` channels lie side by side, N x hw x count; out: N x floats (docs/layout.md).
 * Range: (count * hw, images), the image never padded (local size 1, global offset). */
__kernel void accumulate_halo(__global const float *restrict from, __global float *restrict out, int floats, int first,
                              int count, int hw, int block) {
    int i = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (i >= count * hw) return;
    int c = first + (block > 1 ? i % count : i / hw), p = block > 1 ? i / count : i % hw;
    out[n * floats + ((size_t)(c / block) * hw + p) * block + c % block] += from[n * count * hw + i];
}
