"""Writes PNG files of every kind with the samples a reader must find in them: folder png.

Every colour type, bit depth and interlacing, with and without a transparent colour, all five row
filters, sizes of 1 to 9 pixels whose interlaced passes are partly empty, data in several chunks, and
broken files. The encoder is this script's, so the samples are known; Pillow must read every valid
file of at most 8 bits the same. samples.npz holds them as [y, x, channel] after the palette has
become colours and the transparent colour an alpha channel; meta.json their sizes and depths.
"""

import io
import json
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent / "png"
KINDS = {"grey": (0, 1), "rgb": (2, 3), "palette": (3, 1), "grey-alpha": (4, 2), "rgba": (6, 4)}
DEPTHS = {"grey": (1, 2, 4, 8, 16), "rgb": (8, 16), "palette": (1, 2, 4, 8),
          "grey-alpha": (8, 16), "rgba": (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))
SIGNATURE = b"\x89PNG\r\n\x1a\n"
random = np.random.default_rng(18)
meta, samples = {}, {}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth, color, interlaced=False):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))


def packed(row, depth):
    """One row [x, channel] of samples as bytes."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = np.unpackbits(row.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - depth:]
    return np.packbits(bits).tobytes()


def predicted(kind, row, above, step):
    """A row after filter `kind`; `step` is the number of bytes in a pixel, at least 1."""
    result = bytearray([kind])
    for index, byte in enumerate(row):
        left = row[index - step] if index >= step else 0
        up = above[index]
        corner = above[index - step] if index >= step else 0
        slopes = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
        paeth = (left, up, corner)[slopes.index(min(slopes))]
        result.append((byte - (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
    return bytes(result)


def scanlines(stored, depth, interlaced, filters):
    lines = b""
    step = max(1, depth * stored.shape[2] // 8)
    for x, y, dx, dy in PASSES if interlaced else ((0, 0, 1, 1),):
        part = stored[y::dy, x::dx]
        if part.size == 0:
            continue
        above = bytes(len(packed(part[0], depth)))
        for number, row in enumerate(part):
            row = packed(row, depth)
            lines += predicted(filters[number % len(filters)], row, above, step)
            above = row
    return lines


def encoded(stored, kind, depth, interlaced, filters=(0,), palette=b"", transparency=b"", parts=1):
    data = zlib.compress(scanlines(stored, depth, interlaced, filters), 9)
    size = -(-len(data) // parts)
    return (
        SIGNATURE + header(stored.shape[1], stored.shape[0], depth, KINDS[kind][0], interlaced)
        + (chunk(b"PLTE", palette) if palette else b"")
        + (chunk(b"tRNS", transparency) if transparency else b"")
        + b"".join(chunk(b"IDAT", data[start:start + size])
                   for start in range(0, len(data), size))
        + chunk(b"IEND", b""))


def found(stored, depth, palette, transparency):
    """What a reader makes of the stored samples, and their depth."""
    if palette:
        colors = np.frombuffer(palette, np.uint8).reshape(-1, 3)
        if transparency:
            alpha = np.full(len(colors), 255, np.uint8)
            alpha[:len(transparency)] = np.frombuffer(transparency, np.uint8)
            colors = np.column_stack((colors, alpha))
        return colors[stored[:, :, 0]].astype(np.uint16), 8
    if transparency:
        color = np.frombuffer(transparency, ">u2")
        alpha = np.where((stored == color).all(axis=2), 0, 2**depth - 1)
        stored = np.concatenate((stored, alpha[:, :, np.newaxis].astype(np.uint16)), axis=2)
    return stored, depth


def confirm(name, file, expected, depth):
    """Pillow must read the same.

    It has no 16-bit colours, widens shallow grey, and takes its transparent value for a wide one.
    """
    if depth > 8:
        return
    image = Image.open(io.BytesIO(file))
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[expected.shape[2]]
    read = np.asarray(image.convert("RGBA" if mode == "LA" else mode))
    if mode == "LA":
        read = read[:, :, [0, 3]]
    channels = slice(0, 1 if depth < 8 else None)
    read = read.reshape(expected.shape)[:, :, channels]
    scale = 255 // (2**depth - 1)
    assert np.array_equal(read, expected[:, :, channels] * scale), name


def add(name, stored, kind, depth, interlaced=False, palette=b"", transparency=b"", **rest):
    for suffix, flag in (("", False), ("-interlaced", True)) if interlaced is None else (
            ("", interlaced),):
        file = encoded(stored, kind, depth, flag, palette=palette, transparency=transparency,
                       **rest)
        expected, bits = found(stored, depth, palette, transparency)
        confirm(name + suffix, file, expected, bits)
        (HERE / f"{name}{suffix}.png").write_bytes(file)
        samples[name + suffix] = expected.astype(np.uint8 if bits <= 8 else np.uint16)
        meta[name + suffix] = {
            "width": expected.shape[1], "height": expected.shape[0],
            "direct_planes": expected.shape[2], "direct_bitdepth": bits}


def picture(kind, depth, height=13, width=11):
    return random.integers(0, 2**depth, (height, width, KINDS[kind][1])).astype(np.uint16)


def colors(depth):
    return random.integers(0, 256, 3 * 2**depth).astype(np.uint8).tobytes()


def valid():
    for kind, depths in DEPTHS.items():
        for depth in depths:
            stored = picture(kind, depth)
            palette = colors(depth) if kind == "palette" else b""
            add(f"{kind}-{depth}", stored, kind, depth, None, palette, filters=(0, 1, 2, 3, 4))
            if kind == "palette":
                # Fewer entries than the palette has: the others are opaque.
                clear = bytes((40 * index) % 256 for index in range(2**depth // 2 + 1))
                add(f"{kind}-{depth}-transparent", stored, kind, depth, None, palette, clear)
            elif kind in ("grey", "rgb"):
                clear = stored[3, 4].astype(">u2").tobytes()
                add(f"{kind}-{depth}-transparent", stored, kind, depth, None, b"", clear)
    for size in range(1, 10):
        stored = picture("palette", 4, size, 10 - size)
        add(f"size-{size}x{10 - size}", stored, "palette", 4, None, colors(4))
    stored = picture("rgb", 8)
    for kind in range(5):
        add(f"filter-{kind}", stored, "rgb", 8, filters=(kind,))
    for parts in (2, 7, 400):
        add(f"chunks-{parts}", stored, "rgb", 8, parts=parts)


def broken():
    good = encoded(picture("grey", 8), "grey", 8, False)
    rest = good[len(SIGNATURE) + 25:]
    flipped = bytearray(good)
    flipped[len(SIGNATURE) + 8 + 17 + 9] ^= 0x10
    checksum = bytearray(good)
    checksum[len(SIGNATURE) + 8 + 13] ^= 1
    for name, file in {
        "signature": b"\x89PNX" + good[4:],
        "newlines": good.replace(b"\r\n", b"\n", 1),
        "header-checksum": checksum,
        "data-checksum": flipped,
        "color-1": SIGNATURE + header(11, 13, 8, 1) + rest,
        "color-9": SIGNATURE + header(11, 13, 8, 9) + rest,
        "depth-0": SIGNATURE + header(11, 13, 0, 2) + rest,
        "depth-3": SIGNATURE + header(11, 13, 3, 2) + rest,
        "depth-99": SIGNATURE + header(11, 13, 99, 2) + rest,
        "no-data": SIGNATURE + header(11, 13, 8, 0) + chunk(b"IEND", b""),
    }.items():
        (HERE / f"broken-{name}.png").write_bytes(file)


if __name__ == "__main__":
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    valid()
    broken()
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in meta.items())
    (HERE / "meta.json").write_text(f"{{\n{lines}\n}}\n")
    np.savez_compressed(HERE / "samples.npz", **samples)
    print(len(meta), "valid files")
