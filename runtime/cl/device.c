/* SPDX-License-Identifier: MIT */
/* One opened device. Commands are enqueued without waiting. Each timed command leaves its event in a list; when the
 * list is long, the times of events that are done are added up by account, and the events released, so thousands of
 * launches take no memory. Where single launches are not timed, a pair of markers times a run of them. A device's clock
 * is compared with the host's by markers on an idle queue, when a recording begins and when it ends. */
#include "device.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cl_private.h"
#include "device_source.h"
#include "log.h"
#include "memory.h"
#include "quirks.h"

struct event {
    struct device *device;
    cl_event handle;
};

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static int open_devices;
static void (*last_close)(void);

/* Cuts the device into equal parts and keeps one. */
static int device_cut(struct device *dev, unsigned part, unsigned parts, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    cl_device_id all[64];
    cl_uint made = 0;
    cl_uint units = 0;
    CL_TRY(dev, clGetDeviceInfo(dev->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL), err);
    cl_device_partition_property how[] = {CL_DEVICE_PARTITION_EQUALLY, (cl_device_partition_property)(units / parts),
                                          0};
    CL_TRY(dev, clCreateSubDevices(dev->id, how, 64, all, &made), err);
    for (cl_uint i = 0; i < made; i++) {
        if (i == part) {
            dev->id = all[i];
            dev->is_part = 1;
        } else {
            clReleaseDevice(all[i]);
        }
    }
    if (!dev->is_part) TRY(clerror_check(CL_DEVICE_PARTITION_FAILED, "clCreateSubDevices", dev, err));
done:
    return status;
}

int device_describe(const struct device_source *source, const struct settings *settings, struct device **out,
                    struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = NULL;
    const struct alexcl_device_info *info = source->info;
    TRY(memory_alloc(&dev, 1, sizeof *dev, "a device", err));
    snprintf(dev->name, sizeof dev->name, "device %s", source->name);
    dev->settings = settings;
    dev->platform = source->platform;
    dev->id = source->id;
    dev->quirks = quirks_of(info);
    cl_uint vector_floats = 1;
    CL_TRY(dev,
           clGetDeviceInfo(dev->id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof vector_floats, &vector_floats, NULL),
           err);
    cl_device_fp_config config = 0;
    CL_TRY(dev, clGetDeviceInfo(dev->id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL), err);
    dev->fma = (config & CL_FP_FMA) || (dev->quirks & QUIRK_FMA);
    size_t max_items[16] = {0}; /* items of a work-group in each dimension: the groups here are long in the first */
    CL_TRY(dev, clGetDeviceInfo(dev->id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof max_items, max_items, NULL), err);
    dev->limits = (struct device_limits){
        .kind = dev->quirks & QUIRK_SHORT_LOOPS ? ALEXCL_DEVICE_GPU : info->kind,
        .compute_units = info->compute_units / source->parts,
        .clock_mhz = info->clock_mhz,
        .memory = info->memory / source->parts, /* the parts share the memory */
        .max_alloc = info->max_alloc,
        .local_memory = info->local_memory,
        .max_work_group_size =
            info->max_work_group_size < max_items[0] ? (size_t)info->max_work_group_size : max_items[0],
        .unified_memory = info->unified_memory,
        .has_prefetch = (dev->quirks & QUIRK_PREFETCH) != 0,
        .vector_floats = vector_floats,
    };
    /* Both halves of a device and the whole device use the same compiled kernels. */
    snprintf(dev->identity, sizeof dev->identity, "%s\n%s\n%s\n%s\n%s\n%s", info->platform_name, info->platform_version,
             info->name, info->hardware, info->version, info->driver);
    *out = dev;
    dev = NULL;
done:
    free(dev);
    return status;
}

