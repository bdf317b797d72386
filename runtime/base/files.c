/* SPDX-License-Identifier: MIT */
/* Reading files whole, and writing them so that a reader sees the old one or the whole new one. What is written stands
 * under a temporary name beside its place, locked while its writer lives; commit syncs it, gives it the owner and the
 * mode of the file that it replaces, renames it over that one and syncs the folder. Whatever ends a process in between
 * leaves a temporary file without a lock, which the next writer in that folder removes. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

int files_open_input(const char *path, const char *advice, int *fd, size_t *size, struct alexcl_error *err) {
    struct stat info;
    /* O_NONBLOCK: opening a fifo nobody writes to must not hang; it is refused below. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) return error_set(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), file_read_hint(path, errno));
    int status = ALEXCL_OK;
    if (fstat(*fd, &info) != 0)
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status = error_set(err, ALEXCL_E_DATA, "%s: %s%s", path,
                           S_ISDIR(info.st_mode) ? "is a folder" : "is not a regular file", advice);
    else if ((uintmax_t)info.st_size > SIZE_MAX - 1)
        status = error_set(err, ALEXCL_E_DATA, "%s: too large for this machine", path);
    else
        *size = (size_t)info.st_size;
    if (status != ALEXCL_OK) close(*fd);
    return status;
}

int files_read_advised(const char *path, const char *advice, size_t limit, unsigned char **data, size_t *length,
                       struct alexcl_error *err) {
    unsigned char *buffer = NULL;
    size_t size, have = 0;
    int fd, status = files_open_input(path, advice, &fd, &size, err);
    if (status != ALEXCL_OK) return status;
    if (size > limit)
        status =
            error_set(err, ALEXCL_E_DATA, "%s: %zu bytes, more than the %zu that are accepted here", path, size, limit);
    else if ((buffer = malloc(size + 1)) == NULL)
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu bytes for %s", size, path);
    while (status == ALEXCL_OK && have < size) {
        ssize_t got = read(fd, buffer + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            status = error_set(err, ALEXCL_E_DATA, "%s: %s after %zu of %zu bytes", path,
                               got < 0 ? strerror(errno) : "ends early", have, size);
        else
            have += (size_t)got;
    }
    close(fd);
    if (status != ALEXCL_OK) {
        free(buffer);
        return status;
    }
    buffer[size] = 0;
    *data = buffer;
    *length = size;
    return ALEXCL_OK;
}

int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err) {
    return files_read_advised(path, "", limit, data, length, err);
}

/* A file being written stands under a temporary name beside its place, "<name>.<process>.<6 digits>.alexcl", and is
 * locked while its writer
 * lives: what a killed process left behind is told by its lock being free, and removed by the next process that writes
 * in that folder. */
enum {
    MAX_PATH = 4096,
    MAX_STEM = 200, /* bytes of the file's name that the temporary one keeps: a file's name has 255 at most */
    MAX_LINKS = 40, /* symbolic links that are followed, as many as Linux follows */
    MAX_SWEPT = 16, /* folders that are remembered as swept */
    MARK_DIGITS = 6,
};
static const char mark[] = ".alexcl";
struct file {
    int fd;     /* -1: closed */
    int code;   /* of the first write that failed: the file is not whole and never will be */
    int synced; /* it is on the disk when it has its name */
    int first;  /* bytes of `target` that are its folder's */
    char path[MAX_PATH];
    char target[MAX_PATH]; /* behind symbolic links */
    char temporary[MAX_PATH + 300];
    struct file *next; /* of those open */
};

/* The open files, for files_abandon. A handler must never wait for the thread that it interrupted: the lock is
 * held with signals blocked. */
static struct file *files_open;
static atomic_flag files_busy = ATOMIC_FLAG_INIT;

static void files_lock(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, before);
    while (atomic_flag_test_and_set(&files_busy)) sched_yield();
}

