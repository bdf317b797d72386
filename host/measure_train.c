/* SPDX-License-Identifier: MIT */
/* `alexcl time --train`: steps of training in place of batches. Pictures take their classes in turn, so that the loss
 * falls to no extreme: what a step takes does not depend on it. */
#include <stdlib.h>

#include "measure.h"
#include "monotonic.h"
#include "progress.h"
#include "status.h"

int measure_train(struct alexcl_train *train, const struct alexcl_plan *plan, const float *in, size_t in_images,
                  struct measured *out, struct alexcl_error *err) {
    struct alexcl_net *net = alexcl_train_net(train);
    struct measured m = {.warm_up = out->warm_up,
                         .repeat = out->repeat,
                         .seconds = out->seconds,
                         .without_peak = out->without_peak,
                         .training = 1,
                         .states = out->states,
                         .chunk = alexcl_train_micro_batch(train)};
    struct measure_batch batch = {0};
    struct alexcl_shape shape;
    alexcl_net_output(net, &shape);
    int status = measure_begin(&m, plan, in, in_images, &batch, err), *labels = NULL;
    if (status == ALEXCL_OK && !(labels = malloc(batch.count * sizeof *labels)))
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the classes of %zu images", batch.count);
    for (size_t i = 0; status == ALEXCL_OK && i < batch.count; i++) labels[i] = (int)(i % (size_t)shape.c);
    const struct alexcl_train_batch given = {.images = batch.images, .labels = labels, .count = batch.count};
    for (int i = 0; i < m.warm_up && status == ALEXCL_OK; i++) {
        progress_count("steps", (size_t)i, (size_t)(m.warm_up + m.repeat));
        status = alexcl_train_step(train, &given, NULL, err);
    }
    if (status == ALEXCL_OK) status = measure_record(net, &batch, err);
    double since = monotonic_now(), start = since;
    int done = 0;
    while (status == ALEXCL_OK && measure_goes_on(&m, "steps", done, done, since)) {
        status = alexcl_train_step(train, &given, NULL, err);
        double now = monotonic_now();
        batch.walls[done++] = now - start;
        start = now;
    }
    m.repeat = done;
    progress_clear();
    if (status == ALEXCL_OK) status = measure_end(&m, net, &batch, err);
    for (size_t p = 0; p < m.targets; p++) m.target[p].images = (double)batch.count;
    measure_batch_free(&batch);
    free(labels);
    if (status == ALEXCL_OK)
        *out = m;
    else
        measure_free(&m);
    return status;
}
