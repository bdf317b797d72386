/* SPDX-License-Identifier: MIT */
/* A confusion matrix: how often pictures of a class were taken for which. */
#ifndef ALEXCL_CONFUSION_H
#define ALEXCL_CONFUSION_H
#include <stddef.h>
#include <stdint.h>

#include "alexcl.h"

enum { CONFUSION_MOST = 20 }; /* classes with a row of their own */

struct confusion_pair {
    size_t label, predicted;
};
/* Rows are labels, columns what was predicted. With more classes than CONFUSION_MOST those that are met most often have
 * rows; the last row and column are all others together. */
struct confusion {
    size_t size;    /* rows, and columns; 0: nothing was counted */
    size_t classes; /* of them, those of one class: size, or size - 1 with one for all others */
    size_t class_of[CONFUSION_MOST];
    uint64_t counts[CONFUSION_MOST + 1][CONFUSION_MOST + 1]; /* [label][predicted] */
};
/* `classes`: of the model. ALEXCL_E_MEMORY. */
int confusion_count(const struct confusion_pair *pairs, size_t count, size_t classes, struct confusion *out,
                    struct alexcl_error *err);
#endif
