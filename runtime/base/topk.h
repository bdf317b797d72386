/* SPDX-License-Identifier: MIT */
/* Order of classes: c is ahead of l if its score is higher, or equal and c < l (tests/oracle/README.md, topk). */
#ifndef ALEXCL_TOPK_H
#define ALEXCL_TOPK_H
#include <stddef.h>

/* The `k` best of `count` classes, best first. */
void topk_best(const double *scores, size_t count, size_t *best, size_t k);
/* How many classes are ahead of `label`. */
size_t topk_rank(const double *scores, size_t count, size_t label);
#endif
