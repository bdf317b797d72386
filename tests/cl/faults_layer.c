/* SPDX-License-Identifier: MIT */
#include "faults_layer.h"

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT struct faults faults_state;
static const cl_icd_dispatch *next;
static cl_icd_dispatch table;

static int faults_due(const char *call) {
    if (!faults_state.call || strcmp(faults_state.call, call) != 0 || --faults_state.nth != 0) return 0;
    faults_state.fired = 1;
    return 1;
}

/* A call that gives a code; `held` is what it adds to the objects held when it succeeds. */
#define GIVES_CODE(call, held, parameters, arguments)                                                                                                          \
    static cl_int CL_API_CALL faults_##call parameters {                                                                                                       \
        if (faults_due(#call)) return FAULTS_CODE;                                                                                                             \
        cl_int code = next->call arguments;                                                                                                                    \
        if (code == CL_SUCCESS) faults_state.live += (held);                                                                                                   \
        return code;                                                                                                                                           \
    }
/* A call that gives an object, and its code through the last parameter. */
#define GIVES_OBJECT(call, type, parameters, arguments)                                                                                                        \
    static type CL_API_CALL faults_##call parameters {                                                                                                         \
        if (faults_due(#call)) {                                                                                                                               \
            if (code) *code = FAULTS_CODE;                                                                                                                     \
            return NULL;                                                                                                                                       \
        }                                                                                                                                                      \
        type made = next->call arguments;                                                                                                                      \
        faults_state.live += made != NULL;                                                                                                                     \
        return made;                                                                                                                                           \
    }
#define CALLBACK void(CL_CALLBACK * notify)(cl_program, void *), void *user
#define WAIT cl_uint waits, const cl_event *wait, cl_event *event
#define RECTANGLE const size_t *o, const size_t *p, const size_t *s, size_t op, size_t os, size_t pp, size_t ps

GIVES_OBJECT(clCreateContext, cl_context,
             (const cl_context_properties *how, cl_uint n, const cl_device_id *devices, void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
              void *user, cl_int *code),
             (how, n, devices, notify, user, code))
GIVES_OBJECT(clCreateCommandQueue, cl_command_queue, (cl_context c, cl_device_id d, cl_command_queue_properties how, cl_int *code), (c, d, how, code))
GIVES_OBJECT(clCreateBuffer, cl_mem, (cl_context c, cl_mem_flags flags, size_t size, void *host, cl_int *code), (c, flags, size, host, code))
GIVES_OBJECT(clCreateProgramWithSource, cl_program, (cl_context c, cl_uint n, const char **text, const size_t *length, cl_int *code),
             (c, n, text, length, code))
GIVES_OBJECT(clCreateProgramWithBinary, cl_program,
             (cl_context c, cl_uint n, const cl_device_id *d, const size_t *length, const unsigned char **binary, cl_int *each, cl_int *code),
             (c, n, d, length, binary, each, code))
GIVES_OBJECT(clCreateKernel, cl_kernel, (cl_program p, const char *name, cl_int *code), (p, name, code))

GIVES_CODE(clCreateSubDevices, made ? (int)*made : 0, (cl_device_id d, const cl_device_partition_property *how, cl_uint room, cl_device_id *out, cl_uint *made),
           (d, how, room, out, made))
GIVES_CODE(clBuildProgram, 0, (cl_program p, cl_uint n, const cl_device_id *d, const char *options, CALLBACK), (p, n, d, options, notify, user))
GIVES_CODE(clGetProgramInfo, 0, (cl_program p, cl_program_info what, size_t size, void *out, size_t *length), (p, what, size, out, length))
GIVES_CODE(clGetDeviceInfo, 0, (cl_device_id d, cl_device_info what, size_t size, void *out, size_t *length), (d, what, size, out, length))
GIVES_CODE(clGetKernelWorkGroupInfo, 0, (cl_kernel k, cl_device_id d, cl_kernel_work_group_info what, size_t size, void *out, size_t *length),
           (k, d, what, size, out, length))
GIVES_CODE(clSetKernelArg, 0, (cl_kernel k, cl_uint i, size_t size, const void *value), (k, i, size, value))
GIVES_CODE(clFlush, 0, (cl_command_queue q), (q))
GIVES_CODE(clFinish, 0, (cl_command_queue q), (q))
GIVES_CODE(clWaitForEvents, 0, (cl_uint n, const cl_event *events), (n, events))
GIVES_CODE(clGetEventInfo, 0, (cl_event e, cl_event_info what, size_t size, void *out, size_t *length), (e, what, size, out, length))
GIVES_CODE(clGetEventProfilingInfo, 0, (cl_event e, cl_profiling_info what, size_t size, void *out, size_t *length), (e, what, size, out, length))

GIVES_CODE(clEnqueueNDRangeKernel, event != NULL,
           (cl_command_queue q, cl_kernel k, cl_uint n, const size_t *offset, const size_t *global, const size_t *local, WAIT),
           (q, k, n, offset, global, local, waits, wait, event))
GIVES_CODE(clEnqueueReadBuffer, event != NULL, (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, void *host, WAIT),
           (q, m, block, at, size, host, waits, wait, event))
GIVES_CODE(clEnqueueWriteBuffer, event != NULL, (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, const void *host, WAIT),
           (q, m, block, at, size, host, waits, wait, event))
GIVES_CODE(clEnqueueFillBuffer, event != NULL, (cl_command_queue q, cl_mem m, const void *pattern, size_t length, size_t at, size_t size, WAIT),
           (q, m, pattern, length, at, size, waits, wait, event))
GIVES_CODE(clEnqueueReadBufferRect, event != NULL, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, void *host, WAIT),
           (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
GIVES_CODE(clEnqueueWriteBufferRect, event != NULL, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, const void *host, WAIT),
           (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event))
GIVES_CODE(clEnqueueCopyBufferRect, event != NULL, (cl_command_queue q, cl_mem a, cl_mem b, RECTANGLE, WAIT),
           (q, a, b, o, p, s, op, os, pp, ps, waits, wait, event))
GIVES_CODE(clEnqueueMarkerWithWaitList, event != NULL, (cl_command_queue q, WAIT), (q, waits, wait, event))
GIVES_CODE(clEnqueueBarrierWithWaitList, event != NULL, (cl_command_queue q, WAIT), (q, waits, wait, event))

GIVES_CODE(clRetainEvent, 1, (cl_event x), (x))
GIVES_CODE(clReleaseEvent, -1, (cl_event x), (x))
GIVES_CODE(clReleaseDevice, -1, (cl_device_id x), (x))
GIVES_CODE(clReleaseContext, -1, (cl_context x), (x))
GIVES_CODE(clReleaseCommandQueue, -1, (cl_command_queue x), (x))
GIVES_CODE(clReleaseMemObject, -1, (cl_mem x), (x))
GIVES_CODE(clReleaseProgram, -1, (cl_program x), (x))
GIVES_CODE(clReleaseKernel, -1, (cl_kernel x), (x))

EXPORT cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *out, size_t *length) {
    static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    static const char name[] = "faults";
    const void *value = what == CL_LAYER_API_VERSION ? (const void *)&version : name;
    size_t need = what == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (what != CL_LAYER_API_VERSION && what != CL_LAYER_NAME) return CL_INVALID_VALUE;
    if (out && size < need) return CL_INVALID_VALUE;
    if (out) memcpy(out, value, need);
    if (length) *length = need;
    return CL_SUCCESS;
}

