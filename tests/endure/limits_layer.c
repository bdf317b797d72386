/* SPDX-License-Identifier: MIT */
/* An OpenCL layer (OPENCL_LAYERS) that makes every device a poor one, and holds the program to it. LIMITS is a list of
 *   group=N           work-groups have N items at most
 *   kernel=N          so have those of every kernel once it is built, though the device says more
 *   local=BYTES       local memory
 *   refuse=NAME+NAME  no program with a kernel of one of these names is built
 *   buffer=BYTES      the largest buffer
 *   memory=BYTES      all buffers together
 *   groups=N          a launch has N work-groups at most in its second and third dimension, as with CUDA
 *   vanish=N:CODE     from the N-th command on every call of a queue fails with CODE
 *   units=N           compute units
 *   clock=MHZ         and their clock; both are looked up anew each time
 *   gpu               it says that it is a GPU, whose kernels have tiles in local memory
 *   count             how many commands there were is written to stderr at the end */
#include "opencl_layer.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const cl_icd_dispatch *next;
static cl_icd_dispatch table;
static unsigned long long group, groups, built_group, local, buffer, memory, vanish;
static int code_of_vanishing, gpu;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long long used, commands;

static unsigned long long limits_number(const char *name) {
    const char *limits = getenv("LIMITS"), *at = limits ? strstr(limits, name) : NULL;
    return at ? strtoull(at + strlen(name), NULL, 0) : 0;
}

/* Counts a command and gives the code that it has to fail with, or 0. What is under way is waited for: a device that is
 * gone writes no more. */
static int limits_command(cl_command_queue q, int counts) {
    pthread_mutex_lock(&lock);
    commands += (unsigned)counts;
    int gone = vanish && commands >= vanish;
    pthread_mutex_unlock(&lock);
    if (gone && q) next->clFinish(q);
    return gone ? code_of_vanishing : 0;
}

__attribute__((destructor)) static void limits_report(void) {
    const char *limits = getenv("LIMITS");
    if (limits && strstr(limits, "count")) fprintf(stderr, "limits: %llu commands\n", commands);
}

/* ---- what the device says ---- */

static cl_int CL_API_CALL limits_clGetDeviceInfo(cl_device_id d, cl_device_info what, size_t size, void *out,
                                                 size_t *length) {
    cl_int code = next->clGetDeviceInfo(d, what, size, out, length);
    if (code != CL_SUCCESS || !out) return code;
    size_t g = (size_t)group;
    cl_ulong *number = out;
    size_t *sizes = out;
    unsigned long long max = what == CL_DEVICE_LOCAL_MEM_SIZE       ? local
                             : what == CL_DEVICE_MAX_MEM_ALLOC_SIZE ? buffer
                             : what == CL_DEVICE_GLOBAL_MEM_SIZE    ? memory
                                                                    : 0;
    if (what == CL_DEVICE_MAX_COMPUTE_UNITS && limits_number("units="))
        *(cl_uint *)out = (cl_uint)limits_number("units=");
    if (what == CL_DEVICE_MAX_CLOCK_FREQUENCY && limits_number("clock="))
        *(cl_uint *)out = (cl_uint)limits_number("clock=");
    if (what == CL_DEVICE_TYPE && gpu) *number = CL_DEVICE_TYPE_GPU;
    if (max && *number > max) *number = max;
    if (what == CL_DEVICE_MAX_WORK_GROUP_SIZE && g && *sizes > g) *sizes = g;
    if (what == CL_DEVICE_MAX_WORK_ITEM_SIZES && g)
        for (size_t i = 0; i < size / sizeof *sizes && i < 3; i++)
            if (sizes[i] > g) sizes[i] = g;
    return code;
}

static cl_int CL_API_CALL limits_clGetKernelWorkGroupInfo(cl_kernel k, cl_device_id d, cl_kernel_work_group_info what,
                                                          size_t size, void *out, size_t *length) {
    cl_int code = next->clGetKernelWorkGroupInfo(k, d, what, size, out, length);
    if (code == CL_SUCCESS && out && what == CL_KERNEL_WORK_GROUP_SIZE && built_group && *(size_t *)out > built_group)
        *(size_t *)out = (size_t)built_group;
    return code;
}

