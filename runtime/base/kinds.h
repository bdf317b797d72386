/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_KINDS_H
#define ALEXCL_KINDS_H
#include <stddef.h>

/* What a file is, for the message where it is not what was asked for. */
struct kind {
    const char *name; /* "a WebP picture" */
    /* what to do with it: "convert IN.webp OUT.png (ImageMagick) converts it"; NULL: nothing in particular */
    const char *advice;
    int content; /* KIND_TEXT, KIND_PICTURE, or 0 */
};
enum { KIND_TEXT = 1 /* in UTF-8 */, KIND_PICTURE };
enum { KINDS_START = 4096 };
/* By a file's first bytes, of which KINDS_START are enough. NULL: none of those that are known. */
const struct kind *kinds_of(const void *start, size_t length);
/* What `alexcl weights show` calls a file of weights of this kind: "torch-old"; "unknown" for others, and for NULL. */
const char *kinds_weights(const struct kind *kind);
#endif
