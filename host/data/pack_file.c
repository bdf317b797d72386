/* SPDX-License-Identifier: MIT */
/* What is read is checked before it is used: the header is JSON, which says where labels and pictures lie; they must
 * fill the file exactly. A block of pictures is decoded by threads, then written, so that the file has them in order
 * and little is held in memory. */
#include "pack_file.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpus.h"
#include "files.h"
#include "json_text.h"
#include "memory.h"
#include "picture.h"
#include "printable.h"
#include "status.h"
#include "targets.h"

enum { LENGTH = 8 /* bytes of the header's length */, BLOCK = 256, MAX_THREADS = 8 };
static const char version_now[] = "1"; /* another one where pictures are prepared otherwise */
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

/* Size, seconds and nanoseconds of the last change. */
static void pack_file_state(const struct stat *info, json_int_t out[3]) {
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

/* ---- writing ------------------------------------------------------------------------------------- */

/* A JSON document as a JSON string, which takes it over; NULL where there is no memory. */
static json_t *pack_as_text(json_t *document) {
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_t *string = text ? json_string(text) : NULL;
    json_decref(document);
    free(text);
    return string;
}

static json_t *pack_sources(const struct data_set *set) {
    json_t *list = json_array();
    const char *name;
    int lost = !list;
    for (size_t i = 0; !lost && (name = data_set_file(set, i)) != NULL; i++) {
        char whole[PATH_MAX];
        struct stat info;
        json_int_t state[3];
        if (stat(name, &info) != 0 || !S_ISREG(info.st_mode)) continue;
        pack_file_state(&info, state);
        /* a name that is no UTF-8 cannot stand there: it is not watched */
        json_t *text = json_string(realpath(name, whole) ? whole : name);
        if (text) lost = json_array_append_new(list, json_pack("[o,I,I,I]", text, state[0], state[1], state[2])) != 0;
    }
    if (!lost) return list;
    json_decref(list);
    return NULL;
}

static json_t *pack_names(const struct data_set *set) {
    json_t *list = json_array();
    int lost = !list;
    for (size_t i = 0; i < set->classes && !lost; i++) {
        json_t *name = json_string(set->names[i]);
        lost = json_array_append_new(list, name ? name : json_string("")) != 0;
    }
    if (!lost) return list;
    json_decref(list);
    return NULL;
}

static size_t pack_picture_bytes(const struct data_set *set) {
    return (size_t)set->channels * (size_t)set->height * (size_t)set->width;
}

/* The header, padded with blanks so that what follows is aligned to 8 bytes. */
static int pack_header(const struct data_set *set, struct string_buffer *out, struct alexcl_error *err) {
    char classes[32];
    json_int_t labels = set->labels ? (json_int_t)(4 * set->count) : 0,
               end = labels + (json_int_t)(set->count * pack_picture_bytes(set));
    snprintf(classes, sizeof classes, "%zu", set->classes);
    json_t *metadata = json_pack("{s:s, s:s, s:o}", "alexcl.pack", version_now, "pack.classes", classes, "pack.sources",
                                 pack_as_text(pack_sources(set)));
    if (metadata && set->names && json_object_set_new(metadata, "pack.names", pack_as_text(pack_names(set))) != 0) {
        json_decref(metadata);
        metadata = NULL;
    }
    json_t *all = json_pack("{s:o}", "__metadata__", metadata);
    json_t *tensor = json_pack("{s:s, s:[I], s:[I,I]}", "dtype", "I32", "shape", (json_int_t)set->count, "data_offsets",
                               (json_int_t)0, labels);
    int lost = !all || !tensor;
    if (set->labels && !lost)
        lost = json_object_set_new(all, "labels", tensor) != 0;
    else
        json_decref(tensor);
    lost = lost ||
           json_object_set_new(all, "pictures",
                               json_pack("{s:s, s:[I,i,i,i], s:[I,I]}", "dtype", "U8", "shape", (json_int_t)set->count,
                                         set->channels, set->height, set->width, "data_offsets", labels, end)) != 0;
    char *text = lost ? NULL : json_dumps(all, JSON_COMPACT);
    json_decref(all);
    if (text) string_buffer_add(out, "%s", text);
    while (text && !out->failed && (LENGTH + out->length) % 8) string_buffer_add(out, " ");
    lost = !text || out->failed;
    free(text);
    return lost ? error_set(err, ALEXCL_E_MEMORY, "out of host memory: a packed data set") : ALEXCL_OK;
}

/* Pictures that are decoded side by side. */
struct block {
    const struct data_set *set;
    size_t first, count, taken;
    unsigned char *bytes;
    pthread_mutex_t lock;
    size_t failed; /* the first picture that did */
    struct alexcl_error error;
};

static void *pack_work(void *argument) {
    struct block *b = argument;
    size_t one = pack_picture_bytes(b->set);
    pthread_mutex_lock(&b->lock);
    while (b->taken < b->count) {
        size_t at = b->taken++;
        struct alexcl_error err = {0};
        pthread_mutex_unlock(&b->lock);
        (void)data_set_image(b->set, b->first + at, b->bytes + at * one, &err);
        pthread_mutex_lock(&b->lock);
        if (err.status == ALEXCL_OK || (b->error.status != ALEXCL_OK && b->failed < at)) continue;
        b->failed = at;
        b->error = err;
        b->taken = b->count; /* those before it are taken */
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static int pack_block(struct block *b, struct alexcl_error *err) {
    pthread_t threads[MAX_THREADS];
    int count = 0, wanted = cpus_count();
    if (wanted > MAX_THREADS) wanted = MAX_THREADS;
    while (count < wanted - 1 && pthread_create(&threads[count], NULL, pack_work, b) == 0) count++;
    (void)pack_work(b);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    return b->error.status == ALEXCL_OK ? ALEXCL_OK : error_copy(err, &b->error);
}

static int pack_write_labels(struct file *file, const struct data_set *set, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; set->labels && i < set->count && status == ALEXCL_OK; i += BLOCK) {
        int32_t labels[BLOCK];
        size_t count = set->count - i < BLOCK ? set->count - i : BLOCK;
        for (size_t k = 0; k < count; k++) labels[k] = set->labels[i + k];
        status = file_add(file, labels, count * sizeof *labels, err);
    }
    return status;
}

int pack_file_write(const char *path, const struct data_set *set, void (*progress)(size_t done, size_t count),
                    struct alexcl_error *err) {
    struct string_buffer header = {0};
    struct file *file = NULL;
    struct block b = {.set = set};
    size_t one = pack_picture_bytes(set);
    int status;
    pthread_mutex_init(&b.lock, NULL);
    TRY(pack_header(set, &header, err));
    TRY(file_open(path, &file, err));
    TRY(file_expect(file, LENGTH + header.length + set->count * (one + 4), err));
    TRY(memory_alloc(&b.bytes, one, BLOCK, "pictures to pack", err));
    uint64_t length = header.length;
    TRY(file_add(file, &length, LENGTH, err));
    TRY(file_add(file, header.text, header.length, err));
    TRY(pack_write_labels(file, set, err));
    for (; b.first < set->count; b.first += b.count) {
        b.count = set->count - b.first < BLOCK ? set->count - b.first : BLOCK;
        b.taken = 0;
        if (progress) progress(b.first, set->count);
        TRY(pack_block(&b, err));
        TRY(file_add(file, b.bytes, b.count * one, err));
    }
    TRY(file_commit(file, err));
done:
    file_free(file);
    free(b.bytes);
    string_buffer_free(&header);
    pthread_mutex_destroy(&b.lock);
    return status;
}
