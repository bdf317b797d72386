/* SPDX-License-Identifier: MIT */
/* A net as a caller of the library has it: settings as options, of each net its own, and structures of another version
 * of the header. */
#include <math.h>
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
    const struct alexcl_net_options options = {.size = sizeof options, .batch = 3, .settings = settings};
    EXPECT_OK(alexcl_net_open(c->model, c->weights, support_selection(), &options, &net, &err), err);
    return net;
}

static float *scores_of(const struct caller *c, struct alexcl_net *net) {
    float *out = support_floats(IMAGES * shape_size(support_output(net)));
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
    struct alexcl_plan_memory memory = support_memory(narrow, 0);
    ck_assert_uint_lt(memory.weights, support_memory(wide, 0).weights);
    setenv("ALEXCL_WEIGHTS_PRECISION", "half", 1);
    struct alexcl_net *by_environment = open_with(&c, NULL);
    float *of_narrow = scores_of(&c, narrow), *of_wide = scores_of(&c, wide), *of_third = scores_of(&c, by_environment);
    size_t bytes = IMAGES * shape_size(support_output(wide)) * sizeof(float);
    ck_assert(memcmp(of_narrow, of_wide, bytes) != 0 && memcmp(of_narrow, of_third, bytes) == 0);
    unsetenv("ALEXCL_WEIGHTS_PRECISION");
    float *again = scores_of(&c, by_environment);
    ck_assert(memcmp(again, of_third, bytes) == 0);
    ck_assert_uint_eq(support_memory(narrow, 0).weights, memory.weights);
    ck_assert_uint_eq(support_memory(by_environment, 0).weights, memory.weights);
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
    struct alexcl_plan_request request = {
        .size = sizeof request, .places = 1, .selection = support_selection(), .settings = &blas};
    struct alexcl_plan *plan[2];
    EXPECT_OK(alexcl_plan_make(c.model, &request, &plan[0], &err), err);
    request.settings = NULL;
    EXPECT_OK(alexcl_plan_make(c.model, &request, &plan[1], &err), err);
    int device = alexcl_selection_device(support_selection(), 0) != NULL;
    ck_assert_int_eq(plan[0]->memory[0].workspace != plan[1]->memory[0].workspace, device);
    struct alexcl_net *with = open_with(&c, &blas), *without = open_with(&c, NULL);
    setenv("ALEXCL_GEMM", "clblast", 1);
    ck_assert_int_eq(support_memory(with, 0).workspace != support_memory(without, 0).workspace, device);
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
    const struct alexcl_net_options options = {.size = sizeof options, .settings = &bad};
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), ALEXCL_E_USAGE,
                 "ALEXCL_WEIGHTS_PRECISION is \"double\"", err);
    setenv("ALEXCL_TUNE", "often", 1);
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), NULL, &net, &err), ALEXCL_E_USAGE,
                 "ALEXCL_TUNE is \"often\"", err);
    unsetenv("ALEXCL_TUNE");
    free_caller(&c);
}
END_TEST

/* ---- errors ---- */

START_TEST(an_error_says_which_layer_and_place) {
    struct caller c = make_caller("tiny2t");
    struct alexcl_net *net;
    struct alexcl_net_options options = {.size = sizeof options, .batch = 2};
    EXPECT_OK(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), err);
    float *out = support_floats(IMAGES * shape_size(support_output(net)));
    c.images[c.in] = NAN;
    ck_assert_int_eq(alexcl_net_run(net, c.images, IMAGES, out, &err), ALEXCL_E_DATA);
    ck_assert_str_eq(err.layer, "conv1");
    ck_assert(err.place == 0 && err.cl_code == 0);
    err = (struct alexcl_error){0};
    alexcl_net_free(net);
    options.memory = 1 << 10;
    ck_assert_int_eq(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), ALEXCL_E_MEMORY);
    ck_assert(err.place == 0 && !err.layer[0]);
    err = (struct alexcl_error){0};
    struct alexcl_model bad = *c.model;
    struct alexcl_layer rows[40];
    ck_assert_uint_le(bad.layer_count, sizeof rows / sizeof *rows);
    memcpy(rows, bad.layers, bad.layer_count * sizeof *rows);
    rows[0].outputs = -1;
    bad.layers = rows;
    ck_assert_int_eq(alexcl_plan_make(&bad, NULL, &(struct alexcl_plan *){NULL}, &err), ALEXCL_E_USAGE);
    ck_assert_str_eq(err.layer, rows[0].name);
    ck_assert_int_eq(err.place, -1);
    err = (struct alexcl_error){0};
    free(out);
    free_caller(&c);
}
END_TEST

/* ---- programs that were compiled with another header ---- */

static struct alexcl_net *open_model(const struct alexcl_model *model, const struct alexcl_weights *weights,
                                     const void *options) {
    struct alexcl_net *net;
    EXPECT_OK(alexcl_net_open(model, weights, support_selection(), options, &net, &err), err);
    return net;
}

