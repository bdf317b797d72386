/* SPDX-License-Identifier: MIT */
/* Linked into a copy of the program whose calls of these functions come here first (the linker's --wrap; FUNCTIONS in
 * CMakeLists.txt). The wrapped names are alloc.* and file.*; the code of a fault is errno's. Memory of libpng, libjpeg
 * and jansson is counted too. */
#define _GNU_SOURCE /* pipe2 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <jpeglib.h>
#include <png.h>
#include <pthread.h>
#include <webp/decode.h>

#include <jerror.h>

#include "faults.h"

#define WRAP(kind, type, call, parameters, arguments, failed)                                                          \
    type __real_##call parameters;                                                                                     \
    type __wrap_##call parameters;                                                                                     \
    type __wrap_##call parameters {                                                                                    \
        int code = faults_due(kind #call);                                                                             \
        if (!code) return __real_##call arguments;                                                                     \
        errno = code;                                                                                                  \
        return failed;                                                                                                 \
    }
/* open_memstream's have no file below them: what they cannot hold is memory that lacks. */
static int shim_in_memory(FILE *file) {
    int before = errno, memory = fileno(file) < 0;
    errno = before;
    return memory;
}
/* The name of a call of `file`. */
#define SHIM_NAME(call, file) (shim_in_memory(file) ? "alloc." call : "file." call)

/* What fails has still let go of its file. */
#define WRAP_CLOSE(type, call, parameter, name)                                                                        \
    int __real_##call(type parameter);                                                                                 \
    int __wrap_##call(type parameter);                                                                                 \
    int __wrap_##call(type parameter) {                                                                                \
        int code = faults_due(name), result = __real_##call(parameter);                                                \
        if (!code) return result;                                                                                      \
        errno = code;                                                                                                  \
        return -1;                                                                                                     \
    }

WRAP("alloc.", void *, malloc, (size_t size), (size), NULL)
WRAP("alloc.", void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP("alloc.", void *, realloc, (void *p, size_t size), (p, size), NULL)
WRAP("alloc.", char *, strdup, (const char *text), (text), NULL)
WRAP("alloc.", char *, strndup, (const char *text, size_t max), (text, max), NULL)
WRAP("alloc.", int, posix_memalign, (void **out, size_t align, size_t size), (out, align, size), code)
WRAP("alloc.", char *, realpath, (const char *path, char *out), (path, out), NULL)
WRAP("alloc.", FILE *, open_memstream, (char **out, size_t *length), (out, length), NULL)
/* libwebpdemux calls it too. */
__attribute__((visibility("default"))) VP8StatusCode __wrap_WebPDecode(const uint8_t *data, size_t size,
                                                                       WebPDecoderConfig *config);
WRAP("alloc.", VP8StatusCode, WebPDecode, (const uint8_t *data, size_t size, WebPDecoderConfig *config),
     (data, size, config), VP8_STATUS_OUT_OF_MEMORY)

WRAP("file.", FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL)
WRAP("file.", FILE *, fdopen, (int fd, const char *mode), (fd, mode), NULL)
WRAP("file.", int, fsync, (int fd), (fd), -1)
WRAP("file.", int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP("file.", int, rename, (const char *from, const char *to), (from, to), -1)
WRAP("file.", int, fseek, (FILE * file, long to, int from), (file, to, from), -1)
WRAP("file.", off_t, lseek64, (int fd, off_t to, int from), (fd, to, from), -1)
WRAP("file.", ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), -1)
WRAP("file.", ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), -1)
WRAP("file.", size_t, fread, (void *data, size_t size, size_t count, FILE *file), (data, size, count, file), 0)
WRAP("file.", int, stat64, (const char *path, struct stat *out), (path, out), -1)
WRAP("file.", int, fstat64, (int fd, struct stat *out), (fd, out), -1)
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    int code = faults_due("file.open64");
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (!code) return __real_open64(path, flags, mode);
    errno = code;
    return -1;
}
WRAP_CLOSE(int, close, fd, "file.close")
WRAP_CLOSE(FILE *, fclose, file, SHIM_NAME("fclose", file))
WRAP("file.", DIR *, opendir, (const char *path), (path), NULL)
WRAP("file.", struct dirent *, readdir64, (DIR * dir), (dir), NULL)
WRAP("file.", int, dup2, (int from, int to), (from, to), -1)
WRAP("file.", int, pipe2, (int ends[2], int flags), (ends, flags), -1)
WRAP("file.", int, poll, (struct pollfd * wait, nfds_t count, int milliseconds), (wait, count, milliseconds), -1)

void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t from);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t from);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t from) {
    int code = faults_due("alloc.mmap64");
    void *mapping = code ? MAP_FAILED : __real_mmap64(at, size, protection, flags, fd, from);
    if (code) errno = code;
    if (mapping != MAP_FAILED) faults_hold(1);
    return mapping;
}
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size) {
    faults_hold(-1);
    return __real_munmap(at, size);
}

/* A thread has begun when this returns: AddressSanitizer holds locks until then, which a child forked meanwhile would
 * wait for. */
