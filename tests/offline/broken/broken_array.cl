/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel: scratch memory. Of an array of 96 values ocloc says nothing when it moves it there. */
__kernel void broken_array(__global float *x, __global const int *order, int n) {
    float values[96];
    for (int i = 0; i < 96; i++) values[i] = x[i * get_global_size(0) + get_global_id(0)];
    for (int i = 0; i < n; i++) values[order[i] % 96] += values[order[i + n] % 96];
    for (int i = 0; i < 96; i++) x[i * get_global_size(0) + get_global_id(0)] = values[i];
}
