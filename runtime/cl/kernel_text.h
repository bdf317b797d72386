/* SPDX-License-Identifier: MIT */
/* The kernels/ folder as text, embedded at build time by kernels/CMakeLists.txt. */
#ifndef ALEXCL_KERNEL_TEXT_H
#define ALEXCL_KERNEL_TEXT_H
#include "alexcl.h"

struct kernel_text {
    const char *name; /* without its ending */
    struct alexcl_kernel_file file;
};
/* The .cl files, and the .clh files that they include; each ends with a NULL name. */
extern const struct kernel_text kernel_texts[], kernel_shared_texts[];
#endif
