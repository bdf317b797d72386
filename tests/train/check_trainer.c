/* SPDX-License-Identifier: MIT */
/* Training on a tiny net of two halves: it learns, and comes to the same weights to the bit wherever the halves run,
 * in whatever groups a batch is computed twice, and whether or not it was stopped in between. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "support.h"
#include "train_private.h"

enum { IMAGES = 12, BATCH = 4, CLASSES = 10 };

static const struct alexcl_model *model;
static float *images;
static int labels[IMAGES];
static struct alexcl_error err;

static void set_up(void) {
    err = (struct alexcl_error){0};
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    images = support_random(IMAGES * floats, "x", 1.0);
    for (int i = 0; i < IMAGES; i++) labels[i] = i % CLASSES;
}
static void tear_down(void) { free(images); }

static struct alexcl_train *open_on(const struct alexcl_selection *sel, const char *optimizer, int micro_batch) {
    const struct alexcl_recipe_value values[] = {
        {"batch", "4"}, {"optimizer", optimizer}, {"lr", "0.01"}, {"init", "glorot"}};
    const struct alexcl_train_options options = {
        .size = sizeof options, .values = values, .value_count = 4, .seed = 7, .micro_batch = micro_batch};
    struct alexcl_train *t;
    EXPECT_OK(alexcl_train_open(model, NULL, sel, &options, &t, &err), err);
    return t;
}

/* Steps first .. first+count-1; the loss of the last. */
static double steps(struct alexcl_train *t, int first, int count) {
    struct alexcl_train_result result = {.size = sizeof result};
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    for (int i = first; i < first + count; i++) {
        size_t at = (size_t)(i * BATCH % IMAGES);
        const struct alexcl_train_batch batch = {images + at * floats, labels + at, BATCH};
        EXPECT_OK(alexcl_train_step(t, &batch, &result, &err), err);
    }
    return result.loss;
}

/* A checkpoint's bytes; free() them. */
static unsigned char *saved(struct alexcl_train *t, size_t *length) {
    unsigned char *bytes;
    EXPECT_OK(alexcl_train_save(t, "trainer.safetensors", NULL, 0, &err), err);
    EXPECT_OK(files_read("trainer.safetensors", 64 << 20, &bytes, length, &err), err);
    return bytes;
}

static void expect_same(struct alexcl_train *a, struct alexcl_train *b, const char *what) {
    size_t length[2];
    unsigned char *bytes[2] = {saved(a, &length[0]), saved(b, &length[1])};
    ck_assert_uint_eq(length[0], length[1]);
    ck_assert_msg(memcmp(bytes[0], bytes[1], length[0]) == 0, "%s: the checkpoints differ", what);
    free(bytes[0]), free(bytes[1]);
}

START_TEST(the_loss_falls) {
    struct alexcl_train *t = open_on(support_selection(), "adam", 0);
    struct alexcl_train_result result = {.size = sizeof result};
    const struct alexcl_train_batch batch = {images, labels, BATCH};
    EXPECT_OK(alexcl_train_evaluate(t, &batch, &result, &err), err);
    double before = result.loss;
    for (int i = 0; i < 60; i++) EXPECT_OK(alexcl_train_step(t, &batch, NULL, &err), err);
    EXPECT_OK(alexcl_train_evaluate(t, &batch, &result, &err), err);
    ck_assert_msg(result.loss < 0.6 * before, "the loss is %g behind 60 steps and was %g", result.loss, before);
    ck_assert_uint_eq(alexcl_train_steps(t), 60);
    alexcl_train_free(t);
}
END_TEST

