/* SPDX-License-Identifier: MIT */
/* A net as a caller of the library has it: settings as options, of each net its own, and structures of another version
 * of the header. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
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
        .size = sizeof request, .targets = 1, .selection = support_selection(), .settings = &blas};
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
    setenv("ALEXCL_TUNE", "off", 1); /* as tests have it: what was measured would be other tests' choice as well */
    free_caller(&c);
}
END_TEST

/* ---- runs that are handed over, progress and cancel ---- */

enum { BATCH = 2 };

struct listener {
    unsigned told, images, asked, stop_at; /* stop_at: the call of `asked` that stops; 0: none */
};

static void listen(void *user, const char *what, unsigned done, unsigned total) {
    struct listener *l = user;
    l->told++;
    l->images += strcmp(what, "images computed") == 0;
    ck_assert(total == 0 || done < total);
}

static int ask(void *user) {
    struct listener *l = user;
    return ++l->asked == l->stop_at;
}

static int open_listening(const struct caller *c, struct listener *l, const char *devices, struct alexcl_net **net) {
    struct alexcl_selection *sel;
    const struct alexcl_net_options options = {
        .size = sizeof options, .batch = BATCH, .progress = listen, .cancel = ask, .user = l};
    EXPECT_OK(alexcl_selection_open(devices, &sel, &err), err);
    int status = alexcl_net_open(c->model, c->weights, sel, &options, net, &err);
    alexcl_selection_free(sel);
    return status;
}

static const char *two(void) { return strcmp(support_implementation(), "ref") == 0 ? "ref,ref" : "0/2"; }

START_TEST(a_cancelled_run_leaves_the_net_usable) {
    struct caller c = make_caller("tiny2t");
    const char *const targets[] = {strcmp(support_implementation(), "ref") == 0 ? "ref" : "0", two()};
    for (int p = 0; p < 2; p++) {
        struct listener l = {0};
        struct alexcl_net *net;
        uint64_t tickets[2];
        EXPECT_OK(open_listening(&c, &l, targets[p], &net), err);
        ck_assert(l.told > 0 && l.images == 0 && l.asked > 0);
        size_t values = IMAGES * shape_size(support_output(net));
        float *due = scores_of(&c, net), *got = support_floats(values), *second = support_floats(values);
        ck_assert_uint_eq(l.images, 3);
        l.asked = 0;
        float *again = scores_of(&c, net);
        unsigned asked = l.asked; /* in a run */
        ck_assert(asked > 6 && memcmp(again, due, values * sizeof *due) == 0);
        /* Stopped at each point in turn, with another run behind it, whose first batch may be copied by then. */
        unsigned times = settings_environment("ALEXCL_TEST_FEW") ? 3 : 12;
        for (unsigned at = 1; at <= asked; at += asked / times + 1) {
            l.asked = 0;
            l.stop_at = at;
            EXPECT_OK(alexcl_net_submit(net, c.images, IMAGES, got, &tickets[0], &err), err);
            EXPECT_OK(alexcl_net_submit(net, c.images, IMAGES, second, &tickets[1], &err), err);
            int first = alexcl_net_wait(net, tickets[0], &err);
            ck_assert_msg(first == ALEXCL_E_INTERRUPTED, "stopped at %u of %u: %d %s", at, asked, first, err.text);
            err = (struct alexcl_error){0};
            EXPECT_OK(alexcl_net_wait(net, tickets[1], &err), err);
            ck_assert_msg(memcmp(second, due, values * sizeof *due) == 0, "behind a run that was stopped at %u", at);
        }
        /* What was copied for a run that was stopped before its second batch is not taken for another one's. */
        float *other = support_random(IMAGES * c.in, "others", 1), *theirs = support_floats(values);
        size_t behind = BATCH * c.in, left = IMAGES - BATCH;
        l.stop_at = 0;
        EXPECT_OK(alexcl_net_run(net, other + behind, left, theirs, &err), err);
        l = (struct listener){.stop_at = asked / 3 + 1};
        EXPECT_ERROR(alexcl_net_run(net, c.images, IMAGES, got, &err), ALEXCL_E_INTERRUPTED, "stopped", err);
        ck_assert_uint_eq(l.images, 1);
        l.stop_at = 0;
        memcpy(c.images, other, IMAGES * c.in * sizeof *other);
        EXPECT_OK(alexcl_net_run(net, c.images + behind, left, got, &err), err);
        ck_assert(memcmp(got, theirs, left * shape_size(support_output(net)) * sizeof *got) == 0);
        free(due), free(got), free(second), free(again), free(other), free(theirs);
        alexcl_net_free(net);
        free_caller(&c);
        c = make_caller("tiny2t");
    }
    free_caller(&c);
}
END_TEST

