/* SPDX-License-Identifier: MIT */
/* One card that two drivers show is found by what both tell of it: the place on the bus, else the UUID, else a name.
 * Each platform shows a card once, so cards are matched one to one, the surest evidence first: what is left over of two
 * platforms' devices of one vendor may be the same, or not. */
#include "aliases.h"

#include <ctype.h>
#include <string.h>

#include "quirks.h"

/* How much speaks for one hardware: any place on the bus beats any UUID, that any name, a whole name any part of one, a
 * longer part a shorter. */
enum { EVIDENCE_AGAINST = -1, EVIDENCE_NONE = 0, EVIDENCE_NAME = 1000, EVIDENCE_UUID = 2000, EVIDENCE_BUS = 3000 };

/* "0000:01:00.0" is "01:00.0" where a driver tells no domain. */
static int aliases_same_bus(const char *a, const char *b) {
    size_t i = strlen(a), j = strlen(b);
    return i < j ? strcmp(a, b + j - i) == 0 : strcmp(a + i - j, b) == 0;
}

static int aliases_in_word(char c) { return isalnum((unsigned char)c) != 0; }

/* The length of `part` where it stands in `whole` and neither end of it cuts a word, else 0: "NVIDIA A10" is not in
 * "NVIDIA A100". */
static int aliases_named_in(const char *part, const char *whole) {
    size_t length = strlen(part);
    for (const char *at = whole; length && (at = strstr(at, part)) != NULL; at++)
        if ((at == whole || !aliases_in_word(at[-1])) && !aliases_in_word(at[length])) return (int)length;
    return 0;
}

static int aliases_names(const char *a, const char *b) {
    if (a[0] && strcmp(a, b) == 0) return EVIDENCE_NAME;
    int forth = aliases_named_in(a, b), back = aliases_named_in(b, a);
    return forth > back ? forth : back;
}

static int aliases_evidence(const struct platforms_device *a, const struct platforms_device *b) {
    static const unsigned char unknown[sizeof a->uuid];
    if (a->info.kind != b->info.kind || a->info.platform == b->info.platform) return EVIDENCE_AGAINST;
    if (a->info.kind == ALEXCL_DEVICE_CPU) return EVIDENCE_BUS; /* all are the one computer's */
    if (a->bus[0] && b->bus[0]) return aliases_same_bus(a->bus, b->bus) ? EVIDENCE_BUS : EVIDENCE_AGAINST;
    if (memcmp(a->uuid, unknown, sizeof unknown) != 0 && memcmp(a->uuid, b->uuid, sizeof unknown) == 0)
        return EVIDENCE_UUID;
    if (a->info.vendor_id != b->info.vendor_id) return EVIDENCE_AGAINST;
    const char *const names[2][2] = {{a->info.name, a->board}, {b->info.name, b->board}};
    int best = EVIDENCE_NONE;
    for (int i = 0; i < 4; i++) {
        int found = aliases_names(names[0][i / 2], names[1][i % 2]);
        if (found > best) best = found;
    }
    return best;
}

static int aliases_takes_part(const struct platforms_device *d) {
    return d->info.usable && !(quirks_of(&d->info) & QUIRK_SIMULATOR);
}

/* Whether the hardware of i and that of j can be one: nothing known of any device of the one speaks against any of the
 * other. */
static int aliases_can_be_one(const struct platforms_device *list, size_t count, size_t i, size_t j) {
    if (list[i].info.kind == ALEXCL_DEVICE_CPU && list[j].info.kind == ALEXCL_DEVICE_CPU) return 1;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count && list[a].hardware == list[i].hardware; b++)
            if (list[b].hardware == list[j].hardware && aliases_evidence(&list[a], &list[b]) == EVIDENCE_AGAINST)
                return 0;
    return 1;
}

/* Makes the pair with the surest evidence one; 0: there is none. */
static int aliases_match_next(struct platforms_device *list, size_t count) {
    int best = EVIDENCE_NONE, from = -1, to = -1;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            if (list[i].hardware < 0 || list[j].hardware < 0 || list[i].hardware == list[j].hardware) continue;
            int evidence = aliases_evidence(&list[i], &list[j]);
            if (evidence <= best || !aliases_can_be_one(list, count, i, j)) continue;
            best = evidence;
            from = list[j].hardware;
            to = list[i].hardware;
        }
    for (size_t i = 0; i < count && best != EVIDENCE_NONE; i++)
        if (list[i].hardware == from) list[i].hardware = to;
    return best != EVIDENCE_NONE;
}

/* The vendor's own driver is the device, a generic one its alias; one that computes long loops wrongly comes last. */
static int aliases_yields(const struct alexcl_device_info *info) {
    unsigned quirks = quirks_of(info);
    return ((quirks & QUIRK_GENERIC) != 0) + ((quirks & QUIRK_SHORT_LOOPS) != 0);
}

/* The device that stands for its hardware: the best driven, the first of several. */
static int aliases_best(const struct platforms_device *list, size_t count, int hardware) {
    int best = -1;
    for (size_t i = 0; i < count; i++)
        if (list[i].hardware == hardware &&
            (best < 0 || aliases_yields(&list[i].info) < aliases_yields(&list[best].info)))
            best = (int)i;
    return best;
}

void aliases_mark(struct platforms_device *list, size_t count) {
    for (size_t i = 0; i < count; i++) list[i].hardware = aliases_takes_part(&list[i]) ? (int)i : -1;
    while (aliases_match_next(list, count)) continue;
    for (size_t i = 0; i < count; i++) {
        int best = list[i].hardware < 0 ? (int)i : aliases_best(list, count, list[i].hardware);
        list[i].info.alias_of = best == (int)i ? -1 : best;
        list[i].info.maybe_alias_of = -1;
    }
    /* Of what can be one and is not known to be, the worse driven or the later stands back. */
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count && list[i].info.maybe_alias_of < 0; j++) {
            if (list[i].hardware < 0 || list[j].hardware < 0 || list[i].hardware == list[j].hardware) continue;
            if (list[i].info.alias_of >= 0 || list[j].info.alias_of >= 0 || !aliases_can_be_one(list, count, i, j))
                continue;
            int more = aliases_yields(&list[i].info) - aliases_yields(&list[j].info);
            if (more > 0 || (more == 0 && i > j)) list[i].info.maybe_alias_of = (int)j;
        }
}
