/* SPDX-License-Identifier: MIT */
/* What the files of the layers share: the list of their rows (layer_types.h), and the parts that their variants are
 * made of. */
#ifndef ALEXCL_LAYER_PRIVATE_H
#define ALEXCL_LAYER_PRIVATE_H
#include "kernel.h"
#include "layer.h"
#include "layer_types.h"

/* ---- describe ---- */

/* A layer whose half reads its own half's channels and makes as many, h x w each (whole_out = whole_in with another
 * map). */
void layer_describe_maps(struct layer *l, int h, int w);
/* The next tensor, of which the half has rows first .. first+count-1 (shape.h): these are set here. */
void layer_describe_tensor(struct layer *l, struct layer_tensor tensor);
/* It reads all units. ALEXCL_E_USAGE where it stands behind feature maps; `what` names it in the message. */
int layer_describe_units(struct layer *l, const char *what, struct alexcl_error *err);
/* The same, of a layer whose desc->outputs are sums over all units. */
int layer_describe_outputs(struct layer *l, const char *what, struct alexcl_error *err);
/* The next one is a trained bias an output. */
void layer_describe_bias(struct layer *l, int outputs);
/* The fill of weights: uniform, by the number of products of a sum and the gain; 0 where there is no connection. */
void layer_fill_weight(const struct layer_fill *f);

/* A description's window; fields that its type does not use are as if nothing was said. */
struct shape_window layer_window(const struct alexcl_layer *d);

/* The metadata of a layer with a window, in ONNX's terms: dilations that are not 1; pads, where there are any or
 * `always`. */
void layer_tell_window(const struct alexcl_layer *d, int always, layer_tell_fn *tell, void *user);

/* ---- shrink ---- */

int layer_min(int a, int b);
/* Of a side of a map, as much as windows need that begin `windows` strides further on at least; the last one ends as it
 * did. */
int layer_shrink_side(int side, int axis, int windows, const struct shape_window *w);
/* The shrink of layers of units. */
void layer_shrink_units(struct alexcl_layer *desc, struct alexcl_shape *in);

/* ---- applicable ---- */

int layer_on_host(const struct layer *l, const struct target *target);
int layer_on_device(const struct layer *l, const struct target *target);
int layer_on_device_plain(const struct layer *l, const struct target *target); /* no blocks */
/* A CPU, or a device without room for tiles in local memory: kernels of a CPU use none, and run anywhere. */
int layer_on_cpu_device(const struct layer *l, const struct target *target);
int layer_wants_clblast(const struct layer *l, const struct target *target); /* ALEXCL_GEMM=clblast */

/* Whether the tile of a pass asks for nothing, or for sizes from 1 to `max`; where that is 0 there is none. */
int layer_takes_tile(const struct layer *l, enum layer_pass_kind pass, struct layer_tile max);
/* Whether a register of the device's CPU holds 16 floats, and there are 32 of them (AVX-512): how large a tile may
 * be. */
int layer_has_wide_registers(const struct target *target);
/* The define, with a space before it, by which kernels for CPU devices prefetch; "" where the compiler has nothing
 * for it. */
const char *layer_prefetch_define(const struct target *target);

/* ---- prepare, release ---- */

/* Floats of tensor t of this half as that variant keeps it; NULL: as in the file. */
size_t parameters_floats(const struct layer *l, const struct layer_variant *v, const struct target *target, int t);
/* Memory on the target for the tensors as the pass' variant wants them, for the master that is kept, and values in
 * both. */
int parameters_create(struct layer *l, enum layer_pass_kind pass, struct alexcl_error *err);
int parameters_write(struct layer *l, enum layer_pass_kind pass, const float *const values[LAYER_TENSORS],
                     struct alexcl_error *err);
/* Fills up with zeros: the pack of biases and the like. */
void layer_fill_up(const float *from, size_t count, float *to, size_t floats);
/* The packed and the pack of layers with a value a channel in each tensor: as the channels lie in memory. */
size_t layer_packed_channels(const struct layer *l, const struct target *target, int t);
void layer_pack_channels(const struct layer *l, int t, const float *master, size_t first, float *packed);
/* A pass has up to three kernels, in its state. */
enum { LAYER_KERNELS = 3 };
int layer_add_kernel(struct layer *l, enum layer_pass_kind pass, int slot, const char *source, const char *function,
                     const char *defines, struct alexcl_error *err);
struct kernel *layer_kernel(const struct layer *l, enum layer_pass_kind pass, int slot);
/* The release of variants with kernels. */
void layer_free_kernels(struct layer *l, enum layer_pass_kind pass);

/* ---- enqueue ---- */

/* The first value of the call on the reference: images from io->first on. */
const float *layer_host_in(const struct layer *l, const struct layer_io *io);
float *layer_host_out(const struct layer *l, const struct layer_io *io);
/* Channels in memory of what the half is given, and where its channel c stands among them. */
int layer_in_channels(const struct layer *l);
size_t layer_in_channel(const struct layer *l, int c);
/* Where that is the two halves' channels, each filled up to whole blocks: how many the first has, and how many places
 * are left out behind them. */
int layer_first_channels(const struct layer *l);
int layer_gap(const struct layer *l);
/* Channels in memory of what the half makes: those that fill up its last block are computed as well, so that they are
 * finite. */
size_t layer_channels(const struct layer *l);
/* `values` work-items an image, in work-groups of 64. */
struct kernel_range layer_range(size_t values, const struct layer_io *io);
/* `values` work-items for each of `channels` an image, in work-groups of 64 values. */
struct kernel_range layer_range_maps(size_t values, size_t channels, const struct layer_io *io);
#endif
