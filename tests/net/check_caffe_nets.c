/* SPDX-License-Identifier: MIT */
/* Nets of Caffe's files: what they compute, against OpenCV's reader of the same files (tests/formats/caffe_files.py),
 * and Caffe's own nets against the built-in ones. Where Caffe differs from others, its rule is followed: pools round
 * up, an average is over the map and its padding, alpha is divided by n (across channels) or n x n (within one), inner
 * products read channels, rows, columns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "source.h"
#include "support.h"

static const char *path_of(const char *name) {
    static char path[2][1024];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", CAFFE_FOLDER, name);
    return path[turn];
}

/* ---- what is computed ----------------------------------------------------------------------------- */

/* The line of a layer: LAYER SHAPE VALUE.. */
static float *read_line(char *line, char **layer, size_t *count) {
    char *save = NULL;
    *layer = strtok_r(line, " ", &save);
    float *values = NULL;
    *count = 1;
    for (char *side = strtok_r(NULL, " ", &save); side; side = strchr(side, 'x') ? strchr(side, 'x') + 1 : NULL)
        *count *= (size_t)strtoul(side, NULL, 10);
    values = support_floats(*count);
    for (size_t i = 0; i < *count; i++) values[i] = strtof(strtok_r(NULL, " \n", &save), NULL);
    return values;
}

