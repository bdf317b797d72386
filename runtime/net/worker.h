/* SPDX-License-Identifier: MIT */
/* A worker drives one target, a device or the reference, by a host thread of its own. It runs one half of the channels
 * or both, for all images of a batch or for its share of them. Everything is allocated, built and uploaded when it is
 * opened; a batch only enqueues. */
#ifndef ALEXCL_WORKER_H
#define ALEXCL_WORKER_H
#include <pthread.h>
#include <stdatomic.h>

#include "exchange.h"
#include "graph_schedule.h"
#include "peak.h"
#include "timeline.h"
#include "weights.h"

/* slices that a batch is cut into, so that one slice is exchanged while the next one is computed */
enum { WORKER_SLICES = 2 };

/* A CPU takes so many images through a section at once that the largest value of a half has at most so many bytes. */
enum { WORKER_TOGETHER = 5 << 20 };
/* halves of layers that are enqueued on a CPU before its host thread waits for them */
enum { WORKER_WAITING = 64 };

/* What the workers of a net share. */
struct worker_batch {
    const float *in; /* images x input */
    float *out;      /* images x outputs, both halves together */
    int check;       /* the image whose values are all read back, to find the first that is not finite; -1: none */
    /* in training: layer <name> draws at random under the name "<draws>/<name>.u"; `image`: the batch's first image
     * among those of the whole run's batch. NULL: nothing is drawn, as at test. */
    const char *draws;
    uint64_t seed, image;
};
struct worker_shared {
    const struct graph *graph; /* the model's shapes and names, which are the same on every target */
    struct graph_outputs outputs;
    const struct alexcl_weights *weights;
    const struct alexcl_selection *selection;
    struct settings settings;
    int workers;                           /* 1 or 2 */
    const struct graph_training *training; /* NULL: the net is not trained */
    int reproducible;     /* the same bits for every batch size and at every start: those of the default variants */
    atomic_uint prepared; /* halves of layers that are prepared, on all workers */
    unsigned to_prepare;
    struct exchange *exchange;
    pthread_mutex_t upload; /* held while a large tensor is packed, so that the host never holds two of them */
    struct worker_batch batch;
};

/* What is on its way to the other target at a crossing, slice by slice. */
struct worker_send {
    struct event *event; /* done when it is on the host; NULL once it was waited for, and on the reference */
    int first, count;    /* images */
};
struct worker_sends {
    struct worker_send slices[WORKER_SLICES];
    int sent, taken; /* slices that this worker has sent, and those for which the other half's part has arrived */
};

struct backward; /* runtime/train/backward.h */
struct worker {
    struct worker_shared *shared;
    struct backward *backward;  /* of a net that is trained: all that it has beside the forward pass; else NULL */
    const struct worker *other; /* the worker that runs the other half; NULL: both run here */
    int index;
    unsigned halves;   /* bit h: half h runs here */
    int capacity;      /* images that there is memory for */
    int first, count;  /* its own images of the batch */
    int copied;        /* they are on the device already, copied beside the batch before */
    const float *next; /* its own images of the next batch, to be copied while this one runs; NULL: none */
    int next_count;
    double seconds; /* the time that it took for them */
    struct target target;
    struct graph *graph; /* the model as this target computes it */
    struct graph_schedule *schedule;
    struct storage input;
    struct storage *buffers[2];  /* [half][buffer]: the memory of the values */
    struct storage *joined;      /* [crossing] */
    struct storage *received[2]; /* [half][crossing]: what came from the other half */
    struct storage workspace;
    struct join *join;
    /* Host memory, in one piece: pinned memory of the device's driver unless the device is a CPU, else plain memory. */
    int pinned;
    struct pinned *arena; /* that piece where it is pinned, else NULL */
    float *own;           /* that piece where it is plain, else NULL */
    /* its images, on their way to the device; NULL: they are copied from the caller's memory */
    float *images;
    float **staging;            /* [crossing]: what its half has sent; NULL where both halves are here */
    struct worker_sends *sends; /* [crossing]: what is sent of this batch */
    /* [crossing]: what the other half has sent, in this target's layout, on its way to the device; NULL: it is copied
     * from the other worker's memory */
    float **arrived;
    float *output;             /* an output of one half, for the whole batch or less */
    size_t output_floats;      /* the size of `output` */
    double reference_seconds;  /* CPU time that the reference has used */
    uint64_t crossed;          /* bytes that the other worker's target has sent here */
    struct timeline *timeline; /* records what runs when; NULL: nothing is recorded */
    struct peak peak;          /* as worker_measure_peak has measured it */
    /* the first layer that was found to have a value that is not finite, or -1 (worker_batch.check) */
    int not_finite;

    pthread_t thread;
    int started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int (*job)(struct worker *worker, struct alexcl_error *err); /* NULL: idle */
    int quit;
    int status;
    struct alexcl_error error;
};

/* Starts the worker's thread. `halves`: those that it runs. */
int worker_create(struct worker *worker, struct worker_shared *shared, int index, unsigned halves,
                  struct alexcl_error *err);
void worker_free(struct worker *worker);
/* Gives the worker a job. worker_wait waits for its end and returns its status. */
void worker_start(struct worker *worker, int (*job)(struct worker *, struct alexcl_error *));
int worker_wait(struct worker *worker);

/* The graph of the shared outputs, for training or not. */
int worker_make_graph(const struct worker_shared *shared, const struct alexcl_model *model, int block,
                      struct graph **out, struct alexcl_error *err);

/* The jobs of a worker. */
int worker_open(struct worker *worker, struct alexcl_error *err); /* opens the device and makes the graph for it */
int worker_prepare(struct worker *worker,
                   /* allocates for worker->capacity images, builds kernels, uploads weights */
                   struct alexcl_error *err);
int worker_measure_peak(struct worker *worker, struct alexcl_error *err); /* measures worker->peak */
int run_batch(struct worker *worker, struct alexcl_error *err);           /* runs its images of shared->batch (run.c) */
/* What is read and drawn by a half of a layer; for the passes of a layer that run.c does not run. */
struct layer_source run_source(struct worker *worker, const struct graph_layer *gl, int half, int input);
struct layer_random run_random(const struct worker *worker, const struct layer *l);
/* Converts `count` images of what is sent from one layout to another. */
void run_convert(float *to, const struct graph_sent *to_sent, const float *from, const struct graph_sent *from_sent,
                 int count);

/* Both halves run here: nothing crosses to another target. */
static inline int worker_has_both(const struct worker *worker) { return worker->halves == 3u; }
static inline int worker_runs(const struct worker *worker, int half) { return (int)(worker->halves >> half & 1u); }
/* The memory of a value of a half. */
static inline struct storage *worker_value(struct worker *worker, int half, int value) {
    return value == GRAPH_INPUT ? &worker->input : &worker->buffers[half][worker->graph->values[value].buffer];
}
#endif
