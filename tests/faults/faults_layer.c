/* SPDX-License-Identifier: MIT */
/* The OpenCL layer. It knows every function that alexcl and CLBlast call; another one ends the process by name of its
 * slot. */
#include "opencl_layer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

static const cl_icd_dispatch *next;
static cl_icd_dispatch table;

/* ---- commands that fail when they are run: nothing is done, the event tells it ------------------------ */

enum { MAX_FAILED = 256 };
static pthread_mutex_t failed_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    cl_event event;
    int holds, status;
} failed[MAX_FAILED];

/* The status of a failed command's event, 0 for others; `holds` is added to the holds on it, and with none left it is
 * forgotten. */
static int faults_failed(cl_event event, int holds) {
    int status = 0;
    pthread_mutex_lock(&failed_lock);
    for (int i = 0; i < MAX_FAILED && !status; i++) {
        if (failed[i].holds == 0 || failed[i].event != event) continue;
        status = failed[i].status;
        failed[i].holds += holds;
    }
    pthread_mutex_unlock(&failed_lock);
    return status;
}

/* What a command's event shall tell; 0: it is run. A command fails with what it waits for. */
static int faults_event_due(cl_uint waits, const cl_event *wait) {
    int status = faults_due("event");
    for (cl_uint i = 0; i < waits && !status; i++)
        if (faults_failed(wait[i], 0)) status = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return status;
}

/* A marker stands for the command that fails. */
static cl_int faults_fail_event(cl_command_queue queue, cl_event *event, int status) {
    cl_int code = next->clEnqueueMarkerWithWaitList(queue, 0, NULL, event);
    if (code != CL_SUCCESS) return code;
    faults_hold(1);
    pthread_mutex_lock(&failed_lock);
    int at = 0;
    while (at < MAX_FAILED - 1 && failed[at].holds > 0) at++;
    failed[at].event = *event;
    failed[at].holds = 1;
    failed[at].status = status;
    pthread_mutex_unlock(&failed_lock);
    return CL_SUCCESS;
}

/* ---- the functions ------------------------------------------------------------------------------------ */

/* A call that gives a code; `held` is what it adds to the objects held when it succeeds. */
#define GIVES_CODE(call, held, parameters, arguments)                                                                  \
    static cl_int CL_API_CALL faults_##call parameters {                                                               \
        cl_int code = faults_due(#call);                                                                               \
        if (code) return code;                                                                                         \
        code = next->call arguments;                                                                                   \
        if (code == CL_SUCCESS) faults_hold(held);                                                                     \
        return code;                                                                                                   \
    }
/* A release that fails has released all the same: what is counted as held is what was never released. */
#define RELEASES(call, type, after)                                                                                    \
    static cl_int CL_API_CALL faults_##call(type x) {                                                                  \
        cl_int due = faults_due(#call), code = next->call(x);                                                          \
        faults_hold(-1);                                                                                               \
        (void)(after);                                                                                                 \
        return due ? due : code;                                                                                       \
    }
/* A command. One that blocks tells at once what its event would. */
#define ENQUEUES(call, blocks, parameters, arguments)                                                                  \
    static cl_int CL_API_CALL faults_##call parameters {                                                               \
        cl_int code = faults_due(#call);                                                                               \
        if (code) return code;                                                                                         \
        if (event && (code = faults_event_due(waits, wait)) != 0)                                                      \
            return (blocks) ? code : faults_fail_event(q, event, code);                                                \
        code = next->call arguments;                                                                                   \
        if (code == CL_SUCCESS && event) faults_hold(1);                                                               \
        return code;                                                                                                   \
    }
/* A call that gives an object, and its code through the last parameter. */
#define GIVES_OBJECT(call, type, parameters, arguments)                                                                \
    static type CL_API_CALL faults_##call parameters {                                                                 \
        cl_int due = faults_due(#call);                                                                                \
        if (due) {                                                                                                     \
            if (code) *code = due;                                                                                     \
            return NULL;                                                                                               \
        }                                                                                                              \
        type made = next->call arguments;                                                                              \
        faults_hold(made != NULL);                                                                                     \
        return made;                                                                                                   \
    }

#define CALLBACK void(CL_CALLBACK * notify)(cl_program, void *), void *user

