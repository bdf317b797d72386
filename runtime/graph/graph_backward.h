/* SPDX-License-Identifier: MIT */
/* The backward pass of a graph, as a list that is the same for every target: which passes run, what they write to, and
 * what is added up, always in the same order.
 *
 * A gradient is that of a value or of what a crossing brings: each half has one, for its own channels of a value; for
 * the channels of both halves of a join; for those of the other half of a halo. The first that writes a gradient writes
 * it as it is, later ones write one of their own, which is added. What a half has of the other half's channels is sent
 * to their owner, who adds it: so backwards goes what went forwards, the other way. */
#ifndef ALEXCL_GRAPH_BACKWARD_H
#define ALEXCL_GRAPH_BACKWARD_H
#include "graph.h"

enum graph_backward_kind {
    GRAPH_BACKWARD_INPUT,  /* of a layer: its input gradient */
    GRAPH_BACKWARD_WEIGHT, /* of a layer: its weight gradient */
    GRAPH_BACKWARD_ADD,    /* adds gradient `from` to gradient `into` */
    GRAPH_BACKWARD_SEND,   /* of a crossing, where the other half is elsewhere: begins to send its channels' gradient */
    GRAPH_BACKWARD_RECEIVE, /* of a crossing: adds its gradient to that of its value, with what the other half has */
};
struct graph_backward_step {
    enum graph_backward_kind kind;
    int index;      /* the layer or crossing */
    int from, into; /* gradients: of an addition; of a crossing its own, and that of its value */
    int first;      /* of a crossing that is received: nothing is there yet to which it could be added */
};

struct graph_gradient {
    size_t floats[2]; /* of one image, for each half */
    int from, to;     /* the steps during which no other may have its memory */
    int buffer;
};

struct graph_backward_layer {
    int runs[LAYER_PASSES]; /* which passes it has; forward: 1 */
    int out;                /* the gradient of its output; -1: there is none, and nothing runs */
    /* where the gradients of its inputs are written: of the half's own channels (reads.all: of both halves'), and of
     * the halo; -1: none */
    int own[LAYER_INPUTS], halo[LAYER_INPUTS];
};

struct graph_backward {
    int step_count, gradient_count, buffer_count;
    struct graph_backward_step *steps;
    struct graph_gradient *gradients;
    struct graph_backward_layer *layers;
    size_t (*buffer_floats)[2]; /* [buffer][half], per image */
    int states, batch;          /* of graph_training */
};

/* Whether so many images at once are a whole step: then parameters are updated as soon as their gradient is complete,
 * and all gradients of parameters use the same memory. */
static inline int graph_backward_is_whole(const struct graph_backward *b, int images) {
    return b->batch > 0 && images >= b->batch;
}
/* The floats of that memory for each tensor, of the halves that run on a target. */
void graph_backward_shared(const struct graph *g, unsigned halves, size_t out[LAYER_TENSORS]);
/* Makes the list of a graph that has one output. */
int graph_backward_make(const struct graph *g, const struct graph_training *training, struct graph_backward **out,
                        struct alexcl_error *err);
void graph_backward_free(struct graph_backward *b);
#endif
