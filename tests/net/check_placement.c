/* SPDX-License-Identifier: MIT */
/* The halves belong to the model, the devices to the placement: one device, one device cut in two, its parts the other
 * way round, and every way to cut the images into batches give the same scores to the bit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"
#include "settings.h"
#include "support.h"

static const char *const models[] = {"tiny2t",    "tinyinc",  "tiny-across", "tiny-nolrn",
                                     "tiny-orig", "tinyskip", "lenet5",      "lenet5-1998"};
enum { IMAGES = 19, MOST_LAYERS = 64 };

/* Two of them for what sees no difference between nets: another loader, and sanitizers (sanitize.sh), under which all
 * takes several times longer. */
static size_t model_count(void) {
    return settings_environment("ALEXCL_TEST_FEW") ? 2 : sizeof models / sizeof models[0];
}

static float *inputs(const struct alexcl_model *model) {
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width * IMAGES;
    return support_random(floats, "placement", model->channels == 1 ? 1 : 128);
}

struct opened {
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
};

/* `gain`: NULL, or of one layer. */
static struct opened open_net(const char *name, const struct alexcl_gain *gain, const char *devices,
                              struct alexcl_net_options options) {
    struct alexcl_error err = {0};
    struct opened o;
    EXPECT_OK(alexcl_model_find(name, &o.model, &err), err);
    EXPECT_OK(alexcl_weights_generate(o.model, 5, NULL, gain, gain ? 1 : 0, &o.weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &o.selection, &err), err);
    EXPECT_OK(alexcl_net_open(o.model, o.weights, o.selection, &options, &o.net, &err), err);
    return o;
}

static void close_net(struct opened *o) {
    alexcl_net_free(o->net);
    alexcl_selection_free(o->selection);
    alexcl_weights_free(o->weights);
}

/* The scores of IMAGES images; to be freed. `split`: of the images, or NULL. */
static float *split_scores(const char *name, const char *devices, const char *split, int batch, const char *last_layer,
                           size_t *units) {
    struct alexcl_error err = {0};
    struct opened o = open_net(name, NULL, devices,
                               (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options),
                                                           .batch = batch,
                                                           .last_layer = last_layer,
                                                           .reproducible = 1,
                                                           .split = split});
    ck_assert_int_eq(alexcl_net_batch(o.net), batch);
    struct alexcl_shape shape = support_output(o.net);
    *units = (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
    float *out = support_floats(*units * IMAGES), *in = inputs(o.model);
    EXPECT_OK(alexcl_net_run(o.net, in, IMAGES, out, &err), err);
    struct alexcl_net_times times = {.size = sizeof times};
    EXPECT_OK(alexcl_net_times(o.net, &times, &err), err);
    if (split) ck_assert_uint_eq(times.images[0] + times.images[1], IMAGES);
    free(in);
    close_net(&o);
    return out;
}

static float *scores(const char *name, const char *devices, int batch, const char *last_layer, size_t *units) {
    return split_scores(name, devices, NULL, batch, last_layer, units);
}

static const char *one(void) { return strcmp(support_implementation(), "ref") == 0 ? "ref" : "0"; }
static const char *two(void) { return strcmp(support_implementation(), "ref") == 0 ? "ref,ref" : "0/2"; }

static void expect_same(const char *model, const char *devices, int batch, const char *layer, const float *want) {
    char what[128];
    size_t units;
    float *got = scores(model, devices, batch, layer, &units);
    snprintf(what, sizeof what, "%s on %s in batches of %d", model, devices, batch);
    support_same(what, got, want, units * IMAGES);
    free(got);
}

