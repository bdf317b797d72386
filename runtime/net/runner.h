/* SPDX-License-Identifier: MIT */
/* Runs that were handed over, one behind the other on a thread of their own, so that whoever hands them over goes on.
 * Each is kept until somebody has waited for it. */
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
/* Waits for all that was handed over. */
void runner_free(struct runner *r);
int runner_submit(struct runner *r, const struct runner_job *job, uint64_t *ticket, struct alexcl_error *err);
/* The status of a job, once it has ended; ALEXCL_E_USAGE for a ticket that is none, or was waited for. */
int runner_wait(struct runner *r, uint64_t ticket, struct alexcl_error *err);
/* Returns when nothing runs, and nothing is left to be. */
void runner_drain(struct runner *r);
/* For `fn`: the job behind the one that runs; 0: there is none so far. */
int runner_next(struct runner *r, struct runner_job *out);
#endif
