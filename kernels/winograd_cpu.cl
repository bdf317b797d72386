/* SPDX-License-Identifier: MIT */
/* Convolution by Winograd's minimal filtering, for CPU devices: F(OUT x OUT, WINDOW x WINDOW).
 *
 * An output tile of OUT x OUT comes from an input tile of EDGE x EDGE, EDGE = WINDOW + OUT - 1, with EDGE^2
 * multiplications a pair of channels instead of OUT^2 * WINDOW^2:
 *
 *   y = A^T [ sum over i of (G w G^T) . (B^T x B) ] A
 *
 * Points and transforms: winograd.clh. G w G^T is computed on the host, in double, once a start. Sums run over the
 * input channels in order, one fma each: a value depends on its image alone, not on those beside it.
 *
 * Maps are in blocks of 16 channels: n x ceil(c / 16) x h x w x 16, with finite values in the lanes behind the last
 * channel.
 *
 * STRIDE 4, with a larger window, of planes (the input of a net, n x c x h x w): 4 x 4 neighbouring pixels of a plane
 * are the 16 lanes of a block, and what strides over pixels with a window of up to 12 or 20 walks over blocks with a
 * window of 3 or 5.
 *
 * FUSED: one work-item goes from inputs to outputs, with everything between in local memory (a near cache, on a CPU).
 * Where a layer is so deep that weights would be fetched for few tiles: three kernels, point after point, so that those
 * of a point are fetched once for all tiles. Source: Lavin and Gray 2015, "Fast Algorithms for Convolutional Neural
 * Networks"; matrices by Toom and Cook for the points. */
#include "common.clh"

#ifndef WINDOW
#define WINDOW 3
#endif
#ifndef OUT
#define OUT 4 /* outputs along a side of a tile; or 5, with a window of 3 */
#endif
#ifndef STRIDE
#define STRIDE 1 /* or 4 */
#endif
#ifndef TILES
#define TILES 8 /* in registers at once */
#endif
#ifndef GROUPS
#define GROUPS 4 /* of TILES share a fetch of the weights of a point */
#endif
#ifndef VECTORS
#define VECTORS 2 /* of 16 output channels in registers at once */
#endif
#ifndef FUSED
/* transformed inputs and sums stay in local memory; 0: they go through global memory, point after point */
#define FUSED 1
#endif
#if FUSED
#define BETWEEN __local
#else
#define BETWEEN __global
#endif
#define LANES (STRIDE == 1 ? 16 : 1) /* of x side by side */

#define VALUE float16
#include "winograd.clh"

/* The lanes at (row, column) of a map, of which `inside` says that all of them are in it. */
float16 winograd_load(__global const float *map, int row, int column, int h, int w, int inside) {
#if STRIDE == 1
    if (!inside && (row < 0 || row >= h || column < 0 || column >= w)) return (float16)(0.0f);
    return vload16(row * w + column, map);
#else
    float lanes[16];
    if (inside) {
        __global const float *from = map + row * w + column;
        return (float16)(vload4(0, from), vload4(0, from + w), vload4(0, from + 2 * w), vload4(0, from + 3 * w));
    }
    for (int i = 0; i < 16; i++) {
        int r = row + i / 4, q = column + i % 4;
        lanes[i] = r >= 0 && r < h && q >= 0 && q < w ? map[r * w + q] : 0.0f;
    }
    return vload16(0, lanes);
#endif
}

/* Transforms one tile of one block of channels, which begins at (top, left) of their map: POINTS x 16 values, a point's
 * `apart` floats behind the last one's. */
void winograd_transform(__global const float *map, int top, int left, int h, int w, BETWEEN float *to, size_t apart) {
    float16 d[POINTS];
    if (top >= 0 && left >= 0 && top + EDGE * STRIDE <= h && left + EDGE * STRIDE <= w) {
#pragma unroll
        for (int r = 0; r < EDGE; r++)
#pragma unroll
            for (int q = 0; q < EDGE; q++)
                d[r * EDGE + q] = winograd_load(map, top + r * STRIDE, left + q * STRIDE, h, w, 1);
    } else {
        for (int r = 0; r < EDGE; r++)
            for (int q = 0; q < EDGE; q++)
                d[r * EDGE + q] = winograd_load(map, top + r * STRIDE, left + q * STRIDE, h, w, 0);
    }
#pragma unroll
    for (int q = 0; q < EDGE; q++) winograd_to_points(d + q, EDGE);
#pragma unroll
    for (int r = 0; r < EDGE; r++) winograd_to_points(d + r * EDGE, 1);
#pragma unroll
    for (int p = 0; p < POINTS; p++) vstore16(d[p], 0, to + p * apart);
}

