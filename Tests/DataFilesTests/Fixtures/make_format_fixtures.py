"""Makes the safetensors and NIfTI files that DataFilesTests reads.

Run with NumPy 2, safetensors 0.8 and nibabel 5: python3 make_format_fixtures.py

Elements follow the rule of rule.py.
"""

import io
import json

import nibabel
import numpy as np
import safetensors
import safetensors.numpy
from rule import SHAPE, path, values

arrays = {code: values(code) for code in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8".split()}
arrays["z.empty"] = np.zeros((0, 3), np.float32)
arrays["scalar"] = np.array(2.5, np.float32)
arrays["π \"quoted\"\n"] = np.arange(3, dtype=np.uint8)
safetensors.numpy.save_file(arrays, path("types.safetensors"), metadata={"é\\\t": "x\x01/😀"})

# The upper halves of single-precision numbers, and elements of eight bits.
halves = (values("f4").view(np.uint32) >> 16).astype(np.uint16).tobytes()
header = json.dumps(
    {
        "bf16": {"dtype": "BF16", "shape": SHAPE, "data_offsets": [0, len(halves)]},
        "fp8": {"dtype": "F8_E4M3", "shape": [3], "data_offsets": [len(halves), len(halves) + 3]},
    }
).encode()
contents = len(header).to_bytes(8, "little") + header + halves + bytes(3)
safetensors.deserialize(contents)
with open(path("bfloat16.safetensors"), "wb") as file:
    file.write(contents)

# NIfTI: every file's bytes as an array of one archive, with what nibabel reads from it.
files = {}
AFFINE = np.array([[-2, 0.1, 0, 90], [0.2, 3, 0, -126], [0, 0, 4, -72], [0, 0, 0, 1.0]])


def add(name, image, data=True):
    stream = image.to_bytes()
    files[name] = np.frombuffer(stream, np.uint8)
    if data:
        files[name + ".affine"] = image.affine
        files[name + ".zooms"] = np.array(image.header.get_zooms()[::-1], np.float64)


for version, kind, header in (
    (1, nibabel.Nifti1Image, nibabel.Nifti1Header),
    (2, nibabel.Nifti2Image, nibabel.Nifti2Header),
):
    for code in "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 c8 c16".split():
        for order, letter in (("little", "<"), ("big", ">")):
            # File order: the first index varies fastest.
            data = np.asfortranarray(values(code).transpose(2, 1, 0))
            own = header(endianness=letter)
            own.set_data_dtype(np.dtype(code).newbyteorder(letter))
            image = kind(data, AFFINE, own)
            image.header.set_xyzt_units("mm", "sec")
            add(f"n{version}-{order}-{code}", image)
    rgb = np.zeros((4, 3, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for index, name in enumerate("RGB"):
        rgb[name] = np.arange(24).reshape(2, 3, 4).transpose(2, 1, 0) * 3 + index
    add(f"n{version}-rgb", kind(rgb, AFFINE))
    # Placed by the quaternion alone, reflected (qfac = -1); scaled; with extensions and a time axis.
    image = kind(np.arange(48, dtype=np.int16).reshape(4, 3, 2, 2), None)
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, -1]])
    place = np.eye(4)
    place[:3, :3] = turn * [1.5, 2, 2.5]
    place[:3, 3] = [10, -20, 30]
    image.header["dim"][0] = 4
    image.set_qform(place, 1)
    image.set_sform(None, 0)
    image.header["pixdim"][4] = 0.75
    image.header.set_xyzt_units("mm", "msec")
    image.header.set_slope_inter(0.5, -3)
    image.header["descrip"] = b"scaled and reflected"
    image.header.set_intent("t test", (7,), name="t")
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"first"))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"and second" * 5))
    # The affine of such a file is the quaternion's.
    files[f"n{version}-scaled.qform"] = image.get_qform()
    add(f"n{version}-scaled", image, data=False)
    pair = (nibabel.Nifti1Pair if version == 1 else nibabel.Nifti2Pair)(
        np.asfortranarray(values("i2").transpose(2, 1, 0)), AFFINE
    )
    streams = {"header": io.BytesIO(), "image": io.BytesIO()}
    pair.file_map = {
        key: nibabel.fileholders.FileHolder(fileobj=stream) for key, stream in streams.items()
    }
    pair.to_file_map()
    for key, stream in streams.items():
        files[f"n{version}-pair.{key}"] = np.frombuffer(stream.getvalue(), np.uint8)
np.savez_compressed(path("nifti.npz"), **files)
