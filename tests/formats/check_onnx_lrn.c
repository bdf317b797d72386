/* SPDX-License-Identifier: MIT */
/* PyTorch's LocalResponseNorm in ONNX files, node by node as its exporters write it: what is one layer, and what
 * differs from it somewhere. That the layer computes the same is shown by files of PyTorch's own (check_files.py). */
#include "onnx_file.h"

/* A node of the nodes that torch.onnx.export writes for LocalResponseNorm. */
struct norm_node {
    const char *operator, * inputs, *outputs, *attributes;
};
/* One of them otherwise (the words that differ), and whether it is then refused, and how. */
struct norm_case {
    size_t node;
    const char *inputs, *attributes, *why;
};
static const char usual[] = "node squares (Mul): it multiplies maps by maps";

static void put_number_list(const char *name, int count, const float *values) {
    size_t mark = begin_tensor(name, FLOAT, count > 1, (int64_t[]){count});
    put_raw(RAW_DATA, values, (size_t)count * sizeof *values);
    wire_end(&graph, mark);
}

/* An If, of which only the branch matters that its condition takes; a ConstantOfShape of int64. */
static void put_branch_or_fill(const struct norm_node *n, const char *inputs, const char *attributes) {
    size_t mark = wire_begin(&graph, 1);
    put_text(&graph, 1, inputs);
    put_text(&graph, 2, n->outputs);
    put_text(&graph, 4, n->operator);
    size_t attribute = wire_begin(&graph, 5);
    if (strcmp(n->operator, "If") == 0) {
        put_text(&graph, 1, "then_branch");
        size_t branch = wire_begin(&graph, 6);
        put_node("Constant", "", "inner_one", "value_ints=1");
        put_node(attributes, "means5 one", "inner", "");
        put_output("inner");
        wire_end(&graph, branch);
    } else {
        const int64_t fill = strtoll(attributes, NULL, 10);
        put_text(&graph, 1, "value");
        size_t tensor = begin_tensor("", INT64, 1, (int64_t[]){1});
        put_raw(RAW_DATA, &fill, sizeof fill);
        wire_end(&graph, tensor);
    }
    wire_end(&graph, attribute);
    wire_end(&graph, mark);
}

/* Maps of 8 x 3 x 3, whose norm is of size 4: PyTorch's even windows begin one lower. */
static void check_norm(const struct norm_node *nodes, size_t count, const struct norm_case *c) {
    begin_graph(20);
    put_maps(8, 3);
    put_integers("zero", 1, (int64_t[]){0});
    put_integers("one", 1, (int64_t[]){1});
    put_integers("two", 1, (int64_t[]){2});
    put_integers("three", 1, (int64_t[]){3});
    put_integers("four", 1, (int64_t[]){4});
    put_integers("last", 1, (int64_t[]){-1});
    put_integers("least", 1, (int64_t[]){-INT64_MAX});
    put_integers("rows_of_2", 2, (int64_t[]){-1, 2});
    put_integers("view", 5, (int64_t[]){-1, 1, 8, 3, 3});
    put_integers("view_of_a_batch", 5, (int64_t[]){1, 1, 8, 3, -1});
    put_integers("view_turned", 5, (int64_t[]){-1, 1, 3, 8, 3});
    put_integers("view_split", 5, (int64_t[]){-1, 2, 4, 3, 3});
    put_integers("shape", 4, (int64_t[]){1, 8, 3, 3});
    put_integers("shape_turned", 4, (int64_t[]){1, 3, 8, 3});
    put_integers("pads", 10, (int64_t[]){0, 0, 2, 0, 0, 0, 0, 1, 0, 0});
    put_integers("pads_of_3", 10, (int64_t[]){0, 0, 1, 0, 0, 0, 0, 1, 0, 0});
    put_integers("pads_of_rows", 10, (int64_t[]){0, 0, 0, 2, 0, 0, 0, 0, 1, 0});
    put_integers("pads_of_both", 10, (int64_t[]){0, 0, 2, 1, 0, 0, 0, 1, 0, 0});
    put_integers("pairs", 6, (int64_t[]){0, 0, 0, 0, 2, 1});
    put_integers("pairs_of_rows", 6, (int64_t[]){0, 0, 2, 1, 0, 0});
    put_number_list("alpha", 1, (float[]){0.5F});
    put_number_list("alphas", 3, (float[]){1, 2, 3});
    put_number_list("beta", 1, (float[]){0.75F});
    put_number_list("k", 1, (float[]){2});
    put_node("Relu", "x", "other", "");
    for (size_t i = 0; i < count; i++) {
        int changed = c && c->node == i;
        const char *inputs = changed && c->inputs ? c->inputs : nodes[i].inputs;
        const char *attributes = changed && c->attributes ? c->attributes : nodes[i].attributes;
        if (strcmp(nodes[i].operator, "If") == 0 || strcmp(nodes[i].operator, "ConstantOfShape") == 0)
            put_branch_or_fill(&nodes[i], inputs, attributes);
        else
            put_node(nodes[i].operator, inputs, nodes[i].outputs, attributes);
    }
    put_output("y");
    if (c && c->why) {
        expect_no_net(c->why);
        return;
    }
    struct source *s = read_net();
    const struct alexcl_layer *lrn = &s->model->layers[1];
    ck_assert_uint_eq(s->model->layer_count, 2);
    ck_assert_int_eq(lrn->type, ALEXCL_LRN);
    ck_assert_int_eq(lrn->window[0], -2);
    ck_assert_int_eq(lrn->window[1], 1);
    ck_assert_int_eq(lrn->lrn_scope, ALEXCL_LRN_SCOPE_LAYER);
    ck_assert_double_eq(lrn->alpha, c && strcmp(c->inputs, "means k") == 0 ? 0.25 : 0.125);
    ck_assert_double_eq(lrn->beta, 0.75);
    ck_assert_double_eq(lrn->k, 2);
    ck_assert_int_eq(net_output(s).c, 8);
    source_free(s);
}

