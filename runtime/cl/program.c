/* SPDX-License-Identifier: MIT */
/* OpenCL programs of a device: built once for each source and set of defines, from the cache where a binary of exactly
 * that is, and kept until the device is freed. Where a kernel includes a .clh file, that file's text is put there
 * first: so the hash that names a binary covers it, and no driver has to find a file. The log of a build that fails
 * goes to a file whole, its first lines into the error. */
#include "program.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binary_cache.h"
#include "cache.h"
#include "files.h"
#include "hash.h"
#include "kernel_text.h"
#include "log.h"
#include "memory.h"
#include "settings.h"

enum { SOURCE_LIMIT = 4 << 20, LOG_LINES = 12, LOG_SHOWN = 2400, MAX_PATH = 4096 };

struct program {
    struct device_owned owned;
    char *key;                          /* source name, a newline, defines */
    struct binary_cache_key built_from; /* device, options, text */
    cl_program handle;
    struct program *next;
};

/* The text of a .cl or .clh file. */
struct source {
    const char *text;
    size_t length;
    unsigned char *owned; /* of a file of ALEXCL_KERNEL_DIR; else NULL */
    char name[MAX_PATH];  /* for people: that file, or "kernel conv.cl" */
};

/* <name>.cl or, `shared`, <name>.clh: of ALEXCL_KERNEL_DIR where it is there, else the built-in one. `owned` is freed
 * by the caller. */
static int program_source(const struct device *dev, const char *name, int shared, struct source *out,
                          struct alexcl_error *err) {
    const char *folder = dev->settings->kernel_folder, *ending = shared ? "clh" : "cl";
    out->owned = NULL;
    if (folder[0]) {
        char *path = out->name;
        int made = snprintf(path, sizeof out->name, "%s%s%s.%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
                            name, ending);
        if (made > 0 && (size_t)made < sizeof out->name && access(path, F_OK) == 0) {
            int status = files_read(path, SOURCE_LIMIT, &out->owned, &out->length, err);
            out->text = (const char *)out->owned;
            return status;
        }
        log_write(ALEXCL_LOG_INFO, "ALEXCL_KERNEL_DIR: no %s; the built-in one is used", path);
    }
    for (const struct kernel_text *k = shared ? kernel_shared_texts : kernel_texts; k->name; k++) {
        if (strcmp(k->name, name) != 0) continue;
        out->text = k->file.text;
        out->length = k->file.length;
        snprintf(out->name, sizeof out->name, "kernel %s.%s", name, ending);
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_BUILD, "there is no kernel file %s.%s", name, ending);
}