static void compare(const struct alexcl_model *m, const struct alexcl_weights *w, const struct alexcl_selection *sel,
                    const char *layer, const float *input, const float *due, size_t count) {
    struct alexcl_error err = {0};
    struct alexcl_net *net = NULL;
    const struct alexcl_net_options options = {.size = sizeof options, .batch = 1, .last_layer = layer};
    EXPECT_OK(alexcl_net_open(m, w, sel, &options, &net, &err), err);
    struct alexcl_shape out = support_output(net);
    ck_assert_uint_eq((size_t)out.c * (size_t)out.h * (size_t)out.w, count);
    float *got = support_floats(count), largest = 0;
    EXPECT_OK(alexcl_net_run(net, input, 1, got, &err), err);
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(due[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabsf(got[i] - due[i]) <= 1e-5f * largest, "%s[%zu]: %.9g, OpenCV %.9g", layer, i, (double)got[i],
                      (double)due[i]);
    free(got);
    alexcl_net_free(net);
}

static const struct {
    const char *net, *model, *weights;
    int on_devices; /* too: once for each net */
} nets[] = {
    {"chain", "chain.prototxt", "chain.caffemodel", 1},
    {"chain", "chain_v1.prototxt", "chain_v1.caffemodel", 0},
    {"chain", "chain_double.caffemodel", "chain_unpacked.caffemodel", 0},
    {"branches", "branches.prototxt", "branches.caffemodel", 1},
    {"branches", "branches.caffemodel", "branches.caffemodel", 0},
};

START_TEST(the_same_as_by_opencv) {
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    struct alexcl_weights *w = NULL;
    struct alexcl_selection *both = NULL;
    char name[64], *line = NULL, *layer;
    float *input = NULL;
    size_t size = 0, inputs, count;
    int has_weights, lines = 0;
    if (strcmp(support_implementation(), "ref") != 0 && !nets[_i].on_devices) return;
    EXPECT_OK(alexcl_model_open(path_of(nets[_i].model), &m, &has_weights, &err), err);
    ck_assert_int_eq(has_weights, strstr(nets[_i].model, ".caffemodel") != NULL);
    EXPECT_OK(alexcl_weights_open(path_of(nets[_i].weights), m, NULL, &w, &err), err);
    EXPECT_OK(alexcl_selection_open(strcmp(support_implementation(), "ref") ? "0/2" : "ref,ref", &both, &err), err);
    snprintf(name, sizeof name, "%s.out.txt", nets[_i].net);
    FILE *file = fopen(path_of(name), "r");
    ck_assert(file != NULL);
    while (getline(&line, &size, file) > 0) {
        float *values = read_line(line, &layer, lines ? &count : &inputs);
        if (lines++ == 0) {
            input = values;
            ck_assert_uint_eq(inputs, (size_t)m->channels * (size_t)m->height * (size_t)m->width);
            continue;
        }
        int on_host =
            strcmp(support_implementation(), "ref") == 0; /* for the others the end is enough: it is quicker */
        if (on_host || strcmp(layer, "prob") == 0) {
            compare(m, w, support_selection(), layer, input, values, count);
            compare(m, w, both, layer, input, values, count);
        }
        free(values);
    }
    ck_assert_int_gt(lines, 2);
    (void)fclose(file);
    free(line);
    free(input);
    alexcl_selection_free(both);
    alexcl_weights_free(w);
    alexcl_model_free(m);
}
END_TEST

static char logged[1024];

static void keep_log(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    if (level == ALEXCL_LOG_WARNING) snprintf(logged, sizeof logged, "%s", text);
}

/* Who runs a net is told what its file does not say of pictures; who takes weights of it for another is not. */
START_TEST(what_is_assumed_is_told) {
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    struct alexcl_weights *w = NULL;
    alexcl_log_to(keep_log, NULL);
    EXPECT_OK(alexcl_model_open(path_of("chain.caffemodel"), &m, NULL, &err), err);
    ck_assert_msg(strstr(logged, "chain.caffemodel: pictures: BGR, shorter side to 20, values 0..255 less 104,117,123 "
                                 "(assumed: the file does not say it)"),
                  "%s", logged);
    logged[0] = '\0';
    EXPECT_OK(alexcl_weights_open(path_of("chain.caffemodel"), m, NULL, &w, &err), err);
    ck_assert_str_eq(logged, "");
    alexcl_log_to(NULL, NULL);
    alexcl_weights_free(w);
    alexcl_model_free(m);
    EXPECT_OK(alexcl_model_open(path_of("chain.prototxt"), &m, NULL, &err), err);
    EXPECT_ERROR(alexcl_weights_open(path_of("chain.prototxt"), m, NULL, &w, &err), ALEXCL_E_DATA,
                 "it describes a net, and has no weights: --model takes it", err);
    alexcl_model_free(m);
    EXPECT_ERROR(alexcl_model_open(path_of("odd.caffemodel"), &m, NULL, &err), ALEXCL_E_DATA,
                 "odd.caffemodel: layer turned (InnerProduct): its bottom \"data\" is no top of a layer before it",
                 err);
}
END_TEST

/* A folder of this process, and the path of a file in it. */
static char folder[] = "caffe_nets.XXXXXX";

static const char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t length) {
    FILE *file = fopen(in_folder(name), "wb");
    ck_assert(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

/* One that does not say how large its pictures are is the net of a prototxt beside it that its weights fit. */
START_TEST(a_prototxt_beside_is_its_net) {
    static const char *const names[] = {"net.prototxt", "deploy.prototxt", "train_val.prototxt"};
    static const char input[] = "\x1a\4data";
    struct alexcl_error err = {0};
    struct alexcl_model *m = NULL;
    struct alexcl_weights_file *f = NULL;
    const struct alexcl_model *chosen;
    unsigned char *bytes, *text;
    size_t length, text_length;
    ck_assert(mkdtemp(folder) != NULL);
    EXPECT_OK(files_read(path_of("chain.caffemodel"), 1 << 20, &bytes, &length, &err), err);
    EXPECT_OK(files_read(path_of("chain.prototxt"), 1 << 20, &text, &text_length, &err), err);
    for (size_t i = 0; i + sizeof input - 1 <= length; i++) /* its input is another's: a field that nobody reads */
        if (memcmp(bytes + i, input, sizeof input - 1) == 0) {
            bytes[i] = '\x32';
            break;
        }
    write_file("net.caffemodel", bytes, length);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        EXPECT_ERROR(alexcl_model_open(in_folder("net.caffemodel"), &m, NULL, &err), ALEXCL_E_DATA,
                     "layer conv1 (Convolution): its bottom \"data\" is no top of a layer before it", err);
        write_file(names[i], "layer {", 7); /* damaged: as if it were not there */
        EXPECT_ERROR(alexcl_model_open(in_folder("net.caffemodel"), &m, NULL, &err), ALEXCL_E_DATA, "is no top of",
                     err);
        write_file(names[i], text, text_length);
        alexcl_log_to(keep_log, NULL);
        EXPECT_OK(alexcl_model_open(in_folder("net.caffemodel"), &m, NULL, &err), err);
        ck_assert_str_eq(m->name, "Chain");
        alexcl_model_free(m);
        EXPECT_OK(alexcl_weights_file_open(in_folder("net.caffemodel"), &f, &err), err);
        EXPECT_OK(alexcl_weights_file_model(f, NULL, &chosen, NULL, &err), err);
        ck_assert_str_eq(chosen->name, "Chain");
        alexcl_weights_file_free(f);
        ck_assert_msg(strstr(logged, "net.caffemodel: pictures: BGR"), "%s", logged);
        alexcl_log_to(NULL, NULL);
        char *wider = strstr((char *)text, "num_output: 7"); /* another's, of eight classes */
        ck_assert(wider != NULL);
        wider[12] = '8';
        write_file(names[i], text, text_length);
        EXPECT_ERROR(alexcl_model_open(in_folder("net.caffemodel"), &m, NULL, &err), ALEXCL_E_DATA, "is no top of",
                     err);
        wider[12] = '7';
        (void)remove(in_folder(names[i]));
    }
    (void)remove(in_folder("net.caffemodel"));
    (void)rmdir(folder);
    free(bytes);
    free(text);
}
END_TEST

/* ---- Caffe's own nets ----------------------------------------------------------------------------- */

/* A model from a text. */
static struct source *open_text(const char *text) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    EXPECT_OK(source_parse((const unsigned char *)text, strlen(text), "net.prototxt", &s, &err), err);
    ck_assert_str_eq(s->kind, "prototxt");
    ck_assert(s->model != NULL && s->tensor_count == 0);
    return s;
}

