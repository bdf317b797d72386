/* SPDX-License-Identifier: MIT */
/* One opened device: its own context, an in-order queue for work and one for transfers, its programs, buffers and
 * event times. Used by one host thread at a time. cl.h is not needed to use it. */
#ifndef ALEXCL_DEVICE_H
#define ALEXCL_DEVICE_H
#include "settings.h"

struct device; /* opened */
struct event;  /* something enqueued */

struct device_source; /* a device or a part of one, made by selection_source; it must outlive what is opened from it */
/* The settings must outlive the device, which computes by them. */
int device_open(const struct device_source *source, const struct settings *settings, struct device **out,
                struct alexcl_error *err);
/* Fills only what device_limits and device_name tell: nothing is opened, and nothing can be run on the device. */
int device_describe(const struct device_source *source, const struct settings *settings, struct device **out,
                    struct alexcl_error *err);
void device_free(struct device *dev);

/* What variants are chosen by. */
struct device_limits {
    enum alexcl_device_kind kind;      /* the kind of device that its kernels are made for */
    unsigned compute_units, clock_mhz; /* clock 0: not told */
    uint64_t memory, max_alloc, local_memory;
    size_t max_work_group_size;
    int unified_memory;
    /* kernels for CPU devices may use __builtin_prefetch, which compilers by way of SPIR-V refuse */
    int has_prefetch;
    /* floats in a vector register of a CPU (16, 8 or 4); 1 where each work-item computes with scalars */
    unsigned vector_floats;
};
const struct device_limits *device_limits(const struct device *dev);
const struct settings *device_settings(const struct device *dev);
/* for messages: "device 0 (pthread-..., Portable Computing Language)" */
const char *device_name(const struct device *dev);

/* ---- queues: `work` runs kernels, `transfer` copies; order between the two is by events only ---- */

/* Makes an event that is done when everything is done that was enqueued on the work queue so far. */
int device_mark(struct device *dev, struct event **out, struct alexcl_error *err);
/* Commands that are enqueued on the work queue from now on wait for `e`, an event of the same device. */
int device_wait_for(struct device *dev, const struct event *e, struct alexcl_error *err);
/* Hands everything enqueued to the device; never blocks. */
int device_flush(struct device *dev, struct alexcl_error *err);
/* Waits until both queues are empty, then adds up the times of the commands. */
int device_finish(struct device *dev, struct alexcl_error *err);
/* Blocks until the event is done; a negative execution status becomes an error. */
int event_wait(struct event *e, struct alexcl_error *err);
void event_free(struct event *e);

/* ---- times, from events only; each is released when read ---- */

enum device_account { DEVICE_COMPUTE, DEVICE_TRANSFER, DEVICE_EXCHANGE, DEVICE_ACCOUNTS };
/* How many nanoseconds the device was busy, by account, since the last reset. device_finish adds them up. */
void device_times(const struct device *dev, uint64_t busy[DEVICE_ACCOUNTS]);
/* Sets whether each launch is timed by an event of its own: for comparing single launches, and while something is
 * recorded (device_record). Otherwise launches have no events, and DEVICE_COMPUTE counts from the first launch to the
 * next wait for a copy or for the end. */
void device_time_launches(struct device *dev, int on);
/* Returns 0 where the device reports no event times: its driver is known for that (rusticl 22 reports 0 ns), or no
 * command that has ended had a time. */
int device_has_times(const struct device *dev);
/* Commands that are enqueued from now on are recorded in the timeline's open span; NULL ends that. The device must be
 * idle, since its clock is compared with the host's when a recording begins and when it ends. A device without event
 * times records nothing. Where a device's clock cannot be compared, only the durations of commands are recorded
 * (timeline->clockless), and the log has a warning. */
struct timeline;
int device_record(struct device *dev, struct timeline *timeline, struct alexcl_error *err);
#endif
