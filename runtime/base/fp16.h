/* SPDX-License-Identifier: MIT */
/* IEEE 754 binary16, "half precision": 10 bits of fraction, at most 65504. Numbers of this kind are stored, never
 * added: sums are float. */
#ifndef ALEXCL_FP16_H
#define ALEXCL_FP16_H
#include <stddef.h>
#include <stdint.h>

#define FP16_MAX 65504.0f

float fp16_to_float(uint16_t bits);
/* The nearest one; of two equally near ones that whose last bit is 0. From 65520 on infinity; a NaN stays one. */
uint16_t fp16_from_float(float value);

/* Floats whose memory holds `count` of them. */
static inline size_t fp16_floats(size_t count) { return (count + 1) / 2; }
/* Rounds `count` floats where they lie: value i then takes bytes 2i and 2i+1 of that memory; where `count` is odd a 0
 * stands behind the last. Gives `count`; or the index of the first value that is beyond FP16_MAX, or a NaN: it stops
 * there, and leaves that value where it is. */
size_t fp16_narrow(float *values, size_t count);
/* Value i of such memory. */
float fp16_at(const float *narrowed, size_t i);
#endif
