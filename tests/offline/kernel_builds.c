/* SPDX-License-Identifier: MIT */
/* Prints every program that the runtime builds, one a line: "kind source function defines", where kind is the kind of
 * device (gpu, or cpu and the floats of a register). Nothing is listed by hand: the layers themselves build every
 * variant of every layer of every built-in net with golden vectors, and what stands for runtime/cl here writes down
 * what they ask for. The other nets have the same kernels at other windows and tiles, and would add a third to the time
 * of the compilers. Needs no OpenCL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accumulate.h"
#include "blas.h"
#include "graph.h"
#include "kernel.h"
#include "layer_private.h"
#include "model_check.h"
#include "peak.h"
#include "update.h"

/* ---- in the place of runtime/cl ---- */

struct device {
    const char *kind;
    struct device_limits limits;
};
struct kernel {
    int unused;
};
struct buffer {
    int unused;
};
static struct kernel a_kernel;
static struct buffer a_buffer;
static int launched;

const struct device_limits *device_limits(const struct device *dev) { return &dev->limits; }
const struct settings *device_settings(const struct device *dev) {
    static const struct settings settings = {.clblast = 1}; /* so that its variants are applicable too */
    (void)dev;
    return &settings;
}
int kernel_create(struct device *dev, const char *source, const char *function, const char *defines,
                  struct kernel **out, struct alexcl_error *err) {
    (void)err;
    printf("%s %s %s%s%s\n", dev->kind, source, function, *defines ? " " : "", defines);
    *out = &a_kernel;
    return ALEXCL_OK;
}
void kernel_free(struct kernel *k) { (void)k; }
int kernel_is_refused(int status) { return status == ALEXCL_E_BUILD; }
size_t kernel_required_group(const struct kernel *k) {
    (void)k;
    return 0;
}
int buffer_create(struct device *dev, size_t floats, const char *what, struct buffer **out, struct alexcl_error *err) {
    (void)dev, (void)floats, (void)what, (void)err;
    *out = &a_buffer;
    return ALEXCL_OK;
}
void buffer_free(struct buffer *b) { (void)b; }
int buffer_write(struct buffer *b, size_t first, const float *host, size_t count, struct alexcl_error *err) {
    (void)b, (void)first, (void)host, (void)count, (void)err;
    return ALEXCL_OK;
}

void device_time_launches(struct device *dev, int on) {
    (void)dev;
    (void)on;
}
int device_has_times(const struct device *dev) { return dev != NULL; }
void device_times(const struct device *dev, uint64_t busy[DEVICE_ACCOUNTS]) {
    (void)dev;
    memset(busy, 0, DEVICE_ACCOUNTS * sizeof *busy);
}
struct buffer *buffer_largest(const struct device *dev) {
    (void)dev;
    return NULL;
}
size_t buffer_floats(const struct buffer *b) {
    (void)b;
    return 0;
}
uint64_t buffer_total(const struct device *dev) {
    (void)dev;
    return 0;
}

/* Nothing is run here. */
static int builds_never(struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_OTHER, "preparing a layer ran something");
}
int buffer_read(struct buffer *b, size_t first, float *host, size_t count, struct alexcl_error *err) {
    (void)b, (void)first, (void)host, (void)count;
    return builds_never(err);
}
int device_finish(struct device *dev, struct alexcl_error *err) {
    (void)dev;
    return builds_never(err);
}
int kernel_launch(struct kernel *k, const char *label, const struct kernel_range *range, const struct kernel_arg *args,
                  size_t arg_count, struct alexcl_error *err) {
    (void)k, (void)label, (void)range, (void)args, (void)arg_count;
    launched = 1;
    return builds_never(err);
}
size_t blas_gemm_workspace(struct device *dev, size_t m, size_t n, size_t k, enum blas_form form) {
    (void)dev, (void)m, (void)n, (void)k, (void)form;
    return 0;
}
int blas_gemm(struct device *dev, const char *label, size_t m, size_t n, size_t k, struct blas_matrix a,
              struct blas_matrix b, enum blas_form form, float beta, struct blas_matrix c, struct buffer *workspace,
              struct alexcl_error *err) {
    (void)dev, (void)label, (void)m, (void)n, (void)k, (void)a, (void)b, (void)form, (void)beta, (void)c,
        (void)workspace;
    return builds_never(err);
}
int blas_gemv(struct device *dev, const char *label, size_t m, size_t n, struct blas_matrix a, struct blas_matrix x,
              float beta, struct blas_matrix y, struct alexcl_error *err) {
    (void)dev, (void)label, (void)m, (void)n, (void)a, (void)x, (void)beta, (void)y;
    return builds_never(err);
}

