/* SPDX-License-Identifier: MIT */
/* Weights of a small net from a file. What is accepted is saved, and read again as the same values. */
#include <unistd.h>

#include "fuzz.h"
#include "safetensors.h"
#include "weights.h"

static const uint32_t connections[2] = {1, 3};
static const struct alexcl_layer layers[] = {
    {.type = ALEXCL_CONV,
     .name = "c",
     .outputs = 2,
     .kernel = {1, 1},
     .stride = {1, 1},
     .groups = 1,
     .connections = connections},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_FC, .name = "f", .outputs = 2},
};
static const char *const aliases[][2] = {{"f.weight", "fc.weight"}, {"f.bias", "fc.bias"}, {NULL, NULL}};
static const struct alexcl_model model = {.size = sizeof model,
                                          .layer_size = sizeof(struct alexcl_layer),
                                          .name = "fuzz",
                                          .about = "two layers",
                                          .channels = 2,
                                          .height = 1,
                                          .width = 1,
                                          .colour = ALEXCL_RGB,
                                          .resize = 1,
                                          .scale = 1,
                                          .layers = layers,
                                          .layer_count = 3,
                                          .aliases = aliases};
static const struct {
    int layer, dims, shape[4];
    const char *suffix;
} tensors[] = {{0, 4, {2, 2, 1, 1}, "weight"}, {0, 1, {2}, "bias"}, {2, 2, {2, 2}, "weight"}, {2, 1, {2}, "bias"}};

static void read_values(const struct alexcl_weights *w, size_t count, float out[4][4]) {
    memset(out, 0, sizeof(float[4][4]));
    for (size_t i = 0; i < count; i++) {
        struct weights_view v;
        struct alexcl_error err = {0};
        int status = weights_view_open(w, &layers[tensors[i].layer], tensors[i].suffix, tensors[i].dims,
                                       tensors[i].shape, 0, 2, &v, &err);
        fuzz_check_answer(status, &err, (int[]){0});
        FUZZ_CLAIM(v.count == (tensors[i].dims == 1 ? 2 : 4));
        memcpy(out[i], v.values, v.count * sizeof(float));
        weights_view_close(&v);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    struct alexcl_weights *w, *again;
    struct alexcl_error err = {0};
    float values[4][4], values_again[4][4];
    if (!path[0]) snprintf(path, sizeof path, "fuzz_weights.%ld.safetensors", (long)getpid());
    for (int part = 0; part < 2; part++) { /* of the first layer alone, then all */
        err = (struct alexcl_error){0};
        int status = alexcl_weights_open(fuzz_file(0, data, size), &model, part ? NULL : "flat", &w, &err);
        fuzz_check_answer(status, &err, fuzz_bad_data);
        if (status != ALEXCL_OK) continue;
        read_values(w, part ? 4 : 2, values);
        FUZZ_CLAIM(values[0][1] == 0); /* output 0 does not read input 1 */
        FUZZ_CLAIM(strstr(alexcl_weights_describe(w), "model fuzz"));
        if (part) {
            fuzz_check_answer(alexcl_weights_save(w, path, &err), &err, (int[]){0});
            fuzz_check_answer(alexcl_weights_open(path, &model, NULL, &again, &err), &err, (int[]){0});
            read_values(again, 4, values_again);
            FUZZ_CLAIM(memcmp(values, values_again, sizeof values) == 0);
            FUZZ_CLAIM(alexcl_weights_random(w) == alexcl_weights_random(again));
            alexcl_weights_free(again);
            unlink(path);
        }
        alexcl_weights_free(w);
    }
    return 0;
}
