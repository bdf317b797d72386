/* SPDX-License-Identifier: MIT */
/* An OpenCL layer (OPENCL_LAYERS) whose devices answer as those of other drivers do. ANSWERS is a list of
 *   embedded          OpenCL's embedded profile, without extensions; int64: but with 64-bit integers
 *   toward_zero       floats are rounded toward zero
 *   units=N           compute units
 *   times=zero, times=none, times=thousandth   what commands took
 *   markers=none      markers have no times
 *   clock=double      the device's clock runs twice as fast as the host's
 *   cards             they are GPUs of AMD, PoCL's "gfx803", others' "AMD Radeon RX 580 Series (radeonsi)", and tell of
 *                     their hardware, in PoCL's place or that of the others: pocl_khr=DOMAIN:BUS, pocl_amd=TYPE:BUS,
 *                     pocl_board, other_nv=DOMAIN:BUS (domain x: none), uuid (both)
 *   offers_nv, offers_intel, offers_nothing   what their compilers offer: extensions, vectors, warps or sub-groups, no
 *                     images; and a driver that does not know the questions
 *   rounds            how long the longest launch that measures the peak was is written to stderr at the end */
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

static cl_int answers_bytes(const void *bytes, size_t count, size_t size, void *out, size_t *length) {
    if (length) *length = count;
    if (out && size < count) return CL_INVALID_VALUE;
    if (out) memcpy(out, bytes, count);
    return CL_SUCCESS;
}

/* The two numbers behind a word; 0 where it is not there. "x" is -1. */
static int answers_pair(const char *word, cl_uint pair[2]) {
    const char *at = strstr(answers, word);
    if (!at) return 0;
    at += strlen(word);
    pair[0] = *at == 'x' ? (cl_uint)-1 : (cl_uint)strtoul(at, NULL, 16);
    pair[1] = (cl_uint)strtoul(strchr(at, ':') + 1, NULL, 16);
    return 1;
}

/* Numbers as in the extensions' texts. */
static cl_int answers_card(cl_device_id d, cl_device_info what, size_t size, void *out, size_t *length) {
    static const cl_device_type gpu = CL_DEVICE_TYPE_GPU;
    static const cl_uint amd = 0x1002;
    static const unsigned char uuid[16] = "one and the sam";
    cl_platform_id platform = NULL;
    char name[64] = "";
    cl_uint pair[2] = {0};
    next->clGetDeviceInfo(d, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    next->clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name, name, NULL);
    int pocl = strcmp(name, "Portable Computing Language") == 0;
    switch (what) {
    case CL_DEVICE_TYPE: return answers_bytes(&gpu, sizeof gpu, size, out, length);
    case CL_DEVICE_VENDOR_ID: return answers_bytes(&amd, sizeof amd, size, out, length);
    case CL_DEVICE_NAME:
        return answers_text(pocl ? "gfx803" : "AMD Radeon RX 580 Series (radeonsi)", size, out, length);
    case 0x410F: /* CL_DEVICE_PCI_BUS_INFO_KHR */
        if (!pocl || !answers_pair("pocl_khr=", pair)) return CL_INVALID_VALUE;
        return answers_bytes((cl_uint[]){pair[0], pair[1], 0, 0}, 16, size, out, length);
    case 0x4037: { /* CL_DEVICE_TOPOLOGY_AMD */
        unsigned char topology[24] = {0};
        if (!pocl || !answers_pair("pocl_amd=", pair)) return CL_INVALID_VALUE;
        memcpy(topology, &pair[0], sizeof pair[0]);
        topology[21] = (unsigned char)pair[1];
        return answers_bytes(topology, sizeof topology, size, out, length);
    }
    case 0x4038:
        return pocl && answers_have("pocl_board") ? answers_text("Radeon RX 580 Series", size, out, length)
                                                  : CL_INVALID_VALUE;
    case 0x106A: return answers_have("uuid") ? answers_bytes(uuid, sizeof uuid, size, out, length) : CL_INVALID_VALUE;
    case 0x4008: /* CL_DEVICE_PCI_BUS_ID_NV, _SLOT_ID_NV, _DOMAIN_ID_NV */
    case 0x4009:
    case 0x400A:
        if (pocl || !answers_pair("other_nv=", pair) || (what == 0x400A && pair[0] == (cl_uint)-1))
            return CL_INVALID_VALUE;
        return answers_bytes(what == 0x4008   ? &pair[1]
                             : what == 0x400A ? &pair[0]
                                              : (cl_uint[]){0},
                             sizeof pair[0], size, out, length);
    default: return next->clGetDeviceInfo(d, what, size, out, length);
    }
}

