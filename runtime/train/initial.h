/* SPDX-License-Identifier: MIT */
/* The weights that training begins with, by the counter RNG: any rows of any tensor by themselves, the same bits on
 * every machine and for every placement. */
#ifndef ALEXCL_INITIAL_H
#define ALEXCL_INITIAL_H
#include "recipe.h"

struct initial {
    const struct recipe *recipe;
    const struct alexcl_model *model;
    uint64_t seed;
};
/* Rows first .. first+count-1 of tensor `t` of the model's row `index`, counted in the whole tensor. Convolutions and
 * fully connected layers have what the recipe says:
 *   normal   N(0, deviation); convolutions 3 to 5 of the net, in the order of its rows, deviation_middle; fully
 *            connected layers that have weights behind them deviation_hidden. Biases of convolutions 2, 4 and 5, and of
 *            these hidden layers, are `bias`, others 0 (Krizhevsky et al. 2012, section 5)
 *   glorot   uniform within sqrt(6 / (fan in + fan out)); as in Keras fan in is of one group, fan out of all filters
 *            (Glorot and Bengio 2010, eq. 16)
 * Where a model leaves connections out, weights are 0. What is not learned, and weights of other layers, are what the
 * layer's own row makes; their biases are 0. ALEXCL_E_MEMORY. */
int initial_fill(const struct initial *in, size_t index, const struct layer_tensor *t, int first, int count, float *out,
                 struct alexcl_error *err);
#endif
