/* SPDX-License-Identifier: MIT */
/* The two halves' channels gathered in one buffer, for a layer that reads all of them. Each half has its channels of
 * all images behind each other, and the joined buffer has all channels of an image behind each other, so this is a copy
 * with two strides. On a GPU neighbouring work-items copy neighbouring floats; on a CPU an item copies a longer span,
 * since a work-item for each float would cost more than the copy. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "layer.h"
#include "memory.h"
#include "ref.h"

enum { JOIN_SPAN = 2048 }; /* floats that a work-item of a CPU copies */

struct join {
    struct kernel *kernel; /* NULL: the reference */
    size_t span;
};

int join_create(struct target *target, struct join **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct join *j = NULL;
    char defines[32];
    TRY(memory_alloc(&j, 1, sizeof *j, "the join of halves", err));
    j->span = layer_block(target) > 1 ? JOIN_SPAN : 1;
    snprintf(defines, sizeof defines, "-DSPAN=%zu", j->span);
    if (target->device) TRY(kernel_create(target->device, "join", "join_forward", defines, &j->kernel, err));
    *out = j;
    j = NULL;
done:
    join_free(j);
    return status;
}

int join_run(struct join *j, const char *label, size_t floats0, size_t floats1, const struct storage *half0,
             const struct storage *half1, const struct storage *out, int first, int count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t image = (size_t)first, end = (size_t)(first + count);
    assert(first >= 0 && count >= 0 && floats0 + floats1 <= INT_MAX);
    assert(end * floats0 <= half0->floats && end * floats1 <= half1->floats);
    assert(end * (floats0 + floats1) <= out->floats);
    (void)end; /* where asserts are off */
    if (!j->kernel) {
        ref_join(out->host + image * (floats0 + floats1), half0->host + image * floats0, half1->host + image * floats1,
                 count, (int)floats0, (int)floats1, 1);
        return ALEXCL_OK;
    }
    size_t items = (floats0 + floats1 + j->span - 1) / j->span;
    for (size_t left = (size_t)count, part; left > 0 && status == ALEXCL_OK; left -= part, image += part) {
        part = left < LAYER_GROUPS ? left : LAYER_GROUPS;
        struct kernel_range range = {2, {0, image, 0}, {items, part, 1}, {j->span > 1 ? 1 : 64, 1, 1}};
        status = KERNEL_LAUNCH(j->kernel, label, &range, err, ARG_BUFFER(half0->buffer), ARG_BUFFER(half1->buffer),
                               ARG_BUFFER(out->buffer), ARG_INT((int)floats0), ARG_INT((int)floats1));
    }
    return status;
}

void join_free(struct join *j) {
    if (!j) return;
    kernel_free(j->kernel);
    free(j);
}
