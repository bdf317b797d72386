/* SPDX-License-Identifier: MIT */
/* LPIPS (Zhang and others, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018), its net
 * "alex", version 0.1: how far two pictures are from each other for a person. */
#ifndef ALEXCL_LPIPS_H
#define ALEXCL_LPIPS_H
#include "alexcl.h"

enum { LPIPS_LAYERS = 5, LPIPS_MIN = 31 /* pixels: the least for which pool2 has a window */ };
extern const char *const lpips_layers[LPIPS_LAYERS]; /* whose values it compares */

/* torchvision's AlexNet up to the last of these layers, of pictures of this size, with LPIPS's own mean and scale. */
int lpips_model(int height, int width, struct alexcl_model *out, struct alexcl_error *err);

struct lpips;
/* The weights of its channels, of a file that has lin0.model.1.weight .. lin4; `shapes`: of the layers' values. Errors:
 * ALEXCL_E_DATA. */
int lpips_open(const struct alexcl_weights_file *file, const struct alexcl_shape shapes[LPIPS_LAYERS],
               struct lpips **out, struct alexcl_error *err);
/* The layers' values of the picture that others are compared with, one layer's behind the other's; they are copied. */
void lpips_refer(struct lpips *l, const float *values);
/* The distance of another picture from that one: of each pixel of a layer the channels are scaled to length 1, their
 * differences squared and weighted, summed over the channels; the mean over the pixels; the sum over the layers. 0 for
 * the same values, to the bit. */
double lpips_distance(const struct lpips *l, const float *values);
void lpips_free(struct lpips *l);
#endif
