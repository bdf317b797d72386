/* SPDX-License-Identifier: MIT */
/* `alexcl devices`: one description of a device in four forms. Text fits into 80 columns, a few lines a device; -v
 * prints all that is known. */
#include <stdio.h>

#include "commands.h"
#include "report.h"
#include "status.h"

static const char *devices_kind(enum alexcl_device_kind kind) {
    static const char *const names[] = {"CPU", "GPU", "accelerator", "custom"};
    return names[kind];
}

static json_t *devices_other(int index) { return index < 0 ? json_null() : json_integer(index); }

static json_t *devices_json(const struct alexcl_device_info *d) {
    json_t *j = json_pack("{s:i, s:o, s:i, s:i, s:o, s:o, s:I, s:o, s:s}", "index", d->index, "id",
                          json_sprintf("%d:%d", d->platform, d->device), "platform", d->platform, "device", d->device,
                          "name", report_string(d->name), "vendor", report_string(d->vendor), "vendor_id",
                          (json_int_t)d->vendor_id, "driver", report_string(d->driver), "kind", devices_kind(d->kind));
    json_t *versions = json_pack("{s:o, s:o, s:o, s:o}", "opencl", report_string(d->version), "opencl_c",
                                 report_string(d->c_version), "platform_name", report_string(d->platform_name),
                                 "platform_version", report_string(d->platform_version));
    json_t *more = json_pack(
        "{s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:i, s:b, s:o, s:o, s:o}", "units", (int)d->compute_units, "clock_mhz",
        (int)d->clock_mhz, "memory", (json_int_t)d->memory, "largest_buffer", (json_int_t)d->max_alloc, "local_memory",
        (json_int_t)d->local_memory, "largest_work_group", (json_int_t)d->max_work_group_size, "unified_memory",
        d->unified_memory, "parts", (int)d->parts, "usable", d->usable, "why", report_string(d->why), "alias_of",
        devices_other(d->alias_of), "maybe_alias_of", devices_other(d->maybe_alias_of));
    int whole = json_object_update(j, versions) == 0 && json_object_update(j, more) == 0;
    json_decref(versions);
    json_decref(more);
    if (whole) return j;
    json_decref(j);
    return NULL;
}

static void devices_csv(const struct alexcl_device_info *d) {
    char t[6][32];
    snprintf(t[0], sizeof t[0], "%d", d->index);
    snprintf(t[1], sizeof t[1], "%d:%d", d->platform, d->device);
    snprintf(t[2], sizeof t[2], "%d", d->alias_of);
    snprintf(t[3], sizeof t[3], "%u", d->compute_units);
    snprintf(t[4], sizeof t[4], "%llu", (unsigned long long)d->memory);
    snprintf(t[5], sizeof t[5], "%llu", (unsigned long long)d->max_alloc);
    const char *fields[] = {t[0],
                            t[1],
                            devices_kind(d->kind),
                            d->usable ? "yes" : "no",
                            d->alias_of < 0 ? "" : t[2],
                            t[3],
                            t[4],
                            t[5],
                            d->version,
                            d->driver,
                            d->vendor,
                            d->name};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) report_csv(fields[i], 0);
    report_csv(d->why, 1);
}

/* Three lines a device, 80 columns; more where a device is not usable or an alias. */
static void devices_text(const struct alexcl_device_info *d) {
    printf("%3d  %d:%-3d %-4s %.60s\n", d->index, d->platform, d->device, devices_kind(d->kind), d->name);
    printf("           %u units, %s (buffer %s), %.10s%s\n", d->compute_units, report_bytes(d->memory),
           report_bytes(d->max_alloc), d->version, d->usable ? ", usable" : "");
    printf("           %.40s, driver %.20s\n", d->vendor, d->driver);
    if (!d->usable || d->why[0]) printf("           %s%s\n", d->usable ? "" : "NOT USABLE: ", d->why);
    if (d->alias_of >= 0) printf("           alias of %d: the same hardware through another driver\n", d->alias_of);
    if (d->maybe_alias_of >= 0)
        printf("           may be %d through another driver: the two tell too little\n", d->maybe_alias_of);
}

static void devices_block(const struct alexcl_device_info *d) {
    printf("device %d (%d:%d): %s\n", d->index, d->platform, d->device, d->name);
    printf("  vendor          %s\n  kind            %s\n  platform        %s\n                  %s\n", d->vendor,
           devices_kind(d->kind), d->platform_name, d->platform_version);
    printf("  driver          %s\n  OpenCL          %s\n  OpenCL C        %s\n", d->driver, d->version, d->c_version);
    printf("  compute units   %u at %u MHz\n", d->compute_units, d->clock_mhz);
    printf("  memory          %s%s\n  largest buffer  %s\n  local memory    %s\n", report_bytes(d->memory),
           d->unified_memory ? ", the host's" : "", report_bytes(d->max_alloc), report_bytes(d->local_memory));
    printf("  work-group      up to %llu items\n", (unsigned long long)d->max_work_group_size);
    if (d->parts)
        printf("  can be cut      up to %u parts: --devices %d/2\n", d->parts, d->index);
    else
        printf("  can be cut      no\n");
    printf("  usable          %s%s%s\n", d->usable ? "yes" : "no", d->why[0] ? ": " : "", d->why);
    if (d->alias_of >= 0) printf("  alias of        %d: the same hardware through another driver\n", d->alias_of);
    if (d->maybe_alias_of >= 0)
        printf("  may be          %d through another driver: the two tell too little\n", d->maybe_alias_of);
}

static int command_devices(const struct options *o, struct alexcl_error *err) {
    struct alexcl_devices *list;
    int status = options_expect(o, "devices", 0, 0, err);
    if (status == ALEXCL_OK) status = alexcl_devices_list(&list, err);
    if (status != ALEXCL_OK) return status;
    size_t count = alexcl_devices_count(list);
    json_t *all = o->format == FORMAT_JSON ? json_array() : NULL;
    if (o->format == FORMAT_CSV)
        fputs("index,id,kind,usable,alias_of,units,memory,largest_buffer,opencl,driver,vendor,name,why\r\n", stdout);
    for (size_t i = 0; i < count; i++) {
        const struct alexcl_device_info *d = alexcl_devices_get(list, i);
        if (o->format == FORMAT_JSON)
            report_append(all, devices_json(d));
        else if (o->format == FORMAT_CSV)
            devices_csv(d);
        else if (o->verbose)
            devices_block(d);
        else
            devices_text(d);
    }
    if (o->format == FORMAT_JSON) status = report_json_list("devices", "devices", all, err);
    if (o->verbose && count > 0) fprintf(stderr, "%s\n", alexcl_devices_report(list));
    if (status == ALEXCL_OK && count == 0)
        status = error_set(err, ALEXCL_E_NO_DEVICE, "no OpenCL device was found\n%s", alexcl_devices_report(list));
    alexcl_devices_free(list);
    return status;
}

const struct command devices_command = {
    .name = "devices",
    .run = command_devices,
    .arguments = "",
    .about = "list the OpenCL devices, in clinfo's order",
    .details = "The index is what --devices takes. An alias is the same hardware through another\n"
               "driver. -v shows everything, and why a driver shows nothing.\n",
    .also = " list device info clinfo ",
};
