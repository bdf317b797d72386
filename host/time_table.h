/* SPDX-License-Identifier: MIT */
/* Tables of what was measured, as `alexcl time` prints them. */
#ifndef ALEXCL_TIME_TABLE_H
#define ALEXCL_TIME_TABLE_H
#include <jansson.h>

#include "measure.h"

/* A row of "layers" in the document. */
json_t *time_table_layer_json(const struct layer_time *l);
/* Of training: a line for each layer and half, and one for each half of all. */
void time_table_training(const struct measured *m);
/* The kind-th thing that a device did in a batch, or step, and what it took; NULL: there are no more. */
const char *time_table_target(const struct measured *m, size_t kind, size_t target, double *seconds);
/* What each device did in a batch, or step. */
void time_table_targets(const struct measured *m);
#endif
