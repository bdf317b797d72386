/* SPDX-License-Identifier: MIT */
/* A weight file: its header, its tensors' values, and what its metadata says of the net. */
#include "metadata.h"
#include "fuzz.h"

static void check_tensor(const struct source *s, const struct source_tensor *t, const unsigned char *bytes,
                         size_t size) {
    char shown[SOURCE_SHOWN];
    float values[8];
    FUZZ_CLAIM(t->data >= bytes + 8 && t->bytes <= size && t->data + t->bytes <= bytes + size);
    FUZZ_CLAIM(source_find(s, t->name) == t); /* names differ */
    FUZZ_CLAIM(strlen(source_show(t->name, shown)) < sizeof shown);
    FUZZ_CLAIM(strlen(source_show_shape(t->dims, t->shape, shown)) < sizeof shown);
    if (t->type == SOURCE_OTHER) return;
    uint64_t count = t->bytes / (t->type == SOURCE_F32 ? 4 : 2), product = 1;
    for (int i = 0; i < t->dims && i < 4; i++) product *= t->shape[i];
    FUZZ_CLAIM(t->dims > 4 || product == count);
    for (uint64_t i = 0; i < count; i += 8) {
        size_t some = count - i < 8 ? (size_t)(count - i) : 8;
        source_read(t, i, some, values);
        const float *place = source_in_place(t, i);
        FUZZ_CLAIM(!place || memcmp(place, values, some * sizeof *values) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct source *s;
    struct alexcl_error err = {0};
    unsigned char *copy = fuzz_copy(data, size, 0);
    int status = source_parse(copy, size, "fuzz", &s, &err), present = 0;
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK) {
        uint64_t end = 0;
        for (size_t i = 0; i < s->tensor_count; i++) {
            const struct source_tensor *t = &s->tensors[i];
            FUZZ_CLAIM(t->begin == end);
            end += t->bytes;
            check_tensor(s, t, copy, size);
        }
        FUZZ_CLAIM(end <= size);
        for (size_t i = 0; i < s->pair_count; i++) FUZZ_CLAIM(s->pairs[i].key && s->pairs[i].value);
        for (size_t i = 0; alexcl_model_get(i); i++) {
            const struct alexcl_model *model = alexcl_model_get(i);
            err = (struct alexcl_error){0};
            status = metadata_check(s, "fuzz", model, size % (model->layer_count + 1), &present, &err);
            fuzz_check_answer(status, &err, fuzz_bad_data);
            FUZZ_CLAIM(!present || s->pair_count > 0);
        }
        source_free(s);
    }
    free(copy);
    return 0;
}
