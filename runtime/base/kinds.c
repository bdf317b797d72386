/* SPDX-License-Identifier: MIT */
/* What a file is by its first bytes: by a format's magic number; then archives, by what is in them; then formats that
 * have none; then texts. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "kinds.h"

#define MAGICK(ending) "convert IN." ending " OUT.png (ImageMagick) converts it"
#define FIRST(ending) "convert 'IN." ending "[0]' OUT.png (ImageMagick) converts the first of its pictures"
#define HEIF(ending) "heif-convert IN." ending " OUT.png (libheif) converts it"
#define PICTURE "alexcl infer FILE takes it"
#define UNPACK(command) command " unpacks it: name the file inside"
#define TO_UTF8(from) "iconv -f " from " -t UTF-8 FILE >NEW makes UTF-8 of it"
#define TORCH "torch.save(model.state_dict(), 'NEW.pth'), by PyTorch 1.6 or later, writes one that is read"
#define TFLITE "python -m tf2onnx.convert --tflite IN.tflite --output OUT.onnx makes an ONNX model of it"
#define GGUF "read it by gguf.GGUFReader, and write its arrays by safetensors.numpy.save_file"
#define NUMPY "write its arrays anew: weights by safetensors.numpy.save_file, pictures by numpy.save"

/* In the order in which they are tried; '?' in a magic number is any byte. */
static const struct {
    const char *magic;
    size_t length;
    struct kind kind;
} magics[] = {
    {"\x89PNG\r\n\x1a\n", 8, {"a PNG picture", PICTURE, KIND_PICTURE}},
    {"\x89PNG", 4, {"a damaged PNG picture", "fetch it again (by FTP in binary mode)", KIND_PICTURE}},
    {"\xff\xd8\xff", 3, {"a JPEG picture", PICTURE, KIND_PICTURE}},
    {"RIFF????WEBP", 12, {"a WebP picture", PICTURE, KIND_PICTURE}},
    {"GIF8?a", 6, {"a GIF picture", FIRST("gif"), KIND_PICTURE}},
    {"BM????\0\0\0\0", 10, {"a BMP picture", PICTURE, KIND_PICTURE}},
    {"II*\0", 4, {"a TIFF picture", FIRST("tif"), KIND_PICTURE}},
    {"MM\0*", 4, {"a TIFF picture", FIRST("tif"), KIND_PICTURE}},
    {"????ftypavi", 11, {"an AVIF picture", HEIF("avif"), KIND_PICTURE}},
    {"????ftyphe", 10, {"a HEIC picture", HEIF("heic"), KIND_PICTURE}},
    {"????ftypm?f1", 12, {"a HEIC or AVIF picture", HEIF("heic"), KIND_PICTURE}},
    {"\0\0\0\x0cjP  \r\n", 10, {"a JPEG 2000 picture", MAGICK("jp2"), KIND_PICTURE}},
    {"\0\0\0\x0cJXL \r\n", 10, {"a JPEG XL picture", "djxl IN.jxl OUT.png (libjxl) converts it", KIND_PICTURE}},
    {"\xff\x0a", 2, {"a JPEG XL picture", "djxl IN.jxl OUT.png (libjxl) converts it", KIND_PICTURE}},
    {"8BPS", 4, {"a Photoshop picture", FIRST("psd"), KIND_PICTURE}},
    {"%PDF-", 5, {"a PDF document", "pdftoppm -png IN.pdf OUT (poppler) makes pictures of its pages", 0}},
    {"\x93NUMPY", 6, {"an array of NumPy (.npy)", "--input FILE takes one of what the net sees", 0}},
    {"\x89HDF\r\n\x1a\n", 8, {"an HDF5 file (Keras's .h5)", "--weights FILE takes it", 0}},
    {"\x80\2\x8a\x0al\xfc\x9c", 7, {"an old PyTorch checkpoint (.pth)", TORCH, 0}},
    {"\x80\2", 2, {"a Python pickle", NUMPY, 0}},
    {"\x80\3", 2, {"a Python pickle", NUMPY, 0}},
    {"\x80\4", 2, {"a Python pickle", NUMPY, 0}},
    {"\x80\5", 2, {"a Python pickle", NUMPY, 0}},
    {"????TFL3", 8, {"a model of TensorFlow Lite (.tflite)", TFLITE, 0}},
    {"GGUF", 4, {"a file of llama.cpp (.gguf)", GGUF, 0}},
    {"\x1f\x8b", 2, {"a gzip archive", UNPACK("gunzip (of a .tgz: tar -xf)"), 0}},
    {"\xfd\x37zXZ", 5, {"an xz archive", UNPACK("unxz (of a .txz: tar -xf)"), 0}},
    {"BZh?1AY", 7, {"a bzip2 archive", UNPACK("bunzip2 (of a .tbz: tar -xf)"), 0}},
    {"\x28\xb5\x2f\xfd", 4, {"a Zstandard archive", UNPACK("unzstd (of a .tzst: tar -xf)"), 0}},
    {"7z\xbc\xaf\x27\x1c", 6, {"a 7z archive", UNPACK("7z x"), 0}},
    {"\xff\xfe\0\0", 4, {"a text in UTF-32", TO_UTF8("UTF-32"), 0}},
    {"\xff\xfe", 2, {"a text in UTF-16, as PowerShell's > writes it", TO_UTF8("UTF-16"), 0}},
    {"\xfe\xff", 2, {"a text in UTF-16", TO_UTF8("UTF-16"), 0}},
    {"version https://git-lfs", 23, {"a Git LFS pointer, not the file itself", "git lfs pull fetches that", 0}},
};

