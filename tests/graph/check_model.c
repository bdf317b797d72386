/* SPDX-License-Identifier: MIT */
/* The model tables against the layer lists, inputs and gains of the golden vectors, which were written by another
 * program. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "model_check.h"
#include "support.h"

static const char *case_dir(const struct alexcl_model *m) {
    static char dir[64];
    snprintf(dir, sizeof dir, "net_%s", model_oracle_case(m));
    return dir;
}

static json_t *case_json(const struct alexcl_model *m, const char *name) {
    const char *text = oracle_text(case_dir(m), name);
    ck_assert_msg(text != NULL, "%s: %s has no %s", m->name, case_dir(m), name);
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert(value != NULL);
    return value;
}

static double field(const json_t *row, const char *name, double absent) {
    const json_t *value = json_object_get(row, name);
    return value ? json_number_value(value) : absent;
}

START_TEST(the_list_is_whole) {
    static const struct {
        const char *name;
        int compared;
    } expected[] = {{"alexnet", 1},
                    {"alexnet-227", 1},
                    {"alexnet-2012", 1},
                    {"alexnet-caffe", 1},
                    {"alexnet-keras", 1},
                    {"alexnet-torchvision", 1},
                    {"alexnet-owt", 0},
                    {"caffenet", 0},
                    {"zfnet", 0},
                    {"nin", 0},
                    {"vgg16", 0},
                    {"vgg19", 0},
                    {"googlenet", 0},
                    {"squeezenet", 0},
                    {"alexnet-transfer", 0},
                    {"alexnet-small", 0},
                    {"lenet5", 1},
                    {"lenet5-1998", 1},
                    {"vgg16-torchvision", 0},
                    {"vgg19-torchvision", 0},
                    {"squeezenet1_1", 0}};
    struct alexcl_error err = {0};
    const struct alexcl_model *m, *found;
    size_t count = 0;
    for (; (m = alexcl_model_get(count)) != NULL; count++) {
        EXPECT_OK(alexcl_model_find(m->name, &found, &err), err);
        ck_assert_msg(found == m, "%s is there twice", m->name);
        ck_assert_msg(strlen(m->about) <= 58, "%s: its line is wider than a terminal", m->name);
        ck_assert(m->resize >= m->height && m->resize >= m->width && m->scale > 0);
        ck_assert_int_eq(m->channels, m->colour == ALEXCL_GREY ? 1 : 3);
        EXPECT_OK(model_check(m, &err), err);
        for (size_t i = 0; i < m->layer_count; i++) {
            int at = -1;
            EXPECT_OK(alexcl_model_layer(m, m->layers[i].name, &at, &err), err);
            ck_assert_int_eq(at, (int)i);
        }
    }
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        EXPECT_OK(alexcl_model_find(expected[i].name, &found, &err), err);
        ck_assert_msg(!alexcl_model_hidden(found), "%s is hidden", found->name);
        ck_assert_msg(expected[i].compared == (model_oracle_case(found) != NULL), "%s: golden vectors", found->name);
    }
    ck_assert(alexcl_model_get(count + 5) == NULL);
}
END_TEST

START_TEST(wrong_names_are_answered_with_the_nearest) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m;
    EXPECT_ERROR(alexcl_model_find("alexnet-cafe", &m, &err), ALEXCL_E_USAGE, "did you mean \"alexnet-caffe\"?", err);
    EXPECT_ERROR(alexcl_model_find("resnet", &m, &err), ALEXCL_E_USAGE, "'alexcl models' lists them", err);
    EXPECT_ERROR(alexcl_model_find("", &m, &err), ALEXCL_E_USAGE, "no model \"\"", err);
    EXPECT_ERROR(alexcl_model_find(NULL, &m, &err), ALEXCL_E_USAGE, "no model \"\"", err);
    m = alexcl_model_get(0);
    EXPECT_ERROR(alexcl_model_layer(m, "con5", &(int){0}, &err), ALEXCL_E_USAGE, "did you mean \"conv5\"?", err);
    EXPECT_ERROR(alexcl_model_layer(m, NULL, &(int){0}, &err), ALEXCL_E_USAGE, "model alexnet has no layer \"\"", err);
}
END_TEST

START_TEST(every_type_has_a_name) {
    for (int i = 0; layer_type((enum alexcl_layer_type)i); i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(alexcl_layer_type_name((enum alexcl_layer_type)i),
                             alexcl_layer_type_name((enum alexcl_layer_type)j));
    ck_assert(layer_type(ALEXCL_GLOBAL_AVGPOOL) != NULL);
    ck_assert_str_eq(alexcl_layer_type_name((enum alexcl_layer_type)99), "unknown");
    for (int i = 0; i <= 99; i++)
        ck_assert_int_eq(alexcl_layer_type_output((enum alexcl_layer_type)i),
                         i == ALEXCL_SOFTMAX ? ALEXCL_OUTPUT_PROBABILITIES
                         : i == ALEXCL_RBF   ? ALEXCL_OUTPUT_DISTANCES
                                             : ALEXCL_OUTPUT_VALUES);
}
END_TEST

static void compare_layer(const struct alexcl_model *m, const struct alexcl_layer *l, const json_t *row,
                          const json_t *gains) {
    static const struct {
        const char *oracle;
        enum alexcl_layer_type type;
    } types[] = {
        {"conv", ALEXCL_CONV},
        {"relu", ALEXCL_RELU},
        {"lrn", ALEXCL_LRN},
        {"rnorm", ALEXCL_RNORM},
        {"maxpool", ALEXCL_MAXPOOL},
        {"avgpool", ALEXCL_AVGPOOL},
        {"subs", ALEXCL_SUBSAMPLE},
        {"flatten", ALEXCL_FLATTEN},
        {"fc", ALEXCL_FC},
        {"dropout", ALEXCL_DROPOUT},
        {"tanh", ALEXCL_TANH},
        {"lecun", ALEXCL_LECUN_TANH},
        {"rbf", ALEXCL_RBF},
        {"concat", ALEXCL_CONCAT},
        {"add", ALEXCL_ADD},
        {"affine", ALEXCL_AFFINE},
        {"globalmax", ALEXCL_GLOBAL_MAXPOOL},
        {"globalavg", ALEXCL_GLOBAL_AVGPOOL},
    };
    const char *type = json_string_value(json_object_get(row, "t"));
    int known = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].oracle) == 0) known = types[i].type == l->type;
    ck_assert_msg(known, "%s: %s is a %s, not a %s", m->name, l->name, type, alexcl_layer_type_name(l->type));
    ck_assert_str_eq(l->name, json_string_value(json_object_get(row, "name")));
    const json_t *of = json_object_get(row, "of");
    for (size_t i = 0; l->inputs && l->inputs[i]; i++)
        ck_assert_str_eq(l->inputs[i], json_string_value(json_array_get(of, i)));
    ck_assert(l->inputs ? !l->inputs[json_array_size(of)] : !json_is_array(of));
    int norm = l->type == ALEXCL_LRN || l->type == ALEXCL_RNORM, conv = l->type == ALEXCL_CONV,
        window = l->type == ALEXCL_SUBSAMPLE ? 2 : 0;
    ck_assert_int_eq(l->outputs, (int)field(row, "o", 0));
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(l->kernel[i], norm ? 0 : (int)field(row, "k", window));
        ck_assert_int_eq(l->stride[i], (int)field(row, "s", window));
        ck_assert_int_eq(l->dilation[i], 0);
        ck_assert_int_eq(l->window[i], (norm ? (int)field(row, "n", 0) / 2 : 0) * (i ? 1 : -1));
        ck_assert_int_eq(l->pad[i], (int)field(row, "p", 0));
        ck_assert_int_eq(l->pad[2 + i], (int)(field(row, "p", 0) + field(row, "pr", 0)));
    }
    ck_assert_int_eq(l->groups, conv ? (int)field(row, "g", 0) : 0);
    ck_assert_int_eq(l->ceil_mode, 0);
    ck_assert(l->k == (norm ? field(row, "k", -1) : 0) && l->alpha == (norm ? field(row, "alpha", -1) : 0) &&
              l->beta == (norm ? field(row, "beta", -1) : 0));
    if (l->type == ALEXCL_LRN) ck_assert_int_eq(l->lrn_scope == ALEXCL_LRN_SCOPE_HALF ? 2 : 1, (int)field(row, "g", 0));
    if (l->type == ALEXCL_DROPOUT) {
        ck_assert_str_eq(l->dropout == ALEXCL_DROPOUT_PAPER ? "paper" : "inverted",
                         json_string_value(json_object_get(row, "mode")));
        ck_assert(l->rate == 0.5);
    }
    ck_assert((l->gain == 0 ? 1 : l->gain) == field(gains, l->name, 1));
    const json_t *table = json_object_get(row, "table");
    ck_assert((table != NULL) == (l->connections != NULL));
    for (size_t o = 0; o < json_array_size(table); o++) {
        uint32_t bits = 0;
        for (size_t i = 0; i < json_array_size(json_array_get(table, o)); i++)
            bits |= 1u << json_integer_value(json_array_get(json_array_get(table, o), i));
        ck_assert_uint_eq(l->connections[o], bits);
    }
}

START_TEST(tables_are_the_golden_ones) {
    const struct alexcl_model *m;
    for (size_t i = 0; (m = alexcl_model_get(i)) != NULL; i++) {
        if (!model_oracle_case(m)) continue;
        json_t *layers = case_json(m, "layers"), *input = case_json(m, "input"), *gains = case_json(m, "gain");
        size_t rows = json_array_size(layers);
        ck_assert_int_eq(m->channels, (int)json_integer_value(json_array_get(input, 0)));
        ck_assert_int_eq(m->height, (int)json_integer_value(json_array_get(input, 1)));
        ck_assert_int_eq(m->width, (int)json_integer_value(json_array_get(input, 2)));
        for (size_t l = 0; l < rows; l++) {
            ck_assert_uint_lt(l, m->layer_count);
            compare_layer(m, &m->layers[l], json_array_get(layers, l), gains);
        }
        /* The vectors' lists end with the scores. */
        if (m->layers[rows - 1].type == ALEXCL_RBF) {
            ck_assert_uint_eq(m->layer_count, rows);
        } else {
            ck_assert_uint_eq(m->layer_count, rows + 1);
            ck_assert_int_eq(m->layers[rows].type, ALEXCL_SOFTMAX);
            ck_assert_str_eq(m->layers[rows].name, "prob");
        }
        json_decref(layers);
        json_decref(input);
        json_decref(gains);
    }
}
END_TEST

