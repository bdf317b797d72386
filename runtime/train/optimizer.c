/* SPDX-License-Identifier: MIT */
/* What the numbers of a step are. An update (update.h) multiplies and adds; here the learning rate, the decay and, for
 * Adam, the corrections of the first steps' bias become its factors, once for each step. Keras's Adam and PyTorch's
 * differ in two things: where epsilon stands, before or behind the correction of the mean square, and how precise the
 * powers of beta are, float or double. Both are decided here: sqrt(v) / c + epsilon is (sqrt(v) + epsilon c) / c. */
#include "optimizer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "nearest.h"

static const char *const optimizer_names[UPDATE_FORMS + 1] = {
    [UPDATE_SGD] = "sgd",   [UPDATE_SGD_CAFFE] = "sgd-caffe",   [UPDATE_SGD_TORCH] = "sgd-torch",
    [UPDATE_ADAM] = "adam", [UPDATE_ADAM_TORCH] = "adam-torch", [UPDATE_FORMS] = NULL};

struct optimizer {
    struct target *target;
    struct optimizer_options options;
    struct update *update;
};

const char *optimizer_name(enum update_form form) { return optimizer_names[form]; }

int optimizer_find(const char *name, struct optimizer_options *out, struct alexcl_error *err) {
    char question[NEAREST_QUESTION];
    for (int form = 0; form < UPDATE_FORMS; form++) {
        if (strcmp(name, optimizer_names[form]) != 0) continue;
        *out = (struct optimizer_options){
            (enum update_form)form, 0.9, {0.9, 0.999}, form == UPDATE_ADAM_TORCH ? 1e-8 : 1e-7};
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_USAGE,
                     "no optimiser is called \"%.64s\"%s; there are sgd, sgd-caffe, sgd-torch, adam, adam-torch", name,
                     nearest_ask("", nearest_find(name, optimizer_names), "", question));
}

double optimizer_power(double x, uint64_t n) {
    double power = 1;
    for (; n > 0; n >>= 1) {
        if (n & 1) power *= x;
        x *= x;
    }
    return power;
}

/* Adam as Keras 3 computes it: the powers of beta, and what is made of them, in float. */
static void optimizer_correct_keras(const struct optimizer_options *o, const struct optimizer_step *step,
                                    struct update_factors *f) {
    float left[2];
    for (int i = 0; i < 2; i++) left[i] = 1.0f - (float)optimizer_power((float)o->beta[i], step->number);
    f->rate = (float)step->rate * sqrtf(left[1]) / left[0];
    f->epsilon = (float)o->epsilon;
}

static void optimizer_correct_torch(const struct optimizer_options *o, const struct optimizer_step *step,
                                    struct update_factors *f) {
    double root = sqrt(1 - optimizer_power(o->beta[1], step->number));
    f->rate = (float)(step->rate * root / (1 - optimizer_power(o->beta[0], step->number)));
    f->epsilon = (float)(o->epsilon * root);
}

struct update_factors optimizer_factors(const struct optimizer_options *o, const struct optimizer_step *step) {
    int alone = o->form == UPDATE_SGD || o->form == UPDATE_ADAM;
    struct update_factors f = {.rate = (float)step->rate,
                               .decay = (float)(alone ? step->decay * step->rate : step->decay),
                               .momentum = (float)o->momentum,
                               .rise = {(float)(1 - o->beta[0]), (float)(1 - o->beta[1])}};
    assert(step->number > 0);
    if (o->form == UPDATE_ADAM) optimizer_correct_keras(o, step, &f);
    if (o->form == UPDATE_ADAM_TORCH) optimizer_correct_torch(o, step, &f);
    return f;
}

static int optimizer_check(const struct optimizer_options *o, struct alexcl_error *err) {
    const struct {
        const char *name;
        double value;
    } fractions[] = {{"momentum", o->momentum}, {"beta 1", o->beta[0]}, {"beta 2", o->beta[1]}};
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++)
        if (!(fractions[i].value >= 0 && fractions[i].value < 1))
            return error_set(err, ALEXCL_E_USAGE, "optimiser %s: %s is %g; it is from 0 to below 1",
                             optimizer_name(o->form), fractions[i].name, fractions[i].value);
    if (!(o->epsilon > 0 && isfinite(o->epsilon)))
        return error_set(err, ALEXCL_E_USAGE, "optimiser %s: epsilon is %g; it is above 0", optimizer_name(o->form),
                         o->epsilon);
    return ALEXCL_OK;
}

int optimizer_create(struct target *target, const struct optimizer_options *options, struct optimizer **out,
                     struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct optimizer *o = NULL;
    TRY(optimizer_check(options, err));
    TRY(memory_alloc(&o, 1, sizeof *o, "an optimiser", err));
    o->target = target;
    o->options = *options;
    TRY(update_create(target, options->form, &o->update, err));
    *out = o;
    o = NULL;
done:
    optimizer_free(o);
    return status;
}

int optimizer_create_states(struct optimizer *o, size_t floats, const char *what, struct storage out[UPDATE_STATES],
                            struct alexcl_error *err) {
    static const float zeros[1 << 14];
    enum { PART = sizeof zeros / sizeof *zeros };
    int status = ALEXCL_OK;
    memset(out, 0, UPDATE_STATES * sizeof *out);
    for (int i = 0; i < update_states(o->options.form); i++) {
        TRY(storage_create(o->target, floats, what, &out[i], err));
        /* A tested build fills new buffers with NaN. */
        for (size_t first = 0, part; first < floats; first += part) {
            part = floats - first < PART ? floats - first : PART;
            TRY(storage_write(&out[i], first, zeros, part, err));
        }
    }
done:
    if (status != ALEXCL_OK) optimizer_free_states(out);
    return status;
}

void optimizer_free_states(struct storage states[UPDATE_STATES]) {
    for (int i = 0; i < UPDATE_STATES; i++) storage_free(&states[i]);
}

int optimizer_update(struct optimizer *o, const char *label, const struct storage *w, const struct storage *g,
                     const struct storage states[UPDATE_STATES], const struct optimizer_step *step,
                     struct alexcl_error *err) {
    struct update_factors f = optimizer_factors(&o->options, step);
    return update_run(o->update, label, w, g, states, 0, w->floats, &f, err);
}

void optimizer_free(struct optimizer *o) {
    if (!o) return;
    update_free(o->update);
    free(o);
}
