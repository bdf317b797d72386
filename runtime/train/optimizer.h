/* SPDX-License-Identifier: MIT */
/* Optimisers: a rule by which a gradient changes a tensor, on a target. The rules themselves stand in update.h. */
#ifndef ALEXCL_OPTIMIZER_H
#define ALEXCL_OPTIMIZER_H
#include "update.h"

/* What an optimiser is told once. SGD reads momentum alone, Adam the others. */
struct optimizer_options {
    enum update_form form;
    double momentum;         /* 0 .. below 1 */
    double beta[2], epsilon; /* of the mean of the gradient, and of its square: 0 .. below 1; above 0 */
};
/* By its name on the command line: "sgd", "sgd-caffe", "sgd-torch", "adam", "adam-torch", with what its source has by
 * default: momentum 0.9; beta 0.9 and 0.999, epsilon 1e-7 in Keras and 1e-8 in PyTorch. ALEXCL_E_USAGE lists them. */
int optimizer_find(const char *name, struct optimizer_options *out, struct alexcl_error *err);
const char *optimizer_name(enum update_form form);

/* One step: its number, from 1; the learning rate; the weight decay, which is 0.0005 in the paper. `decay` is by itself
 * and times the rate in "sgd" and "adam", and a summand of the gradient in the others. */
struct optimizer_step {
    uint64_t number;
    double rate, decay;
};
/* The numbers of that step. Computed without libm, so they are the same bits on every machine. */
struct update_factors optimizer_factors(const struct optimizer_options *options, const struct optimizer_step *step);
/* x^n by squaring: the same bits on every machine, which libm's pow does not promise. */
double optimizer_power(double x, uint64_t n);

struct optimizer;
/* ALEXCL_E_USAGE for an option outside its bounds. */
int optimizer_create(struct target *target, const struct optimizer_options *options, struct optimizer **out,
                     struct alexcl_error *err);
/* The states of a tensor of `floats` values, all 0; `what` names the tensor in messages. The caller frees them with
 * optimizer_free_states, which the call does by itself where it fails. */
int optimizer_create_states(struct optimizer *o, size_t floats, const char *what, struct storage out[UPDATE_STATES],
                            struct alexcl_error *err);
void optimizer_free_states(struct storage states[UPDATE_STATES]);
/* Enqueues a step on a whole tensor: g is the gradient of the mean loss over the batch. `label` as for
 * kernel_launch. */
int optimizer_update(struct optimizer *o, const char *label, const struct storage *w, const struct storage *g,
                     const struct storage states[UPDATE_STATES], const struct optimizer_step *step,
                     struct alexcl_error *err);
void optimizer_free(struct optimizer *o);
#endif
