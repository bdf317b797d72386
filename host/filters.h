/* SPDX-License-Identifier: MIT */
/* The kernels of a convolution that reads pictures, as a sheet of pictures (Figure 3 of the 2012 paper). */
#ifndef ALEXCL_FILTERS_H
#define ALEXCL_FILTERS_H
#include "sheet.h"

struct filters {
    const struct alexcl_model *model;
    const char *layer;
    int outputs, first_half, channels, height, width; /* first_half: kernels of half 0 */
    float *values;
    float min, max;
    struct sheet sheet;
};
/* The layer's shape, of a plan of the model; 0: it is no convolution of 1 or 3 channels, whose kernels are pictures. */
int filters_take(const struct alexcl_model *model, const struct alexcl_plan_layer *l, struct filters *out);
/* Draws the sheet, `scale` pixels a side for each weight. Freed by filters_free, whatever came of it. */
int filters_draw(struct filters *f, const struct alexcl_weights *weights, int scale, struct alexcl_error *err);
/* Where kernel `output` stands: the rows of half 1 begin below those of half 0. */
void filters_cell(const struct filters *f, int output, int *column, int *row);
void filters_free(struct filters *f);
#endif
