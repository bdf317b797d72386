/* SPDX-License-Identifier: MIT */
/* Every colour type, depth and interlacing of PNG, and what JPEG comes in, against Pillow's pixels, those of 16 bits
 * against their upper 8 (make_images.py); and pictures that are none. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode.h"
#include "support_files.h"
#include "bmp_file.h"
#include "jpeg_file.h"
#include "png_file.h"
#include "ppm_file.h"
#include "webp_file.h"

static struct alexcl_error err;

static void check_picture(const char *stem, int tolerance) {
    char path[512];
    struct picture p;
    size_t length;
    snprintf(path, sizeof path, DATA "/%s.rgb", stem);
    unsigned char *want = read_file(path, &length);
    static const char *const endings[] = {"png", "jpg", "webp", "bmp", "ppm", "pgm", "pbm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, DATA "/%s.%s", stem, endings[i]);
        if (access(path, F_OK) == 0) break;
    }
    EXPECT_OK(decode_file(path, &p, &err), err);
    ck_assert_int_eq(p.width, want[0] | want[1] << 8);
    ck_assert_int_eq(p.height, want[2] | want[3] << 8);
    ck_assert_int_eq(p.channels, 3);
    size_t bytes = (size_t)p.width * (size_t)p.height * 3;
    ck_assert_uint_eq(length, bytes + 4);
    for (size_t i = 0; i < bytes; i++)
        ck_assert_msg(abs((int)p.pixels[i] - want[4 + i]) <= tolerance, "%s: byte %zu is %d, not %d", stem, i,
                      p.pixels[i], want[4 + i]);
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
        if (strncmp(e->d_name, start, strlen(start)) != 0 || length < 4 || strcmp(e->d_name + length - 4, ".rgb") != 0)
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(length - 4), e->d_name);
        check_picture(stem, tolerance);
        count++;
    }
    closedir(dir);
    return count;
}

START_TEST(png_of_every_kind) { ck_assert_int_eq(check_all("png", 0), 36); }
END_TEST

START_TEST(jpeg_of_every_kind) { ck_assert_int_eq(check_all("jpeg", 1), 17); }
END_TEST

START_TEST(webp_of_every_kind) { ck_assert_int_eq(check_all("webp", 0), 9); }
END_TEST

START_TEST(bmp_of_every_kind) { ck_assert_int_eq(check_all("bmp", 0), 22); }
END_TEST

START_TEST(ppm_of_every_kind) { ck_assert_int_eq(check_all("ppm", 0), 12); }
END_TEST

START_TEST(the_kind_is_told_by_content) {
    static const char *const pairs[][2] = {{DATA "/jpeg_420.jpg", "photo.png"},
                                           {DATA "/png_c2_d8_i0.png", "drawing.jpg"},
                                           {DATA "/jpeg_grey.jpg", "plain"}};
    for (int i = 0; i < 3; i++) {
        size_t length;
        struct picture p, renamed;
        unsigned char *data = read_file(pairs[i][0], &length);
        write_file(pairs[i][1], data, length);
        EXPECT_OK(decode_file(pairs[i][0], &p, &err), err);
        EXPECT_OK(decode_file(pairs[i][1], &renamed, &err), err);
        ck_assert_int_eq(renamed.width, p.width);
        ck_assert_mem_eq(renamed.pixels, p.pixels, (size_t)p.width * (size_t)p.height * 3);
        picture_free(&p);
        picture_free(&renamed);
        free(data);
    }
}
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
    EXPECT_ERROR(decode_file("text.png", &p, &err), ALEXCL_E_DATA, "none of PNG, JPEG, WebP, BMP and PPM", err);
    write_file("header.png", header, sizeof header); /* its checksum is wrong */
    EXPECT_ERROR(decode_file("header.png", &p, &err), ALEXCL_E_DATA, "not a sound PNG", err);
    EXPECT_ERROR(picture_make("huge.png", 50000, 50000, &p, &err), ALEXCL_E_DATA, "180 million", err);
    EXPECT_ERROR(picture_make("wide.png", UINT64_MAX, 2, &p, &err), ALEXCL_E_DATA, "180 million", err);
    EXPECT_ERROR(picture_make("flat.png", 0, 2, &p, &err), ALEXCL_E_DATA, "no size", err);
}
END_TEST

