/* SPDX-License-Identifier: MIT */
/* The operators in plain C, sums in double, one rounding to float at the end: oracle of the tests, `--devices ref`,
 * `alexcl check`. All tensors are dense, N x C x H x W. Each stands in ref_<operator>.c, with its gradients: gx, gw and
 * gb are those of the loss by x, w and b, where gy is that by y. Sums over images are added to gw and gb in double
 * where `add` is set, else written over them. */
#ifndef ALEXCL_REF_H
#define ALEXCL_REF_H
#include "shape.h"

/* y[n][o] = b[o] + cross-correlation (no kernel flip) of x[n] with w[o]. b may be NULL. */
void ref_conv(float *y, const float *x, const float *w, const float *b, int n, const struct shape_conv *s);
/* gx[n][i] = sum over the outputs o that read channel i, and the windows' taps there, of gy[n][o] w[o][i]. */
void ref_conv_input_gradient(float *gx, const float *gy, const float *w, int n, const struct shape_conv *s);
/* gw[o][i][ky][kx] = sum over images and places of gy[n][o] and what the tap reads of x there; gb[o] = sum of gy[n][o].
 */
void ref_conv_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int add,
                              const struct shape_conv *s);
/* y[n][o] = b[o] + sum_i x[n][i] w[o][i]. */
void ref_fc(float *y, const float *x, const float *w, const float *b, int n, int in, int out);
/* The same with w in half precision, narrowed (fp16.h). */
void ref_fc_fp16(float *y, const float *x, const float *w, const float *b, int n, int in, int out);
/* The same with w of 8 bits, one lane (int8.h). */
void ref_fc_int8(float *y, const float *x, const float *w, const float *b, int n, int in, int out);
void ref_fc_input_gradient(float *gx, const float *w, const float *gy, int n, int in, int out);
void ref_fc_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int in, int out, int add);
/* y[n][o] = sum_i (x[n][i] - code[o][i])^2 (LeCun et al. 1998, eq. 7). The code is given, and has no gradient. */
void ref_rbf(float *y, const float *x, const float *code, int n, int in, int out);
void ref_rbf_input_gradient(float *gx, const float *x, const float *code, const float *gy, int n, int in, int out);
/* Krizhevsky et al. 2012, section 3.3, over channels; halo: n x (before + after) x h x w of the other half, or NULL. */
void ref_lrn(float *y, const float *x, const float *halo, int n, const struct shape_norm *s);
/* gx and ghalo: of the outputs that are made here alone; the other half's outputs have gradients by the same values. */
void ref_lrn_input_gradient(float *gx, float *ghalo, const float *x, const float *halo, const float *gy, int n,
                            const struct shape_norm *s);
/* The same-map norm of the 2012 code: a square window around each value, clipped at the border. */
void ref_rnorm(float *y, const float *x, int n, const struct shape_norm *s);
void ref_rnorm_input_gradient(float *gx, const float *x, const float *gy, int n, const struct shape_norm *s);
void ref_maxpool(float *y, const float *x, int n, const struct shape_pool *s);
/* A window's gradient goes to the first of its largest values in row-major order; all_ties: to each of them. */
void ref_maxpool_input_gradient(float *gx, const float *x, const float *gy, int n, const struct shape_pool *s,
                                int all_ties);
/* Mean over the window clipped to the map; count_include_pad: the sum over what the window has of the map and of its
 * padding. */
void ref_avgpool(float *y, const float *x, int n, const struct shape_pool *s);
void ref_avgpool_input_gradient(float *gx, const float *gy, int n, const struct shape_pool *s);
/* y = w[c] * (sum of the window) + b[c] (LeCun et al. 1998, section II.B). */
void ref_subsample(float *y, const float *x, const float *w, const float *b, int n, const struct shape_pool *s);
void ref_subsample_input_gradient(float *gx, const float *w, const float *gy, int n, const struct shape_pool *s);
void ref_subsample_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n,
                                   const struct shape_pool *s, int add);
/* Element by element; type: ALEXCL_RELU, ALEXCL_TANH, ALEXCL_SIGMOID, ALEXCL_LECUN_TANH. y may be x. */
void ref_activation(float *y, const float *x, size_t count, enum alexcl_layer_type type);
/* Of the same types, by what the activation made. The slope of a ReLU at 0 is 0. gx may be gy. */
void ref_activation_input_gradient(float *gx, const float *y, const float *gy, size_t count,
                                   enum alexcl_layer_type type);
void ref_scale(float *y, const float *x, size_t count, float factor);
/* Dropout in training: y = x * factor where the counter RNG's element is `threshold` (24 bits) at least, else 0. Values
 * of an image, of this half, have the elements from `first` on, those of the next image `each` more. y may be x. */
void ref_dropout(float *y, const float *x, int n, size_t values, uint64_t key, uint64_t first, uint64_t each,
                 uint32_t threshold, float factor);
/* Softmax over `units` logits a row, of which `out_count` probabilities from out_first on are written (a half's). */
void ref_softmax(float *y, const float *x, int n, int units, int out_first, int out_count);
/* gx: n x units, of the probabilities from out_first on alone. */
void ref_softmax_input_gradient(float *gx, const float *x, const float *gy, int n, int units, int out_first,
                                int out_count);
/* y = x * w[c] + b[c]; y may be x. */
void ref_affine(float *y, const float *x, const float *w, const float *b, int n, int channels, int hw);
/* gx may be gy. */
void ref_affine_input_gradient(float *gx, const float *w, const float *gy, int n, int channels, int hw);
void ref_affine_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int channels, int hw,
                                int add);
/* y = a + b, value by value; y may be a. */
void ref_add(float *y, const float *a, const float *b, size_t count);
/* Copies `count` channels of each image from channel x_first of x, of x_channels, to channel y_first of y. */
void ref_concat(float *y, const float *x, int n, int hw, int y_channels, int y_first, int x_channels, int x_first,
                int count);
/* One step of gradient descent with momentum, and of Adam; `form` is FORM of kernels/sgd.cl and adam.cl, and what the
 * numbers are stands in update.h. */
void ref_sgd(float *w, const float *g, float *v, size_t count, int form, float rate, float decay, float momentum);
void ref_adam(float *w, const float *g, float *m, float *v, size_t count, int form, float rate, float decay,
              float rise1, float rise2, float epsilon);
/* See join_run. */
/* out = a + b, b NULL: a; with `add` that is added to what is there. */
void ref_accumulate(float *out, const float *a, const float *b, size_t floats, int add);
/* out: channels x hw; from: count x hw, added to channels first .. first+count-1. */
void ref_accumulate_halo(float *out, const float *from, int first, int count, int hw);
void ref_join(float *y, const float *a, const float *b, int n, int channels0, int channels1, int hw);
#endif
