/* SPDX-License-Identifier: MIT */
/* The tuner: every way that it lists is right and gives the same net; what is kept is used, shared by halves and parts
 * of a device, and never believed where it is not possible. Training comes to the same bits whatever is chosen. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "graph.h"
#include "selfcheck.h"
#include "support.h"
#include "train_private.h"
#include "tune.h"
#include "tuning.h"

enum { IMAGES = 5 };

/* ---- ways ---- */

struct taken {
    int ways, chosen, defaults, shapes;
    char shape[TUNING_KEY];
};

static int take(void *user, const struct alexcl_tune_result *r) {
    struct taken *t = user;
    ck_assert_msg(r->status == ALEXCL_OK, "%s by %s %s: %s", r->shape, r->variant, r->tile, r->message);
    ck_assert_msg(r->batch1 > 0 && r->batch8 > 0, "%s by %s %s took no time", r->shape, r->variant, r->tile);
    ck_assert_uint_le(r->number, r->count);
    t->shapes += strcmp(t->shape, r->shape) != 0;
    snprintf(t->shape, sizeof t->shape, "%s", r->shape);
    t->ways++;
    t->chosen += r->chosen;
    t->defaults += r->is_default;
    return 0;
}

static void fresh_cache(void) {
    char folder[] = "tune.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    support_set("ALEXCL_CACHE_DIR", folder);
    /* a test before may have had it on, in the same process */
    support_set("ALEXCL_TUNE", "off");
}

START_TEST(every_way_is_right_and_one_is_chosen) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct taken t = {0};
    char path[4300];
    unsigned char *text;
    size_t length;
    struct tuning *tuning;
    fresh_cache();
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_tune_run(model, support_selection(), NULL, take, &t, path, sizeof path, &err), err);
    ck_assert_int_ge(t.ways, 10);
    ck_assert_int_eq(t.chosen, t.shapes);
    ck_assert_int_eq(t.defaults, t.shapes);
    EXPECT_OK(files_read(path, 1 << 20, &text, &length, &err), err);
    EXPECT_OK(tuning_parse((const char *)text, length, &tuning, &err), err);
    ck_assert(tuning_knows(tuning, t.shape));
    tuning_free(tuning);
    free(text);
}
END_TEST

static int stop(void *user, const struct alexcl_tune_result *r) {
    (void)r;
    ++*(int *)user;
    return 1;
}

START_TEST(a_caller_stops_it) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    char path[4300];
    int calls = 0;
    fresh_cache();
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_ERROR(alexcl_tune_run(model, support_selection(), NULL, stop, &calls, path, sizeof path, &err),
                 ALEXCL_E_INTERRUPTED, "interrupted", err);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(nothing_is_begun_that_may_not_end_in_time) {
    struct tune_budget b = {.deadline = 100}, past = {.deadline = 5}, forever = {.deadline = UINT64_MAX};
    ck_assert(tune_has_time(&b, 99) && !tune_has_time(&b, 100) && !tune_has_time(&past, 6));
    tune_spend(&b, 30, 1);                                       /* what is needed anyway moves the deadline */
    ck_assert(tune_has_time(&b, 99) && !tune_has_time(&b, 100)); /* and tells how long another may take */
    tune_spend(&b, 10, 0);
    ck_assert(tune_has_time(&b, 99) && !tune_has_time(&b, 100));
    tune_spend(&b, 50, 0);
    ck_assert(tune_has_time(&b, 79) && !tune_has_time(&b, 80));
    tune_spend(&forever, 30, 1);
    ck_assert(tune_has_time(&forever, UINT64_MAX / 2));
}
END_TEST

static int tried; /* ways that the log tells of */
static void count_tried(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    (void)level;
    tried += strncmp(text, "measuring conv", 14) == 0;
}

/* As before a net's first use, with so much time. */
static void tune_in(uint64_t time) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct graph *g;
    struct tuning *t;
    fresh_cache();
    support_set("ALEXCL_TUNE", "first");
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, layer_block(support_target()), &g, &err), err);
    EXPECT_OK(tuning_open(alexcl_selection_device(support_selection(), 0), support_settings(), &t, &err), err);
    tried = 0;
    alexcl_log_to(count_tried, NULL);
    EXPECT_OK(tune_before_use(support_selection(), 0, g, 3, support_target(), time, t, &err), err);
    alexcl_log_to(NULL, NULL);
    tuning_free(t);
    graph_free(g);
}

