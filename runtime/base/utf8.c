/* SPDX-License-Identifier: MIT */
/* The lead byte tells how many continuation bytes follow. It must be one that occurs in UTF-8, and each byte that
 * follows must begin with the bits 10. The text's final zero is no continuation byte, so a character that is cut off
 * ends the walk and nothing behind the text is read. */
#include "utf8.h"

int utf8_is_valid(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int more = *p < 0x80                 ? 0
                   : *p >= 0xc2 && *p < 0xe0 ? 1
                   : *p >= 0xe0 && *p < 0xf0 ? 2
                   : *p >= 0xf0 && *p < 0xf5 ? 3
                                             : -1;
        if (more < 0) return 0;
        for (p++; more > 0; more--)
            if ((*p++ & 0xc0) != 0x80) return 0;
    }
    return 1;
}
