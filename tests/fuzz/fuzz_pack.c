/* SPDX-License-Identifier: MIT */
/* Packed data sets: what is read is whole, and lies in the file. */
#include "fuzz.h"
#include "pack_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct alexcl_error err = {0};
    struct pack_file p;
    unsigned sum = 0;
    int status = pack_file_open(fuzz_file(0, data, size), &p, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    FUZZ_CLAIM((status == ALEXCL_OK) == (p.mapping != NULL));
    if (status != ALEXCL_OK) return 0;
    size_t bytes = p.count * (size_t)p.channels * (size_t)p.height * (size_t)p.width;
    FUZZ_CLAIM(pack_file_takes(p.mapping, p.length));
    FUZZ_CLAIM(p.count > 0 && p.pictures + bytes == (const unsigned char *)p.mapping + p.length);
    for (size_t i = 0; i < bytes; i++) sum += p.pictures[i];
    for (size_t i = 0; p.labels && i < p.count; i++) FUZZ_CLAIM((size_t)p.labels[i] < p.classes);
    for (size_t i = 0; p.names && i < p.classes; i++) sum += (unsigned)strlen(p.names[i]);
    pack_file_free(&p);
    return sum == 1 && bytes == 0;
}
