/* SPDX-License-Identifier: MIT */
/* Names of classes, from a text with one a line, Caffe's synset list, or JSON in the forms that frameworks write. A
 * label of a list is an index or a name: the whole of it, the first of its synonyms, another of them, or WordNet's id,
 * in this order of trust. */
#include "labels.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "json_text.h"
#include "kinds.h"
#include "nearest.h"
#include "status.h"
#include "imagenet_labels.h"
#include "printable.h"

enum { MAX_FILE = 16 << 20, WNID = 9 /* "n01440764", WordNet's id of a synset */ };

struct labels {
    size_t classes;
    char **names;            /* NULL: none */
    char (*wnids)[WNID + 1]; /* "" where a class has none */
};

void labels_free(struct labels *l) {
    if (!l) return;
    for (size_t i = 0; l->names && i < l->classes; i++) free(l->names[i]);
    free(l->names);
    free(l->wnids);
    free(l);
}

const char *labels_name(const struct labels *l, size_t index) {
    return l && l->names && index < l->classes ? l->names[index] : NULL;
}

/* Whether a text begins with a WordNet id; nothing or a blank follows it. */
static int labels_is_wnid(const char *text, size_t length) {
    if (length < WNID || text[0] != 'n') return 0;
    for (int i = 1; i < WNID; i++)
        if (!isdigit((unsigned char)text[i])) return 0;
    return length == WNID || text[WNID] == ' ' || text[WNID] == '\t';
}

/* "n01440764 tench, Tinca tinca", a line of Caffe's synset_words.txt, is an id and names. */
static int labels_put(struct labels *l, const char *path, size_t index, const char *name, size_t length,
                      struct alexcl_error *err) {
    if (index >= l->classes) return ALEXCL_OK; /* how many there are is told once all are counted */
    if (l->names[index]) return error_set(err, ALEXCL_E_DATA, "%s: names class %zu twice", path, index);
    if (length > WNID && labels_is_wnid(name, length)) {
        size_t names = WNID;
        while (names < length && (name[names] == ' ' || name[names] == '\t')) names++;
        memcpy(l->wnids[index], name, WNID);
        name += names;
        length -= names;
    }
    l->names[index] = strndup(name, length);
    return l->names[index] ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: labels");
}

static int labels_lines(struct labels *l, const char *path, const char *text, size_t *count, struct alexcl_error *err) {
    const char *end = text + strlen(text);
    int status = ALEXCL_OK;
    /* an empty line names a class that has no name, but not at the end */
    while (end > text && isspace((unsigned char)end[-1])) end--;
    while (text < end && status == ALEXCL_OK) {
        size_t line = strcspn(text, "\n"), blank = strspn(text, " \t"), length = line;
        while (length && isspace((unsigned char)text[length - 1])) length--;
        if (blank > length) blank = length;
        status = labels_put(l, path, (*count)++, text + blank, length - blank, err);
        text += line + (text[line] == '\n');
    }
    return status;
}

/* A list of names, or an object from index to name or to [wnid, name]. */
static int labels_json(struct labels *l, const char *path, const char *text, size_t *count, struct alexcl_error *err) {
    json_error_t where;
    json_t *document = NULL;
    int status = json_text_load(text, strlen(text), JSON_REJECT_DUPLICATES, "labels", &document, &where, err);
    if (status == ALEXCL_OK && !document)
        status = error_set(err, ALEXCL_E_DATA, "%s: line %d: %s", path, where.line, where.text);
    const char *key;
    json_t *value;
    size_t i, reach = 0; /* of the indices, where they go beyond the model's classes */
    if (json_is_array(document)) {
        json_array_foreach(document, i, value) {
            if (status == ALEXCL_OK && !json_is_string(value))
                status = error_set(err, ALEXCL_E_DATA, "%s: name %zu is no text", path, i);
            if (status == ALEXCL_OK)
                status = labels_put(l, path, (*count)++, json_string_value(value), json_string_length(value), err);
        }
    } else if (document) {
        json_object_foreach(document, key, value) {
            char *end;
            unsigned long index = strtoul(key, &end, 10);
            /* NULL where it is no array, or no text stands there */
            const char *wnid = json_string_value(json_array_get(value, 0));
            if (json_is_array(value)) value = json_array_get(value, 1);
            if (status == ALEXCL_OK &&
                (end == key || *end || index == ULONG_MAX || !isdigit((unsigned char)key[0]) || !json_is_string(value)))
                status = error_set(err, ALEXCL_E_DATA, "%s: \"%.*s\" is no index with a name", path,
                                   printable_cut(key, 40), key);
            if (status == ALEXCL_OK)
                status = labels_put(l, path, index, json_string_value(value), json_string_length(value), err);
            if (index >= l->classes && index + 1 > reach) reach = index + 1;
            if (status == ALEXCL_OK && index < l->classes && wnid && strlen(wnid) == WNID && labels_is_wnid(wnid, WNID))
                memcpy(l->wnids[index], wnid, WNID);
            ++*count;
        }
        if (reach > *count) *count = reach;
    }
    json_decref(document);
    return status;
}

