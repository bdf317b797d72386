/* SPDX-License-Identifier: MIT */
/* A model walked for both halves, as one place computes it: shapes, what crosses, which values must exist at the same
 * time, how they lie in memory.
 *
 * A value is the output of a layer and of the in-place layers behind it. Values that the other half reads, and the last
 * one, are kept for the whole batch; the others alternate between two slots a half, since a chain reads only what was
 * made just before. Layers between two crossings form a section: a half runs it without asking the other. */
#ifndef ALEXCL_GRAPH_H
#define ALEXCL_GRAPH_H
#include "layer.h"

enum graph_crossing {
    GRAPH_OWN,  /* reads its own half, or the net's input */
    GRAPH_JOIN, /* reads all channels: the halves are joined first */
    GRAPH_SEAM, /* reads its own half and `seam` channels of the other, those nearest to the cut */
};
enum graph_value_kind { GRAPH_INPUT, GRAPH_SLOT, GRAPH_KEPT };

struct graph_value {
    enum graph_value_kind kind;
    int slot;         /* 0 or 1 */
    size_t floats[2]; /* in memory, per image, for each half */
};

struct graph_layer {
    struct layer half[2];
    enum graph_crossing crossing;
    int in, out; /* values; a join's input is the joined buffer of crossing `cross`, made from value `in` */
    int cross;   /* index of the crossing before this layer, or -1 */
};

struct graph_section {
    int first, count;
}; /* layers */

struct graph {
    const struct alexcl_model *model;
    int block; /* channels side by side in memory (layer.h) */
    int layer_count, value_count, section_count, cross_count;
    struct graph_layer *layers;
    struct graph_value *values;     /* value 0 is the input */
    struct graph_section *sections; /* section s > 0 begins with crossing s-1 */
    size_t slot_floats[2][2];       /* [half][slot], per image */
    struct alexcl_shape output;     /* of the last layer, both halves */
};

/* Walks the model up to `last_layer` (NULL: all) for a place where `block` channels lie side by side (layer_block); for
 * all layers or, where one of them cannot take blocks, for none. */
int graph_make(const struct alexcl_model *model, const char *last_layer, int block, struct graph **out,
               struct alexcl_error *err);
/* Gives its layers what settings choose: the precision of weights. Before anything is asked of them or prepared. */
void graph_set(struct graph *g, const struct settings *settings);
void graph_free(struct graph *g);

/* The layer that begins with crossing `cross`. */
const struct graph_layer *graph_crossing_layer(const struct graph *g, int cross);
/* What half `half` sends at a crossing, per image: channels first .. first+count-1 of its own; hw: floats a channel. */
struct graph_sent {
    int seam; /* not all of its channels */
    int first, count, channels, hw;
    int block;    /* side by side where it comes from */
    size_t pitch; /* floats of an image there */
    /* floats of an image on its way: a join as it lies in memory, a seam count x hw, or hw x count out of a block */
    size_t floats;
};
struct graph_sent graph_sent(const struct graph *g, int cross, int half);
/* Where value (c, i) of what is sent, c from 0, stands on its way. */
size_t graph_sent_position(const struct graph_sent *sent, int c, int i);
/* Floats per image of a crossing's joined buffer; 0 for a seam. */
size_t graph_joined_floats(const struct graph *g, int cross);
/* Floats of host memory, per image, of a place that runs the halves in `halves`, for what its device is given and
 * gives. */
struct graph_host {
    size_t input; /* 0: it is copied from where the caller has it */
    size_t output;
    size_t sent;     /* of all crossings; 0 where no half is elsewhere */
    size_t received; /* before it goes to the device; 0: it goes from where the other place has it */
};
/* pinned: the device is given what lies in memory of its own driver alone. converts: values lie otherwise on the other
 * place. */
struct graph_host graph_host_floats(const struct graph *g, unsigned halves, int pinned, int converts);
/* Trainable parameters of one half's layer. */
uint64_t graph_parameters(const struct layer *l);

/* Bytes of device memory for `images` at once on a place that runs the halves in `halves` (bit 0, bit 1). */
struct alexcl_plan_memory graph_memory(const struct graph *g, unsigned halves, const struct place *place, int images);
/* The largest number of images, at most `batch`, that fits in `memory` (a tenth is left to the driver) and
 * `largest_buffer`; ALEXCL_E_MEMORY with the estimate when not even one does. `name` names the place. */
int graph_fit(const struct graph *g, unsigned halves, const struct place *place, uint64_t memory,
              uint64_t largest_buffer, int batch, const char *name, int *images, struct alexcl_error *err);
#endif
