/* SPDX-License-Identifier: MIT */
/* Compiled programs of a device, one for each (source, defines); from the binary cache where it can. */
#ifndef ALEXCL_PROGRAM_H
#define ALEXCL_PROGRAM_H
#include "cl_private.h"

/* The program stays the device's. */
int program_get(struct device *dev, const char *source, const char *defines, cl_program *out, struct alexcl_error *err);
#endif
