/* SPDX-License-Identifier: MIT */
/* The list of devices. Every platform is asked for its devices and every device for what it is; a driver that fails is
 * told of in the report and leaves the others alone. Devices that cannot compute what the kernels need are listed with
 * the reason. */
#include "platforms.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "loader.h"
#include "memory.h"
#include "quirks.h"

#define POCL "Portable Computing Language"
enum { MAX_PLATFORMS = 64, MAX_DEVICES = 64 };

/* cl_ext.h of older headers lacks these; numbers from the extensions' texts. */
#define PCI_BUS_INFO_KHR 0x410F /* cl_khr_pci_bus_info */
#define PCI_BUS_ID_NV 0x4008    /* cl_nv_device_attribute_query */
#define PCI_SLOT_ID_NV 0x4009
#define PCI_DOMAIN_ID_NV 0x400A
#define TOPOLOGY_AMD 0x4037 /* cl_amd_device_attribute_query */
#define BOARD_NAME_AMD 0x4038
#define UUID_KHR 0x106A /* cl_khr_device_uuid */
#define WARP_SIZE_NV 0x4003
#define WAVEFRONT_WIDTH_AMD 0x4043
#define SUB_GROUP_SIZES_INTEL 0x4108 /* cl_intel_required_subgroup_size */

/* Questions put to a device. A driver that does not know one says CL_INVALID_VALUE, and so it does when a text is
 * longer than its place: that leaves the answer empty. Any other code is the device's own trouble; the first is
 * kept. */
struct query {
    cl_device_id id;
    const char *failed; /* which question, NULL: none */
    int code;
};

static int platforms_ask(struct query *q, cl_device_info what, const char *name, size_t size, void *out) {
    int code = clGetDeviceInfo(q->id, what, size, out, NULL);
    if (code != CL_SUCCESS && code != CL_INVALID_VALUE && !q->failed) {
        q->failed = name;
        q->code = code;
    }
    return code == CL_SUCCESS;
}
#define NUMBER(query, what, variable) platforms_ask((query), (what), #what, sizeof(variable), &(variable))
#define TEXT(query, what, array) platforms_text((query), (what), #what, (array), sizeof(array))

static void platforms_text(struct query *q, cl_device_info what, const char *name, char *out, size_t size) {
    out[0] = '\0';
    if (!platforms_ask(q, what, name, size - 1, out)) out[0] = '\0';
    out[size - 1] = '\0';
    /* Names come padded, on some drivers with tabs and line ends. */
    size_t from = strspn(out, " \t\r\n"), to = strlen(out);
    while (to > from && strchr(" \t\r\n", out[to - 1])) to--;
    memmove(out, out + from, to - from);
    out[to - from] = '\0';
}

/* Zeros are the host's own bridge: a driver that answers so knows nothing. In a domain of its own a card may be at
 * 00:00.0. */
static void platforms_set_bus(struct platforms_device *d, const cl_uint *domain, cl_uint bus, cl_uint device,
                              cl_uint function) {
    char prefix[16] = "";
    if (bus == 0 && device == 0 && function == 0 && (!domain || *domain == 0)) return;
    if (domain) snprintf(prefix, sizeof prefix, "%04x:", *domain);
    snprintf(d->bus, sizeof d->bus, "%s%02x:%02x.%x", prefix, bus & 0xff, device & 0xff, function & 0xff);
}

/* By what the same card is known through another driver. */
static void platforms_find_hardware(struct platforms_device *d) {
    enum { PCI_EXPRESS_AMD = 1 };
    struct {
        cl_uint type;
        unsigned char unused[17], bus, device, function;
    } amd;
    cl_uint khr[4], bus, slot, domain;
    struct query q = {.id = d->id}; /* of extensions: any code means that there is none */
    if (NUMBER(&q, PCI_BUS_INFO_KHR, khr))
        platforms_set_bus(d, &khr[0], khr[1], khr[2], khr[3]);
    else if (NUMBER(&q, PCI_BUS_ID_NV, bus) && NUMBER(&q, PCI_SLOT_ID_NV, slot))
        platforms_set_bus(d, NUMBER(&q, PCI_DOMAIN_ID_NV, domain) ? &domain : NULL, bus, slot >> 3, slot & 7u);
    else if (NUMBER(&q, TOPOLOGY_AMD, amd) && amd.type == PCI_EXPRESS_AMD)
        platforms_set_bus(d, NULL, amd.bus, amd.device, amd.function);
    TEXT(&q, BOARD_NAME_AMD, d->board);
    if (!NUMBER(&q, UUID_KHR, d->uuid)) memset(d->uuid, 0, sizeof d->uuid);
}

