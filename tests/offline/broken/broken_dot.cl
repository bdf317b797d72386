/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel, spirv, x86: does not compile. dot is for at most four values. */
__kernel void broken_dot(__global float *x, __global const float8 *a) { x[get_global_id(0)] = dot(a[0], a[1]); }
