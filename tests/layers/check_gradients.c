/* SPDX-License-Identifier: MIT */
/* The backward passes of the reference against finite differences of its forward pass: of every type of layer that has
 * them, on the type's samples, both halves. The loss is a sum of the outputs with random weights, in double, so that
 * these weights are its gradient by the output. Where a value's neighbours disagree on the slope, it stands at the edge
 * of a ReLU or between two maxima, and is left out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer_types.h"
#include "support.h"

enum { IMAGES = 2, CHECKED = 48 /* values of a tensor */ };
static const double STEP = 1.0 / 64, TOLERANCE = 1e-3 /* of the largest slope */;

/* Everything that a pass reads and makes, on the reference. */
struct memory {
    struct storage x[LAYER_INPUTS], halo[LAYER_INPUTS], gx[LAYER_INPUTS], ghalo[LAYER_INPUTS], y, g, gw[LAYER_TENSORS];
    struct layer_source in[LAYER_INPUTS], in_gradients[LAYER_INPUTS];
};

static struct storage make(size_t floats, const char *name, double scale) {
    struct alexcl_error err = {0};
    struct target host = {NULL};
    struct storage s = {0};
    float *values = support_random(floats, name, scale);
    EXPECT_OK(storage_create(&host, floats, "a test", &s, &err), err);
    memcpy(s.host, values, floats * sizeof *values);
    free(values);
    return s;
}

static void make_all(const struct layer *l, struct memory *m) {
    m->y = make(IMAGES * shape_size(l->shape.out), "y", 0);
    m->g = make(IMAGES * shape_size(l->shape.out), "gradient", 1.0);
    for (int i = 0; i < l->shape.input_count; i++) {
        const struct layer_input *input = &l->shape.inputs[i];
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        size_t own = IMAGES * shape_size(l->shape.reads.all ? l->shape.in : layer_own(l, i)),
               halo = IMAGES * (size_t)input->halo.count * (size_t)(input->whole.h * input->whole.w);
        m->x[i] = make(own, name, 2.0);
        m->gx[i] = make(own, "gx", 9.0);
        name[0] = 'h';
        m->halo[i] = make(halo, name, 2.0);
        m->ghalo[i] = make(halo, "gh", 9.0);
        m->in[i] = (struct layer_source){&m->x[i], halo ? &m->halo[i] : NULL};
        m->in_gradients[i] = (struct layer_source){&m->gx[i], halo ? &m->ghalo[i] : NULL};
    }
    for (int t = 0; t < l->shape.tensor_count; t++)
        m->gw[t] = make(layer_tensor_floats(&l->shape.tensors[t]), "gw", 9.0);
}

static void free_all(struct memory *m) {
    for (int i = 0; i < LAYER_INPUTS; i++)
        storage_free(&m->x[i]), storage_free(&m->halo[i]), storage_free(&m->gx[i]), storage_free(&m->ghalo[i]);
    for (int t = 0; t < LAYER_TENSORS; t++) storage_free(&m->gw[t]);
    storage_free(&m->y), storage_free(&m->g);
}

static struct layer_io io_of(struct memory *m, enum layer_pass_kind pass) {
    return (struct layer_io){.in = m->in,
                             .out = &m->y,
                             .count = IMAGES,
                             .random = {.on = 1, .key = 1, .image = 5},
                             .out_gradient = &m->g,
                             .in_gradients = pass == LAYER_INPUT_GRADIENT ? m->in_gradients : NULL,
                             .tensor_gradients = pass == LAYER_WEIGHT_GRADIENT ? m->gw : NULL};
}

static double loss(struct layer *l, struct memory *m) {
    struct alexcl_error err = {0};
    const struct layer_io io = io_of(m, LAYER_FORWARD);
    EXPECT_OK(layer_run(l, LAYER_FORWARD, &io, &err), err);
    double sum = 0;
    for (size_t i = 0; i < m->y.floats; i++) sum += (double)m->y.host[i] * (double)m->g.host[i];
    return sum;
}

static double slope(struct layer *l, struct memory *m, float *value, double step) {
    float was = *value;
    *value = (float)((double)was + step);
    double above = loss(l, m);
    *value = (float)((double)was - step);
    double below = loss(l, m);
    *value = was;
    return (above - below) / (2 * step);
}

