/* SPDX-License-Identifier: MIT
 *
 * alexcl_train: training a net on one or two targets, one half of the channels on each. Beside alexcl.h, whose
 * conventions hold here too.
 *
 * The caller owns the loop: it gives images with their classes step by step, and is told the loss. What is random is a
 * function of seed, step and an image's place in the batch, so a run can be repeated to the bit, and goes on from a
 * checkpoint as if nothing had happened. On devices of one kind the weights are the same, to the bit, on one and on
 * two.
 */
#ifndef ALEXCL_TRAIN_H
#define ALEXCL_TRAIN_H

#include "alexcl.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* ---- recipes ---------------------------------------------------------------------------------- */

/* A field of a recipe by its name, and its value as text: {"lr", "0.02"}. alexcl_recipe_field lists them. */
struct alexcl_recipe_value {
    const char *field, *value;
};
/* The i-th recipe's name: "paper", "2012", "caffe", "keras"; NULL past the end. */
const char *alexcl_recipe_name(size_t index);
/* The i-th field: its name, and what it means; 0 past the end. */
int alexcl_recipe_field(size_t index, const char **name, const char **meaning);
/* What a recipe has in a field, as text. ALEXCL_E_USAGE where there is no such recipe or field. */
enum { ALEXCL_RECIPE_TEXT = 64 };
int alexcl_recipe_value(const char *recipe, const char *field, char out[ALEXCL_RECIPE_TEXT], struct alexcl_error *err);

/* How many tensors as large as a parameter an optimiser keeps of it ("sgd": 1, "adam": 2), for a plan of its memory
 * (alexcl_plan_request). ALEXCL_E_USAGE lists the optimisers. */
int alexcl_optimizer_states(const char *name, int *out, struct alexcl_error *err);

/* ---- training --------------------------------------------------------------------------------- */

struct alexcl_train;
struct alexcl_train_options {
    size_t size;                              /* of this structure */
    const char *recipe;                       /* by name; NULL: "paper" */
    const struct alexcl_recipe_value *values; /* fields that are set otherwise, in this order */
    size_t value_count;
    uint64_t seed;
    /* Images that are computed at once; the gradients of a batch's groups are added in order. 0: as many as fit, in
     * equal groups. ALEXCL_E_USAGE where it does not divide the batch. */
    int micro_batch;
    uint64_t memory;           /* cap in bytes per device; 0: the device's own size */
    const char *const *frozen; /* layers, by name, whose parameters stay as they are; what lies before all of the
                                * others is computed forward alone */
    size_t frozen_count;
    const char *const *fresh; /* layers that begin with new parameters although `weights` are given */
    size_t fresh_count;
    const struct alexcl_settings *settings; /* NULL: all by the environment */
    alexcl_progress_fn *progress;           /* as in alexcl_net_options */
    alexcl_cancel_fn *cancel;
    void *user;
};
/* Opens a net for training. The last layer's outputs are logits, be a softmax behind them or not, or an RBF layer's
 * distances. `weights` NULL: new ones, as the recipe says; else they are the first ones, of a file that
 * alexcl_train_save wrote too. ALEXCL_E_USAGE: two targets that are to share images (a split), a layer without a
 * backward pass, a recipe or a field that does not exist. ALEXCL_E_MEMORY where not even one image fits. */
int alexcl_train_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
                      const struct alexcl_selection *sel, const struct alexcl_train_options *options,
                      struct alexcl_train **out, struct alexcl_error *err);
void alexcl_train_free(struct alexcl_train *train);

