/* SPDX-License-Identifier: MIT */
/* --devices over made-up machines. The first byte is the number of devices, 2 bytes say what each is, the rest is the
 * text. */
#include "fuzz.h"
#include "selection.h"

enum { DEVICES = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct alexcl_device_info infos[DEVICES] = {0};
    const struct alexcl_device_info *list[DEVICES];
    struct alexcl_target targets[2] = {0};
    struct alexcl_error err = {0};
    char why[500] = "";
    size_t targets_used = 0, count = size ? data[0] % (DEVICES + 1) : 0, at = 1;
    for (size_t i = 0; i < count; i++, at += 2) {
        unsigned kind = at < size ? data[at] : 0, more = at + 1 < size ? data[at + 1] : 0;
        struct alexcl_device_info *d = &infos[i];
        *d = (struct alexcl_device_info){.index = (int)i,
                                         .platform = (int)(kind >> 2 & 1),
                                         .device = (int)i,
                                         .kind = (enum alexcl_device_kind)(kind & 3),
                                         .memory = (uint64_t)(more & 7) << 30,
                                         .parts = more >> 3 & 3,
                                         .usable = (kind >> 3 & 3) != 0,
                                         .unified_memory = (int)(kind >> 5 & 1),
                                         .vendor_id = more & 1u,
                                         .compute_units = 8,
                                         .clock_mhz = (kind & 4u) * 500,
                                         .alias_of = i > 0 && kind >> 6 == 3 ? (int)i - 1 : -1,
                                         .maybe_alias_of = i > 0 && kind >> 6 == 2 ? (int)i - 1 : -1};
        /* As long as can be, or empty, or of two words. */
        if (more >> 6 == 3) memset(d->name, 'n', sizeof d->name - 1);
        if (more >> 6 == 2) snprintf(d->name, sizeof d->name, "Some GPU %zu", i);
        if (more >> 6 == 3) memset(d->platform_name, 'p', sizeof d->platform_name - 1);
        snprintf(d->why, sizeof d->why, "no compiler");
        list[i] = d;
    }
    if (at > size) at = size;
    char *text = fuzz_copy(data + at, size - at, 1);
    int status =
        selection_resolve(size ? text : NULL, list, count, "the report", targets, &targets_used, why, sizeof why, &err);
    fuzz_check_answer(status, &err, (int[]){ALEXCL_E_USAGE, ALEXCL_E_NO_DEVICE, 0});
    if (status == ALEXCL_OK) {
        FUZZ_CLAIM((targets_used == 1 || targets_used == 2) && why[0] && strlen(why) < sizeof why);
        for (size_t i = 0; i < targets_used; i++) {
            const struct alexcl_target *p = &targets[i];
            FUZZ_CLAIM(p->device >= -1 && p->device < (int)count && p->name[0] && (p->parts == 1 || p->parts == 2) &&
                       p->part < p->parts);
            FUZZ_CLAIM(p->device < 0 || (infos[p->device].usable && (p->parts == 1 || infos[p->device].parts >= 2)));
        }
        /* Two targets are two devices, or the two parts of one, or the reference twice. */
        if (targets_used == 2 && targets[0].device >= 0 && targets[0].device == targets[1].device)
            FUZZ_CLAIM(targets[0].parts == 2 && targets[1].parts == 2 && targets[0].part != targets[1].part);
    }
    free(text);
    return 0;
}
