/* SPDX-License-Identifier: MIT */
/* What a weight file's metadata says of its net: everything in which two nets with the same tensors can differ, one
 * "alexcl.<what>" -> text each ("alexcl.norm1.k" -> "2"; numbers and lists as JSON). */
#ifndef ALEXCL_METADATA_H
#define ALEXCL_METADATA_H
#include "memory.h"
#include "model_check.h"
#include "source.h"

/* Keys that begin with this, and those that a checkpoint has, tell where weights are from; they are not compared. */
#define METADATA_ORIGIN "alexcl." MODEL_RESERVED
int metadata_origin(const char *key);

struct metadata_pair {
    struct string_buffer key, value;
    size_t layer; /* index of the layer it is about; 0 for the whole net */
};
struct metadata {
    struct metadata_pair *list;
    size_t count, capacity;
};
/* Of a model that model_check lets through. */
int metadata_make(const struct alexcl_model *model, struct metadata *out, struct alexcl_error *err);
void metadata_free(struct metadata *c);

/* Compares what a file says with the model's first `layer_count` layers. ALEXCL_E_DATA tells each difference, and the
 * built-in model that would match. *present: whether the file says anything. */
int metadata_check(const struct source *file, const char *path, const struct alexcl_model *model, size_t layer_count,
                   int *present, struct alexcl_error *err);

/* The built-in model that a file names, NULL: none. *agrees: its metadata say nothing that speaks against `model`. */
const struct alexcl_model *metadata_model(const struct source *file);
int metadata_agrees(const struct source *file, const struct alexcl_model *model, int *agrees, struct alexcl_error *err);
/* Whether a file says that its weights are the generator's. */
int metadata_random(const struct source *file);

/* The shortest text that reads back as the same double; as JSON, whatever the locale. */
void metadata_number(double number, char out[32]);
/* A name as a JSON text, to be freed; NULL where there is no memory. */
char *metadata_quote(const char *name);
#endif