START_TEST(without_time_nothing_is_measured) {
    tune_in(0);
    ck_assert_int_eq(tried, 0);
    tune_in(60000000000u);
    ck_assert_int_gt(tried, 3);
}
END_TEST

/* ---- what is kept ---- */

static struct tuning *parse(const char *text) {
    struct alexcl_error err = {0};
    struct tuning *t;
    EXPECT_OK(tuning_parse(text, strlen(text), &t, &err), err);
    return t;
}

/* The first half of a layer of tiny2t as the device computes it. */
static struct layer layer_of(struct graph **g, const char *name) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, layer_block(support_target()), g, &err), err);
    for (int i = 0; i < (*g)->layer_count; i++)
        if (strcmp((*g)->layers[i].half[0].shape.desc->name, name) == 0) return (*g)->layers[i].half[0];
    ck_abort_msg("no %s", name);
}

START_TEST(a_choice_is_used_where_it_is_possible) {
    struct graph *g;
    struct layer l = layer_of(&g, "conv2");
    static const struct {
        const char *variant, *tile;
        int used;
    } cases[] = {{"cpu", "[2, 1]", 1},
                 {"cpu", "[]", 1},
                 {"cpu", "[1, 4]", 1},
                 {"cpu", "[4096]", 0},
                 {"cpu", "[2, 1, 1]", 0},
                 {"nothing", "[]", 0},
                 {"ref", "[]", 0},
                 {"own", "[]", 0},
                 {"winograd", "[8, 2, 1]", 1},
                 {"winograd", "[8, 2]", 0},
                 {"winograd", "[17, 1, 1]", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char key[TUNING_KEY], text[512];
        tuning_key(&l, LAYER_FORWARD, key);
        snprintf(text, sizeof text, "{\"format\": 1, \"layers\": {\"%s\": {\"variant\": \"%s\", \"tile\": %s}}}", key,
                 cases[i].variant, cases[i].tile);
        struct tuning *t = parse(text);
        struct layer tuned = l;
        ck_assert_msg(tuning_apply(t, &tuned, LAYER_FORWARD, support_target()) == cases[i].used, "%s %s",
                      cases[i].variant, cases[i].tile);
        ck_assert(cases[i].used ? strcmp(tuned.pass[LAYER_FORWARD].tuned->name, cases[i].variant) == 0
                                : !tuned.pass[LAYER_FORWARD].tuned);
        struct layer_tile made = cases[i].used ? tuned.pass[LAYER_FORWARD].tuned->tile(&tuned, support_target())
                                               : tuned.pass[LAYER_FORWARD].tile;
        ck_assert(!tuned.pass[LAYER_FORWARD].tile.size[0] ||
                  memcmp(&made, &tuned.pass[LAYER_FORWARD].tile, sizeof made) == 0);
        ck_assert(
            layer_choose(&tuned, LAYER_FORWARD, support_target()) ==
            (cases[i].used ? tuned.pass[LAYER_FORWARD].tuned : layer_choose(&l, LAYER_FORWARD, support_target())));
        tuning_free(t);
    }
    graph_free(g);
}
END_TEST

START_TEST(a_damaged_file_is_refused) {
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"format\": 2, \"layers\": {}}",
        "{\"format\": 1}",
        "{\"format\": 1, \"layers\": []}",
        "{\"format\": 1, \"layers\": {\"a\": {}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\"}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": 1, \"tile\": []}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [1, 2, 3, 4]}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [0]}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [4294967297]}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [1], \"image_ms\": -1}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [1], \"image_ms\": 1e300}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [1], \"image_ms\": \"1\"}}}",
        "{\"format\": 1, \"layers\": {\"a\": {\"variant\": \"cpu\", \"tile\": [1.5]}}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct alexcl_error err = {0};
        struct tuning *t;
        EXPECT_ERROR(tuning_parse(texts[i], strlen(texts[i]), &t, &err), ALEXCL_E_DATA, "", err);
    }
}
END_TEST

