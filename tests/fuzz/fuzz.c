/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const int fuzz_bad_data[] = {ALEXCL_E_DATA, 0}, fuzz_bad_usage[] = {ALEXCL_E_USAGE, 0};

void fuzz_fail(const char *file, int line, const char *claim) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

void fuzz_check_answer(int status, const struct alexcl_error *err, const int *expected) {
    FUZZ_CLAIM(err->status == status);
    if (status == ALEXCL_OK) {
        FUZZ_CLAIM(err->text[0] == '\0');
        return;
    }
    while (*expected && *expected != status) expected++;
    if (!*expected) fprintf(stderr, "status %d: %s\n", status, err->text);
    FUZZ_CLAIM(*expected == status);
    FUZZ_CLAIM(err->text[0] != '\0' && memchr(err->text, '\0', sizeof err->text) != NULL);
}

const char *fuzz_file(int slot, const void *data, size_t size) {
    static int files[2] = {-1, -1};
    static char names[2][64];
    if (files[slot] < 0) {
        files[slot] = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(names[slot], sizeof names[slot], "/proc/self/fd/%d", files[slot]);
    }
    FUZZ_CLAIM(ftruncate(files[slot], 0) == 0 && pwrite(files[slot], data, size, 0) == (ssize_t)size);
    return names[slot];
}

void *fuzz_copy(const void *data, size_t size, int zero) {
    char *copy = malloc(size + (size_t)zero + (size + (size_t)zero == 0));
    FUZZ_CLAIM(copy != NULL);
    if (size) memcpy(copy, data, size);
    if (zero) copy[size] = '\0';
    return copy;
}