/* Three views a picture, more images than are computed at once: by the losses of single images, -ln p. */
START_TEST(views_of_a_picture_are_averaged) {
    enum { VIEWS = 3, PICTURES = IMAGES / VIEWS };
    struct alexcl_train *t = open_on(support_selection(), "sgd", 2);
    struct alexcl_train_result result = {.size = sizeof result}, one = {.size = sizeof one};
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    double loss = 0;
    steps(t, 0, 3);
    for (int i = 0; i < PICTURES; i++) {
        double p = 0;
        for (int v = 0; v < VIEWS; v++) {
            const struct alexcl_train_batch image = {images + (size_t)(i * VIEWS + v) * floats, labels + i, 1};
            EXPECT_OK(alexcl_train_evaluate(t, &image, &one, &err), err);
            p += exp(-one.loss) / VIEWS;
        }
        loss -= log(p) / PICTURES;
    }
    const struct alexcl_train_batch batch = {images, labels, PICTURES};
    EXPECT_OK(alexcl_train_evaluate_views(t, &batch, VIEWS, &result, &err), err);
    ck_assert_msg(fabs(result.loss - loss) < 1e-6 * loss, "the loss is %.9g where %.9g was due", result.loss, loss);
    EXPECT_OK(alexcl_train_evaluate(t, &batch, &one, &err), err);
    ck_assert_msg(fabs(one.loss - loss) > 1e-4 * loss, "a single view has the same loss");
    EXPECT_OK(alexcl_train_evaluate_views(t, &batch, 1, &result, &err), err);
    ck_assert_msg(fabs(result.loss - one.loss) < 1e-6 * loss, "of one view it is %.9g, not %.9g", result.loss,
                  one.loss);
    ck_assert_uint_eq(result.top1_wrong, one.top1_wrong);
    ck_assert_uint_eq(result.top5_wrong, one.top5_wrong);
    EXPECT_ERROR(alexcl_train_evaluate_views(t, &batch, 0, &result, &err), ALEXCL_E_USAGE, "at least one", err);
    alexcl_train_free(t);
}
END_TEST

/* On one target, on two of one kind, where there is a second one to be had by cutting the device. */
/* The optimiser, the forward and the backward pass of a fully connected layer use the same weights, of which no copy is
 * packed; and a device has what was planned (and biases that are 0). */
START_TEST(weights_of_fully_connected_layers_are_there_once) {
    struct alexcl_train *t = open_on(support_selection(), "sgd", 0);
    int found = 0;
    for (int h = 0; h < 2; h++) {
        struct worker *worker = train_worker(t, h);
        for (int i = 0; i < worker->graph->layer_count; i++) {
            const struct layer *l = &worker->graph->layers[i].half[h];
            if (l->shape.desc->type != ALEXCL_FC) continue;
            for (int pass = LAYER_FORWARD; pass <= LAYER_INPUT_GRADIENT; pass++) {
                ck_assert_ptr_eq(l->pass[pass].parameters[0].buffer, l->master[0].buffer);
                ck_assert_ptr_eq(l->pass[pass].parameters[0].host, l->master[0].host);
                ck_assert_uint_eq(layer_pass_floats(l, (enum layer_pass_kind)pass, &worker->target), 0);
                found++;
            }
        }
        if (!worker->target.device) continue;
        uint64_t has = buffer_total(worker->target.device),
                 planned = support_memory(t->net, (size_t)worker->index).total;
        ck_assert_msg(has >= planned && has <= planned + planned / 1000, "%llu bytes of %llu", (unsigned long long)has,
                      (unsigned long long)planned);
    }
    ck_assert_int_ge(found, 4);
    alexcl_train_free(t);
}
END_TEST

START_TEST(the_same_bits_on_one_and_two) {
    static const char *const optimizers[] = {"sgd", "adam-torch"};
    struct alexcl_selection *two;
    const char *name = support_target()->device ? "0/2" : "ref,ref";
    EXPECT_OK(alexcl_selection_open(name, &two, &err), err);
    for (int i = 0; i < 2; i++) {
        struct alexcl_train *a = open_on(support_selection(), optimizers[i], 0), *b = open_on(two, optimizers[i], 0);
        ck_assert_double_eq(steps(a, 0, 3), steps(b, 0, 3));
        expect_same(a, b, optimizers[i]);
        alexcl_train_free(a), alexcl_train_free(b);
    }
    alexcl_selection_free(two);
}
END_TEST

START_TEST(groups_of_images_come_to_the_same) {
    struct alexcl_selection *two;
    EXPECT_OK(alexcl_selection_open(support_target()->device ? "0/2" : "ref,ref", &two, &err), err);
    struct alexcl_train *a = open_on(support_selection(), "sgd", 2), *b = open_on(two, "sgd", 2),
                        *whole = open_on(support_selection(), "sgd", 0);
    ck_assert_int_eq(alexcl_train_micro_batch(a), 2);
    ck_assert_int_eq(alexcl_train_micro_batch(whole), BATCH);
    double loss = steps(a, 0, 3), other = steps(whole, 0, 3);
    ck_assert_double_eq(loss, steps(b, 0, 3));
    ck_assert_msg(fabs(loss - other) < 1e-5 * fabs(other), "in groups the loss is %g, at once %g", loss, other);
    expect_same(a, b, "groups of two");
    alexcl_train_free(a), alexcl_train_free(b), alexcl_train_free(whole);
    alexcl_selection_free(two);
}
END_TEST

