/* SPDX-License-Identifier: MIT */
/* What the files of the fully connected layer share. */
#ifndef ALEXCL_LAYER_FC_H
#define ALEXCL_LAYER_FC_H
#include "layer_private.h"

enum {
    FC_CPU_CHUNK = 256, /* CHUNK of fc_cpu.clh */
    FC_CPU_WIDTH = 32,  /* the outputs, or inputs, that are side by side in the kernels for CPU devices */
    FC_CPU_IMAGES = 128 /* the largest number of images that these compute together */
};

/* The variants of its backward passes (layer_fc_gradient.c), and of them those for CPU devices
 * (layer_fc_gradient_cpu.c). */
extern const struct layer_variant *const fc_input_gradients[], *const fc_weight_gradients[];
extern const struct layer_variant fc_cpu_input, fc_cpu_weight;
/* Those by CLBlast (layer_fc_gradient_blas.c); how many images it computes together, and where it can. */
extern const struct layer_variant fc_clblast_input, fc_clblast_weight;
int fc_clblast_images(const struct layer *l);
int fc_clblast_applicable(const struct layer *l, const struct target *target);

/* The weights that an input gradient reads, as they are in the file: where a master is kept, that. */
const struct storage *fc_file_weights(const struct layer *l);
/* The `packed` of a variant that reads these. */
size_t fc_file_floats(const struct layer *l, const struct target *target, int t);

/* The arguments that tell the kernels of the gradients how inputs lie in memory (fc.clh). */
#define FC_INPUT_ARGS(l)                                                                                               \
    ARG_INT((l)->shape.in.c), ARG_INT((l)->shape.out.c), ARG_INT((int)layer_in_floats(l)),                             \
        ARG_INT((l)->shape.maps.h *(l)->shape.maps.w), ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l))
#endif
