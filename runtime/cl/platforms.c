/* SPDX-License-Identifier: MIT */
#include "platforms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "memory.h"
#include "quirks.h"

enum { PLATFORMS_MOST = 64, DEVICES_MOST = 64 };

/* cl_ext.h of older headers lacks these; numbers from the extensions' texts. */
#define PCI_BUS_INFO_KHR 0x410F /* cl_khr_pci_bus_info */
#define PCI_BUS_ID_NV 0x4008    /* cl_nv_device_attribute_query */
#define PCI_SLOT_ID_NV 0x4009
#define TOPOLOGY_AMD 0x4037 /* cl_amd_device_attribute_query */

/* Questions put to a device. A driver that does not know one says CL_INVALID_VALUE, and so it does when a text is longer than its place:
 * that leaves the answer empty. Any other code is the device's own trouble; the first is kept. */
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

static void platforms_find_bus(cl_device_id id, char *out, size_t size) {
    cl_uint khr[4], nv[2];
    unsigned char amd[24];
    struct query q = {.id = id}; /* of extensions: any code means that there is none */
    if (NUMBER(&q, PCI_BUS_INFO_KHR, khr)) {
        snprintf(out, size, "%04x:%02x:%02x.%x", khr[0], khr[1], khr[2], khr[3]);
    } else if (NUMBER(&q, PCI_BUS_ID_NV, nv[0]) && NUMBER(&q, PCI_SLOT_ID_NV, nv[1])) {
        snprintf(out, size, "%04x:%02x:%02x.%x", 0u, nv[0], nv[1] >> 3, nv[1] & 7u);
    } else if (NUMBER(&q, TOPOLOGY_AMD, amd)) {
        snprintf(out, size, "%04x:%02x:%02x.%x", 0u, amd[21], amd[22], amd[23]);
    }
}

/* Why a device cannot be used; "" when it can. */
static const char *platforms_refuse(struct query *q, const struct alexcl_device_info *info) {
    cl_bool available = CL_TRUE, compiler = CL_TRUE, little = CL_TRUE;
    int major = 0, minor = 0;
    char profile[64];
    if (NUMBER(q, CL_DEVICE_AVAILABLE, available) && !available) return "not available: taken by another program, or off";
    if (NUMBER(q, CL_DEVICE_COMPILER_AVAILABLE, compiler) && !compiler) return "the driver has no compiler";
    if (NUMBER(q, CL_DEVICE_ENDIAN_LITTLE, little) && !little) return "big-endian";
    TEXT(q, CL_DEVICE_PROFILE, profile);
    if (strcmp(profile, "EMBEDDED_PROFILE") == 0) return "OpenCL's embedded profile";
    if (sscanf(info->version, "OpenCL %d.%d", &major, &minor) != 2 || major * 10 + minor < 12) return "older than OpenCL 1.2";
    if (info->kind == ALEXCL_DEVICE_CUSTOM) return "a custom device: it runs built-in kernels only";
    if (info->memory == 0 || info->units == 0) return "the driver tells no memory or no compute unit";
    return "";
}

static void platforms_describe(struct platforms_device *d) {
    struct alexcl_device_info *info = &d->info;
    struct query q = {.id = d->id};
    cl_device_type type = 0;
    cl_uint units = 0, clock = 0, parts = 0;
    cl_ulong memory = 0, largest = 0, local = 0;
    cl_bool unified = CL_FALSE;
    size_t group = 0;
    TEXT(&q, CL_DEVICE_NAME, info->name);
    TEXT(&q, CL_DEVICE_VENDOR, info->vendor);
    TEXT(&q, CL_DRIVER_VERSION, info->driver);
    TEXT(&q, CL_DEVICE_VERSION, info->version);
    TEXT(&q, CL_DEVICE_OPENCL_C_VERSION, info->c_version);
    (void)NUMBER(&q, CL_DEVICE_TYPE, type);
    (void)NUMBER(&q, CL_DEVICE_MAX_COMPUTE_UNITS, units);
    (void)NUMBER(&q, CL_DEVICE_MAX_CLOCK_FREQUENCY, clock);
    (void)NUMBER(&q, CL_DEVICE_GLOBAL_MEM_SIZE, memory);
    (void)NUMBER(&q, CL_DEVICE_MAX_MEM_ALLOC_SIZE, largest);
    (void)NUMBER(&q, CL_DEVICE_LOCAL_MEM_SIZE, local);
    (void)NUMBER(&q, CL_DEVICE_MAX_WORK_GROUP_SIZE, group);
    (void)NUMBER(&q, CL_DEVICE_HOST_UNIFIED_MEMORY, unified);
    cl_device_partition_property ways[16] = {0};
    if (NUMBER(&q, CL_DEVICE_PARTITION_PROPERTIES, ways))
        for (int i = 0; i < 16 && ways[i]; i++)
            if (ways[i] == CL_DEVICE_PARTITION_EQUALLY) (void)NUMBER(&q, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, parts);
    info->kind = type & CL_DEVICE_TYPE_GPU           ? ALEXCL_DEVICE_GPU
                 : type & CL_DEVICE_TYPE_CPU         ? ALEXCL_DEVICE_CPU
                 : type & CL_DEVICE_TYPE_ACCELERATOR ? ALEXCL_DEVICE_ACCELERATOR
                                                     : ALEXCL_DEVICE_CUSTOM;
    info->units = units;
    info->clock_mhz = clock;
    info->memory = memory;
    info->largest_buffer = largest;
    info->local_memory = local;
    info->largest_work_group = group;
    info->unified_memory = unified != CL_FALSE;
    info->parts = parts < units ? parts : units;
    if (info->parts < 2) info->parts = 0;
    info->alias_of = -1;
    platforms_find_bus(d->id, d->bus, sizeof d->bus);
    const char *refused = platforms_refuse(&q, info);
    info->usable = refused[0] == '\0' && !q.failed;
    if (q.failed)
        snprintf(info->why, sizeof info->why, "clGetDeviceInfo(%s) failed: %s (%d); %s", q.failed, clerror_name(q.code), q.code, clerror_hint(q.code));
    else
        snprintf(info->why, sizeof info->why, "%s", info->usable ? quirks_note(info) : refused);
}

