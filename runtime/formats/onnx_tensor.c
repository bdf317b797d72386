/* SPDX-License-Identifier: MIT */
/* Tensors of ONNX files: their values stay where they lie, in the file or in one beside it, wherever they lie there in
 * one piece. What is broadcast, transposed or one value throughout (ConstantOfShape) is strides on the same values;
 * only sums and products of constants are computed, up to a bound. */
#include "onnx_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"

#define SAVE_AGAIN "onnx.save_model(model, 'NEW.onnx') writes one file"
enum { ONNX_MOST_FILES = 4096, ONNX_CHUNK = 1024 };
static const uint64_t ONNX_MOST_VALUES = (uint64_t)1 << 40;

/* ---- files beside the model --------------------------------------------------------------------- */

static int onnx_bad(const struct onnx *o, const char *name, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s: tensor %s: %s; the file is damaged, make or fetch it again", o->path,
                     source_show(name, shown), what);
}

/* The path of a file in the model's folder or below it, wherever symbolic links lead. */
static int onnx_locate(const struct onnx *o, const char *name, const char *location, char **out,
                       struct alexcl_error *err) {
    char shown[2][SOURCE_SHOWN], *folder = NULL, *file = NULL;
    struct string_buffer joined = {0};
    const char *slash = strrchr(o->path, '/');
    int status = ALEXCL_OK, length = slash ? (int)(slash - o->path) + 1 : 0;
    string_buffer_add(&joined, "%.*s.", length, o->path);
    if (!joined.failed) folder = realpath(joined.text, NULL);
    joined.length = joined.length ? joined.length - 1 : 0;
    string_buffer_add(&joined, "%s", location);
    if (joined.failed || (!folder && errno == ENOMEM)) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: a file beside %s", o->path);
        goto done;
    }
    file = folder && location[0] != '/' ? realpath(joined.text, NULL) : NULL;
    size_t inside = folder ? strlen(folder) : 0;
    if (folder && inside == 1) inside = 0; /* the root */
    if (location[0] == '/' || strstr(location, "..") ||
        (file && (strncmp(file, folder, inside) != 0 || file[inside] != '/'))) {
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: tensor %s: its values are in %s, outside the model's folder: only files in it are read",
                           o->path, source_show(name, shown[0]), source_show(location, shown[1]));
        goto done;
    }
    if (!file) {
        status = error_set(err, ALEXCL_E_DATA, "%s: tensor %s: its values are in %s, beside the model: %s; " SAVE_AGAIN,
                           o->path, source_show(name, shown[0]), source_show(location, shown[1]), strerror(errno));
        goto done;
    }
    *out = file;
    file = NULL;
done:
    string_buffer_free(&joined);
    free(folder);
    free(file);
    return status;
}

static int onnx_map(struct onnx *o, const char *path, const struct source_mapping **out, struct alexcl_error *err) {
    struct source *s = o->source;
    size_t length;
    int fd, status = files_open_input(path, "", &fd, &length, err);
    if (status != ALEXCL_OK) return status;
    TRY(arena_format(&o->memory, &o->paths[s->beside_count], "a name", err, "%s", path));
    void *bytes = length ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        status = error_set(err, length && errno == ENOMEM ? ALEXCL_E_MEMORY : ALEXCL_E_DATA,
                           "%s: cannot be mapped into memory: %s", path, length ? strerror(errno) : "it is empty");
        goto done;
    }
    *out = &s->beside[s->beside_count];
    s->beside[s->beside_count++] = (struct source_mapping){bytes, length};
done:
    close(fd);
    return status;
}

static int onnx_find_mapping(struct onnx *o, const char *name, const char *location, const struct source_mapping **out,
                             struct alexcl_error *err) {
    char *path = NULL;
    int status = ALEXCL_OK;
    struct source *s = o->source;
    TRY(onnx_locate(o, name, location, &path, err));
    *out = NULL;
    for (size_t i = 0; i < s->beside_count && !*out; i++)
        if (strcmp(o->paths[i], path) == 0) *out = &s->beside[i];
    if (*out) goto done;
    if (s->beside_count == ONNX_MOST_FILES) {
        status = error_set(err, ALEXCL_E_DATA, "%s: its values are in more than %d files; " SAVE_AGAIN, o->path,
                           ONNX_MOST_FILES);
        goto done;
    }
    if (!s->beside) {
        TRY(arena_alloc(&o->memory, &o->paths, ONNX_MOST_FILES, sizeof *o->paths, "an ONNX file", err));
        TRY(memory_alloc(&s->beside, ONNX_MOST_FILES, sizeof *s->beside, "the files of a model", err));
    }
    status = onnx_map(o, path, out, err);
done:
    free(path);
    return status;
}