START_TEST(shapes_and_parameters_are_the_golden_ones) {
    struct alexcl_error err = {0};
    const struct alexcl_model *m;
    for (size_t i = 0; (m = alexcl_model_get(i)) != NULL; i++) {
        if (!model_oracle_case(m)) continue;
        struct alexcl_plan *p;
        struct alexcl_plan_request request = {.size = sizeof request, .targets = 2};
        EXPECT_OK(alexcl_plan_make(m, &request, &p, &err), err);
        ck_assert_msg((double)p->parameters == oracle_number(case_dir(m), "param_count"), "%s: %llu parameters",
                      m->name, (unsigned long long)p->parameters);
        json_t *shapes = case_json(m, "shapes");
        for (size_t l = 0; l < p->layer_count; l++) {
            const json_t *shape = json_object_get(shapes, m->layers[l].name);
            if (!shape) continue; /* prob */
            const struct alexcl_plan_layer *row = &p->layers[l];
            ck_assert_int_eq(row->out.c, (int)json_integer_value(json_array_get(shape, 1)));
            ck_assert_int_eq(row->out.h, (int)json_integer_value(json_array_get(shape, 2)));
            ck_assert_int_eq(row->out.w, (int)json_integer_value(json_array_get(shape, 3)));
        }
        json_decref(shapes);
        alexcl_plan_free(p);
    }
}
END_TEST