/* A decoder's answer to the first `length` bytes of `data`, which stand in memory of exactly that size: a sanitizer
 * sees what is read behind them. */
static int decode_part(const char *path, const unsigned char *data, size_t length, struct picture *out) {
    unsigned char *part = malloc(length ? length : 1);
    ck_assert_ptr_nonnull(part);
    memcpy(part, data, length);
    const char *end = strrchr(path, '.');
    *out = (struct picture){0};
    int status = (strcmp(end, ".png") == 0    ? png_file_decode
                  : strcmp(end, ".jpg") == 0  ? jpeg_file_decode
                  : strcmp(end, ".webp") == 0 ? webp_file_decode
                  : strcmp(end, ".bmp") == 0  ? bmp_file_decode
                                              : ppm_file_decode)(path, part, length, out, &err);
    free(part);
    return status;
}

/* Cut anywhere, or with a byte changed: an error or a picture, never a crash. Cut before its last `end` bytes it is
 * never a picture, behind it is whole. */
static void damage(const char *path, size_t end) {
    size_t length;
    unsigned char *data = read_file(path, &length);
    struct picture p, whole;
    EXPECT_OK(decode_part(path, data, length, &whole), err);
    for (size_t cut = 0; cut < length; cut++) {
        int status = decode_part(path, data, cut, &p);
        if (cut >= length - end) {
            ck_assert_msg(status == ALEXCL_OK && p.width == whole.width && p.height == whole.height,
                          "%s cut to %zu of %zu bytes: %s", path, cut, length, err.text);
            ck_assert_mem_eq(p.pixels, whole.pixels, (size_t)p.width * (size_t)p.height * 3);
            picture_free(&p);
            continue;
        }
        ck_assert_msg(status == ALEXCL_E_DATA, "%s cut to %zu of %zu bytes: %d", path, cut, length, status);
        ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "\"%s\" does not begin with the path", err.text);
        err = (struct alexcl_error){0};
        picture_free(&p);
    }
    for (size_t at = 0; at < length; at++) {
        data[at] ^= 0x55;
        decode_part(path, data, length, &p);
        picture_free(&p);
        data[at] ^= 0x55;
        err = (struct alexcl_error){0};
    }
    picture_free(&whole);
    free(data);
}

START_TEST(damaged_pictures_never_crash) {
    enum { PNG_END = 4 + 12, JPEG_END = 2 }; /* the last checksum and IEND; EOI */
    damage(DATA "/png_c6_d16_i1.png", PNG_END);
    damage(DATA "/png_palette_trns.png", PNG_END);
    damage(DATA "/jpeg_420.jpg", JPEG_END);
    damage(DATA "/jpeg_exif6.jpg", JPEG_END);
    damage(DATA "/jpeg_progressive.jpg", 0);
    damage(DATA "/jpeg_arithmetic.jpg", 0);
    damage(DATA "/webp_lossless.webp", 0);
    damage(DATA "/webp_lossy_alpha.webp", 0);
    damage(DATA "/webp_exif6.webp", 0);
    damage(DATA "/webp_small_frame.webp", 0);
    damage(DATA "/bmp_24.bmp", 0);
    damage(DATA "/bmp_few_colours.bmp", 0);
    damage(DATA "/bmp_32_v4.bmp", 0);
    damage(DATA "/bmp_rle8.bmp", 2); /* the picture's end is marked behind its last row */
    damage(DATA "/bmp_rle4.bmp", 2);
    damage(DATA "/ppm_comment.ppm", 0);
    damage(DATA "/ppm_p6_1000.ppm", 0);
    damage(DATA "/ppm_p4.pbm", 0);
    damage(DATA "/ppm_p1.pbm", 0);
}
END_TEST

/* What a header claims is compared with the file before anything is allocated by it: the message is of the file's end,
 * not of a limit of pixels. */
