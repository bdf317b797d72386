/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_JSON_TEXT_H
#define ALEXCL_JSON_TEXT_H
#include <jansson.h>

#include "status.h"

/* Reads `length` bytes of JSON. *out is NULL where they are none, and then *problem says where; ALEXCL_E_MEMORY names
 * `what`. */
int json_text_load(const char *text, size_t length, size_t flags, const char *what, json_t **out, json_error_t *problem,
                   struct alexcl_error *err);
#endif