/* How many rows before row `i` its j-th input is; 0: it has no more. */
static size_t input_before(const struct alexcl_model *m, size_t i, size_t j) {
    const char *const *names = m->layers[i].inputs;
    size_t count = 0;
    while (names && names[count]) count++;
    if (!names) return j ? 0 : 1;
    if (j >= count) return 0;
    for (size_t r = i; r-- > 0;)
        if (strcmp(m->layers[r].name, names[j]) == 0) return i - r;
    ck_assert_str_eq(names[j], ALEXCL_INPUT);
    return i + 1;
}

static int same_number(double a, double b) { return fabs(a - b) <= 1e-12 * fabs(b); }

static void same_row(const struct alexcl_layer *got, const struct alexcl_layer *due) {
    if (due->type != ALEXCL_FLATTEN) ck_assert_str_eq(got->name, due->name);
    ck_assert_msg(got->type == due->type && got->outputs == due->outputs && got->ceil_mode == due->ceil_mode &&
                      got->count_include_pad == due->count_include_pad && got->groups == due->groups &&
                      got->lrn_scope == due->lrn_scope && got->dropout == due->dropout &&
                      !memcmp(got->kernel, due->kernel, sizeof due->kernel) &&
                      !memcmp(got->stride, due->stride, sizeof due->stride) &&
                      !memcmp(got->dilation, due->dilation, sizeof due->dilation) &&
                      !memcmp(got->pad, due->pad, sizeof due->pad) &&
                      !memcmp(got->window, due->window, sizeof due->window) && !got->connections && !due->connections,
                  "%s", due->name);
    ck_assert_msg(same_number(got->k, due->k) && same_number(got->alpha, due->alpha) &&
                      same_number(got->beta, due->beta) && same_number(got->rate, due->rate),
                  "%s", due->name);
}

/* All fields but the gain of random weights. Caffe's inner products flatten by themselves, without a name for it, and
 * behind a dropout where there is one: GoogLeNet's row for that stands before its dropout, which is the same. */
static void same_model(const struct alexcl_model *got, const char *name) {
    struct alexcl_error err = {0};
    const struct alexcl_model *due;
    EXPECT_OK(alexcl_model_find(name, &due, &err), err);
    ck_assert_uint_eq(got->layer_count, due->layer_count);
    ck_assert(got->channels == due->channels && got->height == due->height && got->width == due->width &&
              got->colour == due->colour && got->resize == due->resize && same_number(got->scale, due->scale));
    for (size_t i = 0; i < due->layer_count; i++) {
        size_t at = i;
        if (due->layers[i].type == ALEXCL_FLATTEN && got->layers[i].type == ALEXCL_DROPOUT) at = i + 1;
        if (due->layers[i].type == ALEXCL_DROPOUT && got->layers[i].type == ALEXCL_FLATTEN) at = i - 1;
        same_row(&got->layers[at], &due->layers[i]);
        for (size_t j = 0; j == 0 || input_before(due, i, j); j++)
            ck_assert_msg(input_before(got, i, j) == input_before(due, i, j), "%s: input %zu", due->layers[i].name, j);
    }
}