static void files_unlock(const sigset_t *before) {
    atomic_flag_clear(&files_busy);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void files_abandon(void) {
    static atomic_flag done = ATOMIC_FLAG_INIT;
    sigset_t before;
    if (atomic_flag_test_and_set(&done)) return;
    files_lock(&before); /* for good: no file is begun any more */
    for (struct file *f = files_open; f; f = f->next) unlink(f->temporary);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Takes a file off the list of open ones; `remove` removes its temporary name in the same moment. */
static void files_forget(struct file *f, int remove) {
    sigset_t before;
    files_lock(&before);
    struct file **at = &files_open;
    while (*at && *at != f) at = &(*at)->next;
    if (*at) *at = f->next;
    if (remove) unlink(f->temporary);
    files_unlock(&before);
}

const char *file_hint(int code) {
    switch (code) {
    case ENOENT: return "; check the name and its folder";
    case EACCES:
    case EPERM: return "; ask its owner for the permission, or take another";
    case ENOTDIR: return "; a part of the name is a file where a folder was meant";
    case EISDIR: return "; name a file";
    case ELOOP: return "; a symbolic link leads back to itself: remove it";
    case ENAMETOOLONG: return "; take a shorter name";
    case ENXIO: return "; it is a socket or a device without a driver: name a file";
    case ENOSPC:
    case EDQUOT: return "; make room there, or take another folder";
    case EFBIG: return "; raise the limit of a file's size (ulimit -f), or write less";
    case EROFS: return "; take a folder that can be written";
    case EMFILE:
    case ENFILE: return "; raise the limit of open files (ulimit -n)";
    default: return "";
    }
}

const char *file_read_hint(const char *path, int code) {
    return code == ENOENT && strstr(path, "://") ? "; alexcl does not download: curl -fLO URL fetches it first"
                                                 : file_hint(code);
}

static int files_refuse(const char *path, int code, struct alexcl_error *err) {
    if (!code) code = EIO;
    return error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: %s%s", path, strerror(code), file_hint(code));
}

/* What a file system may do without: syncing folders, modes. */
static int files_lacks(int code) {
    return code == EINVAL || code == ENOTSUP || code == ENOSYS || code == EPERM || code == EROFS;
}

static int files_sync(int fd) { return fsync(fd) == 0 || files_lacks(errno); }

static void files_folder(const struct file *f, char out[MAX_PATH]) {
    snprintf(out, MAX_PATH, "%.*s", f->first ? f->first : 1, f->first ? f->target : ".");
}

/* Without it a name that was changed may be the old one again after a power cut. A folder that may not be read cannot
 * be synced. */
static int files_sync_folder(const struct file *f) {
    char folder[MAX_PATH];
    files_folder(f, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
    if (fd < 0) return errno == EACCES ? 0 : errno;
    if (!files_sync(fd)) code = errno;
    close(fd);
    return code;
}

static int files_is_temporary(const char *name) {
    enum { MARK = sizeof mark - 1 };
    size_t length = strlen(name);
    if (length < MARK + MARK_DIGITS + 4 /* "f.1." */ || strcmp(name + length - MARK, mark) != 0) return 0;
    const char *digits = name + length - MARK - MARK_DIGITS, *process = digits - 1;
    if (strspn(digits, "0123456789abcdef") < MARK_DIGITS || *process != '.') return 0;
    while (process > name && process[-1] >= '0' && process[-1] <= '9') process--;
    return process < digits - 1 && process - name >= 2 && process[-1] == '.';
}

/* Removes what killed processes left in the file's folder; once in a process, since folders may be large. */
static void files_sweep(const struct file *f) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        dev_t device;
        ino_t number;
    } swept[MAX_SWEPT];
    static unsigned turn;
    char folder[MAX_PATH];
    struct stat info;
    int seen = 0;
    files_folder(f, folder);
    if (stat(folder, &info) != 0) return;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_SWEPT; i++) seen |= swept[i].device == info.st_dev && swept[i].number == info.st_ino;
    if (!seen) {
        swept[turn % MAX_SWEPT].device = info.st_dev;
        swept[turn++ % MAX_SWEPT].number = info.st_ino;
    }
    pthread_mutex_unlock(&lock);
    DIR *dir = seen ? NULL : opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (!files_is_temporary(e->d_name)) continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0) continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(dirfd(dir), e->d_name, 0);
        close(fd);
    }
    if (dir) closedir(dir);
}

/* Makes the temporary file, locked; errno tells why not. Its mode is asked of open: reading the umask would change it
 * for all threads. */