/* The gradients of `values`, of which some are looked at. */
static void compare(const char *what, struct layer *l, struct memory *m, const struct storage *values,
                    const struct storage *gradient) {
    double largest = 0;
    size_t every = values->floats / CHECKED + 1, looked = 0, left_out = 0;
    for (size_t i = 0; i < values->floats; i++)
        if (fabs((double)gradient->host[i]) > largest) largest = fabs((double)gradient->host[i]);
    for (size_t i = 0; i < values->floats; i += every, looked++) {
        double due = slope(l, m, &values->host[i], STEP), closer = slope(l, m, &values->host[i], STEP / 4);
        double error = fabs(closer - (double)gradient->host[i]);
        if (error > TOLERANCE * largest && fabs(due - closer) > TOLERANCE * largest) {
            left_out++;
            continue;
        }
        ck_assert_msg(error <= TOLERANCE * largest, "%s, half %d, %s: gradient %zu is %g where the slope is %g",
                      l->shape.desc->name, l->shape.half, what, i, (double)gradient->host[i], closer);
    }
    ck_assert_msg(left_out * 8 <= looked, "%s, %s: %zu of %zu values stand at an edge", l->shape.desc->name, what,
                  left_out, looked);
}

static void check_half(struct layer *l) {
    struct alexcl_error err = {0};
    struct target host = {NULL};
    struct memory m = {0};
    float *w[LAYER_TENSORS] = {0};
    const struct layer_variant *const *const *variants = l->shape.ops->variants;
    if (shape_size(l->shape.out) == 0) return;
    make_all(l, &m);
    for (int t = 0; t < l->shape.tensor_count; t++)
        w[t] = support_random(layer_tensor_floats(&l->shape.tensors[t]), l->shape.tensors[t].suffix, 0.5);
    for (int pass = LAYER_FORWARD; pass < LAYER_PASSES; pass++)
        if (variants[pass])
            EXPECT_OK(layer_prepare(l, (enum layer_pass_kind)pass, &host, (const float *const *)w, &err), err);
    (void)loss(l, &m); /* makes y */
    for (int pass = LAYER_INPUT_GRADIENT; pass < LAYER_PASSES; pass++) {
        const struct layer_io io = io_of(&m, (enum layer_pass_kind)pass);
        if (variants[pass]) EXPECT_OK(layer_run(l, (enum layer_pass_kind)pass, &io, &err), err);
    }
    for (int i = 0; i < l->shape.input_count && variants[LAYER_INPUT_GRADIENT]; i++) {
        compare("input", l, &m, &m.x[i], &m.gx[i]);
        if (m.halo[i].floats) compare("halo", l, &m, &m.halo[i], &m.ghalo[i]);
    }
    for (int t = 0; t < l->shape.tensor_count && variants[LAYER_WEIGHT_GRADIENT]; t++)
        compare(l->shape.tensors[t].suffix, l, &m, &l->pass[LAYER_FORWARD].parameters[t], &m.gw[t]);
    layer_release(l);
    free_all(&m);
    for (int t = 0; t < LAYER_TENSORS; t++) free(w[t]);
}

static void check_sample(const struct layer_ops *ops, const struct layer_sample *sample) {
    struct alexcl_shape shapes[LAYER_SAMPLE_INPUTS] = {sample->in};
    int count = 1;
    for (; count < LAYER_SAMPLE_INPUTS && ops->more[count - 1].c; count++) shapes[count] = ops->more[count - 1];
    for (int half = 0; half < 2; half++) {
        struct alexcl_error err = {0};
        struct layer l;
        EXPECT_OK(layer_describe_inputs(&l, &sample->desc, half, shapes, count, &err), err);
        layer_train(&l);
        check_half(&l);
    }
}

START_TEST(finite_differences) {
    int checked = 0;
    for (int type = 0; layer_type((enum alexcl_layer_type)type); type++) {
        const struct layer_ops *ops = layer_type((enum alexcl_layer_type)type);
        if (!ops->variants[LAYER_INPUT_GRADIENT] && !ops->variants[LAYER_WEIGHT_GRADIENT]) continue;
        for (const struct layer_sample *s = ops->samples; s && s->desc.name; s++)
            if (!s->images) check_sample(ops, s);
        checked++;
    }
    ck_assert_int_ge(checked, 4);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("gradients");
    tcase_add_test(tests, finite_differences);
    return support_run(tests);
}
