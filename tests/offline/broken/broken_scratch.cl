/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia: scratch memory. An array that is indexed at run time lies in memory, not in registers. */
__kernel void broken_scratch(__global float *x, __global const int *order) {
    float values[64];
    for (int i = 0; i < 64; i++) values[i] = x[i];
    for (int i = 0; i < 64; i++) values[order[i] & 63] += values[order[i + 64] & 63];
    for (int i = 0; i < 64; i++) x[get_global_id(0) * 64 + i] = values[i];
}
