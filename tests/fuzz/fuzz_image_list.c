/* SPDX-License-Identifier: MIT */
/* The list of images. A line that is accepted, written in quotes, reads back as the same name and label. */
#include "fuzz.h"
#include "image_list.h"

enum {
    LONGEST = 30000, /* quoting doubles it, and a line has at most 64 KiB */
    AGAIN = 8        /* entries of a list that are written and read again, each through a file: lists of thousands of lines are common */
};

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

static void check_entry(const char *folder, const struct image_list_entry *e) {
    static char line[4 * LONGEST];
    size_t length = strlen(folder), used;
    struct image_list again;
    struct alexcl_error err = {0};
    FUZZ_CLAIM(e->path && e->shown && (!e->error || !e->label) && strlen(e->shown) <= 4096);
    if (e->error) {
        FUZZ_CLAIM(e->error[0]);
        return;
    }
    const char *name = e->path;
    FUZZ_CLAIM(name[0] == '/' && !strchr(name, '\n'));
    if (e->shown[0] != '/') {
        FUZZ_CLAIM(strncmp(name, folder, length) == 0 && name[length] == '/');
        name += length + 1;
    }
    FUZZ_CLAIM(name[0] && strncmp(name, e->shown, strlen(e->shown)) == 0);
    if (strlen(name) > LONGEST || (e->label && strlen(e->label) > LONGEST / 2)) return;
    used = put_quoted(line, name);
    if (e->label) {
        line[used++] = ' ';
        used += put_quoted(line + used, e->label);
    }
    int status = image_list_read(fuzz_file(1, line, used), &again, &err);
    fuzz_check_answer(status, &err, (int[]){0});
    FUZZ_CLAIM(again.count == 1 && !again.entries[0].error && again.entries[0].line == 1);
    const char *back = again.entries[0].path;
    if (e->shown[0] != '/') back += length + 1;
    FUZZ_CLAIM(strcmp(back, name) == 0);
    FUZZ_CLAIM(!e->label == !again.entries[0].label && (!e->label || strcmp(e->label, again.entries[0].label) == 0));
    image_list_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct image_list list;
    struct alexcl_error err = {0};
    int status = image_list_read(fuzz_file(0, data, size), &list, &err), before = 0;
    fuzz_check_answer(status, &err, fuzz_bad_data);
    if (status != ALEXCL_OK) return 0;
    FUZZ_CLAIM(list.count <= size);
    for (size_t i = 0; i < list.count; i++) {
        FUZZ_CLAIM(list.entries[i].line > before);
        before = list.entries[i].line;
        if (i % (list.count / AGAIN + 1) == 0) check_entry("/proc/self/fd", &list.entries[i]);
    }
    image_list_cut(&list, list.count / 2);
    image_list_free(&list);
    FUZZ_CLAIM(list.count == 0);
    return 0;
}