START_TEST(every_placement_and_batch_gives_the_same_bits) {
    /* Each pair of both for two nets; for the others each of both once, and no batch of more than there are. */
    for (size_t i = 0; i < model_count(); i++) {
        size_t units;
        float *want = scores(models[i], one(), 16, NULL, &units);
        static const int batches[] = {1, 3, 128};
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            if (i > 1 && batches[b] > IMAGES) continue;
            if (i < 2 || (i + b) % 2) expect_same(models[i], one(), batches[b], NULL, want);
            if (i < 2 || (i + b) % 2 == 0) expect_same(models[i], two(), batches[b], NULL, want);
        }
        free(want);
    }
}
END_TEST

/* What lies otherwise on a device than on the host is converted where it crosses. */
START_TEST(a_device_and_the_reference_agree) {
    if (strcmp(support_implementation(), "ref") == 0) return;
    for (size_t i = 0; i < model_count(); i++) {
        size_t units;
        float *want = scores(models[i], "ref", 5, NULL, &units), *left = scores(models[i], "0,ref", 5, NULL, &units),
              *right = scores(models[i], "ref,0", 5, NULL, &units);
        support_compare("0,ref", left, want, units * IMAGES, 1e-5);
        support_compare("ref,0", right, want, units * IMAGES, 1e-5);
        free(want), free(left), free(right);
    }
}
END_TEST

static void keep_weights(const char *precision) { support_set("ALEXCL_WEIGHTS_PRECISION", precision); }

static void expect_placements_with(const char *precision) {
    static const char *const some[] = {"tiny2t", "lenet5"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        size_t units;
        float *exact = scores(some[i], one(), 16, NULL, &units);
        keep_weights(precision);
        float *want = scores(some[i], one(), 16, NULL, &units);
        ck_assert_msg(memcmp(want, exact, units * IMAGES * sizeof *want) != 0, "%s: %s weights are float ones", some[i],
                      precision);
        expect_same(some[i], one(), 1, NULL, want);
        expect_same(some[i], two(), 1, NULL, want);
        expect_same(some[i], two(), 19, NULL, want);
        keep_weights("float");
        free(want), free(exact);
    }
}

START_TEST(and_with_half_weights) { expect_placements_with("half"); }
END_TEST
START_TEST(and_with_int8_weights) { expect_placements_with("int8"); }
END_TEST

static void expect_same_split(const char *model, const char *split, int batch, const float *want) {
    char what[128];
    size_t units;
    float *got = split_scores(model, two(), split, batch, NULL, &units);
    snprintf(what, sizeof what, "%s, split %s, in batches of %d", model, split, batch);
    support_same(what, got, want, units * IMAGES);
    free(got);
}

START_TEST(every_split_of_the_images_gives_the_same_bits) {
    static const int batches[] = {1, 2, 3, 7, 16, 19};
    static const char *const splits[] = {"1:1", "3:1", "0:2", "auto"};
    for (size_t i = 0; i < model_count(); i++) {
        size_t units;
        float *want = scores(models[i], one(), 16, NULL, &units);
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++)
            for (size_t s = 0; s < sizeof splits / sizeof splits[0]; s++)
                if (i == 0 ? (b + s) % 2 == 0 : (b + 3 * s + i) % 12 == 0)
                    expect_same_split(models[i], splits[s], batches[b], want); /* later ones: two of them */
        free(want);
    }
}
END_TEST

/* The reference beside a device, which is a hundred times as fast, whatever else runs on the machine. */
START_TEST(the_faster_target_gets_more) {
    struct alexcl_error err = {0};
    if (strcmp(support_implementation(), "ref") == 0) return;
    enum { FEW = 4 };
    struct opened o =
        open_net("alexnet", NULL, "ref,0",
                 (struct alexcl_net_options){
                     .size = sizeof(struct alexcl_net_options), .batch = FEW, .last_layer = "conv2", .split = "auto"});
    struct alexcl_shape shape = support_output(o.net);
    float *in = inputs(o.model), *out = support_floats(shape_size(shape) * FEW);
    for (int i = 0; i < 2; i++) EXPECT_OK(alexcl_net_run(o.net, in, FEW, out, &err), err);
    struct alexcl_net_times times = {.size = sizeof times};
    EXPECT_OK(alexcl_net_times(o.net, &times, &err), err);
    ck_assert_uint_eq(times.images[0] + times.images[1], 2 * FEW);
    ck_assert_msg(times.images[1] > times.images[0], "%zu images for the reference, %zu for the device",
                  times.images[0], times.images[1]);
    free(in);
    free(out);
    close_net(&o);
}
END_TEST

