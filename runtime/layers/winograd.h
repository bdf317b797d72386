/* SPDX-License-Identifier: MIT */
/* Weights as winograd_cpu.cl and winograd.cl multiply them: G w G^T of F(4x4, window x window), window 3 or 5. */
#ifndef ALEXCL_WINOGRAD_H
#define ALEXCL_WINOGRAD_H
#include <stddef.h>

enum {
    WINOGRAD_OUT = 4,  /* outputs along a side of a tile */
    WINOGRAD_SIDE = 8, /* inputs along a side of the largest tile; of any, window + WINOGRAD_OUT - 1 */
};

/* G, side x window: row i is 1, p, p^2 .. over the product of p - q for the other points q; the last row is infinity's. */
void winograd_matrix(int window, double g[WINOGRAD_SIDE][WINOGRAD_OUT + 1]);
/* out[p * stride] = (G w G^T)[p], p of side x side points, w of window x window weights; in double until it is stored. */
void winograd_transform(const double g[WINOGRAD_SIDE][WINOGRAD_OUT + 1], const float *w, int window, float *out, size_t stride);
#endif
