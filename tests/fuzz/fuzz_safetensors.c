/* SPDX-License-Identifier: MIT */
/* A weight file: its header, its tensors' values, and what its metadata says of the net. */
#include "metadata.h"
#include "fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct source *s;
    struct alexcl_error err = {0};
    unsigned char *copy = fuzz_copy(data, size, 0);
    int status = source_parse(copy, size, "fuzz", &s, &err), present = 0;
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK && strcmp(s->format->name, "safetensors") != 0) {
        source_free(s); /* another reader's */
    } else if (status == ALEXCL_OK) {
        uint64_t end = 0;
        for (size_t i = 0; i < s->tensor_count; i++) {
            const struct source_tensor *t = &s->tensors[i];
            FUZZ_CLAIM(t->begin == end);
            FUZZ_CLAIM(t->data >= copy + 8 && t->bytes <= size && t->data + t->bytes <= copy + size);
            end += t->bytes;
            fuzz_source_check_tensor(s, t);
        }
        FUZZ_CLAIM(end <= size);
        for (size_t i = 0; i < s->pair_count; i++) FUZZ_CLAIM(s->pairs[i].key && s->pairs[i].value);
        /* One net an input: what does not match it is compared with all. */
        size_t models = 0;
        while (alexcl_model_get(models)) models++;
        const struct alexcl_model *model = alexcl_model_get(size % models);
        err = (struct alexcl_error){0};
        status = metadata_check(s, "fuzz", model, size / models % (model->layer_count + 1), &present, &err);
        fuzz_check_answer(status, &err, fuzz_bad_data);
        FUZZ_CLAIM(!present || s->pair_count > 0);
        source_free(s);
    }
    free(copy);
    return 0;
}
