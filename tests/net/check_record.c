/* SPDX-License-Identifier: MIT */
/* A recording: every layer of every half and batch, on the host's clock whatever the device's is; scores are the same
 * with it as without. */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "timeline.h"

enum { IMAGES = 7, BATCH = 4 };
static struct alexcl_error err;

/* Images of a batch that a layer's spans of one half hold together, each of them once. */
static int images(const struct alexcl_net *net, const char *layer, int half, int run) {
    int sum = 0, seen[BATCH] = {0};
    for (size_t target = 0; target < 2; target++) {
        const struct alexcl_work_span *s;
        size_t count = alexcl_net_recorded(net, target, &s);
        for (size_t i = 0; i < count; i++)
            if (s[i].work == ALEXCL_WORK_LAYER && s[i].half == half && s[i].run == run && s[i].commands &&
                strcmp(s[i].layer, layer) == 0)
                for (int n = s[i].first; n < s[i].first + s[i].count; n++, sum++)
                    ck_assert_msg(n < BATCH && !seen[n]++, "%s: image %d", layer, n);
    }
    return sum;
}

/* Images of the input that a target copies in a run. */
static int copied(const struct alexcl_net *net, size_t target, int run) {
    const struct alexcl_work_span *s;
    int sum = 0;
    for (size_t count = alexcl_net_recorded(net, target, &s); count > 0; count--, s++)
        if (s->work == ALEXCL_WORK_TRANSFER && s->run == run && strcmp(s->layer, "input") == 0) sum += s->count;
    return sum;
}

static void record(const char *devices, const char *split) {
    const struct alexcl_model *model;
    const struct alexcl_work_span *spans;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    float *in = support_random((size_t)3 * 99 * 99 * IMAGES, "record", 128), plain[IMAGES * 10], recorded[IMAGES * 10];
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 5, NULL, NULL, 0, &weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    EXPECT_OK(alexcl_net_open(model, weights, selection,
                              &(struct alexcl_net_options){
                                  .size = sizeof(struct alexcl_net_options), .batch = BATCH, .split = split},
                              &net, &err),
              err);
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, plain, &err), err);
    ck_assert_uint_eq(alexcl_net_recorded(net, 0, &spans), 0);

    for (int again = 0; again < 2; again++) { /* the second forgets the first */
        uint64_t asked = timeline_now();
        EXPECT_OK(alexcl_net_record(net, 1, &err), err);
        uint64_t start = timeline_now();
        EXPECT_OK(alexcl_net_run(net, in, IMAGES, recorded, &err), err);
        uint64_t end = timeline_now();
        EXPECT_OK(alexcl_net_record(net, 0, &err), err);
        support_same("scores of a recorded run", recorded, plain, IMAGES * 10);
        for (int half = 0; half < 2; half++)
            for (size_t i = 0; i < model->layer_count; i++) {
                enum alexcl_layer_type type = model->layers[i].type;
                /* the others may be done with them */
                if (type != ALEXCL_CONV && type != ALEXCL_FC && type != ALEXCL_SOFTMAX) continue;
                ck_assert_int_eq(images(net, model->layers[i].name, half, 0), BATCH);
                ck_assert_int_eq(images(net, model->layers[i].name, half, 1), IMAGES - BATCH);
                ck_assert_int_eq(images(net, model->layers[i].name, half, 2), 0);
            }
        /* A device copies the second batch while it computes the first. */
        for (size_t target = 0; target < alexcl_selection_count(selection); target++) {
            int ahead = alexcl_selection_device(selection, target) != NULL,
                both = copied(net, target, 0) + copied(net, target, 1);
            ck_assert_msg(split || both == IMAGES, "%d images are copied", both);
            ck_assert_msg(!ahead == (copied(net, target, 1) > 0), "target %zu copies %d images in its second batch",
                          target, copied(net, target, 1));
        }
        /* The recording began between `asked` and `start`. A millisecond is left to the clocks. */
        double first = -1e-3, last = (double)(end - asked) * 1e-9 + 1e-3, earliest = 1e9;
        for (size_t target = 0; target < alexcl_selection_count(selection); target++) {
            size_t count = alexcl_net_recorded(net, target, &spans);
            ck_assert_uint_gt(count, 0);
            for (size_t i = 0; i < count; i++) {
                if (spans[i].commands == 0) continue;
                ck_assert_msg(spans[i].start > first && spans[i].end >= spans[i].start && spans[i].end < last,
                              "%s ran from %g to %g, the net from 0 to %g", spans[i].layer, spans[i].start,
                              spans[i].end, last);
                ck_assert(spans[i].busy > 0 && spans[i].target == (int)target);
                if (spans[i].start < earliest) earliest = spans[i].start;
            }
        }
        ck_assert_msg(earliest <= (double)(end - asked) * 1e-9 && earliest * 1e9 + 1e6 >= 0 && start >= asked,
                      "the first command began at %g", earliest);
    }
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, plain, &err), err);
    for (int half = 0; half < 2; half++) ck_assert_int_eq(images(net, "conv1", half, 2), 0); /* it has ended */
    alexcl_net_free(net);
    alexcl_selection_free(selection);
    alexcl_weights_free(weights);
    free(in);
}

START_TEST(one_target) { record(strcmp(support_implementation(), "ref") == 0 ? "ref" : "0", NULL); }
END_TEST
START_TEST(two_targets) { record(strcmp(support_implementation(), "ref") == 0 ? "ref,ref" : "0/2", NULL); }
END_TEST
START_TEST(two_targets_with_images_of_their_own) {
    record(strcmp(support_implementation(), "ref") == 0 ? "ref,ref" : "0/2", "1:2");
}
END_TEST
START_TEST(device_and_reference) { record(strcmp(support_implementation(), "ref") == 0 ? "ref,ref" : "0,ref", NULL); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("record");
    tcase_add_test(tests, one_target);
    tcase_add_test(tests, two_targets);
    tcase_add_test(tests, two_targets_with_images_of_their_own);
    tcase_add_test(tests, device_and_reference);
    return support_run(tests);
}
