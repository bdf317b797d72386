/* SPDX-License-Identifier: MIT */
/* Refused by amd, x86: unresolved symbol. A function of AMD's own drivers. */
#pragma OPENCL EXTENSION cl_amd_media_ops : enable
uint amd_pack(float4 x);
__kernel void broken_vendor(__global uint *y, __global const float4 *x) {
    y[get_global_id(0)] = amd_pack(x[get_global_id(0)]);
}
