/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_PACK_WRITE_H
#define ALEXCL_PACK_WRITE_H
#include "data_set.h"

/* Writes a set of bytes as a packed data set (pack_file.h), whole or not at all; `progress`, unless NULL, is told how
 * many pictures are done. */
int pack_write(const char *path, const struct data_set *set, void (*progress)(size_t done, size_t count),
               struct alexcl_error *err);
#endif
