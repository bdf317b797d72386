/* SPDX-License-Identifier: MIT */
/* Lists of images. A file is looked at before it is read: one that is no text is refused by what it is, and CSV is told
 * from fields between blanks. A line becomes an entry without a look at the disk, so that a million of them are read in
 * a moment; one with blanks that may be no more than a name is looked up when its turn comes. A bad line becomes an
 * entry with an error, so that the others can still be used. */
#include "image_list.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "status.h"
#include "printable.h"

enum { MAX_LINE = 65536, LINE_ROOM = MAX_LINE + 5 }; /* room: a byte order mark in front, CR and 0 behind */

/* What is read: the file's start, looked at to tell what it is, and the rest. */
struct image_list_source {
    FILE *file;
    const char *folder, *path;
    const char *named;             /* the list's name for its entries, or NULL */
    char *line, *name, *label;     /* LINE_ROOM each */
    int csv, header;               /* lines are of CSV; the first of them names the columns */
    int path_column, label_column; /* of CSV; -1: none */
    size_t length, at;             /* of the start */
    unsigned char start[KINDS_START];
};

/* ---- memory: a label stands there once ------------------------------------------------------------- */

/* `count` bytes that live as long as the list; NULL: out of memory. */
static char *image_list_room(struct image_list *list, size_t count) {
    char *room;
    return arena_alloc(&list->texts, &room, count, 1, "a list", NULL) == ALEXCL_OK ? room : NULL;
}

static char *image_list_text(struct image_list *list, const char *text, size_t length) {
    char *copy = image_list_room(list, length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

/* Where a label stands in the table of ids, or would: FNV-1a, open addressing. */
static size_t image_list_slot(const struct image_list *list, const char *label) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *c = label; *c; c++) hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
    size_t slot = (size_t)(hash ^ hash >> 32) & (list->slot_count - 1);
    while (list->slots[slot] && strcmp(list->labels[list->slots[slot] - 1], label) != 0)
        slot = (slot + 1) & (list->slot_count - 1);
    return slot;
}

/* Twice the room for labels; 0: out of memory. */
static int image_list_more_labels(struct image_list *list) {
    size_t count = list->slot_count ? 2 * list->slot_count : 64;
    int *slots = calloc(count, sizeof *slots);
    char **labels = realloc(list->labels, count / 2 * sizeof *labels);
    if (labels) list->labels = labels;
    if (!slots || !labels) {
        free(slots);
        return 0;
    }
    free(list->slots);
    list->slots = slots;
    list->slot_count = count;
    for (size_t i = 0; i < list->label_count; i++) list->slots[image_list_slot(list, labels[i])] = (int)i + 1;
    return 1;
}

int image_list_label(struct image_list *list, struct image_list_entry *e, const char *label) {
    if (2 * list->label_count >= list->slot_count && !image_list_more_labels(list)) return 0;
    size_t slot = image_list_slot(list, label);
    if (!list->slots[slot]) {
        char *own = image_list_text(list, label, strlen(label));
        if (!own) return 0;
        list->labels[list->label_count++] = own;
        list->slots[slot] = (int)list->label_count;
    }
    e->label_id = list->slots[slot] - 1;
    e->label = list->labels[e->label_id];
    return 1;
}

static int image_list_compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void image_list_sort_labels(struct image_list *list) {
    if (!list->label_count) return;
    qsort(list->labels, list->label_count, sizeof *list->labels, image_list_compare);
    for (size_t i = 0; i < list->count; i++) {
        struct image_list_entry *e = &list->entries[i];
        if (!e->label) continue;
        char *const *at = bsearch(&e->label, list->labels, list->label_count, sizeof *list->labels, image_list_compare);
        e->label_id = (int)(at - list->labels);
    }
    for (size_t i = 0; i < list->slot_count; i++) list->slots[i] = 0;
    for (size_t i = 0; i < list->label_count; i++) list->slots[image_list_slot(list, list->labels[i])] = (int)i + 1;
}

static struct image_list_entry *image_list_new(struct image_list *list) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct image_list_entry *more = realloc(list->entries, capacity * sizeof *more);
        if (!more) return NULL;
        list->entries = more;
        list->capacity = capacity;
    }
    return memset(&list->entries[list->count], 0, sizeof *list->entries);
}

