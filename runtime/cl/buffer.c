/* SPDX-License-Identifier: MIT */
/* Device memory, which is counted and compared with the device's limits when it is allocated, and copies of regions of
 * it. A region that lies in one piece is copied by a plain copy, for which every driver uses the copy engine; only
 * other regions are copied as rectangles. In tested builds every buffer has guard words behind it, with a NaN that no
 * kernel computes. */
#include "buffer.h"

#include <assert.h>
#include <stdlib.h>

#include "cl_private.h"
#include "memory.h"
#include "settings.h"

#ifdef ALEXCL_GUARD
enum { GUARD_FLOATS = 1024 }; /* behind every buffer: 4 KiB of a NaN that no kernel computes */
static const cl_uint guard_word = 0x7fc0dead;
#else
enum { GUARD_FLOATS = 0 };
#endif

static int buffer_is_bare(void) { return settings_environment("ALEXCL_BARE_BUFFERS") != NULL; }

/* On a CPU, large buffers use host memory that is allocated here: it lies in large pages, which drivers do not ask for.
 * Reading weights from memory is a sixth faster so. */
static int buffer_wants_host(const struct device *dev, size_t size) {
    return dev->limits.kind == ALEXCL_DEVICE_CPU && dev->limits.unified_memory && size >= MEMORY_LARGE;
}

/* The driver calls this when the buffer is not used any more. */
static void CL_CALLBACK buffer_free_host(cl_mem memory, void *host) {
    (void)memory;
    free(host);
}

int buffer_create(struct device *dev, size_t floats, const char *what, struct buffer **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct buffer *b = NULL;
    cl_event filled = NULL;
    float *host = NULL;
    uint64_t bytes = (uint64_t)floats * sizeof(float);
    if (bytes > dev->limits.max_alloc || dev->bytes + bytes > dev->limits.memory)
        return error_set(err, ALEXCL_E_MEMORY,
                         "%s: %.1f MiB for %s do not fit: %.1f of %.1f MiB are taken, and one buffer may have %.1f; a "
                         "smaller --batch, or two devices",
                         dev->name, (double)bytes / 1048576, what, (double)dev->bytes / 1048576,
                         (double)dev->limits.memory / 1048576, (double)dev->limits.max_alloc / 1048576);
    TRY(memory_alloc(&b, 1, sizeof *b, "a buffer", err));
    b->device = dev;
    b->floats = floats;
    TRY(memory_copy_text(&b->what, what, err));
    cl_int code;
    int bare = buffer_is_bare();
    size_t size = (bare ? floats : floats + GUARD_FLOATS) * sizeof(float);
    if (buffer_wants_host(dev, size)) TRY(memory_alloc_floats(&host, size / sizeof(float), what, err));
    b->memory = clCreateBuffer(dev->context, CL_MEM_READ_WRITE | (host ? CL_MEM_USE_HOST_PTR : 0),
                               size ? size : sizeof(float), host, &code);
    if (clerror_check(code, "clCreateBuffer", dev, err) != ALEXCL_OK) {
        error_prefix(err, "%.1f MiB for %s: ", (double)bytes / 1048576, what);
        b->memory = NULL;
        status = code;
        goto done;
    }
    if (host) {
        CL_TRY(dev, clSetMemObjectDestructorCallback(b->memory, buffer_free_host, host), err);
        host = NULL;
    }
    /* Filling the buffer also makes the driver allocate the memory now, not in the middle of the first batch. */
#ifdef ALEXCL_GUARD
    cl_uint word = guard_word;
#else
    cl_uint word = 0;
#endif
    if (!bare) {
        CL_TRY(dev,
               clEnqueueFillBuffer(dev->work, b->memory, &word, sizeof word, 0, size ? size : sizeof(float), 0, NULL,
                                   &filled),
               err);
        /* A copy on the other queue must not overtake the filling. */
        CL_TRY(dev, clFlush(dev->work), err);
        CL_TRY(dev, clEnqueueBarrierWithWaitList(dev->transfer, 1, &filled, NULL), err);
        /* A driver that has less memory than it claims may tell so by this event alone. */
        cl_event accounted = filled;
        filled = NULL;
        TRY(device_account_event(dev, NULL, accounted, DEVICE_TRANSFER, err));
    }
    b->next = dev->buffers;
    if (b->next) b->next->previous = b;
    dev->buffers = b;
    dev->bytes += bytes;
    *out = b;
    b = NULL;
done:
    if (filled) clReleaseEvent(filled);
    if (b) {
        if (b->memory) clReleaseMemObject(b->memory);
        free(b->what);
        free(b);
    }
    free(host);
    return status;
}

void buffer_free(struct buffer *b) {
    if (!b) return;
    if (b->previous)
        b->previous->next = b->next;
    else
        b->device->buffers = b->next;
    if (b->next) b->next->previous = b->previous;
    b->device->bytes -= (uint64_t)b->floats * sizeof(float);
    clReleaseMemObject(b->memory);
    free(b->what);
    free(b);
}