/* By what the first file of a zip archive is called. */
static const struct {
    const char *part;
    struct kind kind;
} zips[] = {
    {"data.pkl", {"a PyTorch checkpoint (.pth)", "--weights FILE takes it", 0}},
    {".npy", {"an archive of NumPy (.npz)", NUMPY, 0}},
    {"metadata.json", {"a Keras model (.keras)", "--weights FILE takes it", 0}},
    {"", {"a zip archive", UNPACK("unzip"), 0}},
};

static const struct kind tar = {"a tar archive", UNPACK("tar -xf"), 0},
                         safetensors = {"a safetensors file", "--weights FILE takes it", 0},
                         onnx = {"an ONNX model", "--model FILE takes it, and --weights FILE its tensors", 0},
                         caffe = {"a Caffe model (.caffemodel)", "--weights FILE takes it", 0},
                         ppm = {"a PPM, PGM or PBM picture", PICTURE, KIND_PICTURE},
                         utf16_low = {"a text in UTF-16", TO_UTF8("UTF-16LE"), 0},
                         utf16_high = {"a text in UTF-16", TO_UTF8("UTF-16BE"), 0},
                         page = {"a web page (HTML)",
                                 "a download that failed, or had to be confirmed, leaves one: curl -fLo FILE URL", 0},
                         drawing = {"an SVG drawing", "rsvg-convert IN.svg -o OUT.png (librsvg) converts it", 0},
                         shards = {"an index of weights in several files (JSON)",
                                   "make one of them: model.save_pretrained(FOLDER, max_shard_size='10GB')", KIND_TEXT},
                         json = {"a JSON text", NULL, KIND_TEXT}, text = {"a text", NULL, KIND_TEXT};

static int kinds_matches(const unsigned char *start, size_t length, const char *magic, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (i == length || (magic[i] != '?' && (unsigned char)magic[i] != start[i])) return 0;
    return 1;
}

/* The first place of `part` in any case, or NULL. */
static const unsigned char *kinds_find(const unsigned char *start, size_t length, const char *part) {
    size_t bytes = strlen(part);
    for (; length >= bytes; start++, length--)
        if (strncasecmp((const char *)start, part, bytes) == 0) return start;
    return NULL;
}

static const struct kind *kinds_zip(const unsigned char *start, size_t length) {
    /* PKWARE's APPNOTE, 4.3.7: its length at 26, it at 30 */
    size_t i = 0, name = length > 30 ? start[26] | (size_t)start[27] << 8 : 0;
    if (!kinds_matches(start, length, "PK\3\4", 4)) return NULL;
    if (name > length - 30) name = length - 30;
    while (zips[i].part[0] && !(length > 30 && kinds_find(start + 30, name, zips[i].part))) i++;
    return &zips[i].kind;
}

/* A message of protobuf, whose fields are written in ascending order. Field 1 of a Caffe net is its name, followed by
 * its layers or inputs (fields 2 and 3), a truth value (5) or its layers (100); of an ONNX model it is a small number,
 * followed by the producer or the graph. Each has a control character behind the name: a list that begins with an empty
 * line is no net. */
