/* SPDX-License-Identifier: MIT */
/* What the files of the layers share: the list of the types (layer_types.h), and the parts that their variants are made
 * of. */
#ifndef ALEXCL_LAYER_PRIVATE_H
#define ALEXCL_LAYER_PRIVATE_H
#include "kernel.h"
#include "layer.h"
#include "layer_types.h"

/* ---- describe ---- */

/* Describes a layer whose half reads its own channels and makes as many, with maps of h x w. */
void layer_describe_maps(struct layer *l, int h, int w);
/* Adds a tensor, and sets the half's rows of it, first .. first+count-1 (shape.h). */
void layer_describe_tensor(struct layer *l, struct layer_tensor tensor);
/* Describes a layer that reads all units. ALEXCL_E_USAGE where it stands behind feature maps; `what` names it in the
 * message. */
int layer_describe_units(struct layer *l, const char *what, struct alexcl_error *err);
/* The same for a layer whose outputs (desc->outputs) are sums over all units. */
int layer_describe_outputs(struct layer *l, const char *what, struct alexcl_error *err);
/* Adds a trained bias, with one value for each output. */
void layer_describe_bias(struct layer *l, int outputs);
/* The `fill` of weights: uniform, scaled by the number of products of a sum and by the gain; 0 where there is no
 * connection. */
void layer_fill_weight(const struct layer_fill *f);

/* A description's window. Fields that the type does not use have their defaults. */
struct shape_window layer_window(const struct alexcl_layer *d);

/* Reports the metadata of a layer with a window, in ONNX's terms: dilations other than 1, and pads where there are any
 * or with `always`. */
void layer_tell_window(const struct alexcl_layer *d, int always, layer_tell_fn *tell, void *user);

/* ---- shrink ---- */

int layer_min(int a, int b);
/* Shrinks one side of a map to what is needed for windows that begin up to `windows` strides further on; the last
 * window ends as it did before. */
int layer_shrink_side(int side, int axis, int windows, const struct shape_window *w);
/* The `shrink` of layers of units. */
void layer_shrink_units(struct alexcl_layer *desc, struct alexcl_shape *in);

/* ---- applicable ---- */

int layer_on_host(const struct layer *l, const struct target *target);
int layer_on_device(const struct layer *l, const struct target *target);
/* a device, and neither input nor output is in blocks */
int layer_on_device_plain(const struct layer *l, const struct target *target);
/* A CPU, or a device whose local memory does not hold tiles: kernels for CPUs use no local memory for tiles, and run
 * anywhere. */
int layer_on_cpu_device(const struct layer *l, const struct target *target);
/* the settings ask for CLBlast (ALEXCL_GEMM) */
int layer_wants_clblast(const struct layer *l, const struct target *target);

/* Whether the pass has no tile, or one whose sizes are from 1 to those of `max`. Where `max` is 0 the size must be
 * 0. */
int layer_takes_tile(const struct layer *l, enum layer_pass_kind pass, struct layer_tile max);
/* Whether the device's CPU has 32 registers of 16 floats (AVX-512), which decides how large a tile may be. */
int layer_has_wide_registers(const struct target *target);
/* The define, with a space before it, with which kernels for CPU devices prefetch; "" where the compiler cannot. */
const char *layer_prefetch_define(const struct target *target);

/* ---- prepare, release ---- */

/* How many of the tensors a pass reads, the first ones. */
int parameters_count(const struct layer *l, enum layer_pass_kind pass);
/* Size of tensor t of this half as variant `v` keeps it, in floats; `v` NULL: as in the file. 0: it reads the
 * master. */
size_t parameters_floats(const struct layer *l, const struct layer_variant *v, const struct target *target, int t);
/* Allocate memory on the target for the tensors of a pass, packed, and for the master if one is kept, which a variant
 * that does not pack reads itself; and fill both with values. */
int parameters_create(struct layer *l, enum layer_pass_kind pass, struct alexcl_error *err);
int parameters_write(struct layer *l, enum layer_pass_kind pass, const float *const values[LAYER_TENSORS],
                     struct alexcl_error *err);
/* Frees those of a pass; not the master. */
void parameters_free(struct layer *l, enum layer_pass_kind pass);
/* Copies `count` values and fills up with zeros to `floats`: the `pack` of biases and the like. */
void layer_fill_up(const float *from, size_t count, float *to, size_t floats);
/* The `packed` and `pack` of layers whose tensors have one value for each channel: in the order in which the channels
 * lie in memory. */
size_t layer_packed_channels(const struct layer *l, const struct target *target, int t);
void layer_pack_channels(const struct layer *l, int t, const float *master, size_t first, float *packed);
/* The largest number of kernels of a pass. They are kept in its state. */
enum { LAYER_KERNELS = 5 };
int layer_add_kernel(struct layer *l, enum layer_pass_kind pass, int slot, const char *source, const char *function,
                     const char *defines, struct alexcl_error *err);
struct kernel *layer_kernel(const struct layer *l, enum layer_pass_kind pass, int slot);
/* The `release` of variants that have kernels. */
void layer_free_kernels(struct layer *l, enum layer_pass_kind pass);

/* ---- enqueue ---- */

/* Where the first image of a call (io->first) begins in the reference's memory. */
const float *layer_host_in(const struct layer *l, const struct layer_io *io);
float *layer_host_out(const struct layer *l, const struct layer_io *io);
const float *layer_host_out_gradient(const struct layer *l, const struct layer_io *io);
float *layer_host_in_gradient(const struct layer *l, const struct layer_io *io);
/* How many channels the half's input has in memory, and at which of these places its channel c stands. */
int layer_in_channels(const struct layer *l);
size_t layer_in_channel(const struct layer *l, int c);
/* Where the input is two halves, each filled up to whole blocks: how many channels the first half has, and how many
 * places behind them hold none. */
int layer_first_channels(const struct layer *l);
int layer_gap(const struct layer *l);
/* How many channels the half's output has in memory. Those that fill up the last block are computed as well, so that
 * they are finite. */
size_t layer_channels(const struct layer *l);
/* A range of `values` work-items for each image, in work-groups of 64. */
struct kernel_range layer_range(size_t values, const struct layer_io *io);
/* A range of `values` work-items for each of `channels` channels of each image, in work-groups of 64. */
struct kernel_range layer_range_maps(size_t values, size_t channels, const struct layer_io *io);
#endif
