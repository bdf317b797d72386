/* SPDX-License-Identifier: MIT */
/* The learning rate from step to step. */
#ifndef ALEXCL_SCHEDULE_H
#define ALEXCL_SCHEDULE_H
#include "recipe.h"

/* What a plateau remembers; a checkpoint keeps it. Starts as {0}. */
struct schedule {
    int drops;   /* how often the rate has fallen */
    int waited;  /* epochs since the best error */
    int known;   /* 1: there is a best error */
    double best; /* validation error */
};
/* The rate of step `step` (from 1) in epoch `epoch` (from 1). */
double schedule_rate(const struct schedule *s, const struct recipe *r, uint64_t step, int epoch);
/* To be called when an epoch ends, with its validation error; NaN is no improvement. Returns 1 where the rate falls
 * from the next epoch on. */
int schedule_end_epoch(struct schedule *s, const struct recipe *r, double error);
/* Of a tensor that is a bias or is not: the recipe's decay and this rate with the factors for biases. */
struct optimizer_step schedule_step(const struct recipe *r, uint64_t step, double rate, int bias);
#endif
