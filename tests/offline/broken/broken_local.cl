/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel, spirv: local memory. 48 KiB. */
__kernel void broken_local(__global float *x) {
    __local float tile[12288];
    int item = (int)get_local_id(0);
    for (int i = item; i < 12288; i += (int)get_local_size(0)) tile[i] = x[i];
    barrier(CLK_LOCAL_MEM_FENCE);
    x[get_global_id(0)] = tile[12287 - item];
}
