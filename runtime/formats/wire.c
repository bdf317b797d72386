/* SPDX-License-Identifier: MIT */
/* A file is walked field by field along the schema's descriptors, and copied without what they do not have: an unknown
 * field, or a field of megabytes of weights, would be copied by protobuf-c. What protobuf-c then unpacks is small, and
 * the memory that it may take for it is bounded: an empty message of two bytes becomes a structure of hundreds. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum {
    WIRE_MOST_DEPTH = 32,
    WIRE_MOST_KEPT = 1 << 20,
    WIRE_LENGTH = 5, /* bytes of a length that is written before it is known */
};
static const size_t WIRE_MOST_MEMORY = (size_t)256 << 20;

static int wire_next_varint(const unsigned char **at, const unsigned char *end, uint64_t *out) {
    *out = 0;
    for (int shift = 0; *at < end && shift < 64; shift += 7) {
        unsigned char byte = *(*at)++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return 1;
    }
    return 0;
}

int wire_next(const unsigned char **at, const unsigned char *end, struct wire_field *out) {
    uint64_t tag;
    if (*at == end) return 0;
    if (!wire_next_varint(at, end, &tag) || tag > UINT32_MAX || tag >> 3 == 0) return -1;
    *out = (struct wire_field){.number = (uint32_t)(tag >> 3), .type = (int)(tag & 7), .bytes = *at};
    uint64_t length = 0, left;
    switch (out->type) {
    case WIRE_VARINT:
        if (!wire_next_varint(at, end, &out->value)) return -1;
        out->length = (size_t)(*at - out->bytes);
        return 1;
    case WIRE_BYTES:
        if (!wire_next_varint(at, end, &length)) return -1;
        out->bytes = *at;
        break;
    case WIRE_64: length = 8; break;
    case WIRE_32: length = 4; break;
    default: return -1; /* groups: nobody writes them any more */
    }
    left = (uint64_t)(end - *at);
    if (length > left) return -1;
    out->length = (size_t)length;
    *at += length;
    return 1;
}

/* ---- bytes that are made ------------------------------------------------------------------------ */

void wire_put(struct wire_bytes *b, const void *bytes, size_t length) {
    if (b->failed) return;
    if (length > b->most - b->length) {
        b->failed = WIRE_TOO_LONG;
        return;
    }
    if (length > b->capacity - b->length) {
        size_t capacity = b->capacity * 2 + length + 256;
        unsigned char *grown = realloc(b->bytes, capacity);
        if (!grown) {
            b->failed = WIRE_NO_MEMORY;
            return;
        }
        b->bytes = grown;
        b->capacity = capacity;
    }
    if (length) memcpy(b->bytes + b->length, bytes, length);
    b->length += length;
}

void wire_put_varint(struct wire_bytes *b, uint64_t value) {
    unsigned char bytes[10];
    size_t length = 0;
    do {
        bytes[length] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
        length++;
    } while (value);
    wire_put(b, bytes, length);
}

void wire_put_tag(struct wire_bytes *b, uint32_t number, int type) {
    wire_put_varint(b, (uint64_t)number << 3 | (uint64_t)type);
}

size_t wire_begin(struct wire_bytes *b, uint32_t number) {
    wire_put_tag(b, number, WIRE_BYTES);
    wire_put(b, (const unsigned char[WIRE_LENGTH]){0}, WIRE_LENGTH);
    return b->length;
}

void wire_end(struct wire_bytes *b, size_t mark) {
    if (b->failed) return;
    size_t length = b->length - mark;
    for (int i = 0; i < WIRE_LENGTH; i++, length >>= 7)
        b->bytes[mark - WIRE_LENGTH + (size_t)i] = (unsigned char)((length & 0x7f) | (i < WIRE_LENGTH - 1 ? 0x80 : 0));
}

void wire_free(struct wire_bytes *b) {
    free(b->bytes);
    *b = (struct wire_bytes){0};
}

/* ---- messages ----------------------------------------------------------------------------------- */

struct wire_budget {
    size_t left;
    int spent, no_memory;
};

static void *wire_take(void *user, size_t size) {
    struct wire_budget *budget = user;
    if (size > budget->left) {
        budget->spent = 1;
        return NULL;
    }
    budget->left -= size;
    void *taken = malloc(size ? size : 1);
    if (!taken) budget->no_memory = 1;
    return taken;
}

static void wire_give(void *user, void *taken) {
    (void)user;
    free(taken);
}

