/* SPDX-License-Identifier: MIT */
/* Results on stdout: JSON, CSV fields, numbers with thousands separators. */
#ifndef ALEXCL_REPORT_H
#define ALEXCL_REPORT_H
#include <jansson.h>

#include "alexcl.h"

/* Prints a document, indented, and frees it. A NULL document (out of memory) is an error. */
int report_json(json_t *document, struct alexcl_error *err);
/* A JSON string; the bytes of a text that is no UTF-8 (a file's name, a driver's) as \xNN. NULL is null. */
json_t *report_string(const char *text);
/* One CSV field (RFC 4180), quoted where it must be; `last` ends the line. NULL is empty. */
void report_csv(const char *field, int last);
/* 60965224 -> "60,965,224". One of eight buffers, used in turn. */
const char *report_count(uint64_t n);
/* Bytes for people: "121.9 MiB". One of eight buffers, used in turn. */
const char *report_bytes(uint64_t bytes);
/* What is written goes out now; it must arrive: a full disk or a closed pipe is an error. */
int report_flush(struct alexcl_error *err);
/* The same at the end of the program; some file systems tell only when a file is closed. */
int report_end(struct alexcl_error *err);
#endif
