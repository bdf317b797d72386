/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_NEAREST_H
#define ALEXCL_NEAREST_H

/* The nearest of `names` (NULL-terminated) to a mistyped word, NULL if none is near. For "did you mean". */
const char *nearest_find(const char *word, const char *const *names);
#endif
