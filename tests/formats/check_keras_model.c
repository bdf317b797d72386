/* SPDX-License-Identifier: MIT */
/* Rows of configs made by hand. What they compute: tests/net/check_keras_nets.c. */
#include "keras_model.h"

#include <string.h>

#include "support.h"

static void make(const char *text, struct keras_config *config, struct keras_model *out) {
    struct alexcl_error err = {0};
    struct string_buffer done = {0};
    *out = (struct keras_model){0};
    EXPECT_OK(keras_config_read(text, strlen(text), "f", config, &err), err);
    EXPECT_OK(keras_model_make(config, out, &done, &err), err);
    string_buffer_free(&done);
}

/* A Sequential of one layer behind an input of 6 x 5 x 3, and a ReLU behind it, and what is said of it. */
static const struct {
    const char *class_name, *config, *says; /* NULL: it is run */
} layers[] = {
    {"Conv2D", "\"filters\":2,\"kernel_size\":[2,3],\"strides\":[2,1],\"padding\":\"same\"", NULL},
    {"Conv2D", "\"filters\":2,\"kernel_size\":[2,3],\"activation\":\"gelu\"", "layer x (Conv2D): the activation gelu"},
    {"Conv2D", "\"filters\":2,\"kernel_size\":7", "its window is larger than its maps"},
    {"Conv2D", "\"filters\":2,\"kernel_size\":[0,1]", "its window is not told in numbers"},
    {"Conv2D", "\"filters\":-2,\"kernel_size\":1", "its number of filters is not told"},
    {"Conv2D", "\"filters\":2,\"kernel_size\":1,\"padding\":\"causal\"", "its padding is neither valid nor same"},
    {"MaxPooling2D", "\"pool_size\":[3,3],\"strides\":null", NULL},
    {"ReLU", "\"max_value\":null,\"negative_slope\":0.0,\"threshold\":0.0", NULL},
    {"ReLU", "\"max_value\":6.0", "a ReLU with a slope, a threshold or a most is not computed"},
    {"ReLU", "\"negative_slope\":0.1", "a ReLU with a slope"},
    {"Dense", "\"units\":4", "it reads maps: a Flatten must stand before it"},
    {"BatchNormalization", "\"axis\":1", "it is no norm of channels"},
    {"Activation", "\"activation\":\"softmax\"", "a softmax over maps is not computed"},
    {"Reshape", "\"target_shape\":[5,6,3]", "it makes maps of another shape"},
    {"Reshape", "\"target_shape\":[-1]", NULL},
    {"LSTM", "\"units\":4", "layer x (LSTM): layers of this class are not computed"},
    {"Rescaling", "\"scale\":[1,2]", "its scale or offset is not one number"},
    {"InputLayer", "\"batch_shape\":[null,5]", NULL}, /* of a model inside: it is the one before */
};

START_TEST(what_is_not_computed_is_named) {
    struct keras_config config;
    struct keras_model m;
    struct string_buffer text = {0};
    string_buffer_add(&text,
                      "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[{\"class_name\":"
                      "\"InputLayer\",\"config\":{\"name\":\"i\",\"batch_shape\":[null,6,5,3]}},{\"class_name\":\"%s\","
                      "\"config\":{\"name\":\"x\",%s}},{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\"}}]}}",
                      layers[_i].class_name, layers[_i].config);
    make(text.text, &config, &m);
    if (layers[_i].says)
        ck_assert_msg(m.why && strstr(m.why, layers[_i].says), "%s", m.why ? m.why : "nothing");
    else
        ck_assert_msg(!m.why && m.model.layer_count > 0, "%s", m.why);
    keras_model_free(&m);
    keras_config_free(&config);
    string_buffer_free(&text);
}
END_TEST

#define NODE(name)                                                                                                     \
    "[{\"args\":[{\"class_name\":\"__keras_tensor__\",\"config\":{\"keras_history\":[\"" name "\",0,0]}}]}]"
#define GRAPH(layers, last)                                                                                            \
    "{\"class_name\":\"Functional\",\"config\":{\"name\":\"s\",\"output_layers\":[[\"" last                            \
    "\",0,0]],\"layers\":[{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"i\",\"batch_shape\":[null,6,5,3]},"    \
    "\"inbound_nodes\":[]}," layers "]}}"