/* A decimal number of an entry of external_data. */
static int onnx_read_decimal(const char *text, uint64_t *out) {
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9') return 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && !*end;
}

static int onnx_read_external(struct onnx *o, const Onnx__TensorProto *t, struct source_tensor *v,
                              struct alexcl_error *err) {
    const char *location = NULL, *name = t->name ? t->name : "";
    const struct source_mapping *mapping = NULL;
    uint64_t offset = 0, length = v->bytes;
    for (size_t i = 0; i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        if (!key || !value) return onnx_bad(o, name, "where its values are is not told", err);
        if (strcmp(key, "location") == 0) location = value;
        if ((strcmp(key, "offset") == 0 && !onnx_read_decimal(value, &offset)) ||
            (strcmp(key, "length") == 0 && !onnx_read_decimal(value, &length)))
            return onnx_bad(o, name, "where its values are is no number", err);
    }
    if (!location || !*location) return onnx_bad(o, name, "where its values are is not told", err);
    int status = onnx_find_mapping(o, name, location, &mapping, err);
    if (status != ALEXCL_OK) return status;
    if (length != v->bytes) return onnx_bad(o, name, "its values have not the bytes of its shape", err);
    if (offset > mapping->length || length > mapping->length - offset)
        return onnx_bad(o, name, "its values go on behind the end of their file", err);
    v->data = length ? (const unsigned char *)mapping->bytes + offset : (const unsigned char *)"";
    return ALEXCL_OK;
}

/* ---- values in the file ------------------------------------------------------------------------- */

static const struct {
    int type;
    unsigned width;
    enum source_type as;
    const char *name;
    uint32_t field; /* where the values are, unless in raw_data: float_data, int32_data, int64_data, double_data */
} types[] = {
    {ONNX_FLOAT, 4, SOURCE_F32, "float32", 4},   {ONNX_FLOAT16, 2, SOURCE_F16, "float16", 5},
    {ONNX_DOUBLE, 8, SOURCE_F64, "float64", 10}, {ONNX_BFLOAT16, 2, SOURCE_BF16, "bfloat16", 5},
    {ONNX_INT64, 8, SOURCE_OTHER, "int64", 7},   {ONNX_INT32, 4, SOURCE_OTHER, "int32", 5},
    {ONNX_BOOL, 1, SOURCE_OTHER, "bool", 5},
};
enum { TYPES = sizeof types / sizeof *types, ONNX_RAW_DATA = 9 };

/* Values of a field that is no raw_data: fixed ones as they are, varints in as many bytes as the type has. Counts where
 * `out` is NULL. 0: damaged. */
static int onnx_gather(const struct wire_range *message, size_t type, unsigned char *out, uint64_t *bytes) {
    const unsigned char *at = message->bytes, *end = at + message->length;
    unsigned width = types[type].width;
    int varints = types[type].field == 5 || types[type].field == 7;
    struct wire_field f;
    *bytes = 0;
    while (wire_next(&at, end, &f) > 0) {
        if (f.number != types[type].field) continue;
        const unsigned char *value = f.bytes, *last = f.bytes + f.length;
        if (!varints) {
            if (f.length % width) return 0;
            if (out) memcpy(out + *bytes, value, f.length);
            *bytes += f.length;
            continue;
        }
        while (value < last) {
            uint64_t number = 0;
            int shift = 0, more = 1;
            for (; value < last && shift < 64 && more; shift += 7, value++) {
                number |= (uint64_t)(*value & 0x7f) << shift;
                more = *value >= 0x80;
            }
            if (more) return 0;
            if (out) memcpy(out + *bytes, &number, width); /* little-endian */
            *bytes += width;
        }
    }
    return 1;
}

/* raw_data or, where there is none, values that lie in one piece as they are used. */
static const unsigned char *onnx_find_piece(const struct wire_range *message, uint32_t field, uint64_t *length,
                                            size_t *pieces) {
    const unsigned char *at = message->bytes, *end = at + message->length, *found = NULL;
    struct wire_field f;
    *pieces = 0;
    *length = 0;
    while (wire_next(&at, end, &f) > 0) {
        if (f.number != field) continue;
        found = f.bytes;
        *length = f.length;
        ++*pieces;
    }
    return found;
}

