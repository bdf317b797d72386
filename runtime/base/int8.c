/* SPDX-License-Identifier: MIT */
#include "int8.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "fp16.h"

enum { GROUP = INT8_GROUP, LARGEST = 127 };

static size_t int8_groups(size_t inputs) { return (inputs + GROUP - 1) / GROUP; }
static size_t int8_group_bytes(int lanes) { return (size_t)lanes * (GROUP + sizeof(uint16_t)); }

size_t int8_floats(size_t rows, size_t inputs, int lanes) {
    size_t blocks = (rows + (size_t)lanes - 1) / (size_t)lanes;
    return (blocks * int8_groups(inputs) * int8_group_bytes(lanes) + sizeof(float) - 1) / sizeof(float);
}

/* Rounding to nearest could make a scale too small for the largest weight. */
static uint16_t int8_scale(const float *w, size_t count) {
    float largest = 0.0f;
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(w[i]));
    uint16_t scale = fp16_from_float(largest / LARGEST);
    while (LARGEST * fp16_to_float(scale) < largest) scale++; /* the next larger half */
    return scale;
}

/* The group's weights to `out`, `step` apart; gives the scale. */
static uint16_t int8_group(const float *w, size_t count, int8_t *out, size_t step) {
    uint16_t half = int8_scale(w, count);
    double scale = (double)fp16_to_float(half);
    for (size_t i = 0; i < count; i++) out[i * step] = (int8_t)(scale > 0.0 ? rint((double)w[i] / scale) : 0.0);
    return half;
}

void int8_narrow(const float *w, size_t rows, size_t inputs, int lanes, float *out) {
    size_t side = (size_t)lanes, groups = int8_groups(inputs), bytes = int8_group_bytes(lanes);
    memset(out, 0, int8_floats(rows, inputs, lanes) * sizeof *out);
    for (size_t o = 0; o < rows; o++) {
        for (size_t g = 0; g < groups; g++) {
            char *group = (char *)out + (o / side * groups + g) * bytes;
            size_t at = g * GROUP, count = inputs - at < GROUP ? inputs - at : GROUP;
            uint16_t scale = int8_group(w + o * inputs + at, count, (int8_t *)group + o % side, side);
            memcpy(group + GROUP * side + o % side * sizeof scale, &scale, sizeof scale);
        }
    }
}

float int8_at(const float *narrowed, size_t inputs, size_t o, size_t i) {
    const char *group = (const char *)narrowed + (o * int8_groups(inputs) + i / GROUP) * int8_group_bytes(1);
    uint16_t scale;
    memcpy(&scale, group + GROUP, sizeof scale);
    return (float)*(const int8_t *)(group + i % GROUP) * fp16_to_float(scale);
}
