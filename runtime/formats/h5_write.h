/* SPDX-License-Identifier: MIT */
/* What a child process (child.h) tells of an HDF5 file that it has in memory. A message is, every number little-endian:
 *
 *     "h5-1"                                                      H5_BEGIN
 *     'a' text:path text:name u32:count text..                    an attribute of texts of the group or dataset `path`
 *     'd' text:path u64:address u8:type text:type u32:axes u64..  a dataset
 *         u8:where u64:bytes                                      of its values,
 *         u64:offset                                              which is where they stand in the file, H5_IN_FILE; or
 *         padding to a multiple of 8, bytes                       which follow, H5_HERE; or H5_NOWHERE: nothing
 *     'e' text                                                    why it cannot be read; all else is void
 *     '.'                                                         the end
 *
 * A text is u32:length, so many bytes, and a 0. The path of the root is "", of what is in it "model_weights". */
#ifndef ALEXCL_H5_WRITE_H
#define ALEXCL_H5_WRITE_H
#include <stddef.h>

#define H5_BEGIN "h5-1"
enum h5_where { H5_NOWHERE, H5_IN_FILE, H5_HERE };

/* The bounds that the message keeps, and its reader insists on. */
enum {
    H5_MOST_OBJECTS = 1 << 16,
    H5_MOST_DEPTH = 32,
    H5_MOST_AXES = 32,
    H5_MOST_PATH = 2048,
    H5_MOST_TEXTS = 1 << 16,
    H5_MOST_TEXT = 16 << 20,
    H5_MOST_UNPACKED = 1032, /* bytes of values out of one of the file: deflate's best */
};

struct h5_file {
    const unsigned char *bytes;
    size_t length;
};
/* child_run's `work`; `user` is a struct h5_file. 0: the message is whole. */
int h5_write_message(void *user, int fd);
#endif
