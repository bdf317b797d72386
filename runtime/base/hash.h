/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) by libsodium. */
#ifndef ALEXCL_HASH_H
#define ALEXCL_HASH_H
#include <stddef.h>

enum { HASH_BYTES = 32, HASH_HEX = 65 };
void hash_sha256(const void *data, size_t length, unsigned char out[HASH_BYTES]);
/* Makes a hash that stands for all before the one that stands for `next` as well. */
void hash_add(unsigned char hash[HASH_BYTES], const unsigned char next[HASH_BYTES]);
/* Lower-case hexadecimal with its final zero. */
void hash_to_hex(const unsigned char hash[HASH_BYTES], char out[HASH_HEX]);
#endif
