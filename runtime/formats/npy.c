/* SPDX-License-Identifier: MIT */
/* NumPy's .npy format, versions 1 to 3: a magic number, a Python literal that tells type, order and shape, then the
 * values. The literal is read by a small parser of the forms that NumPy and other writers leave. A file is mapped, and
 * its values are converted as they are asked for: what is not, takes no memory. A type that is not read is named, with
 * the call that converts it. */
#include "npy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "fp16.h"
#include "kinds.h"
#include "status.h"

/* written: always 128 bytes, so that the number of rows can be put in at the end */
enum { HEADER = 128, MAX_HEADER = 1 << 16 };

void npy_free(struct npy *n) {
    if (n->mapping) munmap(n->mapping, n->length);
    *n = (struct npy){0};
}

/* The header is a dictionary as Python writes it. */
static const char BLANKS[] = " \t\r\n";

/* The text behind a key, or NULL. */
static const char *npy_key(const char *header, const char *key) {
    char quoted[32];
    const char *at = NULL;
    for (const char *quote = "'\""; *quote && !at; quote++) {
        snprintf(quoted, sizeof quoted, "%c%s%c", *quote, key, *quote);
        at = strstr(header, quoted);
    }
    if (!at) return NULL;
    at += strlen(quoted);
    at += strspn(at, BLANKS);
    if (*at != ':') return NULL;
    return at + 1 + strspn(at + 1, BLANKS);
}

static const struct npy_names {
    const char *names[3]; /* as NumPy has them of old and new */
    size_t bytes;
} npy_types[] = {[NPY_FLOAT] = {{"f4", "f", "float32"}, 4}, [NPY_DOUBLE] = {{"f8", "d", "float64"}, 8},
                 [NPY_HALF] = {{"f2", "e", "float16"}, 2},  [NPY_BYTE] = {{"u1", "B", "uint8"}, 1},
                 [NPY_BOOL] = {{"b1", "?", "bool"}, 1},     [NPY_INT8] = {{"i1", "b", "int8"}, 1},
                 [NPY_INT16] = {{"i2", "h", "int16"}, 2},   [NPY_INT32] = {{"i4", "i", "int32"}, 4},
                 [NPY_INT64] = {{"i8", "q", "int64"}, 8},   [NPY_UINT16] = {{"u2", "H", "uint16"}, 2},
                 [NPY_UINT32] = {{"u4", "I", "uint32"}, 4}, [NPY_UINT64] = {{"u8", "Q", "uint64"}, 8}};

/* '<f4' and the like; this machine is little-endian, and so is what says nothing. 0: another type. */
static int npy_type(const char *type, struct npy *out) {
    type += *type == 'u'; /* a text of Python 2 may be marked so */
    char quote = *type;
    if (quote != '\'' && quote != '"') return 0;
    type += 1;
    out->swapped = *type == '>';
    if (*type && strchr("<>=|", *type)) type++;
    for (size_t t = 0; t < sizeof npy_types / sizeof *npy_types; t++)
        for (size_t i = 0; i < 3; i++) {
            size_t length = strlen(npy_types[t].names[i]);
            if (strncmp(type, npy_types[t].names[i], length) != 0 || type[length] != quote) continue;
            out->type = (enum npy_type)t;
            return 1;
        }
    return 0;
}

/* Python 2 writes a long number with an L behind it. */
static int npy_shape(const char *at, struct npy *out) {
    if (*at++ != '(') return 0;
    out->count = 1;
    for (;;) {
        at += strspn(at, " ,\t\r\n");
        if (*at == ')') return 1;
        char *end;
        errno = 0;
        unsigned long long n = strtoull(at, &end, 10);
        if (end == at || *at == '-' || errno || out->dims == NPY_DIMS ||
            (n && out->count > SIZE_MAX / sizeof(double) / n))
            return 0;
        out->shape[out->dims++] = (size_t)n;
        out->count *= (size_t)n;
        at = end + (*end == 'L');
    }
}

static int npy_foreign(const char *path, const struct npy *n, struct alexcl_error *err) {
    const struct kind *kind = kinds_of(n->data, n->length);
    if (!kind) return error_set(err, ALEXCL_E_DATA, "%s: not a .npy file", path);
    return error_set(err, ALEXCL_E_DATA, "%s: is %s, not a .npy file; %s", path, kind->name,
                     kind->advice ? kind->advice : "numpy.save writes one");
}

