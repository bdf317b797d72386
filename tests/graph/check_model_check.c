/* SPDX-License-Identifier: MIT */
/* Models that a caller makes: of any number of layers and channels, and those that cannot be, which are refused by
 * every call that takes a model, with the field and what it may be. */
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"
#include "weights.h"

/* ---- chains ------------------------------------------------------------------------------------- */

enum { MAX_LAYERS = 200, MAX_CHANNELS = 200 };

struct chain {
    struct alexcl_model model;
    struct alexcl_layer layers[MAX_LAYERS];
    char names[MAX_LAYERS][32];
    double mean[MAX_CHANNELS], std[MAX_CHANNELS];
};

/* Convolutions, each with a ReLU behind it, then a fully connected layer; names as long as importers make them. */
static struct chain *make_chain(size_t layers, int channels) {
    struct chain *c = calloc(1, sizeof *c);
    ck_assert(c && layers >= 4 && layers <= MAX_LAYERS && channels <= MAX_CHANNELS);
    for (size_t i = 0; i < layers; i++) {
        snprintf(c->names[i], sizeof c->names[i], "stage_%03zu/branch_of_maps", i);
        c->layers[i] = i + 1 == layers   ? (struct alexcl_layer){.type = ALEXCL_FC, .outputs = 3}
                       : i + 2 == layers ? (struct alexcl_layer){.type = ALEXCL_FLATTEN}
                       : i % 2           ? (struct alexcl_layer){.type = ALEXCL_RELU}
                                         : (struct alexcl_layer){.type = ALEXCL_CONV,
                                                                 .outputs = 4,
                                                                 .kernel = {3, 3},
                                                                 .stride = {1, 1},
                                                                 .pad = {1, 1, 1, 1},
                                                                 .groups = 1};
        c->layers[i].name = c->names[i];
    }
    for (int i = 0; i < channels; i++) {
        c->mean[i] = 100.123456789 + i;
        c->std[i] = 1 + i / 7.0;
    }
    c->model = (struct alexcl_model){.size = sizeof(struct alexcl_model),
                                     .layer_size = sizeof(struct alexcl_layer),
                                     .name = "chain",
                                     .channels = channels,
                                     .height = 3,
                                     .width = 2,
                                     .scale = 1,
                                     .mean = c->mean,
                                     .std = c->std,
                                     .layers = c->layers,
                                     .layer_count = layers};
    return c;
}

