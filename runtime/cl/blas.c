/* SPDX-License-Identifier: MIT */
#include "blas.h"

#include "cl_private.h"

#include <clblast_c.h>
#include <pthread.h>

/* CLBlast before 1.6.1 races when two threads make it compile; one call at a time costs nothing, a call only enqueues. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int blas_account(struct device *dev, const char *label, const char *routine, int code, cl_event event, struct alexcl_error *err) {
    device_note(dev, label);
    if (code == CLBlastSuccess) return device_account_event(dev, event, DEVICE_COMPUTE, err);
    clerror_check(code, routine, dev, err);
    error_prefix(err, "%s: ", label);
    return code;
}

int blas_gemm(struct device *dev, const char *label, size_t m, size_t n, size_t k, struct blas_matrix a, struct blas_matrix b, int transpose_b, float beta,
              struct blas_matrix c, struct alexcl_error *err) {
    cl_event event = NULL;
    pthread_mutex_lock(&lock);
    int code = CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, transpose_b ? CLBlastTransposeYes : CLBlastTransposeNo, m, n, k, 1.0f, a.buffer->memory,
                            a.first, a.stride, b.buffer->memory, b.first, b.stride, beta, c.buffer->memory, c.first, c.stride, &dev->work, &event);
    pthread_mutex_unlock(&lock);
    return blas_account(dev, label, "CLBlastSgemm", code, event, err);
}

int blas_gemv(struct device *dev, const char *label, size_t m, size_t n, struct blas_matrix a, struct blas_matrix x, float beta, struct blas_matrix y,
              struct alexcl_error *err) {
    cl_event event = NULL;
    pthread_mutex_lock(&lock);
    int code = CLBlastSgemv(CLBlastLayoutRowMajor, CLBlastTransposeNo, m, n, 1.0f, a.buffer->memory, a.first, a.stride, x.buffer->memory, x.first, 1, beta,
                            y.buffer->memory, y.first, 1, &dev->work, &event);
    pthread_mutex_unlock(&lock);
    return blas_account(dev, label, "CLBlastSgemv", code, event, err);
}

void blas_forget(void) {
    pthread_mutex_lock(&lock);
    CLBlastClearCache();
    pthread_mutex_unlock(&lock);
}
