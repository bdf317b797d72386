/* SPDX-License-Identifier: MIT */
/* Caffe's prototxt: a net as a text, without weights. */
#include <string.h>

#include "caffe_model.h"
#include "caffe_text.h"

/* A text that begins with a field of a net and has a layer somewhere near. */
static int prototxt_probe(const unsigned char *bytes, size_t length) {
    enum { NEAR = 1 << 16 };
    static const char word[] = "layer";
    if (length > NEAR) length = NEAR;
    if (!caffe_text_begins(&caffe__net_parameter__descriptor, bytes, length)) return 0;
    for (size_t i = 0; i + sizeof word - 1 <= length; i++)
        if (memcmp(bytes + i, word, sizeof word - 1) == 0) return 1;
    return 0;
}

static int prototxt_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                          struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct caffe_own *own;
    struct wire_bytes message = {.most = WIRE_MOST_BYTES};
    TRY(memory_alloc(&own, 1, sizeof *own, "a Caffe net", err));
    s->own = own;
    TRY(memory_alloc(&s->tensors, 0, sizeof *s->tensors, "a Caffe net", err));
    TRY(caffe_text_read(&caffe__net_parameter__descriptor, bytes, length, path, &message, err));
    TRY(wire_unpack(&caffe__net_parameter__descriptor, &message, path, &own->file.message, err));
    TRY(caffe_find_layers(own, path, err));
    TRY(caffe_model_make(own, 1, path, s, err));
done:
    wire_free(&message);
    return status;
}

const struct source_format prototxt_format = {
    .name = "prototxt", .probe = prototxt_probe, .parse = prototxt_parse, .release = caffe_release};
