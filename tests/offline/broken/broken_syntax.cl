/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel, spirv, x86: does not compile. A name that nobody has. */
__kernel void broken_syntax(__global float *x) { x[get_global_id(0)] = no_such_name; }
