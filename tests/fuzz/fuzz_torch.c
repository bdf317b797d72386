/* SPDX-License-Identifier: MIT */
/* A checkpoint of PyTorch's: an archive as it is, or a pickle, of which an archive is made. A random archive seldom
 * gets past its checksums. */
#include "fuzz_source.h"
#include "torch_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct source *s;
    struct alexcl_error err = {0};
    int archive = size > 4 && memcmp(data, "PK\3\4", 4) == 0;
    size_t length = size;
    unsigned char *bytes = archive ? fuzz_copy(data, size, 0) : torch_archive_make(data, size, &length);
    int status = source_parse(bytes, length, "fuzz", &s, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK) {
        for (size_t i = 0; i < s->tensor_count; i++) fuzz_source_check_tensor(s, &s->tensors[i]);
        source_free(s);
    }
    free(bytes);
    return 0;
}
