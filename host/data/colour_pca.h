/* SPDX-License-Identifier: MIT */
/* The principal components of the colours of a set of pictures. */
#ifndef ALEXCL_COLOUR_PCA_H
#define ALEXCL_COLOUR_PCA_H
#include <stddef.h>
#include <stdint.h>

/* Of all pixels of all pictures together; starts as {0}. Sums of bytes are exact. */
struct colour_pca_sums {
    double sum[3], products[3][3];
    uint64_t pixels, images;
};
struct colour_pca {
    double mean[3], covariance[3][3];          /* the covariance is the set's: divided by the number of pixels */
    double eigenvalues[3], eigenvectors[3][3]; /* descending; vector k is column k, its largest component positive */
};
/* A picture of three planes. */
void colour_pca_add(struct colour_pca_sums *sums, const float *planes, size_t pixels);
/* What others were added to, too. */
void colour_pca_join(struct colour_pca_sums *sums, const struct colour_pca_sums *more);
/* Of one pixel at least, multiplied by `scale` (1.0 / 255: bytes in units of 0 to 1). */
void colour_pca_solve(const struct colour_pca_sums *sums, double scale, struct colour_pca *out);
#endif
