/* SPDX-License-Identifier: MIT */
/* The opcodes of pickles, a row and a function each, those that are refused too. An opcode makes at most one value,
 * puts at most one on the stack, and takes its texts from at least as many bytes of the file. */
#include <assert.h>
#include <string.h>

#include "pickle_machine.h"
#include "source.h"
#include "utf8.h"

static int pickle_bad(const struct pickle_machine *m, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA,
                     "opcode %s at byte %zu of its pickle: %s; the file is damaged, make or fetch "
                     "it again",
                     m->opcode->name, m->began, what);
}

int pickle_refuse(const struct pickle_machine *m, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA, "opcode %s at byte %zu of its pickle: %s; %s", m->opcode->name, m->began, what,
                     m->rules->advice);
}

/* ---- bytes, values, the stack ------------------------------------------------------------------- */

static int pickle_take(struct pickle_machine *m, uint64_t count, const unsigned char **out, struct alexcl_error *err) {
    *out = NULL;
    if (count > m->length - m->at) return pickle_bad(m, "goes on behind the end of the pickle", err);
    *out = m->bytes + m->at;
    m->at += (size_t)count;
    return ALEXCL_OK;
}

/* The number behind an opcode, of its width, little-endian. */
static int pickle_take_number(struct pickle_machine *m, uint64_t *out, struct alexcl_error *err) {
    const unsigned char *bytes;
    int status = pickle_take(m, (uint64_t)m->opcode->width, &bytes, err);
    *out = 0;
    for (int i = 0; status == ALEXCL_OK && i < m->opcode->width; i++) *out |= (uint64_t)bytes[i] << 8 * i;
    return status;
}

static int pickle_copy_text(struct pickle_machine *m, const unsigned char *bytes, size_t length, const char **out,
                            struct alexcl_error *err) {
    char *text = m->out->texts + m->out->text_length;
    *out = NULL;
    assert(m->out->text_length + length < m->length);
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (memchr(bytes, 0, length) || !utf8_is_valid(text)) return pickle_bad(m, "a text that is not UTF-8", err);
    m->out->text_length += length + 1;
    *out = text;
    return ALEXCL_OK;
}

static struct pickle_value *pickle_push(struct pickle_machine *m, enum pickle_type type) {
    assert(m->depth < m->most && m->out->value_count < m->most);
    struct pickle_value *v = &m->out->values[m->out->value_count++];
    v->type = type;
    m->stack[m->depth++] = v;
    return v;
}

/* What is below a mark is out of reach. */
static int pickle_pop(struct pickle_machine *m, struct pickle_value **out, struct alexcl_error *err) {
    *out = NULL;
    if (m->depth == (m->mark_count ? m->marks[m->mark_count - 1] : 0))
        return pickle_bad(m, "nothing is on the stack", err);
    *out = m->stack[--m->depth];
    return ALEXCL_OK;
}

static int pickle_top(struct pickle_machine *m, struct pickle_value **out, struct alexcl_error *err) {
    int status = pickle_pop(m, out, err);
    if (status == ALEXCL_OK) m->depth++;
    return status;
}

/* What stands above the last mark, which goes. */
static int pickle_pop_mark(struct pickle_machine *m, struct pickle_value ***first, size_t *count,
                           struct alexcl_error *err) {
    *first = NULL;
    *count = 0;
    if (!m->mark_count) return pickle_bad(m, "no mark is set", err);
    size_t mark = m->marks[--m->mark_count];
    *first = m->stack + mark;
    *count = m->depth - mark;
    m->depth = mark;
    return ALEXCL_OK;
}

/* `values` were on the stack. */
static void pickle_add_items(struct pickle_machine *m, struct pickle_value *to, struct pickle_value *const *values,
                             size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert(m->out->item_count < m->most);
        struct pickle_item *item = &m->out->items[m->out->item_count++];
        item->value = values[i];
        if (to->last)
            to->last->next = item;
        else
            to->items = item;
        to->last = item;
    }
    to->count += count;
}

/* ---- opcodes ------------------------------------------------------------------------------------ */

static int pickle_run_proto(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t version;
    int status = pickle_take_number(m, &version, err);
    if (status == ALEXCL_OK && (version < 2 || version > 4))
        status = pickle_refuse(m, "protocols 2 to 4 are read, this is another", err);
    return status;
}

static int pickle_run_frame(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t length;
    int status = pickle_take_number(m, &length, err);
    if (status == ALEXCL_OK && length > m->length - m->at)
        status = pickle_bad(m, "goes on behind the end of the pickle", err);
    return status;
}

static int pickle_run_none(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_NONE);
    return ALEXCL_OK;
}

static int pickle_run_true(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_BOOL)->integer = 1;
    return ALEXCL_OK;
}

