/* SPDX-License-Identifier: MIT */
/* Compiled kernels on disk. A file is
 *     "ALEXCLB1", key (32 bytes), SHA-256 of the binary (32 bytes), length of the binary (8 bytes, little endian),
 *     binary
 * and is named by its key: SHA-256 over the format, the device's identity (platform, device, its hardware, driver, with
 * versions), the options and the source. All of it is verified before the driver sees a byte, since PoCL and rusticl
 * abort the process on a damaged binary. Any doubt means: compile. Of a driver that keeps its kernels itself
 * (QUIRK_KEEPS) nothing is kept or loaded. */
#ifndef ALEXCL_BINARY_CACHE_H
#define ALEXCL_BINARY_CACHE_H
#include "cl_private.h"
#include "hash.h"

struct binary_cache_key {
    unsigned char bytes[HASH_BYTES];
};

void binary_cache_make_key(struct binary_cache_key *key, const char *identity, const char *source, size_t length,
                           const char *options);
/* A built program from the cache; 0 when there is none that can be believed. */
int binary_cache_load(struct device *dev, const struct binary_cache_key *key, const char *options, cl_program *out);
/* Keeps a program's binary, or tells why not (cache_warn). */
void binary_cache_store(struct device *dev, const struct binary_cache_key *key, cl_program program);
/* The verified binary inside a cache file of `length` bytes: its length, *binary set, or 0. */
size_t binary_cache_verify(const unsigned char *file, size_t length, const struct binary_cache_key *key,
                           const unsigned char **binary);
#endif
