/* SPDX-License-Identifier: MIT */
/* What --devices means. A text is read element by element into one or two targets; without one, the best device is
 * taken, and a second beside it only where equal halves on both are faster than both on the first. Everything is
 * decided over a list of descriptions, apart from OpenCL, so that tests can show it machines that are not here. */
#include "selection.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpus.h"
#include "device_source.h"
#include "log.h"
#include "memory.h"
#include "platforms.h"
#include "quirks.h"

static const char SYNTAX[] = "a selection is one or two of: an index (0), platform:device (1:0), gpu, cpu, ~part of a "
                             "name, ref, with a comma between; or 0/2, a "
                             "device cut in two; or both, the two best GPUs";

struct alexcl_selection {
    struct alexcl_devices *devices; /* NULL: nothing but the reference */
    struct alexcl_target targets[2];
    struct device_source sources[2]; /* of the targets that are devices */
    size_t count;
    char why[1024];
};

struct selection_parser { /* what selection_resolve works on */
    const struct alexcl_device_info *const *devices;
    size_t count;
    const char *report;
    struct alexcl_error *err;
};

static void selection_list(const struct selection_parser *r, struct string_buffer *t) {
    for (size_t i = 0; i < r->count; i++)
        string_buffer_add(t, "\n  %d  %d:%d  %s, %s%s%s%s", r->devices[i]->index, r->devices[i]->platform,
                          r->devices[i]->device, r->devices[i]->name, r->devices[i]->platform_name,
                          r->devices[i]->usable ? "" : " (not usable: ",
                          r->devices[i]->usable ? "" : r->devices[i]->why, r->devices[i]->usable ? "" : ")");
}

/* `gpu`: only that would do, so how to compute on the CPU is left out. */
static int selection_refuse(const struct selection_parser *r, int status, const char *what, int gpu) {
    struct string_buffer list = {0};
    const char *report = r->report ? r->report : "", *cpu = gpu ? strstr(report, "\n" PLATFORMS_ON_CPU) : NULL;
    if (r->count == 0)
        string_buffer_add(&list, "; there is no OpenCL device:\n%.*s",
                          (int)(cpu ? (size_t)(cpu - report) : strlen(report)), report);
    else {
        string_buffer_add(&list, "; there %s:", r->count == 1 ? "is" : "are");
        selection_list(r, &list);
    }
    error_set(r->err, status, "%s%s", what, list.text ? list.text : "");
    string_buffer_free(&list);
    return status;
}

static int selection_simulates(const struct alexcl_device_info *d) { return (quirks_of(d) & QUIRK_SIMULATOR) != 0; }

/* Which is the better of a kind: what is hardware of its own, discrete before built-in, then more memory, then the
 * first. */
static int selection_is_better(const struct alexcl_device_info *a, const struct alexcl_device_info *b) {
    if (selection_simulates(a) != selection_simulates(b)) return selection_simulates(b);
    if ((a->maybe_alias_of >= 0) != (b->maybe_alias_of >= 0)) return b->maybe_alias_of >= 0;
    if (a->unified_memory != b->unified_memory) return b->unified_memory;
    return a->memory != b->memory ? a->memory > b->memory : a->index < b->index;
}

/* The best usable device of a kind that is no alias and comes behind `last` (NULL: of all); NULL: there is no more. */
static const struct alexcl_device_info *selection_next(const struct selection_parser *r, enum alexcl_device_kind kind,
                                                       const struct alexcl_device_info *last) {
    const struct alexcl_device_info *next = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct alexcl_device_info *d = r->devices[i];
        if (!d->usable || d->alias_of >= 0 || d->kind != kind) continue;
        if ((!last || selection_is_better(last, d)) && (!next || selection_is_better(d, next))) next = d;
    }
    return next;
}

static void selection_target(struct alexcl_target *p, const struct alexcl_device_info *d, unsigned part,
                             unsigned parts) {
    *p = (struct alexcl_target){.device = d ? d->index : -1, .part = part, .parts = parts};
    if (!d)
        snprintf(p->name, sizeof p->name, "ref (plain C)");
    else if (parts > 1)
        snprintf(p->name, sizeof p->name, "%d part %u of %u (%.200s)", d->index, part + 1, parts, d->name);
    else
        snprintf(p->name, sizeof p->name, "%d (%.200s)", d->index, d->name);
}

