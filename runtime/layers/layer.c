/* SPDX-License-Identifier: MIT */
/* What all types of layers share: how a description becomes shapes and tensors, how values lie in blocks, how a variant
 * is chosen (the measured one, else the first that is applicable and can be built), and the forward pass, whose
 * launches are cut so that none keeps a device busy for long. */
#include "layer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_rng.h"
#include "layer_private.h"
#include "log.h"
#include "memory.h"

/* The longest time of one launch, in seconds: a device may also have to draw the screen, and some drivers end a launch
 * that does not return. */
static const double LAYER_LAUNCH_SECONDS = 0.1;
/* For layers that were never measured: multiply-adds of a compute unit in one cycle. A unit has 8 to 128 lanes, of
 * which these kernels use a tenth to a half, so this is the number of a slow one. LAYER_CLOCK is the clock, in MHz, of
 * a device that tells none. */
static const double LAYER_UNIT_MACS = 1.0;
enum { LAYER_CLOCK = 500 };
enum { LAYER_PIXELS = 64 }; /* taken out of a block at a time */

/* ---- describe ---- */

void layer_describe_maps(struct layer *l, int h, int w) {
    int channels = shape_half_count(l->shape.whole_in.c, l->shape.half);
    l->shape.in = (struct alexcl_shape){channels, l->shape.whole_in.h, l->shape.whole_in.w};
    l->shape.out = (struct alexcl_shape){channels, h, w};
    l->shape.whole_out = (struct alexcl_shape){l->shape.whole_in.c, h, w};
}

void layer_describe_tensor(struct layer *l, struct layer_tensor tensor) {
    assert(l->shape.tensor_count < LAYER_TENSORS);
    struct layer_tensor *t = &l->shape.tensors[l->shape.tensor_count++];
    *t = tensor;
    for (int i = t->dims; i < 4; i++) t->shape[i] = 1;
    t->first = shape_half_first(t->shape[0], l->shape.half);
    t->count = shape_half_count(t->shape[0], l->shape.half);
}

static void layer_fill_bias(const struct layer_fill *f) {
    counter_rng_fill_uniform(f->out, f->key, (uint64_t)f->first * f->row, (size_t)f->count * f->row, 0.1, 0);
}

int layer_describe_units(struct layer *l, const char *what, struct alexcl_error *err) {
    if (l->shape.whole_in.h != 1 || l->shape.whole_in.w != 1)
        return error_set(err, ALEXCL_E_USAGE, "%s reads units, not maps: put a flatten layer before it", what);
    l->shape.reads.all = 1;
    l->shape.in = l->shape.whole_in;
    return ALEXCL_OK;
}

int layer_describe_outputs(struct layer *l, const char *what, struct alexcl_error *err) {
    int outputs = l->shape.desc->outputs, status = layer_describe_units(l, what, err);
    if (status != ALEXCL_OK) return status;
    l->shape.whole_out = (struct alexcl_shape){outputs, 1, 1};
    l->shape.out = (struct alexcl_shape){shape_half_count(outputs, l->shape.half), 1, 1};
    l->shape.macs = (uint64_t)l->shape.out.c * (uint64_t)l->shape.in.c;
    return ALEXCL_OK;
}

void layer_describe_bias(struct layer *l, int outputs) {
    layer_describe_tensor(
        l,
        (struct layer_tensor){
            .suffix = "bias", .dims = 1, .shape = {outputs}, .trainable = 1, .stream = "b", .fill = layer_fill_bias});
}

void layer_cut_connections(const struct layer_fill *f) {
    size_t inputs = (size_t)f->shape[1], window = (size_t)f->shape[2] * (size_t)f->shape[3];
    for (int o = 0; o < f->count; o++)
        for (size_t in = 0; in < inputs; in++)
            if (!(f->desc->connections[f->first + o] >> in & 1))
                memset(f->out + ((size_t)o * inputs + in) * window, 0, window * sizeof *f->out);
}

void layer_fill_weight(const struct layer_fill *f) {
    counter_rng_fill_uniform(f->out, f->key, (uint64_t)f->first * f->row, (size_t)f->count * f->row,
                             sqrt(6.0 / (double)f->row) * f->gain, 0);
    if (f->desc->connections) layer_cut_connections(f);
}