struct image_list_entry *image_list_add(struct image_list *list, const char *path) {
    struct image_list_entry *e = image_list_new(list);
    if (!e || (e->path = image_list_text(list, path, strlen(path))) == NULL) return NULL;
    e->shown = e->path;
    list->count++;
    return e;
}

void image_list_cut(struct image_list *list, size_t count) {
    if (count < list->count) list->count = count;
}

void image_list_free(struct image_list *list) {
    arena_free(&list->texts);
    free(list->entries);
    free(list->labels);
    free(list->slots);
    free(list->note);
    *list = (struct image_list){0};
}

void image_list_place(const struct image_list_entry *e, char out[IMAGE_LIST_PLACE]) {
    out[0] = '\0';
    if (e->list)
        snprintf(out, IMAGE_LIST_PLACE, "%.*s, line %d: ", printable_cut(e->list, IMAGE_LIST_PLACE / 2), e->list,
                 e->line);
    else if (e->line)
        snprintf(out, IMAGE_LIST_PLACE, "line %d: ", e->line);
}

void image_list_locate(const struct image_list_entry *e, struct alexcl_error *err) {
    char text[sizeof err->text], place[IMAGE_LIST_PLACE];
    memcpy(text, err->text, sizeof text);
    size_t length = strlen(e->path);
    int named = strncmp(text, e->path, length) == 0 && strncmp(text + length, ": ", 2) == 0;
    err->text[0] = '\0';
    image_list_place(e, place);
    error_prefix(err, "%s%s: %s%s", place, e->shown, named ? text + length + 2 : text,
                 e->blanks ? "; put names with blanks in \"quotes\"" : "");
}

/* ---- a line ---------------------------------------------------------------------------------------- */

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

/* The next field of CSV (RFC 4180, without line ends inside quotes): a quote in "quotes" is written twice. *at is NULL
 * behind the last. 0: a bad one, *why set. */
static int image_list_csv_field(char **at, char *out, const char **why) {
    char *from = *at + strspn(*at, " \t"), *end = out;
    if (*from == '"') {
        for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
            if (*from == '"') from++;
            *end++ = *from;
        }
        if (*from != '"') {
            *why = "a quote is not closed";
            return 0;
        }
        from++;
        from += strspn(from, " \t");
        if (*from && *from != ',') {
            *why = "something stands behind the closing quote; a quote inside quotes is written twice";
            return 0;
        }
    } else {
        while (*from && *from != ',') *end++ = *from++;
        while (end > out && (end[-1] == ' ' || end[-1] == '\t')) end--;
    }
    *end = '\0';
    *at = *from ? from + 1 : NULL;
    return 1;
}

/* A line of CSV: its name and label; *fields tells how many of the two there are. */
static void image_list_csv_line(struct image_list_source *s, char *line, int *fields, const char **why) {
    char *scratch = s->name + LINE_ROOM; /* for columns that are neither */
    s->label[0] = '\0';
    for (int column = 0; line; column++) {
        char *out = column == s->path_column ? s->name : column == s->label_column ? s->label : scratch;
        if (!image_list_csv_field(&line, out, why)) return;
        if (column == s->path_column) *fields = 1;
        if (column > 1 && !s->header)
            *why = "more than a path and a label; a first line `path,label` tells which columns these are";
    }
    if (*fields && s->label[0]) *fields = 2;
    if (!*fields) *why = "it has fewer columns than the first line";
}

static int image_list_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

void image_list_settle(struct image_list_entry *e) {
    if (!e->whole) return;
    char *end = e->path + e->field_end;
    e->whole = 0;
    *end = '\0'; /* a copy of the entry may have been settled before, to the whole line */
    if (image_list_exists(e->path)) return;
    *end = e->blank;
    if (image_list_exists(e->path)) {
        e->label = e->error = NULL;
        return;
    }
    *end = '\0';
    e->blanks = e->label && e->label[strspn(e->label, "0123456789")];
}

/* Where the name is opened: `length` bytes of it behind the list's folder; NULL: out of memory. *shown is the name in
 * it. */
static char *image_list_path(struct image_list *list, const char *folder, const char *name, size_t length,
                             char **shown) {
    size_t before = name[0] == '/' ? 0 : strlen(folder);
    char *path = image_list_room(list, before + length + 2);
    if (!path) return NULL;
    memcpy(path, folder, before + 1);
    *shown = path + before;
    if (before) *(*shown)++ = '/';
    memcpy(*shown, name, length);
    (*shown)[length] = '\0';
    return path;
}

