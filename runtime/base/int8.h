/* SPDX-License-Identifier: MIT */
/* Weights of 8 bits: symmetric, with a scale in half precision for INT8_GROUP neighbouring inputs of an output, in the
 * file's order. The scale is the smallest half that is not below the largest magnitude / 127, a weight the nearest
 * multiple of it, and the product of both exact in float. In memory (docs/layout.md) the weights of `lanes` outputs lie
 * side by side: blocks of `lanes` outputs x groups of inputs; of each group the weights, inputs x outputs, one byte
 * each, then the scales of the outputs. Inputs and outputs behind the last are filled up with zeros. Numbers of this
 * kind are stored, never added: sums are float. */
#ifndef ALEXCL_INT8_H
#define ALEXCL_INT8_H
#include <stddef.h>

enum {
    INT8_GROUP = 32,
    INT8_ROWS = 32, /* the largest number of lanes; every other divides it */
};
/* the largest magnitude that there is a scale for: 127 * 65504 */
#define INT8_WEIGHT_MAX 8319008.0f

/* Floats whose memory holds `rows` outputs of `inputs` weights. */
size_t int8_floats(size_t rows, size_t inputs, int lanes);
/* Narrows w, rows x inputs, of which no magnitude is over INT8_WEIGHT_MAX. */
void int8_narrow(const float *w, size_t rows, size_t inputs, int lanes, float *out);
/* Weight i of output o, of such memory with one lane. */
float int8_at(const float *narrowed, size_t inputs, size_t o, size_t i);
#endif
