/* SPDX-License-Identifier: MIT */
#include "train.h"

#include <stdlib.h>

#include "status.h"

/* Room for one row more. */
static int train_history_grow(void *list, size_t size, size_t count, size_t *room, struct alexcl_error *err) {
    void **at = list;
    if (count < *room) return ALEXCL_OK;
    size_t wanted = *room ? 2 * *room : 256;
    void *grown = realloc(*at, wanted * size);
    if (!grown) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the record of %zu steps", wanted);
    *at = grown;
    *room = wanted;
    return ALEXCL_OK;
}

int train_history_step(struct train_history *h, const struct train_step_row *row, struct alexcl_error *err) {
    int status = train_history_grow(&h->steps, sizeof *h->steps, h->step_count, &h->step_room, err);
    if (status == ALEXCL_OK) h->steps[h->step_count++] = *row;
    return status;
}

int train_history_epoch(struct train_history *h, const struct train_epoch_row *row, struct alexcl_error *err) {
    int status = train_history_grow(&h->epochs, sizeof *h->epochs, h->epoch_count, &h->epoch_room, err);
    if (status == ALEXCL_OK) h->epochs[h->epoch_count++] = *row;
    return status;
}

const struct train_epoch_row *train_history_best(const struct train_history *h) {
    const struct train_epoch_row *best = NULL;
    for (size_t i = 0; i < h->epoch_count; i++)
        if (!isnan(h->epochs[i].top1_error) && (!best || h->epochs[i].top1_error < best->top1_error))
            best = &h->epochs[i];
    return best;
}

void train_history_free(struct train_history *h) {
    free(h->steps);
    free(h->epochs);
    *h = (struct train_history){0};
}
