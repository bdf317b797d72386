/* SPDX-License-Identifier: MIT */
/* Dropout at test time: the paper's scales by 1 - p, the inverted one has scaled in training and does nothing. */
#include "layer_private.h"
#include "ref.h"

static int dropout_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = l->shape.by_value = 1;
    l->shape.view = l->shape.desc->dropout == ALEXCL_DROPOUT_INVERTED;
    return ALEXCL_OK;
}

static void dropout_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    tell(user, "rate", NULL, d->rate);
    tell(user, "style", d->dropout == ALEXCL_DROPOUT_PAPER ? "paper" : "inverted", 0);
}

static float dropout_factor(const struct layer *l) { return (float)(1.0 - l->shape.desc->rate); }

static int dropout_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_scale(layer_host_out(l, io), layer_host_in(l, io), (size_t)io->count * shape_size(l->shape.out),
              dropout_factor(l));
    return ALEXCL_OK;
}

static int dropout_own_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "scale", "scale_forward", "", err);
}

static int dropout_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_out_floats(l)), ARG_FLOAT(dropout_factor(l)));
}

static const struct layer_variant dropout_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = dropout_ref_enqueue};
static const struct layer_variant dropout_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .build = dropout_own_build,
                                                 .enqueue = dropout_own_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "scale"};

const struct layer_ops layer_dropout_ops = {
    .type = ALEXCL_DROPOUT,
    .name = "dropout",
    .keras = "Dropout",
    .fields = LAYER_FIELD_DROPOUT,
    .draws = 1,
    .describe = dropout_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&dropout_ref, &dropout_own, NULL}},
    .metadata = dropout_tell,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_DROPOUT, .name = "dropout", .rate = 0.5, .dropout = ALEXCL_DROPOUT_PAPER}, {150, 1, 1}, 0},
        {{0}, {0}, 0}}};
