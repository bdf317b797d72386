#!/usr/bin/env python3
"""Makes the WebP, BMP, PPM, PGM and PBM files of tests/host/data/pictures and what they must decode to, with Pillow and numpy.

    python3 tests/host/data/make_foreign_images.py        (from the repository's root)

<name>.webp .. and beside it <name>.rgb, as make_images.py has them: RGB bytes as Pillow's convert("RGB") gives them, of those with an Exif
orientation as exif_transpose turns them. Grey of 16 bits, which Pillow's convert clips at 255, is scaled and rounded as Pillow does it with
colours. Kinds of BMP that Pillow does not write are put together here, and read by it.
"""
import io
import struct

import numpy as np
from PIL import Image, ImageOps

OUT = "tests/host/data/pictures"
W, H = 13, 11
rng = np.random.default_rng(2026)
RGB = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
SMOOTH = np.stack([np.add.outer(np.arange(H) * 9, np.arange(W) * 8)] * 3, -1).astype(np.uint8) + np.array([0, 20, 40], np.uint8)


def put(name, data, rgb=None):
    with open(f"{OUT}/{name}", "wb") as f:
        f.write(data)
    if rgb is None:
        rgb = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    rgb = np.ascontiguousarray(rgb, dtype=np.uint8)
    with open(f"{OUT}/{name.rsplit('.', 1)[0]}.rgb", "wb") as f:
        f.write(struct.pack("<HH", rgb.shape[1], rgb.shape[0]) + rgb.tobytes())


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


# ---- WebP
picture = Image.fromarray(RGB)
alpha = Image.fromarray(np.dstack([RGB, rng.integers(0, 256, (H, W), dtype=np.uint8)]), "RGBA")
put("webp_lossless.webp", saved(picture, "WEBP", lossless=True))
put("webp_lossy.webp", saved(Image.fromarray(SMOOTH), "WEBP", quality=80))
put("webp_alpha.webp", saved(alpha, "WEBP", lossless=True, exact=True))
put("webp_lossy_alpha.webp", saved(alpha, "WEBP", quality=70, exact=True))
for orientation in (3, 6, 7):
    exif = Image.Exif()
    exif[0x112] = orientation
    put(f"webp_exif{orientation}.webp", saved(picture, "WEBP", lossless=True, exif=exif))