START_TEST(a_split_that_cannot_be) {
    struct alexcl_error err = {0};
    struct alexcl_net *refused;
    struct opened o = open_net("tiny2t", NULL, one(),
                               (struct alexcl_net_options){
                                   .size = sizeof(struct alexcl_net_options), .batch = 1, .split = "half"}),
                  t = open_net("tiny2t", NULL, two(),
                               (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 1});
    EXPECT_ERROR(
        alexcl_net_open(o.model, o.weights, o.selection,
                        &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .split = "auto"},
                        &refused, &err),
        ALEXCL_E_USAGE, "one device", err);
    EXPECT_ERROR(
        alexcl_net_open(t.model, t.weights, t.selection,
                        &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .split = "1:x"},
                        &refused, &err),
        ALEXCL_E_USAGE, "1:x", err);
    if (strcmp(support_implementation(), "ref") != 0) {
        struct alexcl_selection *kinds;
        EXPECT_OK(alexcl_selection_open("ref,0", &kinds, &err), err);
        EXPECT_ERROR(alexcl_net_open(t.model, t.weights, kinds,
                                     &(struct alexcl_net_options){
                                         .size = sizeof(struct alexcl_net_options), .split = "1:1", .reproducible = 1},
                                     &refused, &err),
                     ALEXCL_E_USAGE, "reproducible", err);
        alexcl_selection_free(kinds);
    }
    close_net(&o);
    close_net(&t);
}
END_TEST

/* CLBlast chooses its kernels by the batch; reproducible runs do not let it. */
START_TEST(reproducible_holds_for_clblast_too) {
    if (strcmp(support_implementation(), "ref") == 0) return;
    support_set("ALEXCL_GEMM", "clblast");
    size_t units;
    float *want = scores("tiny2t", "0", 16, NULL, &units);
    expect_same("tiny2t", "0", 1, NULL, want);
    expect_same("tiny2t", "0/2", 7, NULL, want);
    free(want);
    support_set("ALEXCL_GEMM", "own");
}
END_TEST