/* The figures of the literature: 60,965,224 and 724,406,816 for the two-tower net, 61,100,840 for torchvision's,
 * 50,820,776 for the article's. Those of the nets without golden vectors are counted by tests/oracle/large_nets.py from
 * lists of its own. */
START_TEST(parameters_and_macs_are_the_published_ones) {
    static const struct {
        const char *model;
        uint64_t parameters, macs;
    } known[] = {
        {"alexnet", 60965224, 724406816},
        {"alexnet-227", 60965224, 724406816},
        {"alexnet-2012", 60965224, 724406816},
        {"alexnet-caffe", 60965224, 724406816},
        {"alexnet-keras", 50820776, 942201216},
        {"alexnet-torchvision", 61100840, 714188480},
        {"alexnet-owt", 61100840, 714188480},
        {"caffenet", 60965224, 724406816},
        {"zfnet", 62357608, 1168032896},
        {"nin", 7595176, 1100188800},
        {"vgg16", 138357544, 15470264320},
        {"vgg19", 143667240, 19632062464},
        {"googlenet", 6998552, 1582671872},
        {"squeezenet", 1235496, 387747520},
        {"vgg16-torchvision", 138357544, 15470264320},
        {"vgg19-torchvision", 143667240, 19632062464},
        {"squeezenet1_1", 1235496, 349151936},
        {"alexnet-transfer", 3917642, 197660352},
        {"alexnet-small", 528266, 15991296},
        {"lenet5", 61706, 416520},
    };
    struct alexcl_error err = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct alexcl_model *m;
        struct alexcl_plan *p;
        struct alexcl_plan_request request = {.size = sizeof request, .targets = 1};
        EXPECT_OK(alexcl_model_find(known[i].model, &m, &err), err);
        EXPECT_OK(alexcl_plan_make(m, &request, &p, &err), err);
        ck_assert_uint_eq(p->parameters, known[i].parameters);
        ck_assert_uint_eq(p->macs, known[i].macs);
        alexcl_plan_free(p);
    }
}
END_TEST

