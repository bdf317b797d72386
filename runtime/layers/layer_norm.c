/* SPDX-License-Identifier: MIT */
/* Local response normalisation across channels, and within one map. Where windows run over the whole layer, those of
 * half 0 reach into half 1 by `last` channels (window[1]), and those of half 1 into half 0 by -`first` (window[0]).
 * These channels cross as a halo. */
#include <stdio.h>

#include "layer_private.h"
#include "ref.h"

/* The number of values in a row of the window. */
static int norm_values(const struct alexcl_layer *d) { return d->window[1] - d->window[0] + 1; }

static int norm_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    return ALEXCL_OK;
}

static int lrn_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->shape.desc;
    if (d->lrn_scope == ALEXCL_LRN_SCOPE_LAYER) l->shape.reads.halo = l->shape.half ? -d->window[0] : d->window[1];
    return norm_describe(l, err);
}

static void norm_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    tell(user, "n", NULL, norm_values(d));
    tell(user, "k", NULL, d->k);
    tell(user, "alpha", NULL, d->alpha);
    tell(user, "beta", NULL, d->beta);
    if (d->window[0] + d->window[1] != 0) { /* the size alone does not say where in the window the output is */
        char ends[32];
        snprintf(ends, sizeof ends, "[%d,%d]", d->window[0], d->window[1]);
        tell(user, "window", ends, 0);
    }
}

static void lrn_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    norm_tell(d, tell, user);
    tell(user, "span", d->lrn_scope == ALEXCL_LRN_SCOPE_HALF ? "half" : "layer", 0);
}

static void norm_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    *in = (struct alexcl_shape){layer_min(in->c, 2 * norm_values(d) + 3), layer_min(in->h, norm_values(d) + 2),
                                layer_min(in->w, norm_values(d) + 4)};
}

static struct shape_norm norm_shape(const struct layer *l) {
    const struct alexcl_layer *d = l->shape.desc;
    int halo = l->shape.inputs[0].halo.count;
    return (struct shape_norm){.in = l->shape.in,
                               .first = d->window[0],
                               .last = d->window[1],
                               .before = l->shape.half ? halo : 0,
                               .after = l->shape.half ? 0 : halo,
                               .k = (float)d->k,
                               .alpha = (float)d->alpha,
                               .beta = (float)d->beta};
}

static const char *norm_defines(const struct layer *l) { return l->shape.desc->beta == 0.75 ? "-DBETA_075" : ""; }

static int norm_add_kernel(struct layer *l, enum layer_pass_kind pass, int slot, const char *source,
                           const char *function, struct alexcl_error *err) {
    char defines[64];
    snprintf(defines, sizeof defines, "-DBLOCK=%d %s", l->choice.in_block, norm_defines(l));
    return layer_add_kernel(l, pass, slot, source, function, defines, err);
}

/* ---- lrn ---- */

/* The arguments that tell the kernels the shape. */
#define LRN_ARGS(s)                                                                                                    \
    ARG_INT((s).in.c), ARG_INT((s).in.h *(s).in.w), ARG_INT((s).before), ARG_INT((s).after), ARG_INT((s).first),       \
        ARG_INT((s).last), ARG_FLOAT((s).k), ARG_FLOAT((s).alpha), ARG_FLOAT((s).beta)

static int lrn_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_norm s = norm_shape(l);
    size_t halo = (size_t)(s.before + s.after) * (size_t)s.in.h * (size_t)s.in.w;
    ref_lrn(layer_host_out(l, io), layer_host_in(l, io), halo ? io->in[0].halo->host + (size_t)io->first * halo : NULL,
            io->count, &s);
    return ALEXCL_OK;
}

static int lrn_own_build(struct layer *l, struct alexcl_error *err) {
    return norm_add_kernel(l, LAYER_FORWARD, 0, "lrn", "lrn_forward", err);
}

static int lrn_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    size_t hw = (size_t)s.in.h * (size_t)s.in.w;
    struct kernel_range range = layer_range_maps(hw, layer_channels(l), io);
    struct buffer *halo = s.before + s.after ? io->in[0].halo->buffer : NULL;
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(halo), ARG_BUFFER(io->out->buffer), LRN_ARGS(s));
}

/* lrn_cpu.cl, lrn_input_gradient_cpu.cl: places that a work-item computes, as the local memory allows. */
enum { CPU_PLACES = 8, CPU_GRADIENT_LINES = 2 };

static size_t lrn_cpu_line(const struct layer *l) {
    return shape_floats((struct alexcl_shape){l->shape.in.c, 1, 1}, LAYER_BLOCK) +
           (size_t)(norm_values(l->shape.desc) - 1);
}