START_TEST(pictures_are_as_large_as_their_files_allow) {
    static const char *const ppms[] = {"P6 60000 60000 255\n", "P5 2147483647 2147483647 65535\n", "P4 900000 900000\n",
                                       "P1 60000 60000\n0101", "P3 2147483647 2147483647 1\n0 1",  "P6 9 9 255"};
    static const char *const bad[] = {
        "P6",           "P7 1 1 1\n",   "P6 1 1 0\n",  "P6 1 1 65536\n", "P6 -1 1 9\n",
        "P5 1x 1 9\n1", "P2 1 1 9\n10", "P2 1 1 9\nx", "P1 1 1\n2",      "P6 99999999999999999999 1 1\n1"};
    struct picture p = {0};
    for (size_t i = 0; i < sizeof ppms / sizeof *ppms; i++)
        EXPECT_ERROR(ppm_file_decode("large", (const unsigned char *)ppms[i], strlen(ppms[i]), &p, &err), ALEXCL_E_DATA,
                     "large: not a sound PPM: the file ends early", err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        EXPECT_ERROR(ppm_file_decode("bad", (const unsigned char *)bad[i], strlen(bad[i]), &p, &err), ALEXCL_E_DATA,
                     "bad: not a sound PPM", err);
        picture_free(&p);
    }
    size_t length;
    unsigned char *data = read_file(DATA "/bmp_24.bmp", &length);
    static const unsigned char huge[] = {0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f}, kinds[] = {2, 5, 64};
    memcpy(data + 18, huge, sizeof huge);
    EXPECT_ERROR(bmp_file_decode("large", data, length, &p, &err), ALEXCL_E_DATA,
                 "large: not a sound BMP: the file ends", err);
    free(data);
    data = read_file(DATA "/bmp_rle8.bmp", &length);
    memcpy(data + 18, huge, sizeof huge);
    EXPECT_ERROR(bmp_file_decode("large", data, length, &p, &err), ALEXCL_E_DATA, "180 million", err);
    for (size_t i = 0; i < sizeof kinds; i++) {
        data[28] = kinds[i];
        EXPECT_ERROR(bmp_file_decode("odd", data, length, &p, &err), ALEXCL_E_DATA, "odd: a BMP of", err);
    }
    free(data);
}
END_TEST

/* Every byte of an Exif block is set to the values that hurt most: its orientation is read, or it is passed over. */
START_TEST(damaged_exif_spoils_no_picture) {
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    size_t length, start = 0;
    unsigned char *data = read_file(DATA "/jpeg_exif6.jpg", &length);
    struct picture p;
    while (start + 6 < length && memcmp(data + start, "Exif\0\0", 6) != 0) start++;
    ck_assert_uint_lt(start + 6, length);
    size_t end = start + (size_t)(data[start - 2] << 8 | data[start - 1]) - 2;
    for (size_t at = start; at < end; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char kept = data[at];
            data[at] = values[v];
            EXPECT_OK(jpeg_file_decode("damaged", data, length, &p, &err), err);
            ck_assert_int_eq(p.width * p.height, 29 * 23);
            picture_free(&p);
            data[at] = kept;
        }
    free(data);
}
END_TEST

/* Orientation 6 written as another type, or in a block that is no TIFF: Pillow turns by SHORT and LONG, and by nothing
 * else. */
START_TEST(exif_is_read_by_its_types) {
    static const char *const entries[] = {"\1\x12\0\3\0\0\0\1\0\6\0\0", "\1\x12\0\4\0\0\0\1\0\0\0\6",
                                          "\1\x12\0\1\0\0\0\1\6\0\0\0", "\1\x12\0\4\0\0\0\1\0\6\0\0",
                                          "\1\x12\0\3\0\0\0\1\0\x9\0\0"};
    static const int turned[] = {1, 1, 0, 0, 0};
    size_t length, at = 0;
    unsigned char *data = read_file(DATA "/jpeg_exif6.jpg", &length);
    struct picture p;
    while (at + 12 < length && memcmp(data + at, entries[0], 12) != 0) at++;
    ck_assert_uint_lt(at + 12, length);
    for (int i = 0; i < 5; i++) {
        memcpy(data + at, entries[i], 12);
        EXPECT_OK(jpeg_file_decode("typed", data, length, &p, &err), err);
        ck_assert_msg(p.width == (turned[i] ? 23 : 29), "entry %d: %d pixels wide", i, p.width);
        picture_free(&p);
    }
    memcpy(data + at, entries[0], 12);
    memcpy(data + at - 10, "MM\0+", 4); /* 43 */
    EXPECT_OK(jpeg_file_decode("no TIFF", data, length, &p, &err), err);
    ck_assert_int_eq(p.width, 29);
    picture_free(&p);
    free(data);
}
END_TEST