int device_open(const struct device_source *source, const struct settings *settings, struct device **out,
                struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = NULL;
    TRY(device_describe(source, settings, &dev, err));
    if (source->parts > 1) TRY(device_cut(dev, source->part, source->parts, err));
    cl_int code;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)dev->platform, 0};
    dev->context = clCreateContext(properties, 1, &dev->id, NULL, NULL, &code);
    TRY(clerror_check(code, "clCreateContext", dev, err));
    dev->work = clCreateCommandQueue(dev->context, dev->id, CL_QUEUE_PROFILING_ENABLE, &code);
    TRY(clerror_check(code, "clCreateCommandQueue", dev, err));
    dev->transfer = clCreateCommandQueue(dev->context, dev->id, CL_QUEUE_PROFILING_ENABLE, &code);
    TRY(clerror_check(code, "clCreateCommandQueue", dev, err));
    pthread_mutex_lock(&open_lock);
    open_devices++;
    pthread_mutex_unlock(&open_lock);
    *out = dev;
    dev = NULL;
done:
    if (dev) {
        if (dev->transfer) clReleaseCommandQueue(dev->transfer);
        if (dev->work) clReleaseCommandQueue(dev->work);
        if (dev->context) clReleaseContext(dev->context);
        if (dev->is_part) clReleaseDevice(dev->id);
        free(dev);
    }
    return status;
}

static void device_let_go(struct pending_event *p) {
    clReleaseEvent(p->event);
    if (p->since) clReleaseEvent(p->since);
}

enum { LATE_TRIES = 2000 };

/* QUIRK_LATE: waits until only this code holds the queue, for 2 s at most. */
static void device_settle(cl_command_queue queue) {
    const struct timespec pause = {0, 1000000};
    cl_uint holders;
    for (int i = 0; i < LATE_TRIES; i++) {
        if (clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof holders, &holders, NULL) != CL_SUCCESS ||
            holders <= 1)
            return;
        nanosleep(&pause, NULL);
    }
}

void device_free(struct device *dev) {
    if (!dev) return;
    if (!dev->context) { /* it was only described */
        free(dev);
        return;
    }
    clFinish(dev->work);
    clFinish(dev->transfer);
    for (int i = 0; i < dev->pending_count; i++) device_let_go(&dev->pending[i]);
    if (dev->launches_since) clReleaseEvent(dev->launches_since);
    if (dev->quirks & QUIRK_LATE) {
        device_settle(dev->work);
        device_settle(dev->transfer);
    }
    while (dev->owned) {
        struct device_owned *thing = dev->owned;
        dev->owned = thing->next;
        thing->free(thing);
    }
    pthread_mutex_lock(&open_lock);
    if (--open_devices == 0 && last_close) last_close();
    pthread_mutex_unlock(&open_lock);
    clReleaseCommandQueue(dev->transfer);
    clReleaseCommandQueue(dev->work);
    clReleaseContext(dev->context);
    if (dev->is_part) clReleaseDevice(dev->id);
    free(dev);
}

void device_own(struct device *dev, struct device_owned *thing, void (*free)(struct device_owned *thing)) {
    *thing = (struct device_owned){.free = free, .next = dev->owned};
    dev->owned = thing;
}

void device_on_last_close(void (*fn)(void)) {
    pthread_mutex_lock(&open_lock);
    last_close = fn;
    pthread_mutex_unlock(&open_lock);
}

const struct device_limits *device_limits(const struct device *dev) { return &dev->limits; }
const struct settings *device_settings(const struct device *dev) { return dev->settings; }

const char *device_name(const struct device *dev) { return dev->name; }

void device_note(struct device *dev, const char *label) { dev->labels[dev->label_at++ % DEVICE_LABELS] = label; }

int event_wrap(struct device *dev, cl_event handle, struct event **out, struct alexcl_error *err) {
    struct event *e;
    int status = memory_alloc(&e, 1, sizeof *e, "an event", err);
    if (status != ALEXCL_OK) {
        clReleaseEvent(handle);
        return status;
    }
    e->device = dev;
    e->handle = handle;
    *out = e;
    return ALEXCL_OK;
}

cl_event event_handle(const struct event *e) { return e->handle; }

void event_free(struct event *e) {
    if (!e) return;
    clReleaseEvent(e->handle);
    free(e);
}

