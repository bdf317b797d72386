/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel, spirv, x86: does not compile. OpenCL C has no functions that are nowhere declared. */
__kernel void broken_function(__global float *x) { x[get_global_id(0)] = declared_nowhere(x[0]); }