/* Map sizes by the papers' tables and figures, where the nets' paddings and roundings show: GoogLeNet's table 1,
 * ZFNet's figure 3, AlexNet's figure 2, the configurations of VGG; and by tests/oracle/large_nets.py, which ONNX's own
 * rules confirm. */
START_TEST(maps_are_as_large_as_the_papers_have_them) {
    static const struct {
        const char *model, *layer;
        struct alexcl_shape out;
    } known[] = {
        {"alexnet-owt", "conv1", {64, 55, 55}},
        {"alexnet-owt", "pool1", {64, 27, 27}},
        {"alexnet-owt", "pool2", {192, 13, 13}},
        {"alexnet-owt", "conv3", {384, 13, 13}},
        {"alexnet-owt", "pool5", {256, 6, 6}},
        {"caffenet", "conv1", {96, 55, 55}},
        {"caffenet", "norm1", {96, 27, 27}},
        {"caffenet", "norm2", {256, 13, 13}},
        {"caffenet", "pool5", {256, 6, 6}},
        {"zfnet", "conv1", {96, 110, 110}},
        {"zfnet", "norm1", {96, 55, 55}},
        {"zfnet", "conv2", {256, 26, 26}},
        {"zfnet", "norm2", {256, 13, 13}},
        {"zfnet", "pool5", {256, 6, 6}},
        {"nin", "conv1", {96, 54, 54}},
        {"nin", "pool0", {96, 27, 27}},
        {"nin", "pool2", {256, 13, 13}},
        {"nin", "pool3", {384, 6, 6}},
        {"nin", "conv4-1024", {1024, 6, 6}},
        {"nin", "cccp8-1024", {1000, 6, 6}},
        {"nin", "pool4", {1000, 1, 1}},
        {"vgg16", "conv1_2", {64, 224, 224}},
        {"vgg16", "pool1", {64, 112, 112}},
        {"vgg16", "conv3_3", {256, 56, 56}},
        {"vgg16", "conv4_1", {512, 28, 28}},
        {"vgg16", "pool5", {512, 7, 7}},
        {"vgg19", "conv3_4", {256, 56, 56}},
        {"vgg19", "conv5_4", {512, 14, 14}},
        {"vgg19", "fc6", {4096, 1, 1}},
        {"googlenet", "conv1/7x7_s2", {64, 112, 112}},
        {"googlenet", "pool1/3x3_s2", {64, 56, 56}},
        {"googlenet", "conv2/3x3", {192, 56, 56}},
        {"googlenet", "pool2/3x3_s2", {192, 28, 28}},
        {"googlenet", "inception_3a/output", {256, 28, 28}},
        {"googlenet", "inception_3b/output", {480, 28, 28}},
        {"googlenet", "pool3/3x3_s2", {480, 14, 14}},
        {"googlenet", "inception_4a/output", {512, 14, 14}},
        {"googlenet", "inception_4b/output", {512, 14, 14}},
        {"googlenet", "inception_4c/output", {512, 14, 14}},
        {"googlenet", "inception_4d/output", {528, 14, 14}},
        {"googlenet", "inception_4e/output", {832, 14, 14}},
        {"googlenet", "pool4/3x3_s2", {832, 7, 7}},
        {"googlenet", "inception_5a/output", {832, 7, 7}},
        {"googlenet", "inception_5b/output", {1024, 7, 7}},
        {"googlenet", "pool5/7x7_s1", {1024, 1, 1}},
        {"squeezenet", "conv1", {64, 113, 113}},
        {"squeezenet", "pool1", {64, 56, 56}},
        {"squeezenet", "fire3/concat", {128, 56, 56}},
        {"squeezenet", "pool3", {128, 28, 28}},
        {"squeezenet", "fire5/concat", {256, 28, 28}},
        {"squeezenet", "pool5", {256, 14, 14}},
        {"squeezenet", "fire7/concat", {384, 14, 14}},
        {"squeezenet", "fire9/concat", {512, 14, 14}},
        {"squeezenet", "conv10", {1000, 14, 14}},
        {"squeezenet", "pool10", {1000, 1, 1}},
    };
    struct alexcl_error err = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct alexcl_model *m;
        struct alexcl_plan *p;
        struct alexcl_plan_request request = {.size = sizeof request, .targets = 1};
        int at = 0;
        EXPECT_OK(alexcl_model_find(known[i].model, &m, &err), err);
        EXPECT_OK(alexcl_model_layer(m, known[i].layer, &at, &err), err);
        EXPECT_OK(alexcl_plan_make(m, &request, &p, &err), err);
        const struct alexcl_shape got = p->layers[at].out, due = known[i].out;
        ck_assert_msg(got.c == due.c && got.h == due.h && got.w == due.w, "%s: %s is %dx%dx%d", m->name, known[i].layer,
                      got.c, got.h, got.w);
        ck_assert_int_eq(p->layers[p->layer_count - 1].out.c, 1000);
        alexcl_plan_free(p);
    }
}
END_TEST