int event_wait(struct event *e, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    cl_int state = CL_COMPLETE;
    CL_TRY(e->device, clWaitForEvents(1, &e->handle), err);
    CL_TRY(e->device, clGetEventInfo(e->handle, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL), err);
    if (state < 0) TRY(clerror_check(state, "a command in the queue", e->device, err));
done:
    return status;
}

int device_mark(struct device *dev, struct event **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    cl_event handle;
    CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->work, 0, NULL, &handle), err);
    TRY(event_wrap(dev, handle, out, err));
done:
    return status;
}

/* Enqueues the second marker of a pair, behind the last of the launches that it times. */
static int device_end_launches(struct device *dev, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    cl_event end, since = dev->launches_since;
    if (!since) return ALEXCL_OK;
    CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->work, 0, NULL, &end), err);
    dev->launches_since = NULL;
    TRY(device_account_event(dev, since, end, DEVICE_COMPUTE, err));
done:
    return status;
}

int device_begin_launch(struct device *dev, int *own, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    *own = dev->timed || dev->timeline;
    if (!*own && device_has_times(dev) && !dev->launches_since) {
        cl_event since;
        CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->work, 0, NULL, &since), err);
        dev->launches_since = since;
    }
done:
    return status;
}

int device_wait_for(struct device *dev, const struct event *e, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(device_end_launches(dev, err));
    /* The command that is waited for must be flushed to the device, or the wait never ends. */
    CL_TRY(dev, clFlush(dev->transfer), err);
    CL_TRY(dev, clEnqueueBarrierWithWaitList(dev->work, 1, &e->handle, NULL), err);
done:
    return status;
}

int device_flush(struct device *dev, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    CL_TRY(dev, clFlush(dev->work), err);
    CL_TRY(dev, clFlush(dev->transfer), err);
done:
    return status;
}

/* Adds up the times of events that are done, or of all events (`all`), and releases them. */
static int device_drain(struct device *dev, int all, struct alexcl_error *err) {
    int status = ALEXCL_OK, kept = 0;
    for (int i = 0; i < dev->pending_count; i++) {
        struct pending_event *p = &dev->pending[i];
        cl_int state = CL_QUEUED;
        int got = clerror_check(clGetEventInfo(p->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL),
                                "clGetEventInfo", dev, err);
        if (got == ALEXCL_OK && state > CL_COMPLETE && !all) {
            dev->pending[kept++] = *p;
            continue;
        }
        if (got == ALEXCL_OK && state >= 0 && p->since)
            got = clerror_check(clGetEventInfo(p->since, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL),
                                "clGetEventInfo", dev, err);
        if (got == ALEXCL_OK && state < 0) got = clerror_check(state, "a command in the queue", dev, err);
        cl_ulong start = 0, end = 0;
        cl_event from = p->since ? p->since : p->event;
        cl_profiling_info at = p->since ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START;
        if (got == ALEXCL_OK && clGetEventProfilingInfo(from, at, sizeof start, &start, NULL) == CL_SUCCESS &&
            clGetEventProfilingInfo(p->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) == CL_SUCCESS &&
            end > start) {
            dev->busy[p->account] += end - start;
            dev->seen_times |= !p->since;
            timeline_add(dev->timeline, p->span, (int64_t)start + dev->clock.ahead, (int64_t)end + dev->clock.ahead);
        } else if (got == ALEXCL_OK && !p->since && !dev->seen_none) {
            dev->seen_none = 1;
            if (!dev->seen_times) log_write(ALEXCL_LOG_INFO, "%s: its driver tells no time of a command", dev->name);
        }
        device_let_go(p);
        if (status == ALEXCL_OK) status = got;
    }
    dev->pending_count = kept;
    return status;
}

