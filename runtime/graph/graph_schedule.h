/* SPDX-License-Identifier: MIT */
/* What a target does for a batch, as a list: each section's steps one behind the other, for the images of a slice. */
#ifndef ALEXCL_GRAPH_SCHEDULE_H
#define ALEXCL_GRAPH_SCHEDULE_H
#include "graph.h"

enum graph_step_kind {
    GRAPH_STEP_UPLOAD,      /* the batch's images to the device */
    GRAPH_STEP_RECEIVE,     /* crossing: the other target's half, which is awaited */
    GRAPH_STEP_JOIN,        /* crossing: both halves become one */
    GRAPH_STEP_COPY,        /* crossing: a halo, where both halves are here */
    GRAPH_STEP_LAYER,       /* layer: forward, of the halves that are here */
    GRAPH_STEP_SEND,        /* crossing: this half, to the other target */
    GRAPH_STEP_UPLOAD_NEXT, /* the next batch's images: nothing behind it reads this batch's. Once, for all of them */
};
struct graph_step {
    enum graph_step_kind kind;
    int index; /* crossing or layer */
};

struct graph_schedule_section {
    int first, count; /* steps */
    int whole;        /* a layer of it reads all its weights for each call: its images are not cut */
};
struct graph_schedule {
    int step_count, section_count;
    struct graph_step *steps;
    struct graph_schedule_section *sections;
};

/* For a target that runs the halves in `halves` (bit 0, bit 1). */
int graph_schedule_make(const struct graph *g, unsigned halves, struct graph_schedule **out, struct alexcl_error *err);
void graph_schedule_free(struct graph_schedule *s);
#endif
