/* SPDX-License-Identifier: MIT */
#include "files.h"
#include "support.h"
#include "weight_files.h"

static const struct alexcl_model *model_named(const char *name) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m = NULL;
    EXPECT_OK(alexcl_model_find(name, &m, &err), err);
    return m;
}

static int derived(const char *name, int classes, int height, int width, struct alexcl_model **out,
                   struct alexcl_error *err) {
    const struct alexcl_model_change change = {
        .size = sizeof change, .classes = classes, .height = height, .width = width};
    return alexcl_model_derive(model_named(name), &change, out, err);
}

/* Shape of the net's output, and how many parameters it has. */
static struct alexcl_shape output(const struct alexcl_model *m, uint64_t *parameters) {
    struct alexcl_error err = {0};
    struct alexcl_plan *plan = NULL;
    EXPECT_OK(alexcl_plan_make(m, NULL, &plan, &err), err);
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    *parameters = plan->parameters;
    alexcl_plan_free(plan);
    return out;
}

START_TEST(another_number_of_classes) {
    static const struct {
        const char *model;
        int inputs; /* of the last layer with weights */
    } nets[] = {{"alexnet", 4096}, {"squeezenet", 512}, {"nin", 1024}, {"googlenet", 1024}};
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    uint64_t before, after;
    EXPECT_OK(derived(nets[_i].model, 37, 0, 0, &m, &err), err);
    struct alexcl_shape was = output(model_named(nets[_i].model), &before), is = output(m, &after);
    ck_assert_int_eq(was.c, 1000);
    ck_assert_int_eq(is.c, 37);
    ck_assert_uint_eq(before - after, (1000 - 37) * (uint64_t)(nets[_i].inputs + 1));
    alexcl_model_free(m);
}
END_TEST

START_TEST(another_size_of_the_input) {
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL, *again = NULL;
    const struct alexcl_model_change classes = {.size = sizeof classes, .classes = 5};
    uint64_t parameters;
    EXPECT_OK(derived("squeezenet", 0, 100, 131, &m, &err), err);
    ck_assert_int_eq(m->height, 100);
    ck_assert_int_eq(m->width, 131);
    ck_assert_int_eq(m->resize, 113); /* 256 x 100 / 227 */
    EXPECT_OK(alexcl_model_derive(m, &classes, &again, &err), err);
    ck_assert_int_eq(again->width, 131);
    ck_assert_int_eq(again->resize, 113);
    ck_assert_int_eq(output(again, &parameters).c, 5);
    alexcl_model_free(again);
    alexcl_model_free(m);
}
END_TEST

START_TEST(what_cannot_be_changed) {
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    EXPECT_ERROR(derived("alexnet", -3, 0, 0, &m, &err), ALEXCL_E_USAGE, "outputs -3: it must be", err);
    EXPECT_ERROR(derived("alexnet", 0, 1 << 20, 0, &m, &err), ALEXCL_E_USAGE, "height 1048576", err);
    static const struct alexcl_layer pool = {
        .type = ALEXCL_MAXPOOL, .name = "pool", .kernel = {2, 2}, .stride = {2, 2}};
    const struct alexcl_model no_weights = {.size = sizeof no_weights,
                                            .name = "pooled",
                                            .about = "",
                                            .channels = 1,
                                            .height = 4,
                                            .width = 4,
                                            .colour = ALEXCL_GREY,
                                            .scale = 1,
                                            .layers = &pool,
                                            .layer_count = 1,
                                            .layer_size = sizeof pool};
    const struct alexcl_model_change change = {.size = sizeof change, .classes = 2};
    EXPECT_ERROR(alexcl_model_derive(&no_weights, &change, &m, &err), ALEXCL_E_USAGE, "no last layer", err);
    ck_assert_ptr_null(m);
}
END_TEST

START_TEST(a_file_of_weights_is_no_net) {
    struct alexcl_error err = {0};
    struct alexcl_weights *w = NULL;
    struct alexcl_model *m = NULL;
    const char *path = weight_file_write("", 0);
    EXPECT_OK(alexcl_weights_generate(model_named("tiny2t"), 1, NULL, NULL, 0, &w, &err), err);
    EXPECT_OK(alexcl_weights_save(w, path, &err), err);
    alexcl_weights_free(w);
    EXPECT_ERROR(alexcl_model_open(path, &m, NULL, &err), ALEXCL_E_DATA, "(safetensors), which does not describe", err);
    EXPECT_ERROR(alexcl_model_open("/nowhere.onnx", &m, NULL, &err), ALEXCL_E_DATA, "nowhere.onnx", err);
    ck_assert_ptr_null(m);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("model_made");
    tcase_add_loop_test(tests, another_number_of_classes, 0, 4);
    tcase_add_test(tests, another_size_of_the_input);
    tcase_add_test(tests, what_cannot_be_changed);
    tcase_add_test(tests, a_file_of_weights_is_no_net);
    return support_run(tests);
}
