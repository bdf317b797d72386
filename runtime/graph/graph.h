/* SPDX-License-Identifier: MIT */
/* A model as one target computes it, for both halves: shapes, what crosses between the halves, how long each value
 * lives, how values lie in memory.
 *
 * A value is the output of a layer, together with what in-place layers behind it make of it. A section is a run of
 * layers between two crossings: a half runs it image by image, without asking the other half. Where no other section
 * reads a value, it is only alive while its image passes through the section; other values are kept for all images of
 * the batch. Values that are never alive at the same time share a buffer. */
#ifndef ALEXCL_GRAPH_H
#define ALEXCL_GRAPH_H
#include "layer.h"

enum { GRAPH_INPUT = 0 }; /* value 0 is the net's input; both halves have all of it */

struct graph_value {
    struct alexcl_shape maps; /* of both halves, one image, as it was made: a flatten layer changes nothing in memory */
    int block;                /* channels side by side in memory (layer.h) */
    /* the layer that makes it; the last one that reads it, or layer_count where the caller reads it */
    int maker, last;
    int from, to; /* the layers during which no other value may have its memory */
    int buffer;
    size_t floats[2]; /* that one image takes in memory, for each half */
};

enum graph_crossing_kind {
    GRAPH_JOIN, /* a layer reads all channels: the halves are joined before it */
    GRAPH_HALO, /* a layer reads some channels of the other half beside its own */
};
/* A crossing: what each half sends to the other, once for all layers that read it. */
struct graph_crossing {
    enum graph_crossing_kind kind;
    int value;
    int layer;                 /* the first layer that reads it; the crossing stands before that one */
    int source;                /* the layer whose output is sent */
    struct layer_halo halo[2]; /* of a halo: the channels that half h sends, counted among its own */
};

struct graph_layer {
    struct layer half[2];
    int input_count;
    int inputs[LAYER_INPUTS]; /* the layers that it reads; -1: the net's input */
    int values[LAYER_INPUTS]; /* the values that it reads */
    /* the crossings by which it reads them: a joined value is read in place of the value, a halo beside it; -1: none */
    int crossings[LAYER_INPUTS];
    int out; /* the value that it makes */
    int section;
};

struct graph_section {
    int first, count; /* layers */
};

struct graph_backward; /* graph_backward.h */
struct graph {
    const struct alexcl_model *model;
    int block; /* channels side by side in memory (layer.h) */
    /* of a net that is trained, else NULL. Its values stay until their gradients are known: each has a buffer of its
     * own, and only an activation, whose slope is a function of what it makes, is written over what it reads. */
    struct graph_backward *backward;
    int layer_count, value_count, crossing_count, section_count, buffer_count;
    struct graph_layer *layers;
    struct graph_value *values;
    struct graph_crossing *crossings; /* in the order in which they are read */
    struct graph_section *sections;
    size_t (*buffer_floats)[2]; /* [buffer][half], per image */
    int *outputs;               /* layers whose values the caller reads, in the caller's order */
    int output_count;
    size_t output_floats;       /* of all of them, one image */
    struct alexcl_shape output; /* of the last one of them, both halves */
};

/* What is handed out: the values of layers of these names; none: of the model's last layer. */
struct graph_outputs {
    const char *const *names;
    size_t count;
};

/* Makes the graph of a model without layers that the outputs do not need, for a target where `block` channels lie side
 * by side (layer_block). Where one layer cannot take blocks, no value of the graph is in blocks. */
int graph_make_outputs(const struct alexcl_model *model, const struct graph_outputs *outputs, int block,
                       struct graph **out, struct alexcl_error *err);
