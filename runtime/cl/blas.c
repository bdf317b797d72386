/* SPDX-License-Identifier: MIT */
/* CLBlast's matrix products on a device's queue, one call at a time. A routine is several kernels whose events CLBlast
 * keeps to itself but for the last, so its time is taken from the end of what stood before it. */
#include "blas.h"

#include "cl_private.h"

#include <clblast_c.h>
#include <pthread.h>

/* CLBlast before 1.6.1 races when two threads make it compile; one call at a time costs nothing, a call only
 * enqueues. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* CLBlast keeps programs of every context it has seen; they must go before the contexts do. */
static void blas_forget(void) {
    pthread_mutex_lock(&lock);
    CLBlastClearCache();
    pthread_mutex_unlock(&lock);
}

static void blas_register(void) { device_on_last_close(blas_forget); }

/* Calls of CLBlast stand between the two. */
static void blas_lock(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, blas_register);
    pthread_mutex_lock(&lock);
}

static void blas_unlock(void) { pthread_mutex_unlock(&lock); }

/* A routine is several kernels (pad, transpose, multiply), and its event is the last one's: its time is taken from the
 * end of what stood before it in the queue. What CLBlast compiles on its first call counts as well. *since is NULL
 * where single launches are not timed. */
static int blas_begin(struct device *dev, cl_event *since, struct alexcl_error *err) {
    int status = ALEXCL_OK, own;
    *since = NULL;
    TRY(device_begin_launch(dev, &own, err));
    if (own) CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->work, 0, NULL, since), err);
    blas_lock();
done:
    return status;
}

static int blas_end(struct device *dev, const char *label, const char *routine, int code, cl_event since,
                    cl_event event, struct alexcl_error *err) {
    blas_unlock();
    device_note(dev, label);
    if (code == CLBlastSuccess) return since ? device_account_event(dev, since, event, DEVICE_COMPUTE, err) : ALEXCL_OK;
    if (since) clReleaseEvent(since);
    clerror_check(code, routine, dev, err);
    error_prefix(err, "%s: ", label);
    return code;
}

static CLBlastTranspose blas_transposed(int yes) { return yes ? CLBlastTransposeYes : CLBlastTransposeNo; }

size_t blas_gemm_workspace(struct device *dev, size_t m, size_t n, size_t k, enum blas_form form) {
    size_t bytes = 0;
    blas_lock();
    /* Offsets of 1: a matrix that begins with its buffer may need no copy, the others do. */
    int code = CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, blas_transposed(form == BLAS_ATB),
                                          blas_transposed(form == BLAS_ABT), m, n, k, 1, form == BLAS_ATB ? m : k, 1,
                                          form == BLAS_ABT ? k : n, 1, n, &dev->work, &bytes);
    blas_unlock();
    return code == CLBlastSuccess ? bytes / sizeof(float) : 0;
}

int blas_gemm(struct device *dev, const char *label, size_t m, size_t n, size_t k, struct blas_matrix a,
              struct blas_matrix b, enum blas_form form, float beta, struct blas_matrix c, struct buffer *workspace,
              struct alexcl_error *err) {
    cl_event since, event = NULL;
    int status = blas_begin(dev, &since, err);
    if (status != ALEXCL_OK) return status;
    int code = CLBlastSgemmWithTempBuffer(
        CLBlastLayoutRowMajor, blas_transposed(form == BLAS_ATB), blas_transposed(form == BLAS_ABT), m, n, k, 1.0f,
        a.buffer->memory, a.first, a.stride, b.buffer->memory, b.first, b.stride, beta, c.buffer->memory, c.first,
        c.stride, &dev->work, since ? &event : NULL, workspace ? workspace->memory : NULL);
    return blas_end(dev, label, "CLBlastSgemm", code, since, event, err);
}

int blas_gemv(struct device *dev, const char *label, size_t m, size_t n, struct blas_matrix a, struct blas_matrix x,
              float beta, struct blas_matrix y, struct alexcl_error *err) {
    cl_event since, event = NULL;
    int status = blas_begin(dev, &since, err);
    if (status != ALEXCL_OK) return status;
    int code = CLBlastSgemv(CLBlastLayoutRowMajor, CLBlastTransposeNo, m, n, 1.0f, a.buffer->memory, a.first, a.stride,
                            x.buffer->memory, x.first, 1, beta, y.buffer->memory, y.first, 1, &dev->work,
                            since ? &event : NULL);
    return blas_end(dev, label, "CLBlastSgemv", code, since, event, err);
}