struct shape_window layer_window(const struct alexcl_layer *d) {
    unsigned fields = layer_type(d->type)->fields;
    struct shape_window w = {{d->kernel[0], d->kernel[1]}, {d->stride[0], d->stride[1]}, {1, 1}, {0}};
    for (int axis = 0; axis < 2 && fields & LAYER_FIELD_DILATION; axis++)
        if (d->dilation[axis]) w.dilation[axis] = d->dilation[axis];
    for (int side = 0; side < 4 && fields & LAYER_FIELD_PAD; side++) w.pad[side] = d->pad[side];
    return w;
}

/* "3", or "3x1" where they differ. */
static int layer_pair_text(const int pair[2], char *out, size_t size) {
    return pair[0] == pair[1] ? snprintf(out, size, "%d", pair[0]) : snprintf(out, size, "%dx%d", pair[0], pair[1]);
}

void layer_window_text(const struct alexcl_layer *desc, char out[LAYER_WINDOW_TEXT]) {
    unsigned fields = layer_type(desc->type)->fields;
    out[0] = '\0';
    if (fields & LAYER_FIELD_WINDOW && desc->window[0] + desc->window[1] == 0)
        snprintf(out, LAYER_WINDOW_TEXT, ", window %d", desc->window[1] - desc->window[0] + 1);
    else if (fields & LAYER_FIELD_WINDOW)
        snprintf(out, LAYER_WINDOW_TEXT, ", window %d..%d", desc->window[0], desc->window[1]);
    if (!(fields & LAYER_FIELD_KERNEL) || !desc->kernel[0]) return;
    struct shape_window w = layer_window(desc);
    size_t made = (size_t)snprintf(out, LAYER_WINDOW_TEXT, ", %dx%d/", w.kernel[0], w.kernel[1]);
    made += (size_t)layer_pair_text(w.stride, out + made, LAYER_WINDOW_TEXT - made);
    if (w.dilation[0] == 1 && w.dilation[1] == 1) return;
    made += (size_t)snprintf(out + made, LAYER_WINDOW_TEXT - made, ", dilation ");
    layer_pair_text(w.dilation, out + made, LAYER_WINDOW_TEXT - made);
}

void layer_tell_window(const struct alexcl_layer *d, int always, layer_tell_fn *tell, void *user) {
    struct shape_window w = layer_window(d);
    char text[64];
    snprintf(text, sizeof text, "[%d,%d,%d,%d]", w.pad[0], w.pad[1], w.pad[2], w.pad[3]);
    if (always || w.pad[0] || w.pad[1] || w.pad[2] || w.pad[3]) tell(user, "pads", text, 0);
    snprintf(text, sizeof text, "[%d,%d]", w.dilation[0], w.dilation[1]);
    if (w.dilation[0] > 1 || w.dilation[1] > 1) tell(user, "dilations", text, 0);
}

/* ---- how values lie in memory ---- */

int layer_block(const struct target *target) {
    return layer_on_cpu_device(NULL, target) && !layer_wants_clblast(NULL, target) ? LAYER_BLOCK : 1;
}

int layer_makes_block(const struct layer *l, int in_block, int block) {
    switch (l->shape.ops->blocks) {
    case LAYER_BLOCKS_PASSED: return in_block;
    case LAYER_BLOCKS_MADE: return block;
    default: return 1;
    }
}

int layer_takes_blocks(const struct layer *l) {
    return l->shape.ops->blocks != LAYER_BLOCKS_NONE && (!l->shape.ops->takes_blocks || l->shape.ops->takes_blocks(l));
}

int layer_fuses_relu(const struct layer *l, int block) { return block > 1 && l->shape.ops->fuses_relu; }

/* The feature maps that half `half` is given: all channels, or its own. */
static struct alexcl_shape layer_in_maps(const struct layer *l, int half) {
    return (struct alexcl_shape){shape_half_count(l->shape.maps.c, half), l->shape.maps.h, l->shape.maps.w};
}

size_t layer_in_floats(const struct layer *l) {
    if (l->choice.in_block == 1) return shape_size(l->shape.in);
    size_t own = shape_floats(layer_in_maps(l, l->shape.half), l->choice.in_block);
    return l->shape.reads.all ? own + shape_floats(layer_in_maps(l, 1 - l->shape.half), l->choice.in_block) : own;
}

size_t layer_out_floats(const struct layer *l) {
    if (l->choice.out_block == 1) return shape_size(l->shape.out);
    return l->shape.by_value ? layer_in_floats(l) : shape_floats(l->shape.out, l->choice.out_block);
}

