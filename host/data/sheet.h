/* SPDX-License-Identifier: MIT */
/* A sheet of pictures: square cells in rows and columns, white between and around them. */
#ifndef ALEXCL_SHEET_H
#define ALEXCL_SHEET_H
#include "picture.h"

struct sheet {
    struct picture picture; /* RGB */
    int cell, gap;          /* pixels; a gap stands around all too */
};
/* ALEXCL_E_DATA for more pixels than a picture may have. Freed by sheet_free. */
int sheet_make(int columns, int rows, int cell, int gap, struct sheet *out, struct alexcl_error *err);
/* The first pixel of the index-th column or row of cells. */
int sheet_at(const struct sheet *s, int index);
/* A picture, resized to fit into a cell, in its middle. */
int sheet_put(struct sheet *s, int column, int row, const struct picture *p, struct alexcl_error *err);
void sheet_free(struct sheet *s);
#endif
