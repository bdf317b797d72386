/* SPDX-License-Identifier: MIT */
/* Pictures of lines and texts, as SVG: what is drawn is written to `to`, and becomes a file at the end. */
#ifndef ALEXCL_SVG_H
#define ALEXCL_SVG_H
#include <stdio.h>

#include "alexcl.h"

struct svg {
    FILE *to;
    char *text;
    size_t length;
};
/* A white sheet. ALEXCL_E_MEMORY. */
int svg_begin(struct svg *s, int width, int height, struct alexcl_error *err);
/* A text; `more` are its further attributes, " fill=\"#555\"". What is no ASCII is shown as ?. */
void svg_text(FILE *to, double x, double y, const char *more, const char *text);
/* Ends what is drawn: its text is whole, of `length` bytes, until svg_free. ALEXCL_E_MEMORY. */
int svg_finish(struct svg *s, struct alexcl_error *err);
void svg_free(struct svg *s);
/* Writes the file, whole or not at all, and frees all. ALEXCL_E_MEMORY, ALEXCL_E_OTHER. */
int svg_end(struct svg *s, const char *path, struct alexcl_error *err);
#endif
