/* SPDX-License-Identifier: MIT */
/* A restricted reader of Python's pickles, protocols 2 to 4. A pickle is a program that builds objects and calls
 * functions. Here it builds values only: a call is kept as what is called with what, and nothing of the file runs. */
#ifndef ALEXCL_PICKLE_H
#define ALEXCL_PICKLE_H
#include "status.h"

enum { PICKLE_MOST_OPCODES = 1 << 20, PICKLE_MOST_MARKS = 1000 };

enum pickle_type {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INTEGER,
    PICKLE_NUMBER,
    PICKLE_TEXT,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_GLOBAL,     /* a name of a Python module */
    PICKLE_CALL,       /* of a global */
    PICKLE_PERSISTENT, /* something that stands outside the pickle, by its id */
};
struct pickle_item {
    const struct pickle_value *value;
    struct pickle_item *next;
};
struct pickle_value {
    enum pickle_type type;
    int64_t integer;    /* BOOL too */
    double number;      /* NUMBER */
    const char *module; /* GLOBAL */
    const char *text;   /* TEXT, UTF-8; GLOBAL: its name in the module */
    /* Those of a tuple, list or dict, and what was set in a call's result as in a dict; a dict's are key, value, key,
     * value. A container may contain itself. */
    struct pickle_item *items, *last;
    size_t count;
    const struct pickle_value *called, *arguments; /* CALL: a GLOBAL and a TUPLE; PERSISTENT: `arguments` is the id */
};

struct pickle; /* owns the values and their texts */
struct pickle_rules {
    int (*knows)(const char *module, const char *name); /* whether a global may be named */
    const char *advice;                                 /* what to do where something is refused */
};
/* `*root` is what the pickle makes. ALEXCL_E_DATA says which opcode or global is refused, or what is damaged. */
int pickle_read(const unsigned char *bytes, size_t length, const struct pickle_rules *rules, struct pickle **out,
                const struct pickle_value **root, struct alexcl_error *err);
void pickle_free(struct pickle *p);

/* A member of a tuple or list, or NULL. */
const struct pickle_value *pickle_at(const struct pickle_value *v, size_t index);
/* What a dict, or a call's result, has under a text, the last where there are several; or NULL. */
const struct pickle_value *pickle_get(const struct pickle_value *v, const char *key);
int pickle_is_global(const struct pickle_value *v, const char *module, const char *name);
#endif