/* The sums of one point over all input channels, in order, of up to TILES tiles: those there are, `here`, are stored,
 * `apart` floats from one to the next. values: tiles x depth, weights: depth x VECTORS * 16. next: weights that are
 * wanted soon, of which an iteration fetches `step` 256ths of a float. */
void winograd_multiply(BETWEEN const float *values, __global const float *weights, int depth, int here,
                       BETWEEN float *to, int apart, __global const float *next, int step) {
    float16 sums[TILES][VECTORS];
    BETWEEN const float *row[TILES]; /* tiles behind the last are the last once more, and not used */
#pragma unroll
    for (int t = 0; t < TILES; t++) {
        row[t] = values + min(t, here - 1) * depth;
#pragma unroll
        for (int o = 0; o < VECTORS; o++) sums[t][o] = (float16)(0.0f);
    }
    for (int i = 0; i < depth; i++) {
        float16 weight[VECTORS];
#pragma unroll
        for (int o = 0; o < VECTORS; o++) weight[o] = vload16(i * VECTORS + o, weights);
        FETCH(next + (i * step >> 8));
#pragma unroll
        for (int t = 0; t < TILES; t++) {
            float16 value = (float16)(row[t][i]);
#pragma unroll
            for (int o = 0; o < VECTORS; o++) sums[t][o] = MULTIPLY_ADD(weight[o], value, sums[t][o]);
        }
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
        if (t >= here) continue; /* a break would keep the loop from being unrolled */
#pragma unroll
        for (int o = 0; o < VECTORS; o++) vstore16(sums[t][o], o, to + t * apart);
    }
}

/* Makes the outputs of a tile from the sums d of its points: rows x columns of them lie in the map y, out_w wide. */
void winograd_store(float16 d[POINTS], float16 bias, __global float *y, int rows, int columns, int out_w, int relu) {
#pragma unroll
    for (int q = 0; q < EDGE; q++) winograd_from_points(d + q, EDGE);
#pragma unroll
    for (int r = 0; r < OUT; r++) winograd_from_points(d + r * EDGE, 1);
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < columns; q++) {
            float16 value = d[r * EDGE + q] + bias;
            if (relu) value = select(value, (float16)(0.0f), value < 0.0f);
            vstore16(value, r * out_w + q, y);
        }
}

#if FUSED
/* x: n x depth / 16 x h x w x 16, STRIDE 4: n x depth / 16 x h x w. u: groups of VECTORS blocks x POINTS x depth x
 * VECTORS * 16 (G w G^T, filled up with zeros), b: as many blocks x 16. y: n x out_blocks x out_h x out_w x 16; relu:
 * max(0, y) is stored.
 * tiles: images * per_image, per_image: down * across tiles of an image; `first` is the first image.
 * values: POINTS x GROUPS * TILES x depth, products: POINTS x GROUPS * TILES x VECTORS * 16 floats.
 * Range: ceil(tiles / (GROUPS * TILES)), ceil(out_blocks / VECTORS); work-groups of one. Each group of outputs
 * transforms x anew, which costs less than to bring it from where another work-item did. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_cpu_fused(__global const float *restrict x, __global const float *restrict u, __global const float *restrict b,
                   __global float *restrict y, int first, int tiles, int depth, int across, int per_image,
                   int out_blocks, int h, int w, int pad_top, int pad_left, int out_h, int out_w, int relu,
                   __local float *restrict values, __local float *restrict products) {
    int start = (int)get_global_id(0) * GROUPS * TILES, group = (int)get_global_id(1),
        here = min(GROUPS * TILES, tiles - start);
    int parts = (here + TILES - 1) / TILES, floats = depth * VECTORS * 16;
    for (int t = 0; t < here; t++) {
        int tile = (start + t) % per_image, top = tile / across * OUT * STRIDE - pad_top,
            left = tile % across * OUT * STRIDE - pad_left;
        __global const float *image = x + (size_t)(first + (start + t) / per_image) * (depth / 16) * h * w * LANES;
        for (int block = 0; block < depth / 16; block++)
            winograd_transform(image + (size_t)block * h * w * LANES, top, left, h, w, values + t * depth + block * 16,
                               GROUPS * TILES * depth);
    }
    for (int p = 0; p < POINTS; p++) {
        __global const float *weights = u + ((size_t)group * POINTS + p) * floats,
                             *next = weights + (p < POINTS - 1 ? floats : 0);
        for (int from = 0; from < here; from += TILES, next += floats / parts)
            winograd_multiply(values + (p * GROUPS * TILES + from) * depth, weights, depth, here - from,
                              products + (p * GROUPS * TILES + from) * VECTORS * 16, VECTORS * 16, next,
                              VECTORS * 16 * 256 / parts);
    }
    for (int t = 0; t < here; t++) {
        int tile = (start + t) % per_image, top = tile / across * OUT, left = tile % across * OUT;
        size_t image = (size_t)(first + (start + t) / per_image);
        for (int o = 0; o < VECTORS && group * VECTORS + o < out_blocks; o++) {
            float16 d[POINTS];
#pragma unroll
            for (int p = 0; p < POINTS; p++) d[p] = vload16(o, products + (p * GROUPS * TILES + t) * VECTORS * 16);
            winograd_store(d, vload16(group * VECTORS + o, b),
                           y + (((image * out_blocks + group * VECTORS + o) * out_h + top) * out_w + left) * 16,
                           min(OUT, out_h - top), min(OUT, out_w - left), out_w, relu);
        }
    }
}

#else
/* x: n x depth / 16 x h x w x 16, STRIDE 4: n x depth / 16 x h x w -> v: POINTS x tiles x depth, tiles = images * down
 * * across, image after image.
 * Range: down * across tiles of an image, depth / 16, images; `first` is the first image. */