/* Whether a name is one of a list with spaces between. */
static int platforms_lists(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return 1;
    return 0;
}

/* What its compiler offers. */
static void platforms_find_abilities(struct platforms_device *d, struct query *q) {
    struct alexcl_device_info *info = &d->info;
    struct query vendors = {.id = d->id}; /* of extensions: any code means that there is none */
    cl_bool images = CL_FALSE;
    cl_uint half = 0, single = 0, twice = 0, wide = 0;
    size_t sizes[16] = {0}, width = 0, height = 0;
    TEXT(q, CL_DEVICE_EXTENSIONS, info->extensions);
    (void)NUMBER(q, CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, half);
    (void)NUMBER(q, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, single);
    (void)NUMBER(q, CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, twice);
    (void)NUMBER(q, CL_DEVICE_IMAGE_SUPPORT, images);
    (void)NUMBER(q, CL_DEVICE_IMAGE2D_MAX_WIDTH, width);
    (void)NUMBER(q, CL_DEVICE_IMAGE2D_MAX_HEIGHT, height);
    if (NUMBER(&vendors, WARP_SIZE_NV, wide) || NUMBER(&vendors, WAVEFRONT_WIDTH_AMD, wide)) {
        info->sub_group = wide;
    } else if (NUMBER(&vendors, SUB_GROUP_SIZES_INTEL, sizes)) {
        for (int i = 0; i < 16; i++)
            if (sizes[i] > info->sub_group) info->sub_group = (unsigned)sizes[i];
    }
    info->float16 = platforms_lists(info->extensions, "cl_khr_fp16");
    /* OpenCL 1.2 has them as an optional feature, told by this width; older drivers as the extension. */
    info->float64 = twice > 0 || platforms_lists(info->extensions, "cl_khr_fp64");
    info->images = images != CL_FALSE;
    info->vector_half = half;
    info->vector_float = single;
    info->vector_double = twice;
    info->image_width = images ? width : 0;
    info->image_height = images ? height : 0;
}

/* Of the embedded profile alone, where it is an extension. */
static int platforms_lacks_long(struct query *q, const char *extensions) {
    char profile[64];
    TEXT(q, CL_DEVICE_PROFILE, profile);
    return strcmp(profile, "EMBEDDED_PROFILE") == 0 && !platforms_lists(extensions, "cles_khr_int64");
}

/* Why a device cannot be used; "" when it can. */
static const char *platforms_refuse(struct query *q, const struct alexcl_device_info *info) {
    cl_bool available = CL_TRUE, compiler = CL_TRUE, little = CL_TRUE;
    cl_device_fp_config rounding = CL_FP_ROUND_TO_NEAREST;
    int major = 0, minor = 0;
    if (NUMBER(q, CL_DEVICE_AVAILABLE, available) && !available)
        return "not available: taken by another program, or off";
    if (NUMBER(q, CL_DEVICE_COMPILER_AVAILABLE, compiler) && !compiler) return "the driver has no compiler";
    if (NUMBER(q, CL_DEVICE_ENDIAN_LITTLE, little) && !little) return "big-endian";
    /* What OpenCL's embedded profile need not have, and the kernels need. */
    if (NUMBER(q, CL_DEVICE_SINGLE_FP_CONFIG, rounding) && !(rounding & CL_FP_ROUND_TO_NEAREST))
        return "its floats are not rounded to the nearest";
    if (platforms_lacks_long(q, info->extensions)) return "its compiler has no 64-bit integers";
    if (sscanf(info->version, "OpenCL %d.%d", &major, &minor) != 2 || major * 10 + minor < 12)
        return "older than OpenCL 1.2";
    if (info->kind == ALEXCL_DEVICE_CUSTOM) return "a custom device: it runs built-in kernels only";
    if (info->memory == 0 || info->compute_units == 0) return "the driver tells no memory or no compute unit";
    return "";
}

static enum alexcl_device_kind platforms_kind(cl_device_type type) {
    if (type & CL_DEVICE_TYPE_GPU) return ALEXCL_DEVICE_GPU;
    if (type & CL_DEVICE_TYPE_CPU) return ALEXCL_DEVICE_CPU;
    return type & CL_DEVICE_TYPE_ACCELERATOR ? ALEXCL_DEVICE_ACCELERATOR : ALEXCL_DEVICE_CUSTOM;
}