START_TEST(halves_share_a_key_and_other_shapes_do_not) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct graph *g;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(graph_make(model, NULL, layer_block(support_target()), &g, &err), err);
    for (int i = 0; i < g->layer_count; i++) {
        char a[TUNING_KEY], b[TUNING_KEY];
        tuning_key(&g->layers[i].half[0], LAYER_FORWARD, a), tuning_key(&g->layers[i].half[1], LAYER_FORWARD, b);
        ck_assert_str_eq(a, b);
        struct layer other = g->layers[i].half[0];
        other.shape.in.w++;
        tuning_key(&other, LAYER_FORWARD, b);
        ck_assert_str_ne(a, b);
        tuning_key(&g->layers[i].half[0], LAYER_INPUT_GRADIENT, b);
        ck_assert_str_ne(a, b);
    }
    graph_free(g);
}
END_TEST

/* A file's keys stay what they were for squares; all of another window is in them. */
START_TEST(a_key_says_the_window) {
    static const struct {
        int kernel[2], stride[2], dilation[2], pad[4];
        const char *key;
    } cases[] = {
        {{5, 5}, {1, 1}, {0}, {2, 2, 2, 2}, "conv 2x40x40 to 2, 5x5/1, pad 2, blocks 1 to 1"},
        {{11, 11}, {4, 4}, {1, 1}, {0, 0, 3, 3}, "conv 2x40x40 to 2, 11x11/4, pad 0+3, blocks 1 to 1"},
        {{3, 2}, {1, 2}, {2, 1}, {1, 0, 2, 1}, "conv 2x40x40 to 2, 3x2/1x2, dilation 2x1, pads 1 0 2 1, blocks 1 to 1"},
        {{3, 3}, {2, 2}, {3, 3}, {2, 2, 1, 1}, "conv 2x40x40 to 2, 3x3/2, dilation 3, pads 2 2 1 1, blocks 1 to 1"},
        {{3, 3}, {1, 1}, {0}, {0, 1, 1, 1}, "conv 2x40x40 to 2, 3x3/1, pads 0 1 1 1, blocks 1 to 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alexcl_error err = {0};
        char key[TUNING_KEY];
        struct layer l;
        struct alexcl_layer desc = {.type = ALEXCL_CONV, .name = "c", .outputs = 4, .groups = 1};
        memcpy(desc.kernel, cases[i].kernel, sizeof desc.kernel);
        memcpy(desc.stride, cases[i].stride, sizeof desc.stride);
        memcpy(desc.dilation, cases[i].dilation, sizeof desc.dilation);
        memcpy(desc.pad, cases[i].pad, sizeof desc.pad);
        EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, 40, 40}, &err), err);
        tuning_key(&l, LAYER_FORWARD, key);
        ck_assert_str_eq(key, cases[i].key);
    }
}
END_TEST

/* ---- a net ---- */

static float *scores_of(const char *devices, int reproducible, size_t *count) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 5, NULL, NULL, 0, &weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    EXPECT_OK(alexcl_net_open(model, weights, selection,
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options),
                                                           .batch = IMAGES,
                                                           .reproducible = reproducible},
                              &net, &err),
              err);
    struct alexcl_shape shape = support_output(net);
    *count = IMAGES * (size_t)(shape.c * shape.h * shape.w);
    float *out = support_floats(*count),
          *in = support_random((size_t)(IMAGES * model->channels * model->height * model->width), "tune", 128);
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, out, &err), err);
    alexcl_net_free(net);
    alexcl_selection_free(selection);
    alexcl_weights_free(weights);
    free(in);
    return out;
}

static float *scores(const char *devices, size_t *count) { return scores_of(devices, 0, count); }

