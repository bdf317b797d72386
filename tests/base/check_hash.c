/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <string.h>

#include "support.h"

/* FIPS 180-4's examples. */
static const struct {
    const char *text, *hex;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(known_answers) {
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    hash_sha256(known[_i].text, strlen(known[_i].text), hash);
    hash_to_hex(hash, hex);
    ck_assert_str_eq(hex, known[_i].hex);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("hash");
    tcase_add_loop_test(tests, known_answers, 0, (int)(sizeof known / sizeof known[0]));
    return support_run(tests);
}
