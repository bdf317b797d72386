/* SPDX-License-Identifier: MIT */
/* The principal components of a data set's colours, computed, kept in a file, and read again. */
#ifndef ALEXCL_COLOURS_H
#define ALEXCL_COLOURS_H
#include <jansson.h>

#include "colour_pca.h"
#include "data_set.h"

struct colours {
    struct colour_pca pca;
    uint64_t images, pixels; /* they are of */
    int floats;              /* in the units of an array; else of 0 to 1 */
};
/* Of all pictures of a set, of three channels. ALEXCL_E_DATA names the first that cannot be read. */
int colours_compute(const struct data_set *set, struct colours *out, struct alexcl_error *err);
const char *colours_units(int floats);
/* The document that `alexcl pca` writes; `data` names what they are of. */
json_t *colours_document(const struct colours *c, const char *data);
/* Reads such a file. ALEXCL_E_DATA. */
int colours_read(const char *path, struct colours *out, struct alexcl_error *err);
#endif