/* What a phone leaves behind the pixels is no data of theirs, which an arithmetic decoder would take it for. */
START_TEST(a_trailer_is_passed_over_where_pixels_end_before) {
    static const char *const paths[] = {DATA "/jpeg_422.jpg", DATA "/jpeg_grey.jpg", DATA "/jpeg_progressive.jpg",
                                        DATA "/jpeg_arithmetic.jpg"};
    for (int i = 0; i < 4; i++) {
        size_t length, more = 99;
        unsigned char *data = read_file(paths[i], &length), *longer = malloc(length + more);
        struct picture p, whole;
        EXPECT_OK(jpeg_file_decode("whole", data, length, &whole, &err), err);
        memcpy(longer, data, length - 2);
        memset(longer + length - 2, 0x5a, more);
        p = (struct picture){0};
        int status = jpeg_file_decode("trailer", longer, length - 2 + more, &p, &err);
        if (i >= 2) {
            ck_assert_int_eq(status, ALEXCL_E_DATA);
            err = (struct alexcl_error){0};
        } else {
            EXPECT_OK(status, err);
            ck_assert_mem_eq(p.pixels, whole.pixels, (size_t)p.width * (size_t)p.height * 3);
        }
        picture_free(&whole);
        picture_free(&p);
        free(data);
        free(longer);
    }
}
END_TEST

START_TEST(bytes_between_picture_and_end_are_passed_over) {
    size_t length, more = 64;
    unsigned char *data = read_file(DATA "/jpeg_420.jpg", &length), *longer = calloc(length + more, 1);
    struct picture p;
    memcpy(longer, data, length - 2);
    memcpy(longer + length + more - 2, "\xff\xd9", 2);
    EXPECT_OK(jpeg_file_decode("longer", longer, length + more, &p, &err), err);
    picture_free(&p);
    free(data);
    free(longer);
}
END_TEST

static void put_big_endian(unsigned char *at, uint32_t n) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(n >> (24 - 8 * i));
}

/* By the header alone: in the PNG files there is nothing else. */
START_TEST(sizes_of_none_and_of_too_many_pixels_are_refused) {
    static const struct {
        uint32_t width, height;
        const char *why;
    } sizes[] = {{18000, 10001, "180 million"},
                 {1, 180000001, "180 million"},
                 {1, 1000001, "one million a side"},
                 {1000001, 1, "one million a side"},
                 /* of a row that no address space of 32 bits holds libpng says so first */
                 {0x7fffffff, 0x7fffffff, sizeof(size_t) > 4 ? "180 million" : "too large for this architecture"},
                 {0, 5, "not a sound PNG"},
                 {5, 0, "not a sound PNG"},
                 {0xffffffff, 1, "not a sound PNG"}};
    struct picture p = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char png[41] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR........\x08\2\0\0\0";
        uint32_t crc = 0xffffffff; /* PNG specification, annex D */
        memcpy(png + 33, "\0\0\1\0IDAT", 8);
        put_big_endian(png + 16, sizes[i].width);
        put_big_endian(png + 20, sizes[i].height);
        for (size_t k = 12; k < 29; k++) {
            crc ^= png[k];
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        put_big_endian(png + 29, ~crc);
        EXPECT_ERROR(png_file_decode("size", png, sizeof png, &p, &err), ALEXCL_E_DATA, sizes[i].why, err);
    }
    size_t length, at = 0;
    unsigned char *jpeg = read_file(DATA "/jpeg_444.jpg", &length);
    while (memcmp(jpeg + at, "\xff\xc0", 2) != 0) at++; /* the frame: marker, length, precision, height, width */
    memcpy(jpeg + at + 5, "\xff\xdc\xff\xdc", 4);       /* 65500, libjpeg's own limit */
    EXPECT_ERROR(jpeg_file_decode("size", jpeg, length, &p, &err), ALEXCL_E_DATA, "180 million", err);
    memset(jpeg + at + 5, 0xff, 4);
    EXPECT_ERROR(jpeg_file_decode("size", jpeg, length, &p, &err), ALEXCL_E_DATA, "not a sound JPEG", err);
    memset(jpeg + at + 5, 0, 4);
    EXPECT_ERROR(jpeg_file_decode("size", jpeg, length, &p, &err), ALEXCL_E_DATA, "not a sound JPEG", err);
    free(jpeg);
}
END_TEST

