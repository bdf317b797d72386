/* SPDX-License-Identifier: MIT */
/* A counter RNG, that of the golden vectors (tests/oracle/README.md, "The generator"): SplitMix64 keyed by a name, so
 * that any element of any tensor can be made alone, in any order, equal to the bit on every machine. */
#ifndef ALEXCL_COUNTER_RNG_H
#define ALEXCL_COUNTER_RNG_H
#include <stddef.h>
#include <stdint.h>

uint64_t counter_rng_key(uint64_t seed, const char *name);
/* What is mixed into element i; those of later elements lie 0x9E3779B97F4A7C15 apart (kernels/dropout.cl). */
uint64_t counter_rng_state(uint64_t key, uint64_t i);
/* 24 random bits of element i. */
uint32_t counter_rng_raw(uint64_t key, uint64_t i);
/* Elements first .. first+count-1 of a uniform tensor in [offset-scale, offset+scale), rounded once to float. */
void counter_rng_fill_uniform(float *out, uint64_t key, uint64_t first, size_t count, double scale, double offset);
/* Uniform in [0, 1), exact. */
void counter_rng_fill_unit(float *out, uint64_t key, uint64_t first, size_t count);
uint32_t counter_rng_int(uint64_t key, uint64_t i, uint32_t m);
/* From 0 to m - 1 by 48 bits, so that a large m has no numbers that come more often; takes elements 2i and 2i + 1. */
uint64_t counter_rng_below(uint64_t key, uint64_t i, uint64_t m);
#endif