static int npy_parse(const char *path, enum npy_type last, struct npy *out, struct alexcl_error *err) {
    const unsigned char *start = out->data;
    char header[MAX_HEADER + 1];
    if (out->length < 10 || memcmp(start, "\x93NUMPY", 6) != 0) return npy_foreign(path, out, err);
    if (start[6] < 1 || start[6] > 3)
        return error_set(err, ALEXCL_E_DATA, "%s: .npy format %d is not known", path, start[6]);
    size_t length = start[8] | (size_t)start[9] << 8, at = start[6] >= 2 ? 12 : 10;
    if (out->length < at) return error_set(err, ALEXCL_E_DATA, "%s: ends in its header", path);
    if (start[6] >= 2) length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    if (length > MAX_HEADER || length > out->length - at)
        return error_set(err, ALEXCL_E_DATA, "%s: ends in its header, or the header is too long", path);
    memcpy(header, start + at, length);
    header[length] = '\0';
    const char *type = npy_key(header, "descr"), *order = npy_key(header, "fortran_order"),
               *shape = npy_key(header, "shape");
    if (!type || !order || !shape)
        return error_set(err, ALEXCL_E_DATA, "%s: its header lacks descr, fortran_order or shape", path);
    if (!npy_type(type, out) && last == NPY_UINT64)
        return error_set(err, ALEXCL_E_DATA, "%s: holds %.*s; numbers are read: y.astype('i4')", path,
                         (int)strcspn(type, ",}"), type);
    if (!npy_type(type, out) || out->type > last)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: holds %.*s; floats of 2, 4 and 8 bytes are read, and bytes, which are pixels: "
                         "x.astype('<f4'), or x.astype('u1')",
                         path, (int)strcspn(type, ",}"), type);
    out->fortran = strncmp(order, "True", 4) == 0;
    if (!out->fortran && strncmp(order, "False", 5) != 0)
        return error_set(err, ALEXCL_E_DATA, "%s: its fortran_order is neither True nor False", path);
    if (!npy_shape(shape, out)) return error_set(err, ALEXCL_E_DATA, "%s: its shape cannot be read", path);
    uint64_t bytes = (uint64_t)out->count * npy_types[out->type].bytes;
    if (out->length - at - length != bytes)
        return error_set(err, ALEXCL_E_DATA, "%s: has %llu bytes of values where its shape wants %llu", path,
                         (unsigned long long)(out->length - at - length), (unsigned long long)bytes);
    out->data += at + length;
    return ALEXCL_OK;
}

/* Of a type up to `last`. */
static int npy_open_up_to(enum npy_type last, const char *path, struct npy *out, struct alexcl_error *err) {
    *out = (struct npy){0};
    size_t length;
    int fd, status = files_open_input(path, "", &fd, &length, err);
    if (status != ALEXCL_OK) return status;
    void *mapping = length ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (mapping == MAP_FAILED) {
        status = error_set(err, errno == ENOMEM ? ALEXCL_E_MEMORY : ALEXCL_E_DATA,
                           "%s: cannot be mapped into memory: %s", path, strerror(errno));
    } else {
        out->mapping = mapping;
        out->data = mapping;
        out->length = length;
        status = npy_parse(path, last, out, err);
    }
    close(fd);
    if (status != ALEXCL_OK) npy_free(out);
    return status;
}

int npy_open(const char *path, struct npy *out, struct alexcl_error *err) {
    return npy_open_up_to(NPY_BYTE, path, out, err);
}

int npy_open_numbers(const char *path, struct npy *out, struct alexcl_error *err) {
    return npy_open_up_to(NPY_UINT64, path, out, err);
}

/* The bytes of a value: Fortran's order has the first dimension fastest. */
static const unsigned char *npy_at(const struct npy *n, size_t index) {
    size_t at = index, stride = n->count;
    if (n->fortran) {
        at = 0;
        for (int d = n->dims - 1; d >= 0; d--) {
            stride /= n->shape[d];
            at += index % n->shape[d] * stride;
            index /= n->shape[d];
        }
    }
    return n->data + at * npy_types[n->type].bytes;
}

/* The bytes of a value, in this machine's order. */
static void npy_value(const struct npy *n, size_t index, unsigned char value[sizeof(double)]) {
    const unsigned char *from = npy_at(n, index);
    size_t bytes = npy_types[n->type].bytes;
    for (size_t k = 0; k < bytes; k++) value[k] = from[n->swapped ? bytes - 1 - k : k];
}

void npy_floats(const struct npy *n, size_t first, size_t count, float *out) {
    assert(n->type < NPY_BYTE);
    for (size_t i = 0; i < count; i++) {
        unsigned char value[sizeof(double)];
        npy_value(n, first + i, value);
        double wide;
        uint16_t half;
        switch (n->type) {
        case NPY_DOUBLE:
            memcpy(&wide, value, sizeof wide);
            out[i] = (float)wide;
            break;
        case NPY_HALF:
            memcpy(&half, value, sizeof half);
            out[i] = fp16_to_float(half);
            break;
        default: memcpy(&out[i], value, sizeof *out);
        }
    }
}

