/* SPDX-License-Identifier: MIT */
/* The safetensors format (github huggingface/safetensors, README "Format"): 8 bytes of header length, little-endian; a
 * JSON object of name -> {dtype, shape, data_offsets} and string -> string under "__metadata__"; then the tensors'
 * bytes, C order, little-endian, without holes. It is read as a source (source.h); here it is written. */
#ifndef ALEXCL_SAFETENSORS_H
#define ALEXCL_SAFETENSORS_H
#include "source.h"

/* What a new file holds: tensors of float32, or half precision. */
struct safetensors_entry {
    const char *name;
    int dims, shape[4];
};
struct safetensors_content {
    const struct source_pair *metadata;
    size_t metadata_count;
    const struct safetensors_entry *entries; /* at least one axis each */
    size_t entry_count;
    int half;
    /* Asked for the rows of each tensor in turn, in order; *values stay valid until rows_done. */
    int (*rows)(void *user, size_t entry, int first, int count, const float **values, struct alexcl_error *err);
    void (*rows_done)(void *user); /* the values of the last call are written */
    void *user;
};
/* Writes a file tensor by tensor, never held whole; it takes its name when complete. ALEXCL_E_DATA for a value that is
 * none in half precision. */
int safetensors_write(const char *path, const struct safetensors_content *content, struct alexcl_error *err);
#endif
