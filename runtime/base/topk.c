/* SPDX-License-Identifier: MIT */
/* The k best of many scores by insertion into a sorted list, since k is small: one pass, and most scores are refused by
 * one comparison. Of equal scores the lower index comes first, so the order is always the same. */
#include "topk.h"

static int topk_ahead(const double *scores, size_t a, size_t b) {
    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
}

void topk_best(const double *scores, size_t count, size_t *best, size_t k) {
    size_t have = 0;
    for (size_t c = 0; c < count; c++) { /* insertion: k is small */
        size_t at = have < k ? have++ : k;
        for (; at > 0 && topk_ahead(scores, c, best[at - 1]); at--)
            if (at < k) best[at] = best[at - 1];
        if (at < k) best[at] = c;
    }
}

size_t topk_rank(const double *scores, size_t count, size_t label) {
    size_t rank = 0;
    for (size_t c = 0; c < count; c++) rank += topk_ahead(scores, c, label);
    return rank;
}
