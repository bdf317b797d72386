/* SPDX-License-Identifier: MIT */
/* What a device was found to do fastest: whatever is in the file, it is refused with a reason, or every choice in it is
 * possible or not used. */
#include "fuzz.h"
#include "graph.h"
#include "tuning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct alexcl_error err = {0};
    struct tuning *t;
    char *text = fuzz_copy(data, size, 0);
    int status = tuning_parse(text, size, &t, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    free(text);
    if (status != ALEXCL_OK) return 0;
    const struct alexcl_model *model;
    struct graph *g;
    struct target host = {NULL};
    FUZZ_CLAIM(alexcl_model_find("tiny2t", &model, &err) == ALEXCL_OK &&
               graph_make(model, NULL, LAYER_BLOCK, &g, &err) == ALEXCL_OK);
    for (int i = 0; i < g->layer_count; i++) {
        for (int h = 0; h < 2; h++) {
            struct layer *l = &g->layers[i].half[h];
            const struct layer_pass *pass = &l->pass[LAYER_FORWARD];
            char key[TUNING_KEY];
            tuning_key(l, LAYER_FORWARD, key);
            int applied = tuning_apply(t, l, LAYER_FORWARD, &host);
            FUZZ_CLAIM(applied ? tuning_knows(t, key) && pass->tuned && pass->tuned->applicable(l, &host)
                               : !pass->tuned && !pass->tile.size[0]);
        }
    }
    graph_free(g);
    tuning_free(t);
    return 0;
}