static const struct {
    size_t layers;
    int channels;
} sizes[] = {{4, 1}, {5, 4}, {4, 14}, {8, 200}, {62, 3}, {200, 3}, {200, 200}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const char *file_name(void) {
    static char name[64];
    snprintf(name, sizeof name, "model_check.%ld.safetensors", (long)getpid());
    return name;
}

static void expect_same_values(const struct alexcl_weights *a, const struct alexcl_weights *b,
                               const struct alexcl_layer *l, const int shape[4]) {
    struct alexcl_error err = {0};
    struct weights_view x, y;
    EXPECT_OK(weights_view_open(a, l, "weight", 4, shape, 0, shape[0], &x, &err), err);
    EXPECT_OK(weights_view_open(b, l, "weight", 4, shape, 0, shape[0], &y, &err), err);
    ck_assert_uint_eq(x.count, y.count);
    ck_assert(memcmp(x.values, y.values, x.count * sizeof *x.values) == 0);
    weights_view_close(&x);
    weights_view_close(&y);
}

/* What a model writes it reads; another one, in the last of its numbers or names, does not. */
START_TEST(a_file_is_read_by_the_model_that_wrote_it) {
    struct alexcl_error err = {0};
    struct alexcl_weights *made, *read;
    struct chain *c = make_chain(sizes[_i].layers, sizes[_i].channels);
    struct alexcl_model *m = &c->model;
    size_t last = m->layer_count - 1;
    const char *path = file_name();
    EXPECT_OK(alexcl_weights_generate(m, 7, NULL, NULL, 0, &made, &err), err);
    EXPECT_OK(alexcl_weights_save(made, path, &err), err);
    EXPECT_OK(alexcl_weights_open(path, m, NULL, &read, &err), err);
    ck_assert_msg(strstr(alexcl_weights_describe(read), "its metadata agrees with model chain") != NULL, "%s",
                  alexcl_weights_describe(read));
    expect_same_values(made, read, &c->layers[0], (int[4]){4, m->channels, 3, 3});
    alexcl_weights_free(read);
    for (size_t to = 0; to < m->layer_count; to += 7) { /* of its first layers alone */
        EXPECT_OK(alexcl_weights_open(path, m, m->layers[to].name, &read, &err), err);
        alexcl_weights_free(read);
    }
    c->mean[m->channels - 1] += 1;
    EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &read, &err), ALEXCL_E_DATA, "mean: the file says", err);
    c->mean[m->channels - 1] -= 1;
    c->std[m->channels - 1] += 1;
    EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &read, &err), ALEXCL_E_DATA, "std: the file says", err);
    m->std = NULL;
    if (m->channels > 1)
        EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &read, &err), ALEXCL_E_DATA, "std: the file says", err);
    m->std = c->std;
    c->std[m->channels - 1] -= 1;
    c->names[last - 1][0] = 'x';
    EXPECT_ERROR(alexcl_weights_open(path, m, NULL, &read, &err), ALEXCL_E_DATA, "layers: the file says", err);
    if (last > 2)
        EXPECT_OK(alexcl_weights_open(path, m, m->layers[last - 2].name, &read, &err), err), alexcl_weights_free(read);
    alexcl_weights_free(made);
    unlink(path);
    free(c);
}
END_TEST

/* Names that only begin as the metadata's own do, and that JSON must escape. */
START_TEST(names_do_not_reach_into_the_metadata) {
    struct alexcl_error err = {0};
    struct alexcl_weights *made, *read;
    struct chain *c = make_chain(8, 3);
    const char *path = file_name();
    strcpy(c->names[0], "original");
    strcpy(c->names[2], "say\"conv\\2\"");
    strcpy(c->names[4], "layers");
    EXPECT_OK(alexcl_weights_generate(&c->model, 7, NULL, NULL, 0, &made, &err), err);
    EXPECT_OK(alexcl_weights_save(made, path, &err), err);
    EXPECT_OK(alexcl_weights_open(path, &c->model, NULL, &read, &err), err);
    alexcl_weights_free(read);
    c->layers[0].pad[0] = c->layers[0].pad[1] = c->layers[0].pad[2] = c->layers[0].pad[3] = 0;
    c->layers[0].kernel[0] = c->layers[0].kernel[1] = 1;
    EXPECT_ERROR(alexcl_weights_open(path, &c->model, NULL, &read, &err), ALEXCL_E_DATA, "original.pads: the file says",
                 err);
    alexcl_weights_free(made);
    unlink(path);
    free(c);
}
END_TEST

START_TEST(a_layer_is_found_among_many) {
    struct alexcl_error err = {0};
    struct chain *c = make_chain(200, 3);
    int at = -1;
    for (int i = 0; i < 200; i++) {
        EXPECT_OK(alexcl_model_layer(&c->model, c->names[i], &at, &err), err);
        ck_assert_int_eq(at, i);
    }
    EXPECT_ERROR(alexcl_model_layer(&c->model, "stage_150/branch_of_map", &at, &err), ALEXCL_E_USAGE,
                 "did you mean \"stage_150/branch_of_maps\"?", err);
    free(c);
}
END_TEST

/* ---- nets --------------------------------------------------------------------------------------- */

static struct alexcl_selection *reference(void) {
    struct alexcl_error err = {0};
    struct alexcl_selection *sel;
    EXPECT_OK(alexcl_selection_open("ref", &sel, &err), err);
    return sel;
}

