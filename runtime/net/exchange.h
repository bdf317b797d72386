/* SPDX-License-Identifier: MIT */
/* The meeting point of two workers: each publishes, in the same order, the messages of the crossings of one batch, and
 * waits for the other's. The data lies in host memory; this is all that the two devices share. */
#ifndef ALEXCL_EXCHANGE_H
#define ALEXCL_EXCHANGE_H
#include "status.h"

struct exchange;
int exchange_create(struct exchange **out, struct alexcl_error *err);
void exchange_free(struct exchange *x);
/* Before a batch, while neither worker runs. */
void exchange_reset(struct exchange *x);
/* Message number `message` of `half` lies in host memory. */
void exchange_publish(struct exchange *x, int half, int message);
/* Blocks until the other half has published `message`; ALEXCL_E_OTHER, without text, when the other worker gave up. */
int exchange_await(struct exchange *x, int half, int message);
/* This worker failed: whoever waits for it goes on with an error. */
void exchange_abort(struct exchange *x);
#endif