size_t layer_in_position(const struct layer *l, int c, int i) {
    size_t hw = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w, block = (size_t)l->choice.in_block, start = 0,
           channel = (size_t)c;
    struct alexcl_shape half0 = layer_in_maps(l, 0);
    if (block > 1 && l->shape.reads.all && c >= half0.c) {
        start = shape_floats(half0, l->choice.in_block);
        channel = (size_t)(c - half0.c);
    }
    return start + shape_position(channel, (size_t)i, hw, block);
}

void layer_lay_in(const struct layer *l, const float *plain, float *laid) {
    size_t hw = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w, size = shape_size(l->shape.in);
    for (size_t i = 0; i < size; i++) laid[layer_in_position(l, (int)(i / hw), (int)(i % hw))] = plain[i];
}

struct alexcl_shape layer_own(const struct layer *l, int input) {
    struct alexcl_shape whole = l->shape.inputs[input].whole;
    return (struct alexcl_shape){shape_half_count(whole.c, l->shape.half), whole.h, whole.w};
}

size_t layer_own_floats(const struct layer *l, int input) {
    return shape_floats(layer_own(l, input), l->choice.in_block);
}

void layer_lay_own(const struct layer *l, int input, const float *plain, float *laid) {
    struct alexcl_shape own = layer_own(l, input);
    size_t hw = (size_t)own.h * (size_t)own.w, size = shape_size(own), block = (size_t)l->choice.in_block;
    for (size_t i = 0; i < size; i++) laid[shape_position(i / hw, i % hw, hw, block)] = plain[i];
}

void layer_take_out(const struct layer *l, const float *laid, float *plain) {
    struct alexcl_shape maps = l->shape.by_value ? l->shape.maps : l->shape.out;
    size_t hw = (size_t)maps.h * (size_t)maps.w, size = shape_size(l->shape.out), block = (size_t)l->choice.out_block,
           channels = size / hw;
    assert(channels * hw == size);
    if (block == 1) {
        memcpy(plain, laid, size * sizeof *plain);
        return;
    }
    /* A few pixels of a block at a time, which stay in cache while one channel after another is taken out of them. */
    for (size_t first = 0; first < channels; first += block)
        for (size_t from = 0; from < hw; from += LAYER_PIXELS) {
            size_t count = hw - from < LAYER_PIXELS ? hw - from : LAYER_PIXELS;
            const float *pixels = laid + shape_position(first, from, hw, block);
            for (size_t c = first; c < first + block && c < channels; c++)
                for (size_t i = 0; i < count; i++) plain[c * hw + from + i] = pixels[i * block + c - first];
        }
}

void layer_lay_out(const struct layer *l, const float *plain, float *laid) {
    struct alexcl_shape maps = l->shape.by_value ? l->shape.maps : l->shape.out;
    size_t hw = (size_t)maps.h * (size_t)maps.w, size = shape_size(l->shape.out), block = (size_t)l->choice.out_block;
    for (size_t i = 0; i < size; i++) laid[shape_position(i / hw, i % hw, hw, block)] = plain[i];
}

void layer_lay_halo(const struct layer *l, int channels, const float *plain, float *laid) {
    size_t hw = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w, count = (size_t)channels, size = count * hw;
    for (size_t i = 0; i < size; i++) laid[l->choice.in_block > 1 ? i % hw * count + i / hw : i] = plain[i];
}

int layer_set_layout(struct layer *l, int layout, int block) {
    if (layout > 0 && block == 1) return 0;
    l->choice.in_block = layout < 2 ? 1 : block;
    l->choice.out_block = layout < 1 ? 1 : layer_makes_block(l, l->choice.in_block, block);
    return layout == 0 || ((l->choice.in_block > 1 || l->choice.out_block > 1) && layer_takes_blocks(l));
}

/* ---- in small ---- */

int layer_min(int a, int b) { return a < b ? a : b; }

int layer_shrink_side(int side, int axis, int windows, const struct shape_window *w) {
    int stride = w->stride[axis], min = shape_window_extent(w, axis) + windows * stride;
    return side > min ? side - (side - min) / stride * stride : side;
}

void layer_shrink_units(struct alexcl_layer *desc, struct alexcl_shape *in) {
    in->c = layer_min(in->c, 130);
    desc->outputs = layer_min(desc->outputs, 13);
}

