/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_EPOCH_ORDER_H
#define ALEXCL_EPOCH_ORDER_H
#include <stddef.h>
#include <stdint.h>

/* The order in which an epoch takes `count` pictures: each once, a random permutation that hangs on seed and epoch
 * alone, so that it can be made again wherever a run goes on. */
void epoch_order_fill(uint64_t seed, uint64_t epoch, uint32_t *out, uint32_t count);
#endif
