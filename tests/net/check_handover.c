/* SPDX-License-Identifier: MIT */
/* How work and copies are handed to a device (handover_layer.c sees all of it): to a GPU, which it is or which
 * limits_layer.c makes it say; in case cpu to a CPU. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "handover.h"
#include "support.h"

static struct alexcl_error err;
static struct handover *seen;
enum { IMAGES = 4, BATCH = 2 };

static int on_gpu(void) { return !support_case() || strcmp(support_case(), "cpu") != 0; }

struct opened {
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    float *in, *out;
    size_t in_floats;
};

static struct opened open_net(const struct alexcl_model *model, const char *devices) {
    struct opened o;
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &o.weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &o.selection, &err), err);
    EXPECT_OK(alexcl_net_open(model, o.weights, o.selection,
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = BATCH},
                              &o.net, &err),
              err);
    if (!seen) { /* the loader has opened it */
        void *layer = dlopen(getenv("HANDOVER_LAYER"), RTLD_NOW | RTLD_NOLOAD);
        ck_assert_msg(layer != NULL, "the loader took no layer");
        seen = (struct handover *)dlsym(layer, "handover");
        dlclose(layer);
    }
    ck_assert(seen && seen->loaded);
    o.in_floats = (size_t)model->channels * (size_t)model->height * (size_t)model->width;
    o.in = support_random(o.in_floats * IMAGES, "handover", 100);
    o.out = support_floats((size_t)support_output(o.net).c * IMAGES);
    return o;
}

static void close_net(struct opened *o) {
    alexcl_net_free(o->net);
    alexcl_selection_free(o->selection);
    alexcl_weights_free(o->weights);
    free(o->in);
    free(o->out);
}

static void run(struct opened *o) {
    seen->count = 0;
    EXPECT_OK(alexcl_net_run(o->net, o->in, IMAGES, o->out, &err), err);
    ck_assert(seen->count > 0 && seen->count < HANDOVER_MAX);
}

static int copies(const struct handover_command *c) {
    return c->kind == HANDOVER_READ || c->kind == HANDOVER_WRITE || c->kind == HANDOVER_COPY;
}

/* In memory that the driver mapped for this device: another one's is as foreign to it as any. */
static int pinned(const struct handover_command *c) {
    for (int i = 0; i < HANDOVER_MAPS; i++)
        if (seen->maps[i].start && seen->maps[i].context == c->context && c->host >= seen->maps[i].start &&
            c->host + c->bytes <= seen->maps[i].start + seen->maps[i].bytes)
            return 1;
    return 0;
}

static int mapped(void) {
    int count = 0;
    for (int i = 0; i < HANDOVER_MAPS; i++) count += seen->maps[i].start != NULL;
    return count;
}

/* What runs with one device's halves, or two parts of it; not every device can be cut. */
static void each(const char *devices) {
    static const char *const models[] = {"tiny2t", "tiny-across"}; /* joins; and channels at the cut, which lie apart */
    struct alexcl_selection *cut;
    struct alexcl_error none = {0};
    if (alexcl_selection_open(devices, &cut, &none) != ALEXCL_OK) return;
    int workers = (int)alexcl_selection_count(cut);
    alexcl_selection_free(cut);
    for (int m = 0; m < 2; m++) {
        const struct alexcl_model *model;
        EXPECT_OK(alexcl_model_find(models[m], &model, &err), err);
        struct opened o = open_net(model, devices);
        ck_assert_int_eq(mapped(), on_gpu() ? workers : 0);
        run(&o);
        int launches = 0, moved = 0;
        for (int i = 0; i < seen->count; i++) {
            const struct handover_command *c = &seen->commands[i];
            ck_assert_msg(c->rectangle != 2, "command %d copies %zu bytes that follow one another as a rectangle", i,
                          c->bytes);
            ck_assert_msg(!copies(c) || c->bytes > 0, "command %d copies nothing", i);
            ck_assert_msg(c->kind != HANDOVER_LAUNCH || !c->event,
                          "launch %d of %s makes an event that nobody asked for", i, c->kernel);
            if (on_gpu() && c->host)
                ck_assert_msg(pinned(c), "command %d copies %zu bytes outside of the arena", i, c->bytes);
            /* Images come from where the caller has them. */
            if (!on_gpu() && c->kind == HANDOVER_WRITE && c->bytes % (o.in_floats * sizeof(float)) == 0)
                ck_assert(c->host >= (char *)o.in && c->host < (char *)(o.in + IMAGES * o.in_floats));
            launches += c->kind == HANDOVER_LAUNCH;
            moved += copies(c);
        }
        ck_assert(launches > 10 && moved > 2);
        struct alexcl_net_times times = {.size = sizeof times};
        EXPECT_OK(alexcl_net_times(o.net, &times, &err), err);
        for (int i = 0; i < workers; i++)
            ck_assert_msg(!times.events || times.device[i] > 0, "device %d was never busy", i);
        /* A net that is recorded: each launch has its own times, where the device has any. */
        EXPECT_OK(alexcl_net_record(o.net, 1, &err), err);
        run(&o);
        for (int i = 0; i < seen->count; i++)
            ck_assert(seen->commands[i].kind != HANDOVER_LAUNCH ||
                      (seen->commands[i].event != 0) == (times.events != 0));
        EXPECT_OK(alexcl_net_record(o.net, 0, &err), err);
        run(&o);
        for (int i = 0; i < seen->count; i++)
            ck_assert(seen->commands[i].kind != HANDOVER_LAUNCH || !seen->commands[i].event);
        close_net(&o);
        ck_assert_int_eq(mapped(), 0);
    }
}

