/* SPDX-License-Identifier: MIT */
/* Fully connected layer for CPU devices: one work-item owns blocks of 32 outputs, of one image or of many.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * The sum is made of sums over CHUNK inputs, each from 0 with one fma an input, which are added to the bias one after
 * the other: short chains, whose rounding errors stay small, and the same sequence whatever IMAGES, the batch and the
 * placement. A chunk of weights (CHUNK x 32) stays in the first cache while IMAGES images after IMAGES images pass.
 * w: ceil(out / 32) x in x 32, filled up with zeros; b: ceil(out / 32) x 32. -DHALF: w in half precision, sums in
 * float as always. `in` counts every value that lies in x, those that fill up blocks of channels too (their weights
 * are 0). */
#include "common.clh"
#include "fc_cpu.clh"

#ifndef BLOCKS
#define BLOCKS 2 /* of 32 outputs that a work-item owns where there is one image: as many streams of weights */
#endif
#ifdef HALF
#define WEIGHT half
#define LOAD(i, from) vload_half16(i, from)
#else
#define WEIGHT float
#define LOAD(i, from) vload16(i, from)
#endif

/* inputs. Caches fetch ahead by themselves, to the end of a page: enough for float weights, not for halves at twice the
 * pace */
#define AHEAD 32

/* packed: x, as fc_cpu_pack makes it; rows: a multiple of IMAGES. y: n x out. An item owns `together` blocks of 32
 * outputs, so that the inputs of a chunk come out of a near cache for all but the first. sums: together x rows x 32
 * floats. Range: ceil(out / 32 / together); work-groups of one. */
__kernel __attribute__((vec_type_hint(float16))) void
fc_cpu_many(__global const float *restrict packed, __global const WEIGHT *restrict w, __global const float *restrict b,
            __global float *restrict y, int first, int count, int rows, int in, int out, int relu, int together,
            __local float *restrict sums) {
    int start = (int)get_global_id(0) * together, blocks = min(together, (out + 31) / 32 - start),
        passes = rows / IMAGES;
    for (int j = 0; j < blocks; j++) {
        for (int n = j * rows; n < (j + 1) * rows; n++) {
            vstore16(vload16((start + j) * 2, b), n * 2, sums);
            vstore16(vload16((start + j) * 2 + 1, b), n * 2 + 1, sums);
        }
    }
    for (int at = 0; at < in; at += CHUNK) {
        int length = min(CHUNK, in - at);
        for (int j = 0; j < blocks; j++) {
            __global const WEIGHT *weights = w + ((size_t)(start + j) * in + at) * 32;
            /* Weights come out of memory once: the next ones do while these are used, an equal part in each pass.
             * Behind the last: these. */
            __global const WEIGHT *next = j + 1 < blocks         ? weights + (size_t)in * 32
                                          : at + 2 * CHUNK <= in ? weights + CHUNK * 32 - (size_t)j * in * 32
                                                                 : weights;
            int step = 32 * 256 / passes, place = 0;
            for (int n = 0; n < rows; n += IMAGES) {
                __global const float *x = packed + ((size_t)(at / CHUNK) * rows + n) * CHUNK;
                __local float *to = sums + (j * rows + n) * 32;
                float16 part[IMAGES][2];
#pragma unroll
                for (int t = 0; t < IMAGES; t++) part[t][0] = part[t][1] = (float16)(0.0f);
                for (int i = 0; i < length; i++, place += step) {
                    float16 weight0 = LOAD(2 * i, weights), weight1 = LOAD(2 * i + 1, weights);
                    FETCH(next + (place >> 8));
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
            fc_cpu_store(vload16((j * rows + n) * 2, sums), (start + j) * 32, out, relu, y + (size_t)(first + n) * out);
            fc_cpu_store(vload16((j * rows + n) * 2 + 1, sums), (start + j) * 32 + 16, out, relu,
                         y + (size_t)(first + n) * out);
        }
    }
}

/* One image. x: n x in, y: n x out. Range: ceil(out / (32 * BLOCKS)). */
__kernel __attribute__((vec_type_hint(float16))) void
fc_cpu_one(__global const float *restrict x, __global const WEIGHT *restrict w, __global const float *restrict b,
           __global float *restrict y, int image, int in, int out, int relu) {
    int block = (int)get_global_id(0) * BLOCKS, last = (out + 31) / 32 - 1;
    __global const WEIGHT *weights[BLOCKS];
    float16 sums[BLOCKS][2];
    x += (size_t)image * in;
#pragma unroll
    for (int j = 0; j < BLOCKS; j++) { /* blocks behind the last are the last once more, and not stored */
        int here = min(block + j, last);
        weights[j] = w + (size_t)here * in * 32;
        sums[j][0] = vload16(here * 2, b);
        sums[j][1] = vload16(here * 2 + 1, b);
    }
    for (int at = 0; at < in; at += CHUNK) {
        int end = min(at + CHUNK, in);
        float16 part[BLOCKS][2];
#pragma unroll
        for (int j = 0; j < BLOCKS; j++) part[j][0] = part[j][1] = (float16)(0.0f);
        for (int i = at; i < end; i++) {
            float16 value = (float16)(x[i]);
#pragma unroll
            for (int j = 0; j < BLOCKS; j++) {
#ifdef HALF
                FETCH(weights[j] + (i + AHEAD) * 32);
#endif
                part[j][0] = MULTIPLY_ADD(LOAD(2 * i, weights[j]), value, part[j][0]);
                part[j][1] = MULTIPLY_ADD(LOAD(2 * i + 1, weights[j]), value, part[j][1]);
            }
        }
#pragma unroll
        for (int j = 0; j < BLOCKS; j++) {
            sums[j][0] += part[j][0];
            sums[j][1] += part[j][1];
        }
    }
#pragma unroll
    for (int j = 0; j < BLOCKS; j++) {
        fc_cpu_store(sums[j][0], (block + j) * 32, out, relu, y + (size_t)image * out);
        fc_cpu_store(sums[j][1], (block + j) * 32 + 16, out, relu, y + (size_t)image * out);
    }
}