static struct alexcl_net *open_net(const struct alexcl_model *m, const struct alexcl_net_options *options) {
    struct alexcl_error err = {0};
    struct alexcl_selection *sel = reference();
    struct alexcl_weights *w;
    struct alexcl_net *net;
    EXPECT_OK(alexcl_weights_generate(m, 7, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_net_open(m, w, sel, options, &net, &err), err);
    alexcl_weights_free(w); /* a net keeps what it needs of both */
    alexcl_selection_free(sel);
    return net;
}

START_TEST(nets_of_any_size_run) {
    struct alexcl_error err = {0};
    struct chain *c = make_chain(sizes[_i].layers, sizes[_i].channels);
    size_t floats = (size_t)c->model.channels * 6;
    float *in = support_random(2 * floats, "in", 1), out[2][3];
    struct alexcl_net *net = open_net(&c->model, NULL);
    ck_assert_int_eq(alexcl_net_batch(net), 16);
    EXPECT_OK(alexcl_net_run(net, in, 2, out[0], &err), err);
    for (int i = 0; i < 6; i++) ck_assert(isfinite(out[i / 3][i % 3]));
    if (c->model.layer_count < 10) ck_assert(out[0][0] != out[1][0]);
    alexcl_net_free(net);
    free(in);
    free(c);
}
END_TEST

/* "As many as fit" is a batch that a caller may well ask for. */
START_TEST(the_largest_batch_is_cut_to_what_fits) {
    struct alexcl_error err = {0};
    struct alexcl_plan *plan;
    struct chain *c = make_chain(4, 1);
    struct alexcl_net_options options = {.size = sizeof options, .batch = INT_MAX, .memory = 1 << 20};
    struct alexcl_net *net = open_net(&c->model, &options);
    struct alexcl_plan_memory held = support_memory(net, 0);
    ck_assert_int_gt(alexcl_net_batch(net), 1000);
    ck_assert_uint_le(held.total, options.memory);
    ck_assert_uint_gt(held.total, options.memory / 10 * 8);
    alexcl_net_free(net);
    static const char *const splits[] = {NULL, "auto", "1:1", "1:0"};
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct alexcl_plan_request request = {
            .size = sizeof request, .batch = INT_MAX, .targets = 2, .memory = {1 << 20, 2 << 20}, .split = splits[i]};
        EXPECT_OK(alexcl_plan_make(&c->model, &request, &plan, &err), err);
        ck_assert_int_eq(plan->batch, INT_MAX);
        ck_assert_int_gt(plan->chunk, 1000);
        for (int p = 0; p < 2; p++) ck_assert_uint_le(plan->memory[p].total, request.memory[p]);
        alexcl_plan_free(plan);
    }
    free(c);
}
END_TEST

START_TEST(what_is_left_out_has_a_default_or_is_told) {
    struct alexcl_error err = {0};
    struct chain *c = make_chain(4, 1);
    struct alexcl_selection *sel = reference();
    struct alexcl_plan *plan;
    struct alexcl_weights *w;
    struct alexcl_net *net;
    char path[8];
    EXPECT_OK(alexcl_plan_make(&c->model, NULL, &plan, &err), err);
    ck_assert(plan->batch == 1 && plan->chunk == 1 && plan->layer_count == 4 && plan->targets == 2);
    alexcl_plan_free(plan);
    EXPECT_ERROR(alexcl_plan_make(NULL, NULL, &plan, &err), ALEXCL_E_USAGE, "no model", err);
    EXPECT_ERROR(alexcl_weights_generate(NULL, 1, NULL, NULL, 0, &w, &err), ALEXCL_E_USAGE, "no model", err);
    EXPECT_ERROR(alexcl_weights_open("x", NULL, NULL, &w, &err), ALEXCL_E_USAGE, "no model", err);
    EXPECT_ERROR(alexcl_model_layer(NULL, "x", &(int){0}, &err), ALEXCL_E_USAGE, "no model", err);
    EXPECT_ERROR(alexcl_tune_run(NULL, sel, NULL, NULL, NULL, path, sizeof path, &err), ALEXCL_E_USAGE, "no model",
                 err);
    EXPECT_OK(alexcl_weights_generate(&c->model, 1, NULL, NULL, 0, &w, &err), err);
    EXPECT_ERROR(alexcl_net_open(NULL, w, sel, NULL, &net, &err), ALEXCL_E_USAGE, "no model", err);
    EXPECT_ERROR(alexcl_net_open(&c->model, NULL, sel, NULL, &net, &err), ALEXCL_E_USAGE, "without weights", err);
    EXPECT_ERROR(alexcl_net_open(&c->model, w, NULL, NULL, &net, &err), ALEXCL_E_USAGE, "without devices", err);
    alexcl_weights_free(w);
    alexcl_selection_free(sel);
    free(c);
}
END_TEST