static int limits_refuses(const char *kernel, size_t length) {
    const char *limits = getenv("LIMITS"), *at = limits ? strstr(limits, "refuse=") : NULL;
    for (at = at ? at + strlen("refuse=") : ""; *at && *at != ','; at += *at == '+') {
        size_t named = strcspn(at, "+,");
        if (named == length && strncmp(at, kernel, length) == 0) return 1;
        at += named;
    }
    return 0;
}

static cl_int CL_API_CALL limits_clBuildProgram(cl_program p, cl_uint n, const cl_device_id *devices,
                                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                                                void *user) {
    char names[4096] = "";
    cl_int code = next->clBuildProgram(p, n, devices, options, notify, user);
    if (code != CL_SUCCESS ||
        next->clGetProgramInfo(p, CL_PROGRAM_KERNEL_NAMES, sizeof names, names, NULL) != CL_SUCCESS)
        return code;
    for (const char *name = names; *name; name += strspn(name, ";")) {
        size_t length = strcspn(name, ";");
        if (limits_refuses(name, length)) return CL_BUILD_PROGRAM_FAILURE;
        name += length;
    }
    return CL_SUCCESS;
}

/* ---- what it holds to ---- */

/* Counts a buffer; 0: it does not fit. What was released a driver's threads may hold for a moment longer. */
static int limits_take(size_t size) {
    enum { PATIENCE = 200 }; /* milliseconds */
    for (int i = 0; i <= PATIENCE; i++) {
        pthread_mutex_lock(&lock);
        int fits = !memory || used + size <= memory;
        if (fits) used += size;
        pthread_mutex_unlock(&lock);
        if (fits) return 1;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return 0;
}

static void CL_CALLBACK limits_give_back(cl_mem m, void *size) {
    (void)m;
    pthread_mutex_lock(&lock);
    used -= (size_t)(uintptr_t)size;
    pthread_mutex_unlock(&lock);
}

static cl_mem CL_API_CALL limits_clCreateBuffer(cl_context c, cl_mem_flags flags, size_t size, void *host,
                                                cl_int *code) {
    cl_int why = CL_SUCCESS;
    if (buffer && size > buffer)
        why = CL_INVALID_BUFFER_SIZE;
    else if (!limits_take(size))
        why = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    if (code) *code = why;
    if (why != CL_SUCCESS) return NULL;
    cl_mem made = next->clCreateBuffer(c, flags, size, host, code);
    if (made)
        next->clSetMemObjectDestructorCallback(made, limits_give_back, (void *)(uintptr_t)size);
    else
        limits_give_back(NULL, (void *)(uintptr_t)size);
    return made;
}

static cl_int CL_API_CALL limits_clSetKernelArg(cl_kernel k, cl_uint i, size_t size, const void *value) {
    return !value && local && size > local ? CL_OUT_OF_RESOURCES : next->clSetKernelArg(k, i, size, value);
}

static cl_int CL_API_CALL limits_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint n,
                                                        const size_t *offset, const size_t *global, const size_t *items,
                                                        WAIT) {
    int code = limits_command(q, 1);
    cl_device_id d = NULL;
    cl_ulong bytes = 0;
    size_t product = 1, required[3] = {0};
    if (code) return code;
    next->clGetCommandQueueInfo(q, CL_QUEUE_DEVICE, sizeof d, &d, NULL);
    next->clGetKernelWorkGroupInfo(k, d, CL_KERNEL_LOCAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    next->clGetKernelWorkGroupInfo(k, d, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof required, required, NULL);
    for (cl_uint i = 0; items && i < n; i++) product *= items[i];
    if (built_group && product > built_group) return CL_INVALID_WORK_GROUP_SIZE;
    for (cl_uint i = 0; items && i < n; i++)
        if (required[0] && items[i] != required[i]) return CL_INVALID_WORK_GROUP_SIZE;
    for (cl_uint i = 1; groups && i < n; i++)
        if (global[i] / (items ? items[i] : 1) > groups) return CL_INVALID_GLOBAL_WORK_SIZE;
    if (local && bytes > local) return CL_OUT_OF_RESOURCES;
    return next->clEnqueueNDRangeKernel(q, k, n, offset, global, items, waits, wait, event);
}

/* A call that a device that has vanished refuses; `counts`: it is a command. */
#define REFUSED(call, counts, queue, parameters, arguments)                                                            \
    static cl_int CL_API_CALL limits_##call parameters {                                                               \
        int code = limits_command(queue, counts);                                                                      \
        return code ? code : next->call arguments;                                                                     \
    }
