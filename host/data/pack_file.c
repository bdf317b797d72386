/* SPDX-License-Identifier: MIT */
/* What is read is checked before it is used: the header is JSON, which says where labels and pictures lie; they must
 * fill the file exactly. */
#include "pack_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "json_text.h"
#include "memory.h"
#include "picture.h"
#include "printable.h"
#include "status.h"
#include "targets.h"

enum { LENGTH = PACK_FILE_LENGTH };
static const char version_now[] = PACK_FILE_VERSION;
static const char begins[] = "{\"__metadata__\":{\"alexcl.pack\":";

int pack_file_takes(const unsigned char *start, size_t length) {
    return length >= LENGTH + strlen(begins) && memcmp(start + LENGTH, begins, strlen(begins)) == 0;
}

void pack_file_free(struct pack_file *p) {
    if (p->mapping) munmap(p->mapping, p->length);
    for (size_t i = 0; p->names && i < p->classes; i++) free(p->names[i]);
    free(p->names);
    free(p->labels);
    free(p->note);
    *p = (struct pack_file){0};
}

/* ---- reading ------------------------------------------------------------------------------------- */

static int pack_damaged(const char *path, const char *what, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA, "%s: %s is not as `alexcl pack` writes it: make the file again", path, what);
}

/* The numbers of a JSON list, all from 0 to `most`; 0: it is none of so many. */
static int pack_numbers(const json_t *list, size_t count, json_int_t most, uint64_t *out) {
    if (json_array_size(list) != count) return 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(list, i);
        if (!json_is_integer(number) || json_integer_value(number) < 0 || json_integer_value(number) > most) return 0;
        out[i] = (uint64_t)json_integer_value(number);
    }
    return 1;
}

/* A tensor's shape and place in the data; 0: it is not of this type, or has not so many axes. */
static int pack_tensor(const json_t *tensor, const char *type, size_t dims, uint64_t *shape, uint64_t place[2]) {
    const char *own = json_string_value(json_object_get(tensor, "dtype"));
    return own && strcmp(own, type) == 0 && pack_numbers(json_object_get(tensor, "shape"), dims, INT32_MAX, shape) &&
           pack_numbers(json_object_get(tensor, "data_offsets"), 2, INT64_MAX, place);
}

/* A text of the metadata, which is JSON itself. */
static int pack_text(const json_t *metadata, const char *key, json_t **out, struct alexcl_error *err) {
    const char *text = json_string_value(json_object_get(metadata, key));
    json_error_t problem;
    *out = NULL;
    return text ? json_text_load(text, strlen(text), 0, "a packed data set", out, &problem, err) : ALEXCL_OK;
}

static int pack_read_names(struct pack_file *p, const char *path, const json_t *metadata, struct alexcl_error *err) {
    json_t *names = NULL;
    int status;
    TRY(pack_text(metadata, "pack.names", &names, err));
    if (!names) goto done;
    if (json_array_size(names) != p->classes) {
        status = pack_damaged(path, "the list of its classes", err);
        goto done;
    }
    TRY(memory_alloc(&p->names, p->classes, sizeof *p->names, "the names of the classes", err));
    for (size_t i = 0; i < p->classes; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        TRY(memory_copy_text(&p->names[i], name ? name : "", err));
    }
done:
    json_decref(names);
    return status;
}

void pack_file_state(const struct stat *info, json_int_t out[3]) {
    out[0] = (json_int_t)info->st_size;
    out[1] = (json_int_t)info->st_mtim.tv_sec;
    out[2] = (json_int_t)info->st_mtim.tv_nsec;
}

/* Each of the files that it was made of: as it was, or not there. */
static int pack_check_sources(struct pack_file *p, const char *path, const json_t *metadata, struct alexcl_error *err) {
    json_t *sources = NULL;
    size_t missing = 0, count;
    int status;
    TRY(pack_text(metadata, "pack.sources", &sources, err));
    count = json_array_size(sources);
    if (!json_is_array(sources)) status = pack_damaged(path, "the list of its sources", err);
    for (size_t i = 0; i < count && status == ALEXCL_OK; i++) {
        const json_t *source = json_array_get(sources, i);
        const char *name = json_string_value(json_array_get(source, 0));
        struct stat info;
        json_int_t now[3];
        if (!name || json_array_size(source) != 4) {
            status = pack_damaged(path, "the list of its sources", err);
        } else if (stat(name, &info) != 0) {
            missing++;
        } else {
            pack_file_state(&info, now);
            for (size_t k = 0; k < 3 && status == ALEXCL_OK; k++)
                if (json_integer_value(json_array_get(source, k + 1)) != now[k])
                    status =
                        error_set(err, ALEXCL_E_DATA, "%s: it was made of %.*s, which has changed since: make it again",
                                  path, printable_cut(name, 1000), name);
        }
    }
    if (status == ALEXCL_OK && missing) {
        char text[200];
        snprintf(text, sizeof text, "%zu of the %zu files that it was made of are not there: taken as it is", missing,
                 count);
        TRY(memory_copy_text(&p->note, text, err));
    }
done:
    json_decref(sources);
    return status;
}

