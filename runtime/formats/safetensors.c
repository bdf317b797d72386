/* SPDX-License-Identifier: MIT */
/* The safetensors format: eight bytes of the header's length, a JSON header, then the values. The header is believed
 * only after every offset, shape and length was checked against the file's size and each other. Writing goes in rows
 * that the caller makes, behind a header that is laid out first. */
#include "safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fp16.h"
#include "kinds.h"
#include "json_text.h"
#include "memory.h"
#include "utf8.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are little-endian, and are written as they are");

enum { HEADER_LIMIT = 100 * 1000 * 1000 /* the format's own */, WRITTEN_AT_ONCE = 1 << 20 /* floats */ };
static const char METADATA[] = "__metadata__";

/* ---- the header -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned bits;
    enum source_type type;
} types[] = {
    {"F32", 32, SOURCE_F32},      {"F16", 16, SOURCE_F16},      {"BF16", 16, SOURCE_BF16},
    {"F64", 64, SOURCE_F64},      {"I64", 64, SOURCE_OTHER},    {"I32", 32, SOURCE_OTHER},
    {"I16", 16, SOURCE_OTHER},    {"I8", 8, SOURCE_OTHER},      {"U64", 64, SOURCE_OTHER},
    {"U32", 32, SOURCE_OTHER},    {"U16", 16, SOURCE_OTHER},    {"U8", 8, SOURCE_OTHER},
    {"BOOL", 8, SOURCE_OTHER},    {"C64", 64, SOURCE_OTHER},    {"F8_E4M3", 8, SOURCE_OTHER},
    {"F8_E5M2", 8, SOURCE_OTHER}, {"F8_E8M0", 8, SOURCE_OTHER}, {"F6_E2M3", 6, SOURCE_OTHER},
    {"F6_E3M2", 6, SOURCE_OTHER}, {"F4", 4, SOURCE_OTHER},
};

static int safetensors_bad(const char *path, const char *tensor, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s: tensor %s: %s; the file is damaged, make or fetch it again", path,
                     source_show(tensor, shown), what);
}

static int safetensors_read_tensor(const char *path, const char *name, const json_t *entry, uint64_t data_length,
                                   struct source_tensor *t, struct alexcl_error *err) {
    const json_t *type = json_object_get(entry, "dtype"), *shape = json_object_get(entry, "shape"),
                 *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_string(type) || !json_is_array(shape) || !json_is_array(offsets) || json_array_size(offsets) != 2)
        return safetensors_bad(path, name, "not an object of dtype, shape and two data_offsets", err);
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(json_string_value(type), types[i].name) == 0) {
            bits = types[i].bits;
            t->type = types[i].type;
            t->type_name = types[i].name;
        }
    if (!bits) {
        char shown[2][SOURCE_SHOWN];
        return error_set(err, ALEXCL_E_DATA, "%s: tensor %s: dtype \"%s\" is none of the format's", path,
                         source_show(name, shown[0]), source_show(json_string_value(type), shown[1]));
    }
    uint64_t values = 1;
    for (size_t i = 0; i < json_array_size(shape); i++) {
        const json_t *axis = json_array_get(shape, i);
        if (!json_is_integer(axis) || json_integer_value(axis) < 0)
            return safetensors_bad(path, name, "an axis of its shape is not a whole number", err);
        uint64_t size = (uint64_t)json_integer_value(axis);
        if (i < 4) t->shape[i] = size;
        if (size && values > UINT64_MAX / bits / size)
            return safetensors_bad(path, name, "its shape has more values than can be counted", err);
        values *= size;
    }
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (!json_is_integer(begin) || !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin))
        return safetensors_bad(path, name, "its data_offsets are not a begin and an end", err);
    if ((uint64_t)json_integer_value(end) > data_length)
        return safetensors_bad(path, name, "its data ends behind the end of the file (cut short?)", err);
    t->name = name;
    t->dims = json_array_size(shape) > 1000 ? 1000 : (int)json_array_size(shape);
    t->begin = (uint64_t)json_integer_value(begin);
    t->bytes = (uint64_t)json_integer_value(end) - t->begin;
    if (values * bits % 8 != 0 || values * bits / 8 != t->bytes)
        return safetensors_bad(path, name, "its data_offsets do not fit its shape and dtype", err);
    return ALEXCL_OK;
}

static int safetensors_by_begin(const void *a, const void *b) {
    const struct source_tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* A file that is none, by what it is; where that is not known, `what` is wrong with it. */
