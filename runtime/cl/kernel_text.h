/* SPDX-License-Identifier: MIT */
/* The kernels/ folder as text, embedded at build time by kernels/CMakeLists.txt. */
#ifndef ALEXCL_KERNEL_TEXT_H
#define ALEXCL_KERNEL_TEXT_H
#include <stddef.h>

struct kernel_text {
    const char *name, *text;
    size_t length;
};
extern const struct kernel_text kernel_texts[]; /* ends with {NULL} */
#endif
