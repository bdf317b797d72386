/* SPDX-License-Identifier: MIT */
/* Compiled programs of a device, one for each (source, defines); from the binary cache where it can. */
#ifndef ALEXCL_PROGRAM_H
#define ALEXCL_PROGRAM_H
#include "cl_private.h"
#include "hash.h"

/* The program stays the device's. */
int program_get(struct device *dev, const char *source, const char *defines, cl_program *out, struct alexcl_error *err);
/* See kernel_hash_programs. */
void program_hash_all(const struct device *dev, unsigned char out[HASH_BYTES]);
#endif
