/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support.h"
#include "weights_match.h"

/* A net of two convolutions (each of 2 x 3 x 1 x 1) and two fully connected layers behind 3 maps of 2 x 4, and what a
 * format may tell of its file. */
static const struct alexcl_layer told_layers[] = {
    {.type = ALEXCL_CONV, .name = "a", .outputs = 3, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_CONV, .name = "b", .outputs = 3, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_FC, .name = "c", .outputs = 2},
    {.type = ALEXCL_RELU, .name = "relu"},
    {.type = ALEXCL_FC, .name = "d", .outputs = 5},
};
static const struct alexcl_model told_model = {.size = sizeof told_model,
                                               .layer_size = sizeof *told_layers,
                                               .name = "told",
                                               .about = "four layers",
                                               .channels = 3,
                                               .height = 2,
                                               .width = 4,
                                               .colour = ALEXCL_RGB,
                                               .scale = 1,
                                               .layers = told_layers,
                                               .layer_count = 6};
enum { TOLD = 8 };
static float told_values[9 + 3 + 9 + 3 + 48 + 2 + 10 + 5 + 100];
static struct source_tensor told_tensors[TOLD + 4];
static struct source told_source(const char *const names[TOLD]) {
    static const uint64_t shapes[TOLD][2] = {{3, 3}, {3, 0}, {3, 3}, {3, 0}, {2, 24}, {2, 0}, {5, 2}, {5, 0}};
    size_t at = 0;
    for (size_t i = 0; i < sizeof told_values / sizeof *told_values; i++) told_values[i] = (float)i;
    for (size_t i = 0; i < TOLD; i++) {
        size_t count = shapes[i][0] * (shapes[i][1] ? shapes[i][1] : 1);
        told_tensors[i] = (struct source_tensor){.name = names[i],
                                                 .type = SOURCE_F32,
                                                 .type_name = "F32",
                                                 .dims = shapes[i][1] ? i < 4 ? 4 : 2 : 1,
                                                 .shape = {shapes[i][0], shapes[i][1], 1, 1},
                                                 .data = (const unsigned char *)(told_values + at),
                                                 .bytes = count * sizeof(float)};
        at += count;
    }
    return (struct source){.tensors = told_tensors, .tensor_count = TOLD};
}
static int told_match(const struct source *file, int whole, struct weights_matched *out, struct weights_list *list,
                      struct alexcl_error *err) {
    EXPECT_OK(weights_list_make(&told_model, NULL, list, err), *err);
    return weights_match(list, file, "told", whole, out, err);
}
static const char *const told_own[TOLD] = {"a.weight", "a.bias", "b.weight", "b.bias",
                                           "c.weight", "c.bias", "d.weight", "d.bias"};
static const char *const told_other[TOLD] = {"x.0.weight", "x.0.bias", "x.2.weight", "x.2.bias",
                                             "y.weight",   "y.bias",   "weight",     "bias"};

