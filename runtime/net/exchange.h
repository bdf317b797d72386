/* SPDX-License-Identifier: MIT */
/* Where two workers meet: each publishes its messages of the crossings of a batch, in the same order, and waits for the
 * other's. The data itself lies in host memory. Nothing else is shared between the two devices. */
#ifndef ALEXCL_EXCHANGE_H
#define ALEXCL_EXCHANGE_H
#include "status.h"

struct exchange;
int exchange_create(struct exchange **out, struct alexcl_error *err);
void exchange_free(struct exchange *x);
/* Call it before a batch, while neither worker runs. */
void exchange_reset(struct exchange *x);
/* Publishes message number `message` of `half`: it lies in host memory. */
void exchange_publish(struct exchange *x, int half, int message);
/* Waits until the other half has published `message`. ALEXCL_E_OTHER, without a text, where the other worker has
 * failed. */
int exchange_await(struct exchange *x, int half, int message);
/* Tells that this worker has failed: whoever waits for it goes on with an error. */
void exchange_abort(struct exchange *x);
#endif
