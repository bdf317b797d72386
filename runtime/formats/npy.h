/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files, format 1.0 to 3.0: floats of 2, 4 and 8 bytes and bytes are read, and integers where they are
 * asked for, in either order of bytes, in C's or Fortran's order; float32 in C's order is written, as 1.0. */
#ifndef ALEXCL_NPY_H
#define ALEXCL_NPY_H
#include "alexcl.h"

enum { NPY_DIMS = 8 };
/* Those behind NPY_BYTE are read by npy_open_numbers alone. */
enum npy_type {
    NPY_FLOAT,
    NPY_DOUBLE,
    NPY_HALF,
    NPY_BYTE,
    NPY_BOOL,
    NPY_INT8,
    NPY_INT16,
    NPY_INT32,
    NPY_INT64,
    NPY_UINT16,
    NPY_UINT32,
    NPY_UINT64
};
struct npy {
    size_t count, shape[NPY_DIMS];
    int dims, fortran, swapped; /* swapped: not in this machine's order of bytes */
    enum npy_type type;
    const unsigned char *data; /* of the file, which is mapped */
    void *mapping;
    size_t length;
};
/* Looks at the header, and maps the file: it is read where its values are asked for. ALEXCL_E_DATA. */
int npy_open(const char *path, struct npy *out, struct alexcl_error *err);
/* The same of labels, which may be integers and truth values too, and are got by npy_numbers. */
int npy_open_numbers(const char *path, struct npy *out, struct alexcl_error *err);
/* Values `first` and on, counted in C's order whatever the file's is; of NPY_BYTE by npy_bytes alone. */
void npy_floats(const struct npy *n, size_t first, size_t count, float *out);
void npy_bytes(const struct npy *n, size_t first, size_t count, unsigned char *out);
/* Of any type; integers beyond 2^53 are rounded. */
void npy_numbers(const struct npy *n, size_t first, size_t count, double *out);
/* "2 x 3 x 99 x 99" */
enum { NPY_SHAPE = NPY_DIMS * 24 };
void npy_tell_shape(const struct npy *n, char out[NPY_SHAPE]);
void npy_free(struct npy *n);

/* Writes a file row by row under a temporary name; commit names it, with as many rows as were added. */
struct npy_writer;
/* shape[0] is set by what is added. */
int npy_writer_open(const char *path, int dims, const size_t *shape, struct npy_writer **out, struct alexcl_error *err);
/* That so many rows will be added: an error where the disk has no room for them. */
int npy_writer_expect(const struct npy_writer *w, size_t rows, struct alexcl_error *err);
int npy_writer_add(struct npy_writer *w, const float *values, size_t count, struct alexcl_error *err);
void npy_writer_skip_sync(struct npy_writer *w); /* as file_skip_sync */
int npy_writer_commit(struct npy_writer *w, struct alexcl_error *err);
void npy_writer_free(struct npy_writer *w); /* removes what was not committed */
#endif
