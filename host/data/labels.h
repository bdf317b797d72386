/* SPDX-License-Identifier: MIT */
/* Names of classes: ImageNet's 1000, built in, or a file's: one name a line, as it is or behind a WordNet id (Caffe's
 * synset_words.txt), a JSON list, or {"0": ["n01440764", "tench"], ...} (Keras's imagenet_class_index.json). */
#ifndef ALEXCL_LABELS_H
#define ALEXCL_LABELS_H
#include "alexcl.h"

struct labels;
/* path NULL: the built-in names where there are `classes` = 1000, else none. ALEXCL_E_DATA when a file has not
 * `classes` names. */
int labels_open(const char *path, size_t classes, struct labels **out, struct alexcl_error *err);
/* The same of a text that stands elsewhere; `from` is what messages call it. */
int labels_parse(const char *from, const char *text, size_t classes, struct labels **out, struct alexcl_error *err);
/* Names that are known otherwise, copied. */
int labels_make(char *const *names, size_t classes, struct labels **out, struct alexcl_error *err);
/* NULL where a class has no name. */
const char *labels_name(const struct labels *l, size_t index);
/* A label as a list writes it: an index, a WordNet id, or a name or one of its synonyms (between commas), in any case;
 * the whole name comes before the first of its synonyms, and that before the others. ALEXCL_E_DATA with the nearest
 * name, or with both classes that have it ("crane"). */
int labels_find(const struct labels *l, const char *text, size_t *index, struct alexcl_error *err);
void labels_free(struct labels *l);
#endif