static int labels_read(const char *path, char **text, struct alexcl_error *err) {
    unsigned char *data;
    size_t length;
    int status = files_read_advised(path, "; name a file with the classes' names", MAX_FILE, &data, &length, err);
    if (status != ALEXCL_OK) return status;
    *text = (char *)data;
    const struct kind *kind = kinds_of(*text, length);
    if (kind && kind->content != KIND_TEXT)
        return error_set(err, ALEXCL_E_DATA, "%s: is %s, not a text of classes' names; %s", path, kind->name,
                         kind->advice);
    return strlen(*text) == length ? ALEXCL_OK : error_set(err, ALEXCL_E_DATA, "%s: is no text", path);
}

/* `classes` classes without names. */
static int labels_alloc(size_t classes, struct labels **out, struct alexcl_error *err) {
    struct labels *l = calloc(1, sizeof *l);
    if (l) {
        l->classes = classes;
        l->names = calloc(classes ? classes : 1, sizeof *l->names);
        l->wnids = calloc(classes ? classes : 1, sizeof *l->wnids);
    }
    *out = l;
    return l && l->names && l->wnids ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: labels");
}

/* The names of a text, as many as there are classes; `from` is what it is called. */
static int labels_fill(struct labels *l, const char *from, const char *text, struct alexcl_error *err) {
    size_t count = 0;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) text += 3; /* UTF-8's byte order mark */
    const char *start = text + strspn(text, " \t\r\n");
    int status = *start == '[' || *start == '{' ? labels_json(l, from, text, &count, err)
                                                : labels_lines(l, from, text, &count, err);
    if (status == ALEXCL_OK && count != l->classes)
        status = error_set(err, ALEXCL_E_DATA, "%s: names %zu classes, the model has %zu", from, count, l->classes);
    return status;
}

int labels_open(const char *path, size_t classes, struct labels **out, struct alexcl_error *err) {
    struct labels *l = NULL;
    char *text = NULL;
    int status;
    TRY(labels_alloc(classes, &l, err));
    if (path) TRY(labels_read(path, &text, err));
    if (path || classes == 1000)
        TRY(labels_fill(l, path ? path : "built-in labels", path ? text : imagenet_labels, err));
    *out = l;
    l = NULL;
done:
    free(text);
    labels_free(l);
    return status;
}

int labels_parse(const char *from, const char *text, size_t classes, struct labels **out, struct alexcl_error *err) {
    struct labels *l = NULL;
    int status;
    TRY(labels_alloc(classes, &l, err));
    TRY(labels_fill(l, from, text, err));
    *out = l;
    l = NULL;
done:
    labels_free(l);
    return status;
}

int labels_make(char *const *names, size_t classes, struct labels **out, struct alexcl_error *err) {
    struct labels *l = NULL;
    int status;
    TRY(labels_alloc(classes, &l, err));
    for (size_t i = 0; i < classes; i++) TRY(labels_put(l, "names", i, names[i], strlen(names[i]), err));
    *out = l;
    l = NULL;
done:
    labels_free(l);
    return status;
}

static int labels_same(const char *a, size_t a_length, const char *b, size_t b_length) {
    if (a_length != b_length) return 0;
    for (size_t i = 0; i < a_length; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i])) return 0;
    return 1;
}

