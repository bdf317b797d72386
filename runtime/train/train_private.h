/* SPDX-License-Identifier: MIT */
/* A net in training, as trainer.c makes it and checkpoint.c saves it and goes on with it. */
#ifndef ALEXCL_TRAIN_PRIVATE_H
#define ALEXCL_TRAIN_PRIVATE_H
#include "alexcl_train.h"
#include "backward.h"
#include "initial.h"
#include "loss.h"
#include "net_private.h"
#include "schedule.h"

/* Where training stands. */
struct train_progress {
    uint64_t steps, epochs; /* done */
    struct schedule schedule;
};

struct alexcl_train {
    struct alexcl_model *model; /* a copy, with the recipe's rate of dropout */
    struct recipe recipe;
    uint64_t seed;
    struct train_progress progress;
    struct alexcl_weights *weights;     /* the first ones */
    const struct alexcl_weights *given; /* the caller's; NULL: none */
    struct alexcl_weights *resumed;     /* a checkpoint's, which are `given` then; freed with the training */
    char **fresh;                       /* layers of them that are made anew */
    size_t fresh_count;
    struct graph_training training;
    struct alexcl_net *net;
    struct backward backward[2];
    float *logits, *gradient; /* of a group of images */
    enum loss_kind loss;
    struct alexcl_train_times times;
    int halfway; /* a step failed while parameters were updated: they are of no step */
    const char *draws; /* for tests: other random numbers than those of the step (worker_batch); NULL: these */
    char text[RECIPE_TEXT];
};

/* ALEXCL_E_DEVICE where a step has left the parameters halfway. */
int train_check_whole(const struct alexcl_train *t, struct alexcl_error *err);
/* The worker that runs a half. */
struct worker *train_worker(const struct alexcl_train *t, int half);
/* alexcl_train_open with a recipe that is complete already. */
int train_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
               const struct alexcl_selection *sel, const struct alexcl_train_options *options,
               const struct recipe *recipe, uint64_t seed, struct alexcl_train **out, struct alexcl_error *err);
#endif
