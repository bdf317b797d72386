/* SPDX-License-Identifier: MIT */
/* One way of computing a pass: checked in small, then timed on one image and on several, by event times where the
 * device has them. A net in training must come to the same weights at every start and on every placement, whatever was
 * measured; so all that a way makes there of random data is compared with what the default makes, to the bit. */
#include "tune_way.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "selfcheck.h"
#include "timeline.h"

enum {
    TUNE_RUNS = 12, /* the largest number of runs of a way, of which the fastest counts */
    TUNE_MIN_RUNS = 3,
};
static const double TUNE_ENOUGH = 0.05; /* seconds of runs after which TUNE_MIN_RUNS runs are enough */

/* ---- memory ---- */

static size_t tune_halo_floats(const struct layer *l) {
    return (size_t)l->shape.inputs[0].halo.count * (size_t)l->shape.inputs[0].whole.h *
           (size_t)l->shape.inputs[0].whole.w;
}

static int tune_store_random(struct target *target, size_t count, const char *name, struct storage *out,
                             struct alexcl_error *err) {
    float *values = NULL;
    if (count == 0) return ALEXCL_OK;
    int status = selfcheck_make_random(count, name, 1.0, &values, err);
    if (status == ALEXCL_OK) status = selfcheck_store(target, values, count, out, err);
    free(values);
    return status;
}

int tune_make_data(const struct tune_layer *t, struct target *target, struct tune_data *out, struct alexcl_error *err) {
    static const char what[] = "the tuner";
    int status = ALEXCL_OK;
    const struct layer *l = &t->layer;
    size_t in = TUNE_IMAGES * layer_in_floats(l), halo = TUNE_IMAGES * tune_halo_floats(l),
           made = TUNE_IMAGES * layer_out_floats(l);
    *out = (struct tune_data){.due = NULL};
    TRY(tune_store_random(target, in, "x", &out->in, err));
    TRY(tune_store_random(target, halo, "halo", &out->in_halo, err));
    if (t->pass == LAYER_FORWARD)
        TRY(storage_create(target, made, what, &out->out, err));
    else
        TRY(tune_store_random(target, made, "y", &out->out, err));
    if (t->pass != LAYER_FORWARD) TRY(tune_store_random(target, made, "gradient", &out->out_gradient, err));
    if (t->pass == LAYER_INPUT_GRADIENT) {
        TRY(tune_store_random(target, in, "x", &out->in_gradient, err));
        TRY(tune_store_random(target, halo, "halo", &out->in_gradient_halo, err));
    }
    for (int i = 0; i < l->shape.tensor_count; i++) {
        size_t floats = layer_tensor_floats(&l->shape.tensors[i]);
        TRY(selfcheck_make_random(floats, l->shape.tensors[i].suffix, 0.1, &out->w[i], err));
        if (t->pass == LAYER_WEIGHT_GRADIENT) TRY(storage_create(target, floats, what, &out->tensors[i], err));
    }
done:
    return status;
}

void tune_free_data(struct tune_data *data) {
    storage_free(&data->in);
    storage_free(&data->in_halo);
    storage_free(&data->out);
    storage_free(&data->out_gradient);
    storage_free(&data->in_gradient);
    storage_free(&data->in_gradient_halo);
    for (int i = 0; i < LAYER_TENSORS; i++) {
        storage_free(&data->tensors[i]);
        free(data->w[i]);
    }
    free(data->due);
}

/* ---- bits ---- */

/* All that a pass has made, in one piece; lanes of a block without a channel, which have no meaning, among it: random
 * values where no way writes them. */
static int tune_take(const struct tune_layer *t, struct tune_data *data, float **out, size_t *count,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct storage *made[LAYER_TENSORS] = {&data->out, NULL};
    size_t at = 0;
    *count = 0;
    if (t->pass == LAYER_INPUT_GRADIENT) {
        made[0] = &data->in_gradient;
        made[1] = &data->in_gradient_halo;
    }
    for (int i = 0; i < LAYER_TENSORS && t->pass == LAYER_WEIGHT_GRADIENT; i++) made[i] = &data->tensors[i];
    for (int i = 0; i < LAYER_TENSORS; i++) *count += made[i] ? made[i]->floats : 0;
    TRY(memory_alloc_floats(out, *count, "the tuner", err));
    for (int i = 0; i < LAYER_TENSORS; i++) {
        if (!made[i] || made[i]->floats == 0) continue;
        TRY(storage_read(made[i], 0, *out + at, made[i]->floats, err));
        at += made[i]->floats;
    }
done:
    return status;
}

