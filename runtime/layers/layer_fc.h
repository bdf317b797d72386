/* SPDX-License-Identifier: MIT */
/* What the files of the fully connected layer share. */
#ifndef ALEXCL_LAYER_FC_H
#define ALEXCL_LAYER_FC_H
#include "layer_private.h"

enum {
    FC_CPU_CHUNK = 256, /* CHUNK of fc_cpu.clh */
    FC_CPU_WIDTH = 32,  /* the outputs, or inputs, that are side by side in the kernels for CPU devices */
    FC_CPU_PANEL = 128, /* PANEL of fc_cpu.clh */
    FC_CPU_IMAGES = 128 /* the largest number of images that these compute together */
};
/* How many chunks so many values of an image are packed in. */
size_t fc_cpu_chunks(size_t values);
/* How many images a kernel with a panel of weights and sums in local memory computes together: a multiple of the `tile`
 * in registers; 0: the local memory does not hold them. */
int fc_cpu_panel_images(const struct target *target, int tile);
/* The forward pass on CPU devices (layer_fc_cpu.c). */
extern const struct layer_variant fc_cpu, fc_int8_cpu, fc_rows_cpu;

/* The variants of its backward passes (layer_fc_gradient.c), and of them those for CPU devices
 * (layer_fc_gradient_cpu.c). */
extern const struct layer_variant *const fc_input_gradients[], *const fc_weight_gradients[];
extern const struct layer_variant fc_cpu_input, fc_cpu_weight;
/* Those by CLBlast (layer_fc_gradient_blas.c); how many images it computes together, and where it can. */
extern const struct layer_variant fc_clblast_input, fc_clblast_weight;
int fc_clblast_images(const struct layer *l);
int fc_clblast_applicable(const struct layer *l, const struct target *target);

/* The arguments that tell the kernels of the gradients how inputs lie in memory (fc.clh). */
#define FC_INPUT_ARGS(l)                                                                                               \
    ARG_INT((l)->shape.in.c), ARG_INT((l)->shape.out.c), ARG_INT((int)layer_in_floats(l)),                             \
        ARG_INT((l)->shape.maps.h *(l)->shape.maps.w), ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l))
#endif