static const struct kind *kinds_protobuf(const unsigned char *start, size_t length) {
    if (length < 4) return NULL;
    if (start[0] == 0x08 && start[1] > 0 && start[1] < 0x40 &&
        (start[2] == 0x12 || start[2] == 0x3a || start[2] == 0x42))
        return &onnx;
    size_t name = start[1];
    if (start[0] != 0x0a || name == 0 || name > 0x7f || length < name + 4) return NULL;
    for (size_t i = 0; i < name; i++)
        if (!isprint(start[2 + i])) return NULL;
    const unsigned char *next = start + 2 + name;
    return next[0] == 0x12 || next[0] == 0x1a || (next[0] == 0x28 && next[1] <= 1) ||
                   (next[0] == 0xa2 && next[1] == 0x06)
               ? &caffe
               : NULL;
}

/* P1 to P6, then two numbers, between them blanks and comments. */
static int kinds_is_ppm(const unsigned char *start, size_t length) {
    size_t at = 2;
    if (length < 3 || start[0] != 'P' || start[1] < '1' || start[1] > '6') return 0;
    for (int numbers = 0; numbers < 2; numbers++) {
        size_t before = at;
        while (at < length && (isspace(start[at]) || start[at] == '#'))
            if (start[at++] == '#')
                while (at < length && start[at] != '\n') at++;
        if (at == before || at == length || !isdigit(start[at])) return 0;
        while (at < length && isdigit(start[at])) at++;
    }
    return at < length && isspace(start[at]);
}

static int kinds_is_safetensors(const unsigned char *start, size_t length) {
    uint64_t header = 0;
    for (int i = 0; i < 8 && length > 8; i++) header |= (uint64_t)start[i] << 8 * i;
    return header >= 2 && header <= 100000000 && start[8] == '{';
}

/* Whether every other of the first bytes, from `first` on, is a zero, and no other. */
static int kinds_is_utf16(const unsigned char *start, size_t length, size_t first) {
    for (size_t i = 0; i < 8; i++)
        if (i >= length || (start[i] == 0) != (i % 2 == first)) return 0;
    return 1;
}

static const struct kind *kinds_text(const unsigned char *start, size_t length) {
    if (length >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) {
        start += 3;
        length -= 3;
    }
    for (size_t i = 0; i < length; i++)
        if (iscntrl(start[i]) && !isspace(start[i])) return NULL;
    while (length && isspace(*start)) {
        start++;
        length--;
    }
    if (length == 0) return NULL;
    if (*start == '<' && kinds_find(start, length, "<svg")) return &drawing;
    if (kinds_find(start, length < 15 ? length : 15, "<!doctype html") == start ||
        kinds_find(start, length < 5 ? length : 5, "<html") == start)
        return &page;
    if (*start == '{' && kinds_find(start, length, "\"weight_map\"")) return &shards;
    return *start == '{' || *start == '[' ? &json : &text;
}

const struct kind *kinds_of(const void *bytes, size_t length) {
    const unsigned char *start = bytes;
    if (length > KINDS_START) length = KINDS_START;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (kinds_matches(start, length, magics[i].magic, magics[i].length)) return &magics[i].kind;
    const struct kind *kind = kinds_zip(start, length);
    if (!kind && length > 265 && (memcmp(start + 257, "ustar\0", 6) == 0 || memcmp(start + 257, "ustar  \0", 8) == 0))
        kind = &tar;
    if (!kind && kinds_is_safetensors(start, length)) kind = &safetensors;
    if (!kind) kind = kinds_protobuf(start, length);
    if (!kind && kinds_is_ppm(start, length)) kind = &ppm;
    if (!kind && kinds_is_utf16(start, length, 1)) kind = &utf16_low;
    if (!kind && kinds_is_utf16(start, length, 0)) kind = &utf16_high;
    return kind ? kind : kinds_text(start, length);
}

const char *kinds_weights(const struct kind *kind) {
    static const char *const known[][2] = {{"a safetensors file", "safetensors"},
                                           {"a PyTorch checkpoint (.pth)", "torch-zip"},
                                           {"an old PyTorch checkpoint (.pth)", "torch-old"},
                                           {"an HDF5 file (Keras's .h5)", "keras-h5"},
                                           {"a Keras model (.keras)", "keras"},
                                           {"an ONNX model", "onnx"},
                                           {"a Caffe model (.caffemodel)", "caffemodel"},
                                           {"a model of TensorFlow Lite (.tflite)", "tflite"},
                                           {"a file of llama.cpp (.gguf)", "gguf"},
                                           {"an archive of NumPy (.npz)", "npz"},
                                           {"a Git LFS pointer, not the file itself", "git-lfs"}};
    for (size_t i = 0; kind && i < sizeof known / sizeof *known; i++)
        if (strcmp(kind->name, known[i][0]) == 0) return known[i][1];
    return "unknown";
}
