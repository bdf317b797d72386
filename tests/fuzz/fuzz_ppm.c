/* SPDX-License-Identifier: MIT */
/* PPM, PGM and PBM. A picture has at most eight pixels for each byte of the file. */
#include "fuzz_picture.h"
#include "ppm_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture p;
    if (!fuzz_picture_decode(ppm_file_decode, data, size, "P", 1, &p)) return 0;
    FUZZ_CLAIM((size_t)p.width * (size_t)p.height <= 8 * size);
    picture_free(&p);
    return 0;
}
