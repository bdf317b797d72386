/* SPDX-License-Identifier: MIT */
/* A .npy file of floats, whole. */
#ifndef ALEXCL_NPY_WHOLE_H
#define ALEXCL_NPY_WHOLE_H
#include <stdlib.h>

#include "npy.h"

struct npy_whole {
    float *values;
    size_t count, shape[NPY_DIMS];
    int dims;
};

static inline void npy_whole_free(struct npy_whole *n) {
    free(n->values);
    *n = (struct npy_whole){0};
}

static inline int npy_whole_read(const char *path, struct npy_whole *out, struct alexcl_error *err) {
    struct npy n;
    *out = (struct npy_whole){0};
    int status = npy_open(path, &n, err);
    if (status != ALEXCL_OK) return status;
    out->values = malloc((n.count ? n.count : 1) * sizeof(float));
    out->count = n.count;
    out->dims = n.dims;
    for (int i = 0; i < NPY_DIMS; i++) out->shape[i] = n.shape[i];
    unsigned char byte;
    for (size_t i = 0; i < n.count && n.type == NPY_BYTE; i++) {
        npy_bytes(&n, i, 1, &byte);
        out->values[i] = byte;
    }
    if (n.type != NPY_BYTE) npy_floats(&n, 0, n.count, out->values);
    npy_free(&n);
    return status;
}
#endif
