/* SPDX-License-Identifier: MIT */
/* A library that may die of a hostile file runs in a process of its own: a fork that has the memory of this one as it
 * was, one end of a pipe, and nothing else. It opens no file, and is ended where it takes too much. */
#ifndef ALEXCL_CHILD_H
#define ALEXCL_CHILD_H
#include "status.h"

struct child_limits {
    unsigned seconds; /* of computing, and of silence */
    uint64_t memory;  /* beyond what is mapped when it begins */
    uint64_t most;    /* bytes that it may write */
};
enum { CHILD_HOW = 96 };

/* Runs `work` in the child, and gathers what it writes to `fd`: *bytes, to be freed. `how` is empty where it returned
 * 0; else it says how the child ended ("signal 11, Segmentation fault"), and nothing it wrote can be relied on. Where
 * the process ignores SIGCHLD, or a handler of its own waits for every child, nobody learns how it ended: then `how` is
 * empty too, and only the bytes tell whether they are all. ALEXCL_E_OTHER where the system gives no process or pipe, or
 * fails at that pipe, ALEXCL_E_MEMORY, and ALEXCL_E_INTERRUPTED where the user's signal ended the child. */
int child_run(int (*work)(void *user, int fd), void *user, const struct child_limits *limits, unsigned char **bytes,
              size_t *length, char how[CHILD_HOW], struct alexcl_error *err);
#endif
