/* SPDX-License-Identifier: MIT */
/* Files that come with the program: share/alexcl of the source tree, installed beside it. */
#ifndef ALEXCL_SHARE_H
#define ALEXCL_SHARE_H
#include "options.h"

/* A file of weights that alexcl itself trained, and the built-in model that they are for: the index-th; NULL behind the
 * last. */
const char *share_trained(size_t index, const char **model);
/* Of the model that is named; NULL: it has none. */
const char *share_trained_of(const char *model);
/* The path of such a file, allocated: in the folder that the setting ALEXCL_DATA_DIR names, else in ../share/alexcl
 * beside the program's folder, else in the source tree that the program was built from. ALEXCL_E_DATA names the three
 * places. */
int share_find(const struct options *o, const char *name, char **path, struct alexcl_error *err);
#endif
