/* SPDX-License-Identifier: MIT */
/* An OpenCL layer (OPENCL_LAYERS) whose devices answer as those of other drivers do. ANSWERS is a list of
 *   embedded     OpenCL's embedded profile, without extensions; int64: but with 64-bit integers     toward_zero   floats are rounded toward zero
 *   units=N      compute units        times=zero, times=none, times=thousandth   what commands took
 *   markers=none markers have no times                clock=double   the device's clock runs twice as fast as the host's
 *   rounds       how long the longest launch that measures the peak was is written to stderr at the end */
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static const cl_icd_dispatch *next;
static cl_icd_dispatch table;
static const char *answers = "";
static int longest;

static int answers_have(const char *word) { return strstr(answers, word) != NULL; }

__attribute__((destructor)) static void answers_report(void) {
    if (answers_have("rounds")) fprintf(stderr, "answers: %d rounds\n", longest);
}

static cl_int answers_text(const char *text, size_t size, void *out, size_t *length) {
    if (length) *length = strlen(text) + 1;
    if (out && size <= strlen(text)) return CL_INVALID_VALUE;
    if (out) memcpy(out, text, strlen(text) + 1);
    return CL_SUCCESS;
}

static cl_int CL_API_CALL answers_clGetDeviceInfo(cl_device_id d, cl_device_info what, size_t size, void *out, size_t *length) {
    if (answers_have("embedded") && what == CL_DEVICE_PROFILE) return answers_text("EMBEDDED_PROFILE", size, out, length);
    if (answers_have("embedded") && what == CL_DEVICE_EXTENSIONS)
        return answers_text(answers_have("int64") ? "cl_khr_icd cles_khr_int64" : "cl_khr_icd", size, out, length);
    cl_int code = next->clGetDeviceInfo(d, what, size, out, length);
    if (code != CL_SUCCESS || !out) return code;
    if (answers_have("toward_zero") && what == CL_DEVICE_SINGLE_FP_CONFIG) *(cl_device_fp_config *)out = CL_FP_ROUND_TO_ZERO | CL_FP_INF_NAN;
    if (answers_have("units=") && what == CL_DEVICE_MAX_COMPUTE_UNITS) *(cl_uint *)out = (cl_uint)atoi(strstr(answers, "units=") + 6);
    return code;
}

static cl_int CL_API_CALL answers_clGetEventProfilingInfo(cl_event e, cl_profiling_info what, size_t size, void *out, size_t *length) {
    cl_ulong start = 0, *value = out;
    cl_command_type type = 0;
    if (answers_have("times=none")) return CL_PROFILING_INFO_NOT_AVAILABLE;
    next->clGetEventInfo(e, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL);
    if (answers_have("markers=none") && type == CL_COMMAND_MARKER) return CL_PROFILING_INFO_NOT_AVAILABLE;
    cl_int code = next->clGetEventProfilingInfo(e, what, size, out, length);
    if (code != CL_SUCCESS || !out) return code;
    if (answers_have("clock=double")) *value *= 2;
    if (what == CL_PROFILING_COMMAND_END && next->clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) == CL_SUCCESS) {
        if (answers_have("times=zero")) *value = start;
        if (answers_have("times=thousandth")) *value = start + (*value - start) / 1000;
    }
    return code;
}

static cl_int CL_API_CALL answers_clSetKernelArg(cl_kernel k, cl_uint i, size_t size, const void *value) {
    char name[64] = "";
    if (i == 2 && size == sizeof longest && next->clGetKernelInfo(k, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL) == CL_SUCCESS &&
        strcmp(name, "peak_fma") == 0 && *(const int *)value > longest)
        longest = *(const int *)value;
    return next->clSetKernelArg(k, i, size, value);
}

EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries, const cl_icd_dispatch **own) {
    size_t size = entries * sizeof(void *);
    if (getenv("ANSWERS")) answers = getenv("ANSWERS");
    next = target;
    memcpy(&table, target, size < sizeof table ? size : sizeof table);
    table.clGetDeviceInfo = answers_clGetDeviceInfo;
    table.clGetEventProfilingInfo = answers_clGetEventProfilingInfo;
    table.clSetKernelArg = answers_clSetKernelArg;
    *own = &table;
    *own_entries = sizeof table / sizeof(void *);
    return CL_SUCCESS;
}
