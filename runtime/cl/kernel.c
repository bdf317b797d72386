/* SPDX-License-Identifier: MIT */
/* A compiled kernel and its launches. How large a work-group may be depends on the registers that the compiler has
 * used, so it is asked for when the kernel is built. A kernel whose items share nothing then runs in smaller groups
 * instead of failing. */
#include "kernel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cl_private.h"
#include "kernel_text.h"
#include "memory.h"
#include "program.h"
#include "quirks.h"
#include "settings.h"

struct kernel {
    struct device *device;
    cl_kernel handle;
    size_t largest_group;
    size_t required; /* items of the work-group that the source requires; 0: any */
    cl_ulong local;  /* bytes of __local variables, without arguments */
    cl_uint args;    /* the number that the source declares */
};

/* A compiled kernel may be allowed fewer items than its device allows in general, which is known only now. */
static int kernel_check_limits(const struct kernel *k, const char *source, const char *function,
                               struct alexcl_error *err) {
    const struct device *dev = k->device;
    if (k->required > k->largest_group)
        return error_set(
            err, KERNEL_UNFIT,
            "kernel %s of %s.cl is made for work-groups of %zu items, and once it is compiled %s allows it %zu",
            function, source, k->required, dev->name, k->largest_group);
    if (k->local > dev->limits.local_memory)
        return error_set(err, KERNEL_UNFIT, "kernel %s of %s.cl has %llu bytes of local memory, and %s has %llu",
                         function, source, (unsigned long long)k->local, dev->name,
                         (unsigned long long)dev->limits.local_memory);
    return ALEXCL_OK;
}

int kernel_create(struct device *dev, const char *source, const char *function, const char *defines,
                  struct kernel **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct kernel *k = NULL;
    cl_program program;
    cl_int code;
    TRY(program_get(dev, source, defines, &program, err));
    TRY(memory_alloc(&k, 1, sizeof *k, "a kernel", err));
    k->device = dev;
    k->handle = clCreateKernel(program, function, &code);
    if (clerror_check(code, "clCreateKernel", dev, err) != ALEXCL_OK) {
        error_prefix(err, "kernel %s of %s.cl: ", function, source);
        k->handle = NULL;
        status = code;
        goto done;
    }
    CL_TRY(dev,
           clGetKernelWorkGroupInfo(k->handle, dev->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof k->largest_group,
                                    &k->largest_group, NULL),
           err);
    CL_TRY(dev, clGetKernelInfo(k->handle, CL_KERNEL_NUM_ARGS, sizeof k->args, &k->args, NULL), err);
    if (dev->quirks & QUIRK_GROUP) k->largest_group = dev->limits.max_work_group_size;
    CL_TRY(dev,
           clGetKernelWorkGroupInfo(k->handle, dev->id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof k->local, &k->local, NULL),
           err);
    size_t required[3] = {0};
    CL_TRY(dev,
           clGetKernelWorkGroupInfo(k->handle, dev->id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof required, required,
                                    NULL),
           err);
    k->required = required[0] * required[1] * required[2];
    TRY(kernel_check_limits(k, source, function, err));
    *out = k;
    k = NULL;
done:
    kernel_free(k);
    return status;
}

int kernel_is_refused(int status) {
    return status == KERNEL_UNFIT || error_exit_code(status) == error_exit_code(ALEXCL_E_BUILD);
}

void kernel_free(struct kernel *k) {
    if (!k) return;
    if (k->handle) clReleaseKernel(k->handle);
    free(k);
}

size_t kernel_largest_group(const struct kernel *k) { return k->largest_group; }
size_t kernel_required_group(const struct kernel *k) { return k->required; }

void kernel_hash_programs(const struct device *dev, unsigned char out[HASH_BYTES]) { program_hash_all(dev, out); }

