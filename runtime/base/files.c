/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "settings.h"

int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned char *buffer = NULL;
    /* O_NONBLOCK: opening a fifo nobody writes to must not hang; it is refused below. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return error_set(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", path, S_ISDIR(info.st_mode) ? "is a folder" : "is not a regular file");
        goto done;
    }
    size_t size = (size_t)info.st_size;
    if (size > limit) {
        status = error_set(err, ALEXCL_E_DATA, "%s: %zu bytes, more than the %zu that are accepted here", path, size, limit);
        goto done;
    }
    buffer = malloc(size + 1);
    if (!buffer) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu bytes for %s", size, path);
        goto done;
    }
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, buffer + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            status = error_set(err, ALEXCL_E_DATA, "%s: %s after %zu of %zu bytes", path, got < 0 ? strerror(errno) : "ends early", have, size);
            goto done;
        }
        have += (size_t)got;
    }
    buffer[size] = 0;
    *data = buffer;
    *length = size;
    buffer = NULL;
done:
    free(buffer);
    close(fd);
    return status;
}

struct files_writer {
    int fd; /* -1: closed */
    char path[4096], temporary[4200];
};

static int files_writer_failed(const struct files_writer *w, int code, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: %s", w->path, strerror(code ? code : EIO));
}

int files_writer_open(const char *path, struct files_writer **out, struct alexcl_error *err) {
    struct files_writer *w;
    struct stat info;
    /* A rename would put a file in the place of /dev/null. */
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) return error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: it is not a regular file", path);
    if (strlen(path) >= sizeof w->path) return error_set(err, ALEXCL_E_OTHER, "%s: the name is too long", path);
    int status = memory_alloc(&w, 1, sizeof *w, "a file's name", err);
    if (status != ALEXCL_OK) return status;
    snprintf(w->path, sizeof w->path, "%s", path);
    snprintf(w->temporary, sizeof w->temporary, "%s.%ld.XXXXXX", path, (long)getpid());
    w->fd = mkstemp(w->temporary);
    if (w->fd < 0) {
        status = files_writer_failed(w, errno, err);
        free(w);
        return status;
    }
    *out = w;
    return ALEXCL_OK;
}

int files_writer_add(struct files_writer *w, const void *data, size_t length, struct alexcl_error *err) {
    for (size_t done = 0; done < length;) {
        errno = 0;
        ssize_t wrote = write(w->fd, (const char *)data + done, length - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return files_writer_failed(w, errno, err);
        done += (size_t)wrote;
    }
    return ALEXCL_OK;
}

int files_writer_commit(struct files_writer *w, struct alexcl_error *err) {
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(w->fd, 0666 & ~mask) != 0) return files_writer_failed(w, errno, err);
    int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0 || rename(w->temporary, w->path) != 0) {
        int status = files_writer_failed(w, errno, err);
        unlink(w->temporary);
        return status;
    }
    return ALEXCL_OK;
}

void files_writer_free(struct files_writer *w) {
    if (!w) return;
    if (w->fd >= 0) {
        close(w->fd);
        unlink(w->temporary);
    }
    free(w);
}

int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct files_writer *w = NULL;
    TRY(files_writer_open(path, &w, err));
    TRY(files_writer_add(w, data, length, err));
    TRY(files_writer_commit(w, err));
done:
    files_writer_free(w);
    return status;
}

int files_make_folder(const char *path, struct alexcl_error *err) {
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) return error_set(err, ALEXCL_E_OTHER, "the folder's name is empty or too long");
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) return error_set(err, ALEXCL_E_OTHER, "%s: cannot be made: %s", part, strerror(errno));
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return error_set(err, ALEXCL_E_OTHER, "%s: is not a folder", path);
    return ALEXCL_OK;
}

int files_cache_folder(char *out, size_t size, struct alexcl_error *err) {
    const char *chosen = alexcl_setting_value("ALEXCL_CACHE_DIR");
    int made;
    if (chosen)
        made = snprintf(out, size, "%s", chosen);
    else if (settings_environment("XDG_CACHE_HOME"))
        made = snprintf(out, size, "%s/alexcl", settings_environment("XDG_CACHE_HOME"));
    else if (settings_environment("HOME"))
        made = snprintf(out, size, "%s/.cache/alexcl", settings_environment("HOME"));
    else
        return error_set(err, ALEXCL_E_OTHER, "no folder for the cache: set ALEXCL_CACHE_DIR or HOME");
    if (made < 0 || (size_t)made >= size) return error_set(err, ALEXCL_E_OTHER, "the cache folder's name is too long");
    int status = files_make_folder(out, err);
    if (status != ALEXCL_OK) return status;
    struct stat info;
    if (stat(out, &info) != 0) return error_set(err, ALEXCL_E_OTHER, "%s: %s", out, strerror(errno));
    if (info.st_uid != geteuid()) return error_set(err, ALEXCL_E_OTHER, "%s: belongs to another user, so nothing in it is believed", out);
    if (info.st_mode & 022) return error_set(err, ALEXCL_E_OTHER, "%s: others may write to it, so nothing in it is believed; chmod go-w it", out);
    return ALEXCL_OK;
}