static int safetensors_foreign(const char *path, const unsigned char *bytes, size_t length, const char *what,
                               struct alexcl_error *err) {
    const struct kind *kind = kinds_of(bytes, length);
    if (!kind) return error_set(err, ALEXCL_E_DATA, "%s: %s; is it a safetensors file, and complete?", path, what);
    return error_set(err, ALEXCL_E_DATA, "%s: is %s, no file of weights that is read; %s", path, kind->name,
                     kind->advice ? kind->advice : "name a file of weights, as safetensors' save_file writes it");
}

static int safetensors_read_metadata(const char *path, json_t *entry, struct source *s, struct alexcl_error *err) {
    const char *key;
    json_t *value;
    int status = memory_alloc(&s->pairs, json_object_size(entry), sizeof *s->pairs, "a safetensors header", err);
    if (status != ALEXCL_OK) return status;
    int strings = json_is_object(entry);
    json_object_foreach(entry, key, value) {
        strings = strings && json_is_string(value);
        s->pairs[s->pair_count++] = (struct source_pair){key, json_string_value(value)};
    }
    return strings ? ALEXCL_OK : error_set(err, ALEXCL_E_DATA, "%s: its metadata is not an object of texts", path);
}

/* The format leaves no holes, and nothing overlaps. */
static int safetensors_check_order(const char *path, struct source *s, uint64_t data_length, struct alexcl_error *err) {
    uint64_t end = 0;
    qsort(s->tensors, s->tensor_count, sizeof *s->tensors, safetensors_by_begin);
    for (size_t i = 0; i < s->tensor_count; i++) {
        if (s->tensors[i].begin != end)
            return safetensors_bad(
                path, s->tensors[i].name,
                s->tensors[i].begin < end ? "its data overlaps another tensor's" : "a hole lies before its data", err);
        end += s->tensors[i].bytes;
    }
    if (end != data_length)
        return error_set(
            err, ALEXCL_E_DATA,
            "%s: %llu bytes behind the last tensor belong to none; the file is damaged, make or fetch it again", path,
            (unsigned long long)(data_length - end));
    return ALEXCL_OK;
}

static int safetensors_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                             struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char shown[SOURCE_SHOWN];
    if (length < 8)
        return safetensors_foreign(path, bytes, length,
                                   "too few bytes: it would begin with 8 that give its header's length", err);
    uint64_t header_length = 0;
    for (int i = 0; i < 8; i++) header_length |= (uint64_t)bytes[i] << 8 * i;
    if (header_length > HEADER_LIMIT || header_length > length - 8) {
        int limit = header_length > HEADER_LIMIT;
        if (!limit && length > 8 && bytes[8] == '{')
            return error_set(err, ALEXCL_E_DATA,
                             "%s: its header of %llu bytes is more than the file has: it is cut short, fetch it again",
                             path, (unsigned long long)header_length);
        return safetensors_foreign(path, bytes, length,
                                   limit ? "its first 8 bytes give a header of more than the format's 100 MB"
                                         : "its first 8 bytes give a header of more than the file has",
                                   err);
    }
    if (header_length < 2 || bytes[8] != '{')
        return safetensors_foreign(path, bytes, length, "its header does not begin with '{'", err);
    json_t *header = NULL;
    json_error_t problem;
    TRY(json_text_load((const char *)bytes + 8, (size_t)header_length, JSON_REJECT_DUPLICATES, "a safetensors header",
                       &header, &problem, err));
    if (!header)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: its header is not JSON without duplicate keys (byte %d: %s); the file is damaged, make "
                         "or fetch it again",
                         path, 8 + problem.position, source_show(problem.text, shown));
    s->own = header;
    TRY(memory_alloc(&s->tensors, json_object_size(header), sizeof *s->tensors, "a safetensors header", err));
    uint64_t data_length = length - 8 - header_length;
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry) {
        if (strcmp(name, METADATA) == 0) {
            TRY(safetensors_read_metadata(path, entry, s, err));
            continue;
        }
        struct source_tensor *t = &s->tensors[s->tensor_count];
        TRY(safetensors_read_tensor(path, name, entry, data_length, t, err));
        t->data = bytes + 8 + header_length + t->begin;
        s->tensor_count++;
    }
    TRY(safetensors_check_order(path, s, data_length, err));
