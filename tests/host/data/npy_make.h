/* SPDX-License-Identifier: MIT */
/* Arrays of NumPy, byte by byte. */
#ifndef ALEXCL_NPY_MAKE_H
#define ALEXCL_NPY_MAKE_H
#include "support_files.h"

/* "<f4" and "(2, 3)", and the values' bytes. */
static inline void npy_make(const char *name, const char *type, const char *shape, const void *values, size_t bytes) {
    char header[200];
    int length =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", type, shape);
    unsigned char *file = calloc(1, 10 + (size_t)length + bytes);
    memcpy(file, "\x93NUMPY\x01", 7);
    file[8] = (unsigned char)length;
    memcpy(file + 10, header, (size_t)length);
    memcpy(file + 10 + length, values, bytes);
    write_file(name, file, 10 + (size_t)length + bytes);
    free(file);
}
#endif