static int onnx_read_inside(struct onnx *o, const Onnx__TensorProto *t, size_t type, struct source_tensor *v,
                            struct alexcl_error *err) {
    const struct wire_range *message = &o->file.kept[t->place];
    const char *name = t->name ? t->name : "";
    uint64_t length;
    size_t pieces;
    unsigned char *gathered;
    v->data = onnx_find_piece(message, ONNX_RAW_DATA, &length, &pieces);
    if (!v->data && (types[type].field == 4 || types[type].field == 10)) {
        v->data = onnx_find_piece(message, types[type].field, &length, &pieces);
        if (pieces > 1) v->data = NULL;
    }
    if (!v->data) {
        if (!onnx_gather(message, type, NULL, &length)) return onnx_bad(o, name, "its values are cut short", err);
        if (length != v->bytes) return onnx_bad(o, name, "it has not as many values as its shape", err);
        int status = arena_alloc(&o->memory, &gathered, length + 1, 1, "an ONNX file", err);
        if (status != ALEXCL_OK) return status;
        onnx_gather(message, type, gathered, &length);
        v->data = gathered;
    }
    return length == v->bytes ? ALEXCL_OK : onnx_bad(o, name, "it has not as many values as its shape", err);
}

uint64_t onnx_count(const struct source_tensor *t) {
    uint64_t count = 1;
    for (int d = 0; d < t->dims && d < 4; d++) count *= t->shape[d];
    return count;
}

int onnx_read_tensor(struct onnx *o, const Onnx__TensorProto *t, struct onnx_tensor *out, struct alexcl_error *err) {
    struct source_tensor *v = &out->values;
    const char *name = t->name ? t->name : "";
    size_t type = 0;
    uint64_t count = 1;
    *out = (struct onnx_tensor){.type = t->data_type};
    while (type < TYPES && types[type].type != t->data_type) type++;
    if (t->n_dims > INT_MAX) return onnx_bad(o, name, "its shape has too many axes", err);
    v->dims = (int)t->n_dims;
    for (int d = 0; d < v->dims; d++) {
        if (t->dims[d] < 0 || (uint64_t)t->dims[d] > ONNX_MOST_VALUES ||
            (t->dims[d] > 0 && count > ONNX_MOST_VALUES / (uint64_t)t->dims[d]))
            return onnx_bad(o, name, "its shape has more values than can be counted", err);
        count *= (uint64_t)t->dims[d];
        if (d < 4) v->shape[d] = (uint64_t)t->dims[d];
    }
    v->type = SOURCE_OTHER;
    v->type_name = "a type that is not read";
    v->data = (const unsigned char *)"";
    if (type == TYPES) return ALEXCL_OK; /* listed, not read */
    v->type_name = types[type].name;
    v->bytes = count * types[type].width;
    int status = t->data_location == 1 ? onnx_read_external(o, t, v, err) : onnx_read_inside(o, t, type, v, err);
    if (status == ALEXCL_OK && v->dims <= ONNX_MOST_AXES) v->type = types[type].as;
    return status;
}

int onnx_read_integers(const struct onnx_tensor *t, size_t most, int64_t *out, size_t *count,
                       struct alexcl_error *err) {
    const struct source_tensor *v = &t->values;
    if ((t->type != ONNX_INT64 && t->type != ONNX_INT32) || v->dims > 1 || onnx_count(v) > most || v->strided)
        return error_set(err, ALEXCL_E_DATA, "not a list of at most %zu whole numbers (int64)", most);
    *count = (size_t)onnx_count(v);
    for (size_t i = 0; i < *count; i++) {
        int32_t narrow;
        if (t->type == ONNX_INT64) {
            memcpy(&out[i], v->data + i * sizeof *out, sizeof *out);
        } else {
            memcpy(&narrow, v->data + i * sizeof narrow, sizeof narrow);
            out[i] = narrow;
        }
    }
    return ALEXCL_OK;
}

/* ---- views and sums ----------------------------------------------------------------------------- */

void onnx_set_strides(struct source_tensor *t) {
    uint64_t stride = 1;
    if (t->strided) return;
    for (int d = t->dims - 1; d >= 0; d--) {
        t->stride[d] = stride;
        stride *= t->shape[d];
    }
}