static int pickle_run_false(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_BOOL);
    return ALEXCL_OK;
}

/* BININT alone has a sign. */
static int pickle_run_integer(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t value;
    int status = pickle_take_number(m, &value, err);
    if (status != ALEXCL_OK) return status;
    pickle_push(m, PICKLE_INTEGER)->integer = m->opcode->width == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
    return ALEXCL_OK;
}

/* Two's complement of any length. */
static int pickle_run_long(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t length, value = 0;
    const unsigned char *bytes;
    int status = pickle_take_number(m, &length, err);
    if (status == ALEXCL_OK) status = pickle_take(m, length, &bytes, err);
    if (status != ALEXCL_OK) return status;
    if (length > 8) return pickle_refuse(m, "a number of more than 64 bits", err);
    if (length > 0 && bytes[length - 1] & 0x80) value = UINT64_MAX;
    for (uint64_t i = length; i-- > 0;) value = value << 8 | bytes[i];
    pickle_push(m, PICKLE_INTEGER)->integer = (int64_t)value;
    return ALEXCL_OK;
}

static int pickle_run_number(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t bits = 0;
    const unsigned char *bytes;
    int status = pickle_take(m, 8, &bytes, err);
    if (status != ALEXCL_OK) return status;
    for (int i = 0; i < 8; i++) bits = bits << 8 | bytes[i];
    memcpy(&pickle_push(m, PICKLE_NUMBER)->number, &bits, sizeof bits);
    return ALEXCL_OK;
}

static int pickle_run_text(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t length;
    const unsigned char *bytes;
    const char *text;
    int status = pickle_take_number(m, &length, err);
    if (status == ALEXCL_OK) status = pickle_take(m, length, &bytes, err);
    if (status == ALEXCL_OK) status = pickle_copy_text(m, bytes, (size_t)length, &text, err);
    if (status == ALEXCL_OK) pickle_push(m, PICKLE_TEXT)->text = text;
    return status;
}

static int pickle_run_mark(struct pickle_machine *m, struct alexcl_error *err) {
    if (m->mark_count == PICKLE_MOST_MARKS) return pickle_refuse(m, "more than 1000 things are begun at once", err);
    m->marks[m->mark_count++] = m->depth;
    return ALEXCL_OK;
}

static int pickle_run_empty_tuple(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_TUPLE);
    return ALEXCL_OK;
}

static int pickle_run_empty_list(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_LIST);
    return ALEXCL_OK;
}

static int pickle_run_empty_dict(struct pickle_machine *m, struct alexcl_error *err) {
    (void)err;
    pickle_push(m, PICKLE_DICT);
    return ALEXCL_OK;
}

static void pickle_make_tuple(struct pickle_machine *m, struct pickle_value *const *values, size_t count) {
    struct pickle_value *tuple = &m->out->values[m->out->value_count++];
    tuple->type = PICKLE_TUPLE;
    pickle_add_items(m, tuple, values, count); /* before it takes their place */
    m->stack[m->depth++] = tuple;
}

static int pickle_run_tuple(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value **values;
    size_t count;
    int status = pickle_pop_mark(m, &values, &count, err);
    if (status == ALEXCL_OK) pickle_make_tuple(m, values, count);
    return status;
}

static int pickle_run_short_tuple(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *values[3];
    for (int i = m->opcode->width; i-- > 0;) {
        int status = pickle_pop(m, &values[i], err);
        if (status != ALEXCL_OK) return status;
    }
    pickle_make_tuple(m, values, (size_t)m->opcode->width);
    return ALEXCL_OK;
}

/* `count` values to the list or dict on top of the stack. */
static int pickle_extend(struct pickle_machine *m, enum pickle_type type, struct pickle_value *const *values,
                         size_t count, struct alexcl_error *err) {
    struct pickle_value *to;
    int status = pickle_top(m, &to, err);
    if (status != ALEXCL_OK) return status;
    if (to->type != type && !(type == PICKLE_DICT && to->type == PICKLE_CALL))
        return pickle_bad(m, type == PICKLE_DICT ? "there is no dict to add to" : "there is no list to add to", err);
    if (type == PICKLE_DICT && count % 2) return pickle_bad(m, "a key without a value", err);
    pickle_add_items(m, to, values, count);
    return ALEXCL_OK;
}

static int pickle_run_append(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *value;
    int status = pickle_pop(m, &value, err);
    return status == ALEXCL_OK ? pickle_extend(m, PICKLE_LIST, &value, 1, err) : status;
}

static int pickle_run_setitem(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *pair[2];
    int status = pickle_pop(m, &pair[1], err);
    if (status == ALEXCL_OK) status = pickle_pop(m, &pair[0], err);
    return status == ALEXCL_OK ? pickle_extend(m, PICKLE_DICT, pair, 2, err) : status;
}