static int lrn_cpu_places(const struct layer *l, const struct target *target, size_t lines) {
    size_t places = (size_t)device_limits(target->device)->local_memory / (lines * lrn_cpu_line(l) * sizeof(float));
    return places < CPU_PLACES ? (int)places : CPU_PLACES;
}

static int lrn_cpu_fits(const struct layer *l, const struct target *target, size_t lines) {
    return layer_on_cpu_device(l, target) && l->choice.in_block == LAYER_BLOCK && lrn_cpu_places(l, target, lines) > 0;
}

static int lrn_cpu_applicable(const struct layer *l, const struct target *target) { return lrn_cpu_fits(l, target, 1); }

static int lrn_cpu_add_kernel(struct layer *l, enum layer_pass_kind pass, size_t lines, const char *source,
                              const char *function, struct alexcl_error *err) {
    char defines[64];
    snprintf(defines, sizeof defines, "-DPLACES=%d %s", lrn_cpu_places(l, l->target, lines), norm_defines(l));
    return layer_add_kernel(l, pass, 0, source, function, defines, err);
}

static struct kernel_range lrn_cpu_range(const struct layer *l, const struct layer_io *io, int places) {
    size_t hw = (size_t)l->shape.in.h * (size_t)l->shape.in.w;
    return (struct kernel_range){
        2, {0, (size_t)io->first, 0}, {(hw + (size_t)places - 1) / (size_t)places, (size_t)io->count, 1}, {1, 1, 1}};
}

static int lrn_cpu_build(struct layer *l, struct alexcl_error *err) {
    return lrn_cpu_add_kernel(l, LAYER_FORWARD, 1, "lrn_cpu", "lrn_cpu_forward", err);
}

static int lrn_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    int places = lrn_cpu_places(l, l->target, 1);
    struct kernel_range range = lrn_cpu_range(l, io, places);
    struct buffer *halo = s.before + s.after ? io->in[0].halo->buffer : NULL;
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(halo), ARG_BUFFER(io->out->buffer), LRN_ARGS(s),
                         ARG_LOCAL((size_t)places * lrn_cpu_line(l) * sizeof(float)));
}

static const struct layer_variant lrn_ref = {.name = "ref", .applicable = layer_on_host, .enqueue = lrn_ref_enqueue};
static const struct layer_variant lrn_own = {.name = "own",
                                             .applicable = layer_on_device,
                                             .build = lrn_own_build,
                                             .enqueue = lrn_own_enqueue,
                                             .release = layer_free_kernels,
                                             .kernels = "lrn",
                                             .last_resort = 1};
static const struct layer_variant lrn_cpu = {.name = "cpu",
                                             .applicable = lrn_cpu_applicable,
                                             .build = lrn_cpu_build,
                                             .enqueue = lrn_cpu_enqueue,
                                             .release = layer_free_kernels,
                                             .kernels = "lrn_cpu"};

static int lrn_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_norm s = norm_shape(l);
    size_t halo = (size_t)(s.before + s.after) * (size_t)s.in.h * (size_t)s.in.w, first = (size_t)io->first * halo;
    ref_lrn_input_gradient(layer_host_in_gradient(l, io), halo ? io->in_gradients[0].halo->host + first : NULL,
                           layer_host_in(l, io), halo ? io->in[0].halo->host + first : NULL,
                           layer_host_out_gradient(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int lrn_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return norm_add_kernel(l, LAYER_INPUT_GRADIENT, 0, "lrn_input_gradient", "lrn_input_gradient", err);
}

/* What the kernels of the gradient read and make. */
#define LRN_GRADIENT_ARGS(io, sides)                                                                                   \
    ARG_BUFFER((io)->in[0].own->buffer), ARG_BUFFER((sides) ? (io)->in[0].halo->buffer : NULL),                        \
        ARG_BUFFER((io)->out_gradient->buffer), ARG_BUFFER((io)->in_gradients[0].own->buffer),                         \
        ARG_BUFFER((sides) ? (io)->in_gradients[0].halo->buffer : NULL)

static int lrn_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    size_t hw = (size_t)s.in.h * (size_t)s.in.w, sides = (size_t)(s.before + s.after);
    struct kernel_range range = layer_range_maps(hw, layer_channels(l) + sides, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         LRN_GRADIENT_ARGS(io, sides), LRN_ARGS(s));
}

static int lrn_cpu_applicable_gradient(const struct layer *l, const struct target *target) {
    return lrn_cpu_fits(l, target, CPU_GRADIENT_LINES);
}