START_TEST(tensors_are_told_by_name_else_by_order) {
    struct alexcl_error err = {0};
    struct weights_list list;
    struct string_buffer done = {0};
    struct weights_matched out = {.done = &done};
    struct source file = told_source(told_own);
    /* The names decide, wherever the tensors stand. */
    struct source_tensor first = told_tensors[0];
    told_tensors[0] = told_tensors[2], told_tensors[2] = first;
    file.in_order = 1;
    EXPECT_OK(told_match(&file, 1, &out, &list, &err), err);
    ck_assert(list.tensors[0].from == &told_tensors[2] && list.tensors[2].from == &told_tensors[0] && !out.by_order);
    ck_assert(!done.text);
    weights_list_free(&list);
    /* Without them the order, where the format has one. */
    file = told_source(told_other);
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA,
                 "no tensor a.weight (3x3x1x1) for model told; it has 8 tensors, the first x.0.weight", err);
    weights_list_free(&list);
    file.in_order = 1;
    EXPECT_OK(told_match(&file, 1, &out, &list, &err), err);
    ck_assert(out.by_order && out.count == TOLD);
    ck_assert_str_eq(done.text, "tensors in the file's order, since their names are not model told's\n");
    for (size_t i = 0; i < TOLD; i++) ck_assert(list.tensors[i].from == &told_tensors[i]);
    weights_list_free(&list);
    /* What is no weight of a layer is passed over; more weights than the net has are another net's. */
    told_tensors[TOLD] = told_tensors[TOLD - 1];
    file.tensor_count++;
    told_tensors[TOLD - 1].name = "x.2.running_mean";
    EXPECT_OK(told_match(&file, 1, &out, &list, &err), err);
    ck_assert(list.tensors[TOLD - 1].from == &told_tensors[TOLD]);
    weights_list_free(&list);
    told_tensors[TOLD + 1] = told_tensors[TOLD];
    file.tensor_count++;
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "has 9 weights and biases, model told wants 8",
                 err);
    weights_list_free(&list);
    EXPECT_OK(told_match(&file, 0, &out, &list, &err), err);
    weights_list_free(&list);
    /* The shapes say why; a bias is no weight, whatever its shape. */
    file = told_source(told_other);
    file.in_order = 1;
    told_tensors[4].shape[1] = 23;
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA,
                 "tensor y.weight is 2x23, model told wants 2x24", err);
    weights_list_free(&list);
    file = told_source(told_other);
    file.in_order = 1;
    told_tensors[5].name = "y.weight";
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "no tensor c.bias (2)", err);
    weights_list_free(&list);
    string_buffer_free(&done);
}
END_TEST

START_TEST(columns_behind_maps_are_turned) {
    struct alexcl_error err = {0};
    for (int transposed = 0; transposed < 2; transposed++) {
        struct weights_list list;
        struct string_buffer done = {0};
        struct weights_matched out = {.done = &done};
        struct source file = told_source(told_own);
        float read[48];
        file.channels_last = 1;
        if (transposed) { /* as Keras has it: 24 x 2 */
            told_tensors[4].strided = 1;
            memcpy(told_tensors[4].stride, (uint64_t[4]){1, 2}, sizeof told_tensors[4].stride);
        }
        EXPECT_OK(told_match(&file, 1, &out, &list, &err), err);
        ck_assert_str_eq(done.text, "c: columns from H,W,C to C,H,W\n");
        ck_assert(list.tensors[4].turned && !list.tensors[6].turned && !list.tensors[0].turned);
        source_read(&list.tensors[4].read, 0, 48, read);
        for (int o = 0; o < 2; o++)
            for (int c = 0; c < 3; c++)
                for (int h = 0; h < 2; h++)
                    for (int w = 0; w < 4; w++) {
                        int column = (h * 4 + w) * 3 + c;
                        ck_assert_int_eq((int)read[o * 24 + (c * 2 + h) * 4 + w],
                                         24 + (transposed ? column * 2 + o : o * 24 + column));
                    }
        weights_list_free(&list);
        string_buffer_free(&done);
    }
}
END_TEST

START_TEST(another_number_of_classes_is_told) {
    struct alexcl_error err = {0};
    struct weights_list list;
    struct weights_matched out = {0};
    struct source file = told_source(told_own);
    told_tensors[6].shape[0] = told_tensors[7].shape[0] = 7;
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "d.weight is 7x2, model told wants 5x2", err);
    weights_list_free(&list);
    out.any_classes = 1;
    EXPECT_OK(told_match(&file, 1, &out, &list, &err), err);
    ck_assert_int_eq(out.classes, 7);
    weights_list_free(&list);
    told_tensors[7].shape[0] = 6; /* both must agree */
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "d.bias is 6", err);
    weights_list_free(&list);
    told_tensors[7].shape[0] = 5;
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "d.bias is 5", err);
    weights_list_free(&list);
    file = told_source(told_own);
    told_tensors[4].shape[0] = told_tensors[5].shape[0] = 4; /* only the last layer's */
    EXPECT_ERROR(told_match(&file, 1, &out, &list, &err), ALEXCL_E_DATA, "c.weight is 4x24", err);
    weights_list_free(&list);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("weights_match");
    tcase_add_test(tests, tensors_are_told_by_name_else_by_order);
    tcase_add_test(tests, columns_behind_maps_are_turned);
    tcase_add_test(tests, another_number_of_classes_is_told);
    return support_run(tests);
}
