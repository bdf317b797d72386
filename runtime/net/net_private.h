/* SPDX-License-Identifier: MIT */
/* What net.c and net_open.c share: a net, and what is done with its workers while it is opened and while it runs. */
#ifndef ALEXCL_NET_PRIVATE_H
#define ALEXCL_NET_PRIVATE_H
#include "fit.h"
#include "net.h"
#include "runner.h"
#include "split.h"
#include "worker.h"

/* A batch: images that are run at once, and each target's share of them. */
struct net_batch {
    const float *in; /* NULL: none */
    uint64_t ticket; /* the run that it belongs to */
    int images, share[2];
};

struct alexcl_net {
    struct alexcl_model *own; /* a copy of the caller's model, where one was made (model_take) */
    struct graph *graph;
    struct alexcl_shape *outputs; /* one for each of the graph's */
    struct worker_shared shared;
    struct worker workers[2];
    struct split split;
    int images;              /* at once */
    size_t done[2];          /* images that each target has computed */
    struct net_batch copied; /* the batch that is on the devices already */
    struct runner *runner;
    struct timeline *timelines[2];   /* NULL: never recorded */
    struct alexcl_net_times opening; /* device times from before the first run, which count for none */
    double wall, build;
};

/* Seconds since an arbitrary time. */
double net_now(void);
/* Runs the same job on all workers at once. Of several errors it returns one that tells what failed. */
int net_on_workers(struct alexcl_net *net, int (*job)(struct worker *, struct alexcl_error *),
                   struct alexcl_error *err);
struct fit_target net_fit_target(const struct worker *worker);
/* The next batch of a run that has `images` images left, with each target's share. */
struct net_batch net_batch(const struct alexcl_net *net, const float *in, size_t images);
/* Gives a batch to the workers, and the batch that they copy meanwhile (`next`, which may be none). */
void net_hand_out(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next);
/* The split learns from how long the workers took for their images. */
void net_learn(struct alexcl_net *net, int opening);
struct alexcl_net_times net_times(const struct alexcl_net *net);
/* Computes a batch on all workers. */
int net_compute(struct alexcl_net *net, const struct net_batch *b, int copied, const struct net_batch *next,
                const struct worker_batch *batch, struct alexcl_error *err);
/* What is recorded from now on is of the next batch, or step. */
void net_end_run(struct alexcl_net *net);
/* Image `image` of the batch that was computed last, the run's image first_image + image, has a score that is not
 * finite. Runs the batch again to name the first layer where this image has such a value: ALEXCL_E_DATA. */
int net_name_bad_layer(struct alexcl_net *net, size_t first_image, size_t image, struct alexcl_error *err);
/* Computes a run, on the thread of the runner. */
int net_run(void *user, const struct runner_job *job, struct alexcl_error *err);
#endif
