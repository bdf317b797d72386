/* SPDX-License-Identifier: MIT */
/* A file of weights is mapped, and read by the first format that takes it for its own; from then on formats make no
 * difference: values are found, converted and given back by where they lie. */
#include "source.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "fp16.h"
#include "log.h"
#include "kinds.h"
#include "memory.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are little-endian, and are used as they are");

#define SOURCE_ROW(format) &(format),
static const struct source_format *const formats[] = {SOURCE_FORMATS(SOURCE_ROW)};

const char *source_show(const char *text, char out[SOURCE_SHOWN]) {
    size_t i = 0;
    for (; text[i] && i + 1 < SOURCE_SHOWN; i++) {
        out[i] = text[i];
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) out[i] = '?';
    }
    out[i] = '\0';
    if (text[i]) memcpy(out + SOURCE_SHOWN - 4, "...", 4);
    return out;
}

void source_make_plain(char *name) {
    for (; *name; name++)
        if ((unsigned char)*name <= ' ' || (unsigned char)*name >= 0x7f) *name = '_';
}

const char *source_show_shape(int dims, const uint64_t shape[4], char out[SOURCE_SHOWN]) {
    size_t used = 0;
    snprintf(out, SOURCE_SHOWN, "scalar");
    for (int i = 0; i < dims && i < 4; i++)
        used += (size_t)snprintf(out + used, SOURCE_SHOWN - used, "%s%llu", i ? "x" : "", (unsigned long long)shape[i]);
    if (dims > 4) snprintf(out + used, SOURCE_SHOWN - used, "x... (%d axes)", dims);
    return out;
}

int source_parse(const unsigned char *bytes, size_t length, const char *path, struct source **out,
                 struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source *s = NULL;
    size_t i = 0;
    while (i + 1 < sizeof formats / sizeof formats[0] && !formats[i]->probe(bytes, length)) i++; /* else the last */
    TRY(memory_alloc(&s, 1, sizeof *s, "a file of weights", err));
    s->format = formats[i];
    TRY(s->format->parse(bytes, length, path, s, err));
    if (!s->kind) s->kind = s->format->name;
    if (s->done.failed || s->told.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: what was translated of %s", path);
        goto done;
    }
    *out = s;
    s = NULL;
done:
    source_free(s);
    return status;
}

int source_open(const char *path, struct source **out, struct alexcl_error *err) {
    void *mapping = MAP_FAILED;
    size_t length;
    int fd, status = files_open_input(path, "; name a file of weights", &fd, &length, err);
    if (status != ALEXCL_OK) return status;
    if (length == 0) {
        status = error_set(err, ALEXCL_E_DATA, "%s: an empty file, no weights", path);
        goto done;
    }
    mapping = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapping == MAP_FAILED) {
        status = error_set(err, errno == ENOMEM ? ALEXCL_E_MEMORY : ALEXCL_E_DATA,
                           "%s: cannot be mapped into memory: %s", path, strerror(errno));
        goto done;
    }
    TRY(source_parse(mapping, length, path, out, err));
    (*out)->mapping = mapping;
    (*out)->mapping_length = length;
    mapping = MAP_FAILED;
done:
    if (mapping != MAP_FAILED) munmap(mapping, length);
    close(fd);
    return status;
}

const char *source_kind(const char *path) {
    unsigned char start[KINDS_START];
    size_t length = 0;
    FILE *file = fopen(path, "rb");
    if (file) {
        length = fread(start, 1, sizeof start, file);
        (void)fclose(file);
    }
    return kinds_weights(kinds_of(start, length));
}

void source_free(struct source *s) {
    if (!s) return;
    if (s->own) s->format->release(s->own);
    free(s->tensors);
    free(s->pairs);
    string_buffer_free(&s->done);
    string_buffer_free(&s->told);
    if (s->mapping) munmap(s->mapping, s->mapping_length);
    for (size_t i = 0; i < s->beside_count; i++) munmap(s->beside[i].bytes, s->beside[i].length);
    free(s->beside);
    free(s);
}

