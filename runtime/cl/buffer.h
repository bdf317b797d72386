/* SPDX-License-Identifier: MIT */
/* Device memory, with accounting, and copies between it and the host. */
#ifndef ALEXCL_BUFFER_H
#define ALEXCL_BUFFER_H
#include "device.h"

struct buffer;

/* `floats` float32 values, zeroed. `what` names it in messages ("weights of conv1, half 0"). In debug builds
 * (ALEXCL_GUARD) guard words stand behind it and it is filled with NaN instead. With ALEXCL_BARE_BUFFERS=1 in the
 * environment it has neither words nor filling: for tools that look for reads of what nobody wrote and of what lies
 * outside (Oclgrind). */
int buffer_create(struct device *dev, size_t floats, const char *what, struct buffer **out, struct alexcl_error *err);
void buffer_free(struct buffer *b);
size_t buffer_floats(const struct buffer *b);
/* The largest that there is on the device now, or NULL. */
struct buffer *buffer_largest(const struct device *dev);
/* Bytes now allocated on the device. */
uint64_t buffer_total(const struct device *dev);
/* ALEXCL_GUARD builds: ALEXCL_E_DEVICE naming the first buffer of the device whose guard words changed; else 0. */
int buffer_check_guards(struct device *dev, struct alexcl_error *err);

/* Blocking copies on the work queue (weights, tests). */
int buffer_write(struct buffer *b, size_t first, const float *host, size_t count, struct alexcl_error *err);
int buffer_read(struct buffer *b, size_t first, float *host, size_t count, struct alexcl_error *err);

/* Host memory from which and to which a device copies by itself, while the host does something else: its driver's
 * own (CL_MEM_ALLOC_HOST_PTR), mapped once. Copies of other memory go through the driver's, and many drivers wait
 * for them. */
struct pinned;
int pinned_create(struct device *dev, size_t floats, const char *what, struct pinned **out, struct alexcl_error *err);
float *pinned_values(const struct pinned *p); /* not zeroed */
void pinned_free(struct pinned *p);

/* A rectangle of a buffer of `rows` rows (images), each `pitch` floats long, of which `width` floats from `first` on
 * are meant, starting with row `row`. On the host the rows are packed: rows x width.
 * With `lines`: of each row, `width` floats of that many lines, which are `line_pitch` floats long; `first` is in the
 * first line that is meant, `pitch` a multiple of line_pitch. Packed: rows x lines x width. With `packed_pitch`: packed
 * lines are so long, and `packed_first` is where in them the region's lie. Where all of it lies in one piece, it is
 * copied as one. */
struct buffer_region {
    size_t row, rows, pitch, first, width, lines, line_pitch, packed_pitch, packed_first;
};
/* Non-blocking, on the transfer queue, after `after` (may be NULL). `host` must live until the event is done. */
int buffer_read_region(struct buffer *b, const struct buffer_region *r, float *host, const struct event *after,
                       enum device_account account, struct event **done, struct alexcl_error *err);
int buffer_write_region(struct buffer *b, const struct buffer_region *r, const float *host, const struct event *after,
                        enum device_account account, struct event **done, struct alexcl_error *err);
/* Device to device, on the work queue: the region of `from`, packed, to `to` from float `to_first` on. */
int buffer_copy_region(struct buffer *from, const struct buffer_region *r, struct buffer *to, size_t to_first,
                       struct alexcl_error *err);
#endif
