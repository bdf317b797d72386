/* SPDX-License-Identifier: MIT */
/* Convolution. A half makes its own half of the output channels. Where the cut lies between two groups, among the
 * inputs as among the outputs, a half has groups of its own and reads its own channels; else, and with one group, it
 * reads every channel. Kernels with packed weights then see one group with zeros among its weights (conv_pack.c); the
 * others read each output's group out of all channels. */
#include <stdio.h>

#include "conv_pack.h"
#include "layer_conv.h"
#include "ref.h"

/* Connections that are left out (LeNet-1998's c3) are zeros among the weights, so every variant computes a plain
 * convolution. Only the counts of products and of trained parameters leave them out. */
static uint64_t conv_connections(const struct layer *l) {
    const struct layer_tensor *weight = &l->shape.tensors[0];
    if (!l->shape.desc->connections) return (uint64_t)weight->count * (uint64_t)weight->shape[1];
    uint64_t sum = 0;
    for (int o = weight->first; o < weight->first + weight->count; o++)
        for (int i = 0; i < weight->shape[1]; i++) sum += l->shape.desc->connections[o] >> i & 1u;
    return sum;
}

/* Whether the cut of both inputs and outputs lies between the same two groups. */
static int conv_cuts_between(int groups, int inputs, int outputs) {
    int in = shape_half_count(inputs, 0), out = shape_half_count(outputs, 0), group_in = inputs / groups,
        group_out = outputs / groups;
    return groups > 1 && in % group_in == 0 && out % group_out == 0 && in / group_in == out / group_out;
}

static int conv_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->shape.desc;
    struct shape_window v = layer_window(d);
    struct alexcl_shape in = l->shape.whole_in;
    int sides[2] = {in.h, in.w}, out[2];
    for (int side = 0; side < 4; side++)
        if (v.pad[side] >= shape_window_extent(&v, side % 2))
            return error_set(err, ALEXCL_E_USAGE, "pad[%d] %d: it must be less than the kernel, %d", side, v.pad[side],
                             shape_window_extent(&v, side % 2));
    if (in.c % d->groups || d->outputs % d->groups)
        return error_set(err, ALEXCL_E_USAGE, "%d groups for %d input and %d output channels: it must divide both",
                         d->groups, in.c, d->outputs);
    if (d->connections && (d->groups != 1 || in.c > 32))
        return error_set(err, ALEXCL_E_USAGE, "connections are for one group of at most 32 input channels");
    for (int axis = 0; axis < 2; axis++) {
        int last = v.pad[axis] + sides[axis] + v.pad[axis + 2] - shape_window_extent(&v, axis);
        if (last < 0)
            return error_set(err, ALEXCL_E_USAGE, "a %d x %d kernel does not fit", shape_window_extent(&v, 0),
                             shape_window_extent(&v, 1));
        out[axis] = last / v.stride[axis] + 1;
    }
    l->shape.reads.all = !conv_cuts_between(d->groups, in.c, d->outputs);
    l->shape.in = in;
    if (!l->shape.reads.all) l->shape.in.c = shape_half_count(in.c, l->shape.half);
    l->shape.whole_out = (struct alexcl_shape){d->outputs, out[0], out[1]};
    l->shape.out = (struct alexcl_shape){shape_half_count(d->outputs, l->shape.half), out[0], out[1]};
    layer_describe_tensor(l, (struct layer_tensor){.suffix = "weight",
                                                   .dims = 4,
                                                   .shape = {d->outputs, in.c / d->groups, v.kernel[0], v.kernel[1]},
                                                   .trainable = 1,
                                                   .stream = "w",
                                                   .fill = layer_fill_weight});
    layer_describe_bias(l, d->outputs);
    l->shape.macs =
        conv_connections(l) * ((uint64_t)v.kernel[0] * (uint64_t)v.kernel[1]) * (uint64_t)out[0] * (uint64_t)out[1];
    return ALEXCL_OK;
}

