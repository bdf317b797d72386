/* SPDX-License-Identifier: MIT */
/* A net as a message, with weights. */
#include "fuzz_caffe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_caffe(data, size);
    return 0;
}
