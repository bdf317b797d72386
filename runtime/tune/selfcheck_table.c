/* SPDX-License-Identifier: MIT */
/* The small layers of `alexcl check`: every variant of every kind of layer, so every file of kernels/. Sizes are
 * odd, no multiples of a tile or a work-group, and small: what is asked is whether a driver is right, not whether a
 * kernel is (tests/kernels ask that). The convolutions are as wide as those of tiny2t, with which they share their
 * programs. */
#include <string.h>

#include "selfcheck.h"

static const struct {
    struct alexcl_layer desc;
    struct alexcl_shape in;
    int images; /* 0: 5, which is no multiple of what a kernel makes at once */
} table[] = {
    {{.type = ALEXCL_CONV, .name = "conv", .outputs = 34, .kernel = 11, .stride = 4, .pad = 2, .groups = 1},
     {3, 23, 95},
     0},
    {{.type = ALEXCL_CONV, .name = "conv", .outputs = 36, .kernel = 5, .stride = 1, .pad = 2, .groups = 2},
     {6, 9, 11},
     0},
    {{.type = ALEXCL_CONV, .name = "conv", .outputs = 21, .kernel = 3, .stride = 1, .pad = 1, .groups = 1},
     {129, 7, 5},
     0},
    /* CLBlast multiplies large matrices by other kernels than small ones: half of the paper's conv2. For it alone. */
    {{.type = ALEXCL_CONV, .name = "conv", .outputs = 256, .kernel = 5, .stride = 1, .pad = 2, .groups = 2},
     {96, 27, 27},
     1},
    {{.type = ALEXCL_FC, .name = "fc", .outputs = 33}, {130, 1, 1}, 0},
    {{.type = ALEXCL_RBF, .name = "rbf", .outputs = 10}, {84, 1, 1}, 0},
    {{.type = ALEXCL_LRN, .name = "lrn", .kernel = 5, .k = 2, .alpha = 0.3, .beta = 0.75, .span = ALEXCL_SPAN_HALF},
     {16, 5, 13},
     0},
    {{.type = ALEXCL_LRN, .name = "lrn", .kernel = 5, .k = 2, .alpha = 0.3, .beta = 0.6, .span = ALEXCL_SPAN_LAYER},
     {13, 5, 13},
     0},
    {{.type = ALEXCL_RNORM, .name = "rnorm", .kernel = 5, .k = 1, .alpha = 0.04, .beta = 0.75}, {5, 11, 7}, 0},
    {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = 3, .stride = 2}, {5, 13, 13}, 0},
    {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = 2, .stride = 3, .ceil_mode = 1}, {3, 8, 9}, 0},
    {{.type = ALEXCL_AVGPOOL, .name = "avgpool", .kernel = 3, .stride = 2, .ceil_mode = 1}, {5, 12, 10}, 0},
    {{.type = ALEXCL_SUBSAMPLE, .name = "subsample", .kernel = 2, .stride = 2}, {5, 10, 14}, 0},
    {{.type = ALEXCL_RELU, .name = "relu"}, {5, 7, 3}, 0},
    {{.type = ALEXCL_TANH, .name = "tanh"}, {5, 7, 3}, 0},
    {{.type = ALEXCL_SIGMOID, .name = "sigmoid"}, {5, 7, 3}, 0},
    {{.type = ALEXCL_LECUN_TANH, .name = "lecun_tanh"}, {5, 7, 3}, 0},
    {{.type = ALEXCL_DROPOUT, .name = "dropout", .rate = 0.5, .dropout = ALEXCL_DROPOUT_PAPER}, {150, 1, 1}, 0},
    {{.type = ALEXCL_SOFTMAX, .name = "softmax"}, {10, 1, 1}, 0},
    {{.type = ALEXCL_SOFTMAX, .name = "softmax"}, {201, 1, 1}, 0},
};
enum { ROWS = sizeof table / sizeof *table };

static const struct selfcheck_part *const parts[] = {&selfcheck_join, &selfcheck_im2col, &selfcheck_bias,
                                                     &selfcheck_peak};
enum { PARTS = sizeof parts / sizeof *parts };

int selfcheck_table_case(const struct place *place, unsigned number, struct selfcheck_case *out) {
    for (int row = 0; row < ROWS; row++) {
        struct alexcl_error ignored = {0};
        struct layer l;
        if (layer_describe(&l, &table[row].desc, 0, table[row].in, &ignored) != ALEXCL_OK) continue;
        for (const struct layer_variant *const *v = l.ops->variants; *v; v++) {
            int large = table[row].images != 0 && strcmp((*v)->name, "clblast") != 0;
            /* fully connected layers with both kinds of weights */
            for (int way = 0; way < 2 * LAYER_WAYS && !large; way++) {
                l.fp16 = way >= LAYER_WAYS;
                if (l.fp16 && table[row].desc.type != ALEXCL_FC) break;
                if (!layer_set_way(&l, way % LAYER_WAYS, layer_block(place)) || !(*v)->applicable(&l, place) ||
                    number-- > 0)
                    continue;
                *out = (struct selfcheck_case){.desc = table[row].desc,
                                               .in = table[row].in,
                                               .variant = *v,
                                               .first = 1,
                                               .images = table[row].images ? table[row].images : 5,
                                               .fp16 = l.fp16,
                                               .in_block = l.in_block,
                                               .out_block = l.out_block};
                return 1;
            }
        }
    }
    if (number >= PARTS) return 0;
    *out = selfcheck_case_of_part(parts[number], 1);
    return 1;
}

int selfcheck_table_names(unsigned number, const char **kernels, const char **layer) {
    for (int row = 0; row < ROWS; row++) {
        struct alexcl_error ignored = {0};
        struct layer l;
        if (layer_describe(&l, &table[row].desc, 0, table[row].in, &ignored) != ALEXCL_OK) continue;
        for (const struct layer_variant *const *v = l.ops->variants; *v; v++) {
            if (number-- > 0) continue;
            *kernels = (*v)->kernels ? (*v)->kernels : ""; /* the reference has none */
            *layer = table[row].desc.name;
            return 1;
        }
    }
    if (number >= PARTS) return 0;
    *kernels = parts[number]->kernels;
    *layer = parts[number]->desc.name;
    return 1;
}
