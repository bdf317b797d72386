/* SPDX-License-Identifier: MIT */
/* The input gradient of a convolution without a stride is itself a convolution, of the output's gradient: with the
 * windows turned by 180 degrees, inputs and outputs of each group exchanged, and on each side as much padding as the
 * window spans, less one, less the layer's own. So each variant of the forward pass is also one of the input gradient.
 *
 * The turned convolution is described as half 0 of a layer of which both halves are like it: it then reads its own
 * channels alone, those that the half makes. Where values lie in blocks it makes every place of memory that the half's
 * input has, with zeros among the weights of the places without a channel. conv_pack.c packs its weights from the
 * layer's own. */
#include <stdlib.h>
#include <string.h>

#include "conv_pack.h"
#include "layer_conv.h"
#include "memory.h"

/* The state of the pass. */
struct conv_turned {
    struct alexcl_layer desc;
    struct layer layer;
};

/* Describes the turned convolution; 0 where there is none. */
static int turned_describe(const struct layer *l, const struct target *target, struct conv_turned *out) {
    struct alexcl_error err = {0};
    const struct alexcl_layer *d = l->shape.desc;
    struct shape_window v = layer_window(d);
    int blocks = l->choice.in_block > 1, groups = l->shape.reads.all ? 1 : l->shape.in.c / l->shape.tensors[0].shape[1],
        makes = blocks ? layer_in_channels(l) : l->shape.in.c;
    if (v.stride[0] != 1 || v.stride[1] != 1 || l->shape.out.c == 0 || l->shape.in.c == 0) return 0;
    out->desc = (struct alexcl_layer){.type = d->type,
                                      .name = d->name,
                                      .outputs = 2 * makes,
                                      .kernel = {v.kernel[0], v.kernel[1]},
                                      .stride = {1, 1},
                                      .dilation = {v.dilation[0], v.dilation[1]},
                                      .groups = 2 * groups};
    for (int side = 0; side < 4; side++) out->desc.pad[side] = shape_window_extent(&v, side % 2) - 1 - v.pad[side];
    struct alexcl_shape whole_in = {2 * l->shape.out.c, l->shape.out.h, l->shape.out.w};
    if (layer_describe(&out->layer, &out->desc, 0, whole_in, &err) != ALEXCL_OK) return 0;
    out->layer.choice = l->choice;
    out->layer.choice.in_block = l->choice.out_block;
    out->layer.choice.out_block = l->choice.in_block;
    out->layer.choice.relu = 0;
    out->layer.pass[LAYER_FORWARD].tile = l->pass[LAYER_INPUT_GRADIENT].tile;
    out->layer.target = (struct target *)target;
    out->layer.turned = l;
    return 1;
}

static int turned_applicable(const struct layer_variant *v, const struct layer *l, const struct target *target) {
    struct conv_turned t;
    return turned_describe(l, target, &t) && v->applicable(&t.layer, target);
}

static size_t turned_workspace(const struct layer_variant *v, const struct layer *l, const struct target *target) {
    struct conv_turned t;
    return v->workspace && turned_describe(l, target, &t) ? v->workspace(&t.layer, target) : 0;
}

/* A variant that reads weights as in the file gets them packed so: one output after the other. */
static size_t turned_packed(const struct layer_variant *v, const struct layer *l, const struct target *target) {
    struct conv_turned t;
    if (!turned_describe(l, target, &t)) return 0;
    struct conv_packing plain = conv_pack_plain(&t.layer, 1, 1);
    return v->packed ? v->packed(&t.layer, target, 0) : conv_pack_floats(&plain, 0);
}

static void turned_pack(const struct layer_variant *v, const struct layer *l, const float *master, size_t first,
                        float *packed) {
    struct conv_turned t;
    if (!turned_describe(l, l->target, &t)) return;
    struct conv_packing plain = conv_pack_plain(&t.layer, 1, 1);
    if (v->pack)
        v->pack(&t.layer, 0, master, first, packed);
    else
        conv_pack(&t.layer, &plain, 0, master, packed);
}

static struct layer_tile turned_tile(const struct layer_variant *v, const struct layer *l,
                                     const struct target *target) {
    struct conv_turned t;
    return turned_describe(l, target, &t) ? v->tile(&t.layer, target) : (struct layer_tile){{0}};
}

static int turned_chunk(const struct layer_variant *v, const struct layer *l) {
    struct conv_turned t;
    return turned_describe(l, l->target, &t) ? v->chunk(&t.layer) : 1;
}

static void turned_release(const struct layer_variant *v, struct layer *l, enum layer_pass_kind pass) {
    struct conv_turned *t = l->pass[pass].state;
    if (!t) return;
    if (v->release) v->release(&t->layer, LAYER_FORWARD);
    storage_free(&t->layer.pass[LAYER_FORWARD].parameters[1]);
    free(t);
}

/* The turned convolution has no biases: they are zeros. */
static int turned_build(const struct layer_variant *v, struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct conv_turned *t = NULL;
    float *zeros = NULL;
    TRY(memory_alloc(&t, 1, sizeof *t, "a layer's kernels", err));
    l->pass[LAYER_INPUT_GRADIENT].state = t;
    if (!turned_describe(l, l->target, t))
        return error_set(err, ALEXCL_E_USAGE, "the input gradient of a convolution with a stride is no convolution");
    size_t floats = v->packed ? v->packed(&t->layer, l->target, 1) : (size_t)t->layer.shape.out.c;
    struct storage *bias = &t->layer.pass[LAYER_FORWARD].parameters[1];
    TRY(memory_alloc_floats(&zeros, floats, "zeros", err));
    memset(zeros, 0, floats * sizeof *zeros);
    TRY(storage_create(l->target, floats, "zeros", bias, err));
    TRY(storage_write(bias, 0, zeros, floats, err));
    TRY(v->build(&t->layer, err));
done:
    free(zeros);
    return status;
}

