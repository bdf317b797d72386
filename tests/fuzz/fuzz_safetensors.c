/* SPDX-License-Identifier: MIT */
/* A weight file: its header, its tensors' values, and what its metadata says of the net. */
#include "metadata.h"
#include "fuzz.h"

static void check_tensor(const struct safetensors *s, const struct safetensors_tensor *t, const unsigned char *bytes,
                         size_t size) {
    char shown[SAFETENSORS_SHOWN];
    float values[8];
    FUZZ_CLAIM(t->data >= bytes + 8 && t->bytes <= size && t->data + t->bytes <= bytes + size);
    FUZZ_CLAIM(safetensors_find(s, t->name) == t); /* names differ */
    FUZZ_CLAIM(strlen(safetensors_show(t->name, shown)) < sizeof shown);
    FUZZ_CLAIM(strlen(safetensors_show_shape(t->dims, t->shape, shown)) < sizeof shown);
    if (t->type == SAFETENSORS_OTHER) return;
    uint64_t count = t->bytes / (t->type == SAFETENSORS_F32 ? 4 : 2), product = 1;
    for (int i = 0; i < t->dims && i < 4; i++) product *= t->shape[i];
    FUZZ_CLAIM(t->dims > 4 || product == count);
    for (uint64_t i = 0; i < count; i += 8) {
        size_t some = count - i < 8 ? (size_t)(count - i) : 8;
        safetensors_read(t, i, some, values);
        const float *place = safetensors_in_place(t, i);
        FUZZ_CLAIM(!place || memcmp(place, values, some * sizeof *values) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct safetensors *s;
    struct alexcl_error err = {0};
    unsigned char *copy = fuzz_copy(data, size, 0);
    int status = safetensors_parse(copy, size, "fuzz", &s, &err), present = 0;
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK) {
        uint64_t end = 0;
        const char *key, *value;
        for (size_t i = 0; i < safetensors_count(s); i++) {
            const struct safetensors_tensor *t = safetensors_get(s, i);
            FUZZ_CLAIM(t->begin == end);
            end += t->bytes;
            check_tensor(s, t, copy, size);
        }
        FUZZ_CLAIM(end <= size);
        size_t pairs = 0;
        for (; safetensors_metadata(s, pairs, &key, &value); pairs++) FUZZ_CLAIM(key && value);
        for (size_t i = 0; alexcl_model_get(i); i++) {
            const struct alexcl_model *model = alexcl_model_get(i);
            err = (struct alexcl_error){0};
            status = metadata_check(s, "fuzz", model, size % (model->layer_count + 1), &present, &err);
            fuzz_check_answer(status, &err, fuzz_bad_data);
            FUZZ_CLAIM(!present || pairs > 0);
        }
        safetensors_free(s);
    }
    free(copy);
    return 0;
}
