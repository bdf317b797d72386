/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_NEAREST_H
#define ALEXCL_NEAREST_H

/* The nearest of `names` (NULL-terminated) to a mistyped word, NULL if none is near. For "did you mean". */
const char *nearest_find(const char *word, const char *const *names);
/* The end of a message: `: did you mean "conv1"?`, with what stands before and behind the name; "" where it is NULL. */
enum { NEAREST_QUESTION = 320 };
const char *nearest_ask(const char *before, const char *near, const char *behind, char out[NEAREST_QUESTION]);
#endif