/* ---- the nets ---- */

enum { TYPES = 64 };
static int seen[TYPES];

/* What layer_prepare_variant does, but for the values: packing them for every variant takes seconds, and asks for no
 * kernel. */
static int builds_of_variant(struct layer *l, enum layer_pass_kind pass, struct target *target,
                             const struct layer_variant *v, struct alexcl_error *err) {
    struct layer_pass *p = &l->pass[pass];
    l->target = target;
    p->variant = v;
    p->workspace = v->workspace ? v->workspace(l, target) : 0;
    int status = shape_size(l->shape.out) > 0 && v->build ? v->build(l, err) : ALEXCL_OK;
    layer_release(l);
    return status;
}

static int builds_of_pass(struct layer *l, enum layer_pass_kind pass, struct target *target, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    if (!layer_is_run(l, pass)) return ALEXCL_OK;
    for (const struct layer_variant *const *v = l->shape.ops->variants[pass]; status == ALEXCL_OK && v && *v; v++) {
        int wanted = pass == LAYER_FORWARD && l->choice.training ? layer_is_for_training(l, *v, target)
                                                                 : (*v)->applicable(l, target);
        if (wanted) status = builds_of_variant(l, pass, target, *v, err);
    }
    return status;
}

static int builds_of_layer(struct layer *l, struct target *target, struct alexcl_error *err) {
    int status = ALEXCL_OK, last = l->shape.ops->narrow_weights ? PRECISIONS - 1 : PRECISION_FLOAT;
    seen[l->shape.desc->type] = 1;
    for (int precision = PRECISION_FLOAT; status == ALEXCL_OK && precision <= last; precision++) {
        l->choice.precision = (enum precision)precision;
        status = builds_of_pass(l, LAYER_FORWARD, target, err);
    }
    l->choice.precision = PRECISION_FLOAT;
    layer_train(l);
    for (int pass = LAYER_FORWARD; status == ALEXCL_OK && pass < LAYER_PASSES; pass++)
        status = builds_of_pass(l, (enum layer_pass_kind)pass, target, err);
    return status;
}

static int builds_of_model(const struct alexcl_model *model, struct target *target, int block,
                           struct alexcl_error *err) {
    struct graph *g = NULL;
    int status = graph_make(model, NULL, block, &g, err);
    for (int i = 0; status == ALEXCL_OK && i < g->layer_count; i++)
        for (int half = 0; status == ALEXCL_OK && half < 2; half++)
            status = builds_of_layer(&g->layers[i].half[half], target, err);
    graph_free(g);
    return status;
}

