/* SPDX-License-Identifier: MIT */
/* A fully connected layer's weights and biases as fc_cpu.cl reads them (docs/layout.md): blocks of FC_PACK_ROWS
 * outputs, each inputs x outputs. These functions compute in host memory alone, from the file's layout to the packed
 * one. */
#ifndef ALEXCL_FC_PACK_H
#define ALEXCL_FC_PACK_H
#include "layer_private.h"

enum { FC_PACK_ROWS = 32 }; /* outputs of a block */

/* The number of blocks of the half's outputs, of which the last one is filled up with zeros. */
int fc_pack_blocks(const struct layer *l);
/* The `packed`, `part` and `pack` of a variant (layer.h). One block of weights is a part. */
size_t fc_pack_floats(const struct layer *l, const struct target *target, int t);
size_t fc_pack_part(const struct layer *l, int t);
void fc_pack(const struct layer *l, int t, const float *master, size_t first, float *packed);
#endif
