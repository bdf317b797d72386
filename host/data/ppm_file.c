/* SPDX-License-Identifier: MIT */
/* PBM, PGM and PPM: a header of numbers between blanks and comments, then samples as numbers (P1 to P3), bits (P4) or
 * bytes (P5, P6). A sample of another largest value than 255 is scaled and rounded as Pillow does it; grey of more than
 * 8 bits is treated as colours are there (of grey it clips at 255, so that nearly all is white). Of what the header
 * claims nothing is allocated before the file is known to be long enough. */
#include "ppm_file.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "status.h"

struct ppm {
    const unsigned char *at, *end;
};

static void ppm_file_skip(struct ppm *p) {
    while (p->at < p->end && (isspace(*p->at) || *p->at == '#'))
        if (*p->at++ == '#')
            while (p->at < p->end && *p->at != '\n' && *p->at != '\r') p->at++;
}

/* The next number, below 2^31; 0: there is none. */
static int ppm_file_number(struct ppm *p, uint64_t *out) {
    ppm_file_skip(p);
    const unsigned char *first = p->at;
    for (*out = 0; p->at < p->end && isdigit(*p->at) && *out < 0x80000000; p->at++)
        *out = 10 * *out + (uint64_t)(*p->at - '0');
    return p->at > first && *out < 0x80000000 && (p->at == p->end || isspace(*p->at) || *p->at == '#');
}

/* A bit of P1 needs no blank behind it; 1 is black. */
static int ppm_file_bit(struct ppm *p, uint64_t *out) {
    ppm_file_skip(p);
    if (p->at == p->end || (*p->at != '0' && *p->at != '1')) return 0;
    *out = *p->at++ == '0';
    return 1;
}

static unsigned char ppm_file_scale(uint64_t sample, uint64_t most) {
    double value = rint((double)sample / (double)most * 255);
    return value < 255 ? (unsigned char)value : 255;
}

int ppm_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err) {
    struct ppm p = {data + 2, data + length};
    uint64_t width, height, most = 1, sample;
    int form = length >= 2 && data[0] == 'P' ? data[1] - '0' : 0, bits = form == 1 || form == 4,
        channels = form == 3 || form == 6 ? 3 : 1;
    if (form < 1 || form > 6 || !ppm_file_number(&p, &width) || !ppm_file_number(&p, &height) ||
        (!bits && !ppm_file_number(&p, &most)))
        return error_set(err, ALEXCL_E_DATA, "%s: not a sound PPM: its header is no width, height and largest value",
                         path);
    if (most < 1 || most > 65535)
        return error_set(err, ALEXCL_E_DATA, "%s: not a sound PPM: its largest value is %llu, not 1 to 65535", path,
                         (unsigned long long)most);
    size_t bytes = form <= 3 ? 2 : most > 255 ? 2 : 1; /* of a sample, at least */
    uint64_t row = form == 4 ? (width + 7) / 8 : width * (uint64_t)channels * (form == 1 ? 1 : bytes),
             left = (uint64_t)(p.end - p.at);
    /* One blank ends a header of bytes; the last number of a text needs none. */
    if (form >= 4 ? left < 1 || row > (left - 1) / (height ? height : 1) : row > (left + 1) / (height ? height : 1))
        return error_set(err, ALEXCL_E_DATA, "%s: not a sound PPM: the file ends early", path);
    p.at += form >= 4;
    int status = picture_make(path, width, height, out, err);
    if (status != ALEXCL_OK) return status;
    unsigned char *to = out->pixels;
    for (uint64_t y = 0; y < height; y++) {
        for (uint64_t i = 0; i < width * (uint64_t)channels; i++) {
            if (form == 4) {
                sample = !(p.at[i / 8] >> (7 - i % 8) & 1);
            } else if (form > 4) {
                sample = bytes == 1 ? p.at[i] : (uint64_t)p.at[2 * i] << 8 | p.at[2 * i + 1];
            } else if (!(form == 1 ? ppm_file_bit(&p, &sample) : ppm_file_number(&p, &sample)) || sample > most) {
                return error_set(err, ALEXCL_E_DATA,
                                 "%s: not a sound PPM: value %llu of row %llu is missing or too large", path,
                                 (unsigned long long)i, (unsigned long long)y);
            }
            unsigned char value = ppm_file_scale(sample, most);
            for (int c = 0; c < 3 / channels; c++) *to++ = value;
        }
        if (form >= 4) p.at += row;
    }
    return ALEXCL_OK;
}
