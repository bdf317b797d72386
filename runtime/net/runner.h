/* SPDX-License-Identifier: MIT */
/* Computes submitted runs in order, on a thread of its own, while the caller goes on. A run is kept until somebody has
 * waited for it. */
#ifndef ALEXCL_RUNNER_H
#define ALEXCL_RUNNER_H
#include "status.h"

struct runner_job {
    const float *in;
    size_t images;
    float *out;
    uint64_t ticket; /* from 1 */
};
struct runner;
typedef int runner_fn(void *user, const struct runner_job *job, struct alexcl_error *err);
/* The thread calls `fn` for each job. */
int runner_create(runner_fn *fn, void *user, struct runner **out, struct alexcl_error *err);
/* Waits for all that was submitted. */
void runner_free(struct runner *r);
int runner_submit(struct runner *r, const struct runner_job *job, uint64_t *ticket, struct alexcl_error *err);
/* Waits for the end of a job and gives its status. ALEXCL_E_USAGE for a ticket that was never given, or was waited for
 * already. */
int runner_wait(struct runner *r, uint64_t ticket, struct alexcl_error *err);
/* Waits until no job runs and none is left to run. */
void runner_drain(struct runner *r);
/* For use by `fn`: the job behind the one that runs; 0: there is none yet. */
int runner_next(struct runner *r, struct runner_job *out);
#endif
