/* SPDX-License-Identifier: MIT */
/* Reading tests/oracle: NPY 1.0 files of little-endian float32 in C order, index.tsv, probes.txt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "settings.h"
#include "support.h"

enum { LARGEST_FILE = 64 << 20, NPY_FIXED = 10 /* magic, version, length of the header */ };

static const char *oracle_folder(void) {
    const char *elsewhere = settings_environment("ALEXCL_TEST_ORACLE");
    return elsewhere ? elsewhere : ORACLE_FOLDER;
}

static char *oracle_path(char path[512], const char *dir, const char *file, const char *ending) {
    snprintf(path, 512, "%s/%s/%s%s", oracle_folder(), dir, file, ending);
    return path;
}

static unsigned char *oracle_read(const char *path, size_t *length) {
    struct alexcl_error err = {0};
    unsigned char *data = NULL;
    EXPECT_OK(files_read(path, LARGEST_FILE, &data, length, &err), err);
    return data;
}

struct tensor oracle_load(const char *dir, const char *key) {
    char path[512];
    size_t length;
    unsigned char *data = oracle_read(oracle_path(path, dir, key, ".npy"), &length);
    ck_assert_msg(length > NPY_FIXED && memcmp(data, "\x93NUMPY\x01", 7) == 0, "%s: not an NPY 1.0 file", path);
    size_t header = NPY_FIXED + data[8] + 256u * data[9];
    ck_assert_msg(header < length, "%s: ends inside its header", path);
    char *text = (char *)data + NPY_FIXED;
    data[header - 1] = '\0'; /* was the line feed that ends the header */
    ck_assert_msg(strstr(text, "'<f4'") && strstr(text, "'fortran_order': False"), "%s: not float32 in C order: %s",
                  path, text);
    const char *shape = strstr(text, "'shape': (");
    ck_assert_msg(shape != NULL, "%s: no shape: %s", path, text);
    struct tensor t = {.count = 1, .shape = {1, 1, 1, 1}};
    for (char *p = strchr(shape, '(') + 1, *end; *p && *p != ')'; p = end + strspn(end, ", ")) {
        long size = strtol(p, &end, 10);
        ck_assert_msg(end != p && t.dims < ORACLE_DIMS, "%s: odd shape: %s", path, text);
        t.shape[t.dims++] = (int)size;
        t.count *= (size_t)size;
    }
    ck_assert_msg(length - header == t.count * sizeof(float), "%s: %zu bytes of values where %zu were due", path,
                  length - header, t.count * sizeof(float));
    t.values = support_floats(t.count);
    memcpy(t.values, data + header, t.count * sizeof(float));
    free(data);
    return t;
}

void oracle_free(struct tensor *t) {
    free(t->values);
    t->values = NULL;
}

int oracle_has(const char *dir, const char *key) {
    char path[512];
    FILE *file = fopen(oracle_path(path, dir, key, ".npy"), "rb");
    if (file) fclose(file);
    return file != NULL;
}

const char *oracle_text(const char *dir, const char *name) {
    static char value[8192];
    size_t length, wanted;
    char key[128], path[512];
    snprintf(path, sizeof path, "%s/index.tsv", oracle_folder());
    snprintf(key, sizeof key, "%s\tparam\t%s\t", dir, name);
    wanted = strlen(key);
    char *index = (char *)oracle_read(path, &length), *found = NULL;
    for (char *line = index; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, key, wanted) != 0) continue;
        found = line + wanted;
        found[strcspn(found, "\n")] = '\0';
        ck_assert_msg(strlen(found) < sizeof value, "%s: %s is too long for oracle_text", dir, name);
        strcpy(value, found);
        break;
    }
    free(index);
    return found ? value : NULL;
}

double oracle_number(const char *dir, const char *name) {
    const char *text = oracle_text(dir, name);
    ck_assert_msg(text != NULL, "index.tsv: %s has no %s", dir, name);
    if (strcmp(text, "true") == 0) return 1.0;
    if (strcmp(text, "false") == 0) return 0.0;
    char *end;
    double value = strtod(text, &end);
    ck_assert_msg(end != text && *end == '\0', "index.tsv: %s of %s is no number: %s", name, dir, text);
    return value;
}

/* "[3, 2]" to `out`; else the number of another name, or `missing`, for all of them. */
static void oracle_list(const char *dir, const char *name, const char *number, int missing, int *out, int count) {
    const char *text = oracle_text(dir, name);
    for (int i = 0; i < count && text; i++) {
        char *end;
        out[i] = (int)strtol(text + 1, &end, 10);
        ck_assert_msg(end != text + 1 && *end == (i < count - 1 ? ',' : ']'), "index.tsv: %s of %s is no list of %d",
                      name, dir, count);
        text = end;
    }
    if (text) return;
    int all = number && oracle_text(dir, number) ? (int)oracle_number(dir, number) : missing;
    for (int i = 0; i < count; i++) out[i] = all;
}

struct oracle_window oracle_window(const char *dir) {
    struct oracle_window w;
    oracle_list(dir, "kernel", oracle_text(dir, "kh") ? "kh" : "size", 0, w.kernel, 2);
    oracle_list(dir, "strides", "stride", 1, w.stride, 2);
    oracle_list(dir, "dilations", NULL, 1, w.dilation, 2);
    oracle_list(dir, "pads", "pad", 0, w.pad, 4);
    return w;
}

void oracle_ends(const char *dir, int *first, int *last) {
    int ends[2];
    if (oracle_text(dir, "window")) {
        oracle_list(dir, "window", NULL, 0, ends, 2);
    } else {
        ends[1] = (int)oracle_number(dir, "size") / 2;
        ends[0] = -ends[1];
    }
    *first = ends[0];
    *last = ends[1];
}

struct oracle_probe *oracle_probes(const char *dir, size_t *count) {
    char path[512];
    size_t length, lines = 0;
    char *text = (char *)oracle_read(oracle_path(path, dir, "probes", ".txt"), &length);
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
    struct oracle_probe *probes = calloc(lines ? lines : 1, sizeof *probes);
    ck_assert_msg(probes != NULL, "out of host memory: %zu probes", lines);
    *count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] == '#') continue;
        struct oracle_probe *p = &probes[(*count)++];
        ck_assert_msg(sscanf(line, "%15s %31s %zu %lf", p->what, p->tensor, &p->index, &p->value) == 4,
                      "%s: odd line: %s", path, line);
    }
    free(text);
    return probes;
}
