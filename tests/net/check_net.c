/* SPDX-License-Identifier: MIT */
/* A net as a caller of the library has it: settings as options, of each net its own. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "support.h"

enum { IMAGES = 5 };
static struct alexcl_error err;

struct caller {
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    float *images;
    size_t in, out; /* floats of an image, of its scores */
};

static struct caller make_caller(const char *name) {
    struct caller c;
    EXPECT_OK(alexcl_model_find(name, &c.model, &err), err);
    EXPECT_OK(alexcl_weights_generate(c.model, 1, NULL, NULL, 0, &c.weights, &err), err);
    c.in = (size_t)c.model->channels * (size_t)c.model->height * (size_t)c.model->width;
    c.images = support_random(IMAGES * c.in, "images", 1);
    return c;
}

static void free_caller(struct caller *c) {
    alexcl_weights_free(c->weights);
    free(c->images);
}

static struct alexcl_net *open_with(const struct caller *c, const struct alexcl_settings *settings) {
    struct alexcl_net *net;
    const struct alexcl_net_options options = {.batch = 3, .settings = settings};
    EXPECT_OK(alexcl_net_open(c->model, c->weights, support_selection(), &options, &net, &err), err);
    return net;
}

static float *scores_of(const struct caller *c, struct alexcl_net *net) {
    float *out = support_floats(IMAGES * shape_size(alexcl_net_output(net)));
    EXPECT_OK(alexcl_net_run(net, c->images, IMAGES, out, &err), err);
    return out;
}

/* Two nets of one process, open at once, differ in precision: each has the scores and the memory that it has alone,
 * whatever the environment says by then. */
START_TEST(each_net_keeps_to_its_own_settings) {
    struct caller c = make_caller("lenet5");
    const struct alexcl_settings half = {.size = sizeof half, .weights_precision = "half"},
                                 whole = {.size = sizeof whole, .weights_precision = "float"};
    struct alexcl_net *narrow = open_with(&c, &half), *wide = open_with(&c, &whole);
    struct alexcl_plan_memory memory = alexcl_net_memory(narrow, 0);
    ck_assert_uint_lt(memory.weights, alexcl_net_memory(wide, 0).weights);
    setenv("ALEXCL_WEIGHTS_PRECISION", "half", 1);
    struct alexcl_net *by_environment = open_with(&c, NULL);
    float *of_narrow = scores_of(&c, narrow), *of_wide = scores_of(&c, wide), *of_third = scores_of(&c, by_environment);
    size_t bytes = IMAGES * shape_size(alexcl_net_output(wide)) * sizeof(float);
    ck_assert(memcmp(of_narrow, of_wide, bytes) != 0 && memcmp(of_narrow, of_third, bytes) == 0);
    unsetenv("ALEXCL_WEIGHTS_PRECISION");
    float *again = scores_of(&c, by_environment);
    ck_assert(memcmp(again, of_third, bytes) == 0);
    ck_assert_uint_eq(alexcl_net_memory(narrow, 0).weights, memory.weights);
    ck_assert_uint_eq(alexcl_net_memory(by_environment, 0).weights, memory.weights);
    free(of_narrow), free(of_wide), free(of_third), free(again);
    alexcl_net_free(narrow), alexcl_net_free(wide), alexcl_net_free(by_environment);
    free_caller(&c);
}
END_TEST

/* And in who multiplies: CLBlast's variants want a workspace of their own. They are not run, as their kernels compile
 * for long (oracle_nets_clblast runs them). */
START_TEST(one_net_uses_clblast_and_the_other_does_not) {
    struct caller c = make_caller("tiny2t");
    const struct alexcl_settings blas = {.size = sizeof blas, .gemm = "clblast"};
    struct alexcl_plan_request request = {.places = 1, .selection = support_selection(), .settings = &blas};
    struct alexcl_plan *plan[2];
    EXPECT_OK(alexcl_plan_make(c.model, &request, &plan[0], &err), err);
    request.settings = NULL;
    EXPECT_OK(alexcl_plan_make(c.model, &request, &plan[1], &err), err);
    int device = alexcl_selection_device(support_selection(), 0) != NULL;
    ck_assert_int_eq(plan[0]->memory[0].workspace != plan[1]->memory[0].workspace, device);
    struct alexcl_net *with = open_with(&c, &blas), *without = open_with(&c, NULL);
    setenv("ALEXCL_GEMM", "clblast", 1);
    ck_assert_int_eq(alexcl_net_memory(with, 0).workspace != alexcl_net_memory(without, 0).workspace, device);
    unsetenv("ALEXCL_GEMM");
    alexcl_net_free(with), alexcl_net_free(without);
    alexcl_plan_free(plan[0]), alexcl_plan_free(plan[1]);
    free_caller(&c);
}
END_TEST

START_TEST(a_bad_setting_is_told_where_the_net_is_opened) {
    struct caller c = make_caller("tiny2t");
    struct alexcl_net *net;
    const struct alexcl_settings bad = {.size = sizeof bad, .weights_precision = "double"};
    const struct alexcl_net_options options = {.settings = &bad};
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), ALEXCL_E_USAGE,
                 "ALEXCL_WEIGHTS_PRECISION is \"double\"", err);
    setenv("ALEXCL_TUNE", "often", 1);
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), NULL, &net, &err), ALEXCL_E_USAGE,
                 "ALEXCL_TUNE is \"often\"", err);
    unsetenv("ALEXCL_TUNE");
    free_caller(&c);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("net");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, each_net_keeps_to_its_own_settings);
#ifdef ALEXCL_CLBLAST
    tcase_add_test(tests, one_net_uses_clblast_and_the_other_does_not);
#endif
    tcase_add_test(tests, a_bad_setting_is_told_where_the_net_is_opened);
    return support_run(tests);
}