/* AlexNet and CaffeNet in either generation; `norm_first`: AlexNet's order of norm and pool. */
static void write_alexnet(struct string_buffer *t, int first, int norm_first) {
    const char *open = first ? "layers" : "layer", *q = first ? "" : "\"";
    static const struct {
        int outputs, kernel, pad, stride, group;
    } convs[] = {{96, 11, 0, 4, 1}, {256, 5, 2, 1, 2}, {384, 3, 1, 1, 1}, {384, 3, 1, 1, 2}, {256, 3, 1, 1, 2}};
    char bottom[16] = "data", last[16];
    for (int i = 1; i <= 5; i++) {
        string_buffer_add(t,
                          "%s {\n  name: \"conv%d\" type: %s%s%s bottom: \"%s\" top: \"conv%d\"\n"
                          "  convolution_param { num_output: %d kernel_size: %d",
                          open, i, q, first ? "CONVOLUTION" : "Convolution", q, bottom, i, convs[i - 1].outputs,
                          convs[i - 1].kernel);
        if (convs[i - 1].pad) string_buffer_add(t, " pad: %d", convs[i - 1].pad);
        if (convs[i - 1].stride > 1) string_buffer_add(t, " stride: %d", convs[i - 1].stride);
        if (convs[i - 1].group > 1) string_buffer_add(t, " group: %d", convs[i - 1].group);
        string_buffer_add(t, " weight_filler { type: \"gaussian\" std: 0.01 } }\n}\n");
        string_buffer_add(t, "%s { name: \"relu%d\" type: %s%s%s bottom: \"conv%d\" top: \"conv%d\" }\n", open, i, q,
                          first ? "RELU" : "ReLU", q, i, i);
        snprintf(bottom, sizeof bottom, "conv%d", i);
        for (int step = 0; step < 2; step++) {
            int norm = step == !norm_first;
            if (i == 3 || i == 4 || (i == 5 && norm)) continue;
            snprintf(last, sizeof last, "%s%d", norm ? "norm" : "pool", i);
            string_buffer_add(t, "%s { name: \"%s\" type: %s%s%s bottom: \"%s\" top: \"%s\" %s }\n", open, last, q,
                              norm    ? "LRN"
                              : first ? "POOLING"
                                      : "Pooling",
                              q, bottom, last,
                              norm ? "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"
                                   : "pooling_param { pool: MAX kernel_size: 3 stride: 2 }");
            snprintf(bottom, sizeof bottom, "%s", last);
        }
    }
    for (int i = 6; i <= 8; i++) {
        string_buffer_add(t,
                          "%s { name: \"fc%d\" type: %s%s%s bottom: \"%s\" top: \"fc%d\" inner_product_param { "
                          "num_output: %d } }\n",
                          open, i, q, first ? "INNER_PRODUCT" : "InnerProduct", q, bottom, i, i < 8 ? 4096 : 1000);
        snprintf(bottom, sizeof bottom, "fc%d", i);
        if (i == 8) break;
        string_buffer_add(t, "%s { name: \"relu%d\" type: %s%s%s bottom: \"fc%d\" top: \"fc%d\" }\n", open, i, q,
                          first ? "RELU" : "ReLU", q, i, i);
        string_buffer_add(t,
                          "%s { name: \"drop%d\" type: %s%s%s bottom: \"fc%d\" top: \"fc%d\" dropout_param { "
                          "dropout_ratio: 0.5 } }\n",
                          open, i, q, first ? "DROPOUT" : "Dropout", q, i, i);
    }
}

START_TEST(bvlc_alexnet_is_alexnet_caffe) {
    struct string_buffer t = {0};
    string_buffer_add(&t, "name: \"AlexNet\"\ninput: \"data\"\ninput_dim: 10\ninput_dim: 3\ninput_dim: 227\n"
                          "input_dim: 227\n");
    write_alexnet(&t, 1, 1);
    string_buffer_add(&t, "layers { name: \"prob\" type: SOFTMAX bottom: \"fc8\" top: \"prob\" }\n");
    struct source *s = open_text(t.text);
    same_model(s->model, "alexnet-caffe");
    ck_assert(s->model->mean[0] == 104 && s->model->mean[2] == 123);
    ck_assert_msg(strstr(s->told.text, "BGR, shorter side to 256, values 0..255 less 104,117,123 (assumed: the file"),
                  "%s", s->told.text);
    source_free(s);
    string_buffer_free(&t);
}
END_TEST

