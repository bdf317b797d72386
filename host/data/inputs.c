/* SPDX-License-Identifier: MIT */
/* Names to pictures. A name that is there is looked at: a folder is searched, a file that begins as a picture is one,
 * everything else is read as a list. A name that is not there may be a pattern. In a folder a file is taken by its
 * name's ending, so that a large one is searched without opening its files; only where that says nothing the file's
 * first bytes are asked. What is passed over is counted by kind, and told in one note. */
#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "status.h"
#include "decode.h"

enum { KINDS = 12 };

/* What was passed over in folders. */
struct inputs_passed {
    const char *kind, *advice;
    size_t count;
    char *first;
};

struct inputs {
    struct image_list *list;
    int several, keep_going;
    struct inputs_passed passed[KINDS];
    size_t total;
};

/* A folder that is being searched, and the one that it stands in. */
struct inputs_folder {
    const struct inputs_folder *up;
    dev_t device;
    ino_t number;
};

static int inputs_no_memory(struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the names of the pictures");
}

/* The last of KINDS takes what there is no more room for. */
static int inputs_pass(struct inputs *in, const char *path, const char *kind, const char *advice,
                       struct alexcl_error *err) {
    size_t i = 0;
    while (i < KINDS - 1 && in->passed[i].kind && strcmp(in->passed[i].kind, kind) != 0) i++;
    struct inputs_passed *p = &in->passed[i];
    in->total++;
    if (p->count++) return ALEXCL_OK;
    p->kind = i < KINDS - 1 ? kind : "of other kinds";
    p->advice = i < KINDS - 1 ? advice : NULL;
    p->first = strdup(path);
    return p->first ? ALEXCL_OK : inputs_no_memory(err);
}

static int inputs_picture(struct inputs *in, const char *path, struct alexcl_error *err) {
    return image_list_add(in->list, path) ? ALEXCL_OK : inputs_no_memory(err);
}

/* How many of a regular file's first bytes there are; -1: it cannot be read. */
static ssize_t inputs_start(const char *path, unsigned char start[KINDS_START]) {
    struct alexcl_error why = {0};
    size_t size;
    int fd;
    if (files_open_input(path, "", &fd, &size, &why) != ALEXCL_OK) return -1;
    ssize_t got = read(fd, start, KINDS_START);
    close(fd);
    return got;
}

/* ---- folders ------------------------------------------------------------------------------------- */

/* Whether the file is a picture by its name, else by its content. */
static int inputs_file(struct inputs *in, const char *path, struct alexcl_error *err) {
    unsigned char start[KINDS_START];
    if (decode_takes_name(path)) return inputs_picture(in, path, err);
    ssize_t got = inputs_start(path, start);
    if (got < 0) return inputs_pass(in, path, "that cannot be read", NULL, err);
    size_t length = (size_t)got;
    if (decode_takes(start, length)) return inputs_picture(in, path, err);
    const struct kind *kind = kinds_of(start, length);
    return inputs_pass(in, path, kind ? kind->name : "no picture",
                       kind && kind->content == KIND_PICTURE ? kind->advice : NULL, err);
}

/* Searches the folder at `path`, which has room for PATH_MAX bytes and is `length` long. */
static int inputs_search(struct inputs *in, char *path, size_t length, const struct inputs_folder *up,
                         struct alexcl_error *err) {
    DIR *dir = opendir(path);
    struct inputs_folder here = {.up = up};
    struct stat info;
    int status = ALEXCL_OK;
    if (!dir || fstat(dirfd(dir), &info) != 0) {
        status = error_set(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), file_read_hint(path, errno));
        goto done;
    }
    here.device = info.st_dev;
    here.number = info.st_ino;
    for (const struct inputs_folder *f = up; f; f = f->up)
        if (f->device == here.device && f->number == here.number) {
            status = inputs_pass(in, path, "a link to a folder above it", NULL, err);
            goto done;
        }
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (!e && errno) status = error_set(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
        if (!e || status != ALEXCL_OK) break;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        size_t slash = length && path[length - 1] != '/', name = strlen(e->d_name);
        if (length + slash + name >= PATH_MAX) {
            status = error_set(err, ALEXCL_E_DATA, "%s/%s: %s%s", path, e->d_name, strerror(ENAMETOOLONG),
                               file_hint(ENAMETOOLONG));
            break;
        }
        memcpy(path + length, "/", slash);
        memcpy(path + length + slash, e->d_name, name + 1);
        unsigned char type = e->d_type;
        if (type == DT_UNKNOWN || type == DT_LNK) {
            int there = stat(path, &info) == 0;
            type = there && S_ISDIR(info.st_mode) ? DT_DIR : !there || S_ISREG(info.st_mode) ? DT_REG : DT_FIFO;
        }
        if (e->d_name[0] == '.')
            status = inputs_pass(in, path, "hidden", NULL, err);
        else if (type == DT_DIR)
            status = inputs_search(in, path, length + slash + name, &here, err);
        else if (type == DT_REG)
            status = inputs_file(in, path, err);
        else
            status = inputs_pass(in, path, "no regular file", NULL, err);
        path[length] = '\0';
        if (status != ALEXCL_OK) break;
    }
done:
    if (dir) closedir(dir);
    return status;
}

static int inputs_compare(const void *a, const void *b) {
    const struct image_list_entry *one = a, *two = b;
    return strcmp(one->path, two->path);
}