int device_account_event(struct device *dev, cl_event since, cl_event event, enum device_account account,
                         struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct pending_event p = {event, since, account, timeline_span(dev->timeline)};
    if (dev->pending_count == DEVICE_PENDING) {
        status = device_drain(dev, 0, err);
        /* the device is far behind: wait until it has caught up */
        if (status == ALEXCL_OK && dev->pending_count == DEVICE_PENDING) {
            /* not for the oldest, or every launch would look through the list */
            cl_event middle = dev->pending[DEVICE_PENDING / 2].event;
            status = device_flush(dev, err);
            if (status == ALEXCL_OK) status = clerror_check(clWaitForEvents(1, &middle), "clWaitForEvents", dev, err);
            if (status == ALEXCL_OK) status = device_drain(dev, 0, err);
        }
    }
    if (status != ALEXCL_OK || dev->pending_count == DEVICE_PENDING) {
        device_let_go(&p);
        return status;
    }
    dev->pending[dev->pending_count++] = p;
    return ALEXCL_OK;
}

int device_finish(struct device *dev, struct alexcl_error *err) {
    int ended = device_end_launches(dev, err);
    int work = clerror_check(clFinish(dev->work), "clFinish", dev, err);
    int transfer = clerror_check(clFinish(dev->transfer), "clFinish", dev, err);
    int drained = device_drain(dev, 1, err);
    /* The first that failed: all are tried, so that nothing is under way any more. */
    if (ended != ALEXCL_OK) return ended;
    if (work != ALEXCL_OK) return work;
    return transfer != ALEXCL_OK ? transfer : drained;
}

void device_times(const struct device *dev, uint64_t busy[DEVICE_ACCOUNTS]) {
    memcpy(busy, dev->busy, sizeof dev->busy);
}

void device_time_launches(struct device *dev, int on) { dev->timed = on; }

int device_has_times(const struct device *dev) {
    return !(dev->quirks & QUIRK_NO_TIMES) && (dev->seen_times || !dev->seen_none);
}

/* On an idle device, a marker ends between two readings of the host's clock. Of several tries the one with the closest
 * readings counts, and the marker is taken to be in their middle. */
static int device_read_clock(struct device *dev, struct device_clock *out, struct alexcl_error *err) {
    enum { TRIES = 5 };
    int status = ALEXCL_OK;
    cl_event marker = NULL;
    *out = (struct device_clock){.doubt = UINT64_MAX};
    for (int i = 0; i < TRIES; i++) {
        cl_ulong end = 0;
        uint64_t before = timeline_now();
        CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->work, 0, NULL, &marker), err);
        CL_TRY(dev, clWaitForEvents(1, &marker), err);
        uint64_t between = timeline_now() - before;
        if (between < out->doubt &&
            clGetEventProfilingInfo(marker, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) == CL_SUCCESS && end > 0)
            *out = (struct device_clock){.known = 1,
                                         .at = before + between / 2,
                                         .ahead = (int64_t)(before + between / 2) - (int64_t)end,
                                         .doubt = between};
        clReleaseEvent(marker);
        marker = NULL;
    }
done:
    if (marker) clReleaseEvent(marker);
    return status;
}

/* A device's clock may run at another rate than the host's: PoCL's is CLOCK_MONOTONIC_RAW, which is not adjusted. What
 * was recorded is corrected by how far the two clocks drifted apart during the recording. */
static int device_end_record(struct device *dev, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct timeline *timeline = dev->timeline;
    struct device_clock now;
    dev->timeline = NULL;
    if (!timeline || !dev->clock.known) return ALEXCL_OK;
    TRY(device_read_clock(dev, &now, err));
    int64_t apart = now.ahead - dev->clock.ahead;
    if (now.known && (uint64_t)(apart < 0 ? -apart : apart) > now.doubt + dev->clock.doubt)
        timeline_stretch(timeline, (int64_t)dev->clock.at, (int64_t)now.at, apart);
done:
    return status;
}

int device_record(struct device *dev, struct timeline *timeline, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(device_end_launches(dev, err));
    TRY(device_end_record(dev, err));
    if (!timeline || !device_has_times(dev)) goto done;
    TRY(device_read_clock(dev, &dev->clock, err));
    timeline->clockless = !dev->clock.known;
    if (!dev->clock.known)
        log_write(ALEXCL_LOG_WARNING,
                  "%s: its clock cannot be compared with the host's: when its commands ran is not recorded, but how "
                  "long they took",
                  dev->name);
    dev->timeline = timeline;
done:
    return status;
}