/* Images x C x H x W as the net sees them, and the class of each. */
struct alexcl_train_batch {
    const float *images;
    const int *labels;
    size_t count;
};
/* What a batch came to. */
struct alexcl_train_result {
    size_t size;                   /* of this structure; set by the caller */
    double loss;                   /* mean over the images */
    size_t top1_wrong, top5_wrong; /* images whose class has 1, 5 or more ahead of it */
    double rate;                   /* the learning rate; of alexcl_train_evaluate 0 */
};
/* One step: forward, backward, update, on a batch of at most as many images as the recipe's. ALEXCL_E_DATA: a class
 * that the net does not have; a loss that is no finite number (the layer is named: error.layer), after which the
 * weights are those of the step before. Where a device fails behind the loss some parameters may be updated and others
 * not: further steps, evaluations and checkpoints are refused then (ALEXCL_E_DEVICE). */
int alexcl_train_step(struct alexcl_train *train, const struct alexcl_train_batch *batch,
                      struct alexcl_train_result *out, struct alexcl_error *err);
/* Computes images without dropout, and changes nothing. Any number of images. */
int alexcl_train_evaluate(struct alexcl_train *train, const struct alexcl_train_batch *batch,
                          struct alexcl_train_result *out, struct alexcl_error *err);
/* The same of pictures that the net sees several views of, such as their crops: a picture's `views` images lie one
 * behind the other in batch->images, batch->count x views of them, and its prediction is the mean of theirs. */
int alexcl_train_evaluate_views(struct alexcl_train *train, const struct alexcl_train_batch *batch, size_t views,
                                struct alexcl_train_result *out, struct alexcl_error *err);
/* To be called when an epoch ends, with the validation error (the share of images whose best class is wrong; NaN:
 * there is none), by which a plateau schedule lowers the rate. */
int alexcl_train_end_epoch(struct alexcl_train *train, double error, struct alexcl_error *err);

/* Where it stands: steps done; epochs ended. */
uint64_t alexcl_train_steps(const struct alexcl_train *train);
uint64_t alexcl_train_epochs(const struct alexcl_train *train);
uint64_t alexcl_train_seed(const struct alexcl_train *train);
/* A field of the recipe that is trained by, as text; NULL where there is no such field. Valid until the next call. */
const char *alexcl_train_recipe(struct alexcl_train *train, const char *field);
/* Images of a step, and of the groups that it is computed in. */
int alexcl_train_batch_size(const struct alexcl_train *train);
int alexcl_train_micro_batch(const struct alexcl_train *train);
/* Seconds since it was opened, of whole steps. */
struct alexcl_train_times {
    size_t size; /* of this structure; set by the caller */
    /* update: where a batch is computed at once, only of what is packed anew behind it; the rest is in backward */
    double forward, backward, update, wall;
    double exchange; /* of both targets, from events */
};
int alexcl_train_times(const struct alexcl_train *train, struct alexcl_train_times *out, struct alexcl_error *err);
/* The net that is trained, to be asked what it holds and measures: alexcl_net_memory, alexcl_net_times,
 * alexcl_net_peak, alexcl_net_record and alexcl_net_recorded. It is neither run nor freed by itself. */
struct alexcl_net *alexcl_train_net(struct alexcl_train *train);

/* ---- checkpoints ------------------------------------------------------------------------------ */

/* A line of a checkpoint's metadata: the key must not begin with "alexcl." but for those that the reader knows
 * ("alexcl.labels", "alexcl.top1_error"). */
struct alexcl_train_note {
    const char *key, *value;
};
/* Writes weights, optimiser state, step, seed, schedule and recipe as safetensors, whole or not at all. Any command
 * takes the file as weights. */
int alexcl_train_save(struct alexcl_train *train, const char *path, const struct alexcl_train_note *notes,
                      size_t note_count, struct alexcl_error *err);
/* Goes on from such a file: recipe and seed are the file's, of `options` only micro_batch, memory, settings and
 * callbacks are read. To the bit as if it had never stopped, on devices of the kind that it was trained on; within
 * rounding on others. ALEXCL_E_DATA where the file is no checkpoint of this model. */
int alexcl_train_resume(const char *path, const struct alexcl_model *model, const struct alexcl_selection *sel,
                        const struct alexcl_train_options *options, struct alexcl_train **out,
                        struct alexcl_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
