/* SPDX-License-Identifier: MIT */
/* Whether the bytes at a place are one printable character of UTF-8, by the table of well-formed sequences in the
 * Unicode standard (3.9, table 3-7), without control characters: names of files are printed, and a terminal must not
 * obey them. */
#include "printable.h"

#include "utf8.h"

int printable_character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    int more = utf8_following(c[0]);
    if (more < 0 || c[0] < 0x20 || c[0] == 0x7f) return 0;
    for (int i = 1; i <= more; i++)
        if (c[i] < 0x80 || c[i] > 0xbf) return 0;
    /* Control characters of Latin-1, overlong forms, surrogates, and what is beyond Unicode. */
    if ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    return more + 1;
}

int printable_cut(const char *text, size_t max) {
    size_t at = 0;
    while (text[at]) {
        int length = printable_character(text + at);
        if (at + (size_t)(length ? length : 1) > max) break;
        at += (size_t)(length ? length : 1);
    }
    return (int)at;
}
