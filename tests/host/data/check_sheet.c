/* SPDX-License-Identifier: MIT */
#include "sheet.h"

#include <string.h>

#include "support.h"

static unsigned at(const struct sheet *s, int x, int y) {
    const unsigned char *p = s->picture.pixels + ((size_t)y * (size_t)s->picture.width + (size_t)x) * 3;
    return (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

START_TEST(a_picture_stands_in_the_middle_of_its_cell) {
    struct alexcl_error err = {0};
    struct sheet s;
    struct picture wide;
    EXPECT_OK(sheet_make(3, 2, 10, 2, &s, &err), err);
    ck_assert(s.picture.width == 38 && s.picture.height == 26);
    EXPECT_OK(picture_make("wide", 40, 20, &wide, &err), err);
    memset(wide.pixels, 7, 40 * 20 * 3);
    EXPECT_OK(sheet_put(&s, 2, 1, &wide, &err), err); /* 10 x 5 pixels, from 26, 14 + 2 on */
    for (int y = 0; y < 26; y++)
        for (int x = 0; x < 38; x++) {
            int inside = x >= 26 && x < 36 && y >= 16 && y < 21;
            ck_assert_msg(at(&s, x, y) == (inside ? 0x070707u : 0xffffffu), "%d, %d: %06x", x, y, at(&s, x, y));
        }
    picture_free(&wide);
    sheet_free(&s);
}
END_TEST

START_TEST(a_thin_picture_keeps_a_pixel) {
    struct alexcl_error err = {0};
    struct sheet s;
    struct picture thin;
    EXPECT_OK(sheet_make(1, 1, 10, 0, &s, &err), err);
    EXPECT_OK(picture_make("thin", 1, 500, &thin, &err), err);
    memset(thin.pixels, 9, 500 * 3);
    EXPECT_OK(sheet_put(&s, 0, 0, &thin, &err), err);
    ck_assert(at(&s, 4, 0) == 0x090909 && at(&s, 4, 9) == 0x090909 && at(&s, 3, 5) == 0xffffff &&
              at(&s, 5, 5) == 0xffffff);
    picture_free(&thin);
    sheet_free(&s);
    EXPECT_ERROR(sheet_make(1000, 1000, 1000, 1, &s, &err), ALEXCL_E_DATA, "180 million", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sheet");
    tcase_add_test(tests, a_picture_stands_in_the_middle_of_its_cell);
    tcase_add_test(tests, a_thin_picture_keeps_a_pixel);
    return support_run(tests);
}
