/* SPDX-License-Identifier: MIT */
/* The parent's part of reading HDF5. The child's message stays as it came: texts and values are used where they stand
 * in it. It is gone through twice, to count and to fill, and every length is held against what is left. */
#include "h5_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "h5_write.h"

#define SAVE_AGAIN "model.save_weights('NEW.weights.h5'), by Keras 3, writes one that is read"

struct h5_reader {
    const unsigned char *start, *at, *end;
    const unsigned char *bytes; /* of the file */
    size_t length;
    uint64_t objects;
    const char *why; /* it cannot be read, as the child says */
};

/* ---- pieces of a message ------------------------------------------------------------------------ */

static int h5_take(struct h5_reader *r, void *out, size_t count) {
    if (count > (size_t)(r->end - r->at)) return 0;
    memcpy(out, r->at, count);
    r->at += count;
    return 1;
}

static int h5_take_text(struct h5_reader *r, size_t most, const char **out) {
    uint32_t length;
    if (!h5_take(r, &length, sizeof length) || length > most || (size_t)(r->end - r->at) <= length ||
        r->at[length] != 0 || memchr(r->at, 0, length))
        return 0;
    *out = (const char *)r->at;
    r->at += (size_t)length + 1;
    return 1;
}

static int h5_take_attribute(struct h5_reader *r, struct h5_attribute *a) {
    uint32_t count;
    const char *text;
    if (!h5_take_text(r, H5_MOST_PATH, &a->path) || !h5_take_text(r, H5_MOST_PATH, &a->name) ||
        !h5_take(r, &count, sizeof count) || count > H5_MOST_TEXTS)
        return 0;
    a->count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (!h5_take_text(r, H5_MOST_TEXT, &text)) return 0;
        if (i == 0) a->texts = text;
    }
    return 1;
}

static int h5_take_shape(struct h5_reader *r, struct h5_dataset *d, uint64_t *values) {
    uint32_t axes;
    uint64_t size;
    *values = 1;
    if (!h5_take(r, &axes, sizeof axes) || axes > H5_MOST_AXES) return 0;
    d->dims = (int)axes;
    for (uint32_t i = 0; i < axes; i++) {
        if (!h5_take(r, &size, sizeof size)) return 0;
        if (d->type != SOURCE_OTHER && size && *values > ((uint64_t)1 << 48) / size) return 0;
        if (d->type != SOURCE_OTHER) *values *= size;
        if (i < 4) d->shape[i] = size;
    }
    return 1;
}

static int h5_take_dataset(struct h5_reader *r, struct h5_dataset *d) {
    unsigned char type, where;
    uint64_t offset, values;
    if (!h5_take_text(r, H5_MOST_PATH, &d->path) || !h5_take(r, &d->address, sizeof d->address) ||
        !h5_take(r, &type, 1) || type > SOURCE_OTHER || !h5_take_text(r, SOURCE_SHOWN, &d->type_name))
        return 0;
    d->type = type;
    if (!h5_take_shape(r, d, &values) || !h5_take(r, &where, 1) || !h5_take(r, &d->bytes, sizeof d->bytes) ||
        d->bytes != (d->type == SOURCE_OTHER ? 0 : values * source_width(d->type)) ||
        (where == H5_NOWHERE) != (d->type == SOURCE_OTHER))
        return 0;
    if (where == H5_NOWHERE) return 1;
    if (where == H5_IN_FILE) {
        if (!h5_take(r, &offset, sizeof offset) || offset > r->length || d->bytes > r->length - offset) return 0;
        d->data = r->bytes + offset;
        return 1;
    }
    size_t padding = (size_t)(8 - (r->at - r->start) % 8) % 8;
    if (where != H5_HERE || padding > (size_t)(r->end - r->at) || d->bytes > (size_t)(r->end - r->at) - padding)
        return 0;
    d->data = r->at + padding;
    r->at += padding + d->bytes;
    return 1;
}

/* Goes through a message; fills the lists where they are there, and counts. Whether it is one. */
static int h5_take_all(struct h5_reader *r, struct h5_list *out) {
    char begin[sizeof H5_BEGIN - 1], tag;
    out->attribute_count = out->dataset_count = 0;
    if (!h5_take(r, begin, sizeof begin) || memcmp(begin, H5_BEGIN, sizeof begin) != 0) return 0;
    for (;;) {
        struct h5_attribute attribute = {0};
        struct h5_dataset dataset = {0};
        if (!h5_take(r, &tag, 1) || ++r->objects > (uint64_t)8 * H5_MOST_OBJECTS) return 0;
        if (tag == 'a') {
            if (!h5_take_attribute(r, &attribute)) return 0;
            if (out->attributes) out->attributes[out->attribute_count] = attribute;
            out->attribute_count++;
        } else if (tag == 'd') {
            if (!h5_take_dataset(r, &dataset)) return 0;
            if (out->datasets) out->datasets[out->dataset_count] = dataset;
            out->dataset_count++;
        } else if (tag == 'e') {
            if (!h5_take_text(r, H5_MOST_PATH, &r->why)) return 0;
        } else {
            return tag == '.' && r->at == r->end;
        }
    }
}

