/* SPDX-License-Identifier: MIT */
/* ONNX files: nets, whose tensors have the layers' names, or tensors alone where the graph is none that is computed.
 * The messages are read by protobuf-c without the tensors' values (wire.c), which stay in the file. */
#include <stdlib.h>
#include <string.h>

#include "onnx_private.h"

/* Nothing at a file's start says what it is; so its fields do: those of a ModelProto, as far as the graph. */
static int onnx_probe(const unsigned char *bytes, size_t length) {
    /* as the bits of their numbers: whole numbers, and texts or messages */
    static const uint64_t numbers = 1 << 1 | 1 << 5,
                          messages = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 14 | 1 << 20 | 1 << 25;
    const unsigned char *at = bytes, *end = bytes + length;
    struct wire_field f;
    if (length < 2 || bytes[0] != 0x08 || bytes[1] == 0 || bytes[1] >= 0x40) return 0; /* ir_version */
    for (;;) {
        const unsigned char *before = at;
        int found = wire_next(&at, end, &f);
        if (found < 0) return before < end && *before == 0x3a; /* a graph that is cut short */
        if (found == 0 || f.number > 31) return 0;
        if (!((f.type == WIRE_VARINT ? numbers : f.type == WIRE_BYTES ? messages : 0) >> f.number & 1)) return 0;
        if (f.number == 7) return f.length > 0;
    }
}

static void onnx_release(void *own) {
    struct onnx *o = own;
    wire_close(&o->file);
    arena_free(&o->memory);
    free(o);
}

/* The parameters of the layers, by these layers' names. */
static int onnx_list_parameters(struct onnx *o, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t count = 0;
    for (size_t i = 0; i < o->row_count; i++) count += o->rows[i].parameters ? 2 : 0;
    TRY(memory_alloc(&s->tensors, count, sizeof *s->tensors, "the tensors of a net", err));
    for (size_t i = 0; i < o->row_count; i++)
        for (int j = 0; j < 2 && o->rows[i].parameters; j++) {
            struct source_tensor *t = &s->tensors[s->tensor_count];
            const char *name;
            TRY(arena_format(&o->memory, &name, "a name", err, "%s.%s", o->rows[i].layer.name, j ? "bias" : "weight"));
            *t = o->rows[i].tensor[j];
            t->name = name;
            s->tensor_count++;
        }
done:
    return status;
}

/* All tensors, by their own names. */
static int onnx_list_initializers(struct onnx *o, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(memory_alloc(&s->tensors, o->graph->n_initializer, sizeof *s->tensors, "the tensors of a net", err));
    for (size_t i = 0; i < o->graph->n_initializer; i++) {
        const Onnx__TensorProto *t = o->graph->initializer[i];
        struct onnx_tensor made;
        TRY(onnx_read_tensor(o, t, &made, err));
        s->tensors[s->tensor_count] = made.values;
        s->tensors[s->tensor_count++].name = t->name ? t->name : "";
    }
    status = source_check_names(s, o->path, err);
done:
    return status;
}

static int onnx_list_metadata(const Onnx__ModelProto *m, struct source *s, struct alexcl_error *err) {
    int status = memory_alloc(&s->pairs, m->n_metadata_props, sizeof *s->pairs, "a model's metadata", err);
    for (size_t i = 0; i < m->n_metadata_props && status == ALEXCL_OK; i++)
        if (m->metadata_props[i]->key && m->metadata_props[i]->value)
            s->pairs[s->pair_count++] = (struct source_pair){m->metadata_props[i]->key, m->metadata_props[i]->value};
    return status;
}

static int onnx_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                      struct alexcl_error *err) {
    static const uint32_t place = 1000;
    const struct wire_rules rules = {&onnx__model_proto__descriptor, &onnx__tensor_proto__descriptor, place};
    int status = ALEXCL_OK;
    struct onnx *o = NULL;
    TRY(memory_alloc(&o, 1, sizeof *o, "an ONNX file", err));
    s->own = o;
    o->path = path;
    o->source = s;
    TRY(wire_read(&rules, bytes, length, path, &o->file, err));
    const Onnx__ModelProto *m = (const Onnx__ModelProto *)o->file.message;
    o->graph = m->graph;
    if (!o->graph) {
        status = error_set(err, ALEXCL_E_DATA, "%s: an ONNX file without a graph: it is damaged, fetch it again", path);
        goto done;
    }
    TRY(onnx_list_metadata(m, s, err));
    status = onnx_read_graph(o, s, &o->refused);
    if (status == ALEXCL_OK) {
        s->model = &o->model;
        s->in_order = 1;
        TRY(onnx_list_parameters(o, s, err));
    } else if (status == ALEXCL_E_DATA) { /* weights it may have all the same */
        s->no_model = o->refused.text;
        TRY(onnx_list_initializers(o, s, err));
    } else {
        error_copy(err, &o->refused);
    }
done:
    if (o) o->path = NULL;
    return status;
}

const struct source_format onnx_format = {
    .name = "onnx", .probe = onnx_probe, .parse = onnx_parse, .release = onnx_release};