static void onnx_set_float(struct source_tensor *t, const float *values, int dims, const uint64_t *shape) {
    *t = (struct source_tensor){
        .type = SOURCE_F32, .type_name = "float32", .dims = dims, .data = (const unsigned char *)values};
    for (int d = 0; d < dims; d++) t->shape[d] = shape[d];
    t->bytes = onnx_count(t) * sizeof(float);
}

int onnx_fill(struct onnx *o, float value, int dims, const uint64_t *shape, struct source_tensor *out,
              struct alexcl_error *err) {
    float *one;
    uint64_t count = 1;
    for (int d = 0; d < dims; d++) {
        if (shape[d] && count > ONNX_MOST_VALUES / shape[d])
            return error_set(err, ALEXCL_E_DATA, "a shape of more values than can be counted");
        count *= shape[d];
    }
    int status = arena_alloc(&o->memory, &one, 1, sizeof *one, "an ONNX file", err);
    if (status != ALEXCL_OK) return status;
    *one = value;
    onnx_set_float(out, one, dims, shape);
    out->strided = dims > 0; /* by strides of 0 */
    return ALEXCL_OK;
}

int onnx_broadcast(const struct source_tensor *t, int dims, const uint64_t *shape, struct source_tensor *out) {
    struct source_tensor from = *t;
    if (t->type == SOURCE_OTHER || t->dims > dims || dims > ONNX_MOST_AXES) return 0;
    onnx_set_strides(&from);
    *out = from;
    out->dims = dims;
    out->strided = dims > 0;
    for (int d = dims - 1, i = t->dims - 1; d >= 0; d--, i--) {
        uint64_t size = i >= 0 ? from.shape[i] : 1;
        if (size != 1 && size != shape[d]) return 0;
        out->shape[d] = shape[d];
        out->stride[d] = i >= 0 && size > 1 ? from.stride[i] : 0;
    }
    out->bytes = onnx_count(out) * source_width(out->type);
    return 1;
}

int onnx_as_channels(const struct source_tensor *t, int rank, int channels, struct source_tensor *out) {
    uint64_t shape[ONNX_MOST_AXES] = {1, (uint64_t)channels, 1, 1};
    if (!onnx_broadcast(t, rank, shape, out)) return 0;
    out->shape[0] = out->shape[1];
    out->stride[0] = out->stride[1];
    out->dims = 1;
    return 1;
}

int onnx_combine(struct onnx *o, const struct source_tensor *a, const struct source_tensor *b, int product,
                 double factor, struct source_tensor *out, struct alexcl_error *err) {
    uint64_t shape[ONNX_MOST_AXES] = {0};
    struct source_tensor view[2];
    float *values, other[ONNX_CHUNK];
    int dims = b && b->dims > a->dims ? b->dims : a->dims;
    if (dims > ONNX_MOST_AXES) return error_set(err, ALEXCL_E_DATA, "constants of more than four axes");
    for (int d = 0; d < dims; d++) {
        int i = d - (dims - a->dims), j = b ? d - (dims - b->dims) : -1;
        uint64_t first = i >= 0 ? a->shape[i] : 1, second = j >= 0 ? b->shape[j] : 1;
        shape[d] = first == 1 ? second : first;
    }
    if (!onnx_broadcast(a, dims, shape, &view[0]) || (b && !onnx_broadcast(b, dims, shape, &view[1])))
        return error_set(err, ALEXCL_E_DATA, "constants whose shapes or types do not fit together");
    uint64_t count = onnx_count(&view[0]);
    if (count > (uint64_t)ONNX_MOST_FOLDED - o->folded)
        return error_set(err, ALEXCL_E_DATA, "more than %d values would be computed of constants", ONNX_MOST_FOLDED);
    o->folded += (size_t)count;
    int status = arena_alloc(&o->memory, &values, count, sizeof *values, "an ONNX file", err);
    if (status != ALEXCL_OK) return status;
    for (uint64_t first = 0; first < count; first += ONNX_CHUNK) {
        size_t some = count - first < ONNX_CHUNK ? (size_t)(count - first) : ONNX_CHUNK;
        source_read(&view[0], first, some, values + first);
        if (b) source_read(&view[1], first, some, other);
        for (size_t i = 0; i < some; i++)
            values[first + i] = !b        ? (float)(values[first + i] * factor)
                                : product ? values[first + i] * other[i]
                                          : values[first + i] + other[i];
    }
    onnx_set_float(out, values, dims, shape);
    return ALEXCL_OK;
}
