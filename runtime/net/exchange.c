/* SPDX-License-Identifier: MIT */
/* Each half has a counter of the messages that it has published, under one lock. To wait for a message is to wait until
 * the other half's counter has passed it. A worker that fails aborts, which wakes the other one. */
#include "exchange.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "memory.h"

struct exchange {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int published[2]; /* messages of each half so far */
    int aborted;
};

int exchange_create(struct exchange **out, struct alexcl_error *err) {
    struct exchange *x;
    int status = memory_alloc(&x, 1, sizeof *x, "the exchange", err);
    if (status != ALEXCL_OK) return status;
    if (pthread_mutex_init(&x->lock, NULL) != 0) goto no_lock;
    if (pthread_cond_init(&x->changed, NULL) != 0) goto no_condition;
    *out = x;
    return ALEXCL_OK;
no_condition:
    pthread_mutex_destroy(&x->lock);
no_lock:
    free(x);
    return error_set(err, ALEXCL_E_OTHER, "the system has no lock left for the exchange between the devices");
}

void exchange_free(struct exchange *x) {
    if (!x) return;
    pthread_cond_destroy(&x->changed);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

void exchange_reset(struct exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->published[0] = x->published[1] = 0;
    x->aborted = 0;
    pthread_mutex_unlock(&x->lock);
}

void exchange_publish(struct exchange *x, int half, int message) {
    pthread_mutex_lock(&x->lock);
    assert(message == x->published[half]); /* no message is left out, and none is published twice */
    x->published[half] = message + 1;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

int exchange_await(struct exchange *x, int half, int message) {
    pthread_mutex_lock(&x->lock);
    while (!x->aborted && x->published[1 - half] <= message) pthread_cond_wait(&x->changed, &x->lock);
    int status = x->published[1 - half] > message ? ALEXCL_OK : ALEXCL_E_OTHER;
    pthread_mutex_unlock(&x->lock);
    return status;
}

void exchange_abort(struct exchange *x) {
    pthread_mutex_lock(&x->lock);
    x->aborted = 1;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}
