#!/usr/bin/env python3
"""JPEG of the kinds that photographs come in, by the specification alone (ITU-T T.81, Exif 2.3); and those that must be refused.

    jpeg_matrix.py DECODE_PRINT        writes its pictures into the folder it is started in

Every block is flat: its one coefficient is the mean, so what it decodes to is known without a cosine.
"""
import random
import struct
import sys

from picture_matrix import Matrix, tiff, turned

rng = random.Random(1998)
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def marker(code, data):
    return bytes([0xff, code]) + struct.pack(">H", len(data) + 2) + data


QUANT = marker(0xdb, b"\0" + bytes([8] * 64))  # so that a coefficient is the difference to 128
# Codes of 4 bits for the 12 lengths of a difference; one bit, 0, for "the rest of the block is zero".
HUFFMAN = marker(0xc4, b"\0" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12)) + b"\x10" + bytes([1] + [0] * 15) + b"\0")
JFIF = marker(0xe0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


class Bits:
    def __init__(self):
        self.text = ""

    def put(self, value, count):
        if count:
            self.text += format(value, f"0{count}b")

    def difference(self, d):
        size = abs(d).bit_length()
        self.put(size, 4)
        self.put(d if d > 0 else d + (1 << size) - 1, size)

    def take(self):
        text, self.text = self.text + "1" * (-len(self.text) % 8), ""
        return b"".join(b"\xff\0" if b == 255 else bytes([b]) for b in (int(text[i:i + 8], 2) for i in range(0, len(text), 8)))


class Picture:
    """`factors`: (across, down) of each component."""

    def __init__(self, width, height, factors, flat_colour):
        self.width, self.height, self.factors = width, height, factors
        self.most = [max(f[i] for f in factors) for i in (0, 1)]
        self.units = [-(-s // (8 * m)) for s, m in zip((width, height), self.most)]
        # Room for whole units; colours of one value where they are sub-sampled, so that no decoder's interpolation shows.
        self.blocks = []
        for i, (h, v) in enumerate(factors):
            value = rng.randrange(64, 192)
            self.blocks.append([[value if i and flat_colour else rng.randrange(64, 192) for _ in range(self.units[0] * h)]
                                for _ in range(self.units[1] * v)])

    def own_blocks(self, c):
        """Across and down, of a scan of this component alone."""
        return [-(-(-(-s * self.factors[c][i] // self.most[i])) // 8) for i, s in enumerate((self.width, self.height))]

    def value(self, c, x, y):
        h, v = self.factors[c]
        return self.blocks[c][y * v // self.most[1] // 8][x * h // self.most[0] // 8]

    def rgb(self, colours):
        out = []
        for y in range(self.height):
            for x in range(self.width):
                p = [self.value(c, x, y) for c in range(len(self.factors))]
                if len(p) == 1:
                    out += p * 3
                elif colours == "RGB":
                    out += p
                else:  # JFIF 1.02
                    luma, cb, cr = p[0], p[1] - 128, p[2] - 128
                    out += [min(255, max(0, round(v))) for v in (luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb)]
        return out


def frame(p, code=0xc0, precision=8, ids=b"\1\2\3\4", width=None, height=None, count=None):
    n = len(p.factors)
    return marker(code, struct.pack(">BHHB", precision, p.height if height is None else height, p.width if width is None else width,
                                    n if count is None else count) + b"".join(bytes([ids[i], h << 4 | v, 0]) for i, (h, v) in enumerate(p.factors)))


def scan(p, components, ids=b"\1\2\3\4", restart=0, ac=True, dc="whole", spectral=(0, 63, 0)):
    """One scan. dc: "whole", "upper" bits, "last" bit or "none" of the means."""
    bits, out, before, turn = Bits(), b"", [0] * 4, 0
    alone = len(components) == 1
    across, down = p.own_blocks(components[0]) if alone else p.units
    for unit in range(across * down):
        if restart and unit and unit % restart == 0:
            out += bits.take() + bytes([0xff, 0xd0 + turn % 8])
            turn, before = turn + 1, [0] * 4
        ux, uy = unit % across, unit // across
        for c in components:
            h, v = (1, 1) if alone else p.factors[c]
            for k in range(h * v):
                value = p.blocks[c][uy * v + k // h][ux * h + k % h] - 128
                if dc == "last":
                    bits.put(value & 1, 1)
                elif dc != "none":
                    value = value >> 1 if dc == "upper" else value
                    bits.difference(value - before[c])
                    before[c] = value
                if ac:
                    bits.put(0, 1)
    return (marker(0xda, bytes([len(components)]) + b"".join(bytes([ids[c], 0]) for c in components) + bytes(spectral)) + out + bits.take())


def body(p, kind, restart=0, ids=b"\1\2\3\4"):
    n = range(len(p.factors))
    start = QUANT + HUFFMAN + (marker(0xdd, struct.pack(">H", restart)) if restart else b"")
    if kind == "progressive":
        return (start + frame(p, 0xc2, ids=ids) + scan(p, n, ids, restart, ac=False, dc="upper", spectral=(0, 0, 1)) +
                b"".join(scan(p, [c], ids, restart, dc="none", spectral=(1, 63, 0)) for c in n) +
                scan(p, n, ids, restart, ac=False, dc="last", spectral=(0, 0, 0x10)))
    if kind == "apart":
        return start + frame(p, ids=ids) + b"".join(scan(p, [c], ids, restart) for c in n)
    return start + frame(p, 0xc1 if kind == "extended" else 0xc0, ids=ids) + scan(p, n, ids, restart)


def unmarked(m, name, p, data, one_scan):
    """The end's mark is missing, or other things stand where it should: of one scan every pixel is there, of several the next may be."""
    trailer = TRAILERS[len(m.cases) % len(TRAILERS)]
    for what, behind in (("end", b""), ("end_half", EOI[:1]), ("trailer", trailer)):
        if one_scan:
            m.good(f"{name}_no_{what}", data + behind, p.width, p.height, p.rgb("YCC"), 1)
        else:
            m.bad(f"{name}_no_{what}", data + behind, "Premature end", "Corrupt JPEG data", "Unsupported marker", "two SOI", "no image", "Bogus marker")


# What stands there: a maker's note, markers that are none or come too late, another picture.
TRAILERS = (b"\0\0\1\x0bMAKER_NOTE" * 4, b"\xff\2\0\5abc", SOI + JFIF, b"\xff\xd3" * 3, marker(0xe1, b"Exif\0\0late") + b"\xff", bytes(70000),
            marker(0xdb, b"\0") + marker(0xc0, b"\0"), b"SEFT")


def good(m):
    grey = ((1, 1),)
    kinds = {"grey": grey, "444": ((1, 1),) * 3, "422": ((2, 1), (1, 1), (1, 1)), "440": ((1, 2), (1, 1), (1, 1)), "420": ((2, 2), (1, 1), (1, 1)),
             "411": ((4, 1), (1, 1), (1, 1)), "grey22": ((2, 2),)}
    for name, factors in kinds.items():
        for kind in ("baseline", "extended", "progressive", "apart"):
            for width, height in ((1, 1), (3, 5), (8, 8), (9, 7), (17, 33), (40, 16)):
                for restart in (0, 1, 2):
                    p = Picture(width, height, factors, name != "444")
                    name_of_it, data = f"{name}_{kind}_{width}x{height}_r{restart}", SOI + JFIF + body(p, kind, restart)
                    m.good(name_of_it, data + EOI, width, height, p.rgb("YCC"), 1)
                    unmarked(m, name_of_it, p, data, len(factors) == 1 and kind == "apart" or kind in ("baseline", "extended"))
    for ids, before in ((b"RGB", b""), (b"\1\2\3", marker(0xee, b"Adobe\0\x64\0\0\0\0\0"))):
        p = Picture(9, 17, ((1, 1),) * 3, False)
        m.good("rgb_" + ("adobe" if before else "names"), SOI + before + body(p, "baseline", ids=ids) + EOI, 9, 17, p.rgb("RGB"))

    # Between and behind: comments, filling, unknown markers.
    p = Picture(9, 9, grey, True)
    b = body(p, "baseline")
    for name, data in {"comment": SOI + marker(0xfe, b"\x1b[2J") + b + EOI, "filling": SOI + JFIF + b"\xff\xff\xff" + b + EOI,
                       "applications": SOI + b"".join(marker(0xe0 + i, b"any") for i in range(16)) + b + EOI,
                       "behind": SOI + b + EOI + b"garbage", "before_the_end": SOI + b + bytes(40) + EOI,
                       "jfif_2": SOI + JFIF.replace(b"JFIF\0\1", b"JFIF\0\2") + b + EOI}.items():
        m.good("whole_" + name, data, 9, 9, p.rgb("YCC"))


def exif(*how, first=b"Exif\0\0", **more):
    return marker(0xe1, first + tiff(*how, **more))


def orientations(m):
    p = Picture(20, 12, ((1, 1),) * 3, False)
    b, rgb = body(p, "baseline"), p.rgb("YCC")
    for orientation in range(1, 9):
        width, height = (12, 20) if orientation > 4 else (20, 12)
        for big in (True, False):
            for kind in (3, 4):
                for entries in (1, 3):
                    m.good(f"exif{orientation}_{'big' if big else 'little'}_{kind}_{entries}", SOI + exif(orientation, big, kind, entries) + b + EOI, width,
                           height, turned(rgb, 20, 12, orientation), 1)
    for name, block in {"0": exif(0), "9": exif(9), "65536": exif(65536, kind=4), "byte": exif(6, kind=4).replace(b"\1\x12\0\4", b"\1\x12\0\1"),
                        "foreign": exif(6, first=b"Exif\0\1"), "cut": marker(0xe1, exif(6)[4:-18]), "empty": marker(0xe1, b"Exif\0\0")}.items():
        m.good("exif_not_" + name, SOI + block + b + EOI, 20, 12, rgb, 1)
    m.good("exif_behind_xmp", SOI + marker(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>") + exif(3) + b + EOI, 20, 12, turned(rgb, 20, 12, 3), 1)


def damaged(m):
    p = Picture(33, 17, ((1, 1),) * 3, False)
    f, s, b = frame(p), scan(p, range(3)), body(p, "baseline")
    tables = QUANT + HUFFMAN

    def bad(name, data, *causes):
        m.bad(name, SOI + data, *causes)
    four = Picture(9, 9, ((1, 1),) * 4, False)
    for transform in (None, 0, 2):
        adobe = b"" if transform is None else marker(0xee, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
        for kind in ("baseline", "progressive"):
            bad(f"cmyk_{transform}_{kind}", adobe + body(four, kind) + EOI, "CMYK")
    for precision in (0, 1, 7, 9, 12, 16):
        bad(f"precision_{precision}", tables + frame(p, 0xc1, precision) + s + EOI, f"precision {precision}")
    for code in (0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf):
        bad(f"process_{code:x}", tables + frame(p, code) + s + EOI, "Unsupported JPEG process")
    two = Picture(9, 9, ((1, 1),) * 2, False)
    bad("two_components", body(two, "baseline") + EOI, "color conversion")
    bad("no_components", tables + marker(0xc0, struct.pack(">BHHB", 8, 9, 9, 0)) + s + EOI, "Empty JPEG image")
    bad("width_0", tables + frame(p, width=0) + s + EOI, "Empty JPEG image")
    bad("height_0", tables + frame(p, height=0) + s + marker(0xdc, b"\0\x11") + EOI, "Empty JPEG image")
    bad("side_65535", tables + frame(p, width=65535) + s + EOI, "65500")
    bad("huge", tables + frame(p, width=50000, height=50000) + s + EOI, "180 million")
    bad("factor_0", tables + frame(Picture(9, 9, ((1, 1),) * 3, False)).replace(b"\1\x11", b"\1\0") + s + EOI, "sampling factors")
    bad("factor_5", tables + f.replace(b"\1\x11", b"\1\x55") + s + EOI, "sampling factors")
    bad("factors_over_10", tables + frame(Picture(9, 9, ((4, 3), (1, 1), (1, 1)), True)) + s + EOI, "Sampling factors too large", "sampling")
    bad("component_unknown", tables + f + s.replace(b"\xff\xda\0\x0c\3\1", b"\xff\xda\0\x0c\3\7") + EOI, "component ID")
    bad("frame_missing", tables + s + EOI, "SOS before SOF")
    bad("frame_twice", tables + f + f + s + EOI, "two SOF")
    bad("frame_short", tables + f[:-3] + s + EOI, "marker")
    bad("scan_missing", tables + f + EOI, "missing SOS")
    bad("nothing", EOI, "no image")
    bad("start_twice", SOI + b + EOI, "two SOI")
    bad("quantization_missing", HUFFMAN + f + s + EOI, "Quantization table")
    bad("huffman_missing", QUANT + f + s + EOI, "Corrupt JPEG data", "Huffman table")  # or the decoder's own, of Motion JPEG
    bad("huffman_too_many", QUANT + HUFFMAN.replace(b"\0\0\0\x0c", b"\3\0\0\x09", 1) + f + s + EOI, "Huffman table")
    bad("huffman_short", QUANT + HUFFMAN.replace(b"\0\0\0\x0c", b"\0\0\0\xff", 1) + f + s + EOI, "Huffman table")
    bad("huffman_index", QUANT + HUFFMAN.replace(b"\x10\1", b"\x14\1", 1) + f + s + EOI, "DHT index")
    bad("data_missing", tables + f + marker(0xda, s[4:14]) + EOI, "Corrupt JPEG data", "Premature end")
    bad("data_of_ones", tables + f + marker(0xda, s[4:14]) + b"\xff\0" * 200 + EOI, "Huffman code")
    restarts = body(p, "baseline", 1)
    bad("restart_wrong", restarts.replace(b"\xff\xd1", b"\xff\xd4", 1) + EOI, "RST", "Corrupt")
    bad("restart_missing", restarts.replace(b"\xff\xd1", b"", 1) + EOI, "RST", "Corrupt", "Premature")
    bad("progressive_bits", tables + frame(p, 0xc2) + scan(p, range(3), ac=False, spectral=(0, 63, 0)) + EOI, "progressive")
    # A scan that says nothing costs a pass over the whole picture: files of them keep a decoder busy for hours.
    grey = Picture(9, 9, ((1, 1),), False)
    again = scan(grey, [0], dc="none", spectral=(1, 63, 0))
    bad("scans_of_10000", tables + frame(grey, 0xc2) + scan(grey, [0], ac=False, spectral=(0, 0, 0)) + again * 10000 + EOI, "scans")

    # Cut at every byte before the end's mark, and at each marker with an end put behind it: never a picture.
    small = Picture(9, 7, ((2, 1), (1, 1), (1, 1)), True)
    for kind in ("baseline", "progressive"):
        whole = JFIF + exif(6) + body(small, kind, 1)
        for cut in range(1, len(whole) + (kind == "progressive")):
            m.bad(f"cut_{kind}_{cut}", SOI + whole[:cut], "")
        last_scan = whole.rindex(b"\xff\xda")
        at = 0
        while at < last_scan:
            if kind == "baseline" or whole[at:at + 2] != b"\xff\xda":  # progressive scans before the last are a coarse picture, whole to libjpeg
                if b"\xff\xda" not in whole[:at]:
                    m.bad(f"ended_{kind}_{at}", SOI + whole[:at] + EOI, "no image", "missing")
            at = whole.index(b"\xff", at + 1)


matrix = Matrix("jpg")
good(matrix)
orientations(matrix)
damaged(matrix)
matrix.run(sys.argv[1:], 2600)
