/* SPDX-License-Identifier: MIT */
/* Pictures are decoded ahead of the net by a few threads. Threads take the list's entries in order; entry i goes to
 * slot i mod ahead, which is free once the consumer has let go of the entry that was there before. So results come in
 * the list's order however long a picture takes, and memory is bounded. */
#include "feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpus.h"
#include "decode.h"
#include "status.h"
#include "patches.h"
#include "prepare.h"

enum { MAX_THREADS = 8, MAX_AHEAD = 1 << 30 /* bytes of images prepared ahead */ };

struct slot {
    float *values;
    struct alexcl_error *error; /* allocated when something is wrong */
    size_t index;               /* of the list */
    int ready;
    int width, height; /* of a picture that has not the size wanted */
};

struct feed {
    const struct image_list *list;
    struct feed_options options;
    size_t floats; /* of all crops of an image */
    int crops;
    struct slot *slots;
    pthread_mutex_t lock;
    pthread_cond_t freed, filled;
    size_t taken, given, released; /* entries that workers took, that the consumer got, and let go of */
    int stop;
    double seconds;
    pthread_t threads[MAX_THREADS];
    int thread_count;
};

static double feed_cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A picture that is not to be resized must have the size already; where it has not, the slot keeps its own. */
static int feed_take_as_it_is(struct slot *slot, const struct alexcl_model *m, const struct picture *p,
                              struct alexcl_error *err) {
    if (p->width == m->width && p->height == m->height) return ALEXCL_OK;
    slot->width = p->width;
    slot->height = p->height;
    return error_set(err, ALEXCL_E_DATA, "the picture is %d x %d, not %d x %d: it is not resized here", p->width,
                     p->height, m->width, m->height);
}

static int feed_make(const struct feed *feed, size_t index, struct slot *slot, struct alexcl_error *err) {
    float *values = slot->values;
    struct image_list_entry *e = &feed->list->entries[index];
    const struct alexcl_model *m = feed->options.model;
    struct picture whole = {0}, resized = {0};
    size_t one = (size_t)m->channels * (size_t)m->height * (size_t)m->width;
    unsigned char *patch = NULL;
    image_list_settle(e);
    if (e->error) return error_set(err, ALEXCL_E_DATA, "%s", e->error);
    int status = decode_file(e->path, &whole, err);
    if (status == ALEXCL_OK && feed->options.as_it_is) {
        status = feed_take_as_it_is(slot, m, &whole, err);
        resized = whole;
    } else {
        if (status == ALEXCL_OK) status = prepare_resize(m, &whole, &resized, err);
        picture_free(&whole);
    }
    if (status == ALEXCL_OK && (patch = malloc(one)) == NULL)
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: a crop");
    for (int i = 0; i < feed->crops && status == ALEXCL_OK; i++) {
        prepare_cut(m, &resized, prepare_crop_at(resized.width, resized.height, m->width, m->height, i, feed->crops),
                    patch);
        prepare_values(m, patch, values + (size_t)i * one);
        if (feed->options.dump_folder)
            status = patches_write(feed->options.dump_folder, e->line && !e->list ? e->line : (int)index + 1, e->path,
                                   feed->crops == 1 ? -1 : i, m, patch, values + (size_t)i * one, err);
    }
    free(patch);
    picture_free(&resized);
    return status;
}