struct shape_conv conv_shape(const struct layer *l) {
    int group_in = l->shape.tensors[0].shape[1];
    return (struct shape_conv){.in = l->shape.in,
                               .out = l->shape.out,
                               .window = layer_window(l->shape.desc),
                               .groups = l->shape.in.c / group_in,
                               .group_out = l->shape.desc->outputs / l->shape.desc->groups,
                               .before = l->shape.reads.all ? l->shape.tensors[0].first : 0};
}

int conv_is_square(const struct layer *l) {
    struct shape_window v = layer_window(l->shape.desc);
    return v.kernel[0] == v.kernel[1] && v.stride[0] == v.stride[1] && v.dilation[0] == 1 && v.dilation[1] == 1;
}

int conv_window_defines(const struct layer *l, char *out, size_t size) {
    struct shape_window v = layer_window(l->shape.desc);
    return snprintf(out, size,
                    "-DKERNEL_H=%d -DKERNEL_W=%d -DSTRIDE_H=%d -DSTRIDE_W=%d -DDILATION_H=%d -DDILATION_W=%d",
                    v.kernel[0], v.kernel[1], v.stride[0], v.stride[1], v.dilation[0], v.dilation[1]);
}

/* ---- ref ---- */

static int conv_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_conv s = conv_shape(l);
    ref_conv(layer_host_out(l, io), layer_host_in(l, io), l->pass[LAYER_FORWARD].parameters[0].host,
             l->pass[LAYER_FORWARD].parameters[1].host, io->count, &s);
    return ALEXCL_OK;
}

static const struct layer_variant conv_ref = {.name = "ref", .applicable = layer_on_host, .enqueue = conv_ref_enqueue};

/* ---- own, pipelined, split_k: conv.cl, conv_pipelined.cl ---- */

/* TILE_P and SIDE of both and of winograd.cl; TILE_O and TILE_K of conv.cl and winograd.cl */
enum { OWN_PIXELS = 64, OWN_SIDE = 8, OWN_OUTPUTS = 32, OWN_STEP = 8 };

struct conv_tiled {
    const char *source, *function;
    int outputs, step; /* TILE_O, TILE_K */
    int cuts;          /* whether it has the argument `parts` */
};
static const struct conv_tiled own = {"conv", "conv_forward", OWN_OUTPUTS, OWN_STEP, 1},
                               pipelined = {"conv_pipelined", "conv_pipelined_forward", 64, 4, 0};

static size_t tiled_packed(const struct conv_tiled *k, const struct layer *l, int t) {
    struct conv_packing p = conv_pack_plain(l, k->outputs, k->step);
    return conv_pack_floats(&p, t);
}
static void tiled_pack(const struct conv_tiled *k, const struct layer *l, int t, const float *master, float *packed) {
    struct conv_packing p = conv_pack_plain(l, k->outputs, k->step);
    conv_pack(l, &p, t, master, packed);
}

static void tiled_defines(const struct conv_tiled *k, const struct layer *l, char *out, size_t size) {
    int made = conv_window_defines(l, out, size);
    snprintf(out + made, size - (size_t)made, " -DTILE_K=%d", k->step);
}

static int tiled_build(const struct conv_tiled *k, struct layer *l, struct alexcl_error *err) {
    char defines[192];
    tiled_defines(k, l, defines, sizeof defines);
    return layer_add_kernel(l, LAYER_FORWARD, 0, k->source, k->function, defines, err);
}

/* The work-groups of an image. */
static int tiled_across(const struct layer *l) {
    return (l->shape.out.h * l->shape.out.w + OWN_PIXELS - 1) / OWN_PIXELS;
}

