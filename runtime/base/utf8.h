/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_UTF8_H
#define ALEXCL_UTF8_H

/* How many bytes follow one that begins a character; -1 where it begins none. */
int utf8_following(unsigned char first);
/* Whether a text is UTF-8, as far as JSON asks. */
int utf8_is_valid(const char *text);
#endif