/* The first batch of the run behind is copied beside the run before: the scores are the same. */
START_TEST(the_run_behind_is_copied_ahead) {
    static const struct {
        const char *devices, *split;
    } targets[] = {{"0", NULL}, {"0/2", NULL}, {"0/2", "1:3"}, {"0/2", "0:1"}};
    if (strcmp(support_implementation(), "ref") == 0) return;
    size_t units;
    float *want = scores("tiny2t", "0", 4, NULL, &units);
    for (size_t p = 0; p < sizeof targets / sizeof targets[0]; p++) {
        struct alexcl_error err = {0};
        struct opened o = open_net(
            "tiny2t", NULL, targets[p].devices,
            (struct alexcl_net_options){
                .size = sizeof(struct alexcl_net_options), .batch = 4, .reproducible = 1, .split = targets[p].split});
        size_t floats = (size_t)o.model->channels * (size_t)o.model->height * (size_t)o.model->width;
        float *in = inputs(o.model), *broken = support_floats(4 * floats);
        for (size_t i = 0; i < 4 * floats; i++) broken[i] = INFINITY;
        static const struct {
            size_t first, count;
        } runs[] = {{0, 4}, {4, 3}, {7, 4}, {11, 4}, {15, 4}, {0, 19}, {8, 4}, {8, 4}};
        enum { RUNS = sizeof runs / sizeof runs[0] };
        float *got[RUNS];
        uint64_t tickets[RUNS];
        for (size_t i = 0; i <= RUNS; i++) { /* two at once */
            if (i < RUNS) {
                got[i] = support_floats(runs[i].count * units);
                EXPECT_OK(
                    alexcl_net_submit(o.net, in + runs[i].first * floats, runs[i].count, got[i], &tickets[i], &err),
                    err);
            }
            if (i > 0) {
                EXPECT_OK(alexcl_net_wait(o.net, tickets[i - 1], &err), err);
                support_same(targets[p].devices, got[i - 1], want + runs[i - 1].first * units,
                             runs[i - 1].count * units);
            }
        }
        /* A batch that fails is run once more, to name the layer, where the next one lies already. */
        EXPECT_OK(alexcl_net_submit(o.net, broken, 4, got[2], &tickets[0], &err), err);
        EXPECT_OK(alexcl_net_submit(o.net, in, 4, got[0], &tickets[1], &err), err);
        EXPECT_OK(alexcl_net_wait(o.net, tickets[1], &err), err);
        EXPECT_ERROR(alexcl_net_wait(o.net, tickets[0], &err), ALEXCL_E_DATA,
                     "image 0: not a finite number, first in the output of layer conv1", err);
        support_same("behind a batch that failed", got[0], want, 4 * units);
        EXPECT_ERROR(alexcl_net_wait(o.net, tickets[0], &err), ALEXCL_E_USAGE, "was waited for", err);
        EXPECT_ERROR(alexcl_net_wait(o.net, 0, &err), ALEXCL_E_USAGE, "ticket 0 is no run", err);
        close_net(&o);
        for (size_t i = 0; i < RUNS; i++) free(got[i]);
        free(in), free(broken);
    }
    free(want);
}
END_TEST

START_TEST(the_order_of_two_equal_devices_does_not_matter) {
    if (strcmp(support_implementation(), "ref") == 0) return;
    for (size_t i = 0; i < model_count(); i += 3) { /* what crosses is told net by net above */
        size_t units;
        float *want = scores(models[i], "0,1", 7, NULL, &units);
        expect_same(models[i], "1,0", 7, NULL, want);
        free(want);
    }
}
END_TEST

/* One by one, images go through deep layers in smaller tiles of Winograd's; reproducible ones do not. */
START_TEST(reproducible_holds_for_images_that_come_alone) {
    if (strcmp(support_implementation(), "ref") == 0) return;
    size_t units;
    float *want = scores("alexnet", "0", 16, "conv3", &units);
    expect_same("alexnet", "0", 1, "conv3", want);
    free(want);
}
END_TEST

START_TEST(a_score_that_is_not_finite_names_the_layer) {
    struct alexcl_error err = {0};
    struct alexcl_gain huge = {sizeof(struct alexcl_gain), "conv3", 1e38};
    struct opened o = open_net("tiny2t", &huge, two(),
                               (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 4});
    float *in = inputs(o.model), *out = support_floats(IMAGES * 10);
    EXPECT_ERROR(alexcl_net_run(o.net, in, IMAGES, out, &err), ALEXCL_E_DATA, "conv", err);
    free(in);
    free(out);
    close_net(&o);
}
END_TEST

/* Image 2 overflows in conv2, image 6 in conv1 already: the first of them is named, with its own layer, whoever
 * computed it. */
START_TEST(the_layer_is_the_images_own) {
    struct alexcl_error err = {0};
    struct alexcl_gain huge = {sizeof(struct alexcl_gain), "conv2", 1e10};
    static const char *const splits[] = {"half", "1:1", "1:6"};
    for (int i = 0; i < 3; i++) {
        struct opened o = open_net(
            "tiny-nolrn", &huge, two(),
            (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 7, .split = splits[i]});
        size_t floats = (size_t)o.model->channels * (size_t)o.model->height * (size_t)o.model->width;
        float *in = inputs(o.model), *out = support_floats(IMAGES * 10);
        for (size_t k = 0; k < floats; k++) {
            in[(7 + 2) * floats + k] *= 1e30f;
            in[(7 + 6) * floats + k] = 3e38f;
        }
        EXPECT_ERROR(alexcl_net_run(o.net, in, IMAGES, out, &err), ALEXCL_E_DATA,
                     "image 9: not a finite number, first in the output of layer conv2", err);
        free(in);
        free(out);
        close_net(&o);
    }
}
END_TEST

