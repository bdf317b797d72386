/* SPDX-License-Identifier: MIT */
/* SHA-256 is libsodium's. These hashes name cached binaries and show that nobody changed them, so a fast checksum would
 * not do. */
#include "hash.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>
#include <string.h>

void hash_sha256(const void *data, size_t length, unsigned char out[HASH_BYTES]) {
    crypto_hash_sha256(out, data, length);
}

void hash_add(unsigned char hash[HASH_BYTES], const unsigned char next[HASH_BYTES]) {
    unsigned char both[2 * HASH_BYTES];
    memcpy(both, hash, HASH_BYTES);
    memcpy(both + HASH_BYTES, next, HASH_BYTES);
    hash_sha256(both, sizeof both, hash);
}

void hash_to_hex(const unsigned char hash[HASH_BYTES], char out[HASH_HEX]) {
    sodium_bin2hex(out, HASH_HEX, hash, HASH_BYTES);
}
