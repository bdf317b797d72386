/* SPDX-License-Identifier: MIT */
/* The small layers of `alexcl check`: every variant of every pass of every type of layer, on the samples of its row, in
 * every layout that there is; so every file of kernels/. What is no layer by itself follows the forward passes
 * (selfcheck_part.c). */
#include <string.h>

#include "selfcheck.h"

/* The sample with this number, over all types in their order; NULL behind the last. */
static const struct layer_sample *table_sample(unsigned number) {
    const struct layer_ops *ops;
    for (int type = 0; (ops = layer_type((enum alexcl_layer_type)type)) != NULL; type++)
        for (const struct layer_sample *s = ops->samples; s && s->in.c; s++)
            if (number-- == 0) return s;
    return NULL;
}

static struct selfcheck_case table_case(const struct layer_sample *s) {
    struct selfcheck_case c = {.desc = s->desc, .in = s->in, .first = 1, .images = s->images ? s->images : 5};
    memcpy(c.more, layer_type(s->desc.type)->more, sizeof c.more);
    return c;
}

static const struct selfcheck_part *const parts[] = {&selfcheck_join,      &selfcheck_im2col, &selfcheck_bias,
                                                     &selfcheck_peak,      &selfcheck_sgd,    &selfcheck_adam,
                                                     &selfcheck_accumulate};
enum { PARTS = sizeof parts / sizeof *parts };

/* Counts `number` down over the precisions of a variant's weights (training keeps them in float) and the layouts that
 * it can compute, and sets the one at which it was 0; 0 where there are not so many. Of a forward pass in training only
 * the variants that there are for that. */
static int table_choose(struct layer *l, enum layer_pass_kind pass, const struct layer_variant *v,
                        const struct target *target, unsigned *number) {
    int forward = pass == LAYER_FORWARD,
        last = forward && l->shape.ops->narrow_weights ? PRECISIONS - 1 : PRECISION_FLOAT,
        alone = forward && l->choice.training;
    for (int precision = PRECISION_FLOAT; precision <= last; precision++) {
        l->choice.precision = (enum precision)precision;
        for (int layout = 0; layout < LAYER_LAYOUTS; layout++)
            if (layer_set_layout(l, layout, layer_block(target)) && v->applicable(l, target) &&
                (!alone || layer_is_for_training(l, v, target)) && (*number)-- == 0)
                return 1;
    }
    return 0;
}

/* Looks for the case with number *number among those of a sample in a pass. */
static int table_sample_case(const struct layer_sample *s, struct layer *l, struct selfcheck_case *c,
                             const struct target *target, unsigned *number) {
    if (!layer_is_run(l, c->pass)) return 0;
    for (const struct layer_variant *const *v = l->shape.ops->variants[c->pass]; v && *v; v++) {
        if (s->images != 0 && strcmp((*v)->name, "clblast") != 0) continue; /* a sample for CLBlast alone */
        if (!table_choose(l, c->pass, *v, target, number)) continue;
        c->variant = *v;
        c->precision = l->choice.precision;
        c->in_block = l->choice.in_block;
        c->out_block = l->choice.out_block;
        return 1;
    }
    return 0;
}

/* The case with number *number among those of a pass; 0 where there are not so many: then they are subtracted. */
static int table_pass_case(const struct target *target, enum layer_pass_kind pass, unsigned *number,
                           struct selfcheck_case *out) {
    const struct layer_sample *s;
    for (unsigned row = 0; (s = table_sample(row)) != NULL; row++) {
        const int ways = pass == LAYER_FORWARD ? 2 : 1; /* elsewhere, and in training */
        for (int training = 0; training < ways; training++) {
            struct alexcl_error ignored = {0};
            struct layer l;
            *out = table_case(s);
            out->pass = pass;
            out->training = training;
            if (selfcheck_describe_layer(out, 0, &l, &ignored) != ALEXCL_OK) continue;
            if (table_sample_case(s, &l, out, target, number)) return 1;
        }
    }
    return 0;
}

int selfcheck_table_case(const struct target *target, unsigned number, struct selfcheck_case *out) {
    for (int pass = LAYER_FORWARD; pass < LAYER_PASSES; pass++) {
        if (table_pass_case(target, (enum layer_pass_kind)pass, &number, out)) return 1;
        if (pass != LAYER_FORWARD) continue;
        if (number < PARTS) {
            *out = selfcheck_case_of_part(parts[number], 1);
            return 1;
        }
        number -= PARTS;
    }
    return 0;
}

static int table_pass_names(enum layer_pass_kind pass, unsigned *number, const char **kernels, const char **layer) {
    const struct layer_sample *s;
    for (unsigned row = 0; (s = table_sample(row)) != NULL; row++) {
        struct alexcl_error ignored = {0};
        struct selfcheck_case c = table_case(s);
        struct layer l;
        if (selfcheck_describe_layer(&c, 0, &l, &ignored) != ALEXCL_OK) continue;
        for (const struct layer_variant *const *v = l.shape.ops->variants[pass]; v && *v; v++) {
            if ((*number)-- > 0) continue;
            *kernels = (*v)->kernels ? (*v)->kernels : ""; /* the reference has none */
            *layer = s->desc.name;
            return 1;
        }
    }
    return 0;
}

int selfcheck_table_names(unsigned number, const char **kernels, const char **layer) {
    for (int pass = LAYER_FORWARD; pass < LAYER_PASSES; pass++) {
        if (table_pass_names((enum layer_pass_kind)pass, &number, kernels, layer)) return 1;
        if (pass != LAYER_FORWARD) continue;
        if (number < PARTS) {
            *kernels = parts[number]->kernels;
            *layer = parts[number]->desc.name;
            return 1;
        }
        number -= PARTS;
    }
    return 0;
}
