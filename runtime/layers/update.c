/* SPDX-License-Identifier: MIT */
/* The launch of an optimiser's kernel, or its reference. A tensor is a flat run of floats, and a work-item changes one
 * of them. Memory is what bounds it; on a CPU a work-group costs as much as its few floats, so groups are larger there.
 * A large tensor is done in several launches, of which none takes a device for long. */
#include "update.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "memory.h"
#include "ref.h"

enum { UPDATE_GROUP = 64, UPDATE_CPU_GROUP = 256, UPDATE_LAUNCH = 1 << 24 };

static const struct {
    const char *source, *function;
    int form, states; /* form: FORM of the kernel and of the reference */
} update_rows[UPDATE_FORMS] = {
    [UPDATE_SGD] = {"sgd", "sgd_update", 0, 1},          [UPDATE_SGD_CAFFE] = {"sgd", "sgd_update", 1, 1},
    [UPDATE_SGD_TORCH] = {"sgd", "sgd_update", 2, 1},    [UPDATE_ADAM] = {"adam", "adam_update", 0, 2},
    [UPDATE_ADAM_TORCH] = {"adam", "adam_update", 1, 2},
};

struct update {
    enum update_form form;
    struct kernel *kernel; /* NULL: the reference */
    size_t group;
};

int update_states(enum update_form form) { return update_rows[form].states; }

int update_create(struct target *target, enum update_form form, struct update **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct update *u = NULL;
    char defines[32];
    TRY(memory_alloc(&u, 1, sizeof *u, "an optimiser", err));
    u->form = form;
    u->group = layer_block(target) > 1 ? UPDATE_CPU_GROUP : UPDATE_GROUP;
    snprintf(defines, sizeof defines, "-DFORM=%d", update_rows[form].form);
    if (target->device)
        TRY(kernel_create(target->device, update_rows[form].source, update_rows[form].function, defines, &u->kernel,
                          err));
    *out = u;
    u = NULL;
done:
    update_free(u);
    return status;
}

static int update_launch(struct update *u, const char *label, const struct kernel_range *range, const struct storage *w,
                         const struct storage *g, const struct storage *state, int end, const struct update_factors *f,
                         struct alexcl_error *err) {
    if (update_rows[u->form].states == 1)
        return KERNEL_LAUNCH(u->kernel, label, range, err, ARG_BUFFER(w->buffer), ARG_BUFFER(g->buffer),
                             ARG_BUFFER(state[0].buffer), ARG_INT(end), ARG_FLOAT(f->rate), ARG_FLOAT(f->decay),
                             ARG_FLOAT(f->momentum));
    return KERNEL_LAUNCH(u->kernel, label, range, err, ARG_BUFFER(w->buffer), ARG_BUFFER(g->buffer),
                         ARG_BUFFER(state[0].buffer), ARG_BUFFER(state[1].buffer), ARG_INT(end), ARG_FLOAT(f->rate),
                         ARG_FLOAT(f->decay), ARG_FLOAT(f->rise[0]), ARG_FLOAT(f->rise[1]), ARG_FLOAT(f->epsilon));
}

int update_run(struct update *u, const char *label, const struct storage *w, const struct storage *g,
               const struct storage state[UPDATE_STATES], size_t first, size_t count, const struct update_factors *f,
               struct alexcl_error *err) {
    int status = ALEXCL_OK, form = update_rows[u->form].form;
    assert(w->floats <= INT_MAX && first + count <= w->floats && first + count <= g->floats &&
           first + count <= state[0].floats);
    if (!u->kernel) {
        if (update_rows[u->form].states == 1)
            ref_sgd(w->host + first, g->host + first, state[0].host + first, count, form, f->rate, f->decay,
                    f->momentum);
        else
            ref_adam(w->host + first, g->host + first, state[0].host + first, state[1].host + first, count, form,
                     f->rate, f->decay, f->rise[0], f->rise[1], f->epsilon);
        return ALEXCL_OK;
    }
    for (size_t part; count > 0 && status == ALEXCL_OK; count -= part, first += part) {
        part = count < UPDATE_LAUNCH ? count : UPDATE_LAUNCH;
        struct kernel_range range = {1, {first}, {part}, {u->group}};
        status = update_launch(u, label, &range, w, g, state, (int)(first + part), f, err);
    }
    return status;
}

void update_free(struct update *u) {
    if (!u) return;
    kernel_free(u->kernel);
    free(u);
}