__kernel __attribute__((vec_type_hint(float16))) void winograd_cpu_input(__global const float *restrict x,
                                                                         __global float *restrict v, int first,
                                                                         int tiles, int depth, int across, int h, int w,
                                                                         int pad_top, int pad_left) {
    int tile = (int)get_global_id(0), block = (int)get_global_id(1), image = (int)get_global_id(2),
        count = (int)get_global_size(0);
    winograd_transform(x + ((size_t)(first + image) * (depth / 16) + block) * h * w * LANES,
                       tile / across * OUT * STRIDE - pad_top, tile % across * OUT * STRIDE - pad_left, h, w,
                       v + ((size_t)image * count + tile) * depth + block * 16, (size_t)tiles * depth);
}

/* v as above, u as for winograd_cpu_fused -> m: groups x tiles x POINTS x VECTORS * 16, behind v in one buffer.
 * Range: ceil(tiles / (GROUPS * TILES)), groups, POINTS. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_cpu_multiply(__global float *v, __global const float *restrict u, int tiles, int depth) {
    __global float *m = v + (size_t)POINTS * tiles * depth;
    int start = (int)get_global_id(0) * GROUPS * TILES, group = (int)get_global_id(1), p = (int)get_global_id(2);
    int end = min(start + GROUPS * TILES, tiles);
    __global const float *weights = u + ((size_t)group * POINTS + p) * depth * VECTORS * 16, *next = weights;
    if (group + 1 < (int)get_global_size(1))
        next += (size_t)POINTS * depth * VECTORS * 16;
    else if (p + 1 < POINTS)
        next = u + (size_t)(p + 1) * depth * VECTORS * 16;
    int blocks = (end - start + TILES - 1) / TILES, step = VECTORS * 16 * 256 / blocks,
        part = depth * VECTORS * 16 / blocks;
    for (int from = start; from < end; from += TILES, next += part)
        winograd_multiply(v + ((size_t)p * tiles + from) * depth, weights, depth, end - from,
                          m + (((size_t)group * tiles + from) * POINTS + p) * VECTORS * 16, POINTS * VECTORS * 16, next,
                          step);
}

/* v with m behind it; the others as for winograd_cpu_fused. Range: per_image, blocks, images. */
__kernel __attribute__((vec_type_hint(float16))) void
winograd_cpu_gather(__global const float *restrict v, __global const float *restrict b, __global float *restrict y,
                    int first, int tiles, int depth, int across, int blocks, int out_h, int out_w, int relu) {
    int tile = (int)get_global_id(0), block = (int)get_global_id(1), image = (int)get_global_id(2),
        per_image = (int)get_global_size(0);
    int top = tile / across * OUT, left = tile % across * OUT;
    __global const float *from =
        v + (size_t)POINTS * tiles * depth +
        (((size_t)(block / VECTORS) * tiles + image * per_image + tile) * POINTS * VECTORS + block % VECTORS) * 16;
    float16 d[POINTS];
#pragma unroll
    for (int p = 0; p < POINTS; p++) d[p] = vload16(p * VECTORS, from);
    winograd_store(d, vload16(block, b),
                   y + ((((size_t)(first + image) * blocks + block) * out_h + top) * out_w + left) * 16,
                   min(OUT, out_h - top), min(OUT, out_w - left), out_w, relu);
}
#endif
