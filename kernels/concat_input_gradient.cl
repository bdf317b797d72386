/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(c / BLOCK) x hw x BLOCK */
#endif

/* A concatenation's gradient by the channels that a half has of one input, or by those that have crossed: channels from
 * .. from + count - 1 stand in this half's output from channel y_first on; the others are in the other half's, and 0
 * here.
 * gy: N x y_channels x hw in blocks; gx: N x channels x hw in blocks or, where it is packed and blocks are used, N x hw
 * x channels.
 * Range: (hw, channels of gx that are in memory, images), the image never padded (local size 1, global offset); one
 * work-item makes one value of gx.
 * Source: the reverse of concat.cl. */
__kernel void concat_input_gradient(__global const float *restrict gy, __global float *restrict gx, int hw,
                                    int channels, int memory, int from, int count, int y_channels, int y_first,
                                    int packed) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2), y_blocks = (y_channels + BLOCK - 1) / BLOCK;
    if (i < hw && c < memory) {
        int o = y_first + c - from, rows = packed && BLOCK > 1;
        size_t at = rows ? (n * hw + i) * channels + c
                         : n * memory * hw + ((size_t)(c / BLOCK) * hw + i) * BLOCK + c % BLOCK;
        gx[at] = c >= from && c < from + count
                     ? gy[((n * y_blocks + o / BLOCK) * hw + i) * BLOCK + o % BLOCK]
                     : 0.0f;
    }
}
