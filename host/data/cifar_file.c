/* SPDX-License-Identifier: MIT */
/* A file of CIFAR is records without a header: of CIFAR-10 a label and the pixels, of CIFAR-100 a coarse label, a fine
 * one and the pixels. Its length tells which; where both fit (one length of 9,446,402), the labels do: those of the
 * one, read as the other, are pixels. Every label is checked, which is all that can be told of a damaged file. */
#include "cifar_file.h"

#include <stdlib.h>

#include "files.h"
#include "kinds.h"
#include "status.h"

enum { MAX_FILE = 1 << 30 };

/* The last label is the class. */
static const struct cifar_file_form {
    const char *name;
    size_t labels;
    int classes[2]; /* of each label */
} forms[] = {{"CIFAR-10", 1, {10}}, {"CIFAR-100", 2, {20, 100}}};
enum { FORMS = sizeof forms / sizeof *forms };

void cifar_file_free(struct cifar_file *cifar) {
    free(cifar->records);
    *cifar = (struct cifar_file){0};
}

/* The first record with a label that is too large; `count` where there is none. */
static size_t cifar_file_wrong(const struct cifar_file_form *form, const unsigned char *data, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < form->labels; l++)
            if (data[i * (form->labels + CIFAR_FILE_PIXELS) + l] >= form->classes[l]) return i;
    return count;
}

static int cifar_file_foreign(const char *path, const unsigned char *data, size_t length, struct alexcl_error *err) {
    const struct kind *kind = kinds_of(data, length);
    if (length == 0) return error_set(err, ALEXCL_E_DATA, "%s: the file is empty; fetch or make it again", path);
    if (kind && kind->advice)
        return error_set(err, ALEXCL_E_DATA, "%s: is %s, not a file of CIFAR; %s", path, kind->name, kind->advice);
    return error_set(err, ALEXCL_E_DATA,
                     "%s: its %zu bytes are no whole number of CIFAR-10's records of 3073 bytes or CIFAR-100's of "
                     "3074; fetch it again",
                     path, length);
}

int cifar_file_read(const char *path, struct cifar_file *out, struct alexcl_error *err) {
    size_t length, wrong = 0, count = 0;
    const struct cifar_file_form *form = NULL;
    *out = (struct cifar_file){0};
    int status = files_read_advised(path, "; name a file of CIFAR (data_batch_1.bin, train.bin)", MAX_FILE,
                                    &out->records, &length, err);
    if (status != ALEXCL_OK) return status;
    for (size_t f = 0; f < FORMS && length && !(form && wrong == count); f++) {
        size_t record = forms[f].labels + CIFAR_FILE_PIXELS;
        if (length % record != 0) continue;
        form = &forms[f];
        count = length / record;
        wrong = cifar_file_wrong(form, out->records, count);
    }
    if (!form) {
        status = cifar_file_foreign(path, out->records, length, err);
    } else if (wrong < count) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: picture %zu has a label that none of %s's classes has: the file is damaged, or "
                           "another's; fetch it again",
                           path, wrong, form->name);
    } else {
        out->count = count;
        out->record = form->labels + CIFAR_FILE_PIXELS;
        out->classes = form->classes[form->labels - 1];
    }
    if (status != ALEXCL_OK) cifar_file_free(out);
    return status;
}

const unsigned char *cifar_file_pixels(const struct cifar_file *cifar, size_t index) {
    return cifar->records + (index + 1) * cifar->record - CIFAR_FILE_PIXELS;
}

int cifar_file_label(const struct cifar_file *cifar, size_t index) { return cifar_file_pixels(cifar, index)[-1]; }
