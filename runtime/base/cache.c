/* SPDX-License-Identifier: MIT */
/* The cache folder as a whole: what kinds of files are in it, how large they are, and the limit. A file that is read is
 * touched, as most mounts keep no time of access; when what was stored since the last look may be too much, the files
 * that were used longest ago go first, never one of the last minute. */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "memory.h"
#include "sized.h"

enum { HASH_DIGITS = 64, LOG_DIGITS = 8, FRESH = 60 /* seconds */, MAX_PATH = 4096 };
static const char hexadecimal[] = "0123456789abcdef", log_prefix[] = "build-";
static const struct {
    const char *name, *ending;
} kinds[ALEXCL_CACHE_KINDS] = {[CACHE_BINARIES] = {"binaries", ".clbin"},
                               [CACHE_TUNING] = {"tuning", ".tuning.json"},
                               [CACHE_CHECKS] = {"checks", ".checked"},
                               [CACHE_LOGS] = {"logs", ".log"}};

static int cache_name(const struct settings *settings, char *out, size_t size, struct alexcl_error *err) {
    if (!settings->cache_folder)
        return error_set(err, ALEXCL_E_OTHER, "no folder for the cache: set ALEXCL_CACHE_DIR or HOME");
    int made = snprintf(out, size, "%s", settings->cache_folder);
    return made < 0 || (size_t)made >= size ? error_set(err, ALEXCL_E_OTHER, "the cache folder's name is too long")
                                            : ALEXCL_OK;
}

static int cache_judge(const char *path, const struct stat *info, struct alexcl_error *err) {
    if (info->st_uid != geteuid())
        return error_set(err, ALEXCL_E_OTHER, "%s: belongs to another user, so nothing in it is believed", path);
    if (info->st_mode & 022)
        return error_set(err, ALEXCL_E_OTHER, "%s: others may write to it, so nothing in it is believed; chmod go-w it",
                         path);
    return ALEXCL_OK;
}

int cache_folder(const struct settings *settings, char *out, size_t size, struct alexcl_error *err) {
    struct stat info;
    int status = cache_name(settings, out, size, err);
    if (status == ALEXCL_OK) status = files_make_folder(out, err);
    if (status != ALEXCL_OK) return status;
    if (stat(out, &info) != 0) return error_set(err, ALEXCL_E_OTHER, "%s: %s", out, strerror(errno));
    return cache_judge(out, &info, err);
}

void cache_warn(const char *what, const char *why) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int warned;
    pthread_mutex_lock(&lock);
    if (!warned)
        log_write(ALEXCL_LOG_WARNING,
                  "%s at every start: %s (ALEXCL_CACHE_DIR names another folder, ALEXCL_NO_CACHE=1 is quiet)", what,
                  why);
    warned = 1;
    pthread_mutex_unlock(&lock);
}

int cache_path(const struct settings *settings, enum cache_kind kind, const char *key, char *out, size_t size,
               struct alexcl_error *err) {
    char folder[MAX_PATH];
    int status = cache_folder(settings, folder, sizeof folder, err);
    if (status != ALEXCL_OK) return status;
    int made = snprintf(out, size, "%s/%s%s", folder, key, kinds[kind].ending);
    return made < 0 || (size_t)made >= size ? error_set(err, ALEXCL_E_OTHER, "%s: the name is too long", folder)
                                            : ALEXCL_OK;
}

/* The kind of a file by its name, or -1. */
static int cache_kind_of(const char *name) {
    for (int kind = 0; kind < ALEXCL_CACHE_KINDS; kind++) {
        size_t length = strlen(name), ending = strlen(kinds[kind].ending);
        size_t digits = kind == CACHE_LOGS ? LOG_DIGITS : HASH_DIGITS;
        if (length < digits + ending || strcmp(name + length - ending, kinds[kind].ending) != 0) continue;
        const char *hash = name + length - ending - digits;
        if (strspn(hash, hexadecimal) < digits) continue;
        if (kind == CACHE_LOGS ? strncmp(name, log_prefix, sizeof log_prefix - 1) == 0 &&
                                     hash > name + sizeof log_prefix && hash[-1] == '-'
                               : hash == name)
            return kind;
    }
    return -1;
}

struct cache_file {
    char name[256];
    int kind;
    uint64_t bytes;
    struct timespec used;
};

