/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files: float32, C order, format 1.0 written, 1.0 to 3.0 read. */
#ifndef ALEXCL_NPY_H
#define ALEXCL_NPY_H
#include "alexcl.h"

enum { NPY_DIMS = 8 };
struct npy {
    float *values;
    size_t count, shape[NPY_DIMS];
    int dims;
};
int npy_read(const char *path, struct npy *out, struct alexcl_error *err);
/* The same of images that a model takes: N x channels x height x width, one at least. */
int npy_read_images(const char *path, const struct alexcl_model *model, struct npy *out, struct alexcl_error *err);
void npy_free(struct npy *n);

/* Writes a file row by row under a temporary name; commit names it, with as many rows as were added. */
struct npy_writer;
/* shape[0] is set by what is added. */
int npy_writer_open(const char *path, int dims, const size_t *shape, struct npy_writer **out, struct alexcl_error *err);
int npy_writer_add(struct npy_writer *w, const float *values, size_t count, struct alexcl_error *err);
void npy_writer_skip_sync(struct npy_writer *w); /* as file_skip_sync */
int npy_writer_commit(struct npy_writer *w, struct alexcl_error *err);
void npy_writer_free(struct npy_writer *w); /* removes what was not committed */
#endif
