/* SPDX-License-Identifier: MIT */
/* What the readers of weights share. */
#ifndef ALEXCL_FUZZ_SOURCE_H
#define ALEXCL_FUZZ_SOURCE_H
#include "fuzz.h"
#include "source.h"

enum { FUZZ_SOURCE_VALUES = 1 << 16 }; /* of a tensor: views of few bytes may have many values */

/* A tensor of an open file can be found, shown and read. */
static inline void fuzz_source_check_tensor(const struct source *s, const struct source_tensor *t) {
    char shown[SOURCE_SHOWN];
    float values[8];
    FUZZ_CLAIM(source_find(s, t->name) == t); /* names differ */
    FUZZ_CLAIM(strlen(source_show(t->name, shown)) < sizeof shown);
    FUZZ_CLAIM(strlen(source_show_shape(t->dims, t->shape, shown)) < sizeof shown);
    if (t->type == SOURCE_OTHER) return;
    uint64_t count = t->bytes / source_width(t->type), product = 1;
    for (int i = 0; i < t->dims && i < 4; i++) product *= t->shape[i];
    FUZZ_CLAIM(t->dims > 4 || product == count);
    FUZZ_CLAIM(t->dims <= 4 || !t->strided);
    for (uint64_t i = 0; i < count && i < FUZZ_SOURCE_VALUES; i += 8) {
        size_t some = count - i < 8 ? (size_t)(count - i) : 8;
        source_read(t, i, some, values);
        const float *place = source_in_place(t, i);
        FUZZ_CLAIM(!place || memcmp(place, values, some * sizeof *values) == 0);
    }
    if (count > 0) source_read(t, count - 1, 1, values);
}
#endif
