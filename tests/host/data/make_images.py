#!/usr/bin/env python3
"""Makes the pictures of tests/host/data/pictures and what they must decode to, with Pillow and numpy.

    python3 tests/host/data/make_images.py        (from the repository's root)

<name>.png / .jpg, and beside it <name>.rgb: width and height (2 bytes each, little endian), then RGB bytes as Pillow's convert("RGB")
gives them, but 16 bits by their upper 8: of grey ones Pillow clips at 255, so that nearly all is white. PNG files are written by hand, so that every colour type, depth and interlacing is there.
jpeg_arithmetic.jpg is jpeg_444.jpg's picture by `cjpeg -arithmetic -quality 85` of libjpeg-turbo, since Pillow writes none.
<photo>.<model>.png is the centre crop of a photograph as Pillow prepares it for that model; resize_<w>x<h>.rgb is resize.png of that size.
"""
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = "tests/host/data/pictures"
W, H = 13, 11
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
random = np.random.default_rng(2012)


def expected(name, rgb):
    rgb = np.ascontiguousarray(rgb, dtype=np.uint8)
    with open(f"{OUT}/{name}.rgb", "wb") as f:
        f.write(struct.pack("<HH", rgb.shape[1], rgb.shape[0]) + rgb.tobytes())


def rows(pixels, depth):
    """Packed scanlines, filter 0 (and 2 on odd lines, so that filters are undone)."""
    out, before = b"", None
    for y, line in enumerate(pixels):
        flat = line.reshape(-1)
        if depth == 16:
            data = flat.astype(">u2").tobytes()
        elif depth == 8:
            data = flat.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in flat)
            bits += "0" * (-len(bits) % 8)
            data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        if y % 2 and before is not None:
            out += b"\x02" + bytes((a - b) & 255 for a, b in zip(data, before))
        else:
            out += b"\x00" + data
        before = data
    return out


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, colour, depth, interlace, extra=b"", palette=None, listed=None):
    """`listed`: so many colours of the palette stand in the file."""
    pixels = random.integers(0, 2 ** depth, (H, W, SAMPLES[colour]))
    if colour == 3:
        pixels %= len(palette)
    data = b""
    if interlace:
        for x0, y0, dx, dy in ADAM7:
            part = pixels[y0::dy, x0::dx]
            if part.size:
                data += rows(part, depth)
    else:
        data = rows(pixels, depth)
    with open(f"{OUT}/{name}.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, interlace)) + extra)
        if palette is not None:
            f.write(chunk(b"PLTE", palette[:listed].astype(np.uint8).tobytes()))
            if name.endswith("trns"):
                f.write(chunk(b"tRNS", bytes(range(len(palette)))))
        f.write(chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
    if colour == 3:
        rgb = palette[pixels[:, :, 0]]
    else:
        values = pixels >> 8 if depth == 16 else pixels * 255 // (2 ** depth - 1)
        rgb = np.repeat(values[:, :, :1], 3, 2) if colour in (0, 4) else values[:, :, :3]
    if depth <= 8:  # the types Pillow reads without loss: it must agree
        assert (np.asarray(Image.open(f"{OUT}/{name}.png").convert("RGB")) == rgb).all(), name
    expected(name, rgb)


def main():
    os.makedirs(OUT, exist_ok=True)
    for interlace in (0, 1):
        for colour, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
            for depth in depths:
                palette = random.integers(0, 256, (min(2 ** depth, 200), 3)) if colour == 3 else None
                png(f"png_c{colour}_d{depth}_i{interlace}", colour, depth, interlace, palette=palette)
    png("png_gamma", 2, 8, 0, chunk(b"gAMA", struct.pack(">I", 100000)))
    png("png_palette_trns", 3, 8, 0, palette=random.integers(0, 256, (7, 3)))

    smooth = np.asarray(Image.fromarray(random.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((29, 23), Image.BICUBIC))
    picture = Image.fromarray(smooth)

    def jpeg(name, image, **how):
        path = f"{OUT}/{name}.jpg"
        image.save(path, quality=85, **how)
        expected(name, np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")))

    jpeg("jpeg_444", picture, subsampling=0)
    jpeg("jpeg_420", picture, subsampling=2)
    jpeg("jpeg_422", picture, subsampling=1)
    jpeg("jpeg_progressive", picture, progressive=True)
    jpeg("jpeg_grey", picture.convert("L"))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        jpeg(f"jpeg_exif{orientation}", picture, exif=exif)
    picture.convert("CMYK").save(f"{OUT}/cmyk.jpg")

    # name of the model: shorter side, crop, mode
    for model, short, crop, mode in (("tiny2t", 113, 99, "RGB"), ("lenet5", 32, 32, "L")):
        for source in ("tools/photos/cat.png", "tools/photos/rocket.jpg", "tools/photos/photographer.jpg", f"{OUT}/png_c2_d8_i0.png"):
            image = Image.open(source).convert("RGB").convert(mode)
            w, h = image.size
            size = (short * w // h, short) if w > h else (short, short * h // w)
            image = image.resize(size, Image.BILINEAR)
            x, y = (size[0] - crop) // 2, (size[1] - crop) // 2
            name = os.path.basename(source)
            image.crop((x, y, x + crop, y + crop)).save(f"{OUT}/{name}.{model}.png", optimize=True)

    # One axis at a time, horizontal first: releases of Pillow differ in which they take first.
    image = Image.fromarray(random.integers(0, 256, (47, 61, 3), dtype=np.uint8))
    image.save(f"{OUT}/resize.png", optimize=True)
    for size in ((61, 47), (30, 23), (122, 94), (7, 46), (60, 5), (1, 1), (200, 9), (9, 200), (61, 20), (20, 47)):
        expected(f"resize_{size[0]}x{size[1]}", np.asarray(image.resize((size[0], 47), Image.BILINEAR).resize(size, Image.BILINEAR)))


    # Behind the rest, so that its random numbers stay: a transparent colour changes no pixel, an index behind the palette is black,
    # Exif in the other order of bytes, and a JPEG that holds RGB.
    png("png_grey_trns", 0, 4, 0, chunk(b"tRNS", b"\0\7"))
    png("png_grey16_trns", 0, 16, 1, chunk(b"tRNS", b"\1\2"))
    png("png_rgb_trns", 2, 8, 0, chunk(b"tRNS", b"\0\1\0\2\0\3"))
    png("png_palette_short", 3, 4, 0, palette=np.vstack([random.integers(0, 256, (5, 3)), np.zeros((4, 3), int)]), listed=5)
    exif = Image.Exif()
    exif.endian = "<"
    exif[0x0112] = 6
    jpeg("jpeg_exif6_little", picture, exif=exif)
    jpeg("jpeg_rgb", picture, keep_rgb=True)
    jpeg("jpeg_1x1", picture.crop((3, 3, 4, 4)))
    expected("jpeg_arithmetic", np.asarray(Image.open(f"{OUT}/jpeg_arithmetic.jpg").convert("RGB")))


main()
