/* SPDX-License-Identifier: MIT */
/* Which devices are one hardware through several drivers. */
#ifndef ALEXCL_ALIASES_H
#define ALEXCL_ALIASES_H
#include "platforms.h"

/* Sets alias_of and maybe_alias_of of all; apart from OpenCL, for tests with lists of any machine. */
void aliases_mark(struct platforms_device *list, size_t count);
#endif
