/* SPDX-License-Identifier: MIT */
/* What a child tells of an HDF5 file (h5_write.h), which nothing vouches for, and a model's config: two bytes of how
 * long the config is, the config, the message. libhdf5 is not fuzzed: it may die, in a process of its own. */
#include "keras.h"
#include "fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const unsigned char file[256] = {1, 2, 3};
    struct source *s;
    struct alexcl_error err = {0};
    if (size < 2) return 0;
    size_t config = data[0] | (size_t)data[1] << 8;
    if (config > size - 2) config = size - 2;
    char *text = (char *)fuzz_copy(data + 2, config, 0);
    size_t length = size - 2 - config;
    unsigned char *message = fuzz_copy(data + 2 + config, length, 0);
    int status = keras_parse_message(message, length, text, config, file, sizeof file, "fuzz", &s, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK) {
        for (size_t i = 0; i < s->tensor_count; i++) fuzz_source_check_tensor(s, &s->tensors[i]);
        source_free(s);
    }
    free(text);
    return 0;
}
