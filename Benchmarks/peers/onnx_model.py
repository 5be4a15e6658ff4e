"""A model of one Conv node in ONNX's format, written field by field.

ONNX files are Protocol Buffers; one node needs so few fields that the package `onnx` is not missed.
The field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import numpy as np


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _integers(name: str, values: list[int]) -> bytes:
    packed = b"".join(_number(8, value) for value in values)
    return _bytes(5, _bytes(1, name) + packed + _number(20, 7))


def _integer(name: str, value: int) -> bytes:
    return _bytes(5, _bytes(1, name) + _number(3, value) + _number(20, 2))


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(_bytes(1, _number(1, extent)) for extent in shape)
    tensor = _number(1, 1) + _bytes(2, dimensions)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def convolution(
    input_shape: tuple[int, ...],
    kernel: np.ndarray,
    output_shape: tuple[int, ...],
    padding: list[int],
    stride: list[int],
    groups: int,
) -> bytes:
    """The model x -> y = Conv(x, kernel)."""
    node = (
        _bytes(1, "x")
        + _bytes(1, "w")
        + _bytes(2, "y")
        + _bytes(4, "Conv")
        + _integers("kernel_shape", list(kernel.shape[2:]))
        + _integers("pads", padding + padding)
        + _integers("strides", stride)
        + _integer("group", groups)
    )
    weights = (
        b"".join(_number(1, extent) for extent in kernel.shape)
        + _number(2, 1)
        + _bytes(8, "w")
        + _bytes(9, np.ascontiguousarray(kernel, dtype="<f4").tobytes())
    )
    graph = (
        _bytes(1, node)
        + _bytes(2, "convolution")
        + _bytes(5, weights)
        + _bytes(11, _value("x", input_shape))
        + _bytes(12, _value("y", output_shape))
    )
    operators = _bytes(1, "") + _number(2, 17)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, operators)
