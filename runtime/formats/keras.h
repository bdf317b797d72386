/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_KERAS_H
#define ALEXCL_KERAS_H
#include "source.h"

/* A source from what a child has told of an HDF5 file of these bytes (h5_write.h), and a config, which may be of no
 * bytes: all that is done here of a file of Keras's, so that it can be tested without libhdf5. `message` is the
 * source's, whatever comes of it. */
int keras_parse_message(unsigned char *message, size_t message_length, const char *config, size_t config_length,
                        const unsigned char *bytes, size_t length, const char *path, struct source **out,
                        struct alexcl_error *err);
#endif
