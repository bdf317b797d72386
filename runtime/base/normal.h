/* SPDX-License-Identifier: MIT */
/* Normally distributed numbers of the counter RNG (counter_rng.h), the same bits on every machine. */
#ifndef ALEXCL_NORMAL_H
#define ALEXCL_NORMAL_H
#include <stddef.h>
#include <stdint.h>

/* The number below which a standard normal variable is with probability p, 0 < p < 1 (Wichura 1988, algorithm AS 241,
 * for p from 1e-10 to 1 - 1e-10). */
double normal_quantile(double p);
/* Elements first .. first+count-1 of a tensor with mean 0 and this standard deviation, rounded once to float. None is
 * farther than 5.5 deviations from 0. */
void normal_fill(float *out, uint64_t key, uint64_t first, size_t count, double deviation);
#endif
