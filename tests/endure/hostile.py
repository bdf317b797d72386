#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes in the current folder what programs trip over, from a PNG and a JPEG; one line of hostile.txt for each that a list can name.

  hostile.py PNG JPEG
"""
import os
import socket
import struct
import sys
import zlib

png, jpeg = (open(path, "rb").read() for path in sys.argv[1:3])


def put(name, data):
    with open(name, "wb") as file:
        file.write(data)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


put("empty.png", b"")
os.mkdir("folder.png")
os.mkfifo("fifo.png")
socket.socket(socket.AF_UNIX).bind("socket.png")
put("closed.png", png)
os.chmod("closed.png", 0)
os.symlink("nowhere", "dangling.png")
os.symlink("loop.png", "loop.png")
put(b"bell\x07\x1b[2Jclear.png", b"no picture")
put(b"latin1-\xe4\xff.png", b"no picture")
put(b"name-\xc2\x9b31m.png", b"no picture")
put(b"two\nlines.png", b"no picture")
put("huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50000, 50000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
frame = next(i for i in range(2, len(jpeg)) if jpeg[i] == 0xFF and jpeg[i + 1] in (0xC0, 0xC1, 0xC2))
put("huge.jpg", jpeg[: frame + 5] + struct.pack(">HH", 50000, 50000) + jpeg[frame + 9 :])
for at in (4, 8, 20, 40, len(png) // 2, len(png) - 1000, len(png) - 17):  # of what lies behind no pixel lacks
    put("cut%d.png" % at, png[:at])
for at in (3, 10, frame + 4, len(jpeg) // 2, len(jpeg) - 1000):
    put("cut%d.jpg" % at, jpeg[:at])
names = [name for name in sorted(os.listdir(b".")) if name.endswith((b".png", b".jpg")) and b"\n" not in name]
names += [b"missing.png", b"x" * 255 + b".png", b"y" * 5000 + b".png", b"folder.png/below.png", b"empty.png/below.png"]
with open("hostile.txt", "wb") as file:
    for name in names:
        file.write(b'"' + name + b'"\n')
