/* SPDX-License-Identifier: MIT */
/* Batches of a net, or steps of its training, timed: the wall clock around each, and what ran in it by layer, half and
 * device. */
#ifndef ALEXCL_MEASURE_H
#define ALEXCL_MEASURE_H
#include "alexcl_train.h"

/* Seconds of a batch (medians), what it is made of, of each half. */
struct layer_time {
    const struct alexcl_plan_layer *layer;
    /* forward; of training each of MEASURE_WORKS, in measure_work's order, layer by layer */
    enum alexcl_work work;
    double seconds[2];
    double target[2]; /* of both halves, on each target */
    /* 2 x multiply-adds; weights (on each target that has them), input and output, each once */
    double flops[2], bytes[2];
    int commands[2]; /* of a batch; 0: computed by another layer's kernel, or nothing to do */
};
enum { MEASURE_WORKS = 6 };
enum alexcl_work measure_work(int index);
const char *measure_work_name(enum alexcl_work work);
/* Seconds of a batch (medians) on a device. */
struct target_time {
    double layers, joins, exchange, transfer; /* of commands: kernels and copies may run at the same time */
    double backward, update;                  /* of training */
    double wait;                              /* its half was sent, the other one not yet here */
    double idle;                              /* none of its commands ran */
    double images;                            /* that it had a part in; the mean */
};
struct measured {
    int batch, chunk, warm_up;
    int repeat;           /* batches: at most so many to measure, then those that were */
    int seconds;          /* no other begins after so many; 0: `repeat` tells how many */
    int without_peak;     /* the device's peak is not measured, for which it reads more memory than caches hold */
    int runs;             /* of the net that a batch is, as the recording counts them */
    int training, states; /* training: each layer has MEASURE_WORKS rows; states: tensors of the optimiser's */
    double *walls;        /* seconds of each batch, sorted: images copied in, scores out */
    double minimum, median, maximum, images_per_s;
    double flops;   /* of a batch */
    double crossed; /* bytes of a batch that the targets received from one another */
    int times_known;
    size_t targets, layer_count;
    struct layer_time *layers;
    struct target_time target[2];
    uint64_t memory;         /* the largest resident size of the process by then, in bytes; 0: unknown */
    struct alexcl_peak peak; /* measured behind that; 0: unknown */
};

/* Runs warm_up + repeat batches of `plan->batch` images from `in` (of `in_images` images, used in turn); fills what
 * `out` does not have in `warm_up`, `repeat`, `seconds` and `without_peak`. The recording stays in the net. */
int measure_run(struct alexcl_net *net, const struct alexcl_plan *plan, const float *in, size_t in_images,
                struct measured *out, struct alexcl_error *err);
/* The same with steps of training, on images of all classes in turn. The plan is one of training, by an optimiser of
 * out->states tensors. */
int measure_train(struct alexcl_train *train, const struct alexcl_plan *plan, const float *in, size_t in_images,
                  struct measured *out, struct alexcl_error *err);
void measure_free(struct measured *m);
/* A picture of noise, prepared as real ones are, to be free()d: what it shows does not change what it takes. */
int measure_noise(const struct alexcl_model *model, float **out, struct alexcl_error *err);
/* Which of the repeated batches a span belongs to: one that does not fit in memory is run in chunks. */
int measure_repeat(const struct measured *m, const struct alexcl_work_span *s);
/* Both halves of a layer: operations a second, and the peak that they have together; 0 where unknown. Two targets work
 * at the same time. */
double measure_layer_rate(const struct layer_time *l);
double measure_peak(const struct measured *m);
double measure_peak_bytes(const struct measured *m); /* read from memory a second; 0: unknown */
/* Seconds that so many of a hundred batches took at most, between two of them in proportion. */
double measure_percentile(const struct measured *m, double percent);
/* Whether a layer, or all of them, computed more operations a second than the peak: a way of computing it that needs
 * fewer than are counted. */
int measure_beats_peak(const struct measured *m);

/* ---- what both have in common ---- */

struct measure_batch {
    float *images;
    size_t count;
    double *walls; /* of each batch, in their order */
    struct alexcl_net_times before;
};
/* Lists the layers of `m`, whose sizes are set, and what each has to do; a batch of images in turn. */
int measure_begin(struct measured *m, const struct alexcl_plan *plan, const float *in, size_t in_images,
                  struct measure_batch *out, struct alexcl_error *err);
/* Begins the recording of the net: what comes now is measured. */
int measure_record(struct alexcl_net *net, struct measure_batch *batch, struct alexcl_error *err);
/* Whether another batch is measured behind `begun` others, the first of which began at `since`; shows that `done` of
 * them are over. */
int measure_goes_on(const struct measured *m, const char *what, int done, int begun, double since);
/* Ends and reads it. */
int measure_end(struct measured *m, struct alexcl_net *net, const struct measure_batch *batch,
                struct alexcl_error *err);
void measure_batch_free(struct measure_batch *b);
#endif
