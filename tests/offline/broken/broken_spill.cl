/* SPDX-License-Identifier: MIT */
/* Refused by amd, nvidia, intel: spills. Six hundred sums that live at the same time. */
#define EIGHT(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7)
#define FORTY(m) EIGHT(m, 1) EIGHT(m, 2) EIGHT(m, 3) EIGHT(m, 4) EIGHT(m, 5)
#define LOAD(n) float16 sum##n = vload16(n, y);
#define ADD(n) sum##n = mad(vload16(n, x), sum##n, sum##n);
#define STORE(n) vstore16(sum##n, n, y);
__kernel void broken_spill(__global float *restrict y, __global const float *restrict x, int n) {
    y += get_global_id(0) * 1024;
    FORTY(LOAD)
    for (int i = 0; i < n; i++, x += 1024) { FORTY(ADD) }
    FORTY(STORE)
}