/* As dynamo=True writes it. */
static const struct norm_node norm_nodes[] = {
    {"Mul", "x x", "squares", ""},
    {"Reshape", "squares view", "viewed", "allowzero=1"},
    {"Pad", "viewed pads", "padded", "mode=constant"},
    {"AveragePool", "padded", "means5", "kernel_shape=4,1,1 strides=1,1,1 pads=0,0,0,0,0,0 auto_pad=NOTSET"},
    {"Squeeze", "means5 one", "means", ""},
    {"Mul", "means alpha", "scaled", ""},
    {"Add", "scaled k", "sum", ""},
    {"Pow", "sum beta", "power", ""},
    {"Div", "x power", "y", ""},
};
static const struct norm_case norm_cases[] = {
    {0, "x x", NULL, NULL},
    {1, "squares view_of_a_batch", NULL, NULL},
    {6, "means k", NULL, NULL}, /* an alpha of 1 is left out */
    {0, "x other", NULL, usual},
    {0, "other other", NULL, usual},
    {1, "squares view_turned", NULL, "node y (Div): it ends a LocalResponseNorm of other maps"},
    {1, "squares view_split", NULL, usual},
    {2, "viewed pads_of_3", NULL, usual},
    {2, "viewed pads_of_rows", NULL, usual},
    {2, "viewed pads_of_both", NULL, usual},
    {2, "viewed pads k", NULL, usual},
    {2, NULL, "mode=edge", usual},
    {3, NULL, "kernel_shape=3,1,1", usual},
    {3, NULL, "kernel_shape=4,1,3", usual},
    {3, NULL, "kernel_shape=4,1,1 strides=1,2,1", usual},
    {3, NULL, "kernel_shape=4,1,1 pads=0,0,0,0,0,1", usual},
    {3, NULL, "kernel_shape=4,1,1 dilations=2,1,1", usual},
    {3, NULL, "kernel_shape=4,1,1 auto_pad=SAME_UPPER", usual},
    {4, "means5 two", NULL, usual},
    {5, "means alphas", NULL, usual},
    {5, "means other", NULL, usual},
    {6, "scaled alphas", NULL, usual},
    {7, "beta sum", NULL, usual},
    {7, "sum alphas", NULL, usual},
    {8, "other power", NULL, usual},
    {8, "power x", NULL, usual},
};
enum { NORM_CASES = sizeof norm_cases / sizeof *norm_cases };

START_TEST(a_norm_of_pytorch) { check_norm(norm_nodes, sizeof norm_nodes / sizeof *norm_nodes, &norm_cases[_i]); }
END_TEST

/* As dynamo=False writes it: pads are turned by nodes, the axis of 1 goes if it is one. */
static const struct norm_node older_nodes[] = {
    {"Mul", "x x", "squares", ""},
    {"Reshape", "squares view", "viewed", ""},
    {"ConstantOfShape", "four", "zeros", "0"},
    {"Concat", "pairs zeros", "all", "axis=0"},
    {"Reshape", "all rows_of_2", "rows", ""},
    {"Slice", "rows last least zero last", "turned", ""},
    {"Transpose", "turned", "columns", "perm=1,0"},
    {"Reshape", "columns last", "list", ""},
    {"Cast", "list", "pads64", "to=7"},
    {"Pad", "viewed pads64 -", "padded", "mode=constant"},
    {"AveragePool", "padded", "means5", "kernel_shape=4,1,1"},
    {"Shape", "means5", "sizes", ""},
    {"Gather", "sizes one", "size", "axis=0"},
    {"Equal", "size one", "is_one", ""},
    {"If", "is_one", "squeezed", "Squeeze"},
    {"Reshape", "squeezed shape", "means", ""},
    {"Mul", "means alpha", "scaled", ""},
    {"Add", "scaled k", "sum", ""},
    {"Pow", "sum beta", "power", ""},
    {"Div", "x power", "y", ""},
};
static const struct norm_case older_cases[] = {
    {0, "x x", NULL, NULL},
    {2, "three", NULL, usual},
    {2, NULL, "1", usual},
    {3, "pairs_of_rows zeros", NULL, usual},
    {3, "pairs one", NULL, usual},
    {4, "all two", NULL, usual},
    {5, "rows zero least zero last", NULL, usual},
    {5, "rows last zero zero last", NULL, usual},
    {5, "rows last least one last", NULL, usual},
    {5, "rows last least zero one", NULL, usual},
    {6, NULL, "perm=0,1", usual},
    {11, NULL, "start=1", usual},
    {11, NULL, "end=3", usual},
    {11, "viewed", NULL, usual},
    {12, "sizes two", NULL, usual},
    {13, "size two", NULL, usual},
    {14, NULL, "Relu", usual},
    {15, "squeezed shape_turned", NULL, "node y (Div): it ends a LocalResponseNorm of other maps"},
    {15, "squeezed view", NULL, usual},
};
enum { OLDER_CASES = sizeof older_cases / sizeof *older_cases };

START_TEST(a_norm_of_pytorch_by_its_older_exporter) {
    check_norm(older_nodes, sizeof older_nodes / sizeof *older_nodes, &older_cases[_i]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("onnx_lrn");
    tcase_add_checked_fixture(tests, NULL, free_made);
    tcase_add_loop_test(tests, a_norm_of_pytorch, 0, NORM_CASES);
    tcase_add_loop_test(tests, a_norm_of_pytorch_by_its_older_exporter, 0, OLDER_CASES);
    return support_run(tests);
}
