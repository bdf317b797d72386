/* SPDX-License-Identifier: MIT */
/* A lane: one target (a device or the reference) with one host thread, the halves that run there, one of two or both,
 * and the images of a batch that it runs them for: all of them, or its share.
 * Everything is allocated, built and uploaded when it is opened; a batch only enqueues. */
#ifndef ALEXCL_LANE_H
#define ALEXCL_LANE_H
#include <pthread.h>
#include <stdatomic.h>

#include "exchange.h"
#include "graph_schedule.h"
#include "timeline.h"
#include "weights.h"

/* parts a batch is cut into between crossings, so that one part's exchange overlaps with the next one's work */
enum { LANE_SLICES = 2 };

/* bytes of a half's largest value, of the images that a CPU takes through a section at once */
enum { LANE_TOGETHER = 5 << 20 };
/* layers of halves that are enqueued on a CPU before its host thread waits for them */
enum { LANE_WAITING = 64 };

/* What the lanes of a net share. */
struct lane_batch {
    const float *in; /* images x input */
    float *out;      /* images x output of both halves */
    int check;       /* image whose every value is read back, for the first that is not finite; -1: none */
};
struct lane_shared {
    const struct graph *graph; /* of the model, whatever the target: shapes and names */
    const char *last_layer;
    const struct alexcl_weights *weights;
    const struct alexcl_selection *selection;
    struct settings settings;
    int lanes;            /* 1 or 2 */
    int reproducible;     /* one way of computing for every batch size, and at every start: the standard */
    atomic_uint prepared; /* halves of layers, on all lanes */
    unsigned to_prepare;
    struct exchange *exchange;
    pthread_mutex_t upload; /* large tensors are packed one at a time: the host never holds two */
    struct lane_batch batch;
};

/* What is on its way to the other target at a crossing, slice by slice. */
struct lane_send {
    struct event *event; /* the copy to the host; NULL once it was waited for, and on the reference */
    int first, count;    /* images */
};
struct lane_sends {
    struct lane_send slices[LANE_SLICES];
    int sent, taken; /* taken: the other half's has arrived as well */
};

struct lane {
    struct lane_shared *shared;
    const struct lane *other; /* where the other half runs; NULL: here */
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
    struct pinned *arena;     /* the one, or .. */
    float *own;               /* .. the other */
    float *images;            /* its images on their way to the device; NULL: copied from the caller's memory */
    float **staging;          /* [crossing]: what its half sent; NULL where both are here */
    struct lane_sends *sends; /* [crossing], of this batch */
    /* [crossing]: what the other half sent, as it lies here, on its way to the device; NULL: copied from there */
    float **arrived;
    float *output;             /* of one half */
    size_t output_floats;      /* that there is room for */
    double reference_seconds;  /* CPU time of the reference */
    struct timeline *timeline; /* what runs when is recorded here; NULL: nowhere */
    struct alexcl_peak peak;   /* of lane_measure_peak */
    int not_finite;            /* first layer found with a value that is not finite, or -1 (lane_batch.check) */

    pthread_t thread;
    int started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int (*job)(struct lane *lane, struct alexcl_error *err); /* NULL: idle */
    int quit;
    int status;
    struct alexcl_error error;
};

/* Starts the lane's thread. `halves`: that run here. */
int lane_create(struct lane *lane, struct lane_shared *shared, int index, unsigned halves, struct alexcl_error *err);
void lane_free(struct lane *lane);
/* Hands the lane a job; lane_wait returns its status. */
void lane_start(struct lane *lane, int (*job)(struct lane *, struct alexcl_error *));
int lane_wait(struct lane *lane);

/* Jobs. */
int lane_open(struct lane *lane, struct alexcl_error *err);    /* opens the device, walks the model for it */
int lane_prepare(struct lane *lane, struct alexcl_error *err); /* memory for lane->capacity images, kernels, weights */
int lane_measure_peak(struct lane *lane, struct alexcl_error *err); /* lane->peak */
int run_batch(struct lane *lane, struct alexcl_error *err);         /* its images of shared->batch (run.c) */

/* Both halves run here: nothing crosses to another target. */
static inline int lane_has_both(const struct lane *lane) { return lane->halves == 3u; }
static inline int lane_runs(const struct lane *lane, int half) { return (int)(lane->halves >> half & 1u); }
/* Where a value of a half lies. */
static inline struct storage *lane_value(struct lane *lane, int half, int value) {
    return value == GRAPH_INPUT ? &lane->input : &lane->buffers[half][lane->graph->values[value].buffer];
}
#endif