/* Keeps what the default has made, or compares with it. */
static int tune_compare(const struct tune_layer *t, struct tune_way *way, struct tune_data *data,
                        struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t count;
    float *made = NULL;
    TRY(tune_take(t, data, &made, &count, err));
    if (way == &t->ways[0]) {
        free(data->due);
        data->due = made;
        made = NULL;
    } else {
        way->other_bits = !data->due || memcmp(made, data->due, count * sizeof *made) != 0;
    }
done:
    free(made);
    return status;
}

/* ---- one way ---- */

int tune_check_way(const struct tune_layer *t, struct target *target, const struct tune_way *way,
                   struct alexcl_error *err) {
    struct selfcheck_found found;
    char what[160];
    struct layer l = t->layer;
    l.pass[t->pass].variant = way->variant;
    l.pass[t->pass].tile = way->tile;
    struct selfcheck_case c = selfcheck_shrink(&l, t->pass);
    int status = selfcheck_run_case(target, &c, &found, err);
    if (status != ALEXCL_OK || (!found.wrong && !found.unasked)) return status;
    selfcheck_explain(&found, what, sizeof what);
    return error_set(err, ALEXCL_E_DEVICE, "kernel %s.cl computes wrongly: %s", selfcheck_kernels(&c), what);
}

/* Measures several runs and gives the seconds of the fastest. The first run does not count. */
static int tune_time(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, double *seconds,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = l->target->device;
    double total = 0;
    *seconds = INFINITY;
    device_time_launches(dev, 1);
    for (int run = 0; run < TUNE_RUNS && (run <= TUNE_MIN_RUNS || total < TUNE_ENOUGH); run++) {
        uint64_t before[DEVICE_ACCOUNTS], after[DEVICE_ACCOUNTS], start = timeline_now();
        device_times(dev, before);
        TRY(layer_run(l, pass, io, err));
        TRY(device_finish(dev, err));
        device_times(dev, after);
        double spent =
            (double)(device_has_times(dev) ? after[DEVICE_COMPUTE] - before[DEVICE_COMPUTE] : timeline_now() - start) *
            1e-9;
        if (run > 0 && spent < *seconds) *seconds = spent;
        total += spent;
    }
done:
    device_time_launches(dev, 0);
    return status;
}

int tune_run_way(const struct tune_layer *t, struct target *target, struct tune_way *way, struct tune_data *data,
                 struct alexcl_error *err) {
    int status = ALEXCL_OK;
    double batch1, batch8;
    struct layer l = t->layer;
    struct storage workspace = {0};
    const struct layer_source in = {&data->in, &data->in_halo},
                              in_gradient = {&data->in_gradient, &data->in_gradient_halo};
    struct layer_io io = {.in = &in,
                          .out = &data->out,
                          .workspace = &workspace,
                          .count = 1,
                          .random = selfcheck_random,
                          .out_gradient = &data->out_gradient,
                          .in_gradients = &in_gradient,
                          .tensor_gradients = data->tensors};
    l.pass[t->pass].tile = way->tile;
    TRY(layer_prepare_variant(&l, t->pass, target, way->variant, (const float *const *)data->w, err));
    if (l.pass[t->pass].workspace) TRY(storage_create(target, l.pass[t->pass].workspace, "the tuner", &workspace, err));
    TRY(tune_time(&l, t->pass, &io, &batch1, err));
    io.count = TUNE_IMAGES;
    TRY(tune_time(&l, t->pass, &io, &batch8, err));
    if (!way->measured || batch1 < way->batch1) way->batch1 = batch1;
    if (!way->measured || batch8 / TUNE_IMAGES < way->batch8) way->batch8 = batch8 / TUNE_IMAGES;
    if (t->training) TRY(tune_compare(t, way, data, err));
done:
    layer_release(&l);
    storage_free(&workspace);
    return status;
}
