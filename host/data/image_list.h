/* SPDX-License-Identifier: MIT */
/* batch.txt: one image a line, an optional label (index or name) behind it. Blank lines and # comments are skipped,
 * CRLF is accepted, names with spaces stand in "quotes" (backslash escapes the quote and itself), relative names start
 * at the list's folder. Without quotes, a line is taken whole for a name where its first field names no file and the
 * line does. */
#ifndef ALEXCL_IMAGE_LIST_H
#define ALEXCL_IMAGE_LIST_H
#include "alexcl.h"

struct image_list_entry {
    int line;    /* from 1 */
    char *path;  /* as it can be opened */
    char *shown; /* as it stands in the list */
    char *label; /* text as it stands in the list, or NULL */
    int blanks;  /* neither the name nor the whole line is a file, and the label no index: quotes may be missing */
    char *error; /* why this line cannot be read (bad quoting, more than two fields), or NULL */
};
struct image_list {
    struct image_list_entry *entries;
    size_t count;
};
/* "-" is standard input. Of it, and of what is no file on a disk (a fifo, /dev/stdin, /dev/fd/N), relative names start
 * at the working folder. Bad lines become entries with `error`. ALEXCL_E_DATA for a file that is no list at all, saying
 * what it is. */
int image_list_read(const char *path, struct image_list *out, struct alexcl_error *err);
/* Keeps the first `count` entries. */
void image_list_cut(struct image_list *list, size_t count);
void image_list_free(struct image_list *list);
#endif