static int files_make_temporary(struct file *f, mode_t mode) {
    static atomic_uint turn;
    for (int attempt = 0; attempt < 100; attempt++) {
        struct stat info;
        struct timespec now = {0};
        sigset_t before;
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(f->temporary, sizeof f->temporary, "%.*s%.*s.%ld.%0*x%s", f->first, f->target, MAX_STEM,
                 f->target + f->first, (long)getpid(), MARK_DIGITS,
                 ((unsigned)now.tv_nsec + atomic_fetch_add(&turn, 1)) & 0xffffffu, mark);
        files_lock(&before);
        f->fd = open(f->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        int code = errno;
        if (f->fd >= 0) {
            f->next = files_open;
            files_open = f;
        }
        files_unlock(&before);
        errno = code;
        if (f->fd < 0 && code == EEXIST) continue;
        if (f->fd < 0) return 0;
        /* Another writer may have swept it away before it was locked. Where files cannot be locked, it cannot have. */
        if (flock(f->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            if (fstat(f->fd, &info) == 0 && info.st_nlink > 0) return 1;
        files_forget(f, 1);
        close(f->fd);
        f->fd = -1;
    }
    errno = EBUSY;
    return 0;
}

/* Puts what a symbolic link leads to in the place of f->target, whether that is there or not; 0: errno tells why
 * not. */
static int files_follow(struct file *f) {
    for (int i = 0; i <= MAX_LINKS; i++) {
        char link[MAX_PATH], folder[MAX_PATH];
        const char *slash = strrchr(f->target, '/');
        f->first = slash ? (int)(slash - f->target) + 1 : 0;
        ssize_t length = readlink(f->target, link, sizeof link - 1);
        if (length < 0) return 1; /* no link; what else it may be is told where the file is made */
        link[length] = '\0';
        snprintf(folder, sizeof folder, "%.*s", link[0] == '/' ? 0 : f->first, f->target);
        if ((size_t)snprintf(f->target, sizeof f->target, "%s%s", folder, link) >= sizeof f->target) {
            errno = ENAMETOOLONG;
            return 0;
        }
    }
    errno = ELOOP;
    return 0;
}

/* Gives a new file the owner and the mode of the old one; where it may not have the old group, that one's rights are
 * those of all others. */
static int files_inherit(int fd, const struct stat *old) {
    mode_t mode = old->st_mode & 0777;
    if (fchown(fd, old->st_uid, old->st_gid) != 0 && fchown(fd, (uid_t)-1, old->st_gid) != 0)
        mode &= 0707 | (mode & 07) << 3;
    return fchmod(fd, mode) == 0 || files_lacks(errno);
}

static int files_begin(const char *path, int result, struct file **out, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct file *f = NULL;
    struct stat old;
    /* A rename would put a file in the place of /dev/null. A link that the system does not follow, because another user
     * left it in a folder for all, is not followed here either. */
    int exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: it is not a regular file; name one, or a new one",
                         path);
    if (result && !exists && errno != ENOENT) return files_refuse(path, errno, err);
    if (strlen(path) >= MAX_PATH) return files_refuse(path, ENAMETOOLONG, err);
    TRY(memory_alloc(&f, 1, sizeof *f, "a file's name", err));
    snprintf(f->path, sizeof f->path, "%s", path);
    snprintf(f->target, sizeof f->target, "%s", path);
    const char *slash = strrchr(path, '/');
    f->first = slash ? (int)(slash - path) + 1 : 0;
    f->fd = -1;
    f->synced = result;
    if (result && !files_follow(f)) {
        status = files_refuse(path, errno, err);
        goto done;
    }
    files_sweep(f);
    if (!files_make_temporary(f, result && exists ? 0600 : 0666) || (result && exists && !files_inherit(f->fd, &old))) {
        status = files_refuse(path, errno, err);
        goto done;
    }
    *out = f;
    f = NULL;
done:
    file_free(f);
    return status;
}

int file_open(const char *path, struct file **out, struct alexcl_error *err) { return files_begin(path, 1, out, err); }

int file_expect(const struct file *f, uint64_t bytes, struct alexcl_error *err) {
    struct statvfs disk;
    if (fstatvfs(f->fd, &disk) != 0 || disk.f_blocks == 0) return ALEXCL_OK; /* it tells nothing */
    uint64_t unit = disk.f_frsize ? disk.f_frsize : disk.f_bsize;
    if (bytes / (unit ? unit : 1) < disk.f_bavail) return ALEXCL_OK;
    double size = (double)bytes < 1e8 ? 1e3 : 1e9;
    return error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: %s: it will have %.1f %s, and %.1f are free there%s",
                     f->path, strerror(ENOSPC), (double)bytes / size, size < 1e9 ? "kB" : "GB",
                     (double)disk.f_bavail * (double)unit / size, file_hint(ENOSPC));
}

/* 0, or why not all of it could be written. */
static int files_write(int fd, const void *data, size_t length) {
    for (size_t done = 0; done < length;) {
        errno = 0;
        ssize_t wrote = write(fd, (const char *)data + done, length - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return errno ? errno : EIO;
        done += (size_t)wrote;
    }
    return 0;
}

int file_add(struct file *f, const void *data, size_t length, struct alexcl_error *err) {
    int code = files_write(f->fd, data, length);
    if (!code) return ALEXCL_OK;
    f->code = code;
    return files_refuse(f->path, code, err);
}

int file_rewind(struct file *f, struct alexcl_error *err) {
    return lseek(f->fd, 0, SEEK_SET) == 0 ? ALEXCL_OK : files_refuse(f->path, errno, err);
}

void file_skip_sync(struct file *f) { f->synced = 0; }

int file_commit(struct file *f, struct alexcl_error *err) {
    if (f->code) return files_refuse(f->path, f->code, err);
    int fd = f->fd, code = 0;
    f->fd = -1;
    if (f->synced && !files_sync(fd)) code = errno;
    /* Some file systems tell only when a file is closed that it did not fit: a copy of the descriptor is closed, since
     * the lock goes with the last, and without it a sweep would take the file for left behind. */
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0 && close(copy) != 0 && !code) code = errno;
    if (!code && rename(f->temporary, f->target) != 0) code = errno;
    files_forget(f, code != 0);
    if (!code && f->synced) code = files_sync_folder(f);
    if (close(fd) != 0 && !code) code = errno;
    return code ? files_refuse(f->path, code, err) : ALEXCL_OK;
}

void file_free(struct file *f) {
    if (!f) return;
    if (f->fd >= 0) {
        files_forget(f, 1);
        close(f->fd);
    }
    free(f);
}

int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct file *f = NULL;
    TRY(files_begin(path, 0, &f, err));
    TRY(file_add(f, data, length, err));
    TRY(file_commit(f, err));
done:
    file_free(f);
    return status;
}