START_TEST(options_of_another_size_are_read) {
    struct caller c = make_caller("tiny2t");
    struct alexcl_net *net;
    struct {
        struct alexcl_net_options known;
        long more;
    } newer = {{.size = sizeof newer, .batch = 2}, 0};
    struct alexcl_net_options older = {
        .size = offsetof(struct alexcl_net_options, memory), .batch = 2, .split = "none"};
    net = open_model(c.model, c.weights, &older);
    ck_assert_int_eq(alexcl_net_batch(net), 2);
    alexcl_net_free(net);
    net = open_model(c.model, c.weights, &newer);
    ck_assert_int_eq(alexcl_net_batch(net), 2);
    newer.more = 1;
    struct alexcl_net *refused;
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), &newer.known, &refused, &err), ALEXCL_E_USAGE,
                 "struct alexcl_net_options: of its", err);
    older.size = 0;
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(), &older, &refused, &err), ALEXCL_E_USAGE,
                 "struct alexcl_net_options: its size is given as 0", err);
    struct alexcl_plan *plan;
    EXPECT_ERROR(alexcl_plan_make(c.model, &(struct alexcl_plan_request){.batch = 2}, &plan, &err), ALEXCL_E_USAGE,
                 "struct alexcl_plan_request: its size is given as 0", err);
    struct alexcl_settings unsized = {.gemm = "own"};
    EXPECT_ERROR(alexcl_net_open(c.model, c.weights, support_selection(),
                                 &(struct alexcl_net_options){.size = sizeof older, .settings = &unsized}, &refused,
                                 &err),
                 ALEXCL_E_USAGE, "struct alexcl_settings: its size is given as 0", err);
    struct alexcl_net_times times = {.size = offsetof(struct alexcl_net_times, device), .device = {-1, -1}};
    EXPECT_OK(alexcl_net_times(net, &times, &err), err);
    ck_assert(times.device[0] < 0 && times.build > -1);
    times.size = 0;
    EXPECT_ERROR(alexcl_net_times(net, &times, &err), ALEXCL_E_USAGE, "struct alexcl_net_times: its size", err);
    alexcl_net_free(net);
    free_caller(&c);
}
END_TEST

/* A model as a program of another version lays it out: every row longer, or shorter, than today's. */
enum { ROWS = 40 };
struct longer_row {
    struct alexcl_layer known;
    long more;
};
struct longer_model {
    struct alexcl_model known;
    long more;
};

/* The same model in the layout of `out`, all of whose rows have `row` bytes. */
static void lay_out(const struct alexcl_model *m, struct longer_model *out, size_t size, char *rows, size_t row) {
    size_t each = row < sizeof(struct alexcl_layer) ? row : sizeof(struct alexcl_layer);
    ck_assert_uint_le(m->layer_count, ROWS);
    memset(rows, 0, m->layer_count * row);
    for (size_t i = 0; i < m->layer_count; i++) memcpy(rows + i * row, alexcl_model_row(m, i), each);
    *out = (struct longer_model){*m, 0};
    out->known.size = size;
    out->known.layers = (const struct alexcl_layer *)(const void *)rows;
    out->known.layer_size = row;
}

static float *scores_of_layout(const struct longer_model *m, const struct caller *c) {
    struct alexcl_weights *w;
    struct alexcl_plan *plan;
    int index = -1;
    EXPECT_OK(alexcl_weights_generate(&m->known, 1, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_plan_make(&m->known, NULL, &plan, &err), err);
    ck_assert_str_eq(plan->layers[1].layer->name, alexcl_model_row(&m->known, 1)->name);
    EXPECT_OK(alexcl_model_layer(&m->known, alexcl_model_row(&m->known, 2)->name, &index, &err), err);
    ck_assert_int_eq(index, 2);
    struct alexcl_net *net = open_model(&m->known, w, NULL);
    float *out = scores_of(c, net);
    alexcl_net_free(net);
    alexcl_plan_free(plan);
    alexcl_weights_free(w);
    return out;
}

START_TEST(a_model_and_rows_of_another_size_are_read) {
    struct caller c = make_caller("lenet5");
    static union {
        struct longer_row rows[ROWS];
        char bytes[ROWS * sizeof(struct longer_row)];
    } longer, shorter;
    struct longer_model m;
    struct alexcl_plan *plan;
    struct alexcl_net *net = open_model(c.model, c.weights, NULL);
    size_t bytes = IMAGES * shape_size(support_output(net)) * sizeof(float);
    float *due = scores_of(&c, net);
    lay_out(c.model, &m, sizeof m, longer.bytes, sizeof(struct longer_row));
    float *got = scores_of_layout(&m, &c);
    ck_assert(memcmp(got, due, bytes) == 0);
    free(got);
    longer.rows[3].more = 1;
    EXPECT_ERROR(alexcl_plan_make(&m.known, NULL, &plan, &err), ALEXCL_E_USAGE, "struct alexcl_layer, row 3: of its",
                 err);
    longer.rows[3].more = 0;
    m.more = 1;
    EXPECT_ERROR(alexcl_plan_make(&m.known, NULL, &plan, &err), ALEXCL_E_USAGE, "struct alexcl_model: of its", err);
    /* without a row's last member, which lenet5 does not use, and a model's */
    lay_out(c.model, &m, offsetof(struct alexcl_model, hidden), shorter.bytes,
            offsetof(struct alexcl_layer, connections));
    got = scores_of_layout(&m, &c);
    ck_assert(memcmp(got, due, bytes) == 0);
    free(got);
    m.known.layer_size = 0;
    EXPECT_ERROR(alexcl_plan_make(&m.known, NULL, &plan, &err), ALEXCL_E_USAGE, "layer_size is 0", err);
    free(due);
    alexcl_net_free(net);
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
    tcase_add_test(tests, an_error_says_which_layer_and_place);
    tcase_add_test(tests, options_of_another_size_are_read);
    tcase_add_test(tests, a_model_and_rows_of_another_size_are_read);
    return support_run(tests);
}
