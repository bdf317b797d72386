/* SPDX-License-Identifier: MIT */
/* Threads take the places of a batch one after the other, each picture by itself, into one of two slots: while the
 * caller has the batch of one, the other is filled. Which picture a place has is settled under the lock; all else is a
 * function of step and place, so it does not matter who makes it, and when. */
#include "train_data.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "epoch_order.h"
#include "memory.h"
#include "monotonic.h"
#include "status.h"

enum { SLOTS = 2, MAX_THREADS = 8, LEVELS = 256 };

struct slot {
    float *images;
    int *labels;
    struct alexcl_error **errors; /* of each place: why its picture cannot be read, or NULL */
    size_t count, done;           /* places; those that are made */
    uint64_t step;                /* that it is filled for, from 1; 0: none */
    size_t *pictures;             /* of each place */
};

struct train_data {
    const struct data_set *set;
    struct train_data_options options;
    size_t floats, raw; /* values that the net sees of a crop; that the set has of a picture */
    size_t crops;       /* of a picture */
    float *levels;      /* what it sees of a channel's pixel: channels x LEVELS; of floats none */
    uint64_t epoch_steps;
    struct slot slots[SLOTS];
    unsigned char *own_told; /* where the caller has none */
    pthread_mutex_t lock;
    pthread_cond_t freed, filled;
    uint32_t *order;                   /* of the epoch that pictures are taken of */
    uint64_t order_epoch, step, given; /* from 1, 0: none yet; step: that places are taken of; given: to the caller */
    size_t place;                      /* the next one to take */
    int stop;
    double waited;
    pthread_t threads[MAX_THREADS];
    int thread_count;
};

uint64_t train_data_steps(size_t count, size_t batch) { return (count + batch - 1) / batch; }

double train_data_waited(const struct train_data *d) { return d->waited; }

static size_t train_data_floats(const struct alexcl_model *m) {
    return (size_t)m->channels * (size_t)m->height * (size_t)m->width;
}

uint64_t train_data_memory(const struct alexcl_model *model, size_t batch) {
    return SLOTS * (uint64_t)batch * train_data_floats(model) * sizeof(float);
}

/* ---- a picture ----------------------------------------------------------------------------------- */

/* What a thread needs for one: the set's values, and those of the crop, bytes or floats. */
struct scratch {
    void *raw, *cut;
};

/* Noise along the principal components of the colours, in the values' units and the model's order of channels. As the
 * 2012 code has it, where the noise is by deviations, what is centred and has noise is divided by 1 and its
 * deviation. */
static void train_data_colour(const struct train_data *d, const struct augment_use *use, float *values) {
    const struct alexcl_model *m = d->options.model;
    double alpha[3], shift[3], own[3];
    augment_draw(use, d->options.colour, alpha);
    augment_shift(d->options.pca, d->options.by, alpha, shift);
    for (size_t c = 0; c < 3; c++) {
        if (d->set->floats)
            own[c] = shift[c];
        else
            own[c] = shift[m->colour == ALEXCL_BGR ? 2 - c : c] * 255 * m->scale / (m->std ? m->std[c] : 1);
    }
    augment_add(values, d->floats / 3, own, d->options.by == AUGMENT_DEVIATIONS ? 1 + d->options.colour : 1);
}

/* A crop of s->raw as the net sees it. */
static void train_data_cut(const struct train_data *d, const struct scratch *s, struct prepare_crop crop,
                           float *values) {
    const struct alexcl_model *m = d->options.model;
    const struct data_set *set = d->set;
    size_t channels = (size_t)m->channels, pixels = d->floats / channels;
    augment_cut(s->raw, m->channels, set->width, set->height, crop, m->width, m->height,
                set->floats ? sizeof(float) : 1, set->floats ? (void *)values : s->cut);
    for (size_t c = 0; c < channels && !set->floats; c++) {
        const unsigned char *from =
            (const unsigned char *)s->cut + (m->colour == ALEXCL_BGR ? channels - 1 - c : c) * pixels;
        for (size_t i = 0; i < pixels; i++) values[c * pixels + i] = d->levels[c * LEVELS + from[i]];
    }
}

static int train_data_make(const struct train_data *d, const struct scratch *s, uint64_t step, size_t place,
                           size_t picture, float *values, struct alexcl_error *err) {
    const struct train_data_options *o = &d->options;
    const struct alexcl_model *m = o->model;
    const struct data_set *set = d->set;
    struct augment_use use = {.seed = o->seed, .step = step, .place = (uint32_t)place};
    struct prepare_crop crop = prepare_crop_at(set->width, set->height, m->width, m->height, 0, 1);
    int status = data_set_image(set, picture, s->raw, err);
    if (status != ALEXCL_OK) return status;
    if (o->test) {
        for (size_t i = 0; i < d->crops; i++)
            train_data_cut(d, s, prepare_crop_at(set->width, set->height, m->width, m->height, (int)i, (int)d->crops),
                           values + i * d->floats);
        return ALEXCL_OK;
    }
    struct prepare_crop drawn = augment_crop(&use, set->width, set->height, m->width, m->height, o->mirror);
    if (o->crop)
        crop = drawn;
    else
        crop.mirrored = drawn.mirrored;
    train_data_cut(d, s, crop, values);
    if (o->colour > 0) train_data_colour(d, &use, values);
    return ALEXCL_OK;
}

