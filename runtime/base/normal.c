/* SPDX-License-Identifier: MIT */
/* One uniform number becomes a normal one by the inverse of the distribution: quotients of polynomials, near the middle
 * in p, outside in sqrt(-ln p). Box and Muller's way needs logarithms and cosines of libm, which differ in the last bit
 * between machines. Here are only operations that IEEE 754 rounds in one way: the logarithm is a series of its own.
 * The 24 random bits stand for the middles of 2^24 equal parts, so p is never 0 or 1. */
#include "normal.h"

#include <math.h>

#include "counter_rng.h"

enum { NORMAL_DEGREE = 7, NORMAL_LOG_TERMS = 11 };

/* Coefficients from the highest power down. */
static double normal_polynomial(const double coefficients[NORMAL_DEGREE + 1], double x) {
    double sum = coefficients[0];
    for (int i = 1; i <= NORMAL_DEGREE; i++) sum = sum * x + coefficients[i];
    return sum;
}

/* ln x = 2 atanh((m - 1) / (m + 1)) + e ln 2, where x = m 2^e and m is near 1. */
static double normal_log(double x) {
    static const double ln2 = 0x1.62e42fefa39efp-1, root_half = 0x1.6a09e667f3bcdp-1;
    int exponent;
    double m = frexp(x, &exponent), sum = 0;
    if (m < root_half) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1), square = s * s;
    for (int term = NORMAL_LOG_TERMS - 1; term >= 0; term--) sum = sum * square + 1.0 / (2 * term + 1);
    return exponent * ln2 + 2 * s * sum;
}

double normal_quantile(double p) {
    static const double middle_above[] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                          45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                          133.14166789178437745, 3.3871328727963666080},
                        middle_below[] = {5226.4952788528545610, 28729.085735721942674,
                                          39307.895800092710610, 21213.794301586595867,
                                          5394.1960214247511077, 687.18700749205790830,
                                          42.313330701600911252, 1},
                        outer_above[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                         2.41780725177450611770e-1, 1.27045825245236838258,
                                         3.64784832476320460504,    5.76949722146069140550,
                                         4.63033784615654529590,    1.42343711074968357734},
                        outer_below[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                         1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                         6.89767334985100004550e-1, 1.67638483018380384940,
                                         2.05319162663775882187,    1};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * normal_polynomial(middle_above, r) / normal_polynomial(middle_below, r);
    }
    double r = sqrt(-normal_log(q < 0 ? p : 1 - p)) - 1.6;
    double distance = normal_polynomial(outer_above, r) / normal_polynomial(outer_below, r);
    return q < 0 ? -distance : distance;
}

void normal_fill(float *out, uint64_t key, uint64_t first, size_t count, double deviation) {
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(deviation * normal_quantile((counter_rng_raw(key, first + i) + 0.5) * 0x1p-24));
}
