/* SPDX-License-Identifier: MIT */
/* Compiled programs on disk. A file is named by a hash of source, options and the device's identity, and holds that key
 * once more with a hash of the binary, so that a driver is never given bytes that somebody changed. Any doubt means
 * building anew; a cache that cannot be written is a warning. */
#include "binary_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "log.h"
#include "memory.h"
#include "quirks.h"
#include "settings.h"

enum { MAGIC_BYTES = 8, HEADER_BYTES = MAGIC_BYTES + HASH_BYTES + HASH_BYTES + 8, BINARY_LIMIT = 256 << 20 };
static const char magic[MAGIC_BYTES + 1] = "ALEXCLB1";

void binary_cache_make_key(struct binary_cache_key *key, const char *identity, const char *source, size_t length,
                           const char *options) {
    /* Hashes of the parts, so that no part can run into the next. */
    unsigned char parts[4][HASH_BYTES];
    hash_sha256(magic, MAGIC_BYTES, parts[0]);
    hash_sha256(identity, strlen(identity), parts[1]);
    hash_sha256(options, strlen(options), parts[2]);
    hash_sha256(source, length, parts[3]);
    hash_sha256(parts, sizeof parts, key->bytes);
}

static int binary_cache_path(const struct device *dev, const struct binary_cache_key *key, char *out, size_t size,
                             struct alexcl_error *err) {
    char hex[HASH_HEX];
    hash_to_hex(key->bytes, hex);
    return cache_path(dev->settings, CACHE_BINARIES, hex, out, size, err);
}

size_t binary_cache_verify(const unsigned char *file, size_t length, const struct binary_cache_key *key,
                           const unsigned char **binary) {
    unsigned char hash[HASH_BYTES];
    uint64_t claimed = 0;
    if (length <= HEADER_BYTES || memcmp(file, magic, MAGIC_BYTES) != 0 ||
        memcmp(file + MAGIC_BYTES, key->bytes, HASH_BYTES) != 0)
        return 0;
    for (int i = 0; i < 8; i++) claimed |= (uint64_t)file[MAGIC_BYTES + 2 * HASH_BYTES + i] << (8 * i);
    if (claimed != length - HEADER_BYTES) return 0;
    hash_sha256(file + HEADER_BYTES, (size_t)claimed, hash);
    if (memcmp(file + MAGIC_BYTES + HASH_BYTES, hash, HASH_BYTES) != 0) return 0;
    *binary = file + HEADER_BYTES;
    return (size_t)claimed;
}

static int binary_cache_serves(const struct device *dev) {
    return !dev->settings->no_cache && !(dev->quirks & QUIRK_KEEPS);
}

int binary_cache_load(struct device *dev, const struct binary_cache_key *key, const char *options, cl_program *out) {
    char path[4200];
    struct alexcl_error ignored = {0};
    unsigned char *file = NULL;
    const unsigned char *binary;
    size_t length = 0;
    cl_program program = NULL;
    cl_int code = CL_SUCCESS, each = CL_SUCCESS;
    int loaded = 0;
    if (!binary_cache_serves(dev) || binary_cache_path(dev, key, path, sizeof path, &ignored) != ALEXCL_OK) return 0;
    if (cache_load(path, BINARY_LIMIT, &file, &length, &ignored) != ALEXCL_OK) return 0;
    size_t bytes = binary_cache_verify(file, length, key, &binary);
    if (bytes) {
        program = clCreateProgramWithBinary(dev->context, 1, &dev->id, &bytes, &binary, &each, &code);
        loaded = code == CL_SUCCESS && each == CL_SUCCESS &&
                 clBuildProgram(program, 1, &dev->id, options, NULL, NULL) == CL_SUCCESS;
    }
    if (loaded) {
        *out = program;
    } else {
        log_write(ALEXCL_LOG_INFO, "%s: not believed, compiled anew", path);
        if (program && code == CL_SUCCESS) clReleaseProgram(program);
    }
    free(file);
    return loaded;
}

void binary_cache_store(struct device *dev, const struct binary_cache_key *key, cl_program program) {
    char path[4200];
    struct alexcl_error why = {0};
    size_t bytes = 0;
    unsigned char *file = NULL;
    if (!binary_cache_serves(dev)) return;
    /* The context has one device, so there is one binary. */
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL) != CL_SUCCESS || bytes == 0 ||
        bytes > BINARY_LIMIT)
        return;
    if (memory_alloc(&file, HEADER_BYTES + bytes, 1, "a compiled kernel", &why) != ALEXCL_OK) return;
    unsigned char *binary = file + HEADER_BYTES;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS) {
        memcpy(file, magic, MAGIC_BYTES);
        memcpy(file + MAGIC_BYTES, key->bytes, HASH_BYTES);
        hash_sha256(binary, bytes, file + MAGIC_BYTES + HASH_BYTES);
        for (int i = 0; i < 8; i++)
            file[MAGIC_BYTES + 2 * HASH_BYTES + i] = (unsigned char)((uint64_t)bytes >> (8 * i));
        if (binary_cache_path(dev, key, path, sizeof path, &why) != ALEXCL_OK ||
            cache_store(dev->settings, path, file, HEADER_BYTES + bytes, &why) != ALEXCL_OK)
            cache_warn("kernels are compiled", why.text);
    }
    free(file);
}
