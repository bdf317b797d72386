/* SPDX-License-Identifier: MIT */
/* Device memory, with accounting, and copies between it and the host. */
#ifndef ALEXCL_BUFFER_H
#define ALEXCL_BUFFER_H
#include "device.h"

struct buffer;

/* Allocates `floats` float32 values, all zero. `what` names the buffer in messages ("weights of conv1, half 0"). In
 * tested builds (ALEXCL_GUARD) guard words stand behind it, and it is filled with NaN instead of zeros. With
 * ALEXCL_BARE_BUFFERS=1 in the environment it has neither guard words nor a filling, so that tools such as Oclgrind
 * find reads of what was never written and accesses behind the end. */
int buffer_create(struct device *dev, size_t floats, const char *what, struct buffer **out, struct alexcl_error *err);
void buffer_free(struct buffer *b);
size_t buffer_floats(const struct buffer *b);
/* The largest buffer on the device at present, or NULL. */
struct buffer *buffer_largest(const struct device *dev);
/* Bytes that are allocated on the device at present. */
uint64_t buffer_total(const struct device *dev);
/* In ALEXCL_GUARD builds: ALEXCL_E_DEVICE with the name of the first buffer of the device whose guard words have
 * changed. Otherwise ALEXCL_OK. */
int buffer_check_guards(struct device *dev, struct alexcl_error *err);

/* Copies on the work queue that block until they are done: for weights, and for tests. */
int buffer_write(struct buffer *b, size_t first, const float *host, size_t count, struct alexcl_error *err);
int buffer_read(struct buffer *b, size_t first, float *host, size_t count, struct alexcl_error *err);

/* Pinned host memory, which a device reads and writes by itself while the host does something else. It belongs to the
 * driver (CL_MEM_ALLOC_HOST_PTR) and is mapped once. To copy other host memory, drivers first copy it into memory of
 * this kind, and many block until that is done. */
struct pinned;
int pinned_create(struct device *dev, size_t floats, const char *what, struct pinned **out, struct alexcl_error *err);
float *pinned_values(const struct pinned *p); /* not zeroed */
void pinned_free(struct pinned *p);

/* A part of a buffer. The buffer has rows (images) of `pitch` floats; the region has `rows` of them, from row `row` on.
 *   Plain: of each row, `width` floats from `first` on. On the other side of a copy, rows are packed: rows x width.
 *   With `lines`: a row consists of lines of `line_pitch` floats, of which `pitch` is a multiple. Of each row, the
 *   region has `width` floats of each of `lines` lines; `first` is where they begin in the first of these lines.
 *   Packed: rows x lines x width.
 *   With `packed_pitch`: packed lines are this long, and the region's floats lie in them from `packed_first` on.
 * A region that lies in one piece on both sides is copied as one piece. */
struct buffer_region {
    size_t row, rows, pitch, first, width, lines, line_pitch, packed_pitch, packed_first;
};
/* Enqueue a copy on the transfer queue and do not wait for it. It begins after event `after` (may be NULL). `host` must
 * live until event `done` is done. */
int buffer_read_region(struct buffer *b, const struct buffer_region *r, float *host, const struct event *after,
                       enum device_account account, struct event **done, struct alexcl_error *err);
int buffer_write_region(struct buffer *b, const struct buffer_region *r, const float *host, const struct event *after,
                        enum device_account account, struct event **done, struct alexcl_error *err);
/* Enqueues a copy within the device, on the work queue: the region of `from`, packed, to `to`, from float `to_first`
 * on. */
int buffer_copy_region(struct buffer *from, const struct buffer_region *r, struct buffer *to, size_t to_first,
                       struct alexcl_error *err);
#endif
