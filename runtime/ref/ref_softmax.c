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

/* With p the probabilities, gx[u] = p[u] * (gy[u] - sum of gy[o] p[o]); gy is 0 where no probability is made here. gx,
 * x: n x units, gy: n x out_count. */
void ref_softmax_input_gradient(float *gx, const float *x, const float *gy, int n, int units, int out_first,
                                int out_count) {
    for (int image = 0; image < n; image++, x += units, gx += units, gy += out_count) {
        double largest = x[0], sum = 0.0, mean = 0.0;
        for (int i = 1; i < units; i++)
            if (x[i] > largest) largest = x[i];
        for (int i = 0; i < units; i++) sum += exp((double)x[i] - largest);
        for (int o = 0; o < out_count; o++) mean += (double)gy[o] * exp((double)x[out_first + o] - largest) / sum;
        for (int i = 0; i < units; i++) {
            double g = i >= out_first && i < out_first + out_count ? (double)gy[i - out_first] : 0.0;
            gx[i] = (float)(exp((double)x[i] - largest) / sum * (g - mean));
        }
    }
}
