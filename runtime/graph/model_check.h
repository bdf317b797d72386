/* SPDX-License-Identifier: MIT */
/* Checks of a model, which may come from a caller or a file, before it is used. */
#ifndef ALEXCL_MODEL_CHECK_H
#define ALEXCL_MODEL_CHECK_H
#include "status.h"

/* Checks every field of the model and of its layers, one by one. All code that takes a model calls this first, and
 * trusts the fields afterwards. ALEXCL_E_USAGE names model, layer, field, value and the values it can have. Whether
 * layers fit together is checked where they are described (layer_describe), with the same status. */
int model_check(const struct alexcl_model *model, struct alexcl_error *err);
/* The numbers of the layers that layer i of a model reads, which all stand before it; -1 for the net's input. Never
 * fails for a model that was checked. `inputs` has room for LAYER_INPUTS. */
int model_inputs(const struct alexcl_model *model, size_t i, int *inputs, int *count, struct alexcl_error *err);
/* Index of a layer of a model that is known to be one, or ALEXCL_E_USAGE with the nearest name. */
int model_find_layer(const struct alexcl_model *model, const char *layer, int *index, struct alexcl_error *err);
/* model_check of a caller's model, as this version of the library lays it out: *use is the model itself where its sizes
 * are today's, else a copy of it and its rows, *own, which the caller frees by free(); else NULL. */
int model_take(const struct alexcl_model *model, const struct alexcl_model **use, struct alexcl_model **own,
               struct alexcl_error *err);
/* Such a copy in any case, unchecked, and where its rows can be changed; its texts and lists are the model's own. */
int model_copy(const struct alexcl_model *from, struct alexcl_model **out, struct alexcl_layer **layers,
               struct alexcl_error *err);
/* What the metadata of a weight file tells beside its layers (metadata.h). No layer has this name, nor one that goes
 * on behind a dot: its keys would be taken for those. */
#define MODEL_RESERVED "origin"
int model_reserves(const char *name);
/* The case of the golden vectors (tests/oracle) that a built-in model is checked by, without "net_"; else NULL. */
const char *model_oracle_case(const struct alexcl_model *model);
/* Channel c of model->mean and model->std, with what stands for NULL. */
double model_mean(const struct alexcl_model *model, int c);
double model_std(const struct alexcl_model *model, int c);
#endif