/* ---- threads ------------------------------------------------------------------------------------ */

struct worker {
    const struct alexcl_model *model;
    const struct alexcl_weights *weights;
    const struct alexcl_selection *selection;
    const float *in;
    float out[3];
    int status;
};

static void *open_run_free(void *argument) {
    struct worker *w = argument;
    struct alexcl_error err = {0};
    for (int round = 0; round < 3 && w->status == ALEXCL_OK; round++) {
        struct alexcl_net *net = NULL;
        w->status = alexcl_net_open(w->model, w->weights, w->selection, NULL, &net, &err);
        if (w->status == ALEXCL_OK) w->status = alexcl_net_run(net, w->in, 1, w->out, &err);
        alexcl_net_free(net);
    }
    return NULL;
}

/* The header's word on threads: different nets at once, from one model, file of weights and selection. */
START_TEST(different_nets_run_in_different_threads) {
    enum { THREADS = 4 };
    struct alexcl_error err = {0};
    struct chain *c = make_chain(8, 3);
    struct alexcl_selection *sel = reference();
    struct alexcl_weights *made, *w;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    float *in = support_random(18, "in", 1);
    EXPECT_OK(alexcl_weights_generate(&c->model, 7, NULL, NULL, 0, &made, &err), err);
    EXPECT_OK(alexcl_weights_save(made, file_name(), &err), err);
    EXPECT_OK(alexcl_weights_open(file_name(), &c->model, NULL, &w, &err), err);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){&c->model, w, sel, in, {0}, ALEXCL_OK};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, open_run_free, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(workers[i].status, ALEXCL_OK);
        ck_assert(memcmp(workers[i].out, workers[0].out, sizeof workers[0].out) == 0);
    }
    unlink(file_name());
    alexcl_weights_free(made);
    alexcl_weights_free(w);
    alexcl_selection_free(sel);
    free(in);
    free(c);
}
END_TEST

/* ---- what cannot be ----------------------------------------------------------------------------- */

static const struct alexcl_layer good_layers[] = {
    {.type = ALEXCL_CONV,
     .name = "conv",
     .outputs = 4,
     .kernel = {3, 3},
     .stride = {1, 1},
     .pad = {1, 1, 1, 1},
     .groups = 1},
    {.type = ALEXCL_LRN, .name = "norm", .window = {-1, 1}, .k = 1, .alpha = 1, .beta = 0.75},
    {.type = ALEXCL_MAXPOOL, .name = "pool", .kernel = {2, 2}, .stride = {2, 2}},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_DROPOUT, .name = "drop", .rate = 0.5},
    {.type = ALEXCL_FC, .name = "fc", .outputs = 4},
    {.type = ALEXCL_SOFTMAX, .name = "prob"},
};
enum { GOOD = sizeof good_layers / sizeof *good_layers, CONV = 0, NORM, POOL, FLAT, DROP, FC, PROB };
static const double three[] = {1, 2, 3}, bad_mean[] = {1, 2, (double)NAN}, bad_std[] = {1, 0, 1};
static const uint32_t two_connections[] = {1, 2, 3, 3};
static struct alexcl_model good = {.size = sizeof good,
                                   .layer_size = sizeof(struct alexcl_layer),
                                   .name = "good",
                                   .channels = 3,
                                   .height = 6,
                                   .width = 6,
                                   .scale = 1,
                                   .mean = three,
                                   .std = three,
                                   .layers = good_layers,
                                   .layer_count = GOOD};

