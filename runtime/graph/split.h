/* SPDX-License-Identifier: MIT */
/* How two targets share a net: one half of the channels each, or whole images. One target always has both halves of all
 * images. */
#ifndef ALEXCL_SPLIT_H
#define ALEXCL_SPLIT_H
#include "status.h"

enum split_kind {
    SPLIT_HALVES, /* each target runs one half of every image */
    SPLIT_SHARES, /* each target runs both halves of its own images, in the proportion A:B */
    SPLIT_AUTO,   /* the same, in proportion to the measured speeds */
};
struct split {
    enum split_kind kind;
    size_t targets;
    double speed[2]; /* A and B, or images per second; both 0: not measured yet */
};

/* Reads "half", "auto" or "A:B" (NULL: half). ALEXCL_E_USAGE for another text, for 0:0, and for a split by images with
 * one target. */
int split_read(const char *text, size_t targets, struct split *out, struct alexcl_error *err);
/* The halves that a target runs: bit 0, bit 1. */
unsigned split_halves(const struct split *s, size_t target);
/* Shares out a batch: target 0 gets the first images, so many that both targets would finish at the same time; at most
 * `capacity` each, which together suffices. With halves, every target gets all images. */
void split_share(const struct split *s, int images, const int capacity[2], int share[2]);
/* Learns from a batch: the targets had these shares and took so many seconds, at the same time. `opening`: speeds are
 * being measured before the first batch. There the fastest time counts, since other work on the machine only slows.
 * Later times move the speed gradually; a batch of which a target had no images does not count, since speeds of
 * different times would be compared. Only a split by measured speed learns. */
void split_learn(struct split *s, int opening, const int share[2], const double seconds[2]);
/* Finds the largest batch, at least one image and at most `wanted`, for which every target has memory for its share,
 * where fits[i] images fit on target i. `capacity`: the images that each target must have memory for. */
int split_batch(const struct split *s, int wanted, const int fits[2], int capacity[2]);
#endif
