/* SPDX-License-Identifier: MIT */
/* A file of its own: a program takes files.c from base, but this from the library that it is linked with. */
#include "files.h"

void alexcl_private_files_abandon(void) { files_abandon(); }
