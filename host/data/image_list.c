/* SPDX-License-Identifier: MIT */
/* Lists of images. A file is looked at before it is read: one that is no text is refused by what it is. Lines are taken
 * field by field; one whose first field names no file is taken whole, since `ls` and `find` write names with blanks as
 * they are. A bad line becomes an entry with an error, so that the others can still be used. */
#include "image_list.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "status.h"

enum { MAX_LINE = 65536, LINE_ROOM = MAX_LINE + 5 }; /* room: a byte order mark in front, CR and 0 behind */

/* What is read: the file's start, looked at to tell what it is, and the rest. */
struct image_list_source {
    FILE *file;
    const char *folder, *path;
    size_t length, at; /* of the start */
    unsigned char start[KINDS_START];
};

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

/* Takes the next field off *at: "quoted", with \" and \\ inside, or up to a blank. 1: there is one; 0: the line's end;
 * -1: a bad one, *why set. */
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

/* The name as it can be opened, allocated; NULL: out of memory. */
static char *image_list_path(const char *folder, const char *name) {
    int own = name[0] == '/' || !folder[0];
    size_t capacity = strlen(folder) + strlen(name) + 2;
    char *path = malloc(capacity);
    if (path) snprintf(path, capacity, "%s%s%s", own ? "" : folder, own ? "" : "/", name);
    return path;
}

/* 1: something other than a folder has that name; 0: nothing; -1: out of memory. */
static int image_list_exists(const char *folder, const char *name) {
    struct stat info;
    char *path = image_list_path(folder, name);
    int exists = !path ? -1 : stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
    free(path);
    return exists;
}

/* A line that is no more than a name with blanks, as `ls` and `find` write it: where the first field names no file and
 * the whole line does, that is put in `name`. 1: it is; 0: it is not, and then *neither tells whether the first field
 * is no file either; -1: out of memory. */
static int image_list_whole(const char *line, const char *folder, char *name, int *neither) {
    const char *start = line + strspn(line, " \t");
    size_t length = strlen(start);
    while (length && (start[length - 1] == ' ' || start[length - 1] == '\t')) length--;
    if (*start == '"' || length == strlen(name)) return 0;
    int exists = image_list_exists(folder, name);
    if (exists != 0) return exists < 0 ? -1 : 0;
    char *whole = strndup(start, length);
    exists = whole ? image_list_exists(folder, whole) : -1;
    if (exists > 0) memcpy(name, whole, length + 1);
    *neither = exists == 0;
    free(whole);
    return exists;
}

/* Reads one line, `length` long in the file and cut to LINE_ROOM - 1 here, into an entry; 0: the line names nothing;
 * -1: out of memory. */
static int image_list_line(char *line, size_t length, const char *folder, int number, struct image_list_entry *e) {
    size_t max = strlen(line) + 1;
    char *at = line, *name = malloc(max), *label = malloc(max), *rest = malloc(max);
    const char *why = NULL;
    int made = -1, fields = 0, neither = 0;
    *e = (struct image_list_entry){.line = number};
    if (!name || !label || !rest) goto done;
    made = 0;
    name[0] = '\0';
    if (max != length + 1) why = "a zero byte stands in it";
    if (length > MAX_LINE) why = "the line is longer than 64 KiB";
    if (!why) {
        int got = image_list_field(&at, name, &why);
        if (got == 0) goto done;
        fields = got > 0;
        if (got > 0) got = image_list_field(&at, label, &why);
        if (got > 0) {
            fields = 2;
            if (image_list_field(&at, rest, &why) > 0)
                why = "more than a name and a label; put names with blanks in \"quotes\"";
        }
        if (!why && name[0] == '\0') why = "the name is empty";
        int whole = fields ? image_list_whole(line, folder, name, &neither) : 0;
        made = whole < 0 ? -1 : 0;
        if (made < 0) goto done;
        if (whole) {
            fields = 1;
            why = NULL;
        }
    }
    made = 1;
    e->shown = strndup(fields ? name : line, 4096);
    e->path = image_list_path(folder, fields ? name : "");
    if (fields == 2 && !why) e->label = strdup(label);
    if (why) e->error = strdup(why);
    e->blanks = e->label && neither && label[strspn(label, "0123456789")];
    if (!e->shown || !e->path || (why && !e->error) || (fields == 2 && !why && !e->label)) made = -1;
done:
    free(name);
    free(label);
    free(rest);
    return made;
}

static int image_list_byte(struct image_list_source *s) {
    return s->at < s->length ? s->start[s->at++] : getc_unlocked(s->file);
}

