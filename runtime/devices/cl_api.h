/* SPDX-License-Identifier: MIT */
/* OpenCL's header, and what its codes mean. */
#ifndef ALEXCL_CL_API_H
#define ALEXCL_CL_API_H
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

/* Name of an OpenCL or CLBlast code ("CL_OUT_OF_RESOURCES"), and what to try. */
const char *clcode_name(int code);
const char *clcode_hint(int code);
#endif
