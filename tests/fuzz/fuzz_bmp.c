/* SPDX-License-Identifier: MIT */
/* BMP. */
#include <string.h>

#include "bmp_file.h"
#include "fuzz_picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture p;
    int32_t sides[2] = {0, 0};
    if (size >= 26) memcpy(sides, data + 18, sizeof sides);
    double pixels = (double)sides[0] * (double)sides[1];
    if ((pixels > FUZZ_PIXELS || -pixels > FUZZ_PIXELS) && size % 64) return 0; /* slow: one of 64 */
    if (fuzz_picture_decode(bmp_file_decode, data, size, "", 0, &p)) picture_free(&p);
    return 0;
}
