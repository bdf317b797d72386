/* SPDX-License-Identifier: MIT */
/* The reference where the golden vectors say nothing: halves and their halos, one-sided padding, windows cut by the
 * border, RBF, sub-sampling, joins, values that are no numbers. Expected values are worked out by hand or by the
 * plainest loop. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"
#include "support.h"

/* The definition, one output at a time: input positions outside the map count as 0. */
static float conv_at(const float *x, const float *w, double bias, const struct shape_conv *s, int image, int o, int row,
                     int column) {
    const struct shape_window *v = &s->window;
    int group_in = s->in.c / s->groups, first = (s->before + o) / s->group_out * group_in;
    double sum = bias;
    for (int i = 0; i < group_in; i++) {
        for (int ky = 0; ky < v->kernel[0]; ky++) {
            for (int kx = 0; kx < v->kernel[1]; kx++) {
                int r = row * v->stride[0] + ky * v->dilation[0] - v->pad[0],
                    c = column * v->stride[1] + kx * v->dilation[1] - v->pad[1];
                if (r < 0 || r >= s->in.h || c < 0 || c >= s->in.w) continue;
                size_t at = (((size_t)image * (size_t)s->in.c + (size_t)(first + i)) * (size_t)s->in.h + (size_t)r) *
                                (size_t)s->in.w +
                            (size_t)c;
                size_t weight = (((size_t)o * (size_t)group_in + (size_t)i) * (size_t)v->kernel[0] + (size_t)ky) *
                                    (size_t)v->kernel[1] +
                                (size_t)kx;
                sum += (double)x[at] * (double)w[weight];
            }
        }
    }
    return (float)sum;
}

/* Window, stride and padding as high as wide. */
#define SQUARE(kernel, stride, pad)                                                                                    \
    {                                                                                                                  \
        {kernel, kernel}, {stride, stride}, {1, 1}, { pad, pad, pad, pad }                                             \
    }

static const struct {
    const char *what;
    int bias;
    struct shape_conv shape;
} convolutions[] = {
    {"3 zeros at the right and the bottom only", 1, {{3, 24, 24}, {4, 5, 5}, SQUARE(11, 4, 0), 1, 4, 0}},
    {"row longer than one run of sums", 1, {{2, 3, 300}, {2, 3, 300}, SQUARE(3, 1, 1), 1, 2, 0}},
    {"row longer than one run, stride 3", 1, {{1, 5, 400}, {1, 2, 134}, SQUARE(3, 3, 1), 1, 1, 0}},
    {"kernel larger than the map", 1, {{2, 3, 2}, {3, 1, 1}, SQUARE(5, 1, 1), 1, 3, 0}},
    {"window in the padding alone", 1, {{1, 1, 1}, {2, 5, 5}, SQUARE(1, 1, 2), 1, 2, 0}},
    {"no bias, as many groups as channels", 0, {{6, 4, 5}, {12, 4, 5}, SQUARE(3, 1, 1), 6, 2, 0}},
    {"stride beyond the kernel", 0, {{2, 9, 8}, {2, 3, 2}, SQUARE(2, 4, 0), 1, 2, 0}},
    {"rectangle, every number another one",
     1,
     {{2, 8, 11}, {3, 4, 4}, {{3, 2}, {2, 3}, {1, 3}, {1, 2, 2, 1}}, 1, 3, 0}},
    {"dilated over the map's border", 1, {{1, 5, 4}, {2, 5, 4}, {{3, 3}, {1, 1}, {2, 3}, {2, 3, 2, 3}}, 1, 2, 0}},
    {"half of 3 groups of 3 outputs, from the middle of the second one",
     1,
     {{6, 4, 3}, {4, 4, 3}, SQUARE(3, 1, 1), 3, 3, 5}},
};

START_TEST(conv_is_its_definition) {
    const struct shape_conv *s = &convolutions[_i].shape;
    int n = 2, group_in = s->in.c / s->groups;
    size_t outputs = (size_t)n * shape_size(s->out), i = 0;
    float *x = support_random((size_t)n * shape_size(s->in), "x", 1.0), *b = support_random((size_t)s->out.c, "b", 1.0);
    float *w = support_random((size_t)(s->out.c * group_in * s->window.kernel[0] * s->window.kernel[1]), "w", 1.0);
    float *got = support_floats(outputs), *want = support_floats(outputs);
    ref_conv(got, x, w, convolutions[_i].bias ? b : NULL, n, s);
    for (int image = 0; image < n; image++)
        for (int o = 0; o < s->out.c; o++)
            for (int row = 0; row < s->out.h; row++)
                for (int column = 0; column < s->out.w; column++)
                    want[i++] = conv_at(x, w, convolutions[_i].bias ? (double)b[o] : 0.0, s, image, o, row, column);
    support_same(convolutions[_i].what, got, want, outputs);
    free(x), free(w), free(b), free(got), free(want);
}
END_TEST

