/* SPDX-License-Identifier: MIT */
/* The reference against the golden vectors: the case that ALEXCL_TEST_CASE names, e.g. conv_3x3. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"
#include "support.h"

static const double TOLERANCE = 1e-5;

static struct alexcl_shape chw(const struct tensor *t) {
    return (struct alexcl_shape){t->shape[1], t->shape[2], t->shape[3]};
}

static struct shape_window window(const char *name) {
    struct oracle_window w = oracle_window(name);
    return (struct shape_window){{w.kernel[0], w.kernel[1]},
                                 {w.stride[0], w.stride[1]},
                                 {w.dilation[0], w.dilation[1]},
                                 {w.pad[0], w.pad[1], w.pad[2], w.pad[3]}};
}

static void conv_gradients(const char *name, const struct shape_conv *s) {
    struct tensor x = oracle_load(name, "x"), w = oracle_load(name, "w"), gy = oracle_load(name, "gy"),
                  gx = oracle_load(name, "gx"), gw = oracle_load(name, "gw"), gb = oracle_load(name, "gb");
    float *got_x = support_floats(gx.count), *got_w = support_floats(gw.count), *got_b = support_floats(gb.count);
    ref_conv_input_gradient(got_x, gy.values, w.values, x.shape[0], s);
    support_compare(name, got_x, gx.values, gx.count, TOLERANCE);
    for (int add = 0; add < 2; add++) { /* the second time twice as much */
        ref_conv_weight_gradient(got_w, got_b, x.values, gy.values, x.shape[0], add, s);
        for (size_t i = 0; i < gw.count && add; i++) got_w[i] /= 2;
        for (size_t i = 0; i < gb.count && add; i++) got_b[i] /= 2;
        support_compare(name, got_w, gw.values, gw.count, TOLERANCE);
        support_compare(name, got_b, gb.values, gb.count, TOLERANCE);
    }
    free(got_x), free(got_w), free(got_b);
    oracle_free(&x), oracle_free(&w), oracle_free(&gy), oracle_free(&gx), oracle_free(&gw), oracle_free(&gb);
}

static void conv(const char *name) {
    struct tensor x = oracle_load(name, "x"), w = oracle_load(name, "w"), b = oracle_load(name, "b"),
                  y = oracle_load(name, "y");
    int groups = (int)oracle_number(name, "groups");
    struct shape_conv s = {chw(&x), chw(&y), window(name), groups, y.shape[1] / groups, 0};
    float *got = support_floats(y.count);
    ref_conv(got, x.values, w.values, b.values, x.shape[0], &s);
    support_compare(name, got, y.values, y.count, TOLERANCE);
    if (oracle_has(name, "gy")) conv_gradients(name, &s);
    free(got);
    oracle_free(&x), oracle_free(&w), oracle_free(&b), oracle_free(&y);
}

static void expect_gradient(const char *name, const char *key, const float *got) {
    struct tensor want = oracle_load(name, key);
    support_compare(name, got, want.values, want.count, TOLERANCE);
    oracle_free(&want);
}

static struct shape_norm norm_shape(const char *name, const struct tensor *x) {
    struct shape_norm s = {.in = chw(x),
                           .k = (float)oracle_number(name, "k"),
                           .alpha = (float)oracle_number(name, "alpha"),
                           .beta = (float)oracle_number(name, "beta")};
    oracle_ends(name, &s.first, &s.last);
    return s;
}

static void lrn(const char *name) {
    struct tensor x = oracle_load(name, "x"), y = oracle_load(name, "y");
    struct shape_norm s = norm_shape(name, &x);
    int groups = (int)oracle_number(name, "groups");
    s.in.c /= groups; /* a group is what a half is: a run of channels that the window never leaves */
    float *got = support_floats(y.count);
    for (int run = 0; run < x.shape[0] * groups; run++) {
        size_t first = (size_t)run * shape_size(s.in);
        ref_lrn(got + first, x.values + first, NULL, 1, &s);
    }
    support_compare(name, got, y.values, y.count, TOLERANCE);
    if (oracle_has(name, "gx")) {
        struct tensor gy = oracle_load(name, "gy");
        for (int run = 0; run < x.shape[0] * groups; run++) {
            size_t first = (size_t)run * shape_size(s.in);
            ref_lrn_input_gradient(got + first, NULL, x.values + first, NULL, gy.values + first, 1, &s);
        }
        expect_gradient(name, "gx", got);
        oracle_free(&gy);
    }
    free(got);
    oracle_free(&x), oracle_free(&y);
}

static void rnorm(const char *name) {
    struct tensor x = oracle_load(name, "x"), y = oracle_load(name, "y");
    struct shape_norm s = norm_shape(name, &x);
    float *got = support_floats(y.count);
    ref_rnorm(got, x.values, x.shape[0], &s);
    support_compare(name, got, y.values, y.count, TOLERANCE);
    struct tensor gy = oracle_load(name, "gy");
    ref_rnorm_input_gradient(got, x.values, gy.values, x.shape[0], &s);
    expect_gradient(name, "gx", got);
    free(got);
    oracle_free(&x), oracle_free(&y), oracle_free(&gy);
}