/* Launches a kernel of plain maps, all of which take the same arguments but for the last: `cuts`: it has `parts`. */
static int tiled_launch(struct layer *l, const struct layer_io *io, const struct kernel_range *range, struct buffer *to,
                        int cuts, int parts, struct alexcl_error *err) {
    struct shape_conv s = conv_shape(l);
    int groups = conv_pack_groups(l);
    const struct kernel_arg args[] = {ARG_BUFFER(io->in[0].own->buffer),
                                      ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                                      ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer),
                                      ARG_BUFFER(to),
                                      ARG_INT(groups),
                                      ARG_INT(s.in.c / groups),
                                      ARG_INT(s.out.c / groups),
                                      ARG_INT(s.in.h),
                                      ARG_INT(s.in.w),
                                      ARG_INT(s.out.h),
                                      ARG_INT(s.out.w),
                                      ARG_INT(s.window.pad[0]),
                                      ARG_INT(s.window.pad[1]),
                                      ARG_INT(parts)};
    return kernel_launch(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, range, args,
                         sizeof args / sizeof *args - !cuts, err);
}

/* parts: 0, or into how many the depth is cut for `to`. */
static int tiled_compute(const struct conv_tiled *k, struct layer *l, const struct layer_io *io, int parts,
                         struct buffer *to, struct alexcl_error *err) {
    int down = conv_pack_blocks(l, k->outputs), cut = parts ? parts : 1;
    struct kernel_range range = {
        3,
        {0, 0, (size_t)io->first * (size_t)cut},
        {(size_t)tiled_across(l) * OWN_SIDE, (size_t)down * OWN_SIDE, (size_t)io->count * (size_t)cut},
        {OWN_SIDE, OWN_SIDE, 1}};
    return tiled_launch(l, io, &range, to, k->cuts, parts, err);
}

static int tiled_enqueue(const struct conv_tiled *k, struct layer *l, const struct layer_io *io,
                         struct alexcl_error *err) {
    return tiled_compute(k, l, io, 0, io->out->buffer, err);
}

/* A variant's functions are not told which one is asked. */
#define TILED_FUNCTIONS(of)                                                                                            \
    static size_t of##_packed(const struct layer *l, const struct target *target, int t) {                             \
        (void)target;                                                                                                  \
        return tiled_packed(&of, l, t);                                                                                \
    }                                                                                                                  \
    static void of##_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {            \
        (void)first;                                                                                                   \
        tiled_pack(&of, l, t, master, packed);                                                                         \
    }                                                                                                                  \
    static int of##_build(struct layer *l, struct alexcl_error *err) { return tiled_build(&of, l, err); }              \
    static int of##_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {                    \
        return tiled_enqueue(&of, l, io, err);                                                                         \
    }
#define TILED_ROW(of)                                                                                                  \
    .applicable = layer_on_device_plain, .build = of##_build, .enqueue = of##_enqueue, .release = layer_free_kernels,  \
    .packed = of##_packed, .pack = of##_pack

TILED_FUNCTIONS(own)
TILED_FUNCTIONS(pipelined)

const struct layer_variant conv_own = {TILED_ROW(own), .name = "own", .kernels = "conv"};
const struct layer_variant conv_pipelined = {TILED_ROW(pipelined), .name = "pipelined", .kernels = "conv_pipelined"};

/* An image alone should have some 120 work-groups, two for each unit of a large GPU; more parts than 16 would be more
 * to add than to compute, and a part has two steps at least. By the shape alone: so the bits are the same on every
 * device. The sums of as many images are in the workspace as a cache holds. */
enum { SPLIT_GROUPS = 120, SPLIT_PARTS = 16, SPLIT_STEPS = 2, SPLIT_BYTES = 4 << 20, SPLIT_IMAGES = 64 };

