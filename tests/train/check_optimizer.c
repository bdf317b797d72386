/* SPDX-License-Identifier: MIT */
/* Optimisers against what Keras and PyTorch do, where they differ. Golden vectors: tests/kernels/check_sgd.c and
 * check_adam.c. */
#include "optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct alexcl_error err;

/* One weight, with its optimiser. */
struct one {
    struct optimizer *optimizer;
    struct storage w, g, states[UPDATE_STATES];
    uint64_t steps;
};

static struct one start(const char *name, float weight) {
    struct one one = {0};
    struct optimizer_options options;
    EXPECT_OK(optimizer_find(name, &options, &err), err);
    EXPECT_OK(optimizer_create(support_target(), &options, &one.optimizer, &err), err);
    EXPECT_OK(optimizer_create_states(one.optimizer, 1, "w", one.states, &err), err);
    EXPECT_OK(storage_create(support_target(), 1, "w", &one.w, &err), err);
    EXPECT_OK(storage_create(support_target(), 1, "g", &one.g, &err), err);
    EXPECT_OK(storage_write(&one.w, 0, &weight, 1, &err), err);
    return one;
}

/* The weight behind a step. */
static float step(struct one *one, float gradient, double rate, double decay) {
    const struct optimizer_step s = {++one->steps, rate, decay};
    float weight;
    EXPECT_OK(storage_write(&one->g, 0, &gradient, 1, &err), err);
    EXPECT_OK(optimizer_update(one->optimizer, "w", &one->w, &one->g, one->states, &s, &err), err);
    EXPECT_OK(storage_read(&one->w, 0, &weight, 1, &err), err);
    return weight;
}

static void end(struct one *one) {
    optimizer_free(one->optimizer);
    optimizer_free_states(one->states);
    storage_free(&one->w), storage_free(&one->g);
}

static float first_step(const char *name, float gradient) {
    struct one one = start(name, 0);
    float weight = step(&one, gradient, 0.001, 0);
    end(&one);
    return weight;
}

/* As Keras 3 and PyTorch print them, to five digits. In Keras the powers of beta are float; with double ones the first
 * would be -9.6935e-4. */
START_TEST(first_step_of_adam) {
    ck_assert_float_eq_tol(first_step("adam", 1e-4f), -9.69340e-4f, 3e-9f);
    ck_assert_float_eq_tol(first_step("adam-torch", 1e-4f), -9.9990e-4f, 5e-9f);
    ck_assert_float_eq_tol(first_step("adam", 1e-8f), -3.15e-6f, 5e-9f);
    ck_assert_float_eq_tol(first_step("adam-torch", 1e-8f), -5.0e-4f, 5e-8f);
}
END_TEST

/* torch.optim.Adam as its documentation writes it, in double. */
START_TEST(adam_of_pytorch) {
    static const double gradients[] = {0.3, -0.2, 1e-7, 0.05, 0, -2};
    struct one one = start("adam-torch", 0.5f);
    double w = 0.5, m = 0, v = 0;
    for (int t = 1; t <= 6; t++) {
        double g = gradients[t - 1] + 0.1 * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= 0.01 * (m / (1 - pow(0.9, t))) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
        ck_assert_float_eq_tol(step(&one, (float)gradients[t - 1], 0.01, 0.1), (float)w, 1e-6f);
    }
    end(&one);
}
END_TEST

/* Keras's weight_decay acts on the weight, before the step, and not through the gradient. */
START_TEST(decay_of_keras_stands_by_itself) {
    struct one one = start("adam", 2);
    ck_assert_float_eq_tol(step(&one, 0, 0.01, 0.1), 2 - 2 * 0.001f, 1e-6f);
    ck_assert_float_eq_tol(step(&one, 0, 0.01, 0.1), 1.998f * 0.999f, 1e-6f);
    end(&one);
}
END_TEST

/* A tenth of the rate: PyTorch's velocity has no rate in it, the others keep the old one. */
START_TEST(what_a_smaller_rate_does) {
    static const struct {
        const char *name;
        float due[4];
    } forms[] = {{"sgd", {0.3786f, 0.3507f, 0.3256f, 0.3031f}},
                 {"sgd-caffe", {0.3786f, 0.3507f, 0.3256f, 0.3031f}},
                 {"sgd-torch", {0.0469f, 0.0522f, 0.0570f, 0.0613f}}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct one one = start(forms[i].name, 0);
        float before = 0;
        for (int t = 0; t < 5; t++) before = step(&one, 1, 0.1, 0);
        for (int t = 0; t < 4; t++) {
            float behind = step(&one, 1, 0.01, 0);
            ck_assert_msg(fabsf(before - behind - forms[i].due[t]) < 6e-5f, "%s, step %d: %g", forms[i].name, t,
                          (double)(before - behind));
            before = behind;
        }
        end(&one);
    }
}
END_TEST

/* New memory of a tested build is full of NaN. */
START_TEST(states_begin_at_zero) {
    enum { FLOATS = (1 << 14) + 77 }; /* more than is written at once */
    struct optimizer_options options;
    struct optimizer *o;
    struct storage states[UPDATE_STATES];
    float *got = support_floats(FLOATS);
    EXPECT_OK(optimizer_find("adam", &options, &err), err);
    EXPECT_OK(optimizer_create(support_target(), &options, &o, &err), err);
    EXPECT_OK(optimizer_create_states(o, FLOATS, "w", states, &err), err);
    for (int i = 0; i < UPDATE_STATES; i++) {
        EXPECT_OK(storage_read(&states[i], 0, got, FLOATS, &err), err);
        for (size_t k = 0; k < FLOATS; k++) ck_assert_float_eq(got[k], 0);
    }
    optimizer_free_states(states);
    optimizer_free(o);
    free(got);
}
END_TEST

START_TEST(options_are_checked) {
    struct optimizer_options options;
    struct optimizer *o;
    for (int form = 0; form < UPDATE_FORMS; form++) {
        EXPECT_OK(optimizer_find(optimizer_name((enum update_form)form), &options, &err), err);
        ck_assert_int_eq((int)options.form, form);
    }
    EXPECT_ERROR(optimizer_find("adamw", &options, &err), ALEXCL_E_USAGE, "did you mean adam?; there are sgd, ", err);
    for (int i = 0; i < 4; i++) {
        EXPECT_OK(optimizer_find("sgd", &options, &err), err);
        double *const fields[] = {&options.momentum, &options.beta[0], &options.beta[1], &options.epsilon};
        static const char *const parts[] = {"momentum is 1", "beta 1 is -0.5", "beta 2 is nan", "epsilon is 0"};
        static const double values[] = {1, -0.5, NAN, 0};
        *fields[i] = values[i];
        EXPECT_ERROR(optimizer_create(support_target(), &options, &o, &err), ALEXCL_E_USAGE, parts[i], err);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("optimizer");
    tcase_add_test(tests, first_step_of_adam);
    tcase_add_test(tests, adam_of_pytorch);
    tcase_add_test(tests, decay_of_keras_stands_by_itself);
    tcase_add_test(tests, what_a_smaller_rate_does);
    tcase_add_test(tests, states_begin_at_zero);
    tcase_add_test(tests, options_are_checked);
    return support_run(tests);
}