static int lrn_cpu_build_gradient(struct layer *l, struct alexcl_error *err) {
    return lrn_cpu_add_kernel(l, LAYER_INPUT_GRADIENT, CPU_GRADIENT_LINES, "lrn_input_gradient_cpu",
                              "lrn_input_gradient_cpu", err);
}

static int lrn_cpu_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    int places = lrn_cpu_places(l, l->target, CPU_GRADIENT_LINES);
    struct kernel_range range = lrn_cpu_range(l, io, places);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         LRN_GRADIENT_ARGS(io, s.before + s.after), LRN_ARGS(s),
                         ARG_LOCAL(CPU_GRADIENT_LINES * (size_t)places * lrn_cpu_line(l) * sizeof(float)));
}

static const struct layer_variant lrn_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = lrn_ref_enqueue_gradient};
static const struct layer_variant lrn_own_gradient = {.name = "own",
                                                      .applicable = layer_on_device,
                                                      .build = lrn_own_build_gradient,
                                                      .enqueue = lrn_own_enqueue_gradient,
                                                      .release = layer_free_kernels,
                                                      .kernels = "lrn_input_gradient",
                                                      .last_resort = 1};
static const struct layer_variant lrn_cpu_gradient = {.name = "cpu",
                                                      .applicable = lrn_cpu_applicable_gradient,
                                                      .build = lrn_cpu_build_gradient,
                                                      .enqueue = lrn_cpu_enqueue_gradient,
                                                      .release = layer_free_kernels,
                                                      .kernels = "lrn_input_gradient_cpu"};
static const struct layer_variant *const lrn_variants[] = {&lrn_ref, &lrn_cpu, &lrn_own, NULL};
static const struct layer_variant *const lrn_gradients[] = {&lrn_ref_gradient, &lrn_cpu_gradient, &lrn_own_gradient,
                                                            NULL};

/* The other half's channels at the cut are copied out of a single block, for both halves or for none. */
static int lrn_takes_blocks(const struct layer *l) {
    const struct alexcl_layer *d = l->shape.desc;
    int lower = shape_half_count(l->shape.whole_in.c, 0), upper = shape_half_count(l->shape.whole_in.c, 1),
        below = -d->window[0], above = d->window[1];
    if (d->lrn_scope == ALEXCL_LRN_SCOPE_HALF) return 1;
    return (below <= 1 || lower <= LAYER_BLOCK || (lower - 1) % LAYER_BLOCK + 1 >= below) &&
           (above <= LAYER_BLOCK || upper <= LAYER_BLOCK);
}

#define LRN_SAMPLE(first, last, beta_, span_)                                                                          \
    {                                                                                                                  \
        .type = ALEXCL_LRN, .name = "lrn", .window = {first, last}, .k = 2, .alpha = 0.3, .beta = beta_,               \
        .lrn_scope = span_                                                                                             \
    }

const struct layer_ops layer_lrn_ops = {
    .type = ALEXCL_LRN,
    .name = "lrn",
    .keras = "LRN",
    .fields = LAYER_FIELD_WINDOW | LAYER_FIELD_NORM | LAYER_FIELD_LRN_SCOPE,
    .reads_maps = 1,
    .takes_blocks = lrn_takes_blocks,
    .describe = lrn_describe,
    .variants = {[LAYER_FORWARD] = lrn_variants, [LAYER_INPUT_GRADIENT] = lrn_gradients},
    .metadata = lrn_tell,
    .shrink = norm_shrink,
    .samples = (const struct layer_sample[]){{LRN_SAMPLE(-2, 2, 0.75, ALEXCL_LRN_SCOPE_HALF), {16, 5, 13}, 0},
                                             {LRN_SAMPLE(-2, 2, 0.6, ALEXCL_LRN_SCOPE_LAYER), {13, 5, 13}, 0},
                                             {LRN_SAMPLE(-1, 2, 0.75, ALEXCL_LRN_SCOPE_LAYER), {13, 5, 7}, 0},
                                             {{0}, {0}, 0}}};

/* ---- rnorm ---- */

static int rnorm_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_norm s = norm_shape(l);
    ref_rnorm(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int rnorm_own_build(struct layer *l, struct alexcl_error *err) {
    return norm_add_kernel(l, LAYER_FORWARD, 0, "rnorm", "rnorm_forward", err);
}

static int rnorm_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.in.h * (size_t)s.in.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.first),
                         ARG_INT(s.last), ARG_FLOAT(s.k), ARG_FLOAT(s.alpha), ARG_FLOAT(s.beta));
}