/* The pictures from `first` on are those of the folder `name`. */
static int inputs_folder(struct inputs *in, const char *name, struct alexcl_error *err) {
    char path[PATH_MAX];
    size_t first = in->list->count, length = strlen(name);
    if (length >= sizeof path) return error_set(err, ALEXCL_E_DATA, "%s: %s", name, strerror(ENAMETOOLONG));
    memcpy(path, name, length + 1);
    while (length > 1 && path[length - 1] == '/') path[--length] = '\0';
    int status = inputs_search(in, path, length, NULL, err);
    if (status != ALEXCL_OK) return status;
    size_t found = in->list->count - first;
    if (!found) return error_set(err, ALEXCL_E_DATA, "%s: is a folder without a picture of " DECODE_FORMATS, name);
    qsort(in->list->entries + first, found, sizeof *in->list->entries, inputs_compare);
    return ALEXCL_OK;
}

/* Where each picture stands in a folder of the one folder, one level down, that is its class. */
static int inputs_tree(struct image_list *list, const char *name, struct alexcl_error *err) {
    size_t length = strlen(name);
    while (length > 1 && name[length - 1] == '/') length--;
    length += name[length - 1] != '/';
    for (size_t i = 0; i < list->count; i++) {
        const char *slash = strchr(list->entries[i].path + length, '/');
        if (!slash || strchr(slash + 1, '/')) return ALEXCL_OK;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct image_list_entry *e = &list->entries[i];
        char *slash = strchr(e->path + length, '/');
        *slash = '\0';
        int made = image_list_label(list, e, e->path + length);
        *slash = '/';
        if (!made) return inputs_no_memory(err);
    }
    image_list_sort_labels(list);
    list->tree = 1;
    return ALEXCL_OK;
}

/* ---- names --------------------------------------------------------------------------------------- */

static int inputs_name(struct inputs *in, const char *name, struct alexcl_error *err) {
    unsigned char start[KINDS_START];
    struct stat info;
    if (strcmp(name, "-") != 0) {
        if (stat(name, &info) != 0 && in->several && in->keep_going) return inputs_picture(in, name, err);
        if (stat(name, &info) == 0 && S_ISDIR(info.st_mode)) return inputs_folder(in, name, err);
        if (stat(name, &info) == 0 && S_ISREG(info.st_mode)) {
            ssize_t got = inputs_start(name, start);
            const struct kind *kind = kinds_of(start, got > 0 ? (size_t)got : 0);
            /* What cannot be read is told by who reads a picture, or a list. */
            if (got < 0 ? decode_takes_name(name) : kind && kind->content == KIND_PICTURE)
                return inputs_picture(in, name, err);
        }
    }
    return image_list_append(name, in->several, in->list, err);
}

/* A name, or a pattern where nothing is called so. */
static int inputs_argument(struct inputs *in, const char *name, struct alexcl_error *err) {
    struct stat info;
    glob_t found;
    if (strcmp(name, "-") == 0 || lstat(name, &info) == 0 || !name[strcspn(name, "*?[")])
        return inputs_name(in, name, err);
    int code = glob(name, 0, NULL, &found), status = ALEXCL_OK;
    if (code == GLOB_NOSPACE) return inputs_no_memory(err);
    if (code != 0) return error_set(err, ALEXCL_E_DATA, "%s: no file is called so", name);
    in->several |= found.gl_pathc > 1;
    for (size_t i = 0; i < found.gl_pathc && status == ALEXCL_OK; i++) status = inputs_name(in, found.gl_pathv[i], err);
    globfree(&found);
    return status;
}

/* "3 files were passed over: 2 hidden (pics/.a), 1 a GIF picture (pics/b.gif; convert ...)". */
static int inputs_note(struct inputs *in, struct alexcl_error *err) {
    size_t length = 0;
    if (!in->total) return ALEXCL_OK;
    FILE *to = open_memstream(&in->list->note, &length);
    if (!to) return inputs_no_memory(err);
    fprintf(to, "%zu file%s passed over: ", in->total, in->total == 1 ? " was" : "s were");
    for (size_t i = 0; i < KINDS && in->passed[i].count; i++) {
        const struct inputs_passed *p = &in->passed[i];
        fprintf(to, "%s%zu %s (%s%s%s%s)", i ? ", " : "", p->count, p->kind, p->first, p->count > 1 ? ", .." : "",
                p->advice ? "; " : "", p->advice ? p->advice : "");
    }
    int failed = ferror(to);
    return fclose(to) != 0 || failed ? inputs_no_memory(err) : ALEXCL_OK;
}

int inputs_read(const char *const *names, size_t count, int keep_going, struct image_list *out,
                struct alexcl_error *err) {
    struct inputs in = {.list = out, .several = count > 1, .keep_going = keep_going};
    struct stat info;
    int status = ALEXCL_OK;
    *out = (struct image_list){0};
    for (size_t i = 0; i < count; i++) TRY(inputs_argument(&in, names[i], err));
    if (count == 1 && stat(names[0], &info) == 0 && S_ISDIR(info.st_mode)) TRY(inputs_tree(out, names[0], err));
    TRY(inputs_note(&in, err));
done:
    for (size_t i = 0; i < KINDS; i++) free(in.passed[i].first);
    if (status != ALEXCL_OK) image_list_free(out);
    return status;
}