static void platforms_describe(struct platforms_device *d) {
    struct alexcl_device_info *info = &d->info;
    struct query q = {.id = d->id};
    cl_device_type type = 0;
    cl_uint units = 0, clock = 0, parts = 0, vendor = 0, floats = 0;
    cl_ulong memory = 0, largest = 0, local = 0;
    cl_bool unified = CL_FALSE;
    size_t group = 0;
    TEXT(&q, CL_DEVICE_NAME, info->name);
    TEXT(&q, CL_DEVICE_VENDOR, info->vendor);
    TEXT(&q, CL_DRIVER_VERSION, info->driver);
    TEXT(&q, CL_DEVICE_VERSION, info->version);
    TEXT(&q, CL_DEVICE_OPENCL_C_VERSION, info->c_version);
    (void)NUMBER(&q, CL_DEVICE_TYPE, type);
    (void)NUMBER(&q, CL_DEVICE_VENDOR_ID, vendor);
    (void)NUMBER(&q, CL_DEVICE_MAX_COMPUTE_UNITS, units);
    (void)NUMBER(&q, CL_DEVICE_MAX_CLOCK_FREQUENCY, clock);
    (void)NUMBER(&q, CL_DEVICE_GLOBAL_MEM_SIZE, memory);
    (void)NUMBER(&q, CL_DEVICE_MAX_MEM_ALLOC_SIZE, largest);
    (void)NUMBER(&q, CL_DEVICE_LOCAL_MEM_SIZE, local);
    (void)NUMBER(&q, CL_DEVICE_MAX_WORK_GROUP_SIZE, group);
    (void)NUMBER(&q, CL_DEVICE_HOST_UNIFIED_MEMORY, unified);
    (void)NUMBER(&q, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, floats);
    /* Processors of one name may have other instruction sets and fewer cores: rented ones do, and share a home
     * folder. */
    snprintf(info->hardware, sizeof info->hardware,
             "vendor %#x, %u units, %llu bytes local, groups of %zu, vectors of %u floats", vendor, units,
             (unsigned long long)local, group, floats);
    cl_device_partition_property ways[16] = {0};
    if (NUMBER(&q, CL_DEVICE_PARTITION_PROPERTIES, ways))
        for (int i = 0; i < 16 && ways[i]; i++)
            if (ways[i] == CL_DEVICE_PARTITION_EQUALLY) (void)NUMBER(&q, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, parts);
    info->kind = platforms_kind(type);
    info->vendor_id = vendor;
    info->compute_units = units;
    info->clock_mhz = clock;
    info->memory = memory;
    info->max_alloc = largest;
    info->local_memory = local;
    info->max_work_group_size = group;
    info->unified_memory = unified != CL_FALSE;
    info->parts = parts < units ? parts : units;
    if (info->parts < 2) info->parts = 0;
    platforms_find_hardware(d);
    platforms_find_abilities(d, &q);
    const char *refused = platforms_refuse(&q, info);
    info->usable = refused[0] == '\0' && !q.failed;
    if (q.failed)
        snprintf(info->why, sizeof info->why, "clGetDeviceInfo(%s) failed: %s (%d); %s", q.failed, clcode_name(q.code),
                 q.code, clcode_hint(q.code));
    else
        snprintf(info->why, sizeof info->why, "%s", info->usable ? quirks_note(info) : refused);
}

/* ---- the list ------------------------------------------------------------------------------------ */

