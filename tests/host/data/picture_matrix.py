"""Pictures made byte by byte, decoded by decode_print, and compared with what the formats' specifications say they are."""
import os
import struct
import subprocess
import sys

BAD_DATA = -10006  # ALEXCL_E_DATA


class Matrix:
    def __init__(self, kind):
        self.kind, self.cases = kind, []
        os.makedirs(kind, exist_ok=True)

    def _add(self, name, data, check):
        path = f"{self.kind}/{name}.{self.kind}"
        with open(path, "wb") as f:
            f.write(data)
        self.cases.append((path, check))

    def good(self, name, data, width, height, rgb, tolerance=0):
        """rgb: width * height * 3 numbers."""
        def check(words):
            if words[0] == "!":
                return f"refused: {' '.join(words[2:])}"
            if (int(words[0]), int(words[1])) != (width, height):
                return f"{words[0]} x {words[1]} where {width} x {height} was written"
            got = bytes.fromhex(words[2])
            for i, (a, b) in enumerate(zip(got, rgb)):
                if abs(a - b) > tolerance:
                    return f"pixel {i // 3 % width},{i // 3 // width} colour {i % 3} is {a}, not {b}"
            return None if len(got) == len(rgb) else "too few values"
        self._add(name, data, check)

    def bad(self, name, data, *causes):
        """Refused, with a message that begins with the file's name and has one of the causes in it."""
        def check(words):
            text = " ".join(words[2:])
            if words[0] != "!":
                return f"was decoded to {words[0]} x {words[1]}"
            if int(words[1]) != BAD_DATA or not text.startswith(f"{self.kind}/{name}.{self.kind}: "):
                return f"status {words[1]}: {text}"
            return None if any(c in text for c in causes) else f"the message does not have {causes}: {text}"
        self._add(name, data, check)

    def run(self, command, at_least):
        out = subprocess.run(command, input="".join(p + "\n" for p, _ in self.cases), capture_output=True, text=True, errors="replace", timeout=300)
        lines, failures = out.stdout.splitlines(), 0
        for (path, check), line in zip(self.cases, lines):
            why = check(line.split(" "))
            if why:
                failures += 1
                if failures <= 20:
                    print(f"{path}: {why}")
        if out.returncode or len(lines) != len(self.cases):
            print(f"{' '.join(command)}: exit code {out.returncode} after {len(lines)} of {len(self.cases)} pictures {out.stderr[:4000]}")
            failures += 1
        print(f"{len(self.cases)} pictures, {failures} failures")
        sys.exit(1 if failures or len(self.cases) < at_least else 0)


def tiff(orientation, big=True, kind=3, entries=1):
    """A block of TIFF with the tag Orientation, of kind SHORT or LONG."""
    e = ">" if big else "<"
    data = (b"MM" if big else b"II") + struct.pack(e + "HI", 42, 8) + struct.pack(e + "H", entries)
    for _ in range(entries - 1):
        data += struct.pack(e + "HHII", 0x010f, 2, 1, 0)
    value = (orientation, 0) if kind == 3 else (orientation,)
    return data + struct.pack(e + ("HHIHH" if kind == 3 else "HHII"), 0x0112, kind, 1, *value) + struct.pack(e + "I", 0)


def turned(rgb, w, h, orientation):
    """Exif 2.3, 4.6.4 A: where the 0th row and the 0th column are seen."""
    out = {}
    for r in range(h):
        for c in range(w):
            y, x = {1: (r, c), 2: (r, w - 1 - c), 3: (h - 1 - r, w - 1 - c), 4: (h - 1 - r, c), 5: (c, r), 6: (c, h - 1 - r), 7: (w - 1 - c, h - 1 - r),
                    8: (w - 1 - c, r)}[orientation]
            out[y, x] = rgb[3 * (r * w + c):3 * (r * w + c) + 3]
    return [v for key in sorted(out) for v in out[key]]
