/* SPDX-License-Identifier: MIT */
/* The labels of a data set that stand in a file of their own: an IDX file of labels, or y.npy, N whole numbers (N, or
 * N x 1) or N x classes, where a row has one 1 among zeros. */
#ifndef ALEXCL_TARGETS_H
#define ALEXCL_TARGETS_H
#include "alexcl.h"

enum { TARGETS_MOST = 1 << 20 }; /* classes */
/* The classes of the `count` pictures of the file `pictures`, in *labels, to be freed. *classes: the largest and one,
 * or as many as a row has. ALEXCL_E_DATA. */
int targets_read(const char *path, const char *pictures, size_t count, int **labels, size_t *classes,
                 struct alexcl_error *err);
#endif
