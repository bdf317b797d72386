/* SPDX-License-Identifier: MIT */
/* Weights of convolutions as kernels read them, by docs/layout.md's table: for every place of the packed memory it is
 * worked out here which weight belongs there, which is the other way round from how they are packed. */
#include "conv_pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* A half of a convolution: odd numbers, halves and groups that fill no block. */
struct example {
    struct alexcl_shape in;
    int outputs, kernel, stride, groups, half, in_block, width, step;
    int wider; /* columns of the kernel more than rows */
};

static struct layer describe(const struct example *e) {
    /* two of them at a time at most: layers keep their description */
    static struct alexcl_layer desc;
    struct alexcl_error err = {0};
    struct layer l;
    desc = (struct alexcl_layer){.type = ALEXCL_CONV,
                                 .name = "conv",
                                 .outputs = e->outputs,
                                 .kernel = {e->kernel, e->kernel + e->wider},
                                 .stride = {e->stride, e->stride},
                                 .groups = e->groups};
    EXPECT_OK(layer_describe(&l, &desc, e->half, e->in, &err), err);
    l.choice.in_block = e->in_block;
    return l;
}

/* The half's: its outputs; what a group of them reads; its groups. An odd number of groups has one that the cut goes
 * through: all inputs are one group then, of which an output reads some. */
static int own_outputs(const struct example *e) { return e->half ? e->outputs / 2 : e->outputs - e->outputs / 2; }
static int as_one(const struct example *e) { return e->groups % 2; }
static int own_groups(const struct example *e) { return as_one(e) ? 1 : e->groups / 2; }
static int group_inputs(const struct example *e) { return as_one(e) ? e->in.c : e->in.c / e->groups; }
static int taps_of(const struct example *e) { return e->kernel * (e->kernel + e->wider); }

static int upwards(int a, int b) { return (a + b - 1) / b; }

/* Inputs of a group as they lie in memory. */
static int places(const struct example *e) {
    if (e->in_block == 1) return group_inputs(e);
    if (!as_one(e)) return upwards(group_inputs(e), 16) * 16;
    return (upwards(e->in.c - e->in.c / 2, 16) + upwards(e->in.c / 2, 16)) * 16;
}

/* The input of the group that lies at a place, -1: none. Halves in blocks fill up their last one each. */
static int input_at(const struct example *e, int place) {
    int half0 = e->in.c - e->in.c / 2, end0 = upwards(half0, 16) * 16;
    if (place >= places(e)) return -1;
    if (e->in_block == 1) return place;
    if (!as_one(e)) return place < group_inputs(e) ? place : -1;
    if (place < end0) return place < half0 ? place : -1;
    return place - end0 < e->in.c / 2 ? half0 + place - end0 : -1;
}

/* The output in lane `lane` of block `block`, -1: none. */
static int output_at(const struct example *e, int block, int lane) {
    int each = own_outputs(e) / own_groups(e), blocks = upwards(each, e->width), o = block % blocks * e->width + lane;
    return o < each ? block / blocks * each + o : -1;
}

/* Of output o for input i of its group, or of all. */
static float weight_at(const struct example *e, const float *w, int o, int i, int tap) {
    int inputs = e->in.c / e->groups, whole = o + (e->half ? e->outputs - own_outputs(e) : 0);
    if (as_one(e) && i >= 0) i -= whole / (e->outputs / e->groups) * inputs;
    return o < 0 || i < 0 || i >= inputs ? 0.0f : w[(o * inputs + i) * taps_of(e) + tap];
}

static float *weights_of(const struct layer *l, int t, const char *name) {
    return support_random(layer_tensor_floats(&l->shape.tensors[t]), name, 1.0);
}

/* Packs into memory that holds something else, and gives it. */
static float *packed_of(const struct layer *l, const struct conv_packing *p, int t, const float *master,
                        size_t floats) {
    float *packed = support_floats(floats + 1);
    ck_assert_uint_eq(conv_pack_floats(p, t), floats);
    packed[floats] = 7.0f;
    conv_pack(l, p, t, master, packed);
    ck_assert_msg(packed[floats] == 7.0f, "written behind %zu floats", floats);
    return packed;
}