static const struct layer_variant rnorm_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = rnorm_ref_enqueue};
static const struct layer_variant rnorm_own = {.name = "own",
                                               .applicable = layer_on_device,
                                               .build = rnorm_own_build,
                                               .enqueue = rnorm_own_enqueue,
                                               .release = layer_free_kernels,
                                               .kernels = "rnorm"};

static int rnorm_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_norm s = norm_shape(l);
    ref_rnorm_input_gradient(layer_host_in_gradient(l, io), layer_host_in(l, io), layer_host_out_gradient(l, io),
                             io->count, &s);
    return ALEXCL_OK;
}

/* Images whose shares (rnorm_input_gradient.cl) the workspace holds. */
enum { RNORM_IMAGES = 8 };

static size_t rnorm_workspace(const struct layer *l, const struct target *target) {
    (void)target;
    return RNORM_IMAGES * layer_in_floats(l);
}

static int rnorm_chunk(const struct layer *l) {
    (void)l;
    return RNORM_IMAGES;
}

static int rnorm_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    static const char source[] = "rnorm_input_gradient";
    int status = norm_add_kernel(l, LAYER_INPUT_GRADIENT, 0, source, "rnorm_input_gradient_shares", err);
    if (status != ALEXCL_OK) return status;
    return norm_add_kernel(l, LAYER_INPUT_GRADIENT, 1, source, "rnorm_input_gradient_add", err);
}

/* The images of `io` are no more than the workspace holds. */
static int rnorm_enqueue_chunk(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_norm s = norm_shape(l);
    const char *name = l->shape.desc->name;
    struct buffer *gx = io->in_gradients[0].own->buffer, *shares = io->workspace->buffer;
    struct kernel_range range = layer_range_maps((size_t)s.in.h * (size_t)s.in.w, layer_channels(l), io);
    int channels = (int)layer_channels(l);
    int status =
        KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), name, &range, err, ARG_BUFFER(io->in[0].own->buffer),
                      ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(gx), ARG_BUFFER(shares), ARG_INT(io->first),
                      ARG_INT(channels), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.first), ARG_INT(s.last),
                      ARG_FLOAT(s.k), ARG_FLOAT(s.alpha), ARG_FLOAT(s.beta));
    if (status != ALEXCL_OK) return status;
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 1), name, &range, err, ARG_BUFFER(io->in[0].own->buffer),
                         ARG_BUFFER(gx), ARG_BUFFER(shares), ARG_INT(io->first), ARG_INT(channels), ARG_INT(s.in.h),
                         ARG_INT(s.in.w), ARG_INT(s.first), ARG_INT(s.last), ARG_FLOAT(-2.0f * s.alpha * s.beta));
}

static int rnorm_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, end = io->first + io->count;
    struct layer_io part = *io;
    for (; part.first < end && status == ALEXCL_OK; part.first += RNORM_IMAGES) {
        part.count = layer_min(end - part.first, RNORM_IMAGES);
        status = rnorm_enqueue_chunk(l, &part, err);
    }
    return status;
}

static const struct layer_variant rnorm_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = rnorm_ref_enqueue_gradient};
static const struct layer_variant rnorm_own_gradient = {.name = "own",
                                                        .applicable = layer_on_device,
                                                        .workspace = rnorm_workspace,
                                                        .build = rnorm_own_build_gradient,
                                                        .enqueue = rnorm_own_enqueue_gradient,
                                                        .release = layer_free_kernels,
                                                        .kernels = "rnorm_input_gradient",
                                                        .chunk = rnorm_chunk};
static const struct layer_variant *const rnorm_variants[] = {&rnorm_ref, &rnorm_own, NULL};
static const struct layer_variant *const rnorm_gradients[] = {&rnorm_ref_gradient, &rnorm_own_gradient, NULL};

const struct layer_ops layer_rnorm_ops = {
    .type = ALEXCL_RNORM,
    .name = "rnorm",
    .fields = LAYER_FIELD_WINDOW | LAYER_FIELD_NORM,
    .reads_maps = 1,
    .describe = norm_describe,
    .variants = {[LAYER_FORWARD] = rnorm_variants, [LAYER_INPUT_GRADIENT] = rnorm_gradients},
    .metadata = norm_tell,
    .shrink = norm_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_RNORM, .name = "rnorm", .window = {-2, 2}, .k = 1, .alpha = 0.04, .beta = 0.75},
         {5, 11, 7},
         0},
        {{0}, {0}, 0}}};
