/* SPDX-License-Identifier: MIT */
/* Fisher and Yates's shuffle of 0, 1, 2, .. by counted random numbers. An epoch's numbers have a key of their own. */
#include "epoch_order.h"

#include "counter_rng.h"

void epoch_order_fill(uint64_t seed, uint64_t epoch, uint32_t *out, uint32_t count) {
    uint64_t key = counter_rng_key(counter_rng_key(seed, "order") + epoch, "epoch");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = (uint32_t)counter_rng_below(key, i, (uint64_t)i + 1);
        out[i] = i; /* then it changes places with one up to itself */
        out[i] = out[other];
        out[other] = i;
    }
}
