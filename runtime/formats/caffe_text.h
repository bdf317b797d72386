/* SPDX-License-Identifier: MIT */
/* Messages of Protocol Buffers as a text (https://protobuf.dev/reference/protobuf/textformat-spec). */
#ifndef ALEXCL_CAFFE_TEXT_H
#define ALEXCL_CAFFE_TEXT_H
#include "wire.h"

/* Puts the bytes of the message that the text is. Fields that the type has not are left out with what is in them, of
 * which there is one message in the log. ALEXCL_E_DATA names the line. */
int caffe_text_read(const ProtobufCMessageDescriptor *type, const unsigned char *text, size_t length, const char *path,
                    struct wire_bytes *out, struct alexcl_error *err);
/* Whether a text begins as one of this type, behind blanks and comments: a field of it, and what is behind a name. */
int caffe_text_begins(const ProtobufCMessageDescriptor *type, const unsigned char *text, size_t length);
#endif
