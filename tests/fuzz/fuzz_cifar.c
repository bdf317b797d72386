/* SPDX-License-Identifier: MIT */
/* Files of CIFAR. Records are long: an input's bytes are spread over them, eight at the beginning of each. */
#include "cifar_file.h"
#include "fuzz.h"

enum { STARTS = 8, MOST_RECORDS = 16 };

/* The first byte tells how long a record is, and what the file lacks or has beyond whole ones. */
static unsigned char *spread(const uint8_t *data, size_t size, size_t *length) {
    size_t record = 3073 + (data[0] & 1), starts = (size - 1 + STARTS - 1) / STARTS;
    if (starts > MOST_RECORDS) starts = MOST_RECORDS;
    unsigned char *file = calloc(1, starts * record + 4);
    FUZZ_CLAIM(file != NULL);
    for (size_t i = 0; i < starts * STARTS && i + 1 < size; i++) file[i / STARTS * record + i % STARTS] = data[i + 1];
    *length = starts * record;
    if (data[0] >= 0xf0) *length += data[0] & 3;
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cifar_file cifar;
    struct alexcl_error err = {0};
    size_t length = size;
    unsigned char *file = size ? spread(data, size, &length) : fuzz_copy(data, 0, 0);
    int status = cifar_file_read(fuzz_file(0, file, length), &cifar, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    unsigned sum = 0;
    for (size_t i = 0; i < cifar.count; i++) {
        int label = cifar_file_label(&cifar, i);
        FUZZ_CLAIM(label >= 0 && label < cifar.classes);
        for (size_t p = 0; p < CIFAR_FILE_PIXELS; p++) sum += cifar_file_pixels(&cifar, i)[p];
    }
    FUZZ_CLAIM(status != ALEXCL_OK || (cifar.count > 0 && sum <= 255 * length));
    cifar_file_free(&cifar);
    free(file);
    return 0;
}