REFUSED(clEnqueueReadBuffer, 1, q,
        (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, void *host, WAIT),
        (q, m, block, at, size, host, waits, wait, event))
REFUSED(clEnqueueWriteBuffer, 1, q,
        (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, const void *host, WAIT),
        (q, m, block, at, size, host, waits, wait, event))
REFUSED(clEnqueueFillBuffer, 1, q,
        (cl_command_queue q, cl_mem m, const void *pattern, size_t length, size_t at, size_t size, WAIT),
        (q, m, pattern, length, at, size, waits, wait, event))
REFUSED(clEnqueueReadBufferRect, 1, q, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, void *host, WAIT),
        (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
REFUSED(clEnqueueWriteBufferRect, 1, q,
        (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, const void *host, WAIT),
        (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
REFUSED(clEnqueueCopyBufferRect, 1, q, (cl_command_queue q, cl_mem a, cl_mem b, RECTANGLE, WAIT),
        (q, a, b, o, p, s, op, os, pp, ps, waits, wait, event))
REFUSED(clEnqueueCopyBuffer, 1, q, (cl_command_queue q, cl_mem a, cl_mem b, size_t from, size_t to, size_t size, WAIT),
        (q, a, b, from, to, size, waits, wait, event))
REFUSED(clEnqueueMarkerWithWaitList, 1, q, (cl_command_queue q, WAIT), (q, waits, wait, event))
REFUSED(clEnqueueBarrierWithWaitList, 1, q, (cl_command_queue q, WAIT), (q, waits, wait, event))
REFUSED(clFlush, 0, q, (cl_command_queue q), (q))
REFUSED(clFinish, 0, q, (cl_command_queue q), (q))

static cl_int CL_API_CALL limits_clWaitForEvents(cl_uint n, const cl_event *events) {
    cl_int code = next->clWaitForEvents(n, events); /* it ends in either case */
    int gone = limits_command(NULL, 0);
    return gone ? CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST : code;
}

#define TAKE(call) table.call = limits_##call
EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries,
                                      const cl_icd_dispatch **own) {
    size_t size = entries * sizeof(void *);
    const char *limits = getenv("LIMITS"), *code = limits ? strstr(limits, "vanish=") : NULL;
    next = target;
    gpu = limits && strstr(limits, "gpu");
    memcpy(&table, target, size < sizeof table ? size : sizeof table);
    group = limits_number("group="), local = limits_number("local="), buffer = limits_number("buffer="),
    memory = limits_number("memory=");
    built_group = limits_number("kernel=");
    if (!built_group || (group && group < built_group)) built_group = group;
    vanish = limits_number("vanish="), groups = limits_number("groups=");
    code = code ? strchr(code, ':') : NULL;
    code_of_vanishing = code ? atoi(code + 1) : CL_INVALID_COMMAND_QUEUE;
    TAKE(clGetDeviceInfo);
    TAKE(clGetKernelWorkGroupInfo);
    TAKE(clBuildProgram);
    TAKE(clCreateBuffer);
    TAKE(clSetKernelArg);
    TAKE(clEnqueueNDRangeKernel);
    TAKE(clEnqueueReadBuffer);
    TAKE(clEnqueueWriteBuffer);
    TAKE(clEnqueueFillBuffer);
    TAKE(clEnqueueReadBufferRect);
    TAKE(clEnqueueWriteBufferRect);
    TAKE(clEnqueueCopyBufferRect);
    TAKE(clEnqueueCopyBuffer);
    TAKE(clEnqueueMarkerWithWaitList);
    TAKE(clEnqueueBarrierWithWaitList);
    TAKE(clFlush);
    TAKE(clFinish);
    TAKE(clWaitForEvents);
    *own = &table;
    *own_entries = sizeof table / sizeof(void *);
    return CL_SUCCESS;
}
