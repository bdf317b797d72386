/* SPDX-License-Identifier: MIT */
/* Nets as texts: the ways in which a text may be written, what its layers become, and what is refused, with its line or
 * its layer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "support.h"

static int parse(const char *text, struct source **s, struct alexcl_error *err) {
    *s = NULL;
    return source_parse((const unsigned char *)text, strlen(text), "x.prototxt", s, err);
}

static struct source *open_good(const char *text) {
    struct alexcl_error err = {0};
    struct source *s;
    EXPECT_OK(parse(text, &s, &err), err);
    ck_assert_str_eq(s->kind, "prototxt");
    ck_assert_uint_eq(s->tensor_count, 0);
    return s;
}

#define INPUT "input: 'data' input_dim: [1, 3, 8, 7]\n"
#define LAYER(type, more) "layer { name: 'l' type: '" type "' bottom: 'data' top: 'l' " more " }\n"

START_TEST(a_text_may_be_written_in_many_ways) {
    static const char *const texts[] = {
        "# a comment\nname : \"N\" 'et'\ninput:'data'\ninput_shape { dim: 1 dim: 3 dim: 8 dim: 7 }\n"
        "layer {\n  name: \"l\" # behind it\n  type: \"Convolution\"\n  bottom: \"data\"\n  top: \"l\"\n"
        "  convolution_param {\n    num_output: 4\n    kernel_size: 3\n    kernel_size: 2\n  }\n}\n",
        "\xef\xbb\xbfname:'\\x4e\\145t',input: 'data';input_shape < dim: [0x1, 03, 8] dim: 7 >\n"
        "layer: < name: 'l'; type: 'Convolution', bottom: ['data'], top: 'l' convolution_param: "
        "{num_output:4 kernel_size:[3,2]} >",
        "name: 'Net' force_backward: true input: 'data' input_shape: [{ dim: 1 dim: 3 dim: 8 dim: 7 }]\n"
        "state < phase: TEST stage: ['a', 'b'] > layer { name: 'l' type: 'Convolution' bottom: 'data' top: 'l'\n"
        "param { lr_mult: 1 decay_mult: -1.5e-3 } param { lr_mult: 2 } convolution_param { num_output: 4 kernel_h: 3\n"
        "kernel_w: 2 weight_filler { type: '}\\'{' std: .01 a: [ { b: 1 }, < c: 'd' 'e' > ] } engine: CAFFE } }",
        "name: 'Net' input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 7\n"
        "layers { name: 'l' type: CONVOLUTION bottom: 'data' top: 'l' blobs_lr: 1 blobs_lr: 2\n"
        "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 bias_term: t group: 1 } }",
        "name: 'Net' layer { type: 'Input' name: 'in' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 8 dim: 7 } "
        "} }\n"
        "layer { name: 'l' type: 'Convolution' bottom: 'data' top: 'l' convolution_param { num_output: 4 kernel_h: 3\n"
        "kernel_w: 2 } }",
        "name: 'Net' input: 'data' input_dim: [1, 3, 8, 7] layers { type: 4 name: 'l' bottom: 'data' top: 'l'\n"
        "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 } }",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct source *s = open_good(texts[i]);
        const struct alexcl_model *m = s->model;
        const struct alexcl_layer *l = m->layers;
        ck_assert_str_eq(m->name, "Net");
        ck_assert(m->channels == 3 && m->height == 8 && m->width == 7 && m->layer_count == 1);
        ck_assert_str_eq(l->name, "l");
        ck_assert(l->type == ALEXCL_CONV && l->outputs == 4 && l->kernel[0] == 3 && l->kernel[1] == 2 &&
                  l->stride[0] == 1 && l->groups == 1 && l->inputs == NULL);
        source_free(s);
    }
}
END_TEST

static const struct {
    const char *text, *says;
} damaged[] = {
    {INPUT "layer {\n name: 'a'\n", "it ends before the bracket of line 2 is closed"},
    {INPUT "layer {\n name 'a' }", "line 3: name is without a ':'"},
    {INPUT "layer {\n name: a }", "line 3: a text in quotes was due"},
    {INPUT "layer {\n name: 'a\n' }", "line 3: a text whose quotes are not closed"},
    {INPUT "layer {\n name: 'a' >", "line 3: a field's name was due, not '>'"},
    {INPUT "layer {}\n}", "line 3: a field's name was due, not '}'"},
    {INPUT "layer: 3", "line 2: a message in { } was due"},
    {INPUT "layer { }\ninput_dim: 3x", "line 3: 3x is no whole number"},
    {INPUT "layer { lrn_param {\nlocal_size: -1 } }", "line 3: -1 is out of the range of its field"},
    {INPUT "layer { lrn_param {\nlocal_size: 4294967296 } }", "line 3: 4294967296 is out of the range of its field"},
    {INPUT "layer { concat_param {\naxis: 2147483648 } }", "line 3: 2147483648 is out of the range of its field"},
    {INPUT "layer { lrn_param {\nalpha: 1e } }", "line 3: 1e is no number"},
    {INPUT "layer { lrn_param {\nnorm_region: ACROSS } }", "line 3: ACROSS is none that norm_region may be"},
    {INPUT "layer { scale_param {\nbias_term: yes } }", "line 3: yes is neither true nor false"},
    {INPUT "layer { lrn_param {\nk: [1, 2] } }", "line 3: a list for a field that is there once"},
    {INPUT "layer { top: ['a'\n'b' 'c': 3] }", "line 3: ',' or ']' was due"},
    {INPUT "layer { other {\n a: ( } }", "line 3: a closing bracket was due, not '('"},
    {INPUT "layer { other { ", "it ends where a closing bracket was due"},
    {INPUT "layer {\n\1 }", "line 3: a field's name was due, not byte 1"},
    {INPUT "layer { } layers { }", "has layers of two generations"},
    {INPUT "layers { layer { name: 'conv1' type: 'conv' } }", "upgrade_net_proto_text for a prototxt"},
};

START_TEST(damaged_texts_name_the_line) {
    struct alexcl_error err = {0};
    struct source *s;
    EXPECT_ERROR(parse(damaged[_i].text, &s, &err), ALEXCL_E_DATA, damaged[_i].says, err);
}
END_TEST

/* What Caffe would compute, and nothing here would: by the layer's name and its type. */
static const struct {
    const char *text, *says;
} refused[] = {
    {INPUT LAYER("Deconvolution", ""), "layer l (Deconvolution): this type is not computed here"},
    {INPUT LAYER("PReLU", ""), "layer l (PReLU): this type is not computed here"},
    {INPUT LAYER("ReLU", "relu_param { negative_slope: 0.1 }"), "layer l (ReLU): its negative_slope is not 0"},
    {INPUT LAYER("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "of its methods MAX and AVE"},
    {INPUT LAYER("Pooling", "pooling_param { kernel_size: 2 pad: 2 }"), "its pad is not below its kernel"},
    {INPUT LAYER("Pooling", "pooling_param { kernel_size: 1 stride: 6 }"), "its last window begins behind the map"},
    {INPUT LAYER("Pooling", ""), "its kernel_size is 0: it must be from 1 to 16384"},
    {INPUT LAYER("Convolution", "convolution_param { num_output: 2 kernel_size: 9 }"), "its window is larger than"},
    {INPUT LAYER("Convolution", "convolution_param { num_output: 2 kernel_size: 1 group: 2 }"),
     "its groups divide not"},
    {INPUT LAYER("Convolution", "convolution_param { num_output: 2 kernel_size: [1, 1, 1] }"), "has 3 numbers for two"},
    {INPUT LAYER("LRN", "lrn_param { local_size: 4 }"), "layer l (LRN): its local_size is even"},
    {INPUT LAYER("Softmax", ""), "it reads maps of more than one value"},
    {INPUT LAYER("Eltwise", "bottom: 'data' eltwise_param { operation: MAX }"), "of its operations SUM alone"},
    {INPUT LAYER("Eltwise", "bottom: 'data' eltwise_param { coeff: 1 coeff: -1 }"), "a coeff of it is not 1"},
    {INPUT LAYER("Concat", "bottom: 'data' concat_param { axis: 2 }"), "its axis is not that of the channels"},
    {INPUT LAYER("Scale", "bottom: 'data'"), "a scale that another layer computes"},
    {INPUT LAYER("InnerProduct", "inner_product_param { num_output: 3 axis: 2 }"), "its axis is not that of the"},
    {INPUT "layer { name: 'l' type: 'ReLU' bottom: 'date' top: 'l' }",
     "its bottom \"date\" is no top of a layer before"},
    {INPUT "layer { name: 'l' type: 'ReLU' top: 'l' }", "it reads nothing: it has no bottom"},
    {INPUT "layer { name: 'l' type: 'ReLU' bottom: 'data' }", "its result has no name: it has no top"},
    {INPUT "layer { name: 'i' type: 'Input' top: 'e' input_param { shape { dim: [1, 3, 8, 7] } } }",
     "a second input, \"e\""},
    {"layer { name: 'd' type: 'Data' top: 'data' }", "how large its pictures are stands in its data base"},
    {"input: 'data' input_dim: [1, 3, 8] " LAYER("ReLU", ""), "its input has 0 dimensions"},
    {"input: 'data' input_dim: [1, 3, 0, 8] " LAYER("ReLU", ""), "sides must be from 1 to 65535"},
    {INPUT "layer { }", "layer  (): this type is not computed here"},
    {INPUT "# no layer\n", "it has no layers: a net's own prototxt has them"},
};

START_TEST(what_is_not_computed_is_refused_by_name) {
    struct alexcl_error err = {0};
    struct source *s;
    EXPECT_ERROR(parse(refused[_i].text, &s, &err), ALEXCL_E_DATA, refused[_i].says, err);
}
END_TEST

/* Caffe's rules where others have others. */
START_TEST(caffes_conventions) {
    struct source *s = open_good(INPUT LAYER("Pooling", "pooling_param { kernel_size: 3 stride: 2 }"));
    ck_assert(s->model->layers[0].type == ALEXCL_MAXPOOL &&
              s->model->layers[0].ceil_mode); /* 8 x 7: 4 x 3, not 3 x 3 */
    source_free(s);
    s = open_good(INPUT LAYER("Pooling", "pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR }"));
    ck_assert(!s->model->layers[0].ceil_mode);
    source_free(s);
    s = open_good(INPUT LAYER("Pooling", "pooling_param { pool: AVE kernel_size: 2 pad: 1 }"));
    ck_assert(s->model->layers[0].type == ALEXCL_AVGPOOL && s->model->layers[0].count_include_pad);
    source_free(s);
    s = open_good(INPUT LAYER("LRN", "lrn_param { local_size: 5 alpha: 0.5 beta: 0.7 k: 2 }"));
    ck_assert(s->model->layers[0].type == ALEXCL_LRN && s->model->layers[0].alpha == 0.5 / 5 &&
              s->model->layers[0].beta == 0.7 && s->model->layers[0].k == 2);
    source_free(s);
    s = open_good(INPUT LAYER("LRN", "lrn_param { local_size: 3 alpha: 0.9 k: 2 norm_region: WITHIN_CHANNEL }"));
    ck_assert(s->model->layers[0].type == ALEXCL_RNORM && s->model->layers[0].alpha == 0.9 / 9 &&
              s->model->layers[0].k == 1); /* which Caffe does not read there */
    source_free(s);
    s = open_good("layer { name: 'd' type: 'Data' top: 'data' top: 'label' transform_param { crop_size: 12 scale: 0.5\n"
                  "mean_value: 10 mean_value: 20 mean_value: 30 } }" LAYER("Dropout", ""));
    ck_assert(s->model->height == 12 && s->model->channels == 3 && s->model->colour == ALEXCL_BGR);
    ck_assert(s->model->scale == 0.5 && s->model->mean[0] == 5 && s->model->mean[2] == 15); /* (x - mean) * scale */
    ck_assert(s->model->layers[0].rate == 0.5 && s->model->layers[0].dropout == ALEXCL_DROPOUT_INVERTED);
    ck_assert_msg(strstr(s->told.text, "less 10,20,30, times 0.5 (transform_param)"), "%s", s->told.text);
    source_free(s);
    s = open_good("input: 'data' input_dim: [1, 1, 28, 28] " LAYER("TanH", ""));
    ck_assert(s->model->colour == ALEXCL_GREY && s->model->mean == NULL && s->model->resize == 28);
    source_free(s);
}
END_TEST

/* A name is for what was written over it last; rows name what they read where that is not the row before. */
START_TEST(values_are_found_by_name) {
    struct source *s = open_good(INPUT "layer { name: 'a' type: 'ReLU' bottom: 'data' top: 'data' }\n"
                                       "layer { name: 's' type: 'Split' bottom: 'data' top: 'one' top: 'two' }\n"
                                       "layer { name: 'b' type: 'TanH' bottom: 'one' top: 'one' }\n"
                                       "layer { name: 'unused' type: 'TanH' bottom: 'two' top: 'three' }\n"
                                       "layer { name: 'c' type: 'Eltwise' bottom: 'two' bottom: 'one' top: 'c' }\n"
                                       "layer { name: 'f' type: 'InnerProduct' bottom: 'c' top: 'f'\n"
                                       "inner_product_param { num_output: 2 } }\n"
                                       "layer { name: 'g' type: 'InnerProduct' bottom: 'c' top: 'g'\n"
                                       "inner_product_param { num_output: 2 } }\n"
                                       "layer { name: 'h' type: 'Concat' bottom: 'f' bottom: 'g' top: 'h' }\n");
    const struct alexcl_model *m = s->model;
    static const char *const names[] = {"a", "b", "c", "flat", "f", "g", "h"};
    ck_assert_uint_eq(m->layer_count, sizeof names / sizeof *names);
    for (size_t i = 0; i < m->layer_count; i++) ck_assert_str_eq(m->layers[i].name, names[i]);
    ck_assert(!m->layers[0].inputs && !m->layers[1].inputs && !m->layers[3].inputs && !m->layers[4].inputs);
    ck_assert_str_eq(m->layers[2].inputs[0], "a");
    ck_assert_str_eq(m->layers[2].inputs[1], "b");
    ck_assert_str_eq(m->layers[5].inputs[0], "flat"); /* made once */
    ck_assert_str_eq(m->layers[6].inputs[0], "f");
    ck_assert_str_eq(m->layers[6].inputs[1], "g");
    ck_assert_msg(strstr(s->told.text, "needs nothing of it: unused"), "%s", s->told.text);
    source_free(s);
}
END_TEST

/* What begins otherwise is of another format. */
START_TEST(other_texts_are_no_nets) {
    static const char *const texts[] = {
        "cat.png 3\ndog.png 4\n",         "{\"layer\": 1}", "net: \"train_val.prototxt\"\n",
        "name: \"no such thing here\"\n", "layer\n",        "layers/1.png 7\n"};
    struct alexcl_error err = {0};
    struct source *s;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        EXPECT_ERROR(parse(texts[i], &s, &err), ALEXCL_E_DATA, "no file of weights that is read", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("prototxt");
    tcase_add_test(tests, a_text_may_be_written_in_many_ways);
    tcase_add_loop_test(tests, damaged_texts_name_the_line, 0, sizeof damaged / sizeof *damaged);
    tcase_add_loop_test(tests, what_is_not_computed_is_refused_by_name, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, caffes_conventions);
    tcase_add_test(tests, values_are_found_by_name);
    tcase_add_test(tests, other_texts_are_no_nets);
    return support_run(tests);
}
