/* SPDX-License-Identifier: MIT */
/* One step of training on one tensor on a target, value by value. What is kept from step to step is in the tensor's
 * states, as large as itself and 0 before the first step. What the numbers of a step are is decided above
 * (runtime/train/optimizer.h). */
#ifndef ALEXCL_UPDATE_H
#define ALEXCL_UPDATE_H
#include "layer.h"

/* w: weights, g: their gradient, v and m: states. All products and sums are float, on a device as here.
 *   UPDATE_SGD         v = momentum v - decay w - rate g;        w = w + v      Krizhevsky et al. 2012, section 5
 *   UPDATE_SGD_CAFFE   v = momentum v + rate (g + decay w);      w = w - v      Caffe
 *   UPDATE_SGD_TORCH   v = momentum v + (g + decay w);           w = w - rate v PyTorch
 *   UPDATE_ADAM        w = w - decay w; then
 *                      m = m + rise[0] (g - m);  v = v + rise[1] (g^2 - v);  w = w - rate m / (sqrt(v) + epsilon)
 *   UPDATE_ADAM_TORCH  g = g + decay w; then the same */
enum update_form { UPDATE_SGD, UPDATE_SGD_CAFFE, UPDATE_SGD_TORCH, UPDATE_ADAM, UPDATE_ADAM_TORCH, UPDATE_FORMS };
enum { UPDATE_STATES = 2 };
/* The numbers of a step. Those that a form does not use are not read. */
struct update_factors {
    float rate, decay, momentum, rise[2], epsilon;
};
/* How many states a form has: SGD v; Adam m, then v. */
int update_states(enum update_form form);

struct update;
int update_create(struct target *target, enum update_form form, struct update **out, struct alexcl_error *err);
/* Enqueues a step on values first .. first+count-1. Each depends on its own place alone, so the bits are the same
 * however a tensor is cut. */
int update_run(struct update *u, const char *label, const struct storage *w, const struct storage *g,
               const struct storage state[UPDATE_STATES], size_t first, size_t count, const struct update_factors *f,
               struct alexcl_error *err);
void update_free(struct update *u);
#endif