const struct source_tensor *source_find(const struct source *s, const char *name) {
    for (size_t i = 0; i < s->tensor_count; i++)
        if (strcmp(s->tensors[i].name, name) == 0) return &s->tensors[i];
    return NULL;
}

void source_tell(const struct source *s, const char *path) {
    for (const char *end, *line = s->told.text; line && (end = strchr(line, '\n')); line = end + 1)
        log_write(ALEXCL_LOG_WARNING, "%s: %.*s", path, (int)(end - line), line);
}

static int source_by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int source_check_names(const struct source *s, const char *path, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    const char **names;
    int status = memory_alloc(&names, s->tensor_count, sizeof *names, "names of tensors", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < s->tensor_count; i++) names[i] = s->tensors[i].name;
    qsort(names, s->tensor_count, sizeof *names, source_by_name);
    for (size_t i = 1; i < s->tensor_count && status == ALEXCL_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = error_set(err, ALEXCL_E_DATA, "%s: tensor %s: it is there twice; make or fetch the file again",
                               path, source_show(names[i], shown));
    free(names);
    return status;
}

void source_let_go(const struct source *s, const void *from, size_t bytes) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)from, end = first + bytes;
    const struct source_mapping own = {s->mapping, s->mapping_length}, *mapping = &own;
    /* What a format unpacked stands elsewhere, and nothing would bring it back. */
    for (size_t i = 0;
         !mapping->bytes || first < (uintptr_t)mapping->bytes || end > (uintptr_t)mapping->bytes + mapping->length;
         i++) {
        if (i == s->beside_count) return;
        mapping = &s->beside[i];
    }
    first = (first + page - 1) / page * page; /* whole pages only: the others hold the neighbours too */
    end = end / page * page;
    if (end > first) madvise((void *)first, end - first, MADV_DONTNEED);
}

static float source_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

unsigned source_width(enum source_type type) {
    static const unsigned width[] = {
        [SOURCE_F32] = 4, [SOURCE_F16] = 2, [SOURCE_BF16] = 2, [SOURCE_F64] = 8, [SOURCE_OTHER] = 0};
    return width[type];
}

/* `count` values, each `stride` behind the one before, from the `first` in memory. */
static void source_read_row(const struct source_tensor *t, uint64_t first, uint64_t stride, size_t count, float *out) {
    unsigned width = source_width(t->type);
    const unsigned char *at = t->data + first * width;
    if (t->type == SOURCE_F32 && stride == 1) {
        memcpy(out, at, count * sizeof(float));
        return;
    }
    for (size_t i = 0; i < count; i++, at += stride * width) {
        uint16_t bits;
        double wide;
        if (t->type == SOURCE_F32) {
            memcpy(&out[i], at, sizeof out[i]);
        } else if (t->type == SOURCE_F64) {
            memcpy(&wide, at, sizeof wide);
            out[i] = (float)wide;
        } else {
            memcpy(&bits, at, sizeof bits);
            out[i] = t->type == SOURCE_F16 ? fp16_to_float(bits) : source_from_bits((uint32_t)bits << 16);
        }
    }
}

void source_read(const struct source_tensor *t, uint64_t first, size_t count, float *out) {
    assert(t->type != SOURCE_OTHER && first + count <= t->bytes / source_width(t->type));
    if (!t->strided) {
        source_read_row(t, first, 1, count, out);
        return;
    }
    int last = t->dims - 1;
    while (count > 0) { /* to the end of a row of the last axis */
        uint64_t rest = first, at = 0, left = t->shape[last] - first % t->shape[last];
        for (int d = last; d >= 0; d--) {
            at += rest % t->shape[d] * t->stride[d];
            rest /= t->shape[d];
        }
        size_t some = left < count ? (size_t)left : count;
        source_read_row(t, at, t->stride[last], some, out);
        first += some;
        count -= some;
        out += some;
    }
}

const float *source_in_place(const struct source_tensor *t, uint64_t first) {
    if (t->type != SOURCE_F32 || t->strided || (uintptr_t)t->data % _Alignof(float) != 0) return NULL;
    return (const float *)(const void *)t->data + first;
}
