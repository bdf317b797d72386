/* SPDX-License-Identifier: MIT */
/* What stands in an HDF5 file: datasets with their values, and attributes of texts. A child process reads it
 * (h5_write.h); here its answer is checked, every number of it, as that of a stranger. */
#ifndef ALEXCL_H5_LIST_H
#define ALEXCL_H5_LIST_H
#include "source.h"

struct h5_attribute {
    const char *path, *name; /* of the group or dataset; "" is the root */
    const char *texts;       /* the first of `count`; h5_list_next gives the one behind it */
    size_t count;
};
struct h5_dataset {
    const char *path;
    uint64_t address; /* grows in the order in which datasets were written */
    enum source_type type;
    const char *type_name;
    int dims;
    uint64_t shape[4];         /* its first four axes */
    const unsigned char *data; /* NULL where the type is OTHER */
    uint64_t bytes;
};
struct h5_list {
    struct h5_attribute *attributes; /* by path, then name */
    struct h5_dataset *datasets;     /* by path; no two have the same */
    size_t attribute_count, dataset_count;
    unsigned char *message; /* the texts stand in it, and values that did not stand in the file */
};

/* Reads a file in memory, which must outlive the list: values point into it. `path` is for messages. ALEXCL_E_DATA,
 * also where libhdf5 dies of it, hangs, or tells nonsense; and what child_run gives. */
int h5_list_read(const unsigned char *bytes, size_t length, const char *path, struct h5_list *out,
                 struct alexcl_error *err);
/* The same of a child's message, which is the list's from here on, whatever comes of it. */
int h5_list_parse(unsigned char *message, size_t message_length, const unsigned char *bytes, size_t length,
                  const char *path, struct h5_list *out, struct alexcl_error *err);
void h5_list_free(struct h5_list *list); /* safe on {0} and on what failed */

const struct h5_dataset *h5_list_dataset(const struct h5_list *list, const char *path); /* or NULL */
/* Of the group or dataset `path`; or NULL. */
const struct h5_attribute *h5_list_attribute(const struct h5_list *list, const char *path, const char *name);
/* Its one text, or NULL. */
const char *h5_list_text(const struct h5_list *list, const char *path, const char *name);
const char *h5_list_next(const char *text);
#endif
