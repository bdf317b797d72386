/* SPDX-License-Identifier: MIT */
/* What is made of the spans of a recording: medians over batches, by layer, half and target, and when nothing ran. The
 * net is played here: these functions take the place of the library's. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "support.h"

struct alexcl_net {
    int runs, recording, workers, chunk;
    struct alexcl_work_span spans[2][256];
    size_t count[2];
    uint64_t submitted, waited;
    const float *in;
    size_t images;
    float *out;
};
static struct alexcl_net net;
static struct alexcl_error err;

void alexcl_net_output(const struct alexcl_net *n, struct alexcl_shape *out) {
    (void)n;
    *out = (struct alexcl_shape){10, 1, 1};
}
int alexcl_net_batch(const struct alexcl_net *n) { return n->chunk; }
int alexcl_net_times(const struct alexcl_net *n, struct alexcl_net_times *out, struct alexcl_error *e) {
    (void)n;
    (void)e;
    *out = (struct alexcl_net_times){.size = sizeof *out, .events = 1};
    return ALEXCL_OK;
}
int alexcl_net_record(struct alexcl_net *n, int on, struct alexcl_error *e) {
    (void)e;
    n->recording = on;
    return ALEXCL_OK;
}
size_t alexcl_net_recorded(const struct alexcl_net *n, size_t target, const struct alexcl_work_span **out) {
    *out = n->spans[target];
    return n->count[target];
}
int alexcl_net_peak(struct alexcl_net *n, struct alexcl_peak *out, struct alexcl_error *e) {
    (void)e;
    for (int p = 0; p < n->workers; p++) {
        out->flops[p] = 100e9;
        out->bytes[p] = 10e9;
    }
    return ALEXCL_OK;
}

static void span(int target, enum alexcl_work work, const char *layer, int half, int run, double start, double ms) {
    net.spans[target][net.count[target]++] = (struct alexcl_work_span){
        work, layer, target, half, run, 0, 1, 1, start * 1e-3, (start + ms) * 1e-3, ms * 1e-3};
}

/* Half 0 of conv1 takes 1, 2, 3 ms .. in the recorded runs, half 1 twice that; a copy runs beside them for half a
 * millisecond longer. */
int alexcl_net_run(struct alexcl_net *n, const float *in, size_t images, float *out, struct alexcl_error *e) {
    (void)in;
    (void)out;
    (void)images;
    (void)e;
    int run = n->runs++;
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL); /* longer than what is said to run in it */
    if (!n->recording) return ALEXCL_OK;
    run -= 2; /* of warm-up */
    double at = 100.0 * run, ms = run + 1;
    int other = n->workers - 1;
    span(0, ALEXCL_WORK_LAYER, "conv1", 0, run, at, ms);
    span(other, ALEXCL_WORK_LAYER, "conv1", 1, run, other ? at : at + ms, 2 * ms);
    span(0, ALEXCL_WORK_TRANSFER, "input", -1, run, at, ms + 0.5);
    span(0, ALEXCL_WORK_JOIN, "conv3", -1, run, at + 15, 0.25);
    span(0, ALEXCL_WORK_WAIT, "conv3", 0, run, at, 7);
    span(0, ALEXCL_WORK_WAIT, "output", 0, run, at, 9);
    return ALEXCL_OK;
}

int alexcl_net_submit(struct alexcl_net *n, const float *in, size_t images, float *out, uint64_t *ticket,
                      struct alexcl_error *e) {
    (void)e;
    *ticket = ++n->submitted;
    n->in = in;
    n->images = images;
    n->out = out;
    return ALEXCL_OK;
}
int alexcl_net_wait(struct alexcl_net *n, uint64_t ticket, struct alexcl_error *e) {
    ck_assert_uint_eq(ticket, ++n->waited);
    ck_assert_uint_le(n->submitted, ticket + 1); /* two at once */
    return alexcl_net_run(n, n->in, n->images, n->out, e);
}