/* The same hardware: the same place on the bus; all CPU devices are the one computer's; else GPUs whose one name has the other in it. */
static int platforms_same(const struct platforms_device *a, const struct platforms_device *b) {
    if (a->info.platform == b->info.platform || a->info.kind != b->info.kind) return 0;
    if (a->info.kind == ALEXCL_DEVICE_CPU) return 1;
    if (a->bus[0] && b->bus[0]) return strcmp(a->bus, b->bus) == 0;
    return a->info.name[0] && b->info.name[0] && (strstr(a->info.name, b->info.name) || strstr(b->info.name, a->info.name));
}

void platforms_mark_aliases(struct platforms_device *list, size_t count) {
    for (size_t i = 0; i < count; i++) list[i].info.alias_of = -1;
    for (size_t i = 0; i < count; i++) {
        if (!list[i].info.usable || list[i].info.alias_of >= 0) continue;
        for (size_t j = i + 1; j < count; j++) {
            if (!list[j].info.usable || list[j].info.alias_of >= 0 || !platforms_same(&list[i], &list[j])) continue;
            /* The vendor's own driver is the device, a generic one its alias. */
            int generic = (quirks_of(&list[i].info) & QUIRK_GENERIC) && !(quirks_of(&list[j].info) & QUIRK_GENERIC);
            if (generic) {
                list[i].info.alias_of = (int)j;
                break;
            }
            list[j].info.alias_of = (int)i;
        }
    }
    /* An alias of what turned out to be an alias is one of the same device. */
    for (size_t i = 0; i < count; i++)
        while (list[i].info.alias_of >= 0 && list[list[i].info.alias_of].info.alias_of >= 0) list[i].info.alias_of = list[list[i].info.alias_of].info.alias_of;
}

/* ---- the list ------------------------------------------------------------------------------------ */

/* Adds a platform's devices. A platform that fails is told in the report and leaves the others alone. */
static int platforms_add(struct alexcl_devices *all, cl_platform_id platform, int index, struct text *report, struct alexcl_error *err) {
    cl_device_id ids[DEVICES_MOST];
    cl_uint count = 0;
    char name[128] = "", version[256] = "";
    const char *call = "clGetPlatformInfo";
    int code = clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    if (code != CL_SUCCESS) snprintf(name, sizeof name, "platform %d", index);
    if (code == CL_SUCCESS || code == CL_INVALID_VALUE) code = clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
    if (code == CL_SUCCESS || code == CL_INVALID_VALUE) { /* which is a text longer than its place */
        call = "clGetDeviceIDs";
        code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES_MOST, ids, &count);
    }
    if (code == CL_DEVICE_NOT_FOUND || (code == CL_SUCCESS && count == 0)) {
        text_add(report, "  platform %d, %s: no device\n", index, name);
        return ALEXCL_OK;
    }
    if (code != CL_SUCCESS) {
        text_add(report, "  platform %d, %s: %s failed: %s (%d); %s\n", index, name, call, clerror_name(code), code, clerror_hint(code));
        return ALEXCL_OK;
    }
    if (count > DEVICES_MOST) count = DEVICES_MOST;
    text_add(report, "  platform %d, %s, %s: %u device%s\n", index, name, version, count, count == 1 ? "" : "s");
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

static void platforms_report_absence(const struct alexcl_devices *all, struct text *report) {
    int gpus = 0;
    for (size_t i = 0; i < all->count; i++) gpus += all->list[i].info.kind == ALEXCL_DEVICE_GPU;
    if (all->count == 0) loader_report_vendors(report);
    if (gpus == 0) loader_report_hints(report);
    if (all->count == 0)
        text_add(report, "  a way on: install the OpenCL package of the device's vendor; or PoCL for the CPU (Debian, Ubuntu: apt install "
                         "pocl-opencl-icd); or --devices ref, plain C without OpenCL\n");
}

int alexcl_devices_list(struct alexcl_devices **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_devices *all = NULL;
    struct text report = {0};
    cl_platform_id platforms[PLATFORMS_MOST];
    cl_uint count = 0;
    TRY(memory_alloc(&all, 1, sizeof *all, "the list of devices", err));
    char loader[4500];
    loader_describe(loader, sizeof loader);
    text_add(&report, "  loader: %s\n", loader);
    int code = clGetPlatformIDs(PLATFORMS_MOST, platforms, &count);
    if (code != CL_SUCCESS) {
        text_add(&report, "  clGetPlatformIDs failed: %s (%d); %s\n", clerror_name(code), code, clerror_hint(code));
        count = 0;
    }
    if (count > PLATFORMS_MOST) count = PLATFORMS_MOST;
    for (cl_uint i = 0; i < count; i++) TRY(platforms_add(all, platforms[i], (int)i, &report, err));
    platforms_mark_aliases(all->list, all->count);
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
    text_free(&report);
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

const char *alexcl_build_info(void) {
    static char text[5000];
    char loader[4500];
    loader_describe(loader, sizeof loader);
    snprintf(text, sizeof text, "OpenCL loader: %s\nbuild: %s, %s %s, OpenCL C 1.2", loader, ALEXCL_BUILD_TYPE,
#ifdef __clang__
             "clang",
#else
             "gcc",
#endif
             __VERSION__);
    return text;
}