enum { MATCH_NONE, MATCH_SYNONYM, MATCH_FIRST, MATCH_WHOLE };

/* How `text` names a class called "tabby, tabby cat": by all of it, by the first of its names, or by another; or by its
 * WordNet id, which names may follow. */
static int labels_match(const struct labels *l, size_t class, const char *text) {
    const char *name = labels_name(l, class);
    if (!name) return MATCH_NONE;
    if (l->wnids[class][0] && labels_is_wnid(text, strlen(text)) && memcmp(text, l->wnids[class], WNID) == 0) {
        text += WNID + strspn(text + WNID, " \t");
        if (!*text) return MATCH_WHOLE;
    }
    size_t length = strlen(text);
    if (labels_same(name, strlen(name), text, length)) return MATCH_WHOLE;
    for (int match = MATCH_FIRST;; match = MATCH_SYNONYM) {
        name += strspn(name, " ,");
        if (!*name) return MATCH_NONE;
        size_t part = strcspn(name, ",");
        if (labels_same(name, part, text, length)) return match;
        name += part;
    }
}

/* The nearest of all names and synonyms to a text that names no class. */
static int labels_unknown(const struct labels *l, const char *text, struct alexcl_error *err) {
    size_t count = 0, bytes = 1;
    for (size_t i = 0; i < l->classes; i++)
        if (labels_name(l, i)) {
            for (const char *c = l->names[i]; *c; c++) count += *c == ',';
            bytes += strlen(l->names[i]) + 1;
            count++;
        }
    if (count == 0)
        return error_set(err, ALEXCL_E_DATA,
                         "label \"%.*s\": the classes have no names; give its index, or names by --labels FILE",
                         printable_cut(text, 100), text);
    if (strlen(text) == WNID && labels_is_wnid(text, WNID))
        return error_set(
            err, ALEXCL_E_DATA,
            "label \"%s\": no class has that WordNet id; give its name or index, or --labels FILE with ids, as "
            "Caffe's synset_words.txt",
            text);
    const char **names = calloc(count + 1, sizeof *names);
    char *copy = malloc(bytes), *at = copy;
    int status;
    if (names && copy) {
        count = 0;
        for (size_t i = 0; i < l->classes; i++) {
            const char *name = labels_name(l, i);
            while (name && *name) {
                size_t part = strcspn(name, ",");
                if (part) {
                    names[count++] = memcpy(at, name, part);
                    at[part] = '\0';
                    at += part + 1;
                }
                name += part + strspn(name + part, " ,");
            }
        }
        const char *near = nearest_find(text, names);
        char question[NEAREST_QUESTION];
        nearest_ask("\"", near, "\"", question);
        status = error_set(err, ALEXCL_E_DATA, "label \"%.*s\": no class has that name%s", printable_cut(text, 100),
                           text, near ? question : "; give its index");
    } else {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: labels");
    }
    free(names);
    free(copy);
    return status;
}

int labels_find(const struct labels *l, const char *text, size_t *index, struct alexcl_error *err) {
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0') {
        if (errno || n >= l->classes)
            return error_set(
                err, ALEXCL_E_DATA,
                "label %.*s: the model has classes 0 to %zu; take the model that the labels are of (--model), "
                "or leave them out of the list",
                printable_cut(text, 100), text, l->classes - 1);
        *index = n;
        return ALEXCL_OK;
    }
    int best = MATCH_NONE;
    size_t first = 0, other = 0; /* the first two classes that match best; equal where there is one only */
    for (size_t i = 0; i < l->classes; i++) {
        int match = labels_match(l, i, text);
        if (match > best) {
            best = match;
            first = other = i;
        } else if (match && match == best && other == first) {
            other = i;
        }
    }
    if (best == MATCH_NONE) return labels_unknown(l, text, err);
    if (other != first)
        return error_set(err, ALEXCL_E_DATA,
                         "label \"%.*s\": classes %zu (%.*s) and %zu (%.*s) both have that name; give the index",
                         printable_cut(text, 100), text, first, printable_cut(l->names[first], 100), l->names[first],
                         other, printable_cut(l->names[other], 100), l->names[other]);
    *index = first;
    return ALEXCL_OK;
}
