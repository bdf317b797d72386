/* SPDX-License-Identifier: MIT */
/* A pickle is the program of a machine with a stack and a memo (pickle_opcodes.c). What its opcodes make is bounded by
 * the pickle's length, so all memory that it can need is allocated before the first one. Nothing here calls itself: no
 * nesting is too deep. */
#include "pickle_machine.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static int pickle_run(struct pickle_machine *m, struct alexcl_error *err) {
    if (m->length < 2 || m->bytes[0] != PICKLE_PROTO)
        return error_set(err, ALEXCL_E_DATA, "its pickle does not begin with a protocol of 2 or more; %s",
                         m->rules->advice);
    int stopped = 0;
    for (size_t count = 0; !stopped; count++) {
        m->began = m->at;
        if (m->at == m->length)
            return error_set(err, ALEXCL_E_DATA,
                             "its pickle ends without STOP; the file is damaged, make or fetch it again");
        if (count == m->most)
            return error_set(err, ALEXCL_E_DATA, "its pickle has more than %d opcodes; %s", PICKLE_MOST_OPCODES,
                             m->rules->advice);
        m->opcode = pickle_find(m->bytes[m->at]);
        if (!m->opcode)
            return error_set(
                err, ALEXCL_E_DATA,
                "byte %zu of its pickle, 0x%02x, is no opcode; the file is damaged, make or fetch it again", m->at,
                m->bytes[m->at]);
        m->at++;
        int status = m->opcode->run ? m->opcode->run(m, err) : pickle_refuse(m, "is not read", err);
        if (status != ALEXCL_OK) return status;
        stopped = m->opcode->code == PICKLE_STOP;
    }
    return ALEXCL_OK;
}

int pickle_read(const unsigned char *bytes, size_t length, const struct pickle_rules *rules, struct pickle **out,
                const struct pickle_value **root, struct alexcl_error *err) {
    static const char what[] = "a checkpoint's pickle";
    int status = ALEXCL_OK;
    struct pickle *p = NULL;
    struct pickle_machine *m = NULL;
    size_t most = length < PICKLE_MOST_OPCODES ? length : PICKLE_MOST_OPCODES;
    TRY(memory_alloc(&p, 1, sizeof *p, what, err));
    TRY(memory_alloc(&p->values, most, sizeof *p->values, what, err));
    TRY(memory_alloc(&p->items, most, sizeof *p->items, what, err));
    TRY(memory_alloc(&p->texts, length, 1, what, err));
    TRY(memory_alloc(&m, 1, sizeof *m, what, err));
    *m = (struct pickle_machine){.bytes = bytes, .length = length, .rules = rules, .out = p, .most = most};
    TRY(memory_alloc(&m->stack, most, sizeof *m->stack, what, err));
    TRY(memory_alloc(&m->memo, most, sizeof *m->memo, what, err));
    TRY(pickle_run(m, err));
    *root = m->stack[0];
    *out = p;
    p = NULL;
done:
    if (m) {
        free(m->stack);
        free(m->memo);
    }
    free(m);
    pickle_free(p);
    return status;
}

void pickle_free(struct pickle *p) {
    if (!p) return;
    free(p->values);
    free(p->items);
    free(p->texts);
    free(p);
}

const struct pickle_value *pickle_at(const struct pickle_value *v, size_t index) {
    if (v->type != PICKLE_TUPLE && v->type != PICKLE_LIST) return NULL;
    const struct pickle_item *item = v->items;
    while (item && index-- > 0) item = item->next;
    return item ? item->value : NULL;
}

const struct pickle_value *pickle_get(const struct pickle_value *v, const char *key) {
    const struct pickle_value *found = NULL;
    if (v->type != PICKLE_DICT && v->type != PICKLE_CALL) return NULL;
    for (const struct pickle_item *item = v->items; item; item = item->next->next)
        if (item->value->type == PICKLE_TEXT && strcmp(item->value->text, key) == 0) found = item->next->value;
    return found;
}

int pickle_is_global(const struct pickle_value *v, const char *module, const char *name) {
    return v->type == PICKLE_GLOBAL && strcmp(v->module, module) == 0 && strcmp(v->text, name) == 0;
}