static int pickle_run_appends(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value **values;
    size_t count;
    int status = pickle_pop_mark(m, &values, &count, err);
    return status == ALEXCL_OK ? pickle_extend(m, PICKLE_LIST, values, count, err) : status;
}

static int pickle_run_setitems(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value **values;
    size_t count;
    int status = pickle_pop_mark(m, &values, &count, err);
    return status == ALEXCL_OK ? pickle_extend(m, PICKLE_DICT, values, count, err) : status;
}

static int pickle_remember(struct pickle_machine *m, uint64_t index, struct alexcl_error *err) {
    struct pickle_value *top;
    int status = pickle_top(m, &top, err);
    if (status != ALEXCL_OK) return status;
    if (index >= m->most) return pickle_bad(m, "a memo of more than there are opcodes", err);
    m->memo_count += !m->memo[index];
    m->memo[index] = top;
    return ALEXCL_OK;
}

static int pickle_run_put(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t index;
    int status = pickle_take_number(m, &index, err);
    return status == ALEXCL_OK ? pickle_remember(m, index, err) : status;
}

static int pickle_run_memoize(struct pickle_machine *m, struct alexcl_error *err) {
    return pickle_remember(m, m->memo_count, err);
}

static int pickle_run_get(struct pickle_machine *m, struct alexcl_error *err) {
    uint64_t index;
    int status = pickle_take_number(m, &index, err);
    if (status != ALEXCL_OK) return status;
    if (index >= m->most || !m->memo[index]) return pickle_bad(m, "nothing is in the memo there", err);
    m->stack[m->depth++] = m->memo[index];
    return ALEXCL_OK;
}

static int pickle_push_global(struct pickle_machine *m, const char *module, const char *name,
                              struct alexcl_error *err) {
    char shown[2][SOURCE_SHOWN];
    if (!m->rules->knows(module, name))
        return error_set(err, ALEXCL_E_DATA, "its pickle asks for %s.%s (byte %zu), and no code is run for a file; %s",
                         source_show(module, shown[0]), source_show(name, shown[1]), m->began, m->rules->advice);
    struct pickle_value *v = pickle_push(m, PICKLE_GLOBAL);
    v->module = module;
    v->text = name;
    return ALEXCL_OK;
}

static int pickle_take_line(struct pickle_machine *m, const char **out, struct alexcl_error *err) {
    const unsigned char *line = m->bytes + m->at, *end = memchr(line, '\n', m->length - m->at);
    *out = NULL;
    if (!end) return pickle_bad(m, "goes on behind the end of the pickle", err);
    m->at += (size_t)(end - line) + 1;
    return pickle_copy_text(m, line, (size_t)(end - line), out, err);
}

static int pickle_run_global(struct pickle_machine *m, struct alexcl_error *err) {
    const char *module, *name;
    int status = pickle_take_line(m, &module, err);
    if (status == ALEXCL_OK) status = pickle_take_line(m, &name, err);
    return status == ALEXCL_OK ? pickle_push_global(m, module, name, err) : status;
}

static int pickle_run_stack_global(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *module, *name;
    int status = pickle_pop(m, &name, err);
    if (status == ALEXCL_OK) status = pickle_pop(m, &module, err);
    if (status != ALEXCL_OK) return status;
    if (module->type != PICKLE_TEXT || name->type != PICKLE_TEXT)
        return pickle_bad(m, "module and name are not texts", err);
    return pickle_push_global(m, module->text, name->text, err);
}

static int pickle_run_reduce(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *called, *arguments;
    int status = pickle_pop(m, &arguments, err);
    if (status == ALEXCL_OK) status = pickle_pop(m, &called, err);
    if (status != ALEXCL_OK) return status;
    if (called->type != PICKLE_GLOBAL || arguments->type != PICKLE_TUPLE)
        return pickle_bad(m, "what is called is no global, or its arguments are no tuple", err);
    struct pickle_value *v = pickle_push(m, PICKLE_CALL);
    v->called = called;
    v->arguments = arguments;
    return ALEXCL_OK;
}

/* An object's attributes, of which no value needs any: PyTorch sets its dicts' _metadata. */
static int pickle_run_build(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *state, *object;
    int status = pickle_pop(m, &state, err);
    if (status == ALEXCL_OK) status = pickle_top(m, &object, err);
    if (status != ALEXCL_OK) return status;
    return object->type == PICKLE_CALL ? ALEXCL_OK : pickle_bad(m, "attributes of what has none", err);
}

static int pickle_run_persistent(struct pickle_machine *m, struct alexcl_error *err) {
    struct pickle_value *id;
    int status = pickle_pop(m, &id, err);
    if (status == ALEXCL_OK) pickle_push(m, PICKLE_PERSISTENT)->arguments = id;
    return status;
}

