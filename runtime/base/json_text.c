/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <stdlib.h>

#include "memory.h"

int json_text_load(const char *text, size_t length, size_t flags, const char *what, json_t **out, json_error_t *problem,
                   struct alexcl_error *err) {
    *out = NULL;
    for (int attempt = 0; attempt < 2 && !*out; attempt++) {
        /* Jansson tells a lack of memory as a fault of the text: so there must be some, and the text be at fault
         * twice. */
        char *needed;
        int status = memory_alloc(&needed, length + 1, 8, what, err);
        if (status != ALEXCL_OK) return status;
        free(needed);
        *out = json_loadb(text, length, flags, problem);
    }
    return ALEXCL_OK;
}

static int json_text_add(const char *text, size_t length, void *to) {
    struct string_buffer *all = to;
    string_buffer_add(all, "%.*s", (int)length, text);
    return all->failed ? -1 : 0;
}

char *json_text_dump(const json_t *value, size_t flags) {
    struct string_buffer all = {0};
    if (value && json_dump_callback(value, json_text_add, &all, flags) == 0 && !all.failed) return all.text;
    string_buffer_free(&all);
    return NULL;
}