/* The same images, as a whole step and as one group of a larger one: parameters that are updated as soon as their
 * gradient is complete are those that are updated at the end. */
START_TEST(a_whole_step_updates_as_a_group_does) {
    static const char *const optimizers[] = {"sgd", "adam"};
    for (int i = 0; i < 2; i++) {
        const struct alexcl_recipe_value values[] = {
            {"batch", "8"}, {"optimizer", optimizers[i]}, {"lr", "0.01"}, {"init", "glorot"}};
        const struct alexcl_train_options options = {
            .size = sizeof options, .values = values, .value_count = 4, .seed = 7, .micro_batch = BATCH};
        struct alexcl_train *whole = open_on(support_selection(), optimizers[i], 0), *group;
        EXPECT_OK(alexcl_train_open(model, NULL, support_selection(), &options, &group, &err), err);
        ck_assert(train_worker(whole, 0)->backward->whole && !train_worker(group, 0)->backward->whole);
        ck_assert_double_eq(steps(whole, 0, 3), steps(group, 0, 3));
        for (int l = 0; l < train_worker(whole, 0)->graph->layer_count; l++)
            for (int h = 0; h < 2; h++) {
                const struct layer *a = &train_worker(whole, h)->graph->layers[l].half[h],
                                   *b = &train_worker(group, h)->graph->layers[l].half[h];
                for (int t = 0; t < a->shape.tensor_count && a->choice.keep_master; t++) {
                    size_t floats = layer_tensor_floats(&a->shape.tensors[t]);
                    float *x = support_floats(floats), *y = support_floats(floats);
                    EXPECT_OK(storage_read((struct storage *)&a->master[t], 0, x, floats, &err), err);
                    EXPECT_OK(storage_read((struct storage *)&b->master[t], 0, y, floats, &err), err);
                    support_same(a->shape.desc->name, x, y, floats);
                    free(x), free(y);
                }
            }
        uint64_t less = support_memory(whole->net, 0).gradients, more = support_memory(group->net, 0).gradients;
        ck_assert_msg(less < more, "gradients take %llu bytes, in groups %llu", (unsigned long long)less,
                      (unsigned long long)more);
        alexcl_train_free(whole), alexcl_train_free(group);
    }
}
END_TEST

/* As a device leaves it that fails between two updates. */
START_TEST(a_step_that_ended_halfway_is_the_last) {
    struct alexcl_train *t = open_on(support_selection(), "sgd", 0);
    const struct alexcl_train_batch batch = {images, labels, BATCH};
    struct alexcl_train_result result = {.size = sizeof result};
    steps(t, 0, 1);
    t->halfway = 1;
    EXPECT_ERROR(alexcl_train_step(t, &batch, &result, &err), ALEXCL_E_DEVICE, "step 2 failed", err);
    EXPECT_ERROR(alexcl_train_evaluate(t, &batch, &result, &err), ALEXCL_E_DEVICE, "last checkpoint", err);
    EXPECT_ERROR(alexcl_train_save(t, "halfway.safetensors", NULL, 0, &err), ALEXCL_E_DEVICE, "step 2 failed", err);
    alexcl_train_free(t);
}
END_TEST

START_TEST(a_checkpoint_goes_on_to_the_bit) {
    enum { EPOCHS = 5 }; /* none better than the first: the rate has fallen, and its schedule waits once more */
    static const char *const optimizers[] = {"sgd-caffe", "adam"};
    for (int i = 0; i < 2; i++) {
        struct alexcl_train *a = open_on(support_selection(), optimizers[i], 2), *b;
        steps(a, 0, 2);
        for (int epoch = 0; epoch < EPOCHS; epoch++) EXPECT_OK(alexcl_train_end_epoch(a, 0.5, &err), err);
        EXPECT_OK(alexcl_train_save(a, "stopped.safetensors", NULL, 0, &err), err);
        const struct alexcl_train_options options = {.size = sizeof options};
        EXPECT_OK(alexcl_train_resume("stopped.safetensors", model, support_selection(), &options, &b, &err), err);
        ck_assert_uint_eq(alexcl_train_steps(b), 2);
        ck_assert_uint_eq(alexcl_train_epochs(b), EPOCHS);
        ck_assert_uint_eq(alexcl_train_seed(b), 7);
        ck_assert_int_eq(alexcl_train_micro_batch(b), 2);
        ck_assert_str_eq(alexcl_train_recipe(b, "optimizer"), optimizers[i]);
        steps(a, 2, 3), steps(b, 2, 3);
        expect_same(a, b, optimizers[i]);
        alexcl_train_free(a), alexcl_train_free(b);
    }
}
END_TEST

