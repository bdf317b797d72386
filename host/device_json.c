/* SPDX-License-Identifier: MIT */
#include "device_json.h"

#include <string.h>

#include "report.h"

const char *device_json_kind(enum alexcl_device_kind kind) {
    static const char *const names[] = {"CPU", "GPU", "accelerator", "custom"};
    return names[kind];
}

static json_t *device_json_other(int index) { return index < 0 ? json_null() : json_integer(index); }

/* The words of a text, in its order. */
static json_t *device_json_words(const char *text) {
    json_t *list = json_array();
    for (size_t length; *(text += strspn(text, " ")); text += length) {
        length = strcspn(text, " ");
        report_append(list, json_stringn(text, length));
    }
    return list;
}

json_t *device_json_make(const struct alexcl_device_info *d) {
    json_t *j =
        json_pack("{s:i, s:o, s:i, s:i, s:o, s:o, s:I, s:o, s:s}", "index", d->index, "id",
                  json_sprintf("%d:%d", d->platform, d->device), "platform", d->platform, "device", d->device, "name",
                  report_string(d->name), "vendor", report_string(d->vendor), "vendor_id", (json_int_t)d->vendor_id,
                  "driver", report_string(d->driver), "kind", device_json_kind(d->kind));
    json_t *versions = json_pack("{s:o, s:o, s:o, s:o}", "opencl", report_string(d->version), "opencl_c",
                                 report_string(d->c_version), "platform_name", report_string(d->platform_name),
                                 "platform_version", report_string(d->platform_version));
    json_t *more = json_pack(
        "{s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:i, s:b, s:o, s:o, s:o}", "units", (int)d->compute_units, "clock_mhz",
        (int)d->clock_mhz, "memory", (json_int_t)d->memory, "largest_buffer", (json_int_t)d->max_alloc, "local_memory",
        (json_int_t)d->local_memory, "largest_work_group", (json_int_t)d->max_work_group_size, "unified_memory",
        d->unified_memory, "parts", (int)d->parts, "usable", d->usable, "why", report_string(d->why), "alias_of",
        device_json_other(d->alias_of), "maybe_alias_of", device_json_other(d->maybe_alias_of));
    json_t *abilities =
        json_pack("{s:o, s:b, s:b, s:{s:i, s:i, s:i}, s:o, s:b, s:[I,I]}", "extensions",
                  device_json_words(d->extensions), "float16", d->float16, "float64", d->float64, "vectors", "half",
                  (int)d->vector_half, "float", (int)d->vector_float, "double", (int)d->vector_double, "sub_group",
                  d->sub_group ? json_integer(d->sub_group) : json_null(), "images", d->images, "largest_image",
                  (json_int_t)d->image_width, (json_int_t)d->image_height);
    int whole = json_object_update(j, versions) == 0 && json_object_update(j, more) == 0 &&
                json_object_update(j, abilities) == 0;
    json_decref(versions);
    json_decref(more);
    json_decref(abilities);
    if (whole) return j;
    json_decref(j);
    return NULL;
}