/* Infinity alone: no softmax behind it, and no Winograd before it, that makes NaN of it. Every product is finite, their
 * sums are not. */
START_TEST(an_infinite_value_is_no_score) {
    struct alexcl_error err = {0};
    struct opened o = open_net(
        "lenet5", NULL, one(),
        (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 1, .last_layer = "c1"});
    struct alexcl_shape in = {o.model->channels, o.model->height, o.model->width}, out = support_output(o.net);
    float *x = support_floats(shape_size(in)), *y = support_floats(shape_size(out));
    for (size_t i = 0; i < shape_size(in); i++) x[i] = 3e38f;
    EXPECT_ERROR(alexcl_net_run(o.net, x, 1, y, &err), ALEXCL_E_DATA, "layer c1", err);
    size_t nan = 0, infinite = 0;
    for (size_t i = 0; i < shape_size(out); i++) nan += isnan(y[i]) != 0, infinite += isinf(y[i]) != 0;
    ck_assert(nan == 0 && infinite > 0);
    free(x);
    free(y);
    close_net(&o);
}
END_TEST

/* Every `step`-th layer of a model that computes something, in an order that is not the table's: each begins where
 * another one's values end, and none is written over before the end. */
static size_t outputs_of(const struct alexcl_model *model, size_t step, const char **names) {
    size_t count = 0;
    for (size_t i = model->layer_count; i-- > 0;) {
        if (i % step) continue;
        struct alexcl_error err = {0};
        struct graph *g = NULL;
        ck_assert_uint_lt(count, MOST_LAYERS);
        if (graph_make(model, model->layers[i].name, 1, &g, &err) == ALEXCL_OK) names[count++] = model->layers[i].name;
        graph_free(g);
    }
    const char *first = names[0];
    names[0] = names[count / 2];
    names[count / 2] = first;
    return count;
}

/* The values of several layers, got by one net: those of names[i] for all images in out[i], to be freed. */
static void several_scores(const char *name, const char *devices, const char *split, const char **names, size_t count,
                           float **out, size_t *units) {
    struct alexcl_error err = {0};
    struct opened o = open_net(name, NULL, devices,
                               (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options),
                                                           .batch = 7,
                                                           .reproducible = 1,
                                                           .split = split,
                                                           .outputs = names,
                                                           .output_count = count});
    const struct alexcl_shape *shapes;
    ck_assert_uint_eq(alexcl_net_outputs(o.net, &shapes), count);
    size_t row = 0, at = 0;
    for (size_t i = 0; i < count; i++) row += units[i] = shape_size(shapes[i]);
    float *in = inputs(o.model), *rows = support_floats(row * IMAGES);
    EXPECT_OK(alexcl_net_run(o.net, in, IMAGES, rows, &err), err);
    for (size_t i = 0; i < count; at += units[i++]) {
        out[i] = support_floats(units[i] * IMAGES);
        for (size_t n = 0; n < IMAGES; n++)
            memcpy(out[i] + n * units[i], rows + n * row + at, units[i] * sizeof(float));
    }
    free(in), free(rows);
    close_net(&o);
}

