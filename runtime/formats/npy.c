/* SPDX-License-Identifier: MIT */
/* NumPy's .npy format, versions 1 to 3: a magic number, a Python literal that tells type, order and shape, then the
 * values. The literal is read by a small parser of the forms that NumPy and other writers leave. float32 alone is read,
 * in this machine's order of bytes; what is something else is named, with the call that converts it. */
#include "npy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "status.h"

/* written: always 128 bytes, so that the number of rows can be put in at the end */
enum { HEADER = 128, MAX_HEADER = 1 << 16 };

void npy_free(struct npy *n) {
    free(n->values);
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

/* float32 in this machine's order of bytes, which is little-endian: '<f4', and as older NumPy and other writers have
 * it. */
static int npy_is_float32(const char *type) {
    static const char *const names[] = {"f4", "f", "float32"};
    type += *type == 'u'; /* a text of Python 2 may be marked so */
    char quote = *type;
    if (quote != '\'' && quote != '"') return 0;
    type += 1;
    if (*type == '<' || *type == '=' || *type == '|') type++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(type, names[i], length) == 0 && type[length] == quote) return 1;
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
            (n && out->count > SIZE_MAX / sizeof(float) / n))
            return 0;
        out->shape[out->dims++] = (size_t)n;
        out->count *= (size_t)n;
        at = end + (*end == 'L');
    }
}

static int npy_foreign(const char *path, FILE *file, struct alexcl_error *err) {
    unsigned char start[KINDS_START];
    rewind(file);
    const struct kind *kind = kinds_of(start, fread(start, 1, sizeof start, file));
    if (!kind) return error_set(err, ALEXCL_E_DATA, "%s: not a .npy file", path);
    return error_set(err, ALEXCL_E_DATA, "%s: is %s, not a .npy file; %s", path, kind->name,
                     kind->advice ? kind->advice : "numpy.save writes one");
}

static int npy_parse(const char *path, FILE *file, uint64_t size, struct npy *out, struct alexcl_error *err) {
    unsigned char start[12];
    char header[MAX_HEADER + 1];
    if (fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY", 6) != 0) return npy_foreign(path, file, err);
    if (start[6] < 1 || start[6] > 3)
        return error_set(err, ALEXCL_E_DATA, "%s: .npy format %d is not known", path, start[6]);
    size_t length = start[8] | (size_t)start[9] << 8, at = 10;
    if (start[6] >= 2) {
        if (fread(start + 10, 1, 2, file) != 2) return error_set(err, ALEXCL_E_DATA, "%s: ends in its header", path);
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
        at = 12;
    }
    if (length > MAX_HEADER || fread(header, 1, length, file) != length)
        return error_set(err, ALEXCL_E_DATA, "%s: ends in its header, or the header is too long", path);
    header[length] = '\0';
    const char *type = npy_key(header, "descr"), *order = npy_key(header, "fortran_order"),
               *shape = npy_key(header, "shape");
    if (!type || !order || !shape)
        return error_set(err, ALEXCL_E_DATA, "%s: its header lacks descr, fortran_order or shape", path);
    if (!npy_is_float32(type))
        return error_set(err, ALEXCL_E_DATA, "%s: holds %.*s; float32 is read: x.astype('<f4')", path,
                         (int)strcspn(type, ",}"), type);
    if (strncmp(order, "False", 5) != 0)
        return error_set(err, ALEXCL_E_DATA, "%s: is in Fortran order; C order is read: numpy.ascontiguousarray(x)",
                         path);
    if (!npy_shape(shape, out)) return error_set(err, ALEXCL_E_DATA, "%s: its shape cannot be read", path);
    if (size - at - length != (uint64_t)out->count * sizeof(float))
        return error_set(err, ALEXCL_E_DATA, "%s: has %llu bytes of values where its shape wants %llu", path,
                         (unsigned long long)(size - at - length), (unsigned long long)out->count * sizeof(float));
    return ALEXCL_OK;
}

int npy_read(const char *path, struct npy *out, struct alexcl_error *err) {
    *out = (struct npy){0};
    size_t size;
    int fd, status = files_open_input(path, "", &fd, &size, err);
    if (status != ALEXCL_OK) return status;
    FILE *file = fdopen(fd, "rb");
    if (!file) {
        close(fd);
        return error_set(err, ALEXCL_E_OTHER, "%s: %s", path, strerror(errno));
    }
    status = npy_parse(path, file, size, out, err);
    if (status == ALEXCL_OK && (out->values = malloc(out->count ? out->count * sizeof(float) : 1)) == NULL)
        status = error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory for %zu values", path, out->count);
    if (status == ALEXCL_OK && fread(out->values, sizeof(float), out->count, file) != out->count)
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", path,
                           ferror(file) ? strerror(errno) : "became shorter while it was read");
    (void)fclose(file);
    if (status != ALEXCL_OK) npy_free(out);
    return status;
}

int npy_read_images(const char *path, const struct alexcl_model *model, struct npy *out, struct alexcl_error *err) {
    int status = npy_read(path, out, err);
    if (status != ALEXCL_OK) return status;
    const size_t *s = out->shape;
    if (out->dims == 4 && s[0] > 0 && s[1] == (size_t)model->channels && s[2] == (size_t)model->height &&
        s[3] == (size_t)model->width)
        return ALEXCL_OK;
    char shape[NPY_DIMS * 24] = "";
    for (int i = 0; i < out->dims; i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%zu", i ? " x " : "", s[i]);
    npy_free(out);
    return error_set(err, ALEXCL_E_DATA, "%s is %s; model %s takes N x %d x %d x %d", path, shape, model->name,
                     model->channels, model->height, model->width);
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