/* As it is trained: data layers of both phases, an accuracy, a loss. */
START_TEST(the_reference_caffenet_is_caffenet) {
    struct string_buffer t = {0};
    string_buffer_add(&t,
                      "name: \"CaffeNet\"\n"
                      "layer { name: \"data\" type: \"Data\" top: \"data\" top: \"label\" include { phase: TRAIN }\n"
                      "  transform_param { mirror: true crop_size: 100 mean_file: \"m.binaryproto\" } }\n"
                      "layer { name: \"data\" type: \"Data\" top: \"data\" top: \"label\" include { phase: TEST }\n"
                      "  transform_param { mirror: false crop_size: 227 mean_file: \"m.binaryproto\" }\n"
                      "  data_param { source: \"val_lmdb\" batch_size: 50 backend: LMDB } }\n");
    write_alexnet(&t, 0, 0);
    string_buffer_add(&t, "layer { name: \"accuracy\" type: \"Accuracy\" bottom: \"fc8\" bottom: \"label\" top: "
                          "\"accuracy\" include { phase: TEST } }\n"
                          "layer { name: \"prob\" type: \"SoftmaxWithLoss\" bottom: \"fc8\" bottom: \"label\" top: "
                          "\"loss\" }\n");
    struct source *s = open_text(t.text);
    same_model(s->model, "caffenet");
    const struct alexcl_model *own;
    struct alexcl_error err = {0};
    EXPECT_OK(alexcl_model_find("caffenet", &own, &err), err);
    for (int c = 0; c < 3; c++) ck_assert(s->model->mean[c] == own->mean[c]);
    ck_assert_msg(
        strstr(s->told.text, "less 104.007,116.669,122.679 (assumed to be ImageNet's mean: a mean_file is not read)"),
        "%s", s->told.text);
    source_free(s);
    string_buffer_free(&t);
}
END_TEST

/* A convolution and its ReLU, which has the first `named` letters of its name. */
static void write_named_conv(struct string_buffer *t, const char *prefix, const char *name, int named,
                             const char *bottom, int outputs, int kernel, int stride, int pad) {
    string_buffer_add(t,
                      "layer { name: \"%s/%s\" type: \"Convolution\" bottom: \"%s\" top: \"%s/%s\" convolution_param { "
                      "num_output: %d kernel_size: %d stride: %d pad: %d } }\n",
                      prefix, name, bottom, prefix, name, outputs, kernel, stride, pad);
    string_buffer_add(t, "layer { name: \"%s/relu_%.*s\" type: \"ReLU\" bottom: \"%s/%s\" top: \"%s/%s\" }\n", prefix,
                      named, name, prefix, name, prefix, name);
}

static void write_conv(struct string_buffer *t, const char *prefix, const char *name, const char *bottom, int outputs,
                       int kernel, int stride, int pad) {
    write_named_conv(t, prefix, name, 32, bottom, outputs, kernel, stride, pad);
}

static void write_pool(struct string_buffer *t, const char *name, const char *bottom, const char *method, int kernel,
                       int stride, int pad) {
    string_buffer_add(t,
                      "layer { name: \"%s\" type: \"Pooling\" bottom: \"%s\" top: \"%s\" pooling_param { pool: %s "
                      "kernel_size: %d stride: %d pad: %d } }\n",
                      name, bottom, name, method, kernel, stride, pad);
}

static void write_norm(struct string_buffer *t, const char *name, const char *bottom) {
    string_buffer_add(t,
                      "layer { name: \"%s\" type: \"LRN\" bottom: \"%s\" top: \"%s\" lrn_param { local_size: 5 alpha: "
                      "0.0001 beta: 0.75 } }\n",
                      name, bottom, name);
}

static void write_inception(struct string_buffer *t, const char *m, const char *bottom, const int widths[6]) {
    char at[64];
    write_conv(t, m, "1x1", bottom, widths[0], 1, 1, 0);
    write_conv(t, m, "3x3_reduce", bottom, widths[1], 1, 1, 0);
    snprintf(at, sizeof at, "%s/3x3_reduce", m);
    write_conv(t, m, "3x3", at, widths[2], 3, 1, 1);
    write_conv(t, m, "5x5_reduce", bottom, widths[3], 1, 1, 0);
    snprintf(at, sizeof at, "%s/5x5_reduce", m);
    write_conv(t, m, "5x5", at, widths[4], 5, 1, 2);
    snprintf(at, sizeof at, "%s/pool", m);
    write_pool(t, at, bottom, "MAX", 3, 1, 1);
    write_conv(t, m, "pool_proj", at, widths[5], 1, 1, 0);
    string_buffer_add(t,
                      "layer { name: \"%s/output\" type: \"Concat\" bottom: \"%s/1x1\" bottom: \"%s/3x3\" bottom: "
                      "\"%s/5x5\" bottom: \"%s/pool_proj\" top: \"%s/output\" }\n",
                      m, m, m, m, m, m);
}