static void *feed_work(void *argument) {
    struct feed *feed = argument;
    pthread_mutex_lock(&feed->lock);
    while (!feed->stop && feed->taken < feed->list->count) {
        if (feed->taken - feed->released >= feed->options.ahead) {
            pthread_cond_wait(&feed->freed, &feed->lock);
            continue;
        }
        size_t index = feed->taken++;
        pthread_mutex_unlock(&feed->lock);
        struct slot *slot = &feed->slots[index % feed->options.ahead];
        double start = feed_cpu_seconds();
        struct alexcl_error err = {0};
        slot->index = index;
        slot->width = slot->height = 0;
        if (feed_make(feed, index, slot, &err) != ALEXCL_OK) {
            image_list_locate(&feed->list->entries[index], &err);
            slot->error = malloc(sizeof err);
            if (slot->error) *slot->error = err;
        }
        int failed = err.status != ALEXCL_OK;
        double spent = feed_cpu_seconds() - start;
        pthread_mutex_lock(&feed->lock);
        slot->ready = failed ? 2 : 1;
        feed->seconds += spent;
        pthread_cond_broadcast(&feed->filled);
    }
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

static size_t feed_image_bytes(const struct alexcl_model *m) {
    return (size_t)m->channels * (size_t)m->height * (size_t)m->width * sizeof(float);
}

size_t feed_ahead(const struct alexcl_model *m, int ten_crop, int batch) {
    size_t crops = ten_crop ? PREPARE_CROPS : 1, ahead = 2 * (size_t)batch / crops + 2,
           max = MAX_AHEAD / (crops * feed_image_bytes(m));
    return ahead < max ? ahead : max;
}

struct feed_memory feed_memory(const struct alexcl_model *m, int ten_crop, int batch) {
    size_t crops = ten_crop ? PREPARE_CROPS : 1;
    return (struct feed_memory){.fixed = feed_ahead(m, ten_crop, batch) * crops * feed_image_bytes(m),
                                .image = feed_image_bytes(m)};
}

int feed_open(const struct image_list *list, const struct feed_options *options, struct feed **out,
              struct alexcl_error *err) {
    const struct alexcl_model *m = options->model;
    int status = options->dump_folder ? patches_make_folder(options->dump_folder, err) : ALEXCL_OK;
    if (status != ALEXCL_OK) return status;
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: decoding");
    feed->list = list;
    feed->options = *options;
    feed->crops = options->ten_crop ? PREPARE_CROPS : 1;
    feed->floats = (size_t)feed->crops * (size_t)m->channels * (size_t)m->height * (size_t)m->width;
    if (feed->options.ahead < 2) feed->options.ahead = 2;
    if (feed->options.ahead > list->count) feed->options.ahead = list->count ? list->count : 1;
    pthread_mutex_init(&feed->lock, NULL);
    pthread_cond_init(&feed->freed, NULL);
    pthread_cond_init(&feed->filled, NULL);
    feed->slots = calloc(feed->options.ahead, sizeof *feed->slots);
    for (size_t i = 0; feed->slots && i < feed->options.ahead; i++)
        if ((feed->slots[i].values = malloc(feed->floats * sizeof(float))) == NULL) status = ALEXCL_E_MEMORY;
    if (!feed->slots || status != ALEXCL_OK) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu decoded images; a smaller --batch may help",
                           feed->options.ahead);
        goto done;
    }
    int wanted = options->threads ? options->threads : cpus_count();
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    if ((size_t)wanted > list->count) wanted = (int)list->count;
    for (int i = 0; i < wanted; i++)
        if (pthread_create(&feed->threads[feed->thread_count], NULL, feed_work, feed) == 0) feed->thread_count++;
    if (feed->thread_count == 0 && list->count)
        status = error_set(err, ALEXCL_E_OTHER,
                           "the system starts no thread for decoding: raise the limit of processes (ulimit -u)");
done:
    if (status == ALEXCL_OK)
        *out = feed;
    else
        feed_free(feed);
    return status;
}

int feed_next(struct feed *feed, struct feed_item *item) {
    memset(item, 0, sizeof *item);
    pthread_mutex_lock(&feed->lock);
    if (feed->given == feed->list->count) {
        pthread_mutex_unlock(&feed->lock);
        return 0;
    }
    struct slot *slot = &feed->slots[feed->given % feed->options.ahead];
    while (!slot->ready || slot->index != feed->given) pthread_cond_wait(&feed->filled, &feed->lock);
    feed->given++;
    item->index = slot->index;
    item->width = slot->width;
    item->height = slot->height;
    if (slot->ready == 1) {
        item->values = slot->values;
    } else if (slot->error) {
        item->error = *slot->error;
    } else {
        item->error.status = ALEXCL_E_MEMORY;
        snprintf(item->error.text, sizeof item->error.text, "%s: out of host memory",
                 feed->list->entries[slot->index].shown);
    }
    pthread_mutex_unlock(&feed->lock);
    return 1;
}

void feed_release(struct feed *feed, struct feed_item *item) {
    pthread_mutex_lock(&feed->lock);
    struct slot *slot = &feed->slots[item->index % feed->options.ahead];
    free(slot->error);
    slot->error = NULL;
    slot->ready = 0;
    feed->released++;
    pthread_cond_broadcast(&feed->freed);
    pthread_mutex_unlock(&feed->lock);
    item->values = NULL;
}

double feed_seconds(struct feed *feed) {
    pthread_mutex_lock(&feed->lock);
    double seconds = feed->seconds;
    pthread_mutex_unlock(&feed->lock);
    return seconds;
}

void feed_free(struct feed *feed) {
    if (!feed) return;
    pthread_mutex_lock(&feed->lock);
    feed->stop = 1;
    pthread_cond_broadcast(&feed->freed);
    pthread_mutex_unlock(&feed->lock);
    for (int i = 0; i < feed->thread_count; i++) pthread_join(feed->threads[i], NULL);
    for (size_t i = 0; feed->slots && i < feed->options.ahead; i++) {
        free(feed->slots[i].values);
        free(feed->slots[i].error);
    }
    free(feed->slots);
    pthread_cond_destroy(&feed->filled);
    pthread_cond_destroy(&feed->freed);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}