GIVES_OBJECT(clCreateContext, cl_context,
             (const cl_context_properties *how, cl_uint n, const cl_device_id *devices,
              void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *code),
             (how, n, devices, notify, user, code))
GIVES_OBJECT(clCreateCommandQueue, cl_command_queue,
             (cl_context c, cl_device_id d, cl_command_queue_properties how, cl_int *code), (c, d, how, code))
GIVES_OBJECT(clCreateBuffer, cl_mem, (cl_context c, cl_mem_flags flags, size_t size, void *host, cl_int *code),
             (c, flags, size, host, code))
GIVES_OBJECT(clCreateProgramWithSource, cl_program,
             (cl_context c, cl_uint n, const char **text, const size_t *length, cl_int *code),
             (c, n, text, length, code))
GIVES_OBJECT(clCreateProgramWithBinary, cl_program,
             (cl_context c, cl_uint n, const cl_device_id *d, const size_t *length, const unsigned char **binary,
              cl_int *each, cl_int *code),
             (c, n, d, length, binary, each, code))
GIVES_OBJECT(clCreateKernel, cl_kernel, (cl_program p, const char *name, cl_int *code), (p, name, code))

GIVES_CODE(clCreateSubDevices, made ? (int)*made : 0,
           (cl_device_id d, const cl_device_partition_property *how, cl_uint capacity, cl_device_id *out,
            cl_uint *made),
           (d, how, capacity, out, made))
GIVES_CODE(clBuildProgram, 0, (cl_program p, cl_uint n, const cl_device_id *d, const char *options, CALLBACK),
           (p, n, d, options, notify, user))
GIVES_CODE(clGetProgramInfo, 0, (cl_program p, cl_program_info what, size_t size, void *out, size_t *length),
           (p, what, size, out, length))
GIVES_CODE(clGetDeviceInfo, 0, (cl_device_id d, cl_device_info what, size_t size, void *out, size_t *length),
           (d, what, size, out, length))
GIVES_CODE(clGetKernelWorkGroupInfo, 0,
           (cl_kernel k, cl_device_id d, cl_kernel_work_group_info what, size_t size, void *out, size_t *length),
           (k, d, what, size, out, length))
GIVES_CODE(clSetKernelArg, 0, (cl_kernel k, cl_uint i, size_t size, const void *value), (k, i, size, value))
GIVES_CODE(clFlush, 0, (cl_command_queue q), (q))
GIVES_CODE(clSetMemObjectDestructorCallback, 0, (cl_mem m, void(CL_CALLBACK *notify)(cl_mem, void *), void *user),
           (m, notify, user))

/* What is waited for in vain is over all the same: no driver that gave a command up goes on reading the program's
 * memory. */
static cl_int CL_API_CALL faults_clFinish(cl_command_queue q) {
    cl_int due = faults_due("clFinish"), code = next->clFinish(q);
    return due ? due : code;
}

ENQUEUES(clEnqueueNDRangeKernel, 0,
         (cl_command_queue q, cl_kernel k, cl_uint n, const size_t *offset, const size_t *global, const size_t *local,
          WAIT),
         (q, k, n, offset, global, local, waits, wait, event))
ENQUEUES(clEnqueueReadBuffer, block,
         (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, void *host, WAIT),
         (q, m, block, at, size, host, waits, wait, event))
ENQUEUES(clEnqueueWriteBuffer, block,
         (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, const void *host, WAIT),
         (q, m, block, at, size, host, waits, wait, event))
ENQUEUES(clEnqueueFillBuffer, 0,
         (cl_command_queue q, cl_mem m, const void *pattern, size_t length, size_t at, size_t size, WAIT),
         (q, m, pattern, length, at, size, waits, wait, event))
