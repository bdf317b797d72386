/* SPDX-License-Identifier: MIT */
/* The list of devices, with the handles that the public one hides. */
#ifndef ALEXCL_PLATFORMS_H
#define ALEXCL_PLATFORMS_H
#include "cl_private.h"

struct platforms_device {
    struct alexcl_device_info info;
    cl_platform_id platform;
    cl_device_id id;
    char bus[32]; /* where the hardware sits, "" unknown */
};
struct alexcl_devices {
    struct platforms_device *list;
    size_t count;
    char *report;
};
/* Marks those that are the same hardware as an earlier or a better driven one; for tests. */
void platforms_mark_aliases(struct platforms_device *list, size_t count);
#endif