START_TEST(conv_of_two_halves_is_the_layer) {
    /* groups = 1: each half makes its outputs from all inputs; groups = 2: from its own. */
    for (int groups = 1; groups <= 2; groups++) {
        struct shape_conv whole = {{4, 6, 6}, {6, 6, 6}, SQUARE(3, 1, 1), groups, 6 / groups, 0},
                          half = {{groups == 1 ? 4 : 2, 6, 6}, {3, 6, 6}, SQUARE(3, 1, 1), 1, 3, 0};
        size_t weights = (size_t)(3 * half.in.c * 9);
        float *x = support_random(shape_size(whole.in), "x", 1.0), *w = support_random(2 * weights, "w", 1.0);
        float *got = support_floats(shape_size(whole.out)), *want = support_floats(shape_size(whole.out));
        ref_conv(want, x, w, NULL, 1, &whole);
        for (int h = 0; h < 2; h++) {
            const float *read = groups == 1 ? x : x + (size_t)h * shape_size(half.in);
            ref_conv(got + (size_t)h * shape_size(half.out), read, w + (size_t)h * weights, NULL, 1, &half);
        }
        support_same("two halves", got, want, shape_size(whole.out));
        free(x), free(w), free(got), free(want);
    }
}
END_TEST

/* LRN over the layer as its two halves compute it: each with those channels of the other one that its windows reach,
 * nearest to the cut. */
START_TEST(lrn_of_two_halves_is_the_layer) {
    static const int channels[] = {16, 7, 3, 2, 9, 6, 5},
                     windows[][2] = {{-2, 2}, {-1, 1}, {0, 0}, {-2, 2}, {-1, 2}, {-4, 0}, {0, 3}};
    int c = channels[_i], images = 2, h = 3, w = 4;
    size_t plane = (size_t)(h * w), whole = (size_t)c * plane;
    struct shape_norm layer = {
        .in = {c, h, w}, .first = windows[_i][0], .last = windows[_i][1], .k = 2.0f, .alpha = 0.5f, .beta = 0.75f};
    float *x = support_random((size_t)images * whole, "x", 3.0), *want = support_floats((size_t)images * whole);
    ref_lrn(want, x, NULL, images, &layer);
    for (int half = 0; half < 2; half++) {
        struct shape_norm s = layer;
        int first = shape_half_first(c, half), reach = half ? -layer.first : layer.last,
            others = c - shape_half_count(c, half);
        if (reach > others) reach = others;
        s.in.c = shape_half_count(c, half);
        s.before = half ? reach : 0;
        s.after = half ? 0 : reach;
        int halo_first = half ? first - reach : s.in.c;
        size_t own = shape_size(s.in), halo_size = (size_t)reach * plane;
        float *mine = support_floats((size_t)images * own), *halo = support_floats((size_t)images * halo_size),
              *got = support_floats((size_t)images * own);
        for (int image = 0; image < images; image++) {
            memcpy(mine + (size_t)image * own, x + (size_t)image * whole + (size_t)first * plane, own * sizeof(float));
            memcpy(halo + (size_t)image * halo_size, x + (size_t)image * whole + (size_t)halo_first * plane,
                   halo_size * sizeof(float));
        }
        ref_lrn(got, mine, halo, images, &s);
        for (int image = 0; image < images; image++)
            support_same("half", got + (size_t)image * own, want + (size_t)image * whole + (size_t)first * plane, own);
        free(mine), free(halo), free(got);
    }
    free(x), free(want);
}
END_TEST

START_TEST(lrn_by_hand) {
    /* 3 channels, window 3: the sums of squares are 1+4, 1+4+9, 4+9; beta 1 so that it is a plain quotient. */
    struct shape_norm s = {.in = {3, 1, 1}, .first = -1, .last = 1, .k = 1.0f, .alpha = 2.0f, .beta = 1.0f};
    float x[] = {1, 2, 3}, y[3], want[] = {1.0f / 11.0f, 2.0f / 29.0f, 3.0f / 27.0f};
    ref_lrn(y, x, NULL, 1, &s);
    support_compare("lrn", y, want, 3, 1e-7);
    /* The middle channel alone, with a halo of one channel on either side. */
    float middle = 2, halo[] = {1, 3};
    s.in.c = s.before = s.after = 1;
    ref_lrn(y, &middle, halo, 1, &s);
    support_compare("middle", y, want + 1, 1, 1e-7);
    /* From the channel below to itself: the sums of squares are 1, 1+4, 4+9. */
    struct shape_norm uneven = {.in = {3, 1, 1}, .first = -1, .last = 0, .k = 1.0f, .alpha = 2.0f, .beta = 1.0f};
    float below[] = {1.0f / 3.0f, 2.0f / 11.0f, 3.0f / 27.0f};
    ref_lrn(y, x, NULL, 1, &uneven);
    support_compare("from below", y, below, 3, 1e-7);
}
END_TEST

