/* SPDX-License-Identifier: MIT */
/* WebP, its container and libwebp behind it, which takes a picture without a container too. */
#include <webp/decode.h>

#include "fuzz_picture.h"
#include "webp_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct picture p;
    int width, height;
    if (WebPGetInfo(data, size, &width, &height) && (uint64_t)width * (uint64_t)height > FUZZ_PIXELS) return 0;
    if (fuzz_picture_decode(webp_file_decode, data, size, "", 0, &p)) picture_free(&p);
    return 0;
}