ENQUEUES(clEnqueueReadBufferRect, block, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, void *host, WAIT),
         (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
ENQUEUES(clEnqueueWriteBufferRect, block,
         (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, const void *host, WAIT),
         (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
ENQUEUES(clEnqueueCopyBufferRect, 0, (cl_command_queue q, cl_mem a, cl_mem b, RECTANGLE, WAIT),
         (q, a, b, o, p, s, op, os, pp, ps, waits, wait, event))
ENQUEUES(clEnqueueMarkerWithWaitList, 0, (cl_command_queue q, WAIT), (q, waits, wait, event))
ENQUEUES(clEnqueueBarrierWithWaitList, 0, (cl_command_queue q, WAIT), (q, waits, wait, event))

#define QUERY(call, object, what_type)                                                                                 \
    GIVES_CODE(call, 0, (object o, what_type what, size_t size, void *out, size_t *length),                            \
               (o, what, size, out, length))
QUERY(clGetPlatformInfo, cl_platform_id, cl_platform_info)
QUERY(clGetContextInfo, cl_context, cl_context_info)
QUERY(clGetCommandQueueInfo, cl_command_queue, cl_command_queue_info)
QUERY(clGetMemObjectInfo, cl_mem, cl_mem_info)
QUERY(clGetKernelInfo, cl_kernel, cl_kernel_info)
GIVES_CODE(clGetPlatformIDs, 0, (cl_uint capacity, cl_platform_id *out, cl_uint *made), (capacity, out, made))
GIVES_CODE(clGetDeviceIDs, 0,
           (cl_platform_id p, cl_device_type type, cl_uint capacity, cl_device_id *out, cl_uint *made),
           (p, type, capacity, out, made))
GIVES_CODE(clGetProgramBuildInfo, 0,
           (cl_program p, cl_device_id d, cl_program_build_info what, size_t size, void *out, size_t *length),
           (p, d, what, size, out, length))
ENQUEUES(clEnqueueCopyBuffer, 0, (cl_command_queue q, cl_mem a, cl_mem b, size_t from, size_t to, size_t size, WAIT),
         (q, a, b, from, to, size, waits, wait, event))

GIVES_CODE(clEnqueueUnmapMemObject, 0, (cl_command_queue q, cl_mem m, void *mapped, WAIT),
           (q, m, mapped, waits, wait, event))
static void *CL_API_CALL faults_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool block, cl_map_flags flags,
                                                   size_t at, size_t size, WAIT, cl_int *code) {
    *code = faults_due("clEnqueueMapBuffer");
    return *code ? NULL : next->clEnqueueMapBuffer(q, m, block, flags, at, size, waits, wait, event, code);
}

/* Called by the loader, which asks drivers for what it does not know; not made to fail. */
static void *CL_API_CALL faults_clGetExtensionFunctionAddress(const char *name) {
    return next->clGetExtensionFunctionAddress(name);
}

static cl_int CL_API_CALL faults_clWaitForEvents(cl_uint n, const cl_event *events) {
    cl_int due = faults_due("clWaitForEvents"), code = next->clWaitForEvents(n, events);
    for (cl_uint i = 0; i < n && code == CL_SUCCESS; i++)
        if (faults_failed(events[i], 0)) code = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
    return due ? due : code;
}

static cl_int CL_API_CALL faults_clGetEventInfo(cl_event e, cl_event_info what, size_t size, void *out,
                                                size_t *length) {
    cl_int due = faults_due("clGetEventInfo");
    if (due) return due;
    cl_int code = next->clGetEventInfo(e, what, size, out, length), status = faults_failed(e, 0);
    if (code == CL_SUCCESS && status && out && what == CL_EVENT_COMMAND_EXECUTION_STATUS)
        memcpy(out, &status, sizeof status);
    return code;
}

static cl_int CL_API_CALL faults_clGetEventProfilingInfo(cl_event e, cl_profiling_info what, size_t size, void *out,
                                                         size_t *length) {
    cl_int due = faults_due("clGetEventProfilingInfo");
    if (due) return due;
    return faults_failed(e, 0) ? CL_PROFILING_INFO_NOT_AVAILABLE
                               : next->clGetEventProfilingInfo(e, what, size, out, length);
}

static cl_int CL_API_CALL faults_clRetainEvent(cl_event e) {
    cl_int due = faults_due("clRetainEvent");
    if (due) return due;
    cl_int code = next->clRetainEvent(e);
    if (code == CL_SUCCESS) {
        faults_hold(1);
        (void)faults_failed(e, 1);
    }
    return code;
}

RELEASES(clReleaseEvent, cl_event, faults_failed(x, -1))
RELEASES(clReleaseDevice, cl_device_id, 0)
RELEASES(clReleaseContext, cl_context, 0)
RELEASES(clReleaseCommandQueue, cl_command_queue, 0)
RELEASES(clReleaseMemObject, cl_mem, 0)
RELEASES(clReleaseProgram, cl_program, 0)
RELEASES(clReleaseKernel, cl_kernel, 0)

/* ---- the table ------------------------------------------------------------------------------------------ */

/* One function for each slot, which says that nothing stands in it. */
static void faults_uncovered(int slot) {
    fprintf(
        stderr,
        "faults_layer.c does not cover the function in slot %d of cl_icd_dispatch (CL/cl_icd.h), which was called\n",
        slot);
    abort();
}
#define SLOT(n)                                                                                                        \
    static void CL_API_CALL faults_slot_##n(void) { faults_uncovered(n - 1000); }
#define TEN(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6) f(n##7) f(n##8) f(n##9)
#define SLOTS(f)                                                                                                       \
    TEN(f, 100)                                                                                                        \
    TEN(f, 101)                                                                                                        \
    TEN(f, 102)                                                                                                        \
    TEN(f, 103)                                                                                                        \
    TEN(f, 104)                                                                                                        \
    TEN(f, 105)                                                                                                        \
    TEN(f, 106)                                                                                                        \
    TEN(f, 107)                                                                                                        \
    TEN(f, 108)                                                                                                        \
    TEN(f, 109)                                                                                                        \
    TEN(f, 110)                                                                                                        \
    TEN(f, 111) TEN(f, 112) TEN(f, 113) TEN(f, 114) TEN(f, 115) TEN(f, 116) TEN(f, 117) TEN(f, 118) TEN(f, 119)
SLOTS(SLOT)
#define SLOT_NAME(n) faults_slot_##n,
static void(CL_API_CALL *const slots[])(void) = {SLOTS(SLOT_NAME)};
enum { ENTRIES = sizeof(cl_icd_dispatch) / sizeof(void *) };
_Static_assert(ENTRIES <= sizeof slots / sizeof slots[0], "cl_icd_dispatch has grown");

#define TAKE(call) table.call = faults_##call
EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries,
                                      const cl_icd_dispatch **own) {
    next = target;
    memcpy(&table, slots, sizeof table);
    TAKE(clCreateContext);
    TAKE(clCreateCommandQueue);
    TAKE(clCreateBuffer);
    TAKE(clCreateProgramWithSource);
    TAKE(clCreateProgramWithBinary);
    TAKE(clCreateKernel);
    TAKE(clCreateSubDevices);
    TAKE(clBuildProgram);
    TAKE(clGetProgramInfo);
    TAKE(clGetDeviceInfo);
    TAKE(clGetKernelWorkGroupInfo);
    TAKE(clSetKernelArg);
    TAKE(clFlush);
    TAKE(clFinish);
    TAKE(clEnqueueNDRangeKernel);
    TAKE(clEnqueueReadBuffer);
    TAKE(clEnqueueWriteBuffer);
    TAKE(clEnqueueFillBuffer);
    TAKE(clEnqueueReadBufferRect);
    TAKE(clEnqueueWriteBufferRect);
    TAKE(clEnqueueCopyBufferRect);
    TAKE(clEnqueueMarkerWithWaitList);
    TAKE(clEnqueueBarrierWithWaitList);
    TAKE(clGetPlatformInfo);
    TAKE(clGetContextInfo);
    TAKE(clGetCommandQueueInfo);
    TAKE(clGetMemObjectInfo);
    TAKE(clGetKernelInfo);
    TAKE(clGetPlatformIDs);
    TAKE(clGetDeviceIDs);
    TAKE(clGetProgramBuildInfo);
    TAKE(clEnqueueCopyBuffer);
    TAKE(clEnqueueMapBuffer);
    TAKE(clEnqueueUnmapMemObject);
    TAKE(clReleaseEvent);
    TAKE(clReleaseDevice);
    TAKE(clReleaseContext);
    TAKE(clReleaseCommandQueue);
    TAKE(clReleaseMemObject);
    TAKE(clSetMemObjectDestructorCallback);
    TAKE(clReleaseProgram);
    TAKE(clReleaseKernel);
    TAKE(clGetExtensionFunctionAddress);
    TAKE(clWaitForEvents);
    TAKE(clGetEventInfo);
    TAKE(clGetEventProfilingInfo);
    TAKE(clRetainEvent);
    *own = &table;
    *own_entries = entries < ENTRIES ? entries : ENTRIES;
    faults_state->loaded = 1;
    faults_begin();
    return CL_SUCCESS;
}