#define TAKE(call) table.call = faults_##call
EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries, const cl_icd_dispatch **own) {
    size_t size = entries * sizeof(void *);
    next = target;
    memcpy(&table, target, size < sizeof table ? size : sizeof table);
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
    TAKE(clWaitForEvents);
    TAKE(clGetEventInfo);
    TAKE(clGetEventProfilingInfo);
    TAKE(clEnqueueNDRangeKernel);
    TAKE(clEnqueueReadBuffer);
    TAKE(clEnqueueWriteBuffer);
    TAKE(clEnqueueFillBuffer);
    TAKE(clEnqueueReadBufferRect);
    TAKE(clEnqueueWriteBufferRect);
    TAKE(clEnqueueCopyBufferRect);
    TAKE(clEnqueueMarkerWithWaitList);
    TAKE(clEnqueueBarrierWithWaitList);
    TAKE(clRetainEvent);
    TAKE(clReleaseEvent);
    TAKE(clReleaseDevice);
    TAKE(clReleaseContext);
    TAKE(clReleaseCommandQueue);
    TAKE(clReleaseMemObject);
    TAKE(clReleaseProgram);
    TAKE(clReleaseKernel);
    *own = &table;
    *own_entries = sizeof table / sizeof(void *);
    faults_state.loaded = 1;
    return CL_SUCCESS;
}
