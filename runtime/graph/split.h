/* SPDX-License-Identifier: MIT */
/* How two targets share a net: one half of the channels each, or whole images. One target always has both halves of all
 * images. */
#ifndef ALEXCL_SPLIT_H
#define ALEXCL_SPLIT_H
#include "status.h"

enum split_kind {
    SPLIT_HALVES, /* each target runs one half of every image */
    SPLIT_SHARES, /* each runs both halves of its images, as many as it has in A:B */
    SPLIT_AUTO,   /* as many as the speed that was measured lets it do */
};
struct split {
    enum split_kind kind;
    size_t targets;
    double speed[2]; /* of images: A and B, or images a second; both 0: not measured yet */
};

/* Reads "half", "auto" or "A:B" (NULL: half). ALEXCL_E_USAGE for another text, for 0:0, and for a split by images with
 * one target. */
int split_read(const char *text, size_t targets, struct split *out, struct alexcl_error *err);
/* Halves that a target runs: bit 0, bit 1. */
unsigned split_halves(const struct split *s, size_t target);
/* The images of a batch that are a target's own: target 0's first, so many that both would be done soonest; at most
 * `room` each, which together is enough. Halves: all are everybody's. */
void split_share(const struct split *s, int images, const int capacity[2], int share[2]);
/* A batch of which the targets had these images took them so many seconds, at once. `opening`: while speeds are
 * measured before the first batch: what else runs on the machine only slows, so the fastest counts. Later ones are
 * followed, smoothed, unless a target had none: its speed would be compared with another's of another time. Only a
 * split by speed learns. */
void split_learn(struct split *s, int opening, const int share[2], const double seconds[2]);
/* The largest batch, at most `wanted`, of which every target has memory for its images, where `fits` do on each, at
 * least one; `room`: images that each must have memory for. */
int split_batch(const struct split *s, int wanted, const int fits[2], int capacity[2]);
#endif
