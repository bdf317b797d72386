/* SPDX-License-Identifier: MIT */
/* Weights as winograd_cpu.cl, winograd.cl and winograd_fused.cl multiply them: G w G^T of F(out x out, window x
 * window): F(2x2, 3x3), F(4x4, 3x3), F(5x5, 3x3), F(4x4, 5x5). */
#ifndef ALEXCL_WINOGRAD_H
#define ALEXCL_WINOGRAD_H
#include <stddef.h>

enum {
    WINOGRAD_OUT = 4,     /* outputs along a side of a tile, where nothing else is said */
    WINOGRAD_MAX_OUT = 5, /* with a window of 3 */
    WINOGRAD_WINDOW = 5,  /* largest */
    WINOGRAD_SIDE = 8,    /* inputs along a side of the largest tile; of any, window + out - 1 */
};

/* F(out x out, window x window), over every `stride`th row and column. */
struct winograd_form {
    int window, out, stride;
};
/* Inputs along a side of its tile. */
static inline int winograd_side(struct winograd_form f) { return f.window + f.out - 1; }

/* G, side x window: row i is 1, p, p^2 .. over the product of p - q for the other points q; the last row is
 * infinity's. */
void winograd_matrix(int window, int out, double g[WINOGRAD_SIDE][WINOGRAD_WINDOW]);
/* to[p * stride + lane] = (G w G^T)[p], p of side x side points, for each of `lanes` weights of window x window, which
 * lie side by side in w; in double until it is stored. */
enum { WINOGRAD_LANES = 16 };
void winograd_transform(const double g[WINOGRAD_SIDE][WINOGRAD_WINDOW], float (*w)[WINOGRAD_LANES], int window,
                        int side, int lanes, float *to, size_t stride);
#endif
