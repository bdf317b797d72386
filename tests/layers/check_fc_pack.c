/* SPDX-License-Identifier: MIT */
/* Weights of fully connected layers as fc_cpu.cl reads them, by docs/layout.md's table, and as halves: for every place
 * of the packed memory it is worked out here which weight belongs there. */
#include "fc_pack.h"

#include <stdlib.h>
#include <string.h>

#include "fp16.h"
#include "support.h"

/* A half of a layer behind `maps`. */
struct example {
    struct alexcl_shape maps;
    int outputs, half, block;
};
static const struct example examples[] = {
    {{7, 1, 1}, 5, 0, 1},    {{130, 1, 1}, 131, 1, 1}, {{3, 2, 5}, 66, 0, 1},    {{37, 3, 2}, 35, 1, 16},
    {{32, 1, 3}, 65, 0, 16}, {{1, 4, 4}, 3, 1, 16},    {{50, 2, 2}, 200, 0, 16},
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static struct layer describe(const struct example *e) {
    static struct alexcl_layer desc;
    struct alexcl_error err = {0};
    struct layer l;
    desc = (struct alexcl_layer){.type = ALEXCL_FC, .name = "fc", .outputs = e->outputs};
    EXPECT_OK(layer_describe(&l, &desc, e->half, (struct alexcl_shape){(int)shape_size(e->maps), 1, 1}, &err), err);
    l.shape.maps = e->maps;
    l.choice.in_block = e->block;
    return l;
}

static int upwards(int a, int b) { return (a + b - 1) / b; }
static int own_outputs(const struct example *e) { return e->half ? e->outputs / 2 : e->outputs - e->outputs / 2; }

/* Places of the input: both halves' blocks, or as many as there are units. */
static int places(const struct example *e) {
    int half0 = e->maps.c - e->maps.c / 2;
    return e->block == 1 ? (int)shape_size(e->maps)
                         : (upwards(half0, 16) + upwards(e->maps.c / 2, 16)) * 16 * e->maps.h * e->maps.w;
}

/* The unit that lies at a place, -1: none. */
static int unit_at(const struct example *e, int place) {
    int hw = e->maps.h * e->maps.w, half0 = e->maps.c - e->maps.c / 2, end0 = upwards(half0, 16) * 16 * hw;
    if (e->block == 1) return place;
    int second = place >= end0, within = second ? place - end0 : place, c = within / (16 * hw) * 16 + within % 16;
    if (c >= (second ? e->maps.c / 2 : half0)) return -1;
    return (second ? half0 + c : c) * hw + within / 16 % hw;
}

/* What is due at a place of packed weights: blocks of 32 outputs, places of the input, the 32 outputs. */
static float due_at(const struct example *e, const float *w, int at) {
    int o = at / (32 * places(e)) * 32 + at % 32, unit = unit_at(e, at / 32 % places(e));
    return o < own_outputs(e) && unit >= 0 ? w[o * (int)shape_size(e->maps) + unit] : 0.0f;
}

START_TEST(weights_lie_where_the_page_says_part_after_part) {
    for (int n = 0; n < EXAMPLES; n++) {
        const struct example *e = &examples[n];
        struct layer l = describe(e);
        size_t part = (size_t)(32 * places(e)), floats = (size_t)upwards(own_outputs(e), 32) * part;
        float *w = support_random(layer_tensor_floats(&l.shape.tensors[0]), "w", 1.0);
        ck_assert_uint_eq(fc_pack_floats(&l, NULL, 0), floats);
        ck_assert_uint_eq(fc_pack_part(&l, 0), part);
        for (size_t first = 0; first < floats; first += part) {
            float *packed = support_floats(part + 1);
            packed[part] = 7.0f;
            fc_pack(&l, 0, w, first, packed);
            ck_assert_msg(packed[part] == 7.0f, "case %d: written behind a part", n);
            for (size_t i = 0; i < part; i++)
                ck_assert_msg(packed[i] == due_at(e, w, (int)(first + i)), "case %d: %zu holds %g", n, first + i,
                              (double)packed[i]);
            free(packed);
        }
        free(w);
    }
}
END_TEST

START_TEST(biases_are_filled_up) {
    for (int n = 0; n < EXAMPLES; n++) {
        struct layer l = describe(&examples[n]);
        size_t own = (size_t)own_outputs(&examples[n]), floats = (size_t)upwards((int)own, 32) * 32;
        float *b = support_random(own, "b", 1.0), *packed = support_floats(floats);
        ck_assert_uint_eq(fc_pack_floats(&l, NULL, 1), floats);
        fc_pack(&l, 1, b, 0, packed);
        for (size_t i = 0; i < floats; i++) ck_assert(packed[i] == (i < own ? b[i] : 0.0f));
        free(b), free(packed);
    }
}
END_TEST

/* On the target under test: half precision changes how wide a weight is, not where it lies. */
START_TEST(halves_lie_where_floats_do) {
    for (int n = 0; n < EXAMPLES; n++) {
        const struct example *e = &examples[n];
        struct alexcl_error err = {0};
        struct layer l = describe(e);
        if (!support_target()->device) l.choice.in_block = 1;
        const struct example here = {e->maps, e->outputs, e->half, l.choice.in_block};
        l.choice.precision = PRECISION_HALF;
        size_t count = layer_tensor_floats(&l.shape.tensors[0]), own = (size_t)own_outputs(e);
        float *w = support_random(count, "w", 1.0), *b = support_random(own, "b", 1.0);
        const float *const values[LAYER_TENSORS] = {w, b};
        EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), values, &err), err);
        int turned = l.pass[LAYER_FORWARD].variant->pack == fc_pack;
        size_t packed = turned ? fc_pack_floats(&l, NULL, 0) : count, floats = (packed + 1) / 2;
        ck_assert_uint_eq(layer_parameter_floats(&l, support_target(), 0), floats);
        float *kept = support_floats(floats);
        EXPECT_OK(storage_read(&l.pass[LAYER_FORWARD].parameters[0], 0, kept, floats, &err), err);
        for (size_t i = 0; i < packed; i++) {
            float due = turned ? due_at(&here, w, (int)i) : w[i];
            ck_assert_msg(fp16_at(kept, i) == fp16_to_float(fp16_from_float(due)), "case %d: half %zu is %g, not %g", n,
                          i, (double)fp16_at(kept, i), (double)due);
        }
        layer_release(&l);
        free(w), free(b), free(kept);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_pack");
    tcase_add_test(tests, weights_lie_where_the_page_says_part_after_part);
    tcase_add_test(tests, biases_are_filled_up);
    tcase_add_test(tests, halves_lie_where_floats_do);
    return support_run(tests);
}
