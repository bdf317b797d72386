/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_DEVICE_SOURCE_H
#define ALEXCL_DEVICE_SOURCE_H
#include "alexcl.h"
#include "cl_api.h"

/* A device of the list, or a part of one: all that it takes to open it. */
struct device_source {
    cl_platform_id platform;
    cl_device_id id;
    const struct alexcl_device_info *info;
    unsigned part, parts; /* 0 of 1: the device whole */
    const char *name;     /* "0 (pthread-...)", "0 part 2 of 2 (pthread-...)" */
};
#endif
