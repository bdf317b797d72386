/* SPDX-License-Identifier: MIT */
/* A net as a drawing, as SVG: a row for each layer, both halves side by side, and what crosses between them. */
#ifndef ALEXCL_MODEL_SVG_H
#define ALEXCL_MODEL_SVG_H
#include "svg.h"

/* Up to svg_finish or svg_end. ALEXCL_E_MEMORY. */
int model_svg_begin(struct svg *out, const struct alexcl_plan *plan, struct alexcl_error *err);
#endif