/* What a norm reads, and its constants, alpha on the plain sum: the sources' 1e-4 / 5, and 5e-4 / 5 in Caffe2's
 * zfnet512. */
START_TEST(norms_are_the_sources) {
    static const struct {
        const char *model, *norms[2], *read[2];
        double k, alpha;
    } known[] = {
        {"alexnet-owt", {"norm1", "norm2"}, {"conv1", "relu2"}, 2, 2e-5},
        {"caffenet", {"norm1", "norm2"}, {"pool1", "pool2"}, 1, 2e-5},
        {"zfnet", {"norm1", "norm2"}, {"pool1", "pool2"}, 2, 1e-4},
        {"googlenet", {"pool1/norm1", "conv2/norm2"}, {"pool1/3x3_s2", "conv2/relu_3x3"}, 1, 2e-5},
    };
    struct alexcl_error err = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct alexcl_model *m;
        size_t norms = 0;
        EXPECT_OK(alexcl_model_find(known[i].model, &m, &err), err);
        for (size_t l = 0; l < m->layer_count; l++) {
            const struct alexcl_layer *row = alexcl_model_row(m, l);
            if (row->type != ALEXCL_LRN) continue;
            ck_assert_uint_lt(norms, 2);
            ck_assert_str_eq(row->name, known[i].norms[norms]);
            ck_assert_ptr_null(row->inputs);
            ck_assert_str_eq(alexcl_model_row(m, l - 1)->name, known[i].read[norms++]);
            ck_assert(row->k == known[i].k && row->alpha == known[i].alpha && row->beta == 0.75);
            ck_assert(row->window[0] == -2 && row->window[1] == 2 && row->lrn_scope == ALEXCL_LRN_SCOPE_LAYER);
        }
        ck_assert_uint_eq(norms, 2);
    }
}
END_TEST

/* What the net sees of a black and of a white pixel, first and last channel: (pixel * scale - mean) / std by hand from
 * the sources. */
