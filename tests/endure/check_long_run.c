/* SPDX-License-Identifier: MIT */
/* A long run takes no more of anything at its end than at its beginning: 10,000 batches through one net, and a net
 * opened and closed again and again. ALEXCL_SOAK_MINUTES runs for as long instead (soak.sh).
 *
 * What may grow: an allocator's arenas and the lists that a driver keeps settle in the first thousand batches, most of
 * them; what an arena takes at once later falls into one stretch of batches, where a leak is in every one. So the
 * stretch in which resident memory grew least is looked at: a leak of 100 bytes a batch would be 300 KB in it. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

enum {
    BATCHES = 10000,
    SETTLED = 1000,
    IMAGES = 1,
    OPENINGS = 200,
    OPENINGS_STRETCH = 40,
    STRETCH = 3000,
    MAX_GROWTH = 150 << 10, /* in the best stretch */
    GROWTH_OPENING = 20 << 10
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long resident(void) {
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld %ld", &ignored, &pages), 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static int open_files(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

static const struct alexcl_model *model;
static struct alexcl_weights *weights;
static float *images, *scores, *first;
static size_t units;

static struct alexcl_net *open_net(void) {
    struct alexcl_error err = {0};
    struct alexcl_net *net;
    EXPECT_OK(alexcl_net_open(model, weights, support_selection(),
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = IMAGES},
                              &net, &err),
              err);
    return net;
}

static void run_batch_of(struct alexcl_net *net) {
    struct alexcl_error err = {0};
    EXPECT_OK(alexcl_net_run(net, images, IMAGES, scores, &err), err);
    ck_assert_msg(memcmp(scores, first, IMAGES * units * sizeof *scores) == 0,
                  "the scores are not those of the first batch");
}

/* The net the long run is of: the smallest with convolutions, so that the count is of batches and not of products. */
static void prepare(void) {
    struct alexcl_error err = {0};
    EXPECT_OK(alexcl_model_find("lenet5", &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err), err);
    struct alexcl_net *net = open_net();
    struct alexcl_shape shape = support_output(net);
    units = (size_t)(shape.c * shape.h * shape.w);
    size_t floats = (size_t)(model->channels * model->height * model->width);
    images = support_random(IMAGES * floats, "a long run", 100);
    scores = support_floats(IMAGES * units);
    first = support_floats(IMAGES * units);
    EXPECT_OK(alexcl_net_run(net, images, IMAGES, first, &err), err);
    alexcl_net_free(net);
}

static void tidy(void) {
    alexcl_weights_free(weights);
    free(images);
    free(scores);
    free(first);
}

START_TEST(ten_thousand_batches) {
    const char *minutes = getenv("ALEXCL_SOAK_MINUTES");
    double start = now(), seconds = minutes ? atof(minutes) * 60 : 0, told = start;
    long settled = 0, count = 0, before = 0, min = LONG_MAX;
    int files = 0;
    struct alexcl_net *net = open_net();
    while (minutes ? count <= SETTLED || now() - start < seconds : count < BATCHES) {
        run_batch_of(net);
        if (++count == SETTLED) {
            before = settled = resident();
            files = open_files();
        } else if (count > SETTLED && (count - SETTLED) % STRETCH == 0) {
            long here = resident();
            if (here - before < min) min = here - before;
            before = here;
        }
        if (!minutes || now() - told < 60) continue;
        told = now();
        printf("%.0f min: %ld batches, %ld KiB, %d files\n", (told - start) / 60, count, resident() / 1024,
               open_files());
        fflush(stdout);
    }
    printf("%ld batches of %d images in %.1f s: %ld KiB after %d batches, %+ld at the end, %+ld in the best stretch of "
           "%d; %d files\n",
           count, IMAGES, now() - start, settled / 1024, SETTLED, (before - settled) / 1024, min / 1024, STRETCH,
           files);
    ck_assert_int_eq(open_files(), files);
    ck_assert_msg(min <= MAX_GROWTH, "resident memory grew by %ld KiB in every %d batches", min / 1024, STRETCH);
    alexcl_net_free(net);
}
END_TEST

/* Opening compiles nothing: programs come from the cache of binaries. A driver's own leak of a context is its own; ours
 * would be larger, and in every stretch: what an arena of malloc takes at once falls into one. */
START_TEST(a_net_opened_two_hundred_times) {
    double start = now();
    long before = 0, min = LONG_MAX, settled = 0;
    int files = 0;
    for (int i = 1; i <= OPENINGS; i++) {
        struct alexcl_net *net = open_net();
        run_batch_of(net);
        alexcl_net_free(net);
        if (i % OPENINGS_STRETCH) continue;
        long here = resident(), grown = (here - before) / OPENINGS_STRETCH;
        if (before && grown < min) min = grown;
        if (!before) {
            settled = here;
            files = open_files();
        }
        before = here;
    }
    printf("opened %d times in %.1f s: %ld KiB after %d, %ld at the end, in the best stretch of %d %+ld bytes each; %d "
           "files\n",
           OPENINGS, now() - start, settled / 1024, OPENINGS_STRETCH, before / 1024, OPENINGS_STRETCH, min, files);
    ck_assert_int_eq(open_files(), files);
    ck_assert_msg(min <= GROWTH_OPENING, "resident memory grew by %ld bytes with every opening", min);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("long_run");
    tcase_set_timeout(tests, 0);
    tcase_add_unchecked_fixture(tests, prepare, tidy);
    tcase_add_test(tests, ten_thousand_batches);
    if (!getenv("ALEXCL_SOAK_MINUTES")) tcase_add_test(tests, a_net_opened_two_hundred_times);
    return support_run(tests);
}
