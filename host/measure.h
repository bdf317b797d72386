/* SPDX-License-Identifier: MIT */
/* Batches of a net, timed: the wall clock around each, and what ran in it by layer, half and device. */
#ifndef ALEXCL_MEASURE_H
#define ALEXCL_MEASURE_H
#include "alexcl.h"

/* Seconds of a batch (medians), what it is made of, of each half. */
struct layer_time {
    const struct alexcl_plan_layer *layer;
    double seconds[2];
    double target[2]; /* of both halves, on each target */
    /* 2 x multiply-adds; weights (on each target that has them), input and output, each once */
    double flops[2], bytes[2];
    int commands[2]; /* of a batch; 0: computed by another layer's kernel, or nothing to do */
};
/* Seconds of a batch (medians) on a device. */
struct target_time {
    double layers, joins, exchange, transfer; /* of commands: kernels and copies may run at the same time */
    double wait;                              /* its half was sent, the other one not yet here */
    double idle;                              /* none of its commands ran */
    double images;                            /* that it had a part in; the mean */
};
struct measured {
    int batch, chunk, warm_up, repeat;
    double *walls; /* seconds of each batch, sorted: images copied in, scores out */
    double minimum, median, maximum, images_per_s;
    double flops; /* of a batch */
    int times_known;
    size_t targets, layer_count;
    struct layer_time *layers;
    struct target_time target[2];
    struct alexcl_peak peak; /* 0: unknown */
};

/* Runs warm_up + repeat batches of `plan->batch` images from `in` (of `in_images` images, used in turn); fills what
 * `out` does not have in `warm_up` and `repeat`. The recording stays in the net. */
int measure_run(struct alexcl_net *net, const struct alexcl_plan *plan, const float *in, size_t in_images,
                struct measured *out, struct alexcl_error *err);
void measure_free(struct measured *m);
/* Both halves of a layer: operations a second, and the peak that they have together; 0 where unknown. Two targets work
 * at the same time. */
double measure_layer_rate(const struct layer_time *l);
double measure_peak(const struct measured *m);
/* Whether a layer, or all of them, computed more operations a second than the peak: a way of computing it that needs
 * fewer than are counted. */
int measure_beats_peak(const struct measured *m);
#endif
