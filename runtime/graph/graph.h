/* SPDX-License-Identifier: MIT */
/* A model walked for both halves, as one target computes it: shapes, what crosses, which values must exist at the same
 * time, how they lie in memory.
 *
 * A value is what a layer makes, with what the in-place layers behind it make of it. Layers between two crossings form
 * a section: a half runs it without asking the other, image by image. A value that no other section reads lives there
 * alone; the others are whole for all images of a batch. Values share a buffer where they never exist at once. */
#ifndef ALEXCL_GRAPH_H
#define ALEXCL_GRAPH_H
#include "layer.h"

enum { GRAPH_INPUT = 0 }; /* value 0 is the net's input, which both halves have whole */

struct graph_value {
    struct alexcl_shape maps; /* both halves, one image, as it was made: a flatten layer changes nothing in memory */
    int block;                /* channels side by side in memory (layer.h) */
    int maker, last;          /* the layer that makes it; the last that reads it, layer_count where the caller does */
    int from, to;             /* layers, while which no other value may have its memory */
    int buffer;
    size_t floats[2]; /* in memory, per image, for each half */
};

enum graph_crossing_kind {
    GRAPH_JOIN, /* all channels are read: the halves are joined first */
    GRAPH_HALO, /* some channels of the other half are read beside a half's own */
};
/* What each half sends the other, once for all layers that read it. */
struct graph_crossing {
    enum graph_crossing_kind kind;
    int value;
    int layer;                 /* the first that reads it: it comes before this one */
    int source;                /* the layer whose output it is */
    struct layer_halo halo[2]; /* of a halo: channels that half h sends, of its own */
};

struct graph_layer {
    struct layer half[2];
    int input_count;
    int inputs[LAYER_INPUTS];    /* layers, -1: the net's input */
    int values[LAYER_INPUTS];    /* that it reads */
    int crossings[LAYER_INPUTS]; /* by which: a join is read in place of the value, a halo beside it; -1: none */
    int out;                     /* the value that it makes */
    int section;
};

struct graph_section {
    int first, count; /* layers */
};

struct graph {
    const struct alexcl_model *model;
    int block; /* channels side by side in memory (layer.h) */
    int layer_count, value_count, crossing_count, section_count, buffer_count;
    struct graph_layer *layers;
    struct graph_value *values;
    struct graph_crossing *crossings; /* in the order in which they are read */
    struct graph_section *sections;
    size_t (*buffer_floats)[2]; /* [buffer][half], per image */
    struct alexcl_shape output; /* of the last layer, both halves */
};

/* Walks the model up to `last_layer` (NULL: all), without what that does not need, for a target where `block` channels
 * lie side by side (layer_block); for all layers or, where one of them cannot take blocks, for none. */
int graph_make(const struct alexcl_model *model, const char *last_layer, int block, struct graph **out,
               struct alexcl_error *err);
/* Gives its layers what settings choose: the precision of weights. Before anything is asked of them or prepared. */
void graph_set(struct graph *g, const struct settings *settings);
/* Tells its layers how many images a call has at most (struct layer_choice). */
void graph_set_batch(struct graph *g, int images);
void graph_free(struct graph *g);

/* The name of the first layer that reads a crossing. */
const char *graph_crossing_name(const struct graph *g, int crossing);
/* What half `half` sends at a crossing, per image: channels first .. first+count-1 of its own; hw: floats a channel. */
struct graph_sent {
    int halo; /* not all of its channels */
    int first, count, channels, hw;
    int block;    /* side by side where it comes from */
    size_t pitch; /* floats of an image there */
    /* floats of an image on its way: a join as it lies in memory, a halo count x hw, or hw x count out of blocks */
    size_t floats;
};
struct graph_sent graph_sent(const struct graph *g, int crossing, int half);
/* Where value (c, i) of what is sent, c from 0, stands on its way. */
size_t graph_sent_position(const struct graph_sent *sent, int c, int i);
/* Floats per image of a crossing's joined buffer; 0 for a halo. */
size_t graph_joined_floats(const struct graph *g, int crossing);
/* Floats of host memory, per image, of a target that runs the halves in `halves`, for what its device is given and
 * gives. */
struct graph_host {
    size_t input; /* 0: it is copied from where the caller has it */
    size_t output;
    size_t sent;     /* of all crossings; 0 where no half is elsewhere */
    size_t received; /* before it goes to the device; 0: it goes from where the other target has it */
};
/* pinned: the device is given what lies in memory of its own driver alone. converts: values lie otherwise on the other
 * target. */
struct graph_host graph_host_floats(const struct graph *g, unsigned halves, int pinned, int converts);
/* Trainable parameters of one half's layer. */
uint64_t graph_parameters(const struct layer *l);

/* Bytes of device memory for `images` at once on a target that runs the halves in `halves` (bit 0, bit 1). */
struct alexcl_plan_memory graph_memory(const struct graph *g, unsigned halves, const struct target *target, int images);
/* The largest number of images, at most `batch`, that fits in `memory` (a tenth is left to the driver) and
 * `max_alloc`; ALEXCL_E_MEMORY with the estimate when not even one does. `name` names the target. */
int graph_fit(const struct graph *g, unsigned halves, const struct target *target, uint64_t memory, uint64_t max_alloc,
              int batch, const char *name, int *images, struct alexcl_error *err);
#endif
