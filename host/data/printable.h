/* SPDX-License-Identifier: MIT */
/* Texts of files and drivers, for people: what of them may be shown, and where they can be cut. */
#ifndef ALEXCL_PRINTABLE_H
#define ALEXCL_PRINTABLE_H
#include <stddef.h>

/* Bytes of the character at `text`; 0 where none begins that may be shown: a control character, or no UTF-8. */
int printable_character(const char *text);
/* Most bytes of `text`, at most `max`, that end with a whole character; for "%.*s". */
int printable_cut(const char *text, size_t max);
#endif
