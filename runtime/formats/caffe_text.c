/* SPDX-License-Identifier: MIT */
/* A text is read into the bytes that the same message has in a binary file, field by field along the schema's
 * descriptors: one schema, and one way behind it, serve both. The descent is as deep as the schema, which has no
 * message inside itself; what the schema does not have is skipped by counting brackets. */
#include "caffe_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "source.h"

enum { TEXT_WORD = 128 };

struct text {
    const char *at, *end, *path;
    int line, unknown, unknown_line;
    char unknown_name[TEXT_WORD], word[TEXT_WORD]; /* word: the last one read */
    struct wire_bytes *out;
};

static int text_bad(const struct text *t, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA, "%s, line %d: %s", t->path, t->line, what);
}

static int text_bad_word(const struct text *t, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s, line %d: %s is %s", t->path, t->line, source_show(t->word, shown), what);
}

/* The next character behind blanks and comments; '\0' at the end, and for a zero in the text. */
static char text_look(struct text *t) {
    while (t->at < t->end && (isspace((unsigned char)*t->at) || *t->at == '#')) {
        if (*t->at == '#')
            while (t->at < t->end && *t->at != '\n') t->at++;
        else if (*t->at++ == '\n')
            t->line++;
    }
    return (char)(t->at < t->end ? *t->at : '\0');
}

static int text_take(struct text *t, char wanted) {
    if (text_look(t) != wanted) return 0;
    t->at++;
    return 1;
}

/* A name, a number. */
static int text_read_word(struct text *t, const char *wanted, struct alexcl_error *err) {
    size_t length = 0;
    text_look(t);
    while (t->at < t->end && (isalnum((unsigned char)*t->at) || (*t->at && strchr("_+-.", *t->at)))) {
        if (length + 1 == TEXT_WORD) return text_bad(t, "a word of more than 127 characters", err);
        t->word[length++] = *t->at++;
    }
    t->word[length] = '\0';
    if (length) return ALEXCL_OK;
    if (t->at == t->end)
        return error_set(err, ALEXCL_E_DATA, "%s, line %d: it ends where %s was due", t->path, t->line, wanted);
    unsigned char c = (unsigned char)*t->at;
    return error_set(err, ALEXCL_E_DATA,
                     isprint(c) ? "%s, line %d: %s was due, not '%c'" : "%s, line %d: %s was due, not byte %d", t->path,
                     t->line, wanted, c);
}

/* ---- values ------------------------------------------------------------------------------------- */

static int text_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

/* What stands behind a backslash, as in C. */
static char text_escaped(struct text *t) {
    static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
    char c = *t->at++;
    const char *known = c ? strchr(from, c) : NULL;
    if (known) return to[known - from];
    int base = c == 'x' || c == 'X' ? 16 : 8, digits = base == 16 ? 2 : 3, value = 0;
    if (base == 8 && text_digit(c) >= 8) return c; /* a quote, a backslash */
    if (base == 8) t->at--;
    for (; digits > 0 && t->at < t->end && text_digit(*t->at) < base; digits--)
        value = value * base + text_digit(*t->at++);
    return (char)value;
}

/* Texts beside each other are one. `put`: into the bytes. */
static int text_read_quoted(struct text *t, int put, struct alexcl_error *err) {
    char quote = text_look(t);
    if (quote != '"' && quote != '\'') return text_bad(t, "a text in quotes was due", err);
    while ((quote = text_look(t)) == '"' || quote == '\'') {
        for (t->at++; t->at < t->end && *t->at != quote && *t->at != '\n';) {
            char c = *t->at++;
            if (c == '\\' && t->at < t->end) c = text_escaped(t);
            if (put) wire_put(t->out, &c, 1);
        }
        if (t->at == t->end || *t->at != quote) return text_bad(t, "a text whose quotes are not closed", err);
        t->at++;
    }
    return ALEXCL_OK;
}

static int text_put_whole(struct text *t, const ProtobufCFieldDescriptor *f, struct alexcl_error *err) {
    char *end;
    errno = 0;
    long long value = strtoll(t->word, &end, 0);
    int narrow = f->type != PROTOBUF_C_TYPE_INT64, natural = f->type == PROTOBUF_C_TYPE_UINT32;
    if (end == t->word || *end) return text_bad_word(t, "no whole number", err);
    if (errno || (natural && value < 0) ||
        (narrow && (value < INT32_MIN || value > (natural ? (long long)UINT32_MAX : INT32_MAX))))
        return text_bad_word(t, "out of the range of its field", err);
    wire_put_varint(t->out, (uint64_t)value);
    return ALEXCL_OK;
}

static int text_put_float(struct text *t, struct alexcl_error *err) {
    char *end;
    float value = strtof(t->word, &end);
    uint32_t bits;
    if (end != t->word && (*end == 'f' || *end == 'F')) end++;
    if (end == t->word || *end) return text_bad_word(t, "no number", err);
    memcpy(&bits, &value, sizeof bits);
    wire_put(t->out, &bits, sizeof bits); /* little-endian: source.c */
    return ALEXCL_OK;
}

static int text_put_bool(struct text *t, struct alexcl_error *err) {
    static const char *const words[][5] = {{"false", "False", "f", "0", NULL}, {"true", "True", "t", "1", NULL}};
    for (unsigned v = 0; v < 2; v++)
        for (const char *const *w = words[v]; *w; w++)
            if (strcmp(t->word, *w) == 0) {
                wire_put_varint(t->out, v);
                return ALEXCL_OK;
            }
    return text_bad_word(t, "neither true nor false", err);
}