static const struct alexcl_device_info *selection_by_name(const struct selection_parser *r, const char *part,
                                                          size_t length) {
    for (int pass = 0; pass < 2; pass++) /* aliases last */
        for (size_t i = 0; i < r->count; i++) {
            const struct alexcl_device_info *d = r->devices[i];
            if (!d->usable || (d->alias_of >= 0) != pass) continue;
            for (const char *at = d->name; *at; at++) {
                size_t k = 0;
                while (k < length && at[k] && tolower((unsigned char)at[k]) == tolower((unsigned char)part[k])) k++;
                if (k == length) return d;
            }
        }
    return NULL;
}

/* A number of at most six digits; -1 when it is none. */
static int selection_number(const char *text, size_t length) {
    int n = 0;
    if (length == 0 || length > 6) return -1;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i])) return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

/* Whether the text is that word, in capitals or not. */
static int selection_is(const char *text, size_t length, const char *word) {
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

/* One element without a cut. *d NULL: the reference. *index: the number that was asked for, -1 where none. */
static int selection_element(const struct selection_parser *r, const char *text, size_t length,
                             const struct alexcl_device_info **d, int *index) {
    char what[400];
    const char *colon = memchr(text, ':', length);
    *d = NULL;
    *index = -1;
    if (selection_is(text, length, "ref")) return ALEXCL_OK;
    int gpu = selection_is(text, length, "gpu");
    if (gpu || selection_is(text, length, "cpu")) {
        *d = selection_next(r, gpu ? ALEXCL_DEVICE_GPU : ALEXCL_DEVICE_CPU, NULL);
        snprintf(what, sizeof what, "no usable %s", gpu ? "GPU" : "CPU device");
    } else if (length > 1 && text[0] == '~') {
        *d = selection_by_name(r, text + 1, length - 1);
        snprintf(what, sizeof what, "no usable device has \"%.*s\" in its name",
                 (int)(length - 1 < 200 ? length - 1 : 200), text + 1);
    } else if (colon || selection_number(text, length) >= 0) {
        int platform = colon ? selection_number(text, (size_t)(colon - text)) : -1;
        int number =
            colon ? selection_number(colon + 1, length - (size_t)(colon - text) - 1) : selection_number(text, length);
        if (number < 0 || (colon && platform < 0))
            return error_set(r->err, ALEXCL_E_USAGE, "--devices: \"%.*s\" cannot be read: %s", (int)length, text,
                             SYNTAX);
        if (!colon) *index = number;
        for (size_t i = 0; i < r->count && !*d; i++)
            if (colon ? r->devices[i]->platform == platform && r->devices[i]->device == number
                      : r->devices[i]->index == number)
                *d = r->devices[i];
        snprintf(what, sizeof what, "no device %.*s", (int)length, text);
    } else {
        return error_set(r->err, ALEXCL_E_USAGE, "--devices: \"%.*s\" cannot be read: %s",
                         (int)(length < 200 ? length : 200), text, SYNTAX);
    }
    if (!*d) return selection_refuse(r, ALEXCL_E_NO_DEVICE, what, gpu);
    if (!(*d)->usable)
        return error_set(r->err, ALEXCL_E_NO_DEVICE, "device %d (%s, %s) cannot be used: %s", (*d)->index, (*d)->name,
                         (*d)->platform_name, (*d)->why);
    return ALEXCL_OK;
}

static int selection_cut(const struct selection_parser *r, const struct alexcl_device_info *d,
                         struct alexcl_target targets[2]) {
    if (d->parts < 2) {
        char what[400];
        snprintf(what, sizeof what, "device %d (%.200s) cannot be cut in two: use it whole, --devices %d", d->index,
                 d->name, d->index);
        return error_set(r->err, ALEXCL_E_NO_DEVICE, "%s", what);
    }
    for (unsigned i = 0; i < 2; i++) selection_target(&targets[i], d, i, 2);
    return ALEXCL_OK;
}

/* "(NAME)", of a long one the beginning: `alexcl devices` has the whole. */
struct selection_name {
    char text[64];
};
static struct selection_name selection_shorten(const struct alexcl_target *target, int most) {
    struct selection_name name = {""};
    const char *whole = strchr(target->name, '(');
    int length = whole ? (int)strlen(whole) : 0;
    if (length > most + 2)
        snprintf(name.text, sizeof name.text, "%.*s..)", most - 1, whole);
    else
        snprintf(name.text, sizeof name.text, "%.*s", length, whole ? whole : "");
    return name;
}

/* "devices 0 (NAME) and 1 (NAME)", or ref in the place of one. */
static void selection_tell_two(const struct alexcl_target targets[2], int most, const char *comma, const char *reason,
                               char *why, size_t size) {
    char told[2][80];
    for (int i = 0; i < 2; i++) {
        struct selection_name name = selection_shorten(&targets[i], most);
        if (targets[i].device < 0)
            snprintf(told[i], sizeof told[i], "%.70s", targets[i].name);
        else
            snprintf(told[i], sizeof told[i], "%d %s", targets[i].device, name.text);
    }
    snprintf(why, size, "devices %s and %s%s%s", told[0], told[1], comma, reason);
}

/* What was chosen, and why: a reason, or "" where it was asked for. A line of 80 columns has room for little, so a name
 * stands there once, and as far as there is room. */
static void selection_tell(const struct alexcl_target targets[2], size_t count, const char *reason, char *why,
                           size_t size) {
    enum { ALONE = 40, OF_TWO = 23 }; /* characters of a name: "NVIDIA GeForce RTX 3090" */
    const char *comma = reason[0] ? ", " : "";
    struct selection_name name = selection_shorten(&targets[0], ALONE);
    if (count == 1 && targets[0].device >= 0)
        snprintf(why, size, "device %d %s%s%s", targets[0].device, name.text, comma, reason);
    else if (count == 1)
        snprintf(why, size, "device %s%s%s", targets[0].name, comma, reason);
    else if (targets[0].parts > 1)
        snprintf(why, size, "device %d %s, cut in two%s%s", targets[0].device, name.text, comma, reason);
    else if (targets[0].device >= 0 && targets[1].device >= 0 &&
             strcmp(strchr(targets[0].name, '('), strchr(targets[1].name, '(')) == 0)
        snprintf(why, size, "devices %d and %d %s%s%s", targets[0].device, targets[1].device, name.text, comma, reason);
    else
        selection_tell_two(targets, OF_TWO, comma, reason, why, size);
}

/* ---- what is chosen where none is named ----------------------------------------------------------- */

static uint64_t selection_speed(const struct alexcl_device_info *d) {
    return (uint64_t)d->compute_units * d->clock_mhz;
}

/* Units of one vendor compare; of two vendors they do not, and a driver that tells no clock says nothing. */
static int selection_is_slow_beside(const struct alexcl_device_info *d, const struct alexcl_device_info *other) {
    return d->vendor_id == other->vendor_id && selection_speed(d) > 0 &&
           2 * selection_speed(d) < selection_speed(other);
}

/* Whether equal halves on both are faster than both on the first. */
static int selection_is_pair(const struct alexcl_device_info *first, const struct alexcl_device_info *d) {
    return d->maybe_alias_of < 0 && (!d->unified_memory || first->unified_memory) &&
           !selection_is_slow_beside(d, first);
}

static void selection_tell_refused(const struct alexcl_device_info *d, char *reason, size_t size) {
    if (d->maybe_alias_of >= 0)
        snprintf(reason, size, "not %d, which may be the same card", d->index);
    else
        snprintf(reason, size, "not %s%d%s (--split auto uses it)", d->unified_memory ? "built-in " : "", d->index,
                 d->unified_memory ? "" : ", half as fast");
}

/* One GPU, or two that are a pair; `any`: also two that are not. */
static void selection_default_gpus(const struct selection_parser *r, const struct alexcl_device_info *best, int any,
                                   struct alexcl_target targets[2], size_t *count, char *reason, size_t size) {
    const struct alexcl_device_info *first = best, *second = NULL, *refused = NULL;
    /* More memory makes no slow card the first. */
    for (const struct alexcl_device_info *d = best; d && !selection_simulates(d);
         d = selection_next(r, ALEXCL_DEVICE_GPU, d))
        if (d->maybe_alias_of < 0 && d->unified_memory == first->unified_memory && selection_is_slow_beside(first, d))
            first = d;
    for (const struct alexcl_device_info *d = best; d && !second && !selection_simulates(d);
         d = selection_next(r, ALEXCL_DEVICE_GPU, d)) {
        if (d == first) continue;
        if (any ? d->maybe_alias_of < 0 : selection_is_pair(first, d))
            second = d;
        else if (!refused)
            refused = d;
    }
    *count = second ? 2 : 1;
    selection_target(&targets[0], first, 0, 1);
    if (second) selection_target(&targets[1], second, 0, 1);
    if (!second && refused)
        selection_tell_refused(refused, reason, size);
    else if (!second)
        snprintf(reason, size, "the one GPU");
    else
        snprintf(reason, size, "%s",
                 second->unified_memory && !first->unified_memory ? "the built-in one too" : "the two best GPUs");
}

static int selection_default(const struct selection_parser *r, int any, struct alexcl_target targets[2], size_t *count,
                             char *why, size_t size) {
    const struct alexcl_device_info *gpu = selection_next(r, ALEXCL_DEVICE_GPU, NULL),
                                    *cpu = selection_next(r, ALEXCL_DEVICE_CPU, NULL);
    char reason[200] = "";
    int status = ALEXCL_OK;
    if (gpu && !selection_simulates(gpu)) {
        selection_default_gpus(r, gpu, any, targets, count, reason, sizeof reason);
    } else if (!cpu) {
        return selection_refuse(
            r, ALEXCL_E_NO_DEVICE,
            gpu ? "no device but a simulator, which is taken where --devices names it" : "no usable device", 0);
    } else if (cpu->parts >= 2) {
        *count = 2;
        status = selection_cut(r, cpu, targets);
    } else {
        *count = 1;
        selection_target(&targets[0], cpu, 0, 1);
        snprintf(reason, sizeof reason, "which cannot be cut");
    }
    selection_tell(targets, *count, reason, why, size);
    return status;
}

/* The index under which the hardware behind a device goes. */
static int selection_hardware(const struct alexcl_device_info *d) { return d->alias_of >= 0 ? d->alias_of : d->index; }

int selection_resolve(const char *text, const struct alexcl_device_info *const *devices, size_t count,
                      const char *report, struct alexcl_target targets[2], size_t *target_count, char *why,
                      size_t why_size, struct alexcl_error *err) {
    struct selection_parser r = {devices, count, report, err};
    const struct alexcl_device_info *d[2] = {0};
    int index[2] = {-1, -1}, status;
    int both = text && strcasecmp(text, "both") == 0;
    if (!text || !text[0] || both) return selection_default(&r, both, targets, target_count, why, why_size);
    const char *comma = strchr(text, ','), *slash = strchr(text, '/');
    size_t length = strlen(text), first = comma ? (size_t)(comma - text) : length;
    if (slash) {
        if (comma || strcmp(slash, "/2") != 0)
            return error_set(err, ALEXCL_E_USAGE,
                             "--devices: \"%s\": a device is cut in two, and both parts are used: 0/2 alone", text);
        status = selection_element(&r, text, (size_t)(slash - text), &d[0], &index[0]);
        if (status != ALEXCL_OK) return status;
        if (!d[0]) return error_set(err, ALEXCL_E_USAGE, "--devices: the reference cannot be cut: ref, or ref,ref");
        *target_count = 2;
        status = selection_cut(&r, d[0], targets);
        if (status == ALEXCL_OK) selection_tell(targets, 2, "", why, why_size);
        return status;
    }
    if (comma && strchr(comma + 1, ','))
        return error_set(err, ALEXCL_E_USAGE, "--devices: \"%s\" names more than two: the net has two halves", text);
    const char *const parts[2] = {text, comma ? comma + 1 : NULL};
    const size_t lengths[2] = {first, comma ? length - first - 1 : 0}, halves = comma ? 2 : 1;
    *target_count = halves;
    /* On a machine whose only device is a CPU that can be cut, 0 and 1 are its two parts. */
    int lone = count == 1 && devices[0]->usable && devices[0]->kind == ALEXCL_DEVICE_CPU;
    if (comma && lone && (strcmp(text, "0,1") == 0 || strcmp(text, "1,0") == 0)) {
        if (devices[0]->parts < 2)
            return error_set(
                err, ALEXCL_E_NO_DEVICE,
                "there is no second device, and device 0 (%s) cannot be cut in two: --devices 0 runs both halves on it",
                devices[0]->name);
        for (unsigned i = 0; i < 2; i++) selection_target(&targets[i], devices[0], text[0] == '0' ? i : 1 - i, 2);
        selection_tell(targets, 2, "", why, why_size);
        return ALEXCL_OK;
    }
    for (size_t i = 0; i < halves; i++) {
        status = selection_element(&r, parts[i], lengths[i], &d[i], &index[i]);
        if (status == ALEXCL_E_NO_DEVICE && comma && count == 1 && (index[0] == 1 || index[1] == 1))
            error_prefix(err, "there is no second device; --devices 0 runs both halves on the one there is: ");
        if (status != ALEXCL_OK) return status;
        selection_target(&targets[i], d[i], 0, 1);
    }
    if (comma && d[0] && d[0] == d[1]) {
        /* "gpu,gpu" and "cpu,cpu" mean two of the kind. */
        const struct alexcl_device_info *second = selection_next(&r, d[0]->kind, d[0]);
        if (strcasecmp(text, "gpu,gpu") == 0 && second) {
            selection_target(&targets[1], second, 0, 1);
            selection_tell(targets, 2, "", why, why_size);
            return ALEXCL_OK;
        }
        return error_set(err, ALEXCL_E_USAGE,
                         "--devices: \"%s\" names device %d twice: --devices %d runs both halves on it%s", text,
                         d[0]->index, d[0]->index, d[0]->parts >= 2 ? ", and with /2 behind it on its two parts" : "");
    }
    int same = comma && d[0] && d[1] && selection_hardware(d[0]) == selection_hardware(d[1]);
    selection_tell(targets, halves, same ? "the same hardware twice" : "", why, why_size);
    return ALEXCL_OK;
}

/* Threads of a driver that does not look at the mask share what CPUs there are, and its halves wait for each other. */
static void selection_warn_of_mask(const struct alexcl_selection *sel) {
    unsigned cpus = (unsigned)cpus_count();
    for (size_t i = 0; i < sel->count; i++) {
        const struct alexcl_device_info *d = alexcl_selection_device(sel, i);
        if (!d || d->kind != ALEXCL_DEVICE_CPU || d->compute_units <= cpus ||
            (i == 1 && sel->targets[0].device == d->index))
            continue;
        log_write(ALEXCL_LOG_WARNING,
                  "device %d (%.200s) tells %u compute units, but this process may run on %u CPU%s: `taskset -pc PID` "
                  "shows on which; started by Open MPI, "
                  "`mpirun --bind-to none` gives it all",
                  d->index, d->name, d->compute_units, cpus, cpus == 1 ? "" : "s");
    }
}

static void selection_fill_sources(struct alexcl_selection *sel) {
    for (size_t i = 0; i < sel->count; i++) {
        const struct alexcl_target *target = &sel->targets[i];
        if (target->device < 0) continue;
        const struct platforms_device *d = &sel->devices->list[target->device];
        sel->sources[i] = (struct device_source){.platform = d->platform,
                                                 .id = d->id,
                                                 .info = &d->info,
                                                 .part = target->part,
                                                 .parts = target->parts,
                                                 .name = target->name};
    }
}

int alexcl_selection_open(const char *text, struct alexcl_selection **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_selection *sel = NULL;
    const struct alexcl_device_info **infos = NULL;
    TRY(memory_alloc(&sel, 1, sizeof *sel, "a selection", err));
    /* The reference alone needs no driver, and must run where drivers are broken. */
    int only_reference = text && (strcasecmp(text, "ref") == 0 || strcasecmp(text, "ref,ref") == 0);
    size_t count = 0;
    if (!only_reference) {
        TRY(alexcl_devices_list(&sel->devices, err));
        count = alexcl_devices_count(sel->devices);
    }
    TRY(memory_alloc(&infos, count, sizeof *infos, "a selection", err));
    for (size_t i = 0; i < count; i++) infos[i] = alexcl_devices_get(sel->devices, i);
    TRY(selection_resolve(text, infos, count, sel->devices ? alexcl_devices_report(sel->devices) : "", sel->targets,
                          &sel->count, sel->why, sizeof sel->why, err));
    selection_fill_sources(sel);
    selection_warn_of_mask(sel);
    *out = sel;
    sel = NULL;
done:
    free(infos);
    alexcl_selection_free(sel);
    return status;
}

size_t alexcl_selection_count(const struct alexcl_selection *sel) { return sel->count; }

const struct alexcl_target *alexcl_selection_target(const struct alexcl_selection *sel, size_t index) {
    return index < sel->count ? &sel->targets[index] : NULL;
}

const struct alexcl_device_info *alexcl_selection_device(const struct alexcl_selection *sel, size_t index) {
    return index < sel->count && sel->targets[index].device >= 0
               ? alexcl_devices_get(sel->devices, (size_t)sel->targets[index].device)
               : NULL;
}

const char *alexcl_selection_why(const struct alexcl_selection *sel) { return sel->why; }

void alexcl_selection_free(struct alexcl_selection *sel) {
    if (!sel) return;
    alexcl_devices_free(sel->devices);
    free(sel);
}

const struct device_source *selection_source(const struct alexcl_selection *sel, size_t index) {
    return index < sel->count && sel->targets[index].device >= 0 ? &sel->sources[index] : NULL;
}
