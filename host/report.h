/* SPDX-License-Identifier: MIT */
/* Results on stdout: JSON, CSV fields, text without control characters, numbers with thousands separators. */
#ifndef ALEXCL_REPORT_H
#define ALEXCL_REPORT_H
#include <jansson.h>
#include <stdio.h>

#include "alexcl.h"

/* From here on results go to this file: the whole of them at report_end, under its name or not at all. Errors:
 * ALEXCL_E_OTHER. */
int report_to(const char *path, struct alexcl_error *err);
/* Prints a command's document, indented, and frees it: `alexcl` (the version) and `command` come first. A NULL document
 * (out of memory) is an error. */
int report_json(const char *command, json_t *document, struct alexcl_error *err);
/* The same into a file, whole or not at all. ALEXCL_E_OTHER. */
int report_json_save(const char *path, const char *command, json_t *document, struct alexcl_error *err);
/* The same for a document that is one list, called `key`. */
int report_json_list(const char *command, const char *key, json_t *list, struct alexcl_error *err);
/* The same document in parts, for a list that is not held in memory: `head`, what stands before the list that is called
 * `key`; its rows as they come; `tail`, behind it. All are freed. A row that there is no memory for is not printed; in
 * place of such a tail stands its error, so that the document is whole. */
int report_json_begin(const char *command, json_t *head, const char *key, struct alexcl_error *err);
int report_json_row(json_t *row, struct alexcl_error *err);
int report_json_end(json_t *tail, struct alexcl_error *err);
/* Add to a JSON array and object; the item is taken over. What there is no memory for is told by report_json and its
 * parts: nothing is printed without it. */
void report_append(json_t *list, json_t *item);
void report_set(json_t *object, const char *key, json_t *item);
int report_whole(void); /* 0: there was no memory for something */
/* A JSON string; the bytes of a text that is no UTF-8 (a file's name, a driver's) as \xNN. NULL is null. */
json_t *report_string(const char *text);
/* One CSV field (RFC 4180), quoted where it must be; `last` ends the line. NULL is empty. */
void report_csv(const char *field, int last);
/* Prints a text for people on one line: what may not be shown as \xNN, so that no name writes to the terminal what it
 * likes. */
void report_text(FILE *to, const char *text);
/* The same for a message, "alexcl: warning: text" on stderr: its lines stay, each but the first further in. `level` may
 * be NULL. */
void report_message(const char *level, const char *text);
/* What turns a colour on, red, yellow or green, and off again: "" where `to` is no terminal that has colours, or the
 * user wants none (NO_COLOR). Of no width: it stands around a cell, not in it. */
enum report_colour { REPORT_OFF, REPORT_RED, REPORT_YELLOW, REPORT_GREEN };
const char *report_colour(FILE *to, enum report_colour colour);
/* How wide a column of a table is with one more text in it; it starts with what most tables need. */
int report_column(int width, const char *text);
/* 60965224 -> "60,965,224". One of eight buffers, used in turn. */
const char *report_count(uint64_t n);
/* Bytes for people: "121.9 MiB". One of eight buffers, used in turn. */
const char *report_bytes(uint64_t bytes);
/* What is written goes out now; it must arrive: a full disk or a closed pipe is an error. */
int report_flush(struct alexcl_error *err);
/* The same at the end of the program, which ends with `status`; some file systems tell only when a file is closed.
 * Where a command failed before it had a result, the file of report_to stays as it was. */
int report_end(int status, struct alexcl_error *err);
#endif
