/* SPDX-License-Identifier: MIT */
/* The lead byte tells how many continuation bytes follow. It must be one that occurs in UTF-8, and each byte that
 * follows must begin with the bits 10. The text's final zero is no continuation byte, so a character that is cut off
 * ends the walk and nothing behind the text is read. */
#include "utf8.h"

int utf8_following(unsigned char first) {
    if (first < 0x80) return 0;
    if (first < 0xc2 || first > 0xf4) return -1;
    if (first < 0xe0) return 1;
    return first < 0xf0 ? 2 : 3;
}

int utf8_is_valid(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int more = utf8_following(*p);
        if (more < 0) return 0;
        for (p++; more > 0; more--)
            if ((*p++ & 0xc0) != 0x80) return 0;
    }
    return 1;
}
