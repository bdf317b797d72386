/* SPDX-License-Identifier: MIT */
/* `alexcl devices`: one description of a device in four forms. Text fits into 80 columns, a few lines a device; -v
 * prints all that is known. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "device_json.h"
#include "report.h"
#include "status.h"

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
                            device_json_kind(d->kind),
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
    printf("%3d  %d:%-3d %-4s %.60s\n", d->index, d->platform, d->device, device_json_kind(d->kind), d->name);
    printf("           %u units, %s (buffer %s), %.10s%s\n", d->compute_units, report_bytes(d->memory),
           report_bytes(d->max_alloc), d->version, d->usable ? ", usable" : "");
    printf("           %.40s, driver %.20s\n", d->vendor, d->driver);
    if (!d->usable)
        printf("           %sNOT USABLE:%s %s\n", report_colour(stdout, REPORT_RED), report_colour(stdout, REPORT_OFF),
               d->why);
    else if (d->why[0])
        printf("           %s\n", d->why);
    if (d->alias_of >= 0) printf("           alias of %d: the same hardware through another driver\n", d->alias_of);
    if (d->maybe_alias_of >= 0)
        printf("           may be %d through another driver: the two tell too little\n", d->maybe_alias_of);
}

/* "  name            words of the text", on as many lines of 80 columns as that takes. */
static void devices_words(const char *name, const char *text) {
    enum { FIRST = 18, COLUMNS = 80 };
    size_t at = FIRST;
    printf("  %-*s", FIRST - 2, name);
    for (size_t length; *(text += strspn(text, " ")); text += length) {
        length = strcspn(text, " ");
        if (at > FIRST && at + 1 + length > COLUMNS) {
            printf("\n%*s", FIRST, "");
            at = FIRST;
        }
        at += (size_t)printf("%s%.*s", at > FIRST ? " " : "", (int)length, text);
    }
    printf("%s\n", at > FIRST ? "" : "none");
}

static void devices_block(const struct alexcl_device_info *d) {
    printf("device %d (%d:%d): %s\n", d->index, d->platform, d->device, d->name);
    printf("  vendor          %s\n  kind            %s\n  platform        %s\n                  %s\n", d->vendor,
           device_json_kind(d->kind), d->platform_name, d->platform_version);
    printf("  driver          %s\n  OpenCL          %s\n  OpenCL C        %s\n", d->driver, d->version, d->c_version);
    printf("  compute units   %u at %u MHz\n", d->compute_units, d->clock_mhz);
    printf("  memory          %s%s\n  largest buffer  %s\n  local memory    %s\n", report_bytes(d->memory),
           d->unified_memory ? ", the host's" : "", report_bytes(d->max_alloc), report_bytes(d->local_memory));
    printf("  work-group      up to %llu items\n", (unsigned long long)d->max_work_group_size);
    printf("  sub-group       ");
    printf(d->sub_group ? "up to %u items\n" : "not told\n", d->sub_group);
    printf("  vectors         half %u, float %u, double %u (preferred)\n", d->vector_half, d->vector_float,
           d->vector_double);
    printf("  half, double    %s, %s\n", d->float16 ? "yes" : "no", d->float64 ? "yes" : "no");
    if (d->images)
        printf("  images          up to %llu x %llu\n", (unsigned long long)d->image_width,
               (unsigned long long)d->image_height);
    else
        printf("  images          no\n");
    if (d->parts)
        printf("  can be cut      up to %u parts: --devices %d/2\n", d->parts, d->index);
    else
        printf("  can be cut      no\n");
    printf("  usable          %s%s%s\n", d->usable ? "yes" : "no", d->why[0] ? ": " : "", d->why);
    if (d->alias_of >= 0) printf("  alias of        %d: the same hardware through another driver\n", d->alias_of);
    if (d->maybe_alias_of >= 0)
        printf("  may be          %d through another driver: the two tell too little\n", d->maybe_alias_of);
    devices_words("extensions", d->extensions);
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
            report_append(all, device_json_make(d));
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
