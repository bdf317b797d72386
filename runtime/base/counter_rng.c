/* SPDX-License-Identifier: MIT */
/* A counter-based generator: element i of a tensor is SplitMix64's output function applied to key + (i + 1) * golden
 * ratio. There is no state to step through, so any slice of a tensor is made alone and in any order. Only the upper 24
 * bits are used: a float's significand holds as many, so the conversion to float is exact. Scale and offset are applied
 * in double and rounded once. So the values are the same bits on every machine. */
#include "counter_rng.h"

static uint64_t mix(uint64_t z) { /* SplitMix64's finalizer */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t counter_rng_key(uint64_t seed, const char *name) {
    uint64_t h = 0xCBF29CE484222325u; /* FNV-1a, 64 bit */
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 0x100000001B3u;
    return mix(seed ^ h);
}

uint64_t counter_rng_state(uint64_t key, uint64_t i) { return key + (i + 1) * 0x9E3779B97F4A7C15u; }

uint32_t counter_rng_raw(uint64_t key, uint64_t i) { return (uint32_t)(mix(counter_rng_state(key, i)) >> 40); }

void counter_rng_fill_uniform(float *out, uint64_t key, uint64_t first, size_t count, double scale, double offset) {
    for (size_t i = 0; i < count; i++) {
        double product = scale * ((double)counter_rng_raw(key, first + i) * 0x1p-23 - 1.0);
        out[i] = (float)(offset + product);
    }
}

void counter_rng_fill_unit(float *out, uint64_t key, uint64_t first, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = (float)((double)counter_rng_raw(key, first + i) * 0x1p-24);
}

uint32_t counter_rng_int(uint64_t key, uint64_t i, uint32_t m) { return counter_rng_raw(key, i) % m; }

uint64_t counter_rng_below(uint64_t key, uint64_t i, uint64_t m) {
    return ((uint64_t)counter_rng_raw(key, 2 * i) << 24 | counter_rng_raw(key, 2 * i + 1)) % m;
}
