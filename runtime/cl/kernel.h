/* SPDX-License-Identifier: MIT */
/* Kernels: they are built from the files of kernels/, or loaded from the binary cache, and launched on a device's work
 * queue. */
#ifndef ALEXCL_KERNEL_H
#define ALEXCL_KERNEL_H
#include "buffer.h"
#include "hash.h"

struct kernel;

/* Creates kernel `function` of kernels/<source>.cl, built with `defines` ("-DTILE=4 -DRELU=1", or ""). A program is
 * built once for each device, source and defines, while every call makes a kernel object of its own: kernels never
 * share arguments. KERNEL_UNFIT where the kernel, once it is built, requires a larger work-group or more local memory
 * than the device has for it. */
enum { KERNEL_UNFIT = -54 /* CL_INVALID_WORK_GROUP_SIZE */ };
int kernel_create(struct device *dev, const char *source, const char *function, const char *defines,
                  struct kernel **out, struct alexcl_error *err);
void kernel_free(struct kernel *k);
/* The largest work-group that the kernel can have on its device (CL_KERNEL_WORK_GROUP_SIZE). */
size_t kernel_largest_group(const struct kernel *k);
/* The number of items of the work-group that the source requires; 0: any number. */
size_t kernel_required_group(const struct kernel *k);
/* Whether `status` of kernel_create concerns this kernel alone, since it does not compile or is unfit: another kernel
 * may work. */
int kernel_is_refused(int status);

/* SHA-256 over all programs that were built on the device so far: device, driver, options and text of each. */
void kernel_hash_programs(const struct device *dev, unsigned char out[HASH_BYTES]);

/* SHA-256 over the text of all kernels that are built in. */
void kernel_hash_texts(unsigned char out[HASH_BYTES]);

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

/* A range of work-items. `global` is rounded up to a multiple of `local`; kernels ignore the items behind the end.
 * `local` is halved until the device allows it, unless the kernel requires a size or uses local memory. `offset` is
 * OpenCL's global work offset: the last dimension counts images, so a launch can compute images offset ..
 * offset+count-1. */
struct kernel_range {
    unsigned dims;
    size_t offset[3], global[3], local[3];
};

/* Sets all arguments and enqueues the kernel. `label` ("conv1") names it in messages and times, and must be a literal
 * or outlive the device. With ALEXCL_SYNC it waits for the end. */
int kernel_launch(struct kernel *k, const char *label, const struct kernel_range *range, const struct kernel_arg *args,
                  size_t arg_count, struct alexcl_error *err);
#define KERNEL_LAUNCH(k, label, range, err, ...)                                                                       \
    kernel_launch((k), (label), (range), (const struct kernel_arg[]){__VA_ARGS__},                                     \
                  sizeof((const struct kernel_arg[]){__VA_ARGS__}) / sizeof(struct kernel_arg), (err))
#endif