START_TEST(opening_can_be_cancelled_at_any_step) {
    struct caller c = make_caller("tiny2t");
    struct listener l = {0};
    struct alexcl_net *net = NULL;
    EXPECT_OK(open_listening(&c, &l, two(), &net), err);
    alexcl_net_free(net);
    unsigned steps = l.asked;
    ck_assert_uint_gt(steps, 10);
    for (unsigned at = 1; at <= steps; at += 5) {
        l = (struct listener){.stop_at = at};
        EXPECT_ERROR(open_listening(&c, &l, two(), &net), ALEXCL_E_INTERRUPTED, "stopped by the caller", err);
    }
    free_caller(&c);
}
END_TEST

/* A caller's text that is gone once a call has returned. */
static char *text_of(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    ck_assert_ptr_nonnull(copy);
    return strcpy(copy, text);
}

static void forget(char *text) {
    memset(text, '?', strlen(text));
    free(text);
}

/* Weights, selection, options, settings and their texts are needed until the net is open, and no longer. */
START_TEST(what_a_net_was_opened_with_may_go) {
    struct caller c = make_caller("tiny2t");
    char *last = text_of("fc8"), *precision = text_of("half"), *folder = text_of(getenv("ALEXCL_CACHE_DIR")),
         *devices = text_of(two());
    struct alexcl_settings settings = {.size = sizeof settings, .weights_precision = precision, .cache_folder = folder};
    struct alexcl_net_options options = {.size = sizeof options, .batch = 3, .last_layer = last, .settings = &settings};
    struct alexcl_selection *selection;
    struct alexcl_net *net, *due;
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    EXPECT_OK(alexcl_net_open(c.model, c.weights, selection, &options, &due, &err), err);
    float *of_due = scores_of(&c, due);
    EXPECT_OK(alexcl_net_open(c.model, c.weights, selection, &options, &net, &err), err);
    forget(last), forget(precision), forget(folder), forget(devices);
    memset(&options, -1, sizeof options), memset(&settings, -1, sizeof settings);
    alexcl_selection_free(selection);
    alexcl_weights_free(c.weights);
    c.weights = NULL;
    EXPECT_OK(alexcl_net_record(net, 1, &err), err);
    float *got = scores_of(&c, net);
    ck_assert(memcmp(got, of_due, IMAGES * shape_size(support_output(net)) * sizeof *got) == 0);
    const struct alexcl_work_span *spans;
    ck_assert_uint_gt(alexcl_net_recorded(net, 0, &spans), 0);
    ck_assert_uint_eq(support_memory(net, 0).total, support_memory(due, 0).total);
    free(of_due), free(got);
    alexcl_net_free(net), alexcl_net_free(due);
    free_caller(&c);
}
END_TEST

/* Two nets in two threads, from the same weights and selection, each with two runs in flight. */
struct threaded {
    const struct caller *c;
    const struct alexcl_settings *settings;
    float *out[2];
    int status;
    const char *build_info;
    int unlike; /* times that it was another */
};

static void *run_in_thread(void *user) {
    struct threaded *t = user;
    const struct alexcl_net_options options = {.size = sizeof options, .batch = 2, .settings = t->settings};
    struct alexcl_error why = {0};
    struct alexcl_net *net = NULL;
    uint64_t tickets[2];
    for (int i = 0; i < 500; i++) t->unlike += strcmp(alexcl_build_info(), t->build_info) != 0;
    t->status = alexcl_net_open(t->c->model, t->c->weights, support_selection(), &options, &net, &why);
    for (int i = 0; i < 2 && t->status == ALEXCL_OK; i++)
        t->status = alexcl_net_submit(net, t->c->images, IMAGES, t->out[i], &tickets[i], &why);
    for (int i = 0; i < 2 && t->status == ALEXCL_OK; i++) t->status = alexcl_net_wait(net, tickets[i], &why);
    alexcl_net_free(net);
    return NULL;
}