/* What the library can do and none of these nets does. */
static const struct alexcl_layer others[] = {
    {.type = ALEXCL_CONV, .name = "first", .outputs = 4, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
    {.type = ALEXCL_TANH, .name = "tanh"},
    {.type = ALEXCL_SIGMOID, .name = "sigmoid"},
    {.type = ALEXCL_LRN, .name = "lrn", .window = {-1, 1}, .k = 1, .alpha = 1, .beta = 0.5},
    {.type = ALEXCL_RNORM, .name = "rnorm", .window = {-1, 1}, .k = 1, .alpha = 1, .beta = 0.5},
    {.type = ALEXCL_AVGPOOL, .name = "avgpool", .kernel = {2, 2}, .stride = {2, 2}},
    {.type = ALEXCL_GLOBAL_AVGPOOL, .name = "mean"},
    {.type = ALEXCL_FLATTEN, .name = "flat"},
    {.type = ALEXCL_SOFTMAX, .name = "prob"},
};
static const struct alexcl_model other = {.size = sizeof other,
                                          .layer_size = sizeof(struct alexcl_layer),
                                          .name = "others",
                                          .channels = 1,
                                          .height = 8,
                                          .width = 8,
                                          .layers = others,
                                          .layer_count = sizeof others / sizeof *others};

/* What measures a device: it has built its kernels when it launches the first. */
static int builds_of_peak(struct device *dev, struct alexcl_error *err) {
    struct peak peak;
    struct alexcl_error stopped = {0};
    launched = 0;
    peak_measure(dev, &peak, &stopped);
    return launched ? ALEXCL_OK
                    : error_set(err, ALEXCL_E_OTHER, "the measurement of a device's peak: %s", stopped.text);
}

static int builds_of_updates(struct target *target, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int form = 0; status == ALEXCL_OK && form < UPDATE_FORMS; form++) {
        struct update *update = NULL;
        status = update_create(target, (enum update_form)form, &update, err);
        update_free(update);
    }
    return status;
}

int main(void) {
    static struct device devices[] = {
        {"gpu", {.kind = ALEXCL_DEVICE_GPU, .compute_units = 8, .vector_floats = 1}},
        {"cpu8", {.kind = ALEXCL_DEVICE_CPU, .compute_units = 8, .has_prefetch = 1, .vector_floats = 8}},
        {"cpu16", {.kind = ALEXCL_DEVICE_CPU, .compute_units = 8, .has_prefetch = 1, .vector_floats = 16}},
    };
    struct alexcl_error err = {0};
    int status = ALEXCL_OK;
    for (size_t d = 0; d < sizeof devices / sizeof *devices; d++) {
        struct device_limits *limits = &devices[d].limits;
        limits->memory = limits->max_alloc = (uint64_t)8 << 30;
        int block = limits->kind == ALEXCL_DEVICE_CPU ? LAYER_BLOCK : 1;
        limits->local_memory = limits->kind == ALEXCL_DEVICE_CPU ? 256 << 10 : 48 << 10;
        limits->max_work_group_size = 256;
        struct target target = {&devices[d]};
        struct join *join = NULL;
        struct accumulate *accumulate = NULL;
        const struct alexcl_model *model;
        status = join_create(&target, &join, &err);
        join_free(join);
        if (status == ALEXCL_OK) status = accumulate_create(&target, &accumulate, &err);
        accumulate_free(accumulate);
        if (status == ALEXCL_OK) status = builds_of_updates(&target, &err);
        for (size_t i = 0; status == ALEXCL_OK && (model = alexcl_model_get(i)) != NULL; i++)
            if (model_oracle_case(model)) status = builds_of_model(model, &target, block, &err);
        if (status == ALEXCL_OK) status = builds_of_model(&other, &target, block, &err);
        if (status == ALEXCL_OK) status = builds_of_peak(&devices[d], &err);
    }
    for (int type = 0; status == ALEXCL_OK && type < TYPES; type++)
        if (strcmp(alexcl_layer_type_name((enum alexcl_layer_type)type), "unknown") != 0 && !seen[type])
            status = error_set(&err, ALEXCL_E_OTHER, "no net here has a layer %s: add one to `others`",
                               alexcl_layer_type_name((enum alexcl_layer_type)type));
    if (status != ALEXCL_OK) fprintf(stderr, "kernel_builds: %s\n", err.text);
    return status != ALEXCL_OK;
}