/* What a graph is told of a net that is trained. */
struct graph_training {
    const char *const *frozen; /* layers, by name, whose parameters stay as they are */
    size_t frozen_count;
    int all_ties; /* max-pooling's rule (layer.h) */
    int states;   /* tensors as large as a parameter that its optimiser keeps (update.h) */
    int batch;    /* images of a step; as many at once need memory for the gradient of one layer's parameters alone */
};
/* The same with the backward pass. ALEXCL_E_USAGE: a frozen layer that does not exist or has no parameters, a layer
 * that has to have a backward pass and whose type has none, or nothing left to be trained. */
int graph_make_training(const struct alexcl_model *model, const struct graph_outputs *outputs,
                        const struct graph_training *training, int block, struct graph **out, struct alexcl_error *err);
/* The layer, by name, whose outputs a loss is made of: the model's last or, where that is a softmax, what it reads. */
int graph_find_logits(const struct alexcl_model *model, const char **out, struct alexcl_error *err);
/* The same with one output, that of `last_layer` (NULL: the model's last). */
int graph_make(const struct alexcl_model *model, const char *last_layer, int block, struct graph **out,
               struct alexcl_error *err);
/* The shape of an output, both halves. */
struct alexcl_shape graph_output_shape(const struct graph *g, int output);
/* Gives the layers what the settings choose: the precision of weights. Must be called before anything is asked of the
 * layers, and before they are prepared. */
void graph_set(struct graph *g, const struct settings *settings);
/* Tells the layers the largest number of images of a call (struct layer_choice). */
void graph_set_batch(struct graph *g, int images);
void graph_free(struct graph *g);

/* The name of the first layer that reads a crossing. */
const char *graph_crossing_name(const struct graph *g, int crossing);
/* What a half sends at a crossing, of each image: channels first .. first+count-1 of its own. hw: floats of a
 * channel. */
struct graph_sent {
    int halo; /* it sends some of its channels, not all */
    int first, count, channels, hw;
    int block;    /* channels side by side where it comes from */
    size_t pitch; /* floats of an image where it comes from */
    /* Floats of an image on its way. A join goes as it lies in memory, a halo as count x hw or, out of blocks, as hw x
     * count. */
    size_t floats;
};
struct graph_sent graph_sent(const struct graph *g, int crossing, int half);
/* What a half sends back in training: the gradient of what it has received there. */
struct graph_sent graph_sent_back(const struct graph *g, int crossing, int half);
/* Where value (c, i) of what is sent lies on its way; c counts the channels that are sent. */
size_t graph_sent_position(const struct graph_sent *sent, int c, int i);
/* Floats that an image takes in a crossing's joined buffer; 0 for a halo. */
size_t graph_joined_floats(const struct graph *g, int crossing);
/* Host memory of a target that runs the halves in `halves`, in floats for each image: for what its device is given and
 * gives back. */
struct graph_host {
    size_t input;    /* 0: images are copied from the caller's memory */
    size_t output;   /* of a half of the largest: one is read after another */
    size_t sent;     /* of all crossings; 0 where both halves are here */
    size_t received; /* what arrives, on its way to the device; 0: it is copied from the other target's memory */
};
/* pinned: the device copies only from memory of its own driver. converts: values have another layout on the other
 * target. */
struct graph_host graph_host_floats(const struct graph *g, unsigned halves, int pinned, int converts);
/* How many trainable parameters a half of a layer has. */
uint64_t graph_parameters(const struct layer *l);

/* Device memory, in bytes, that `images` images at once take on a target that runs the halves in `halves` (bit 0, bit
 * 1). */
struct alexcl_plan_memory graph_memory(const struct graph *g, unsigned halves, const struct target *target, int images);
/* Finds the largest number of images, at most `batch`, that fits into `memory`, of which a tenth is left to the driver,
 * and `max_alloc`. ALEXCL_E_MEMORY, with the estimate, where not even one image fits. `name` is the target's, for the
 * message. */
int graph_fit(const struct graph *g, unsigned halves, const struct target *target, uint64_t memory, uint64_t max_alloc,
              int batch, const char *name, int *images, struct alexcl_error *err);
#endif