static struct measured measure_split(int workers, const char *split, int batch, int chunk, int repeat) {
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    struct measured m = {.warm_up = 2, .repeat = repeat};
    float *in = support_random((size_t)3 * 99 * 99, "measure", 1);
    net = (struct alexcl_net){.workers = workers, .chunk = chunk};
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request),
                                                             .batch = batch,
                                                             .targets = (size_t)workers,
                                                             .split = split},
                               &plan, &err),
              err);
    EXPECT_OK(measure_run(&net, plan, in, 1, &m, &err), err);
    ck_assert_int_eq(net.runs, 2 + repeat);
    double macs = (double)plan->macs;
    ck_assert_double_eq_tol(m.flops, 2 * macs * batch, 1);
    ck_assert_double_eq_tol(m.images_per_s * m.median, batch, 1e-9);
    ck_assert(m.minimum <= m.median && m.median <= m.maximum && m.minimum == m.walls[0]);
    ck_assert_str_eq(m.layers[0].layer->layer->name, "conv1");
    m.layers[0].layer = NULL; /* the plan's */
    alexcl_plan_free(plan);
    free(in);
    return m;
}

static struct measured measure(int workers, int batch, int chunk, int repeat) {
    return measure_split(workers, NULL, batch, chunk, repeat);
}

START_TEST(one_target) {
    struct measured m = measure(1, 4, 4, 4); /* 1, 2, 3, 4 ms: the median is 2.5 */
    const struct layer_time *l = &m.layers[0];
    ck_assert_double_eq_tol(l->seconds[0], 2.5e-3, 1e-12);
    ck_assert_double_eq_tol(l->seconds[1], 5e-3, 1e-12);
    ck_assert(l->commands[0] == 1 && l->commands[1] == 1 && m.layers[1].commands[0] == 0);
    ck_assert_double_eq_tol(measure_layer_rate(l), (l->flops[0] + l->flops[1]) / 7.5e-3, 1);
    ck_assert_double_eq_tol(m.target[0].layers, 7.5e-3, 1e-12);
    ck_assert_double_eq_tol(m.target[0].joins, 0.25e-3, 1e-12);
    ck_assert_double_eq_tol(m.target[0].transfer, 3e-3, 1e-12);
    ck_assert_double_eq_tol(m.target[0].wait, 7e-3, 1e-12); /* the end is not the other target */
    ck_assert_double_eq_tol(measure_peak(&m), 100e9, 1);
    measure_free(&m);
}
END_TEST

START_TEST(nothing_runs_in_the_rest) {
    struct measured m = measure(1, 4, 4, 1); /* kernels 0 to 3 ms, the copy among them, and the join */
    ck_assert_double_eq_tol(m.target[0].idle, m.walls[0] - 3e-3 - 0.25e-3, 1e-9);
    measure_free(&m);
}
END_TEST

START_TEST(two_targets_work_at_once) {
    struct measured m = measure(2, 4, 4, 3);
    const struct layer_time *l = &m.layers[0];
    ck_assert_double_eq_tol(l->seconds[0], 2e-3, 1e-12);
    ck_assert_double_eq_tol(l->seconds[1], 4e-3, 1e-12);
    ck_assert_double_eq_tol(measure_layer_rate(l), (l->flops[0] + l->flops[1]) / 4e-3, 1);
    ck_assert_double_eq_tol(m.target[0].layers, 2e-3, 1e-12);
    ck_assert_double_eq_tol(m.target[1].layers, 4e-3, 1e-12);
    ck_assert_double_eq_tol(m.target[1].wait, 0, 1e-12);
    ck_assert_double_eq_tol(measure_peak(&m), 200e9, 1);
    measure_free(&m);
}
END_TEST

START_TEST(chunks_of_a_batch_belong_together) {
    struct measured m = measure(1, 4, 3, 2); /* runs 0 and 1 are one batch: 1 + 2 ms; the second batch is nowhere */
    ck_assert_double_eq_tol(m.layers[0].seconds[0], 1.5e-3, 1e-12);
    ck_assert_int_eq(m.layers[0].commands[0], 2);
    measure_free(&m);
}
END_TEST