/* Has the compiler count what follows as lines of this file, from `line` on. */
static void program_add_line(struct string_buffer *to, const struct source *source, int line) {
    string_buffer_add(to, "#line %d \"", line);
    for (const char *c = source->name; *c; c++) string_buffer_add(to, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    string_buffer_add(to, "\"\n");
}

/* The name of the .clh file that the line at `line` includes, or 0. Other includes are the compiler's. */
static int program_includes(const char *line, char name[64]) {
    static const char begin[] = "#include \"", ending[] = ".clh";
    if (strncmp(line, begin, strlen(begin)) != 0) return 0;
    line += strlen(begin);
    size_t length = strcspn(line, "\"/\n");
    if (line[length] != '"' || length <= strlen(ending) || length >= 64) return 0;
    if (memcmp(line + length - strlen(ending), ending, strlen(ending)) != 0) return 0;
    memcpy(name, line, length - strlen(ending));
    name[length - strlen(ending)] = '\0';
    return 1;
}

/* A kernel's text as the compiler is given it. Lines are told where somebody has the files: of ALEXCL_KERNEL_DIR. */
static int program_expand(const struct device *dev, const struct source *kernel, struct string_buffer *out,
                          struct alexcl_error *err) {
    int status = ALEXCL_OK, number = 1;
    struct source shared = {.owned = NULL};
    assert(kernel->text); /* program_source has found it */
    const char *end = kernel->text + kernel->length, *copied = kernel->text;
    if (kernel->owned) program_add_line(out, kernel, 1);
    for (const char *line = copied, *next; line < end; line = next, number++) {
        char name[64];
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop ? stop + 1 : end;
        if (!program_includes(line, name)) continue;
        string_buffer_add(out, "%.*s", (int)(line - copied), copied);
        copied = next;
        TRY(program_source(dev, name, 1, &shared, err));
        if (shared.owned) program_add_line(out, &shared, 1);
        string_buffer_add(out, "%.*s", (int)shared.length, shared.text);
        if (shared.owned || kernel->owned) program_add_line(out, kernel, number + 1);
        free(shared.owned);
        shared.owned = NULL;
    }
    string_buffer_add(out, "%.*s", (int)(end - copied), copied);
    if (out->failed) status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the text of %s", kernel->name);
done:
    free(shared.owned);
    return status;
}

/* Keeps the whole log of a failed build in a file, and tells its first lines and that file. */
static int program_report(struct device *dev, cl_program handle, const char *name, const struct source *source,
                          const char *options, int code, struct alexcl_error *err) {
    size_t length = 0;
    char *log = NULL, key[256], path[4200];
    struct alexcl_error ignored = {0};
    clGetProgramBuildInfo(handle, dev->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &length);
    if (length && (log = malloc(length + 1)) != NULL) {
        if (clGetProgramBuildInfo(handle, dev->id, CL_PROGRAM_BUILD_LOG, length, log, NULL) != CL_SUCCESS) length = 0;
        log[length] = '\0';
    }
    struct string_buffer whole = {0};
    string_buffer_add(&whole, "%s, options %s, on %s: %s\n%s\n", source->name, options, dev->name, clcode_name(code),
                      log ? log : "(the driver gives no log)");
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    hash_sha256(whole.text ? whole.text : "", whole.length, hash);
    hash_to_hex(hash, hex);
    snprintf(key, sizeof key, "build-%.200s-%.8s", name, hex);
    int cached = cache_path(dev->settings, CACHE_LOGS, key, path, sizeof path, &ignored) == ALEXCL_OK;
    if (!cached) snprintf(path, sizeof path, "/tmp/%s.log", key);
    ignored = (struct alexcl_error){0};
    if (whole.failed || (cached ? cache_store(dev->settings, path, whole.text, whole.length, &ignored)
                                : files_replace(path, whole.text, whole.length, &ignored)) != ALEXCL_OK)
        path[0] = '\0';
    int lines = 0;
    size_t shown = 0;
    while (log && log[shown] && lines < LOG_LINES && shown < LOG_SHOWN) lines += log[shown++] == '\n';
    /* Of the kernel these say nothing: no other one is to take its place. */
    int status = code == CL_OUT_OF_HOST_MEMORY || code == CL_DEVICE_NOT_AVAILABLE ? code : ALEXCL_E_BUILD;
    error_set(err, status, "%s does not compile: clBuildProgram failed on %s: %s (%d); %s; options: %s\n%.*s%s%s",
              source->name, dev->name, clcode_name(code), code,
              source->owned && code == CL_BUILD_PROGRAM_FAILURE ? "mend the file" : clcode_hint(code), options,
              (int)shown, log ? log : "", path[0] ? "\nthe whole log is kept in " : "", path);
    error_note_code(err, code);
    string_buffer_free(&whole);
    free(log);
    return status;
}

static int program_build(struct device *dev, const char *name, const char *defines, cl_program *out,
                         struct binary_cache_key *key, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *extra = dev->settings->build_options;
    struct source source = {.owned = NULL};
    struct string_buffer whole = {0}, options = {0};
    cl_program handle = NULL;
    cl_int code;
    TRY(program_source(dev, name, 0, &source, err));
    TRY(program_expand(dev, &source, &whole, err));
    string_buffer_add(&options, "-cl-std=CL1.2 -cl-mad-enable%s%s%s%s%s", dev->fma ? "" : " -DMULTIPLY_ADD=mad",
                      defines[0] ? " " : "", defines, extra[0] ? " " : "", extra);
    /* PoCL counts a compiler's warnings on stderr, and on CPUs without AVX-512 every call with a float16 is one
     * (-Wpsabi): nothing that a user can act on. */
    string_buffer_add(&options, " -w");
    if (options.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the options of %s.cl", name);
        goto done;
    }
    binary_cache_make_key(key, dev->identity, whole.text, whole.length, options.text);
    if (binary_cache_load(dev, key, options.text, &handle)) {
        *out = handle;
        handle = NULL;
        goto done;
    }
    log_write(ALEXCL_LOG_INFO, "compiling %s.cl for %s", name, dev->name);
    handle = clCreateProgramWithSource(dev->context, 1, (const char *[]){whole.text}, (size_t[]){whole.length}, &code);
    TRY(clerror_check(code, "clCreateProgramWithSource", dev, err));
    code = clBuildProgram(handle, 1, &dev->id, options.text, NULL, NULL);
    if (code != CL_SUCCESS) {
        status = program_report(dev, handle, name, &source, options.text, code, err);
        goto done;
    }
    binary_cache_store(dev, key, handle);
    *out = handle;
    handle = NULL;
done:
    if (handle) clReleaseProgram(handle);
    string_buffer_free(&options);
    string_buffer_free(&whole);
    free(source.owned);
    return status;
}

static void program_free(struct device_owned *thing) {
    struct program *p = (struct program *)thing;
    clReleaseProgram(p->handle);
    free(p->key);
    free(p);
}

int program_get(struct device *dev, const char *source, const char *defines, cl_program *out,
                struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct program *p = NULL;
    struct string_buffer key = {0};
    string_buffer_add(&key, "%s\n%s", source, defines);
    if (key.failed) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the name of a program");
        goto done;
    }
    for (struct program *have = dev->programs; have; have = have->next) {
        if (strcmp(have->key, key.text) != 0) continue;
        *out = have->handle;
        goto done;
    }
    TRY(memory_alloc(&p, 1, sizeof *p, "a program", err));
    TRY(program_build(dev, source, defines, &p->handle, &p->built_from, err));
    p->key = key.text;
    key.text = NULL;
    p->next = dev->programs;
    dev->programs = p;
    device_own(dev, &p->owned, program_free);
    *out = p->handle;
    p = NULL;
done:
    free(p);
    string_buffer_free(&key);
    return status;
}

void program_hash_all(const struct device *dev, unsigned char out[HASH_BYTES]) {
    memset(out, 0, HASH_BYTES);
    for (const struct program *p = dev->programs; p; p = p->next) hash_add(out, p->built_from.bytes);
}