int files_make_folder(const char *path, struct alexcl_error *err) {
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return error_set(err, ALEXCL_E_OTHER, "the folder's name is empty or too long");
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return error_set(err, ALEXCL_E_OTHER, "%s: cannot be made: %s%s", part, strerror(errno), file_hint(errno));
    }
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set(err, ALEXCL_E_OTHER, "%s: %s%s", path, strerror(errno), file_hint(errno));
    if (!S_ISDIR(info.st_mode)) return error_set(err, ALEXCL_E_OTHER, "%s: is not a folder", path);
    return ALEXCL_OK;
}

int files_is_empty(const char *path, int (*left_over)(const char *name), int *empty, struct alexcl_error *err) {
    DIR *folder = opendir(path);
    if (!folder) return error_set(err, ALEXCL_E_OTHER, "%s: %s%s", path, strerror(errno), file_hint(errno));
    *empty = 1;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;)
        *empty &= strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || (left_over && left_over(e->d_name));
    closedir(folder);
    return ALEXCL_OK;
}

int files_hold_folder(const char *path, int *fd, struct alexcl_error *err) {
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) return error_set(err, ALEXCL_E_OTHER, "%s: %s%s", path, strerror(errno), file_hint(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return ALEXCL_OK;
    close(*fd);
    return error_set(err, ALEXCL_E_OTHER, "%s: is in use by another process; wait for its end, or take another folder",
                     path);
}

/* ---- records ---- */

struct record {
    int fd;
    char path[];
};

int record_open(const char *path, uint64_t keep, struct record **out, struct alexcl_error *err) {
    struct record *r = NULL;
    struct stat info;
    int status = memory_alloc(&r, 1, sizeof *r + strlen(path) + 1, "a file's name", err);
    if (status != ALEXCL_OK) return status;
    memcpy(r->path, path, strlen(path) + 1);
    r->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    int failed = r->fd < 0 || fstat(r->fd, &info) != 0, regular = !failed && S_ISREG(info.st_mode);
    if (regular) failed = (uint64_t)info.st_size > keep && ftruncate(r->fd, (off_t)keep) != 0;
    if (failed)
        status = files_refuse(path, errno, err);
    else if (!regular)
        status = error_set(err, ALEXCL_E_OTHER, "%s: cannot be written: it is not a regular file", path);
    if (status == ALEXCL_OK)
        *out = r;
    else
        record_free(r);
    return status;
}

int record_add(struct record *r, const char *text, struct alexcl_error *err) {
    int code = files_write(r->fd, text, strlen(text));
    return code ? files_refuse(r->path, code, err) : ALEXCL_OK;
}

void record_free(struct record *r) {
    if (!r) return;
    if (r->fd >= 0) close(r->fd);
    free(r);
}