static void expect_outputs(const char *name, const char *devices, const char *split, const char **names, size_t count,
                           float *const *want, const size_t *units) {
    char what[128];
    float *got[MOST_LAYERS];
    size_t got_units[MOST_LAYERS];
    several_scores(name, devices, split, names, count, got, got_units);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(got_units[i], units[i]);
        snprintf(what, sizeof what, "%s on %s, split %s: %s", name, devices, split ? split : "half", names[i]);
        support_same(what, got[i], want[i], units[i] * IMAGES);
        free(got[i]);
    }
}

START_TEST(several_layers_are_what_each_is_alone) {
    static const char *const some[] = {"tiny2t", "tinyinc"};
    for (size_t m = 0; m < sizeof some / sizeof some[0]; m++) {
        struct alexcl_error err = {0};
        const struct alexcl_model *model;
        EXPECT_OK(alexcl_model_find(some[m], &model, &err), err);
        const char *names[MOST_LAYERS];
        float *want[MOST_LAYERS];
        size_t units[MOST_LAYERS], count;
        count = outputs_of(model, m == 0 ? 1 : 5, names);
        ck_assert_uint_ge(count, 4);
        for (size_t i = 0; i < count; i++) want[i] = scores(some[m], one(), 7, names[i], &units[i]);
        expect_outputs(some[m], one(), NULL, names, count, want, units);
        expect_outputs(some[m], two(), NULL, names, count, want, units);
        expect_outputs(some[m], two(), "2:1", names, count, want, units);
        for (size_t i = 0; i < count; i++) free(want[i]);
    }
}
END_TEST

/* With branches: without those that it does not need. */
static void end_with(const char *name, size_t step) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    const char *names[MOST_LAYERS];
    float *want[MOST_LAYERS];
    size_t units[MOST_LAYERS], count = outputs_of(model, step, names);
    ck_assert_uint_ge(count, 3);
    several_scores(name, one(), NULL, names, count, want, units); /* one net for all: each below is one to open */
    for (size_t i = 0; i < count; i++) {
        expect_same(name, two(), 4, names[i], want[i]);
        free(want[i]);
    }
}

START_TEST(every_layer_can_be_the_last) {
    int few = settings_environment("ALEXCL_TEST_FEW") != NULL;
    size_t step = few ? 4 : 1, branches_step = few ? 6 : 5; /* of a branched net three layers at least */
    if (strcmp(support_implementation(), "ref") == 0) branches_step = step;
    end_with("tiny-across", step);
    end_with("tinyinc", branches_step);
    end_with("tinyskip", branches_step);
}
END_TEST

START_TEST(outputs_that_are_none_are_told) {
    struct alexcl_error err = {0};
    const char *const nowhere[] = {"relu1", "relu77"}, *const none[] = {NULL};
    struct opened o =
        open_net("tiny2t", NULL, one(), (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options)});
    struct alexcl_net *net = NULL;
    struct alexcl_net_options options = {.size = sizeof options, .outputs = nowhere, .output_count = 2};
    ck_assert_int_eq(alexcl_net_open(o.model, o.weights, o.selection, &options, &net, &err), ALEXCL_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "relu77"));
    options.output_count = 1;
    options.last_layer = "relu1";
    err = (struct alexcl_error){0};
    ck_assert_int_eq(alexcl_net_open(o.model, o.weights, o.selection, &options, &net, &err), ALEXCL_E_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "last layer"));
    options.last_layer = NULL;
    options.outputs = none;
    err = (struct alexcl_error){0};
    ck_assert_int_eq(alexcl_net_open(o.model, o.weights, o.selection, &options, &net, &err), ALEXCL_E_USAGE);
    options.outputs = NULL;
    err = (struct alexcl_error){0};
    ck_assert_int_eq(alexcl_net_open(o.model, o.weights, o.selection, &options, &net, &err), ALEXCL_E_USAGE);
    close_net(&o);
}
END_TEST

/* What plan and the choice of a batch rest on, against the buffers that a device really has; packed weights may take
 * more. */
