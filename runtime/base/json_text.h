/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_JSON_TEXT_H
#define ALEXCL_JSON_TEXT_H
#include <jansson.h>

#include "status.h"

/* Reads `length` bytes of JSON. *out is NULL where they are none, and then *problem says where; ALEXCL_E_MEMORY names
 * `what`. */
int json_text_load(const char *text, size_t length, size_t flags, const char *what, json_t **out, json_error_t *problem,
                   struct alexcl_error *err);
/* The text of a value, to be free()d; NULL where `value` is NULL or there is no memory. It stands for json_dumps, which
 * leaves a key of an object out and goes on where memory lacks for it (Jansson 2.14, its issue 655). */
char *json_text_dump(const json_t *value, size_t flags);
#endif
