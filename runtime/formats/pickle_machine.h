/* SPDX-License-Identifier: MIT */
/* What pickle.c and pickle_opcodes.c share: the machine that a pickle is a program of. */
#ifndef ALEXCL_PICKLE_MACHINE_H
#define ALEXCL_PICKLE_MACHINE_H
#include "pickle.h"

struct pickle {
    struct pickle_value *values;
    struct pickle_item *items;
    char *texts;
    size_t value_count, item_count, text_length;
};

struct pickle_opcode;
struct pickle_machine {
    const unsigned char *bytes;
    size_t length, at, began; /* the next byte, and where this opcode began */
    const struct pickle_opcode *opcode;
    const struct pickle_rules *rules;
    struct pickle *out;
    struct pickle_value **stack, **memo; /* of `most` each */
    size_t most, depth, memo_count, mark_count;
    size_t marks[PICKLE_MOST_MARKS]; /* the stack's depth at each */
};

enum { PICKLE_PROTO = 0x80, PICKLE_STOP = '.' }; /* the first opcode and the last */
/* Python's names (pickletools). */
struct pickle_opcode {
    unsigned char code;
    const char *name;
    int (*run)(struct pickle_machine *m, struct alexcl_error *err); /* NULL: refused */
    int width; /* of the number behind it, in bytes; TUPLE1 to TUPLE3: of the tuple */
};

/* ALEXCL_E_DATA: the opcode at hand is not read. */
int pickle_refuse(const struct pickle_machine *m, const char *what, struct alexcl_error *err);
const struct pickle_opcode *pickle_find(unsigned char code); /* or NULL */
#endif
