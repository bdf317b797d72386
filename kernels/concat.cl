/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(c / BLOCK) x hw x BLOCK */
#endif

/* Copies `count` channels of every map, from channel from_first of x to channel to_first of y: one run of a
 * concatenation.
 * x: N x from_channels x hw in blocks or, where it is packed and blocks are used, N x hw x from_channels; y: N x
 * to_channels x hw in blocks. Behind the run `filled` channels, which fill up the last block, become 0.
 * Range: (hw, count or 1, images), the image never padded (local size 1, global offset); one work-item copies a channel
 * or, where there is one row of them, all.
 * Source: Szegedy et al. 2015, figure 2 (filter concatenation). */
__kernel void concat_copy(__global const float *restrict x, __global float *restrict y, int hw, int from_channels,
                          int from_first, int to_channels, int to_first, int count, int filled, int packed) {
    int i = (int)get_global_id(0), rows = (int)get_global_size(1);
    size_t n = get_global_id(2), from_blocks = (from_channels + BLOCK - 1) / BLOCK,
           to_blocks = (to_channels + BLOCK - 1) / BLOCK;
    if (i < hw) {
        y += n * to_blocks * hw * BLOCK;
        x += packed ? n * hw * from_channels : n * from_blocks * hw * BLOCK;
        for (int k = (int)get_global_id(1); k < count + filled; k += rows) {
            int c = to_first + k, f = from_first + k;
            size_t at = packed && BLOCK > 1 ? (size_t)i * from_channels + f
                                            : ((size_t)(f / BLOCK) * hw + i) * BLOCK + f % BLOCK;
            y[((size_t)(c / BLOCK) * hw + i) * BLOCK + c % BLOCK] = k < count ? x[at] : 0.0f;
        }
    }
}
