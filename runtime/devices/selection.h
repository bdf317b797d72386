/* SPDX-License-Identifier: MIT */
/* Reading a selection over a list of devices; apart from OpenCL, for tests with lists of any machine. */
#ifndef ALEXCL_SELECTION_H
#define ALEXCL_SELECTION_H
#include "status.h"

/* Resolves `text` over `count` devices into 1 or 2 targets, and says on one line which and why. `report` ends the
 * message when there is no device. */
int selection_resolve(const char *text, const struct alexcl_device_info *const *devices, size_t count,
                      const char *report, struct alexcl_target targets[2], size_t *target_count, char *why,
                      size_t why_size, struct alexcl_error *err);
/* What opens a target, for device_open; NULL: it is the reference. The selection's. */
struct device_source;
const struct device_source *selection_source(const struct alexcl_selection *sel, size_t index);
#endif