/* The regular files of the folder that are ours. */
static int cache_list(DIR *dir, struct cache_file **out, size_t *count, struct alexcl_error *err) {
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        struct stat info;
        int kind = cache_kind_of(e->d_name);
        if (kind < 0 || fstatat(dirfd(dir), e->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
            continue;
        if (*count == capacity) {
            capacity = 2 * capacity + 64;
            struct cache_file *more = realloc(*out, capacity * sizeof *more);
            if (!more) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the files of the cache");
            *out = more;
        }
        struct cache_file *f = &(*out)[(*count)++];
        snprintf(f->name, sizeof f->name, "%s", e->d_name);
        f->kind = kind;
        f->bytes = (uint64_t)info.st_size;
        f->used = info.st_mtim;
    }
    return ALEXCL_OK;
}

/* ---- the limit ----------------------------------------------------------------------------------- */

static int cache_compare(const void *a, const void *b) {
    const struct timespec *x = &((const struct cache_file *)a)->used, *y = &((const struct cache_file *)b)->used;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
    return x->tv_nsec < y->tv_nsec ? -1 : x->tv_nsec > y->tv_nsec;
}

/* Bytes in the folder, after what is beyond the limit went. Whoever else removes the same files at the same time is
 * welcome. */
static uint64_t cache_trim(const char *folder, uint64_t limit) {
    struct alexcl_error ignored = {0};
    struct cache_file *list = NULL;
    size_t count = 0, removed = 0;
    uint64_t bytes = 0;
    time_t now = time(NULL);
    DIR *dir = opendir(folder);
    if (dir && cache_list(dir, &list, &count, &ignored) == ALEXCL_OK) {
        for (size_t i = 0; i < count; i++) bytes += list[i].bytes;
        if (bytes > limit) qsort(list, count, sizeof *list, cache_compare);
        for (size_t i = 0; i < count && bytes > limit; i++) {
            if (llabs((long long)now - (long long)list[i].used.tv_sec) < FRESH) continue;
            if (unlinkat(dirfd(dir), list[i].name, 0) != 0 && errno != ENOENT) continue;
            bytes -= list[i].bytes;
            removed++;
        }
        if (removed)
            log_write(ALEXCL_LOG_INFO, "%s: %zu files that were not used for long are removed (ALEXCL_CACHE_LIMIT)",
                      folder, removed);
    }
    if (dir) closedir(dir);
    free(list);
    return bytes;
}

/* The folder is read when a process first stores something, and then when what it stored since may be too much. */
static void cache_keep_limit(const struct settings *settings, size_t stored) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char known[MAX_PATH];
    static uint64_t bytes;
    char folder[MAX_PATH];
    struct alexcl_error ignored = {0};
    uint64_t limit = settings->cache_limit;
    if (!limit || cache_folder(settings, folder, sizeof folder, &ignored) != ALEXCL_OK) return;
    pthread_mutex_lock(&lock);
    bytes += stored;
    if (strcmp(known, folder) != 0 || bytes > limit) bytes = cache_trim(folder, limit);
    snprintf(known, sizeof known, "%s", folder);
    pthread_mutex_unlock(&lock);
}

int cache_load(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err) {
    int status = files_read(path, limit, data, length, err);
    /* The time of last access is not kept by most mounts. */
    if (status == ALEXCL_OK) (void)utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
    return status;
}

int cache_store(const struct settings *settings, const char *path, const void *data, size_t length,
                struct alexcl_error *err) {
    int status = files_replace(path, data, length, err);
    if (status == ALEXCL_OK) cache_keep_limit(settings, length);
    return status;
}

/* ---- for people ---------------------------------------------------------------------------------- */

/* Counts the files of a kind (-1: of all) and removes them if `remove`. */
static int cache_look(const struct alexcl_settings *options, int kind, int remove, struct alexcl_cache *out,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct cache_file *list = NULL;
    size_t count = 0;
    struct alexcl_error why = {0};
    struct stat info;
    DIR *dir = NULL;
    struct settings settings = {0};
    TRY(settings_read_cache(options, &settings, err));
    *out = (struct alexcl_cache){.limit = settings.cache_limit};
    for (int i = 0; i < ALEXCL_CACHE_KINDS; i++) out->kinds[i].name = kinds[i].name;
    if (cache_name(&settings, out->folder, sizeof out->folder, &why) == ALEXCL_OK &&
        (dir = opendir(out->folder)) == NULL)
        error_set(&why, ALEXCL_E_OTHER, "%s: %s", out->folder, errno == ENOENT ? "is not there yet" : strerror(errno));
    if (dir && fstat(dirfd(dir), &info) == 0) (void)cache_judge(out->folder, &info, &why);
    snprintf(out->note, sizeof out->note, "%s", why.text);
    if (why.status != ALEXCL_OK) goto done;
    TRY(cache_list(dir, &list, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (kind >= 0 && list[i].kind != kind) continue;
        if (remove && unlinkat(dirfd(dir), list[i].name, 0) != 0 && errno != ENOENT) {
            status = error_set(err, ALEXCL_E_OTHER, "%s/%s: cannot be removed: %s%s", out->folder, list[i].name,
                               strerror(errno), file_hint(errno));
            goto done;
        }
        out->kinds[list[i].kind].files++;
        out->kinds[list[i].kind].bytes += list[i].bytes;
        out->bytes += list[i].bytes;
    }
done:
    if (dir) closedir(dir);
    free(list);
    settings_free(&settings);
    return status;
}

/* Fills the caller's structure, of whatever size. */
static int cache_tell(const struct alexcl_settings *settings, int kind, int remove, struct alexcl_cache *out,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_cache *today = NULL;
    TRY(memory_alloc(&today, 1, sizeof *today, "what is in the cache", err));
    TRY(cache_look(settings, kind, remove, today, err));
    TRY(SIZED_WRITE(alexcl_cache, today, out, err));
done:
    free(today);
    return status;
}

int alexcl_cache_show(const struct alexcl_settings *settings, struct alexcl_cache *out, struct alexcl_error *err) {
    return cache_tell(settings, -1, 0, out, err);
}

int alexcl_cache_clear(const struct alexcl_settings *settings, const char *kind, struct alexcl_cache *out,
                       struct alexcl_error *err) {
    if (!kind) return cache_tell(settings, -1, 1, out, err);
    for (int i = 0; i < ALEXCL_CACHE_KINDS; i++)
        if (strcmp(kinds[i].name, kind) == 0) return cache_tell(settings, i, 1, out, err);
    return error_set(err, ALEXCL_E_USAGE, "the cache has no %s: it has binaries, tuning, checks and logs", kind);
}
