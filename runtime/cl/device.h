/* SPDX-License-Identifier: MIT */
/* One opened device: its own context, an in-order queue for work and one for transfers, its programs, buffers and
 * event times. Used by one host thread at a time. cl.h is not needed to use it. */
#ifndef ALEXCL_DEVICE_H
#define ALEXCL_DEVICE_H
#include "settings.h"

struct device; /* opened */
struct event;  /* something enqueued */

struct device_source; /* selection_source: a device or a part of one; it outlives what is opened from it */
/* It keeps to the settings, which outlive it. */
int device_open(const struct device_source *source, const struct settings *settings, struct device **out,
                struct alexcl_error *err);
/* The same for what device_limits and device_name say alone: nothing is opened, nothing can be run on it. */
int device_describe(const struct device_source *source, const struct settings *settings, struct device **out,
                    struct alexcl_error *err);
void device_free(struct device *dev);

/* What the layers choose variants by. */
struct device_limits {
    enum alexcl_device_kind kind;      /* whose kernels fit */
    unsigned compute_units, clock_mhz; /* clock 0: not told */
    uint64_t memory, max_alloc, local_memory;
    size_t max_work_group_size;
    int unified_memory;
    /* kernels for CPU devices may use __builtin_prefetch, which compilers by way of SPIR-V refuse */
    int has_prefetch;
    /* floats in a register of the instruction set (CPU: 16, 8 or 4); 1 where a work-item has scalars */
    unsigned vector_floats;
};
const struct device_limits *device_limits(const struct device *dev);
const struct settings *device_settings(const struct device *dev);
/* for messages: "device 0 (pthread-..., Portable Computing Language)" */
const char *device_name(const struct device *dev);

/* ---- queues: `work` runs kernels, `transfer` copies; order between the two is by events only ---- */

/* An event that is done when everything enqueued so far on the work queue is. */
int device_mark(struct device *dev, struct event **out, struct alexcl_error *err);
/* What is enqueued on the work queue from here on waits for `e` (of the same device). */
int device_wait_for(struct device *dev, const struct event *e, struct alexcl_error *err);
/* Hands everything enqueued to the device; never blocks. */
int device_flush(struct device *dev, struct alexcl_error *err);
/* Blocks until both queues are empty, then adds up the times of what ran. */
int device_finish(struct device *dev, struct alexcl_error *err);
/* Blocks until the event is done; a negative execution status becomes an error. */
int event_wait(struct event *e, struct alexcl_error *err);
void event_free(struct event *e);

/* ---- times, from events only; each is released when read ---- */

enum device_account { DEVICE_COMPUTE, DEVICE_TRANSFER, DEVICE_EXCHANGE, DEVICE_ACCOUNTS };
/* Nanoseconds the device was busy, by account, since the last reset. Added up by device_finish. */
void device_times(const struct device *dev, uint64_t busy[DEVICE_ACCOUNTS]);
/* Whether each launch is timed by an event of its own, as it is while something is recorded (device_record): for who
 * compares single launches. Else no launch has an event, and DEVICE_COMPUTE is from the first launch to the next wait
 * for a copy or the finish. */
void device_time_launches(struct device *dev, int on);
/* 0 where the device reports no event times: by what is known of the driver (rusticl 22 says 0 ns), or as no command
 * that was finished had one. */
int device_has_times(const struct device *dev);
/* Commands that are handed to the device from here on are recorded in the timeline's open span; NULL: no more. The
 * device must be idle: its clock is compared with the host's, at both ends of a recording. A device without event times
 * records nothing; one whose clock cannot be compared, how long commands took (timeline->clockless), with a warning in
 * the log. */
struct timeline;
int device_record(struct device *dev, struct timeline *timeline, struct alexcl_error *err);
#endif
