/* SPDX-License-Identifier: MIT */
/* A list of jobs in the order in which they were submitted: those that have ended and were not waited for, the one that
 * runs, those that wait. One lock guards it. The thread runs the first job that has not ended and leaves it in the
 * list, so that the next one can be looked at meanwhile. */
#include "runner.h"

#include <pthread.h>
#include <stdlib.h>

#include "memory.h"

struct runner_entry {
    struct runner_job job;
    int ended, status;
    struct alexcl_error error;
    struct runner_entry *next;
};

struct runner {
    runner_fn *fn;
    void *user;
    struct runner_entry *first; /* oldest first */
    uint64_t given;             /* the number of tickets that were given */
    int quit;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

static struct runner_entry *runner_pending(const struct runner *r) {
    struct runner_entry *e = r->first;
    while (e && e->ended) e = e->next;
    return e;
}

static void *runner_main(void *argument) {
    struct runner *r = argument;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        struct runner_entry *e = runner_pending(r);
        if (!e && r->quit) break;
        if (!e) {
            pthread_cond_wait(&r->changed, &r->lock);
            continue;
        }
        pthread_mutex_unlock(&r->lock);
        int status = r->fn(r->user, &e->job, &e->error);
        pthread_mutex_lock(&r->lock);
        e->status = status;
        e->ended = 1;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

int runner_create(runner_fn *fn, void *user, struct runner **out, struct alexcl_error *err) {
    struct runner *r;
    int status = memory_alloc(&r, 1, sizeof *r, "the net's runs", err);
    if (status != ALEXCL_OK) return status;
    r->fn = fn;
    r->user = user;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    if (pthread_create(&r->thread, NULL, runner_main, r) == 0) {
        *out = r;
        return ALEXCL_OK;
    }
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return error_set(err, ALEXCL_E_OTHER,
                     "the system starts no thread for the net's runs: raise the limit of processes (ulimit -u)");
}

void runner_free(struct runner *r) {
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->quit = 1;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    for (struct runner_entry *e = r->first, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

int runner_submit(struct runner *r, const struct runner_job *job, uint64_t *ticket, struct alexcl_error *err) {
    struct runner_entry *e;
    int status = memory_alloc(&e, 1, sizeof *e, "a run", err);
    if (status != ALEXCL_OK) return status;
    e->job = *job;
    pthread_mutex_lock(&r->lock);
    *ticket = e->job.ticket = ++r->given;
    struct runner_entry **at = &r->first;
    while (*at) at = &(*at)->next;
    *at = e;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return ALEXCL_OK;
}

int runner_wait(struct runner *r, uint64_t ticket, struct alexcl_error *err) {
    pthread_mutex_lock(&r->lock);
    struct runner_entry **at = &r->first;
    while (*at && (*at)->job.ticket != ticket) at = &(*at)->next;
    struct runner_entry *e = *at;
    while (e && !e->ended) pthread_cond_wait(&r->changed, &r->lock);
    if (e) {
        for (at = &r->first; *at != e;) at = &(*at)->next; /* other entries may have been removed meanwhile */
        *at = e->next;
    }
    pthread_mutex_unlock(&r->lock);
    if (!e)
        return error_set(err, ALEXCL_E_USAGE, "ticket %llu is no run of this net, or was waited for",
                         (unsigned long long)ticket);
    int status = e->status;
    if (status != ALEXCL_OK) (void)error_copy(err, &e->error);
    free(e);
    return status;
}

void runner_drain(struct runner *r) {
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    while (runner_pending(r)) pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

int runner_next(struct runner *r, struct runner_job *out) {
    pthread_mutex_lock(&r->lock);
    const struct runner_entry *e = runner_pending(r);
    const struct runner_entry *next = e ? e->next : NULL;
    if (next) *out = next->job;
    pthread_mutex_unlock(&r->lock);
    return next != NULL;
}
