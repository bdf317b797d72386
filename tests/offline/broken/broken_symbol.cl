/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia: unresolved symbol. A declaration is no function. */
float defined_nowhere(float x);
__kernel void broken_symbol(__global float *x) { x[get_global_id(0)] = defined_nowhere(x[0]); }
