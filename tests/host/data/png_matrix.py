#!/usr/bin/env python3
"""PNG of every colour type, depth, interlacing, filter and odd size, by the specification alone (ISO/IEC 15948); and those that must be refused.

    png_matrix.py DECODE_PRINT        writes its pictures into the folder it is started in
"""
import random
import struct
import sys
import zlib

from picture_matrix import Matrix, tiff, turned

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
rng = random.Random(1998)


def chunk(kind, data, length=None, crc=None):
    return (struct.pack(">I", len(data) if length is None else length) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc))


def header(width, height, depth, colour, interlace, compression=0, filters=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, compression, filters, interlace))


def pack(row, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", v) for v in row)
    if depth == 8:
        return bytes(row)
    bits = "".join(format(v, f"0{depth}b") for v in row)
    bits += "1" * (-len(bits) % 8)  # what fills the last byte means nothing
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, depth, samples, which):
    """Scanlines with their filter bytes; `which`: 0..4, or 5 for one after the other."""
    step, before, out = max(1, depth * samples // 8), None, b""
    for y, row in enumerate(rows):
        data = pack(row, depth)
        before = before or bytes(len(data))
        kind = which if which < 5 else (y + 1) % 5
        left = bytes(step) + data
        corner = bytes(step) + before
        line = bytes((v - (0, left[i], before[i], (left[i] + before[i]) // 2, paeth(left[i], before[i], corner[i]))[kind]) & 255
                     for i, v in enumerate(data))
        out += bytes([kind]) + line
        before = data
    return out


def scanlines(pixels, width, height, depth, samples, interlace, which):
    if not interlace:
        return filtered([[v for p in row for v in p] for row in pixels], depth, samples, which)
    out = b""
    for x0, y0, dx, dy in ADAM7:
        part = [[v for p in pixels[y][x0::dx] for v in p] for y in range(y0, height, dy)]
        if part and part[0]:
            out += filtered(part, depth, samples, which)
    return out


def rgb_of(pixels, colour, depth, palette):
    """16 bits by their upper 8, fewer than 8 scaled to 0..255, alpha dropped."""
    out = []
    for row in pixels:
        for p in row:
            if colour == 3:
                out += palette[p[0]] if p[0] < len(palette) else (0, 0, 0)
                continue
            values = [v >> 8 if depth == 16 else v * 255 // (2 ** depth - 1) for v in p]
            out += values[:1] * 3 if colour in (0, 4) else values[:3]
    return out


def make(width, height, colour, depth, interlace, which):
    """Pixels, the palette, the scanlines."""
    palette = [tuple(rng.randrange(256) for _ in range(3)) for _ in range(min(2 ** depth, 250))] if colour == 3 else []
    most = len(palette) if colour == 3 else 2 ** depth
    pixels = [[tuple(rng.randrange(most) for _ in range(SAMPLES[colour])) for _ in range(width)] for _ in range(height)]
    return pixels, palette, scanlines(pixels, width, height, depth, SAMPLES[colour], interlace, which)


TRNS = {0: b"\0\1", 2: b"\0\1\0\2\0\3", 3: b"\0"}


def good(m):
    extras = ("plain", "tRNS", "gAMA", "pieces", "ancillary")
    turn = 0
    for colour, depths in DEPTHS.items():
        for depth in depths:
            for interlace in (0, 1):
                for width, height in ((1, 1), (3, 5), (8, 8), (9, 7), (1, 10), (17, 2)):
                    for which in range(6):
                        extra = extras[turn % len(extras)]
                        turn += 1
                        pixels, palette, lines = make(width, height, colour, depth, interlace, which)
                        data = zlib.compress(lines, turn % 10)
                        before = chunk(b"PLTE", bytes(v for c in palette for v in c)) if colour == 3 else b""
                        if extra == "tRNS" and colour in TRNS:
                            before += chunk(b"tRNS", TRNS[colour])
                        if extra == "gAMA":
                            before = chunk(b"gAMA", struct.pack(">I", 100000)) + before
                        if extra == "ancillary":
                            before = (chunk(b"sRGB", b"\0") + chunk(b"pHYs", struct.pack(">IIB", 1, 2, 0)) + chunk(b"tEXt", b"Title\0one") +
                                      chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"two")) + chunk(b"prVt", b"private")) + before
                        idat = chunk(b"IDAT", data)
                        if extra == "pieces":
                            idat = b"".join(chunk(b"IDAT", data[i:i + 3]) for i in range(0, len(data), 3)) + chunk(b"IDAT", b"")
                        name = f"c{colour}_d{depth}_i{interlace}_{width}x{height}_f{which}_{extra}"
                        m.good(name, SIGNATURE + header(width, height, depth, colour, interlace) + before + idat + chunk(b"IEND", b""), width, height,
                               rgb_of(pixels, colour, depth, palette))


def damaged(m):
    width, height = 9, 7
    pixels, _, lines = make(width, height, 2, 8, 0, 5)
    rgb, data = rgb_of(pixels, 2, 8, []), zlib.compress(lines)
    ihdr, idat, iend = header(width, height, 8, 2, 0), chunk(b"IDAT", data), chunk(b"IEND", b"")

    # Damage under which every pixel is there: what is no pixel is passed over.
    def whole(name, *parts):
        m.good("whole_" + name, SIGNATURE + b"".join(parts), width, height, rgb)
    whole("text_first", chunk(b"tEXt", b"Title\0one"), ihdr, idat, iend)
    whole("text_bad_checksum", ihdr, chunk(b"tEXt", b"Title\0one", crc=1), idat, iend)
    whole("text_of_nothing", ihdr, chunk(b"tEXt", b""), chunk(b"zTXt", b"T\0\0garbage"), chunk(b"iCCP", b"p\0\0garbage"), idat, iend)
    whole("text_huge", ihdr, chunk(b"tEXt", b"Title\0" + b"x" * 10000000), idat, iend)
    whole("text_bomb", ihdr, chunk(b"zTXt", b"T\0\0" + zlib.compress(b"x" * 30000000)), idat, iend)
    whole("transparency_bad", ihdr, chunk(b"tRNS", b"\0\1\2"), chunk(b"gAMA", b"\0"), idat, iend)
    whole("palette_behind", ihdr, idat, chunk(b"PLTE", b"\1\2\3"), iend)
    whole("more_rows", ihdr, chunk(b"IDAT", zlib.compress(lines + lines)), iend)
    whole("behind_the_end", ihdr, idat, iend, b"garbage")
    whole("end_missing", ihdr, idat)
    whole("end_checksum", ihdr, idat, chunk(b"IEND", b"", crc=1))
    whole("end_of_something", ihdr, idat, chunk(b"IEND", b"abc"))
    whole("end_is_another", ihdr, idat, b"\0\0\0\4MAKER_NOTE" * 4)
    whole("text_cut_behind", ihdr, idat, chunk(b"tEXt", b"Title\0one")[:-7])
    whole("critical_behind", ihdr, idat, chunk(b"CRIT", b"what this is nobody knows"), iend)
    whole("data_once_more", ihdr, idat, chunk(b"tEXt", b"Title\0one"), chunk(b"IDAT", b"again"))
    pieces = b"".join(chunk(b"IDAT", data[i:i + 5]) for i in range(0, len(data), 5))
    for cut in (1, 2, 3, 4):
        whole(f"data_checksum_cut_{cut}", ihdr, idat[:-cut])
        whole(f"last_checksum_cut_{cut}", ihdr, pieces[:-cut])

    def bad(name, parts, *causes):
        m.bad(name, b"".join((SIGNATURE,) + parts), *causes)
    for colour in range(8):
        for depth in (0, 1, 2, 3, 4, 5, 8, 16, 32):
            if depth in DEPTHS.get(colour, ()):
                continue
            cause = ("bit depth",) if colour in DEPTHS and depth not in (1, 2, 4, 8, 16) else ("colo", "bit depth")
            bad(f"type_c{colour}_d{depth}", (header(width, height, depth, colour, 0), chunk(b"PLTE", b"\1\2\3"), idat, iend), *cause)
    bad("width_0", (header(0, height, 8, 2, 0), idat, iend), "width is zero")
    bad("height_0", (header(width, 0, 8, 2, 0), idat, iend), "height is zero")
    bad("width_negative", (header(1 << 31, 1, 8, 2, 0), idat, iend), "out of range")
    bad("huge", (header(50000, 50000, 8, 2, 0), idat, iend), "180 million")
    bad("wide", (header(179000000, 1, 16, 6, 1), idat, iend), "one million a side")
    bad("compression_1", (header(width, height, 8, 2, 0, compression=1), idat, iend), "compression method")
    bad("filters_1", (header(width, height, 8, 2, 0, filters=1), idat, iend), "filter method")
    bad("interlace_2", (header(width, height, 8, 2, 2), idat, iend), "interlace method")
    bad("header_checksum", (chunk(b"IHDR", ihdr[8:21], crc=1), idat, iend), "CRC")
    bad("header_short", (chunk(b"IHDR", ihdr[8:20]), idat, iend), "IHDR")
    bad("header_missing", (idat, iend), "IHDR")
    bad("header_twice", (ihdr, ihdr, idat, iend), "IHDR")
    bad("header_only", (ihdr,), "ends early")
    bad("nothing", (), "ends early")
    bad("data_sum_cut", (ihdr, chunk(b"IDAT", data[:-1])), "image data")
    bad("data_sum_gone", (ihdr, chunk(b"IDAT", data[:-4]), iend), "image data")
    bad("data_apart", (ihdr, chunk(b"IDAT", data[:9]), chunk(b"tEXt", b"Title\0one"), chunk(b"IDAT", data[9:]), iend), "image data")
    bad("data_cut_in_a_later_piece", (ihdr, chunk(b"IDAT", data[:9]), chunk(b"IDAT", data[9:])[:-5]), "ends early")
    bad("data_checksum_no_end", (ihdr, chunk(b"IDAT", data, crc=1)), "IDAT")
    bad("data_missing", (ihdr, iend), "IEND: out of place")
    bad("data_empty", (ihdr, chunk(b"IDAT", b""), iend), "IDAT", "image data")
    bad("data_checksum", (ihdr, chunk(b"IDAT", data, crc=1), iend), "IDAT")
    bad("data_garbage", (ihdr, chunk(b"IDAT", b"garbage that is no zlib"), iend), "IDAT")
    bad("data_flipped", (ihdr, chunk(b"IDAT", data[:20] + bytes([data[20] ^ 0x10]) + data[21:]), iend), "IDAT")
    bad("data_sum", (ihdr, chunk(b"IDAT", data[:-1] + bytes([data[-1] ^ 1])), iend), "IDAT")
    bad("data_cut", (ihdr, chunk(b"IDAT", data[:-20]), iend), "image data")
    bad("data_few_rows", (ihdr, chunk(b"IDAT", zlib.compress(lines[:-30])), iend), "image data")
    bad("data_longer_than_file", (ihdr, chunk(b"IDAT", data, length=1 << 20)), "ends early")
    bad("data_longer_than_may_be", (ihdr, chunk(b"IDAT", data, length=1 << 31)), "")
    bad("filter_5", (ihdr, chunk(b"IDAT", zlib.compress(b"\5" + lines[1:])), iend), "filter")
    bad("critical_unknown", (ihdr, chunk(b"CRIT", b"what this is nobody knows"), idat, iend), "CRIT")
    bad("kind_no_letters", (ihdr, chunk(b"\x1b[2J", b""), idat, iend), "chunk type")
    index = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    palette = header(width, height, 8, 3, 0)
    bad("palette_missing", (palette, chunk(b"IDAT", index), iend), "PLTE")
    bad("palette_late", (palette, chunk(b"IDAT", index), chunk(b"PLTE", b"\1\2\3"), iend), "PLTE")
    bad("palette_odd", (palette, chunk(b"PLTE", b"\1\2\3\4"), chunk(b"IDAT", index), iend), "PLTE")
    bad("palette_of_none", (palette, chunk(b"PLTE", b""), chunk(b"IDAT", index), iend), "palette")
    bad("palette_twice", (palette, chunk(b"PLTE", b"\1\2\3"), chunk(b"PLTE", b"\1\2\3"), chunk(b"IDAT", index), iend), "PLTE")
    bad("palette_of_257", (palette, chunk(b"PLTE", bytes(257 * 3)), chunk(b"IDAT", index), iend), "PLTE")
    bad("palette_checksum", (palette, chunk(b"PLTE", b"\1\2\3", crc=1), chunk(b"IDAT", index), iend), "PLTE")
    m.bad("by_ftp", (SIGNATURE + ihdr + idat + iend).replace(b"\r\n", b"\n"), "none of PNG, JPEG, WebP, BMP and PPM")

    # Cut at every byte, interlaced and not: a picture where zlib's checksum is there, else never.
    for interlace in (0, 1):
        pixels, palette, lines = make(3, 5, 3, 2, interlace, 5)
        data = (SIGNATURE + header(3, 5, 2, 3, interlace) + chunk(b"PLTE", bytes(v for c in palette for v in c)) + chunk(b"IDAT", zlib.compress(lines)) +
                chunk(b"IEND", b""))
        for cut in range(len(data)):
            if cut < len(data) - 16:
                m.bad(f"cut_{interlace}_{cut}", data[:cut], "")
            else:
                m.good(f"cut_{interlace}_{cut}", data[:cut], 3, 5, rgb_of(pixels, 3, 2, palette))


def orientations(m):
    """eXIf (PNG 3, 11.3.4.5), before the pixels and behind them."""
    pixels, _, lines = make(20, 12, 2, 8, 0, 5)
    rgb, ihdr, idat, iend = rgb_of(pixels, 2, 8, []), header(20, 12, 8, 2, 0), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")

    def exif(name, orientation, block, crc=None):
        width, height = (12, 20) if orientation > 4 else (20, 12)
        piece = chunk(b"eXIf", block, crc=crc)
        for place, parts in (("before", (ihdr, piece, idat, iend)), ("behind", (ihdr, idat, piece, iend)), ("last", (ihdr, idat, piece))):
            m.good(f"exif_{name}_{place}", SIGNATURE + b"".join(parts), width, height, turned(rgb, 20, 12, orientation))
    for orientation in range(1, 9):
        for big in (True, False):
            for kind in (3, 4):
                exif(f"{orientation}_{'big' if big else 'little'}_{kind}", orientation, tiff(orientation, big, kind, 1 + orientation % 3))
        exif(f"{orientation}_named", orientation, b"Exif\0\0" + tiff(orientation))
    for name, block in {"0": tiff(0), "9": tiff(9), "65536": tiff(65536, kind=4), "cut": tiff(6)[:-18], "empty": b"", "of_names": b"Exif\0\0",
                        "other": b"MM\0+" + tiff(6)[4:]}.items():
        exif("not_" + name, 1, block)
    exif("checksum", 1, tiff(6), crc=1)
    # Interlaced, grey, of a palette: turned as they are.
    for colour, depth, interlace in ((0, 16, 1), (3, 4, 0), (4, 8, 1), (6, 16, 0)):
        pixels, palette, lines = make(7, 5, colour, depth, interlace, 5)
        parts = [header(7, 5, depth, colour, interlace), chunk(b"eXIf", tiff(8)), chunk(b"IDAT", zlib.compress(lines))]
        if palette:
            parts.insert(1, chunk(b"PLTE", bytes(v for c in palette for v in c)))
        m.good(f"exif_of_c{colour}_d{depth}_i{interlace}", SIGNATURE + b"".join(parts), 5, 7, turned(rgb_of(pixels, colour, depth, palette), 7, 5, 8))


matrix = Matrix("png")
good(matrix)
orientations(matrix)
damaged(matrix)
matrix.run(sys.argv[1:], 1500)