/* Every call that takes a model says the same; those that look at the fields alone too, where `fields`. */
static void expect_refused(const struct alexcl_model *m, const char *part, int fields) {
    struct alexcl_error err = {0};
    struct alexcl_selection *sel = reference();
    struct alexcl_plan *plan;
    struct alexcl_weights *w, *others;
    struct alexcl_net *net;
    char path[8];
    EXPECT_OK(alexcl_weights_generate(&good, 1, NULL, NULL, 0, &others, &err), err);
    EXPECT_ERROR(alexcl_plan_make(m,
                                  &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request), .batch = 1},
                                  &plan, &err),
                 ALEXCL_E_USAGE, part, err);
    EXPECT_ERROR(alexcl_weights_generate(m, 1, "case", NULL, 0, &w, &err), ALEXCL_E_USAGE, part, err);
    EXPECT_ERROR(alexcl_weights_open("no such file", m, NULL, &w, &err), ALEXCL_E_USAGE, part, err);
    EXPECT_ERROR(alexcl_net_open(m, others, sel,
                                 &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options)}, &net, &err),
                 ALEXCL_E_USAGE, part, err);
    if (fields) {
        EXPECT_ERROR(alexcl_model_layer(m, "conv", &(int){0}, &err), ALEXCL_E_USAGE, part, err);
        EXPECT_ERROR(alexcl_tune_run(m, sel, NULL, NULL, NULL, path, sizeof path, &err), ALEXCL_E_USAGE, part, err);
    }
    alexcl_weights_free(others);
    alexcl_selection_free(sel);
}

/* The good model with one thing changed: of the model `m`, of a layer `l[..]`. */
#define REFUSED_AS(change, part, fields)                                                                               \
    do {                                                                                                               \
        struct alexcl_model m = good;                                                                                  \
        struct alexcl_layer l[GOOD];                                                                                   \
        memcpy(l, good_layers, sizeof l);                                                                              \
        m.layers = l;                                                                                                  \
        change;                                                                                                        \
        expect_refused(&m, part, fields);                                                                              \
    } while (0)
#define REFUSED(change, part) REFUSED_AS(change, part, 1)

START_TEST(fields_of_a_model) {
    char longest[300];
    memset(longest, 'n', 256), longest[256] = '\0';
    REFUSED(m.name = NULL, "a model: it has no name");
    REFUSED(m.name = "", "a model: it has no name");
    REFUSED(m.name = "two words", "a model: its name has a blank");
    REFUSED(m.name = "\xff\xfe", "a model: its name is not UTF-8");
    REFUSED(m.name = longest, "a model: its name is longer than 255 bytes");
    REFUSED(m.channels = 0, "model good: channels 0: it must be from 1 to 65535");
    REFUSED(m.channels = INT_MAX, "model good: channels 2147483647: it must be from 1 to 65535");
    REFUSED(m.height = -1, "model good: height -1: it must be from 1 to 65535");
    REFUSED(m.width = 1 << 20, "model good: width 1048576: it must be from 1 to 65535");
    REFUSED(m.colour = (enum alexcl_colour)3, "model good: colour 3: it must be from 0 to 2");
    REFUSED(m.resize = -5, "model good: resize -5: it must be from 0 to 65535");
    REFUSED(m.scale = (double)INFINITY, "model good: scale inf: it must be a finite number");
    REFUSED(m.mean = bad_mean, "model good: mean[2] ");
    REFUSED(m.std = bad_std, "model good: std[1] 0: it must be a finite number above 0");
    REFUSED(m.layer_count = 0, "model good: 0 layers: there must be from 1 to 10000");
    REFUSED(m.layers = NULL, "model good: 7 layers in a table that is NULL");
    REFUSED(m.layer_count = SIZE_MAX, "layers: there must be from 1 to 10000");
}
END_TEST

