/* SPDX-License-Identifier: MIT */
/* What a weight file's metadata says of its net: everything in which two nets with the same tensors can differ, one
 * "alexcl.<what>" -> text each ("alexcl.norm1.k" -> "2"; numbers and lists as JSON). */
#ifndef ALEXCL_CONVENTIONS_H
#define ALEXCL_CONVENTIONS_H
#include "memory.h"
#include "model_check.h"
#include "safetensors.h"

/* Keys that begin with this tell where weights are from; they are not compared. */
#define CONVENTIONS_ORIGIN "alexcl." MODEL_RESERVED
int conventions_origin(const char *key);

struct convention {
    struct text key, value;
    size_t layer; /* index of the layer it is about; 0 for the whole net */
};
struct conventions {
    struct convention *list;
    size_t count, capacity;
};
/* Of a model that model_check lets through. */
int conventions_make(const struct alexcl_model *model, struct conventions *out, struct alexcl_error *err);
void conventions_free(struct conventions *c);

/* Compares what a file says with the model's first `layer_count` layers. ALEXCL_E_DATA tells each difference, and the
 * built-in model that would match. *present: whether the file says anything. */
int conventions_check(const struct safetensors *file, const char *path, const struct alexcl_model *model,
                      size_t layer_count, int *present, struct alexcl_error *err);

/* The shortest text that reads back as the same double; as JSON, whatever the locale. */
void conventions_number(double number, char out[32]);
/* A name as a JSON text, to be freed; NULL where there is no memory. */
char *conventions_quote(const char *name);
#endif
