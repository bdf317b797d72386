/* SPDX-License-Identifier: MIT */
/* The largest logit is subtracted before exp, so that nothing overflows: the quotient does not change by it. The sum
 * runs over all logits, also where only a half's probabilities are written. */
#include <math.h>

#include "ref.h"

/* y: n x out_count, x: n x units. The largest logit is subtracted first, so that exp cannot overflow. */
void ref_softmax(float *y, const float *x, int n, int units, int out_first, int out_count) {
    for (int image = 0; image < n; image++, x += units) {
        double largest = x[0], sum = 0.0;
        for (int i = 1; i < units; i++)
            if (x[i] > largest) largest = x[i];
        for (int i = 0; i < units; i++) sum += exp((double)x[i] - largest);
        for (int i = out_first; i < out_first + out_count; i++) *y++ = (float)(exp((double)x[i] - largest) / sum);
    }
}
