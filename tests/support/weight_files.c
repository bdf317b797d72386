/* SPDX-License-Identifier: MIT */
#include "weight_files.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "support.h"

static int written; /* files of this process so far */

static char *weight_file_name(int number) {
    static char name[64];
    snprintf(name, sizeof name, "weights_%ld_%d.safetensors", (long)getpid(), number);
    return name;
}

unsigned char *weight_file_bytes(const char *header, const void *data, size_t data_length, size_t *length) {
    size_t header_length = strlen(header);
    *length = 8 + header_length + data_length;
    unsigned char *bytes = malloc(*length);
    ck_assert(bytes != NULL);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((unsigned long long)header_length >> 8 * i);
    memcpy(bytes + 8, header, header_length);
    for (size_t i = 0; i < data_length; i++)
        bytes[8 + header_length + i] = data ? ((const unsigned char *)data)[i] : (unsigned char)i;
    return bytes;
}

const char *weight_file_write(const void *bytes, size_t length) {
    struct alexcl_error err = {0};
    char *name = weight_file_name(written++);
    EXPECT_OK(files_replace(name, bytes, length, &err), err);
    return name;
}

const char *weight_file_with(const char *path, const char *key, const char *value) {
    struct alexcl_error err = {0};
    unsigned char *old;
    size_t length, header_length = 0;
    EXPECT_OK(files_read(path, (size_t)1 << 30, &old, &length, &err), err);
    for (int i = 0; i < 8; i++) header_length |= (size_t)old[i] << 8 * i;
    json_t *header = json_loadb((const char *)old + 8, header_length, 0, NULL),
           *metadata = json_object_get(header, "__metadata__");
    ck_assert(header && metadata);
    if (!key)
        json_object_del(header, "__metadata__");
    else if (value)
        json_object_set_new(metadata, key, json_string(value));
    else
        json_object_del(metadata, key);
    char *text = json_dumps(header, JSON_COMPACT);
    size_t new_length;
    unsigned char *bytes = weight_file_bytes(text, old + 8 + header_length, length - 8 - header_length, &new_length);
    const char *name = weight_file_write(bytes, new_length);
    free(bytes);
    free(text);
    json_decref(header);
    free(old);
    return name;
}

void weight_files_remove(void) {
    while (written > 0) remove(weight_file_name(--written));
}
