/* SPDX-License-Identifier: MIT */
/* JPEG, with Exif. */
#include "fuzz_picture.h"
#include "jpeg_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture p;
    for (size_t i = 0; i + 9 <= size; i++) /* frames; slow ones: one of 64 */
        if (data[i] == 0xff && data[i + 1] >= 0xc0 && data[i + 1] <= 0xcf &&
            (data[i + 5] << 8 | data[i + 6]) * (uint64_t)(data[i + 7] << 8 | data[i + 8]) > FUZZ_PIXELS && size % 64)
            return 0;
    if (fuzz_picture_decode(jpeg_file_decode, data, size, "\xff\xda", 2, &p)) picture_free(&p);
    return 0;
}