static const struct example plain[] = {
    /* conv.cl: tiles of 32 outputs, depth a multiple of 8 */
    {{3, 9, 9}, 5, 3, 1, 1, 0, 1, 32, 8, 0},
    {{5, 9, 9}, 133, 5, 2, 1, 1, 1, 32, 8, 0},
    {{12, 9, 9}, 28, 3, 1, 4, 0, 1, 32, 8, 0},
    {{10, 9, 9}, 134, 2, 1, 2, 1, 1, 32, 8, 0},
    {{8, 9, 9}, 264, 1, 1, 4, 1, 1, 32, 8, 0},
    {{9, 9, 9}, 105, 3, 1, 3, 0, 1, 32, 8, 0},
    {{15, 9, 9}, 70, 2, 1, 5, 1, 1, 32, 8, 3},
    /* conv_pipelined.cl: tiles of 64 outputs, depth a multiple of 4 */
    {{5, 9, 9}, 133, 5, 2, 1, 1, 1, 64, 4, 0},
    {{12, 9, 9}, 28, 3, 1, 4, 0, 1, 64, 4, 0},
    /* conv_cpu.cl: vectors of 16 outputs, inputs in blocks or not */
    {{3, 9, 9}, 37, 3, 1, 1, 0, 1, 16, 1, 0},
    {{37, 9, 9}, 35, 3, 1, 1, 1, 16, 32, 1, 0},
    {{33, 9, 9}, 99, 2, 1, 1, 0, 16, 48, 1, 0},
    {{38, 9, 9}, 66, 3, 1, 2, 1, 16, 64, 1, 0},
    {{57, 9, 9}, 99, 3, 1, 3, 1, 16, 32, 1, 0},
    {{21, 9, 9}, 33, 1, 1, 1, 0, 16, 16, 1, 4},
};

START_TEST(weights_lie_where_the_page_says) {
    for (size_t n = 0; n < sizeof plain / sizeof *plain; n++) {
        const struct example *e = &plain[n];
        struct layer l = describe(e);
        struct conv_packing p = conv_pack_plain(&l, e->width, e->step);
        int taps = taps_of(e), depth = upwards(places(e) * taps, e->step) * e->step,
            blocks = own_groups(e) * upwards(own_outputs(e) / own_groups(e), e->width);
        size_t floats = (size_t)blocks * (size_t)depth * (size_t)e->width;
        float *w = weights_of(&l, 0, "w"), *packed = packed_of(&l, &p, 0, w, floats);
        for (int at = 0; at < (int)floats; at++) {
            int lane = at % e->width, k = at / e->width % depth, block = at / e->width / depth;
            /* behind each other: blocks of inputs, taps, the inputs of a block */
            int place = k / (taps * e->in_block) * e->in_block + k % e->in_block, tap = k / e->in_block % taps;
            float due = weight_at(e, w, output_at(e, block, lane), input_at(e, place), tap);
            ck_assert_msg(packed[at] == due, "case %zu: %d holds %g where %g is due", n, at, (double)packed[at],
                          (double)due);
        }
        free(w), free(packed);
    }
}
END_TEST

START_TEST(biases_are_filled_up_group_by_group) {
    for (size_t n = 0; n < sizeof plain / sizeof *plain; n++) {
        const struct example *e = &plain[n];
        struct layer l = describe(e);
        struct conv_packing p = conv_pack_plain(&l, e->width, e->step);
        int floats = own_groups(e) * upwards(own_outputs(e) / own_groups(e), e->width) * e->width;
        float *b = weights_of(&l, 1, "b"), *packed = packed_of(&l, &p, 1, b, (size_t)floats);
        ck_assert_int_eq(conv_pack_blocks(&l, e->width) * e->width, floats);
        for (int at = 0; at < floats; at++) {
            int o = output_at(e, at / e->width, at % e->width);
            ck_assert_msg(packed[at] == (o < 0 ? 0.0f : b[o]), "case %zu: bias %d", n, at);
        }
        free(b), free(packed);
    }
}
END_TEST

/* ---- Winograd ---- */

/* Row `row` of G for an input of one dimension: powers of its point over the product of the differences from the
 * others; the last is infinity's. From the head of winograd_cpu.cl. */
static double factor(int out, int window, int row, int power) {
    static const double two[] = {0, 1, -1}, four[] = {0, 0.75, -0.75, 1.5, -1.5},
                        five[] = {0.3125, -0.3125, 0.875, -0.875, 1.6875, -1.6875},
                        wide[] = {0, 1, -1, 2, -2, 0.5, -0.5};
    const double *points = window == 5 ? wide : out == 4 ? four : out == 2 ? two : five;
    int last = window + out - 2;
    double f = 1;
    if (row == last) return power == window - 1;
    for (int other = 0; other < last; other++)
        if (other != row) f /= points[row] - points[other];
    return f * pow(points[row], power);
}

