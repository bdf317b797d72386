/* SPDX-License-Identifier: MIT */
/* What the files of runtime/cl share: OpenCL's header (cl_api.h), the insides of a device, and the one way a failed
 * call is told. */
#ifndef ALEXCL_CL_PRIVATE_H
#define ALEXCL_CL_PRIVATE_H
#include "cl_api.h"
#include "kernel.h"
#include "timeline.h"

enum { DEVICE_LABELS = 4, DEVICE_PENDING = 256 };

struct pending_event {
    cl_event event, since; /* busy from the end of `since`, or where it is NULL from the start of `event` */
    enum device_account account;
    int span; /* of the recording, or -1 */
};

/* A device's clock beside the host's. */
struct device_clock {
    int known;
    uint64_t at;    /* when, by the host's, in nanoseconds */
    int64_t ahead;  /* to add to the device's times to get the host's */
    uint64_t doubt; /* `ahead` is right within this */
};

/* What another file keeps with a device, as the first member of it. */
struct device_owned {
    void (*free)(struct device_owned *thing);
    struct device_owned *next;
};
struct program; /* program.c */

struct device {
    char name[400]; /* "device 0 (pthread-..., Portable Computing Language)" */
    cl_platform_id platform;
    cl_device_id id;
    int is_part; /* a sub-device, released with the device */
    cl_context context;
    cl_command_queue work, transfer;
    struct device_limits limits;
    const struct settings *settings;
    char identity[1600]; /* platform, device, its hardware and driver, with versions: part of the cache's key */
    unsigned quirks;
    /* one instruction, by CL_FP_FMA or QUIRK_FMA; else it may be a function: on llvmpipe it takes 13 to 100 times as
     * long as mad */
    int fma;
    struct device_owned *owned;
    struct program *programs; /* newest first */
    struct buffer *buffers;
    uint64_t bytes; /* in buffers */
    struct pending_event pending[DEVICE_PENDING];
    int pending_count;
    uint64_t busy[DEVICE_ACCOUNTS];
    int seen_times, seen_none;         /* a finished command with an event of its own had a time; had none */
    int timed;                         /* each launch has an event of its own (device_time_launches) */
    cl_event launches_since;           /* a marker before launches without events of their own; NULL: there are none */
    struct timeline *timeline;         /* NULL: nothing is recorded */
    struct device_clock clock;         /* while something is recorded: as it began */
    const char *labels[DEVICE_LABELS]; /* the last launches, newest at label_at - 1 */
    unsigned label_at;
};

struct buffer {
    struct device *device;
    cl_mem memory;
    size_t floats;
    char *what;
    struct buffer *next, *previous; /* of the device */
};

/* Turns a code into an error: the call, the device (may be NULL), the code's name, the last launches, what to try.
 * Returns `code`; 0 is passed through. */
int clerror_check(int code, const char *call, const struct device *dev, struct alexcl_error *err);
/* A call whose value is the code. */
#define CL_TRY(dev, call, err) TRY(clerror_check((call), clerror_call(#call), (dev), (err)))
/* "clFinish(dev->work)" -> "clFinish", in static storage of the calling thread. */
const char *clerror_call(const char *text);

/* Takes an event for its time; it is released by the device, and so is `since` (may be NULL): commands of others
 * between the two count too. */
int device_account_event(struct device *dev, cl_event since, cl_event event, enum device_account account,
                         struct alexcl_error *err);
/* Before a launch. *own: it is to have an event of its own, for device_account_event. Else a pair of markers counts the
 * launches from here to the next wait, and what the queue idles between them. */
int device_begin_launch(struct device *dev, int *own, struct alexcl_error *err);
/* Remembers a launch for messages. */
void device_note(struct device *dev, const char *label);
/* An event for callers outside; takes `event` over. */
int event_wrap(struct device *dev, cl_event event, struct event **out, struct alexcl_error *err);
cl_event event_handle(const struct event *e);
/* The device frees `thing` when it is closed, by `free`; what came last goes first. */
void device_own(struct device *dev, struct device_owned *thing, void (*free)(struct device_owned *thing));
/* What is called, once a caller has asked for it, whenever the last open device is closed, before its context goes. */
void device_on_last_close(void (*fn)(void));
#endif