void npy_bytes(const struct npy *n, size_t first, size_t count, unsigned char *out) {
    for (size_t i = 0; i < count; i++) out[i] = *npy_at(n, first + i);
}

/* An integer of so many bytes. */
static double npy_integer(const unsigned char *value, size_t bytes, int sign) {
    uint64_t bits = 0;
    assert(bytes > 0);
    for (size_t k = 0; k < bytes; k++) bits |= (uint64_t)value[k] << 8 * k;
    if (!sign || !(value[bytes - 1] & 0x80)) return (double)bits;
    return -(double)((~bits + 1) & UINT64_MAX >> (64 - 8 * bytes));
}

void npy_numbers(const struct npy *n, size_t first, size_t count, double *out) {
    for (size_t i = 0; i < count; i++) {
        unsigned char value[sizeof(double)];
        float narrow;
        npy_value(n, first + i, value);
        switch (n->type) {
        case NPY_DOUBLE: memcpy(&out[i], value, sizeof *out); break;
        case NPY_FLOAT:
        case NPY_HALF:
            npy_floats(n, first + i, 1, &narrow);
            out[i] = narrow;
            break;
        default: out[i] = npy_integer(value, npy_types[n->type].bytes, n->type >= NPY_INT8 && n->type <= NPY_INT64);
        }
    }
}

void npy_tell_shape(const struct npy *n, char out[NPY_SHAPE]) {
    size_t length = 0;
    out[0] = '\0';
    for (int i = 0; i < n->dims; i++)
        length += (size_t)snprintf(out + length, NPY_SHAPE - length, "%s%zu", i ? " x " : "", n->shape[i]);
}

/* ---- writing ------------------------------------------------------------------------------------- */

struct npy_writer {
    char *path;
    struct file *file;
    int dims;
    size_t shape[NPY_DIMS], row, count;
};

static int npy_writer_header(struct npy_writer *w, struct alexcl_error *err) {
    char text[HEADER + 1], shape[NPY_DIMS * 24] = "";
    for (int i = 0; i < w->dims; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%zu", i ? ", " : "",
                 i ? w->shape[i] : w->count / w->row);
    static const char magic[10] = "\x93NUMPY\x01\x00\x76"; /* 0x76, 0: the 118 bytes that follow */
    memcpy(text, magic, sizeof magic);
    int made = snprintf(text + 10, sizeof text - 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s%s), }",
                        shape, w->dims == 1 ? "," : "");
    if (made > HEADER - 11)
        return error_set(err, ALEXCL_E_OTHER, "%s: a shape of that many digits does not fit in the header", w->path);
    for (int i = 10 + made; i < HEADER; i++) text[i] = i == HEADER - 1 ? '\n' : ' ';
    return file_add(w->file, text, HEADER, err);
}

int npy_writer_open(const char *path, int dims, const size_t *shape, struct npy_writer **out,
                    struct alexcl_error *err) {
    struct npy_writer *w = calloc(1, sizeof *w);
    int status = ALEXCL_OK;
    if (!w || (w->path = strdup(path)) == NULL) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: writing %s", path);
        goto done;
    }
    w->dims = dims;
    w->row = 1;
    for (int i = 1; i < dims; i++) w->row *= w->shape[i] = shape[i];
    status = file_open(path, &w->file, err);
    if (status == ALEXCL_OK) status = npy_writer_header(w, err);
done:
    if (status == ALEXCL_OK)
        *out = w;
    else
        npy_writer_free(w);
    return status;
}

int npy_writer_expect(const struct npy_writer *w, size_t rows, struct alexcl_error *err) {
    uint64_t row = (uint64_t)w->row * sizeof(float);
    return file_expect(w->file, row && rows > (UINT64_MAX - HEADER) / row ? UINT64_MAX : HEADER + rows * row, err);
}

int npy_writer_add(struct npy_writer *w, const float *values, size_t count, struct alexcl_error *err) {
    int status = file_add(w->file, values, count * sizeof *values, err);
    if (status == ALEXCL_OK) w->count += count;
    return status;
}

void npy_writer_skip_sync(struct npy_writer *w) { file_skip_sync(w->file); }

int npy_writer_commit(struct npy_writer *w, struct alexcl_error *err) {
    assert(w->count % w->row == 0); /* whole rows: the header tells how many */
    int status = file_rewind(w->file, err);
    if (status == ALEXCL_OK) status = npy_writer_header(w, err);
    if (status == ALEXCL_OK) status = file_commit(w->file, err);
    return status;
}

void npy_writer_free(struct npy_writer *w) {
    if (!w) return;
    file_free(w->file);
    free(w->path);
    free(w);
}