/* Reads one line, `length` long in the file and cut to LINE_ROOM - 1 here, into a new entry; a line may name nothing.
 * 0: out of memory. */
static int image_list_line(struct image_list *list, struct image_list_source *s, char *line, size_t length,
                           int number) {
    enum { SHOWN = 4096 };
    char *at = line, *start = line + strspn(line, " \t");
    const char *why = NULL;
    int fields = 0;
    s->name[0] = '\0';
    if (strlen(line) != length) why = "a zero byte stands in it";
    if (length > MAX_LINE) why = "the line is longer than 64 KiB";
    if (!why && (*start == '\0' || *start == '#')) return 1;
    if (!why && s->csv) {
        image_list_csv_line(s, start, &fields, &why);
    } else if (!why) {
        char *rest = s->name + LINE_ROOM;
        fields = image_list_field(&at, s->name, &why) > 0;
        if (fields && image_list_field(&at, s->label, &why) > 0) {
            fields = 2;
            if (image_list_field(&at, rest, &why) > 0)
                why = "more than a name and a label; put names with blanks in \"quotes\"";
        }
    }
    if (!why && s->name[0] == '\0') why = "the name is empty";
    struct image_list_entry *e = image_list_new(list);
    if (!e) return 0;
    e->line = number;
    e->list = s->named;
    e->error = why;
    if (!fields) { /* shown is what can be shown of it */
        if (!(e->shown = image_list_text(list, line, strnlen(line, SHOWN))) ||
            !(e->path = image_list_text(list, s->folder, strlen(s->folder))))
            return 0;
        list->count++;
        return 1;
    }
    /* A line with blanks may be no more than a name: `ls` and `find` write it so. Which it is is looked up when the
     * picture's turn comes. */
    size_t name = strlen(s->name), whole = strlen(start);
    while (whole && (start[whole - 1] == ' ' || start[whole - 1] == '\t')) whole--;
    if (s->csv || *start == '"' || whole <= name) whole = 0;
    e->path = image_list_path(list, s->folder, whole ? start : s->name, whole ? whole : name, &e->shown);
    if (!e->path || (fields == 2 && !why && !image_list_label(list, e, s->label))) return 0;
    if (whole) {
        e->whole = 1;
        e->blank = e->shown[name];
        e->field_end = (unsigned)(e->shown + name - e->path);
        e->shown[name] = '\0';
    }
    if (name > SHOWN && !(e->shown = image_list_text(list, e->shown, SHOWN))) return 0;
    list->count++;
    return 1;
}

/* ---- a list ---------------------------------------------------------------------------------------- */

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

static int image_list_is_one_of(const char *name, const char *names) {
    size_t length = strlen(name);
    for (const char *at = names; length && *at; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        if (strcspn(at, " ") == length && strncasecmp(at, name, length) == 0) return 1;
    }
    return 0;
}

/* Whether a line names the columns of CSV, which it then sets. */
static int image_list_header(struct image_list_source *s, char *line, int is_csv) {
    const char *why = NULL;
    s->path_column = s->label_column = -1;
    for (int column = 0; line && image_list_csv_field(&line, s->name, &why); column++) {
        if (s->path_column < 0 && image_list_is_one_of(s->name, "path file filename file_name filepath file_path image "
                                                                "image_path image_name img img_path picture name"))
            s->path_column = column;
        else if (s->label_column < 0 &&
                 image_list_is_one_of(s->name, "label labels class class_name class_id target category wnid synset y"))
            s->label_column = column;
    }
    return s->path_column >= 0 && (is_csv || s->label_column >= 0);
}

/* Whether the lines are CSV, by the first that tells: column names; with a comma in it, an ending .csv, or a file that
 * is called as what stands before the comma where none is called as what stands before the blank. */