frames = [Image.fromarray(np.roll(RGB, n, 1)) for n in range(2)]
put("webp_animated.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))


def riff(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def number3(n):
    return struct.pack("<I", n)[:3]


# A first frame smaller than its canvas, and not at its corner.
small = saved(Image.fromarray(RGB[:5, :7]), "WEBP", lossless=True)[12:]
anmf = number3(2) + number3(1) + number3(6) + number3(4) + number3(100) + b"\0" + small
body = b"WEBP" + riff(b"VP8X", bytes([2, 0, 0, 0]) + number3(W - 1) + number3(H - 1)) + riff(b"ANIM", b"\xff\xff\xff\xff\0\0") + riff(b"ANMF", anmf)
put("webp_small_frame.webp", riff(b"RIFF", body))

# ---- BMP
put("bmp_24.bmp", saved(picture, "BMP"))
put("bmp_8_grey.bmp", saved(Image.fromarray(RGB[..., 0]), "BMP"))
put("bmp_8.bmp", saved(picture.quantize(200), "BMP"))
put("bmp_1.bmp", saved(Image.fromarray(RGB[..., 0] > 127), "BMP"))
put("bmp_32.bmp", saved(alpha, "BMP"))


def bmp(bits, rows, height=H, packing=0, masks=b"", palette=b"", header=40, colours=None):
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, packing, len(rows), 0, 0, colours or len(palette) // 4, 0)
        info += masks if header == 40 else (masks or b"\0" * 12).ljust(header - 40, b"\0")
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + palette + rows


def padded(rows):
    return b"".join(bytes(r) + b"\0" * (-len(bytes(r)) % 4) for r in rows)


def packed_bits(bits):
    index = rng.integers(0, 1 << bits, (H, W))
    flat = np.zeros((H, -(-W * bits // 32) * 32), np.uint8)
    for i in range(bits):
        flat[:, i:W * bits:bits] = index >> (bits - 1 - i) & 1
    return index, np.packbits(flat, axis=1).tobytes()


palette16 = rng.integers(0, 256, (16, 4), dtype=np.uint8)
palette256 = rng.integers(0, 256, (256, 4), dtype=np.uint8)
put("bmp_4.bmp", bmp(4, packed_bits(4)[1], palette=palette16.tobytes()))
put("bmp_4_top.bmp", bmp(4, packed_bits(4)[1], height=-H, palette=palette16.tobytes()))
put("bmp_1_colour.bmp", bmp(1, packed_bits(1)[1], palette=palette16[:2].tobytes()))
put("bmp_os2.bmp", bmp(8, padded(rng.integers(0, 256, (H, W), dtype=np.uint8)), palette=palette256[:, :3].tobytes(), header=12))
put("bmp_os2_24.bmp", bmp(24, padded(rng.integers(0, 256, (H, W * 3), dtype=np.uint8)), header=12))
put("bmp_few_colours.bmp", bmp(8, padded(rng.integers(0, 9, (H, W), dtype=np.uint8)), palette=palette256[:9].tobytes()))
words = padded(rng.integers(0, 1 << 16, (H, W), dtype=np.uint16).view(np.uint8).reshape(H, -1))
put("bmp_16.bmp", bmp(16, words))
put("bmp_16_565.bmp", bmp(16, words, packing=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
put("bmp_16_555.bmp", bmp(16, words, packing=3, masks=struct.pack("<III", 0x7C00, 0x3E0, 0x1F)))
whole = rng.integers(0, 256, (H, W * 4), dtype=np.uint8).tobytes()
put("bmp_32_plain.bmp", bmp(32, whole))
put("bmp_32_top.bmp", bmp(32, whole, height=-H))
put("bmp_32_masks.bmp", bmp(32, whole, packing=3, masks=struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)))
put("bmp_32_v4.bmp", bmp(32, whole, packing=3, header=108, masks=struct.pack("<IIII", 0xFF, 0xFF00, 0xFF0000, 0xFF000000)))
put("bmp_32_v5.bmp", bmp(32, whole, packing=3, header=124, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)))


def rle8(index):
    """Rows in turn as runs of one, as they are, and as two runs."""
    out = b""
    for y, row in enumerate(index):
        if y % 3 == 0:
            out += b"".join(bytes([1, v]) for v in row)
        elif y % 3 == 1:
            out += bytes([0, W]) + bytes(row) + b"\0" * (W & 1)
        else:
            row[:5], row[5:] = 0, 7
            out += bytes([5, 0, W - 5, 7])
        out += b"\0\0"
    return out + b"\0\1"


def rle4(index):
    out = b""
    for y, row in enumerate(index):
        if y % 2 == 0:
            row[:] = np.resize([3, 9], W)
            out += bytes([W, 0x39])
        else:
            nibbles = list(row[:12])
            out += bytes([0, 12]) + bytes(a << 4 | b for a, b in zip(nibbles[::2], nibbles[1::2])) + bytes([1, row[12] << 4])
        out += b"\0\0"
    return out + b"\0\1"


index = rng.integers(0, 256, (H, W), dtype=np.uint8)
put("bmp_rle8.bmp", bmp(8, rle8(index), packing=1, palette=palette256.tobytes()))
# A leap two to the right and three up, then one index; what is left out is index 0. Pillow reads two bytes too many behind a leap.
leap = np.zeros((H, W), np.uint8)
leap[H - 1 - 3, 2] = 5
put("bmp_rle8_leap.bmp", bmp(8, bytes([0, 2, 2, 3, 1, 5, 0, 1]), packing=1, palette=palette256.tobytes()), palette256[leap][..., 2::-1])
put("bmp_rle4.bmp", bmp(4, rle4(index & 15), packing=2, palette=palette16.tobytes()))

# ---- PPM, PGM, PBM
put("ppm_p6.ppm", saved(picture, "PPM"))
put("ppm_p5.pgm", saved(Image.fromarray(RGB[..., 0]), "PPM"))
put("ppm_p4.pbm", saved(Image.fromarray(RGB[..., 0] > 127), "PPM"))
put("ppm_comment.ppm", b"P6\n# by hand\n%d # wide\r\n%d\n255\n" % (W, H) + RGB.tobytes())
put("ppm_p6_100.ppm", b"P6 %d %d 100\n" % (W, H) + (RGB % 120).tobytes())
put("ppm_p5_7.pgm", b"P5 %d %d 7\n" % (W, H) + (RGB[..., 0] % 8).tobytes())
deep = rng.integers(0, 1 << 16, (H, W, 3), dtype=np.uint16)
put("ppm_p6_16.ppm", b"P6 %d %d 65535\n" % (W, H) + deep.astype(">u2").tobytes())
put("ppm_p6_1000.ppm", b"P6 %d %d 1000\n" % (W, H) + (deep % 1001).astype(">u2").tobytes())
grey = np.round(deep[..., 0] / 65535 * 255).astype(np.uint8)
put("ppm_p5_16.pgm", b"P5 %d %d 65535\n" % (W, H) + deep[..., 0].astype(">u2").tobytes(), np.dstack([grey] * 3))
put("ppm_p3.ppm", b"P3\n%d %d\n255\n" % (W, H) + b"\n".join(b" ".join(b"%d" % v for v in row.reshape(-1)) for row in RGB))
put("ppm_p2_9.pgm", b"P2 %d %d 9 #\n" % (W, H) + b" ".join(b"%d" % (v % 10) for v in RGB[..., 0].reshape(-1)) + b"\n")
put("ppm_p1.pbm", b"P1\n%d %d\n" % (W, H) + b"\n".join(b"".join(b"%d" % (v & 1) for v in row) for row in RGB[..., 0]))
