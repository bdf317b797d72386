/* SPDX-License-Identifier: MIT */
/* A roofline picture (Williams, Waterman, Patterson 2009) of the layers that multiply, as SVG: what each reaches over
 * the operations that it does for a byte, under what the device's arithmetic and memory allow. */
#ifndef ALEXCL_ROOFLINE_H
#define ALEXCL_ROOFLINE_H
#include "measure.h"
#include "svg.h"

/* Operations of both halves for each byte that they move; 0: none. */
double roofline_intensity(const struct layer_time *l);
enum { ROOFLINE_TITLE = 128 };
/* "alexnet, batch 16: 100.0 images/s". */
void roofline_title(const struct measured *m, const char *model, char out[ROOFLINE_TITLE]);
/* `title`, of which some 90 characters fit, and in smaller print below it as much of `devices` as does. */
int roofline_write(const char *path, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err);
/* The same picture before svg_finish or svg_end. */
int roofline_begin(struct svg *out, const struct measured *m, const char *title, const char *devices,
                   struct alexcl_error *err);
#endif
