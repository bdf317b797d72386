/* SPDX-License-Identifier: MIT */
/* The pictures that a command line names. */
#ifndef ALEXCL_INPUTS_H
#define ALEXCL_INPUTS_H
#include "image_list.h"

/* What is read, as the help of a command says it. */
#define INPUTS_HELP                                                                                                    \
    "INPUT is a picture (PNG, JPEG, WebP, BMP, PPM, PGM or PBM), a folder, a pattern\n"                                \
    "in quotes ('*.jpg'), a list, or `-`, a list on standard input; any number of\n"                                   \
    "them. A folder is searched with its folders, in the order of the bytes of the\n"                                  \
    "names; hidden files and what is no picture are passed over, with a note.\n"

/* Pictures, folders, patterns, lists and "-" (a list on standard input), in the order in which they are named, to one
 * list of pictures. A picture is told from a list by its content, by its name where that cannot be read. Where one
 * folder alone is named and each picture stands in a folder of it, one level down, these folders' names are the labels,
 * and `tree` is set. `note` tells what was passed over. What is not there, or a pattern without a file, is
 * ALEXCL_E_DATA; with `keep_going` a name among several becomes a picture that fails when it is decoded. Freed by
 * image_list_free. */
int inputs_read(const char *const *names, size_t count, int keep_going, struct image_list *out,
                struct alexcl_error *err);
#endif