void layer_shrink(const struct layer *l, struct alexcl_layer *desc, struct alexcl_shape *in) {
    *desc = *l->shape.desc;
    *in = l->shape.whole_in;
    desc->connections = NULL; /* they are zeros among the weights */
    desc->gain = 0;
    if (l->shape.ops->inputs) {
        *desc = l->shape.ops->samples->desc;
        *in = l->shape.ops->samples->in;
    } else if (l->shape.ops->shrink) {
        l->shape.ops->shrink(desc, in);
    } else {
        *in = (struct alexcl_shape){(int)(shape_size(*in) < 150 ? shape_size(*in) : 150), 1, 1};
    }
}

/* ---- choice of a variant ---- */

int layer_on_host(const struct layer *l, const struct target *target) {
    (void)l;
    return !target->device;
}

int layer_on_device(const struct layer *l, const struct target *target) {
    (void)l;
    return target->device != NULL;
}

int layer_on_device_plain(const struct layer *l, const struct target *target) {
    return target->device && l->choice.in_block == 1 && l->choice.out_block == 1;
}

/* What kernels need that have tiles in local memory. */
enum { TILES_ITEMS = 64, TILES_BYTES = 8192 };

int layer_on_cpu_device(const struct layer *l, const struct target *target) {
    (void)l;
    if (!target->device) return 0;
    const struct device_limits *limits = device_limits(target->device);
    return limits->kind == ALEXCL_DEVICE_CPU || limits->max_work_group_size < TILES_ITEMS ||
           limits->local_memory < TILES_BYTES;
}

int layer_takes_tile(const struct layer *l, enum layer_pass_kind pass, struct layer_tile max) {
    const struct layer_tile *tile = &l->pass[pass].tile;
    for (int i = 0; i < LAYER_TILE && tile->size[0]; i++)
        if (tile->size[i] < (max.size[i] ? 1 : 0) || tile->size[i] > max.size[i]) return 0;
    return 1;
}

int layer_has_wide_registers(const struct target *target) { return device_limits(target->device)->vector_floats >= 16; }

const char *layer_prefetch_define(const struct target *target) {
    return device_limits(target->device)->has_prefetch ? " -DFETCHES" : "";
}

int layer_wants_clblast(const struct layer *l, const struct target *target) {
    return layer_on_device(l, target) && device_settings(target->device)->clblast;
}

/* The first applicable variant of a pass behind variant `after`; NULL: the first of all. */
static const struct layer_variant *layer_next(const struct layer *l, enum layer_pass_kind pass,
                                              const struct target *target, const struct layer_variant *after) {
    const struct layer_variant *const *v = l->shape.ops->variants[pass];
    if (!v) return NULL;
    while (after && *v++ != after) {}
    while (*v && !(*v)->applicable(l, target)) v++;
    return *v;
}

const struct layer_variant *layer_choose(const struct layer *l, enum layer_pass_kind pass,
                                         const struct target *target) {
    const struct layer_pass *p = &l->pass[pass];
    if (p->variant) return p->variant;
    return !layer_is_run(l, pass) || p->tuned ? p->tuned : layer_next(l, pass, target, NULL);
}

int layer_is_for_training(const struct layer *l, const struct layer_variant *v, const struct target *target) {
    struct layer elsewhere = *l;
    elsewhere.choice.training = 0;
    return v->applicable(l, target) && !v->applicable(&elsewhere, target);
}

size_t layer_parameter_floats(const struct layer *l, const struct target *target, int t) {
    return parameters_floats(l, layer_choose(l, LAYER_FORWARD, target), target, t);
}

size_t layer_pass_floats(const struct layer *l, enum layer_pass_kind pass, const struct target *target) {
    const struct layer_variant *v = layer_choose(l, pass, target);
    size_t sum = 0;
    for (int t = 0; t < parameters_count(l, pass); t++) sum += parameters_floats(l, v, target, t);
    return sum;
}

size_t layer_workspace(const struct layer *l, enum layer_pass_kind pass, const struct target *target) {
    const struct layer_variant *v = layer_choose(l, pass, target);
    return v && v->workspace ? v->workspace(l, target) : 0;
}

/* ---- prepare, run, release ---- */

size_t layer_packed_channels(const struct layer *l, const struct target *target, int t) {
    (void)target;
    (void)t;
    return layer_channels(l);
}

void layer_pack_channels(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)t;
    (void)first;
    layer_fill_up(master, (size_t)l->shape.out.c, packed, layer_channels(l));
}

