/* SPDX-License-Identifier: MIT */
/* All that is known of a device, for documents. */
#ifndef ALEXCL_DEVICE_JSON_H
#define ALEXCL_DEVICE_JSON_H
#include <jansson.h>

#include "alexcl.h"

/* "CPU", "GPU", "accelerator", "custom". */
const char *device_json_kind(enum alexcl_device_kind kind);
/* NULL: out of memory. */
json_t *device_json_make(const struct alexcl_device_info *d);
#endif
