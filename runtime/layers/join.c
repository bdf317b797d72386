/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "kernel.h"
#include "layer.h"
#include "memory.h"
#include "ref.h"

struct join {
    struct kernel *kernel; /* NULL: the reference */
};

int join_create(struct place *place, struct join **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct join *j = NULL;
    TRY(memory_alloc(&j, 1, sizeof *j, "the join of halves", err));
    if (place->device) TRY(kernel_create(place->device, "join", "join_forward", "", &j->kernel, err));
    *out = j;
    j = NULL;
done:
    join_free(j);
    return status;
}

int join_run(struct join *j, const char *label, size_t floats0, size_t floats1, const struct storage *half0, const struct storage *half1,
             const struct storage *out, int first, int count, struct alexcl_error *err) {
    size_t image = (size_t)first;
    if (!j->kernel) {
        ref_join(out->host + image * (floats0 + floats1), half0->host + image * floats0, half1->host + image * floats1, count, (int)floats0, (int)floats1, 1);
        return ALEXCL_OK;
    }
    struct kernel_range range = {2, {0, image, 0}, {floats0 + floats1, (size_t)count, 1}, {64, 1, 1}};
    return KERNEL_LAUNCH(j->kernel, label, &range, err, ARG_BUFFER(half0->buffer), ARG_BUFFER(half1->buffer), ARG_BUFFER(out->buffer), ARG_INT((int)floats0),
                         ARG_INT((int)floats1));
}

void join_free(struct join *j) {
    if (!j) return;
    kernel_free(j->kernel);
    free(j);
}