int layer_add_kernel(struct layer *l, enum layer_pass_kind pass, int slot, const char *source, const char *function,
                     const char *defines, struct alexcl_error *err) {
    assert(slot >= 0 && slot < LAYER_KERNELS);
    int status = ALEXCL_OK;
    void **state = &l->pass[pass].state;
    struct kernel **kernels;
    if (!*state) TRY(memory_alloc(state, LAYER_KERNELS, sizeof *kernels, "a layer's kernels", err));
    kernels = *state;
    status = kernel_create(l->target->device, source, function, defines, &kernels[slot], err);
done:
    return status;
}

struct kernel *layer_kernel(const struct layer *l, enum layer_pass_kind pass, int slot) {
    return ((struct kernel *const *)l->pass[pass].state)[slot];
}

void layer_free_kernels(struct layer *l, enum layer_pass_kind pass) {
    for (int i = 0; l->pass[pass].state && i < LAYER_KERNELS; i++) kernel_free(layer_kernel(l, pass, i));
    free(l->pass[pass].state);
}

static void layer_release_pass(struct layer *l, enum layer_pass_kind pass) {
    struct layer_pass *p = &l->pass[pass];
    if (p->variant && p->variant->release) p->variant->release(l, pass);
    p->state = NULL;
    p->variant = NULL;
    parameters_free(l, pass);
}

int layer_prepare_variant(struct layer *l, enum layer_pass_kind pass, struct target *target,
                          const struct layer_variant *variant, const float *const values[LAYER_TENSORS],
                          struct alexcl_error *err) {
    l->target = target;
    l->pass[pass].variant = variant;
    l->pass[pass].workspace = variant->workspace ? variant->workspace(l, target) : 0;
    if (shape_size(l->shape.out) == 0) return ALEXCL_OK; /* a layer with one channel has no half 1 */
    int status = ALEXCL_OK;
    TRY(parameters_create(l, pass, err)); /* the device fills this memory while kernels are built */
    if (variant->build) TRY(variant->build(l, err));
    TRY(parameters_write(l, pass, values, err));
done:
    if (status == ALEXCL_OK) return ALEXCL_OK;
    error_prefix(err, "layer %s, half %d: ", l->shape.desc->name, l->shape.half);
    error_note_layer(err, l->shape.desc->name);
    layer_release_pass(l, pass);
    return status;
}

int layer_prepare(struct layer *l, enum layer_pass_kind pass, struct target *target,
                  const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    if (!layer_is_run(l, pass)) return ALEXCL_OK;
    struct layer_pass *p = &l->pass[pass];
    const struct layer_variant *variant = layer_choose(l, pass, target);
    if (!variant)
        return error_set(err, ALEXCL_E_USAGE, "layer %s: there is no way to compute it here", l->shape.desc->name);
    for (;;) {
        struct alexcl_error why = {0};
        int status = layer_prepare_variant(l, pass, target, variant, values, &why);
        if (status == ALEXCL_OK) return ALEXCL_OK;
        const struct layer_variant *dropped = variant, *after = variant == p->tuned ? NULL : variant;
        if (!after) { /* they belong to the tuned variant; others choose by themselves */
            p->tile = (struct layer_tile){{0}};
            p->seconds = 0;
        }
        p->tuned = NULL;
        variant = layer_next(l, pass, target, after);
        if (!variant || !kernel_is_refused(status)) return error_copy(err, &why);
        log_write(ALEXCL_LOG_WARNING, "variant %s is dropped, %s takes its place: %s", dropped->name, variant->name,
                  why.text);
    }
}

int layer_launch_images(const struct layer *l, enum layer_pass_kind pass, const struct device_limits *device) {
    const struct layer_pass *p = &l->pass[pass];
    double cycles = (double)device->compute_units * 1e6 * (device->clock_mhz ? device->clock_mhz : LAYER_CLOCK);
    double measured = pass == LAYER_WEIGHT_GRADIENT ? 0 : p->seconds;
    double seconds = measured > 0 ? measured : (double)l->shape.macs / (LAYER_UNIT_MACS * cycles);
    double images = seconds > 0 ? LAYER_LAUNCH_SECONDS / seconds : LAYER_GROUPS;
    int max = images < LAYER_GROUPS ? (int)images : LAYER_GROUPS, chunk = p->variant->chunk ? p->variant->chunk(l) : 1;
    if (max < 1) max = 1;
    return max > chunk ? max - max % chunk : max; /* else the last chunk of each launch would be a small one */
}

