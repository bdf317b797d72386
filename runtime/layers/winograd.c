/* SPDX-License-Identifier: MIT */
#include "winograd.h"

void winograd_matrix(int window, double g[WINOGRAD_SIDE][WINOGRAD_OUT + 1]) {
    static const double points3[] = {0.0, 0.75, -0.75, 1.5, -1.5}, points5[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5}; /* of the kernels */
    const double *points = window == 3 ? points3 : points5;
    int count = window + 2;
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

void winograd_transform(const double g[WINOGRAD_SIDE][WINOGRAD_OUT + 1], const float *w, int window, float *out, size_t stride) {
    int side = window + WINOGRAD_OUT - 1;
    double rows[WINOGRAD_SIDE][WINOGRAD_OUT + 1] = {{0}};
    for (int i = 0; i < side; i++) {
        for (int x = 0; x < window; x++) {
            rows[i][x] = 0.0;
            for (int y = 0; y < window; y++) rows[i][x] += g[i][y] * (double)w[y * window + x];
        }
    }
    for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
            double sum = 0.0;
            for (int x = 0; x < window; x++) sum += rows[i][x] * g[j][x];
            out[(size_t)(i * side + j) * stride] = (float)sum;
        }
    }
}
