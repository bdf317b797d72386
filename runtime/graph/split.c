/* SPDX-License-Identifier: MIT */
/* Which target computes which images, where both have the whole net. Images are dealt one by one to the target that
 * would finish its next image first. So shares are in proportion to the speeds, and a target that is too slow gets
 * none. Speeds are given by the user, or measured when the net is opened and then moved a quarter of the way towards
 * what each batch shows. */
#include "split.h"

#include <string.h>

/* A whole number of at most seven digits, up to `end`; -1: it is none. */
static int split_number(const char *text, const char *end) {
    int n = 0;
    if (text == end || end - text > 7) return -1;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') return -1;
        n = n * 10 + (*text - '0');
    }
    return n;
}

int split_read(const char *text, size_t targets, struct split *out, struct alexcl_error *err) {
    struct split s = {.kind = SPLIT_HALVES, .targets = targets};
    if (text && strcmp(text, "half") != 0) {
        const char *colon = strchr(text, ':');
        if (strcmp(text, "auto") == 0) {
            s.kind = SPLIT_AUTO;
        } else {
            int a = colon ? split_number(text, colon) : -1,
                b = colon ? split_number(colon + 1, text + strlen(text)) : -1;
            if (a < 0 || b < 0)
                return error_set(err, ALEXCL_E_USAGE,
                                 "--split %.200s: it can be half (of the channels on each device), auto, or images in "
                                 "proportion A:B, two whole numbers as 3:1",
                                 text);
            if (a == 0 && b == 0)
                return error_set(err, ALEXCL_E_USAGE, "--split %.200s: one device must have a share of the images",
                                 text);
            s.kind = SPLIT_SHARES;
            s.speed[0] = a;
            s.speed[1] = b;
        }
        if (targets != 2)
            return error_set(
                err, ALEXCL_E_USAGE,
                "--split %.200s: there is one device, which has all images; name two, as --devices 0,1 or 0/2", text);
    }
    *out = s;
    return ALEXCL_OK;
}

unsigned split_halves(const struct split *s, size_t target) {
    return s->targets == 1 || s->kind != SPLIT_HALVES ? 3u : 1u << target;
}

/* The target that takes the next image: the one that would finish it first. */
static int split_next(const struct split *s, const int share[2]) {
    return (share[0] + 1.0) * s->speed[1] <= (share[1] + 1.0) * s->speed[0] ? 0 : 1;
}

void split_share(const struct split *s, int images, const int capacity[2], int share[2]) {
    share[0] = share[1] = s->kind == SPLIT_HALVES ? images : 0;
    for (int i = 0; s->kind != SPLIT_HALVES && i < images; i++) {
        int to = split_next(s, share);
        share[share[to] < capacity[to] ? to : 1 - to]++;
    }
}

void split_learn(struct split *s, int opening, const int share[2], const double seconds[2]) {
    static const double weight = 0.25;
    if (s->kind != SPLIT_AUTO || (!opening && (share[0] == 0 || share[1] == 0))) return;
    for (int i = 0; i < 2; i++) {
        double speed = share[i] / seconds[i];
        if (!opening)
            s->speed[i] += weight * (speed - s->speed[i]);
        else if (speed > s->speed[i])
            s->speed[i] = speed;
    }
}

int split_batch(const struct split *s, int wanted, const int fits[2], int capacity[2]) {
    int share[2] = {0, 0}, images = 0;
    switch (s->kind) {
    case SPLIT_HALVES:
        images = s->targets == 2 && fits[1] < fits[0] ? fits[1] : fits[0];
        if (images > wanted) images = wanted;
        capacity[0] = capacity[1] = images;
        break;
    case SPLIT_SHARES: /* the user has set the proportion: a batch ends where one target's memory is full */
        for (int to = split_next(s, share); images < wanted && share[to] < fits[to]; to = split_next(s, share)) {
            share[to]++;
            images++;
        }
        for (int i = 0; i < 2; i++)
            capacity[i] = share[i] ? share[i] : 1; /* a target without images still needs its buffers */
        break;
    case SPLIT_AUTO: /* the shares are not known yet */
        for (int i = 0; i < 2; i++) capacity[i] = fits[i] < wanted ? fits[i] : wanted;
        images = capacity[0] < wanted - capacity[1] ? capacity[0] + capacity[1] : wanted;
        break;
    }
    return images;
}
