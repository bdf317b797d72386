/* SPDX-License-Identifier: MIT */
/* What ran when in one batch of a recording, as SVG: the rows of trace.h for each target. */
#ifndef ALEXCL_TIMELINE_SVG_H
#define ALEXCL_TIMELINE_SVG_H
#include "measure.h"
#include "svg.h"

/* Up to svg_finish or svg_end: the last batch that was measured. *drawn: 0 where nobody knows when its commands ran; an
 * empty sheet then. ALEXCL_E_MEMORY. */
int timeline_svg_begin(struct svg *out, const struct measured *m, const struct alexcl_net *net, int *drawn,
                       struct alexcl_error *err);
#endif