START_TEST(fields_of_a_layer) {
    char longest[300];
    memset(longest, 'n', 256), longest[256] = '\0';
    REFUSED(l[POOL].name = NULL, "model good: layer 3 of 7: it has no name");
    REFUSED(l[POOL].name = "", "model good: layer 3 of 7: it has no name");
    REFUSED(l[POOL].name = "pool 1", "layer 3 of 7: its name has a blank or a control character");
    REFUSED(l[POOL].name = "pool\n", "layer 3 of 7: its name has a blank or a control character");
    REFUSED(l[POOL].name = "\xc3(", "layer 3 of 7: its name is not UTF-8");
    REFUSED(l[POOL].name = longest, "layer 3 of 7: its name is longer than 255 bytes");
    REFUSED(l[POOL].name = "conv", "model good: layer conv (3 of 7): layer 1 has the same name");
    REFUSED(l[POOL].name = "origin", "layer origin (3 of 7): a weight file's metadata has another use for this name");
    REFUSED(l[POOL].type = (enum alexcl_layer_type)99,
            "model good: layer pool (3 of 7): type 99: there is no layer type with this number");
    REFUSED(l[POOL].type = (enum alexcl_layer_type) - 1, "type -1: there is no layer type");
    REFUSED(l[CONV].outputs = 0, "model good: layer conv (1 of 7): outputs 0: it must be from 1 to 65535");
    REFUSED(l[CONV].outputs = 1 << 28, "outputs 268435456: it must be from 1 to 65535");
    REFUSED(l[FC].outputs = INT_MIN, "layer fc (6 of 7): outputs -2147483648: it must be from 2 to 262140");
    REFUSED(l[CONV].kernel[0] = 0, "layer conv (1 of 7): kernel[0] 0: it must be from 1 to 16384");
    REFUSED(l[CONV].kernel[1] = 50000, "kernel[1] 50000: it must be from 1 to 16384");
    REFUSED(l[CONV].stride[0] = -4, "stride[0] -4: it must be from 1 to 16384");
    REFUSED(l[CONV].stride[1] = 0, "stride[1] 0: it must be from 1 to 16384");
    REFUSED(l[CONV].dilation[0] = -1, "dilation[0] -1: it must be from 0 to 16384");
    REFUSED(l[CONV].dilation[1] = 16385, "dilation[1] 16385: it must be from 0 to 16384");
    REFUSED(l[CONV].pad[0] = -1, "pad[0] -1: it must be from 0 to 16384");
    REFUSED(l[CONV].pad[1] = INT_MAX, "pad[1] 2147483647: it must be from 0 to 16384");
    REFUSED(l[CONV].pad[2] = -1, "pad[2] -1: it must be from 0 to 16384");
    REFUSED(l[CONV].pad[3] = INT_MAX, "pad[3] 2147483647: it must be from 0 to 16384");
    REFUSED(l[CONV].groups = 0, "groups 0: it must be from 1 to 65535");
    REFUSED(l[CONV].gain = (double)NAN, "gain ");
    REFUSED(l[FC].gain = -1e10, "gain -1e+10: it must be from -1e+09 to less than 1e+09");
    REFUSED(l[POOL].kernel[1] = -1, "kernel[1] -1: it must be from 1");
    REFUSED(l[POOL].stride[0] = 0, "stride[0] 0: it must be from 1");
    REFUSED(l[POOL].dilation[1] = -1, "dilation[1] -1: it must be from 0");
    REFUSED(l[POOL].pad[3] = 16385, "pad[3] 16385: it must be from 0 to 16384");
    REFUSED((l[POOL].type = ALEXCL_AVGPOOL, l[POOL].count_include_pad = 2),
            "count_include_pad 2: it must be from 0 to 1");
    REFUSED((l[POOL].type = ALEXCL_AVGPOOL, l[POOL].pad[0] = -1), "pad[0] -1: it must be from 0 to 16384");
    REFUSED((l[POOL].type = ALEXCL_SUBSAMPLE, l[POOL].kernel[0] = 0), "kernel[0] 0: it must be from 1");
    REFUSED(l[POOL].ceil_mode = 2, "ceil_mode 2: it must be from 0 to 1");
    REFUSED(l[NORM].window[0] = 1, "window[0] 1: it must be from -16384 to 0: the first of its values");
    REFUSED(l[NORM].window[0] = -16385, "window[0] -16385: it must be from -16384 to 0");
    REFUSED(l[NORM].window[1] = -1, "window[1] -1: it must be from 0 to 16384: the last of its values");
    REFUSED((l[NORM].type = ALEXCL_RNORM, l[NORM].window[1] = 16385), "window[1] 16385: it must be from 0 to 16384");
    REFUSED(l[NORM].k = 0, "k 0: it must be from 1e-09 to less than 1e+09");
    REFUSED(l[NORM].alpha = (double)NAN, "alpha ");
    REFUSED(l[NORM].beta = (double)INFINITY, "beta inf: it must be from 0 to less than 1000");
    REFUSED(l[NORM].lrn_scope = (enum alexcl_lrn_scope)2,
            "lrn_scope 2: it must be from 0 to 1 (enum alexcl_lrn_scope)");
    REFUSED(l[DROP].dropout = (enum alexcl_dropout)7, "dropout 7: it must be from 0 to 1 (enum alexcl_dropout)");
    REFUSED(l[DROP].rate = 1, "rate 1: it must be from 0 to less than 1");
    REFUSED(l[DROP].rate = (double)NAN, "rate ");
    REFUSED(l[FC].connections = two_connections, "connections: they are for convolutions");
    REFUSED(l[PROB].connections = two_connections, "connections: they are for convolutions");
}
END_TEST

