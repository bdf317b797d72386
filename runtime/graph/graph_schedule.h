/* SPDX-License-Identifier: MIT */
/* What a target does for a batch, as a list: the steps of each section in order, each for the images of a slice. */
#ifndef ALEXCL_GRAPH_SCHEDULE_H
#define ALEXCL_GRAPH_SCHEDULE_H
#include "graph.h"

enum graph_step_kind {
    GRAPH_STEP_UPLOAD,  /* copies the batch's images to the device */
    GRAPH_STEP_RECEIVE, /* of a crossing: waits for the other target's half, and copies it to the device */
    GRAPH_STEP_JOIN,    /* of a crossing: joins both halves */
    GRAPH_STEP_COPY,    /* of a crossing: copies a halo, where both halves are here */
    GRAPH_STEP_LAYER,   /* of a layer: the forward pass of the halves that are here */
    GRAPH_STEP_SEND,    /* of a crossing: sends this target's half to the other one */
    /* copies the next batch's images, since no later step reads this batch's; once, for all images */
    GRAPH_STEP_UPLOAD_NEXT,
};
struct graph_step {
    enum graph_step_kind kind;
    int index; /* the crossing or layer */
};

struct graph_schedule_section {
    int first, count; /* steps */
    int whole;        /* a layer of it reads all of its weights in each call, so the images are not cut into slices */
};
struct graph_schedule {
    int step_count, section_count;
    struct graph_step *steps;
    struct graph_schedule_section *sections;
};

/* Makes the schedule of a target that runs the halves in `halves` (bit 0, bit 1). */
int graph_schedule_make(const struct graph *g, unsigned halves, struct graph_schedule **out, struct alexcl_error *err);
void graph_schedule_free(struct graph_schedule *s);
#endif