START_TEST(a_first_use_measures_once_and_placements_agree) {
    struct alexcl_error err = {0};
    size_t count;
    struct tuning *t;
    const struct alexcl_device_info *device = alexcl_selection_device(support_selection(), 0);
    fresh_cache();
    float *untuned = scores("0", &count);
    EXPECT_OK(tuning_open(device, support_settings(), &t, &err), err);
    ck_assert_int_ne(access(tuning_path(t), F_OK), 0);
    support_set("ALEXCL_TUNE", "first");
    float *first = scores("0/2", &count);
    ck_assert_int_eq(access(tuning_path(t), F_OK), 0);
    ck_assert_int_eq(unlink(tuning_path(t)), 0);
    float *kept = NULL, *again = NULL;
    /* measures again; what its time did not suffice for is measured at the next opening */
    for (int i = 0; i < 20 && !kept; i++) {
        unsigned char *before, *after;
        size_t length[2];
        float *one = scores("0", &count);
        EXPECT_OK(files_read(tuning_path(t), 1 << 20, &before, &length[0], &err), err);
        again = scores("0/2", &count);
        EXPECT_OK(files_read(tuning_path(t), 1 << 20, &after, &length[1], &err), err);
        if (length[0] == length[1] && memcmp(before, after, length[0]) == 0) kept = one;
        free(kept ? NULL : one), free(kept ? NULL : again);
        free(before), free(after);
    }
    ck_assert_msg(kept != NULL, "20 openings did not come to an end of measuring");
    support_compare("tuned", first, untuned, count, 1e-5);
    support_same("0 and 0/2, one tuning", again, kept, count);
    tuning_free(t);
    free(untuned), free(first), free(kept), free(again);
}
END_TEST

START_TEST(what_was_measured_on_other_hardware_is_not_used) {
    static const char *const others[] = {"vendor 0x1022", "8 units", "vectors of 16 floats"};
    struct alexcl_error err = {0};
    struct alexcl_device_info device = *alexcl_selection_device(support_selection(), 0), other = device;
    struct tuning *t, *of_other;
    fresh_cache();
    EXPECT_OK(tuning_open(&device, support_settings(), &t, &err), err);
    EXPECT_OK(tuning_save(t, &err), err);
    EXPECT_OK(tuning_open(&other, support_settings(), &of_other, &err), err);
    ck_assert(tuning_same(t, of_other) && access(tuning_path(of_other), F_OK) == 0);
    tuning_free(of_other);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) { /* of the same name */
        snprintf(other.hardware, sizeof other.hardware, "%s", others[i]);
        EXPECT_OK(tuning_open(&other, support_settings(), &of_other, &err), err);
        ck_assert(!tuning_same(t, of_other) && access(tuning_path(of_other), F_OK) != 0);
        tuning_free(of_other);
    }
    tuning_free(t);
}
END_TEST

START_TEST(an_edited_file_is_obeyed) {
    struct alexcl_error err = {0};
    size_t count;
    char key[TUNING_KEY], text[512];
    struct graph *g;
    struct tuning *t;
    struct layer l = layer_of(&g, "conv2");
    fresh_cache();
    float *untuned = scores("0", &count);
    EXPECT_OK(tuning_open(alexcl_selection_device(support_selection(), 0), support_settings(), &t, &err), err);
    tuning_key(&l, LAYER_FORWARD, key);
    ck_assert_int_eq(strcmp(layer_choose(&l, LAYER_FORWARD, support_target())->name, "winograd"), 0);
    snprintf(text, sizeof text, "{\"format\": 1, \"layers\": {\"%s\": {\"variant\": \"cpu\", \"tile\": [3, 1]}}}", key);
    EXPECT_OK(files_replace(tuning_path(t), text, strlen(text), &err), err);
    float *one = scores("0", &count), *two = scores("0/2", &count), *whatever = scores_of("0", 1, &count);
    support_same("reproducible, whatever the file chooses", whatever, untuned, count);
    support_compare("by the file's choice", one, untuned, count, 1e-5);
    support_same("0 and 0/2, by the file's choice", one, two, count);
    ck_assert_msg(memcmp(one, untuned, count * sizeof *one) != 0, "conv2 is computed as before");
    EXPECT_OK(files_replace(tuning_path(t), "{", 1, &err), err);
    float *damaged = scores("0", &count);
    support_same("with a damaged file", damaged, untuned, count);
    tuning_free(t);
    graph_free(g);
    free(untuned), free(one), free(two), free(whatever), free(damaged);
}
END_TEST