/* What is told of vectors, sub-groups, images and extensions. */
static cl_int answers_offer(cl_device_id d, cl_device_info what, size_t size, void *out, size_t *length) {
    int nv = answers_have("offers_nv"), intel = answers_have("offers_intel");
    cl_uint width = what == CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF    ? nv ? 2 : 0
                    : what == CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT ? 1
                    : nv                                             ? 0
                                                                     : 1;
    switch (what) {
    case CL_DEVICE_EXTENSIONS:
        return answers_text(nv      ? "cl_khr_fp64x cl_khr_fp16 cl_nv_device_attribute_query"
                            : intel ? "cl_khr_fp64 cl_intel_required_subgroup_size"
                                    : "",
                            size, out, length);
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE:
        return nv || intel ? answers_bytes(&width, sizeof width, size, out, length) : CL_INVALID_VALUE;
    case CL_DEVICE_IMAGE_SUPPORT: return answers_bytes((cl_bool[]){CL_FALSE}, sizeof(cl_bool), size, out, length);
    case 0x4003: /* CL_DEVICE_WARP_SIZE_NV */
        return nv ? answers_bytes((cl_uint[]){32}, sizeof(cl_uint), size, out, length) : CL_INVALID_VALUE;
    case 0x4043: return CL_INVALID_VALUE; /* CL_DEVICE_WAVEFRONT_WIDTH_AMD */
    case 0x4108:                          /* CL_DEVICE_SUB_GROUP_SIZES_INTEL */
        return intel ? answers_bytes((size_t[]){8, 32, 16}, 3 * sizeof(size_t), size, out, length) : CL_INVALID_VALUE;
    default: return next->clGetDeviceInfo(d, what, size, out, length);
    }
}

static cl_int CL_API_CALL answers_clGetDeviceInfo(cl_device_id d, cl_device_info what, size_t size, void *out,
                                                  size_t *length) {
    if (answers_have("cards")) return answers_card(d, what, size, out, length);
    if (answers_have("offers_")) return answers_offer(d, what, size, out, length);
    if (answers_have("embedded") && what == CL_DEVICE_PROFILE)
        return answers_text("EMBEDDED_PROFILE", size, out, length);
    if (answers_have("embedded") && what == CL_DEVICE_EXTENSIONS)
        return answers_text(answers_have("int64") ? "cl_khr_icd cles_khr_int64" : "cl_khr_icd", size, out, length);
    cl_int code = next->clGetDeviceInfo(d, what, size, out, length);
    if (code != CL_SUCCESS || !out) return code;
    if (answers_have("toward_zero") && what == CL_DEVICE_SINGLE_FP_CONFIG)
        *(cl_device_fp_config *)out = CL_FP_ROUND_TO_ZERO | CL_FP_INF_NAN;
    if (answers_have("units=") && what == CL_DEVICE_MAX_COMPUTE_UNITS)
        *(cl_uint *)out = (cl_uint)atoi(strstr(answers, "units=") + 6);
    return code;
}

static cl_int CL_API_CALL answers_clGetEventProfilingInfo(cl_event e, cl_profiling_info what, size_t size, void *out,
                                                          size_t *length) {
    cl_ulong start = 0, *value = out;
    cl_command_type type = 0;
    if (answers_have("times=none")) return CL_PROFILING_INFO_NOT_AVAILABLE;
    next->clGetEventInfo(e, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL);
    if (answers_have("markers=none") && type == CL_COMMAND_MARKER) return CL_PROFILING_INFO_NOT_AVAILABLE;
    cl_int code = next->clGetEventProfilingInfo(e, what, size, out, length);
    if (code != CL_SUCCESS || !out) return code;
    if (answers_have("clock=double")) *value *= 2;
    if (what == CL_PROFILING_COMMAND_END &&
        next->clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) == CL_SUCCESS) {
        if (answers_have("times=zero")) *value = start;
        if (answers_have("times=thousandth")) *value = start + (*value - start) / 1000;
    }
    return code;
}

static cl_int CL_API_CALL answers_clSetKernelArg(cl_kernel k, cl_uint i, size_t size, const void *value) {
    char name[64] = "";
    if (i == 2 && size == sizeof longest &&
        next->clGetKernelInfo(k, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL) == CL_SUCCESS &&
        strcmp(name, "peak_fma") == 0 && *(const int *)value > longest)
        longest = *(const int *)value;
    return next->clSetKernelArg(k, i, size, value);
}

EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *own_entries,
                                      const cl_icd_dispatch **own) {
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
