/* SPDX-License-Identifier: MIT */
/* A file of Caffe's, binary or text: its tensors can be read, and a net that it describes can be planned, or is
 * refused. */
#ifndef ALEXCL_FUZZ_CAFFE_H
#define ALEXCL_FUZZ_CAFFE_H
#include "fuzz_source.h"

static inline void fuzz_caffe(const uint8_t *data, size_t size) {
    struct source *s;
    struct alexcl_plan *plan;
    struct alexcl_error err = {0};
    unsigned char *bytes = fuzz_copy(data, size, 0);
    int status = source_parse(bytes, size, "fuzz", &s, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status == ALEXCL_OK) {
        for (size_t i = 0; i < s->tensor_count; i++) fuzz_source_check_tensor(s, &s->tensors[i]);
        if (s->model && alexcl_plan_make(s->model, NULL, &plan, &err) == ALEXCL_OK) alexcl_plan_free(plan);
        source_free(s);
    }
    free(bytes);
}
#endif
