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
