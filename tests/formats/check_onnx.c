/* SPDX-License-Identifier: MIT */
/* ONNX files, made here field by field: what their tensors, nodes and inputs become, and which are refused. Whether the
 * nets compute what they should is shown by the onnx wheel's own tests (tests/onnx). */
#include <unistd.h>

#include "onnx_file.h"

/* ---- tensors ------------------------------------------------------------------------------------ */

START_TEST(values_of_every_type_and_field) {
    static const int64_t two[] = {2, 1};
    static const float due[] = {1, -2};
    static const double wide[] = {1, -2};
    static const uint16_t half[] = {0x3c00, 0xc000}, brain[] = {0x3f80, 0xc000};
    static const struct {
        const char *name;
        int type;
        uint32_t field;
        const void *bytes;
        size_t length;
    } tensors[] = {
        {"raw", FLOAT, 9, due, sizeof due},
        {"float_data", FLOAT, 4, due, sizeof due},
        {"double", DOUBLE, 9, wide, sizeof wide},
        {"double_data", DOUBLE, 10, wide, sizeof wide},
        {"half", FLOAT16, 9, half, sizeof half},
        {"bfloat16", BFLOAT16, 9, brain, sizeof brain},
        {"half_data", FLOAT16, 5, "\x80\x78\x80\x80\x03", 5},
    };
    begin_graph(13);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        size_t mark = begin_tensor(tensors[i].name, tensors[i].type, 2, two);
        put_raw(tensors[i].field, tensors[i].bytes, tensors[i].length);
        wire_end(&graph, mark);
    }
    size_t mark = begin_tensor("unpacked", FLOAT, 2, two); /* a value a field */
    for (int i = 0; i < 2; i++) {
        wire_put_tag(&graph, 4, WIRE_32);
        wire_put(&graph, &due[i], sizeof due[i]);
    }
    wire_end(&graph, mark);
    struct source *s = read_file(); /* no net: its tensors have their own names */
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) expect_values(s, tensors[i].name, 2, due);
    expect_values(s, "unpacked", 2, due);
    /* Where they lie in the file. */
    const struct source_tensor *raw = source_find(s, "raw");
    ck_assert(raw->data > made.bytes && raw->data < made.bytes + made.length);
    source_free(s);
}
END_TEST

START_TEST(tensors_that_are_damaged) {
    static const struct {
        int64_t shape[2];
        size_t bytes;
        const char *why;
    } cases[] = {
        {{2, 2}, 12, "not as many values as its shape"},
        {{2, 2}, 20, "not as many values as its shape"},
        {{-1, 2}, 8, "more values than can be counted"},
        {{(int64_t)1 << 40, (int64_t)1 << 40}, 8, "more values than can be counted"},
    };
    struct alexcl_error err = {0};
    struct source *s = NULL;
    begin_graph(13);
    size_t mark = begin_tensor("w", FLOAT, 2, cases[_i].shape);
    put_raw(RAW_DATA, (const char[20]){0}, cases[_i].bytes);
    wire_end(&graph, mark);
    struct wire_bytes file = make_file();
    EXPECT_ERROR(source_parse(file.bytes, file.length, "f", &s, &err), ALEXCL_E_DATA, cases[_i].why, err);
    wire_free(&file);
}
END_TEST

static void conv_net(void) {
    begin_graph(13);
    put_maps(3, 8);
    put_counting("w", 4, (int64_t[]){4, 3, 3, 3});
    put_node("Conv", "x w", "y", "pads=1,1,1,1");
    put_output("y");
}

/* However short a file is cut, it is refused; without the opset, behind the graph, it would be whole. */
START_TEST(a_file_that_is_cut_short) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    conv_net();
    struct wire_bytes file = make_file();
    for (size_t length = 0; length + 8 < file.length; length++) {
        unsigned char *copy = malloc(length + 1);
        ck_assert(copy != NULL);
        memcpy(copy, file.bytes, length);
        EXPECT_ERROR(source_parse(copy, length, "f", &s, &err), ALEXCL_E_DATA, "f: ", err);
        free(copy);
    }
    EXPECT_ERROR(source_parse(file.bytes, file.length / 2, "f", &s, &err), ALEXCL_E_DATA,
                 "f: damaged: what follows byte", err);
    wire_free(&file);
}
END_TEST

/* ---- files beside the model --------------------------------------------------------------------- */