/* The next line without its end, cut to LINE_ROOM - 1 bytes; `length` is its own. A file without line ends takes no
 * more memory. 0: the file's end. */
static int image_list_next(struct image_list_source *s, char *line, size_t *length) {
    int c;
    for (*length = 0; (c = image_list_byte(s)) != EOF && c != '\n'; ++*length)
        if (*length < LINE_ROOM - 1) line[*length] = (char)c;
    line[*length < LINE_ROOM ? *length : LINE_ROOM - 1] = '\0';
    return *length > 0 || c != EOF;
}

static int image_list_fill(struct image_list_source *s, struct image_list *out, struct alexcl_error *err) {
    char *line = malloc(LINE_ROOM);
    size_t length, capacity = 0;
    int number = 0, status = line ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", s->path);
    s->length = fread(s->start, 1, sizeof s->start, s->file);
    const struct kind *kind = kinds_of(s->start, s->length);
    if (status == ALEXCL_OK && kind && !kind->text)
        status =
            error_set(err, ALEXCL_E_DATA, "%s: is %s, not a list of pictures; %s", s->path, kind->name, kind->advice);
    while (status == ALEXCL_OK && image_list_next(s, line, &length)) {
        number++;
        while (length && length < LINE_ROOM && line[length - 1] == '\r') line[--length] = '\0';
        char *text = line;
        if (number == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) { /* UTF-8's byte order mark */
            text += 3;
            length -= 3;
        }
        if (out->count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            struct image_list_entry *more = realloc(out->entries, capacity * sizeof *more);
            if (!more) {
                status = error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory at line %d", s->path, number);
                break;
            }
            out->entries = more;
        }
        int made = image_list_line(text, length, s->folder, number, &out->entries[out->count]);
        if (made != 0) out->count++;
        if (made < 0) status = error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory at line %d", s->path, number);
    }
    if (status == ALEXCL_OK && ferror(s->file))
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", s->path, strerror(errno));
    free(line);
    return status;
}

/* Whether `path` is, or leads by links to, an open file of a process: /dev/stdin, /dev/fd/63 of a shell's
 * <(command). */
static int image_list_is_descriptor(const char *path) {
    enum { LINKS = 40 };
    char at[PATH_MAX], to[PATH_MAX], folder[PATH_MAX];
    int found = 0, made = snprintf(at, sizeof at, "%s", path);
    for (int i = 0; i < LINKS && !found && made > 0 && made < (int)sizeof at; i++) {
        const char *slash = strrchr(at, '/');
        snprintf(to, sizeof to, "%.*s", slash ? (int)(slash - at) + 1 : 1, slash ? at : ".");
        if (!realpath(to, folder)) break;
        found = fnmatch("/proc/*/fd", folder, 0) == 0;
        ssize_t length = readlink(at, to, sizeof to - 1);
        if (length < 0) break;
        to[length] = '\0';
        made = to[0] == '/' ? snprintf(at, sizeof at, "%s", to) : snprintf(at, sizeof at, "%s/%s", folder, to);
    }
    return found;
}

int image_list_read(const char *path, struct image_list *out, struct alexcl_error *err) {
    *out = (struct image_list){0};
    struct image_list_source source = {.file = stdin, .folder = "", .path = "standard input"};
    if (strcmp(path, "-") == 0) {
        int status = image_list_fill(&source, out, err);
        if (status != ALEXCL_OK) image_list_free(out);
        return status;
    }
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return error_set(err, ALEXCL_E_DATA, "%s: is a folder; a list names one image a line", path);
    source.file = fopen(path, "r"); /* a fifo is fine here: the list may come from another program */
    if (!source.file)
        return error_set(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), file_read_hint(path, errno));
    char *folder = strdup(path);
    int status = folder ? ALEXCL_OK : error_set(err, ALEXCL_E_MEMORY, "out of host memory: %s", path);
    if (folder) {
        char *slash = strrchr(folder, '/');
        if (slash)
            slash[slash == folder ? 1 : 0] = '\0';
        else
            folder[0] = '\0';
        /* What another program writes stands in no folder of its own. */
        if (fstat(fileno(source.file), &info) != 0)
            status = error_set(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
        else if (S_ISREG(info.st_mode) && !image_list_is_descriptor(path))
            source.folder = folder;
        source.path = path;
        if (status == ALEXCL_OK) status = image_list_fill(&source, out, err);
    }
    free(folder);
    (void)fclose(source.file);
    if (status != ALEXCL_OK) image_list_free(out);
    return status;
}
