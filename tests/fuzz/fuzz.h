/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is one file, fuzz_<what>.c, with LLVMFuzzerTestOneInput; CMakeLists.txt links
 * it to libFuzzer (preset `fuzz`), or to fuzz_main.c, which gives it the inputs of a corpus. A claim that does not hold
 * aborts: libFuzzer keeps the input. */
#ifndef ALEXCL_FUZZ_H
#define ALEXCL_FUZZ_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alexcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CLAIM(claim)                                                                                              \
    do {                                                                                                               \
        if (!(claim)) fuzz_fail(__FILE__, __LINE__, #claim);                                                           \
    } while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *claim);
/* A call's answer: ALEXCL_OK without a word, or a failure that is told. `expected` is 0-terminated: the statuses that
 * may be. */
void fuzz_check_answer(int status, const struct alexcl_error *err, const int *expected);
/* A bad file's. */
extern const int fuzz_bad_data[], fuzz_bad_usage[];
/* The name of a file with these bytes, in memory; the same name each time, until fuzz_file is called for the same slot,
 * 0 or 1, again. */
const char *fuzz_file(int slot, const void *data, size_t size);
/* A copy in memory of exactly that size, which a sanitizer guards, with a zero behind it that is its own where `zero`;
 * free() it. */
void *fuzz_copy(const void *data, size_t size, int zero);
#endif
