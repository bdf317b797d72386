/* SPDX-License-Identifier: MIT */
/* Files by their first bytes, as the programs that make them write these; and texts and bytes that are none of them. */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "support.h"

#define HEAD(bytes) (bytes), sizeof(bytes) - 1
#define ENTRY(length, name) "PK\3\4\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" length "\0\x12\0" name

static const struct {
    const char *start;
    size_t length;
    const char *name, *advice; /* part of them; name NULL: not known */
} files[] = {
    {HEAD("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "a PNG picture", "alexcl infer FILE"},
    {HEAD("\x89PNG\n\x1a\n\0\0\0\rIHDR"), "a damaged PNG picture", "binary"},
    {HEAD("\xff\xd8\xff\xe0\0\x10JFIF"), "a JPEG picture", "alexcl infer FILE"},
    {HEAD("RIFF\x1a\1\0\0WEBPVP8L"), "a WebP picture", "alexcl infer FILE"},
    {HEAD("RIFF\x1a\1\0\0WAVEfmt "), NULL, NULL},
    {HEAD("GIF89a\xad\0\x83\0\xf7\0\0"), "a GIF picture", "IN.gif[0]"},
    {HEAD("GIF87a\xad\0\x83\0\xf7\0\0"), "a GIF picture", "IN.gif[0]"},
    {HEAD("BM\x96\x0a\1\0\0\0\0\0\x36\0\0\0"), "a BMP picture", "alexcl infer FILE"},
    {HEAD("BM.png 1\nother.png 2\n"), "a text", NULL},
    {HEAD("II*\0\x08\0\0\0"), "a TIFF picture", "IN.tif"},
    {HEAD("MM\0*\0\0\0\x08"), "a TIFF picture", "IN.tif"},
    {HEAD("\0\0\0\x20"
          "ftypavif\0\0\0\0"),
     "an AVIF picture", "heif-convert"},
    {HEAD("\0\0\0\x18"
          "ftypheic\0\0\0\0"),
     "a HEIC picture", "heif-convert"},
    {HEAD("\0\0\0\x24"
          "ftypmif1\0\0\0\0"),
     "a HEIC or AVIF picture", "heif-convert"},
    {HEAD("\0\0\0\x20"
          "ftypisom\0\0\2\0"),
     NULL, NULL}, /* MP4 */
    {HEAD("P6\n173 131\n255\n\1\2\3"), "a PPM, PGM or PBM picture", "alexcl infer FILE"},
    {HEAD("P3 # made by hand\n# twice\n 4\t5\n255 1 2 3"), "a PPM, PGM or PBM picture", "alexcl infer FILE"},
    {HEAD("P6 3\nP5 4\n"), "a text", NULL}, /* pictures of these names, with labels */
    {HEAD("P6"), "a text", NULL},
    {HEAD("P6 1 2"), "a text", NULL},
    {HEAD("%PDF-1.7\n"), "a PDF document", "pdftoppm"},
    {HEAD("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\">"), "an SVG drawing", "rsvg-convert"},
    {HEAD("\x93NUMPY\1\0\x76\0{'descr'"), "an array of NumPy (.npy)", "--input FILE"},
    {HEAD("\x89HDF\r\n\x1a\n\0\0\0"), "an HDF5 file", "--weights FILE takes it"},
    {HEAD("\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20j\xa8\x50\x19."), "an old PyTorch checkpoint",
     "torch.save(model.state_dict()"},
    {HEAD("\x80\4\x95\x1a\0\0\0\0\0\0\0}"), "a Python pickle", "save_file"},
    {HEAD(ENTRY("\x10", "archive/data.pklFB")), "a PyTorch checkpoint", "--weights FILE takes it"},
    {HEAD(ENTRY("\x09", "conv1.npy\x93NUMPY")), "an archive of NumPy (.npz)", "numpy.save"},
    {HEAD(ENTRY("\x0d", "metadata.json{}")), "a Keras model", "--weights FILE takes it"},
    {HEAD(ENTRY("\x05", "a.pngdata.pkl")), "a zip archive", "unzip"}, /* what is behind the name is none */
    {HEAD("PK\3\4"), "a zip archive", "unzip"},
    {HEAD("\x1c\0\0\0TFL3\x14\0\x20\0"), "a model of TensorFlow Lite", "tf2onnx.convert --tflite"},
    {HEAD("GGUF\3\0\0\0\x23\1\0\0\0\0\0\0"), "a file of llama.cpp", "gguf.GGUFReader"},
    {HEAD("\x1f\x8b\x08\0\0\0\0\0"), "a gzip archive", "gunzip"},
    {HEAD("\xfd\x37zXZ\0"), "an xz archive", "unxz"},
    {HEAD("BZh91AY&SY"), "a bzip2 archive", "bunzip2"},
    {HEAD("\x28\xb5\x2f\xfd\4"), "a Zstandard archive", "unzstd"},
    {HEAD("7z\xbc\xaf\x27\x1c\0\4"), "a 7z archive", "7z x"},
    {HEAD("\x26\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\""), "a safetensors file", "--weights FILE"},
    {HEAD("\x08\x07\x12\x07pytorch\x1a\x05"
          "2.1.0"),
     "an ONNX model", "--model FILE takes it"},
    {HEAD("\x08\x08:\xf3\3\n\x11"), "an ONNX model", "--model FILE takes it"},
    {HEAD("\x0a\x07"
          "AlexNet\x12\x10"),
     "a Caffe model", "--weights FILE"},
    {HEAD("\x0a\x07"
          "AlexNet\xa2\x06\x10"),
     "a Caffe model", "--weights FILE"},
    {HEAD("\x0a\x07"
          "AlexNet\x28\1"),
     "a Caffe model", "--weights FILE"},
    {HEAD("\nb.png 3\n"), "a text", NULL},
    /* '"' is 34, and so many behind it is the blank */
    {HEAD("\n\"/data/pictures/of/the/year/20.png\" 3\n"), "a text", NULL},
    {HEAD("\n*those/that/I/took/in/the/summer/of/May2012(1).png\n"), "a text", NULL},
    {HEAD("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 244408336\n"), "a Git LFS pointer",
     "git lfs pull"},
    {HEAD("version 1\n"), "a text", NULL},
    {HEAD("\n<!DOCTYPE html>\n<html>"), "a web page", "curl -fLo"},
    {HEAD("\xef\xbb\xbf<html lang=en>"), "a web page", "curl -fLo"},
    {HEAD("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {}}"), "an index of weights", "max_shard_size"},
    {HEAD("{\"0\": [\"n01440764\", \"tench\"]}"), "a JSON text", NULL},
    {HEAD("[\"tench\"]"), "a JSON text", NULL},
    {HEAD("\xff\xfe"
          "b\0.\0p\0n\0g\0"),
     "a text in UTF-16, as PowerShell's > writes it", "iconv -f UTF-16 -t UTF-8"},
    {HEAD("\xfe\xff\0b\0.\0p\0n\0g"), "a text in UTF-16", "iconv -f UTF-16 -t UTF-8"},
    {HEAD("b\0.\0p\0n\0g\0"), "a text in UTF-16", "iconv -f UTF-16LE"},
    {HEAD("\0b\0.\0p\0n\0g"), "a text in UTF-16", "iconv -f UTF-16BE"},
    {HEAD("\xff\xfe\0\0b\0\0\0"), "a text in UTF-32", "iconv -f UTF-32"},
    {HEAD("name: \"AlexNet\"\nlayer {\n"), "a text", NULL},
    {HEAD("caf\xc3\xa9.png\r\n\tb.png\n"), "a text", NULL},
    {HEAD(""), NULL, NULL},
    {HEAD(" \n"), NULL, NULL},
    {HEAD("\0\0\0\0\0\0\0\0"), NULL, NULL},
    {HEAD("zero\0byte.png\n"), NULL, NULL},
    {HEAD("\x1b[2Jclear"), NULL, NULL},
};

/* The bytes stand in memory of exactly that size: a sanitizer sees what is read behind them. */
static const struct kind *kind_of(const char *start, size_t length) {
    void *copy = malloc(length ? length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, start, length);
    const struct kind *kind = kinds_of(copy, length);
    free(copy);
    return kind;
}

START_TEST(a_kind_by_its_first_bytes) {
    const struct kind *kind = kind_of(files[_i].start, files[_i].length);
    const char *want = files[_i].name;
    if (!want) {
        ck_assert_msg(!kind, "file %d is taken for %s", _i, kind ? kind->name : "");
        return;
    }
    ck_assert_msg(kind && strncmp(kind->name, want, strlen(want)) == 0, "file %d is %s, not %s", _i,
                  kind ? kind->name : "not known", want);
    ck_assert_msg(!files[_i].advice || (kind->advice && strstr(kind->advice, files[_i].advice)), "file %d: \"%s\"", _i,
                  kind->advice);
    int text = strstr(want, "text") != NULL ? strstr(want, "UTF") == NULL : strstr(want, "index of") != NULL,
        picture = strstr(want, " picture") != NULL || strcmp(want, "AVIF") == 0;
    ck_assert_int_eq(kind->content, text ? KIND_TEXT : picture ? KIND_PICTURE : 0);
    for (size_t cut = 0; cut < files[_i].length; cut++) (void)kind_of(files[_i].start, cut);
}
END_TEST

START_TEST(weights_have_a_short_name) {
    static const struct {
        const char *start;
        size_t length;
        const char *name;
    } weights[] = {{HEAD("\x1c\0\0\0TFL3\x14\0\x20\0"), "tflite"},
                   {HEAD("GGUF\3\0\0\0\x23\1\0\0"), "gguf"},
                   {HEAD("\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20j\xa8\x50\x19."), "torch-old"},
                   {HEAD("\x89HDF\r\n\x1a\n\0\0\0"), "keras-h5"},
                   {HEAD("\x26\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\""), "safetensors"},
                   {HEAD(ENTRY("\x10", "archive/data.pklFB")), "torch-zip"},
                   {HEAD(ENTRY("\x09", "conv1.npy\x93NUMPY")), "npz"},
                   {HEAD(ENTRY("\x0d", "metadata.json{}")), "keras"},
                   {HEAD("\x08\x07\x12\x07pytorch\x1a\x05"), "onnx"},
                   {HEAD("\x0a\x07"
                         "AlexNet\x12\x10"),
                    "caffemodel"},
                   {HEAD("version https://git-lfs.github.com/spec/v1\n"), "git-lfs"},
                   {HEAD("GIF89a\xad\0\x83\0\xf7\0\0"), "unknown"},
                   {HEAD(""), "unknown"}};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        ck_assert_str_eq(kinds_weights(kind_of(weights[i].start, weights[i].length)), weights[i].name);
}
END_TEST

START_TEST(a_tar_is_told_behind_its_first_name) {
    char tar[512] = "photos/cat.png";
    memcpy(tar + 257, "ustar\0", 6);
    ck_assert_str_eq(kind_of(tar, sizeof tar)->name, "a tar archive");
    ck_assert_ptr_null(kind_of(tar, 260));
    memcpy(tar + 257, "ustar  ", 8); /* GNU's */
    ck_assert_str_eq(kind_of(tar, sizeof tar)->name, "a tar archive");
    memset(tar, 'a', sizeof tar);
    memcpy(tar + 257, "ustar/1", 7); /* a list of long names */
    ck_assert_str_eq(kind_of(tar, sizeof tar)->name, "a text");
}
END_TEST

/* What every kind is told by stands in the bytes that are looked at; those behind change nothing. */
START_TEST(no_more_than_the_start_is_looked_at) {
    char *text = malloc(KINDS_START + 100);
    memset(text, 'a', KINDS_START);
    memset(text + KINDS_START, 0, 100);
    ck_assert_str_eq(kind_of(text, KINDS_START + 100)->name, "a text");
    free(text);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("kinds");
    tcase_add_loop_test(tests, a_kind_by_its_first_bytes, 0, (int)(sizeof files / sizeof *files));
    tcase_add_test(tests, weights_have_a_short_name);
    tcase_add_test(tests, a_tar_is_told_behind_its_first_name);
    tcase_add_test(tests, no_more_than_the_start_is_looked_at);
    return support_run(tests);
}