size_t buffer_floats(const struct buffer *b) { return b->floats; }

struct buffer *buffer_largest(const struct device *dev) {
    struct buffer *largest = dev->buffers;
    for (struct buffer *b = dev->buffers; b; b = b->next)
        if (b->floats > largest->floats) largest = b;
    return largest;
}

uint64_t buffer_total(const struct device *dev) { return dev->bytes; }

int buffer_check_guards(struct device *dev, struct alexcl_error *err) {
    int status = ALEXCL_OK;
#ifdef ALEXCL_GUARD
    cl_uint words[GUARD_FLOATS];
    if (buffer_is_bare()) return ALEXCL_OK;
    for (struct buffer *b = dev->buffers; b; b = b->next) {
        CL_TRY(dev,
               clEnqueueReadBuffer(dev->work, b->memory, CL_TRUE, b->floats * sizeof(float), sizeof words, words, 0,
                                   NULL, NULL),
               err);
        for (int i = 0; i < GUARD_FLOATS; i++)
            if (words[i] != guard_word)
                return error_set(
                    err, ALEXCL_E_DEVICE,
                    "%s: a kernel wrote behind the end of %s (%zu floats; the word at %zu); please report it",
                    dev->name, b->what, b->floats, b->floats + (size_t)i);
    }
done:
#else
    (void)dev;
    (void)err;
#endif
    return status;
}

int buffer_write(struct buffer *b, size_t first, const float *host, size_t count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = b->device;
    cl_event event;
    assert(first + count <= b->floats);
    if (count == 0) return ALEXCL_OK;
    CL_TRY(dev,
           clEnqueueWriteBuffer(dev->work, b->memory, CL_TRUE, first * sizeof *host, count * sizeof *host, host, 0,
                                NULL, &event),
           err);
    TRY(device_account_event(dev, NULL, event, DEVICE_TRANSFER, err));
done:
    return status;
}

int buffer_read(struct buffer *b, size_t first, float *host, size_t count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = b->device;
    cl_event event;
    assert(first + count <= b->floats);
    if (count == 0) return ALEXCL_OK;
    CL_TRY(dev,
           clEnqueueReadBuffer(dev->work, b->memory, CL_TRUE, first * sizeof *host, count * sizeof *host, host, 0, NULL,
                               &event),
           err);
    TRY(device_account_event(dev, NULL, event, DEVICE_TRANSFER, err));
done:
    return status;
}

struct pinned {
    struct device *device;
    cl_mem memory;
    float *values;
};

int pinned_create(struct device *dev, size_t floats, const char *what, struct pinned **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct pinned *p = NULL;
    size_t size = (floats ? floats : 1) * sizeof(float);
    cl_int code;
    TRY(memory_alloc(&p, 1, sizeof *p, what, err));
    p->device = dev;
    p->memory = clCreateBuffer(dev->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, size, NULL, &code);
    TRY(clerror_check(code, "clCreateBuffer", dev, err));
    p->values = clEnqueueMapBuffer(dev->transfer, p->memory, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, size, 0, NULL,
                                   NULL, &code);
    TRY(clerror_check(code, "clEnqueueMapBuffer", dev, err));
    *out = p;
    p = NULL;
done:
    if (status != ALEXCL_OK) error_prefix(err, "%.1f MiB of host memory for %s: ", (double)size / 1048576, what);
    pinned_free(p);
    return status;
}

float *pinned_values(const struct pinned *p) { return p->values; }

void pinned_free(struct pinned *p) {
    if (!p) return;
    if (p->values) {
        clEnqueueUnmapMemObject(p->device->transfer, p->memory, p->values, 0, NULL, NULL);
        clFinish(p->device->transfer);
    }
    if (p->memory) clReleaseMemObject(p->memory);
    free(p);
}

/* A region in OpenCL's terms, in bytes: where it lies in its buffer and, packed, on the other side. Rows of a region
 * are OpenCL's slices, lines are its rows. */
struct rectangle {
    size_t origin[3], packed[3], size[3], line, row, packed_line, packed_row;
    size_t start, bytes; /* the whole of it, where it lies in one piece */
    /* it lies in one piece on both sides: every driver gives a plain copy to the copy engine, while some copy a
     * rectangle row by row */
    int in_one;
};
static struct rectangle buffer_rectangle(const struct buffer_region *r, size_t packed_first) {
    size_t lines = r->lines ? r->lines : 1, pitch = r->lines ? r->line_pitch : r->pitch,
           width = r->width * sizeof(float), packed_line = r->packed_pitch ? r->packed_pitch * sizeof(float) : width;
    assert(r->first + (r->lines ? (lines - 1) * pitch : 0) + r->width <= r->pitch);
    return (struct rectangle){
        .origin = {r->first % pitch * sizeof(float), r->first / pitch, r->row},
        .packed = {(packed_first + r->packed_first) * sizeof(float), 0, 0},
        .size = {width, lines, r->rows},
        .line = pitch * sizeof(float),
        .row = r->pitch * sizeof(float),
        .packed_line = packed_line,
        .packed_row = packed_line * lines,
        .start = (r->row * r->pitch + r->first) * sizeof(float),
        .bytes = width * lines * r->rows,
        .in_one =
            packed_line == width && (lines == 1 || r->width == pitch) && (r->rows == 1 || r->width * lines == r->pitch),
    };
}

