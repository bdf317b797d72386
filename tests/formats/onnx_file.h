/* SPDX-License-Identifier: MIT */
/* ONNX files made field by field, and what is expected of what they become. */
#ifndef ALEXCL_ONNX_FILE_H
#define ALEXCL_ONNX_FILE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "support.h"
#include "wire.h"

/* ---- files that are made ------------------------------------------------------------------------ */

/* Fields of ModelProto, GraphProto, NodeProto .. by their documented numbers. */
static struct wire_bytes graph;
static int opset;

static inline void put_text(struct wire_bytes *b, uint32_t number, const char *text) {
    size_t mark = wire_begin(b, number);
    wire_put(b, text, strlen(text));
    wire_end(b, mark);
}

static inline void put_number(struct wire_bytes *b, uint32_t number, int64_t value) {
    wire_put_tag(b, number, WIRE_VARINT);
    wire_put_varint(b, (uint64_t)value);
}

static inline void begin_graph(int version) {
    graph = (struct wire_bytes){.most = 1 << 20};
    opset = version;
}

/* Attributes of a node: "group=2 kernel_shape=3,3 auto_pad=SAME_UPPER alpha=0.5 value_floats=0.5,1.5". */
static inline void put_attributes(const char *text) {
    char copy[300], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *one = strtok_r(copy, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
        char *value = strchr(one, '='), *end;
        *value++ = '\0';
        size_t mark = wire_begin(&graph, 5);
        put_text(&graph, 1, one);
        int64_t number = strtoll(value, &end, 10);
        if (*end == ',') {
            for (; put_number(&graph, 8, number), *end == ','; number = strtoll(end + 1, &end, 10)) {}
        } else if (*end == '.') {
            uint32_t field = strchr(value, ',') ? 7 : 2;
            do {
                float real = strtof(value, &end);
                wire_put_tag(&graph, field, WIRE_32);
                wire_put(&graph, &real, sizeof real);
                value = end + 1;
            } while (*end == ',');
        } else if (*end) {
            put_text(&graph, 4, value);
        } else {
            put_number(&graph, 3, number);
        }
        wire_end(&graph, mark);
    }
}

/* "Conv", "x w b", "y": its inputs and outputs, by blanks; "-" is one that is left out. */
static inline void put_node(const char *operator, const char * inputs, const char *outputs, const char *attributes) {
    const char *const lists[] = {inputs, outputs};
    size_t mark = wire_begin(&graph, 1);
    for (uint32_t i = 0; i < 2; i++) {
        char copy[100], *save = NULL;
        snprintf(copy, sizeof copy, "%s", lists[i]);
        for (char *one = strtok_r(copy, " ", &save); one; one = strtok_r(NULL, " ", &save))
            put_text(&graph, i + 1, strcmp(one, "-") == 0 ? "" : one);
    }
    put_text(&graph, 4, operator);
    put_attributes(attributes);
    wire_end(&graph, mark);
}

static inline size_t begin_tensor(const char *name, int type, int dims, const int64_t *shape) {
    size_t mark = wire_begin(&graph, 5);
    for (int d = 0; d < dims; d++) put_number(&graph, 1, shape[d]);
    put_number(&graph, 2, type);
    put_text(&graph, 8, name);
    return mark;
}

static inline void put_raw(uint32_t field, const void *bytes, size_t length) {
    size_t mark = wire_begin(&graph, field);
    wire_put(&graph, bytes, length);
    wire_end(&graph, mark);
}

enum { FLOAT = 1, INT64 = 7, FLOAT16 = 10, DOUBLE = 11, BFLOAT16 = 16, RAW_DATA = 9 };

/* 0, 1, 2 .. as float32. */
static inline void put_counting(const char *name, int dims, const int64_t *shape) {
    float values[256];
    size_t count = 1;
    for (int d = 0; d < dims; d++) count *= (size_t)shape[d];
    ck_assert(count <= 256);
    for (size_t i = 0; i < count; i++) values[i] = (float)i;
    size_t mark = begin_tensor(name, FLOAT, dims, shape);
    put_raw(RAW_DATA, values, count * sizeof *values);
    wire_end(&graph, mark);
}

