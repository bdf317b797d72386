/* SPDX-License-Identifier: MIT */
/* Sums over all pixels give mean and covariance; its eigenvectors are found by Jacobi's rotations, each of which makes
 * one element off the diagonal 0 until all are. Three by three takes a few rounds, and finds equal eigenvalues too. */
#include "colour_pca.h"

#include <math.h>

enum { ROUNDS = 50 };

void colour_pca_add(struct colour_pca_sums *sums, const float *planes, size_t pixels) {
    for (size_t a = 0; a < 3; a++)
        for (size_t i = 0; i < pixels; i++) sums->sum[a] += (double)planes[a * pixels + i];
    for (size_t a = 0; a < 3; a++)
        for (size_t b = a; b < 3; b++)
            for (size_t i = 0; i < pixels; i++)
                sums->products[a][b] += (double)planes[a * pixels + i] * (double)planes[b * pixels + i];
    sums->pixels += pixels;
    sums->images++;
}

void colour_pca_join(struct colour_pca_sums *sums, const struct colour_pca_sums *more) {
    for (int a = 0; a < 3; a++) {
        sums->sum[a] += more->sum[a];
        for (int b = 0; b < 3; b++) sums->products[a][b] += more->products[a][b];
    }
    sums->pixels += more->pixels;
    sums->images += more->images;
}

/* Turns rows and columns p and q of the symmetric m so that m[p][q] becomes 0, and the columns of v with them. */
static void colour_pca_rotate(double m[3][3], double v[3][3], int p, int q) {
    double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < 3; k++) {
        double kp = m[k][p], kq = m[k][q];
        m[k][p] = c * kp - s * kq;
        m[k][q] = s * kp + c * kq;
    }
    for (int k = 0; k < 3; k++) {
        double pk = m[p][k], qk = m[q][k], vp = v[k][p], vq = v[k][q];
        m[p][k] = c * pk - s * qk;
        m[q][k] = s * pk + c * qk;
        v[k][p] = c * vp - s * vq;
        v[k][q] = s * vp + c * vq;
    }
    m[p][q] = m[q][p] = 0;
}

void colour_pca_solve(const struct colour_pca_sums *sums, double scale, struct colour_pca *out) {
    double m[3][3], v[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, n = (double)sums->pixels;
    int order[3] = {0, 1, 2};
    for (int a = 0; a < 3; a++) out->mean[a] = sums->sum[a] / n * scale;
    for (int a = 0; a < 3; a++)
        for (int b = a; b < 3; b++) {
            double covariance = (sums->products[a][b] / n - sums->sum[a] / n * (sums->sum[b] / n)) * scale * scale;
            m[a][b] = m[b][a] = out->covariance[a][b] = out->covariance[b][a] = covariance;
        }
    double size = m[0][0] + m[1][1] + m[2][2];
    for (int round = 0; round < ROUNDS; round++)
        for (int p = 0; p < 2; p++)
            for (int q = p + 1; q < 3; q++)
                if (fabs(m[p][q]) > 1e-17 * size) colour_pca_rotate(m, v, p, q);
    for (int i = 0; i < 2; i++)
        for (int j = i + 1; j < 3; j++)
            if (m[order[j]][order[j]] > m[order[i]][order[i]]) {
                int other = order[i];
                order[i] = order[j];
                order[j] = other;
            }
    for (int k = 0; k < 3; k++) {
        int from = order[k], largest = 0;
        for (int c = 1; c < 3; c++)
            if (fabs(v[c][from]) > fabs(v[largest][from])) largest = c;
        out->eigenvalues[k] = m[from][from] > 0 ? m[from][from] : 0; /* rounding: grey pictures have two of 0 */
        for (int c = 0; c < 3; c++) out->eigenvectors[c][k] = v[largest][from] < 0 ? -v[c][from] : v[c][from];
    }
}