static void pool_gradients(const char *name, const struct tensor *x, const struct shape_pool *s) {
    struct tensor gy = oracle_load(name, "gy");
    float *got = support_floats(x->count);
    if (strncmp(name, "avg", 3) == 0) {
        ref_avgpool_input_gradient(got, gy.values, x->shape[0], s);
        expect_gradient(name, "gx", got);
    } else {
        for (int all_ties = 0; all_ties < 2; all_ties++) {
            ref_maxpool_input_gradient(got, x->values, gy.values, x->shape[0], s, all_ties);
            expect_gradient(name, all_ties ? "gx_allties" : "gx", got);
        }
    }
    free(got);
    oracle_free(&gy);
}

static void pool(const char *name) {
    struct tensor x = oracle_load(name, "x"), y = oracle_load(name, "y");
    struct shape_pool s = {chw(&x), chw(&y), window(name), 0};
    if (oracle_text(name, "count_include_pad")) s.count_include_pad = (int)oracle_number(name, "count_include_pad");
    float *got = support_floats(y.count);
    if (strncmp(name, "avg", 3) == 0) {
        ref_avgpool(got, x.values, x.shape[0], &s);
        support_compare(name, got, y.values, y.count, TOLERANCE);
    } else {
        ref_maxpool(got, x.values, x.shape[0], &s);
        support_same(name, got, y.values, y.count);
    }
    if (oracle_has(name, "gx")) pool_gradients(name, &x, &s);
    free(got);
    oracle_free(&x), oracle_free(&y);
}

static void activation(const char *name, const char *key, enum alexcl_layer_type type) {
    struct tensor x = oracle_load(name, "x"), y = oracle_load(name, key);
    float *got = support_floats(y.count);
    ref_activation(got, x.values, x.count, type);
    support_compare(key, got, y.values, y.count, TOLERANCE);
    free(got);
    oracle_free(&x), oracle_free(&y);
}

static void relu(const char *name) { activation(name, "y", ALEXCL_RELU); }

static void tanh_and_kin(const char *name) {
    activation(name, "y_tanh", ALEXCL_TANH);
    activation(name, "y_sigmoid", ALEXCL_SIGMOID);
    activation(name, "y_lecun", ALEXCL_LECUN_TANH);
}

static void fc(const char *name) {
    struct tensor x = oracle_load(name, "x"), w = oracle_load(name, "w"), b = oracle_load(name, "b"),
                  y = oracle_load(name, "y"), gy = oracle_load(name, "gy");
    float *got = support_floats(y.count), *gx = support_floats(x.count), *gw = support_floats(w.count),
          *gb = support_floats(b.count);
    ref_fc(got, x.values, w.values, b.values, x.shape[0], x.shape[1], y.shape[1]);
    support_compare(name, got, y.values, y.count, TOLERANCE);
    ref_fc_input_gradient(gx, w.values, gy.values, x.shape[0], x.shape[1], y.shape[1]);
    expect_gradient(name, "gx", gx);
    ref_fc_weight_gradient(gw, gb, x.values, gy.values, x.shape[0], x.shape[1], y.shape[1], 0);
    expect_gradient(name, "gw", gw);
    expect_gradient(name, "gb", gb);
    free(got), free(gx), free(gw), free(gb);
    oracle_free(&x), oracle_free(&w), oracle_free(&b), oracle_free(&y), oracle_free(&gy);
}

/* The vectors' gradient is that of the mean cross-entropy, whose own gradient by a probability is -1 / (n p) at the
 * label and 0 elsewhere; where p is 0 in float (softmax_huge) it cannot be given. */
static void softmax_gradient(const char *name, const struct tensor *x, const struct tensor *prob) {
    struct tensor label = oracle_load(name, "label");
    float *got = support_floats(x->count), *gy = support_floats(x->count);
    int units = x->shape[1], finite = 1;
    memset(gy, 0, x->count * sizeof *gy);
    for (int n = 0; n < x->shape[0]; n++) {
        size_t at = (size_t)n * (size_t)units + (size_t)label.values[n];
        gy[at] = (float)(-1.0 / ((double)x->shape[0] * (double)prob->values[at]));
        finite &= isfinite(gy[at]) != 0;
    }
    ref_softmax_input_gradient(got, x->values, gy, x->shape[0], units, 0, units);
    if (finite) expect_gradient(name, "gx", got);
    free(got), free(gy);
    oracle_free(&label);
}

static void softmax(const char *name) {
    struct tensor x = oracle_load(name, "x"), prob = oracle_load(name, "prob");
    float *got = support_floats(prob.count);
    ref_softmax(got, x.values, x.shape[0], x.shape[1], 0, x.shape[1]);
    support_compare(name, got, prob.values, prob.count, TOLERANCE);
    softmax_gradient(name, &x, &prob);
    free(got);
    oracle_free(&x), oracle_free(&prob);
}

static const struct {
    const char *kind;
    void (*check)(const char *name);
} kinds[] = {
    {"conv_", conv}, {"lrn_", lrn},           {"rnorm_", rnorm}, {"pool_", pool},       {"avgpool_", pool},
    {"relu_", relu}, {"tanh_", tanh_and_kin}, {"fc_", fc},       {"softmax_", softmax},
};

START_TEST(golden_vector) {
    const char *name = support_case();
    ck_assert_msg(name != NULL, "set ALEXCL_TEST_CASE to a folder of tests/oracle");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(name, kinds[i].kind, strlen(kinds[i].kind)) != 0) continue;
        kinds[i].check(name);
        return;
    }
    ck_abort_msg("%s: no operator of the reference has such a case", name);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("ref_oracle");
    tcase_add_test(tests, golden_vector);
    return support_run(tests);
}
