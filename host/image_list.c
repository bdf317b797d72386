/* SPDX-License-Identifier: MIT */
#include "image_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"

enum { LINE_MOST = 65536, LINE_ROOM = LINE_MOST + 5 }; /* room: a byte order mark in front, CR and 0 behind */

void image_list_cut(struct image_list *list, size_t count) {
    while (list->count > count) {
        const struct image_list_entry *e = &list->entries[--list->count];
        free(e->path);
        free(e->shown);
        free(e->label);
        free(e->error);
    }
}

void image_list_free(struct image_list *list) {
    image_list_cut(list, 0);
    free(list->entries);
    *list = (struct image_list){0};
}

/* Takes the next field off *at: "quoted", with \" and \\ inside, or up to a blank. 1: there is one; 0: the line's end; -1: a bad one, *why set. */
static int image_list_field(char **at, char *out, const char **why) {
    char *from = *at + strspn(*at, " \t");
    if (*from == '\0' || *from == '#') return 0;
    if (*from == '"') {
        for (from++; *from && *from != '"'; from++) {
            if (*from == '\\' && (from[1] == '"' || from[1] == '\\')) from++;
            *out++ = *from;
        }
        if (*from != '"') {
            *why = "a quote is not closed";
            return -1;
        }
        from++;
        if (*from && *from != ' ' && *from != '\t') {
            *why = "something stands right behind the closing quote";
            return -1;
        }
    } else {
        while (*from && *from != ' ' && *from != '\t') *out++ = *from++;
    }
    *out = '\0';
    *at = from;
    return 1;
}

/* Reads one line, `length` long in the file and cut to LINE_ROOM - 1 here, into an entry; 0: the line names nothing; -1: out of memory. */
static int image_list_line(char *line, size_t length, const char *folder, int number, struct image_list_entry *e) {
    size_t most = strlen(line) + 1;
    char *at = line, *name = malloc(most), *label = malloc(most), *rest = malloc(most);
    const char *why = NULL;
    int made = -1, fields = 0;
    *e = (struct image_list_entry){.line = number};
    if (!name || !label || !rest) goto done;
    made = 0;
    name[0] = '\0';
    if (most != length + 1) why = "a zero byte stands in it";
    if (length > LINE_MOST) why = "the line is longer than 64 KiB";
    if (!why) {
        int got = image_list_field(&at, name, &why);
        if (got == 0) goto done;
        fields = got > 0;
        if (got > 0) got = image_list_field(&at, label, &why);
        if (got > 0) {
            fields = 2;
            if (image_list_field(&at, rest, &why) > 0) why = "more than a name and a label; put names with blanks in \"quotes\"";
        }
        if (!why && name[0] == '\0') why = "the name is empty";
    }
    made = 1;
    size_t room = strlen(folder) + strlen(fields ? name : line) + 2;
    e->shown = strndup(fields ? name : line, 4096);
    e->path = malloc(room);
    if (e->path) snprintf(e->path, room, "%s%s%s", name[0] == '/' || !folder[0] ? "" : folder, name[0] == '/' || !folder[0] ? "" : "/", fields ? name : "");
    if (fields == 2 && !why) e->label = strdup(label);
    if (why) e->error = strdup(why);
    if (!e->shown || !e->path || (why && !e->error) || (fields == 2 && !why && !e->label)) made = -1;
done:
    free(name);
    free(label);
    free(rest);
    return made;
}

/* The next line without its end, cut to LINE_ROOM - 1 bytes; `length` is its own. A file without line ends takes no more memory. 0: the file's end. */
static int image_list_next(FILE *file, char *line, size_t *length) {
    int c;
    for (*length = 0; (c = getc_unlocked(file)) != EOF && c != '\n'; ++*length)
        if (*length < LINE_ROOM - 1) line[*length] = (char)c;
    line[*length < LINE_ROOM ? *length : LINE_ROOM - 1] = '\0';
    return *length > 0 || c != EOF;
}

static int image_list_fill(FILE *file, const char *folder, const char *path, struct image_list *out, struct alexcl_error *err) {
    char *line = malloc(LINE_ROOM);
    size_t length, capacity = 0;
    int number = 0, status = line ? ALEXCL_OK : fail(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    while (status == ALEXCL_OK && image_list_next(file, line, &length)) {
        number++;
        while (length && length < LINE_ROOM && line[length - 1] == '\r') line[--length] = '\0';
        char *text = line;
        if (number == 1 && (strncmp(line, "\x89PNG", 4) == 0 || strncmp(line, "\xff\xd8\xff", 3) == 0)) {
            status = fail(err, ALEXCL_E_DATA, "%s: is a picture, not a list of pictures; for one picture: echo FILE | alexcl infer -", path);
            break;
        }
        if (number == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) { /* UTF-8's byte order mark */
            text += 3;
            length -= 3;
        }
        if (out->count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            struct image_list_entry *more = realloc(out->entries, capacity * sizeof *more);
            if (!more) {
                status = fail(err, ALEXCL_E_MEMORY, "%s: out of host memory at line %d", path, number);
                break;
            }
            out->entries = more;
        }
        int made = image_list_line(text, length, folder, number, &out->entries[out->count]);
        if (made != 0) out->count++;
        if (made < 0) status = fail(err, ALEXCL_E_MEMORY, "%s: out of host memory at line %d", path, number);
    }
    if (status == ALEXCL_OK && ferror(file)) status = fail(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
    free(line);
    return status;
}

int image_list_read(const char *path, struct image_list *out, struct alexcl_error *err) {
    *out = (struct image_list){0};
    if (strcmp(path, "-") == 0) {
        int status = image_list_fill(stdin, "", "standard input", out, err);
        if (status != ALEXCL_OK) image_list_free(out);
        return status;
    }
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return fail(err, ALEXCL_E_DATA, "%s: is a folder; a list names one image a line", path);
    FILE *file = fopen(path, "r"); /* a fifo is fine here: the list may come from another program */
    if (!file) return fail(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), alexcl_file_hint(errno));
    char *folder = strdup(path);
    int status = folder ? ALEXCL_OK : fail(err, ALEXCL_E_MEMORY, "out of host memory: %s", path);
    if (folder) {
        char *slash = strrchr(folder, '/');
        if (slash)
            slash[slash == folder ? 1 : 0] = '\0';
        else
            folder[0] = '\0';
        status = image_list_fill(file, folder, path, out, err);
    }
    free(folder);
    (void)fclose(file);
    if (status != ALEXCL_OK) image_list_free(out);
    return status;
}
