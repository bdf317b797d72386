/* SPDX-License-Identifier: MIT */
/* What the decoders of pictures share. */
#ifndef ALEXCL_FUZZ_PICTURE_H
#define ALEXCL_FUZZ_PICTURE_H
#include "fuzz.h"
#include "picture.h"

enum { FUZZ_PIXELS = 4 << 20 }; /* larger ones are decoded as any other, only slower */

/* What `decode` makes of the bytes: refused, or a picture of a sane size, the same each time, of a file in which the
 * mark of pixels stands. Returns 1 with the picture in `out`, which the caller frees. */
static inline int
fuzz_picture_decode(int (*decode)(const char *, const unsigned char *, size_t, struct picture *, struct alexcl_error *),
                    const uint8_t *data, size_t size, const char *mark, size_t mark_length, struct picture *out) {
    unsigned char *copy = fuzz_copy(data, size, 0);
    struct picture again = {0};
    struct alexcl_error err = {0};
    *out = (struct picture){0};
    int status = decode("fuzz", copy, size, out, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    FUZZ_CLAIM(memcmp(copy, data, size) == 0);
    if (status != ALEXCL_OK) {
        FUZZ_CLAIM(strncmp(err.text, "fuzz: ", 6) == 0);
        picture_free(out);
        free(copy);
        return 0;
    }
    FUZZ_CLAIM(out->width > 0 && out->height > 0 && out->channels == 3 && out->pixels);
    FUZZ_CLAIM(out->width <= PICTURE_MAX_PIXELS / out->height);
    size_t marks = 0;
    for (size_t i = 0; i + mark_length <= size; i++) marks += memcmp(data + i, mark, mark_length) == 0;
    FUZZ_CLAIM(marks > 0);
    err = (struct alexcl_error){0};
    status = decode("fuzz", copy, size, &again, &err);
    fuzz_check_answer(status, &err, (int[]){0});
    FUZZ_CLAIM(again.width == out->width && again.height == out->height);
    FUZZ_CLAIM(memcmp(again.pixels, out->pixels, (size_t)out->width * (size_t)out->height * 3) == 0);
    picture_free(&again);
    free(copy);
    return 1;
}
#endif