static void expect_estimates(size_t step) {
    struct alexcl_error err = {0};
    for (size_t i = 0; i < model_count(); i += step) {
        const struct alexcl_model *model;
        struct alexcl_weights *weights;
        EXPECT_OK(alexcl_model_find(models[i], &model, &err), err);
        EXPECT_OK(alexcl_weights_generate(model, 5, NULL, NULL, 0, &weights, &err), err);
        /* on one device; one half of two; both of two, for a share of the images */
        for (int placed = 1; placed <= 3; placed++) {
            int workers = placed == 1 ? 1 : 2;
            struct alexcl_selection *selection;
            struct worker_shared shared = {.weights = weights, .settings = *support_settings(), .workers = workers};
            struct worker worker;
            EXPECT_OK(alexcl_selection_open(workers == 1 ? one() : two(), &selection, &err), err);
            shared.selection = selection;
            pthread_mutex_init(&shared.upload, NULL);
            struct graph *whole;
            EXPECT_OK(graph_make(model, NULL, 1, &whole, &err), err);
            shared.graph = whole;
            EXPECT_OK(worker_create(&worker, &shared, workers - 1, placed == 2 ? 2u : 3u, &err), err);
            worker.capacity = 3;
            EXPECT_OK(worker_open(&worker, &err), err);
            EXPECT_OK(worker_prepare(&worker, &err), err);
            struct alexcl_plan_memory m = graph_memory(worker.graph, worker.halves, &worker.target, worker.capacity);
            uint64_t packed = 0;
            for (int k = 0; k < worker.graph->layer_count; k++)
                for (int h = 0; h < 2; h++)
                    for (int t = 0; worker_runs(&worker, h) && t < LAYER_TENSORS; t++) {
                        const struct buffer *b =
                            worker.graph->layers[k].half[h].pass[LAYER_FORWARD].parameters[t].buffer;
                        packed += b ? buffer_floats(b) * sizeof(float) : 0;
                    }
            ck_assert_uint_eq(packed, m.weights);
            ck_assert_msg(buffer_total(worker.target.device) - packed == m.total - m.weights,
                          "%s on %d devices: %llu bytes are taken beside weights, %llu were estimated", models[i],
                          workers, (unsigned long long)(buffer_total(worker.target.device) - packed),
                          (unsigned long long)(m.total - m.weights));
            worker_free(&worker);
            graph_free(whole);
            pthread_mutex_destroy(&shared.upload);
            alexcl_selection_free(selection);
        }
        alexcl_weights_free(weights);
    }
}

START_TEST(the_estimate_is_what_is_taken) {
    if (strcmp(support_implementation(), "ref") == 0) return;
    expect_estimates(1);
    keep_weights("half"); /* of nothing but fully connected layers, which two nets show */
    expect_estimates(6);
    keep_weights("int8");
    expect_estimates(6);
    keep_weights("float");
}
END_TEST

static struct alexcl_plan *plan_with(const char *precision) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    EXPECT_OK(alexcl_model_find("alexnet", &model, &err), err);
    keep_weights(precision);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){.size = sizeof(struct alexcl_plan_request), .targets = 1},
                               &plan, &err),
              err);
    keep_weights("float");
    return plan;
}

/* Where the weights are the net: half of the bytes, and 34 for 32 weights, planned without a device. */
START_TEST(narrow_weights_take_less_memory) {
    struct alexcl_plan *exact = plan_with("float"), *halves = plan_with("half"), *int8 = plan_with("int8");
    uint64_t weights = (uint64_t)9216 * 4096 + 4096 * 4096 + 4096 * 1000; /* fc6, fc7, fc8 */
    ck_assert_uint_eq(exact->memory[0].weights - halves->memory[0].weights, 2 * weights);
    ck_assert_uint_eq(exact->memory[0].total - halves->memory[0].total, 2 * weights);
    ck_assert_uint_eq(exact->memory[0].largest_buffer, 2 * halves->memory[0].largest_buffer);
    ck_assert_uint_eq(exact->memory[0].weights - int8->memory[0].weights, 4 * weights - weights / 32 * 34);
    alexcl_plan_free(exact), alexcl_plan_free(halves), alexcl_plan_free(int8);
}
END_TEST

