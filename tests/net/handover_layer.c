/* SPDX-License-Identifier: MIT */
#include "opencl_layer.h"

#include <pthread.h>
#include <string.h>

#include "handover.h"

EXPORT struct handover handover;
static const cl_icd_dispatch *next;
static cl_icd_dispatch table;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void handover_add(struct handover_command c) {
    pthread_mutex_lock(&lock);
    if (handover.count < HANDOVER_MAX) handover.commands[handover.count++] = c;
    pthread_mutex_unlock(&lock);
}

/* A pitch of 0 is that of packed rows. */
static int handover_rows(const size_t *size, size_t row, size_t slice) {
    return (size[1] == 1 || row == 0 || row == size[0]) && (size[2] == 1 || slice == 0 || slice == size[0] * size[1])
               ? 2
               : 1;
}

static const void *handover_context(cl_command_queue q) {
    cl_context context = NULL;
    next->clGetCommandQueueInfo(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    return context;
}

/* The area at `start` is mapped for a context from here on, or no more (bytes 0). */
static void handover_map(const char *start, size_t bytes, const void *context) {
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < HANDOVER_MAPS - 1 && handover.maps[i].start != (bytes ? NULL : start)) i++;
    handover.maps[i].start = bytes ? start : NULL;
    handover.maps[i].bytes = bytes;
    handover.maps[i].context = context;
    pthread_mutex_unlock(&lock);
}

static cl_int CL_API_CALL handover_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint n,
                                                          const size_t *offset, const size_t *global,
                                                          const size_t *local, WAIT) {
    struct handover_command c = {.kind = HANDOVER_LAUNCH, .queue = q, .event = event != NULL};
    next->clGetKernelInfo(k, CL_KERNEL_FUNCTION_NAME, sizeof c.kernel, c.kernel, NULL);
    handover_add(c);
    return next->clEnqueueNDRangeKernel(q, k, n, offset, global, local, waits, wait, event);
}

#define NOTED(call, parameters, arguments, ...)                                                                        \
    static cl_int CL_API_CALL handover_##call parameters {                                                             \
        handover_add((struct handover_command){.queue = q, .context = handover_context(q), __VA_ARGS__});              \
        return next->call arguments;                                                                                   \
    }
#define BYTES .bytes = s[0] * s[1] * s[2], .event = event != NULL
NOTED(clEnqueueReadBuffer, (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, void *host, WAIT),
      (q, m, block, at, size, host, waits, wait, event), .kind = HANDOVER_READ, .bytes = size, .host = host,
      .event = event != NULL)
NOTED(clEnqueueWriteBuffer,
      (cl_command_queue q, cl_mem m, cl_bool block, size_t at, size_t size, const void *host, WAIT),
      (q, m, block, at, size, host, waits, wait, event), .kind = HANDOVER_WRITE, .bytes = size, .host = host,
      .event = event != NULL)
NOTED(clEnqueueCopyBuffer, (cl_command_queue q, cl_mem a, cl_mem b, size_t from, size_t to, size_t size, WAIT),
      (q, a, b, from, to, size, waits, wait, event), .kind = HANDOVER_COPY, .bytes = size, .event = event != NULL)
NOTED(clEnqueueReadBufferRect, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, void *host, WAIT),
      (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event), .kind = HANDOVER_READ, .host = host,
      .rectangle = handover_rows(s, op, os), BYTES)
NOTED(clEnqueueWriteBufferRect, (cl_command_queue q, cl_mem m, cl_bool block, RECTANGLE, const void *host, WAIT),
      (q, m, block, o, p, s, op, os, pp, ps, host, waits, wait, event), .kind = HANDOVER_WRITE, .host = host,
      .rectangle = handover_rows(s, op, os), BYTES)
NOTED(clEnqueueCopyBufferRect, (cl_command_queue q, cl_mem a, cl_mem b, RECTANGLE, WAIT),
      (q, a, b, o, p, s, op, os, pp, ps, waits, wait, event), .kind = HANDOVER_COPY,
      .rectangle = handover_rows(s, op, os), BYTES)
NOTED(clEnqueueMarkerWithWaitList, (cl_command_queue q, WAIT), (q, waits, wait, event), .kind = HANDOVER_MARKER,
      .event = event != NULL)
NOTED(clEnqueueBarrierWithWaitList, (cl_command_queue q, WAIT), (q, waits, wait, event), .kind = HANDOVER_BARRIER,
      .event = event != NULL)
NOTED(clFlush, (cl_command_queue q), (q), .kind = HANDOVER_FLUSH)
NOTED(clFinish, (cl_command_queue q), (q), .kind = HANDOVER_FINISH)

static void *CL_API_CALL handover_clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool block, cl_map_flags flags,
                                                     size_t at, size_t size, WAIT, cl_int *code) {
    void *mapped = next->clEnqueueMapBuffer(q, m, block, flags, at, size, waits, wait, event, code);
    if (mapped) handover_map(mapped, size, handover_context(q));
    return mapped;
}

static cl_int CL_API_CALL handover_clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void *mapped, WAIT) {
    handover_map(mapped, 0, NULL);
    return next->clEnqueueUnmapMemObject(q, m, mapped, waits, wait, event);
}

#define TAKE(call) table.call = handover_##call
EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries,
                                      const cl_icd_dispatch **own) {
    size_t size = entries * sizeof(void *);
    next = target;
    memcpy(&table, target, size < sizeof table ? size : sizeof table);
    TAKE(clEnqueueNDRangeKernel);
    TAKE(clEnqueueReadBuffer);
    TAKE(clEnqueueWriteBuffer);
    TAKE(clEnqueueCopyBuffer);
    TAKE(clEnqueueReadBufferRect);
    TAKE(clEnqueueWriteBufferRect);
    TAKE(clEnqueueCopyBufferRect);
    TAKE(clEnqueueMarkerWithWaitList);
    TAKE(clEnqueueBarrierWithWaitList);
    TAKE(clFlush);
    TAKE(clFinish);
    TAKE(clEnqueueMapBuffer);
    TAKE(clEnqueueUnmapMemObject);
    handover.loaded = 1;
    *own = &table;
    *own_entries = sizeof table / sizeof(void *);
    return CL_SUCCESS;
}