static int text_put_enum(struct text *t, const ProtobufCFieldDescriptor *f, struct alexcl_error *err) {
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, t->word);
    if (!known && isdigit((unsigned char)t->word[0])) return text_put_whole(t, f, err);
    if (!known) {
        char what[TEXT_WORD + 32];
        snprintf(what, sizeof what, "none that %s may be", f->name);
        return text_bad_word(t, what, err);
    }
    wire_put_varint(t->out, (uint64_t)known->value);
    return ALEXCL_OK;
}

static int text_read_message(struct text *t, const ProtobufCMessageDescriptor *type, char closing,
                             struct alexcl_error *err);

/* A value of a field that is known. */
static int text_read_value(struct text *t, const ProtobufCFieldDescriptor *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        char closing = (char)(text_take(t, '{') ? '}' : text_take(t, '<') ? '>' : '\0');
        if (!closing) return text_bad(t, "a message in { } was due", err);
        size_t mark = wire_begin(t->out, f->id);
        TRY(text_read_message(t, f->descriptor, closing, err));
        wire_end(t->out, mark);
    } else if (f->type == PROTOBUF_C_TYPE_STRING) {
        size_t mark = wire_begin(t->out, f->id);
        TRY(text_read_quoted(t, 1, err));
        wire_end(t->out, mark);
    } else {
        TRY(text_read_word(t, "a value", err));
        wire_put_tag(t->out, f->id, f->type == PROTOBUF_C_TYPE_FLOAT ? WIRE_32 : WIRE_VARINT);
        switch (f->type) {
        case PROTOBUF_C_TYPE_FLOAT: return text_put_float(t, err);
        case PROTOBUF_C_TYPE_BOOL: return text_put_bool(t, err);
        case PROTOBUF_C_TYPE_ENUM: return text_put_enum(t, f, err);
        default: return text_put_whole(t, f, err);
        }
    }
done:
    return status;
}

/* ---- what is not known -------------------------------------------------------------------------- */

/* A message, a list, or one value; what is in brackets has only to close them. */
static int text_skip_value(struct text *t, struct alexcl_error *err) {
    int open = 0, status = ALEXCL_OK;
    do {
        char c = text_look(t);
        if (c && strchr("{<[", c)) {
            open++;
            t->at++;
        } else if (c && strchr("}>]", c) && open) {
            open--;
            t->at++;
        } else if (c == '"' || c == '\'') {
            TRY(text_read_quoted(t, 0, err));
        } else if (c && strchr(":,;/", c) && open) {
            t->at++;
        } else {
            TRY(text_read_word(t, open ? "a closing bracket" : "a value", err));
        }
    } while (open);
done:
    return status;
}

static void text_note_unknown(struct text *t, int line) {
    if (t->unknown++) return;
    t->unknown_line = line;
    snprintf(t->unknown_name, sizeof t->unknown_name, "%s", t->word);
}

/* ---- fields ------------------------------------------------------------------------------------- */

static int text_read_values(struct text *t, const ProtobufCFieldDescriptor *f, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    if (!text_take(t, '[')) return text_read_value(t, f, err);
    if (f->label != PROTOBUF_C_LABEL_REPEATED) return text_bad(t, "a list for a field that is there once", err);
    if (text_take(t, ']')) return ALEXCL_OK;
    do TRY(text_read_value(t, f, err));
    while (text_take(t, ','));
    if (!text_take(t, ']')) status = text_bad(t, "',' or ']' was due", err);
done:
    return status;
}

static int text_read_field(struct text *t, const ProtobufCMessageDescriptor *type, struct alexcl_error *err) {
    int status = ALEXCL_OK, line = t->line;
    TRY(text_read_word(t, "a field's name", err));
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(type, t->word);
    if (!f) text_note_unknown(t, line);
    int colon = text_take(t, ':');
    char next = text_look(t);
    if (!colon && next != '{' && next != '<') status = text_bad_word(t, "without a ':' behind it", err);
    if (status == ALEXCL_OK) status = f ? text_read_values(t, f, err) : text_skip_value(t, err);
    if (status == ALEXCL_OK && !text_take(t, ',')) text_take(t, ';');
done:
    return status;
}

static int text_read_message(struct text *t, const ProtobufCMessageDescriptor *type, char closing,
                             struct alexcl_error *err) {
    int opened = t->line;
    while (!(closing ? text_take(t, closing) : text_look(t) == '\0' && t->at == t->end)) {
        if (closing && text_look(t) == '\0' && t->at == t->end)
            return error_set(err, ALEXCL_E_DATA, "%s: it ends before the bracket of line %d is closed; fetch it again",
                             t->path, opened);
        int status = text_read_field(t, type, err);
        if (status != ALEXCL_OK) return status;
    }
    return ALEXCL_OK;
}

int caffe_text_read(const ProtobufCMessageDescriptor *type, const unsigned char *text, size_t length, const char *path,
                    struct wire_bytes *out, struct alexcl_error *err) {
    struct text t = {.at = (const char *)text, .end = (const char *)text + length, .path = path, .line = 1, .out = out};
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) t.at += 3;
    int status = text_read_message(&t, type, '\0', err);
    if (status == ALEXCL_OK && t.unknown)
        log_write(ALEXCL_LOG_INFO, "%s: %d fields mean nothing here and are left out, the first is %s in line %d", path,
                  t.unknown, t.unknown_name, t.unknown_line);
    return status;
}

int caffe_text_begins(const ProtobufCMessageDescriptor *type, const unsigned char *text, size_t length) {
    struct text t = {.at = (const char *)text, .end = (const char *)text + length, .path = "", .line = 1};
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) t.at += 3;
    if (text_read_word(&t, "", NULL) != ALEXCL_OK) return 0;
    char next = text_look(&t);
    return (next == ':' || next == '{' || next == '<') &&
           protobuf_c_message_descriptor_get_field_by_name(type, t.word) != NULL;
}
