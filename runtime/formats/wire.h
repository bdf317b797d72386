/* SPDX-License-Identifier: MIT */
/* Messages of Protocol Buffers, made by protobuf-c from files that somebody else wrote
 * (https://protobuf.dev/programming-guides/encoding). What the schema does not know is left out before, weights among
 * it: a copy of the rest is small, whatever the file's size, and the weights stay where they lie. */
#ifndef ALEXCL_WIRE_H
#define ALEXCL_WIRE_H
#include <protobuf-c/protobuf-c.h>

#include "status.h"

/* A field as it is written; of a message, a text or packed values `bytes` is their contents. */
struct wire_field {
    uint32_t number;
    int type; /* of WIRE_.. */
    const unsigned char *bytes;
    size_t length;
    uint64_t value; /* of WIRE_VARINT */
};
enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };
/* The field at `*at`, which moves behind it. 1: there is one; 0: the end; -1: it is damaged, or goes on behind it. */
int wire_next(const unsigned char **at, const unsigned char *end, struct wire_field *out);

/* Bytes of messages as they are made, up to `most`. Starts as {.most = ..}; what does not fit sets `failed`. */
struct wire_bytes {
    unsigned char *bytes;
    size_t length, capacity, most;
    enum { WIRE_GOOD, WIRE_TOO_LONG, WIRE_NO_MEMORY } failed;
};
void wire_put(struct wire_bytes *b, const void *bytes, size_t length);
void wire_put_varint(struct wire_bytes *b, uint64_t value);
void wire_put_tag(struct wire_bytes *b, uint32_t number, int type);
/* A message inside: what is put between both. begin returns what end wants. */
size_t wire_begin(struct wire_bytes *b, uint32_t number);
void wire_end(struct wire_bytes *b, size_t mark);
void wire_free(struct wire_bytes *b);

/* A message of which fields stay in the file, as it is written. */
struct wire_range {
    const unsigned char *bytes;
    size_t length;
};
struct wire_rules {
    const ProtobufCMessageDescriptor *type;
    /* Messages of which what the schema lacks is wanted later, and the field of the schema (uint32) that gets such a
     * message's number, whatever the file has there. */
    const ProtobufCMessageDescriptor *kept;
    uint32_t kept_field;
};
struct wire_file {
    ProtobufCMessage *message;
    struct wire_range *kept; /* by that number */
    size_t kept_count;
};
/* ALEXCL_E_DATA: `path` is damaged, or has more than can be meant. wire_close is safe after a failure. */
int wire_read(const struct wire_rules *rules, const unsigned char *bytes, size_t length, const char *path,
              struct wire_file *out, struct alexcl_error *err);
/* The message in bytes that were made here. */
int wire_unpack(const ProtobufCMessageDescriptor *type, const struct wire_bytes *bytes, const char *path,
                ProtobufCMessage **out, struct alexcl_error *err);
void wire_close(struct wire_file *f);
enum { WIRE_MOST_BYTES = 16 << 20 }; /* of a file without what its schema lacks */
#endif