START_TEST(a_reproducible_net_measures_nothing) {
    struct alexcl_error err = {0};
    size_t count;
    struct tuning *t;
    fresh_cache();
    float *off = scores_of("0", 1, &count);
    support_set("ALEXCL_TUNE", "first");
    float *first = scores_of("0", 1, &count);
    EXPECT_OK(tuning_open(alexcl_selection_device(support_selection(), 0), support_settings(), &t, &err), err);
    ck_assert_int_ne(access(tuning_path(t), F_OK), 0);
    support_same("reproducible, at a first use", first, off, count);
    tuning_free(t);
    free(off), free(first);
}
END_TEST

/* ---- training ---- */

static const struct alexcl_layer units[] = {
    {.type = ALEXCL_FLATTEN, .name = "flat"}, {.type = ALEXCL_FC, .name = "fc1", .outputs = 50, .gain = 1},
    {.type = ALEXCL_RELU, .name = "relu1"},   {.type = ALEXCL_FC, .name = "fc2", .outputs = 50, .gain = 1},
    {.type = ALEXCL_RELU, .name = "relu2"},   {.type = ALEXCL_FC, .name = "fc3", .outputs = 10, .gain = 1},
};
static const struct alexcl_model trained = {.size = sizeof trained,
                                            .name = "units",
                                            .about = "fully connected",
                                            .channels = 1,
                                            .height = 10,
                                            .width = 10,
                                            .scale = 1,
                                            .layers = units,
                                            .layer_count = sizeof units / sizeof *units,
                                            .layer_size = sizeof *units};

/* The checkpoint behind some steps of two groups of images each; free() it. With variants and tiles that a file has
 * chosen in place of the own ones: of so many passes of half 0. */
static unsigned char *train_on(const char *devices, size_t *length, int *chosen) {
    enum { BATCH = 14 };
    static int labels[BATCH] = {1, 2, 3};
    struct alexcl_error err = {0};
    const struct alexcl_recipe_value values[] = {{"batch", "14"}, {"init", "glorot"}, {"lr", "0.1"}};
    const struct alexcl_train_options options = {
        .size = sizeof options, .values = values, .value_count = 3, .micro_batch = 7};
    struct alexcl_selection *selection;
    struct alexcl_train *t;
    unsigned char *bytes;
    float *images = support_random(BATCH * 100, "train", 1);
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    EXPECT_OK(alexcl_train_open(&trained, NULL, selection, &options, &t, &err), err);
    for (int step = 0; step < 2; step++)
        EXPECT_OK(alexcl_train_step(t, &(struct alexcl_train_batch){images, labels, BATCH}, NULL, &err), err);
    EXPECT_OK(alexcl_train_save(t, "tuned.safetensors", NULL, 0, &err), err);
    EXPECT_OK(files_read("tuned.safetensors", 1 << 20, &bytes, length, &err), err);
    const struct graph *g = t->net->workers[0].graph;
    *chosen = 0;
    for (int i = 0; i < g->layer_count; i++)
        for (int pass = 0; pass < LAYER_PASSES; pass++) {
            struct layer l = g->layers[i].half[0];
            const struct layer_variant *v = l.pass[pass].variant;
            struct layer_tile tile = l.pass[pass].tile;
            if (!v || !v->tile || !tile.size[0]) continue;
            l.pass[pass].tile = (struct layer_tile){{0}};
            struct layer_tile own = v->tile(&l, l.target);
            *chosen += memcmp(&own, &tile, sizeof own) != 0;
        }
    alexcl_train_free(t);
    alexcl_selection_free(selection);
    free(images);
    return bytes;
}

static void expect_bits(const char *what, const unsigned char *due, size_t due_length, const char *devices,
                        int chosen_due) {
    size_t length;
    int chosen;
    unsigned char *bytes = train_on(devices, &length, &chosen);
    ck_assert_msg(length == due_length && memcmp(bytes, due, length) == 0, "%s, on %s: other weights", what, devices);
    ck_assert_msg(chosen_due < 0 || chosen == chosen_due, "%s, on %s: %d other tiles, %d are due", what, devices,
                  chosen, chosen_due);
    free(bytes);
}