START_TEST(a_small_device_gets_smaller_chunks_or_a_clear_refusal) {
    struct alexcl_error err = {0};
    struct alexcl_net *refused;
    struct opened o = open_net(
        "tiny2t", NULL, two(),
        (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 512, .memory = 16 << 20});
    ck_assert_int_lt(alexcl_net_batch(o.net), 512);
    ck_assert_int_ge(alexcl_net_batch(o.net), 1);
    /* By images: each device has room for as many as one device alone; the proportion holds, or what is left goes to
     * the other. */
    struct opened s = open_net(
        "tiny2t", NULL, one(),
        (struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 512, .memory = 16 << 20});
    int alone = alexcl_net_batch(s.net);
    ck_assert_int_lt(alone, 256);
    static const char *const splits[] = {"1:1", "1:3", "auto"};
    const int due[] = {2 * alone, alone + alone / 3, 2 * alone};
    for (int i = 0; i < 3; i++) {
        struct opened t = open_net(
            "tiny2t", NULL, two(),
            (struct alexcl_net_options){
                .size = sizeof(struct alexcl_net_options), .batch = 512, .memory = 16 << 20, .split = splits[i]});
        ck_assert_msg(abs(alexcl_net_batch(t.net) - due[i]) <= 1,
                      "split %s: %d images at once; one device has room for %d", splits[i], alexcl_net_batch(t.net),
                      alone);
        close_net(&t);
    }
    close_net(&s);
    struct alexcl_plan_memory m = support_memory(o.net, 0);
    ck_assert_uint_le(m.total, (16 << 20) / 10 * 9 + 9);
    ck_assert_uint_ge(m.activations, (uint64_t)alexcl_net_batch(o.net) * 3 * 99 * 99 * sizeof(float));
    ck_assert_uint_eq(support_memory(o.net, 2).total, 0);
    EXPECT_ERROR(alexcl_net_open(o.model, o.weights, o.selection,
                                 &(struct alexcl_net_options){
                                     .size = sizeof(struct alexcl_net_options), .batch = 64, .memory = 1 << 17},
                                 &refused, &err),
                 ALEXCL_E_MEMORY, "one image needs", err);
    close_net(&o);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("placement");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, every_placement_and_batch_gives_the_same_bits);
    tcase_add_test(tests, a_device_and_the_reference_agree);
    tcase_add_test(tests, and_with_half_weights);
    tcase_add_test(tests, and_with_int8_weights);
    tcase_add_test(tests, the_run_behind_is_copied_ahead);
    tcase_add_test(tests, the_order_of_two_equal_devices_does_not_matter);
    tcase_add_test(tests, every_split_of_the_images_gives_the_same_bits);
    tcase_add_test(tests, the_faster_target_gets_more);
    tcase_add_test(tests, a_split_that_cannot_be);
    tcase_add_test(tests, the_layer_is_the_images_own);
    tcase_add_test(tests, reproducible_holds_for_clblast_too);
    tcase_add_test(tests, reproducible_holds_for_images_that_come_alone);
    tcase_add_test(tests, every_layer_can_be_the_last);
    tcase_add_test(tests, several_layers_are_what_each_is_alone);
    tcase_add_test(tests, outputs_that_are_none_are_told);
    tcase_add_test(tests, a_score_that_is_not_finite_names_the_layer);
    tcase_add_test(tests, an_infinite_value_is_no_score);
    tcase_add_test(tests, the_estimate_is_what_is_taken);
    tcase_add_test(tests, narrow_weights_take_less_memory);
    tcase_add_test(tests, a_small_device_gets_smaller_chunks_or_a_clear_refusal);
    return support_run(tests);
}