#define READS(...)                                                                                                     \
    .inputs = (const char *const[]) { __VA_ARGS__, NULL }

START_TEST(inputs_of_a_layer) {
    const char *many[LAYER_INPUTS + 2] = {NULL};
    for (int i = 0; i <= LAYER_INPUTS; i++) many[i] = "norm";
    const struct alexcl_layer both = {.type = ALEXCL_CONCAT, .name = "both", READS("conv", "norm")};
    REFUSED(l[POOL].inputs = both.inputs + 2,
            "layer pool (3 of 7): inputs: there are none; NULL means the layer before");
    REFUSED((l[POOL] = (struct alexcl_layer){.type = ALEXCL_RELU, .name = "pool", READS("nrom")}),
            "layer pool (3 of 7): input \"nrom\": no layer before it has this name");
    REFUSED((l[POOL] = (struct alexcl_layer){.type = ALEXCL_RELU, .name = "pool", READS("pool")}),
            "input \"pool\": no layer before it has this name");
    REFUSED((l[POOL] = (struct alexcl_layer){.type = ALEXCL_CONCAT, .name = "pool", READS("norm", "flat")}),
            "input \"flat\": no layer before it has this name");
    REFUSED(l[POOL].inputs = many, "layer pool (3 of 7): inputs: there are more than 32");
    REFUSED(l[POOL].name = ALEXCL_INPUT, "layer input (3 of 7): the net's input has this name");
    /* a branch that leads nowhere, and an output that nobody takes */
    REFUSED((l[POOL] = (struct alexcl_layer){.type = ALEXCL_RELU, .name = "pool", READS("conv")}),
            "model good: layer norm: the last layer, prob, needs nothing of what it computes");
    REFUSED(l[DROP].inputs = both.inputs, "model good: layers pool, flat: the last layer, prob, needs nothing");
    REFUSED_AS(l[POOL].inputs = both.inputs, "layer pool behind 4 x 6 x 6: 2 inputs: maxpool layers read one", 0);
    REFUSED_AS((l[POOL] = (struct alexcl_layer){.type = ALEXCL_ADD, .name = "pool"}),
               "layer pool behind 4 x 6 x 6: 1 inputs: add layers read from 2 to 32", 0);
    REFUSED_AS((l[POOL] = (struct alexcl_layer){.type = ALEXCL_ADD, .name = "pool", READS("norm", ALEXCL_INPUT)}),
               "input 2 has 3 channels where the first has 4", 0);
    REFUSED_AS((l[POOL] = (struct alexcl_layer){.type = ALEXCL_CONCAT, .name = "pool", READS("norm", ALEXCL_INPUT)}),
               "layer pool: input 2 is the net's input, which has no halves: put a convolution before it", 0);
    REFUSED_AS((l[DROP] = (struct alexcl_layer){.type = ALEXCL_CONCAT, .name = "drop", READS("flat", "flat")}),
               "layer drop: input 1 is flattened maps: put the flatten layer behind it", 0);
}
END_TEST

