/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* cpu_set_t */
/* Pictures come in the order of the list, whatever order threads finish them in; bad ones in their turn; and the feed
 * can be left half-way. */
#include <dirent.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "cpus.h"
#include "decode.h"
#include "feed.h"
#include "support_files.h"
#include "npy_whole.h"
#include "prepare.h"

static struct alexcl_error err;
enum { IMAGES = 60, VALUES = 32 * 32 };

/* 60 lines: every seventh is missing. */
static void make_list(struct image_list *list) {
    FILE *f = fopen("feed.txt", "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < IMAGES; i++)
        fprintf(f, "%s\n", i % 7 == 6 ? "missing.png" : i % 2 ? DATA "/jpeg_420.jpg" : DATA "/png_c2_d8_i0.png");
    fclose(f);
    EXPECT_OK(image_list_read("feed.txt", list, &err), err);
}

static void run(int threads, size_t ahead, int ten_crop, int stop_at) {
    struct image_list list;
    struct feed *feed;
    struct feed_item item;
    int seen = 0;
    struct feed_options options = {.ten_crop = ten_crop, .threads = threads, .ahead = ahead};
    EXPECT_OK(alexcl_model_find("lenet5", &options.model, &err), err);
    make_list(&list);
    EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
    while (seen != stop_at && feed_next(feed, &item)) {
        ck_assert_uint_eq(item.index, (size_t)seen);
        if (seen % 7 == 6) {
            ck_assert_ptr_null(item.values);
            ck_assert_int_eq(item.error.status, ALEXCL_E_DATA);
            char line[32];
            snprintf(line, sizeof line, "line %d: missing.png", seen + 1);
            ck_assert_msg(strncmp(item.error.text, line, strlen(line)) == 0, "%s", item.error.text);
        } else {
            ck_assert_int_eq(item.error.status, 0);
            size_t last = (size_t)(ten_crop ? 10 : 1) * 32 * 32 - 1;
            ck_assert_msg(item.values[0] >= 0 && item.values[0] <= 1 && item.values[last] >= 0 &&
                              item.values[last] <= 1,
                          "values were not made");
        }
        feed_release(feed, &item);
        seen++;
    }
    if (stop_at < 0) {
        ck_assert_int_eq(seen, IMAGES);
        ck_assert_int_eq(feed_next(feed, &item), 0);
        ck_assert(feed_seconds(feed) > 0);
    }
    feed_free(feed);
    image_list_free(&list);
}

START_TEST(in_order_with_any_threads_and_room) {
    run(1, 2, 0, -1);
    run(4, 3, 0, -1);
    run(8, 100, 0, -1);
    run(0, 7, 1, -1);
}
END_TEST

/* The crops of a picture for lenet5, without a feed. */
static void prepare_crops(const struct alexcl_model *model, const char *path, int count, float *values) {
    struct picture whole, resized;
    unsigned char patch[VALUES];
    EXPECT_OK(decode_file(path, &whole, &err), err);
    EXPECT_OK(prepare_resize(model, &whole, &resized, &err), err);
    for (int i = 0; i < count; i++) {
        prepare_cut(model, &resized, prepare_crop_at(resized.width, resized.height, 32, 32, i, count), patch);
        prepare_values(model, patch, values + i * VALUES);
    }
    picture_free(&whole);
    picture_free(&resized);
}

/* As many as there is room for are held while the threads have time to spoil them; each is its own picture. */
START_TEST(what_is_held_is_left_alone) {
    enum { AHEAD = 3 };
    static const char *const paths[] = {DATA "/jpeg_420.jpg", DATA "/png_c2_d8_i0.png", DATA "/jpeg_grey.jpg",
                                        DATA "/png_c0_d8_i0.png"};
    struct image_list list;
    struct feed *feed;
    struct feed_item held[AHEAD];
    struct feed_options options = {.threads = 4, .ahead = AHEAD};
    float want[4][VALUES];
    EXPECT_OK(alexcl_model_find("lenet5", &options.model, &err), err);
    for (int i = 0; i < 4; i++) prepare_crops(options.model, paths[i], 1, want[i]);
    FILE *f = fopen("held.txt", "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < 8 * AHEAD; i++) fprintf(f, "%s\n", paths[i % 4]);
    fclose(f);
    EXPECT_OK(image_list_read("held.txt", &list, &err), err);
    EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
    for (size_t i = 0; i < list.count; i += AHEAD) {
        for (size_t k = 0; k < AHEAD; k++) ck_assert(feed_next(feed, &held[k]));
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        for (size_t k = 0; k < AHEAD; k++) {
            ck_assert_uint_eq(held[k].index, i + k);
            ck_assert_mem_eq(held[k].values, want[(i + k) % 4], sizeof want[0]);
        }
        for (size_t k = 0; k < AHEAD; k++) feed_release(feed, &held[k]);
    }
    ck_assert(!feed_next(feed, &held[0]));
    feed_free(feed);
    image_list_free(&list);
}
END_TEST

static void check_dump(const char *name, const float *values) {
    char path[256];
    struct npy_whole n;
    struct picture p;
    snprintf(path, sizeof path, "dump/%s.npy", name);
    EXPECT_OK(npy_whole_read(path, &n, &err), err);
    ck_assert_uint_eq(n.count, VALUES);
    ck_assert_mem_eq(n.values, values, VALUES * sizeof(float));
    npy_whole_free(&n);
    snprintf(path, sizeof path, "dump/%s.png", name);
    EXPECT_OK(decode_file(path, &p, &err), err);
    for (size_t i = 0; i < VALUES; i++) ck_assert_float_eq_tol(p.pixels[3 * i] / 255.0f, values[i], 1e-6f);
    picture_free(&p);
}

/* Line 1 is a comment, so that lines and indices differ; line 3 is bad and leaves no file. */
START_TEST(what_the_net_sees_is_dumped) {
    static const char text[] = "# crops\n" DATA "/jpeg_420.jpg\n\"open.png\n" DATA "/png_c2_d8_i0.png\n";
    static const char *const paths[] = {DATA "/jpeg_420.jpg", NULL, DATA "/png_c2_d8_i0.png"},
                             *const names[] = {"2-jpeg_420.jpg", NULL, "4-png_c2_d8_i0.png"};
    write_file("dump.txt", text, sizeof text - 1);
    for (int count = 1; count <= 10; count += 9) {
        struct image_list list;
        struct feed *feed;
        struct feed_item item;
        struct feed_options options = {.threads = 2, .ten_crop = count == 10, .dump_folder = "dump"};
        float want[10 * VALUES];
        EXPECT_OK(alexcl_model_find("lenet5", &options.model, &err), err);
        EXPECT_OK(image_list_read("dump.txt", &list, &err), err);
        EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
        for (int i = 0; feed_next(feed, &item); i++) {
            ck_assert_int_lt(i, 3);
            if (paths[i]) {
                prepare_crops(options.model, paths[i], count, want);
                ck_assert_mem_eq(item.values, want, (size_t)count * VALUES * sizeof(float));
                for (int k = 0; k < count; k++) {
                    char name[64];
                    if (count == 1)
                        snprintf(name, sizeof name, "%s", names[i]);
                    else
                        snprintf(name, sizeof name, "%s-%d", names[i], k);
                    check_dump(name, want + k * VALUES);
                }
            } else {
                ck_assert_ptr_null(item.values);
                ck_assert_msg(strncmp(item.error.text, "line 3: ", 8) == 0 && strstr(item.error.text, "not closed"),
                              "%s", item.error.text);
            }
            feed_release(feed, &item);
        }
        feed_free(feed);
        image_list_free(&list);
    }
    int files = 0;
    DIR *dir = opendir("dump");
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) files += e->d_name[0] != '.';
    closedir(dir);
    ck_assert_int_eq(files, 2 * 2 * (1 + 10));
}
END_TEST

START_TEST(an_empty_list_ends_at_once) {
    struct image_list list = {0};
    struct feed *feed;
    struct feed_item item;
    struct feed_options options = {.threads = 4};
    EXPECT_OK(alexcl_model_find("lenet5", &options.model, &err), err);
    EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
    ck_assert(!feed_next(feed, &item));
    feed_free(feed);
}
END_TEST

START_TEST(left_half_way) {
    run(4, 5, 0, 0);
    run(4, 5, 0, 1);
    run(2, 50, 0, 17);
    feed_free(NULL);
}
END_TEST

static int count_threads(void) {
    int count = 0;
    DIR *dir = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* As taskset, a container or mpirun may have it, whatever CPUs the machine has. */
START_TEST(threads_are_as_many_as_there_are_cpus_for_this_process) {
    cpu_set_t all, one;
    struct image_list list;
    struct feed *feed;
    struct feed_options options = {.ahead = 2};
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    ck_assert_int_eq(cpus_count(), CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_int_eq(cpus_count(), 1);
    EXPECT_OK(alexcl_model_find("lenet5", &options.model, &err), err);
    make_list(&list);
    /* with the first thread a sanitizer may begin one of its own; one that has ended may be listed for a moment */
    EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
    int with = count_threads(), before;
    feed_free(feed);
    for (int i = 0; (before = count_threads()) >= with && i < 1000; i++) usleep(1000);
    EXPECT_OK(feed_open(&list, &options, &feed, &err), err);
    ck_assert_int_eq(count_threads() - before, 1);
    feed_free(feed);
    image_list_free(&list);
    ck_assert_int_eq(sched_setaffinity(0, sizeof all, &all), 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("feed");
    tcase_add_test(tests, in_order_with_any_threads_and_room);
    tcase_add_test(tests, what_is_held_is_left_alone);
    tcase_add_test(tests, what_the_net_sees_is_dumped);
    tcase_add_test(tests, an_empty_list_ends_at_once);
    tcase_add_test(tests, left_half_way);
    tcase_add_test(tests, threads_are_as_many_as_there_are_cpus_for_this_process);
    return support_run(tests);
}