/* The first step from biases of 0, which no decay and no velocity moves: twice as far at twice the rate. */
START_TEST(biases_go_by_their_own_rate) {
    enum { BIASES = 8 };
    float b[2][BIASES];
    for (int i = 0; i < 2; i++) {
        const struct alexcl_recipe_value values[] = {{"batch", "4"}, {"bias-lr", i ? "2" : "1"}, {"init", "glorot"}};
        const struct alexcl_train_options options = {.size = sizeof options, .values = values, .value_count = 3};
        struct alexcl_train *t;
        struct alexcl_weights *w;
        EXPECT_OK(alexcl_train_open(model, NULL, support_selection(), &options, &t, &err), err);
        steps(t, 0, 1);
        EXPECT_OK(alexcl_train_save(t, "biases.safetensors", NULL, 0, &err), err);
        EXPECT_OK(alexcl_weights_open("biases.safetensors", model, NULL, &w, &err), err);
        EXPECT_OK(alexcl_weights_read(w, "conv1", "bias", b[i], BIASES, &err), err);
        alexcl_weights_free(w);
        alexcl_train_free(t);
    }
    int moved = 0;
    for (int o = 0; o < BIASES; o++) {
        ck_assert_float_eq(b[1][o], 2.0f * b[0][o]);
        moved += b[0][o] != 0.0f;
    }
    ck_assert_int_gt(moved, 0);
}
END_TEST

START_TEST(a_checkpoint_is_a_file_of_weights) {
    static const struct alexcl_train_note notes[] = {{"alexcl.labels", "[\"a\",\"b\"]"}, {"alexcl.top1_error", "0.25"}};
    struct alexcl_train *t = open_on(support_selection(), "sgd", 0);
    struct alexcl_weights *w;
    float first[8 * 3 * 11 * 11], *laid;
    steps(t, 0, 1);
    EXPECT_OK(alexcl_train_save(t, "weights.safetensors", notes, 2, &err), err);
    EXPECT_OK(alexcl_weights_open("weights.safetensors", model, NULL, &w, &err), err);
    EXPECT_OK(alexcl_weights_read(w, "conv1", "weight", first, sizeof first / sizeof *first, &err), err);
    laid = support_floats(sizeof first / sizeof *first);
    EXPECT_OK(storage_read(&t->net->workers[0].graph->layers[0].half[0].master[0], 0, laid,
                           t->net->workers[0].graph->layers[0].half[0].master[0].floats, &err),
              err);
    ck_assert(memcmp(first, laid, t->net->workers[0].graph->layers[0].half[0].master[0].floats * sizeof *first) == 0);
    free(laid);
    alexcl_weights_free(w);
    alexcl_train_free(t);
}
END_TEST

START_TEST(frozen_layers_stay_and_fresh_ones_begin_anew) {
    struct alexcl_weights *w, *after;
    static const char *const frozen[] = {"conv1", "conv2"}, *const fresh[] = {"fc8"};
    const struct alexcl_recipe_value values[] = {{"batch", "4"}};
    const struct alexcl_train_options options = {.size = sizeof options,
                                                 .values = values,
                                                 .value_count = 1,
                                                 .frozen = frozen,
                                                 .frozen_count = 2,
                                                 .fresh = fresh,
                                                 .fresh_count = 1};
    struct alexcl_train *t, *again;
    EXPECT_OK(alexcl_weights_generate(model, 3, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_train_open(model, w, support_selection(), &options, &t, &err), err);
    EXPECT_OK(alexcl_train_save(t, "begin.safetensors", NULL, 0, &err), err);
    steps(t, 0, 2);
    EXPECT_OK(alexcl_train_save(t, "end.safetensors", NULL, 0, &err), err);
    float a[2904], b[2904];
    static const struct {
        const char *layer, *file;
        size_t count;
        int same; /* as the weights given */
    } due[] = {{"conv1", "end.safetensors", 2904, 1},   {"conv2", "end.safetensors", 1600, 1},
               {"conv3", "begin.safetensors", 1728, 1}, {"conv3", "end.safetensors", 1728, 0},
               {"fc8", "begin.safetensors", 120, 0},    {"fc7", "begin.safetensors", 192, 1}};
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        EXPECT_OK(alexcl_weights_open(due[i].file, model, NULL, &after, &err), err);
        EXPECT_OK(alexcl_weights_read(w, due[i].layer, "weight", a, due[i].count, &err), err);
        EXPECT_OK(alexcl_weights_read(after, due[i].layer, "weight", b, due[i].count, &err), err);
        ck_assert_msg((memcmp(a, b, due[i].count * sizeof *a) == 0) == due[i].same, "%s in %s", due[i].layer,
                      due[i].file);
        alexcl_weights_free(after);
    }
    const struct alexcl_train_options nothing = {.size = sizeof nothing};
    EXPECT_OK(alexcl_train_resume("end.safetensors", model, support_selection(), &nothing, &again, &err), err);
    steps(t, 2, 2), steps(again, 2, 2);
    expect_same(t, again, "with frozen layers");
    alexcl_train_free(t), alexcl_train_free(again);
    alexcl_weights_free(w);
}
END_TEST

