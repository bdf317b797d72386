/* SPDX-License-Identifier: MIT */
/* An ONNX file: its tensors, and the net that it describes. */
#include "fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct source *s;
    struct alexcl_plan *plan = NULL;
    struct alexcl_error err = {0};
    unsigned char *bytes = fuzz_copy(data, size, 0);
    int status = onnx_format.probe(bytes, size) ? source_parse(bytes, size, "fuzz", &s, &err) : ALEXCL_E_DATA;
    if (status == ALEXCL_OK) {
        FUZZ_CLAIM(s->model || s->no_model);
        for (size_t i = 0; i < s->tensor_count; i++) fuzz_source_check_tensor(s, &s->tensors[i]);
        if (s->model && alexcl_plan_make(s->model, NULL, &plan, &err) == ALEXCL_OK) {
            FUZZ_CLAIM(plan->layer_count == s->model->layer_count); /* none that the output does not need */
            alexcl_plan_free(plan);
        }
        source_free(s);
    } else if (err.status) {
        fuzz_check_answer(status, &err, fuzz_bad_data);
    }
    free(bytes);
    return 0;
}
