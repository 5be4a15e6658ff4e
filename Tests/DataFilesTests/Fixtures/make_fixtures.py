"""Makes the NumPy files that DataFilesTests reads. Run with NumPy 2: python3 make_fixtures.py

Element k of every array follows the rule of rule.py, which the tests repeat.
"""

import io
import zipfile

import numpy as np
from rule import path, values

TYPES = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split()

arrays = {}
for code in TYPES:
    for order, letter in (("little", "<"), ("big", ">")):
        for layout in "CF":
            array = np.array(values(code), dtype=letter + code, order=layout)
            arrays[f"{code}-{order}-{layout}"] = array
np.savez(path("types-stored.npz"), **arrays)
np.savez_compressed(path("types-deflated.npz"), **arrays)

corners = {
    "zero-rank": np.array(2.5),
    "empty": np.zeros((3, 0, 2), np.float32),
    "one": np.array([7], np.int16),
    "matrix-F": np.asfortranarray(np.arange(70 * 45, dtype=np.int32).reshape(70, 45)),
    "rank-five-F": np.asfortranarray(np.arange(2 * 3 * 4 * 5 * 6, dtype=">f8").reshape(2, 3, 4, 5, 6)),
    "special": np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 5e-324], np.float64),
    "payload": np.array([0x7FF8000000000123, 0xFFF0000000000001], np.uint64).view(np.float64),
    "text": np.array('{"size": [9, 9], "name": "π/3 é 😀"}'),
    "text-big": np.array("π/3").astype(">U7"),
    "texts": np.array([["x", "y"], ["45°", ""]]),
    "texts-F": np.asfortranarray(np.array([["x", "y", "z"], ["45°", "", "w"]])),
    "bytes": np.array([b"plain", "naïve".encode()]),
}
np.savez(path("corners.npz"), **corners)

for version in ((1, 0), (2, 0), (3, 0)):
    with open(path(f"version-{version[0]}.npy"), "wb") as file:
        np.lib.format.write_array(file, np.arange(6, dtype="<f4").reshape(2, 3), version=version)

# A header as Python 2 wrote it: long numbers, other spacing, other order of keys.
header = b"{'shape': (2L, 3L,), \"fortran_order\" :False,'descr':'<i4'}"
header += b" " * (-(10 + len(header) + 1) % 16) + b"\n"
with open(path("python-2.npy"), "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    file.write(np.arange(6, dtype="<i4").tobytes())


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


# ZIP64 fields although nothing is large; sizes known before (seekable) and after (data descriptor).
with zipfile.ZipFile(path("zip64.npz"), "w", zipfile.ZIP_DEFLATED) as archive:
    for name in ("a", "b"):
        with archive.open(name + ".npy", "w", force_zip64=True) as entry:
            entry.write(npy(np.arange(5.0) + ord(name)))


class Pipe(io.RawIOBase):
    """Somewhere that cannot seek."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


with open(path("streamed.npz"), "wb") as file:
    with zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.arange(5.0)))
    file.flush()

# What must be refused: structured and object elements, dates.
np.save(path("structured.npy"), np.zeros(2, [("x", "<f4"), ("y", "<i4")]))
np.save(path("objects.npy"), np.array([1, "two"], dtype=object), allow_pickle=True)
np.save(path("dates.npy"), np.array(["2001-01-01"], "M8[D]"))