/* ---- threads ------------------------------------------------------------------------------------- */

/* Locked. The places of the next step, in a slot that is free. */
static void train_data_begin(struct train_data *d) {
    const struct train_data_options *o = &d->options;
    uint64_t step = ++d->step, epoch = (step - 1) / d->epoch_steps + 1;
    size_t first = (size_t)((step - 1) % d->epoch_steps) * o->batch, left = o->count - first;
    struct slot *slot = &d->slots[step % SLOTS];
    if (epoch != d->order_epoch && !o->test) epoch_order_fill(o->seed, epoch, d->order, (uint32_t)o->count);
    d->order_epoch = epoch;
    d->place = 0;
    slot->step = step;
    slot->done = 0;
    slot->count = left < o->batch ? left : o->batch;
    for (size_t i = 0; i < slot->count; i++) {
        slot->pictures[i] = o->test ? first + i : d->order[first + i];
        slot->labels[i] = d->set->labels[slot->pictures[i]];
    }
}

/* Locked. Waits for a place to be made; 0: there will be none. */
static int train_data_take(struct train_data *d, struct slot **slot, size_t *place) {
    for (;;) {
        if (d->stop) return 0;
        *slot = &d->slots[d->step % SLOTS];
        if (d->place < (*slot)->count) break;
        if (d->options.end && d->step >= d->options.end) return 0;
        if (d->step < d->given + SLOTS - 1) /* the caller has the slot of `given` */
            train_data_begin(d);
        else
            pthread_cond_wait(&d->freed, &d->lock);
    }
    *place = d->place++;
    return 1;
}

static void *train_data_work(void *argument) {
    struct train_data *d = argument;
    size_t size = d->set->floats ? sizeof(float) : 1, place;
    struct scratch s = {malloc(d->raw * size), malloc(d->floats * size)};
    struct slot *slot;
    pthread_mutex_lock(&d->lock);
    while (train_data_take(d, &slot, &place)) {
        struct alexcl_error err = {0};
        pthread_mutex_unlock(&d->lock);
        if (!s.raw || !s.cut)
            error_set(&err, ALEXCL_E_MEMORY, "out of host memory: a picture");
        else
            (void)train_data_make(d, &s, slot->step, place, slot->pictures[place],
                                  slot->images + place * d->crops * d->floats, &err);
        struct alexcl_error *kept = NULL;
        if (err.status != ALEXCL_OK && (kept = malloc(sizeof *kept)) != NULL) *kept = err;
        pthread_mutex_lock(&d->lock);
        slot->errors[place] = kept;
        if (err.status != ALEXCL_OK && !kept) slot->labels[place] = -1; /* not even memory to say why */
        if (++slot->done == slot->count) pthread_cond_broadcast(&d->filled);
    }
    pthread_mutex_unlock(&d->lock);
    free(s.raw);
    free(s.cut);
    return NULL;
}

/* ---- opening ------------------------------------------------------------------------------------- */

int train_data_check(const struct data_set *set, const struct alexcl_model *m, struct alexcl_error *err) {
    if (set->channels != m->channels)
        return error_set(err, ALEXCL_E_DATA, "the pictures have %d channels, and model %s takes %d", set->channels,
                         m->name, m->channels);
    if (2 * set->width >= m->width && 2 * set->height >= m->height) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_DATA,
                     "the pictures are %d x %d, and model %s takes %d x %d: more would be padding than picture; take a "
                     "model of their size (`alexcl models`)",
                     set->width, set->height, m->name, m->width, m->height);
}

static int train_data_alloc(struct train_data *d, struct alexcl_error *err) {
    const struct train_data_options *o = &d->options;
    const struct alexcl_model *m = o->model;
    size_t channels = (size_t)m->channels;
    int status = ALEXCL_OK;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &d->slots[i];
        TRY(memory_alloc(&s->images, o->batch * d->crops * d->floats, sizeof *s->images,
                         "a batch; a smaller one may help", err));
        TRY(memory_alloc(&s->labels, o->batch, sizeof *s->labels, "a batch", err));
        TRY(memory_alloc(&s->errors, o->batch, sizeof(struct alexcl_error *), "a batch", err));
        TRY(memory_alloc(&s->pictures, o->batch, sizeof *s->pictures, "a batch", err));
    }
    TRY(memory_alloc(&d->order, o->count, sizeof *d->order, "the order of an epoch", err));
    if (!o->told) TRY(memory_alloc(&d->own_told, o->count, 1, "a data set", err));
    if (!o->told) d->options.told = d->own_told;
    if (d->set->floats) return ALEXCL_OK;
    TRY(memory_alloc(&d->levels, channels * LEVELS, sizeof *d->levels, "a data set", err));
    for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < LEVELS; p++) d->levels[c * LEVELS + p] = (float)prepare_value(m, (double)p, c);
