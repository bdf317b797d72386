/* SPDX-License-Identifier: MIT */
/* Launches accumulate.cl, in launches of at most LAYER_GROUPS images. On a CPU an item adds a long run of floats, since
 * a work-item for each would cost more than its addition. */
#include "accumulate.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "memory.h"
#include "ref.h"

enum { ACCUMULATE_SPAN = 2048 }; /* floats that a work-item of a CPU adds */

struct accumulate {
    struct kernel *sum, *halo; /* NULL: the reference */
    size_t span;
};

int accumulate_create(struct target *target, struct accumulate **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct accumulate *a = NULL;
    char defines[32];
    TRY(memory_alloc(&a, 1, sizeof *a, "the sums of gradients", err));
    a->span = layer_block(target) > 1 ? ACCUMULATE_SPAN : 1;
    snprintf(defines, sizeof defines, "-DSPAN=%zu", a->span);
    if (target->device) {
        TRY(kernel_create(target->device, "accumulate", "accumulate_sum", defines, &a->sum, err));
        TRY(kernel_create(target->device, "accumulate", "accumulate_halo", defines, &a->halo, err));
    }
    *out = a;
    a = NULL;
done:
    accumulate_free(a);
    return status;
}

/* The next launch's range: images `image` and those behind it, of `left` that are left. */
static struct kernel_range accumulate_range(size_t items, size_t local, size_t image, size_t left) {
    return (struct kernel_range){
        2, {0, image, 0}, {items, left < LAYER_GROUPS ? left : LAYER_GROUPS, 1}, {local, 1, 1}};
}

int accumulate_sum(struct accumulate *a, const char *label, const struct accumulate_part *parts, int part_count,
                   const struct storage *out, size_t floats, int add, int images, struct alexcl_error *err) {
    const struct accumulate_part *p = &parts[0], *q = &parts[part_count - 1];
    int status = ALEXCL_OK, two = part_count > 1;
    assert(part_count == 1 || part_count == 2);
    assert(images >= 0 && p->pitch <= INT_MAX && q->pitch <= INT_MAX && floats <= INT_MAX);
    assert((size_t)images * floats <= out->floats);
    assert(p->first + floats <= p->pitch && (size_t)images * p->pitch <= p->storage->floats);
    assert(q->first + floats <= q->pitch && (size_t)images * q->pitch <= q->storage->floats);
    if (floats == 0) return ALEXCL_OK;
    if (!a->sum) {
        for (size_t n = 0; n < (size_t)images; n++)
            ref_accumulate(out->host + n * floats, p->storage->host + n * p->pitch + p->first,
                           two ? q->storage->host + n * q->pitch + q->first : NULL, floats, add);
        return ALEXCL_OK;
    }
    size_t items = (floats + a->span - 1) / a->span;
    for (size_t image = 0; image < (size_t)images && status == ALEXCL_OK; image += LAYER_GROUPS) {
        struct kernel_range range = accumulate_range(items, a->span > 1 ? 1 : 64, image, (size_t)images - image);
        status =
            KERNEL_LAUNCH(a->sum, label, &range, err, ARG_BUFFER(p->storage->buffer), ARG_BUFFER(q->storage->buffer),
                          ARG_BUFFER(out->buffer), ARG_INT((int)floats), ARG_INT((int)p->first), ARG_INT((int)p->pitch),
                          ARG_INT((int)q->first), ARG_INT((int)q->pitch), ARG_INT(two), ARG_INT(add));
    }
    return status;
}

int accumulate_halo(struct accumulate *a, const char *label, const struct storage *from, const struct storage *out,
                    const struct accumulate_channels *to, int images, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t items = (size_t)to->count * (size_t)to->hw;
    assert(images >= 0 && items <= INT_MAX && to->floats <= INT_MAX);
    assert((size_t)images * items <= from->floats && (size_t)images * to->floats <= out->floats);
    if (items == 0) return ALEXCL_OK;
    if (!a->halo) {
        for (size_t n = 0; n < (size_t)images; n++)
            ref_accumulate_halo(out->host + n * to->floats, from->host + n * items, to->first, to->count, to->hw);
        return ALEXCL_OK;
    }
    for (size_t image = 0; image < (size_t)images && status == ALEXCL_OK; image += LAYER_GROUPS) {
        struct kernel_range range = accumulate_range(items, 64, image, (size_t)images - image);
        status = KERNEL_LAUNCH(a->halo, label, &range, err, ARG_BUFFER(from->buffer), ARG_BUFFER(out->buffer),
                               ARG_INT((int)to->floats), ARG_INT(to->first), ARG_INT(to->count), ARG_INT(to->hw),
                               ARG_INT(to->block));
    }
    return status;
}

void accumulate_free(struct accumulate *a) {
    if (!a) return;
    kernel_free(a->sum);
    kernel_free(a->halo);
    free(a);
}
