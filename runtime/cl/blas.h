/* SPDX-License-Identifier: MIT */
/* CLBlast's GEMM and GEMV on a device's work queue. Calls are serialised over all devices (CLBlast before 1.6.1
 * races when it stores compiled routines). Row-major, float. */
#ifndef ALEXCL_BLAS_H
#define ALEXCL_BLAS_H
#include "buffer.h"

/* A matrix in a buffer: element (r, c) at first + r * stride + c. */
struct blas_matrix {
    struct buffer *buffer;
    size_t first, stride;
};

/* What a product is made of. */
enum blas_form {
    BLAS_AB,  /* a is m x k, b is k x n */
    BLAS_ABT, /* b is n x k, and transposed */
    BLAS_ATB, /* a is k x m, and transposed */
};
/* Floats that blas_gemm wants of `workspace` at most, for dense matrices of these sizes and all smaller ones:
 * CLBlast's copies of them, filled up to whole tiles. */
size_t blas_gemm_workspace(struct device *dev, size_t m, size_t n, size_t k, enum blas_form form);
/* c (m x n) = a * b + beta * c, where k products are summed. The beginning of `workspace` is written over; NULL:
 * CLBlast takes memory of its own, which no plan counts. */
int blas_gemm(struct device *dev, const char *label, size_t m, size_t n, size_t k, struct blas_matrix a,
              struct blas_matrix b, enum blas_form form, float beta, struct blas_matrix c, struct buffer *workspace,
              struct alexcl_error *err);
/* y (m) = a (m x n) * x + beta * y; vectors are dense and start at `first`. */
int blas_gemv(struct device *dev, const char *label, size_t m, size_t n, struct blas_matrix a, struct blas_matrix x,
              float beta, struct blas_matrix y, struct alexcl_error *err);
#endif