static int split_parts(const struct layer *l) {
    struct conv_packing p = conv_pack_plain(l, OWN_OUTPUTS, OWN_STEP);
    int groups = tiled_across(l) * p.blocks, steps = p.depth / OWN_STEP;
    if (groups == 0) return 1; /* a half without outputs */
    int parts = layer_min(layer_min(SPLIT_GROUPS / groups, SPLIT_PARTS), steps / SPLIT_STEPS);
    return parts < 1 ? 1 : parts;
}
static int split_applicable(const struct layer *l, const struct target *target) {
    return layer_on_device_plain(l, target) && split_parts(l) > 1;
}
static size_t split_floats(const struct layer *l) { return (size_t)split_parts(l) * shape_size(l->shape.out); }
static int split_chunk(const struct layer *l) {
    size_t floats = split_floats(l), images = floats ? SPLIT_BYTES / sizeof(float) / floats : 1;
    return images < 1 ? 1 : images > SPLIT_IMAGES ? SPLIT_IMAGES : (int)images;
}
static size_t split_workspace(const struct layer *l, const struct target *target) {
    (void)target;
    return split_floats(l) * (size_t)split_chunk(l);
}

static int split_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[192];
    tiled_defines(&own, l, defines, sizeof defines);
    TRY(layer_add_kernel(l, LAYER_FORWARD, 0, own.source, own.function, defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 1, own.source, "conv_add", defines, err));
done:
    return status;
}

static int split_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, max = split_chunk(l), parts = split_parts(l), end = io->first + io->count;
    size_t values = shape_size(l->shape.out);
    struct layer_io chunk = *io;
    for (; chunk.first < end; chunk.first += max) {
        chunk.count = layer_min(max, end - chunk.first);
        TRY(tiled_compute(&own, l, &chunk, parts, io->workspace->buffer, err));
        struct kernel_range range = layer_range(values, &chunk);
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 1), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(io->out->buffer), ARG_INT(parts),
                          ARG_INT((int)values)));
    }
done:
    return status;
}

const struct layer_variant conv_split = {.name = "split_k",
                                         .applicable = split_applicable,
                                         .workspace = split_workspace,
                                         .build = split_build,
                                         .enqueue = split_enqueue,
                                         .release = layer_free_kernels,
                                         .kernels = "conv",
                                         .packed = own_packed,
                                         .pack = own_pack,
                                         .chunk = split_chunk};

/* ---- wino_gpu: winograd.cl ---- */

/* The workspace has at most WINO_BYTES, unless one image needs more. That holds enough tiles for some 900 work-groups
 * of products in the paper's layers, which keep a GPU of 60 units busy, and is not much more than the last cache holds.
 * For smaller layers WINO_IMAGES bounds it. */
enum { WINO_BYTES = 16 << 20, WINO_IMAGES = 64 };

static struct conv_packing wino_packing(const struct layer *l) {
    struct conv_packing p =
        conv_pack_winograd(l, (struct winograd_form){l->shape.desc->kernel[0], WINOGRAD_OUT, 1}, OWN_OUTPUTS, OWN_STEP);
    p.points_first = 1;
    return p;
}

/* In winograd.cl's terms: rows of values and of products, tiles of an image, images whose tiles are in the workspace at
 * the same time. */
struct wino_sizes {
    int points, depth, blocks, rows, product_rows, across, per_image, images;
};

static struct wino_sizes wino_sizes(const struct layer *l) {
    int groups = conv_pack_groups(l);
    struct conv_packing p = wino_packing(l);
    int down = (l->shape.out.h + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
    struct wino_sizes z = {.points = p.points,
                           .depth = p.depth,
                           .blocks = p.blocks / groups,
                           .rows = groups * p.depth,
                           .product_rows = p.blocks * p.width,
                           .across = (l->shape.out.w + WINOGRAD_OUT - 1) / WINOGRAD_OUT};
    z.per_image = z.across * down;
    size_t images =
        WINO_BYTES / ((size_t)z.points * (size_t)(z.rows + z.product_rows) * (size_t)z.per_image * sizeof(float));
    z.images = images < 1 ? 1 : images > WINO_IMAGES ? WINO_IMAGES : (int)images;
    return z;
}

/* The number of tiles of so many images, rounded up to whole work-groups. */
static size_t wino_width(const struct wino_sizes *z, int images) {
    return ((size_t)images * (size_t)z->per_image + OWN_PIXELS - 1) / OWN_PIXELS * OWN_PIXELS;
}

static int wino_applicable(const struct layer *l, const struct target *target) {
    return layer_on_device_plain(l, target) && conv_is_square(l) && l->shape.desc->stride[0] == 1 &&
           (l->shape.desc->kernel[0] == 3 || l->shape.desc->kernel[0] == 5);
}

static size_t wino_workspace(const struct layer *l, const struct target *target) {
    struct wino_sizes z = wino_sizes(l);
    (void)target;
    return (size_t)z.points * (size_t)(z.rows + z.product_rows) * wino_width(&z, z.images);
}

static int wino_chunk(const struct layer *l) { return wino_sizes(l).images; }

static size_t wino_packed(const struct layer *l, const struct target *target, int t) {
    (void)target;
    struct conv_packing p = wino_packing(l);
    return conv_pack_floats(&p, t);
}
static void wino_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)first;
    struct conv_packing p = wino_packing(l);
    conv_pack(l, &p, t, master, packed);
}