static inline void put_integers(const char *name, int count, const int64_t *values) {
    const int64_t shape = count;
    size_t mark = begin_tensor(name, INT64, 1, &shape);
    put_raw(RAW_DATA, values, (size_t)count * sizeof *values);
    wire_end(&graph, mark);
}

/* A graph's input (field 11) or output (12); sizes below 0 are not told. */
static inline void put_value(uint32_t field, const char *name, int dims, const int64_t *shape) {
    size_t info = wire_begin(&graph, field);
    put_text(&graph, 1, name);
    size_t type = wire_begin(&graph, 2), tensor = wire_begin(&graph, 1);
    put_number(&graph, 1, FLOAT);
    size_t sizes = wire_begin(&graph, 2);
    for (int d = 0; d < dims; d++) {
        size_t mark = wire_begin(&graph, 1);
        if (shape[d] < 0)
            put_text(&graph, 2, "N");
        else
            put_number(&graph, 1, shape[d]);
        wire_end(&graph, mark);
    }
    wire_end(&graph, sizes);
    wire_end(&graph, tensor);
    wire_end(&graph, type);
    wire_end(&graph, info);
}
static inline void put_maps(int64_t channels, int64_t side) {
    put_value(11, "x", 4, (int64_t[]){-1, channels, side, side});
}
static inline void put_output(const char *name) { put_value(12, name, 0, NULL); }

/* The file: to be freed. */
static inline struct wire_bytes make_file(void) {
    struct wire_bytes file = {.most = 1 << 20};
    put_number(&file, 1, 8);
    size_t mark = wire_begin(&file, 7);
    wire_put(&file, graph.bytes, graph.length);
    wire_end(&file, mark);
    mark = wire_begin(&file, 8);
    put_number(&file, 2, opset);
    wire_end(&file, mark);
    wire_free(&graph);
    return file;
}

static struct wire_bytes made; /* the bytes that the last source stands on */

static inline struct source *read_as(const char *path) {
    struct alexcl_error err = {0};
    struct source *s = NULL;
    wire_free(&made);
    made = make_file();
    EXPECT_OK(source_parse(made.bytes, made.length, path, &s, &err), err);
    ck_assert_str_eq(s->kind, "onnx");
    return s;
}
static inline struct source *read_file(void) { return read_as("nets/my net.onnx"); }

/* The net of the graph, whose layers then are looked at. */
static inline struct source *read_net(void) {
    struct source *s = read_file();
    ck_assert_msg(s->model != NULL, "%s", s->no_model ? s->no_model : "?");
    return s;
}

static inline void expect_no_net(const char *why) {
    struct source *s = read_file();
    ck_assert(s->model == NULL);
    ck_assert_msg(strstr(s->no_model, why) != NULL, "\"%s\" does not say \"%s\"", s->no_model, why);
    source_free(s);
}

static inline void expect_values(const struct source *s, const char *name, size_t count, const float *due) {
    const struct source_tensor *t = source_find(s, name);
    ck_assert_msg(t != NULL, "no tensor %s", name);
    ck_assert_uint_eq(t->bytes / source_width(t->type), count);
    for (size_t i = 0; i < count; i++) {
        float value;
        source_read(t, i, 1, &value);
        ck_assert_msg(value == due[i], "%s[%zu] is %.9g, due is %.9g", name, i, (double)value, (double)due[i]);
    }
}

/* Height and width of what the net makes. */
static inline struct alexcl_shape net_output(const struct source *s) {
    struct alexcl_error err = {0};
    struct alexcl_plan *plan = NULL;
    EXPECT_OK(alexcl_plan_make(s->model, NULL, &plan, &err), err);
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    alexcl_plan_free(plan);
    return out;
}

static inline void free_made(void) { wire_free(&made); }
#endif