#define RELU_OF(name, nodes) "{\"class_name\":\"ReLU\",\"config\":{\"name\":\"" name "\"},\"inbound_nodes\":" nodes "}"

static const struct {
    const char *text, *says;
} graphs[] = {
    {GRAPH(RELU_OF("a", NODE("i")), "a"), NULL},
    {GRAPH(RELU_OF("a", "[[[\"i\",0,0,{}]]]"), "a"), NULL}, /* as Keras 2 wrote it */
    {GRAPH(RELU_OF("a", NODE("i")) "," RELU_OF("b", NODE("i")), "b"), NULL},
    {GRAPH(RELU_OF("a", NODE("i")) "," RELU_OF("b", NODE("a")), "a"), "its output is not one value, that of the last"},
    {GRAPH(RELU_OF("a", NODE("b")) "," RELU_OF("b", NODE("i")), "b"), "it reads a layer that does not stand before it"},
    {GRAPH(RELU_OF("a", NODE("a")), "a"), "it reads a layer that does not stand before it"},
    {GRAPH(RELU_OF("a", "[]"), "a"), "it is used more than once, or never"},
    {GRAPH(RELU_OF("a", "[[1]]"), "a"), "what it reads is not told"},
    {GRAPH("{\"class_name\":\"Add\",\"config\":{\"name\":\"a\"},\"inbound_nodes\":" NODE("i") "}", "a"),
     "it reads one value alone"},
};

START_TEST(what_reads_what_is_checked) {
    struct keras_config config;
    struct keras_model m;
    make(graphs[_i].text, &config, &m);
    if (graphs[_i].says)
        ck_assert_msg(m.why && strstr(m.why, graphs[_i].says), "%s", m.why ? m.why : "nothing");
    else
        ck_assert_msg(!m.why && m.model.layer_count > 0, "%s", m.why);
    keras_model_free(&m);
    keras_config_free(&config);
}
END_TEST

/* TensorFlow's: of 6 rows and 5 columns, windows of 2 x 3 at every other row and each column. */
START_TEST(same_puts_the_odd_zero_at_the_end) {
    struct keras_config config;
    struct keras_model m;
    make("{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[{\"class_name\":\"Conv2D\",\"config\":"
         "{\"name\":\"x\",\"filters\":1,\"kernel_size\":[3,2],\"strides\":[2,1],\"padding\":\"same\",\"batch_input_"
         "shape\":"
         "[null,6,5,3]}}]}}",
         &config, &m);
    ck_assert_uint_eq(m.model.layer_count, 1);
    ck_assert(memcmp(m.rows[0].pad, (int[4]){0, 0, 1, 1}, sizeof m.rows[0].pad) == 0);
    ck_assert(m.model.height == 6 && m.model.width == 5 && m.model.channels == 3);
    keras_model_free(&m);
    keras_config_free(&config);
}
END_TEST

START_TEST(classes_are_named_as_by_keras) {
    static const char *const names[][2] = {{"Conv2D", "conv2d"},
                                           {"Conv2DTranspose", "conv2d_transpose"},
                                           {"BatchNormalization", "batch_normalization"},
                                           {"GlobalAveragePooling2D", "global_average_pooling2d"},
                                           {"ReLU", "re_lu"},
                                           {"PReLU", "p_re_lu"},
                                           {"LSTM", "lstm"},
                                           {"My Layer!", "my_layer"}};
    char out[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        keras_config_snake(names[i][0], out, sizeof out);
        ck_assert_str_eq(out, names[i][1]);
    }
    keras_config_snake("BatchNormalization", out, 8);
    ck_assert_uint_lt(strlen(out), 8);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("keras_model");
    tcase_add_loop_test(tests, what_is_not_computed_is_named, 0, (int)(sizeof layers / sizeof *layers));
    tcase_add_loop_test(tests, what_reads_what_is_checked, 0, (int)(sizeof graphs / sizeof *graphs));
    tcase_add_test(tests, same_puts_the_odd_zero_at_the_end);
    tcase_add_test(tests, classes_are_named_as_by_keras);
    return support_run(tests);
}