static int wino_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[96];
    snprintf(defines, sizeof defines, "-DWINDOW=%d -DTILE_K=%d", l->shape.desc->kernel[0], OWN_STEP);
    TRY(layer_add_kernel(l, LAYER_FORWARD, 0, "winograd", "winograd_input", defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 1, "winograd", "winograd_product", defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 2, "winograd", "winograd_output", defines, err));
done:
    return status;
}

static int wino_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct wino_sizes z = wino_sizes(l);
    struct shape_conv s = conv_shape(l);
    int groups = conv_pack_groups(l);
    struct buffer *work = io->workspace->buffer;
    const char *name = l->shape.desc->name;
    for (int first = io->first; first < io->first + io->count; first += z.images) {
        int left = io->first + io->count - first, count = left < z.images ? left : z.images,
            tiles = count * z.per_image;
        size_t width = wino_width(&z, count);
        struct kernel_range in = {2, {0, 0, 0}, {width, (size_t)z.rows, 1}, {OWN_PIXELS, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), name, &in, err, ARG_BUFFER(io->in[0].own->buffer),
                          ARG_BUFFER(work), ARG_INT(first), ARG_INT(tiles), ARG_INT(z.across), ARG_INT(z.per_image),
                          ARG_INT(s.in.c / groups), ARG_INT(z.depth), ARG_INT(s.in.h), ARG_INT(s.in.w),
                          ARG_INT(s.window.pad[0]), ARG_INT(s.window.pad[1])));
        struct kernel_range product = {
            3,
            {0, 0, 0},
            {width / OWN_PIXELS * OWN_SIDE, (size_t)(groups * z.blocks) * OWN_SIDE, (size_t)z.points},
            {OWN_SIDE, OWN_SIDE, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 1), name, &product, err, ARG_BUFFER(work),
                          ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer), ARG_BUFFER(work), ARG_INT(z.depth),
                          ARG_INT(z.blocks)));
        struct kernel_range out = {2, {0, 0, 0}, {width, (size_t)s.out.c, 1}, {OWN_PIXELS, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 2), name, &out, err, ARG_BUFFER(work),
                          ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                          ARG_INT(first), ARG_INT(tiles), ARG_INT(z.across), ARG_INT(z.per_image), ARG_INT(z.rows),
                          ARG_INT(s.out.c / groups), ARG_INT(s.out.h), ARG_INT(s.out.w)));
    }
done:
    return status;
}

const struct layer_variant conv_wino = {.name = "wino_gpu",
                                        .applicable = wino_applicable,
                                        .workspace = wino_workspace,
                                        .build = wino_build,
                                        .enqueue = wino_enqueue,
                                        .release = layer_free_kernels,
                                        .kernels = "winograd",
                                        .packed = wino_packed,
                                        .pack = wino_pack,
                                        .chunk = wino_chunk};

/* ---- wino_fused: winograd_fused.cl ---- */