START_TEST(copies_are_whole_pinned_and_without_events) {
    each("0");
    each("0/2");
}
END_TEST

/* A device begins with a slice while the host hands out the rest of it: behind what it waits for (the images, the other
 * half) come the join, the launches of one layer, and a flush. */
static void expect_early_flushes(const char *devices) {
    const struct alexcl_model *model;
    struct alexcl_selection *cut;
    struct alexcl_error none = {0};
    if (alexcl_selection_open(devices, &cut, &none) != ALEXCL_OK) return;
    alexcl_selection_free(cut);
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    struct opened o = open_net(model, devices);
    run(&o);
    int slices = 0;
    for (int i = 0; i < seen->count; i++) {
        const struct handover_command *c = &seen->commands[i];
        const char *first = NULL;
        if (c->kind != HANDOVER_BARRIER) continue;
        for (int j = i + 1; j < seen->count &&
                            (seen->commands[j].queue != c->queue ||
                             (seen->commands[j].kind != HANDOVER_FLUSH && seen->commands[j].kind != HANDOVER_BARRIER));
             j++) {
            if (seen->commands[j].queue != c->queue || seen->commands[j].kind != HANDOVER_LAUNCH ||
                strcmp(seen->commands[j].kernel, "join_forward") == 0)
                continue;
            if (!first) first = seen->commands[j].kernel, slices++;
            ck_assert_msg(strcmp(first, seen->commands[j].kernel) == 0, "%s waits for %s to be handed out", first,
                          seen->commands[j].kernel);
        }
    }
    ck_assert_int_gt(slices, 0);
    close_net(&o);
}

START_TEST(a_slice_begins_at_once) {
    if (!on_gpu()) return;
    expect_early_flushes("0");
    expect_early_flushes("0/2");
}
END_TEST

/* However a batch is cut into launches, an image's scores are the same to the bit; a fast device is given all of it at
 * once, a slow one piece by piece. */
START_TEST(launches_are_cut_by_the_device) {
    static const char *const devices[] = {"gpu,units=132,clock=1980", "gpu,units=1,clock=1"};
    const struct alexcl_model *model;
    float want[BATCH * 10];
    int launches[2] = {0, 0};
    if (!on_gpu()) return;
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    for (int d = 0; d < 2; d++) {
        setenv("LIMITS", devices[d], 1);
        struct opened o = open_net(model, "0");
        ck_assert_int_eq(support_output(o.net).c, 10);
        seen->count = 0;
        EXPECT_OK(alexcl_net_run(o.net, o.in, BATCH, o.out, &err), err);
        for (int i = 0; i < seen->count; i++) launches[d] += strncmp(seen->commands[i].kernel, "conv", 4) == 0;
        if (d == 0) memcpy(want, o.out, sizeof want);
        ck_assert_mem_eq(o.out, want, sizeof want);
        close_net(&o);
    }
    setenv("LIMITS", "gpu", 1);
    ck_assert_msg(launches[0] > 0 && launches[1] > launches[0], "%d launches on a fast device, %d on a slow one",
                  launches[0], launches[1]);
}
END_TEST

int main(void) {
    setenv("LIMITS", on_gpu() ? "gpu" : "none", 1);
    setenv("ALEXCL_TUNE", "off", 1);
    setenv("ALEXCL_CHECK", "off", 1);
    TCase *tests = tcase_create("handover");
    tcase_set_timeout(tests, 280);
    tcase_add_test(tests, copies_are_whole_pinned_and_without_events);
    tcase_add_test(tests, a_slice_begins_at_once);
    tcase_add_test(tests, launches_are_cut_by_the_device);
    return support_run(tests);
}
