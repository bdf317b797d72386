/* SPDX-License-Identifier: MIT */
#include "confusion.h"

#include <stdlib.h>

#include "memory.h"

/* A class, and how often it is a label or predicted. */
struct seen {
    size_t class;
    uint64_t times;
};
/* The most frequent first, of equal ones the first. */
static int confusion_by_times(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    if (x->times != y->times) return x->times < y->times ? 1 : -1;
    return (x->class > y->class) - (x->class < y->class);
}
static int confusion_by_class(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    return (x->class > y->class) - (x->class < y->class);
}

int confusion_count(const struct confusion_pair *pairs, size_t count, size_t classes, struct confusion *out,
                    struct alexcl_error *err) {
    struct seen *seen = NULL;
    size_t *row = NULL, found = 0;
    int status;
    *out = (struct confusion){0};
    TRY(memory_alloc(&seen, classes, sizeof *seen, "classes of the confusion matrix", err));
    TRY(memory_alloc(&row, classes, sizeof *row, "rows of the confusion matrix", err));
    for (size_t i = 0; i < classes; i++) seen[i].class = i;
    for (size_t i = 0; i < count; i++) {
        seen[pairs[i].label].times++;
        seen[pairs[i].predicted].times += pairs[i].predicted != pairs[i].label;
    }
    qsort(seen, classes, sizeof *seen, confusion_by_times);
    while (found < classes && seen[found].times) found++;
    out->classes = found < CONFUSION_MOST ? found : CONFUSION_MOST;
    out->size = out->classes + (found > out->classes);
    qsort(seen, out->classes, sizeof *seen, confusion_by_class);
    for (size_t i = 0; i < classes; i++) row[i] = out->classes;
    for (size_t i = 0; i < out->classes; i++) {
        out->class_of[i] = seen[i].class;
        row[seen[i].class] = i;
    }
    for (size_t i = 0; i < count; i++) out->counts[row[pairs[i].label]][row[pairs[i].predicted]]++;
done:
    free(seen);
    free(row);
    return status;
}
