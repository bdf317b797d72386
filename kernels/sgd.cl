/* SPDX-License-Identifier: MIT */
/* -DFORM=: 0 the paper's, 1 Caffe's, 2 PyTorch's (update.h). */
#include "common.clh"
#ifndef FORM
#define FORM 0
#endif

/* One step of gradient descent with momentum, value by value: v = momentum v - decay w - rate g, w = w + v (form 0).
 * w, g, v: a tensor's weights, gradient and velocity, flat.
 * Range: (end - first), global offset: first; one work-item changes one value. Every product is in a fused
 * multiply-add or alone, so that no compiler has a choice of how to round.
 * Source: Krizhevsky et al. 2012, section 5; Caffe's sgd_solver.cpp; torch.optim.SGD. */
__kernel void sgd_update(__global float *restrict w, __global const float *restrict g, __global float *restrict v,
                         int end, float rate, float decay, float momentum) {
    size_t i = get_global_id(0); /* of an int Intel's compiler for CPUs makes gathers, which take four times as long */
    if (i < (size_t)end) {
#if FORM == 0
        float velocity = MULTIPLY_ADD(momentum, v[i], MULTIPLY_ADD(-decay, w[i], -rate * g[i]));
        w[i] += velocity;
#elif FORM == 1
        float velocity = MULTIPLY_ADD(rate, MULTIPLY_ADD(decay, w[i], g[i]), momentum * v[i]);
        w[i] -= velocity;
#elif FORM == 2
        float velocity = MULTIPLY_ADD(momentum, v[i], MULTIPLY_ADD(decay, w[i], g[i]));
        w[i] = MULTIPLY_ADD(-rate, velocity, w[i]);
#else
#error "FORM must be 0 .. 2"
#endif
        v[i] = velocity;
    }
}