/* Accounts for the event of a copy, and gives the caller the event as well. */
static int buffer_hand_out(struct device *dev, cl_event event, enum device_account account, struct event **done_event,
                           struct alexcl_error *err) {
    int status = ALEXCL_OK;
    if (done_event) {
        CL_TRY(dev, clRetainEvent(event), err);
        TRY(event_wrap(dev, event, done_event, err));
    }
    return device_account_event(dev, NULL, event, account, err);
done:
    clReleaseEvent(event);
    return status;
}

/* Whether the region's last value lies in the buffer. Used by asserts alone. */
__attribute__((unused)) static int buffer_has_region(const struct buffer *b, const struct buffer_region *r) {
    size_t last_line = r->lines ? (r->lines - 1) * r->line_pitch : 0;
    return r->rows == 0 || (r->row + r->rows - 1) * r->pitch + r->first + last_line + r->width <= b->floats;
}

/* Copies a region to `to` on the host or, where `to` is NULL, from `from`. */
static int buffer_move_region(struct buffer *b, const struct buffer_region *r, float *to, const float *from,
                              const struct event *after, enum device_account account, struct event **done_event,
                              struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = b->device;
    struct rectangle x = buffer_rectangle(r, 0);
    cl_event event, before = after ? event_handle(after) : NULL;
    cl_uint waits = after ? 1 : 0;
    const cl_event *wait = after ? &before : NULL;
    assert(buffer_has_region(b, r));
    if (after) CL_TRY(dev, clFlush(dev->work), err);
    if (x.bytes == 0) /* OpenCL refuses an empty copy. A marker takes its place, for whoever waits for the event. */
        CL_TRY(dev, clEnqueueMarkerWithWaitList(dev->transfer, waits, wait, &event), err);
    else if (to && x.in_one)
        CL_TRY(dev, clEnqueueReadBuffer(dev->transfer, b->memory, CL_FALSE, x.start, x.bytes, to, waits, wait, &event),
               err);
    else if (to)
        CL_TRY(dev,
               clEnqueueReadBufferRect(dev->transfer, b->memory, CL_FALSE, x.origin, x.packed, x.size, x.line, x.row,
                                       x.packed_line, x.packed_row, to, waits, wait, &event),
               err);
    else if (x.in_one)
        CL_TRY(dev,
               clEnqueueWriteBuffer(dev->transfer, b->memory, CL_FALSE, x.start, x.bytes, from, waits, wait, &event),
               err);
    else
        CL_TRY(dev,
               clEnqueueWriteBufferRect(dev->transfer, b->memory, CL_FALSE, x.origin, x.packed, x.size, x.line, x.row,
                                        x.packed_line, x.packed_row, from, waits, wait, &event),
               err);
    TRY(buffer_hand_out(dev, event, account, done_event, err));
done:
    return status;
}

int buffer_read_region(struct buffer *b, const struct buffer_region *r, float *host, const struct event *after,
                       enum device_account account, struct event **done_event, struct alexcl_error *err) {
    return buffer_move_region(b, r, host, NULL, after, account, done_event, err);
}

int buffer_write_region(struct buffer *b, const struct buffer_region *r, const float *host, const struct event *after,
                        enum device_account account, struct event **done_event, struct alexcl_error *err) {
    return buffer_move_region(b, r, NULL, host, after, account, done_event, err);
}

int buffer_copy_region(struct buffer *from, const struct buffer_region *r, struct buffer *to, size_t to_first,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = from->device;
    struct rectangle x = buffer_rectangle(r, to_first);
    cl_event event;
    assert(buffer_has_region(from, r) && to_first + x.bytes / sizeof(float) <= to->floats);
    if (x.bytes == 0) return ALEXCL_OK;
    if (x.in_one)
        CL_TRY(dev,
               clEnqueueCopyBuffer(dev->work, from->memory, to->memory, x.start, x.packed[0], x.bytes, 0, NULL, &event),
               err);
    else
        CL_TRY(dev,
               clEnqueueCopyBufferRect(dev->work, from->memory, to->memory, x.origin, x.packed, x.size, x.line, x.row,
                                       x.packed_line, x.packed_row, 0, NULL, &event),
               err);
    TRY(device_account_event(dev, NULL, event, DEVICE_EXCHANGE, err));
done:
    return status;
}
