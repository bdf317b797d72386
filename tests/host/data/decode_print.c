/* SPDX-License-Identifier: MIT */
/* decode_print: for each file named on stdin, one a line, what it decodes to: "<width> <height> <RGB in hexadecimal>"
 * or "! <status> <message>". */
#include <stdio.h>
#include <string.h>

#include "decode.h"

int main(void) {
    char path[4096];
    while (fgets(path, sizeof path, stdin)) {
        struct picture p;
        struct alexcl_error err = {0};
        path[strcspn(path, "\n")] = '\0';
        int status = decode_file(path, &p, &err);
        if (status != ALEXCL_OK) {
            printf("! %d %s\n", status, err.text);
            continue;
        }
        printf("%d %d ", p.width, p.height);
        for (size_t i = 0; i < (size_t)p.width * (size_t)p.height * 3; i++) printf("%02x", p.pixels[i]);
        putchar('\n');
        picture_free(&p);
    }
    return 0;
}
