/* SPDX-License-Identifier: MIT */
/* Cross-entropy of a softmax, and the distance of the 1998 net. Both are a sum over the classes of target * loss, and a
 * label is the target that is 1 at its class. Largest logit first, so that no exponential overflows; the logarithm of a
 * probability is a difference of logits, and never that of a quotient, so it stays exact where the probability is 0 in
 * any precision. All images are checked before anything is computed. */
#include "loss.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "memory.h"
#include "topk.h"

/* Targets that were computed in single precision, over thousands of classes, add up to 1 within this. */
static const double LOSS_SUM_OFF = 1e-3;

static int loss_check_outputs(const struct loss_batch *b, int image, struct alexcl_error *err) {
    const float *outputs = b->outputs + (size_t)image * (size_t)b->classes;
    for (int c = 0; c < b->classes; c++)
        if (!isfinite(outputs[c]))
            return error_set(err, ALEXCL_E_DATA,
                             "image %d of the batch: output %d of the net is %g, so there is no loss: a lower learning "
                             "rate may help",
                             image, c, (double)outputs[c]);
    return ALEXCL_OK;
}

static int loss_check_target(const struct loss_batch *b, int image, struct alexcl_error *err) {
    double sum = 0;
    if (b->labels) {
        if (b->labels[image] >= 0 && b->labels[image] < b->classes) return ALEXCL_OK;
        return error_set(err, ALEXCL_E_DATA,
                         "image %d of the batch has label %d, and the net has the classes 0 to %d: other labels, or a "
                         "net with more classes",
                         image, b->labels[image], b->classes - 1);
    }
    const float *targets = b->targets + (size_t)image * (size_t)b->classes;
    for (int c = 0; c < b->classes; c++) {
        if (!(targets[c] >= 0 && targets[c] <= 1 + LOSS_SUM_OFF))
            return error_set(err, ALEXCL_E_DATA,
                             "image %d of the batch: its target for class %d is %g, which is no probability", image, c,
                             (double)targets[c]);
        sum += targets[c];
    }
    if (fabs(sum - 1) <= LOSS_SUM_OFF) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_DATA,
                     "image %d of the batch: its targets add up to %g, and probabilities of all classes add up to 1",
                     image, sum);
}

/* What the image's target has at class c. */
static double loss_target(const struct loss_batch *b, int image, int c) {
    return b->labels ? b->labels[image] == c : (double)b->targets[(size_t)image * (size_t)b->classes + (size_t)c];
}

static int loss_label(const struct loss_batch *b, int image) {
    int label = 0;
    if (b->labels) return b->labels[image];
    for (int c = 1; c < b->classes; c++)
        if (loss_target(b, image, c) > loss_target(b, image, label)) label = c;
    return label;
}

/* The loss of an image by its outputs, and what it changes by with each: `slope`. */
static double loss_cross_entropy(const struct loss_batch *b, int image, const double *logits, double *slope) {
    double largest = logits[0], sum = 0, loss = 0, targets = 0;
    assert(b->classes > 0);
    for (int c = 1; c < b->classes; c++)
        if (logits[c] > largest) largest = logits[c];
    for (int c = 0; c < b->classes; c++) {
        slope[c] = exp(logits[c] - largest);
        sum += slope[c];
        targets += loss_target(b, image, c);
    }
    double logarithm = log(sum);
    for (int c = 0; c < b->classes; c++) {
        double target = loss_target(b, image, c);
        if (target > 0) loss += target * (logarithm - (logits[c] - largest));
        slope[c] = targets * slope[c] / sum - target;
    }
    return loss;
}

static double loss_distance(const struct loss_batch *b, int image, const double *distances, double *slope) {
    double loss = 0;
    for (int c = 0; c < b->classes; c++) {
        slope[c] = loss_target(b, image, c);
        loss += slope[c] * distances[c];
    }
    return loss;
}

int loss_compute(const struct loss_batch *b, struct loss_result *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t classes = (size_t)b->classes;
    double *values = NULL, *slope;
    out->sum = 0;
    out->top1_wrong = out->top5_wrong = 0;
    for (int i = 0; i < b->images; i++) {
        TRY(loss_check_outputs(b, i, err));
        TRY(loss_check_target(b, i, err));
    }
    TRY(memory_alloc(&values, 2 * classes, sizeof *values, "the loss of a batch", err));
    slope = values + classes;
    for (int i = 0; i < b->images; i++) {
        size_t at = (size_t)i * classes;
        for (size_t c = 0; c < classes; c++) values[c] = b->outputs[at + c];
        double loss =
            b->kind == LOSS_RBF ? loss_distance(b, i, values, slope) : loss_cross_entropy(b, i, values, slope);
        for (size_t c = 0; out->gradient && c < classes; c++) out->gradient[at + c] = (float)(slope[c] * b->weight);
        if (out->each) out->each[i] = loss;
        out->sum += loss;
        for (size_t c = 0; b->kind == LOSS_RBF && c < classes; c++) values[c] = -values[c]; /* the smallest wins */
        size_t rank = topk_rank(values, classes, (size_t)loss_label(b, i));
        out->top1_wrong += rank >= 1;
        out->top5_wrong += rank >= 5;
    }
done:
    free(values);
    return status;
}

void loss_add_view(enum loss_kind kind, int classes, const float *outputs, double *sum) {
    double largest = -INFINITY, total = 0;
    for (int c = 0; c < classes; c++) largest = fmax(largest, (double)outputs[c]);
    for (int c = 0; c < classes; c++) total += exp((double)outputs[c] - largest);
    for (int c = 0; c < classes; c++)
        sum[c] += kind == LOSS_RBF ? (double)outputs[c] : exp((double)outputs[c] - largest) / total;
}

/* The logarithms of probabilities are logits of theirs. */
void loss_mean_views(enum loss_kind kind, int classes, size_t views, const double *sum, float *outputs) {
    for (int c = 0; c < classes; c++) {
        double mean = sum[c] / (double)views;
        outputs[c] = (float)(kind == LOSS_RBF ? mean : log(fmax(mean, DBL_MIN)));
    }
}
