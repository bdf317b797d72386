/* SPDX-License-Identifier: MIT */
/* What is shared is counted once: by two targets on one CPU or card, and by the host with those that compute in its
 * memory. */
#include "fit.h"

#include <string.h>

#include "support.h"

static struct alexcl_error err;
static struct target none = {NULL};

/* Two targets, or one, on which a net's halves are; what is shared is up to the test. */
static struct fit fit_of(const struct graph *g, const struct split *split, int on_host) {
    struct fit f = {.split = split, .count = split->targets, .host_memory = UINT64_MAX};
    for (size_t i = 0; i < f.count; i++)
        f.targets[i] = (struct fit_target){
            .graph = g, .target = &none, .halves = split_halves(split, i), .on_host = on_host, .pinned = !on_host};
    return f;
}

/* The least memory, with the tenth that is left free, for `bytes`. */
static uint64_t enough(uint64_t bytes) { return (bytes * 10 + 8) / 9 + 10; }

static int max_images(const struct fit *f, int wanted) {
    const int plenty[2] = {wanted, wanted};
    int images = 0, capacity[2];
    EXPECT_OK(fit_batch(f, wanted, plenty, &images, capacity, &err), err);
    return images;
}

static struct graph *graph_of(const char *name) {
    const struct alexcl_model *model;
    struct graph *g;
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, 1, &g, &err), err);
    return g;
}

static void each_split(void (*check)(const struct graph *g, const struct split *s)) {
    static const char *const splits[] = {NULL, "auto", "3:1"};
    struct graph *g = graph_of("alexnet");
    struct split s;
    EXPECT_OK(split_read(NULL, 1, &s, &err), err);
    check(g, &s);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        EXPECT_OK(split_read(splits[i], 2, &s, &err), err);
        check(g, &s);
    }
    graph_free(g);
}

/* What a batch takes: devices, host. */
static void expect_host(const struct graph *g, const struct split *s) {
    enum { IMAGES = 20, WANTED = 100 };
    struct fit f = fit_of(g, s, 1);
    const int plenty[2] = {WANTED, WANTED};
    int capacity[2] = {0, 0};
    f.caller_fixed = 5000000;
    f.caller_image = 300000;
    int images = split_batch(s, IMAGES, plenty, capacity);
    uint64_t due = f.caller_fixed + (uint64_t)images * (f.caller_image + sizeof(float) * (3 * 224 * 224 + 1000));
    for (size_t i = 0; i < f.count; i++)
        due += graph_memory(g, f.targets[i].halves, &none, capacity[i]).total +
               fit_target_host(&f.targets[i], capacity[i]);
    ck_assert_uint_eq(fit_on_host(&f, images, capacity), due);
    ck_assert_uint_lt(fit_host(&f, images, capacity), due);
    /* So much and a tenth, and the batch fits; a little less, and it is cut. */
    f.host_memory = enough(due);
    ck_assert_int_ge(max_images(&f, WANTED), images);
    ck_assert_int_eq(max_images(&f, images), images);
    f.host_memory = due + due / 10 - due / 50;
    ck_assert_int_lt(max_images(&f, images), images);
    f.host_memory = 10000000; /* not even one */
    EXPECT_ERROR(fit_batch(&f, IMAGES, plenty, &images, capacity, &err), ALEXCL_E_MEMORY, "one image needs", err);
    ck_assert_int_eq(error_exit_code(ALEXCL_E_MEMORY), 5);
}

START_TEST(host_and_devices_in_it_are_one_sum) { each_split(expect_host); }
END_TEST

/* Two targets on one card, through two drivers or in two parts: their sum must fit, not each. */
static void expect_card(const struct graph *g, const struct split *s) {
    enum { IMAGES = 40 };
    const int plenty[2] = {IMAGES, IMAGES};
    int capacity[2] = {0, 0}, images = split_batch(s, IMAGES, plenty, capacity);
    struct fit f = fit_of(g, s, 0);
    if (f.count == 1) return;
    ck_assert_uint_eq(fit_on_host(&f, images, capacity), 0);
    uint64_t due = 0;
    for (size_t i = 0; i < 2; i++) due += graph_memory(g, f.targets[i].halves, &none, capacity[i]).total;
    f.shared = enough(due);
    ck_assert_int_eq(max_images(&f, images), images);
    f.shared = due;
    ck_assert_int_lt(max_images(&f, images), images);
    ck_assert_int_gt(max_images(&f, images), 0);
    f.shared = 1000000;
    EXPECT_ERROR(fit_batch(&f, IMAGES, plenty, &images, capacity, &err), ALEXCL_E_MEMORY, "both devices", err);
}

START_TEST(a_card_that_is_chosen_twice_is_one) { each_split(expect_card); }
END_TEST

/* The reference has the machine's memory, not all that can be counted. */
START_TEST(the_reference_is_bounded) {
    const struct alexcl_model *model;
    struct alexcl_selection *ref;
    struct alexcl_plan *plan;
    EXPECT_OK(alexcl_model_find("alexnet", &model, &err), err);
    EXPECT_OK(alexcl_selection_open("ref", &ref, &err), err);
    EXPECT_OK(alexcl_plan_make(
                  model,
                  &(struct alexcl_plan_request){
                      .size = sizeof(struct alexcl_plan_request), .targets = 1, .batch = 1000000, .selection = ref},
                  &plan, &err),
              err);
    ck_assert(plan->chunk < plan->batch && plan->on_host == plan->memory[0].total + plan->host);
    alexcl_plan_free(plan);
    alexcl_selection_free(ref);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fit");
    tcase_add_test(tests, host_and_devices_in_it_are_one_sum);
    tcase_add_test(tests, a_card_that_is_chosen_twice_is_one);
    tcase_add_test(tests, the_reference_is_bounded);
    return support_run(tests);
}