static int pack_read_labels(struct pack_file *p, const char *path, const unsigned char *from,
                            struct alexcl_error *err) {
    int status = memory_alloc(&p->labels, p->count, sizeof *p->labels, "the labels", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < p->count; i++) {
        int32_t label;
        memcpy(&label, from + i * sizeof label, sizeof label);
        if (label < 0 || (size_t)label >= p->classes) return pack_damaged(path, "a label", err);
        p->labels[i] = label;
    }
    return ALEXCL_OK;
}

/* Everything but the bytes of the pictures. */
static int pack_parse(struct pack_file *p, const char *path, struct alexcl_error *err) {
    const unsigned char *bytes = p->mapping;
    uint64_t header = 0, shape[4], labels[1] = {0}, place[2], labels_place[2] = {0};
    json_t *all = NULL;
    json_error_t problem;
    int status = ALEXCL_OK;
    if (!pack_file_takes(bytes, p->length)) return pack_damaged(path, "its beginning", err);
    memcpy(&header, bytes, LENGTH);
    if (header > p->length - LENGTH) return pack_damaged(path, "the length of its header", err);
    size_t data = p->length - LENGTH - (size_t)header;
    TRY(json_text_load((const char *)bytes + LENGTH, (size_t)header, 0, "a packed data set", &all, &problem, err));
    const json_t *metadata = json_object_get(all, "__metadata__"), *tensor = json_object_get(all, "labels");
    const char *version = json_string_value(json_object_get(metadata, "alexcl.pack")),
               *classes = json_string_value(json_object_get(metadata, "pack.classes"));
    if (!version) {
        status = pack_damaged(path, "its header", err);
        goto done;
    }
    if (strcmp(version, version_now) != 0) {
        status =
            error_set(err, ALEXCL_E_DATA,
                      "%s: it was packed by another alexcl, which prepares pictures otherwise: make it again", path);
        goto done;
    }
    p->classes = classes && strlen(classes) < 9 && !classes[strspn(classes, "0123456789")] ? strtoul(classes, NULL, 10)
                                                                                           : SIZE_MAX;
    int sound = p->classes <= TARGETS_MOST && (!tensor || pack_tensor(tensor, "I32", 1, labels, labels_place)) &&
                pack_tensor(json_object_get(all, "pictures"), "U8", 4, shape, place);
    /* no product of these is too large for 64 bits */
    sound = sound && shape[0] > 0 && (shape[1] == 1 || shape[1] == 3) && shape[2] > 0 && shape[3] > 0 &&
            shape[2] <= PICTURE_MAX_SIDE && shape[3] <= PICTURE_MAX_SIDE && shape[2] * shape[3] <= PICTURE_MAX_PIXELS;
    uint64_t label_bytes = tensor ? 4 * labels[0] : 0;
    sound = sound && (!tensor || labels[0] == shape[0]) && labels_place[0] == 0 && labels_place[1] == label_bytes &&
            place[0] == label_bytes && place[1] == data && data >= label_bytes &&
            shape[0] * (shape[1] * shape[2] * shape[3]) == data - label_bytes;
    if (!sound) {
        status = pack_damaged(path, "its header", err);
        goto done;
    }
    p->count = (size_t)shape[0];
    p->channels = (int)shape[1];
    p->height = (int)shape[2];
    p->width = (int)shape[3];
    const unsigned char *first = bytes + LENGTH + header;
    p->pictures = first + label_bytes;
    if (tensor) TRY(pack_read_labels(p, path, first, err));
    TRY(pack_read_names(p, path, metadata, err));
    TRY(pack_check_sources(p, path, metadata, err));
done:
    json_decref(all);
    return status;
}

int pack_file_open(const char *path, struct pack_file *out, struct alexcl_error *err) {
    size_t length;
    int fd, status = files_open_input(path, "; name a packed data set", &fd, &length, err);
    *out = (struct pack_file){0};
    if (status != ALEXCL_OK) return status;
    void *mapping = length ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (length == 0) {
        status = pack_damaged(path, "its beginning", err);
    } else if (mapping == MAP_FAILED) {
        status = error_set(err, errno == ENOMEM ? ALEXCL_E_MEMORY : ALEXCL_E_DATA,
                           "%s: cannot be mapped into memory: %s", path, strerror(errno));
    } else {
        out->mapping = mapping;
        out->length = length;
        status = pack_parse(out, path, err);
    }
    close(fd);
    if (status != ALEXCL_OK) pack_file_free(out);
    return status;
}