done:
    return status;
}

static void safetensors_release(void *own) { json_decref(own); }

const struct source_format safetensors_format = {
    .name = "safetensors", .parse = safetensors_parse, .release = safetensors_release};

/* ---- writing ----------------------------------------------------------------------------------- */

static size_t safetensors_row(const struct safetensors_entry *e) {
    size_t row = 1;
    for (int i = 1; i < e->dims; i++) row *= (size_t)e->shape[i];
    return row;
}

/* Jansson gives NULL for other text and where there is no memory. */
static int safetensors_make_header(const struct safetensors_content *c, char **out, struct alexcl_error *err) {
    for (size_t i = 0; i < c->metadata_count; i++)
        if (!utf8_is_valid(c->metadata[i].value))
            return error_set(err, ALEXCL_E_OTHER, "%s of a safetensors file: not UTF-8", c->metadata[i].key);
    json_t *header = json_object(), *metadata = json_object();
    uint64_t end = 0;
    int failed = json_object_set_new(header, METADATA, metadata);
    for (size_t i = 0; i < c->metadata_count && !failed; i++)
        failed = json_object_set_new(metadata, c->metadata[i].key, json_string(c->metadata[i].value));
    for (size_t i = 0; i < c->entry_count && !failed; i++) {
        const struct safetensors_entry *e = &c->entries[i];
        json_t *shape = json_array();
        for (int d = 0; d < e->dims; d++) failed |= json_array_append_new(shape, json_integer(e->shape[d]));
        uint64_t begin = end;
        end += (uint64_t)e->shape[0] * safetensors_row(e) * (c->half ? sizeof(uint16_t) : sizeof(float));
        failed |= json_object_set_new(header, e->name,
                                      json_pack("{s:s, s:o, s:[I, I]}", "dtype", c->half ? "F16" : "F32", "shape",
                                                shape, "data_offsets", (json_int_t)begin, (json_int_t)end));
    }
    *out = failed ? NULL : json_text_dump(header, JSON_COMPACT);
    json_decref(header);
    return *out ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: the header of a safetensors file");
}

static int safetensors_add(struct file *file, const struct safetensors_content *c, const char *name,
                           const float *values, size_t count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    float *narrowed = NULL;
    if (!c->half) return file_add(file, values, count * sizeof(float), err);
    TRY(memory_alloc_floats(&narrowed, count, "values in half precision", err));
    memcpy(narrowed, values, count * sizeof(float));
    size_t bad = fp16_narrow(narrowed, count);
    if (bad < count)
        status =
            error_set(err, ALEXCL_E_DATA, "tensor %s: a weight is %g; half precision holds finite numbers up to 65504",
                      name, (double)values[bad]);
    else
        status = file_add(file, narrowed, count * sizeof(uint16_t), err);
done:
    free(narrowed);
    return status;
}

int safetensors_write(const char *path, const struct safetensors_content *c, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char *header = NULL;
    struct file *file = NULL;
    TRY(safetensors_make_header(c, &header, err));
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    unsigned char prefix[8];
    for (int i = 0; i < 8; i++) prefix[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    TRY(file_open(path, &file, err));
    TRY(file_add(file, prefix, sizeof prefix, err));
    TRY(file_add(file, header, length, err));
    TRY(file_add(file, "       ", padded - length, err));
    for (size_t i = 0; i < c->entry_count; i++) {
        const struct safetensors_entry *e = &c->entries[i];
        size_t row = safetensors_row(e);
        int at_once = row < WRITTEN_AT_ONCE ? (int)(WRITTEN_AT_ONCE / row) : 1;
        for (int first = 0; first < e->shape[0]; first += at_once) {
            int count = e->shape[0] - first < at_once ? e->shape[0] - first : at_once;
            const float *values;
            TRY(c->rows(c->user, i, first, count, &values, err));
            status = safetensors_add(file, c, e->name, values, (size_t)count * row, err);
            c->rows_done(c->user);
            if (status != ALEXCL_OK) goto done;
        }
    }
    TRY(file_commit(file, err));
done:
    file_free(file);
    free(header);
    return status;
}