static int turned_enqueue(const struct layer_variant *v, struct layer *l, const struct layer_io *io,
                          struct alexcl_error *err) {
    struct layer *turned = &((struct conv_turned *)l->pass[LAYER_INPUT_GRADIENT].state)->layer;
    const struct layer_source gradient = {io->out_gradient, NULL};
    const struct layer_io forward = {.in = &gradient,
                                     .out = io->in_gradients[0].own,
                                     .workspace = io->workspace,
                                     .first = io->first,
                                     .count = io->count};
    turned->pass[LAYER_FORWARD].parameters[0] = l->pass[LAYER_INPUT_GRADIENT].parameters[0];
    return v->enqueue(turned, &forward, err);
}

/* A variant's functions are not told which one is asked: each forward variant has its own set here. */
#define TURNED_FUNCTIONS(of)                                                                                           \
    static int turned_##of##_applicable(const struct layer *l, const struct target *target) {                          \
        return turned_applicable(&of, l, target);                                                                      \
    }                                                                                                                  \
    static size_t turned_##of##_workspace(const struct layer *l, const struct target *target) {                        \
        return turned_workspace(&of, l, target);                                                                       \
    }                                                                                                                  \
    static int turned_##of##_build(struct layer *l, struct alexcl_error *err) { return turned_build(&of, l, err); }    \
    static int turned_##of##_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {           \
        return turned_enqueue(&of, l, io, err);                                                                        \
    }                                                                                                                  \
    static void turned_##of##_release(struct layer *l, enum layer_pass_kind pass) { turned_release(&of, l, pass); }    \
    static size_t turned_##of##_packed(const struct layer *l, const struct target *target, int t) {                    \
        (void)t;                                                                                                       \
        return turned_packed(&of, l, target);                                                                          \
    }                                                                                                                  \
    static void turned_##of##_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {   \
        (void)t;                                                                                                       \
        turned_pack(&of, l, master, first, packed);                                                                    \
    }
#define TURNED_TILE(of)                                                                                                \
    static struct layer_tile turned_##of##_tile(const struct layer *l, const struct target *target) {                  \
        return turned_tile(&of, l, target);                                                                            \
    }
#define TURNED_ROW(of)                                                                                                 \
    .applicable = turned_##of##_applicable, .workspace = turned_##of##_workspace, .build = turned_##of##_build,        \
    .enqueue = turned_##of##_enqueue, .release = turned_##of##_release, .packed = turned_##of##_packed,                \
    .pack = turned_##of##_pack

static int turned_conv_split_chunk(const struct layer *l) { return turned_chunk(&conv_split, l); }
static int turned_conv_wino_chunk(const struct layer *l) { return turned_chunk(&conv_wino, l); }

TURNED_FUNCTIONS(conv_clblast)
TURNED_FUNCTIONS(conv_winograd_mem)
TURNED_TILE(conv_winograd_mem)
TURNED_FUNCTIONS(conv_winograd)
TURNED_TILE(conv_winograd)
TURNED_FUNCTIONS(conv_cpu)
TURNED_TILE(conv_cpu)
TURNED_FUNCTIONS(conv_own)
TURNED_FUNCTIONS(conv_pipelined)
TURNED_FUNCTIONS(conv_split)
TURNED_FUNCTIONS(conv_wino)
TURNED_FUNCTIONS(conv_fused)

static const struct layer_variant turned_clblast = {TURNED_ROW(conv_clblast), .name = "clblast",
                                                    .kernels = "im2col bias"};
static const struct layer_variant turned_winograd_mem = {
    TURNED_ROW(conv_winograd_mem), .name = "wino_mem", .kernels = "winograd_cpu", .tile = turned_conv_winograd_mem_tile,
    .tiles = winograd_mem_tiles};
static const struct layer_variant turned_winograd = {TURNED_ROW(conv_winograd), .name = "winograd",
                                                     .kernels = "winograd_cpu", .tile = turned_conv_winograd_tile,
                                                     .tiles = winograd_fused_tiles};
static const struct layer_variant turned_cpu = {TURNED_ROW(conv_cpu), .name = "cpu", .kernels = "conv_cpu",
                                                .tile = turned_conv_cpu_tile, .tiles = conv_cpu_tiles};
static const struct layer_variant turned_own = {TURNED_ROW(conv_own), .name = "own", .kernels = "conv"};
static const struct layer_variant turned_pipelined = {TURNED_ROW(conv_pipelined), .name = "pipelined",
                                                      .kernels = "conv_pipelined"};
static const struct layer_variant turned_split = {TURNED_ROW(conv_split), .name = "split_k", .kernels = "conv",
                                                  .chunk = turned_conv_split_chunk};
static const struct layer_variant turned_wino = {TURNED_ROW(conv_wino), .name = "wino_gpu", .kernels = "winograd",
                                                 .chunk = turned_conv_wino_chunk};
static const struct layer_variant turned_fused = {TURNED_ROW(conv_fused), .name = "wino_fused",
                                                  .kernels = "winograd_fused"};

const struct layer_variant *const conv_input_gradients[] = {&conv_ref_input_gradient,
                                                            &turned_clblast,
                                                            &turned_winograd_mem,
                                                            &turned_winograd,
                                                            &turned_cpu,
                                                            &turned_own,
                                                            &turned_pipelined,
                                                            &turned_split,
                                                            &turned_wino,
                                                            &turned_fused,
                                                            &conv_naive_input_gradient,
                                                            NULL};
