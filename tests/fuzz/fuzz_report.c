/* SPDX-License-Identifier: MIT */
/* How names and messages are shown: as UTF-8 without control characters, whatever they are made of. */
#include "fuzz.h"
#include "printable.h"
#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_copy(data, size, 1), *shown = NULL;
    size_t length = strlen(text), shown_length = 0;
    FILE *to = open_memstream(&shown, &shown_length);
    FUZZ_CLAIM(to != NULL);
    report_text(to, text);
    FUZZ_CLAIM(fclose(to) == 0 && shown_length >= length && strlen(shown) == shown_length);
    int plain = shown_length == length; /* nothing had to be replaced */
    for (const char *c = shown; *c;) {
        int bytes = printable_character(c);
        FUZZ_CLAIM(bytes >= 1 && bytes <= 4 && (unsigned char)*c >= 0x20 && *c != 0x7f);
        c += bytes;
    }
    /* jansson knows UTF-8 too: what it takes as a text of this many bytes is whole characters. */
    for (size_t max = 0; max <= length && max < 64; max++) {
        int cut = printable_cut(text, max);
        FUZZ_CLAIM(cut >= 0 && (size_t)cut <= max && max - (size_t)cut < 4);
        json_t *whole = json_stringn(text, length), *part = json_stringn(text, (size_t)cut);
        FUZZ_CLAIM(!plain || (whole && part));
        json_decref(whole);
        json_decref(part);
    }
    json_t *string = report_string(text), *back;
    char *dumped = json_dumps(string, JSON_ENCODE_ANY);
    FUZZ_CLAIM(string && dumped && (back = json_loads(dumped, JSON_DECODE_ANY, NULL)) != NULL &&
               json_equal(string, back));
    json_decref(back);
    json_decref(string);
    free(dumped);
    free(shown);
    free(text);
    return 0;
}