START_TEST(rnorm_by_hand) {
    /* 2 maps of 2 x 3, window 3: clipped at the border, and never into the other map. */
    struct shape_norm s = {.in = {2, 2, 3}, .first = -1, .last = 1, .k = 1.0f, .alpha = 1.0f, .beta = 1.0f};
    float x[] = {1, 1, 1, 1, 1, 2, 5, 0, 0, 0, 0, 0}, y[12];
    float want[] = {1.0f / 5, 1.0f / 10, 1.0f / 8, 1.0f / 5, 1.0f / 10, 2.0f / 8, 5.0f / 26, 0, 0, 0, 0, 0};
    ref_rnorm(y, x, 1, &s);
    support_compare("rnorm", y, want, 12, 1e-7);
    /* From itself to the next row and column. */
    struct shape_norm after = {.in = {1, 2, 3}, .first = 0, .last = 1, .k = 1.0f, .alpha = 1.0f, .beta = 1.0f};
    float next[] = {1.0f / 5, 1.0f / 8, 1.0f / 6, 1.0f / 3, 1.0f / 6, 2.0f / 5};
    ref_rnorm(y, x, 1, &after);
    support_compare("rnorm, uneven", y, next, 6, 1e-7);
}
END_TEST

START_TEST(pools_clip_their_windows) {
    struct shape_pool s = {
        {1, 3, 3}, {1, 2, 2}, SQUARE(2, 2, 0), 0}; /* ceil mode: 3 -> 2, the last window is one wide */
    float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, y[4], largest[] = {5, 6, 8, 9}, mean[] = {3, 4.5f, 7.5f, 9};
    ref_maxpool(y, x, 1, &s);
    support_same("maximum", y, largest, 4);
    ref_avgpool(y, x, 1, &s);
    support_same("mean", y, mean, 4);
}
END_TEST

/* 2 x 3 values, a window of 2 x 2 with a row of padding above and a column on the right, its rows two apart. */
START_TEST(pools_read_no_padding) {
    struct shape_pool s = {{1, 3, 2}, {1, 2, 2}, {{2, 2}, {1, 1}, {2, 1}, {1, 0, 0, 1}}, 0};
    float x[] = {-1, -2, -3, -4, -5, -6}, y[4], largest[] = {-3, -4, -1, -2}, mean[] = {-3.5f, -4, -3.5f, -4},
          whole[] = {-1.75f, -1, -3.5f, -2};
    ref_maxpool(y, x, 1, &s);
    support_same("maximum", y, largest, 4);
    ref_avgpool(y, x, 1, &s);
    support_same("mean of what is there", y, mean, 4);
    s.count_include_pad = 1;
    ref_avgpool(y, x, 1, &s);
    support_same("mean of the whole window", y, whole, 4);
    /* In ceil mode a window hangs over the padding too: what is behind that does not count. */
    struct shape_pool over = {{1, 1, 3}, {1, 1, 2}, {{1, 4}, {1, 3}, {1, 1}, {0, 1, 0, 1}}, 1};
    float row[] = {4, 8, 3}, means[] = {15.0f / 4, 3.0f / 2};
    ref_avgpool(y, row, 1, &over);
    support_same("mean over the end", y, means, 2);
}
END_TEST

START_TEST(maxpool_lets_no_nan_get_lost) {
    struct shape_pool s = {{1, 2, 2}, {1, 1, 1}, SQUARE(2, 2, 0), 0};
    for (int at = 0; at < 4; at++) {
        float x[] = {1, 2, 3, 4}, y = 0;
        x[at] = NAN;
        ref_maxpool(&y, x, 1, &s);
        ck_assert(isnan(y));
    }
    float below[] = {-INFINITY, -INFINITY, -3, -INFINITY}, y = 0;
    ref_maxpool(&y, below, 1, &s);
    ck_assert_float_eq(y, -3.0f);
}
END_TEST

