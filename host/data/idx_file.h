/* SPDX-License-Identifier: MIT */
/* IDX files of bytes, gzipped or not: the pictures and labels of MNIST, Fashion-MNIST, EMNIST. The format is described
 * on MNIST's page (yann.lecun.com/exdb/mnist). */
#ifndef ALEXCL_IDX_FILE_H
#define ALEXCL_IDX_FILE_H
#include "alexcl.h"

enum { IDX_FILE_DIMS = 3 };
struct idx_file {
    int dims; /* 1: labels; 3: pictures, N x height x width */
    size_t shape[IDX_FILE_DIMS], count;
    unsigned char *values; /* `count` of them; freed by idx_file_free */
};
/* Whether a file that begins so is of this format, of whatever type and number of dimensions. */
int idx_file_takes(const unsigned char *start, size_t length);
/* Reads a file whole. ALEXCL_E_DATA for whatever is not exactly one IDX file of bytes, of 1 to 3 dimensions and at most
 * 8 GiB; what memory it takes is bounded by the file's own size before any is asked for. */
int idx_file_read(const char *path, struct idx_file *out, struct alexcl_error *err);
void idx_file_free(struct idx_file *idx);
#endif
