"""How the page looks: colours, sizes, pixels."""

import base64
import os
import struct
import zlib

with open(os.path.join(os.path.dirname(__file__), "looks.js"), encoding="utf-8") as file:
    LOOKS = file.read()


def measure(page, what, *arguments):
    """A measurement of looks.js."""
    return page.js(LOOKS, what, *arguments)


class Picture:
    """A screenshot's pixels."""

    def __init__(self, page, clip, scale=1):
        """`clip`: x, y, width, height of a part of the window."""
        x, y, width, height = clip
        left, top = page.js("return [scrollX, scrollY]")  # Chromium counts from the page's corner
        parameters = {"format": "png", "clip": {"x": x + left, "y": y + top, "width": width, "height": height,
                                                "scale": scale}}
        png = base64.b64decode(page.cdp("Page.captureScreenshot", **parameters)["data"])
        chunks, at = {}, 8
        while at < len(png):
            length, kind = struct.unpack(">I4s", png[at:at + 8])
            chunks[kind] = chunks.get(kind, b"") + png[at + 8:at + 8 + length]
            at += length + 12
        self.width, self.height, depth, color = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
        if depth != 8 or color not in (2, 6):
            raise AssertionError(f"a PNG of depth {depth} and colour type {color}")
        self._decode(zlib.decompress(chunks[b"IDAT"]), 3 if color == 2 else 4)

    def _decode(self, data, size):
        """Takes back PNG's prediction of each byte from its neighbours."""
        stride, above, self.rows = self.width * size, bytearray(self.width * size), []
        for y in range(self.height):
            start = y * (stride + 1)
            kind, line = data[start], bytearray(data[start + 1:start + 1 + stride])
            if kind == 2:
                line = bytearray((a + b) & 255 for a, b in zip(line, above))
            elif kind:
                for i in range(stride):
                    left, up = line[i - size] if i >= size else 0, above[i]
                    corner = above[i - size] if i >= size else 0
                    line[i] = (line[i] + (left, 0, (left + up) // 2, self._paeth(left, up, corner))[kind - 1]) & 255
            self.rows.append([tuple(line[i:i + 3]) for i in range(0, stride, size)])
            above = line

    @staticmethod
    def _paeth(left, up, corner):
        guess = left + up - corner
        return min((left, up, corner), key=lambda value: abs(guess - value))

    def __eq__(self, other):
        return self.rows == other.rows

    def share(self, accepts):
        """How many of the pixels are accepted, from 0 to 1."""
        return sum(accepts(pixel) for row in self.rows for pixel in row) / (self.width * self.height)