/* ---- finding ------------------------------------------------------------------------------------ */

static int h5_by_path(const void *a, const void *b) {
    return strcmp(((const struct h5_dataset *)a)->path, ((const struct h5_dataset *)b)->path);
}

static int h5_by_name(const void *a, const void *b) {
    const struct h5_attribute *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : strcmp(x->name, y->name);
}

const struct h5_dataset *h5_list_dataset(const struct h5_list *list, const char *path) {
    struct h5_dataset key = {.path = path};
    return list->dataset_count ? bsearch(&key, list->datasets, list->dataset_count, sizeof *list->datasets, h5_by_path)
                               : NULL;
}

const struct h5_attribute *h5_list_attribute(const struct h5_list *list, const char *path, const char *name) {
    struct h5_attribute key = {.path = path, .name = name};
    return list->attribute_count
               ? bsearch(&key, list->attributes, list->attribute_count, sizeof *list->attributes, h5_by_name)
               : NULL;
}

const char *h5_list_text(const struct h5_list *list, const char *path, const char *name) {
    const struct h5_attribute *a = h5_list_attribute(list, path, name);
    return a && a->count == 1 ? a->texts : NULL;
}

const char *h5_list_next(const char *text) { return text + strlen(text) + 1 + sizeof(uint32_t); }

/* ---- reading ------------------------------------------------------------------------------------ */

void h5_list_free(struct h5_list *list) {
    free(list->attributes);
    free(list->datasets);
    free(list->message);
    *list = (struct h5_list){0};
}

/* Whether no two things have the same name, so that each is found; lists are in order from here on. */
static int h5_sort(struct h5_list *list) {
    qsort(list->datasets, list->dataset_count, sizeof *list->datasets, h5_by_path);
    qsort(list->attributes, list->attribute_count, sizeof *list->attributes, h5_by_name);
    for (size_t i = 1; i < list->dataset_count; i++)
        if (h5_by_path(&list->datasets[i - 1], &list->datasets[i]) == 0) return 0;
    for (size_t i = 1; i < list->attribute_count; i++)
        if (h5_by_name(&list->attributes[i - 1], &list->attributes[i]) == 0) return 0;
    return 1;
}

int h5_list_parse(unsigned char *message, size_t message_length, const unsigned char *bytes, size_t length,
                  const char *path, struct h5_list *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char shown[SOURCE_SHOWN];
    struct h5_reader start = {message, message, message + message_length, bytes, length, 0, NULL}, r = start;
    *out = (struct h5_list){.message = message};
    int good = h5_take_all(&r, out);
    if (good && r.why) {
        status =
            error_set(err, ALEXCL_E_DATA, "%s: as an HDF5 file it is damaged (libhdf5: %s); make or fetch it again",
                      path, source_show(r.why, shown));
        goto done;
    }
    if (good) {
        TRY(memory_alloc(&out->attributes, out->attribute_count, sizeof *out->attributes, "a file's attributes", err));
        TRY(memory_alloc(&out->datasets, out->dataset_count, sizeof *out->datasets, "a file's tensors", err));
        r = start;
        good = h5_take_all(&r, out) && h5_sort(out);
    }
    if (!good)
        status = error_set(err, ALEXCL_E_DATA, "%s: libhdf5 failed on it (what it told ends, or is none); " SAVE_AGAIN,
                           path);
done:
    return status;
}

int h5_list_read(const unsigned char *bytes, size_t length, const char *path, struct h5_list *out,
                 struct alexcl_error *err) {
    /* A tensor is unpacked whole; a hostile file would have libhdf5 take all there is. */
    const struct child_limits limits = {
        .seconds = 60, .memory = ((uint64_t)512 << 20) + 4 * (uint64_t)length, .most = (uint64_t)8 << 30};
    struct h5_file file = {bytes, length};
    unsigned char *message = NULL;
    size_t message_length = 0;
    char how[CHILD_HOW];
    int status = child_run(h5_write_message, &file, &limits, &message, &message_length, how, err);
    *out = (struct h5_list){0};
    if (status != ALEXCL_OK) {
        if (status != ALEXCL_E_INTERRUPTED) error_prefix(err, "%s: ", path);
        return status;
    }
    if (how[0]) {
        free(message);
        return error_set(err, ALEXCL_E_DATA, "%s: libhdf5 failed on it (%s); " SAVE_AGAIN, path, how);
    }
    return h5_list_parse(message, message_length, bytes, length, path, out, err);
}