START_TEST(what_cannot_be_is_refused) {
    struct alexcl_train *t;
    struct alexcl_error why = {0};
    struct alexcl_train_options options = {.size = sizeof options, .recipe = "papyrus"};
    EXPECT_ERROR(alexcl_train_open(model, NULL, support_selection(), &options, &t, &why), ALEXCL_E_USAGE, "paper", why);
    why = (struct alexcl_error){0};
    options = (struct alexcl_train_options){.size = sizeof options, .micro_batch = 3};
    EXPECT_ERROR(alexcl_train_open(model, NULL, support_selection(), &options, &t, &why), ALEXCL_E_USAGE,
                 "not a multiple", why);
    struct alexcl_weights *w;
    EXPECT_OK(alexcl_weights_generate(model, 3, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_weights_save(w, "plain.safetensors", &err), err);
    options = (struct alexcl_train_options){.size = sizeof options};
    why = (struct alexcl_error){0};
    EXPECT_ERROR(alexcl_train_resume("plain.safetensors", model, support_selection(), &options, &t, &why),
                 ALEXCL_E_DATA, "name a checkpoint", why);
    alexcl_weights_free(w);
    t = open_on(support_selection(), "sgd", 0);
    int wrong[BATCH] = {0, CLASSES, 0, 0};
    struct alexcl_train_batch batch = {images, wrong, BATCH};
    why = (struct alexcl_error){0};
    EXPECT_ERROR(alexcl_train_step(t, &batch, NULL, &why), ALEXCL_E_DATA, "class 10", why);
    batch.count = 0;
    why = (struct alexcl_error){0};
    EXPECT_ERROR(alexcl_train_step(t, &batch, NULL, &why), ALEXCL_E_USAGE, "0 images", why);
    alexcl_train_free(t);
}
END_TEST

/* A step whose loss is no number changes nothing. */
START_TEST(a_value_that_is_not_finite_names_its_layer) {
    struct alexcl_train *a = open_on(support_selection(), "sgd", 0), *b = open_on(support_selection(), "sgd", 0);
    size_t floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    float *bad = support_floats(BATCH * floats);
    memcpy(bad, images, BATCH * floats * sizeof *bad);
    bad[floats + 5] = NAN;
    const struct alexcl_train_batch batch = {bad, labels, BATCH};
    struct alexcl_error why = {0};
    ck_assert_int_eq(alexcl_train_step(a, &batch, NULL, &why), ALEXCL_E_DATA);
    ck_assert_str_eq(why.layer, "conv1");
    ck_assert_msg(strstr(why.text, "image 1: not a finite number") != NULL, "%s", why.text);
    expect_same(a, b, "behind a step that failed");
    steps(a, 0, 1), steps(b, 0, 1);
    expect_same(a, b, "a step behind it");
    free(bad);
    alexcl_train_free(a), alexcl_train_free(b);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("trainer");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_loss_falls);
    tcase_add_test(tests, views_of_a_picture_are_averaged);
    tcase_add_test(tests, weights_of_fully_connected_layers_are_there_once);
    tcase_add_test(tests, the_same_bits_on_one_and_two);
    tcase_add_test(tests, groups_of_images_come_to_the_same);
    tcase_add_test(tests, a_whole_step_updates_as_a_group_does);
    tcase_add_test(tests, a_step_that_ended_halfway_is_the_last);
    tcase_add_test(tests, a_checkpoint_goes_on_to_the_bit);
    tcase_add_test(tests, biases_go_by_their_own_rate);
    tcase_add_test(tests, a_checkpoint_is_a_file_of_weights);
    tcase_add_test(tests, frozen_layers_stay_and_fresh_ones_begin_anew);
    tcase_add_test(tests, what_cannot_be_is_refused);
    tcase_add_test(tests, a_value_that_is_not_finite_names_its_layer);
    return support_run(tests);
}
