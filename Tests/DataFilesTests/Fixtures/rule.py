"""What the arrays of make_fixtures.py and make_format_fixtures.py hold, and where they go."""

import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPE = (2, 3, 4)


def values(code):
    """24 elements of a type of NumPy, by one rule a kind of type, which the tests repeat."""
    k = np.arange(24)
    if code == "b1":
        return (k % 3 == 1).reshape(SHAPE)
    if code[0] in "iu":
        # The lowest bits of a large product, so that all bytes of wide integers differ.
        words = k.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return words.astype("u" + code[1]).view(code).reshape(SHAPE)
    if code[0] == "f":
        return ((k - 11) / 8).astype(code).reshape(SHAPE)
    return ((k - 11) / 8 + 1j * (k * k) / 4).astype(code).reshape(SHAPE)


def path(name):
    return os.path.join(HERE, name)
