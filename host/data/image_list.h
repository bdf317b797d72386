/* SPDX-License-Identifier: MIT */
/* Pictures and their labels, in the order in which they are wanted. A list has one image a line, an optional label
 * (index or name) behind it. Blank lines and # comments are skipped, CRLF is accepted, names with spaces stand in
 * "quotes" (backslash escapes the quote and itself), relative names start at the list's folder. Without quotes, a line
 * is taken whole for a name where its first field names no file and the line does. CSV (RFC 4180; path and label, or
 * the columns that its first line calls so) is told by its content. */
#ifndef ALEXCL_IMAGE_LIST_H
#define ALEXCL_IMAGE_LIST_H
#include "alexcl.h"
#include "arena.h"

struct image_list_entry {
    int line;            /* of its list, from 1; 0: the picture was named itself, or found in a folder */
    int label_id;        /* where there is a label: which of image_list.labels it is */
    unsigned field_end;  /* of a line with blanks: so many bytes into `path` its first field ends .. */
    char blank;          /* .. and this stands there in the line */
    unsigned char whole; /* image_list_settle has still to look at it */
    /* neither the name nor the whole line is a file, and the label no index: quotes may be missing */
    unsigned char blanks;
    char *path;        /* as it can be opened */
    char *shown;       /* as it stands in the list */
    const char *label; /* text as it stands in the list, or NULL */
    const char *error; /* why this line cannot be read (bad quoting, more than two fields), or NULL */
    const char *list;  /* where there are several lists: its name */
};
/* A list owns its array of entries and the texts that were added to it. An entry that is copied into another list keeps
 * the texts of its own, which is to live longer. */
struct image_list {
    struct image_list_entry *entries;
    size_t count, capacity;
    char **labels; /* those that are not equal */
    size_t label_count;
    int tree;   /* labels are the names of the folders that the pictures stand in, sorted by their bytes */
    char *note; /* what was passed over on the way, to be told; or NULL */
    int *slots; /* of labels, by their hash */
    size_t slot_count;
    struct arena texts;
};
/* "-" is standard input. Of it, and of what is no file on a disk (a fifo, /dev/stdin, /dev/fd/N), relative names start
 * at the working folder. Bad lines become entries with `error`. ALEXCL_E_DATA for a file that is no list at all, saying
 * what it is. */
int image_list_read(const char *path, struct image_list *out, struct alexcl_error *err);
/* The same behind what is there, which the caller frees whatever came of it. `several`: entries tell their list. */
int image_list_append(const char *path, int several, struct image_list *list, struct alexcl_error *err);
/* A picture at the end, and its label. NULL and 0: out of memory. */
struct image_list_entry *image_list_add(struct image_list *list, const char *path);
int image_list_label(struct image_list *list, struct image_list_entry *e, const char *label);
/* Labels become numbered in the order of their bytes. */
void image_list_sort_labels(struct image_list *list);
/* Looks up whether a line with blanks is a name and a label, or a name: `path`, `label` and `error` are right behind
 * this. Cheap where there is nothing to look up. Copies of an entry share its texts, and each is settled by itself. */
void image_list_settle(struct image_list_entry *e);
/* "line 3: ", "list.txt, line 3: " or "", which messages begin with. */
enum { IMAGE_LIST_PLACE = 512 };
void image_list_place(const struct image_list_entry *e, char out[IMAGE_LIST_PLACE]);
/* An error of reading the picture, "cat.jpg: ...", becomes the list's: "line 3: cat.jpg: ...". Messages begin with the
 * path as it was opened, which the list shows shorter. */
void image_list_locate(const struct image_list_entry *e, struct alexcl_error *err);
/* Keeps the first `count` entries. */
void image_list_cut(struct image_list *list, size_t count);
void image_list_free(struct image_list *list);
#endif
