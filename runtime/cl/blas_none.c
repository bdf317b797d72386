/* SPDX-License-Identifier: MIT */
/* In the place of blas.c where the library is built without CLBlast: settings.c refuses ALEXCL_GEMM=clblast then, so
 * that no layer comes here. */
#include "blas.h"
#include "status.h"

static int blas_refuse(struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_USAGE, "alexcl was built without CLBlast (ALEXCL_CLBLAST=OFF): ALEXCL_GEMM=own");
}

size_t blas_gemm_workspace(struct device *dev, size_t m, size_t n, size_t k, enum blas_form form) {
    (void)dev, (void)m, (void)n, (void)k, (void)form;
    return 0;
}

int blas_gemm(struct device *dev, const char *label, size_t m, size_t n, size_t k, struct blas_matrix a,
              struct blas_matrix b, enum blas_form form, float beta, struct blas_matrix c, struct buffer *workspace,
              struct alexcl_error *err) {
    (void)dev, (void)label, (void)m, (void)n, (void)k, (void)a, (void)b, (void)form, (void)beta, (void)c;
    (void)workspace;
    return blas_refuse(err);
}

int blas_gemv(struct device *dev, const char *label, size_t m, size_t n, struct blas_matrix a, struct blas_matrix x,
              float beta, struct blas_matrix y, struct alexcl_error *err) {
    (void)dev, (void)label, (void)m, (void)n, (void)a, (void)x, (void)beta, (void)y;
    return blas_refuse(err);
}
