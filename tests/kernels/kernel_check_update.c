/* SPDX-License-Identifier: MIT */
#include "kernel_check_update.h"

#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"

enum { TENSORS = 2 + UPDATE_STATES }; /* weights, gradient, states */

static struct alexcl_error err;
static const struct update_factors factors = {0.3f, 0.1f, 0.9f, {0.2f, 0.4f}, 0.05f};

/* Steps on values from first on, one for each of the `parts` counts. */
static void update_on(struct target *target, enum update_form form, float *const x[TENSORS], size_t floats,
                      size_t first, const size_t *counts, int parts) {
    struct storage tensors[TENSORS];
    struct update *u;
    for (int t = 0; t < TENSORS; t++) {
        EXPECT_OK(storage_create(target, floats, "a test", &tensors[t], &err), err);
        EXPECT_OK(storage_write(&tensors[t], 0, x[t], floats, &err), err);
    }
    EXPECT_OK(update_create(target, form, &u, &err), err);
    for (int i = 0; i < parts; first += counts[i++])
        EXPECT_OK(update_run(u, "update", &tensors[0], &tensors[1], tensors + 2, first, counts[i], &factors, &err),
                  err);
    for (int t = 0; t < TENSORS; t++) EXPECT_OK(storage_read(&tensors[t], 0, x[t], floats, &err), err);
    if (target->device) EXPECT_OK(buffer_check_guards(target->device, &err), err);
    update_free(u);
    for (int t = 0; t < TENSORS; t++) storage_free(&tensors[t]);
}

static void update_size(enum update_form form, size_t first, size_t count, size_t behind) {
    static const char *const names[TENSORS] = {"w", "g", "m", "v"};
    struct target host = {NULL};
    size_t floats = first + count + behind, cut[] = {count / 3, count - count / 3};
    float *got[TENSORS], *parts[TENSORS], *due[TENSORS];
    for (int t = 0; t < TENSORS; t++) {
        got[t] = support_random(floats, names[t], 1);
        for (size_t i = 0; t == TENSORS - 1 && i < floats; i++) got[t][i] *= got[t][i]; /* a mean of squares */
        due[t] = support_floats(floats);
        parts[t] = support_floats(floats);
        memcpy(due[t], got[t], floats * sizeof **got);
        memcpy(parts[t], got[t], floats * sizeof **got);
    }
    update_on(support_target(), form, got, floats, first, &count, 1);
    update_on(support_target(), form, parts, floats, first, cut, 2);
    update_on(&host, form, due, floats, first, &count, 1);
    for (int t = 0; t < TENSORS; t++) {
        support_compare(names[t], got[t] + first, due[t] + first, count, KERNEL_CHECK_TOLERANCE);
        ck_assert_mem_eq(got[t], due[t], first * sizeof **got);
        ck_assert_mem_eq(got[t] + first + count, due[t] + first + count, behind * sizeof **got);
        ck_assert_mem_eq(got[t], parts[t], floats * sizeof **got);
        free(got[t]), free(due[t]), free(parts[t]);
    }
}

void kernel_check_update(enum update_form form) {
    static const size_t sizes[][3] = {{0, 1, 0}, {0, 64, 0}, {3, 61, 5}, {1, 129, 64}, {65, 600, 300}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) update_size(form, sizes[i][0], sizes[i][1], sizes[i][2]);
}

/* The learning rate of step `t`: one number for all, or a list. */
static double golden_rate(const char *dir, int t) {
    const char *text = oracle_text(dir, "lr");
    ck_assert_ptr_nonnull(text);
    if (*text != '[') return strtod(text, NULL);
    for (text++; t > 0; t--) {
        text = strchr(text, ',');
        ck_assert_ptr_nonnull(text);
        text++;
    }
    return strtod(text, NULL);
}

static void golden_tensor(struct storage *s, const char *dir, const char *key, int t, float sign) {
    struct tensor want = oracle_load(dir, key);
    float *got = support_floats(s->floats);
    EXPECT_OK(storage_read(s, 0, got, s->floats, &err), err);
    for (size_t i = 0; i < s->floats; i++) got[i] *= sign;
    support_compare(key, got, want.values + (size_t)t * s->floats, s->floats, KERNEL_CHECK_TOLERANCE);
    free(got);
    oracle_free(&want);
}

void kernel_check_golden_update(const char *name, const char *dir, const char *key,
                                const char *const states[UPDATE_STATES], float sign) {
    struct target *target = support_target();
    struct tensor w0 = oracle_load(dir, "w0"), gradient = oracle_load(dir, "g");
    struct optimizer_options options;
    struct optimizer *o;
    struct storage w, g, state[UPDATE_STATES];
    EXPECT_OK(optimizer_find(name, &options, &err), err);
    EXPECT_OK(optimizer_create(target, &options, &o, &err), err);
    EXPECT_OK(optimizer_create_states(o, w0.count, "w", state, &err), err);
    EXPECT_OK(storage_create(target, w0.count, "w", &w, &err), err);
    EXPECT_OK(storage_create(target, w0.count, "g", &g, &err), err);
    EXPECT_OK(storage_write(&w, 0, w0.values, w0.count, &err), err);
    double decay = oracle_text(dir, "decay") ? oracle_number(dir, "decay") : 0;
    for (int t = 0; t < gradient.shape[0]; t++) {
        const struct optimizer_step step = {(uint64_t)t + 1, golden_rate(dir, t), decay};
        EXPECT_OK(storage_write(&g, 0, gradient.values + (size_t)t * w0.count, w0.count, &err), err);
        EXPECT_OK(optimizer_update(o, "w", &w, &g, state, &step, &err), err);
        golden_tensor(&w, dir, key, t, 1);
        for (int i = 0; i < UPDATE_STATES && states[i]; i++) golden_tensor(&state[i], dir, states[i], t, sign);
    }
    optimizer_free(o);
    optimizer_free_states(state);
    storage_free(&w), storage_free(&g);
    oracle_free(&w0), oracle_free(&gradient);
}