static void put_external(const char *location, const char *offset, int64_t count) {
    const char *const entries[][2] = {{"location", location}, {"offset", offset}};
    size_t mark = begin_tensor("w", FLOAT, 1, &count);
    for (int i = 0; i < 2; i++) {
        size_t entry = wire_begin(&graph, 13);
        put_text(&graph, 1, entries[i][0]);
        put_text(&graph, 2, entries[i][1]);
        wire_end(&graph, entry);
    }
    put_number(&graph, 14, 1);
    wire_end(&graph, mark);
}

static void write_file(const char *path, const void *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    ck_assert(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

START_TEST(values_in_a_file_beside_the_model) {
    static const float values[] = {7, 8, 9};
    char folder[] = "onnx_external.XXXXXX", path[64], other[64];
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/w.data", folder);
    write_file(path, values, sizeof values);
    write_file("outside.data", values, sizeof values);
    snprintf(other, sizeof other, "%s/link.data", folder);
    (void)unlink(other);
    ck_assert_int_eq(symlink("../outside.data", other), 0);
    snprintf(other, sizeof other, "%s/net.onnx", folder);

    begin_graph(13);
    put_external("w.data", "4", 2);
    struct source *s = read_as(other);
    expect_values(s, "w", 2, values + 1);
    source_free(s);

    static const struct {
        const char *location, *offset, *why;
    } bad[] = {
        {"../outside.data", "0", "outside the model's folder"},
        {"/etc/hostname", "0", "outside the model's folder"},
        {"link.data", "0", "outside the model's folder"},
        {"none.data", "0", "none.data, beside the model"},
        {"w.data", "8", "behind the end of their file"},
        {"w.data", "18446744073709551615", "behind the end of their file"},
        {"w.data", "-4", "is no number"},
        {"", "0", "is not told"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct alexcl_error err = {0};
        begin_graph(13);
        put_external(bad[i].location, bad[i].offset, 2);
        struct wire_bytes file = make_file();
        EXPECT_ERROR(source_parse(file.bytes, file.length, other, &s, &err), ALEXCL_E_DATA, bad[i].why, err);
        wire_free(&file);
    }
}
END_TEST

/* ---- nets --------------------------------------------------------------------------------------- */

START_TEST(a_net_of_a_file) {
    conv_net();
    struct source *s = read_net();
    ck_assert_str_eq(s->model->name, "my_net");
    ck_assert_int_eq(s->model->channels, 3);
    ck_assert_int_eq(s->model->height, 8);
    ck_assert_uint_eq(s->model->layer_count, 1);
    ck_assert_uint_eq(s->tensor_count, 2);
    expect_values(s, "y.bias", 4, (float[]){0, 0, 0, 0});
    ck_assert(s->in_order && strstr(s->done.text, "pictures as torchvision prepares them") != NULL);
    ck_assert_int_eq(net_output(s).h, 8);
    source_free(s);
}
END_TEST

/* Padding, by each way of saying it: top, left, bottom, right. */
START_TEST(pads) {
    static const struct {
        const char *attributes;
        int64_t side;
        int pad[4], out;
    } cases[] = {
        {"pads=0,1,2,1", 8, {0, 1, 2, 1}, 8},
        {"auto_pad=VALID", 8, {0, 0, 0, 0}, 6},
        {"auto_pad=SAME_UPPER strides=2,2", 8, {0, 0, 1, 1}, 4},
        {"auto_pad=SAME_LOWER strides=2,2", 8, {1, 1, 0, 0}, 4},
        {"auto_pad=SAME_UPPER strides=2,2", 7, {1, 1, 1, 1}, 4},
        {"auto_pad=NOTSET pads=1,1,1,1", 8, {1, 1, 1, 1}, 8},
    };
    begin_graph(13);
    put_maps(3, cases[_i].side);
    put_counting("w", 4, (int64_t[]){4, 3, 3, 3});
    put_node("Conv", "x w", "y", cases[_i].attributes);
    put_output("y");
    struct source *s = read_net();
    for (int i = 0; i < 4; i++) ck_assert_int_eq(s->model->layers[0].pad[i], cases[_i].pad[i]);
    ck_assert_int_eq(net_output(s).h, cases[_i].out);
    source_free(s);
}
END_TEST

/* PyTorch, ONNX Runtime and onnx's reference do not make a window that would lie wholly in the padding at the end;
 * OpenVINO and OpenCV do. The size that a file declares, by onnx's shape inference, is not trusted. */
START_TEST(a_last_window_in_the_padding_is_not_made) {
    static const struct {
        const char *operator, * attributes;
        int64_t side;
        int out;
    } cases[] = {
        {"MaxPool", "kernel_shape=1,1 strides=2,2 ceil_mode=1", 2, 1},
        {"MaxPool", "kernel_shape=3,3 strides=2,2 ceil_mode=1", 4, 2},
        {"MaxPool", "kernel_shape=2,2 strides=3,3 ceil_mode=1 pads=0,0,1,1", 6, 2},
        {"AveragePool", "kernel_shape=3,3 strides=3,3 ceil_mode=1 count_include_pad=1 pads=1,1,1,1", 2, 1},
    };
    begin_graph(13);
    put_maps(3, cases[_i].side);
    put_node(cases[_i].operator, "x", "y", cases[_i].attributes);
    put_output("y");
    struct source *s = read_net();
    const struct alexcl_layer *pool = &s->model->layers[1];
    ck_assert_int_eq(pool->ceil_mode, 1);
    ck_assert_int_eq(net_output(s).h, cases[_i].out);
    source_free(s);
}
END_TEST

/* ONNX's text: from c - floor((size-1)/2) to c + ceil((size-1)/2), alpha divided by size. PyTorch begins one lower,
 * OpenVINO ends one lower, ONNX Runtime and OpenCV refuse even sizes. */
START_TEST(lrn_of_odd_and_even_size) {
    static const struct {
        const char *attributes;
        int first, last;
        double alpha;
    } cases[] = {{"size=5 alpha=0.5", -2, 2, 0.1}, {"size=4 alpha=0.5 bias=2.0", -1, 2, 0.125}};
    begin_graph(13);
    put_maps(8, 3);
    put_node("LRN", "x", "y", cases[_i].attributes);
    put_output("y");
    struct source *s = read_net();
    const struct alexcl_layer *lrn = &s->model->layers[1];
    ck_assert_int_eq(lrn->window[0], cases[_i].first);
    ck_assert_int_eq(lrn->window[1], cases[_i].last);
    ck_assert_double_eq_tol(lrn->alpha, cases[_i].alpha, 1e-9);
    ck_assert_double_eq(lrn->k, _i ? 2 : 1);
    ck_assert_int_eq(lrn->lrn_scope, ALEXCL_LRN_SCOPE_LAYER);
    source_free(s);
}
END_TEST

/* A net that works channel by channel from its first layer on gets one that copies, exactly. */
START_TEST(a_first_layer_that_does_not_read_all_channels) {
    begin_graph(13);
    put_maps(2, 3);
    put_node("Relu", "x", "y", "");
    put_output("y");
    struct source *s = read_net();
    ck_assert_uint_eq(s->model->layer_count, 2);
    expect_values(s, "copy.weight", 4, (float[]){1, 0, 0, 1});
    ck_assert(strstr(s->done.text, "layer copy copies the input") != NULL);
    source_free(s);
}
END_TEST

START_TEST(products_that_are_transposed_and_scaled) {
    static const struct {
        const char *operator, * inputs, *attributes;
        float weight[6], bias[2];
    } cases[] = {
        {"Gemm", "x w b", "", {0, 2, 4, 1, 3, 5}, {0, 1}},
        {"Gemm", "x w b", "alpha=2.0 beta=3.0", {0, 4, 8, 2, 6, 10}, {0, 3}},
        {"Gemm", "x w", "", {0, 2, 4, 1, 3, 5}, {0, 0}},
        {"Gemm", "x t b", "transB=1", {0, 1, 2, 3, 4, 5}, {0, 1}},
        {"Gemm", "x w one", "", {0, 2, 4, 1, 3, 5}, {0, 0}},
        {"MatMul", "x w", "", {0, 2, 4, 1, 3, 5}, {0, 0}},
    };
    begin_graph(13);
    put_value(11, "x", 2, (int64_t[]){-1, 3});
    put_counting("w", 2, (int64_t[]){3, 2});
    put_counting("t", 2, (int64_t[]){2, 3});
    put_counting("b", 1, (int64_t[]){2});
    put_counting("one", 0, NULL);
    put_node(cases[_i].operator, cases[_i].inputs, "y", cases[_i].attributes);
    put_output("y");
    struct source *s = read_net();
    ck_assert_uint_eq(s->tensor_count, 2);
    expect_values(s, "y.weight", 6, cases[_i].weight);
    expect_values(s, "y.bias", 2, cases[_i].bias);
    source_free(s);
}
END_TEST

/* A norm, a product and a sum of constants behind a convolution are one factor and one sum a channel; a sum behind a
 * convolution without a bias is its bias. */
START_TEST(constants_fold_into_a_factor_and_a_sum) {
    begin_graph(13);
    put_maps(3, 8);
    put_counting("w", 4, (int64_t[]){2, 3, 1, 1});
    put_counting("c", 3, (int64_t[]){2, 1, 1}); /* 0, 1 */
    put_counting("v", 1, (int64_t[]){2});
    put_node("Conv", "x w", "a", "");
    put_node("Add", "a c", "b", "");
    put_node("BatchNormalization", "b v v v v", "d", "epsilon=0.0");
    put_node("Mul", "d c", "e", "");
    put_node("Add", "c e", "y", "");
    put_output("y");
    struct source *s = read_net();
    ck_assert_uint_eq(s->model->layer_count, 2);
    expect_values(s, "a.bias", 2, (float[]){0, 1});
    source_free(s);

    begin_graph(13);
    put_maps(3, 8);
    put_counting("w", 4, (int64_t[]){2, 3, 1, 1});
    size_t mark = begin_tensor("two", FLOAT, 1, (int64_t[]){2});
    put_raw(RAW_DATA, (float[]){2, 3}, 8);
    wire_end(&graph, mark);
    mark = begin_tensor("var", FLOAT, 1, (int64_t[]){2});
    put_raw(RAW_DATA, (float[]){4, 16}, 8);
    wire_end(&graph, mark);
    mark = begin_tensor("m", FLOAT, 3, (int64_t[]){2, 1, 1});
    put_raw(RAW_DATA, (float[]){10, 100}, 8);
    wire_end(&graph, mark);
    put_node("Conv", "x w", "a", "");
    put_node("BatchNormalization", "a two two two var", "b", "epsilon=0.0");
    put_node("Mul", "b m", "y", "");
    put_output("y");
    s = read_net();
    ck_assert_uint_eq(s->model->layer_count, 2);
    expect_values(s, "b.weight", 2, (float[]){10, 75}); /* 2 / 2 * 10, 3 / 4 * 100 */
    expect_values(s, "b.bias", 2, (float[]){0, 75});    /* (2 - 2 * 1) * 10, (3 - 3 * 0.75) * 100 */
    source_free(s);
}
END_TEST

/* A constant that is no tensor. */
START_TEST(constants_of_numbers) {
    begin_graph(13);
    put_value(11, "x", 2, (int64_t[]){-1, 3});
    put_counting("t", 2, (int64_t[]){2, 3});
    put_node("Constant", "", "floats", "value_floats=0.5,1.5");
    put_node("Constant", "", "float", "value_float=2.0");
    put_node("Constant", "", "ints", "value_ints=-1,2");
    put_node("Constant", "", "int", "value_int=2");
    put_node("Gemm", "x t floats", "a", "transB=1");
    put_node("Mul", "a float", "b", "");
    put_node("Reshape", "b ints", "c", "");
    put_node("ConstantOfShape", "int", "zeros", "");
    put_node("Add", "c zeros", "y", "");
    put_output("y");
    struct source *s = read_net();
    expect_values(s, "a.bias", 2, (float[]){0.5F, 1.5F});
    expect_values(s, "b.weight", 2, (float[]){2, 2});
    expect_values(s, "b.bias", 2, (float[]){0, 0});
    source_free(s);
}
END_TEST

/* A value throughout takes no memory: 574 MB of them are a net of the onnx wheel. */
START_TEST(a_constant_of_a_shape_is_one_value) {
    begin_graph(9);
    put_value(11, "x", 2, (int64_t[]){-1, 60000});
    put_integers("shape", 2, (int64_t[]){50000, 60000});
    put_node("ConstantOfShape", "shape", "w", "");
    put_node("Gemm", "x w", "y", "transB=1");
    put_output("y");
    struct source *s = read_net();
    const struct source_tensor *w = source_find(s, "y.weight");
    ck_assert_uint_eq(w->bytes, (uint64_t)4 * 50000 * 60000);
    float value = 1;
    source_read(w, (uint64_t)50000 * 60000 - 1, 1, &value);
    ck_assert(value == 0);
    source_free(s);
}
END_TEST

/* A picture of a small net's size is taken as it is. */
START_TEST(what_pictures_are_resized_to) {
    static const struct {
        int channels, side, resize;
    } cases[] = {{3, 224, 256}, {3, 227, 259}, {1, 28, 28}, {3, 32, 32}, {3, 199, 199}};
    char told[40];
    begin_graph(13);
    put_maps(cases[_i].channels, cases[_i].side);
    put_node("Relu", "x", "y", "");
    put_output("y");
    struct source *s = read_net();
    ck_assert_int_eq(s->model->resize, cases[_i].resize);
    snprintf(told, sizeof told, "shorter side to %d:", cases[_i].resize);
    ck_assert_ptr_nonnull(strstr(s->done.text, told));
    source_free(s);
}
END_TEST

/* Maps of 1 x 1 are a picture's scores, flattened or not. */
START_TEST(softmax_over_maps_of_one_value) {
    static const char *const axes[] = {"axis=1", "axis=-3"};
    begin_graph(13);
    put_maps(3, 2);
    put_counting("w", 4, (int64_t[]){4, 3, 2, 2});
    put_node("Conv", "x w", "a", "");
    put_node("Softmax", "a", "y", axes[_i]);
    put_output("y");
    struct source *s = read_net();
    ck_assert_uint_eq(s->model->layer_count, 2);
    ck_assert_int_eq(s->model->layers[1].type, ALEXCL_SOFTMAX);
    source_free(s);
}
END_TEST

/* What the output does not need is not looked at. */
START_TEST(nodes_that_are_not_needed) {
    conv_net();
    put_node("Einsum", "y", "z", "");
    struct source *s = read_net();
    ck_assert_uint_eq(s->model->layer_count, 1);
    source_free(s);
}
END_TEST

START_TEST(what_is_refused_and_why) {
    static const struct {
        const char *operator, * inputs, *outputs, *attributes, *why;
    } cases[] = {
        {"Einsum", "x", "y", "", "node y (Einsum): this operator is not computed"},
        {"Relu", "z", "y", "", "node y (Relu): it reads z, which nothing makes"},
        {"Relu", "y", "y", "", "it reads y, which no node before it makes"},
        {"Add", "x x2", "y", "", "two inputs, x and x2"},
        {"Conv", "x x", "y", "", "its input 2, x, hangs on the net's input"},
        {"Conv", "x", "y", "", "it has no input 2"},
        {"Conv", "x w", "y", "group=2", "in 2 groups, its maps of 3"},
        {"Conv", "x w", "y", "pads=1,1", "its pads has 2 numbers where there must be 4"},
        {"Conv", "x w", "y", "strides=0,1", "its strides has 0"},
        {"Conv", "x w", "y", "kernel_shape=5,5", "its kernel_shape is not that of its weights"},
        {"Conv", "x w", "y", "dilations=9,9", "its window does not fit on maps of 8 x 8"},
        {"Conv", "x w", "y", "auto_pad=SAME", "its auto_pad is none of"},
        {"MaxPool", "x", "y", "", "it has no kernel_shape"},
        {"MaxPool", "x", "z y", "kernel_shape=2,2", "the net needs its output 2, y"},
        {"Gemm", "x w", "y", "", "it reads N x C x H x W"},
        {"Softmax", "x", "y", "", "it is over axis 3"},
        {"Softmax", "x", "y", "axis=1", "axis 1 of N x 3 x 8 x 8: it is computed over the channels (axis 1) of 1 x 1"},
        {"Flatten", "x", "y", "axis=2", "it is from axis 2"},
        {"Concat", "x x", "y", "axis=2", "it is along axis 2"},
        {"Mul", "x x", "y", "", "it multiplies maps by maps"},
        {"Add", "x w", "y", "", "not one value a channel"},
        {"Reshape", "x s", "y", "", "it makes another shape than N x 192"},
        {"BatchNormalization", "x v v v v", "y", "training_mode=1", "it is in training mode"},
        {"LRN", "x", "y", "", "its size is 0"},
        {"Constant", "", "y", "", "it has no tensor as its value"},
    };
    begin_graph(13);
    put_maps(3, 8);
    put_value(11, "x2", 4, (int64_t[]){1, 3, 8, 8});
    put_counting("w", 4, (int64_t[]){4, 3, 3, 3});
    put_counting("v", 1, (int64_t[]){3});
    put_integers("s", 2, (int64_t[]){1, 7});
    put_node(cases[_i].operator, cases[_i].inputs, cases[_i].outputs, cases[_i].attributes);
    put_output("y");
    expect_no_net(cases[_i].why);
}
END_TEST

/* ONNX Runtime takes such a node out, or computes it at random, by its settings. */
START_TEST(dropout_in_training_mode) {
    begin_graph(13);
    put_maps(3, 8);
    put_counting("w", 4, (int64_t[]){4, 3, 3, 3});
    size_t mark = begin_tensor("training", 9, 0, NULL);
    put_raw(RAW_DATA, "\1", 1);
    wire_end(&graph, mark);
    put_node("Conv", "x w", "a", "");
    put_node("Dropout", "a - training", "y", "");
    put_output("y");
    expect_no_net("node y (Dropout): it is in training mode");
    for (int is_test = 0; is_test < 2; is_test++) {
        begin_graph(6);
        put_maps(3, 8);
        put_counting("w", 4, (int64_t[]){4, 3, 3, 3});
        put_node("Conv", "x w", "a", "");
        put_node("Dropout", "a", "y", is_test ? "is_test=1" : "");
        put_output("y");
        struct source *s = read_file();
        ck_assert_int_eq(s->model != NULL, is_test);
        source_free(s);
    }
}
END_TEST

START_TEST(graphs_that_are_no_nets) {
    begin_graph(13);
    put_maps(3, 8);
    put_node("Relu", "x", "y", "");
    expect_no_net("the net has 0 outputs");

    begin_graph(13);
    put_value(11, "x", 4, (int64_t[]){1, 3, -1, 8});
    put_node("Relu", "x", "y", "");
    put_output("y");
    expect_no_net("input x: its height is not a number that is told");

    begin_graph(13);
    put_value(11, "x", 3, (int64_t[]){1, 3, 8});
    put_node("Relu", "x", "y", "");
    put_output("y");
    expect_no_net("neither N x C x H x W nor N x C");

    begin_graph(13);
    put_maps(3, 8);
    put_node("Relu", "x", "y", "");
    put_node("Tanh", "x", "y", "");
    put_output("y");
    expect_no_net("y is made twice");

    begin_graph(1000);
    put_maps(3, 8);
    put_output("x");
    expect_no_net("opset 1000: up to");
}
END_TEST

/* A layer's name is the node's or the value's, but not one that the program uses itself, or another's. */
START_TEST(names_of_layers) {
    begin_graph(13);
    put_maps(3, 8);
    put_counting("features.0.weight", 4, (int64_t[]){4, 3, 3, 3});
    put_node("Conv", "x features.0.weight", "a", "");
    put_node("Relu", "a", "c\td", "");
    put_node("Relu", "c\td", "origin", "");
    put_node("Relu", "origin", "features.0", "");
    put_output("features.0");
    struct source *s = read_net();
    static const char *const due[] = {"features.0", "c_d", "layer_origin", "features.0_2"};
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(s->model->layers[i].name, due[i]);
    ck_assert(source_find(s, "features.0.weight") != NULL);
    net_output(s);
    source_free(s);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("onnx");
    tcase_add_checked_fixture(tests, NULL, free_made);
    tcase_add_test(tests, values_of_every_type_and_field);
    tcase_add_loop_test(tests, tensors_that_are_damaged, 0, 4);
    tcase_add_test(tests, a_file_that_is_cut_short);
    tcase_add_test(tests, values_in_a_file_beside_the_model);
    tcase_add_test(tests, a_net_of_a_file);
    tcase_add_loop_test(tests, pads, 0, 6);
    tcase_add_loop_test(tests, a_last_window_in_the_padding_is_not_made, 0, 4);
    tcase_add_loop_test(tests, lrn_of_odd_and_even_size, 0, 2);
    tcase_add_test(tests, a_first_layer_that_does_not_read_all_channels);
    tcase_add_loop_test(tests, products_that_are_transposed_and_scaled, 0, 6);
    tcase_add_test(tests, constants_fold_into_a_factor_and_a_sum);
    tcase_add_test(tests, constants_of_numbers);
    tcase_add_test(tests, a_constant_of_a_shape_is_one_value);
    tcase_add_loop_test(tests, what_pictures_are_resized_to, 0, 5);
    tcase_add_loop_test(tests, softmax_over_maps_of_one_value, 0, 2);
    tcase_add_test(tests, nodes_that_are_not_needed);
    tcase_add_loop_test(tests, what_is_refused_and_why, 0, 25);
    tcase_add_test(tests, dropout_in_training_mode);
    tcase_add_test(tests, graphs_that_are_no_nets);
    tcase_add_test(tests, names_of_layers);
    return support_run(tests);
}