START_TEST(pixels_become_what_the_sources_say) {
    static const struct {
        const char *model;
        enum alexcl_colour colour;
        double black[2], white[2];
    } known[] = {
        {"alexnet", ALEXCL_RGB, {-123.68, -103.939}, {131.32, 151.061}},
        {"alexnet-227", ALEXCL_RGB, {-123.68, -103.939}, {131.32, 151.061}},
        {"alexnet-2012", ALEXCL_RGB, {-123.68, -103.939}, {131.32, 151.061}},
        {"alexnet-caffe", ALEXCL_BGR, {-104.006988, -122.678914}, {150.993012, 132.321086}},
        {"alexnet-keras", ALEXCL_GREY, {0, 0}, {1, 1}},
        {"alexnet-torchvision", ALEXCL_RGB, {-2.117904, -1.804444}, {2.248908, 2.64}},
        {"alexnet-owt", ALEXCL_RGB, {-123.68, -103.939}, {131.32, 151.061}},
        {"caffenet", ALEXCL_BGR, {-104.006988, -122.678914}, {150.993012, 132.321086}},
        {"zfnet", ALEXCL_RGB, {-123.68, -103.939}, {131.32, 151.061}},
        {"nin", ALEXCL_BGR, {-104.006988, -122.678914}, {150.993012, 132.321086}},
        {"vgg16", ALEXCL_BGR, {-103.939, -123.68}, {151.061, 131.32}},
        {"vgg19", ALEXCL_BGR, {-103.939, -123.68}, {151.061, 131.32}},
        {"googlenet", ALEXCL_BGR, {-104, -123}, {151, 132}},
        {"squeezenet", ALEXCL_BGR, {-104, -123}, {151, 132}},
        {"vgg16-torchvision", ALEXCL_RGB, {-2.117904, -1.804444}, {2.248908, 2.64}},
        {"vgg19-torchvision", ALEXCL_RGB, {-2.117904, -1.804444}, {2.248908, 2.64}},
        {"squeezenet1_1", ALEXCL_RGB, {-2.117904, -1.804444}, {2.248908, 2.64}},
        {"alexnet-transfer", ALEXCL_RGB, {-2.117904, -1.804444}, {2.248908, 2.64}},
        {"alexnet-small", ALEXCL_GREY, {-0.810198, -0.810198}, {2.022663, 2.022663}},
        {"lenet5", ALEXCL_GREY, {0, 0}, {1, 1}},
        {"lenet5-1998", ALEXCL_GREY, {-0.1, -0.1}, {1.175, 1.175}}, /* MNIST's ink is 255 */
    };
    struct alexcl_error err = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct alexcl_model *m;
        EXPECT_OK(alexcl_model_find(known[i].model, &m, &err), err);
        ck_assert_int_eq(m->colour, known[i].colour);
        ck_assert_int_eq(m->resize, m->channels == 1 && m->height <= 32 ? m->height : m->height == 128 ? 146 : 256);
        for (int end = 0; end < 2; end++) {
            int c = end ? m->channels - 1 : 0;
            ck_assert_double_eq_tol((0 * m->scale - model_mean(m, c)) / model_std(m, c), known[i].black[end], 1e-6);
            ck_assert_double_eq_tol((255 * m->scale - model_mean(m, c)) / model_std(m, c), known[i].white[end], 1e-6);
        }
    }
}
END_TEST

/* Places in torchvision's two nn.Sequential: features = conv relu pool conv relu pool conv relu conv relu conv relu
 * pool, classifier = dropout linear relu dropout linear relu linear. */
START_TEST(torchvisions_names_are_known) {
    static const struct {
        const char *layer, *place;
    } places[] = {{"conv1", "features.0"},  {"conv2", "features.3"}, {"conv3", "features.6"}, {"conv4", "features.8"},
                  {"conv5", "features.10"}, {"fc6", "classifier.1"}, {"fc7", "classifier.4"}, {"fc8", "classifier.6"}};
    struct alexcl_error err = {0};
    const struct alexcl_model *m;
    EXPECT_OK(alexcl_model_find("alexnet-torchvision", &m, &err), err);
    const char *const(*a)[2] = m->aliases;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (int bias = 0; bias < 2; bias++, a++) {
            char name[64], alias[64];
            snprintf(name, sizeof name, "%s.%s", places[i].layer, bias ? "bias" : "weight");
            snprintf(alias, sizeof alias, "%s.%s", places[i].place, bias ? "bias" : "weight");
            ck_assert_str_eq((*a)[0], name);
            ck_assert_str_eq((*a)[1], alias);
        }
    ck_assert((*a)[0] == NULL && (*a)[1] == NULL);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("model");
    tcase_add_test(tests, the_list_is_whole);
    tcase_add_test(tests, wrong_names_are_answered_with_the_nearest);
    tcase_add_test(tests, every_type_has_a_name);
    tcase_add_test(tests, tables_are_the_golden_ones);
    tcase_add_test(tests, shapes_and_parameters_are_the_golden_ones);
    tcase_add_test(tests, parameters_and_macs_are_the_published_ones);
    tcase_add_test(tests, maps_are_as_large_as_the_papers_have_them);
    tcase_add_test(tests, norms_are_the_sources);
    tcase_add_test(tests, pixels_become_what_the_sources_say);
    tcase_add_test(tests, torchvisions_names_are_known);
    return support_run(tests);
}