START_TEST(two_nets_run_in_two_threads) {
    struct caller c = make_caller("lenet5");
    const struct alexcl_settings settings[2] = {{.size = sizeof settings[0], .weights_precision = "float"},
                                                {.size = sizeof settings[0], .weights_precision = "half"}};
    struct threaded t[2];
    pthread_t threads[2];
    size_t values = 0;
    char build_info[5000];
    snprintf(build_info, sizeof build_info, "%s", alexcl_build_info());
    for (int i = 0; i < 2; i++) {
        struct alexcl_net *net = open_with(&c, &settings[i]);
        values = IMAGES * shape_size(support_output(net));
        t[i] = (struct threaded){&c, &settings[i], {support_floats(values), support_floats(values)}, 0, build_info, 0};
        alexcl_net_free(net);
    }
    for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, run_in_thread, &t[i]), 0);
    for (int i = 0; i < 2; i++) ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++) {
        struct alexcl_net *net = open_with(&c, &settings[i]);
        float *due = scores_of(&c, net);
        ck_assert_int_eq(t[i].status, ALEXCL_OK);
        ck_assert_int_eq(t[i].unlike, 0);
        support_compare("in a thread", t[i].out[0], due, values, 1e-5);
        ck_assert(memcmp(t[i].out[0], t[i].out[1], values * sizeof *due) == 0);
        free(due), free(t[i].out[0]), free(t[i].out[1]);
        alexcl_net_free(net);
    }
    free_caller(&c);
}
END_TEST

/* ---- errors ---- */

START_TEST(an_error_says_which_layer_and_target) {
    struct caller c = make_caller("tiny2t");
    struct alexcl_net *net;
    struct alexcl_net_options options = {.size = sizeof options, .batch = 2};
    EXPECT_OK(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), err);
    float *out = support_floats(IMAGES * shape_size(support_output(net)));
    c.images[c.in] = NAN;
    ck_assert_int_eq(alexcl_net_run(net, c.images, IMAGES, out, &err), ALEXCL_E_DATA);
    ck_assert_str_eq(err.layer, "conv1");
    ck_assert(err.target == 0 && err.cl_code == 0);
    err = (struct alexcl_error){0};
    alexcl_net_free(net);
    options.memory = 1 << 10;
    ck_assert_int_eq(alexcl_net_open(c.model, c.weights, support_selection(), &options, &net, &err), ALEXCL_E_MEMORY);
    ck_assert(err.target == 0 && !err.layer[0]);
    err = (struct alexcl_error){0};
    struct alexcl_model bad = *c.model;
    struct alexcl_layer rows[40];
    ck_assert_uint_le(bad.layer_count, sizeof rows / sizeof *rows);
    memcpy(rows, bad.layers, bad.layer_count * sizeof *rows);
    rows[0].outputs = -1;
    bad.layers = rows;
    ck_assert_int_eq(alexcl_plan_make(&bad, NULL, &(struct alexcl_plan *){NULL}, &err), ALEXCL_E_USAGE);
    ck_assert_str_eq(err.layer, rows[0].name);
    ck_assert_int_eq(err.target, -1);
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
    struct alexcl_peak peak = {.size = offsetof(struct alexcl_peak, bytes), .flops = {-1, -1}, .bytes = {-1, -1}};
    EXPECT_OK(alexcl_net_peak(net, &peak, &err), err);
    ck_assert(peak.flops[0] >= 0 && peak.bytes[0] < 0);
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
    lay_out(c.model, &m, offsetof(struct alexcl_model, aliases), shorter.bytes,
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
    tcase_add_test(tests, what_a_net_was_opened_with_may_go);
#ifdef ALEXCL_CLBLAST
    tcase_add_test(tests, one_net_uses_clblast_and_the_other_does_not);
#endif
    tcase_add_test(tests, a_bad_setting_is_told_where_the_net_is_opened);
    tcase_add_test(tests, a_cancelled_run_leaves_the_net_usable);
    tcase_add_test(tests, opening_can_be_cancelled_at_any_step);
    tcase_add_test(tests, two_nets_run_in_two_threads);
    tcase_add_test(tests, an_error_says_which_layer_and_target);
    tcase_add_test(tests, options_of_another_size_are_read);
    tcase_add_test(tests, a_model_and_rows_of_another_size_are_read);
    return support_run(tests);
}