static int take_training(void *user, const struct alexcl_tune_result *r) {
    struct taken *t = user;
    ck_assert(!r->chosen || !r->other_bits);
    ck_assert(!r->is_default || !r->other_bits);
    return take(t, r);
}

/* Makes a file choose, in each pass, the last way that is said to give the same bits. Gives back how many have another
 * tile than their own. */
static int choose_last(const char *path) {
    struct alexcl_error err = {0};
    json_error_t problem;
    json_t *document = json_load_file(path, 0, &problem), *entry;
    const char *key;
    int others = 0;
    ck_assert_ptr_nonnull(document);
    json_object_foreach(json_object_get(document, "layers"), key, entry) {
        json_t *ways = json_object_get(entry, "tried"), *sizes = json_array();
        ck_assert_msg(strstr(key, ", training") != NULL, "%s", key);
        size_t last = json_array_size(ways) - 1;
        while (json_is_true(json_object_get(json_array_get(ways, last), "other_bits"))) last--;
        const char *tile = json_string_value(json_object_get(json_array_get(ways, last), "tile"));
        for (char *end; *tile; tile = *end ? end + 1 : end)
            json_array_append_new(sizes, json_integer(strtol(tile, &end, 10)));
        json_object_set_new(entry, "tile", sizes);
        json_object_set(entry, "variant", json_object_get(json_array_get(ways, last), "variant"));
        others += last > 0;
    }
    char *text = json_dumps(document, 0);
    EXPECT_OK(files_replace(path, text, strlen(text), &err), err);
    free(text);
    json_decref(document);
    return others;
}

START_TEST(training_comes_to_the_same_bits_whatever_is_chosen) {
    struct alexcl_error err = {0};
    struct taken t = {0};
    char path[4300];
    size_t length;
    int chosen, cpu = device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU;
    fresh_cache();
    unsigned char *untuned = train_on("0", &length, &chosen);
    ck_assert_int_eq(chosen, 0);
    support_set("ALEXCL_TUNE", "first");
    expect_bits("a first use", untuned, length, "0/2", -1);
    fresh_cache();
    EXPECT_OK(alexcl_tune_run(&trained, support_selection(),
                              &(struct alexcl_tune_request){.size = sizeof(struct alexcl_tune_request), .training = 1},
                              take_training, &t, path, sizeof path, &err),
              err);
    ck_assert_int_eq(t.chosen, t.shapes);
    if (cpu) ck_assert_int_eq(t.shapes, 3 + 2 + 3); /* forward, input gradient but of fc1, weight gradient */
    int others = t.shapes ? choose_last(path) : 0;
    ck_assert(!cpu || others >= 5);
    expect_bits("other tiles", untuned, length, "0", cpu ? others : -1);
    expect_bits("other tiles", untuned, length, "0/2", cpu ? others : -1);
    free(untuned);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("tune");
    tcase_add_test(tests, what_was_measured_on_other_hardware_is_not_used);
    tcase_add_test(tests, nothing_is_begun_that_may_not_end_in_time);
    tcase_add_test(tests, every_way_is_right_and_one_is_chosen);
    tcase_add_test(tests, without_time_nothing_is_measured); /* its kernels are compiled by now */
    tcase_add_test(tests, a_caller_stops_it);
    tcase_add_test(tests, a_choice_is_used_where_it_is_possible);
    tcase_add_test(tests, a_damaged_file_is_refused);
    tcase_add_test(tests, a_key_says_the_window);
    tcase_add_test(tests, halves_share_a_key_and_other_shapes_do_not);
    tcase_add_test(tests, a_first_use_measures_once_and_placements_agree);
    tcase_add_test(tests, an_edited_file_is_obeyed);
    tcase_add_test(tests, a_reproducible_net_measures_nothing);
    tcase_add_test(tests, training_comes_to_the_same_bits_whatever_is_chosen);
    return support_run(tests);
}
