/* SPDX-License-Identifier: MIT */
/* The weights' side of Winograd's minimal filtering, G w G^T, on the host in double precision: rounding there would be
 * in every product. */
#include "winograd.h"

void winograd_matrix(int window, int out, double g[WINOGRAD_SIDE][WINOGRAD_WINDOW]) {
    /* of the kernels: for tiles of 2, 4 and 5 with a window of 3, of 4 with a window of 5 */
    static const double two[] = {0.0, 1.0, -1.0}, four[] = {0.0, 0.75, -0.75, 1.5, -1.5},
                        five[] = {0.3125, -0.3125, 0.875, -0.875, 1.6875, -1.6875},
                        wide[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5};
    int count = window + out - 2;
    const double *points = count == 3 ? two : count == 5 ? four : count == 6 ? five : wide;
    for (int i = 0; i < count; i++) {
        double product = 1.0, power = 1.0;
        for (int j = 0; j < count; j++)
            if (j != i) product *= points[i] - points[j];
        for (int j = 0; j < window; j++) {
            g[i][j] = power / product;
            power *= points[i];
        }
    }
    for (int j = 0; j < window; j++) g[count][j] = j == window - 1 ? 1.0 : 0.0;
}

void winograd_transform(const double g[WINOGRAD_SIDE][WINOGRAD_WINDOW], float (*w)[WINOGRAD_LANES], int window,
                        int side, int lanes, float *to, size_t stride) {
    double rows[WINOGRAD_SIDE][WINOGRAD_WINDOW][WINOGRAD_LANES] = {{{0}}};
    for (int i = 0; i < side; i++)
        for (int x = 0; x < window; x++)
            for (int y = 0; y < window; y++)
                for (int o = 0; o < WINOGRAD_LANES; o++) rows[i][x][o] += g[i][y] * (double)w[y * window + x][o];
    for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
            double sums[WINOGRAD_LANES] = {0};
            for (int x = 0; x < window; x++)
                for (int o = 0; o < WINOGRAD_LANES; o++) sums[o] += rows[i][x][o] * g[j][x];
            float *point = to + (size_t)(i * side + j) * stride;
            for (int o = 0; o < lanes; o++) point[o] = (float)sums[o];
        }
    }
}