START_TEST(subsample_by_hand) {
    /* 2 images of 2 maps of 2 x 2: the weight and the bias are the map's. */
    struct shape_pool s = {{2, 2, 2}, {2, 1, 1}, SQUARE(2, 2, 0), 0};
    float x[] = {1, 2, 3, 4, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2}, w[] = {0.5f, -2.0f}, b[] = {1.0f, 0.25f};
    float y[4], want[] = {6, -7.75f, 1, -15.75f};
    ref_subsample(y, x, w, b, 2, &s);
    support_same("subsample", y, want, 4);
}
END_TEST

START_TEST(rbf_by_hand) {
    float x[] = {1, -1, 0.5f, 0, 0, 0}, code[] = {1, -1, 1, -1, 1, -1}, y[4], want[] = {0.25f, 4 + 4 + 2.25f, 3, 3};
    ref_rbf(y, x, code, 2, 3, 2);
    support_same("rbf", y, want, 4);
}
END_TEST

START_TEST(fc_without_a_bias) {
    float x[] = {1, 2, 3, 4}, w[] = {1, 10, 0, 0.5f, -1, 1}, y[6], want[] = {21, 1, 1, 43, 2, 1};
    ref_fc(y, x, w, NULL, 2, 2, 3);
    support_same("fc", y, want, 6);
}
END_TEST

START_TEST(softmax_of_a_half_is_a_part_of_the_whole) {
    float *x = support_random(3 * 7, "x", 20.0), whole[3 * 7], low[3 * 4], high[3 * 3];
    ref_softmax(whole, x, 3, 7, 0, 7);
    ref_softmax(low, x, 3, 7, 0, 4);
    ref_softmax(high, x, 3, 7, 4, 3);
    for (int image = 0; image < 3; image++) {
        double sum = 0.0;
        for (int i = 0; i < 7; i++) sum += (double)whole[image * 7 + i];
        ck_assert_double_eq_tol(sum, 1.0, 1e-6);
        support_same("half 0", low + image * 4, whole + image * 7, 4);
        support_same("half 1", high + image * 3, whole + image * 7 + 4, 3);
    }
    free(x);
}
END_TEST

START_TEST(activations_work_in_place_and_keep_nan) {
    float x[] = {-1, 0, 2, NAN}, scaled[] = {1, -2}, thirds[] = {0.5f, -1};
    ref_activation(x, x, 4, ALEXCL_RELU);
    ck_assert(x[0] == 0 && x[1] == 0 && x[2] == 2 && isnan(x[3]));
    float far[] = {100, -100, 0};
    ref_activation(far, far, 3, ALEXCL_LECUN_TANH);
    ck_assert(far[0] == 1.7159f && far[1] == -1.7159f && far[2] == 0);
    float sigmoid[] = {-1000, 0, 1000}, limits[] = {0, 0.5f, 1};
    ref_activation(sigmoid, sigmoid, 3, ALEXCL_SIGMOID);
    support_same("sigmoid", sigmoid, limits, 3);
    ref_scale(scaled, scaled, 2, 0.5f);
    support_same("scale", scaled, thirds, 2);
}
END_TEST

START_TEST(join_by_hand) {
    /* 2 images: half 0 has 2 channels, half 1 has 1, of 2 values each. */
    float a[] = {1, 2, 3, 4, 11, 12, 13, 14}, b[] = {5, 6, 15, 16}, y[12],
          want[] = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
    ref_join(y, a, b, 2, 2, 1, 2);
    support_same("join", y, want, 12);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("ref_operators");
    tcase_add_loop_test(tests, conv_is_its_definition, 0, (int)(sizeof convolutions / sizeof convolutions[0]));
    tcase_add_test(tests, conv_of_two_halves_is_the_layer);
    tcase_add_loop_test(tests, lrn_of_two_halves_is_the_layer, 0, 7);
    tcase_add_test(tests, lrn_by_hand);
    tcase_add_test(tests, rnorm_by_hand);
    tcase_add_test(tests, pools_clip_their_windows);
    tcase_add_test(tests, pools_read_no_padding);
    tcase_add_test(tests, maxpool_lets_no_nan_get_lost);
    tcase_add_test(tests, subsample_by_hand);
    tcase_add_test(tests, rbf_by_hand);
    tcase_add_test(tests, fc_without_a_bias);
    tcase_add_test(tests, softmax_of_a_half_is_a_part_of_the_whole);
    tcase_add_test(tests, activations_work_in_place_and_keep_nan);
    tcase_add_test(tests, join_by_hand);
    return support_run(tests);
}
