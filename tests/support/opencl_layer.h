/* SPDX-License-Identifier: MIT */
/* What the OpenCL layers (OPENCL_LAYERS) share: OpenCL's headers, and the parameters that many calls end with. */
#ifndef LAYER_SUPPORT_H
#define LAYER_SUPPORT_H
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>

#define EXPORT __attribute__((visibility("default")))
#define WAIT cl_uint waits, const cl_event *wait, cl_event *event
/* Origins of two sides, size, pitches of both. */
#define RECTANGLE const size_t *o, const size_t *p, const size_t *s, size_t op, size_t os, size_t pp, size_t ps
#endif
