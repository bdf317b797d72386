/* SPDX-License-Identifier: MIT */
/* The rows of a model, out of a Caffe net's layers. */
#ifndef ALEXCL_CAFFE_MODEL_H
#define ALEXCL_CAFFE_MODEL_H
#include "caffe.h"

/* Makes s->model, whose texts and rows `own` keeps, and tells in s->told what is assumed and left out. `phase`: the
 * layers have rules by which some are for training alone, and those are left out; a net that was saved has none.
 * ALEXCL_E_DATA names the layer and the type that is not computed, or what is not there. */
int caffe_model_make(struct caffe_own *own, int phase, const char *path, struct source *s, struct alexcl_error *err);
#endif