/* TILE_O, TILE_P, ITEMS, TILE_K of it, and the bytes of its local memory */
enum { FUSED_OUTPUTS = 32, FUSED_TILES = 32, FUSED_ITEMS = 256, FUSED_STEP = 8, FUSED_LOCAL = 32 << 10, FUSED_OUT = 2 };

static struct conv_packing fused_packing(const struct layer *l) {
    return conv_pack_winograd(l, (struct winograd_form){3, FUSED_OUT, 1}, FUSED_OUTPUTS, FUSED_STEP);
}

static int fused_applicable(const struct layer *l, const struct target *target) {
    if (!layer_on_device_plain(l, target)) return 0;
    const struct device_limits *limits = device_limits(target->device);
    /* More, since a driver may keep some for itself; and Rusticl, which has as much, counts arrays twice. */
    return limits->local_memory > FUSED_LOCAL && limits->max_work_group_size >= FUSED_ITEMS && conv_is_square(l) &&
           l->shape.desc->stride[0] == 1 && l->shape.desc->kernel[0] == 3;
}

static size_t fused_packed(const struct layer *l, const struct target *target, int t) {
    (void)target;
    struct conv_packing p = fused_packing(l);
    return conv_pack_floats(&p, t);
}
static void fused_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)first;
    struct conv_packing p = fused_packing(l);
    conv_pack(l, &p, t, master, packed);
}

static int fused_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "winograd_fused", "winograd_fused", "", err);
}

static int fused_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int blocks = conv_pack_blocks(l, FUSED_OUTPUTS),
        tiles = (l->shape.out.h + FUSED_OUT - 1) / FUSED_OUT * ((l->shape.out.w + FUSED_OUT - 1) / FUSED_OUT),
        across = (tiles + FUSED_TILES - 1) / FUSED_TILES;
    struct kernel_range range = {3,
                                 {0, 0, (size_t)io->first},
                                 {(size_t)across * FUSED_ITEMS, (size_t)blocks, (size_t)io->count},
                                 {FUSED_ITEMS, 1, 1}};
    return tiled_launch(l, io, &range, io->out->buffer, 0, 0, err);
}

const struct layer_variant conv_fused = {.name = "wino_fused",
                                         .applicable = fused_applicable,
                                         .build = fused_build,
                                         .enqueue = fused_enqueue,
                                         .release = layer_free_kernels,
                                         .kernels = "winograd_fused",
                                         .packed = fused_packed,
                                         .pack = fused_pack};

/* ---- groups ---- */

void conv_group_rows(const struct shape_conv *s, int g, int *first, int *count) {
    int from = g * s->group_out - s->before, to = from + s->group_out;
    *first = from < 0 ? 0 : from;
    *count = (to < s->out.c ? to : s->out.c) - *first;
}

/* ---- naive: conv_naive.cl, the last resort ---- */

static int conv_naive_build(struct layer *l, struct alexcl_error *err) {
    struct shape_window v = layer_window(l->shape.desc);
    char defines[128];
    snprintf(defines, sizeof defines, "-DIN_BLOCK=%d -DOUT_BLOCK=%d -DDILATION_H=%d -DDILATION_W=%d",
             l->choice.in_block, l->choice.out_block, v.dilation[0], v.dilation[1]);
    return layer_add_kernel(l, LAYER_FORWARD, 0, "conv_naive", "conv_naive_forward", defines, err);
}

static int conv_naive_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_conv s = conv_shape(l);
    struct kernel_range range = layer_range_maps((size_t)(s.out.h * s.out.w), layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT(s.in.c / s.groups), ARG_INT(s.group_out), ARG_INT(s.before), ARG_INT(s.out.c),
                         ARG_INT(layer_in_channels(l)), ARG_INT((int)layer_channels(l)),
                         ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l)), ARG_INT(s.in.h), ARG_INT(s.in.w),
                         ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.window.kernel[0]), ARG_INT(s.window.kernel[1]),
                         ARG_INT(s.window.stride[0]), ARG_INT(s.window.stride[1]), ARG_INT(s.window.pad[0]),
                         ARG_INT(s.window.pad[1]), ARG_INT(l->choice.relu));
}

