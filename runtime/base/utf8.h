/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_UTF8_H
#define ALEXCL_UTF8_H

/* Whether a text is UTF-8, as far as JSON asks. */
int utf8_is_valid(const char *text);
#endif
