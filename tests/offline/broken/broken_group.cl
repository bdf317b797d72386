/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel, spirv: work-group. 512 items. */
__kernel __attribute__((reqd_work_group_size(64, 8, 1))) void broken_group(__global float *x) {
    x[get_global_id(0)] += (float)get_global_id(1);
}
