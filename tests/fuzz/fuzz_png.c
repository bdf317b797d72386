/* SPDX-License-Identifier: MIT */
/* PNG. Mutations keep the chunks' checksums right most of the time, else nothing but the checksum is ever tried. */
#include "fuzz_picture.h"
#include "png_file.h"

static uint32_t read_number(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture p;
    /* slow: one of 64 */
    if (size >= 24 && (uint64_t)read_number(data + 16) * read_number(data + 20) > FUZZ_PIXELS && size % 64) return 0;
    if (fuzz_picture_decode(png_file_decode, data, size, "IDAT", 4, &p)) picture_free(&p);
    return 0;
}

/* libFuzzer's, where it is linked. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, max);
    if (seed % 16 == 0) return size;
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = read_number(data + at);
        if (length > size - at - 12) break;
        uint32_t crc = 0xffffffff; /* PNG specification, annex D */
        for (size_t k = at + 4; k < at + 8 + length; k++) {
            crc ^= data[k];
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        for (int i = 0; i < 4; i++) data[at + 8 + length + (size_t)i] = (uint8_t)(~crc >> (24 - 8 * i));
        at += 12 + length;
    }
    return size;
}
