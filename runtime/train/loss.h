/* SPDX-License-Identifier: MIT */
/* The loss of a batch, its gradient by what the net's last layer makes, and how many images it has wrong. Logits are
 * few, images x classes, so this is the host's work, in double. */
#ifndef ALEXCL_LOSS_H
#define ALEXCL_LOSS_H
#include <stddef.h>

#include "status.h"

enum loss_kind {
    LOSS_CROSS_ENTROPY, /* outputs are logits: -sum t ln p, p their softmax */
    LOSS_RBF,           /* outputs are squared distances: the one of the label (LeCun et al. 1998, eq. 8) */
};
/* The images that were computed together: all of a batch, or a group of it. */
struct loss_batch {
    enum loss_kind kind;
    int images, classes;
    const float *outputs; /* images x classes */
    /* one of the two, the other is NULL: a class each; or images x classes, a probability each, such as one-hot */
    const int *labels;
    const float *targets;
    double weight; /* of an image's loss in what is made small: 1 / images of the whole run's batch */
};
struct loss_result {
    double *each;    /* the loss of each image, without the weight; NULL: not asked for */
    float *gradient; /* images x classes: of the sum of weight * loss, rounded once; NULL: not asked for */
    double sum;      /* of the losses, without the weight, in the order of the images */
    /* images whose label has 1, 5 or more classes ahead of it (topk.h); of targets, the label is the most probable
     * class, of equal ones the first */
    int top1_wrong, top5_wrong;
};
/* Fills `out`, of which the caller has set the pointers. ALEXCL_E_DATA names the image, counted from 0 within the
 * batch: a label outside 0 .. classes - 1, targets that are no probabilities, an output that is NaN or infinite. */
int loss_compute(const struct loss_batch *b, struct loss_result *out, struct alexcl_error *err);
/* Views of one image, such as its crops, whose predictions are averaged (Krizhevsky et al. 2012, 4.1): adds the
 * probabilities of one, or its distances, to sum[classes]. */
void loss_add_view(enum loss_kind kind, int classes, const float *outputs, double *sum);
/* From the sum of `views` of them the outputs of an image with their mean. */
void loss_mean_views(enum loss_kind kind, int classes, size_t views, const double *sum, float *outputs);
#endif
