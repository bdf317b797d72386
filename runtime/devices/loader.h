/* SPDX-License-Identifier: MIT */
/* OpenCL's loader: which it is, where it looks for drivers, and why it may have found none. */
#ifndef ALEXCL_LOADER_H
#define ALEXCL_LOADER_H
#include "memory.h"

/* "ocl-icd 2.3.1 (OpenCL 3.0), /usr/lib/.../libOpenCL.so.1.0.0"; without its name where it does not tell it. */
void loader_describe(char *out, size_t size);
/* Every vendor file the loader consults, and what its library says when it is opened. Only where no device was found:
 * it loads drivers. */
void loader_report_vendors(struct string_buffer *t);
/* What keeps a GPU from being seen: no permission on /dev/dri, Mesa without RUSTICL_ENABLE. Nothing where there is
 * nothing to say. */
void loader_report_hints(struct string_buffer *t);
/* Where PoCL keeps its cache, without which it offers no device, whether it can be written, and what to do. */
void loader_report_pocl(struct string_buffer *t);
#endif
