/* SPDX-License-Identifier: MIT */
#include "channel_gradient.h"

#include <stdio.h>

size_t channel_gradient_workspace(const struct layer *l, const struct target *target) {
    (void)target;
    return (size_t)CHANNEL_GRADIENT_IMAGES * 2 * (size_t)l->shape.out.c;
}

int channel_gradient_build(struct layer *l, const char *source, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, source, source, defines, err));
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 1, source, "channel_gradient_add", defines, err));
done:
    return status;
}

struct kernel_range channel_gradient_range(const struct layer *l, int count) {
    return (struct kernel_range){2, {0, 0, 0}, {(size_t)l->shape.out.c, (size_t)count, 1}, {64, 1, 1}};
}

int channel_gradient_add(struct layer *l, const struct layer_io *io, int count, int add, struct alexcl_error *err) {
    struct kernel_range range = {1, {0, 0, 0}, {(size_t)l->shape.out.c, 1, 1}, {64, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 1), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(io->tensor_gradients[0].buffer),
                         ARG_BUFFER(io->tensor_gradients[1].buffer), ARG_INT(count), ARG_INT(l->shape.out.c),
                         ARG_INT(add));
}

int channel_gradient_bias(const struct layer *l, int slot, const struct layer_io *io, struct alexcl_error *err) {
    size_t channels = (size_t)l->shape.out.c;
    struct kernel_range range = {1, {0, 0, 0}, {channels, 1, 1}, {64, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, slot), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->tensor_gradients[1].buffer),
                         ARG_INT(io->first), ARG_INT(io->first + io->count), ARG_INT(io->add), ARG_INT((int)channels),
                         ARG_INT(l->shape.out.h * l->shape.out.w));
}