static const struct layer_variant conv_naive = {.name = "naive",
                                                .applicable = layer_on_device,
                                                .build = conv_naive_build,
                                                .enqueue = conv_naive_enqueue,
                                                .release = layer_free_kernels,
                                                .kernels = "conv_naive",
                                                .last_resort = 1};

static void conv_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    layer_tell_window(d, 1, tell, user);
}

/* The width and the outputs stay, since a tile is chosen by them. */
static void conv_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    struct shape_window v = layer_window(d);
    int rows = shape_window_extent(&v, 0) + 2 * v.stride[0] - v.pad[0] - v.pad[2]; /* for three rows of output */
    in->c = layer_min(in->c / d->groups, 5) * d->groups;
    if (rows > 0) in->h = layer_min(in->h, rows);
}

/* Several groups would begin inside a block. Half 0 has the larger number of groups. */
int conv_takes_blocks(const struct layer *l) {
    return l->shape.reads.all || shape_half_count(l->shape.whole_in.c, 0) == l->shape.tensors[0].shape[1];
}

const struct layer_ops layer_conv_ops = {
    .type = ALEXCL_CONV,
    .name = "conv",
    .keras = "Conv2D",
    .fields = LAYER_FIELD_CHANNELS | LAYER_FIELD_KERNEL | LAYER_FIELD_STRIDE | LAYER_FIELD_DILATION | LAYER_FIELD_PAD |
              LAYER_FIELD_GROUPS | LAYER_FIELD_GAIN | LAYER_FIELD_CONNECTIONS,
    .reads_maps = 1,
    .blocks = LAYER_BLOCKS_MADE,
    .takes_blocks = conv_takes_blocks,
    .fuses_relu = 1,
    .describe = conv_describe,
    .variants = {[LAYER_FORWARD] =
                     (const struct layer_variant *const[]){&conv_ref, &conv_clblast, &conv_winograd_mem, &conv_winograd,
                                                           &conv_cpu, &conv_own, &conv_pipelined, &conv_split,
                                                           &conv_wino, &conv_fused, &conv_naive, NULL},
                 [LAYER_INPUT_GRADIENT] = conv_input_gradients,
                 [LAYER_WEIGHT_GRADIENT] = conv_weight_gradients},
    .metadata = conv_tell,
    .shrink = conv_shrink,
    .samples = (const struct layer_sample[]){
        /* As wide as the layers of tiny2t, so that they share programs with these. */
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 34,
          .kernel = {11, 11},
          .stride = {4, 4},
          .pad = {2, 2, 2, 2},
          .groups = 1},
         {3, 23, 95},
         0},
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 36,
          .kernel = {5, 5},
          .stride = {1, 1},
          .pad = {2, 2, 2, 2},
          .groups = 2},
         {6, 9, 11},
         0},
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 9,
          .kernel = {2, 3},
          .stride = {2, 1},
          .pad = {1, 2, 0, 1},
          .groups = 3},
         {9, 7, 9},
         0},
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 7,
          .kernel = {3, 3},
          .stride = {1, 1},
          .dilation = {2, 2},
          .pad = {1, 3, 0, 2},
          .groups = 1},
         {3, 9, 9},
         0},
        /* So deep and wide that Winograd's filtering takes it in every pass. */
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 66,
          .kernel = {3, 3},
          .stride = {1, 1},
          .pad = {1, 1, 1, 1},
          .groups = 1},
         {129, 7, 5},
         0},
        /* Half of the paper's conv2, for CLBlast alone: it multiplies large matrices by other kernels. */
        {{.type = ALEXCL_CONV,
          .name = "conv",
          .outputs = 256,
          .kernel = {5, 5},
          .stride = {1, 1},
          .pad = {2, 2, 2, 2},
          .groups = 2},
         {96, 27, 27},
         1},
        {{0}, {0}, 0}}};
