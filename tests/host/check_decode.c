/* SPDX-License-Identifier: MIT */
/* Every colour type, depth and interlacing of PNG, and what JPEG comes in, against Pillow's pixels (make_images.py); and pictures that
 * are none. */
#include <dirent.h>
#include <sys/stat.h>

#include "decode.h"
#include "host_check.h"
#include "png_file.h"

static struct alexcl_error err;

static void check_picture(const char *stem, int tolerance) {
    char path[512];
    struct picture p;
    size_t length;
    snprintf(path, sizeof path, DATA "/%s.rgb", stem);
    unsigned char *want = read_file(path, &length);
    snprintf(path, sizeof path, DATA "/%s.%s", stem, strncmp(stem, "png", 3) == 0 ? "png" : "jpg");
    EXPECT_OK(decode_file(path, &p, &err), err);
    ck_assert_int_eq(p.width, want[0] | want[1] << 8);
    ck_assert_int_eq(p.height, want[2] | want[3] << 8);
    ck_assert_int_eq(p.channels, 3);
    size_t bytes = (size_t)p.width * (size_t)p.height * 3;
    ck_assert_uint_eq(length, bytes + 4);
    for (size_t i = 0; i < bytes; i++)
        ck_assert_msg(abs((int)p.pixels[i] - want[4 + i]) <= tolerance, "%s: byte %zu is %d, Pillow's %d", stem, i, p.pixels[i], want[4 + i]);
    picture_free(&p);
    free(want);
}

static int check_all(const char *start, int tolerance) {
    DIR *dir = opendir(DATA);
    int count = 0;
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        char stem[256];
        size_t length = strlen(e->d_name);
        if (strncmp(e->d_name, start, strlen(start)) != 0 || length < 4 || strcmp(e->d_name + length - 4, ".rgb") != 0) continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(length - 4), e->d_name);
        check_picture(stem, tolerance);
        count++;
    }
    closedir(dir);
    return count;
}

START_TEST(png_of_every_kind) { ck_assert_int_eq(check_all("png", 0), 32); }
END_TEST

START_TEST(jpeg_of_every_kind) { ck_assert_int_eq(check_all("jpeg", 1), 13); }
END_TEST

START_TEST(cmyk_is_refused) {
    struct picture p;
    EXPECT_ERROR(decode_file(DATA "/cmyk.jpg", &p, &err), ALEXCL_E_DATA, "CMYK", err);
}
END_TEST

START_TEST(what_is_no_picture_is_named) {
    struct picture p;
    unsigned char header[33] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\2\0\0\0";
    mkdir("folder.png", 0700);
    mkfifo("fifo.png", 0600);
    write_file("empty.png", "", 0);
    write_file("text.png", "no picture", 10);
    EXPECT_ERROR(decode_file("missing.png", &p, &err), ALEXCL_E_DATA, "No such file", err);
    EXPECT_ERROR(decode_file("folder.png", &p, &err), ALEXCL_E_DATA, "folder", err);
    EXPECT_ERROR(decode_file("fifo.png", &p, &err), ALEXCL_E_DATA, "regular file", err);
    EXPECT_ERROR(decode_file("empty.png", &p, &err), ALEXCL_E_DATA, "empty", err);
    EXPECT_ERROR(decode_file("text.png", &p, &err), ALEXCL_E_DATA, "neither PNG nor JPEG", err);
    write_file("header.png", header, sizeof header); /* its checksum is wrong */
    EXPECT_ERROR(decode_file("header.png", &p, &err), ALEXCL_E_DATA, "not a sound PNG", err);
    EXPECT_ERROR(picture_make("huge.png", 50000, 50000, &p, &err), ALEXCL_E_DATA, "180 million", err);
    EXPECT_ERROR(picture_make("wide.png", UINT64_MAX, 2, &p, &err), ALEXCL_E_DATA, "180 million", err);
    EXPECT_ERROR(picture_make("flat.png", 0, 2, &p, &err), ALEXCL_E_DATA, "no size", err);
}
END_TEST

/* Cut anywhere, or with a byte changed: an error or a picture, never a crash; a cut one is never a picture. */
static void damage(const char *path, const char *copy) {
    size_t length;
    unsigned char *data = read_file(path, &length);
    struct picture p;
    for (size_t cut = 0; cut + 12 < length; cut += length / 97 + 1) { /* without IEND or EOI alone, all pixels are there */
        write_file(copy, data, cut);
        int status = decode_file(copy, &p, &err);
        ck_assert_msg(status == ALEXCL_E_DATA, "%s cut to %zu of %zu bytes: %d", path, cut, length, status);
        err = (struct alexcl_error){0};
    }
    for (size_t at = 0; at < length; at += length / 211 + 1) {
        data[at] ^= 0x55;
        write_file(copy, data, length);
        if (decode_file(copy, &p, &err) == ALEXCL_OK) picture_free(&p);
        data[at] ^= 0x55;
        err = (struct alexcl_error){0};
    }
    free(data);
}

START_TEST(damaged_pictures_never_crash) {
    damage(DATA "/png_c6_d16_i1.png", "damaged.png");
    damage(DATA "/png_palette_trns.png", "damaged.png");
    damage(DATA "/jpeg_420.jpg", "damaged.jpg");
    damage(DATA "/jpeg_exif6.jpg", "damaged.jpg");
    damage(DATA "/jpeg_progressive.jpg", "damaged.jpg");
}
END_TEST

START_TEST(a_written_picture_reads_back) {
    struct picture p, again;
    EXPECT_OK(decode_file(DATA "/png_c2_d8_i0.png", &p, &err), err);
    EXPECT_OK(png_file_write("again.png", &p, &err), err);
    EXPECT_OK(decode_file("again.png", &again, &err), err);
    ck_assert_mem_eq(p.pixels, again.pixels, (size_t)p.width * (size_t)p.height * 3);
    picture_free(&again);
    EXPECT_ERROR(png_file_write("no/such/folder.png", &p, &err), ALEXCL_E_OTHER, "no/such/folder.png", err);
    picture_free(&p);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("decode");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, png_of_every_kind);
    tcase_add_test(tests, jpeg_of_every_kind);
    tcase_add_test(tests, cmyk_is_refused);
    tcase_add_test(tests, what_is_no_picture_is_named);
    tcase_add_test(tests, damaged_pictures_never_crash);
    tcase_add_test(tests, a_written_picture_reads_back);
    return support_run(tests);
}
