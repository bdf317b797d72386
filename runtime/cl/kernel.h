/* SPDX-License-Identifier: MIT */
/* Kernels: building them from kernels/ (through the binary cache) and launching them on a device's work queue. */
#ifndef ALEXCL_KERNEL_H
#define ALEXCL_KERNEL_H
#include "buffer.h"
#include "hash.h"

struct kernel;

/* Kernel `function` of kernels/<source>.cl built with `defines` ("-DTILE=4 -DRELU=1", or ""). Programs are built once
 * per device and (source, defines); every call makes a kernel object of its own, so arguments are never shared. One
 * that requires a larger work-group, or has more local memory, than the device allows it once it is built is
 * KERNEL_UNFIT. */
enum { KERNEL_UNFIT = -54 /* CL_INVALID_WORK_GROUP_SIZE */ };
int kernel_create(struct device *dev, const char *source, const char *function, const char *defines,
                  struct kernel **out, struct alexcl_error *err);
void kernel_free(struct kernel *k);
/* Largest work-group this kernel can have on its device (CL_KERNEL_WORK_GROUP_SIZE). */
size_t kernel_largest_group(const struct kernel *k);
/* Items of the work-group that its source requires; 0: it takes any. */
size_t kernel_required_group(const struct kernel *k);
/* Whether `status` of kernel_create is a matter of this kernel: it does not compile or is unfit, and another one may
 * do. */
int kernel_is_refused(int status);

/* SHA-256 over every program built on the device so far: device, driver, options and text of each. */
void kernel_hash_programs(const struct device *dev, unsigned char out[HASH_BYTES]);

struct kernel_arg {
    enum { KERNEL_BUFFER, KERNEL_INT, KERNEL_FLOAT, KERNEL_LOCAL } kind;
    union {
        struct buffer *buffer; /* NULL is passed as a null pointer */
        int32_t i;
        float f;
        size_t bytes; /* of __local memory */
    } value;
};
#define ARG_BUFFER(b) ((struct kernel_arg){KERNEL_BUFFER, {.buffer = (b)}})
#define ARG_INT(x) ((struct kernel_arg){KERNEL_INT, {.i = (x)}})
#define ARG_FLOAT(x) ((struct kernel_arg){KERNEL_FLOAT, {.f = (x)}})
#define ARG_LOCAL(n) ((struct kernel_arg){KERNEL_LOCAL, {.bytes = (n)}})

/* A range of work-items. global is rounded up to a multiple of local (kernels guard with a predicate), and local is
 * halved for a device that allows less, but for kernels with a required size or local memory; offset is OpenCL's global
 * work offset: layers use dimension `dims-1` for images, so that a launch can do images offset..offset+count-1. */
struct kernel_range {
    unsigned dims;
    size_t offset[3], global[3], local[3];
};

/* Sets all arguments and enqueues. `label` ("conv1") names it in messages and times; must be a literal or outlive the
 * device. ALEXCL_SYNC waits after it. */
int kernel_launch(struct kernel *k, const char *label, const struct kernel_range *range, const struct kernel_arg *args,
                  size_t arg_count, struct alexcl_error *err);
#define KERNEL_LAUNCH(k, label, range, err, ...)                                                                       \
    kernel_launch((k), (label), (range), (const struct kernel_arg[]){__VA_ARGS__},                                     \
                  sizeof((const struct kernel_arg[]){__VA_ARGS__}) / sizeof(struct kernel_arg), (err))
#endif