/* What is multiplied at a point of a window that begins at pixel (y0, x0) and takes every `stride`th of them. */
static double transformed(const struct example *e, const float *w, int o, int i, int out, int window, int point,
                          int phase, int stride) {
    int side = window + out - 1, y0 = phase / stride, x0 = phase % stride;
    double sum = 0;
    for (int y = 0; y < window; y++)
        for (int x = 0; x < window; x++) {
            int row = y * stride + y0, column = x * stride + x0;
            if (row < e->kernel && column < e->kernel)
                sum += factor(out, window, point / side, y) * factor(out, window, point % side, x) *
                       (double)weight_at(e, w, o, i, row * e->kernel + column);
        }
    return sum;
}

START_TEST(transformed_weights_lie_where_the_page_says) {
    static const struct {
        struct example e;
        int out, window, taken; /* of every so manieth pixel */
        int points_first;
    } cases[] = {
        /* winograd.cl: points, then as conv.cl has a window of 1 x 1 */
        {{{5, 9, 9}, 35, 3, 1, 1, 0, 1, 32, 8, 0}, 4, 3, 1, 1},
        {{{12, 9, 9}, 140, 5, 1, 4, 1, 1, 32, 8, 0}, 4, 5, 1, 1},
        /* winograd_fused.cl: blocks of outputs, then points */
        {{{5, 9, 9}, 35, 3, 1, 1, 0, 1, 32, 8, 0}, 2, 3, 1, 0},
        {{{12, 9, 9}, 140, 3, 1, 4, 1, 1, 32, 8, 0}, 2, 3, 1, 0},
        /* winograd_cpu.cl: blocks of outputs, then points */
        {{{19, 9, 9}, 35, 3, 1, 1, 1, 16, 16, 1, 0}, 4, 3, 1, 0},
        {{{33, 9, 9}, 67, 3, 1, 1, 0, 16, 32, 1, 0}, 5, 3, 1, 0},
        {{{36, 9, 9}, 66, 5, 1, 2, 1, 16, 64, 1, 0}, 4, 5, 1, 0},
        {{{57, 9, 9}, 99, 3, 1, 3, 0, 16, 32, 1, 0}, 4, 3, 1, 0},
        /* of planes: 4 x 4 pixels of a plane are 16 channels */
        {{{3, 23, 23}, 21, 11, 4, 1, 0, 1, 16, 1, 0}, 4, 3, 4, 0},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const struct example *e = &cases[n].e;
        struct layer l = describe(e);
        struct winograd_form form = {cases[n].window, cases[n].out, cases[n].taken};
        struct conv_packing p = conv_pack_winograd(&l, form, e->width, e->step);
        p.points_first = cases[n].points_first;
        int side = form.window + form.out - 1, points = side * side, phases = form.stride * form.stride,
            depth = upwards(places(e) * phases, e->step) * e->step,
            blocks = own_groups(e) * upwards(own_outputs(e) / own_groups(e), e->width);
        size_t floats = (size_t)points * (size_t)blocks * (size_t)depth * (size_t)e->width;
        float *w = weights_of(&l, 0, "w"), *packed = packed_of(&l, &p, 0, w, floats);
        ck_assert_int_eq(p.points, points);
        ck_assert_int_eq(p.depth, depth);
        for (int at = 0; at < (int)floats; at++) {
            int lane = at % e->width, d = at / e->width % depth, outer = at / e->width / depth,
                point = p.points_first ? outer / blocks : outer % points,
                block = p.points_first ? outer % blocks : outer / points, o = output_at(e, block, lane),
                i = input_at(e, d / phases);
            double due =
                o < 0 || i < 0 ? 0 : transformed(e, w, o, i, form.out, form.window, point, d % phases, form.stride);
            ck_assert_msg(fabs((double)packed[at] - due) <= 1e-6 * fabs(due) + 1e-12,
                          "case %zu: %d holds %g where %g is due", n, at, (double)packed[at], due);
        }
        free(w), free(packed);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_pack");
    tcase_add_test(tests, weights_lie_where_the_page_says);
    tcase_add_test(tests, biases_are_filled_up_group_by_group);
    tcase_add_test(tests, transformed_weights_lie_where_the_page_says);
    return support_run(tests);
}
