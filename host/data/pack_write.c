/* SPDX-License-Identifier: MIT */
/* A block of pictures is decoded by threads, then written, so that the file has them in order and little is held in
 * memory. */
#include "pack_write.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cpus.h"
#include "files.h"
#include "json_text.h"
#include "memory.h"
#include "pack_file.h"
#include "status.h"

enum { LENGTH = PACK_FILE_LENGTH, BLOCK = 256, MAX_THREADS = 8 };

/* A JSON document as a JSON string, which takes it over; NULL where there is no memory. */
static json_t *pack_as_text(json_t *document) {
    char *text = json_text_dump(document, JSON_COMPACT);
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
    json_t *metadata = json_pack("{s:s, s:s, s:o}", "alexcl.pack", PACK_FILE_VERSION, "pack.classes", classes,
                                 "pack.sources", pack_as_text(pack_sources(set)));
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
    char *text = lost ? NULL : json_text_dump(all, JSON_COMPACT);
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

static int pack_labels(struct file *file, const struct data_set *set, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (size_t i = 0; set->labels && i < set->count && status == ALEXCL_OK; i += BLOCK) {
        int32_t labels[BLOCK];
        size_t count = set->count - i < BLOCK ? set->count - i : BLOCK;
        for (size_t k = 0; k < count; k++) labels[k] = set->labels[i + k];
        status = file_add(file, labels, count * sizeof *labels, err);
    }
    return status;
}

int pack_write(const char *path, const struct data_set *set, void (*progress)(size_t done, size_t count),
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
    TRY(pack_labels(file, set, err));
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
