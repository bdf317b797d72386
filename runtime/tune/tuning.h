/* SPDX-License-Identifier: MIT */
/* What was measured to be the fastest on a device (tune.h), and the file that keeps it:
 *     <cache folder>/<SHA-256 of the device, its driver, version and settings>.tuning.json {"format": 1, "alexcl": ..,
 *     "device": .., "driver": .., "layers": { "conv 48x27x27 to 128, 5x5/1, pad 2": {"variant": "winograd", "tile": [8,
 *     2, 4], "image_ms": 0.8, "tried": [..]}, ..}}
 * A layer stands there by the shape of a half: both halves, parts of one device and all batches share a choice, so that
 * scores are equal to the bit wherever they are computed. Passes of training stand there by themselves (", input
 * gradient, reproducible"), with ways that have the default's bits. The file may be edited: what is not possible is not
 * used. */
#ifndef ALEXCL_TUNING_H
#define ALEXCL_TUNING_H
#include <jansson.h>

#include "layer.h"

enum { TUNING_KEY = 192 };
/* What a layer of a half stands under: its type, shape, window, pass; not its name. */
void tuning_key(const struct layer *l, enum layer_pass_kind pass, char out[TUNING_KEY]);

struct tuning;
/* Reads the file of a device; a tuning that knows nothing where there is none, or no cache folder, or one that is
 * damaged (a warning). The settings must outlive it. */
int tuning_open(const struct alexcl_device_info *device, const struct settings *settings, struct tuning **out,
                struct alexcl_error *err);
/* The same from a file's text; ALEXCL_E_DATA says what is wrong with it. */
int tuning_parse(const char *text, size_t length, struct tuning **out, struct alexcl_error *err);
void tuning_free(struct tuning *t);
/* Whether both are of one device and driver. */
int tuning_same(const struct tuning *a, const struct tuning *b);
/* Where it is kept; "" for nowhere. */
const char *tuning_path(const struct tuning *t);
/* Whether a layer was measured, by its key. */
int tuning_knows(const struct tuning *t, const char *key);
/* Sets tuned, tile and seconds of a pass to what was measured. 0 where the layer is not known or cannot be computed so
 * here: l is as it was. */
int tuning_apply(const struct tuning *t, struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Remembers a choice that takes so many seconds an image, in memory; `tried`, what was measured for it, becomes the
 * tuning's. */
int tuning_set(struct tuning *t, const struct layer *l, enum layer_pass_kind pass, const struct layer_variant *variant,
               struct layer_tile tile, double seconds, json_t *tried, struct alexcl_error *err);
/* Replaces the file. ALEXCL_OK where it is kept nowhere. */
int tuning_save(const struct tuning *t, struct alexcl_error *err);
#endif