static void image_list_survey(struct image_list_source *s) {
    const char *end = strrchr(s->path, '.'), *why = NULL;
    int is_csv = end && strcasecmp(end, ".csv") == 0, first = 1;
    const unsigned char *mark = (const unsigned char *)"\xef\xbb\xbf"; /* UTF-8's byte order mark */
    for (size_t at = s->length >= 3 && memcmp(s->start, mark, 3) == 0 ? 3 : 0; at < s->length;) {
        const unsigned char *stop = memchr(s->start + at, '\n', s->length - at);
        size_t length = stop ? (size_t)(stop - s->start) - at : s->length - at;
        memcpy(s->line, s->start + at, length);
        at += length + 1;
        while (length && s->line[length - 1] == '\r') length--;
        s->line[length] = '\0';
        char *line = s->line + strspn(s->line, " \t"), *field = line;
        if (*line == '\0' || *line == '#') continue;
        int comma = strchr(line, ',') != NULL;
        if (first && (comma || is_csv) && image_list_header(s, line, is_csv)) {
            s->csv = s->header = 1;
            return;
        }
        first = 0;
        s->path_column = 0;
        s->label_column = 1;
        s->csv = comma && is_csv;
        if (!comma || s->csv) return;
        struct image_list one = {0};
        char *shown, *path = NULL;
        int found = 0;
        if (image_list_field(&field, s->name, &why) > 0)
            path = image_list_path(&one, s->folder, s->name, strlen(s->name), &shown);
        found = path && image_list_exists(path);
        if (path && !found && image_list_csv_field(&line, s->name, &why)) {
            path = image_list_path(&one, s->folder, s->name, strlen(s->name), &shown);
            found = s->csv = path && image_list_exists(path);
        }
        image_list_free(&one);
        if (found) return;
    }
}

static int image_list_lines(struct image_list_source *s, struct image_list *out, struct alexcl_error *err) {
    size_t length;
    int number = 0, header = s->header;
    while (image_list_next(s, s->line, &length)) {
        number++;
        while (length && length < LINE_ROOM && s->line[length - 1] == '\r') s->line[--length] = '\0';
        char *text = s->line;
        if (number == 1 && length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
            text += 3;
            length -= 3;
        }
        char first = text[strspn(text, " \t")];
        if (header && first && first != '#') {
            header = 0;
            continue;
        }
        if (!image_list_line(out, s, text, length, number))
            return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory at line %d", s->path, number);
    }
    return ferror(s->file) ? error_set(err, ALEXCL_E_DATA, "%s: %s", s->path, strerror(errno)) : ALEXCL_OK;
}

static int image_list_fill(struct image_list_source *s, struct image_list *out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    s->line = malloc(4 * (size_t)LINE_ROOM);
    if (!s->line) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", s->path);
    s->label = s->line + LINE_ROOM;
    s->name = s->label + LINE_ROOM; /* two of that room */
    s->length = fread(s->start, 1, sizeof s->start, s->file);
    const struct kind *kind = kinds_of(s->start, s->length);
    if (kind && kind->content != KIND_TEXT) {
        status =
            error_set(err, ALEXCL_E_DATA, "%s: is %s, not a list of pictures; %s", s->path, kind->name, kind->advice);
    } else {
        image_list_survey(s);
        status = image_list_lines(s, out, err);
    }
    free(s->line);
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

int image_list_append(const char *path, int several, struct image_list *list, struct alexcl_error *err) {
    struct image_list_source source = {.file = stdin, .folder = "", .path = "standard input"};
    struct stat info;
    char *folder = NULL;
    int status = ALEXCL_OK;
    if (strcmp(path, "-") != 0) {
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            return error_set(err, ALEXCL_E_DATA, "%s: is a folder; a list names one image a line", path);
        source.path = path;
        source.file = fopen(path, "r"); /* a fifo is fine here: the list may come from another program */
        if (!source.file)
            return error_set(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), file_read_hint(path, errno));
        folder = strdup(path);
        if (!folder) {
            status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: %s", path);
            goto done;
        }
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
    }
    if (several && (source.named = image_list_text(list, source.path, strlen(source.path))) == NULL)
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: %s", path);
    if (status == ALEXCL_OK) status = image_list_fill(&source, list, err);
done:
    free(folder);
    if (source.file != stdin) (void)fclose(source.file);
    return status;
}

int image_list_read(const char *path, struct image_list *out, struct alexcl_error *err) {
    *out = (struct image_list){0};
    int status = image_list_append(path, 0, out, err);
    if (status != ALEXCL_OK) image_list_free(out);
    return status;
}
