/* SPDX-License-Identifier: MIT */
/* Memory of a target, be it a buffer of a device or host memory of the reference: so a net, a layer's parameters and
 * the checks are written once for both. New memory is filled at once, so that the system hands it out now or refuses it
 * now, and not in the middle of the first batch. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "memory.h"

int storage_create(struct target *target, size_t floats, const char *what, struct storage *out,
                   struct alexcl_error *err) {
    *out = (struct storage){.floats = floats};
    if (target->device) return buffer_create(target->device, floats, what, &out->buffer, err);
    int status = memory_alloc_floats(&out->host, floats, what, err);
    if (status == ALEXCL_OK) memset(out->host, 0, floats * sizeof *out->host);
    return status;
}

void storage_free(struct storage *s) {
    if (!s) return;
    buffer_free(s->buffer);
    free(s->host);
    *s = (struct storage){0};
}

int storage_write(struct storage *s, size_t first, const float *values, size_t count, struct alexcl_error *err) {
    assert(count <= s->floats && first <= s->floats - count);
    if (s->buffer) return buffer_write(s->buffer, first, values, count, err);
    memcpy(s->host + first, values, count * sizeof *values);
    return ALEXCL_OK;
}

int storage_read(struct storage *s, size_t first, float *values, size_t count, struct alexcl_error *err) {
    assert(count <= s->floats && first <= s->floats - count);
    if (s->buffer) return buffer_read(s->buffer, first, values, count, err);
    memcpy(values, s->host + first, count * sizeof *values);
    return ALEXCL_OK;
}
