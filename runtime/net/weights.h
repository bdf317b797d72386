/* SPDX-License-Identifier: MIT */
/* How the net reads the weights of alexcl.h: slices of tensors, from a mapped file or made on the fly. */
#ifndef ALEXCL_WEIGHTS_H
#define ALEXCL_WEIGHTS_H
#include "status.h"

struct source;

/* alexcl_weights_open of a file that is open already, and stays so as long as the weights. */
int weights_of_source(struct source *file, const char *path, const struct alexcl_model *model, const char *last_layer,
                      struct alexcl_weights **out, struct alexcl_error *err);

/* Weights that the caller makes: rows first .. first+count-1, counted in the whole tensor, of tensor `t` of the model's
 * row `layer`. Threads may ask at the same time. */
struct layer_tensor;
typedef int weights_make_fn(void *user, size_t layer, const struct layer_tensor *t, int first, int count, float *out,
                            struct alexcl_error *err);
int weights_of_maker(const struct alexcl_model *model, weights_make_fn *make, void *user, struct alexcl_weights **out,
                     struct alexcl_error *err);

/* Rows of one tensor as float32: they stand in the mapped file where they can, else in `owned`. */
struct weights_view {
    const float *values;
    size_t count;
    float *owned;
    const struct source *mapped; /* the file in whose mapping they stand, or NULL */
};

/* Rows first .. first+count-1, along the first axis, of the tensor <layer>.<suffix> ("weight", "bias"); `shape` is the
 * whole tensor's. Values are valid until weights_view_close, at the latest alexcl_weights_free; `out` needs no
 * preparation. Threads may open views of one object at the same time. ALEXCL_E_DATA: not in the file (e.g. behind the
 * last layer it was opened for), or of another shape. */
int weights_view_open(const struct alexcl_weights *w, const struct alexcl_layer *layer, const char *suffix, int dims,
                      const int shape[4], int first, int count, struct weights_view *out, struct alexcl_error *err);
/* Gives mapped pages back, so that weights are not held twice: in the file and on a device that is the host's memory.
 * Safe on a zeroed view, on one that failed to open, and twice. */
void weights_view_close(struct weights_view *v);
#endif