done:
    return status;
}

int train_data_open(const struct data_set *set, const struct train_data_options *options, struct train_data **out,
                    struct alexcl_error *err) {
    struct train_data *d = NULL;
    int status = train_data_check(set, options->model, err);
    TRY(status);
    TRY(memory_alloc(&d, 1, sizeof *d, "a data set", err));
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->freed, NULL);
    pthread_cond_init(&d->filled, NULL);
    d->set = set;
    d->options = *options;
    if (!options->count || options->count > set->count) d->options.count = set->count;
    d->floats = train_data_floats(options->model);
    d->crops = options->test && options->ten_crop ? PREPARE_CROPS : 1;
    d->raw = (size_t)set->channels * (size_t)set->height * (size_t)set->width;
    d->epoch_steps = train_data_steps(d->options.count, options->batch);
    d->step = d->given = options->first;
    TRY(train_data_alloc(d, err));
    int wanted = options->threads ? options->threads : cpus_count();
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    for (int i = 0; i < wanted; i++)
        if (pthread_create(&d->threads[d->thread_count], NULL, train_data_work, d) == 0) d->thread_count++;
    if (d->thread_count == 0)
        status = error_set(err, ALEXCL_E_OTHER,
                           "the system starts no thread for decoding: raise the limit of processes (ulimit -u)");
done:
    if (status == ALEXCL_OK)
        *out = d;
    else
        train_data_free(d);
    return status;
}

void train_data_free(struct train_data *d) {
    if (!d) return;
    pthread_mutex_lock(&d->lock);
    d->stop = 1;
    pthread_cond_broadcast(&d->freed);
    pthread_mutex_unlock(&d->lock);
    for (int i = 0; i < d->thread_count; i++) pthread_join(d->threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        for (size_t k = 0; d->slots[i].errors && k < d->options.batch; k++) free(d->slots[i].errors[k]);
        free(d->slots[i].images);
        free(d->slots[i].labels);
        free(d->slots[i].errors);
        free(d->slots[i].pictures);
    }
    free(d->order);
    free(d->own_told);
    free(d->levels);
    pthread_cond_destroy(&d->freed);
    pthread_cond_destroy(&d->filled);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* ---- the next batch ------------------------------------------------------------------------------ */

/* Lets go of those that could not be read; the others move up. The first error is kept in `first`. */
static size_t train_data_compact(struct train_data *d, struct slot *s, struct alexcl_error *first) {
    size_t left = 0, floats = d->crops * d->floats;
    for (size_t i = 0; i < s->count; i++) {
        struct alexcl_error *why = s->errors[i];
        s->errors[i] = NULL;
        if (!why && s->labels[i] >= 0) {
            if (left != i) memcpy(s->images + left * floats, s->images + i * floats, floats * sizeof(float));
            s->labels[left++] = s->labels[i];
            continue;
        }
        if (first->status == ALEXCL_OK) {
            if (why)
                *first = *why;
            else
                error_set(first, ALEXCL_E_MEMORY, "out of host memory: a picture");
        }
        if (why && d->options.keep_going && !d->options.told[s->pictures[i]] && d->options.damaged)
            d->options.damaged(d->options.user, why->text);
        d->options.told[s->pictures[i]] = 1;
        free(why);
    }
    return left;
}

int train_data_next(struct train_data *d, struct train_data_batch *out, struct alexcl_error *err) {
    struct alexcl_error first = {0};
    double start = monotonic_now();
    assert(!d->options.end || d->given < d->options.end);
    pthread_mutex_lock(&d->lock);
    struct slot *s = &d->slots[++d->given % SLOTS];
    pthread_cond_broadcast(&d->freed);
    while (s->step != d->given || s->done < s->count) pthread_cond_wait(&d->filled, &d->lock);
    d->waited += monotonic_now() - start;
    pthread_mutex_unlock(&d->lock);
    size_t count = train_data_compact(d, s, &first);
    if (first.status != ALEXCL_OK && (!d->options.keep_going || first.status == ALEXCL_E_MEMORY))
        return error_copy(err, &first);
    if (count == 0 && !d->options.test)
        return error_set(err, first.status, "%s; nothing is left of the batch of step %llu: take it out of the set",
                         first.text, (unsigned long long)d->given);
    *out = (struct train_data_batch){s->images, s->labels, count};
    return ALEXCL_OK;
}