struct shim_thread {
    void *(*start)(void *);
    void *user;
    sem_t begun;
};
static void *shim_begin_thread(void *thread) {
    struct shim_thread *t = thread; /* its creator's, which waits */
    void *(*start)(void *) = t->start, *user = t->user;
    sem_post(&t->begun);
    return start(user);
}
int __real_pthread_create(pthread_t *out, const pthread_attr_t *how, void *(*start)(void *), void *user);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *how, void *(*start)(void *), void *user);
int __wrap_pthread_create(pthread_t *out, const pthread_attr_t *how, void *(*start)(void *), void *user) {
    struct shim_thread thread = {.start = start, .user = user};
    int code = faults_due("alloc.pthread_create");
    if (code) return code;
    sem_init(&thread.begun, 0, 0);
    code = __real_pthread_create(out, how, shim_begin_thread, &thread);
    while (!code && sem_wait(&thread.begun) != 0) continue;
    sem_destroy(&thread.begun);
    return code;
}

/* What the child calls has names of its own: which of two processes is the first to call does not matter. */
pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) {
    int code = faults_due("file.fork");
    pid_t pid = code ? -1 : __real_fork();
    if (code) errno = code;
    if (pid == 0) faults_within("child.");
    if (pid > 0) faults_hold(1);
    return pid;
}
/* Where it fails the child is gone, as where others have waited for it: how it ended is not known. */
pid_t __real_waitpid(pid_t pid, int *ended, int options);
pid_t __wrap_waitpid(pid_t pid, int *ended, int options);
pid_t __wrap_waitpid(pid_t pid, int *ended, int options) {
    int code = faults_due("file.waitpid");
    if (code && code != EINTR) {
        kill(pid, SIGKILL);
        if (__real_waitpid(pid, NULL, 0) == pid) faults_hold(-1);
    }
    pid_t got = code ? -1 : __real_waitpid(pid, ended, options);
    if (code) errno = code;
    if (got > 0) faults_hold(-1);
    return got;
}

/* What could not be written to a file is remembered by it. Where stderr fails there is nothing left to say so. */
static FILE *shim_failed;
size_t __real_fwrite(const void *data, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file) {
    int code = file == stderr ? 0 : faults_due(SHIM_NAME("fwrite", file));
    if (!code) return __real_fwrite(data, size, count, file);
    shim_failed = file;
    errno = code;
    return 0;
}
int __real_ferror(FILE *file);
int __wrap_ferror(FILE *file);
int __wrap_ferror(FILE *file) { return file == shim_failed || __real_ferror(file); }

int __real_fflush(FILE *file);
int __wrap_fflush(FILE *file);
int __wrap_fflush(FILE *file) {
    int code = file == stderr ? 0 : faults_due(SHIM_NAME("fflush", file));
    if (!code) return __real_fflush(file);
    errno = code;
    return EOF;
}

/* ---- the libraries' memory -------------------------------------------------------------------------- */

static void *shim_json(size_t size) { return faults_due("alloc.json") ? NULL : __real_malloc(size); }

static png_voidp shim_png(png_structp png, png_alloc_size_t size) {
    (void)png;
    return faults_due("alloc.png") ? NULL : __real_malloc(size);
}
static void shim_png_free(png_structp png, png_voidp p) {
    (void)png;
    free(p);
}
png_structp __wrap_png_create_read_struct(png_const_charp version, png_voidp user, png_error_ptr error,
                                          png_error_ptr warning);
png_structp __wrap_png_create_read_struct(png_const_charp version, png_voidp user, png_error_ptr error,
                                          png_error_ptr warning) {
    return png_create_read_struct_2(version, user, error, warning, NULL, shim_png, shim_png_free);
}
png_structp __wrap_png_create_write_struct(png_const_charp version, png_voidp user, png_error_ptr error,
                                           png_error_ptr warning);
png_structp __wrap_png_create_write_struct(png_const_charp version, png_voidp user, png_error_ptr error,
                                           png_error_ptr warning) {
    return png_create_write_struct_2(version, user, error, warning, NULL, shim_png, shim_png_free);
}

static struct jpeg_memory_mgr jpeg_own; /* libjpeg's own functions, the same for every picture */
static void shim_jpeg_due(j_common_ptr jpeg) {
    if (faults_due("alloc.jpeg")) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
}
static void *shim_jpeg_small(j_common_ptr jpeg, int pool, size_t size) {
    shim_jpeg_due(jpeg);
    return jpeg_own.alloc_small(jpeg, pool, size);
}
static void *shim_jpeg_large(j_common_ptr jpeg, int pool, size_t size) {
    shim_jpeg_due(jpeg);
    return jpeg_own.alloc_large(jpeg, pool, size);
}
static JSAMPARRAY shim_jpeg_rows(j_common_ptr jpeg, int pool, JDIMENSION width, JDIMENSION rows) {
    shim_jpeg_due(jpeg);
    return jpeg_own.alloc_sarray(jpeg, pool, width, rows);
}
void __real_jpeg_CreateDecompress(j_decompress_ptr jpeg, int version, size_t size);
void __wrap_jpeg_CreateDecompress(j_decompress_ptr jpeg, int version, size_t size);
void __wrap_jpeg_CreateDecompress(j_decompress_ptr jpeg, int version, size_t size) {
    jpeg->mem = NULL; /* as libjpeg does, before it allocates */
    shim_jpeg_due((j_common_ptr)jpeg);
    __real_jpeg_CreateDecompress(jpeg, version, size);
    jpeg_own = *jpeg->mem;
    jpeg->mem->alloc_small = shim_jpeg_small;
    jpeg->mem->alloc_large = shim_jpeg_large;
    jpeg->mem->alloc_sarray = shim_jpeg_rows;
}

__attribute__((constructor)) static void shim_begin(void) {
    faults_begin();
    json_set_alloc_funcs(shim_json, free);
}