START_TEST(layers_that_do_not_fit) {
    REFUSED_AS(l[CONV].pad[3] = 3, "model good, layer conv behind 3 x 6 x 6: pad[3] 3", 0);
    REFUSED_AS(l[CONV].groups = 3, "3 groups for 3 input and 4 output channels", 0);
    REFUSED_AS(l[CONV].kernel[0] = l[CONV].kernel[1] = 16384, "a 16384 x 16384 kernel does not fit", 0);
    REFUSED_AS((l[CONV].kernel[0] = l[CONV].kernel[1] = 16384,
                l[CONV].pad[0] = l[CONV].pad[1] = l[CONV].pad[2] = l[CONV].pad[3] = 16383),
               "values: a layer has at most", 0);
    REFUSED_AS((m.channels = 33, m.mean = m.std = NULL, l[CONV].connections = two_connections),
               "at most 32 input channels", 0);
    REFUSED_AS(l[POOL].kernel[0] = l[POOL].kernel[1] = 7, "a 7 x 7 window does not fit", 0);
    REFUSED_AS((m.channels = m.height = m.width = 65535, m.mean = m.std = NULL),
               "281462092005375 values: a layer has at most 1073741823", 0);
    REFUSED_AS((m.height = m.width = 1000, l[CONV].outputs = 65535), "65535000000 values: a layer has at most", 0);
    /* of its weights */
    REFUSED_AS((m.channels = 60000, m.mean = m.std = NULL, l[CONV].outputs = 65535), "values: a layer has at most", 0);
    REFUSED_AS((m.channels = 100, m.height = m.width = 1000, m.mean = m.std = NULL,
                l[CONV].kernel[0] = l[CONV].kernel[1] = 1, memset(l[CONV].pad, 0, sizeof l[CONV].pad),
                l[NORM].type = ALEXCL_FLATTEN),
               "layer pool behind 4000000 x 1 x 1: 4000000 channels", 0);
    REFUSED_AS(l[FLAT].type = ALEXCL_RELU, "layer fc behind 4 x 3 x 3: a fully connected layer reads units", 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("model_check");
    tcase_add_loop_test(tests, a_file_is_read_by_the_model_that_wrote_it, 0, SIZES);
    tcase_add_test(tests, names_do_not_reach_into_the_metadata);
    tcase_add_test(tests, a_layer_is_found_among_many);
    tcase_add_loop_test(tests, nets_of_any_size_run, 0, SIZES);
    tcase_add_test(tests, the_largest_batch_is_cut_to_what_fits);
    tcase_add_test(tests, what_is_left_out_has_a_default_or_is_told);
    tcase_add_test(tests, different_nets_run_in_different_threads);
    tcase_add_test(tests, fields_of_a_model);
    tcase_add_test(tests, fields_of_a_layer);
    tcase_add_test(tests, inputs_of_a_layer);
    tcase_add_test(tests, layers_that_do_not_fit);
    return support_run(tests);
}
