/* SPDX-License-Identifier: MIT */
/* Half precision by integers, rounding to nearest even, since C11 has no such type: subnormals, overflow to infinity
 * and NaN as IEEE 754 has them. */
#include "fp16.h"

#include <string.h>

static float fp16_float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t fp16_bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float fp16_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    if (exponent == 0) { /* zero and subnormals: fraction * 2^-24, exact */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    if (exponent == 31) return fp16_float_of(sign | 0x7f800000u | fraction << 13);
    return fp16_float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

/* `value` without its last `bits` bits, rounded. */
static uint32_t fp16_round(uint32_t value, uint32_t bits) {
    uint32_t kept = value >> bits;
    return (value + (1u << (bits - 1)) - 1 + (kept & 1u)) >> bits;
}

uint16_t fp16_from_float(float value) {
    uint32_t bits = fp16_bits_of(value), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff, exponent = size >> 23;
    if (size > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (exponent >= 143) return (uint16_t)(sign | 0x7c00); /* 2^16 and more */
    /* 65520 and more carry into infinity's exponent */
    if (exponent >= 113) return (uint16_t)(sign | fp16_round(size - (112u << 23), 13));
    /* less than half of the smallest */
    if (exponent < 102) return (uint16_t)sign;
    /* subnormal: in units of 2^-24 */
    return (uint16_t)(sign | fp16_round((size & 0x7fffff) | 0x800000, 126 - exponent));
}

size_t fp16_narrow(float *values, size_t count) {
    unsigned char *to = (unsigned char *)values;
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] >= -FP16_MAX && values[i] <= FP16_MAX)) return i;
        uint16_t half = fp16_from_float(values[i]);
        memcpy(to + 2 * i, &half, sizeof half);
    }
    if (count % 2) memset(to + 2 * count, 0, 2);
    return count;
}

float fp16_at(const float *narrowed, size_t i) {
    uint16_t half;
    memcpy(&half, (const unsigned char *)narrowed + 2 * i, sizeof half);
    return fp16_to_float(half);
}