static int wire_failed(const struct wire_bytes *b, const char *path, struct alexcl_error *err) {
    if (b->failed == WIRE_NO_MEMORY) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory: its layers", path);
    return error_set(err, ALEXCL_E_DATA, "%s: more than %zu MiB beside its weights: no net is described by so much",
                     path, b->most >> 20);
}

int wire_unpack(const ProtobufCMessageDescriptor *type, const struct wire_bytes *bytes, const char *path,
                ProtobufCMessage **out, struct alexcl_error *err) {
    struct wire_budget budget = {.left = WIRE_MOST_MEMORY};
    ProtobufCAllocator allocator = {wire_take, wire_give, &budget};
    if (bytes->failed) return wire_failed(bytes, path, err);
    *out = protobuf_c_message_unpack(type, &allocator, bytes->length, bytes->length ? bytes->bytes : NULL);
    if (*out) return ALEXCL_OK;
    if (budget.no_memory) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory: its layers", path);
    if (budget.spent)
        return error_set(err, ALEXCL_E_DATA, "%s: its layers would take more than %zu MiB: no net has so many", path,
                         WIRE_MOST_MEMORY >> 20);
    return error_set(err, ALEXCL_E_DATA, "%s: damaged: its fields are not those of a %s", path, type->short_name);
}

struct wire_walk {
    const struct wire_rules *rules;
    const unsigned char *start;
    const char *path;
    struct wire_bytes bytes;
    struct wire_file *file;
    size_t capacity;
};

static int wire_keep(struct wire_walk *w, const unsigned char *bytes, size_t length, struct alexcl_error *err) {
    struct wire_file *f = w->file;
    if (f->kept_count == WIRE_MOST_KEPT)
        return error_set(err, ALEXCL_E_DATA, "%s: more than %d tensors", w->path, WIRE_MOST_KEPT);
    if (f->kept_count == w->capacity) {
        size_t capacity = w->capacity * 2 + 64;
        struct wire_range *grown = realloc(f->kept, capacity * sizeof *grown);
        if (!grown) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory: its tensors", w->path);
        f->kept = grown;
        w->capacity = capacity;
    }
    wire_put_tag(&w->bytes, w->rules->kept_field,
                 WIRE_VARINT); /* of a field that is there twice, the last one counts */
    wire_put_varint(&w->bytes, f->kept_count);
    f->kept[f->kept_count++] = (struct wire_range){bytes, length};
    return ALEXCL_OK;
}

static int wire_copy(struct wire_walk *w, const ProtobufCMessageDescriptor *type, const unsigned char *at,
                     const unsigned char *end, int depth, struct alexcl_error *err) {
    const unsigned char *start = at;
    struct wire_field f;
    int found;
    while ((found = wire_next(&at, end, &f)) > 0) {
        const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(type, f.number);
        if (!known) continue;
        if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (f.type != WIRE_BYTES || depth == WIRE_MOST_DEPTH) {
                found = -1;
                break;
            }
            size_t mark = wire_begin(&w->bytes, f.number);
            int status = wire_copy(w, known->descriptor, f.bytes, f.bytes + f.length, depth + 1, err);
            if (status != ALEXCL_OK) return status;
            wire_end(&w->bytes, mark);
            continue;
        }
        wire_put_tag(&w->bytes, f.number, f.type);
        if (f.type == WIRE_BYTES) wire_put_varint(&w->bytes, f.length);
        wire_put(&w->bytes, f.bytes, f.length);
    }
    if (found < 0)
        return error_set(err, ALEXCL_E_DATA, "%s: damaged: what follows byte %zu is no field of a %s; fetch it again",
                         w->path, (size_t)(at - w->start), type->short_name);
    if (w->bytes.failed) return wire_failed(&w->bytes, w->path, err);
    return type == w->rules->kept ? wire_keep(w, start, (size_t)(end - start), err) : ALEXCL_OK;
}

int wire_read(const struct wire_rules *rules, const unsigned char *bytes, size_t length, const char *path,
              struct wire_file *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct wire_walk w = {.rules = rules, .start = bytes, .path = path, .file = out};
    w.bytes.most = WIRE_MOST_BYTES;
    *out = (struct wire_file){0};
    TRY(wire_copy(&w, rules->type, bytes, bytes + length, 0, err));
    TRY(wire_unpack(rules->type, &w.bytes, path, &out->message, err));
done:
    wire_free(&w.bytes);
    if (status != ALEXCL_OK) wire_close(out);
    return status;
}

void wire_close(struct wire_file *f) {
    if (f->message) protobuf_c_message_free_unpacked(f->message, NULL);
    free(f->kept);
    *f = (struct wire_file){0};
}