/* Whether the buffers of a forward pass hold images up to `end`. Used by asserts alone. */
__attribute__((unused)) static int layer_io_fits(const struct layer *l, const struct layer_io *io, size_t end) {
    const struct layer_pass *p = &l->pass[LAYER_FORWARD];
    size_t hw = (size_t)l->shape.maps.h * (size_t)l->shape.maps.w;
    int several = l->shape.input_count > 1;
    for (int i = 0; i < l->shape.input_count; i++) {
        const struct storage *own = io->in[i].own, *halo = io->in[i].halo;
        if (end * (several ? layer_own_floats(l, i) : layer_in_floats(l)) > own->floats) return 0;
        if (halo && end * (size_t)l->shape.inputs[i].halo.count * hw > halo->floats) return 0;
    }
    if (p->workspace > 0 && (!io->workspace || p->workspace > io->workspace->floats)) return 0;
    return end * layer_out_floats(l) <= io->out->floats;
}

int layer_is_run(const struct layer *l, enum layer_pass_kind pass) {
    return !l->shape.view || (pass == LAYER_INPUT_GRADIENT && l->shape.ops->is_relu);
}

int layer_run(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, struct alexcl_error *err) {
    assert(io->first >= 0 && io->count >= 0 && (l->choice.max_images == 0 || io->count <= l->choice.max_images));
    if (!layer_is_run(l, pass) || shape_size(l->shape.out) == 0) return ALEXCL_OK;
    assert(pass != LAYER_FORWARD || layer_io_fits(l, io, (size_t)(io->first + io->count)));
    /* A CPU computes a launch in small pieces anyway. */
    int max = l->target->device && !layer_on_cpu_device(l, l->target)
                  ? layer_launch_images(l, pass, device_limits(l->target->device))
                  : LAYER_GROUPS;
    struct layer_io part = *io;
    int status = ALEXCL_OK, end = io->first + io->count;
    while (status == ALEXCL_OK && part.first < end) {
        part.count = end - part.first < max ? end - part.first : max;
        status = l->pass[pass].variant->enqueue(l, &part, err);
        part.first += part.count;
        part.add = 1; /* the next launch's sums belong to the same gradient */
    }
    if (status != ALEXCL_OK) error_note_layer(err, l->shape.desc->name);
    return status;
}

void layer_release(struct layer *l) {
    for (int pass = 0; pass < LAYER_PASSES; pass++) layer_release_pass(l, (enum layer_pass_kind)pass);
    for (int t = 0; t < LAYER_TENSORS; t++) storage_free(&l->master[t]);
    l->target = NULL;
}

/* ---- enqueue ---- */

const float *layer_host_in(const struct layer *l, const struct layer_io *io) {
    return io->in[0].own->host + (size_t)io->first * shape_size(l->shape.in);
}
float *layer_host_out(const struct layer *l, const struct layer_io *io) {
    return io->out->host + (size_t)io->first * shape_size(l->shape.out);
}
const float *layer_host_out_gradient(const struct layer *l, const struct layer_io *io) {
    return io->out_gradient->host + (size_t)io->first * shape_size(l->shape.out);
}
float *layer_host_in_gradient(const struct layer *l, const struct layer_io *io) {
    return io->in_gradients[0].own->host + (size_t)io->first * shape_size(l->shape.in);
}

int layer_in_channels(const struct layer *l) {
    return (int)(layer_in_floats(l) / ((size_t)l->shape.maps.h * (size_t)l->shape.maps.w));
}

size_t layer_in_channel(const struct layer *l, int c) {
    size_t block = (size_t)l->choice.in_block, at = layer_in_position(l, c, 0);
    return at / (block * (size_t)l->shape.maps.h * (size_t)l->shape.maps.w) * block + at % block;
}

int layer_first_channels(const struct layer *l) { return shape_half_count(l->shape.maps.c, 0); }

int layer_gap(const struct layer *l) {
    int first = layer_first_channels(l);
    return l->shape.reads.all ? (first + l->choice.in_block - 1) / l->choice.in_block * l->choice.in_block - first : 0;
}

size_t layer_channels(const struct layer *l) {
    return shape_floats((struct alexcl_shape){l->shape.out.c, 1, 1}, l->choice.out_block);
}

struct kernel_range layer_range(size_t values, const struct layer_io *io) {
    return (struct kernel_range){2, {0, (size_t)io->first, 0}, {values, (size_t)io->count, 1}, {64, 1, 1}};
}

struct kernel_range layer_range_maps(size_t values, size_t channels, const struct layer_io *io) {
    return (struct kernel_range){3, {0, 0, (size_t)io->first}, {values, channels, (size_t)io->count}, {64, 1, 1}};
}