/* Adds a platform's devices. A platform that fails is told in the report and leaves the others alone. */
static int platforms_add(struct alexcl_devices *all, cl_platform_id platform, int index, struct string_buffer *report,
                         struct alexcl_error *err) {
    cl_device_id ids[MAX_DEVICES];
    cl_uint count = 0;
    char name[128] = "", version[256] = "";
    const char *call = "clGetPlatformInfo";
    int code = clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    if (code != CL_SUCCESS) snprintf(name, sizeof name, "platform %d", index);
    if (code == CL_SUCCESS || code == CL_INVALID_VALUE)
        code = clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
    if (code == CL_SUCCESS || code == CL_INVALID_VALUE) { /* which is a text longer than its place */
        call = "clGetDeviceIDs";
        code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MAX_DEVICES, ids, &count);
    }
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && count == 0)) {
        string_buffer_add(report, "  platform %d, %s: no device\n", index, name);
        return ALEXCL_OK;
    }
    if (code != CL_SUCCESS) {
        string_buffer_add(report, "  platform %d, %s: %s failed: %s (%d); %s\n", index, name, call, clcode_name(code),
                          code, clcode_hint(code));
        return ALEXCL_OK;
    }
    if (count > MAX_DEVICES) count = MAX_DEVICES;
    string_buffer_add(report, "  platform %d, %s, %s: %u device%s\n", index, name, version, count,
                      count == 1 ? "" : "s");
    struct platforms_device *list = realloc(all->list, (all->count + count) * sizeof *list);
    if (!list) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the list of devices");
    all->list = list;
    for (cl_uint i = 0; i < count; i++) {
        struct platforms_device *d = &all->list[all->count];
        *d = (struct platforms_device){.platform = platform, .id = ids[i]};
        d->info.index = (int)all->count++;
        d->info.platform = index;
        d->info.device = (int)i;
        snprintf(d->info.platform_name, sizeof d->info.platform_name, "%s", name);
        snprintf(d->info.platform_version, sizeof d->info.platform_version, "%s", version);
        platforms_describe(d);
    }
    return ALEXCL_OK;
}

static void platforms_report_absence(const struct alexcl_devices *all, struct string_buffer *report) {
    int gpus = 0;
    for (size_t i = 0; i < all->count; i++) gpus += all->list[i].info.kind == ALEXCL_DEVICE_GPU;
    int pocl = report->text && strstr(report->text, POCL ": no device") != NULL;
    if (all->count == 0) loader_report_vendors(report);
    if (gpus == 0) loader_report_hints(report);
    if (all->count == 0) string_buffer_add(report, "  a way on: install the OpenCL package of the device's vendor\n");
    if (pocl) {
        string_buffer_add(report, PLATFORMS_ON_CPU);
        loader_report_pocl(report);
    }
    if (all->count == 0)
        string_buffer_add(report, PLATFORMS_ON_CPU "%s--devices ref, plain C without OpenCL\n",
                          pocl ? "" : "PoCL (Debian, Ubuntu: apt install pocl-opencl-icd); or ");
    if (report->text && !report->failed) report->text[strlen(report->text) - 1] = '\0'; /* its readers end the line */
}

int alexcl_devices_list(struct alexcl_devices **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_devices *all = NULL;
    struct string_buffer report = {0};
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint count = 0;
    TRY(memory_alloc(&all, 1, sizeof *all, "the list of devices", err));
    char loader[4500];
    loader_describe(loader, sizeof loader);
    string_buffer_add(&report, "  loader: %s\n", loader);
    int code = clGetPlatformIDs(MAX_PLATFORMS, platforms, &count);
    if (code != CL_SUCCESS) {
        string_buffer_add(&report, "  clGetPlatformIDs failed: %s (%d); %s\n", clcode_name(code), code,
                          clcode_hint(code));
        count = 0;
    }
    if (count > MAX_PLATFORMS) count = MAX_PLATFORMS;
    for (cl_uint i = 0; i < count; i++) TRY(platforms_add(all, platforms[i], (int)i, &report, err));
    aliases_mark(all->list, all->count);
    platforms_report_absence(all, &report);
    if (report.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the report on devices");
        goto done;
    }
    all->report = report.text;
    report.text = NULL;
    *out = all;
    all = NULL;
done:
    string_buffer_free(&report);
    alexcl_devices_free(all);
    return status;
}

size_t alexcl_devices_count(const struct alexcl_devices *list) { return list->count; }

const struct alexcl_device_info *alexcl_devices_get(const struct alexcl_devices *list, size_t index) {
    return index < list->count ? &list->list[index].info : NULL;
}

const char *alexcl_devices_report(const struct alexcl_devices *list) { return list->report; }

void alexcl_devices_free(struct alexcl_devices *list) {
    if (!list) return;
    free(list->list);
    free(list->report);
    free(list);
}

/* ---- the build ----------------------------------------------------------------------------------- */

const char *alexcl_version(void) { return ALEXCL_VERSION; }

static char build_info[5000];
static void platforms_describe_build(void) {
    char loader[4500];
    loader_describe(loader, sizeof loader);
    snprintf(build_info, sizeof build_info, "OpenCL loader: %s\nbuild: %s, %s %s, OpenCL C 1.2", loader,
             ALEXCL_BUILD_TYPE,
#ifdef __clang__
             "clang",
#else
             "gcc",
#endif
             __VERSION__);
}

const char *alexcl_build_info(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, platforms_describe_build);
    return build_info;
}
