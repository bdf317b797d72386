/* SPDX-License-Identifier: MIT */
/* The names of classes: the first byte says how many there are, up to the first 0xff or the end stands the file, behind
 * it a label to find. */
#include "fuzz.h"
#include "labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct labels *l;
    struct alexcl_error err = {0};
    size_t index;
    if (size < 1) return 0;
    size_t classes = 1 + data[0] % 32;
    const uint8_t *text = data + 1, *cut = memchr(text, 0xff, size - 1);
    size_t length = cut ? (size_t)(cut - text) : size - 1;
    int status = labels_open(fuzz_file(0, text, length), classes, &l, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status != ALEXCL_OK) return 0;
    FUZZ_CLAIM(labels_name(l, classes) == NULL);
    for (size_t i = 0; i < classes; i++) {
        const char *name = labels_name(l, i);
        char number[24];
        FUZZ_CLAIM(name != NULL);
        snprintf(number, sizeof number, "%zu", i);
        FUZZ_CLAIM(labels_find(l, number, &index, &err) == ALEXCL_OK && index == i);
        /* A whole name finds its class, or one of the same name; it may be a number, or another's too. */
        status = labels_find(l, name, &index, &err);
        fuzz_check_answer(status, &err, fuzz_bad_data);
        FUZZ_CLAIM(status != ALEXCL_OK || index < classes);
        err = (struct alexcl_error){0};
    }
    char *label = fuzz_copy(cut ? cut + 1 : data, cut ? (size_t)(data + size - cut - 1) : 0, 1);
    status = labels_find(l, label, &index, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    FUZZ_CLAIM(status != ALEXCL_OK || index < classes);
    free(label);
    labels_free(l);
    return 0;
}
