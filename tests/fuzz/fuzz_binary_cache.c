/* SPDX-License-Identifier: MIT */
/* A file of the cache of compiled kernels. The driver may abort on a damaged binary, so what is believed is to the byte
 * what was stored. */
#include "binary_cache.h"
#include "files.h"
#include "fuzz.h"

/* as binary_cache.h says */
enum { KEY_AT = 8, HASH_AT = KEY_AT + HASH_BYTES, LENGTH_AT = HASH_AT + HASH_BYTES, BINARY_AT = LENGTH_AT + 8 };

/* What a file is taken for when it is read as the program does. Returns the binary's length, and a copy. */
static size_t read_binary(const void *bytes, size_t size, const struct binary_cache_key *key, unsigned char **copy) {
    unsigned char *file = NULL;
    const unsigned char *binary = NULL;
    size_t length = 0;
    struct alexcl_error err = {0};
    fuzz_check_answer(files_read(fuzz_file(0, bytes, size), 1 << 24, &file, &length, &err), &err, (int[]){0});
    FUZZ_CLAIM(length == size);
    unsigned char *exact = fuzz_copy(file, length, 0);
    size_t got = binary_cache_verify(exact, length, key, &binary);
    FUZZ_CLAIM(!got || (binary == exact + BINARY_AT && got == length - BINARY_AT));
    *copy = fuzz_copy(binary, got, 0);
    free(exact);
    free(file);
    return got;
}

static size_t make_file(unsigned char *out, const struct binary_cache_key *key, const void *binary, size_t length) {
    memcpy(out, "ALEXCLB1", 8);
    memcpy(out + KEY_AT, key->bytes, HASH_BYTES);
    hash_sha256(binary, length, out + HASH_AT);
    for (int i = 0; i < 8; i++) out[LENGTH_AT + i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(out + BINARY_AT, binary, length);
    return BINARY_AT + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct binary_cache_key key, other;
    unsigned char *binary, *file = malloc(BINARY_AT + size + 16);
    FUZZ_CLAIM(file != NULL);
    binary_cache_make_key(&key, "device", "source", 6, "options");
    binary_cache_make_key(&other, "device", "source", 6, "option");

    /* Any bytes: believed only where they are a file that holds what it says. */
    size_t got = read_binary(data, size, &key, &binary);
    if (got) FUZZ_CLAIM(make_file(file, &key, binary, got) == size && memcmp(file, data, size) == 0);
    free(binary);

    /* A good file, then the damage that the first bytes of the input describe: where, by what, cut or longer. */
    if (size < 6) goto done;
    const uint8_t *rest = data + 5;
    size_t length = size - 5, whole = make_file(file, &key, rest, length);
    got = read_binary(file, whole, &key, &binary);
    FUZZ_CLAIM(got == length && memcmp(binary, rest, length) == 0);
    free(binary);
    FUZZ_CLAIM(read_binary(file, whole, &other, &binary) == 0);
    free(binary);
    size_t at = (size_t)(data[0] | data[1] << 8) % whole;
    file[at] ^= data[2] ? data[2] : 1;
    FUZZ_CLAIM(read_binary(file, whole, &key, &binary) == 0);
    free(binary);
    file[at] ^= data[2] ? data[2] : 1;
    memset(file + whole, data[3], 16);
    size_t cut = data[4] % 2 ? whole + 1 + data[4] % 16 : whole - 1 - data[4] % whole;
    FUZZ_CLAIM(read_binary(file, cut, &key, &binary) == 0);
    free(binary);
done:
    free(file);
    return 0;
}
