/* SPDX-License-Identifier: MIT */
/* A worker: one target (a device or the reference) with one host thread, the halves that run there, one of two or both,
 * and the images of a batch that it runs them for: all of them, or its share.
 * Everything is allocated, built and uploaded when it is opened; a batch only enqueues. */
#ifndef ALEXCL_WORKER_H
#define ALEXCL_WORKER_H
#include <pthread.h>
#include <stdatomic.h>

#include "exchange.h"
#include "graph_schedule.h"
#include "peak.h"
#include "timeline.h"
#include "weights.h"

/* parts a batch is cut into between crossings, so that one part's exchange overlaps with the next one's work */
enum { WORKER_SLICES = 2 };

/* bytes of a half's largest value, of the images that a CPU takes through a section at once */
enum { WORKER_TOGETHER = 5 << 20 };
/* layers of halves that are enqueued on a CPU before its host thread waits for them */
enum { WORKER_WAITING = 64 };

/* What the workers of a net share. */
struct worker_batch {
    const float *in; /* images x input */
    float *out;      /* images x output of both halves */
    int check;       /* image whose every value is read back, for the first that is not finite; -1: none */
};
struct worker_shared {
    const struct graph *graph; /* of the model, whatever the target: shapes and names */
    const char *last_layer;
    const struct alexcl_weights *weights;
    const struct alexcl_selection *selection;
    struct settings settings;
    int workers;          /* 1 or 2 */
    int reproducible;     /* one way of computing for every batch size, and at every start: the default */
    atomic_uint prepared; /* halves of layers, on all workers */
    unsigned to_prepare;
    struct exchange *exchange;
    pthread_mutex_t upload; /* large tensors are packed one at a time: the host never holds two */
    struct worker_batch batch;
};

/* What is on its way to the other target at a crossing, slice by slice. */
struct worker_send {
    struct event *event; /* the copy to the host; NULL once it was waited for, and on the reference */
    int first, count;    /* images */
};
struct worker_sends {
    struct worker_send slices[WORKER_SLICES];
    int sent, taken; /* taken: the other half's has arrived as well */
};

struct worker {
    struct worker_shared *shared;
    const struct worker *other; /* where the other half runs; NULL: here */
    int index;
    unsigned halves;   /* bit h: half h runs here */
    int capacity;      /* images that there is memory for */
    int first, count;  /* its own images of the batch */
    int copied;        /* they are on the device: the batch before copied them */
    const float *next; /* its own images of the next batch, to be copied beside this one; NULL: none */
    int next_count;
    double seconds; /* that it took for them */
    struct target target;
    struct graph *graph; /* as this target computes it */
    struct graph_schedule *schedule;
    struct storage input;
    struct storage *buffers[2];  /* [half][buffer]: where the values lie */
    struct storage *joined;      /* [crossing] */
    struct storage *received[2]; /* [half][crossing]: from the other half */
    struct storage workspace;
    struct join *join;
    /* On the host, in one piece: the device's own pinned memory where it is no CPU, else ours. */
    int pinned;
    struct pinned *arena;       /* the one, or .. */
    float *own;                 /* .. the other */
    float *images;              /* its images on their way to the device; NULL: copied from the caller's memory */
    float **staging;            /* [crossing]: what its half sent; NULL where both are here */
    struct worker_sends *sends; /* [crossing], of this batch */
    /* [crossing]: what the other half sent, as it lies here, on its way to the device; NULL: copied from there */
    float **arrived;
    float *output;             /* of one half */
    size_t output_floats;      /* that there is room for */
    double reference_seconds;  /* CPU time of the reference */
    struct timeline *timeline; /* what runs when is recorded here; NULL: nowhere */
    struct peak peak;          /* of worker_measure_peak */
    int not_finite;            /* first layer found with a value that is not finite, or -1 (worker_batch.check) */

    pthread_t thread;
    int started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int (*job)(struct worker *worker, struct alexcl_error *err); /* NULL: idle */
    int quit;
    int status;
    struct alexcl_error error;
};

/* Starts the worker's thread. `halves`: that run here. */
int worker_create(struct worker *worker, struct worker_shared *shared, int index, unsigned halves,
                  struct alexcl_error *err);
void worker_free(struct worker *worker);
/* Hands the worker a job; worker_wait returns its status. */
void worker_start(struct worker *worker, int (*job)(struct worker *, struct alexcl_error *));
int worker_wait(struct worker *worker);

/* Jobs. */
int worker_open(struct worker *worker, struct alexcl_error *err); /* opens the device, walks the model for it */
int worker_prepare(struct worker *worker,
                   struct alexcl_error *err); /* memory for worker->capacity images, kernels, weights */
int worker_measure_peak(struct worker *worker, struct alexcl_error *err); /* worker->peak */
int run_batch(struct worker *worker, struct alexcl_error *err);           /* its images of shared->batch (run.c) */

/* Both halves run here: nothing crosses to another target. */
static inline int worker_has_both(const struct worker *worker) { return worker->halves == 3u; }
static inline int worker_runs(const struct worker *worker, int half) { return (int)(worker->halves >> half & 1u); }
/* Where a value of a half lies. */
static inline struct storage *worker_value(struct worker *worker, int half, int value) {
    return value == GRAPH_INPUT ? &worker->input : &worker->buffers[half][worker->graph->values[value].buffer];
}
#endif
