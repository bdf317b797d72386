/* SPDX-License-Identifier: MIT */
/* Sums of gradients, on a target: of one value that several layers read, or that both halves do. */
#ifndef ALEXCL_ACCUMULATE_H
#define ALEXCL_ACCUMULATE_H
#include "layer.h"

struct accumulate;
int accumulate_create(struct target *target, struct accumulate **out, struct alexcl_error *err);
/* A part of each image of a storage: image n's begins at float n * pitch + first. */
struct accumulate_part {
    const struct storage *storage;
    size_t first, pitch;
};
/* The sum of one or two parts of `floats` floats, written to `out`, images x floats, or with `add` added to what is
 * there. `label` as for kernel_launch. */
int accumulate_sum(struct accumulate *a, const char *label, const struct accumulate_part *parts, int part_count,
                   const struct storage *out, size_t floats, int add, int images, struct alexcl_error *err);
/* Where a halo's gradient goes: to channels first .. first+count-1 of hw values each, of a value that has `floats`
 * floats an image, `block` channels side by side. */
struct accumulate_channels {
    size_t floats;
    int first, count, hw, block;
};
/* Adds the gradient of a halo, images x count x hw or, in blocks, images x hw x count (layer.h). */
int accumulate_halo(struct accumulate *a, const char *label, const struct storage *from, const struct storage *out,
                    const struct accumulate_channels *to, int images, struct alexcl_error *err);
void accumulate_free(struct accumulate *a);
#endif