/* With a head for training in the middle, which is left out. */
START_TEST(bvlc_googlenet_is_googlenet) {
    static const struct {
        const char *name;
        int widths[6];
        const char *pool; /* behind it */
    } modules[] = {
        {"inception_3a", {64, 96, 128, 16, 32, 32}, NULL},
        {"inception_3b", {128, 128, 192, 32, 96, 64}, "pool3/3x3_s2"},
        {"inception_4a", {192, 96, 208, 16, 48, 64}, NULL},
        {"inception_4b", {160, 112, 224, 24, 64, 64}, NULL},
        {"inception_4c", {128, 128, 256, 24, 64, 64}, NULL},
        {"inception_4d", {112, 144, 288, 32, 64, 64}, NULL},
        {"inception_4e", {256, 160, 320, 32, 128, 128}, "pool4/3x3_s2"},
        {"inception_5a", {256, 160, 320, 32, 128, 128}, NULL},
        {"inception_5b", {384, 192, 384, 48, 128, 128}, NULL},
    };
    struct string_buffer t = {0};
    char bottom[64] = "pool2/3x3_s2";
    string_buffer_add(&t,
                      "name: \"GoogleNet\"\nlayer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape: "
                      "{ dim: 10 dim: 3 dim: 224 dim: 224 } } }\n");
    write_named_conv(&t, "conv1", "7x7_s2", 3, "data", 64, 7, 2, 3);
    write_pool(&t, "pool1/3x3_s2", "conv1/7x7_s2", "MAX", 3, 2, 0);
    write_norm(&t, "pool1/norm1", "pool1/3x3_s2");
    write_conv(&t, "conv2", "3x3_reduce", "pool1/norm1", 64, 1, 1, 0);
    write_conv(&t, "conv2", "3x3", "conv2/3x3_reduce", 192, 3, 1, 1);
    write_norm(&t, "conv2/norm2", "conv2/3x3");
    write_pool(&t, "pool2/3x3_s2", "conv2/norm2", "MAX", 3, 2, 0);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        write_inception(&t, modules[i].name, bottom, modules[i].widths);
        snprintf(bottom, sizeof bottom, "%s/output", modules[i].name);
        if (modules[i].pool) write_pool(&t, modules[i].pool, bottom, "MAX", 3, 2, 0);
        if (modules[i].pool) snprintf(bottom, sizeof bottom, "%s", modules[i].pool);
        if (i != 2) continue;
        write_pool(&t, "loss1/ave_pool", bottom, "AVE", 5, 3, 0);
        string_buffer_add(&t, "layer { name: \"loss1/classifier\" type: \"InnerProduct\" bottom: \"loss1/ave_pool\" "
                              "top: \"loss1/classifier\" inner_product_param { num_output: 1000 } }\n");
    }
    write_pool(&t, "pool5/7x7_s1", bottom, "AVE", 7, 1, 0);
    string_buffer_add(
        &t,
        "layer { name: \"pool5/drop_7x7_s1\" type: \"Dropout\" bottom: \"pool5/7x7_s1\" top: \"pool5/7x7_s1\" "
        "dropout_param { dropout_ratio: 0.4 } }\n"
        "layer { name: \"loss3/classifier\" type: \"InnerProduct\" bottom: \"pool5/7x7_s1\" top: \"loss3/classifier\" "
        "inner_product_param { num_output: 1000 } }\n"
        "layer { name: \"prob\" type: \"Softmax\" bottom: \"loss3/classifier\" top: \"prob\" }\n");
    struct source *s = open_text(t.text);
    ck_assert_msg(strstr(s->told.text, "needs nothing of it: loss1/ave_pool, flat, loss1/classifier\n"), "%s",
                  s->told.text);
    same_model(s->model, "googlenet");
    source_free(s);
    string_buffer_free(&t);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("caffe_nets");
    tcase_add_loop_test(tests, the_same_as_by_opencv, 0, sizeof nets / sizeof *nets);
    tcase_add_test(tests, what_is_assumed_is_told);
    tcase_add_test(tests, a_prototxt_beside_is_its_net);
    tcase_add_test(tests, bvlc_alexnet_is_alexnet_caffe);
    tcase_add_test(tests, the_reference_caffenet_is_caffenet);
    tcase_add_test(tests, bvlc_googlenet_is_googlenet);
    return support_run(tests);
}