static int pickle_run_stop(struct pickle_machine *m, struct alexcl_error *err) {
    return m->depth == 1 && !m->mark_count ? ALEXCL_OK : pickle_bad(m, "one value should be on the stack", err);
}

static const struct pickle_opcode opcodes[] = {
    {PICKLE_PROTO, "PROTO", pickle_run_proto, 1},
    {0x95, "FRAME", pickle_run_frame, 8},
    {PICKLE_STOP, "STOP", pickle_run_stop, 0},
    {'N', "NONE", pickle_run_none, 0},
    {0x88, "NEWTRUE", pickle_run_true, 0},
    {0x89, "NEWFALSE", pickle_run_false, 0},
    {'J', "BININT", pickle_run_integer, 4},
    {'K', "BININT1", pickle_run_integer, 1},
    {'M', "BININT2", pickle_run_integer, 2},
    {0x8a, "LONG1", pickle_run_long, 1},
    {0x8b, "LONG4", pickle_run_long, 4},
    {'G', "BINFLOAT", pickle_run_number, 8},
    {'X', "BINUNICODE", pickle_run_text, 4},
    {0x8c, "SHORT_BINUNICODE", pickle_run_text, 1},
    {0x8d, "BINUNICODE8", pickle_run_text, 8},
    {'(', "MARK", pickle_run_mark, 0},
    {')', "EMPTY_TUPLE", pickle_run_empty_tuple, 0},
    {'t', "TUPLE", pickle_run_tuple, 0},
    {0x85, "TUPLE1", pickle_run_short_tuple, 1},
    {0x86, "TUPLE2", pickle_run_short_tuple, 2},
    {0x87, "TUPLE3", pickle_run_short_tuple, 3},
    {']', "EMPTY_LIST", pickle_run_empty_list, 0},
    {'a', "APPEND", pickle_run_append, 0},
    {'e', "APPENDS", pickle_run_appends, 0},
    {'}', "EMPTY_DICT", pickle_run_empty_dict, 0},
    {'s', "SETITEM", pickle_run_setitem, 0},
    {'u', "SETITEMS", pickle_run_setitems, 0},
    {'q', "BINPUT", pickle_run_put, 1},
    {'r', "LONG_BINPUT", pickle_run_put, 4},
    {0x94, "MEMOIZE", pickle_run_memoize, 0},
    {'h', "BINGET", pickle_run_get, 1},
    {'j', "LONG_BINGET", pickle_run_get, 4},
    {'c', "GLOBAL", pickle_run_global, 0},
    {0x93, "STACK_GLOBAL", pickle_run_stack_global, 0},
    {'R', "REDUCE", pickle_run_reduce, 0},
    {'b', "BUILD", pickle_run_build, 0},
    {'Q', "BINPERSID", pickle_run_persistent, 0},
    /* Objects of classes, and code that a table outside the file names. */
    {0x81, "NEWOBJ", NULL, 0},
    {0x92, "NEWOBJ_EX", NULL, 0},
    {'o', "OBJ", NULL, 0},
    {'i', "INST", NULL, 0},
    {0x82, "EXT1", NULL, 0},
    {0x83, "EXT2", NULL, 0},
    {0x84, "EXT4", NULL, 0},
    /* Sets, bytes, buffers. */
    {0x8f, "EMPTY_SET", NULL, 0},
    {0x90, "ADDITEMS", NULL, 0},
    {0x91, "FROZENSET", NULL, 0},
    {'B', "BINBYTES", NULL, 0},
    {'C', "SHORT_BINBYTES", NULL, 0},
    {0x8e, "BINBYTES8", NULL, 0},
    {'T', "BINSTRING", NULL, 0},
    {'U', "SHORT_BINSTRING", NULL, 0},
    {0x96, "BYTEARRAY8", NULL, 0},
    {0x97, "NEXT_BUFFER", NULL, 0},
    {0x98, "READONLY_BUFFER", NULL, 0},
    /* What no writer of these protocols needs. */
    {'0', "POP", NULL, 0},
    {'1', "POP_MARK", NULL, 0},
    {'2', "DUP", NULL, 0},
    {'I', "INT", NULL, 0},
    {'L', "LONG", NULL, 0},
    {'F', "FLOAT", NULL, 0},
    {'S', "STRING", NULL, 0},
    {'V', "UNICODE", NULL, 0},
    {'P', "PERSID", NULL, 0},
    {'p', "PUT", NULL, 0},
    {'g', "GET", NULL, 0},
    {'l', "LIST", NULL, 0},
    {'d', "DICT", NULL, 0},
};

const struct pickle_opcode *pickle_find(unsigned char code) {
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++)
        if (opcodes[i].code == code) return &opcodes[i];
    return NULL;
}