void kernel_hash_texts(unsigned char out[HASH_BYTES]) {
    const struct kernel_text *const all[] = {kernel_texts, kernel_shared_texts};
    unsigned char text[HASH_BYTES];
    memset(out, 0, HASH_BYTES);
    for (int shared = 0; shared < 2; shared++)
        for (const struct kernel_text *k = all[shared]; k->name; k++) {
            hash_sha256(k->file.text, k->file.length, text);
            hash_add(out, text);
        }
}

const struct alexcl_kernel_file *alexcl_kernel_file_get(size_t index) {
    const struct kernel_text *k = kernel_texts;
    for (; k->name && index > 0; index--) k++;
    if (k->name) return &k->file;
    for (k = kernel_shared_texts; k->name && index > 0; index--) k++;
    return k->name ? &k->file : NULL;
}

static int kernel_set(struct kernel *k, cl_uint index, const struct kernel_arg *arg) {
    switch (arg->kind) {
    case KERNEL_BUFFER: {
        cl_mem memory = arg->value.buffer ? arg->value.buffer->memory : NULL;
        return clSetKernelArg(k->handle, index, sizeof memory, &memory);
    }
    case KERNEL_INT: return clSetKernelArg(k->handle, index, sizeof arg->value.i, &arg->value.i);
    case KERNEL_FLOAT: return clSetKernelArg(k->handle, index, sizeof arg->value.f, &arg->value.f);
    case KERNEL_LOCAL: return clSetKernelArg(k->handle, index, arg->value.bytes, NULL);
    }
    return CL_INVALID_ARG_VALUE;
}

int kernel_launch(struct kernel *k, const char *label, const struct kernel_range *range, const struct kernel_arg *args,
                  size_t arg_count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = k->device;
    size_t global[3], items[3] = {1, 1, 1}, group = 1;
    assert(range->dims >= 1 && range->dims <= 3 && arg_count == k->args);
    for (unsigned d = 0; d < range->dims; d++) {
        if (range->global[d] == 0) return ALEXCL_OK; /* nothing to do; OpenCL 1.2 refuses an empty range */
        group *= items[d] = range->local[d];
    }
    uint64_t local = k->local;
    for (size_t i = 0; i < arg_count; i++) local += args[i].kind == KERNEL_LOCAL ? args[i].value.bytes : 0;
    /* A kernel whose items share nothing computes the same in smaller groups. */
    for (; group > k->largest_group && !k->required && local == 0 && items[0] % 2 == 0; group /= 2) items[0] /= 2;
    for (unsigned d = 0; d < range->dims; d++) global[d] = (range->global[d] + items[d] - 1) / items[d] * items[d];
    if (group > k->largest_group)
        return error_set(
            err, ALEXCL_E_DEVICE,
            "%s: the kernel of %s wants work-groups of %zu items, the device allows it %zu; choose another device",
            dev->name, label, group, k->largest_group);
    /* PoCL and rusticl accept more local memory than there is, and then write over its end. */
    if (local > dev->limits.local_memory)
        return error_set(
            err, ALEXCL_E_DEVICE,
            "%s: the kernel of %s wants %llu bytes of local memory, the device has %llu; choose another device",
            dev->name, label, (unsigned long long)local, (unsigned long long)dev->limits.local_memory);
    for (size_t i = 0; i < arg_count; i++) {
        int code = kernel_set(k, (cl_uint)i, &args[i]);
        if (clerror_check(code, "clSetKernelArg", dev, err) != ALEXCL_OK) {
            error_prefix(err, "%s, argument %zu: ", label, i);
            return code;
        }
    }
    cl_event event = NULL;
    int own;
    TRY(device_begin_launch(dev, &own, err));
    int code = clEnqueueNDRangeKernel(dev->work, k->handle, range->dims, range->offset, global, items, 0, NULL,
                                      own ? &event : NULL);
    device_note(dev, label);
    TRY(clerror_check(code, "clEnqueueNDRangeKernel", dev, err));
    if (own) TRY(device_account_event(dev, NULL, event, DEVICE_COMPUTE, err));
    if (dev->settings->sync) TRY(device_finish(dev, err));
done:
    return status;
}
