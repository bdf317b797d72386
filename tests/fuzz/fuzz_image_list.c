/* SPDX-License-Identifier: MIT */
/* The list of images. A line that is accepted, written in quotes, reads back as the same name and label; only with
 * control characters may the whole be another kind of file. */
#include <ctype.h>

#include "fuzz.h"
#include "image_list.h"

/* of a name: quoting doubles it, and a line has at most 64 KiB; of all names, quoted */
enum { LONGEST = 30000, TEXT = 1 << 20 };

static size_t put_quoted(char *out, const char *text) {
    size_t n = 0;
    out[n++] = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = '"';
    return n;
}

static int has_control(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (iscntrl((unsigned char)text[i]) && !isspace((unsigned char)text[i])) return 1;
    return 0;
}

/* Whether it can be written again as a line. */
static int check_entry(const struct image_list_entry *e) {
    FUZZ_CLAIM(e->path && e->shown && (!e->error || !e->label) && strlen(e->shown) <= 4096);
    if (e->error) {
        FUZZ_CLAIM(e->error[0]);
        return 0;
    }
    /* fuzz_file's is no file in a folder */
    FUZZ_CLAIM(e->path[0] && !strchr(e->path, '\n') && strncmp(e->path, e->shown, strlen(e->shown)) == 0);
    return strlen(e->path) <= LONGEST && (!e->label || strlen(e->label) <= LONGEST / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[TEXT];
    struct image_list list, again;
    struct alexcl_error err = {0};
    size_t used = 0, written = 0;
    int status = image_list_read(fuzz_file(0, data, size), &list, &err), before = 0;
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status != ALEXCL_OK) return 0;
    FUZZ_CLAIM(list.count <= size && 4 * size <= sizeof text); /* "a" and a new line for a; both quoted */
    for (size_t i = 0; i < list.count; i++) {
        struct image_list_entry *e = &list.entries[i];
        image_list_settle(e);
        FUZZ_CLAIM(!e->whole && (!e->label || strcmp(e->label, list.labels[e->label_id]) == 0));
        FUZZ_CLAIM(e->line > before);
        before = e->line;
        if (check_entry(e)) {
            written++;
            used += put_quoted(text + used, e->path);
            if (e->label) {
                text[used++] = ' ';
                used += put_quoted(text + used, e->label);
            }
        }
        text[used++] = '\n'; /* entry i is line i + 1, or an empty line */
    }
    if (written > 0) {
        status = image_list_read(fuzz_file(1, text, used), &again, &err);
        fuzz_check_answer(status, &err, has_control(text, used) ? fuzz_bad_data : (int[]){0});
    }
    if (written > 0 && status == ALEXCL_OK) {
        FUZZ_CLAIM(again.count == written);
        for (size_t i = 0; i < again.count; i++) {
            const struct image_list_entry *b = &again.entries[i];
            FUZZ_CLAIM(!b->error && b->line > 0 && (size_t)b->line <= list.count);
            const struct image_list_entry *e = &list.entries[b->line - 1];
            FUZZ_CLAIM(strcmp(b->path, e->path) == 0);
            FUZZ_CLAIM(!e->label == !b->label && (!e->label || strcmp(e->label, b->label) == 0));
        }
        image_list_free(&again);
    }
    image_list_cut(&list, list.count / 2);
    image_list_free(&list);
    FUZZ_CLAIM(list.count == 0);
    return 0;
}