START_TEST(bytes_of_a_half) {
    struct measured m = measure(1, 4, 4, 1);
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request), .targets = 1},
                               &plan, &err),
              err);
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct alexcl_plan_layer *l = &plan->layers[i];
        /* both read everything: the picture, and both halves */
        if (strcmp(l->layer->name, "conv3") != 0 && i != 0) continue;
        for (int h = 0; h < 2; h++) {
            double values = 4.0 * l->in.c * l->in.h * l->in.w + 4.0 * l->half[h].c * l->half[h].h * l->half[h].w +
                            (double)l->parameters[h];
            ck_assert_double_eq_tol(m.layers[i].bytes[h], 4 * values, 1e-6);
            ck_assert_double_eq_tol(m.layers[i].flops[h], 2.0 * 4 * (double)l->macs[h], 1e-6);
        }
    }
    alexcl_plan_free(plan);
    measure_free(&m);
}
END_TEST

START_TEST(bytes_of_half_weights) {
    struct measured m = measure(1, 4, 4, 1);
    support_set("ALEXCL_WEIGHTS_PRECISION", "half");
    struct measured halves = measure(1, 4, 4, 1);
    support_set("ALEXCL_WEIGHTS_PRECISION", "float");
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request), .targets = 1},
                               &plan, &err),
              err);
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct alexcl_plan_layer *l = &plan->layers[i];
        for (int h = 0; h < 2; h++) {
            double weights = l->layer->type == ALEXCL_FC ? (double)l->in.c * l->half[h].c : 0;
            /* one more where they are odd */
            ck_assert_double_eq_tol(m.layers[i].bytes[h] - halves.layers[i].bytes[h], 2 * weights, 1 + 1e-6);
        }
    }
    alexcl_plan_free(plan);
    measure_free(&m);
    measure_free(&halves);
}
END_TEST

/* Both targets read the weights of both halves. */
START_TEST(bytes_of_a_split_by_images) {
    struct measured m = measure_split(2, "1:1", 4, 4, 1), halves = measure(2, 4, 4, 1);
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request), .targets = 1},
                               &plan, &err),
              err);
    for (size_t i = 0; i < plan->layer_count; i++)
        for (int h = 0; h < 2; h++)
            ck_assert_double_eq_tol(m.layers[i].bytes[h] - halves.layers[i].bytes[h],
                                    4 * (double)plan->layers[i].parameters[h], 1e-6);
    alexcl_plan_free(plan);
    measure_free(&m);
    measure_free(&halves);
}
END_TEST

START_TEST(more_than_the_peak_is_noticed) {
    struct layer_time layers[2] = {{.target = {2, 0}, .flops = {90e9, 90e9}},
                                   {.target = {1, 0}, .flops = {50e9, 50e9}}};
    struct measured m = {.targets = 1,
                         .peak = {.flops = {100e9}, .bytes = {1}},
                         .layers = layers,
                         .layer_count = 2,
                         .flops = 280e9,
                         .median = 3};
    ck_assert(!measure_beats_peak(&m)); /* as much as the peak */
    layers[1].flops[1] = 53e9;
    ck_assert(measure_beats_peak(&m));
    m.peak.flops[0] = 0; /* not known */
    ck_assert(!measure_beats_peak(&m));
    m.peak.flops[0] = 104e9;
    ck_assert(!measure_beats_peak(&m));
    m.median = 2; /* all layers, on the wall clock */
    ck_assert(measure_beats_peak(&m));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("measure");
    tcase_add_test(tests, one_target);
    tcase_add_test(tests, nothing_runs_in_the_rest);
    tcase_add_test(tests, two_targets_work_at_once);
    tcase_add_test(tests, chunks_of_a_batch_belong_together);
    tcase_add_test(tests, bytes_of_a_half);
    tcase_add_test(tests, bytes_of_half_weights);
    tcase_add_test(tests, bytes_of_a_split_by_images);
    tcase_add_test(tests, more_than_the_peak_is_noticed);
    return support_run(tests);
}
