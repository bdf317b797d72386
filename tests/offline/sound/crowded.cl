/* SPDX-License-Identifier: MIT */
/* Accepted by amd, though one of its compilers alone: spills. A hundred and thirty-six sums that live at the same time:
 * every chip has registers for them. */
#define EIGHT(m, n) m(n##0) m(n##1) m(n##2) m(n##3) m(n##4) m(n##5) m(n##6) m(n##7)
#define ALL(m) EIGHT(m, 1) EIGHT(m, 2) m(30)
#define LOAD(n) float8 sum##n = vload8(n, y);
#define ADD(n) sum##n = mad(vload8(n, x), sum##n, sum##n);
#define STORE(n) vstore8(sum##n, n, y);
__kernel void crowded(__global float *restrict y, __global const float *restrict x, int n) {
    y += get_global_id(0) * 1024;
    x += get_global_id(0) * 8;
    ALL(LOAD)
    for (int i = 0; i < n; i++, x += 1024) { ALL(ADD) }
    ALL(STORE)
}
