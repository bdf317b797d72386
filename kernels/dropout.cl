/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x hw x BLOCK */
#endif

/* Dropout in training, y = factor * x for the values that are kept and 0 for the others, and its gradient: y is the
 * input's, x the output's. A value is kept where the counter RNG's element, of which this takes the upper 24 bits, is
 * `threshold` at least. Elements are counted by unit and image, so that no mask need be stored.
 * x, y: N x channels x hw, values in memory of one image; `start` (low and high half): the RNG's state at the half's
 * first unit of image 0; `units`: those of the whole layer, by which images lie apart in the stream. y may be x.
 * Range: (values, images), the image never padded (local size 1, global offset); one work-item computes one value.
 * Source: Krizhevsky et al. 2012, section 4.2; SplitMix64: Steele et al. 2014, figure 17. */
__kernel void dropout(__global const float *x, __global float *y, int values, int channels, int hw, int units,
                      uint start_low, uint start_high, uint threshold, float factor) {
    int i = (int)get_global_id(0);
    if (i < values) {
        size_t n = get_global_id(1), at = n * values + i;
        int c = i / (hw * BLOCK) * BLOCK + i % BLOCK;
        ulong unit = (ulong)n * (ulong)units + (ulong)(c * hw + i / BLOCK % hw);
        ulong z = ((ulong)start_high << 32 | start_low) + unit * 0x9E3779B97F4A7C15UL;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
        z ^= z >> 31;
        y[at] = c < channels && (uint)(z >> 40) >= threshold ? x[at] * factor : 0.0f;
    }
}