START_TEST(a_written_picture_reads_back) {
    struct picture p, again;
    EXPECT_OK(decode_file(DATA "/png_c2_d8_i0.png", &p, &err), err);
    EXPECT_OK(png_file_write("again.png", &p, &err), err);
    EXPECT_OK(decode_file("again.png", &again, &err), err);
    ck_assert_mem_eq(p.pixels, again.pixels, (size_t)p.width * (size_t)p.height * 3);
    picture_free(&again);
    struct picture grey = {p.width, p.height, 1, p.pixels};
    EXPECT_OK(png_file_write("again.png", &grey, &err), err);
    EXPECT_OK(decode_file("again.png", &again, &err), err);
    for (size_t i = 0; i < (size_t)p.width * (size_t)p.height; i++)
        ck_assert_uint_eq(again.pixels[3 * i + 2], p.pixels[i]);
    picture_free(&again);
    mkdir("taken.png", 0700);
    EXPECT_ERROR(png_file_write("taken.png", &p, &err), ALEXCL_E_OTHER, "taken.png: cannot be written", err);
    EXPECT_ERROR(png_file_write("no/such/folder.png", &p, &err), ALEXCL_E_OTHER, "no/such/folder.png", err);
    picture_free(&p);
}
END_TEST

START_TEST(a_picture_in_memory_is_a_whole_file) {
    struct picture p, again;
    unsigned char *data, *file;
    size_t length, file_length;
    EXPECT_OK(decode_file(DATA "/png_c2_d8_i0.png", &p, &err), err);
    EXPECT_OK(png_file_write("again.png", &p, &err), err);
    file = read_file("again.png", &file_length);
    EXPECT_OK(png_file_encode("memory", &p, &data, &length, &err), err);
    ck_assert_uint_eq(length, file_length);
    ck_assert_mem_eq(data, file, length);
    free(data);
    free(file);
    /* a slope, which JPEG keeps */
    for (int i = 0; i < p.width * p.height * 3; i++)
        p.pixels[i] = (unsigned char)(40 + 160 * (i / 3 / p.width) / p.height + 10 * (i % 3));
    EXPECT_OK(jpeg_file_encode("memory", &p, 90, &data, &length, &err), err);
    EXPECT_OK(jpeg_file_decode("memory", data, length, &again, &err), err);
    ck_assert(again.width == p.width && again.height == p.height);
    for (int i = 0; i < p.width * p.height * 3; i++) ck_assert_int_le(abs(again.pixels[i] - p.pixels[i]), 12);
    free(data);
    picture_free(&again);
    picture_free(&p);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("decode");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, png_of_every_kind);
    tcase_add_test(tests, jpeg_of_every_kind);
    tcase_add_test(tests, webp_of_every_kind);
    tcase_add_test(tests, bmp_of_every_kind);
    tcase_add_test(tests, ppm_of_every_kind);
    tcase_add_test(tests, pictures_are_as_large_as_their_files_allow);
    tcase_add_test(tests, the_kind_is_told_by_content);
    tcase_add_test(tests, cmyk_is_refused);
    tcase_add_test(tests, what_is_no_picture_is_named);
    tcase_add_test(tests, damaged_pictures_never_crash);
    tcase_add_test(tests, damaged_exif_spoils_no_picture);
    tcase_add_test(tests, exif_is_read_by_its_types);
    tcase_add_test(tests, a_trailer_is_passed_over_where_pixels_end_before);
    tcase_add_test(tests, bytes_between_picture_and_end_are_passed_over);
    tcase_add_test(tests, sizes_of_none_and_of_too_many_pixels_are_refused);
    tcase_add_test(tests, a_written_picture_reads_back);
    tcase_add_test(tests, a_picture_in_memory_is_a_whole_file);
    return support_run(tests);
}
