/* SPDX-License-Identifier: MIT */
/* The commands that a program hands to its devices, in their order, as an OpenCL layer sees them (handover_layer.c,
 * OPENCL_LAYERS). */
#ifndef HANDOVER_H
#define HANDOVER_H
#include <stddef.h>

enum handover_kind {
    HANDOVER_LAUNCH,
    HANDOVER_READ,
    HANDOVER_WRITE,
    HANDOVER_COPY,
    HANDOVER_MARKER,
    HANDOVER_BARRIER,
    HANDOVER_FLUSH,
    HANDOVER_FINISH
};
struct handover_command {
    enum handover_kind kind;
    const void *queue;
    const void *context; /* the queue's; not of launches */
    char kernel[48];     /* of a launch: its function */
    const char *host;    /* of a read or write */
    size_t bytes;        /* of a copy of any kind */
    int rectangle;       /* 1: of rows that do not follow one another; 2: of rows that do */
    int event;           /* one was asked for */
};
enum { HANDOVER_MAX = 4096, HANDOVER_MAPS = 8 };
/* The layer exports one, `handover`. */
struct handover {
    struct handover_command commands[HANDOVER_MAX];
    int count; /* set to 0 to begin anew */
    struct {
        const char *start;
        size_t bytes;
        const void *context;
    } maps[HANDOVER_MAPS]; /* of buffers, now mapped */
    int loaded;
};
extern struct handover handover;
#endif
