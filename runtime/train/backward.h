/* SPDX-License-Identifier: MIT */
/* What a worker does and holds in training beside the forward pass: the gradients of a batch, in the order of the
 * graph's list, and the update of its parameters. All of it lies on the worker's target; between two targets go the
 * gradients of what went forward. */
#ifndef ALEXCL_BACKWARD_H
#define ALEXCL_BACKWARD_H
#include "accumulate.h"
#include "optimizer.h"
#include "recipe.h"
#include "worker.h"

struct backward {
    const struct optimizer_options *options;
    /* a step is computed at once, so parameters are updated as soon as their gradient is complete; set before
     * backward_prepare */
    int whole;
    struct storage *buffers[2]; /* [half][buffer]: gradients of values */
    struct storage (*gradients[2])[LAYER_TENSORS]; /* [half][layer]; of a whole step they are all `shared` */
    struct storage shared[LAYER_TENSORS];
    struct storage (*states[2])[LAYER_TENSORS][UPDATE_STATES]; /* [half][layer] */
    struct storage received; /* what the other half has sent back, on its way to be added */
    struct accumulate *accumulate;
    struct optimizer *optimizer;
    float *host;               /* what is sent and what arrives, in one piece */
    float **staging, *arrived; /* [crossing] what is sent; what arrives in another layout, or on its way to a GPU */
    struct event **sent;       /* [crossing]: done when it is in `staging` */
    int messages, waiting;     /* sent in this batch; halves of passes that are enqueued and were not waited for */
    /* set before the jobs */
    const float *loss_gradient; /* images x outputs of the net, both halves */
    int images, add;            /* add: the gradients of the batch are added to those that are there */
    struct optimizer_step weights, biases;
};

/* The jobs of a worker whose `backward` is set, with its options. */
int backward_prepare(struct worker *worker, struct alexcl_error *err); /* allocates, behind worker_prepare */
/* The gradients of the batch run last and, of a whole step, the optimiser's. Where that fails some parameters are
 * updated and others are not. */
int backward_run(struct worker *worker, struct alexcl_error *err);
/* A step of the optimiser, unless it was done; and what the passes want packed of the parameters. */
int backward_update(struct worker *worker, struct alexcl_error *err);
/* Before the worker itself is freed. */
void backward_free(struct worker *worker);
#endif
